/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An SQLite VFS over its own whose writes and syncs fail when they are told
 * to, of any file of a database: also of a write-ahead log.
 */
#ifndef TESTS_BACKEND_VFS_FAULT_H
#define TESTS_BACKEND_VFS_FAULT_H

#define VF_VFS "fault"

enum vf_fault {
	VF_NONE,
	VF_FULL,	/* writes: no space */
	VF_WRITE,	/* writes fail */
	VF_SYNC,	/* syncs fail */
	VF_READONLY,	/* files open for reading only */
};

int vf_register(void);
/* After `after` more that succeed each of its kind fails, until VF_NONE. */
void vf_fail(enum vf_fault fault, unsigned after);
/* How many have failed since then. */
unsigned vf_failed(void);
unsigned vf_syncs(void);	/* of all files, since the start */

#endif

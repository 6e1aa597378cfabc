/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the power-cut VFS has written down: between its two halves.
 */
#ifndef PC_EVENTS_H
#define PC_EVENTS_H

#include <limits.h>

#include "common/buf.h"

enum { PC_NOT_OURS = -1, PC_MAIN = 0 };	/* journals are 1, 2, ... */

enum pc_kind {
	PC_WRITE,
	PC_TRUNCATE,
	PC_SYNC,
	PC_CREATE,
	PC_UNLINK,
	PC_SYNC_NAMES,
};

struct pc_event {
	enum pc_kind kind;
	int inode;
	size_t at;		/* offset, or size */
	uint8_t *data;
	size_t n;
};

struct pc_log {
	unsigned generation;	/* of recordings */
	bool on, syncs, has_hot;
	char path[PATH_MAX];
	struct cb_buf main, hot; /* at the start; hot: the journal's */
	int journal;		/* inode that now has the journal's name */
	int last_inode;
	struct pc_event *p;
	size_t n;
};

extern struct pc_log pc_log;

#endif

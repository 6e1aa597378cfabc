/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An SQLite VFS that writes down what happens to one database and its journal,
 * and can afterwards say what a disk may hold had the power been cut at any
 * moment of it. It lies over SQLite's own VFS, so that locks, names and the
 * card file's first bytes are what they are in life.
 *
 * What a disk promises here is what POSIX does: contents are there after fsync
 * of the file, a name is there or gone after fsync of the directory. All else
 * that was written may be there or not, in sectors of 512 bytes, each of them
 * as it was at any time since the last fsync; a longer file may show garbage
 * where its sectors did not arrive. As SQLite's VFS does (os_unix.c,
 * UNIXFILE_DIRSYNC), the first sync of a new journal syncs the directory.
 */
#ifndef VFS_POWERCUT_H
#define VFS_POWERCUT_H

#include <sqlite3.h>

#include "common/buf.h"

#define PC_VFS "powercut"

/* Registers the VFS; it is not made the default. */
int pc_register(void);

/* Writes down what happens to `path` and its journal from now on; what they
 * hold now is on the disk. `syncs` false: every sync succeeds and does
 * nothing, as on a disk that lies. */
void pc_record(const char *path, bool syncs);
void pc_stop(void);
/* Events so far: writes, truncations, syncs, names made and removed. A cut at
 * k is one after the first k of them. */
size_t pc_events(void);

enum pc_survive {
	PC_DROP,	/* what was not synced is gone */
	PC_KEEP,	/* it is all there (as after kill -9) */
	PC_TORN,	/* a random part of it is, torn and in any order */
};

/* Makes `path` and its journal what survives a cut at k. `journal` false: the
 * journal is then taken away. May be called while nothing is recorded. */
int pc_survivor(size_t k, enum pc_survive how, uint64_t seed,
    const char *path, bool journal);

enum pc_fault {
	PC_NO_FAULT,
	PC_FULL,	/* writes: no space */
	PC_WRITE_EIO,	/* writes fail */
	PC_SYNC_EIO,	/* syncs fail, those of the directory, too */
};

/* After `after` more events of its kind each further one fails, until
 * PC_NO_FAULT. Returns how many have failed since the last call. */
unsigned pc_fail(enum pc_fault fault, unsigned after);

/* xorshift64*: the tests' own random numbers, alike everywhere. */
uint64_t pc_random(uint64_t *state);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card file, between the sources that make it up:
 *
 *	nvm_file.c	the records and their transactions
 *	nvm_file_open.c	opening and making a file, and freeing it
 *	nvm_file_sql.c	the SQLite connection
 *	nvm_file_head.c	what a file's first bytes say, before SQLite sees it
 *	nvm_file_lock.c	who has the file
 *	nvm_file_keep.c	keeping it while it is closed
 *	nvm_file_new.c	how a new file gets its name
 *	nvm_file_journal.c	a journal that was left beside it
 *
 * Only these include this header (and tests).
 */
#ifndef EMU_NVM_FILE_H
#define EMU_NVM_FILE_H

#include <sqlite3.h>
#include <sys/stat.h>

#include "emulator/nvm.h"

#define EMU_FILE_MAGIC "SQLite format 3"	/* and its NUL: 16 bytes */
#define EMU_FILE_APPLICATION 0x43427267		/* "CBrg" */
#define EMU_FILE_FORMAT 1
#define EMU_FILE_PAGE 1024
#define EMU_FILE_PAGES_MAX 8192			/* 8 MiB */
#define EMU_FILE_HEAD 100			/* bytes of SQLite's header */
#define EMU_FILE_WAIT_MS 2000			/* for somebody who looks on */
#define EMU_FILE_SUM 8				/* bytes of a record's sum */

/* For tests: the SQLite VFS by name; NULL is SQLite's own. */
void emu_file_set_vfs(const char *name);

/* Reads what the first bytes say. `size` is the file's, `hot`: a journal
 * stands beside it, so that the size may be of an unfinished change. */
CB_MUST_USE enum cb_err emu_file_head_check(struct cb_span head,
    uint64_t size, bool hot, const char *path, struct cb_why *why);

/* ---- nvm_file_lock.c ---------------------------------------------------- */

/* One file that this process has a descriptor of. As POSIX drops a process's
 * record locks (SQLite's) when any descriptor of the file is closed, there is
 * one for each file, closed after the last user has gone. */
struct emu_file_hold;

/* `own`: nobody else may own it (CB_E_BUSY, *why names who does). */
CB_MUST_USE enum cb_err emu_file_hold_take(struct emu_file_hold **out,
    const char *path, bool own, struct cb_why *why);
/* For a file just made: takes fd when it succeeds. */
CB_MUST_USE enum cb_err emu_file_hold_new(struct emu_file_hold **out, int fd);
/* After the SQLite connection is closed. */
void emu_file_hold_drop(struct emu_file_hold **hold, bool own);
/* One keeper at a time in this process (nvm_file_keep.c): CB_E_BUSY. */
CB_MUST_USE enum cb_err emu_file_hold_keep(struct emu_file_hold *hold);
void emu_file_hold_unkeep(struct emu_file_hold *hold);
int emu_file_hold_fd(const struct emu_file_hold *hold);
void emu_file_hold_stat(const struct emu_file_hold *hold, struct stat *st);

/* ---- nvm_file_new.c ----------------------------------------------------- */

/* The place of a file that is to be made. */
struct emu_file_place {
	int dir;		/* -1: none */
	char *base;		/* name in it */
	char *path;		/* absolute, without symbolic links */
};

#define EMU_FILE_PLACE_INIT { -1, NULL, NULL }

CB_MUST_USE enum cb_err emu_file_place_find(struct emu_file_place *place,
    const char *path, struct cb_why *why);
void emu_file_place_clear(struct emu_file_place *place);
/* Writes `image` to a file without a name, makes it durable, then gives it its
 * name, which must be free. *hold owns it. CB_E_DENIED: the name is taken. */
CB_MUST_USE enum cb_err emu_file_place_fill(const struct emu_file_place *place,
    struct cb_span image, struct emu_file_hold **hold);
/* Takes the name away again. */
void emu_file_place_undo(const struct emu_file_place *place);

/* ---- nvm_file_sql.c ----------------------------------------------------- */

struct emu_sql {
	sqlite3 *db;
	sqlite3_stmt *get, *put, *del;
};

/* path NULL: in memory, with a fresh schema; else it must be there. Errors as
 * emu_file_open; CB_E_BUSY also: a journal waits that `look_on` cannot undo. */
CB_MUST_USE enum cb_err emu_sql_open(
    struct emu_sql *sql, const char *path, bool look_on, struct cb_why *why);
/* A file as bytes, to look at; `image` must outlive it. */
CB_MUST_USE enum cb_err emu_sql_open_image(
    struct emu_sql *sql, struct cb_span image);
void emu_sql_close(struct emu_sql *sql);
/* SQLite's result codes in ours. */
enum cb_err emu_sql_err(int rc);

/* ---- nvm_file.c --------------------------------------------------------- */

struct nvm_file {
	struct emu_nvm base;
	struct emu_sql sql;
	struct emu_file_hold *hold;	/* NULL until a new file has its name */
	bool own;			/* and not only looking on */
	struct emu_file_place place;	/* of a new file, dir -1 after that */
	char *path;			/* for messages, as it was given */
	enum { NVM_IDLE, NVM_BEGUN, NVM_WRITING } state;
	enum cb_err broken;	/* what a put in this transaction failed with */
	bool dead;		/* what is on disk is unknown: nothing more */
	uint8_t root[EMU_FILE_SUM], next_root[EMU_FILE_SUM];
};

extern const struct emu_nvm_ops emu_nvm_file_ops;

/* Before SQLite opens a file of ours that has a journal. CB_OK: the journal is
 * gone, or is one that SQLite may play into the file; CB_E_FORMAT: it is not
 * this file's, nothing was written. */
CB_MUST_USE enum cb_err emu_file_journal_settle(
    struct nvm_file *f, const char *real, struct cb_why *why);

/* Reads every record once and compares sums; sets root. CB_E_FORMAT. */
CB_MUST_USE enum cb_err emu_nvm_file_verify(struct nvm_file *f);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening a card file: where it is, who has it, what it says it is, and only
 * then SQLite.
 *
 * Symbolic links are followed, once, to the real path; from there on none is
 * (O_NOFOLLOW, SQLITE_OPEN_NOFOLLOW), the journal stands beside the real file
 * and must belong to the file's owner or to us: in a directory where others
 * may make files, a stranger's journal would be played into the card.
 *
 * To look on, no lock is taken as long as nothing needs repair: it neither
 * hinders an owner nor is hindered by one.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "emulator/emu.h"
#include "emulator/nvm_file.h"

enum { TRIES_TO_LOOK = 10 };

enum beside {
	NOTHING,
	UNUSED,		/* a journal without a beginning: not to be undone */
	HOT,		/* a journal to be undone */
	STRANGE,	/* no regular file, or somebody else's */
};

/* What stands beside the file as path + tail, owned by `uid` or us. As SQLite
 * does (pager.c, hasHotJournal), a journal is told by its first byte. */
static enum cb_err
look_beside(
    const char *path, const char *tail, uid_t uid, enum beside *what)
{
	struct stat st;
	uint8_t first = 0;
	enum cb_err r = CB_OK;
	char *name;
	int fd;

	*what = NOTHING;
	if (asprintf(&name, "%s%s", path, tail) < 0)
		return CB_E_NOMEM;
	fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		goto out;
	*what = STRANGE;
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (st.st_uid != uid && st.st_uid != geteuid()))
		goto out;
	if (pread(fd, &first, 1, 0) < 0)
		r = CB_E_STORE;
	*what = first != 0 ? HOT : UNUSED;
out:
	if (fd >= 0)
		close(fd);
	free(name);
	return r;
}

static enum cb_err
check_beside(const char *path, const struct stat *file, bool *hot,
    struct cb_why *why)
{
	enum beside what;
	enum cb_err r;

	*hot = false;
	if ((r = look_beside(path, "-wal", file->st_uid, &what)) != CB_OK)
		return r;
	if (what != NOTHING) {
		cb_why_set(why, "%s-wal is no part of a card file. Nothing "
		    "was changed. Another program has made it: move it away.",
		    path);
		return CB_E_FORMAT;
	}
	if ((r = look_beside(path, "-journal", file->st_uid, &what)) != CB_OK)
		return r;
	if (what == STRANGE) {
		cb_why_set(why, "%s-journal is of another user, or no file. "
		    "Nothing was changed. Keep card files in a directory of "
		    "your own.", path);
		return CB_E_DENIED;
	}
	*hot = what == HOT;
	return CB_OK;
}

/* Header, mode and surroundings, before SQLite. */
static enum cb_err
check_file(struct nvm_file *f, const char *real, bool *hot,
    struct cb_why *why)
{
	uint8_t head[EMU_FILE_HEAD];
	struct stat st;
	enum cb_err r;
	ssize_t n;
	int fd = emu_file_hold_fd(f->hold);

	/* In this order: an owner's journal is there before it writes, and a
	 * file only grows. */
	if ((n = pread(fd, head, sizeof(head), 0)) < 0 ||
	    fstat(fd, &st) < 0) {
		cb_why_set(why, "%s: %s", f->path, strerror(errno));
		return CB_E_STORE;
	}
	if ((r = check_beside(real, &st, hot, why)) != CB_OK)
		return r;
	return emu_file_head_check(cb_span(head, (size_t)n),
	    (uint64_t)st.st_size, *hot, f->path, why);
}

static void
warn_of_mode(const struct nvm_file *f)
{
	struct stat st;

	if (fstat(emu_file_hold_fd(f->hold), &st) < 0)
		return;
	if ((st.st_mode & 077) != 0)
		cb_log(CB_LOG_WARNING, "%s: other users may open this card "
		    "file (mode %03o); chmod 600 it", f->path,
		    (unsigned)(st.st_mode & 0777));
	if (st.st_nlink > 1)
		cb_log(CB_LOG_WARNING, "%s: this card file has several names; "
		    "always use the same one", f->path);
}

/* A journal is made beside the file, so its directory counts, too. Readable
 * as well: SQLite does without a sync of a directory that it cannot open. */
static enum cb_err
check_writable(const char *path, const char *real, struct cb_why *why)
{
	char *dir;
	enum cb_err r = CB_OK;

	if (faccessat(AT_FDCWD, real, R_OK | W_OK, AT_EACCESS) < 0) {
		cb_why_set(why, "%s: %s", path, strerror(errno));
		return CB_E_DENIED;
	}
	if ((dir = strdup(real)) == NULL)
		return CB_E_NOMEM;
	*(strrchr(dir, '/') + 1) = '\0';
	if (faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) < 0) {
		cb_why_set(why, "%s: %s: changes to a card are prepared "
		    "beside its file", dir, strerror(errno));
		r = CB_E_DENIED;
	}
	free(dir);
	return r;
}

/* The path still leads to the file that was checked. */
static enum cb_err
check_same(const struct nvm_file *f, const char *real, struct cb_why *why)
{
	struct stat held, st;
	int moved = 0;

	emu_file_hold_stat(f->hold, &held);
	if (lstat(real, &st) == 0 && st.st_dev == held.st_dev &&
	    st.st_ino == held.st_ino &&
	    sqlite3_file_control(f->sql.db, "main", SQLITE_FCNTL_HAS_MOVED,
	    &moved) == SQLITE_OK && moved == 0)
		return CB_OK;
	cb_why_set(why, "%s was replaced while it was being opened", f->path);
	return CB_E_STORE;
}

/* An owner that was killed while it prepared its journal leaves it without a
 * beginning. SQLite does not mind it; a later card of this name would. */
static void
sweep(const struct nvm_file *f, const char *real)
{
	struct stat st;
	enum beside what;
	char *name;

	emu_file_hold_stat(f->hold, &st);
	if (look_beside(real, "-journal", st.st_uid, &what) != CB_OK ||
	    what != UNUSED || asprintf(&name, "%s-journal", real) < 0)
		return;
	(void)unlink(name);
	free(name);
}

static void
let_go(struct nvm_file *f)
{
	emu_sql_close(&f->sql);
	emu_file_hold_drop(&f->hold, f->own);
	f->own = false;
}

static enum cb_err
attach(struct nvm_file *f, const char *real, bool own, bool *hot,
    struct cb_why *why)
{
	enum cb_err r;

	*hot = false;
	if ((r = emu_file_hold_take(&f->hold, real, own, why)) != CB_OK)
		return r;
	f->own = own;
	if ((r = check_file(f, real, hot, why)) != CB_OK ||
	    (own && (r = check_writable(f->path, real, why)) != CB_OK) ||
	    (own && *hot &&
		((r = emu_file_journal_settle(f, real, why)) != CB_OK ||
		    (r = check_file(f, real, hot, why)) != CB_OK)) ||
	    (r = emu_sql_open(&f->sql, real, !own, why)) != CB_OK ||
	    (r = check_same(f, real, why)) != CB_OK)
		goto fail;
	if ((r = emu_nvm_file_verify(f)) == CB_OK) {
		if (own)
			sweep(f, real);
		return CB_OK;
	}
	if (r == CB_E_FORMAT)
		cb_why_set(why, "%s is damaged, or was copied or left without "
		    "its journal. Nothing was changed. Put a copy of the "
		    "whole file in its place.", f->path);
	else
		cb_why_set(why, "%s: %s", f->path, cb_err_text(r));
fail:
	let_go(f);
	return r;
}

/* Looking on fails while a change is half done. If nobody is at it, it was
 * cut short: then we become the owner, which undoes it. */
static enum cb_err
attach_to_look(struct nvm_file *f, const char *real, struct cb_why *why)
{
	const struct timespec pause = { 0, 20 * 1000000 };
	enum cb_err r = CB_E_BUSY;
	bool hot;
	int i;

	for (i = 0; i < TRIES_TO_LOOK && r == CB_E_BUSY; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		r = attach(f, real, false, &hot, why);
		if (r == CB_OK || !hot)
			continue;
		r = attach(f, real, true, &hot, why);
	}
	return r;
}

static enum cb_err
open_there(struct nvm_file *f, bool look_on, struct cb_why *why)
{
	char *real = NULL;
	enum cb_err r;
	bool hot;

	if ((real = realpath(f->path, NULL)) == NULL) {
		cb_why_set(why, "%s: %s", f->path, strerror(errno));
		return errno == EACCES ? CB_E_DENIED :
		    errno == ENOMEM ? CB_E_NOMEM : CB_E_ABSENT;
	}
	r = look_on ? attach_to_look(f, real, why) :
	    attach(f, real, true, &hot, why);
	if (r == CB_OK)
		warn_of_mode(f);
	free(real);
	return r;
}

static enum cb_err
open_new(struct nvm_file *f, struct cb_why *why)
{
	enum cb_err r;

	if ((r = emu_file_place_find(&f->place, f->path, why)) != CB_OK)
		return r;
	f->own = true;
	return emu_sql_open(&f->sql, NULL, false, why);
}

enum cb_err
emu_file_open(struct emu_nvm **out, const char *path, unsigned flags,
    struct cb_why *why)
{
	struct nvm_file *f = NULL;
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if ((flags & ~(unsigned)(EMU_FILE_READONLY | EMU_FILE_CREATE)) != 0 ||
	    flags == (EMU_FILE_READONLY | EMU_FILE_CREATE))
		return CB_E_ARG;
	if ((f = calloc(1, sizeof(*f))) == NULL)
		return CB_E_NOMEM;
	f->base.ops = &emu_nvm_file_ops;
	f->base.readonly = (flags & EMU_FILE_READONLY) != 0;
	f->place = (struct emu_file_place)EMU_FILE_PLACE_INIT;
	if ((f->path = strdup(path)) == NULL)
		goto out;
	if (flags == EMU_FILE_CREATE)
		r = open_new(f, why);
	else
		r = open_there(f, f->base.readonly, why);
	if (r == CB_OK) {
		*out = &f->base;
		f = NULL;
	}
out:
	if (f != NULL)
		f->base.ops->free(&f->base);
	return r;
}

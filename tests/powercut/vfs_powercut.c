/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The recording half of the power-cut VFS (see its header). What survives is
 * worked out in survivor.c.
 */
#include "tests/powercut/vfs_powercut.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/powercut/events.h"

struct pc_file {
	sqlite3_file base;
	int inode;		/* PC_NOT_OURS: not written down */
	bool new_name;		/* its first sync syncs the directory */
	sqlite3_file *real;
};

#define REAL(file) (((struct pc_file *)(file))->real)

struct pc_log pc_log;

static sqlite3_vfs vfs;
static sqlite3_vfs *unix_vfs;
static enum pc_fault fault;
static unsigned fault_after, faults;

static int
die(const char *what)
{
	perror(what);
	abort();
}

static struct pc_event *
event(enum pc_kind kind, int inode, sqlite3_int64 at)
{
	struct pc_event *e;

	if (pc_log.n % 256 == 0) {
		pc_log.p = reallocarray(
		    pc_log.p, pc_log.n + 256, sizeof(*pc_log.p));
		if (pc_log.p == NULL)
			die("reallocarray");
	}
	e = &pc_log.p[pc_log.n++];
	*e = (struct pc_event){ kind, inode, (size_t)at, NULL, 0 };
	return e;
}

/* Whether this event is one that is to fail. */
static bool
fails(enum pc_fault a, enum pc_fault b)
{
	if (fault != a && fault != b)
		return false;
	if (fault_after > 0) {
		fault_after--;
		return false;
	}
	faults++;
	return true;
}

unsigned
pc_fail(enum pc_fault f, unsigned after)
{
	unsigned n = faults;

	fault = f;
	fault_after = after;
	faults = 0;
	return n;
}

static int
pc_close(sqlite3_file *file)
{
	return REAL(file)->pMethods != NULL ?
	    REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
}

static int
pc_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	return REAL(file)->pMethods->xRead(REAL(file), p, n, at);
}

static int
pc_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	struct pc_file *f = (struct pc_file *)file;
	struct pc_event *e;
	int rc;

	if (fails(PC_FULL, PC_WRITE_EIO))
		return fault == PC_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	rc = f->real->pMethods->xWrite(f->real, p, n, at);
	if (rc != SQLITE_OK || f->inode == PC_NOT_OURS || !pc_log.on)
		return rc;
	e = event(PC_WRITE, f->inode, at);
	if ((e->data = malloc((size_t)n)) == NULL)
		die("malloc");
	memcpy(e->data, p, (size_t)n);
	e->n = (size_t)n;
	return rc;
}

static int
pc_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct pc_file *f = (struct pc_file *)file;
	int rc;

	rc = f->real->pMethods->xTruncate(f->real, size);
	if (rc == SQLITE_OK && f->inode != PC_NOT_OURS && pc_log.on)
		event(PC_TRUNCATE, f->inode, size);
	return rc;
}

static int
pc_sync(sqlite3_file *file, int flags)
{
	struct pc_file *f = (struct pc_file *)file;

	(void)flags;
	if (fails(PC_SYNC_EIO, PC_SYNC_EIO))
		return SQLITE_IOERR_FSYNC;
	if (!pc_log.on || !pc_log.syncs || f->inode == PC_NOT_OURS)
		return SQLITE_OK;
	event(PC_SYNC, f->inode, 0);
	if (f->new_name)
		event(PC_SYNC_NAMES, PC_NOT_OURS, 0);
	f->new_name = false;
	return SQLITE_OK;
}

static int
pc_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return REAL(file)->pMethods->xFileSize(REAL(file), size);
}

static int
pc_lock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xLock(REAL(file), level);
}

static int
pc_unlock(sqlite3_file *file, int level)
{
	return REAL(file)->pMethods->xUnlock(REAL(file), level);
}

static int
pc_reserved(sqlite3_file *file, int *out)
{
	return REAL(file)->pMethods->xCheckReservedLock(REAL(file), out);
}

static int
pc_control(sqlite3_file *file, int op, void *arg)
{
	return REAL(file)->pMethods->xFileControl(REAL(file), op, arg);
}

static int
pc_sector(sqlite3_file *file)
{
	return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int
pc_device(sqlite3_file *file)
{
	return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = pc_close,
	.xRead = pc_read,
	.xWrite = pc_write,
	.xTruncate = pc_truncate,
	.xSync = pc_sync,
	.xFileSize = pc_size,
	.xLock = pc_lock,
	.xUnlock = pc_unlock,
	.xCheckReservedLock = pc_reserved,
	.xFileControl = pc_control,
	.xSectorSize = pc_sector,
	.xDeviceCharacteristics = pc_device,
};

static bool
is_journal(const char *name)
{
	size_t n = strlen(pc_log.path);

	return pc_log.on && strncmp(name, pc_log.path, n) == 0 &&
	    strcmp(name + n, "-journal") == 0;
}

static int
pc_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags,
    int *out_flags)
{
	struct pc_file *f = (struct pc_file *)file;
	bool is_new;
	int rc;

	(void)v;
	*f = (struct pc_file){ .inode = PC_NOT_OURS };
	f->real = (sqlite3_file *)(f + 1);
	is_new = name != NULL && access(name, F_OK) < 0;
	rc = unix_vfs->xOpen(unix_vfs, name, f->real, flags, out_flags);
	if (rc != SQLITE_OK)
		return rc;
	f->base.pMethods = &methods;
	if (name == NULL || !pc_log.on)
		return SQLITE_OK;
	if (strcmp(name, pc_log.path) == 0) {
		f->inode = PC_MAIN;
	} else if (is_journal(name)) {
		if (is_new) {
			pc_log.journal = ++pc_log.last_inode;
			event(PC_CREATE, pc_log.journal, 0);
		}
		f->inode = pc_log.journal;
		f->new_name = (flags & SQLITE_OPEN_CREATE) != 0;
	}
	return SQLITE_OK;
}

static int
pc_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	int rc;

	(void)v;
	rc = unix_vfs->xDelete(unix_vfs, name, 0);
	if (rc == SQLITE_OK && is_journal(name))
		event(PC_UNLINK, pc_log.journal, 0);
	if (rc != SQLITE_OK || !sync_dir)
		return rc;
	if (fails(PC_SYNC_EIO, PC_SYNC_EIO))
		return SQLITE_IOERR_DIR_FSYNC;
	if (is_journal(name) && pc_log.syncs)
		event(PC_SYNC_NAMES, PC_NOT_OURS, 0);
	return SQLITE_OK;
}

static int
pc_access(sqlite3_vfs *v, const char *name, int flags, int *out)
{
	(void)v;
	return unix_vfs->xAccess(unix_vfs, name, flags, out);
}

static int
pc_full_name(sqlite3_vfs *v, const char *name, int n, char *out)
{
	(void)v;
	return unix_vfs->xFullPathname(unix_vfs, name, n, out);
}

static int
pc_randomness(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	return unix_vfs->xRandomness(unix_vfs, n, out);
}

static int
pc_sleep(sqlite3_vfs *v, int us)
{
	(void)v;
	return unix_vfs->xSleep(unix_vfs, us);
}

static int
pc_time(sqlite3_vfs *v, double *out)
{
	(void)v;
	return unix_vfs->xCurrentTime(unix_vfs, out);
}

static int
pc_last_error(sqlite3_vfs *v, int n, char *out)
{
	(void)v;
	return unix_vfs->xGetLastError(unix_vfs, n, out);
}

int
pc_register(void)
{
	if (unix_vfs != NULL)
		return SQLITE_OK;
	if ((unix_vfs = sqlite3_vfs_find(NULL)) == NULL)
		return SQLITE_ERROR;
	vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = (int)sizeof(struct pc_file) + unix_vfs->szOsFile,
		.mxPathname = unix_vfs->mxPathname,
		.zName = PC_VFS,
		.xOpen = pc_open,
		.xDelete = pc_delete,
		.xAccess = pc_access,
		.xFullPathname = pc_full_name,
		.xRandomness = pc_randomness,
		.xSleep = pc_sleep,
		.xCurrentTime = pc_time,
		.xGetLastError = pc_last_error,
	};
	return sqlite3_vfs_register(&vfs, 0);
}

static struct cb_buf
load(const char *path)
{
	struct cb_buf b = CB_BUF_INIT_MAX(64 << 20);
	uint8_t block[4096];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (n = read(fd, block, sizeof(block))) > 0)
		if (cb_buf_add(&b, cb_span(block, (size_t)n)) != CB_OK)
			die("load");
	if (fd >= 0)
		close(fd);
	return b;
}

static void
forget(void)
{
	unsigned next = pc_log.generation + 1;
	size_t i;

	for (i = 0; i < pc_log.n; i++)
		free(pc_log.p[i].data);
	free(pc_log.p);
	cb_buf_free(&pc_log.main);
	cb_buf_free(&pc_log.hot);
	memset(&pc_log, 0, sizeof(pc_log));
	pc_log.generation = next;
}

void
pc_record(const char *path, bool syncs)
{
	char journal[sizeof(pc_log.path) + 16];

	forget();
	pc_log.on = true;
	pc_log.syncs = syncs;
	if (realpath(path, pc_log.path) == NULL)
		die(path);
	pc_log.main = load(path);
	snprintf(journal, sizeof(journal), "%s-journal", pc_log.path);
	if (access(journal, F_OK) == 0) {
		pc_log.journal = ++pc_log.last_inode;
		pc_log.hot = load(journal);
		pc_log.has_hot = true;
	}
}

void
pc_stop(void)
{
	pc_log.on = false;
}

size_t
pc_events(void)
{
	return pc_log.n;
}

uint64_t
pc_random(uint64_t *state)
{
	uint64_t x = *state != 0 ? *state : 88172645463325252u;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 2685821657736338717u;
}

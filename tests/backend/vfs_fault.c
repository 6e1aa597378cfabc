/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Every method is the real one's; three of them look first whether they are
 * to fail.
 */
#include <sqlite3.h>
#include <string.h>

#include "tests/backend/vfs_fault.h"

struct file {
	sqlite3_file base;
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static struct {
	enum vf_fault fault;
	unsigned after, failed, syncs;
} state;

static sqlite3_file *
real(sqlite3_file *f)
{
	return ((struct file *)(void *)f)->real;
}

static int
fails(enum vf_fault fault)
{
	if (state.fault != fault)
		return 0;
	if (state.after > 0) {
		state.after--;
		return 0;
	}
	state.failed++;
	return 1;
}

void
vf_fail(enum vf_fault fault, unsigned after)
{
	state.fault = fault;
	state.after = after;
	state.failed = 0;
}

unsigned
vf_failed(void)
{
	return state.failed;
}

unsigned
vf_syncs(void)
{
	return state.syncs;
}

#define DO(f, method, ...) real(f)->pMethods->method(real(f), __VA_ARGS__)

static int
f_close(sqlite3_file *f)
{
	return real(f)->pMethods->xClose(real(f));
}

static int
f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return DO(f, xRead, p, n, at);
}

static int
f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (fails(VF_FULL))
		return SQLITE_FULL;
	if (fails(VF_WRITE))
		return SQLITE_IOERR_WRITE;
	return DO(f, xWrite, p, n, at);
}

static int
f_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return DO(f, xTruncate, n);
}

static int
f_sync(sqlite3_file *f, int flags)
{
	if (fails(VF_SYNC))
		return SQLITE_IOERR_FSYNC;
	state.syncs++;
	return DO(f, xSync, flags);
}

static int
f_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return DO(f, xFileSize, n);
}

static int
f_lock(sqlite3_file *f, int how)
{
	return DO(f, xLock, how);
}

static int
f_unlock(sqlite3_file *f, int how)
{
	return DO(f, xUnlock, how);
}

static int
f_check(sqlite3_file *f, int *out)
{
	return DO(f, xCheckReservedLock, out);
}

static int
f_control(sqlite3_file *f, int op, void *arg)
{
	return DO(f, xFileControl, op, arg);
}

static int
f_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int
f_device(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int
f_shm_map(sqlite3_file *f, int region, int n, int extend, void volatile **p)
{
	return DO(f, xShmMap, region, n, extend, p);
}

static int
f_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return DO(f, xShmLock, offset, n, flags);
}

static void
f_shm_barrier(sqlite3_file *f)
{
	real(f)->pMethods->xShmBarrier(real(f));
}

static int
f_shm_unmap(sqlite3_file *f, int del)
{
	return DO(f, xShmUnmap, del);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_check,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_device,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int
v_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *f, int flags,
    int *out)
{
	struct file *mine = (struct file *)(void *)f;
	int rc;

	(void)vfs;
	mine->base.pMethods = NULL;
	mine->real = (sqlite3_file *)(void *)(mine + 1);
	if (state.fault == VF_READONLY && flags & SQLITE_OPEN_MAIN_DB)
		flags = (flags & ~(SQLITE_OPEN_READWRITE |
			     SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
	rc = real_vfs->xOpen(real_vfs, name, mine->real, flags, out);
	if (rc == SQLITE_OK)
		mine->base.pMethods = &methods;
	return rc;
}

int
vf_register(void)
{
	static sqlite3_vfs vfs;

	if (real_vfs != NULL)
		return SQLITE_OK;
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = VF_VFS;
	vfs.pNext = NULL;
	vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
	vfs.xOpen = v_open;
	return sqlite3_vfs_register(&vfs, 0);
}

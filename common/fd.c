/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fd.h.
 */
#include <errno.h>
#include <sys/stat.h>

#include "common/fd.h"

enum cb_err
cb_fd_id_get(struct cb_fd_id *out, int fd)
{
	struct stat st;

	*out = (struct cb_fd_id){ 0 };
	if (fstat(fd, &st) != 0)
		return CB_E_INTERNAL;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	return CB_OK;
}

bool
cb_fd_is(int fd, const struct cb_fd_id *id)
{
	struct cb_fd_id now;
	int kept = errno;
	bool same;

	same = fd >= 0 && cb_fd_id_get(&now, fd) == CB_OK &&
	    now.dev == id->dev && now.ino == id->ino;
	errno = kept;
	return same;
}

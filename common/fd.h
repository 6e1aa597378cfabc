/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Which file a descriptor stands for. In a process that is somebody else's a
 * number that was ours may have been closed behind our back (a program that
 * becomes a daemon closes them all) and be a stranger's file by now, which
 * must be neither written to, nor read from, nor closed. For sockets and
 * pipes; what has no inode of its own (an eventfd) cannot be told apart.
 */
#ifndef CB_FD_H
#define CB_FD_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

struct cb_fd_id {
	dev_t dev;
	ino_t ino;
};

CB_MUST_USE enum cb_err cb_fd_id_get(struct cb_fd_id *out, int fd);
/* Does it still stand for that file? */
bool cb_fd_is(int fd, const struct cb_fd_id *id);

#endif

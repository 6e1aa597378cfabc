/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See lock.h. flock(2), and not fcntl(2): SQLite has locks of that kind, which
 * would go with any descriptor of its file that is closed.
 */
#include <errno.h>
#include <sys/file.h>
#include <time.h>

#include "backend/store/lock.h"

#define TRIES 100	/* of 20 ms */

enum cb_err
be_lock(int fd)
{
	const struct timespec step = { 0, 20000000 };

	for (int i = 0; i < TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return CB_OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return CB_E_STORE;
		(void)nanosleep(&step, NULL);
	}
	return CB_E_BUSY;
}

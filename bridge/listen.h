/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The bridge's socket: its directory and modes, one bridge at a time on it,
 * a stale one taken over, and who may speak to it.
 */
#ifndef BR_LISTEN_H
#define BR_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"

struct br_listen {
	int fd;
	int lock;		/* descriptor of the lock file, or -1 */
	char *path;		/* NULL: inherited */
	bool alone;		/* the directory ends with the socket */
	bool grouped;		/* members of `group` may use readers */
	gid_t group;
};

#define BR_LISTEN_INIT { -1, -1, NULL, false, false, 0 }

/* Makes the socket (and its directory, not its parents). group NULL: nobody
 * but our user and root. CB_E_BUSY: another bridge has it; CB_E_DENIED: an
 * unsafe directory, or none of ours. */
CB_MUST_USE enum cb_err br_listen_open(struct br_listen *l, const char *path,
    const gid_t *group, struct cb_why *why);
/* The same in a directory that no other bridge is told of: without a lock
 * file beside the socket, and the directory ends with it, since there may be
 * nobody left who would remove it. */
CB_MUST_USE enum cb_err br_listen_alone(
    struct br_listen *l, const char *path, struct cb_why *why);
/* Takes the socket of a service manager (LISTEN_FDS). CB_E_ABSENT: there is
 * none. */
CB_MUST_USE enum cb_err br_listen_inherit(
    struct br_listen *l, const gid_t *group, struct cb_why *why);
/* Removes the socket if we made it. */
void br_listen_close(struct br_listen *l);

struct br_cred {
	pid_t pid;
	uid_t uid;
	bool admin;		/* may add and remove readers */
};
/* CB_E_DENIED: no business here. */
CB_MUST_USE enum cb_err br_listen_check(
    const struct br_listen *l, int fd, struct br_cred *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The walls around a role: what a process takes away from itself before it
 * reads the first byte of a stranger. Whoever takes the process over
 * afterwards has what is left:
 *
 *	no dumps	nobody of the same user attaches or reads its memory
 *	no privileges	execve gives none, capabilities are gone
 *	seccomp		no system call that the role has no use for
 *	Landlock	no file but below its directories, and only the store;
 *			no TCP, no signals and no abstract sockets outward,
 *			as far as the kernel has these
 *
 * The walls never come down again, and hold for threads started later.
 */
#ifndef BE_WALLS_H
#define BE_WALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/roles.h"

struct be_walls {
	bool no_dumps, no_privileges, seccomp;
	int landlock;	/* version of the kernel's; 0: it has none */
	bool locked;	/* memory cannot reach the swap space */
	bool swap;	/* there is some */
};

/* Another user for the whole process, in no group but that user's; 0: stays
 * who it is. */
CB_MUST_USE enum cb_err be_walls_become(uint32_t user, struct cb_why *why);
/* To be called by a process of one thread, with all it needs open. `dirs`: of
 * the store, the directories with its database and its heads, ended by NULL;
 * else NULL. CB_E_DENIED: a wall
 * that every kernel has could not be put up, *why says which; the process
 * must end. What stands is in *up. */
CB_MUST_USE enum cb_err be_walls_up(enum be_role role,
    const char *const *dirs, struct be_walls *up, struct cb_why *why);

/* What would stand here, for `cardbridge-backend check`: nothing is put up. */
void be_walls_look(struct be_walls *would);

#endif

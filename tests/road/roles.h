/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The processes of a backend that runs, as /proc has them.
 */
#ifndef TESTS_ROAD_ROLES_H
#define TESTS_ROAD_ROLES_H

#include <stdbool.h>
#include <sys/types.h>

#define ROLES_MAX 64

/* The child of `keeper` that is a backend's parent; 0: there is none now. */
pid_t roles_parent(pid_t keeper);
/* Its roles of this name ("": all), in order of their users; how many. */
unsigned roles_find(pid_t parent, const char *name, pid_t out[ROLES_MAX]);
bool roles_gone(pid_t pid);	/* or dead, and not waited for yet */

#endif

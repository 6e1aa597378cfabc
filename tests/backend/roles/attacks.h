/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What somebody tries who has taken a role over.
 */
#ifndef TESTS_BACKEND_ROLES_ATTACKS_H
#define TESTS_BACKEND_ROLES_ATTACKS_H

#include <stddef.h>
#include <sys/types.h>

/* What was prepared before the walls went up. */
struct victim {
	pid_t parent;		/* of the same user, not behind walls */
	const char *elsewhere;	/* a file that the user may read and write */
	const char *inside;	/* and one in the role's own directory */
	int socket;		/* TCP, not connected, not bound */
	int unix_socket;	/* the same, AF_UNIX */
	int stranger;		/* descriptor of the parent's: a pipe */
};

struct attack {
	const char *name;
	/* -1 and errno: refused. Anything else: it worked. The end of the
	 * process is a refusal, too. */
	long (*run)(const struct victim *v);
	unsigned not_for;	/* roles (bits) to which it is allowed */
	unsigned by_landlock;	/* roles before which only Landlock stands */
};

extern const struct attack attacks[];
extern const size_t attacks_n;

#endif

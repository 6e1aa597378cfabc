/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The parent: starts the roles, hands them their sockets, starts again what
 * died, and ends all. Nothing that comes from outside reaches it; of what its
 * roles say it reads numbers and ids of a fixed size. It has no walls, so it
 * is to stay small.
 */
#ifndef BE_PARENT_H
#define BE_PARENT_H

#include "backend/conf.h"

struct be_parent_plan {
	const struct be_conf *conf;
	const char *dir;		/* absolute */
	const char *listen, *admin_listen;	/* A:P; NULL: none */
	/* Which of them this program has. */
	bool roles[BE_ROLES];
};

/* Until SIGTERM or SIGINT. An exit code. */
int be_parent_run(const struct be_parent_plan *plan);

#endif

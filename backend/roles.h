/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The roles of a backend: what each is called, and which walls it lives
 * behind. ARCHITECTURE.md, "The backend", says what each holds.
 */
#ifndef BE_ROLES_H
#define BE_ROLES_H

#include "common/err.h"

enum be_role {
	BE_PARENT,
	BE_DOOR,
	BE_WORKER,
	BE_STORE,
	BE_VAULT,
	BE_ROLES	/* how many there are */
};

/* "door": in messages, in a list of processes, in a log. */
const char *be_role_name(enum be_role role);

#endif

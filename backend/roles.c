/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The names of the roles.
 */
#include <stddef.h>

#include "backend/roles.h"

const char *
be_role_name(enum be_role role)
{
	static const char *const names[BE_ROLES] = {
		[BE_PARENT] = "parent",
		[BE_DOOR] = "door",
		[BE_WORKER] = "worker",
		[BE_STORE] = "store",
		[BE_VAULT] = "vault",
	};

	return (size_t)role < BE_ROLES ? names[role] : "?";
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See layout.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "backend/layout.h"

const char *const be_door_files[BE_LAYOUT_DOOR] = { BE_FILE_AUTHORITY,
	BE_FILE_SERVICE, BE_FILE_DOOR, BE_FILE_DOOR_KEY };

char *
be_path(const char *dir, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

const char *
be_profiles_dir(void)
{
	const char *told = getenv("CARDBRIDGE_PROFILES");

	return told != NULL && told[0] != '\0' ? told
						: CB_PKGDATADIR "/profiles";
}

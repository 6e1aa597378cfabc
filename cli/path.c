/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Paths: made absolute before anybody with another working directory hears of
 * them, and where profiles are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#ifndef CB_PKGDATADIR
#define CB_PKGDATADIR "/usr/local/share/cardbridge"
#endif

static const char emu_scheme[] = "emu:";
static const char suffix[] = ".profile";

char *
cli_absolute(const char *path)
{
	char *real, *cwd, *out = NULL;

	if ((real = realpath(path, NULL)) != NULL)
		return real;
	if (path[0] == '/')
		return strdup(path);
	/* It does not exist (yet): still it is below here. */
	if ((cwd = getcwd(NULL, 0)) == NULL)
		return NULL;
	if (asprintf(&out, "%s/%s", cwd, path) < 0)
		out = NULL;
	free(cwd);
	return out;
}

char *
cli_absolute_uri(const char *uri)
{
	char *path, *out = NULL;

	if (strncmp(uri, emu_scheme, sizeof(emu_scheme) - 1) != 0)
		return strdup(uri);
	path = cli_absolute(uri + sizeof(emu_scheme) - 1);
	if (path == NULL || asprintf(&out, "%s%s", emu_scheme, path) < 0)
		out = NULL;
	free(path);
	return out;
}

char *
cli_profile_path(const char *name)
{
	const char *dir = getenv("CARDBRIDGE_PROFILES");
	size_t n = strlen(name), m = sizeof(suffix) - 1;
	char *out = NULL;
	int r;

	if (strchr(name, '/') != NULL ||
	    (n > m && strcmp(name + n - m, suffix) == 0))
		return strdup(name);
	if (dir != NULL && dir[0] != '\0')
		r = asprintf(&out, "%s/%s%s", dir, name, suffix);
	else
		r = asprintf(
		    &out, CB_PKGDATADIR "/profiles/%s%s", name, suffix);
	return r < 0 ? NULL : out;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The library that stands for pcsc-lite's, see front.h.
 */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/front.h"

#ifndef CB_SHIMDIR
#define CB_SHIMDIR "/usr/local/lib/cardbridge"
#endif

const char cli_front_socket[] = "CARDBRIDGE_SOCKET";
const char cli_front_path[] = "LD_LIBRARY_PATH";
const char cli_front_library[] = "LIBPCSCLITE_DELEGATE";

static const char soname[] = "libpcsclite.so.1";

/* What anybody has put beside the command is not of its build: it would have
 * the same owner, or ourselves. */
static bool
of_this_build(const char *path)
{
	struct stat self, st;

	return stat(path, &st) == 0 && stat("/proc/self/exe", &self) == 0 &&
	    (st.st_uid == self.st_uid || st.st_uid == geteuid());
}

char *
cli_beside(const char *tree, const char *installed)
{
	char self[PATH_MAX], *out = NULL;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n > 0) {
		self[n] = '\0';
		if (asprintf(&out, "%s/%s", dirname(self), tree) < 0)
			return NULL;
		if (access(out, R_OK) == 0 && of_this_build(out))
			return out;
		free(out);
	}
	return strdup(installed);
}

/* Ours first, and only there; an empty entry would be the working directory. */
static char *
path_with(const char *dir, const char *before)
{
	size_t n = strlen(dir);
	char *out = NULL;

	if (before == NULL || before[0] == '\0')
		return strdup(dir);
	if (strncmp(before, dir, n) == 0 &&
	    (before[n] == '\0' || before[n] == ':'))
		return strdup(before);
	return asprintf(&out, "%s:%s", dir, before) < 0 ? NULL : out;
}

int
cli_front_find(struct cli_front *front)
{
	char *dir, *copy = NULL;
	int code = CLI_OK;

	*front = (struct cli_front)CLI_FRONT_INIT;
	front->library = cli_beside("winscard-shim/.libs/libpcsclite.so.1",
	    CB_SHIMDIR "/libpcsclite.so.1");
	if (front->library == NULL || (copy = strdup(front->library)) == NULL) {
		code = cli_fail(CLI_FAILED, "out of memory");
		goto out;
	}
	dir = dirname(copy);
	if (access(front->library, R_OK) != 0)
		code = cli_fail(CLI_FAILED, "%s is not installed in %s: make "
		    "install", soname, dir);
	else if (strpbrk(dir, ":;") != NULL)
		code = cli_fail(CLI_FAILED, "%s: no program looks for "
		    "libraries in a directory with a colon or semicolon in "
		    "its name", dir);
	else if ((front->library_path = path_with(dir,
		      getenv(cli_front_path))) == NULL)
		code = cli_fail(CLI_FAILED, "out of memory");
out:
	free(copy);
	if (code != CLI_OK)
		cli_front_clear(front);
	return code;
}

void
cli_front_clear(struct cli_front *front)
{
	free(front->library);
	free(front->library_path);
	*front = (struct cli_front)CLI_FRONT_INIT;
}

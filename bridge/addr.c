/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The address of a Unix socket, see addr.h. A long path is reached through
 * a descriptor of its directory, /proc/self/fd/N/name: changing the working
 * directory would change it for every thread of somebody else's process.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bridge/addr.h"

enum cb_err
br_addr_init(struct br_addr *a, const char *path)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t n = strlen(path);
	int made;

	memset(a, 0, sizeof(*a));
	a->dir = -1;
	a->un.sun_family = AF_UNIX;
	a->n = sizeof(a->un);
	if (n == 0)
		return CB_E_ARG;
	if (n < sizeof(a->un.sun_path)) {
		memcpy(a->un.sun_path, path, n);
		return CB_OK;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return CB_E_LIMIT;
	}
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	a->dir = open(dir[0] != '\0' ? dir : "/",
	    O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (a->dir < 0)
		return errno == EACCES ? CB_E_DENIED : CB_E_ABSENT;
	made = snprintf(a->un.sun_path, sizeof(a->un.sun_path),
	    "/proc/self/fd/%d/%s", a->dir, slash + 1);
	if (made < 0 || (size_t)made >= sizeof(a->un.sun_path)) {
		br_addr_clear(a);
		errno = ENAMETOOLONG;
		return CB_E_LIMIT;
	}
	return CB_OK;
}

void
br_addr_clear(struct br_addr *a)
{
	int kept = errno;

	if (a->dir >= 0)
		close(a->dir);
	a->dir = -1;
	errno = kept;
}

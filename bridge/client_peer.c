/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who is at the other end? See client_io.h.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/client_io.h"

/* Could anybody but root, ourselves and their owners have put the directories
 * of this path where they are, or put others there? `path` is cut. */
static bool
others_could(char *path)
{
	struct stat child, parent;
	char *slash;

	if (stat(path, &child) != 0)
		return true;
	while ((slash = strrchr(path, '/')) != NULL && path[1] != '\0') {
		slash[slash == path] = '\0';
		if (stat(path, &parent) != 0)
			return true;
		/* in a sticky one anybody may make what is not there, but
		 * nobody replaces another's */
		if ((parent.st_mode & 022) != 0 &&
		    ((parent.st_mode & S_ISVTX) == 0 ||
			(child.st_uid != 0 && child.st_uid != geteuid())))
			return true;
		child = parent;
	}
	return false;
}

/* Is the directory the peer's, so that whoever gave us the path meant it? */
static bool
at_home(const char *path, uid_t peer)
{
	char dir[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	struct stat st;
	int n;

	if (slash == NULL)
		n = snprintf(dir, sizeof(dir), ".");
	else
		n = snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - path),
		    path);
	return n > 0 && (size_t)n < sizeof(dir) &&
	    realpath(dir, real) != NULL && stat(real, &st) == 0 &&
	    st.st_uid == peer && !others_could(real);
}

enum cb_err
br_peer_check(int fd, const char *path, struct cb_why *why)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return CB_E_PEER;
	if (cred.uid == 0 || cred.uid == geteuid() || at_home(path, cred.uid))
		return CB_OK;
	cb_why_set(why, "What listens at %s was started by another user (uid "
	    "%ld), whose directory that is not, or who need not be the one "
	    "that is meant. Nothing was sent.", path, (long)cred.uid);
	return CB_E_DENIED;
}

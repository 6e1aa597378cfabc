/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A private directory for one run, see scratch.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/scratch.h"

static const char prefix[] = "cardbridge-run.";
#define DEPTH_MAX 4		/* a bridge makes one level */

/* Takes all names in a directory away; fd is taken. */
static void
empty(int fd, int depth)
{
	struct dirent *e;
	DIR *d = fdopendir(fd);
	int sub;

	if (d == NULL) {
		(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    unlinkat(dirfd(d), e->d_name, 0) == 0 || depth == 0)
			continue;
		sub = openat(dirfd(d), e->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (sub < 0)
			continue;
		empty(sub, depth - 1);
		(void)unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	(void)closedir(d);
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* As it was made. Others cannot have made it so, or moved it here: for that
 * they would have to be able to write to it (rename(2)). */
static bool
is_ours(const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_uid == geteuid() &&
	    (st->st_mode & 07777) == 0700;
}

/* A left-over is ours, and is held by nobody. */
static void
sweep_one(int parent, const char *name)
{
	struct stat st, there;
	int fd = openat(parent, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && is_ours(&st) &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    same(&st, &there)) {
		/* the lock is the description's, so the copy keeps it */
		empty(fcntl(fd, F_DUPFD_CLOEXEC, 0), DEPTH_MAX);
		(void)unlinkat(parent, name, AT_REMOVEDIR);
	}
	(void)close(fd);
}

static void
sweep(const char *dir)
{
	struct dirent *e;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;		/* mkdtemp will say why */
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, prefix, sizeof(prefix) - 1) == 0)
			sweep_one(dirfd(d), e->d_name);
	(void)closedir(d);
}

/* A directory is made before it is locked: another run may have taken it for
 * a left-over meanwhile. Then there is nothing at the path, or another one,
 * which somebody else may have put there. */
static int
make(struct cli_scratch *s, const char *dir)
{
	struct stat st, there;
	int saved;

	for (;;) {
		if (asprintf(&s->path, "%s/%sXXXXXX", dir, prefix) < 0) {
			s->path = NULL;
			return cli_fail(CLI_FAILED, "out of memory");
		}
		if (mkdtemp(s->path) == NULL)
			break;
		s->fd = open(s->path,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (s->fd < 0 && errno != ENOENT) {
			saved = errno;
			(void)rmdir(s->path);
			errno = saved;
			break;
		}
		if (s->fd >= 0 && flock(s->fd, LOCK_EX) == 0 &&
		    fstat(s->fd, &st) == 0 && lstat(s->path, &there) == 0 &&
		    same(&st, &there) && is_ours(&st))
			return CLI_OK;
		if (s->fd >= 0)
			(void)close(s->fd);
		s->fd = -1;
		free(s->path);
		s->path = NULL;
	}
	saved = errno;
	free(s->path);
	s->path = NULL;
	return cli_fail(CLI_FAILED, "no directory can be made in %s: %s; "
	    "TMPDIR names another place", dir, strerror(saved));
}

int
cli_scratch_new(struct cli_scratch *s)
{
	const char *tmp = getenv("TMPDIR");
	char *dir;
	int code;

	*s = (struct cli_scratch)CLI_SCRATCH_INIT;
	dir = cli_absolute(tmp != NULL && tmp[0] != '\0' ? tmp : "/tmp");
	if (dir == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	sweep(dir);
	code = make(s, dir);
	free(dir);
	return code;
}

void
cli_scratch_remove(struct cli_scratch *s)
{
	if (s->path == NULL)
		return;
	empty(fcntl(s->fd, F_DUPFD_CLOEXEC, 0), DEPTH_MAX);
	if (rmdir(s->path) != 0 && errno != ENOENT)
		(void)cli_fail(CLI_FAILED, "%s: %s: remove it", s->path,
		    strerror(errno));
	cli_scratch_forget(s);
}

void
cli_scratch_forget(struct cli_scratch *s)
{
	free(s->path);
	if (s->fd >= 0)
		(void)close(s->fd);
	*s = (struct cli_scratch)CLI_SCRATCH_INIT;
}

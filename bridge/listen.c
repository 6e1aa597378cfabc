/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The bridge's socket, see listen.h. Beside it stands a lock file: who holds
 * flock on that is the bridge of this path, so that a socket whose bridge was
 * killed is told apart from one in use, without a race.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bridge/addr.h"
#include "bridge/listen.h"
#include "common/log.h"

/* Long enough for a burst; short enough that who stands at its end is served
 * soon even when all before it are noise. */
#define BACKLOG 1024
#define LISTEN_FD_FIRST 3	/* sd_listen_fds(3) */

/* The path's directory: made if it is not there, safe in any case. */
static enum cb_err
check_dir(const char *path, const gid_t *group, struct cb_why *why)
{
	char *copy = strdup(path), *dir;
	struct stat st;
	enum cb_err r = CB_OK;

	if (copy == NULL)
		return CB_E_NOMEM;
	dir = dirname(copy);
	if (mkdir(dir, 0700) == 0) {
		if (group != NULL &&
		    (chown(dir, (uid_t)-1, *group) != 0 ||
			chmod(dir, 0750) != 0)) {
			cb_why_set(why, "The directory %s cannot be given to "
			    "the group: %s.", dir, strerror(errno));
			r = CB_E_DENIED;
			goto out;
		}
	} else if (errno != EEXIST) {
		cb_why_set(why, "The directory %s cannot be made: %s.", dir,
		    strerror(errno));
		r = errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED;
		goto out;
	}
	if (stat(dir, &st) != 0) {
		cb_why_set(why, "The directory %s: %s.", dir, strerror(errno));
		r = CB_E_DENIED;
		goto out;
	}
	/* who can write there can put another socket in our place, or, in a
	 * sticky directory, wait until this one is gone */
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		cb_why_set(why, "The directory %s belongs to another user; "
		    "give --socket a path in one of yours.", dir);
		r = CB_E_DENIED;
	} else if ((st.st_mode & 022) != 0) {
		cb_why_set(why, "Other users may write to the directory %s; "
		    "give --socket a path in a directory of your own.", dir);
		r = CB_E_DENIED;
	}
out:
	free(copy);
	return r;
}

/* Takes the lock file. It is removed by its holder, so what was locked must
 * still be what stands there. */
static enum cb_err
take_lock(struct br_listen *l, struct cb_why *why)
{
	struct stat held, there;
	char *name = NULL;
	enum cb_err r = CB_OK;

	if (asprintf(&name, "%s.lock", l->path) < 0)
		return CB_E_NOMEM;
	for (;;) {
		l->lock = open(name,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (l->lock < 0) {
			cb_why_set(why, "%s cannot be made: %s.", name,
			    strerror(errno));
			r = CB_E_DENIED;
			break;
		}
		if (flock(l->lock, LOCK_EX | LOCK_NB) != 0) {
			cb_why_set(why, "Another bridge is running at %s.",
			    l->path);
			r = CB_E_BUSY;
			break;
		}
		if (fstat(l->lock, &held) == 0 && stat(name, &there) == 0 &&
		    held.st_ino == there.st_ino && held.st_dev == there.st_dev)
			break;
		close(l->lock);
		l->lock = -1;
	}
	if (r != CB_OK && l->lock >= 0) {
		close(l->lock);
		l->lock = -1;
	}
	free(name);
	return r;
}

static void
drop_lock(struct br_listen *l)
{
	char *name = NULL;

	if (l->lock < 0)
		return;
	if (asprintf(&name, "%s.lock", l->path) >= 0)
		unlink(name);
	free(name);
	close(l->lock);
	l->lock = -1;
}

/* With the lock held, a socket that stands there is nobody's, unless some
 * other program made it. */
static enum cb_err
clear_stale(const struct br_listen *l, const struct br_addr *a,
    struct cb_why *why)
{
	struct stat st;
	enum cb_err r = CB_OK;
	int fd;

	if (lstat(l->path, &st) != 0)
		return CB_OK;
	if (!S_ISSOCK(st.st_mode)) {
		cb_why_set(why, "%s is there and is no socket.", l->path);
		return CB_E_DENIED;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return CB_E_LIMIT;
	if (connect(fd, (const struct sockaddr *)&a->un, a->n) == 0 ||
	    errno == EAGAIN) {
		cb_why_set(why, "Another program listens at %s.", l->path);
		r = CB_E_BUSY;
	} else if (unlink(l->path) != 0 && errno != ENOENT) {
		cb_why_set(why, "%s cannot be removed: %s.", l->path,
		    strerror(errno));
		r = CB_E_DENIED;
	}
	close(fd);
	return r;
}

static enum cb_err
bind_there(struct br_listen *l, const gid_t *group, struct cb_why *why)
{
	struct br_addr a;
	mode_t mask;
	enum cb_err r;
	int done;

	if ((r = br_addr_init(&a, l->path)) != CB_OK) {
		cb_why_set(why, "No socket can be made at %s: %s.", l->path,
		    strerror(errno));
		return r;
	}
	if ((r = clear_stale(l, &a, why)) != CB_OK)
		goto out;
	r = CB_E_DENIED;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* never wider than wanted, not even for a moment */
	mask = umask(0177);
	done = l->fd < 0 ? -1 :
	    bind(l->fd, (const struct sockaddr *)&a.un, a.n);
	umask(mask);
	if (done == 0 && group != NULL)
		done = chown(l->path, (uid_t)-1, *group) != 0 ||
			chmod(l->path, 0660) != 0 ?
		    -1 :
		    0;
	if (done == 0)
		done = listen(l->fd, BACKLOG);
	if (done == 0)
		r = CB_OK;
	else
		cb_why_set(why, "No socket can be made at %s: %s.", l->path,
		    strerror(errno));
out:
	br_addr_clear(&a);
	return r;
}

static enum cb_err
open_at(struct br_listen *l, const char *path, const gid_t *group, bool alone,
    struct cb_why *why)
{
	enum cb_err r;

	*l = (struct br_listen)BR_LISTEN_INIT;
	l->alone = alone;
	if (group != NULL) {
		l->grouped = true;
		l->group = *group;
	}
	if ((r = check_dir(path, group, why)) != CB_OK)
		return r;
	if ((l->path = strdup(path)) == NULL)
		return CB_E_NOMEM;
	if (alone || (r = take_lock(l, why)) == CB_OK)
		r = bind_there(l, group, why);
	if (r != CB_OK) {
		if (l->fd >= 0)
			close(l->fd);
		l->fd = -1;
		drop_lock(l);
		free(l->path);
		l->path = NULL;
	}
	return r;
}

enum cb_err
br_listen_open(struct br_listen *l, const char *path, const gid_t *group,
    struct cb_why *why)
{
	return open_at(l, path, group, false, why);
}

enum cb_err
br_listen_alone(struct br_listen *l, const char *path, struct cb_why *why)
{
	return open_at(l, path, NULL, true, why);
}

enum cb_err
br_listen_inherit(struct br_listen *l, const gid_t *group, struct cb_why *why)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	int type = 0, listens = 0, domain = 0, flags;
	socklen_t n = sizeof(type);

	*l = (struct br_listen)BR_LISTEN_INIT;
	if (fds == NULL || pid == NULL ||
	    strtol(pid, NULL, 10) != (long)getpid())
		return CB_E_ABSENT;
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDNAMES");
	if (strcmp(fds, "1") != 0) {
		cb_why_set(why, "The service manager passed %s sockets; one "
		    "is wanted.", fds);
		return CB_E_ARG;
	}
	if (getsockopt(LISTEN_FD_FIRST, SOL_SOCKET, SO_TYPE, &type, &n) != 0 ||
	    getsockopt(LISTEN_FD_FIRST, SOL_SOCKET, SO_DOMAIN, &domain, &n) !=
	    0 ||
	    getsockopt(LISTEN_FD_FIRST, SOL_SOCKET, SO_ACCEPTCONN, &listens,
	    &n) != 0 ||
	    type != SOCK_STREAM || domain != AF_UNIX || listens == 0) {
		cb_why_set(why, "What the service manager passed is no "
		    "listening Unix stream socket.");
		return CB_E_ARG;
	}
	flags = fcntl(LISTEN_FD_FIRST, F_GETFL);
	if (fcntl(LISTEN_FD_FIRST, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(LISTEN_FD_FIRST, F_SETFL, flags | O_NONBLOCK) != 0)
		return CB_E_INTERNAL;
	l->fd = LISTEN_FD_FIRST;
	if (group != NULL) {
		l->grouped = true;
		l->group = *group;
	}
	return CB_OK;
}

static void
remove_dir(const char *path)
{
	char *copy = strdup(path);

	if (copy != NULL)
		(void)rmdir(dirname(copy));
	free(copy);
}

void
br_listen_close(struct br_listen *l)
{
	if (l->path != NULL && l->fd >= 0) {
		unlink(l->path);
		if (l->alone)
			remove_dir(l->path);
	}
	if (l->fd >= 0)
		close(l->fd);
	drop_lock(l);
	free(l->path);
	*l = (struct br_listen)BR_LISTEN_INIT;
}

/* Is the peer a member, also by a supplementary group (unix(7))? */
static bool
member(int fd, gid_t primary, gid_t group)
{
	gid_t *list;
	socklen_t n = 0, i;
	bool found = primary == group;

	if (found)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &n) == 0 ||
	    errno != ERANGE || (list = malloc(n)) == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &n) == 0)
		for (i = 0; i < n / sizeof(*list); i++)
			found = found || list[i] == group;
	free(list);
	return found;
}

enum cb_err
br_listen_check(const struct br_listen *l, int fd, struct br_cred *out)
{
	struct ucred cred;
	socklen_t n = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return CB_E_DENIED;
	out->pid = cred.pid;
	out->uid = cred.uid;
	out->admin = cred.uid == 0 || cred.uid == geteuid();
	if (out->admin || (l->grouped && member(fd, cred.gid, l->group)))
		return CB_OK;
	return CB_E_DENIED;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See made.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/made.h"

static enum cb_err
fail(const char *path, struct cb_why *why)
{
	const int error = errno;

	/* who made a backend here has asked whether there is one */
	if (error == EEXIST) {
		cb_why_set(why, "%.300s is there, and no backend: if an init "
		    "before this one did not come to its end, remove it",
		    path);
		return CB_E_BUSY;
	}
	cb_why_set(why, "%.300s cannot be made: %s", path, strerror(error));
	return error == EACCES ? CB_E_DENIED : CB_E_STORE;
}

/* A name is durable when its directory is. */
static int
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL ? strdup(".")
				  : strndup(path, (size_t)(slash - path) + 1);
	int fd = dir == NULL
	    ? -1
	    : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int failed = fd < 0 || fsync(fd) != 0 ? -1 : 0;

	if (fd >= 0)
		(void)close(fd);
	free(dir);
	return failed;
}

enum cb_err
be_made_note(struct be_made *m, const char *path)
{
	char **more = reallocarray(m->paths, m->n + 1, sizeof(*more));

	if (more == NULL)
		return CB_E_NOMEM;
	m->paths = more;
	if ((m->paths[m->n] = strdup(path)) == NULL)
		return CB_E_NOMEM;
	m->n++;
	return CB_OK;
}

enum cb_err
be_made_dir(struct be_made *m, const char *path, struct cb_why *why)
{
	enum cb_err r;

	if (mkdir(path, 0700) != 0)
		return fail(path, why);
	if ((r = be_made_note(m, path)) != CB_OK) {
		(void)rmdir(path);
		return r;
	}
	/* the umask of who calls may take more away than it should */
	return chmod(path, 0700) == 0 && sync_parent(path) == 0
	    ? CB_OK
	    : fail(path, why);
}

static int
write_all(int fd, struct cb_span text)
{
	ssize_t n;

	while (text.n > 0) {
		n = write(fd, text.p, text.n);
		if (n < 0 && errno != EINTR)
			return -1;
		text = cb_span_tail(text, n < 0 ? 0 : (size_t)n);
	}
	return 0;
}

enum cb_err
be_made_file(struct be_made *m, const char *path, struct cb_span text,
    struct cb_why *why)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
		O_CLOEXEC, 0600);
	enum cb_err r;

	if (fd < 0)
		return fail(path, why);
	if ((r = be_made_note(m, path)) != CB_OK)
		(void)unlink(path);
	else if (fchmod(fd, 0600) != 0 || write_all(fd, text) != 0 ||
	    fsync(fd) != 0 || sync_parent(path) != 0)
		r = fail(path, why);
	(void)close(fd);
	return r;
}

enum cb_err
be_made_instead(const char *path, struct cb_span text, struct cb_why *why)
{
	struct be_made m = { NULL, 0 };
	char *made = NULL;
	enum cb_err r;

	if (asprintf(&made, "%s.new", path) < 0)
		return CB_E_NOMEM;
	(void)unlink(made);
	if ((r = be_made_file(&m, made, text, why)) == CB_OK &&
	    (rename(made, path) != 0 || sync_parent(path) != 0))
		r = fail(path, why);
	if (r == CB_OK)
		be_made_keep(&m);
	else
		be_made_undo(&m);
	free(made);
	return r;
}

enum cb_err
be_made_give(const struct be_made *m, const char *dir, uid_t user,
    struct cb_why *why)
{
	const size_t n = strlen(dir);

	for (size_t i = 0; i < m->n; i++)
		if (strncmp(m->paths[i], dir, n) == 0 &&
		    (m->paths[i][n] == '/' || m->paths[i][n] == '\0') &&
		    lchown(m->paths[i], user, (gid_t)user) != 0 &&
		    errno != ENOENT) {
			cb_why_set(why, "%.300s cannot be given to user %u: "
			    "%s", m->paths[i], (unsigned)user,
			    strerror(errno));
			return CB_E_DENIED;
		}
	return CB_OK;
}

void
be_made_undo(struct be_made *m)
{
	for (size_t i = m->n; i > 0; i--)
		(void)remove(m->paths[i - 1]);
	be_made_keep(m);
}

void
be_made_keep(struct be_made *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->paths[i]);
	free(m->paths);
	*m = (struct be_made){ NULL, 0 };
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * URI scheme to place, and files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/vault/place.h"

struct place {
	const char *scheme;
	enum cb_err (*check)(const char *rest, struct cb_why *why);
	enum cb_err (*read)(
	    const char *rest, struct cb_buf *text, struct cb_why *why);
	enum cb_err (*write)(
	    const char *rest, struct cb_span text, struct cb_why *why);
	void (*remove)(const char *rest);
};

/* ---- files --------------------------------------------------------------- */

static enum cb_err
file_check(const char *path, struct cb_why *why)
{
	const size_t n = strlen(path);

	if (path[0] == '/' && path[n - 1] != '/')
		return CB_OK;
	cb_why_set(why, "file: needs the absolute path of a file, such as "
	    "file:/etc/cardbridge/root-1");
	return CB_E_ARG;
}

static enum cb_err
file_err(int error, const char *path, const char *what, struct cb_why *why)
{
	static const struct {
		int error;
		enum cb_err r;
		const char *advice;
	} known[] = {
		{ ENOENT, CB_E_ABSENT, "look whether its disk is there, or "
		    "bring the root back with the recovery shares" },
		{ EEXIST, CB_E_BUSY, "it may be a part of another backend: "
		    "choose another name" },
		{ ELOOP, CB_E_DENIED, "it is a symbolic link: name the file "
		    "itself" },
		{ EACCES, CB_E_DENIED, "run this as the owner of the file" },
	};
	size_t i = 0;

	while (i < sizeof(known) / sizeof(known[0]) &&
	    known[i].error != error)
		i++;
	if (i < sizeof(known) / sizeof(known[0])) {
		cb_why_set(why, "%.160s cannot be %s (%s): %s", path, what,
		    strerror(error), known[i].advice);
		return known[i].r;
	}
	cb_why_set(why, "%.160s cannot be %s: %s", path, what,
	    strerror(error));
	return CB_E_STORE;
}

/* A part that others could read is no longer known to be a secret. */
static enum cb_err
is_private(int fd, const char *path, struct cb_why *why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return file_err(errno, path, "read", why);
	if (!S_ISREG(st.st_mode)) {
		cb_why_set(why, "%.160s is not a file", path);
		return CB_E_FORMAT;
	}
	if (st.st_uid != geteuid() && st.st_uid != 0) {
		cb_why_set(why, "%.160s belongs to another user (%u), who "
		    "may change it: chown it", path, (unsigned)st.st_uid);
		return CB_E_DENIED;
	}
	if ((st.st_mode & 077) != 0) {
		cb_why_set(why, "%.160s is open to others than its owner "
		    "(mode %04o): chmod 600 it, and if anybody may have read "
		    "it, make new parts", path,
		    (unsigned)st.st_mode & 07777);
		return CB_E_DENIED;
	}
	return CB_OK;
}

static enum cb_err
read_all(int fd, const char *path, struct cb_buf *text, struct cb_why *why)
{
	uint8_t *p;
	size_t at = 0;
	ssize_t n;
	enum cb_err r;

	/* one byte more than may be */
	if ((r = cb_buf_grow(text, BE_PIECE_TEXT_MAX + 1, &p)) != CB_OK)
		return r;
	while (at <= BE_PIECE_TEXT_MAX) {
		n = read(fd, p + at, BE_PIECE_TEXT_MAX + 1 - at);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return file_err(errno, path, "read", why);
		at += n < 0 ? 0 : (size_t)n;
	}
	if (at <= BE_PIECE_TEXT_MAX)
		return cb_buf_truncate(text, at);
	cb_why_set(why, "%.160s is longer than a piece of a root", path);
	return CB_E_FORMAT;
}

static enum cb_err
file_read(const char *path, struct cb_buf *text, struct cb_why *why)
{
	/* not to wait for a pipe */
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	enum cb_err r;

	if (fd < 0)
		return file_err(errno, path, "read", why);
	if ((r = is_private(fd, path, why)) == CB_OK)
		r = read_all(fd, path, text, why);
	(void)close(fd);
	return r;
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

/* The folder of a path that file_check() took, opened; *name is the rest. */
static int
open_folder(const char *path, const char **name)
{
	char folder[BE_PLACE_MAX + 1];
	const char *slash = strrchr(path, '/');

	*name = slash + 1;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(*name - path),
	    path);
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The mode is set again for a umask that takes too much. */
static bool
write_at(int dir, const char *name, struct cb_span text)
{
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int error;
	bool good;

	if (fd < 0)
		return false;
	good = fchmod(fd, 0600) == 0 && write_all(fd, text) == 0 &&
	    fsync(fd) == 0;
	error = errno;
	if (close(fd) != 0 && good) {
		error = errno;
		good = false;
	}
	if (good && fsync(dir) != 0) {
		error = errno;
		good = false;
	}
	if (!good)
		(void)unlinkat(dir, name, 0);
	errno = error;
	return good;
}

static enum cb_err
file_write(const char *path, struct cb_span text, struct cb_why *why)
{
	const char *name;
	int dir = open_folder(path, &name);
	enum cb_err r = CB_OK;

	if (dir < 0 && errno == ENOENT) {
		cb_why_set(why, "%.160s cannot be written: there is no such "
		    "directory: make it, for nobody but its owner, or look "
		    "whether its disk is there", path);
		r = CB_E_ABSENT;
	} else if (dir < 0 || !write_at(dir, name, text))
		r = file_err(errno, path, "written", why);
	if (dir >= 0)
		(void)close(dir);
	return r;
}

static void
file_remove(const char *path)
{
	(void)unlink(path);
}

/* ---- the table ----------------------------------------------------------- */

static const struct place places[] = {
	{ "file", file_check, file_read, file_write, file_remove },
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static enum cb_err
find(const char *uri, const struct place **place, const char **rest,
    struct cb_why *why)
{
	const size_t n = strcspn(uri, ":");

	for (size_t i = 0; i < PLACES && strlen(uri) <= BE_PLACE_MAX; i++)
		if (uri[n] == ':' && strlen(places[i].scheme) == n &&
		    strncmp(places[i].scheme, uri, n) == 0) {
			*place = &places[i];
			*rest = uri + n + 1;
			return places[i].check(*rest, why);
		}
	/* what is behind the scheme may have a passcode in it */
	if (uri[n] == ':' && n < 32)
		cb_why_set(why, "\"%.*s\" is no place for a part of the root: "
		    "a file is file:/absolute/path", (int)n + 1, uri);
	else
		cb_why_set(why, "a place for a part of the root says first "
		    "what it is: a file is file:/absolute/path");
	return CB_E_ARG;
}

enum cb_err
be_place_check(const char *uri, struct cb_why *why)
{
	const struct place *place;
	const char *rest;

	return find(uri, &place, &rest, why);
}

enum cb_err
be_place_read(const char *uri, struct be_piece *out, struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT;
	struct cb_why inner = { "" };
	const struct place *place;
	const char *rest;
	enum cb_err r;

	if ((r = find(uri, &place, &rest, why)) == CB_OK &&
	    (r = place->read(rest, &text, why)) == CB_OK &&
	    (r = be_piece_get(cb_buf_span(&text), out, &inner)) != CB_OK)
		cb_why_set(why, "%.160s: %.300s", uri, inner.text);
	cb_buf_free(&text);
	return r;
}

enum cb_err
be_place_write(const char *uri, const struct be_piece *piece,
    struct cb_why *why)
{
	struct cb_buf text = CB_BUF_INIT;
	const struct place *place;
	const char *rest;
	enum cb_err r;

	if ((r = find(uri, &place, &rest, why)) == CB_OK &&
	    (r = be_piece_put(&text, piece)) == CB_OK)
		r = place->write(rest, cb_buf_span(&text), why);
	cb_buf_free(&text);
	return r;
}

void
be_place_remove(const char *uri)
{
	const struct place *place;
	const char *rest;

	if (find(uri, &place, &rest, NULL) == CB_OK)
		place->remove(rest);
}

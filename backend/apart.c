/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See apart.h.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/apart.h"
#include "backend/layout.h"

#define PLACE "file:"

/* Is `path` this directory, or one above it? */
static bool
holds(const char *path, const char *dir)
{
	const size_t n = strlen(path);

	return strncmp(dir, path, n) == 0 &&
	    (dir[n] == '/' || dir[n] == '\0' || strcmp(path, "/") == 0);
}

/* Where it really is, as far as it is there; the caller's. NULL: a link leads
 * to what is not there yet. */
static char *
real(const char *path)
{
	char *to = realpath(path, NULL), *above, *whole = NULL;
	const char *slash = strrchr(path, '/');
	struct stat st;

	if (to == NULL && lstat(path, &st) == 0)
		return NULL;
	if (to != NULL || errno != ENOENT || slash == NULL || slash == path)
		return to != NULL ? to : strdup(path);
	if ((above = strndup(path, (size_t)(slash - path))) == NULL)
		return NULL;
	to = real(above);
	free(above);
	if (to != NULL && asprintf(&whole, "%s%s",
		strcmp(to, "/") == 0 ? "" : to, slash) < 0)
		whole = NULL;
	free(to);
	return whole;
}

/* Another part of the backend: by name below `dir`, or of the root. */
static bool
meets_another(const char *store, const char *dir, const char *const *roots,
    size_t roots_n)
{
	static const char *const names[] = { BE_DIR_VAULT, BE_DIR_HEADS,
		BE_DIR_DOOR, BE_DIR_OPERATOR, BE_DIR_SHARES };
	bool meets = holds(store, dir);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char *part = be_path(dir, names[i]);

		meets = meets || part == NULL || holds(part, store);
		free(part);
	}
	for (size_t i = 0; i < roots_n; i++) {
		char *part;

		if (strncmp(roots[i], PLACE, strlen(PLACE)) != 0)
			continue;
		part = real(roots[i] + strlen(PLACE));
		meets = meets || part == NULL || holds(store, part);
		free(part);
	}
	return meets;
}

/* Also a directory with the bit that keeps files to their owners: a name in
 * it can be taken before the store takes it. */
static bool
others_write(const struct stat *st, uid_t user)
{
	return (st->st_uid != geteuid() && st->st_uid != 0 &&
		   st->st_uid != user) ||
	    (st->st_mode & 022) != 0;
}

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e = NULL;

	while (d != NULL && (e = readdir(d)) != NULL &&
	    (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0))
		continue;
	if (d != NULL)
		(void)closedir(d);
	return d != NULL && e == NULL;
}

/* Who may rename what is above it puts another in its place. */
static enum cb_err
look_above(const char *dir, struct cb_why *why)
{
	char *path = strdup(dir), *slash;
	struct stat st;
	enum cb_err r = path == NULL ? CB_E_NOMEM : CB_OK;

	while (r == CB_OK && (slash = strrchr(path, '/')) != NULL &&
	    path[0] != '\0') {
		*slash = '\0';
		if (stat(path[0] != '\0' ? path : "/", &st) == 0 &&
		    others_write(&st, 0) && (st.st_mode & S_ISVTX) == 0) {
			cb_why_set(why, "others may put another directory in "
			    "the place of %.200s, since they may write to "
			    "%.200s: take that right away (chmod go-w), or "
			    "name another.", dir, path);
			r = CB_E_DENIED;
		}
	}
	free(path);
	return r;
}

static enum cb_err
look_at(const char *dir, uid_t user, struct cb_why *why)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return look_above(dir, why);	/* it will be made */
	if (!S_ISDIR(st.st_mode) || others_write(&st, user)) {
		cb_why_set(why, "%.300s is no directory of yours that nobody "
		    "else may write to: the database needs one. Name one "
		    "that is not there yet.", dir);
		return CB_E_DENIED;
	}
	if (!is_empty(dir)) {
		cb_why_set(why, "%.300s is not empty, and the store may read "
		    "and write all that is in it: name an empty directory, "
		    "or one that is not there yet.", dir);
		return CB_E_ARG;
	}
	return look_above(dir, why);
}

enum cb_err
be_apart(const char *path, uid_t user, const char *dir,
    const char *const *roots, size_t roots_n, struct cb_why *why)
{
	char *at = strndup(path, (size_t)(strrchr(path, '/') - path) +
		(strrchr(path, '/') == path));
	char *store = at == NULL ? NULL : real(at), *whole = real(dir);
	enum cb_err r = CB_OK;

	if (store == NULL || whole == NULL) {
		cb_why_set(why, "%.300s: a link leads nowhere, or may not be "
		    "followed. Name another directory.", at != NULL ? at : dir);
		r = CB_E_ARG;
	} else if (meets_another(store, whole, roots, roots_n)) {
		cb_why_set(why, "the database needs a directory of its own, "
		    "in which nothing else of the backend lies: the store "
		    "may write there. Name one, such as "
		    "sqlite:%.200s/store/backend.db, or leave --store out.",
		    dir);
		r = CB_E_ARG;
	} else {
		r = look_at(store, user, why);
	}
	free(at);
	free(store);
	free(whole);
	return r;
}

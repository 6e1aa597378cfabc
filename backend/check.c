/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See check.h.
 */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/check.h"
#include "backend/check_door.h"
#include "backend/check_store.h"
#include "backend/finding.h"
#include "backend/layout.h"
#include "backend/vault/operator.h"
#include "backend/walls.h"
#include "common/hex.h"

struct checking {
	const char *dir;
	const struct be_conf *conf;
	uint8_t books[CR_KEY];
	bool have_books;
	struct cb_buf wraps[BE_BIRTH_WRAPS];
	unsigned wrong;
};

#define say(c, ...) be_found(&(c)->wrong, __VA_ARGS__)

/* ---- walls --------------------------------------------------------------- */

static void
look_walls(struct checking *c)
{
	struct be_walls w;

	be_walls_look(&w);
	say(c, w.no_dumps ? BE_GOOD : BE_WRONG, "wall: no dumps");
	say(c, w.no_privileges ? BE_GOOD : BE_WRONG, "wall: no privileges");
	say(c, w.seccomp ? BE_GOOD : BE_WRONG, "wall: seccomp%s",
	    w.seccomp ? "" : " is not in this kernel: no role would start");
	if (w.landlock > 0)
		say(c, BE_GOOD, "wall: Landlock, version %d", w.landlock);
	else
		say(c, BE_WARNING, "wall: this kernel has no Landlock: files "
		    "are left to users and modes");
	if (c->conf->first_user != 0 && geteuid() == 0)
		say(c, BE_GOOD, "wall: each role under a user of its own, from "
		    "%u on", (unsigned)c->conf->first_user);
	else if (geteuid() == 0)
		say(c, BE_WRONG, "wall: no users for the roles: write "
		    "first-user = %d; into " BE_CONF_NAME, BE_FIRST_USER);
	else
		say(c, BE_WARNING, "wall: all roles under one user, as this is "
		    "not started by root");
	if (w.locked)
		say(c, BE_GOOD, "memory is locked");
	else
		say(c, BE_WARNING, "memory cannot be locked (LimitMEMLOCK, "
		    "ulimit -l): keys in use may reach the swap space");
	if (!w.swap)
		say(c, BE_GOOD, "there is no swap space");
	else
		say(c, w.locked ? BE_GOOD : BE_WARNING,
		    "there is swap space%s", w.locked ? "" : ", and run needs "
		    "allow-swap = true; or memory that it can lock");
}

/* ---- permissions --------------------------------------------------------- */

/* Of `owner`, or of root where it need not write to it. */
static void
look_at(struct checking *c, const char *path, mode_t most, uid_t owner,
    bool root_too)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		say(c, BE_WRONG, "%s: %s", path, strerror(errno));
	else if ((st.st_mode & 07777 & ~most) != 0)
		say(c, BE_WRONG, "%s is open to others (mode %04o): chmod %o it",
		    path, (unsigned)st.st_mode & 07777, (unsigned)most);
	else if (st.st_uid != owner && !(root_too && st.st_uid == 0))
		say(c, BE_WRONG, "%s belongs to another user (%u): chown it to "
		    "%u", path, (unsigned)st.st_uid, (unsigned)owner);
	else
		say(c, BE_GOOD, "%s: mode %04o", path,
		    (unsigned)st.st_mode & 07777);
}

/* Who the store runs as. */
static uid_t
store_user(const struct checking *c)
{
	return c->conf->first_user != 0 && geteuid() == 0
	    ? be_conf_user(c->conf, BE_STORE, 0)
	    : geteuid();
}

/* The directory is not init's alone: it may have been there. */
static void
look_store(struct checking *c)
{
	char *dir = strdup(c->conf->store);

	if (dir == NULL)
		return;
	look_at(c, dirname(dir), 0755, store_user(c), false);
	look_at(c, c->conf->store, 0600, store_user(c), false);
	free(dir);
}

/* Below the directory: what there is, and how open it may be. */
static const struct below {
	const char *name;
	mode_t most;
	bool of_store, may_be_away;
} below[] = {
	{ BE_DIR_HEADS, 0700, true, false },
	{ BE_DIR_DOOR, 0700, false, false },
	/* the parts of the root may be elsewhere */
	{ BE_DIR_VAULT, 0700, false, true },
	{ BE_CONF_NAME, 0600, false, false },
	{ BE_FILE_HEADS, 0600, true, false },
	{ BE_FILE_DOOR_KEY, 0600, false, false },
	{ BE_FILE_DOOR, 0600, false, false },
	{ BE_FILE_AUTHORITY, 0600, false, false },
	{ BE_FILE_SERVICE, 0600, false, false },
	{ BE_FILE_BOOKS, 0600, false, false },
};

static void
look_modes(struct checking *c)
{
	look_at(c, c->dir, c->conf->first_user != 0 ? 0711 : 0700, geteuid(),
	    true);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		const struct below *b = &below[i];
		char *path = be_path(c->dir, b->name);

		if (path != NULL &&
		    !(b->may_be_away && access(path, F_OK) != 0))
			look_at(c, path, b->most,
			    b->of_store ? store_user(c) : geteuid(),
			    !b->of_store);
		free(path);
	}
}

/* What init leaves for people to take away. */
static void
look_left(struct checking *c, const char *name, const char *advice)
{
	char *path = be_path(c->dir, name);

	if (path != NULL && access(path, F_OK) == 0)
		say(c, BE_WARNING, "%s is still here: %s", path, advice);
	free(path);
}

/* ---- keys ---------------------------------------------------------------- */

static void
look_root(struct checking *c)
{
	struct cb_span wraps[BE_BIRTH_WRAPS];
	const char *uris[BE_ROOTS_MAX];
	struct cb_why why = { "" };
	enum cb_err r;

	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++)
		wraps[i] = cb_buf_span(&c->wraps[i]);
	for (size_t i = 0; i < c->conf->roots_n; i++)
		uris[i] = c->conf->roots[i];
	r = be_keys_look(c->conf->kind, c->conf->backend, uris,
	    c->conf->roots_n, wraps, c->books, &why);
	c->have_books = r == CB_OK;
	if (r == CB_OK)
		say(c, BE_GOOD, "root: %s there, and it opens the keys",
		    c->conf->roots_n == 1 ? "its part is"
					  : "all its parts are");
	else
		say(c, BE_WRONG, "root: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
}

static void
look_recovery(struct checking *c)
{
	const struct be_conf *conf = c->conf;
	struct cb_why why = { "" };
	enum cb_err r;

	if (conf->recovery == NULL) {
		say(c, BE_WARNING, "recovery: it has no place in " BE_CONF_NAME
		    ": no card can be unblocked by the service");
		return;
	}
	r = be_recovery_look(conf->kind, conf->backend, conf->recovery,
	    cb_buf_span(&c->wraps[BE_BIRTH_WRAPS - 1]), &why);
	if (r == CB_OK)
		say(c, BE_GOOD, "recovery: its root is there, and opens");
	else
		say(c, BE_WRONG, "recovery: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
}

static void
look_public(struct checking *c)
{
	char *path = be_path(c->dir, BE_FILE_BOOKS);
	struct cb_buf hex = CB_BUF_INIT;
	char text[2 * CR_KEY];
	FILE *f = path != NULL ? fopen(path, "re") : NULL;

	if (f == NULL || cb_hex_put(&hex, CB_SPAN_OF(c->books)) != CB_OK ||
	    fread(text, 1, sizeof(text), f) != sizeof(text) ||
	    !cb_span_equal(cb_span(text, sizeof(text)), cb_buf_span(&hex)))
		say(c, BE_WRONG, "%s is not the public key of the books",
		    path != NULL ? path : "");
	if (f != NULL)
		(void)fclose(f);
	cb_buf_free(&hex);
	free(path);
}

int
be_check(const char *dir, const struct be_conf *conf)
{
	struct checking c = { .dir = dir, .conf = conf };
	struct be_check_store store;

	look_walls(&c);
	/* whose they should be is not known without it */
	if (conf->first_user != 0 || geteuid() != 0) {
		look_modes(&c);
		look_store(&c);
	}
	look_left(&c, BE_DIR_OPERATOR, "it may do everything; move it to the "
	    "operator's own machine");
	look_left(&c, BE_DIR_SHARES, "give each share to its holder, and "
	    "leave none here");
	be_check_door(dir, conf, &c.wrong);
	if (be_check_store_open(&store, conf, dir, c.wraps, &c.wrong)) {
		look_root(&c);
		look_recovery(&c);
	}
	if (c.have_books)
		look_public(&c);
	be_check_store_books(
	    &store, c.have_books ? c.books : NULL, &c.wrong);
	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++)
		cb_buf_free(&c.wraps[i]);
	(void)printf("%s\n", c.wrong == 0
		? "The backend is whole."
		: "Something is wrong: see above.");
	return c.wrong == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

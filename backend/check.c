/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See check.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/check.h"
#include "backend/layout.h"
#include "backend/store/heads.h"
#include "backend/store/store.h"
#include "backend/vault/operator.h"
#include "backend/walls.h"
#include "common/hex.h"

struct checking {
	const char *dir;
	const struct be_conf *conf;
	struct be_store *st;
	uint8_t books[CR_KEY];
	bool have_books;
	struct cb_buf wraps[BE_BIRTH_WRAPS];
	unsigned bad;
};

enum verdict { GOOD, WARNING, BAD };

static void
say(struct checking *c, enum verdict v, const char *fmt, ...) CB_PRINTF(3, 4);

static void
say(struct checking *c, enum verdict v, const char *fmt, ...)
{
	static const char *const words[] = { "ok      ", "warning ",
		"WRONG   " };
	va_list ap;

	(void)fputs(words[v], stdout);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
	c->bad += v == BAD;
}

/* ---- walls --------------------------------------------------------------- */

static void
look_walls(struct checking *c)
{
	struct be_walls w;

	be_walls_look(&w);
	say(c, w.no_dumps ? GOOD : BAD, "wall: no dumps");
	say(c, w.no_privileges ? GOOD : BAD, "wall: no privileges");
	say(c, w.seccomp ? GOOD : BAD, "wall: seccomp%s",
	    w.seccomp ? "" : " is not in this kernel: no role would start");
	if (w.landlock > 0)
		say(c, GOOD, "wall: Landlock, version %d", w.landlock);
	else
		say(c, WARNING, "wall: this kernel has no Landlock: files "
		    "are left to users and modes");
	if (c->conf->first_user != 0 && geteuid() == 0)
		say(c, GOOD, "wall: each role under a user of its own, from "
		    "%u on", (unsigned)c->conf->first_user);
	else
		say(c, WARNING, "wall: all roles under one user, as this is "
		    "not started by root");
	if (w.locked)
		say(c, GOOD, "memory is locked");
	else
		say(c, WARNING, "memory cannot be locked (LimitMEMLOCK, "
		    "ulimit -l): keys in use may reach the swap space");
}

/* ---- permissions --------------------------------------------------------- */

static void
look_mode(struct checking *c, const char *name, mode_t most)
{
	char *path = be_path(c->dir, name);
	struct stat st;

	if (path == NULL)
		return;
	if (lstat(path, &st) != 0)
		say(c, BAD, "%s: %s", path, strerror(errno));
	else if ((st.st_mode & 07777 & ~most) != 0)
		say(c, BAD, "%s is open to others (mode %04o): chmod %o it",
		    path, (unsigned)st.st_mode & 07777, (unsigned)most);
	else
		say(c, GOOD, "%s: mode %04o", path,
		    (unsigned)st.st_mode & 07777);
	free(path);
}

static void
look_modes(struct checking *c)
{
	static const char *const dirs[] = { BE_DIR_HEADS, BE_DIR_DOOR };
	static const char *const files[] = { BE_CONF_NAME, BE_FILE_HEADS,
		BE_FILE_DOOR_KEY, BE_FILE_DOOR, BE_FILE_AUTHORITY,
		BE_FILE_SERVICE, BE_FILE_BOOKS };

	look_mode(c, ".", c->conf->first_user != 0 ? 0711 : 0700);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		look_mode(c, dirs[i], 0700);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		look_mode(c, files[i], 0600);
}

/* What init leaves for people to take away. */
static void
look_left(struct checking *c, const char *name, const char *advice)
{
	char *path = be_path(c->dir, name);

	if (path != NULL && access(path, F_OK) == 0)
		say(c, WARNING, "%s is still here: %s", path, advice);
	free(path);
}

/* ---- the store ----------------------------------------------------------- */

static enum cb_err
keep_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return cb_buf_set(ctx, columns[4].s);
}

static void
look_store(struct checking *c)
{
	static const uint8_t platform[WIRE_ID];
	struct wire_owner owner;
	struct cb_why why = { "" };
	struct stat st;

	if (lstat(c->conf->store, &st) == 0 && (st.st_mode & 077) != 0)
		say(c, BAD, "%s is open to others (mode %04o): chmod 600 it",
		    c->conf->store, (unsigned)st.st_mode & 07777);
	if (be_store_open(&c->st, c->conf->store, &why) != CB_OK) {
		say(c, BAD, "store: %s", why.text);
		return;
	}
	owner = be_store_owner(c->st, platform);
	if (owner.kind != c->conf->kind ||
	    memcmp(owner.backend, c->conf->backend, WIRE_ID) != 0)
		say(c, BAD, "store: %s is another backend's than "
		    BE_CONF_NAME " says", c->conf->store);
	else if (be_store_check(c->st, &why) != CB_OK)
		say(c, BAD, "store: %s: %s", c->conf->store, why.text);
	else
		say(c, GOOD, "store: %s", c->conf->store);
	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++) {
		const struct be_value key[] = { BE_ID(platform),
			BE_T(cb_span_str(be_birth_wrap(i))), BE_I(1) };

		if (be_store_row(c->st, BE_WRAP, platform, key, keep_wrap,
			&c->wraps[i], &why) != CB_OK)
			say(c, BAD, "store: the key \"%s\" is not there",
			    be_birth_wrap(i));
	}
}

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
		say(c, GOOD, "root: all %zu parts are there, and open the "
		    "keys", c->conf->roots_n);
	else
		say(c, BAD, "root: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
}

static void
look_recovery(struct checking *c)
{
	const struct be_conf *conf = c->conf;
	struct cb_why why = { "" };
	enum cb_err r;

	if (conf->recovery == NULL) {
		say(c, WARNING, "recovery: it has no place in " BE_CONF_NAME
		    ": no card can be unblocked by the service");
		return;
	}
	r = be_recovery_look(conf->kind, conf->backend, conf->recovery,
	    cb_buf_span(&c->wraps[BE_BIRTH_WRAPS - 1]), &why);
	if (r == CB_OK)
		say(c, GOOD, "recovery: its root is there, and opens");
	else
		say(c, BAD, "recovery: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
}

/* ---- the books ----------------------------------------------------------- */

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
		say(c, BAD, "%s is not the public key of the books",
		    path != NULL ? path : "");
	if (f != NULL)
		(void)fclose(f);
	cb_buf_free(&hex);
	free(path);
}

#define PAGE 1000

struct organisations {
	size_t n;
	uint8_t ids[PAGE][WIRE_ID];
};

static enum cb_err
note_id(void *ctx, const struct be_value *columns, size_t n)
{
	struct organisations *o = ctx;

	(void)n;
	if (columns[0].s.n != WIRE_ID)
		return CB_E_FORMAT;
	memcpy(o->ids[o->n++], columns[0].s.p, WIRE_ID);
	return CB_OK;
}

static void
look_chain(struct checking *c, const uint8_t id[WIRE_ID],
    const struct wire_head *heads, size_t n)
{
	struct be_verdict v;
	struct cb_why why = { "" };
	struct cb_buf name = CB_BUF_INIT;
	enum cb_err r;

	if ((r = cb_hex_put(&name, cb_span(id, WIRE_ID))) == CB_OK)
		r = be_store_verify(
		    c->st, id, c->books, heads, n, &v, &why);
	if (r == CB_OK)
		say(c, GOOD, "books of %.*s: %" PRIu64 " entries, signed up "
		    "to %" PRIu64, (int)name.n, (const char *)name.p,
		    v.entries, v.signed_to);
	else
		say(c, BAD, "books of %.*s: %s", (int)name.n,
		    (const char *)name.p, why.text);
	cb_buf_free(&name);
}

static void
look_chains(struct checking *c, const struct wire_head *heads, size_t n)
{
	static const uint8_t platform[WIRE_ID];
	struct organisations *o = calloc(1, sizeof(*o));
	struct be_value after[1];
	uint8_t last[WIRE_ID];
	bool first = true;
	struct cb_why why = { "" };

	while (o != NULL) {
		o->n = 0;
		after[0] = BE_ID(last);
		if (be_store_list(c->st, BE_ORGANISATION, platform,
			first ? NULL : after, PAGE, note_id, o, &why) !=
		    CB_OK)
			say(c, BAD, "store: %s", why.text);
		for (size_t i = 0; i < o->n; i++)
			look_chain(c, o->ids[i], heads, n);
		if (o->n < PAGE)
			break;
		memcpy(last, o->ids[PAGE - 1], WIRE_ID);
		first = false;
	}
	free(o);
}

/* A running backend has the heads: what they say is then its to know. */
static void
look_books(struct checking *c)
{
	char *path = be_path(c->dir, BE_FILE_HEADS);
	struct be_heads *heads = NULL;
	struct cb_why why = { "" };
	size_t n = 0;
	const struct wire_head *all;
	enum cb_err r = path == NULL
	    ? CB_E_NOMEM
	    : be_heads_open(&heads, path, c->books, false, &why);

	if (r == CB_E_BUSY)
		say(c, WARNING, "heads: the backend runs; the books are "
		    "verified without them");
	else if (r != CB_OK)
		say(c, BAD, "heads: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	if (r == CB_OK || r == CB_E_BUSY) {
		all = heads != NULL ? be_heads_all(heads, &n) : NULL;
		look_chains(c, all, n);
	}
	be_heads_close(&heads);
	free(path);
}

int
be_check(const char *dir, const struct be_conf *conf)
{
	struct checking c = { .dir = dir, .conf = conf };

	look_walls(&c);
	look_modes(&c);
	look_left(&c, BE_DIR_OPERATOR, "it may do everything; move it to the "
	    "operator's own machine");
	look_left(&c, BE_DIR_SHARES, "give each share to its holder, and "
	    "leave none here");
	look_store(&c);
	if (c.st != NULL) {
		look_root(&c);
		look_recovery(&c);
	}
	if (c.have_books) {
		look_public(&c);
		look_books(&c);
	}
	be_store_close(&c.st);
	for (size_t i = 0; i < BE_BIRTH_WRAPS; i++)
		cb_buf_free(&c.wraps[i]);
	(void)printf("%s\n", c.bad == 0
		? "The backend is whole."
		: "Something is wrong: see above.");
	return c.bad == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

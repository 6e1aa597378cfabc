/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See check_store.h. The other process prints what it finds as it goes, and
 * tells us the wraps: u8 whether they are all there, then lb each. It is told
 * the public key of the books, or nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/check_store.h"
#include "backend/finding.h"
#include "backend/layout.h"
#include "backend/store/heads.h"
#include "backend/store/store.h"
#include "backend/walls.h"
#include "common/hex.h"

static const uint8_t platform[WIRE_ID];	/* zeros */

#define WRAPS_MAX ((size_t)1 << 20)

struct looking {
	const struct be_conf *conf;
	const char *heads;	/* path */
	struct be_store *st;
	uint8_t books[CR_KEY];
	unsigned wrong;
};

/* ---- the database -------------------------------------------------------- */

static enum cb_err
keep_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return cb_buf_set(ctx, columns[4].s);
}

static void
look_store(struct looking *c)
{
	struct wire_owner owner;
	struct cb_why why = { "" };

	if (be_store_open(&c->st, c->conf->store, &why) != CB_OK) {
		be_found(&c->wrong, BE_WRONG, "store: %s", why.text);
		return;
	}
	owner = be_store_owner(c->st, platform);
	if (owner.kind != c->conf->kind ||
	    memcmp(owner.backend, c->conf->backend, WIRE_ID) != 0)
		be_found(&c->wrong, BE_WRONG, "store: %s is another "
		    "backend's than " BE_CONF_NAME " says", c->conf->store);
	else if (be_store_check(c->st, &why) != CB_OK)
		be_found(&c->wrong, BE_WRONG, "store: %s: %s",
		    c->conf->store, why.text);
	else
		be_found(&c->wrong, BE_GOOD, "store: %s", c->conf->store);
}

static enum cb_err
put_wraps(struct looking *c, struct cb_buf *out)
{
	struct cb_buf wrap = CB_BUF_INIT;
	struct cb_why why = { "" };
	enum cb_err r;

	r = cb_put_u8(out, c->st != NULL);
	for (size_t i = 0; c->st != NULL && r == CB_OK && i < BE_BIRTH_WRAPS;
	     i++) {
		const struct be_value key[] = { BE_ID(platform),
			BE_T(cb_span_str(be_birth_wrap(i))), BE_I(1) };

		cb_buf_clear(&wrap);
		if (be_store_row(c->st, BE_WRAP, platform, key, keep_wrap,
			&wrap, &why) != CB_OK)
			be_found(&c->wrong, BE_WRONG,
			    "store: the key \"%s\" is not there",
			    be_birth_wrap(i));
		r = cb_put_lv32(out, cb_buf_span(&wrap));
	}
	cb_buf_free(&wrap);
	return r;
}

/* ---- the books ----------------------------------------------------------- */

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
look_chain(struct looking *c, const uint8_t id[WIRE_ID],
    const struct wire_head *heads, size_t n)
{
	struct be_verdict v;
	struct cb_why why = { "" };
	struct cb_buf name = CB_BUF_INIT;
	enum cb_err r;

	if (memcmp(id, platform, WIRE_ID) == 0)
		r = cb_buf_set(&name, cb_span_str("the platform"));
	else
		r = cb_hex_put(&name, cb_span(id, WIRE_ID));
	if (r == CB_OK)
		r = be_store_verify(
		    c->st, id, c->books, heads, n, &v, &why);
	if (r == CB_OK)
		be_found(&c->wrong, BE_GOOD, "books of %.*s: %" PRIu64
		    " entries, signed up to %" PRIu64, (int)name.n,
		    (const char *)name.p, v.entries, v.signed_to);
	else
		be_found(&c->wrong, BE_WRONG, "books of %.*s: %s",
		    (int)name.n, (const char *)name.p, why.text);
	cb_buf_free(&name);
}

static void
look_chains(struct looking *c, const struct wire_head *heads, size_t n)
{
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
			be_found(&c->wrong, BE_WRONG, "store: %s", why.text);
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
look_books(struct looking *c)
{
	struct be_heads *heads = NULL;
	struct cb_why why = { "" };
	size_t n = 0;
	const struct wire_head *all;
	enum cb_err r =
	    be_heads_open(&heads, c->heads, c->books, false, &why);

	if (r == CB_E_BUSY)
		be_found(&c->wrong, BE_WARNING, "heads: the backend runs; "
		    "the books are verified without them");
	else if (r != CB_OK)
		be_found(&c->wrong, BE_WRONG, "heads: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	if (r == CB_OK || r == CB_E_BUSY) {
		all = heads != NULL ? be_heads_all(heads, &n) : NULL;
		look_chains(c, all, n);
	}
	be_heads_close(&heads);
}

/* ---- the other process --------------------------------------------------- */

static bool
write_all(int fd, struct cb_span s)
{
	ssize_t n;

	for (; s.n > 0; s = cb_span_tail(s, n < 0 ? 0 : (size_t)n))
		if ((n = send(fd, s.p, s.n, MSG_NOSIGNAL)) < 0 &&
		    errno != EINTR)
			return false;
	return true;
}

static bool
read_all(int fd, uint8_t *p, size_t size)
{
	ssize_t n;

	for (; size > 0; p += n, size -= (size_t)n)
		if ((n = recv(fd, p, size, MSG_WAITALL)) <= 0)
			return false;
	return true;
}

/* Who runs as root becomes who the store runs as, or whose the directory is
 * that SQLite writes to. */
static enum cb_err
enclose(const struct looking *c, struct cb_why *why)
{
	char *store = strdup(c->conf->store), *heads = strdup(c->heads);
	uint32_t user = be_conf_user(c->conf, BE_STORE, 0);
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct be_walls up;
	struct stat st;
	enum cb_err r = CB_E_NOMEM;

	if (store != NULL && heads != NULL) {
		const char *const dirs[] = { dirname(store), dirname(heads),
			NULL };

		if (user == 0 && stat(dirs[0], &st) == 0)
			user = st.st_uid;
		be_store_prepare();
		(void)setrlimit(RLIMIT_MEMLOCK, &all);
		cr_secret_free(cr_secret_new(1), 1);	/* see control.c */
		if (geteuid() != 0)
			user = 0;
		if ((r = be_walls_become(user, why)) == CB_OK)
			r = be_walls_up(BE_STORE, dirs, &up, why);
	}
	free(store);
	free(heads);
	return r;
}

static int
run_other(struct looking *c, int fd)
{
	struct cb_buf told = CB_BUF_INIT;
	struct cb_why why = { "" };
	enum cb_err r;

	if ((r = enclose(c, &why)) != CB_OK) {
		be_found(&c->wrong, BE_WRONG, "store: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	} else {
		look_store(c);
		if (put_wraps(c, &told) == CB_OK) {
			(void)fflush(stdout);
			if (write_all(fd, cb_buf_span(&told)) &&
			    shutdown(fd, SHUT_WR) == 0 && c->st != NULL &&
			    read_all(fd, c->books, CR_KEY))
				look_books(c);
		}
	}
	be_store_close(&c->st);
	cb_buf_free(&told);
	(void)fflush(stdout);
	return c->wrong != 0;
}

/* ---- this one ------------------------------------------------------------ */

static bool
take_wraps(int fd, struct cb_buf wraps[BE_BIRTH_WRAPS])
{
	struct cb_buf told = CB_BUF_INIT_MAX(WRAPS_MAX);
	uint8_t p[4096], there = 0;
	struct cb_span cur, one;
	ssize_t n;
	enum cb_err r = CB_OK;

	while (r == CB_OK && (n = recv(fd, p, sizeof(p), 0)) > 0)
		r = cb_buf_add(&told, cb_span(p, (size_t)n));
	cur = cb_buf_span(&told);
	if (r == CB_OK)
		r = cb_get_u8(&cur, &there);
	for (size_t i = 0; r == CB_OK && there != 0 && i < BE_BIRTH_WRAPS;
	     i++)
		if ((r = cb_get_lv32(&cur, &one)) == CB_OK)
			r = cb_buf_set(&wraps[i], one);
	if (r == CB_OK)
		r = cb_get_end(&cur);
	cb_buf_free(&told);
	return r == CB_OK && there != 0;
}

bool
be_check_store_open(struct be_check_store *cs, const struct be_conf *conf,
    const char *dir, struct cb_buf wraps[BE_BIRTH_WRAPS], unsigned *wrong)
{
	char *heads = be_path(dir, BE_FILE_HEADS);
	struct looking c = { .conf = conf, .heads = heads };
	int fds[2];

	*cs = (struct be_check_store){ .pid = -1, .fd = -1 };
	(void)fflush(stdout);
	if (heads == NULL ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
		be_found(wrong, BE_WRONG, "store: %s", strerror(errno));
		free(heads);
		return false;
	}
	if ((cs->pid = fork()) == 0) {
		(void)close(fds[0]);
		_exit(run_other(&c, fds[1]));
	}
	(void)close(fds[1]);
	cs->fd = fds[0];
	free(heads);
	return take_wraps(cs->fd, wraps);
}

void
be_check_store_books(
    struct be_check_store *cs, const uint8_t *books, unsigned *wrong)
{
	int status = -1;

	(void)fflush(stdout);
	if (cs->fd >= 0) {
		/* one that has ended says so by its status */
		if (books != NULL)
			(void)!write_all(cs->fd, cb_span(books, CR_KEY));
		(void)close(cs->fd);
	}
	if (cs->pid < 0)
		return;
	while (waitpid(cs->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!WIFEXITED(status))
		be_found(wrong, BE_WRONG, "store: the check of it was ended "
		    "by signal %d", WTERMSIG(status));
	else
		*wrong += WEXITSTATUS(status) != 0;
}

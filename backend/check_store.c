/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See check_store.h. The other process prints what it finds as it goes, and
 * tells us the wraps (wraps.h). It is told the public key of the books, or
 * nothing.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/ask.h"
#include "backend/check_store.h"
#include "backend/finding.h"
#include "backend/layout.h"
#include "backend/store/heads.h"
#include "backend/store/store.h"
#include "backend/wraps.h"
#include "common/hex.h"

static const uint8_t platform[WIRE_ID];	/* zeros */

struct looking {
	const struct be_conf *conf;
	const char *heads;	/* path */
	struct be_store *st;
	uint8_t books[CR_KEY];
	unsigned wrong;
};

/* ---- the database -------------------------------------------------------- */

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
		if (be_wraps_get(c->st, i, &wrap, &why) != CB_OK)
			be_found(&c->wrong, BE_WRONG, "store: %s", why.text);
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
read_all(int fd, uint8_t *p, size_t size)
{
	ssize_t n;

	for (; size > 0; p += n, size -= (size_t)n)
		if ((n = recv(fd, p, size, MSG_WAITALL)) <= 0)
			return false;
	return true;
}

static int
run_other(struct looking *c, int fd)
{
	struct cb_buf told = CB_BUF_INIT;
	struct cb_why why = { "" };
	enum cb_err r;

	if ((r = be_wraps_enclose(c->conf, c->heads, &why)) != CB_OK) {
		be_found(&c->wrong, BE_WRONG, "store: %s",
		    why.text[0] != '\0' ? why.text : cb_err_text(r));
	} else {
		look_store(c);
		if (put_wraps(c, &told) == CB_OK) {
			(void)fflush(stdout);
			if (be_wraps_send(fd, cb_buf_span(&told)) &&
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
	return be_wraps_take(cs->fd, wraps, NULL) == CB_OK;
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
			(void)!be_wraps_send(cs->fd, cb_span(books, CR_KEY));
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

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the store is asked: a table of messages and who may send them. A body
 * that is none breaks the channel; what merely fails is answered with a code.
 */
#include <string.h>
#include <time.h>

#include "backend/store/serve.h"
#include "wire/entry.h"

/* Of an entry with its head and the lengths. */
#define BOOKS_ROOM (WIRE_ENTRY_MAX + WIRE_HEAD_SIGNED + 64)

uint64_t
be_tick(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
be_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static const uint8_t platform[WIRE_ID];

/* ---- answering ----------------------------------------------------------- */

static enum cb_err
answer(struct be_caller *c, uint16_t type, uint64_t id, enum cb_err code,
    struct cb_span body)
{
	const struct be_message m = { .type = type, .answer = true, .id = id,
		.code = (uint16_t)code,
		.body = code == CB_OK ? body : CB_SPAN_EMPTY };

	return id == 0 ? CB_OK : be_channel_send(c->ch, &m);
}

/* ---- acts ---------------------------------------------------------------- */

/* `told`: why nothing of its commit was kept. What is refused is for who asked
 * to tell, who knows whose act it was. */
static void
answer_act(struct be_server *s, struct be_waiting *w, const struct be_act *a,
    bool told)
{
	struct be_acted acted;
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	if (a->err != CB_OK)
		cb_log(a->err == CB_E_STORE && !told ? CB_LOG_ERROR
						     : CB_LOG_DEBUG,
		    "an act is refused: %s",
		    a->why.text[0] != '\0' ? a->why.text
					   : cb_err_text(a->err));
	be_acted_of(&acted, a);
	r = be_acted_put(&body, &acted);
	/* a channel that is broken is the loop's to notice */
	if (w->from != NULL &&
	    answer(w->from, BE_ASK_ACT, w->id, r, cb_buf_span(&body)) !=
		CB_OK)
		cb_log(CB_LOG_WARNING, "an act's end is not heard");
	cb_buf_free(&body);
	be_sign_soon(s, false);
}

/* The parent starts a worker for an organisation that is new. */
static void
tell_organisations(struct be_server *s, const struct be_act *a)
{
	/* one that is founded is made by one of these rows as well */
	for (size_t i = 0; i < a->rows_n; i++) {
		const struct be_row_change *c = &a->rows[i];
		const struct be_message m = { .type = BE_ASK_ORGANISATION,
			.body = c->values[0].s };

		if (a->err == CB_OK && c->table == BE_ORGANISATION &&
		    memcmp(a->organisation, platform, WIRE_ID) == 0 &&
		    !c->remove && be_channel_send(s->control.ch, &m) != CB_OK)
			cb_log(CB_LOG_ERROR, "the parent is not told of a "
					     "new organisation");
	}
}

void
be_serve_acts(struct be_server *s)
{
	const size_t n = s->waiting_n;
	struct be_act acts[BE_BATCH];
	struct cb_why why = { "" };
	enum cb_err r;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		acts[i] = s->waiting[i].read.act;
	if ((r = be_store_commit_batch(s->st, acts, n, &why)) != CB_OK)
		be_disk_failed(s, why.text);
	for (size_t i = 0; i < n; i++) {
		tell_organisations(s, &acts[i]);
		answer_act(s, &s->waiting[i], &acts[i], r != CB_OK);
		be_act_read_free(&s->waiting[i].read);
		cb_buf_free(&s->waiting[i].body);
	}
	s->waiting_n = 0;
	if (r == CB_E_STORE)
		be_disk_reopen(s);
}

/* The platform's chain is written by its own worker alone, which alone makes
 * organisations. */
static bool
is_of_client(const struct be_caller *c, const struct be_act *act)
{
	return (act->platform_n == 0 && act->founding == NULL) ||
	    memcmp(c->organisation, platform, WIRE_ID) == 0;
}

static enum cb_err
take_act(struct be_caller *c, const struct be_message *m)
{
	struct be_server *s = be_server_of(c);
	struct be_waiting *w = &s->waiting[s->waiting_n];
	enum cb_err r;

	*w = (struct be_waiting){ .from = c, .id = m->id };
	if ((r = cb_buf_set(&w->body, m->body)) == CB_OK &&
	    (r = be_act_get(cb_buf_span(&w->body), &w->read)) == CB_OK &&
	    !is_of_client(c, &w->read.act))
		r = CB_E_PEER;
	if (r != CB_OK) {
		be_act_read_free(&w->read);
		cb_buf_free(&w->body);
		return r;
	}
	memcpy(w->read.act.organisation, c->organisation, WIRE_ID);
	memcpy(w->read.lease.node, s->control.settings.node, WIRE_ID);
	if (++s->waiting_n == BE_BATCH)
		be_serve_acts(s);
	return CB_OK;
}

/* ---- looking things up --------------------------------------------------- */

/* Reading ended with `r`: what the answer's code is. */
struct lookup {
	struct be_caller *c;
	struct cb_buf *out;
	enum cb_err code;
	struct cb_why why;
};

static enum cb_err
ids(const struct be_message *m, uint8_t (*out)[WIRE_ID], size_t n)
{
	return be_ask_ids_get(m->body, out, n);
}

static enum cb_err
take_rights(struct lookup *l, const struct be_message *m)
{
	struct be_ask_rights ask;
	enum cb_err r;

	if ((r = be_ask_rights_get(m->body, &ask)) == CB_OK)
		l->code = be_rights_gather(
		    be_server_of(l->c)->st, l->c->organisation, &ask, l->out);
	return r;
}

static enum cb_err
take_records(struct lookup *l, const struct be_message *m)
{
	struct be_ask_records ask;
	enum cb_err r;

	if ((r = be_ask_records_get(m->body, &ask)) == CB_OK)
		l->code = be_records_gather(be_server_of(l->c)->st,
		    l->c->organisation, &ask, l->out, &l->why);
	return r;
}

static enum cb_err
take_answer(struct lookup *l, const struct be_message *m)
{
	struct be_ask_answer ask;
	struct be_answered found = { .found = BE_NO_ANSWER };
	struct cb_buf bytes = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_ask_answer_get(m->body, &ask)) != CB_OK)
		return r;
	l->code = be_store_answer(be_server_of(l->c)->st, l->c->organisation,
	    ask.device, ask.session, ask.number, ask.request, ask.look_up,
	    &found.found, &bytes, &l->why);
	found.bytes = cb_buf_span(&bytes);
	if (l->code == CB_OK)
		l->code = be_answered_put(l->out, &found);
	cb_buf_free(&bytes);
	return CB_OK;
}

static enum cb_err
take_outcome(struct lookup *l, const struct be_message *m)
{
	struct be_ask_outcome ask;
	bool done = false;
	enum cb_err r;

	if ((r = be_ask_outcome_get(m->body, &ask)) != CB_OK)
		return r;
	/* it may lie here */
	be_serve_acts(be_server_of(l->c));
	l->code = be_store_outcome(be_server_of(l->c)->st,
	    l->c->organisation, ask.act, ask.request, &done, &l->why);
	return l->code == CB_OK ? cb_put_u8(l->out, done) : CB_OK;
}

static enum cb_err
put_row(void *ctx, const struct be_value *columns, size_t n)
{
	return be_ask_row_put(((struct lookup *)ctx)->out, columns, n);
}

/* An organisation's own row is one of the platform's. */
static const uint8_t *
owner_of(const struct be_caller *c, const struct be_ask_rows *ask)
{
	return ask->table == BE_ORGANISATION &&
		cb_span_equal(
		    ask->key.values[0].s, CB_SPAN_OF(c->organisation))
	    ? platform
	    : c->organisation;
}

static enum cb_err
take_row(struct lookup *l, const struct be_message *m)
{
	struct be_ask_rows ask;
	enum cb_err r;

	if ((r = be_ask_rows_get(m->body, BE_ASK_ROW, &ask)) == CB_OK)
		l->code = be_store_row(be_server_of(l->c)->st, ask.table,
		    owner_of(l->c, &ask), ask.key.values, put_row, l,
		    &l->why);
	return r;
}

static enum cb_err
take_list(struct lookup *l, const struct be_message *m)
{
	struct be_ask_rows ask;
	enum cb_err r;

	if ((r = be_ask_rows_get(m->body, BE_ASK_LIST, &ask)) == CB_OK)
		l->code = be_store_list(be_server_of(l->c)->st, ask.table,
		    l->c->organisation, ask.key.n > 0 ? ask.key.values : NULL,
		    ask.limit, put_row, l, &l->why);
	return r;
}

static enum cb_err
put_token(void *ctx, const struct be_value *columns, size_t n)
{
	struct lookup *l = ctx;
	struct cb_buf bytes = CB_BUF_INIT;
	struct be_ask_signed row;
	struct wire_grant grant;
	enum cb_err r;

	(void)n;
	if ((r = be_row_grant(BE_TOKEN, l->c->organisation, columns, &grant,
		 &row.mac)) == CB_OK &&
	    (r = wire_grant_put(&bytes, &grant)) == CB_OK) {
		row.bytes = cb_buf_span(&bytes);
		r = be_ask_signed_put(l->out, &row);
	}
	cb_buf_free(&bytes);
	return r;
}

static enum cb_err
take_token(struct lookup *l, const struct be_message *m)
{
	struct be_store *st = be_server_of(l->c)->st;
	uint8_t hash[CR_HASH] = { 0 };
	const struct be_value key[] = { BE_HASH(hash) };
	struct be_token token;
	enum cb_err r;

	if ((r = be_ask_hash_get(m->body, hash)) != CB_OK)
		return r;
	/* can be used now; then the row itself, which says whose it is */
	if ((l->code = be_store_token(st, hash, be_now(), &token, &l->why)) ==
	    CB_OK)
		l->code = be_store_row(st, BE_TOKEN, l->c->organisation, key,
		    put_token, l, &l->why);
	return CB_OK;
}

static enum cb_err
take_lease(struct lookup *l, const struct be_message *m)
{
	uint8_t card[1][WIRE_ID];
	struct be_lease lease;
	enum cb_err r;

	if ((r = ids(m, card, 1)) != CB_OK)
		return r;
	l->code =
	    be_store_lease(be_server_of(l->c)->st, card[0], &lease, &l->why);
	if (l->code == CB_OK &&
	    memcmp(lease.organisation, l->c->organisation, WIRE_ID) != 0)
		l->code = CB_E_ABSENT;
	return l->code == CB_OK ? be_ask_lease_put(l->out, &lease) : CB_OK;
}

static enum cb_err
take_session(struct lookup *l, const struct be_message *m)
{
	uint8_t of[2][WIRE_ID];	/* holder, session */
	struct be_lease lease;
	enum cb_err r;

	if ((r = ids(m, of, 2)) != CB_OK)
		return r;
	l->code = be_store_session(be_server_of(l->c)->st,
	    l->c->organisation, of[0], of[1], &lease, &l->why);
	return l->code == CB_OK ? be_ask_leases_put(l->out, &lease) : CB_OK;
}

static enum cb_err
put_lease(void *ctx, const struct be_lease *lease)
{
	return be_ask_leases_put(((struct lookup *)ctx)->out, lease);
}

static enum cb_err
take_leases(struct lookup *l, const struct be_message *m)
{
	uint8_t after[1][WIRE_ID];
	enum cb_err r;

	if ((r = ids(m, after, 1)) == CB_OK)
		l->code = be_store_sessions(be_server_of(l->c)->st,
		    l->c->organisation, after[0], BE_PAGE_MAX, put_lease, l,
		    &l->why);
	return r;
}

static enum cb_err
put_entry(void *ctx, const struct be_value *columns, size_t n)
{
	struct lookup *l = ctx;
	struct be_ask_entry entry = { .number = (uint64_t)columns[0].i,
		.bytes = columns[1].s, .head = columns[3].s };

	(void)n;
	if (columns[2].s.n != CR_HASH)
		return CB_E_FORMAT;
	memcpy(entry.hash, columns[2].s.p, CR_HASH);
	/* what has no room comes with the next question */
	return l->out->n + BOOKS_ROOM > BE_BODY_MAX
	    ? CB_OK
	    : be_ask_entry_put(l->out, &entry);
}

static enum cb_err
take_books(struct lookup *l, const struct be_message *m)
{
	struct be_ask_books ask;
	enum cb_err r;

	if ((r = be_ask_books_get(m->body, &ask)) == CB_OK)
		l->code = be_store_entries(be_server_of(l->c)->st,
		    l->c->organisation, ask.first,
		    ask.most < BE_PAGE_MAX ? ask.most : BE_PAGE_MAX,
		    put_entry, l, &l->why);
	return r;
}

static enum cb_err
take_orderer(struct lookup *l, const struct be_message *m)
{
	struct be_ask_orderer ask;
	enum cb_err r;

	if ((r = be_ask_orderer_get(m->body, &ask)) == CB_OK)
		l->code = be_orderer_gather(
		    be_server_of(l->c)->st, l->c->organisation, &ask, l->out);
	return r;
}

/* ---- of the vault -------------------------------------------------------- */

/* PROTOCOL.md, "Wraps"; by number. */
static const char *const names[] = { NULL, "service", "authority", "books",
	"passcodes", "organisation", "grants", "personal", NULL,
	"recovery" };
#define NAMES (sizeof(names) / sizeof(names[0]))

struct wraps {
	struct lookup *l;
	uint8_t what;
};

static enum cb_err
put_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	const struct wraps *w = ctx;

	(void)n;
	return be_ask_wrap_put(w->l->out, w->what, columns[4].s);
}

static enum cb_err
take_keys(struct lookup *l, const struct be_message *m)
{
	uint8_t org[1][WIRE_ID];
	enum cb_err r;

	if ((r = ids(m, org, 1)) != CB_OK)
		return r;
	/* of each the one version that there is so far */
	for (uint8_t what = 1; l->code == CB_OK && what < NAMES; what++) {
		if (names[what] == NULL)
			continue;
		const struct be_value key[] = { BE_ID(org[0]),
			BE_T(cb_span_str(names[what])), BE_I(1) };
		struct wraps w = { l, what };

		l->code = be_store_row(be_server_of(l->c)->st, BE_WRAP, org[0],
		    key, put_wrap, &w, &l->why);
		if (l->code == CB_E_ABSENT)
			l->code = CB_OK;
	}
	if (l->code == CB_OK && l->out->n == 0)
		l->code = CB_E_ABSENT;
	return CB_OK;
}

static enum cb_err
take_heads(struct lookup *l, const struct be_message *m)
{
	size_t n;
	const struct be_heads *heads = be_server_of(l->c)->heads;
	const struct wire_head *all = be_heads_all(heads, &n);
	enum cb_err r;

	if ((r = cb_get_end(&m->body)) != CB_OK)
		return r;
	for (size_t i = 0; l->code == CB_OK && i < n; i++)
		l->code = cb_put_lv32(
		    l->out, be_heads_signed(heads, &all[i].at.owner));
	return CB_OK;
}

/* ---- all of them --------------------------------------------------------- */

static const struct asked {
	enum be_ask type;
	bool of_vault;
	enum cb_err (*take)(struct lookup *l, const struct be_message *m);
} table[] = {
	{ BE_ASK_RIGHTS, false, take_rights },
	{ BE_ASK_RECORDS, false, take_records },
	{ BE_ASK_ANSWER, false, take_answer },
	{ BE_ASK_OUTCOME, false, take_outcome },
	{ BE_ASK_ROW, false, take_row },
	{ BE_ASK_LIST, false, take_list },
	{ BE_ASK_TOKEN, false, take_token },
	{ BE_ASK_LEASE, false, take_lease },
	{ BE_ASK_LEASES, false, take_leases },
	{ BE_ASK_SESSION, false, take_session },
	{ BE_ASK_ORDERER, false, take_orderer },
	{ BE_ASK_BOOKS, false, take_books },
	{ BE_ASK_KEYS, true, take_keys },
	{ BE_ASK_HEADS, true, take_heads },
};

static enum cb_err
look_up(struct be_caller *c, const struct asked *a, const struct be_message *m)
{
	struct cb_buf out = CB_BUF_INIT_MAX(BE_BODY_MAX);
	struct lookup l = { .c = c, .out = &out };
	enum cb_err r;

	if ((r = a->take(&l, m)) == CB_OK) {
		if (l.code != CB_OK && l.code != CB_E_ABSENT)
			cb_log(CB_LOG_WARNING, "question %04x: %s",
			    (unsigned)a->type,
			    l.why.text[0] != '\0' ? l.why.text
						  : cb_err_text(l.code));
		if (l.code == CB_E_STORE)
			be_disk_reopen(be_server_of(c));
		r = answer(c, m->type, m->id, l.code, cb_buf_span(&out));
	}
	cb_buf_free(&out);
	return r;
}

enum cb_err
be_serve(struct be_caller *c, const struct be_message *m)
{
	const bool of_vault = c->role == BE_VAULT;

	if (m->answer)
		return of_vault && m->type == BE_ASK_SIGN_HEAD
		    ? be_sign_answer(be_server_of(c), m)
		    : CB_E_PEER;
	if (m->type == BE_ASK_ACT && !of_vault)
		return take_act(c, m);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].type == m->type && table[i].of_vault == of_vault)
			return look_up(c, &table[i], m);
	return CB_E_PEER;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See gather.h.
 */
#include <string.h>

#include "backend/store/gather.h"

static const uint8_t platform[WIRE_ID];

void
be_gather_clear(struct be_gathering *g)
{
	cb_buf_free(&g->text);
	cb_buf_free(&g->wrap);
	cb_buf_free(&g->atr);
}

/* ---- rows ---------------------------------------------------------------- */

static enum cb_err
keep_of(struct be_gathering *g, enum be_right which, enum be_table table,
    const uint8_t *org, const struct be_value *columns)
{
	struct wire_grant grant;
	struct cb_span mac;
	const size_t before = g->text.n;
	enum cb_err r;

	if (g->n == BE_RIGHTS_MAX)
		return CB_E_LIMIT;
	if ((r = be_row_grant(table, org, columns, &grant, &mac)) != CB_OK ||
	    (r = wire_grant_put(&g->text, &grant)) != CB_OK)
		return r;
	g->rows[g->n].which = which;
	g->rows[g->n].bytes = g->text.n - before;
	g->rows[g->n].mac = mac.n;
	g->n++;
	return cb_buf_add(&g->text, mac);
}

enum cb_err
be_gather_keep(struct be_gathering *g, enum be_right which,
    enum be_table table, const struct be_value *columns)
{
	return keep_of(g, which, table, g->org, columns);
}

void
be_gather_fingerprint(struct be_gathering *g, struct cb_span s)
{
	struct be_named *named = &g->named;

	if (s.n == CR_HASH && named->fingerprints_n < BE_NAMED_MAX)
		memcpy(named->fingerprints[named->fingerprints_n++], s.p,
		    CR_HASH);
}

bool
be_gather_is_over(const struct be_value *until)
{
	return until->i != 0 && (uint64_t)until->i <= be_now();
}

/* ---- a whole table ------------------------------------------------------- */

struct walk {
	struct be_gathering *g;
	be_gather_fn *fn;
	void *ctx;
	size_t keys;
	bool more;
	/* the last row's key, behind which the next page begins */
	struct be_value key[3];
	uint8_t bytes[3][64];
};

static enum cb_err
visit(void *ctx, const struct be_value *columns, size_t n)
{
	struct walk *w = ctx;

	(void)n;
	for (size_t i = 0; i < w->keys; i++) {
		const struct cb_span s = columns[i].s;

		if (s.n > sizeof(w->bytes[i]))
			return CB_E_FORMAT;
		w->key[i] = columns[i];
		if (s.n > 0)
			memcpy(w->bytes[i], s.p, s.n);
		w->key[i].s = cb_span(w->bytes[i], s.n);
	}
	w->more = true;
	return w->fn(w->g, w->ctx, columns);
}

enum cb_err
be_gather_each(struct be_gathering *g, enum be_table table,
    const uint8_t *org, be_gather_fn *fn, void *ctx)
{
	struct walk w = { .g = g, .fn = fn, .ctx = ctx };
	struct be_value after[3];
	bool first = true;
	enum cb_err r;

	(void)be_table_columns(table, &w.keys);
	do {
		w.more = false;
		memcpy(after, w.key, sizeof(after));
		r = be_store_list(g->st, table, org, first ? NULL : after,
		    BE_PAGE_MAX, visit, &w, &g->why);
		first = false;
	} while (r == CB_OK && w.more);
	return r;
}

/* ---- a card -------------------------------------------------------------- */

static enum cb_err
take_card(void *ctx, const struct be_value *columns, size_t n)
{
	struct be_gathering *g = ctx;
	enum cb_err r;

	(void)n;
	g->take_over = columns[3].i == 1;
	g->version = columns[8].i;
	if ((r = cb_buf_set(&g->atr, columns[BE_CARD_ATR].s)) != CB_OK)
		return r;
	return be_gather_keep(g, BE_RIGHT_CARD, BE_CARD, columns);
}

static enum cb_err
take_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	struct be_gathering *g = ctx;

	(void)n;
	return cb_buf_set(&g->wrap, columns[4].s);
}

enum cb_err
be_gather_card(struct be_gathering *g, const uint8_t card[WIRE_ID])
{
	const struct be_value key[] = { BE_ID(card) };
	enum cb_err r;

	if ((r = be_store_row(g->st, BE_CARD, g->org, key, take_card, g,
		 &g->why)) != CB_OK)
		return r;
	const struct be_value wrap[] = { BE_ID(card),
		BE_T(cb_span_str("card")), BE_I(g->version) };
	return be_store_row(
	    g->st, BE_WRAP, g->org, wrap, take_wrap, g, &g->why);
}

/* ---- a person ------------------------------------------------------------ */

struct finding {
	struct be_gathering *g;
	enum be_right which;
	bool found;
};

/* One whose certificate is new has others that are not in use any more. */
static enum cb_err
take_factor(void *ctx, const struct be_value *columns, size_t n)
{
	struct finding *f = ctx;

	(void)n;
	if (f->found || columns[3].i != 1 ||
	    !cb_span_equal(columns[2].s, cb_span_str("certificate")))
		return CB_OK;
	f->found = true;
	be_gather_fingerprint(f->g, columns[4].s);
	return be_gather_keep(f->g, f->which, BE_FACTOR, columns);
}

static enum cb_err
take_role(void *ctx, const struct be_value *columns, size_t n)
{
	struct finding *f = ctx;

	(void)n;
	if (f->found || be_gather_is_over(&columns[2]))
		return CB_OK;
	f->found = true;
	return be_gather_keep(f->g, f->which, BE_ROLE, columns);
}

enum cb_err
be_gather_person(struct be_gathering *g, const uint8_t person[WIRE_ID],
    enum be_right factor, enum be_right role)
{
	struct finding f = { g, factor, false };
	struct finding h = { g, role, false };
	enum cb_err r;

	if ((r = be_store_of_person(g->st, BE_FACTOR, g->org, person,
		 take_factor, &f, &g->why)) == CB_OK)
		r = be_store_of_person(g->st, BE_ROLE, g->org, person,
		    take_role, &h, &g->why);
	if (r == CB_OK && (!f.found || !h.found))
		r = CB_E_ABSENT;
	return r;
}

/* ---- what was revoked ---------------------------------------------------- */

static enum cb_err
take_own(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return be_gather_keep(
	    ctx, BE_RIGHT_REVOCATION, BE_REVOCATION, columns);
}

static enum cb_err
take_platforms(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return keep_of(
	    ctx, BE_RIGHT_PLATFORM, BE_REVOCATION, platform, columns);
}

enum cb_err
be_gather_revocations(struct be_gathering *g)
{
	enum cb_err r = be_store_revocations(
	    g->st, g->org, &g->named, take_own, g, &g->why);

	if (r != CB_OK || memcmp(g->org, platform, WIRE_ID) == 0)
		return r;
	return be_store_revocations(
	    g->st, platform, &g->named, take_platforms, g, &g->why);
}

/* ---- all of them --------------------------------------------------------- */

enum cb_err
be_gather_rights(const struct be_gathering *g, struct be_rights *out)
{
	struct cb_span cur = cb_buf_span(&g->text);
	enum cb_err r = CB_OK;

	out->n = 0;
	out->take_over = g->take_over;
	out->card_key = cb_buf_span(&g->wrap);
	for (size_t i = 0; r == CB_OK && i < g->n; i++) {
		struct be_ask_signed row;

		if ((r = cb_get_span(&cur, g->rows[i].bytes, &row.bytes)) ==
			CB_OK &&
		    (r = cb_get_span(&cur, g->rows[i].mac, &row.mac)) ==
			CB_OK)
			r = be_rights_add(out, g->rows[i].which, &row);
	}
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rows that say whether a card may be opened. Which of them are right is
 * the vault's to see: here they are found and copied.
 */
#include <string.h>

#include "backend/store/serve.h"

struct gathering {
	struct be_store *st;
	const uint8_t *org;
	const struct be_ask_rights *ask;
	struct cb_why why;
	/* bytes and MAC of each row one after the other; wrap of the key */
	struct cb_buf text, wrap;
	size_t n;
	struct {
		enum be_right which;
		size_t bytes, mac;
	} rows[BE_RIGHTS_MAX];
	uint8_t fingerprint[CR_HASH];	/* of the holder's certificate */
	bool right;	/* has been found */
	int64_t version;
	/* a list goes on behind this */
	bool more;
	uint8_t key[64];
};

static enum cb_err
keep(struct gathering *g, enum be_right which, enum be_table table,
    const struct be_value *columns)
{
	struct wire_grant grant;
	struct cb_span mac;
	const size_t before = g->text.n;
	enum cb_err r;

	if (g->n == BE_RIGHTS_MAX)
		return CB_E_LIMIT;
	if ((r = be_row_grant(table, g->org, columns, &grant, &mac)) !=
		CB_OK ||
	    (r = wire_grant_put(&g->text, &grant)) != CB_OK)
		return r;
	g->rows[g->n].which = which;
	g->rows[g->n].bytes = g->text.n - before;
	g->rows[g->n].mac = mac.n;
	g->n++;
	return cb_buf_add(&g->text, mac);
}

static void
keep_fingerprint(struct gathering *g, struct cb_span s)
{
	if (s.n == CR_HASH)
		memcpy(g->fingerprint, s.p, CR_HASH);
}

/* ---- a device and its card ----------------------------------------------- */

static enum cb_err
take_device(void *ctx, const struct be_value *columns, size_t n)
{
	struct gathering *g = ctx;

	(void)n;
	keep_fingerprint(g, columns[3].s);
	return keep(g, BE_RIGHT_HOLDER, BE_DEVICE, columns);
}

static enum cb_err
take_card(void *ctx, const struct be_value *columns, size_t n)
{
	struct gathering *g = ctx;

	(void)n;
	g->version = columns[8].i;
	return keep(g, BE_RIGHT_CARD, BE_CARD, columns);
}

static enum cb_err
take_member(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return keep(ctx, BE_RIGHT_GROUP, BE_DEVICE_MEMBER, columns);
}

static enum cb_err
take_wrap(void *ctx, const struct be_value *columns, size_t n)
{
	struct gathering *g = ctx;

	(void)n;
	return cb_buf_set(&g->wrap, columns[4].s);
}

static bool
is_over(const struct be_value *until)
{
	return until->i != 0 && (uint64_t)until->i <= be_now();
}

enum { TO_DEVICE = 1, TO_GROUP, TO_ORGANISATION };

/* Does this assignment give the card to the device? CB_E_ABSENT: no. */
static enum cb_err
reaches(struct gathering *g, int64_t kind, struct cb_span subject)
{
	const struct be_value member[] = { BE_B(subject),
		BE_ID(g->ask->holder) };

	switch (kind) {
	case TO_DEVICE:
		return cb_span_equal(subject, CB_SPAN_OF(g->ask->holder))
		    ? CB_OK
		    : CB_E_ABSENT;
	case TO_GROUP:
		return be_store_row(g->st, BE_DEVICE_MEMBER, g->org, member,
		    take_member, g, &g->why);
	case TO_ORGANISATION:
		return cb_span_equal(subject, cb_span(g->org, WIRE_ID))
		    ? CB_OK
		    : CB_E_ABSENT;
	default:
		return CB_E_ABSENT;
	}
}

struct assignment {
	uint8_t subject[WIRE_ID];
	int64_t kind;
};
#define ASSIGNMENTS 64	/* of a page */

struct assignments {
	struct gathering *g;
	size_t n;
	struct assignment all[ASSIGNMENTS];
};

/* Callbacks do not call the store: first they are remembered. */
static enum cb_err
note_assignment(void *ctx, const struct be_value *columns, size_t n)
{
	struct assignments *a = ctx;

	(void)n;
	if (!cb_span_equal(columns[0].s, CB_SPAN_OF(a->g->ask->card)) ||
	    columns[2].s.n != WIRE_ID || is_over(&columns[3]))
		return CB_OK;
	a->all[a->n].kind = columns[1].i;
	memcpy(a->all[a->n].subject, columns[2].s.p, WIRE_ID);
	a->n++;
	return CB_OK;
}

static enum cb_err
take_assignment(void *ctx, const struct be_value *columns, size_t n)
{
	(void)n;
	return keep(ctx, BE_RIGHT_RIGHT, BE_ASSIGNMENT, columns);
}

static enum cb_err
find_assignment(struct gathering *g)
{
	static const uint8_t zeros[WIRE_ID];
	struct assignments a = { .g = g };
	/* those to devices may be many: this one's is asked for by name, and
	 * behind them lie those to groups and to the organisation */
	const struct be_value own[] = { BE_ID(g->ask->card), BE_I(TO_DEVICE),
		BE_ID(g->ask->holder) };
	const struct be_value groups[] = { BE_ID(g->ask->card),
		BE_I(TO_GROUP), BE_ID(zeros) };
	enum cb_err r;

	if ((r = be_store_row(g->st, BE_ASSIGNMENT, g->org, own,
		 take_assignment, g, &g->why)) != CB_E_ABSENT)
		return r;
	if ((r = be_store_list(g->st, BE_ASSIGNMENT, g->org, groups,
		 ASSIGNMENTS, note_assignment, &a, &g->why)) != CB_OK)
		return r;
	for (size_t i = 0; i < a.n; i++) {
		const struct be_value key[] = { BE_ID(g->ask->card),
			BE_I(a.all[i].kind), BE_ID(a.all[i].subject) };

		r = reaches(g, a.all[i].kind, CB_SPAN_OF(a.all[i].subject));
		if (r == CB_OK)
			return be_store_row(g->st, BE_ASSIGNMENT, g->org, key,
			    take_assignment, g, &g->why);
		if (r != CB_E_ABSENT)
			return r;
	}
	return CB_E_ABSENT;
}

static enum cb_err
gather_device(struct gathering *g)
{
	const struct be_value holder[] = { BE_ID(g->ask->holder) };
	const struct be_value card[] = { BE_ID(g->ask->card) };
	enum cb_err r;

	if ((r = be_store_row(g->st, BE_DEVICE, g->org, holder, take_device,
		 g, &g->why)) != CB_OK ||
	    (r = be_store_row(g->st, BE_CARD, g->org, card, take_card, g,
		 &g->why)) != CB_OK ||
	    (r = find_assignment(g)) != CB_OK)
		return r;
	const struct be_value wrap[] = { BE_ID(g->ask->card),
		BE_T(cb_span_str("card")), BE_I(g->version) };
	return be_store_row(
	    g->st, BE_WRAP, g->org, wrap, take_wrap, g, &g->why);
}

/* ---- a person ------------------------------------------------------------ */

/* All rows of a table; keys of one id, or (role) of an id and a number. */
static enum cb_err
each(struct gathering *g, enum be_table table, be_row_fn *fn)
{
	const struct be_value role[] = { BE_ID(g->ask->holder), BE_I(0) };
	struct be_value key[1];
	bool first = true;
	enum cb_err r;

	if (table == BE_ROLE)
		return be_store_list(g->st, table, g->org, role, BE_PAGE_MAX,
		    fn, g, &g->why);
	do {
		const size_t n = table == BE_REVOCATION ? CR_HASH : WIRE_ID;

		g->more = false;
		key[0] = BE_B(cb_span(g->key, n));
		r = be_store_list(g->st, table, g->org, first ? NULL : key,
		    BE_PAGE_MAX, fn, g, &g->why);
		first = false;
	} while (r == CB_OK && g->more);
	return r;
}

static void
note_key(struct gathering *g, struct cb_span key)
{
	if (key.n <= sizeof(g->key) && key.n > 0) {
		memcpy(g->key, key.p, key.n);
		g->more = true;
	}
}

static enum cb_err
take_factor(void *ctx, const struct be_value *columns, size_t n)
{
	struct gathering *g = ctx;

	(void)n;
	note_key(g, columns[0].s);
	if (g->n > 0 ||
	    !cb_span_equal(columns[1].s, CB_SPAN_OF(g->ask->holder)) ||
	    !cb_span_equal(columns[2].s, cb_span_str("certificate")))
		return CB_OK;
	keep_fingerprint(g, columns[4].s);
	return keep(g, BE_RIGHT_HOLDER, BE_FACTOR, columns);
}

static enum cb_err
take_role(void *ctx, const struct be_value *columns, size_t n)
{
	struct gathering *g = ctx;

	(void)n;
	if (g->right || is_over(&columns[2]) ||
	    !cb_span_equal(columns[0].s, CB_SPAN_OF(g->ask->holder)))
		return CB_OK;
	g->right = true;
	return keep(g, BE_RIGHT_RIGHT, BE_ROLE, columns);
}

static enum cb_err
gather_person(struct gathering *g)
{
	enum cb_err r;

	if ((r = each(g, BE_FACTOR, take_factor)) == CB_OK)
		r = each(g, BE_ROLE, take_role);
	if (r == CB_OK && (g->n == 0 || !g->right))
		r = CB_E_ABSENT;
	return r;
}

/* ---- of both ------------------------------------------------------------- */

static enum cb_err
take_revocation(void *ctx, const struct be_value *columns, size_t n)
{
	struct gathering *g = ctx;

	(void)n;
	note_key(g, columns[0].s);
	if (!cb_span_equal(columns[0].s, CB_SPAN_OF(g->fingerprint)) &&
	    !cb_span_equal(columns[1].s, CB_SPAN_OF(g->ask->holder)) &&
	    !cb_span_equal(columns[1].s, CB_SPAN_OF(g->ask->card)))
		return CB_OK;
	return keep(g, BE_RIGHT_REVOCATION, BE_REVOCATION, columns);
}

static enum cb_err
put_all(const struct gathering *g, struct cb_buf *out)
{
	struct be_rights rights = { .card_key = cb_buf_span(&g->wrap) };
	struct cb_span cur = cb_buf_span(&g->text);
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < g->n; i++) {
		struct be_ask_signed row;

		if ((r = cb_get_span(&cur, g->rows[i].bytes, &row.bytes)) ==
			CB_OK &&
		    (r = cb_get_span(&cur, g->rows[i].mac, &row.mac)) ==
			CB_OK)
			r = be_rights_add(&rights, g->rows[i].which, &row);
	}
	return r == CB_OK ? be_rights_put(out, &rights) : r;
}

enum cb_err
be_rights_gather(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct be_ask_rights *ask, struct cb_buf *out)
{
	struct gathering g = { .st = st, .org = organisation, .ask = ask };
	enum cb_err r;

	if ((r = ask->is_person ? gather_person(&g) : gather_device(&g)) ==
		CB_OK &&
	    (r = each(&g, BE_REVOCATION, take_revocation)) == CB_OK)
		r = put_all(&g, out);
	cb_buf_free(&g.text);
	cb_buf_free(&g.wrap);
	return r;
}

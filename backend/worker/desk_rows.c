/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that a person ordered, with the MACs that the vault gave them. A row
 * that is there already keeps what no MAC is of: a label, what a card is.
 */
#include <string.h>

#include "backend/worker/desk.h"

/* ---- one row ------------------------------------------------------------- */

/* What a new row has in the columns that have no MAC. */
static void
fill_new(struct be_desk_act *a, enum be_table table, struct be_value *v)
{
	struct cb_span name = wire_fields_has(&a->detail, WIRE_D_NAME)
	    ? a->detail.bytes[WIRE_D_NAME]
	    : CB_SPAN_EMPTY;

	switch (table) {
	case BE_CARD:
		v[2] = BE_I(wire_fields_has(&a->detail, WIRE_D_BLANK));
		v[3] = BE_I(wire_fields_has(&a->detail, WIRE_D_TAKE_OVER));
		v[4] = BE_T(a->detail.bytes[WIRE_D_PROFILE]);
		v[5] = BE_B(name);
		v[6] = BE_I(1);
		v[7] = BE_I((int64_t)be_worker_time());
		v[BE_CARD_ATR] = BE_B(CB_SPAN_EMPTY);	/* until it is made */
		break;
	case BE_DEVICE:
		v[5] = BE_B(name);
		break;
	case BE_TOKEN:
		v[6] = BE_NONE;
		v[7] = BE_B(name);
		break;
	default:
		break;
	}
}

/* Takes over what the row that is there has. */
static enum cb_err
fill(struct be_desk_act *a, enum be_table table, size_t keys,
    struct be_value *v, struct cb_buf *kept)
{
	struct be_value macs[BE_COLUMNS_MAX];
	struct be_ask_row old;
	enum cb_err r;

	if (table != BE_CARD && table != BE_DEVICE) {
		fill_new(a, table, v);
		return CB_OK;
	}
	memcpy(macs, v, sizeof(macs));
	r = be_ask_row_of(a->w, table, v, keys, kept, &old);
	if (r == CB_E_ABSENT) {
		fill_new(a, table, v);
		return CB_OK;
	}
	for (size_t i = 0; r == CB_OK && i < old.n; i++)
		if (macs[i].type == BE_NULL)
			v[i] = old.values[i];
	return r;
}

/* The row that is there once more. */
static enum cb_err
add_again(struct be_desk_act *a, enum be_table table,
    const struct be_value *key)
{
	struct be_ask_row old;
	enum cb_err r;

	if ((r = be_ask_row_of(
		 a->w, table, key, 1, &a->kept[a->rows_n], &old)) != CB_OK)
		return r;
	memcpy(a->values[a->rows_n], old.values,
	    old.n * sizeof(old.values[0]));
	a->rows[a->rows_n] =
	    (struct be_row_change){ table, false, a->values[a->rows_n] };
	a->rows_n++;
	return CB_OK;
}

static bool
is_same(const struct be_value *a, const struct be_value *b)
{
	return a->type == b->type && a->i == b->i && cb_span_equal(a->s, b->s);
}

/* What is taken away is what was signed, and not what has its key: a token of
 * somebody else's. */
static enum cb_err
check_removed(struct be_desk_act *a, enum be_table table, size_t keys,
    const struct be_value *v, struct cb_buf *kept)
{
	struct be_ask_row old;
	bool same = true;
	enum cb_err r;

	if ((r = be_ask_row_of(a->w, table, v, keys, kept, &old)) != CB_OK)
		return r == CB_E_ABSENT
		    ? be_desk_refuse(a->c, r, "there is no such row")
		    : r;
	for (size_t i = 0; i < old.n; i++)
		/* no MAC is of it, or it is one, which the ACT has not */
		if (v[i].type != BE_NULL &&
		    (v[i].type != BE_BLOB || v[i].s.n > 0))
			same &= is_same(&v[i], &old.values[i]);
	if (table == BE_TOKEN)
		same &= old.values[6].type == BE_NULL;
	return same ? CB_OK
		    : be_desk_refuse(a->c, CB_E_DENIED,
			  "the row that is there is another");
}

/* ---- all of them --------------------------------------------------------- */

static enum cb_err
add_change(struct be_desk_act *a, const struct wire_change *change,
    struct cb_span mac)
{
	struct be_value *v = a->values[a->rows_n];
	struct be_row_change *row = &a->rows[a->rows_n];
	struct wire_grant grant;
	size_t keys;
	enum cb_err r;

	memset(v, 0, sizeof(a->values[0]));
	if ((r = wire_grant_get(change->row, &grant)) != CB_OK ||
	    (r = be_grant_row(&grant, mac, &row->table, v)) != CB_OK)
		return r;
	(void)be_table_columns(row->table, &keys);
	row->remove = change->remove;
	row->values = v;
	r = row->remove
	    ? check_removed(a, row->table, keys, v, &a->kept[a->rows_n])
	    : fill(a, row->table, keys, v, &a->kept[a->rows_n]);
	a->rows_n++;
	return r;
}

static void
add_wrap(struct be_desk_act *a, const uint8_t *owner, uint8_t what,
    struct cb_span wrap)
{
	struct be_value *v = a->values[a->rows_n];

	v[0] = BE_ID(owner);
	v[1] = BE_T(cb_span_str(be_wrap_kind(what)));
	v[2] = BE_I(1);
	v[3] = BE_B(CB_SPAN_EMPTY);
	v[4] = BE_B(wrap);
	a->rows[a->rows_n] = (struct be_row_change){ BE_WRAP, false, v };
	a->rows_n++;
}

/* What an organisation is called stands in its own row, which no MAC is of. */
static enum cb_err
add_name(struct be_desk_act *a)
{
	const struct be_value key = BE_ID(a->w->set.organisation);
	enum cb_err r;

	if (!cb_span_equal(a->act.what, cb_span_str(WIRE_ACT_ORG_SET)) ||
	    !wire_fields_has(&a->detail, WIRE_D_NAME))
		return CB_OK;
	if ((r = add_again(a, BE_ORGANISATION, &key)) == CB_OK)
		a->values[a->rows_n - 1][2] =
		    BE_B(a->detail.bytes[WIRE_D_NAME]);
	return r;
}

enum cb_err
be_desk_rows(struct be_desk_act *a)
{
	struct cb_span cur = a->act.changes;
	struct wire_change change;
	size_t mac = 0;
	enum cb_err r;

	for (unsigned i = 0; i < a->act.count; i++) {
		if ((r = wire_change_get(&cur, &change)) != CB_OK)
			return r;
		if (!change.remove && mac == a->told->macs_n)
			return CB_E_FORMAT;
		if ((r = add_change(a, &change,
			 change.remove ? CB_SPAN_EMPTY
				       : a->told->macs[mac++])) != CB_OK)
			return r;
	}
	if (mac != a->told->macs_n)
		return CB_E_FORMAT;
	for (size_t i = 0; i < a->told->wraps_n; i++)
		add_wrap(a, a->act.subject, a->told->wraps[i].what,
		    a->told->wraps[i].wrap);
	return add_name(a);
}

/* Into its place; what is there already is there once. */
static size_t
insert(const uint8_t *ids[BE_DESK_TURNS], size_t n, const uint8_t *id)
{
	size_t at = 0;

	while (at < n && memcmp(ids[at], id, WIRE_ID) < 0)
		at++;
	if (at < n && memcmp(ids[at], id, WIRE_ID) == 0)
		return n;
	memmove(ids + at + 1, ids + at, (n - at) * sizeof(ids[0]));
	ids[at] = id;
	return n + 1;
}

size_t
be_desk_rows_about(
    const struct be_desk_act *a, const uint8_t *ids[BE_DESK_TURNS])
{
	struct cb_span cur = a->act.changes;
	struct wire_change change;
	struct wire_grant grant;
	size_t n = insert(ids, 0, a->act.subject);

	for (unsigned i = 0; i < a->act.count && n < BE_DESK_TURNS; i++)
		if (wire_change_get(&cur, &change) == CB_OK &&
		    wire_grant_get(change.row, &grant) == CB_OK &&
		    grant.type == WIRE_GRANT_ASSIGNMENT &&
		    grant.bytes[WIRE_G_CARD].n == WIRE_ID)
			n = insert(ids, n, grant.bytes[WIRE_G_CARD].p);
	return n;
}

struct be_value *
be_desk_row_put(struct be_desk_act *a, enum be_table table)
{
	for (size_t i = 0; i < a->rows_n; i++)
		if (a->rows[i].table == table && !a->rows[i].remove)
			return a->values[i];
	return NULL;
}

enum cb_err
be_desk_row_again(struct be_desk_act *a)
{
	const struct be_value key = BE_ID(a->card);

	return add_again(a, BE_CARD, &key);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What store and vault are asked for a person.
 */
#include <string.h>

#include "backend/vault/mac.h"
#include "common/ct.h"
#include "tests/backend/worker/rig_serve.h"

/* ---- store: who it is ---------------------------------------------------- */

static const struct device *
person_of(struct rig *g, const uint8_t id[WIRE_ID])
{
	for (int i = 0; i < PEOPLE; i++)
		if (memcmp(g->people[i].id, id, WIRE_ID) == 0 &&
		    !g->people[i].revoked)
			return &g->people[i];
	return NULL;
}

static void
grant_person(struct rig *g, const struct device *p, struct kept *k,
    struct be_rights *rights)
{
	struct wire_grant row = { .type = WIRE_GRANT_FACTOR };
	uint8_t fingerprint[CR_HASH];

	ck_assert_int_eq(
	    cr_sha256(cb_buf_span(&p->cert), fingerprint), CB_OK);
	row.bytes[WIRE_G_ID] = cb_span(fingerprint, WIRE_ID);
	row.bytes[WIRE_G_PERSON] = CB_SPAN_OF(p->id);
	row.bytes[WIRE_G_NAME] = cb_span_str("certificate");
	row.bytes[WIRE_G_VALUE] = CB_SPAN_OF(fingerprint);
	row.number[WIRE_G_STATE] = BE_STATE_IN_USE;
	rig_grant(k, rights, BE_RIGHT_HOLDER, &row);
	row = (struct wire_grant){ .type = WIRE_GRANT_ROLE };
	row.bytes[WIRE_G_PERSON] = CB_SPAN_OF(p->id);
	row.number[WIRE_G_ROLE] = p == &g->people[AUDITOR]
	    ? WIRE_ROLE_AUDITOR
	    : WIRE_ROLE_ADMINISTRATOR;
	rig_grant(k, rights, BE_RIGHT_RIGHT, &row);
}

static enum cb_err
put_rights(struct rig *g, const uint8_t id[WIRE_ID], struct cb_buf *body)
{
	static struct be_rights rights;
	const struct device *p = person_of(g, id);
	struct kept k = { .n = 0 };
	enum cb_err r;

	if (p == NULL)
		return CB_E_ABSENT;
	rights.n = 0;
	rights.card_key = CB_SPAN_EMPTY;
	grant_person(g, p, &k, &rights);
	if ((r = be_rights_put(body, &rights)) == CB_OK)
		r = cb_put_lv32(body, CB_SPAN_EMPTY);
	rig_kept_clear(&k);
	return r;
}

static enum cb_err
keep_wrap(void *ctx, const struct be_value *v, size_t n)
{
	ck_assert_uint_eq(n, 5);
	return cb_buf_set(ctx, v[4].s);
}

static enum cb_err
put_orderer(struct rig *g, struct cb_span asked, struct cb_buf *body)
{
	static struct be_orderer o;
	struct be_ask_orderer ask;
	struct kept k = { .n = 0 };
	struct cb_buf wrap = CB_BUF_INIT;
	const struct device *p;
	enum cb_err r;

	ck_assert_int_eq(be_ask_orderer_get(asked, &ask), CB_OK);
	if ((p = person_of(g, ask.person)) == NULL)
		return CB_E_ABSENT;
	const struct be_value key[] = { BE_ID(ask.card),
		BE_T(cb_span_str("card")), BE_I(1) };
	o.rights.n = 0;
	grant_person(g, p, &k, &o.rights);
	o.rights.card_key = CB_SPAN_EMPTY;
	if (memcmp(ask.card, g->card, WIRE_ID) == 0)
		o.rights.card_key = cb_buf_span(&g->card_key);
	else if (be_store_row(g->st, BE_WRAP, rig_keys.org->id, key,
		     keep_wrap, &wrap, NULL) == CB_OK)
		o.rights.card_key = cb_buf_span(&wrap);
	o.unblock = cb_span_str("the wrap of an unblock secret");
	r = be_orderer_put(body, &o);
	rig_kept_clear(&k);
	cb_buf_free(&wrap);
	return r;
}

/* ---- store: rows --------------------------------------------------------- */

static enum cb_err
add_row(void *ctx, const struct be_value *v, size_t n)
{
	return be_ask_row_put(ctx, v, n);
}

static enum cb_err
put_rows(struct rig *g, const struct be_message *m, struct cb_buf *body)
{
	static const uint8_t platform[WIRE_ID];
	struct be_ask_rows ask;

	ck_assert_int_eq(
	    be_ask_rows_get(m->body, (enum be_ask)m->type, &ask), CB_OK);
	if (m->type == BE_ASK_ROW)
		return be_store_row(g->st, ask.table,
		    ask.table == BE_ORGANISATION ? platform
						 : rig_keys.org->id,
		    ask.key.values, add_row, body, NULL);
	return be_store_list(g->st, ask.table, rig_keys.org->id,
	    ask.key.n > 0 ? ask.key.values : NULL, ask.limit, add_row, body,
	    NULL);
}

static enum cb_err
add_entry(void *ctx, const struct be_value *v, size_t n)
{
	struct be_ask_entry e = { .number = (uint64_t)v[0].i,
		.bytes = v[1].s };

	ck_assert_uint_eq(n, 4);
	memcpy(e.hash, v[2].s.p, CR_HASH);
	if (v[3].type == BE_BLOB)
		e.head = v[3].s;
	return be_ask_entry_put(ctx, &e);
}

static enum cb_err
put_books(struct rig *g, struct cb_span asked, struct cb_buf *body)
{
	struct be_ask_books ask;

	ck_assert_int_eq(be_ask_books_get(asked, &ask), CB_OK);
	return be_store_entries(g->st, rig_keys.org->id, ask.first, ask.most,
	    add_entry, body, NULL);
}

bool
rig_on_desk(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	struct be_ask_rights rights;
	enum cb_err r;

	switch (m->type) {
	case BE_ASK_RIGHTS:
		ck_assert_int_eq(be_ask_rights_get(m->body, &rights), CB_OK);
		if (!rights.is_person)
			return false;
		r = put_rights(g, rights.holder, &body);
		break;
	case BE_ASK_ORDERER:
		r = put_orderer(g, m->body, &body);
		break;
	case BE_ASK_ROW:
	case BE_ASK_LIST:
		r = put_rows(g, m, &body);
		break;
	case BE_ASK_BOOKS:
		r = put_books(g, m->body, &body);
		break;
	default:
		return false;
	}
	rig_answer(ch, m, r, &body);
	return true;
}

/* ---- vault --------------------------------------------------------------- */

static void
sign_rows(const struct wire_act *act, struct be_order_told *told,
    struct cb_buf macs[WIRE_ACT_CHANGES])
{
	struct cb_span cur = act->changes;
	struct wire_change c;

	for (unsigned i = 0; i < act->count; i++) {
		ck_assert_int_eq(wire_change_get(&cur, &c), CB_OK);
		if (c.remove)
			continue;
		ck_assert_int_eq(be_grant_sign(&macs[told->macs_n],
				     rig_keys.org, c.row),
		    CB_OK);
		told->macs[told->macs_n] = cb_buf_span(&macs[told->macs_n]);
		told->macs_n++;
	}
}

static bool
is(const struct wire_act *act, const char *what)
{
	return cb_span_equal(act->what, cb_span_str(what));
}

/* What a card-new and a card-unblock are given. */
static void
give_keys(struct rig *g, const struct wire_act *act,
    const struct be_order *order, struct be_order_told *told,
    struct cb_buf *wrap)
{
	uint8_t none[BE_TICKET];
	struct cb_span key = order->rights.card_key;
	uint32_t version = 1;

	if (is(act, "card-new")) {
		ck_assert_int_eq(be_org_card_make(rig_keys.org, act->subject,
				     1, wrap),
		    CB_OK);
		key = cb_buf_span(wrap);
		told->wraps[0].what = 8;
		told->wraps[0].wrap = key;
		told->wraps[1].what = 10;
		told->wraps[1].wrap = order->unblock;
		told->wraps_n = 2;
	} else if (!is(act, "card-unblock")) {
		return;
	} else if (memcmp(act->subject, g->card, WIRE_ID) == 0) {
		version = 7;
	}
	ck_assert_int_eq(be_org_card_open(rig_keys.org, act->subject,
			     version, key, told->key),
	    CB_OK);
	memcpy(told->unblock, rig_unblock, CR_KEY);
	told->has_key = told->has_unblock = true;
	rig_hold(g, act->id, act->id, act->subject, 60000, none);
}

static enum cb_err
grant_order(struct rig *g, struct cb_span asked, struct cb_buf *body)
{
	static const uint8_t none[WIRE_ID];
	static struct be_order order;
	static struct be_order_told told;
	struct cb_buf macs[WIRE_ACT_CHANGES] = { CB_BUF_INIT },
		      wrap = CB_BUF_INIT;
	struct cb_span head, signature;
	struct wire_act act;
	enum cb_err r;

	ck_assert_int_eq(be_order_get(asked, &order), CB_OK);
	ck_assert_int_eq(
	    wire_act_get(order.act, &act, &head, &signature), CB_OK);
	if (be_challenge_use(&g->challenges, rig_tick(), rig_keys.org->id,
		none, act.id, act.challenge) != CB_OK)
		return CB_E_TIMEOUT;
	told = (struct be_order_told){ .macs_n = 0 };
	memcpy(told.act, act.id, WIRE_ID);
	memcpy(told.person, act.person, WIRE_ID);
	ck_assert_int_eq(wire_act_request(&act, told.request), CB_OK);
	sign_rows(&act, &told, macs);
	give_keys(g, &act, &order, &told, &wrap);
	r = be_order_told_put(body, &told);
	for (int i = 0; i < WIRE_ACT_CHANGES; i++)
		cb_buf_free(&macs[i]);
	cb_buf_free(&wrap);
	return r;
}

bool
rig_on_order(struct rig *g, struct be_channel *ch, const struct be_message *m)
{
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r = CB_E_DENIED;

	if (m->type != BE_ASK_ORDER)
		return false;
	__atomic_add_fetch(&g->orders, 1, __ATOMIC_RELAXED);
	if (!__atomic_load_n(&g->refuses, __ATOMIC_RELAXED))
		r = grant_order(g, m->body, &body);
	rig_answer(ch, m, r, &body);
	return true;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See store.h.
 */
#include "tests/backend/service/store.h"
#include "wire/entry.h"

struct role store;
struct be_channel *platform, *one, *two;

const uint8_t zeros[WIRE_ID];

/* ---- acts ---------------------------------------------------------------- */

struct cb_span
entry_about(const uint8_t *card)
{
	static struct cb_buf b;
	struct wire_entry e;

	cb_buf_clear(&b);
	wire_entry_init(&e, WIRE_ACT, 1800000000000);
	wire_entry_set(&e, WIRE_F_ACT, cb_span(id(1), WIRE_ID));
	wire_entry_set(&e, WIRE_F_PERSON, cb_span(id(2), WIRE_ID));
	wire_entry_set(&e, WIRE_F_WHAT, cb_span_str("test"));
	wire_entry_set(&e, WIRE_F_REQUEST,
	    cb_span((const uint8_t[CR_HASH]){ 3 }, CR_HASH));
	wire_entry_set_number(&e, WIRE_F_OUTCOME, WIRE_OUTCOME_DONE);
	if (card != NULL) {
		wire_entry_set(&e, WIRE_F_CARD, cb_span(card, WIRE_ID));
		wire_entry_set_number(&e, WIRE_F_NUMBER, 1);
	}
	ck_assert_int_eq(wire_entry_put(&b, &e), CB_OK);
	return cb_buf_span(&b);
}

struct be_acted
do_act(struct be_channel *ch, struct be_act *act)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_acted acted;

	act->now = 1800000000000;
	ck_assert_int_eq(cr_random(act->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(be_act_put(&body, act), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_ACT, cb_buf_span(&body), &answer), CB_OK);
	ck_assert_int_eq(
	    be_acted_get(cb_buf_span(&answer), &acted), CB_OK);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return acted;
}

struct be_acted
change_row(struct be_channel *ch, enum be_table table, bool remove,
    const struct be_value *values)
{
	const struct be_row_change rows[] = { { table, remove, values } };
	const struct cb_span entries[] = { entry_about(NULL) };
	struct be_act act = { .kind = BE_ADMIN, .rows = rows, .rows_n = 1,
		.entries = entries, .entries_n = 1 };

	return do_act(ch, &act);
}

struct be_acted
put_card(struct be_channel *ch, const uint8_t *card)
{
	const struct be_value v[] = { BE_ID(card), BE_I(1), BE_I(0), BE_I(0),
		BE_T(cb_span_str("piv")), BE_B(CB_SPAN_EMPTY), BE_I(0),
		BE_I(0), BE_I(1), BE_B(CB_SPAN_EMPTY),
		BE_B(cb_span_str("atr")) };

	return change_row(ch, BE_CARD, false, v);
}

enum cb_err
put_organisation(const uint8_t *org)
{
	const struct be_value v[] = { BE_ID(org), BE_I(1),
		BE_B(CB_SPAN_EMPTY), BE_I(0) };

	return change_row(platform, BE_ORGANISATION, false, v).err;
}

/* Organisations 0x61 and 0x62, with cards 0x71 and 0x72. */
void
store_setup(void)
{
	store = role_start(BE_STORE, NULL);
	platform = role_peer(&store, BE_WORKER, zeros);
	ck_assert_int_eq(put_organisation(id(0x61)), CB_OK);
	ck_assert_int_eq(put_organisation(id(0x62)), CB_OK);
	one = role_peer(&store, BE_WORKER, id(0x61));
	two = role_peer(&store, BE_WORKER, id(0x62));
	ck_assert_int_eq(put_card(one, id(0x71)).err, CB_OK);
	ck_assert_int_eq(put_card(two, id(0x72)).err, CB_OK);
}

void
store_teardown(void)
{
	be_channel_free(&platform);
	be_channel_free(&one);
	be_channel_free(&two);
	ck_assert_int_eq(role_stop(&store), 0);
}

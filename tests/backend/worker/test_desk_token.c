/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Tokens that people order: for whom, and how they are taken back.
 */
#include <string.h>

#include "tests/backend/worker/at_desk.h"

static const uint8_t someone[WIRE_ID] = { 0xC0, 0xFF, 0xEE };

static const uint8_t hash[CR_HASH] = { 0x70 };

static struct wire_grant
token_row(const char *name, const uint8_t *subject)
{
	struct wire_grant row = { .type = WIRE_GRANT_TOKEN };

	row.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(hash);
	row.bytes[WIRE_G_NAME] = cb_span_str(name);
	row.bytes[WIRE_G_SUBJECT] = cb_span(subject, WIRE_ID);
	row.number[WIRE_G_CLASS] = 1;
	row.number[WIRE_G_UNTIL] = INT64_C(1) << 42;
	return row;
}

static uint16_t
order_token(uint8_t id, const char *what, bool remove,
    const struct wire_grant *row)
{
	desk_act(&d, what, id, row->bytes[WIRE_G_SUBJECT].p);
	desk_row(&d, remove, row);
	return desk_order(&d);
}

/* What was signed says whose token goes, and not its hash alone. */
START_TEST(a_token_is_taken_back_as_it_is)
{
	const struct wire_grant person = token_row("person", someone),
				device = token_row("device", someone);

	ck_assert_uint_eq(
	    order_token(0xB0, WIRE_ACT_PERSON_TOKEN, false, &person), 0);
	ck_assert_uint_eq(
	    order_token(0xB1, WIRE_ACT_DEVICE_REVOKE, true, &device),
	    CB_E_DENIED);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM token"), 1);
	rig_sql(&g, "UPDATE token SET used=1");
	ck_assert_uint_eq(
	    order_token(0xB2, WIRE_ACT_PERSON_REVOKE, true, &person),
	    CB_E_DENIED);
	rig_sql(&g, "UPDATE token SET used=NULL");
	ck_assert_uint_eq(
	    order_token(0xB3, WIRE_ACT_PERSON_REVOKE, true, &person), 0);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM token"), 0);
}
END_TEST

START_TEST(tokens_are_for_whom_is_new)
{
	static const uint8_t other[WIRE_ID] = { 0xC0, 0x01 };
	const struct wire_grant first = token_row("device", someone),
				second = token_row("device", other),
				there = token_row("device", g.card);

	ck_assert_uint_eq(
	    order_token(0xB4, WIRE_ACT_DEVICE_TOKEN, false, &first), 0);
	rig_sql(&g, "UPDATE token SET used=1");
	/* of the same hash, it would be unused again, and somebody else's */
	ck_assert_uint_eq(
	    order_token(0xB5, WIRE_ACT_DEVICE_TOKEN, false, &second),
	    CB_E_DENIED);
	rig_sql(&g, "UPDATE token SET hash=zeroblob(32)");
	ck_assert_uint_eq(
	    order_token(0xB6, WIRE_ACT_DEVICE_TOKEN, false, &first),
	    CB_E_DENIED);
	ck_assert_msg(strstr(d.text, "there already") != NULL, "%s", d.text);
	rig_sql(&g, "DELETE FROM token;"
		    "INSERT INTO device(organisation,id,class,state,"
		    "fingerprint,until,label,mac) SELECT organisation,id,1,1,"
		    "zeroblob(32),0,x'',x'' FROM card");
	ck_assert_uint_eq(
	    order_token(0xB7, WIRE_ACT_DEVICE_TOKEN, false, &there),
	    CB_E_DENIED);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM token"), 0);
}
END_TEST

static struct wire_grant
assignment(const uint8_t *card, const uint8_t *device)
{
	struct wire_grant row = { .type = WIRE_GRANT_ASSIGNMENT };

	row.bytes[WIRE_G_CARD] = cb_span(card, WIRE_ID);
	row.bytes[WIRE_G_SUBJECT] = cb_span(device, WIRE_ID);
	row.number[WIRE_G_KIND] = 1;
	return row;
}

static void
begin_token(struct desk *desk, uint8_t id)
{
	const struct wire_grant token = token_row("device", someone);
	const struct wire_grant row = assignment(g.card, someone);

	desk_act(desk, WIRE_ACT_DEVICE_TOKEN, id, someone);
	desk_row(desk, false, &token);
	desk_row(desk, false, &row);
}

/* A token with a card is an act about that card as well. */
START_TEST(a_token_waits_for_its_cards_turn)
{
	static struct desk other;
	uint64_t first, second;

	desk_open(&other, &g);
	g.late_type = BE_ASK_RECORDS;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	desk_act(&d, WIRE_ACT_CARD_TERMINATE, 0xB8, g.card);
	desk_card_row(&d, 3, 1);
	first = desk_post(&d);
	rig_await_late(&g);
	begin_token(&other, 0xB9);
	second = desk_post(&other);
	ck_assert(!rig_has(&g, second, 300));
	rig_end_late(&g);
	ck_assert_uint_eq(desk_posted(&d, first), 0);
	ck_assert_uint_eq(desk_posted(&other, second), CB_E_DENIED);
	ck_assert_msg(strstr(other.text, "terminated") != NULL, "%s",
	    other.text);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM token"), 0);
	desk_clear(&other);
}
END_TEST

/* A card is assigned by an act about another one, which this vault
 * does not mind. */
static void
begin_cross(struct desk *desk, uint8_t id, const uint8_t *subject,
    const uint8_t *card)
{
	const struct wire_grant row = assignment(card, someone);

	desk_act(desk, WIRE_ACT_CARD_ASSIGN, id, subject);
	desk_row(desk, false, &row);
}

/* Each is about what the other one is about, the other way round: none has the
 * turn that the other waits for, in whatever order they come. */
START_TEST(acts_that_cross_do_not_wait_for_each_other)
{
	static const uint8_t low[WIRE_ID] = { 0x00, 0x01 };
	static struct desk other, third;
	uint64_t first, second, last;

	ck_assert_mem_lt(low, g.card, WIRE_ID);
	desk_open(&other, &g);
	desk_open(&third, &g);
	ck_assert_uint_eq(desk_new_card(&other, 0xBB, low), 0);
	/* both find one turn taken, and go on when it ends */
	g.late_type = BE_ASK_ROW;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	desk_act(&third, WIRE_ACT_CARD_SET, 0xBC, _i == 0 ? low : g.card);
	wire_fields_bytes(&third.detail, WIRE_D_NAME, cb_span_str("X"));
	last = desk_post(&third);
	rig_await_late(&g);
	begin_cross(&d, 0xBD, _i == 0 ? low : g.card,
	    _i == 0 ? g.card : low);
	first = desk_post(&d);
	ck_assert(!rig_has(&g, first, 100));
	begin_cross(&other, 0xBE, _i == 0 ? g.card : low,
	    _i == 0 ? low : g.card);
	second = desk_post(&other);
	ck_assert(!rig_has(&g, second, 100));
	rig_end_late(&g);
	/* of the 15 s that a turn is waited for */
	ck_assert(rig_has(&g, first, 7000));
	ck_assert(rig_has(&g, second, 7000));
	ck_assert_uint_eq(desk_posted(&third, last), 0);
	/* and come to nothing: there is no such device */
	ck_assert_uint_eq(desk_posted(&d, first), CB_E_ABSENT);
	ck_assert_uint_eq(desk_posted(&other, second), CB_E_ABSENT);
	desk_clear(&other);
	desk_clear(&third);
}
END_TEST

START_TEST(a_token_brings_its_card)
{
	begin_token(&d, 0xBA);
	ck_assert_uint_eq(desk_order(&d), 0);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM assignment"
					" WHERE hex(subject) LIKE 'C0FFEE%'"),
	    1);
}
END_TEST

Suite *
desk_token_suite(void)
{
	Suite *s = suite_create("tokens");
	TCase *tc = tcase_create("tokens");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, desk_setup, desk_teardown);
	tcase_add_test(tc, a_token_is_taken_back_as_it_is);
	tcase_add_test(tc, tokens_are_for_whom_is_new);
	tcase_add_test(tc, a_token_waits_for_its_cards_turn);
	tcase_add_loop_test(
	    tc, acts_that_cross_do_not_wait_for_each_other, 0, 2);
	tcase_add_test(tc, a_token_brings_its_card);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Sessions of people: who may have one, what they read, and when it ends.
 */
#include <stdio.h>
#include <string.h>

#include "tests/backend/worker/at_desk.h"
#include "tests/backend/worker/rig_serve.h"

/* ---- opening ------------------------------------------------------------- */

START_TEST(a_person_has_a_desk)
{
	desk_open(&d, &g);
	ck_assert_uint_eq(d.b.last.kept_s, 300);
	ck_assert_uint_eq(rig_stats(&g).sessions, 1);
	/* it is about no card: nothing is in the books, no lease is taken */
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 0);
	ck_assert_int_eq(rig_number(&g,
			     "SELECT count(*) FROM lease"
			     " WHERE device IS NOT NULL"),
	    0);
}
END_TEST

START_TEST(desk_and_cards_keep_apart)
{
	struct bridge person;

	memset(b.card, 0, WIRE_ID);
	ck_assert_uint_eq(bridge_open(&b, false), CB_E_ABSENT);
	bridge_init_person(&person, &g, ADMINISTRATOR);
	memcpy(person.card, g.card, WIRE_ID);
	ck_assert_uint_eq(bridge_open(&person, false), CB_E_ABSENT);
	/* whom the vault says it opened for */
	memset(person.card, 0, WIRE_ID);
	g.people[ADMINISTRATOR].revoked = true;
	ck_assert_uint_eq(bridge_open(&person, false), CB_E_ABSENT);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_REFUSED), 3);
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
	bridge_clear(&person);
}
END_TEST

START_TEST(a_person_has_eight_of_them)
{
	static struct desk more[10];

	for (int i = 0; i < COUNT(more); i++)
		desk_open(&more[i], &g);
	desk_open_as(&d, &g, AUDITOR);
	/* the first two have ended, however long that takes */
	ck_assert(rig_holds(&g, 9));
	desk_list(&more[9], WIRE_LIST_BACKEND, 1, NULL, NULL);
	ck_assert_uint_eq(more[9].refused, 0);
	cb_buf_clear(&more[0].b.body);
	bridge_add(&more[0].b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(!bridge_send(&more[0].b, &more[0].message));
	ck_assert_uint_eq(more[0].b.code, CB_E_ABSENT);
	for (int i = 0; i < COUNT(more); i++)
		desk_clear(&more[i]);
}
END_TEST

START_TEST(a_desk_that_nobody_uses_ends)
{
	g.set.desk = 100;
	rig_restart(&g);
	desk_open(&d, &g);
	ck_assert(rig_holds(&g, 0));
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
}
END_TEST

START_TEST(a_desk_is_given_up)
{
	struct cb_buf records = CB_BUF_INIT;

	desk_open(&d, &g);
	bridge_add(&d.b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(&d.b, &records));
	ck_assert(rig_holds(&g, 0));
	cb_buf_free(&records);
}
END_TEST

/* What is for a card is no message of a person's, and the other way round. */
START_TEST(commands_are_of_one_kind)
{
	struct cb_buf records = CB_BUF_INIT, message = CB_BUF_INIT;
	const struct wire_desk c = { .type = WIRE_DESK_BOOKS, .first = 1,
		.most = 1 };

	desk_open(&d, &g);
	bridge_add(&d.b, WIRE_POWER, 1, CB_SPAN_EMPTY, 0);
	ck_assert(!bridge_send(&d.b, &records));
	ck_assert_uint_eq(d.b.code, CB_E_FORMAT);
	bridge_ready(&b);
	ck_assert_int_eq(wire_desk_put(&message, &c), CB_OK);
	cb_buf_clear(&b.body);
	ck_assert_int_eq(
	    wire_seal(&b.to, cb_buf_span(&message), &b.body), CB_OK);
	ck_assert(!bridge_send(&b, &records));
	ck_assert_uint_eq(b.code, CB_E_FORMAT);
	cb_buf_free(&message);
}
END_TEST

/* ---- lists --------------------------------------------------------------- */

static void
add_policies(int n)
{
	struct wire_grant row = { .type = WIRE_GRANT_POLICY };
	char names[8][16];

	desk_act(&d, WIRE_ACT_ORG_SET, 0x01, g.set.organisation);
	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "p%d", i);
		row.bytes[WIRE_G_NAME] = cb_span_str(names[i]);
		row.bytes[WIRE_G_VALUE] = cb_span_str("no");
		desk_row(&d, false, &row);
	}
	ck_assert_uint_eq(desk_order(&d), 0);
}

START_TEST(lists_have_pages)
{
	struct wire_fields item = { .has = 0 }, last = { .has = 0 };
	char name[16];
	int n = 0;

	desk_open(&d, &g);
	add_policies(5);
	do {
		desk_list(&d, WIRE_LIST_POLICIES, 2, NULL, &last);
		struct cb_span cur = d.told.items;

		while (desk_next(&cur, &item)) {
			snprintf(name, sizeof(name), "p%d", n++);
			ck_assert(cb_span_equal(item.bytes[WIRE_D_NAME],
			    cb_span_str(name)));
		}
		ck_assert(d.told.more == (n < 5));
		last = (struct wire_fields){ .has = 0 };
		wire_fields_bytes(&last, WIRE_D_NAME, cb_span_str(name));
	} while (d.told.more);
	ck_assert_int_eq(n, 5);
	/* one by its name */
	wire_fields_bytes(&last, WIRE_D_NAME, cb_span_str("p3"));
	desk_list(&d, WIRE_LIST_POLICIES, 9, &last, NULL);
	desk_told(&d, &item);
	ck_assert_uint_eq(d.told.count, 1);
	wire_fields_bytes(&last, WIRE_D_NAME, cb_span_str("p9"));
	desk_list(&d, WIRE_LIST_POLICIES, 9, &last, NULL);
	ck_assert_uint_eq(d.refused, 0);
	ck_assert_uint_eq(d.told.count, 0);
}
END_TEST

START_TEST(a_card_says_who_uses_it)
{
	struct wire_fields item, id = { .has = 0 };

	desk_open_as(&d, &g, AUDITOR);
	desk_list(&d, WIRE_LIST_CARDS, 9, NULL, NULL);
	desk_told(&d, &item);
	ck_assert_uint_eq(d.told.count, 1);
	ck_assert(!wire_fields_has(&item, WIRE_D_SESSION));
	ck_assert_uint_eq(item.number[WIRE_D_STATE], 1);
	ck_assert_uint_eq(item.number[WIRE_D_VERSION], 7);
	ck_assert(wire_fields_has(&item, WIRE_D_TAKE_OVER));
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	wire_fields_bytes(&id, WIRE_D_ID, CB_SPAN_OF(g.card));
	desk_list(&d, WIRE_LIST_CARDS, 9, &id, NULL);
	desk_told(&d, &item);
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_SESSION], CB_SPAN_OF(b.session)));
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_DEVICE], CB_SPAN_OF(g.devices[0].id)));
	ck_assert_uint_eq(item.number[WIRE_D_TRIES], 2);
	ck_assert(cb_span_equal(
	    item.bytes[WIRE_D_SERIAL], cb_span_str("1a2b3c4d")));
	desk_list(&d, WIRE_LIST_SESSIONS, 9, NULL, NULL);
	desk_told(&d, &item);
	ck_assert_uint_eq(d.told.count, 1);
	ck_assert(
	    cb_span_equal(item.bytes[WIRE_D_ID], CB_SPAN_OF(b.session)));
	ck_assert_uint_gt(item.number[WIRE_D_CREATED], 0);
}
END_TEST

static const struct {
	enum wire_desk_list list;
	bool any;
} others[] = {
	{ WIRE_LIST_ORGANISATIONS, true },
	{ WIRE_LIST_DEVICES, false },
	{ WIRE_LIST_TOKENS, true },
	{ WIRE_LIST_ASSIGNMENTS, false },
	{ WIRE_LIST_PEOPLE, false },
	{ WIRE_LIST_BACKEND, true },
};

START_TEST(every_list_is_told)
{
	const uint8_t token[WIRE_TOKEN] = { 0x70 };

	rig_token(&g, token, g.devices[2].id);
	desk_open(&d, &g);
	for (int i = 0; i < COUNT(others); i++) {
		desk_list(&d, others[i].list, 300, NULL, NULL);
		ck_assert_msg(d.refused == 0, "list %d: %s",
		    others[i].list, d.text);
		ck_assert_msg(d.told.count == others[i].any, "list %d: %u",
		    others[i].list, d.told.count);
	}
}
END_TEST

/* Where the books end at least, by who signs their heads. */
START_TEST(the_vaults_head_is_told)
{
	struct wire_fields item;
	struct wire_head head;

	desk_open(&d, &g);
	desk_list(&d, WIRE_LIST_BACKEND, 1, NULL, NULL);
	desk_told(&d, &item);
	ck_assert_int_eq(wire_head_get(item.bytes[WIRE_D_HEAD],
			     rig_keys.ring->books_public, &head), CB_OK);
	ck_assert_uint_eq(head.at.number, 7);
	ck_assert_mem_eq(
	    head.at.owner.organisation, rig_keys.org->id, WIRE_ID);
}
END_TEST

/* A key that is not whole would break the channel to the store. */
START_TEST(a_list_goes_on_behind_a_whole_item)
{
	struct wire_fields half = { .has = 0 };

	desk_open(&d, &g);
	wire_fields_bytes(&half, WIRE_D_CARD, CB_SPAN_OF(g.card));
	desk_list(&d, WIRE_LIST_ASSIGNMENTS, 9, NULL, &half);
	ck_assert_uint_eq(d.refused, CB_E_ARG);
	desk_list(&d, WIRE_LIST_ASSIGNMENTS, 9, &half, NULL);
	ck_assert_uint_eq(d.refused, 0);
}
END_TEST

/* ---- the books ----------------------------------------------------------- */

static void
books(uint64_t first, uint16_t most)
{
	const struct wire_desk c = { .type = WIRE_DESK_BOOKS, .first = first,
		.most = most };

	desk_ask(&d, &c);
}

START_TEST(reading_the_books_is_entered)
{
	struct wire_fields item;
	struct cb_span cur;
	unsigned n = 0;

	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	desk_open_as(&d, &g, AUDITOR);
	books(1, 2);
	ck_assert_uint_eq(d.told.count, 2);
	ck_assert(d.told.more);
	ck_assert_uint_eq(rig_entries(&g, WIRE_AUDIT_READ), 1);
	books(3, 256);
	ck_assert(!d.told.more);
	for (cur = d.told.items; desk_next(&cur, &item); n++) {
		ck_assert_uint_eq(item.number[WIRE_D_NUMBER], 3 + n);
		ck_assert_uint_eq(item.bytes[WIRE_D_FINGERPRINT].n, CR_HASH);
	}
	ck_assert_uint_ge(n, 2);
	/* the last ones: whatever their number is */
	books(0, 2);
	ck_assert_uint_eq(d.told.count, 2);
	ck_assert(!d.told.more);
	desk_told(&d, &item);
	ck_assert_uint_eq(item.number[WIRE_D_NUMBER], 3 + n - 2);
	/* pages of one reading are entered together, at the latest when it
	 * ends */
	ck_assert_uint_eq(rig_entries(&g, WIRE_AUDIT_READ), 1);
	cb_buf_clear(&d.b.body);
	bridge_add(&d.b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(&d.b, &d.message));
	ck_assert_uint_eq(rig_entries(&g, WIRE_AUDIT_READ), 2);
}
END_TEST

/* ---- once ---------------------------------------------------------------- */

START_TEST(the_same_body_gets_the_same_bytes)
{
	struct cb_buf first = CB_BUF_INIT, again = CB_BUF_INIT;
	const uint8_t card[WIRE_ID] = { 0xC0, 0x01 };
	unsigned orders;

	desk_open(&d, &g);
	ck_assert_uint_eq(desk_new_card(&d, 0x21, card), 0);
	orders = g.orders;
	ck_assert(bridge_send(&d.b, &first));
	ck_assert(bridge_send(&d.b, &again));
	ck_assert(cb_span_equal(cb_buf_span(&first), cb_buf_span(&again)));
	ck_assert_uint_eq(g.orders, orders);
	cb_buf_free(&first);
	cb_buf_free(&again);
}
END_TEST

/* The worker has died, and nobody knows what became of the order: it is
 * ordered again, and was done. */
START_TEST(an_act_is_looked_up_by_its_id)
{
	const uint8_t card[WIRE_ID] = { 0xC0, 0x02 };
	struct cb_buf records = CB_BUF_INIT;
	unsigned orders;

	desk_open(&d, &g);
	ck_assert_uint_eq(desk_new_card(&d, 0x22, card), 0);
	rig_restart(&g);
	ck_assert(!bridge_send(&d.b, &records));
	ck_assert_uint_eq(d.b.code, CB_E_ABSENT);
	ck_assert_uint_eq(d.b.outcome, WIRE_NOT_KNOWN);
	desk_clear(&d);
	orders = g.orders;
	desk_open(&d, &g);
	ck_assert_uint_eq(desk_new_card(&d, 0x22, card), 0);
	ck_assert_uint_eq(g.orders, orders);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM card"), 2);
}
END_TEST

/* What was ordered is what is told as done, and nothing else of that id. */
START_TEST(an_id_is_no_other_acts)
{
	const uint8_t card[WIRE_ID] = { 0xC0, 0x02 },
		      other[WIRE_ID] = { 0xC0, 0x03 };

	desk_open(&d, &g);
	ck_assert_uint_eq(desk_new_card(&d, 0x22, card), 0);
	ck_assert_uint_eq(desk_new_card(&d, 0x22, other), CB_E_DENIED);
	ck_assert_msg(strstr(d.text, "another one") != NULL, "%s", d.text);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM card"), 2);
}
END_TEST

/* No refusal: whoever hears of it orders the same again, over a challenge that
 * the vault has made which is there now. */
START_TEST(a_lost_challenge_is_no_refusal)
{
	unsigned before;
	uint64_t first;

	desk_open(&d, &g);
	before = rig_entries(&g, WIRE_ACT);
	g.late_type = BE_ASK_ORDERER;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	desk_act(&d, WIRE_ACT_CARD_SUSPEND, 0x69, g.card);
	desk_card_row(&d, 2, 1);
	first = desk_post(&d);
	rig_await_late(&g);
	be_challenges_clear(&g.challenges);
	be_challenges_init(&g.challenges, 4, 64);
	rig_end_late(&g);
	ck_assert_uint_eq(desk_posted(&d, first), CB_E_PEER);
	ck_assert_msg(
	    strstr(d.text, "order it again") != NULL, "%s", d.text);
	ck_assert_uint_eq(rig_entries(&g, WIRE_ACT), before);
	desk_act(&d, WIRE_ACT_CARD_SUSPEND, 0x69, g.card);
	desk_card_row(&d, 2, 1);
	ck_assert_uint_eq(desk_order(&d), 0);
}
END_TEST

/* The vault keeps what it opens by ids of sessions and acts. */
START_TEST(an_act_has_not_the_id_of_a_session)
{
	desk_open(&d, &g);
	bridge_select(&b);
	desk_act(&d, WIRE_ACT_ORG_SET, 0, g.set.organisation);
	memcpy(d.act.id, b.session, WIRE_ID);
	ck_assert_uint_eq(desk_order(&d), CB_E_ARG);
	bridge_is(&b, VERIFY, "9000");
}
END_TEST

Suite *
desk_suite(void)
{
	Suite *s = suite_create("desk");
	TCase *tc = tcase_create("desk");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, worker_setup, desk_teardown);
	tcase_add_test(tc, a_person_has_a_desk);
	tcase_add_test(tc, desk_and_cards_keep_apart);
	tcase_add_test(tc, a_person_has_eight_of_them);
	tcase_add_test(tc, a_desk_that_nobody_uses_ends);
	tcase_add_test(tc, a_desk_is_given_up);
	tcase_add_test(tc, commands_are_of_one_kind);
	tcase_add_test(tc, lists_have_pages);
	tcase_add_test(tc, a_card_says_who_uses_it);
	tcase_add_test(tc, every_list_is_told);
	tcase_add_test(tc, the_vaults_head_is_told);
	tcase_add_test(tc, a_list_goes_on_behind_a_whole_item);
	tcase_add_test(tc, reading_the_books_is_entered);
	tcase_add_test(tc, the_same_body_gets_the_same_bytes);
	tcase_add_test(tc, an_act_is_looked_up_by_its_id);
	tcase_add_test(tc, an_id_is_no_other_acts);
	tcase_add_test(tc, a_lost_challenge_is_no_refusal);
	tcase_add_test(tc, an_act_has_not_the_id_of_a_session);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What roles ask each other is read as it was written, and nothing that is
 * cut short or has bytes left over is read at all.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/ask_store.h"
#include "backend/ask_vault.h"
#include "tests/backend/roles/suites.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
/* Of a table that is made before the program runs. */
#define BYTES(array) { (array), sizeof(array) }

static const uint8_t card[WIRE_ID] = { 0xCA }, device[WIRE_ID] = { 0xDE },
		     session[WIRE_ID] = { 0x5E };

/* ---- acts ---------------------------------------------------------------- */

static const struct be_value device_row[] = {
	{ BE_BLOB, 0, BYTES(device) },
	{ BE_INT, 1, { NULL, 0 } },
	{ BE_INT, -2, { NULL, 0 } },
	{ BE_NULL, 0, { NULL, 0 } },
	{ BE_INT, INT64_MAX, { NULL, 0 } },
	{ BE_TEXT, 0, { (const uint8_t *)"label", 5 } },
	{ BE_BLOB, 0, BYTES(card) },
};

static void
put_full_act(struct cb_buf *b)
{
	static const struct be_record_change records[] = {
		{ .name = "card/0/t/00000001", .value = BYTES(session) },
		{ .name = "gone", .remove = true },
	};
	static const struct be_row_change rows[] = {
		{ .table = BE_DEVICE, .values = device_row },
		{ .table = BE_CARD, .remove = true, .values = device_row },
	};
	static const struct cb_span entries[] = { BYTES(card),
		BYTES(device) };
	static const uint8_t token[CR_HASH] = { 0x70 };
	static const struct be_founding founding = { .organisation = { 0xF0 },
		.rows = rows, .rows_n = 1, .entries = entries,
		.entries_n = 1 };
	static const struct be_answer answer = { .sequence = 77,
		.request = { 9 }, .begun = true, .sealed = BYTES(card) };
	static struct be_lease_change lease = { .what = BE_RELEASE,
		.take_over = true };
	const struct be_act a = { .id = { 1, 2, 3 }, .kind = BE_COMMAND,
		.now = 42, .card = card, .device = device,
		.session = session, .fence = 8, .lease = &lease,
		.records = records, .records_n = 2, .rows = rows,
		.rows_n = 2, .entries = entries, .entries_n = 2,
		.platform = entries, .platform_n = 1, .answer = &answer,
		.token = token, .founding = &founding, .more = 200 };

	ck_assert_int_eq(be_act_put(b, &a), CB_OK);
}

START_TEST(an_act_is_read_as_it_was_written)
{
	struct cb_buf b = CB_BUF_INIT;
	struct be_act_read read;
	const struct be_act *a = &read.act;

	put_full_act(&b);
	ck_assert_int_eq(be_act_get(cb_buf_span(&b), &read), CB_OK);
	ck_assert_uint_eq(a->id[2], 3);
	ck_assert_int_eq(a->kind, BE_COMMAND);
	ck_assert_uint_eq(a->now, 42);
	ck_assert_uint_eq(a->fence, 8);
	ck_assert_mem_eq(a->card, card, WIRE_ID);
	ck_assert_mem_eq(a->device, device, WIRE_ID);
	ck_assert_mem_eq(a->session, session, WIRE_ID);
	ck_assert_int_eq(a->lease->what, BE_RELEASE);
	ck_assert(a->lease->take_over);
	ck_assert_uint_eq(a->answer->sequence, 77);
	ck_assert(a->answer->begun);
	ck_assert(cb_span_equal(a->answer->sealed, CB_SPAN_OF(card)));
	ck_assert_uint_eq(a->token[0], 0x70);
	ck_assert_uint_eq(a->more, 200);
	ck_assert_uint_eq(a->records_n, 2);
	ck_assert_str_eq(a->records[0].name, "card/0/t/00000001");
	ck_assert(cb_span_equal(a->records[0].value, CB_SPAN_OF(session)));
	ck_assert_str_eq(a->records[1].name, "gone");
	ck_assert(a->records[1].remove && !a->records[0].remove);
	ck_assert_uint_eq(a->rows_n, 2);
	ck_assert_int_eq(a->rows[0].table, BE_DEVICE);
	for (int i = 0; i < COUNT(device_row); i++) {
		ck_assert_int_eq(
		    a->rows[0].values[i].type, device_row[i].type);
		ck_assert_int_eq(a->rows[0].values[i].i, device_row[i].i);
		ck_assert(cb_span_equal(
		    a->rows[0].values[i].s, device_row[i].s));
	}
	ck_assert(a->rows[1].remove);
	ck_assert_uint_eq(a->entries_n, 2);
	ck_assert(cb_span_equal(a->entries[1], CB_SPAN_OF(device)));
	ck_assert_uint_eq(a->platform_n, 1);
	ck_assert_uint_eq(a->founding->organisation[0], 0xF0);
	ck_assert_uint_eq(a->founding->rows_n, 1);
	ck_assert_int_eq(a->founding->rows[0].values[2].i, -2);
	ck_assert_uint_eq(a->founding->entries_n, 1);
	ck_assert(
	    cb_span_equal(a->founding->entries[0], CB_SPAN_OF(card)));
	be_act_read_free(&read);
	cb_buf_free(&b);
}
END_TEST

START_TEST(an_act_that_is_not_whole_is_refused)
{
	struct cb_buf b = CB_BUF_INIT;
	struct be_act_read read;

	put_full_act(&b);
	for (size_t n = 0; n < b.n; n++) {
		ck_assert_int_ne(
		    be_act_get(cb_span(b.p, n), &read), CB_OK);
		be_act_read_free(&read);
	}
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(be_act_get(cb_buf_span(&b), &read), CB_E_FORMAT);
	be_act_read_free(&read);
	cb_buf_free(&b);
}
END_TEST

START_TEST(a_lie_about_how_many_gets_no_memory)
{
	const struct be_act a = { .kind = BE_UPKEEP };
	struct cb_buf b = CB_BUF_INIT;
	struct be_act_read read;

	ck_assert_int_eq(be_act_put(&b, &a), CB_OK);
	memset(b.p + b.n - 8, 0xFF, 2);	/* the number of records */
	ck_assert_int_eq(be_act_get(cb_buf_span(&b), &read), CB_E_SHORT);
	ck_assert_ptr_null(read.records);
	be_act_read_free(&read);
	cb_buf_free(&b);
}
END_TEST

START_TEST(what_became_of_an_act_is_told)
{
	struct be_lease_change lease = { .fence = 4, .had = true,
		.had_device = { 1 }, .had_session = { 2 } };
	const struct be_act a = { .err = CB_E_BUSY, .unknown = true,
		.number = 3, .lease = &lease, .why = { "because" } };
	struct be_acted put, got;
	struct cb_buf b = CB_BUF_INIT;

	be_acted_of(&put, &a);
	ck_assert_int_eq(be_acted_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_acted_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_int_eq(got.err, CB_E_BUSY);
	ck_assert(got.unknown && got.had);
	ck_assert_uint_eq(got.number, 3);
	ck_assert_uint_eq(got.fence, 4);
	ck_assert_uint_eq(got.had_device[0], 1);
	ck_assert_uint_eq(got.had_session[0], 2);
	ck_assert_str_eq(got.why.text, "because");
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    be_acted_get(cb_span(b.p, n), &got), CB_OK);
	cb_buf_free(&b);
}
END_TEST

/* ---- the others ---------------------------------------------------------- */

static const struct be_rights rights = { .n = 2,
	.which = { BE_RIGHT_HOLDER, BE_RIGHT_REVOCATION },
	.rows = { { BYTES(card), BYTES(device) },
	    { BYTES(session), BYTES(session) } },
	.card_key = BYTES(card), .take_over = true };

START_TEST(rights_travel_to_the_vault)
{
	const struct be_unlock put = { CB_SPAN_OF(card), CB_SPAN_OF(device),
		rights };
	struct be_unlock got;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_unlock_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_unlock_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert(cb_span_equal(got.offer, put.offer));
	ck_assert(cb_span_equal(got.accept, put.accept));
	ck_assert_uint_eq(got.rights.n, 2);
	ck_assert_int_eq(got.rights.which[1], BE_RIGHT_REVOCATION);
	ck_assert(cb_span_equal(got.rights.rows[0].mac, CB_SPAN_OF(device)));
	ck_assert(cb_span_equal(got.rights.card_key, CB_SPAN_OF(card)));
	ck_assert(got.rights.take_over);
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    be_unlock_get(cb_span(b.p, n), &got), CB_OK);
	b.p[2 * (2 + WIRE_ID) + 1] = BE_RIGHT_END;
	ck_assert_int_eq(be_unlock_get(cb_buf_span(&b), &got), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(what_was_unlocked_is_told)
{
	const struct be_unlocked put = { .take_over = true, .holder = { 1 },
		.role = 2, .class = 3, .secret = { 4 }, .key = { 5 },
		.ticket = { 6 } };
	struct be_unlocked got;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_unlocked_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_unlocked_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert(!got.is_person && got.take_over);
	ck_assert_uint_eq(got.holder[0], 1);
	ck_assert_uint_eq(got.role, 2);
	ck_assert_uint_eq(got.class, 3);
	ck_assert_uint_eq(got.secret[0], 4);
	ck_assert_uint_eq(got.key[0], 5);
	ck_assert_uint_eq(got.ticket[0], 6);
	b.p[0] = 2;
	ck_assert_int_eq(be_unlocked_get(cb_buf_span(&b), &got), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(an_order_travels_to_the_vault)
{
	const struct be_order put = { CB_SPAN_OF(card), CB_SPAN_OF(device),
		rights, CB_SPAN_OF(session) };
	struct be_order got;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_order_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_order_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert(cb_span_equal(got.act, put.act));
	ck_assert(cb_span_equal(got.approval, put.approval));
	ck_assert(cb_span_equal(got.unblock, put.unblock));
	ck_assert_uint_eq(got.rights.n, 2);
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(be_order_get(cb_span(b.p, n), &got), CB_OK);
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(be_order_get(cb_buf_span(&b), &got), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

static const struct be_order_told order_told = { .act = { 1 },
	.person = { 2 }, .second = { 3 }, .request = { 4 },
	.macs = { BYTES(card), BYTES(device) }, .macs_n = 2,
	.wraps = { { 8, BYTES(session) } }, .wraps_n = 1,
	.has_unblock = true, .key = { 5 }, .unblock = { 6 } };

START_TEST(what_an_order_is_given_is_told)
{
	struct be_order_told got;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_order_told_put(&b, &order_told), CB_OK);
	ck_assert_int_eq(be_order_told_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_uint_eq(got.act[0], 1);
	ck_assert_uint_eq(got.person[0], 2);
	ck_assert_uint_eq(got.second[0], 3);
	ck_assert_uint_eq(got.request[0], 4);
	ck_assert_uint_eq(got.macs_n, 2);
	ck_assert(cb_span_equal(got.macs[1], CB_SPAN_OF(device)));
	ck_assert_uint_eq(got.wraps_n, 1);
	ck_assert_uint_eq(got.wraps[0].what, 8);
	ck_assert(cb_span_equal(got.wraps[0].wrap, CB_SPAN_OF(session)));
	ck_assert(!got.has_key && got.has_unblock);
	ck_assert_uint_eq(got.key[0], 5);
	ck_assert_uint_eq(got.unblock[0], 6);
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    be_order_told_get(cb_span(b.p, n), &got), CB_OK);
	b.p[b.n - 2 * CR_KEY - 1] = 4;
	ck_assert_int_eq(
	    be_order_told_get(cb_buf_span(&b), &got), CB_E_FORMAT);
	b.p[3 * WIRE_ID + CR_HASH] = WIRE_ACT_CHANGES + 1;
	ck_assert_int_eq(
	    be_order_told_get(cb_buf_span(&b), &got), CB_E_LIMIT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(an_order_has_no_more_wraps_than_fit)
{
	struct be_order_told told = { .wraps_n = BE_ORDER_WRAPS }, got;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_order_told_put(&b, &told), CB_OK);
	ck_assert_int_eq(be_order_told_get(cb_buf_span(&b), &got), CB_OK);
	b.p[3 * WIRE_ID + CR_HASH + 1]++;
	ck_assert_int_eq(
	    be_order_told_get(cb_buf_span(&b), &got), CB_E_LIMIT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(what_vouches_for_an_orderer_is_asked_and_told)
{
	const struct be_ask_orderer put = { .person = { 1 }, .card = { 3 } };
	const struct be_orderer told = { rights, CB_SPAN_OF(session) };
	struct be_ask_orderer got;
	struct be_orderer heard;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_ask_orderer_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_ask_orderer_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_mem_eq(got.person, put.person, WIRE_ID);
	ck_assert_mem_eq(got.second, put.second, WIRE_ID);
	ck_assert_mem_eq(got.card, put.card, WIRE_ID);
	ck_assert_int_ne(
	    be_ask_orderer_get(cb_span(b.p, b.n - 1), &got), CB_OK);

	cb_buf_clear(&b);
	ck_assert_int_eq(be_orderer_put(&b, &told), CB_OK);
	ck_assert_int_eq(be_orderer_get(cb_buf_span(&b), &heard), CB_OK);
	ck_assert_uint_eq(heard.rights.n, 2);
	ck_assert(cb_span_equal(heard.unblock, CB_SPAN_OF(session)));
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    be_orderer_get(cb_span(b.p, n), &heard), CB_OK);
	cb_buf_free(&b);
}
END_TEST

START_TEST(the_books_are_read_entry_by_entry)
{
	const struct be_ask_books put = { 7, 9 };
	const struct be_ask_entry entry = { .number = 7,
		.bytes = CB_SPAN_OF(card), .hash = { 1 },
		.head = CB_SPAN_OF(device) };
	struct be_ask_books got;
	struct be_ask_entry e;
	struct cb_span cur;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_ask_books_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_ask_books_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert_uint_eq(got.first, 7);
	ck_assert_uint_eq(got.most, 9);
	ck_assert_int_ne(
	    be_ask_books_get(cb_span(b.p, b.n - 1), &got), CB_OK);

	cb_buf_clear(&b);
	ck_assert_int_eq(be_ask_entry_put(&b, &entry), CB_OK);
	ck_assert_int_eq(be_ask_entry_put(&b, &entry), CB_OK);
	cur = cb_buf_span(&b);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(be_ask_entry_get(&cur, &e), CB_OK);
		ck_assert_uint_eq(e.number, 7);
		ck_assert(cb_span_equal(e.bytes, CB_SPAN_OF(card)));
		ck_assert_uint_eq(e.hash[0], 1);
		ck_assert(cb_span_equal(e.head, CB_SPAN_OF(device)));
	}
	ck_assert_uint_eq(cur.n, 0);
	cur = cb_span(b.p, b.n / 2 - 1);
	ck_assert_int_eq(be_ask_entry_get(&cur, &e), CB_E_SHORT);
	ck_assert_uint_eq(cur.n, b.n / 2 - 1);
	cb_buf_free(&b);
}
END_TEST

START_TEST(questions_for_rows_are_read_as_written)
{
	struct be_ask_rows put = { .table = BE_CARD, .limit = 9,
		.key = { 1, { BE_ID(card) } } };
	struct be_ask_rows got;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_ask_rows_put(&b, BE_ASK_LIST, &put), CB_OK);
	ck_assert_int_eq(
	    be_ask_rows_get(cb_buf_span(&b), BE_ASK_LIST, &got), CB_OK);
	ck_assert_uint_eq(got.limit, 9);
	ck_assert_int_eq(got.table, BE_CARD);
	ck_assert(cb_span_equal(got.key.values[0].s, CB_SPAN_OF(card)));
	b.p[0] = BE_TABLES;
	ck_assert_int_eq(be_ask_rows_get(cb_buf_span(&b), BE_ASK_LIST, &got),
	    CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(found_answers_and_leases_are_told)
{
	const struct be_answered put = { BE_ANSWER, CB_SPAN_OF(session) };
	const struct be_lease l = { .fence = 3, .held = true,
		.card = { 6 }, .device = { 7 }, .session = { 8 } };
	struct be_answered got;
	struct be_lease lease;
	struct cb_span cur;
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_answered_put(&b, &put), CB_OK);
	ck_assert_int_eq(be_answered_get(cb_buf_span(&b), &got), CB_OK);
	ck_assert(cb_span_equal(got.bytes, put.bytes));
	b.p[0] = BE_GIVEN;	/* with bytes */
	ck_assert_int_eq(be_answered_get(cb_buf_span(&b), &got), CB_E_FORMAT);

	cb_buf_clear(&b);
	ck_assert_int_eq(be_ask_lease_put(&b, &l), CB_OK);
	ck_assert_int_eq(be_ask_lease_get(cb_buf_span(&b), &lease), CB_OK);
	ck_assert(lease.held);
	ck_assert_uint_eq(lease.fence, 3);
	ck_assert_mem_eq(lease.session, l.session, WIRE_ID);

	cb_buf_clear(&b);
	ck_assert_int_eq(be_ask_leases_put(&b, &l), CB_OK);
	ck_assert_int_eq(be_ask_leases_put(&b, &l), CB_OK);
	cur = cb_buf_span(&b);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(be_ask_leases_get(&cur, &lease), CB_OK);
		ck_assert_mem_eq(lease.card, l.card, WIRE_ID);
	}
	ck_assert_uint_eq(cur.n, 0);
	cb_buf_free(&b);
}
END_TEST

Suite *
ask_suite(void)
{
	Suite *s = suite_create("ask");
	TCase *t = tcase_create("ask");

	tcase_add_test(t, an_act_is_read_as_it_was_written);
	tcase_add_test(t, an_act_that_is_not_whole_is_refused);
	tcase_add_test(t, a_lie_about_how_many_gets_no_memory);
	tcase_add_test(t, what_became_of_an_act_is_told);
	tcase_add_test(t, rights_travel_to_the_vault);
	tcase_add_test(t, what_was_unlocked_is_told);
	tcase_add_test(t, an_order_travels_to_the_vault);
	tcase_add_test(t, what_an_order_is_given_is_told);
	tcase_add_test(t, an_order_has_no_more_wraps_than_fit);
	tcase_add_test(t, what_vouches_for_an_orderer_is_asked_and_told);
	tcase_add_test(t, the_books_are_read_entry_by_entry);
	tcase_add_test(t, questions_for_rows_are_read_as_written);
	tcase_add_test(t, found_answers_and_leases_are_told);
	suite_add_tcase(s, t);
	return s;
}

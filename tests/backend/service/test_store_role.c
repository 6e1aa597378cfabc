/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store as a process behind its walls: it answers each worker about its
 * own organisation, and a worker that was taken over reaches no other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/backend/service/store.h"
#include "tests/backend/service/suites.h"

/* ---- its own ------------------------------------------------------------- */

START_TEST(the_parent_hears_of_every_organisation)
{
	struct be_message m;
	struct cb_buf ids = CB_BUF_INIT;
	bool found = false;

	/* of those that are new */
	ck_assert(hear(store.parent, &m));
	ck_assert_int_eq(m.type, BE_ASK_ORGANISATION);
	ck_assert(cb_span_equal(m.body, cb_span(id(0x61), WIRE_ID)));
	/* and of those that are there, when it starts */
	ck_assert_int_eq(role_stop(&store), 0);
	store = role_start(BE_STORE, &ids);
	ck_assert_uint_eq(ids.n % WIRE_ID, 0);
	for (size_t i = 0; i < ids.n; i += WIRE_ID)
		found |= memcmp(ids.p + i, id(0x62), WIRE_ID) == 0;
	ck_assert(found);
	ck_assert_mem_eq(ids.p, zeros, WIRE_ID);
	cb_buf_free(&ids);
}
END_TEST

/* More than it reads at one time. */
START_TEST(the_parent_hears_of_many_organisations)
{
	struct cb_buf ids = CB_BUF_INIT;
	uint8_t org[WIRE_ID] = { 0x63 };

	for (unsigned i = 0; i < 300; i++) {
		org[1] = (uint8_t)(i >> 8);
		org[2] = (uint8_t)i;
		ck_assert_int_eq(put_organisation(org), CB_OK);
	}
	ck_assert_int_eq(role_stop(&store), 0);
	store = role_start(BE_STORE, &ids);
	ck_assert_uint_ge(ids.n, 300 * WIRE_ID);
	for (size_t i = WIRE_ID; i < ids.n; i += WIRE_ID)
		ck_assert(memcmp(ids.p + i - WIRE_ID, ids.p + i, WIRE_ID) < 0);
	ck_assert(cb_span_equal(cb_span(org, WIRE_ID),
	    cb_span_tail(cb_buf_span(&ids), ids.n - WIRE_ID)));
	cb_buf_free(&ids);
}
END_TEST

START_TEST(many_acts_are_answered_each_with_its_own)
{
	const struct be_value card[] = { BE_ID(id(0x71)) };
	const struct be_row_change rows[] = { { BE_CARD, true, card } };
	const struct cb_span entries[] = { entry_about(NULL) };
	struct be_act act = { .kind = BE_AUDIT, .now = 1800000000000,
		.entries = entries, .entries_n = 1 };
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m;
	struct be_acted acted;
	bool seen[600] = { false };

	for (unsigned i = 0; i < 600; i++) {
		ck_assert_int_eq(cr_random(act.id, WIRE_ID), CB_OK);
		/* each seventh is refused, and alone */
		act.rows = rows;
		act.rows_n = i % 7 == 0;
		cb_buf_clear(&body);
		ck_assert_int_eq(be_act_put(&body, &act), CB_OK);
		say(one, BE_ASK_ACT, 5000 + i, cb_buf_span(&body));
	}
	for (unsigned i = 0; i < 600; i++) {
		ck_assert(hear(one, &m));
		ck_assert(m.answer && m.code == 0 && m.id >= 5000);
		ck_assert_int_eq(be_acted_get(m.body, &acted), CB_OK);
		ck_assert_int_eq(acted.err == CB_OK, (m.id - 5000) % 7 != 0);
		ck_assert(!seen[m.id - 5000]);
		seen[m.id - 5000] = true;
	}
	cb_buf_free(&body);
}
END_TEST

static void
say_act(struct be_act *act, uint64_t number)
{
	struct cb_buf body = CB_BUF_INIT;

	ck_assert_int_eq(cr_random(act->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(be_act_put(&body, act), CB_OK);
	say(one, BE_ASK_ACT, number, cb_buf_span(&body));
	cb_buf_free(&body);
}

/* Behind a commit of several: an act, and what changes nothing a moment later.
 * Which is answered first? */
static uint64_t
answered_first(struct be_act *act)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	struct cb_buf body = CB_BUF_INIT;
	struct be_ask_rows row = { .table = BE_CARD, .limit = 1,
		.key = { .n = 1, .values = { BE_ID(id(0x71)) } } };
	struct be_message m;
	uint64_t first;

	be_channel_hold(one);
	for (unsigned i = 0; i < 4; i++)
		say_act(act, 5000 + i);
	ck_assert_int_eq(be_channel_flush(one), CB_OK);
	for (unsigned i = 0; i < 4; i++)
		ck_assert(hear(one, &m));
	ck_assert_int_eq(be_ask_rows_put(&body, BE_ASK_ROW, &row), CB_OK);
	say_act(act, 6000);
	(void)nanosleep(&moment, NULL);
	say(one, BE_ASK_ROW, 6001, cb_buf_span(&body));
	cb_buf_free(&body);
	ck_assert(hear(one, &m));
	first = m.id;
	ck_assert(hear(one, &m));
	ck_assert_uint_eq(first + m.id, 6000 + 6001);
	return first;
}

/* A worker that has much to compute says so. */
START_TEST(a_commit_waits_for_those_that_are_to_come)
{
	const struct cb_span entries[] = { entry_about(NULL) };
	struct be_act act = { .kind = BE_AUDIT, .now = 1800000000000,
		.entries = entries, .entries_n = 1, .more = 64 };
	int tries = 0;

	/* that moment may be longer than the store waits */
	while (answered_first(&act) == 6000)
		ck_assert_int_lt(++tries, 20);
}
END_TEST

/* ---- a worker that was taken over ---------------------------------------- */

static enum cb_err
ask_row(struct be_channel *ch, enum be_table table, const uint8_t *key)
{
	struct be_ask_rows rows = { .table = table, .limit = 1,
		.key = { .n = 1, .values = { BE_ID(key) } } };
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	ck_assert_int_eq(be_ask_rows_put(&body, BE_ASK_ROW, &rows), CB_OK);
	r = ask(ch, BE_ASK_ROW, cb_buf_span(&body), NULL);
	cb_buf_free(&body);
	return r;
}

START_TEST(rows_of_another_organisation_are_not_there)
{
	ck_assert_int_eq(ask_row(one, BE_CARD, id(0x71)), CB_OK);
	ck_assert_int_eq(ask_row(one, BE_CARD, id(0x72)), CB_E_ABSENT);
	ck_assert_int_eq(ask_row(two, BE_CARD, id(0x71)), CB_E_ABSENT);
	/* an organisation's own row is the platform's */
	ck_assert_int_eq(
	    ask_row(one, BE_ORGANISATION, id(0x62)), CB_E_ABSENT);
	ck_assert_int_eq(
	    ask_row(platform, BE_ORGANISATION, id(0x62)), CB_OK);
}
END_TEST

START_TEST(rows_of_another_organisation_are_not_changed)
{
	const struct be_value card[] = { BE_ID(id(0x72)) };

	ck_assert_int_ne(put_card(one, id(0x72)).err, CB_OK);
	ck_assert_int_ne(change_row(one, BE_CARD, true, card).err, CB_OK);
	ck_assert_int_eq(ask_row(two, BE_CARD, id(0x72)), CB_OK);
	/* nor is an organisation made */
	const struct be_value org[] = { BE_ID(id(0x63)), BE_I(1),
		BE_B(CB_SPAN_EMPTY), BE_I(0) };
	ck_assert_int_ne(
	    change_row(one, BE_ORGANISATION, false, org).err, CB_OK);
}
END_TEST

static struct be_acted
put_record(struct be_channel *ch, const uint8_t *card)
{
	const struct be_record_change records[] = { { "pin",
	    cb_span_str("sealed"), false } };
	const struct cb_span entries[] = { entry_about(card) };
	struct be_act act = { .kind = BE_ADMIN, .card = card,
		.records = records, .records_n = 1, .entries = entries,
		.entries_n = 1 };

	return do_act(ch, &act);
}

START_TEST(cards_of_another_organisation_are_not_there)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_ask_records records = { .after = CB_SPAN_EMPTY };
	struct be_records_head head;
	struct cb_span cur;
	const uint8_t *other[] = { id(0x72) };
	struct be_lease_change lease = { .what = BE_TAKE };
	const struct cb_span entries[] = { entry_about(id(0x72)) };
	struct be_act take = { .kind = BE_SESSION, .card = id(0x72),
		.device = id(0x81), .session = id(0x82), .lease = &lease,
		.entries = entries, .entries_n = 1 };

	ck_assert_int_eq(put_record(two, id(0x72)).err, CB_OK);
	ck_assert_int_ne(put_record(one, id(0x72)).err, CB_OK);
	memcpy(records.card, id(0x72), WIRE_ID);
	ck_assert_int_eq(be_ask_records_put(&body, &records), CB_OK);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(ask(i == 0 ? two : one, BE_ASK_RECORDS,
				     cb_buf_span(&body), &answer),
		    CB_OK);
		cur = cb_buf_span(&answer);
		ck_assert_int_eq(be_records_head_get(&cur, &head), CB_OK);
		/* nor what the books know of it */
		ck_assert_uint_eq(head.number, i == 0);
		ck_assert_int_eq(cur.n > 0, i == 0);
	}
	cb_buf_clear(&body);
	ck_assert_int_eq(be_ask_ids_put(&body, other, 1), CB_OK);
	ck_assert_int_eq(
	    ask(two, BE_ASK_LEASE, cb_buf_span(&body), &answer), CB_OK);
	ck_assert_int_eq(ask(one, BE_ASK_LEASE, cb_buf_span(&body), &answer),
	    CB_E_ABSENT);
	/* nor is it taken */
	ck_assert_int_ne(do_act(one, &take).err, CB_OK);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}
END_TEST

static size_t
count_records(struct cb_span cur, struct be_ask_record *last)
{
	size_t n = 0;

	for (; cur.n > 0; n++)
		ck_assert_int_eq(be_ask_record_get(&cur, last), CB_OK);
	return n;
}

/* More than one message has room for: none is left out, and none comes
 * twice. */
START_TEST(a_card_comes_in_pages)
{
	static uint8_t value[65000];
	enum { N = 20 };
	char name[N][16];
	struct be_record_change records[N];
	struct cb_span entries[1];
	struct be_act act = { .kind = BE_ADMIN, .card = id(0x74),
		.records = records, .entries = entries, .entries_n = 1 };
	struct be_ask_records all = { .after = CB_SPAN_EMPTY };
	struct be_ask_record last;
	struct be_records_head head = { .more = true };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT,
		      after = CB_BUF_INIT;
	size_t n = 0, pages = 0;
	struct cb_span cur;

	for (int i = 0; i < N; i++) {
		snprintf(name[i], sizeof(name[i]), "r/%02d", i);
		records[i] = (struct be_record_change){ name[i],
			CB_SPAN_OF(value), false };
	}
	ck_assert_int_eq(put_card(one, id(0x74)).err, CB_OK);
	entries[0] = entry_about(id(0x74));
	act.records_n = N / 2;	/* as many as one message has */
	ck_assert_int_eq(do_act(one, &act).err, CB_OK);
	act.records += N / 2;
	act.fence++;
	ck_assert_int_eq(do_act(one, &act).err, CB_OK);
	memcpy(all.card, id(0x74), WIRE_ID);
	for (; head.more; pages++) {
		cb_buf_clear(&body);
		all.after = cb_buf_span(&after);
		ck_assert_int_eq(be_ask_records_put(&body, &all), CB_OK);
		ck_assert_int_eq(ask(one, BE_ASK_RECORDS, cb_buf_span(&body),
				     &answer),
		    CB_OK);
		cur = cb_buf_span(&answer);
		ck_assert_int_eq(be_records_head_get(&cur, &head), CB_OK);
		ck_assert_uint_eq(head.number, 1);
		n += count_records(cur, &last);
		ck_assert(cb_span_equal(last.name, cb_span_str(name[n - 1])));
		ck_assert_int_eq(cb_buf_set(&after, last.name), CB_OK);
	}
	ck_assert_uint_eq(n, N);
	ck_assert_uint_gt(pages, 1);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	cb_buf_free(&after);
}
END_TEST

static enum be_found
ask_answer(struct be_channel *ch, const struct be_ask_answer *a)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_answered found;

	ck_assert_int_eq(be_ask_answer_put(&body, a), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_ANSWER, cb_buf_span(&body), &answer), CB_OK);
	ck_assert_int_eq(
	    be_answered_get(cb_buf_span(&answer), &found), CB_OK);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return found.found;
}

/* An answer is given once: who asks for another's takes it away. */
START_TEST(answers_of_another_organisation_are_not_there)
{
	const uint8_t hash[CR_HASH] = { 5 };
	const struct be_value device[] = { BE_ID(id(0x92)), BE_I(2), BE_I(1),
		BE_HASH(hash), BE_I(0), BE_B(CB_SPAN_EMPTY),
		BE_B(CB_SPAN_EMPTY) };
	const struct cb_span entries[] = { entry_about(NULL) };
	struct be_answer answer = { .sequence = 7,
		.sealed = cb_span_str("sealed") };
	struct be_act act = { .kind = BE_ADMIN, .device = id(0x92),
		.session = id(0x93), .answer = &answer, .entries = entries,
		.entries_n = 1 };
	struct be_ask_answer a = { .number = 7 };

	ck_assert_int_eq(
	    change_row(two, BE_DEVICE, false, device).err, CB_OK);
	memcpy(answer.request, hash, CR_HASH);
	ck_assert_int_eq(do_act(two, &act).err, CB_OK);
	memcpy(a.device, id(0x92), WIRE_ID);
	memcpy(a.session, id(0x93), WIRE_ID);
	memcpy(a.request, hash, CR_HASH);
	ck_assert_int_eq(ask_answer(one, &a), BE_NO_ANSWER);
	/* nor does who says that it is its own take its place */
	answer.sequence = 8;
	ck_assert_int_eq(do_act(one, &act).err, CB_OK);
	/* the same question again: what was told may have been lost */
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ask_answer(two, &a), BE_ANSWER);
	memcpy(a.look_up, id(0x95), WIRE_ID);
	ck_assert_int_eq(ask_answer(two, &a), BE_GIVEN);
}
END_TEST

START_TEST(tokens_of_another_organisation_are_not_there)
{
	const uint8_t hash[CR_HASH] = { 6 };
	const struct be_value token[] = { BE_HASH(hash),
		BE_T(cb_span_str("device")), BE_ID(id(0x94)), BE_I(2),
		BE_I(INT64_C(4000000000000)), BE_B(CB_SPAN_OF(hash)),
		BE_NONE, BE_B(CB_SPAN_EMPTY) };
	struct cb_buf answer = CB_BUF_INIT;
	struct be_ask_signed row;
	struct cb_span cur;

	ck_assert_int_eq(
	    change_row(two, BE_TOKEN, false, token).err, CB_OK);
	ck_assert_int_eq(
	    ask(one, BE_ASK_TOKEN, CB_SPAN_OF(hash), NULL), CB_E_ABSENT);
	ck_assert_int_eq(
	    ask(two, BE_ASK_TOKEN, CB_SPAN_OF(hash), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_signed_get(&cur, &row), CB_OK);
	ck_assert(cb_span_equal(row.mac, CB_SPAN_OF(hash)));
	cb_buf_free(&answer);
}
END_TEST

START_TEST(rights_to_another_organisations_card_are_not_there)
{
	const struct be_ask_rights rights = { .is_person = false };
	struct be_ask_rights r = rights;
	struct cb_buf body = CB_BUF_INIT;

	memcpy(r.holder, id(0x81), WIRE_ID);
	memcpy(r.card, id(0x72), WIRE_ID);
	ck_assert_int_eq(be_ask_rights_put(&body, &r), CB_OK);
	ck_assert_int_eq(
	    ask(one, BE_ASK_RIGHTS, cb_buf_span(&body), NULL), CB_E_ABSENT);
	cb_buf_free(&body);
}
END_TEST

/* The operator's rows, as init made them, are found and have their MACs. */
START_TEST(rights_of_the_operator_are_there)
{
	struct be_ask_rights r = { .is_person = true };
	struct be_ask_rows list = { .table = BE_PERSON, .limit = 1 };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_ask_row row;
	struct be_rights rights;
	struct cb_span cur;

	ck_assert_int_eq(be_ask_rows_put(&body, BE_ASK_LIST, &list), CB_OK);
	ck_assert_int_eq(
	    ask(platform, BE_ASK_LIST, cb_buf_span(&body), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_ask_row_get(&cur, &row), CB_OK);
	memcpy(r.holder, row.values[0].s.p, WIRE_ID);
	cb_buf_clear(&body);
	ck_assert_int_eq(be_ask_rights_put(&body, &r), CB_OK);
	ck_assert_int_eq(
	    ask(platform, BE_ASK_RIGHTS, cb_buf_span(&body), &answer), CB_OK);
	cur = cb_buf_span(&answer);
	ck_assert_int_eq(be_rights_get(&cur, &rights), CB_OK);
	ck_assert_uint_eq(rights.n, 2);
	ck_assert_int_eq(rights.which[0], BE_RIGHT_HOLDER);
	ck_assert_int_eq(rights.which[1], BE_RIGHT_RIGHT);
	ck_assert_uint_gt(rights.rows[1].mac.n, 0);
	/* but not for another organisation's worker */
	ck_assert_int_eq(
	    ask(one, BE_ASK_RIGHTS, cb_buf_span(&body), &answer),
	    CB_E_ABSENT);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}
END_TEST

/* What no worker sends ends its channel, and nobody else's. */
static const struct {
	enum be_ask type;
	size_t n;
} nonsense[] = {
	{ BE_ASK_KEYS, WIRE_ID },	/* the vault's */
	{ BE_ASK_HEADS, 0 },
	{ BE_ASK_SIGN_HEAD, 72 },
	{ BE_ASK_UNLOCK, 10 },
	{ BE_ASK_ACT, 3 },
	{ BE_ASK_RECORDS, WIRE_ID + 1 },
	{ BE_ASK_ROW, 0 },
	{ BE_ASK_ROW, 2 },	/* no key */
	{ BE_ASK_START, 0 },
	{ (enum be_ask)0x7fff, 0 },
};

START_TEST(nonsense_ends_the_channel_alone)
{
	static const uint8_t bytes[100];
	/* `two` has the last */
	const uint64_t one_number = role_last_number() - 1;
	struct be_message m;
	uint64_t number;

	say(one, nonsense[_i].type, 9, cb_span(bytes, nonsense[_i].n));
	ck_assert(!hear(one, &m));
	do
		ck_assert(hear(store.parent, &m));
	while (m.type != BE_ASK_LOST);
	ck_assert_int_eq(cb_get_u64(&m.body, &number), CB_OK);
	ck_assert_uint_eq(number, one_number);
	ck_assert(role_runs(&store));
	ck_assert_int_eq(ask_row(two, BE_CARD, id(0x72)), CB_OK);
	/* it may have another */
	be_channel_free(&one);
	one = role_peer(&store, BE_WORKER, id(0x61));
	ck_assert_int_eq(ask_row(one, BE_CARD, id(0x71)), CB_OK);
}
END_TEST

START_TEST(the_platforms_books_are_its_own_workers)
{
	const struct cb_span entries[] = { entry_about(NULL) };
	struct be_act act = { .kind = BE_AUDIT, .now = 1800000000000,
		.entries = entries, .entries_n = 1, .platform = entries,
		.platform_n = 1 };
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m;

	ck_assert_int_eq(do_act(platform, &act).err, CB_OK);
	ck_assert_int_eq(cr_random(act.id, WIRE_ID), CB_OK);
	ck_assert_int_eq(be_act_put(&body, &act), CB_OK);
	say(one, BE_ASK_ACT, 9, cb_buf_span(&body));
	ck_assert(!hear(one, &m));
	ck_assert_int_eq(ask_row(two, BE_CARD, id(0x72)), CB_OK);
	cb_buf_free(&body);
}
END_TEST

Suite *
store_role_suite(void)
{
	Suite *s = suite_create("store_role");
	TCase *c = tcase_create("store_role");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, store_setup, store_teardown);
	tcase_add_test(c, the_parent_hears_of_every_organisation);
	tcase_add_test(c, the_parent_hears_of_many_organisations);
	tcase_add_test(c, many_acts_are_answered_each_with_its_own);
	tcase_add_test(c, a_commit_waits_for_those_that_are_to_come);
	tcase_add_test(c, rows_of_another_organisation_are_not_there);
	tcase_add_test(c, rows_of_another_organisation_are_not_changed);
	tcase_add_test(c, cards_of_another_organisation_are_not_there);
	tcase_add_test(c, a_card_comes_in_pages);
	tcase_add_test(c, answers_of_another_organisation_are_not_there);
	tcase_add_test(c, tokens_of_another_organisation_are_not_there);
	tcase_add_test(c, rights_to_another_organisations_card_are_not_there);
	tcase_add_test(c, rights_of_the_operator_are_there);
	tcase_add_test(c, the_platforms_books_are_its_own_workers);
	tcase_add_loop_test(c, nonsense_ends_the_channel_alone, 0,
	    (int)(sizeof(nonsense) / sizeof(nonsense[0])));
	suite_add_tcase(s, c);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The vault as a process behind its walls, with a real store beside it: keys
 * come from there, heads go there, and a worker gets what is its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/layout.h"
#include "backend/store/store.h"
#include "tests/backend/service/rig.h"
#include "tests/backend/service/suites.h"
#include "wire/entry.h"
#include "wire/export.h"
#include "wire/grant.h"

static struct role store, vault;
static struct be_channel *worker;	/* of the platform */

static const uint8_t zeros[WIRE_ID];

static void
setup(void)
{
	store = role_start(BE_STORE, NULL);
	vault = role_start(BE_VAULT, NULL);
	worker = role_peer(&vault, BE_WORKER, zeros);
}

static void
teardown(void)
{
	be_channel_free(&worker);
	ck_assert_int_eq(role_stop(&store), 0);
	ck_assert_int_eq(role_stop(&vault), 0);
}

static enum cb_err
challenge(struct be_channel *ch, uint8_t session, struct be_challenged *out)
{
	static struct cb_buf answer;
	const uint8_t *ids[] = { zeros, id(session) };
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	r = ask(ch, BE_ASK_CHALLENGE, cb_buf_span(&body), &answer);
	if (r == CB_OK)
		ck_assert_int_eq(
		    be_challenged_get(cb_buf_span(&answer), out), CB_OK);
	cb_buf_free(&body);
	return r;
}

/* What is asked before the keys are there waits for them. */
START_TEST(requests_wait_for_the_keys)
{
	const uint8_t *ids[] = { zeros, id(0x51) };
	struct cb_buf body = CB_BUF_INIT;
	struct be_challenged first, other;
	struct be_message m;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	say(worker, BE_ASK_CHALLENGE, 1, cb_buf_span(&body));
	role_link(&store, &vault);
	ck_assert(hear(worker, &m));
	ck_assert_int_eq(m.code, 0);
	ck_assert_int_eq(be_challenged_get(m.body, &first), CB_OK);
	ck_assert_int_eq(first.kind, WIRE_TEST);
	ck_assert_uint_gt(first.service.n, 100);
	ck_assert_int_eq(challenge(worker, 0x52, &other), CB_OK);
	ck_assert_mem_ne(first.challenge, other.challenge, 32);
	/* a session has one */
	ck_assert_int_eq(challenge(worker, 0x52, &other), CB_E_BUSY);
	cb_buf_free(&body);
}
END_TEST

/* One that asks without end has so many wait, and none of others' places. */
START_TEST(who_waits_keeps_nobody_from_waiting)
{
	const uint8_t *ids[] = { zeros, id(0x51) };
	struct be_channel *flood = role_peer(&vault, BE_WORKER, id(0x66));
	struct cb_buf body = CB_BUF_INIT;
	struct be_message m;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	for (unsigned i = 1; i <= 2000; i++)
		say(flood, BE_ASK_CHALLENGE, i, cb_buf_span(&body));
	for (unsigned i = 65; i <= 2000; i++) {
		ck_assert(hear(flood, &m));
		ck_assert_uint_eq(m.id, i);
		ck_assert_int_eq(m.code, CB_E_BUSY);
	}
	say(worker, BE_ASK_CHALLENGE, 1, cb_buf_span(&body));
	role_link(&store, &vault);
	ck_assert(hear(worker, &m));
	ck_assert_int_eq(m.code, 0);
	/* and what waited has its answer: there are no such keys */
	for (unsigned i = 1; i <= 64; i++) {
		ck_assert(hear(flood, &m));
		ck_assert_uint_eq(m.id, i);
	}
	cb_buf_free(&body);
	be_channel_free(&flood);
}
END_TEST

/* Of long ones fewer wait; one of each does always. */
START_TEST(long_requests_share_what_there_is)
{
	static uint8_t much[BE_BODY_MAX];
	struct be_channel *floods[9];
	struct be_message m;
	struct cb_buf body = CB_BUF_INIT;
	const uint8_t *ids[] = { zeros, id(0x51) };

	for (uint8_t i = 0; i < 9; i++) {
		floods[i] = role_peer(&vault, BE_WORKER, id((uint8_t)(0x70 + i)));
		for (unsigned n = 1; n <= 3; n++)
			say(floods[i], BE_ASK_CHECK, n, CB_SPAN_OF(much));
		for (unsigned n = i < 8 ? 3 : 2; n <= 3; n++) {
			ck_assert(hear(floods[i], &m));
			ck_assert_uint_eq(m.id, n);
			ck_assert_int_eq(m.code, CB_E_BUSY);
		}
	}
	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	say(worker, BE_ASK_CHALLENGE, 1, cb_buf_span(&body));
	role_link(&store, &vault);
	ck_assert(hear(worker, &m));
	ck_assert_int_eq(m.code, 0);
	cb_buf_free(&body);
	for (unsigned i = 0; i < 9; i++)
		be_channel_free(&floods[i]);
}
END_TEST

START_TEST(an_organisation_without_keys_is_refused)
{
	struct be_channel *ch = role_peer(&vault, BE_WORKER, id(0x6E));
	struct be_challenged c;

	role_link(&store, &vault);
	ck_assert_int_eq(challenge(ch, 0x51, &c), CB_E_ABSENT);
	ck_assert_int_eq(challenge(worker, 0x51, &c), CB_OK);
	be_channel_free(&ch);
}
END_TEST

static enum cb_err
check(struct cb_span bytes, struct cb_span mac)
{
	const struct be_ask_signed row = { bytes, mac };
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	ck_assert_int_eq(be_ask_signed_put(&body, &row), CB_OK);
	r = ask(worker, BE_ASK_CHECK, cb_buf_span(&body), NULL);
	cb_buf_free(&body);
	return r;
}

/* A policy of init's: as it is, and changed by who has the database. */
START_TEST(a_row_that_others_go_by_is_checked)
{
	const struct be_ask_rows key = { .table = BE_POLICY, .limit = 1,
		.key = { .n = 1,
		    .values = { BE_T(cb_span_str("second-signer")) } } };
	struct be_channel *ch = role_peer(&store, BE_WORKER, zeros);
	struct cb_buf body = CB_BUF_INIT, row = CB_BUF_INIT,
		      bytes = CB_BUF_INIT;
	struct be_ask_row policy;
	struct wire_grant grant;
	struct cb_span cur, mac;

	role_link(&store, &vault);
	ck_assert_int_eq(be_ask_rows_put(&body, BE_ASK_ROW, &key), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_ROW, cb_buf_span(&body), &row), CB_OK);
	cur = cb_buf_span(&row);
	ck_assert_int_eq(be_ask_row_get(&cur, &policy), CB_OK);
	ck_assert_int_eq(be_row_grant(BE_POLICY, zeros, policy.values, &grant,
			     &mac), CB_OK);
	ck_assert_int_eq(wire_grant_put(&bytes, &grant), CB_OK);
	ck_assert_int_eq(check(cb_buf_span(&bytes), mac), CB_OK);
	bytes.p[bytes.n - 1] ^= 1;
	ck_assert_int_eq(check(cb_buf_span(&bytes), mac), CB_E_CRYPTO);
	bytes.p[bytes.n - 1] ^= 1;
	ck_assert_int_eq(check(cb_buf_span(&bytes),
			     cb_span_head(mac, mac.n - 1)), CB_E_CRYPTO);
	be_channel_free(&ch);
	cb_buf_free(&body);
	cb_buf_free(&row);
	cb_buf_free(&bytes);
}
END_TEST

/* A worker that nobody has opened a card to. */
START_TEST(nothing_is_given_for_nothing)
{
	struct be_passcode_ask pin = { .session = { 1 } };
	struct be_unlock unlock = { .offer = cb_span_str("offer"),
		.accept = cb_span_str("accept") };
	const struct be_recheck again = { .session = { 1 } };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;

	role_link(&store, &vault);
	ck_assert_int_eq(be_unlock_put(&body, &unlock), CB_OK);
	ck_assert_int_eq(
	    ask(worker, BE_ASK_UNLOCK, cb_buf_span(&body), &answer),
	    CB_E_DENIED);
	ck_assert_uint_eq(answer.n, 0);
	cb_buf_clear(&body);
	ck_assert_int_eq(be_passcode_ask_put(&body, &pin), CB_OK);
	ck_assert_int_eq(
	    ask(worker, BE_ASK_PASSCODE, cb_buf_span(&body), &answer),
	    CB_E_ABSENT);
	cb_buf_clear(&body);
	ck_assert_int_eq(be_recheck_put(&body, &again), CB_OK);
	ck_assert_int_eq(
	    ask(worker, BE_ASK_RECHECK, cb_buf_span(&body), &answer),
	    CB_E_DENIED);
	ck_assert_int_eq(ask(worker, BE_ASK_TOKEN_HASH,
			     cb_span_str("enrol"), &answer),
	    CB_E_DENIED);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}
END_TEST

static const struct {
	enum be_ask type;
	size_t n;
} nonsense[] = {
	{ BE_ASK_SIGN_HEAD, 72 },	/* the store's */
	{ BE_ASK_KEYS, WIRE_ID },
	{ BE_ASK_ACT, 10 },
	{ BE_ASK_UNLOCK, 3 },
	{ BE_ASK_CHALLENGE, WIRE_ID },
	{ BE_ASK_PASSCODE, 5 },
	{ BE_ASK_RECHECK, 5 },
	{ BE_ASK_LATEST, 1 },
};

START_TEST(nonsense_ends_the_channel_alone)
{
	static const uint8_t bytes[100];
	struct be_challenged c;
	struct be_message m;

	role_link(&store, &vault);
	ck_assert_int_eq(challenge(worker, 0x51, &c), CB_OK);
	say(worker, nonsense[_i].type, 9, cb_span(bytes, nonsense[_i].n));
	ck_assert(!hear(worker, &m));
	ck_assert(role_runs(&vault));
	be_channel_free(&worker);
	worker = role_peer(&vault, BE_WORKER, zeros);
	ck_assert_int_eq(challenge(worker, 0x52, &c), CB_OK);
}
END_TEST

/* ---- heads --------------------------------------------------------------- */

static uint64_t
audit(void)
{
	struct be_channel *ch = role_peer(&store, BE_WORKER, zeros);
	struct cb_buf bytes = CB_BUF_INIT, body = CB_BUF_INIT,
		      answer = CB_BUF_INIT;
	struct cb_span entries[1];
	struct wire_entry e;
	struct be_act act = { .kind = BE_AUDIT, .now = 1800000000000,
		.entries = entries, .entries_n = 1 };
	struct be_acted acted;

	wire_entry_init(&e, WIRE_CLOCK_STEP, act.now);
	wire_entry_set_number(&e, WIRE_F_FROM, 1);
	wire_entry_set_number(&e, WIRE_F_TO, 2);
	ck_assert_int_eq(wire_entry_put(&bytes, &e), CB_OK);
	entries[0] = cb_buf_span(&bytes);
	ck_assert_int_eq(cr_random(act.id, WIRE_ID), CB_OK);
	ck_assert_int_eq(be_act_put(&body, &act), CB_OK);
	ck_assert_int_eq(
	    ask(ch, BE_ASK_ACT, cb_buf_span(&body), &answer), CB_OK);
	ck_assert_int_eq(
	    be_acted_get(cb_buf_span(&answer), &acted), CB_OK);
	ck_assert_int_eq(acted.err, CB_OK);
	be_channel_free(&ch);
	cb_buf_free(&bytes);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return acted.number;
}

/* Of the platform, by the file that the store has locked. */
static uint64_t
signed_to(void)
{
	char *path = be_path(rig_get()->dir, BE_FILE_HEADS);
	FILE *f = fopen(path, "re");
	char line[512];
	uint8_t head[WIRE_HEAD_SIGNED];
	struct wire_head out;
	uint64_t number = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (wire_export_head_get(cb_span_str(line), head) != CB_OK)
			continue;	/* the first, or not yet whole */
		ck_assert_int_eq(wire_head_get(CB_SPAN_OF(head),
				     rig_get()->books, &out),
		    CB_OK);
		if (memcmp(out.at.owner.organisation, zeros, WIRE_ID) == 0)
			number = out.at.number;
	}
	(void)fclose(f);
	free(path);
	return number;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

START_TEST(chains_that_grow_are_signed)
{
	const struct timespec pause = { 0, 10000000 };
	uint64_t number, since;

	role_link(&store, &vault);
	/* also the second: the first may be signed as the vault comes */
	for (int i = 0; i < 2; i++) {
		number = audit();
		since = now_ms();
		while (signed_to() != number) {
			ck_assert_msg(now_ms() - since < 10000, "no head");
			(void)nanosleep(&pause, NULL);
		}
	}
}
END_TEST

/* How late it was, of all chains. */
START_TEST(the_platform_is_told_when_that_was)
{
	const struct timespec pause = { 0, 10000000 };
	const uint64_t from = (uint64_t)time(NULL) * 1000, since = now_ms();
	struct cb_buf answer = CB_BUF_INIT;
	struct cb_span cur;
	uint64_t latest = 0;

	role_link(&store, &vault);
	(void)audit();
	while (latest < from) {
		ck_assert_msg(now_ms() - since < 10000, "no head");
		(void)nanosleep(&pause, NULL);
		ck_assert_int_eq(ask(worker, BE_ASK_LATEST, CB_SPAN_EMPTY,
				     &answer),
		    CB_OK);
		cur = cb_buf_span(&answer);
		ck_assert_int_eq(cb_get_u64(&cur, &latest), CB_OK);
		ck_assert_uint_eq(cur.n, 0);
	}
	ck_assert_uint_le(latest, ((uint64_t)time(NULL) + 1) * 1000);
	cb_buf_free(&answer);
}
END_TEST

/* What was entered while there was no vault is signed by the next. */
START_TEST(the_end_signs_what_is_left)
{
	const uint64_t number = audit();

	role_link(&store, &vault);
	ck_assert_int_eq(role_stop(&store), 0);
	ck_assert_uint_eq(signed_to(), number);
	store = role_start(BE_STORE, NULL);
}
END_TEST

Suite *
vault_role_suite(void)
{
	Suite *s = suite_create("vault_role");
	TCase *c = tcase_create("vault_role");

	tcase_set_timeout(c, 60);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, requests_wait_for_the_keys);
	tcase_add_test(c, who_waits_keeps_nobody_from_waiting);
	tcase_add_test(c, long_requests_share_what_there_is);
	tcase_add_test(c, an_organisation_without_keys_is_refused);
	tcase_add_test(c, a_row_that_others_go_by_is_checked);
	tcase_add_test(c, nothing_is_given_for_nothing);
	tcase_add_loop_test(c, nonsense_ends_the_channel_alone, 0,
	    (int)(sizeof(nonsense) / sizeof(nonsense[0])));
	tcase_add_test(c, chains_that_grow_are_signed);
	tcase_add_test(c, the_platform_is_told_when_that_was);
	tcase_add_test(c, the_end_signs_what_is_left);
	suite_add_tcase(s, c);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Sessions with a hosted card: it answers as it does directly, whatever is
 * sent again or out of order, and whoever dies.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/backend/worker/suites.h"

/* ---- as directly --------------------------------------------------------- */

static const char *const transcripts[] = { "login-sign", "login-list",
	"change-pin", "store-cert", "block" };

START_TEST(a_recorded_conversation_answers_as_directly)
{
	const char *src = getenv("srcdir");
	struct emu_card *direct = rig_direct();
	struct cb_buf cmd = CB_BUF_INIT, rsp = CB_BUF_INIT;
	char path[512], hex[8192], line[8192];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path),
	    "%s/tests/vectors/authentic5/authentic5-t1-%s.txt",
	    src != NULL ? src : ".", transcripts[_i]);
	ck_assert_ptr_nonnull(f = fopen(path, "re"));
	bridge_ready(&b);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] != '>')
			continue;
		line[strcspn(line, "\n")] = '\0';
		cb_buf_clear(&cmd);
		ck_assert_int_eq(
		    cb_hex_decode(&cmd, line + 2, strlen(line + 2)), CB_OK);
		ck_assert_int_eq(
		    emu_card_transmit(direct, cb_buf_span(&cmd), &rsp),
		    CB_OK);
		(void)cb_hex_encode(hex, sizeof(hex), cb_buf_span(&rsp));
		if (strncmp(line + 2, "0084", 4) == 0)
			continue;	/* a challenge is random */
		bridge_is(&b, line + 2, hex);
		n++;
	}
	fclose(f);
	ck_assert_uint_gt(n, 20);
	cb_buf_free(&cmd);
	cb_buf_free(&rsp);
	emu_card_free(&direct);
}
END_TEST

START_TEST(what_changes_nothing_asks_nobody)
{
	static const char *const quiet[] = { TO_5011, "00A40000021000",
		"00B0000024", SELECT_A5, "80CA9F7F2D" };
	struct be_worker_stats before, after;

	bridge_select(&b);
	before = rig_stats(&g);
	for (int i = 0; i < COUNT(quiet); i++)
		(void)bridge_apdu(&b, quiet[i]);
	after = rig_stats(&g);
	ck_assert_uint_eq(after.store_calls, before.store_calls);
	ck_assert_uint_eq(after.vault_calls, before.vault_calls);
	/* the class of the last one is not ISO's: it goes to the pool */
	ck_assert_uint_eq(after.pool_jobs, before.pool_jobs + 1);
	/* and this is seen if it is there */
	bridge_is(&b, SELECT_A5, "9000");
	(void)bridge_apdu(&b, TO_5011);
	bridge_is(&b, VERIFY, "9000");
	after = rig_stats(&g);
	ck_assert_uint_eq(after.store_calls, before.store_calls + 2);
	ck_assert_uint_eq(after.vault_calls, before.vault_calls + 1);
}
END_TEST

START_TEST(a_passcode_is_entered_in_the_books)
{
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	bridge_is(&b, VERIFY, "9000");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 2);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 2);
	/* the same value again is compared with what is known */
	bridge_is(&b, VERIFY, "9000");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 2);
}
END_TEST

START_TEST(a_blocked_passcode_costs_no_vault)
{
	unsigned before;

	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	bridge_is(&b, WRONG, "63C1");
	bridge_is(&b, WRONG, "6983");
	before = rig_passcodes(&g);
	bridge_is(&b, VERIFY, "6983");
	ck_assert_uint_eq(rig_passcodes(&g), before);
	/* in another session, too */
	bridge_select(&b);
	bridge_is(&b, VERIFY, "6983");
	ck_assert_uint_eq(rig_passcodes(&g), before);
}
END_TEST

/* Three wrong ones are counted wherever they come from. */
START_TEST(a_block_is_of_all_devices)
{
	struct be_worker_stats before, after;
	struct bridge other;
	unsigned scrypts;

	bridge_init(&other, &g, 1);
	for (int i = 0; i < 3; i++) {
		struct bridge *who = i % 2 == 0 ? &b : &other;

		bridge_take(who);
		bridge_is(who, WRONG, i == 0 ? "63C2" : i == 1 ? "63C1" : "6983");
	}
	for (int i = 0; i < 2; i++) {
		struct bridge *who = i == 0 ? &other : &b;

		bridge_take(who);
		before = rig_stats(&g);
		scrypts = rig_scrypts();
		bridge_is(who, VERIFY, "6983");
		bridge_is(who, TRIES, "63C0");
		after = rig_stats(&g);
		ck_assert_uint_eq(after.vault_calls, before.vault_calls);
		ck_assert_uint_eq(rig_scrypts(), scrypts);
	}
	/* and both are seen where there are some */
	ck_assert_uint_eq(rig_scrypts(), 3);
	ck_assert_uint_eq(rig_passcodes(&g), 3);
	bridge_clear(&other);
}
END_TEST

START_TEST(a_vault_that_limits_ends_the_session)
{
	struct be_limits few = { .burst = 1 };

	be_limit_clear(&g.limit);
	be_limit_init(&g.limit, &few);
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	bridge_is(&b, WRONG, "refused 8");
	bridge_is(&b, TRIES, "code 6 outcome 1");
	/* which costs no try: nothing was compared */
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C2");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
}
END_TEST

/* Program after program, each of which resets the card. */
START_TEST(who_logs_in_again_and_again_is_not_held_back)
{
	struct cb_buf records = CB_BUF_INIT;
	struct cb_span cur;

	bridge_ready(&b);
	for (int i = 0; i < 15; i++) {
		cb_buf_clear(&b.body);
		cb_buf_clear(&records);
		bridge_add(&b, WIRE_POWER, 2, CB_SPAN_EMPTY, 0);
		ck_assert(bridge_send(&b, &records));
		cur = cb_buf_span(&records);
		bridge_read(&b, &cur);
		bridge_is(&b, SELECT_A5, "9000");
		(void)bridge_apdu(&b, TO_5011);
		bridge_is(&b, VERIFY, "9000");
	}
	ck_assert_uint_eq(rig_passcodes(&g), 15);
	cb_buf_free(&records);
}
END_TEST

/* The old passcode is compared with what is known: right, and no try. */
START_TEST(a_refused_change_is_no_try)
{
	struct be_limits one = { .burst = 1 };
	char change[300];

	snprintf(change, sizeof(change), "0024000180%s%s", PIN_FIELD,
	    "363534333231" FFS);
	be_limit_clear(&g.limit);
	be_limit_init(&g.limit, &one);
	bridge_select(&b);
	bridge_is(&b, VERIFY, "9000");
	bridge_is(&b, change, "refused 8");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 2);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
}
END_TEST

/* ---- T=0 ----------------------------------------------------------------- */

/* One APDU with so many exchanges consumed: the exchanges of its answer. */
static struct cb_span
exchanges(const char *hex, uint16_t consumed)
{
	struct cb_buf apdu = CB_BUF_INIT, records = CB_BUF_INIT;
	struct cb_span cur;

	ck_assert_int_eq(cb_hex_decode(&apdu, hex, strlen(hex)), CB_OK);
	cb_buf_clear(&b.body);
	bridge_add(&b, WIRE_TRANSMIT, 0, cb_buf_span(&apdu), consumed);
	ck_assert(bridge_send(&b, &records));
	cur = cb_buf_span(&records);
	bridge_read(&b, &cur);
	ck_assert_msg(b.last.type == WIRE_DONE, "%s", b.last.text);
	cb_buf_free(&apdu);
	cb_buf_free(&records);
	return b.last.exchanges;
}

START_TEST(what_get_response_would_fetch_goes_along)
{
	static const char select[] = "00A40000023F0005";
	struct wire_exchange e;
	struct cb_span cur;

	bridge_ready(&b);
	/* in T=1 a short Le leaves a rest, as T=0 leaves all of it */
	bridge_is(&b, SELECT_A5, "9000");
	cur = exchanges(select, 0);
	ck_assert_uint_eq(b.last.count, 2);
	ck_assert_int_eq(wire_exchange_get(&cur, &e), CB_OK);
	ck_assert_uint_eq(e.answer.n, 5 + 2);
	ck_assert_uint_eq(e.answer.p[5], 0x61);
	ck_assert_int_eq(wire_exchange_get(&cur, &e), CB_OK);
	ck_assert_uint_eq(e.command.n, 5);
	ck_assert_uint_eq(e.command.p[1], 0xC0);
	ck_assert_uint_eq(e.answer.n, e.command.p[4] + 2u);
	/* not consumed: it still waits, and can be fetched otherwise */
	cur = exchanges("00C0000005", 0);
	ck_assert_uint_eq(b.last.count, 2);
	ck_assert_int_eq(wire_exchange_get(&cur, &e), CB_OK);
	ck_assert_uint_eq(e.answer.n, 5 + 2);
	/* consumed: there is nothing any more */
	(void)exchanges(select, 1);
	cur = exchanges("00C0000005", 1);
	ck_assert_uint_eq(b.last.count, 1);
	ck_assert_int_eq(wire_exchange_get(&cur, &e), CB_OK);
	ck_assert_uint_eq(e.answer.n, 2);
	ck_assert_uint_eq(e.answer.p[0], 0x69);
}
END_TEST

/* ---- exactly once -------------------------------------------------------- */

START_TEST(the_same_body_gets_the_same_bytes)
{
	struct cb_buf once = CB_BUF_INIT, twice = CB_BUF_INIT;
	int64_t entries;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	bridge_seal(&b, TRIES);
	ck_assert(bridge_send(&b, &once));
	entries = rig_number(&g, "SELECT count(*) FROM entry");
	for (int i = 0; i < 3; i++) {
		cb_buf_clear(&twice);
		ck_assert(bridge_send(&b, &twice));
		ck_assert(cb_span_equal(
		    cb_buf_span(&once), cb_buf_span(&twice)));
	}
	ck_assert_int_eq(
	    rig_number(&g, "SELECT count(*) FROM entry"), entries);
	cb_buf_free(&once);
	cb_buf_free(&twice);
}
END_TEST

START_TEST(a_body_out_of_order_ends_the_session)
{
	struct cb_buf none = CB_BUF_INIT;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_seal(&b, TRIES);
	if (_i == 0)	/* leaves a gap */
		cb_buf_clear(&b.body);
	else	/* overlaps the last one */
		ck_assert(bridge_send(&b, &none));
	bridge_seal(&b, WRONG);
	ck_assert(!bridge_send(&b, &none));
	ck_assert_uint_eq(b.code, CB_E_ABSENT);
	ck_assert_uint_eq(b.outcome, WIRE_NOT_RUN);
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C3");
	cb_buf_free(&none);
}
END_TEST

/* By a connection that its bridge has given up, long after the answer came by
 * another one. */
START_TEST(an_old_body_is_nothing)
{
	struct cb_buf old = CB_BUF_INIT, none = CB_BUF_INIT;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	ck_assert(bridge_send(&b, &none));
	b.from.next++;	/* not looked at */
	ck_assert_int_eq(cb_buf_set(&old, cb_buf_span(&b.body)), CB_OK);
	bridge_is(&b, TRIES, "63C2");
	cb_buf_move(&b.body, &old);
	for (int i = 0; i < 2; i++) {
		ck_assert(!bridge_send(&b, &none));
		ck_assert_uint_eq(b.code, CB_E_ABSENT);
		ck_assert_uint_eq(b.outcome, WIRE_NOT_KNOWN);
	}
	bridge_is(&b, TRIES, "63C2");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 1);
	cb_buf_free(&none);
}
END_TEST

START_TEST(records_of_one_session_are_nothing_to_another)
{
	struct bridge other;
	struct cb_buf recorded = CB_BUF_INIT, none = CB_BUF_INIT;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	ck_assert_int_eq(
	    cb_buf_set(&recorded, cb_buf_span(&b.body)), CB_OK);
	/* the same device opens the card anew, and takes the same number */
	bridge_init(&other, &g, 0);
	bridge_select(&other);
	cb_buf_move(&other.body, &recorded);
	ck_assert(!bridge_send(&other, &none));
	ck_assert_uint_eq(other.code, CB_E_CRYPTO);
	ck_assert_uint_eq(other.outcome, WIRE_NOT_RUN);
	cb_buf_clear(&other.body);
	/* nothing was run, and the session goes on */
	bridge_is(&other, TRIES, "63C3");
	bridge_clear(&other);
	cb_buf_free(&none);
}
END_TEST

START_TEST(an_accept_that_was_recorded_opens_nothing)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;

	bridge_ready(&b);
	ck_assert_int_eq(be_bytes_put(&body, b.d->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(cb_buf_add(&body, cb_buf_span(&b.accept)), CB_OK);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(rig_ask(&g, BE_ASK_OPEN, cb_buf_span(&body),
				      &answer),
		    CB_E_DENIED);
		rig_restart(&g);
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
}
END_TEST

/* The recorded conversation; of the decipherment it is kept that it was run,
 * and nothing that came with it. */
START_TEST(what_was_deciphered_is_stored_nowhere)
{
	const char *src = getenv("srcdir");
	struct cb_buf none = CB_BUF_INIT;
	char path[512], line[8192];
	int64_t before = -1;
	FILE *f;

	snprintf(path, sizeof(path),
	    "%s/tests/vectors/authentic5/authentic5-t1-login-decrypt.txt",
	    src != NULL ? src : ".");
	ck_assert_ptr_nonnull(f = fopen(path, "re"));
	bridge_ready(&b);
	while (rig_entries(&g, WIRE_DECIPHERED) == 0) {
		ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
		if (line[0] != '>')
			continue;
		line[strcspn(line, "\n")] = '\0';
		before = rig_number(&g, "SELECT max(sequence) FROM answer");
		(void)bridge_apdu(&b, line + 2);
	}
	fclose(f);
	ck_assert_int_gt(before, 0);
	ck_assert_int_gt(
	    rig_number(&g, "SELECT max(sequence) FROM answer"), before);
	ck_assert_int_eq(
	    rig_number(&g, "SELECT max(length(sealed)) FROM answer"), 0);
	/* a worker that died after it does not say that it was not run */
	rig_restart(&g);
	for (int i = 0; i < 2; i++) {
		ck_assert(!bridge_send(&b, &none));
		ck_assert_uint_eq(b.code, CB_E_ABSENT);
		ck_assert_uint_eq(b.outcome, WIRE_NOT_KNOWN);
	}
}
END_TEST

#define HELD "SELECT count(*) FROM lease WHERE device IS NOT NULL"

/* ---- deaths -------------------------------------------------------------- */

START_TEST(a_worker_that_died_gives_the_answer_once)
{
	struct cb_buf once = CB_BUF_INIT, again = CB_BUF_INIT;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	ck_assert(bridge_send(&b, &once));
	rig_restart(&g);
	ck_assert(bridge_send(&b, &again));
	ck_assert(cb_span_equal(cb_buf_span(&once), cb_buf_span(&again)));
	ck_assert(!bridge_send(&b, &again));
	ck_assert_uint_eq(b.code, CB_E_ABSENT);
	ck_assert_uint_eq(b.outcome, WIRE_GIVEN);
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C2");
	cb_buf_free(&once);
	cb_buf_free(&again);
}
END_TEST

START_TEST(what_was_not_run_is_said_so_once_its_lease_is_fenced)
{
	struct cb_buf none = CB_BUF_INIT;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	rig_restart(&g);
	ck_assert_int_eq(rig_number(&g, HELD), 1);
	ck_assert(!bridge_send(&b, &none));
	ck_assert_uint_eq(b.code, CB_E_ABSENT);
	ck_assert_uint_eq(b.outcome, WIRE_NOT_RUN);
	ck_assert_int_eq(rig_number(&g, HELD), 0);
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C3");
}
END_TEST

START_TEST(a_death_between_the_commits_of_verify_costs_that_try)
{
	struct cb_buf none = CB_BUF_INIT;

	bridge_select(&b);
	rig_fault(&g, FAULT_SWALLOW, 1);
	cb_buf_clear(&b.body);
	bridge_seal(&b, _i == 0 ? VERIFY : WRONG);
	(void)bridge_post(&b);
	for (int i = 0; i < 1000 && rig_swallowed(&g) == 0; i++)
		(void)rig_has(&g, 0xFFFF, 10);
	ck_assert_uint_eq(rig_swallowed(&g), 1);
	rig_restart(&g);
	ck_assert(!bridge_send(&b, &none));
	ck_assert_uint_eq(b.outcome, WIRE_NOT_KNOWN);
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C2");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 0);
}
END_TEST

/* Of two in one body the second dies between its commits. */
START_TEST(what_was_answered_before_a_death_is_not_lost)
{
	struct cb_buf records = CB_BUF_INIT;
	struct cb_span cur;

	bridge_select(&b);
	rig_fault(&g, FAULT_SWALLOW, 3);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	bridge_seal(&b, WRONG);
	(void)bridge_post(&b);
	for (int i = 0; i < 1000 && rig_swallowed(&g) == 0; i++)
		(void)rig_has(&g, 0xFFFF, 10);
	ck_assert_uint_eq(rig_swallowed(&g), 1);
	rig_restart(&g);
	ck_assert(bridge_send(&b, &records));
	cur = cb_buf_span(&records);
	bridge_read(&b, &cur);
	ck_assert_int_eq(b.last.type, WIRE_DONE);
	ck_assert_uint_eq(cur.n, 0);	/* of the other it is not known */
	ck_assert(!bridge_send(&b, &records));
	ck_assert_uint_eq(b.outcome, WIRE_GIVEN);
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C1");
	cb_buf_free(&records);
}
END_TEST

START_TEST(a_store_that_fails_lets_no_answer_out)
{
	struct cb_buf none = CB_BUF_INIT;

	bridge_select(&b);
	rig_fault(&g, FAULT_FAIL, (unsigned)_i);
	cb_buf_clear(&b.body);
	bridge_seal(&b, VERIFY);
	ck_assert(!bridge_send(&b, &none));
	ck_assert_uint_eq(b.code, CB_E_STORE);
	rig_fault(&g, NO_FAULT, 0);
	/* the card is nobody's, before anybody asks for it again */
	for (int i = 0; i < 1000; i++) {
		if (rig_number(&g, HELD) == 0)
			break;
		(void)rig_has(&g, 0xFFFF, 5);
	}
	ck_assert_int_eq(rig_number(&g, HELD), 0);
	/* the bridge asks again, and hears that it was not run, or that the
	 * try was spent and no more is known */
	ck_assert(!bridge_send(&b, &none));
	ck_assert_uint_eq(b.code, CB_E_ABSENT);
	ck_assert_uint_eq(b.outcome, _i == 0 ? WIRE_NOT_RUN : WIRE_NOT_KNOWN);
	bridge_select(&b);
	bridge_is(&b, TRIES, _i == 0 ? "63C3" : "63C2");
}
END_TEST

/* Of VERIFY, that a try is spent, and what came of it; of the second, nobody
 * waits for the answer. */
static const struct {
	enum fault fault;
	unsigned after;
} losses[] = { { FAULT_LOSE, 0 }, { FAULT_LOSE, 1 } };

START_TEST(an_act_whose_answer_was_lost_is_looked_up)
{
	g.set.patience = 300;
	rig_restart(&g);
	bridge_select(&b);
	rig_fault(&g, losses[_i].fault, losses[_i].after);
	bridge_is(&b, WRONG, "63C2");
	rig_fault(&g, NO_FAULT, 0);
	bridge_is(&b, TRIES, "63C2");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 1);
}
END_TEST

/* The one thread of the worker does something else meanwhile. */
START_TEST(a_commit_keeps_no_thread)
{
	const uint8_t *const ids[] = { g.devices[1].id, g.card };
	struct cb_buf body = CB_BUF_INIT, offer = CB_BUF_INIT,
		      records = CB_BUF_INIT;
	uint64_t id;

	g.set.patience = 2000;
	g.set.threads = 1;
	rig_restart(&g);
	bridge_select(&b);
	rig_fault(&g, FAULT_SWALLOW, 1);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	id = bridge_post(&b);
	for (int i = 0; i < 150 && rig_swallowed(&g) == 0; i++)
		(void)rig_has(&g, 0xFFFF, 10);
	ck_assert_uint_eq(rig_swallowed(&g), 1);
	rig_fault(&g, NO_FAULT, 0);
	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	ck_assert_uint_eq(
	    rig_ask(&g, BE_ASK_OFFER, cb_buf_span(&body), &offer), 0);
	ck_assert(!rig_has(&g, id, 0));
	/* then it is looked up, and done once more */
	ck_assert_uint_eq(rig_wait(&g, id, &records), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 1);
	cb_buf_free(&body);
	cb_buf_free(&offer);
	cb_buf_free(&records);
}
END_TEST

Suite *
session_suite(void)
{
	Suite *s = suite_create("session");
	TCase *t = tcase_create("session");

	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_recorded_conversation_answers_as_directly,
	    0, COUNT(transcripts));
	tcase_add_test(t, what_changes_nothing_asks_nobody);
	tcase_add_test(t, a_passcode_is_entered_in_the_books);
	tcase_add_test(t, a_blocked_passcode_costs_no_vault);
	tcase_add_test(t, a_block_is_of_all_devices);
	tcase_add_test(t, a_vault_that_limits_ends_the_session);
	tcase_add_test(t, who_logs_in_again_and_again_is_not_held_back);
	tcase_add_test(t, a_refused_change_is_no_try);
	tcase_add_test(t, what_get_response_would_fetch_goes_along);
	tcase_add_test(t, the_same_body_gets_the_same_bytes);
	tcase_add_loop_test(t, a_body_out_of_order_ends_the_session, 0, 2);
	tcase_add_test(t, an_old_body_is_nothing);
	tcase_add_test(t, records_of_one_session_are_nothing_to_another);
	tcase_add_test(t, an_accept_that_was_recorded_opens_nothing);
	tcase_add_test(t, what_was_deciphered_is_stored_nowhere);
	tcase_add_test(t, a_worker_that_died_gives_the_answer_once);
	tcase_add_test(
	    t, what_was_not_run_is_said_so_once_its_lease_is_fenced);
	tcase_add_loop_test(
	    t, a_death_between_the_commits_of_verify_costs_that_try, 0, 2);
	tcase_add_test(t, what_was_answered_before_a_death_is_not_lost);
	tcase_add_loop_test(t, a_store_that_fails_lets_no_answer_out, 0, 2);
	tcase_add_loop_test(t, an_act_whose_answer_was_lost_is_looked_up, 0,
	    COUNT(losses));
	tcase_add_test(t, a_commit_keeps_no_thread);
	suite_add_tcase(s, t);
	return s;
}

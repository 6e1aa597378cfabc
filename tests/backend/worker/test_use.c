/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who may use a card: rights, taking over, watching, and giving it back.
 */
#include <string.h>
#include <time.h>

#include "backend/worker/watch.h"
#include "tests/backend/worker/suites.h"

/* ---- who may ------------------------------------------------------------- */

START_TEST(nobody_else_opens_a_card)
{
	struct wire_key *const own = g.devices[0].key;
	struct bridge other;

	bridge_init(&other, &g, 0);
	if (_i == 0)
		g.devices[0].revoked = true;
	else if (_i == 1)
		bridge_init(&other, &g, DEVICES - 1); /* no right */
	else
		g.devices[0].key = g.devices[1].key; /* not its own */
	ck_assert_uint_ne(bridge_open(&other, false), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_REFUSED), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 0);
	g.devices[0].key = own;
	bridge_clear(&other);
}
END_TEST

/* Somebody who has no right asks again and again. */
START_TEST(refusals_do_not_fill_the_books)
{
	struct bridge other;

	g.set.refusals = 3;
	g.set.refusal = 2000;
	rig_restart(&g);
	bridge_init(&other, &g, DEVICES - 1);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_ne(bridge_open(&other, false), 0);
	ck_assert_uint_lt(rig_entries(&g, WIRE_SESSION_REFUSED), 10);
	/* those that follow the first are entered together */
	for (int i = 0; i < 1000; i++) {
		(void)rig_has(&g, 0xFFFF, 10);
		if (rig_number(&g, "SELECT count(*) FROM entry WHERE "
				   "instr(bytes, CAST('times-' AS BLOB))") > 0)
			break;
	}
	ck_assert_uint_ge(rig_entries(&g, WIRE_SESSION_REFUSED), 4);
	ck_assert_int_gt(rig_number(&g, "SELECT count(*) FROM entry WHERE "
			     "instr(bytes, CAST('times-' AS BLOB))"),
	    0);
	bridge_clear(&other);
}
END_TEST

START_TEST(a_foreign_device_runs_nothing_in_a_session)
{
	struct bridge other;
	struct cb_buf none = CB_BUF_INIT;

	bridge_select(&b);
	bridge_init(&other, &g, 1);
	memcpy(other.session, b.session, WIRE_ID);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	cb_buf_move(&other.body, &b.body);
	ck_assert(!bridge_send(&other, &none));
	ck_assert_uint_eq(other.code, CB_E_ABSENT);
	/* the very same from its own device is run */
	cb_buf_move(&b.body, &other.body);
	ck_assert(bridge_send(&b, &none));
	b.from.next++;	/* not looked at */
	bridge_is(&b, TRIES, "63C2");
	bridge_clear(&other);
	cb_buf_free(&none);
}
END_TEST

START_TEST(another_organisation_is_refused)
{
	struct wire_offer offer;
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	const uint8_t *const ids[] = { b.d->id, g.card };

	/* an OFFER with the organisation changed on the road: signature and
	 * label are of the other one */
	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	ck_assert_uint_eq(
	    rig_ask(&g, BE_ASK_OFFER, cb_buf_span(&body), &b.offer), 0);
	ck_assert_int_eq(
	    wire_offer_get(cb_buf_span(&b.offer), &offer), CB_OK);
	b.offer.p[8 + WIRE_ID] ^= 1;
	bridge_accept(&b, false);
	cb_buf_clear(&body);
	ck_assert_int_eq(be_bytes_put(&body, b.d->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(cb_buf_add(&body, cb_buf_span(&b.accept)), CB_OK);
	ck_assert_uint_eq(
	    rig_ask(&g, BE_ASK_OPEN, cb_buf_span(&body), &answer),
	    CB_E_DENIED);
	cb_buf_free(&body);
	cb_buf_free(&answer);
}
END_TEST

/* ---- without a certificate ------------------------------------------------ */

/* What OFFER says, when the policy is known. */
static enum cb_err
offered(void)
{
	const uint8_t *const ids[] = { b.d->id, g.card };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	const struct timespec moment = { 0, 10000000 };
	uint16_t code;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	for (int i = 0; i < 1000; i++) {
		code = rig_ask(&g, BE_ASK_OFFER, cb_buf_span(&body), &answer);
		if (code != CB_E_PEER)
			break;
		(void)nanosleep(&moment, NULL);
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return (enum cb_err)code;
}

static const struct {
	const char *policy;
	bool forged;
	enum cb_err code;
} policies[] = {
	{ "yes", false, CB_OK },
	{ "no", false, CB_E_DENIED },
	{ "yesterday", false, CB_E_DENIED },
	{ NULL, false, CB_E_DENIED },
	{ "yes", true, CB_E_DENIED },
};

START_TEST(a_device_without_its_certificate)
{
	g.policy = policies[_i].policy;
	g.forged = policies[_i].forged;
	ck_assert_int_eq(offered(), CB_OK);
	g.inspected = true;
	ck_assert_int_eq(offered(), policies[_i].code);
	/* others feel nothing of it */
	g.inspected = false;
	ck_assert_int_eq(offered(), CB_OK);
}
END_TEST

/* ---- taking over, watching ----------------------------------------------- */

START_TEST(a_card_that_is_taken_over_is_told)
{
	struct bridge other;
	struct watch_told t;
	uint64_t held;

	bridge_select(&b);
	t = watch_told(&g, watch_post(&b, true, 0));
	ck_assert_uint_eq(t.state, WIRE_THERE);
	ck_assert_uint_eq(t.flags, 0);
	held = watch_post(&b, true, t.stamp);
	ck_assert(!rig_has(&g, held, 100));
	bridge_init(&other, &g, 1);
	ck_assert_uint_eq(bridge_open(&other, false), CB_E_BUSY);
	bridge_is(&b, SELECT_A5, "9000");	/* it goes on */
	ck_assert(!rig_has(&g, held, 50));
	ck_assert_uint_eq(bridge_open(&other, true), 0);
	ck_assert_int_eq(other.last.type, WIRE_OPENED);
	t = watch_told(&g, held);
	ck_assert_uint_eq(t.state, WIRE_ELSEWHERE);
	ck_assert_uint_eq(t.flags, 1);
	bridge_is(&b, SELECT_A5, "code 6 outcome 1");
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_TAKEOVER), 1);
	/* of each session that was opened there is the end */
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_OPEN), 2);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM entry WHERE"
					" instr(bytes, CAST('taken-over' AS"
					" BLOB)) > 0"),
	    1);
	bridge_clear(&other);
}
END_TEST

/* The store looks for a card's number from its last entry back. */
START_TEST(who_opens_again_and_again_tells_the_number)
{
	bridge_select(&b);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(bridge_open(&b, false), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 4);
	/* field 13: the number, u64 */
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM entry WHERE"
					" instr(bytes, CAST('reopened' AS"
					" BLOB)) > 0 AND instr(bytes,"
					" x'0D00080000') > 0"),
	    4);
}
END_TEST

START_TEST(a_card_that_may_not_be_taken_over_goes_on)
{
	struct bridge other;

	rig_sql(&g, "UPDATE card SET take_over=0");
	bridge_select(&b);
	bridge_init(&other, &g, 1);
	ck_assert_uint_eq(bridge_open(&other, true), CB_E_BUSY);
	bridge_is(&b, SELECT_A5, "9000");
	bridge_clear(&other);
}
END_TEST

START_TEST(taking_over_waits_for_the_running_command)
{
	struct bridge other;
	struct cb_buf records = CB_BUF_INIT;
	struct cb_span cur;
	uint64_t running;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	for (int i = 0; i < 3; i++)
		bridge_seal(&b, i < 2 ? WRONG : TRIES);
	running = bridge_post(&b);
	bridge_init(&other, &g, 1);
	ck_assert_uint_eq(bridge_open(&other, true), 0);
	/* both were run, or the session was taken before they came */
	ck_assert_uint_eq(rig_wait(&g, running, &records), 0);
	cur = cb_buf_span(&records);
	for (int i = 0; i < 3; i++)
		bridge_read(&b, &cur);
	ck_assert_uint_eq(cur.n, 0);
	bridge_clear(&other);
	cb_buf_free(&records);
}
END_TEST

START_TEST(a_device_opens_its_own_card_anew)
{
	uint8_t old[WIRE_ID];
	struct watch_told t;

	bridge_select(&b);
	memcpy(old, b.session, WIRE_ID);
	bridge_select(&b);
	ck_assert_uint_eq(rig_stats(&g).sessions, 1);
	memcpy(b.session, old, WIRE_ID);
	t = watch_told(&g, watch_post(&b, true, 0));
	ck_assert_uint_eq(t.state, WIRE_THERE);
	ck_assert_uint_eq(t.flags, 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_TAKEOVER), 0);
}
END_TEST

START_TEST(who_has_no_right_sees_no_card)
{
	struct bridge other;
	struct watch_told t;

	bridge_init(&other, &g, DEVICES - 1);
	t = watch_told(&g, watch_post(&other, false, 0));
	ck_assert_uint_eq(t.state, WIRE_NOT_THERE);
	ck_assert_str_eq(t.atr, "");
	t = watch_told(&g, watch_post(&b, false, 0));
	ck_assert_uint_eq(t.state, WIRE_THERE);
	bridge_clear(&other);
}
END_TEST

START_TEST(a_session_whose_bridge_is_silent_ends)
{
	uint64_t held;
	struct watch_told t;
	struct cb_buf body = CB_BUF_INIT;

	g.set.silent = 200;
	rig_restart(&g);
	bridge_select(&b);
	t = watch_told(&g, watch_post(&b, true, 0));
	held = watch_post(&b, true, t.stamp);
	ck_assert(!rig_has(&g, held, 600));	/* a hold keeps it */
	bridge_is(&b, SELECT_A5, "9000");
	ck_assert_int_eq(cb_put_u64(&body, held), CB_OK);
	(void)rig_send(&g, BE_ASK_UNWATCH, cb_buf_span(&body));
	for (int i = 0; i < 1000 && rig_stats(&g).sessions > 0; i++)
		(void)rig_has(&g, 0xFFFF, 10);
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
	bridge_is(&b, SELECT_A5, "code 6 outcome 1");
	cb_buf_free(&body);
}
END_TEST

START_TEST(close_gives_the_card_back)
{
	struct cb_buf records = CB_BUF_INIT;
	struct cb_span cur;

	bridge_select(&b);
	cb_buf_clear(&b.body);
	bridge_add(&b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(&b, &records));
	cur = cb_buf_span(&records);
	bridge_read(&b, &cur);
	ck_assert_int_eq(b.last.type, WIRE_DONE);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM lease WHERE "
					"device IS NOT NULL"),
	    0);
	/* its answer was lost: it is given again */
	cb_buf_clear(&records);
	ck_assert(bridge_send(&b, &records));
	cb_buf_free(&records);
}
END_TEST

/* Soon enough to meet a session that is being taken out. */
START_TEST(who_asks_again_at_the_end_is_answered)
{
	for (int i = 0; i < 24; i++) {
		struct cb_buf answer = CB_BUF_INIT;
		uint64_t id;

		bridge_clear(&b);
		bridge_init(&b, &g, 0);
		bridge_ready(&b);
		cb_buf_clear(&b.body);
		bridge_add(&b, WIRE_CLOSE, 0, CB_SPAN_EMPTY, 0);
		for (int asked = 0; asked < 2; asked++) {
			id = bridge_post(&b);
			ck_assert_uint_eq(rig_wait(&g, id, &answer), 0);
		}
		cb_buf_free(&answer);
	}
}
END_TEST

/* While the card is read, its lease is of no session that there is. */
START_TEST(a_card_that_is_being_opened_is_not_taken)
{
	struct bridge other;
	uint64_t first, second;

	bridge_init(&other, &g, 1);
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	ck_assert_uint_eq(bridge_open_post(&b, false, &first), 0);
	rig_await_late(&g);
	ck_assert_uint_eq(bridge_open_post(&other, false, &second), 0);
	ck_assert(!rig_has(&g, second, 200));
	rig_end_late(&g);
	ck_assert_uint_eq(bridge_opened(&b, first), 0);
	ck_assert_int_eq(b.last.type, WIRE_OPENED);
	ck_assert_uint_eq(bridge_opened(&other, second), CB_E_BUSY);
	bridge_clear(&other);
}
END_TEST

/* The bridge has given up, and opened the card anew. */
START_TEST(an_open_that_is_old_ends_no_session)
{
	struct bridge again;
	uint64_t first, second;

	g.set.opening = 1000;
	rig_restart(&g);
	bridge_init(&again, &g, 0);
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	ck_assert_uint_eq(bridge_open_post(&b, false, &first), 0);
	rig_await_late(&g);
	ck_assert_uint_eq(bridge_open_post(&again, false, &second), 0);
	(void)rig_has(&g, second, 1200);
	rig_end_late(&g);
	ck_assert_uint_eq(bridge_opened(&b, first), 0);
	ck_assert_uint_eq(bridge_opened(&again, second), CB_E_TIMEOUT);
	ck_assert_uint_eq(rig_stats(&g).sessions, 1);
	bridge_clear(&again);
}
END_TEST

/* More of them than the pool has threads, which have other work to do. */
START_TEST(who_waits_holds_no_thread)
{
	struct bridge others[6], offered;
	const uint8_t *const ids[] = { g.devices[1].id, g.card };
	struct cb_buf body = CB_BUF_INIT;
	uint64_t first, id[COUNT(others)];

	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	ck_assert_uint_eq(bridge_open_post(&b, false, &first), 0);
	rig_await_late(&g);
	for (int i = 0; i < COUNT(others); i++) {
		bridge_init(&others[i], &g, 0);
		ck_assert_uint_eq(
		    bridge_open_post(&others[i], false, &id[i]), 0);
	}
	ck_assert(!rig_has(&g, id[COUNT(others) - 1], 200));
	bridge_init(&offered, &g, 1);
	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	for (int i = 0; i < COUNT(others); i++)
		ck_assert_uint_eq(rig_ask(&g, BE_ASK_OFFER,
				      cb_buf_span(&body), &offered.offer),
		    0);
	rig_end_late(&g);
	ck_assert_uint_eq(bridge_opened(&b, first), 0);
	for (int i = 0; i < COUNT(others); i++) {
		ck_assert_uint_eq(bridge_opened(&others[i], id[i]), 0);
		bridge_clear(&others[i]);
	}
	ck_assert_uint_eq(rig_stats(&g).sessions, 1);
	bridge_clear(&offered);
	cb_buf_free(&body);
}
END_TEST

/* It is freed while somebody waits for a card. */
START_TEST(a_worker_that_ends_waits_for_nobody)
{
	uint64_t id;

	g.set.patience = 200;
	rig_restart(&g);
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	ck_assert_uint_eq(bridge_open_post(&b, false, &id), 0);
	rig_await_late(&g);
	ck_assert_uint_eq(bridge_open_post(&b, false, &id), 0);
	ck_assert(!rig_has(&g, id, 50));
	__atomic_store_n(&g.late, false, __ATOMIC_RELEASE);
	rig_restart(&g);
	bridge_select(&b);
}
END_TEST

/* What the bridge asks for alone makes nobody yield. */
START_TEST(who_may_not_take_over_disturbs_nobody)
{
	struct bridge other;
	struct watch_told t;
	uint64_t running, id;
	struct cb_buf records = CB_BUF_INIT;

	g.take_over = false;
	bridge_select(&b);
	/* which they are told before they try, and who has it is not */
	bridge_init(&other, &g, 1);
	t = watch_told(&g, watch_post(&other, false, 0));
	ck_assert_uint_eq(t.state, WIRE_ELSEWHERE);
	ck_assert_uint_eq(t.flags, 4);
	t = watch_told(&g, watch_post(&b, true, 0));
	ck_assert_uint_eq(t.state, WIRE_THERE);
	ck_assert_uint_eq(t.flags, 0);
	g.late_type = BE_ASK_ACT;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	running = bridge_post(&b);
	rig_await_late(&g);
	/* the card is in use, and still the answer comes at once */
	ck_assert_uint_eq(bridge_open_post(&other, true, &id), 0);
	ck_assert_uint_eq(bridge_opened(&other, id), CB_E_BUSY);
	ck_assert(!rig_has(&g, running, 0));
	rig_end_late(&g);
	ck_assert_uint_eq(rig_wait(&g, running, &records), 0);
	bridge_clear(&other);
	cb_buf_free(&records);
}
END_TEST

/* ---- floods of watches --------------------------------------------------- */

START_TEST(a_card_is_looked_up_once)
{
	struct bridge other;
	struct watch_told t;
	uint64_t before, ids[200];

	bridge_init(&other, &g, DEVICES - 1);
	/* nothing of it is known until all have asked */
	g.late_type = BE_ASK_RIGHTS;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	before = rig_stats(&g).store_calls;
	ids[0] = watch_post(&other, false, 0);
	rig_await_late(&g);
	for (int i = 1; i < COUNT(ids); i++)
		ids[i] = watch_post(&other, false, 0);
	(void)bridge_offer(&b);	/* all of them have been taken */
	__atomic_store_n(&g.late, false, __ATOMIC_RELEASE);
	ck_assert_uint_eq(bridge_open(&b, false), 0);
	for (int i = 0; i < COUNT(ids); i++) {
		t = watch_told(&g, ids[i]);
		ck_assert_uint_eq(t.state, WIRE_NOT_THERE);
	}
	/* and what opening a card takes */
	ck_assert_uint_lt(rig_stats(&g).store_calls - before, 10);
	bridge_clear(&other);
}
END_TEST

START_TEST(a_holder_watches_so_often)
{
	uint64_t first, second, held;
	struct cb_buf body = CB_BUF_INIT;
	struct watch_told t;

	bridge_select(&b);
	t = watch_told(&g, watch_post(&b, true, 0));
	first = watch_post(&b, true, t.stamp);
	second = watch_post(&b, true, t.stamp);
	for (int i = 2; i < BE_WATCHES_MAX; i++)
		(void)watch_post(&b, true, t.stamp);
	ck_assert(!rig_has(&g, first, 50));
	held = watch_post(&b, true, t.stamp);
	/* the oldest goes, with a code that ends its hold */
	ck_assert_uint_eq(rig_wait(&g, first, &body), CB_E_NOMEM);
	ck_assert(!rig_has(&g, second, 50));
	ck_assert(!rig_has(&g, held, 0));
	bridge_is(&b, SELECT_A5, "9000");
	cb_buf_free(&body);
}
END_TEST

/* ---- stopping ------------------------------------------------------------ */

static void
on_stopped(void *ctx)
{
	__atomic_store_n((bool *)ctx, true, __ATOMIC_RELAXED);
}

/* While a card is being opened: with a right to it, and with none. */
START_TEST(stopping_waits_for_what_is_being_opened)
{
	bool stopped = false;
	uint64_t id;

	if (_i == 1)
		rig_sql(&g, "DELETE FROM record WHERE name='root'");
	/* the store's thread comes no further than its first act */
	(void)pthread_mutex_lock(&g.lock);
	ck_assert_uint_eq(bridge_open_post(&b, false, &id), 0);
	for (int i = 0; i < 1000 && rig_stats(&g).sessions == 0; i++)
		(void)rig_has(&g, 0xFFFF, 5);
	be_worker_stop(g.w, on_stopped, &stopped);
	(void)rig_has(&g, 0xFFFF, 100);
	(void)pthread_mutex_unlock(&g.lock);
	for (int i = 0; i < 1000; i++) {
		if (__atomic_load_n(&stopped, __ATOMIC_RELAXED))
			break;
		(void)rig_has(&g, 0xFFFF, 5);
	}
	ck_assert(__atomic_load_n(&stopped, __ATOMIC_RELAXED));
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
	ck_assert_uint_eq(bridge_opened(&b, id), 0);
	ck_assert_int_eq(
	    b.last.type, _i == 0 ? WIRE_OPENED : WIRE_REFUSED);
}
END_TEST

/* ---- what the vault keeps ------------------------------------------------ */

START_TEST(a_session_that_does_not_begin_is_given_up)
{
	g.as_person = true;
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(bridge_open(&b, false), CB_E_DENIED);
	ck_assert(rig_holds(&g, 0));
	g.as_person = false;
	bridge_ready(&b);
	ck_assert(rig_holds(&g, 1));
}
END_TEST

/* ---- enrolling ----------------------------------------------------------- */

START_TEST(a_token_enrols_once)
{
	static const uint8_t token[WIRE_TOKEN] = { 7 },
			     device[WIRE_ID] = { 0xDE };
	struct cb_buf enrol = CB_BUF_INIT, answer = CB_BUF_INIT,
		      again = CB_BUF_INIT;

	rig_token(&g, token, device);
	rig_enrol(token, &enrol);
	ck_assert_uint_eq(
	    rig_ask(&g, BE_ASK_ENROL, cb_buf_span(&enrol), &answer), 0);
	ck_assert_uint_gt(answer.n, 200);
	ck_assert_uint_eq(rig_entries(&g, WIRE_ENROLLED), 1);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM device WHERE "
					"state=1 AND length(mac)=38 AND "
					"label=CAST('Desk 3' AS BLOB)"),
	    1);
	/* its answer may have been lost: the same key gets the same */
	ck_assert_uint_eq(
	    rig_ask(&g, BE_ASK_ENROL, cb_buf_span(&enrol), &again), 0);
	ck_assert(cb_span_equal(cb_buf_span(&answer), cb_buf_span(&again)));
	for (int i = 0; i < 2; i++) {
		cb_buf_clear(&enrol);
		rig_enrol(token, &enrol);
		ck_assert_uint_eq(rig_ask(&g, BE_ASK_ENROL,
				      cb_buf_span(&enrol), &answer),
		    CB_E_DENIED);
	}
	ck_assert_uint_eq(rig_entries(&g, WIRE_ENROLLED), 1);
	cb_buf_free(&again);
	cb_buf_free(&enrol);
	cb_buf_free(&answer);
}
END_TEST

Suite *
use_suite(void)
{
	Suite *s = suite_create("use");
	TCase *t = tcase_create("use");

	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, nobody_else_opens_a_card, 0, 3);
	tcase_add_test(t, refusals_do_not_fill_the_books);
	tcase_add_test(t, a_foreign_device_runs_nothing_in_a_session);
	tcase_add_test(t, another_organisation_is_refused);
	tcase_add_loop_test(t, a_device_without_its_certificate, 0,
	    COUNT(policies));
	tcase_add_test(t, a_card_that_is_taken_over_is_told);
	tcase_add_test(t, who_opens_again_and_again_tells_the_number);
	tcase_add_test(t, a_card_that_may_not_be_taken_over_goes_on);
	tcase_add_test(t, taking_over_waits_for_the_running_command);
	tcase_add_test(t, a_card_that_is_being_opened_is_not_taken);
	tcase_add_test(t, an_open_that_is_old_ends_no_session);
	tcase_add_test(t, who_waits_holds_no_thread);
	tcase_add_test(t, a_worker_that_ends_waits_for_nobody);
	tcase_add_test(t, who_may_not_take_over_disturbs_nobody);
	tcase_add_test(t, a_card_is_looked_up_once);
	tcase_add_test(t, a_holder_watches_so_often);
	tcase_add_test(t, a_device_opens_its_own_card_anew);
	tcase_add_test(t, who_has_no_right_sees_no_card);
	tcase_add_test(t, a_session_whose_bridge_is_silent_ends);
	tcase_add_test(t, close_gives_the_card_back);
	tcase_add_test(t, who_asks_again_at_the_end_is_answered);
	tcase_add_loop_test(
	    t, stopping_waits_for_what_is_being_opened, 0, 2);
	tcase_add_test(t, a_session_that_does_not_begin_is_given_up);
	tcase_add_test(t, a_token_enrols_once);
	suite_add_tcase(s, t);
	return s;
}

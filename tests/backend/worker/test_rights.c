/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rights that end while a card is in use, and that begin while somebody waits
 * for one.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/backend/worker/suites.h"

#define LEASES "SELECT count(*) FROM lease WHERE device IS NOT NULL"

static uint64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
set(bool *what, bool value)
{
	__atomic_store_n(what, value, __ATOMIC_RELAXED);
}

/* ---- ends ---------------------------------------------------------------- */

static void
revoke(void)
{
	set(&g.devices[0].revoked, true);
}

static void
unassign(void)
{
	set(&g.devices[0].assigned, false);
}

static void
suspend(void)
{
	__atomic_store_n(&g.card_state, 2, __ATOMIC_RELAXED);
}

static void
be_over(void)
{
	__atomic_store_n(
	    &g.devices[0].until, (uint64_t)time(NULL) * 1000, __ATOMIC_RELAXED);
}

static const struct {
	const char *name;
	void (*end)(void);
} ends[] = {
	{ "revoked", revoke },
	{ "not assigned any more", unassign },
	{ "the card is suspended", suspend },
	{ "over", be_over },
};

static void
is_ended(uint64_t since)
{
	uint16_t code;

	for (int i = 0; i < 500 && rig_stats(&g).sessions > 0; i++)
		(void)rig_has(&g, 0xFFFF, 5);
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
	ck_assert_uint_lt(now_ms() - since, 1000);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
	ck_assert_int_eq(rig_number(&g, LEASES), 0);
	bridge_is(&b, SELECT_A5, "code 6 outcome 1");
	/* whether a row or the right is missing */
	code = bridge_open(&b, false);
	ck_assert(code == CB_E_DENIED || code == CB_E_ABSENT);
}

START_TEST(a_session_ends_with_its_right)
{
	struct watch_told t;
	uint64_t held, since;

	bridge_select(&b);
	held = watch_held(&b);
	be_rights_changed(g.w);	/* not for this one */
	ck_assert(!rig_has(&g, held, 100));
	bridge_is(&b, SELECT_A5, "9000");
	ends[_i].end();
	since = now_ms();
	be_rights_changed(g.w);
	t = watch_told(&g, held);
	printf("# %s: told after %llu ms\n", ends[_i].name,
	    (unsigned long long)(now_ms() - since));
	ck_assert_uint_eq(t.state, WIRE_NOT_THERE);
	ck_assert_uint_eq(t.flags, 1);
	ck_assert_uint_eq(t.code, CB_E_DENIED);
	is_ended(since);
	/* asked again, it stays so */
	ck_assert(!rig_has(&g, watch_post(&b, false, t.stamp ^ 1u << 4), 50));
}
END_TEST

START_TEST(one_that_sends_nothing_ends_as_well)
{
	uint64_t since;

	bridge_select(&b);
	revoke();
	since = now_ms();
	be_rights_changed(g.w);
	is_ended(since);
}
END_TEST

START_TEST(the_running_command_is_waited_for)
{
	struct cb_buf records = CB_BUF_INIT;
	struct cb_span cur;
	struct wire_exchange e;
	struct watch_told t;
	uint64_t held, running;

	bridge_select(&b);
	held = watch_held(&b);
	g.late_type = BE_ASK_ACT;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	cb_buf_clear(&b.body);
	for (int i = 0; i < 3; i++)
		bridge_seal(&b, WRONG);
	running = bridge_post(&b);
	rig_await_late(&g);
	revoke();
	be_rights_changed(g.w);
	ck_assert(!rig_has(&g, held, 200));
	ck_assert_uint_eq(rig_stats(&g).sessions, 1);
	rig_end_late(&g);
	/* the first is answered, the second refused, and that is the end */
	ck_assert_uint_eq(rig_wait(&g, running, &records), 0);
	cur = cb_buf_span(&records);
	bridge_read(&b, &cur);
	ck_assert_int_eq(b.last.type, WIRE_DONE);
	ck_assert_int_eq(wire_exchange_get(&b.last.exchanges, &e), CB_OK);
	ck_assert_mem_eq(e.answer.p, "\x63\xC2", 2);
	bridge_read(&b, &cur);
	ck_assert_int_eq(b.last.type, WIRE_REFUSED);
	ck_assert_uint_eq(b.last.code, CB_E_DENIED);
	ck_assert_uint_eq(cur.n, 0);
	t = watch_told(&g, held);
	ck_assert_uint_eq(t.state, WIRE_NOT_THERE);
	ck_assert_uint_eq(t.flags, 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY), 1);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
	ck_assert_int_eq(rig_number(&g, LEASES), 0);
	cb_buf_free(&records);
}
END_TEST

/* One command, which nothing comes behind. */
START_TEST(the_last_command_is_the_end)
{
	struct cb_buf records = CB_BUF_INIT;
	uint64_t running;

	bridge_select(&b);
	g.late_type = BE_ASK_ACT;
	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	cb_buf_clear(&b.body);
	bridge_seal(&b, WRONG);
	running = bridge_post(&b);
	rig_await_late(&g);
	revoke();
	be_rights_changed(g.w);
	for (int i = 0; i < 1000; i++) {
		if (__atomic_load_n(&g.rechecks, __ATOMIC_RELAXED) > 0)
			break;
		(void)rig_has(&g, 0xFFFF, 5);
	}
	rig_end_late(&g);
	ck_assert_uint_eq(rig_wait(&g, running, &records), 0);
	is_ended(now_ms());
	cb_buf_free(&records);
}
END_TEST

/* Between the look at its rights and its place in the table. */
START_TEST(one_that_is_being_opened_ends)
{
	uint64_t id;

	__atomic_store_n(&g.late, true, __ATOMIC_RELEASE);
	ck_assert_uint_eq(bridge_open_post(&b, false, &id), 0);
	rig_await_late(&g);
	revoke();
	be_rights_changed(g.w);
	rig_end_late(&g);
	ck_assert_uint_eq(bridge_opened(&b, id), 0);
	ck_assert_int_eq(b.last.type, WIRE_OPENED);
	is_ended(now_ms());
}
END_TEST

/* Rows were edited, or time has passed. */
START_TEST(rights_are_looked_at_from_time_to_time)
{
	unsigned before;
	uint64_t since;

	g.set.recheck = 200;
	rig_restart(&g);
	bridge_select(&b);
	(void)watch_held(&b);
	before = __atomic_load_n(&g.rechecks, __ATOMIC_RELAXED);
	(void)rig_has(&g, 0xFFFF, 1000);
	before = __atomic_load_n(&g.rechecks, __ATOMIC_RELAXED) - before;
	ck_assert_uint_ge(before, 2);
	ck_assert_uint_le(before, 8);
	bridge_is(&b, SELECT_A5, "9000");
	ends[_i].end();
	since = now_ms();
	is_ended(since);
}
END_TEST

/* A vault or store that cannot tell ends nothing. */
START_TEST(who_cannot_tell_ends_no_session)
{
	g.set.recheck = 50;
	rig_restart(&g);
	bridge_select(&b);
	__atomic_store_n(&g.recheck, _i == 0 ? CB_E_STORE : CB_E_ABSENT,
	    __ATOMIC_RELAXED);
	be_rights_changed(g.w);
	(void)rig_has(&g, 0xFFFF, 300);
	ck_assert_uint_ge(__atomic_load_n(&g.rechecks, __ATOMIC_RELAXED), 2);
	bridge_is(&b, SELECT_A5, "9000");
	ck_assert_uint_eq(rig_stats(&g).sessions, 1);
	/* and it is asked again */
	revoke();
	__atomic_store_n(&g.recheck, CB_OK, __ATOMIC_RELAXED);
	is_ended(now_ms());
}
END_TEST

/* The store's own look: nothing of a suspended card is kept. */
START_TEST(a_suspended_card_does_nothing_any_more)
{
	bridge_select(&b);
	rig_sql(&g, "UPDATE card SET state=2");
	cb_buf_clear(&b.body);
	bridge_is(&b, WRONG, "code 6 outcome 0");
	ck_assert_uint_eq(rig_entries(&g, WIRE_VERIFY_BEGUN), 0);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
	ck_assert_int_eq(rig_number(&g, LEASES), 0);
	rig_sql(&g, "UPDATE card SET state=1");
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C3");
}
END_TEST

/* ---- begins -------------------------------------------------------------- */

START_TEST(a_right_that_begins_is_told)
{
	struct bridge other;
	struct watch_told t;
	uint64_t held, since;

	bridge_init(&other, &g, DEVICES - 1);
	t = watch_told(&g, watch_post(&other, false, 0));
	ck_assert_uint_eq(t.state, WIRE_NOT_THERE);
	held = watch_post(&other, false, t.stamp);
	ck_assert(!rig_has(&g, held, 50));
	set(&g.devices[DEVICES - 1].assigned, true);
	since = now_ms();
	be_rights_changed(g.w);
	t = watch_told(&g, held);
	printf("# granted: told after %llu ms\n",
	    (unsigned long long)(now_ms() - since));
	ck_assert_uint_lt(now_ms() - since, 1000);
	ck_assert_uint_eq(t.state, WIRE_THERE);
	bridge_clear(&other);
}
END_TEST

/* Who has no session hears of it, too. */
START_TEST(who_only_waits_is_told_of_the_end)
{
	struct watch_told t;
	uint64_t held;

	t = watch_told(&g, watch_post(&b, false, 0));
	ck_assert_uint_eq(t.state, WIRE_THERE);
	held = watch_post(&b, false, t.stamp);
	ends[_i].end();
	be_rights_changed(g.w);
	t = watch_told(&g, held);
	ck_assert_uint_eq(t.state, WIRE_NOT_THERE);
	ck_assert_uint_eq(t.flags, 0);
	ck_assert_uint_eq(t.code, CB_E_DENIED);
}
END_TEST

Suite *
rights_suite(void)
{
	Suite *s = suite_create("rights");
	TCase *t = tcase_create("rights");

	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_session_ends_with_its_right, 0, COUNT(ends));
	tcase_add_test(t, one_that_sends_nothing_ends_as_well);
	tcase_add_test(t, the_running_command_is_waited_for);
	tcase_add_test(t, the_last_command_is_the_end);
	tcase_add_test(t, one_that_is_being_opened_ends);
	tcase_add_loop_test(
	    t, rights_are_looked_at_from_time_to_time, 0, COUNT(ends));
	tcase_add_loop_test(t, who_cannot_tell_ends_no_session, 0, 2);
	tcase_add_test(t, a_suspended_card_does_nothing_any_more);
	tcase_add_test(t, a_right_that_begins_is_told);
	tcase_add_loop_test(
	    t, who_only_waits_is_told_of_the_end, 0, COUNT(ends));
	suite_add_tcase(s, t);
	return s;
}

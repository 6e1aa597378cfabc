/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rules of sharing, one by one. test_schedules.c has them in any order.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/arbiter.h"
#include "tests/bridge/harness.h"

#define MANY 8

static struct br_arbiter a;
static struct br_handle h[MANY];
static unsigned woken[4096], woken_n;
static uint64_t now, later_at;
static const struct br_handle *later_to;

static void
note(struct br_handle *who)
{
	ck_assert_uint_lt(woken_n, 4096);
	woken[woken_n++] = (unsigned)(who - h);
}

static void
note_later(struct br_handle *who, uint64_t at)
{
	later_to = who;
	later_at = at;
}

static void
setup(void)
{
	size_t i;

	memset(&a, 0, sizeof(a));
	memset(h, 0, sizeof(h));
	woken_n = 0;
	now = 1000;
	later_to = NULL;
	later_at = 0;
	for (i = 0; i < MANY; i++) {
		h[i].wake = note;
		h[i].later = note_later;
	}
}

static void
shared(unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(br_arb_admit(&a, &h[i], BR_SHARE_SHARED),
		    BR_SHARE_OK);
		br_arb_connect(&a, &h[i], BR_SHARE_SHARED);
	}
}

static bool
ask(unsigned i, enum br_ask what)
{
	return br_arb_ask(&a, &h[i], what, now);
}

/* For whom the card was kept does not come back. */
static void
pass(void)
{
	now += BR_ARB_KEEP_NS;
	br_arb_due(&a, now);
}

static void
end(unsigned i, enum br_outcome want)
{
	ck_assert_int_eq(br_arb_may_end(&a, &h[i]), want);
	if (want == BR_SHARE_OK)
		br_arb_end(&a, &h[i], now);
}

static void
ended(unsigned i, enum br_outcome want)
{
	end(i, want);
	pass();
}

START_TEST(a_transaction_keeps_others_out_until_its_last_end)
{
	shared(3);
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(ask(0, BR_ASK_LOCK));	/* it nests */
	ck_assert(br_arb_owns(&a, &h[0]));
	ck_assert(br_arb_locked(&a, &h[1]));
	ck_assert(!br_arb_locked(&a, &h[0]));
	ck_assert(ask(0, BR_ASK_CALL));
	br_arb_left(&a, &h[0]);
	ck_assert(!ask(1, BR_ASK_CALL));
	ck_assert(!ask(2, BR_ASK_LOCK));
	ended(0, BR_SHARE_OK);
	ck_assert_uint_eq(woken_n, 0);
	ended(0, BR_SHARE_OK);
	/* the call is let in, the transaction waits until it has left */
	ck_assert_uint_eq(woken_n, 1);
	ck_assert_uint_eq(woken[0], 1);
	ck_assert(!br_arb_owns(&a, &h[2]));
	br_arb_left(&a, &h[1]);
	ck_assert_uint_eq(woken_n, 2);
	ck_assert(br_arb_owns(&a, &h[2]));
	ended(0, BR_SHARE_VIOLATION);
	ended(2, BR_SHARE_OK);
	ended(2, BR_SHARE_NOT_TRANSACTED);
}
END_TEST

START_TEST(nobody_overtakes_who_waits)
{
	shared(4);
	ck_assert(ask(0, BR_ASK_CALL));
	ck_assert(!ask(1, BR_ASK_LOCK));
	/* it would fit, but another asked before */
	ck_assert(!ask(2, BR_ASK_CALL));
	br_arb_left(&a, &h[0]);
	ck_assert(br_arb_owns(&a, &h[1]));
	ended(1, BR_SHARE_OK);
	ck_assert_uint_eq(woken_n, 2);
	ck_assert_uint_eq(woken[1], 2);
	br_arb_left(&a, &h[2]);
	/* who gives up makes way */
	ck_assert(ask(0, BR_ASK_CALL));
	ck_assert(!ask(1, BR_ASK_LOCK));
	ck_assert(!ask(2, BR_ASK_CALL));
	br_arb_leave(&a, &h[1]);
	ck_assert_uint_eq(woken_n, 3);
	ck_assert_uint_eq(woken[2], 2);
	br_arb_left(&a, &h[0]);
	br_arb_left(&a, &h[2]);
	ck_assert(ask(3, BR_ASK_LOCK));
}
END_TEST

START_TEST(who_comes_back_at_once_goes_first)
{
	unsigned i;

	shared(4);
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(!ask(1, BR_ASK_LOCK));
	ck_assert(!ask(2, BR_ASK_CALL));
	end(0, BR_SHARE_OK);
	ck_assert_uint_eq(woken_n, 0);
	/* the first of them looks at the clock */
	ck_assert_ptr_eq(later_to, &h[1]);
	ck_assert_uint_eq(later_at, now + BR_ARB_KEEP_NS);
	now = later_at - 1;
	br_arb_due(&a, now);
	ck_assert_uint_eq(woken_n, 0);
	/* one of its calls is let in, too, but nobody's else */
	ck_assert(ask(0, BR_ASK_CALL));
	br_arb_left(&a, &h[0]);
	ck_assert(!ask(3, BR_ASK_CALL));
	ck_assert_uint_eq(woken_n, 0);
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(br_arb_owns(&a, &h[0]));
	end(0, BR_SHARE_OK);
	/* when the first goes, the next one looks at the clock */
	br_arb_leave(&a, &h[1]);
	ck_assert_ptr_eq(later_to, &h[2]);
	now = later_at;
	br_arb_due(&a, now);
	ck_assert_uint_eq(woken_n, 2);
	ck_assert_uint_eq(woken[0], 2);
	ck_assert_uint_eq(woken[1], 3);
	ck_assert(!ask(0, BR_ASK_LOCK));
	br_arb_left(&a, &h[2]);
	br_arb_left(&a, &h[3]);
	ck_assert(br_arb_owns(&a, &h[0]));
	/* who asks after the time is let in, whoever has not looked */
	end(0, BR_SHARE_OK);
	for (i = 0; i < 2; i++) {
		ck_assert(i == 0 ? !ask(1, BR_ASK_CALL) : ask(2, BR_ASK_CALL));
		now += BR_ARB_KEEP_NS;
	}
	ck_assert_uint_eq(woken[woken_n - 1], 1);
}
END_TEST

START_TEST(nobody_is_passed_over_for_long)
{
	unsigned times = 0;
	uint64_t from;

	shared(3);
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(!ask(1, BR_ASK_LOCK));
	from = now;
	while (!br_arb_owns(&a, &h[1])) {
		end(0, BR_SHARE_OK);
		now += BR_ARB_KEEP_NS / 2;
		if (ask(0, BR_ASK_LOCK))
			times++;
	}
	ck_assert_uint_eq(times,
	    BR_ARB_PATIENCE_NS / (BR_ARB_KEEP_NS / 2) - 1);
	ck_assert_uint_eq(now, from + BR_ARB_PATIENCE_NS);
	/* the rest of the time is what remains of the patience */
	now += BR_ARB_PATIENCE_NS - BR_ARB_KEEP_NS / 4;
	end(1, BR_SHARE_OK);
	ck_assert_uint_eq(later_at, now + BR_ARB_KEEP_NS / 4);
	pass();
	ck_assert(br_arb_owns(&a, &h[0]));
	/* whose patience is over waits no longer */
	ck_assert(!ask(1, BR_ASK_LOCK));
	now += BR_ARB_PATIENCE_NS;
	end(0, BR_SHARE_OK);
	ck_assert(br_arb_owns(&a, &h[1]));
	ended(1, BR_SHARE_OK);
}
END_TEST

START_TEST(it_is_not_kept_for_who_stays_away)
{
	unsigned i;

	shared(2);
	for (i = 0; i <= BR_ARB_STRAYS; i++) {
		ck_assert(ask(0, BR_ASK_LOCK));
		end(0, BR_SHARE_OK);
		ck_assert(ask(1, BR_ASK_CALL) == (i == BR_ARB_STRAYS));
		pass();
		br_arb_left(&a, &h[1]);
		now++;
	}
	/* it begins to come back */
	ck_assert(ask(0, BR_ASK_LOCK));
	end(0, BR_SHARE_OK);
	ck_assert(ask(0, BR_ASK_LOCK));
	end(0, BR_SHARE_OK);
	ck_assert(!ask(1, BR_ASK_CALL));
	pass();
	br_arb_left(&a, &h[1]);
}
END_TEST

START_TEST(it_is_not_kept_for_nothing)
{
	shared(3);
	/* for who goes */
	ck_assert(ask(0, BR_ASK_LOCK));
	end(0, BR_SHARE_OK);
	ck_assert(!ask(1, BR_ASK_LOCK));
	br_arb_disconnect(&a, &h[0]);
	ck_assert(br_arb_owns(&a, &h[1]));
	/* after a reset: nothing is as it was */
	ck_assert(!ask(2, BR_ASK_CALL));
	br_arb_was_reset(&a, NULL);
	end(1, BR_SHARE_OK);
	ck_assert_uint_eq(woken[woken_n - 1], 2);
	br_arb_left(&a, &h[2]);
	/* a card that is gone */
	h[1].pending = BR_PENDING_NONE;
	ck_assert(ask(1, BR_ASK_LOCK));
	end(1, BR_SHARE_OK);
	ck_assert(!ask(2, BR_ASK_CALL));
	br_arb_was_removed(&a);
	ck_assert(h[2].inside);
	br_arb_left(&a, &h[2]);
}
END_TEST

START_TEST(an_exclusive_handle_is_alone_and_has_the_lock)
{
	br_arb_connect(&a, &h[0], BR_SHARE_EXCLUSIVE);
	ck_assert_int_eq(br_arb_admit(&a, &h[1], BR_SHARE_SHARED),
	    BR_SHARE_VIOLATION);
	ck_assert_int_eq(br_arb_admit(&a, &h[1], BR_SHARE_DIRECT),
	    BR_SHARE_VIOLATION);
	ck_assert_int_eq(br_arb_admit(&a, &h[0], BR_SHARE_EXCLUSIVE),
	    BR_SHARE_OK);
	/* transactions stand upon it: one End too many is refused */
	ended(0, BR_SHARE_NOT_TRANSACTED);
	ck_assert(ask(0, BR_ASK_LOCK));
	ended(0, BR_SHARE_OK);
	ended(0, BR_SHARE_NOT_TRANSACTED);
	ck_assert(br_arb_owns(&a, &h[0]));
	/* it becomes one of several */
	br_arb_connect(&a, &h[0], BR_SHARE_SHARED);
	ck_assert(!br_arb_owns(&a, &h[0]));
	shared(2);
	ck_assert_int_eq(br_arb_admit(&a, &h[1], BR_SHARE_EXCLUSIVE),
	    BR_SHARE_VIOLATION);
	br_arb_disconnect(&a, &h[0]);
	ck_assert_int_eq(br_arb_admit(&a, &h[1], BR_SHARE_EXCLUSIVE),
	    BR_SHARE_OK);
	br_arb_connect(&a, &h[1], BR_SHARE_EXCLUSIVE);
	ck_assert(br_arb_owns(&a, &h[1]));
	/* with a transaction of its own it stays the owner when it becomes
	 * one of several, until that ends */
	ck_assert(ask(1, BR_ASK_LOCK));
	br_arb_connect(&a, &h[1], BR_SHARE_SHARED);
	ck_assert(br_arb_owns(&a, &h[1]));
	ended(1, BR_SHARE_OK);
	ck_assert(!br_arb_owns(&a, &h[1]));
}
END_TEST

START_TEST(a_reset_is_told_to_all_but_who_did_it)
{
	shared(3);
	a.protocol = 2;
	br_arb_was_reset(&a, &h[1]);
	ck_assert_int_eq(br_arb_pending(&h[0]), BR_SHARE_RESET);
	ck_assert_int_eq(br_arb_pending(&h[1]), BR_SHARE_OK);
	ck_assert_int_eq(br_arb_pending(&h[2]), BR_SHARE_RESET);
	ck_assert_uint_eq(a.protocol, 0);
	br_arb_was_reset(&a, NULL);
	ck_assert_int_eq(br_arb_pending(&h[1]), BR_SHARE_RESET);
	/* who is told something gets no lock */
	ck_assert(ask(1, BR_ASK_LOCK));
	ck_assert(!br_arb_owns(&a, &h[1]));
	br_arb_left(&a, &h[1]);
	/* what is worse is told */
	br_arb_was_removed(&a);
	br_arb_was_reset(&a, NULL);
	ck_assert_int_eq(br_arb_pending(&h[0]), BR_SHARE_REMOVED);
}
END_TEST

START_TEST(who_waits_for_a_transaction_is_told_at_once)
{
	shared(4);
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(!ask(1, BR_ASK_CALL));
	ck_assert(!ask(2, BR_ASK_LOCK));
	br_arb_was_reset(&a, &h[0]);
	/* not the call, which comes to know it in its turn */
	ck_assert_uint_eq(woken_n, 1);
	ck_assert_uint_eq(woken[0], 2);
	ck_assert(br_arb_owns(&a, &h[0]));
	br_arb_left(&a, &h[2]);
	ended(0, BR_SHARE_OK);
	ck_assert_uint_eq(woken[1], 1);
	br_arb_left(&a, &h[1]);
	ck_assert_uint_eq(a.inside, 0);
}
END_TEST

START_TEST(a_removed_card_frees_everybody)
{
	shared(3);
	a.powered = true;
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(!ask(1, BR_ASK_LOCK));
	ck_assert(!ask(2, BR_ASK_CALL));
	br_arb_was_removed(&a);
	ck_assert_uint_eq(woken_n, 2);
	ck_assert_ptr_null(a.owner);
	ck_assert(!a.powered);
	br_arb_left(&a, &h[1]);
	br_arb_left(&a, &h[2]);
	ck_assert_uint_eq(a.inside, 0);
	ended(0, BR_SHARE_NOT_TRANSACTED);
	/* an exclusive one gets its lock back with the next card */
	br_arb_disconnect(&a, &h[1]);
	br_arb_disconnect(&a, &h[2]);
	br_arb_connect(&a, &h[0], BR_SHARE_EXCLUSIVE);
	br_arb_was_removed(&a);
	ck_assert(!br_arb_owns(&a, &h[0]));
	br_arb_connect(&a, &h[0], BR_SHARE_EXCLUSIVE);
	ck_assert(br_arb_owns(&a, &h[0]));
	ended(0, BR_SHARE_NOT_TRANSACTED);
}
END_TEST

START_TEST(who_goes_gives_back_what_it_had)
{
	shared(4);
	ck_assert(ask(0, BR_ASK_LOCK));
	ck_assert(!ask(1, BR_ASK_CALL));
	ck_assert(!ask(2, BR_ASK_LOCK));
	ck_assert(!ask(3, BR_ASK_CALL));
	br_arb_disconnect(&a, &h[2]);
	br_arb_disconnect(&a, &h[0]);
	ck_assert_uint_eq(woken_n, 2);
	ck_assert_uint_eq(woken[0], 1);
	ck_assert_uint_eq(woken[1], 3);
	br_arb_disconnect(&a, &h[1]);
	br_arb_disconnect(&a, &h[3]);
	ck_assert_uint_eq(a.inside, 0);
	ck_assert_uint_eq(a.handles_n, 0);
	ck_assert_ptr_null(a.handles);
	ck_assert_ptr_null(a.first);
	ck_assert_ptr_null(a.last);
	br_arb_disconnect(&a, &h[3]);	/* once more is nothing */
}
END_TEST

Suite *
arbiter_suite(void)
{
	Suite *s = suite_create("arbiter");
	TCase *t = tcase_create("arbiter");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_transaction_keeps_others_out_until_its_last_end);
	tcase_add_test(t, nobody_overtakes_who_waits);
	tcase_add_test(t, who_comes_back_at_once_goes_first);
	tcase_add_test(t, nobody_is_passed_over_for_long);
	tcase_add_test(t, it_is_not_kept_for_who_stays_away);
	tcase_add_test(t, it_is_not_kept_for_nothing);
	tcase_add_test(t, an_exclusive_handle_is_alone_and_has_the_lock);
	tcase_add_test(t, a_reset_is_told_to_all_but_who_did_it);
	tcase_add_test(t, who_waits_for_a_transaction_is_told_at_once);
	tcase_add_test(t, a_removed_card_frees_everybody);
	tcase_add_test(t, who_goes_gives_back_what_it_had);
	suite_add_tcase(s, t);
	return s;
}

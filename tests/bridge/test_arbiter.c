/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rules of sharing: one by one, and in random schedules of which every
 * step is compared with what the rules say in the plainest way.
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

/* ---- random schedules --------------------------------------------------- */

/* The rules in the plainest way: who waits, in order; who is inside; who has
 * the lock, how often; for whom the card is kept. */
static struct {
	struct {
		bool connected, exclusive, inside;
		enum br_pending pending;
		enum br_ask asks;
		uint64_t since, ended;
		unsigned strayed;
	} h[MANY];
	int owner;
	int kept;
	uint64_t kept_until;
	unsigned nesting;
	int queue[MANY];
	unsigned queued;
} m;

static unsigned
inside(void)
{
	unsigned i, n = 0;

	for (i = 0; i < MANY; i++)
		n += m.h[i].inside;
	return n;
}

static void
model_let_in(int i)
{
	if (m.h[i].asks == BR_ASK_LOCK && m.h[i].connected &&
	    m.h[i].pending == BR_PENDING_NONE) {
		m.owner = i;
		m.nesting = 1;
		m.kept = -1;
	} else {
		m.h[i].inside = true;
	}
	m.h[i].asks = BR_ASK_NONE;
}

static bool
model_fits(int i)
{
	if (m.owner >= 0 || (m.kept >= 0 && m.kept != i))
		return false;
	return m.h[i].asks == BR_ASK_CALL || inside() == 0;
}

/* Out of the queue. By hand: to valgrind a memmove is a memcpy. */
static void
model_drop(unsigned k)
{
	m.queued--;
	for (; k < m.queued; k++)
		m.queue[k] = m.queue[k + 1];
}

static void
model_pump(void)
{
	int i;

	while (m.queued > 0 && model_fits(m.queue[0])) {
		i = m.queue[0];
		model_drop(0);
		model_let_in(i);
	}
}

static void
model_due(void)
{
	if (m.kept < 0 || now < m.kept_until)
		return;
	m.kept = -1;
	model_pump();
}

static bool
model_ask(int i, enum br_ask what)
{
	model_due();
	m.h[i].asks = what;
	if (m.owner == i) {
		m.h[i].asks = BR_ASK_NONE;
		if (what == BR_ASK_LOCK && m.h[i].pending == BR_PENDING_NONE)
			m.nesting++;
		return true;
	}
	if (what == BR_ASK_LOCK && m.h[i].ended != 0 &&
	    now - m.h[i].ended > BR_ARB_KEEP_NS)
		m.h[i].strayed++;
	else if (what == BR_ASK_LOCK)
		m.h[i].strayed = 0;
	if ((m.queued == 0 || m.kept == i) && model_fits(i)) {
		model_let_in(i);
		return true;
	}
	m.h[i].since = now;
	m.queue[m.queued++] = i;
	return false;
}

static void
model_leave(int i)
{
	unsigned k;

	for (k = 0; k < m.queued; k++)
		if (m.queue[k] == i)
			model_drop(k);
	m.h[i].asks = BR_ASK_NONE;
	model_pump();
}

static void
model_unlock(int i)
{
	if (m.owner != i)
		return;
	m.owner = -1;
	m.nesting = 0;
	model_pump();
}

static void
compare(unsigned step)
{
	const struct br_handle *q = a.first;
	unsigned i, n = 0;

	for (i = 0; i < MANY; i++) {
		ck_assert_msg(h[i].inside == m.h[i].inside &&
		    h[i].asks == m.h[i].asks &&
		    h[i].connected == m.h[i].connected &&
		    h[i].exclusive == m.h[i].exclusive &&
		    h[i].pending == m.h[i].pending,
		    "step %u: handle %u differs", step, i);
		n += m.h[i].connected;
	}
	ck_assert_msg(a.kept == (m.kept < 0 ? NULL : &h[m.kept]) &&
	    (m.kept < 0 || a.kept_until == m.kept_until),
	    "step %u: it is kept for somebody else", step);
	if (m.kept >= 0 && m.queued > 0)
		ck_assert_msg(later_to == &h[m.queue[0]] &&
		    later_at == m.kept_until,
		    "step %u: the first does not look at the clock", step);
	ck_assert_msg(a.owner == (m.owner < 0 ? NULL : &h[m.owner]) &&
	    a.nesting == m.nesting && a.inside == inside() &&
	    a.handles_n == n, "step %u: the whole differs", step);
	for (i = 0; i < m.queued; i++, q = q->behind)
		ck_assert_msg(q == &h[m.queue[i]],
		    "step %u: place %u of the queue differs", step, i);
	ck_assert_ptr_null(q);
}

static void
random_connect(int i, enum br_share_mode mode)
{
	enum br_outcome want = BR_SHARE_OK;
	bool exclusive = mode == BR_SHARE_EXCLUSIVE;
	int k;

	for (k = 0; k < MANY; k++)
		if (k != i && m.h[k].connected && (exclusive ||
			m.h[k].exclusive))
			want = BR_SHARE_VIOLATION;
	ck_assert_int_eq(br_arb_admit(&a, &h[i], mode), want);
	if (want != BR_SHARE_OK)
		return;
	br_arb_connect(&a, &h[i], mode);
	if (!m.h[i].connected) {
		m.h[i].pending = BR_PENDING_NONE;
		m.h[i].ended = 0;
		m.h[i].strayed = 0;
	}
	m.h[i].connected = true;
	if (exclusive && (!m.h[i].exclusive || m.owner != i)) {
		m.nesting = m.owner == i ? m.nesting + 1 : 1;
		m.owner = i;
	}
	if (!exclusive && m.h[i].exclusive && m.owner == i &&
	    --m.nesting == 0) {
		m.h[i].exclusive = false;
		model_unlock(i);
	}
	m.h[i].exclusive = exclusive;
}

static void
random_end(int i)
{
	enum br_outcome want = BR_SHARE_OK;

	if (m.owner != i)
		want = m.owner >= 0 ? BR_SHARE_VIOLATION :
				      BR_SHARE_NOT_TRANSACTED;
	else if (m.nesting <= m.h[i].exclusive)
		want = BR_SHARE_NOT_TRANSACTED;
	end((unsigned)i, want);
	if (want != BR_SHARE_OK || --m.nesting > 0)
		return;
	m.h[i].ended = now;
	m.kept = i;
	m.kept_until = now + BR_ARB_KEEP_NS;
	if (m.queued > 0 && m.kept_until >
	    m.h[m.queue[0]].since + BR_ARB_PATIENCE_NS)
		m.kept_until = m.h[m.queue[0]].since + BR_ARB_PATIENCE_NS;
	if (m.kept_until <= now || m.h[i].pending != BR_PENDING_NONE ||
	    m.h[i].strayed >= BR_ARB_STRAYS)
		m.kept = -1;
	model_unlock(i);
}

static void
random_step(unsigned *seed)
{
	int i = (int)(rand_r(seed) % MANY), k;
	unsigned what = (unsigned)rand_r(seed) % 16;
	bool waits = m.h[i].asks != BR_ASK_NONE;

	if (rand_r(seed) % 4 == 0) {
		now += (uint64_t)rand_r(seed) % (2 * BR_ARB_KEEP_NS);
		br_arb_due(&a, now);
		model_due();
	}
	/* who waits can only give up, go, or be let in */
	if (waits && what > 3)
		return;
	if (what == 0) {
		br_arb_leave(&a, &h[i]);
		model_leave(i);
	} else if (what == 1) {
		br_arb_disconnect(&a, &h[i]);
		model_leave(i);
		m.h[i].connected = m.h[i].exclusive = false;
		model_unlock(i);
		if (m.kept == i)
			m.kept = -1;
		m.h[i].inside = false;
		model_pump();
	} else if (what == 2) {
		br_arb_was_reset(&a, &h[i]);
		for (k = 0; k < MANY; k++)
			if (k != i && m.h[k].connected &&
			    m.h[k].pending == BR_PENDING_NONE)
				m.h[k].pending = BR_PENDING_RESET;
	} else if (what == 3) {
		if (rand_r(seed) % 4 != 0)
			return;
		br_arb_was_removed(&a);
		for (k = 0; k < MANY; k++)
			if (m.h[k].connected)
				m.h[k].pending = BR_PENDING_REMOVED;
		m.kept = -1;
		model_unlock(m.owner);
		model_pump();
	} else if (what <= 6) {
		if (m.h[i].inside)
			return;
		ck_assert_int_eq(ask((unsigned)i, BR_ASK_CALL),
		    model_ask(i, BR_ASK_CALL));
	} else if (what <= 8) {
		if (m.h[i].inside || !m.h[i].connected)
			return;
		ck_assert_int_eq(ask((unsigned)i, BR_ASK_LOCK),
		    model_ask(i, BR_ASK_LOCK));
	} else if (what <= 11) {
		br_arb_left(&a, &h[i]);
		m.h[i].inside = false;
		model_pump();
	} else if (what == 12) {
		/* in a Connect or Reconnect, which is inside, or owns */
		if (!m.h[i].inside && m.owner != i)
			return;
		random_connect(i, (enum br_share_mode)(1 + rand_r(seed) % 3));
		h[i].pending = m.h[i].pending = BR_PENDING_NONE;
	} else {
		random_end(i);
	}
}

START_TEST(random_schedules_go_by_the_rules)
{
	unsigned seed = 1000u + (unsigned)_i, step, i;

	memset(&m, 0, sizeof(m));
	m.owner = m.kept = -1;
	for (step = 0; step < 2000; step++) {
		random_step(&seed);
		woken_n = 0;
		compare(step);
	}
	for (i = 0; i < MANY; i++)
		br_arb_disconnect(&a, &h[i]);
	ck_assert_uint_eq(a.handles_n + a.inside + a.nesting, 0);
	ck_assert_ptr_null(a.first);
	ck_assert_ptr_null(a.owner);
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
	tcase_add_test(t, a_removed_card_frees_everybody);
	tcase_add_test(t, who_goes_gives_back_what_it_had);
	tcase_add_loop_test(t, random_schedules_go_by_the_rules, 0, 20);
	suite_add_tcase(s, t);
	return s;
}

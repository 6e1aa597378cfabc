/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The rules of sharing in random schedules, of which every step is compared
 * with what the rules say in the plainest way.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/arbiter.h"
#include "tests/bridge/harness.h"

#define MANY 8

static struct br_arbiter a;
static struct br_handle h[MANY];
static uint64_t now, later_at;
static const struct br_handle *later_to;

static void
note(struct br_handle *who)
{
	ck_assert_ptr_nonnull(who);
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
	now = 1000;
	later_to = NULL;
	for (i = 0; i < MANY; i++) {
		h[i].wake = note;
		h[i].later = note_later;
	}
}

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

/* Who waits for a transaction is told. */
static void
model_dismiss(void)
{
	unsigned k;
	int i;

	for (k = 0; k < m.queued;) {
		i = m.queue[k];
		if (m.h[i].asks != BR_ASK_LOCK ||
		    m.h[i].pending == BR_PENDING_NONE) {
			k++;
			continue;
		}
		model_drop(k);
		m.h[i].asks = BR_ASK_NONE;
		m.h[i].inside = true;
	}
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
	ck_assert_int_eq(br_arb_may_end(&a, &h[i]), want);
	if (want == BR_SHARE_OK)
		br_arb_end(&a, &h[i], now);
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
		model_dismiss();
	} else if (what == 3) {
		if (rand_r(seed) % 4 != 0)
			return;
		br_arb_was_removed(&a);
		for (k = 0; k < MANY; k++)
			if (m.h[k].connected)
				m.h[k].pending = BR_PENDING_REMOVED;
		m.kept = -1;
		model_dismiss();
		model_unlock(m.owner);
		model_pump();
	} else if (what <= 6) {
		if (m.h[i].inside)
			return;
		ck_assert_int_eq(br_arb_ask(&a, &h[i], BR_ASK_CALL, now),
		    model_ask(i, BR_ASK_CALL));
	} else if (what <= 8) {
		if (m.h[i].inside || !m.h[i].connected)
			return;
		ck_assert_int_eq(br_arb_ask(&a, &h[i], BR_ASK_LOCK, now),
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
schedules_suite(void)
{
	Suite *s = suite_create("schedules");
	TCase *t = tcase_create("schedules");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_loop_test(t, random_schedules_go_by_the_rules, 0, 20);
	suite_add_tcase(s, t);
	return s;
}

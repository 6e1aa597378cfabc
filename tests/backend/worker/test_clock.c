/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The platform's worker, whose clock is set: one entry for each step, whatever
 * the store does meanwhile.
 */
#include <string.h>
#include <unistd.h>

#include "tests/backend/stepped.h"
#include "tests/backend/worker/rig_serve.h"
#include "tests/backend/worker/suites.h"

#define HOUR 3600000
#define NEAR 5000	/* as long as a test may take between two looks */

/* The chain of the rig stands for the platform's. */
static void
setup(void)
{
	static const uint8_t platform[WIRE_ID];

	rig_open(&g);
	memcpy(g.set.organisation, platform, WIRE_ID);
	g.set.patience = 200;
}

static void
teardown(void)
{
	rig_close(&g);
}

/* ---- reading them -------------------------------------------------------- */

struct steps {
	unsigned n;
	uint64_t from, to, time;	/* of the last one */
	char what[WIRE_WORD_MAX + 1];
};

static enum cb_err
look_at(void *ctx, const struct be_value *v, size_t n)
{
	struct steps *s = ctx;
	struct wire_entry e;
	struct cb_span what;

	ck_assert_uint_ge(n, 2);
	ck_assert_int_eq(wire_entry_get(v[1].s, &e), CB_OK);
	if (e.type != WIRE_CLOCK_STEP)
		return CB_OK;
	s->n++;
	s->from = e.number[WIRE_F_FROM];
	s->to = e.number[WIRE_F_TO];
	s->time = e.time;
	what = e.bytes[WIRE_F_WHAT];
	memset(s->what, 0, sizeof(s->what));
	if (what.n > 0)
		memcpy(s->what, what.p, what.n);
	return CB_OK;
}

static struct steps
steps(void)
{
	struct steps s = { .n = 0 };
	struct be_store *st;

	ck_assert_int_eq(be_store_open(&st, g.path, NULL), CB_OK);
	ck_assert_int_eq(be_store_entries(st, rig_keys.org->id, 1, 1000,
			     look_at, &s, NULL),
	    CB_OK);
	be_store_close(&st);
	return s;
}

/* So many, within seconds; and no more a moment later. */
static struct steps
become(unsigned n)
{
	struct steps s = steps();

	for (int i = 0; i < 500 && s.n < n; i++) {
		usleep(10000);
		s = steps();
	}
	ck_assert_uint_eq(s.n, n);
	usleep(200000);
	ck_assert_uint_eq(steps().n, n);
	return s;
}

static uint64_t
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
near(uint64_t is, uint64_t want)
{
	ck_assert_uint_le(is, want + NEAR);
	ck_assert_uint_ge(is + NEAR, want);
}

/* What it was set by; both clocks are read, one behind the other. */
static void
is_by(const struct steps *s, int64_t want)
{
	const int64_t by = (int64_t)(s->to - s->from);

	ck_assert_int_le(by, want + 20);
	ck_assert_int_ge(by, want - 20);
}

/* ---- while it runs ------------------------------------------------------- */

START_TEST(a_clock_that_is_set_is_entered)
{
	struct steps s;

	rig_restart(&g);
	(void)become(0);
	stepped_set(HOUR);
	s = become(1);
	is_by(&s, HOUR);
	near(s.to, now());
	near(s.time, now());
	ck_assert_str_eq(s.what, "");
	stepped_set(-2 * HOUR);
	s = become(2);
	is_by(&s, -3 * HOUR);
	near(s.to, now());
	near(s.time, now());
}
END_TEST

/* It is the platform's to tell. */
START_TEST(other_workers_enter_nothing)
{
	memcpy(g.set.organisation, rig_keys.org->id, WIRE_ID);
	rig_restart(&g);
	stepped_set(HOUR);
	(void)become(0);
}
END_TEST

START_TEST(a_store_that_fails_has_it_once_it_does_not)
{
	struct steps s;
	unsigned acts;

	rig_restart(&g);
	(void)become(0);
	rig_fault(&g, FAULT_FAIL, 0);
	stepped_set(HOUR);
	(void)become(0);
	usleep(1500000);
	(void)pthread_mutex_lock(&g.lock);
	acts = g.acts;
	(void)pthread_mutex_unlock(&g.lock);
	ck_assert_uint_gt(acts, 1);
	rig_fault(&g, NO_FAULT, 0);
	s = become(1);
	is_by(&s, HOUR);
}
END_TEST

/* The clock goes on being set meanwhile: that is another one. */
START_TEST(a_store_that_hangs_has_each_once)
{
	rig_restart(&g);
	(void)become(0);
	rig_store_stop(&g);
	stepped_set(HOUR);
	usleep(1500000);
	stepped_set(0);
	usleep(200000);
	rig_store_go(&g);
	(void)become(2);
}
END_TEST

START_TEST(an_answer_that_is_lost_makes_no_second_one)
{
	rig_restart(&g);
	(void)become(0);
	rig_fault(&g, FAULT_LOSE, 0);
	stepped_set(HOUR);
	(void)become(1);
	/* nor where nobody tells for a while what became of it */
	stepped_set(0);
	for (int i = 0; i < 500 && steps().n < 2; i++)
		usleep(5000);
	rig_store_die(&g);
	usleep(500000);
	rig_fault(&g, NO_FAULT, 0);
	rig_store_again(&g);
	usleep(1500000);
	(void)become(2);
	stepped_set(HOUR);
	(void)become(3);
}
END_TEST

START_TEST(a_flood_of_them_makes_few)
{
	struct be_worker_stats st;
	unsigned n;

	rig_restart(&g);
	(void)become(0);
	for (int i = 0; i < 30; i++) {
		stepped_set(i % 2 == 0 ? HOUR : 0);
		usleep(120000);
	}
	n = steps().n;
	ck_assert_uint_le(n, 10);
	ck_assert_uint_ge(n, 5);
	st = rig_stats(&g);
	ck_assert_uint_lt(st.store_calls, 30);
}
END_TEST

static void
on_stopped(void *ctx)
{
	__atomic_store_n((bool *)ctx, true, __ATOMIC_RELAXED);
}

/* A worker that ends leaves none behind. */
START_TEST(what_waits_is_entered_at_the_end)
{
	bool stopped = false;
	struct steps s;
	unsigned n = 0;

	rig_restart(&g);
	(void)become(0);
	for (int i = 0; i < 200 && n < 10; i++) {
		stepped_set(i % 2 == 0 ? HOUR : 0);
		usleep(120000);
		n = steps().n;
	}
	stepped_set(5 * HOUR);
	usleep(300000);
	ck_assert_uint_eq(steps().n, 10);
	be_worker_stop(g.w, on_stopped, &stopped);
	s = become(11);
	for (int i = 0;
	    i < 500 && !__atomic_load_n(&stopped, __ATOMIC_RELAXED); i++)
		usleep(10000);
	ck_assert(__atomic_load_n(&stopped, __ATOMIC_RELAXED));
	near(s.to, now());
}
END_TEST

/* ---- when it begins ------------------------------------------------------ */

START_TEST(a_clock_that_is_behind_the_books_is_entered)
{
	struct steps s;

	stepped_set(-HOUR);
	rig_restart(&g);
	s = become(1);
	ck_assert_str_eq(s.what, "at-start");
	near(s.to, now());
	near(s.from, now() + HOUR);
	/* and the next worker goes by that */
	rig_restart(&g);
	(void)become(1);
	/* until it is set back once more */
	stepped_set(-2 * HOUR);
	rig_restart(&g);
	s = become(2);
	ck_assert_str_eq(s.what, "at-start");
	near(s.from, now() + HOUR);
}
END_TEST

/* That of any organisation, which may be the only one that anything happened
 * in. */
START_TEST(a_clock_that_is_behind_a_head_is_entered)
{
	struct steps s;

	__atomic_store_n(&g.latest, now() + 2 * HOUR, __ATOMIC_RELAXED);
	rig_restart(&g);
	s = become(1);
	ck_assert_str_eq(s.what, "at-start");
	ck_assert_uint_eq(
	    s.from, __atomic_load_n(&g.latest, __ATOMIC_RELAXED));
	near(s.to, now());
	/* the head stays where it is */
	rig_restart(&g);
	(void)become(1);
	/* one that is later yet does not come from there */
	__atomic_store_n(&g.latest, now() + 3 * HOUR, __ATOMIC_RELAXED);
	rig_restart(&g);
	(void)become(2);
}
END_TEST

START_TEST(a_clock_that_is_ahead_of_the_books_has_gone_on)
{
	stepped_set(HOUR);
	rig_restart(&g);
	(void)become(0);
	/* a head of this very moment */
	__atomic_store_n(&g.latest, now() + 1000, __ATOMIC_RELAXED);
	rig_restart(&g);
	(void)become(0);
}
END_TEST

Suite *
clock_suite(void)
{
	Suite *s = suite_create("clock");
	TCase *t = tcase_create("clock");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_clock_that_is_set_is_entered);
	tcase_add_test(t, other_workers_enter_nothing);
	tcase_add_test(t, a_store_that_fails_has_it_once_it_does_not);
	tcase_add_test(t, a_store_that_hangs_has_each_once);
	tcase_add_test(t, an_answer_that_is_lost_makes_no_second_one);
	tcase_add_test(t, a_flood_of_them_makes_few);
	tcase_add_test(t, what_waits_is_entered_at_the_end);
	tcase_add_test(t, a_clock_that_is_behind_the_books_is_entered);
	tcase_add_test(t, a_clock_that_is_behind_a_head_is_entered);
	tcase_add_test(t, a_clock_that_is_ahead_of_the_books_has_gone_on);
	suite_add_tcase(s, t);
	return s;
}

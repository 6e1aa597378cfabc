/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What is a step of the clock and what is none; and how many entries there are.
 */
#include "backend/worker/step.h"
#include "tests/backend/worker/suites.h"

#define MINUTE 60000
#define HOUR UINT64_C(3600000)
#define WALL UINT64_C(1800000000000)	/* when the tick began */

static struct be_steps s;
static uint64_t tick, wall;

static void
setup(void)
{
	tick = 5000;
	wall = WALL + tick;
	be_steps_init(&s, wall, tick);
}

/* Time goes on, and the clock is set. */
static bool
after(uint64_t ms, int64_t by)
{
	tick += ms;
	wall += ms + (uint64_t)by;
	return be_steps_look(&s, wall, tick);
}

static struct be_step
entered(void)
{
	struct be_step out = { .times = 0 };
	uint64_t at;

	if (!be_steps_due(&s, tick, &out, &at))
		ck_assert_uint_eq(out.times, 0);
	return out;
}

START_TEST(a_step_tells_from_where_it_was_set_to_where)
{
	struct be_step e;

	ck_assert(after(1000, (int64_t)HOUR));
	e = entered();
	ck_assert_uint_eq(e.times, 1);
	ck_assert_uint_eq(e.to, wall);
	ck_assert_uint_eq(e.from, wall - HOUR);
	ck_assert(!e.at_start);
	/* once */
	ck_assert(!after(1000, 0));
	ck_assert_uint_eq(entered().times, 0);
	/* and back; it is told later, and tells of then */
	ck_assert(after(1000, -2 * (int64_t)HOUR));
	tick += 5000;
	e = entered();
	ck_assert_uint_eq(e.to, wall);
	ck_assert_uint_eq(e.from, wall + 2 * HOUR);
}
END_TEST

/* A machine that sleeps, or is slewed, has both clocks go on; a leap second is
 * small. */
START_TEST(what_goes_on_is_no_step)
{
	ck_assert(!after(99 * HOUR, 0));
	ck_assert(!after(1000, 1999));
	ck_assert(!after(1000, -2 * 1999));
	ck_assert_uint_eq(entered().times, 0);
}
END_TEST

/* Or else somebody would set it by little, often. */
START_TEST(small_steps_add_up)
{
	struct be_step e;

	ck_assert(!after(1000, 900));
	ck_assert(!after(1000, 900));
	ck_assert(after(1000, 900));
	e = entered();
	ck_assert_uint_eq(e.times, 1);
	ck_assert_uint_eq(e.to - e.from, 2700);
	ck_assert(!after(1000, 900));
}
END_TEST

START_TEST(ten_are_entered_each_and_then_one_a_minute)
{
	unsigned lines = 0, told = 0;
	struct be_step e;
	uint64_t at;

	for (int i = 0; i < 501; i++) {
		ck_assert(after(20, i % 2 == 0 ? 5000 : -5000));
		e = entered();
		lines += e.times > 0;
		told += e.times;
	}
	ck_assert_uint_eq(lines, 10);
	ck_assert_uint_eq(told, 10);
	ck_assert(!be_steps_due(&s, tick, &e, &at));
	ck_assert_uint_gt(at, tick);
	ck_assert_uint_le(at, tick + MINUTE);
	ck_assert(!after(at - tick - 1, 0));
	ck_assert_uint_eq(entered().times, 0);
	ck_assert(!after(1, 0));
	e = entered();
	/* all of them, and what they come to */
	ck_assert_uint_eq(e.times, 491);
	ck_assert_uint_eq(e.to - e.from, 5000);
	ck_assert(after(1, -9000));
	ck_assert_uint_eq(entered().times, 0);
	ck_assert(be_steps_take(&s, &e));
	ck_assert_uint_eq(e.from - e.to, 9000);
	ck_assert(!be_steps_take(&s, &e));
}
END_TEST

START_TEST(times_stay_within_what_an_entry_has)
{
	struct be_step e;

	ck_assert(after(1, -(int64_t)wall - 9));
	ck_assert_uint_eq(entered().to, 0);
	ck_assert(after(1, (int64_t)WIRE_TIME_END + 9));
	e = entered();
	ck_assert_uint_eq(e.to, WIRE_TIME_END - 1);
	ck_assert_uint_eq(e.from, 0);
	ck_assert(after(1, -2 * (int64_t)WIRE_TIME_END));
	ck_assert_uint_eq(entered().to, 0);
}
END_TEST

START_TEST(one_of_the_start_says_so)
{
	struct be_step e;

	be_steps_at_start(&s, wall + HOUR, wall);
	e = entered();
	ck_assert_uint_eq(e.times, 1);
	ck_assert(e.at_start);
	ck_assert_uint_eq(e.from, wall + HOUR);
	ck_assert_uint_eq(e.to, wall);
	/* what follows does not */
	ck_assert(after(1, 5000));
	ck_assert(!entered().at_start);
}
END_TEST

Suite *
step_suite(void)
{
	Suite *suite = suite_create("step");
	TCase *t = tcase_create("step");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, a_step_tells_from_where_it_was_set_to_where);
	tcase_add_test(t, what_goes_on_is_no_step);
	tcase_add_test(t, small_steps_add_up);
	tcase_add_test(t, ten_are_entered_each_and_then_one_a_minute);
	tcase_add_test(t, times_stay_within_what_an_entry_has);
	tcase_add_test(t, one_of_the_start_says_so);
	suite_add_tcase(suite, t);
	return suite;
}

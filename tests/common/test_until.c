/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Waiting with an end.
 */
#include <check.h>
#include <errno.h>

#include "common/until.h"
#include "tests/common/suites.h"

static int64_t
ms_between(const struct timespec *from, const struct timespec *to)
{
	return (int64_t)(to->tv_sec - from->tv_sec) * 1000 +
	    (to->tv_nsec - from->tv_nsec) / 1000000;
}

START_TEST(an_end_is_so_far_away)
{
	static const uint64_t ms[] = { 0, 1, 999, 1000, 1001, 59999 };
	struct timespec before, end, after;

	for (size_t i = 0; i < sizeof(ms) / sizeof(ms[0]); i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &before);
		end = cb_until(ms[i]);
		(void)clock_gettime(CLOCK_MONOTONIC, &after);
		ck_assert_int_ge(ms_between(&before, &end), (int64_t)ms[i]);
		ck_assert_int_le(ms_between(&after, &end), (int64_t)ms[i]);
		ck_assert_int_ge(end.tv_nsec, 0);
		ck_assert_int_lt(end.tv_nsec, 1000000000);
	}
}
END_TEST

/* By the condition's clock: by another one it would be over at once. */
START_TEST(a_condition_is_waited_for_till_then)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t cond;
	struct timespec end, now;
	int r = 0;

	ck_assert_int_eq(cb_until_init(&cond), 0);
	(void)pthread_mutex_lock(&lock);
	end = cb_until(30);
	while (r == 0)
		r = pthread_cond_timedwait(&cond, &lock, &end);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)pthread_mutex_unlock(&lock);
	ck_assert_int_eq(r, ETIMEDOUT);
	ck_assert_int_ge(ms_between(&end, &now), 0);
	(void)pthread_cond_destroy(&cond);
}
END_TEST

Suite *
until_suite(void)
{
	Suite *s = suite_create("until");
	TCase *tc = tcase_create("until");

	tcase_add_test(tc, an_end_is_so_far_away);
	tcase_add_test(tc, a_condition_is_waited_for_till_then);
	suite_add_tcase(s, tc);
	return s;
}

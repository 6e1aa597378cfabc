/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Refusals: the first are entered each, the others together, and none is left
 * out.
 */
#include <string.h>

#include "tests/backend/worker/suites.h"
#include "backend/worker/tally.h"

#define MINUTE 60000

static struct be_tally t;

static bool
refuse(uint8_t device, uint64_t now, unsigned *entered)
{
	struct be_refused r = { .device = { device }, .code = 7 };

	if (!be_tally_add(&t, now, &r))
		return false;
	ck_assert_uint_eq(r.device[0], device);
	*entered += r.times;
	return true;
}

static unsigned
due(uint64_t now, uint64_t *at)
{
	struct be_refused r;
	unsigned n = 0;

	while (be_tally_due(&t, now, &r, at))
		n += r.times;
	return n;
}

START_TEST(a_device_has_a_burst_and_then_a_minute)
{
	unsigned entered = 0, lines = 0;
	uint64_t at;

	be_tally_init(&t, 0, 0);
	for (int i = 0; i < 500; i++)
		lines += refuse(1, 1000, &entered);
	ck_assert_uint_eq(lines, 10);
	ck_assert_uint_eq(entered, 10);
	/* another device is entered at once */
	ck_assert(refuse(2, 1000, &entered));
	ck_assert_uint_eq(entered, 11);
	ck_assert_uint_eq(due(1000 + MINUTE - 1, &at), 0);
	ck_assert_uint_eq(at, 1000 + MINUTE);
	ck_assert_uint_eq(due(1000 + MINUTE, &at), 490);
	ck_assert_uint_eq(at, UINT64_MAX);
	/* and then one a minute, which says how many it stands for */
	entered = 0;
	for (int i = 0; i < 60; i++)
		(void)refuse(1, 1001 + MINUTE + (uint64_t)i * 1000, &entered);
	ck_assert_uint_eq(entered + due(1000 + 3 * MINUTE, &at), 60);
	/* after a long time all of it is back */
	lines = 0;
	for (int i = 0; i < 500; i++)
		lines += refuse(1, 1000 + 99 * MINUTE, &entered);
	ck_assert_uint_eq(lines, 10);
}
END_TEST

START_TEST(many_devices_fill_the_books_no_faster)
{
	unsigned entered = 0, lines = 0, all = 0;
	uint64_t at, now = 1000;

	be_tally_init(&t, 0, 0);
	for (int i = 0; i < 5000; i++, all++)
		lines += refuse((uint8_t)(i % 200), now, &entered);
	ck_assert_uint_le(lines, 100);
	/* those of devices that there was no place for stand with others */
	for (int i = 0; i < 200; i++, now += MINUTE)
		entered += due(now, &at);
	ck_assert_uint_eq(entered, all);
}
END_TEST

Suite *
tally_suite(void)
{
	Suite *s = suite_create("tally");
	TCase *c = tcase_create("tally");

	tcase_add_test(c, a_device_has_a_burst_and_then_a_minute);
	tcase_add_test(c, many_devices_fill_the_books_no_faster);
	suite_add_tcase(s, c);
	return s;
}

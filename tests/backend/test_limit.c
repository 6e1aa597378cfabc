/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * How often a passcode may be tried, on a clock of the test's own.
 */
#include <string.h>

#include "backend/vault/limit.h"
#include "tests/backend/vault.h"

#define MINUTE 60000u

static struct be_limit limit;
static uint8_t scrypt[CR_KEY] = { 7 };

static void
setup(void)
{
	be_limit_init(&limit, NULL);
}

static void
teardown(void)
{
	be_limit_clear(&limit);
}

struct who {
	uint8_t organisation[WIRE_ID], card[WIRE_ID];
};

static struct who
opened(uint8_t organisation, unsigned card)
{
	struct who o = { .organisation = { organisation } };

	o.card[0] = 1;
	o.card[14] = (uint8_t)(card >> 8);
	o.card[15] = (uint8_t)card;
	return o;
}

static struct be_limited how;

static enum cb_err
compute(const struct be_ring *ring, const struct who *who, uint64_t tick,
    const uint8_t in[CR_KEY], uint8_t out[CR_KEY])
{
	return be_passcode(&limit, ring, who->organisation, who->card, tick,
	    in, out, &how);
}

static enum cb_err
try(const struct who *card, uint64_t tick)
{
	static const uint8_t zeros[CR_KEY];
	uint8_t out[CR_KEY];
	enum cb_err r = compute(backend_get()->ring, card, tick, scrypt, out);

	/* another passcode each time */
	for (int i = 1; i < CR_KEY && ++scrypt[i] == 0; i++)
		;
	ck_assert_int_eq(memcmp(out, zeros, CR_KEY) == 0, r != CB_OK);
	ck_assert_int_eq(how.wait_ms > 0, r == CB_E_BUSY);
	return r;
}

START_TEST(the_function_is_of_card_and_passcode)
{
	const struct be_ring *ring = backend_get()->ring;
	struct who one = opened(1, 1), two = opened(1, 2);
	const uint8_t other[CR_KEY] = { 8 };
	uint8_t out[4][CR_KEY];
	struct be_ring_secrets secret = *ring->secret;
	struct be_ring copy = *ring;

	copy.secret = &secret;
	secret.passcodes[0] ^= 1;
	ck_assert_int_eq(compute(ring, &one, 0, scrypt, out[0]), CB_OK);
	ck_assert_int_eq(compute(ring, &one, 9, scrypt, out[1]), CB_OK);
	ck_assert_mem_eq(out[0], out[1], CR_KEY);
	ck_assert_int_eq(compute(ring, &two, 9, scrypt, out[1]), CB_OK);
	ck_assert_int_eq(compute(ring, &one, 9, other, out[2]), CB_OK);
	ck_assert_int_eq(compute(&copy, &one, 9, scrypt, out[3]), CB_OK);
	for (int i = 0; i < 4; i++)
		for (int j = 0; j < i; j++)
			ck_assert_mem_ne(out[i], out[j], CR_KEY);
	memset(one.card, 0, WIRE_ID);
	ck_assert_int_eq(compute(ring, &one, 9, scrypt, out[0]), CB_E_ARG);
}
END_TEST

START_TEST(ten_at_once_then_one_a_minute)
{
	const struct who card = opened(1, 1);
	uint64_t tick = 5000;

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try(&card, tick), CB_OK);
	ck_assert_int_eq(try(&card, tick), CB_E_BUSY);
	ck_assert_uint_eq(how.wait_ms, MINUTE);
	for (int i = 0; i < 20; i++) {
		tick += MINUTE;
		ck_assert_int_eq(try(&card, tick - 1), CB_E_BUSY);
		ck_assert_uint_eq(how.wait_ms, 1);
		ck_assert_int_eq(try(&card, tick), CB_OK);
		ck_assert_int_eq(try(&card, tick), CB_E_BUSY);
	}
	/* it rests for ten minutes, and has ten again; not more later */
	tick += 10 * MINUTE;
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try(&card, tick), CB_OK);
	ck_assert_int_eq(try(&card, tick), CB_E_BUSY);
	tick += 100 * MINUTE;
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try(&card, tick), CB_OK);
	ck_assert_int_eq(try(&card, tick), CB_E_BUSY);
}
END_TEST

static enum cb_err
try_again(const struct who *card, uint64_t tick, uint8_t passcode,
    uint8_t out[CR_KEY])
{
	const uint8_t in[CR_KEY] = { 0xFF, passcode };

	return compute(backend_get()->ring, card, tick, in, out);
}

/* The same ones, as somebody's who logs in again and again. */
START_TEST(what_was_asked_before_costs_nothing)
{
	const struct who card = opened(1, 1), other = opened(1, 2);
	uint8_t first[CR_KEY], out[CR_KEY];

	ck_assert_int_eq(try_again(&card, 0, 1, first), CB_OK);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(try_again(&card, 1, 1, out), CB_OK);
		ck_assert_mem_eq(out, first, CR_KEY);
	}
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(try(&card, 1), CB_OK);
	/* it is forgotten behind others; and it is one card's */
	ck_assert_int_eq(try_again(&card, 1, 1, out), CB_OK);
	ck_assert_int_eq(try(&card, 1), CB_E_BUSY);
	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(try(&other, 1), CB_OK);
	ck_assert_int_eq(try_again(&other, 1, 1, out), CB_OK);
	ck_assert_int_eq(try(&other, 1), CB_E_BUSY);
}
END_TEST

/* Who has used up all tries learns nothing any more, not even which passcode
 * was right: else it could be looked for here without any limit. */
START_TEST(nothing_is_told_beyond_the_limit)
{
	static const uint8_t zeros[CR_KEY];
	const struct who card = opened(1, 1);
	uint8_t out[CR_KEY];

	for (int i = 0; i < 9; i++)
		ck_assert_int_eq(try(&card, 0), CB_OK);
	ck_assert_int_eq(try_again(&card, 0, 1, out), CB_OK);
	for (unsigned passcode = 0; passcode < 100; passcode++) {
		ck_assert_int_eq(
		    try_again(&card, 0, (uint8_t)passcode, out), CB_E_BUSY);
		ck_assert_mem_eq(out, zeros, CR_KEY);
		ck_assert_uint_eq(how.wait_ms, MINUTE);
	}
	ck_assert_int_eq(try_again(&card, MINUTE, 1, out), CB_OK);
	ck_assert_int_eq(try_again(&card, MINUTE, 1, out), CB_OK);
	ck_assert_int_eq(try(&card, MINUTE), CB_OK);
	ck_assert_int_eq(try_again(&card, MINUTE, 1, out), CB_E_BUSY);
}
END_TEST

/* Whatever the pattern: in any span of time no more than burst and one for
 * each interval. */
START_TEST(no_pattern_gives_more)
{
	const struct who card = opened(1, 1);
	uint64_t tick = 0, done[4096];
	size_t n = 0;
	uint32_t random = (uint32_t)_i + 1;

	for (int i = 0; i < 4000; i++) {
		random = random * 1664525u + 1013904223u;
		tick += random >> 24 < 200 ? random >> 28
					   : (random >> 8) % (3 * MINUTE);
		if (try(&card, tick) == CB_OK)
			done[n++] = tick;
	}
	ck_assert_uint_gt(n, 100);
	for (size_t i = 0; i + 10 < n; i++)
		for (size_t j = i + 10; j < n && j < i + 40; j++)
			ck_assert_uint_ge(done[j] - done[i],
			    (j - i + 1 - 10) * (uint64_t)MINUTE);
}
END_TEST

START_TEST(the_alarm_goes_once)
{
	const struct who card = opened(1, 1);

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(try(&card, 0), CB_OK);
		ck_assert(!how.alarm);
	}
	ck_assert_int_eq(try(&card, 0), CB_E_BUSY);
	ck_assert(how.alarm);
	ck_assert_int_eq(try(&card, 1), CB_E_BUSY);
	ck_assert(!how.alarm);
	ck_assert_int_eq(try(&card, MINUTE), CB_OK);
	ck_assert_int_eq(try(&card, MINUTE), CB_E_BUSY);
	ck_assert(!how.alarm);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try(&card, 30 * MINUTE), CB_OK);
	ck_assert_int_eq(try(&card, 30 * MINUTE), CB_E_BUSY);
	ck_assert(how.alarm);
}
END_TEST

START_TEST(the_limit_is_a_setting)
{
	const struct who card = opened(1, 1);
	const struct be_limits limits = { .burst = 1, .interval_ms = 500 };

	be_limit_init(&limit, &limits);
	ck_assert_int_eq(try(&card, 0), CB_OK);
	ck_assert_int_eq(try(&card, 0), CB_E_BUSY);
	ck_assert_uint_eq(how.wait_ms, 500);
	ck_assert_int_eq(try(&card, 499), CB_E_BUSY);
	ck_assert_int_eq(try(&card, 500), CB_OK);
}
END_TEST

START_TEST(a_clock_that_goes_back_gives_nothing)
{
	const struct who card = opened(1, 1);

	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try(&card, 100 * MINUTE), CB_OK);
	ck_assert_int_eq(try(&card, 0), CB_E_BUSY);
	ck_assert_uint_eq(how.wait_ms, MINUTE);
	ck_assert_int_eq(try(&card, 101 * MINUTE), CB_OK);
}
END_TEST

/* Ten thousand card ids: memory ends, the one that is held back stays so, and
 * another organisation notices nothing. */
START_TEST(a_flood_of_cards_frees_nobody)
{
	const struct be_limits limits = { .cards = 100, .organisations = 2 };
	struct who held = opened(1, 0), card;
	const struct who other = opened(2, 0), third = opened(3, 0);
	unsigned done = 0, alarms = 0;

	be_limit_init(&limit, &limits);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(try(&held, 0), CB_OK);
	for (unsigned i = 1; i < 10000; i++) {
		card = opened(1, i);
		done += try(&card, 0) == CB_OK;
		alarms += how.alarm;
	}
	ck_assert_uint_eq(done, 99);
	ck_assert_uint_eq(alarms, 1);
	ck_assert_uint_eq(how.wait_ms, MINUTE);
	ck_assert_int_eq(try(&held, 0), CB_E_BUSY);
	ck_assert_int_eq(try(&other, 0), CB_OK);
	/* a minute later there is room, and still not for the one */
	ck_assert_int_eq(try(&card, MINUTE), CB_OK);
	ck_assert_int_eq(try(&held, MINUTE), CB_OK);
	ck_assert_int_eq(try(&held, MINUTE), CB_E_BUSY);
	/* no room for a third organisation, until one is idle */
	ck_assert_int_eq(try(&other, MINUTE), CB_OK);
	ck_assert_int_eq(try(&third, MINUTE), CB_E_BUSY);
	ck_assert_int_eq(try(&third, 3 * MINUTE), CB_OK);
}
END_TEST

Suite *
limit_suite(void)
{
	Suite *s = suite_create("limit");
	TCase *tc = tcase_create("limit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, the_function_is_of_card_and_passcode);
	tcase_add_test(tc, ten_at_once_then_one_a_minute);
	tcase_add_test(tc, what_was_asked_before_costs_nothing);
	tcase_add_test(tc, nothing_is_told_beyond_the_limit);
	tcase_add_loop_test(tc, no_pattern_gives_more, 0, 4);
	tcase_add_test(tc, the_alarm_goes_once);
	tcase_add_test(tc, the_limit_is_a_setting);
	tcase_add_test(tc, a_clock_that_goes_back_gives_nothing);
	tcase_add_test(tc, a_flood_of_cards_frees_nobody);
	suite_add_tcase(s, tc);
	return s;
}

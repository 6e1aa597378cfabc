/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Challenges: once, in time, for what they were made; and nobody's flood is
 * anybody else's.
 */
#include <string.h>

#include "backend/vault/challenge.h"
#include "tests/backend/vault.h"

static const uint8_t org[WIRE_ID] = { 1 }, card[WIRE_ID] = { 2 },
	session[WIRE_ID] = { 3 };

static struct be_challenges all;

static void
setup(void)
{
	be_challenges_init(&all, 8, 4);
}

static void
teardown(void)
{
	be_challenges_clear(&all);
}

/* The id of a number. */
static const uint8_t *
id(unsigned n)
{
	static uint8_t ids[4][WIRE_ID];
	static unsigned at;
	uint8_t *p = ids[at++ % 4];

	memset(p, 0, WIRE_ID);
	p[0] = 9;
	p[14] = (uint8_t)(n >> 8);
	p[15] = (uint8_t)n;
	return p;
}

START_TEST(a_challenge_is_used_once)
{
	uint8_t one[WIRE_CHALLENGE], two[WIRE_CHALLENGE];

	ck_assert_int_eq(
	    be_challenge_new(&all, 5, org, card, session, one), CB_OK);
	ck_assert_int_eq(
	    be_challenge_new(&all, 5, org, card, session, two), CB_E_BUSY);
	ck_assert_int_eq(
	    be_challenge_new(&all, 5, org, card, id(1), two), CB_OK);
	ck_assert_mem_ne(one, two, WIRE_CHALLENGE);
	ck_assert_int_eq(
	    be_challenge_use(&all, 6, org, card, session, one), CB_OK);
	ck_assert_int_eq(
	    be_challenge_use(&all, 6, org, card, session, one), CB_E_ABSENT);
	ck_assert_int_eq(
	    be_challenge_use(&all, 6, org, card, id(1), two), CB_OK);
}
END_TEST

static const struct { uint64_t at; enum cb_err result; } times[] = {
	{ 1000000, CB_OK },
	{ 1000000 + BE_CHALLENGE_MS - 1, CB_OK },
	{ 1000000 + BE_CHALLENGE_MS, CB_E_TIMEOUT },
	{ UINT64_MAX, CB_E_TIMEOUT },
	/* a clock that goes back makes nothing young again */
	{ 999999, CB_E_TIMEOUT },
};

START_TEST(a_challenge_lives_a_minute)
{
	uint8_t c[WIRE_CHALLENGE];

	ck_assert_int_eq(
	    be_challenge_new(&all, 1000000, org, card, session, c), CB_OK);
	ck_assert_int_eq(
	    be_challenge_use(&all, times[_i].at, org, card, session, c),
	    times[_i].result);
	ck_assert_int_eq(
	    be_challenge_use(&all, 1000000, org, card, session, c),
	    CB_E_ABSENT);
}
END_TEST

/* One wrong try is the last. */
START_TEST(a_challenge_is_for_what_it_was_made)
{
	uint8_t c[WIRE_CHALLENGE], other[WIRE_CHALLENGE];

	ck_assert_int_eq(
	    be_challenge_new(&all, 0, org, card, session, c), CB_OK);
	ck_assert_int_eq(
	    be_challenge_use(&all, 0, id(1), card, session, c), CB_E_ABSENT);
	ck_assert_int_eq(
	    be_challenge_use(&all, 0, org, card, id(1), c), CB_E_ABSENT);
	ck_assert_int_eq(
	    be_challenge_use(&all, 0, org, id(1), session, c), CB_E_DENIED);
	ck_assert_int_eq(
	    be_challenge_use(&all, 0, org, card, session, c), CB_E_ABSENT);
	ck_assert_int_eq(
	    be_challenge_new(&all, 0, org, card, session, c), CB_OK);
	memcpy(other, c, sizeof(c));
	other[31] ^= 1;
	ck_assert_int_eq(
	    be_challenge_use(&all, 0, org, card, session, other),
	    CB_E_DENIED);
	ck_assert_int_eq(
	    be_challenge_use(&all, 0, org, card, session, c), CB_E_ABSENT);
}
END_TEST

START_TEST(a_flood_drowns_only_its_own)
{
	uint8_t mine[WIRE_CHALLENGE], c[4][WIRE_CHALLENGE];
	uint8_t last[WIRE_CHALLENGE];

	ck_assert_int_eq(
	    be_challenge_new(&all, 0, org, card, session, mine), CB_OK);
	for (unsigned i = 0; i < 1000; i++)
		ck_assert_int_eq(be_challenge_new(&all, i, id(5000), card,
				     id(i), i < 4 ? c[i] : last),
		    CB_OK);
	ck_assert_int_eq(
	    be_challenge_use(&all, 1000, org, card, session, mine), CB_OK);
	/* the oldest are gone, the newest are there */
	ck_assert_int_eq(
	    be_challenge_use(&all, 1000, id(5000), card, id(0), c[0]),
	    CB_E_ABSENT);
	ck_assert_int_eq(
	    be_challenge_use(&all, 1000, id(5000), card, id(999), last),
	    CB_OK);
}
END_TEST

/* Also where some of them are full to the brim. */
START_TEST(organisations_come_and_go)
{
	uint8_t c[WIRE_CHALLENGE];

	for (unsigned o = 0; o < 8; o++)
		for (unsigned i = 0; i < 4; i++)
			ck_assert_int_eq(be_challenge_new(&all, 0, id(o),
					     card, id(i), c),
			    CB_OK);
	ck_assert_int_eq(be_challenge_new(&all, BE_CHALLENGE_MS - 1, id(8),
			     card, session, c),
	    CB_E_LIMIT);
	ck_assert_int_eq(be_challenge_new(&all, BE_CHALLENGE_MS, id(8), card,
			     session, c),
	    CB_OK);
	ck_assert_uint_eq(all.organisations.n, 1);
}
END_TEST

Suite *
challenge_suite(void)
{
	Suite *s = suite_create("challenge");
	TCase *tc = tcase_create("challenge");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_challenge_is_used_once);
	tcase_add_loop_test(
	    tc, a_challenge_lives_a_minute, 0, COUNT(times));
	tcase_add_test(tc, a_challenge_is_for_what_it_was_made);
	tcase_add_test(tc, a_flood_drowns_only_its_own);
	tcase_add_test(tc, organisations_come_and_go);
	suite_add_tcase(s, tc);
	return s;
}

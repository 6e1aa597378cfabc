/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Shares: enough of them are the secret, fewer are nothing.
 */
#include <string.h>

#include "backend/vault/share.h"
#include "common/hex.h"
#include "tests/backend/vault.h"

/* A field: every number but 0 has one inverse, and times distributes. */
START_TEST(times_is_that_of_a_field)
{
	unsigned inverses;

	/* alpha^8 = 11D */
	ck_assert_uint_eq(be_share_times(0x80, 2), 0x1D);
	for (unsigned a = 0; a < 256; a++) {
		inverses = 0;
		for (unsigned b = 0; b < 256; b++) {
			const uint8_t x = (uint8_t)a, y = (uint8_t)b;

			inverses += be_share_times(x, y) == 1;
			ck_assert_uint_eq(
			    be_share_times(x, y), be_share_times(y, x));
			ck_assert_uint_eq(be_share_times(x, y ^ 0x53),
			    be_share_times(x, y) ^ be_share_times(x, 0x53));
			ck_assert_uint_eq(
			    be_share_times(be_share_times(x, y), 0xCA),
			    be_share_times(x, be_share_times(y, 0xCA)));
		}
		ck_assert_uint_eq(inverses, a == 0 ? 0 : 1);
	}
}
END_TEST

/* Made with gfsplit -n 3 -m 5 of libgfshare-bin 2.0.0-6. */
static const struct {
	uint8_t number;
	const char *value;
} foreign[] = {
	{ 3, "980be95a520562324c817975ef8ea02b2e53acce7b64b403c0938815ddec54d3" },
	{ 45, "ea29621bd2817ff98db04d1490fa1426dfe431c89a0bd79bd0a0abe2a129d2e5" },
	{ 74, "9b072e5c9c3550275401fa3aa16d087893290f1e45ed9ef153c8b2e1f5d03087" },
	{ 81, "c3175b0db0b1c086444fe2610e6a0ead46755211eef0bf0c1d231c8dc11b9d2e" },
	{ 118, "439f196ef2ebd5c021ab6c8e7747a10a5ce26c75a703da72099f122d93e3b28d" },
};
static const char foreign_secret[] =
    "0001020310204080fffea55a778899aabbccddee112233445566deadbeef4224";

START_TEST(shares_of_libgfshare_are_ours)
{
	struct cb_buf want = CB_BUF_INIT;
	struct be_share shares[COUNT(foreign)];
	uint8_t secret[CR_KEY];

	ck_assert_int_eq(cb_hex_decode(&want, foreign_secret,
			     strlen(foreign_secret)),
	    CB_OK);
	for (int i = 0; i < COUNT(foreign); i++) {
		shares[i].number = foreign[i].number;
		ck_assert_int_eq(cb_hex_get(cb_span_str(foreign[i].value),
				     shares[i].value, CR_KEY),
		    CB_OK);
	}
	/* 1-3, 2-4, 3-5, and more than are needed */
	for (size_t from = 0; from < 3; from++) {
		ck_assert_int_eq(
		    be_share_join(shares + from, 3, secret), CB_OK);
		ck_assert_mem_eq(secret, want.p, CR_KEY);
	}
	ck_assert_int_eq(be_share_join(shares, 5, secret), CB_OK);
	ck_assert_mem_eq(secret, want.p, CR_KEY);
	ck_assert_int_eq(be_share_join(shares, 2, secret), CB_OK);
	ck_assert_mem_ne(secret, want.p, CR_KEY);
	cb_buf_free(&want);
}
END_TEST

static const struct { unsigned needed, of; } cuts[] = {
	{ 2, 2 }, { 2, 3 }, { 3, 5 }, { 5, 7 }, { 8, 8 }, { 2, 255 },
};

/* Every subset of up to eight shares: right exactly where it is enough. */
START_TEST(enough_shares_are_the_secret)
{
	const unsigned needed = cuts[_i].needed, of = cuts[_i].of;
	const unsigned try = of < 8 ? of : 8;
	struct be_share shares[255], some[8];
	uint8_t secret[CR_KEY], back[CR_KEY];
	size_t n;

	ck_assert_int_eq(cr_random(secret, CR_KEY), CB_OK);
	ck_assert_int_eq(be_share_split(secret, needed, of, shares), CB_OK);
	for (unsigned set = 1; set < 1u << try; set++) {
		n = 0;
		for (unsigned i = 0; i < try; i++)
			if ((set >> i & 1) != 0)
				some[n++] = shares[of - 1 - i];
		ck_assert_int_eq(be_share_join(some, n, back), CB_OK);
		ck_assert_msg((memcmp(back, secret, CR_KEY) == 0) ==
			(n >= needed), "%zu of %u", n, needed);
	}
}
END_TEST

#define ROUNDS 2000

/* By how far a count of bytes is from an even one (chi square, 255 degrees of
 * freedom: mean 255, deviation 23). */
static double
unevenness(const unsigned count[256], double all)
{
	double sum = 0, even = all / 256, d;

	for (int i = 0; i < 256; i++) {
		d = count[i] - even;
		sum += d * d / even;
	}
	return sum;
}

/* What N - 1 holders see is spread evenly whatever the secret is: each share
 * by itself, and the exclusive or of two. */
START_TEST(too_few_shares_are_noise)
{
	unsigned one[256] = { 0 }, two[256] = { 0 };
	struct be_share shares[5];
	uint8_t secret[CR_KEY];

	memset(secret, _i == 0 ? 0x00 : 0xA5, sizeof(secret));
	for (int round = 0; round < ROUNDS; round++) {
		ck_assert_int_eq(be_share_split(secret, 3, 5, shares), CB_OK);
		for (int k = 0; k < CR_KEY; k++) {
			one[shares[0].value[k]]++;
			two[shares[1].value[k] ^ shares[4].value[k]]++;
		}
	}
	/* ten deviations: never by chance; a constant gives millions */
	ck_assert(unevenness(one, ROUNDS * CR_KEY) < 485);
	ck_assert(unevenness(two, ROUNDS * CR_KEY) < 485);
}
END_TEST

/* All 256 polynomials of two shares, one for each secret: a share fits every
 * secret exactly once. */
START_TEST(a_share_fits_every_secret)
{
	for (unsigned number = 1; number < 256; number++)
		for (unsigned secret = 0; secret < 256; secret += 51) {
			bool seen[256] = { false };

			for (unsigned c = 0; c < 256; c++)
				seen[secret ^ be_share_times((uint8_t)c,
						  (uint8_t)number)] = true;
			for (unsigned v = 0; v < 256; v++)
				ck_assert(seen[v]);
		}
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	struct be_share shares[3];
	uint8_t secret[CR_KEY] = { 1 };

	ck_assert_int_eq(be_share_split(secret, 1, 3, shares), CB_E_ARG);
	ck_assert_int_eq(be_share_split(secret, 4, 3, shares), CB_E_ARG);
	ck_assert_int_eq(be_share_split(secret, 2, 256, shares), CB_E_ARG);
	ck_assert_int_eq(be_share_split(secret, 2, 3, shares), CB_OK);
	ck_assert_int_eq(be_share_join(shares, 0, secret), CB_E_ARG);
	shares[1].number = shares[0].number;
	ck_assert_int_eq(be_share_join(shares, 2, secret), CB_E_ARG);
	shares[1].number = 0;
	ck_assert_int_eq(be_share_join(shares, 2, secret), CB_E_ARG);
}
END_TEST

Suite *
share_suite(void)
{
	Suite *s = suite_create("share");
	TCase *tc = tcase_create("share"), *slow = tcase_create("slow");

	tcase_set_timeout(slow, 60);
	tcase_set_tags(slow, "slow");
	tcase_add_loop_test(slow, enough_shares_are_the_secret, 0, COUNT(cuts));
	suite_add_tcase(s, slow);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, times_is_that_of_a_field);
	tcase_add_test(tc, shares_of_libgfshare_are_ours);
	tcase_add_loop_test(tc, too_few_shares_are_noise, 0, 2);
	tcase_add_test(tc, a_share_fits_every_secret);
	tcase_add_test(tc, what_cannot_be_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

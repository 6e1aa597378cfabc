/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Answers to reset.
 */
#include <stdlib.h>
#include <string.h>

#include "common/atr.h"
#include "tests/common/suites.h"

static const struct {
	const char *raw;
	enum cb_err result;
	uint8_t protocols, first;
	size_t historical;
} cases[] = {
	{ "3B 00", CB_OK, 1, 0, 0 },
	{ "3B 02 14 50", CB_OK, 1, 0, 2 },
	{ "3F 02 14 50", CB_OK, 1, 0, 2 },
	/* Oberthur's cards: T=0 without TD1, and T=1 */
	{ "3B 7D 11 00 00 00 31 80 71 8E 64 77 E3 02 00 82 90 00", CB_OK, 1,
	    0, 13 },
	{ "3B 7B 18 00 00 00 31 C0 64 77 E3 03 00 82 90 00", CB_OK, 1, 0, 11 },
	{ "3B FB 11 00 00 81 31 FE 45 00 31 C0 64 77 E9 10 00 00 90 00 6A",
	    CB_OK, 2, 1, 11 },
	/* both, T=0 offered first */
	{ "3B 80 80 01 01", CB_OK, 3, 0, 0 },
	/* T=1 and global bytes */
	{ "3B 80 81 1F 00 1E", CB_OK, 2, 1, 0 },
	/* TD1 of T=0 alone: no TCK */
	{ "3B 80 00", CB_OK, 1, 0, 0 },
	{ "", CB_E_SHORT, 0, 0, 0 },
	{ "3B", CB_E_SHORT, 0, 0, 0 },
	{ "3B 02 14", CB_E_SHORT, 0, 0, 0 },
	{ "3B 10", CB_E_SHORT, 0, 0, 0 },
	{ "3B 80 01", CB_E_SHORT, 0, 0, 0 },
	{ "3B 80 81", CB_E_SHORT, 0, 0, 0 },
	{ "3C 00", CB_E_FORMAT, 0, 0, 0 },
	{ "00 00", CB_E_FORMAT, 0, 0, 0 },
	/* bytes behind the end; a TCK that T=0 does not have */
	{ "3B 00 00", CB_E_FORMAT, 0, 0, 0 },
	{ "3B 80 01 81 00", CB_E_FORMAT, 0, 0, 0 },
	/* wrong TCK */
	{ "3B 80 01 80", CB_E_FORMAT, 0, 0, 0 },
	/* T=15 first; T=14 alone */
	{ "3B 80 0F 8F", CB_E_FORMAT, 0, 0, 0 },
	{ "3B 80 0E 8E", CB_E_FORMAT, 0, 0, 0 },
};

START_TEST(answer_is_read)
{
	size_t n;
	uint8_t *raw = exact_copy(cases[_i].raw, &n);
	struct cb_atr a;

	memset(&a, 0xEE, sizeof(a));
	ck_assert_int_eq(
	    cb_atr_parse(&a, cb_span(raw, n)), cases[_i].result);
	if (cases[_i].result == CB_OK) {
		ck_assert_uint_eq(a.protocols, cases[_i].protocols);
		ck_assert_uint_eq(a.first, cases[_i].first);
		ck_assert_uint_eq(a.historical.n, cases[_i].historical);
	} else {
		ck_assert_uint_eq(a.protocols, 0xEE);
	}
	free(raw);
}
END_TEST

START_TEST(any_bit_may_be_wrong)
{
	size_t n;
	uint8_t *raw = exact_copy(cases[_i].raw, &n);
	struct cb_atr a;

	for (size_t bit = 0; bit < n * 8; bit++) {
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (cb_atr_parse(&a, cb_span(raw, n)) == CB_OK &&
		    a.historical.n > 0)
			ck_assert(a.historical.p + a.historical.n <= raw + n);
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(raw);
}
END_TEST

START_TEST(longer_than_any_answer_is_refused)
{
	uint8_t raw[CB_ATR_MAX + 1] = { 0x3B };
	struct cb_atr a;

	ck_assert_int_eq(cb_atr_parse(&a, CB_SPAN_OF(raw)), CB_E_LIMIT);
}
END_TEST

Suite *
atr_suite(void)
{
	Suite *s = suite_create("atr");
	TCase *tc = tcase_create("atr");

	tcase_add_loop_test(tc, answer_is_read, 0, COUNT(cases));
	tcase_add_loop_test(tc, any_bit_may_be_wrong, 0, COUNT(cases));
	tcase_add_test(tc, longer_than_any_answer_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

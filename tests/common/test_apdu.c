/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The cases of a command APDU.
 */
#include <stdlib.h>
#include <string.h>

#include "common/apdu.h"
#include "tests/common/suites.h"

static const struct {
	const char *raw;
	enum cb_err result;
	size_t nc;
	uint32_t ne;
	bool extended, p3_zero;
} cases[] = {
	/* 1 */
	{ "00 A4 04 00", CB_OK, 0, 0, false, false },
	/* 2S */
	{ "00 B0 00 00 01", CB_OK, 0, 1, false, false },
	{ "00 B0 00 00 FF", CB_OK, 0, 255, false, false },
	{ "00 B0 00 00 00", CB_OK, 0, 256, false, true },
	/* 3S */
	{ "00 D6 00 00 01 AA", CB_OK, 1, 0, false, false },
	{ "00 D6 00 00 02 AA BB", CB_OK, 2, 0, false, false },
	{ "00 20 00 01 02 00 00", CB_OK, 2, 0, false, false },
	/* 4S */
	{ "00 A4 04 00 02 3F 00 10", CB_OK, 2, 16, false, false },
	{ "00 A4 04 00 02 3F 00 00", CB_OK, 2, 256, false, false },
	/* 2E */
	{ "00 B0 00 00 00 00 01", CB_OK, 0, 1, true, false },
	{ "00 B0 00 00 00 01 00", CB_OK, 0, 256, true, false },
	{ "00 B0 00 00 00 00 00", CB_OK, 0, 65536, true, false },
	/* 3E */
	{ "00 D6 00 00 00 00 01 AA", CB_OK, 1, 0, true, false },
	{ "00 D6 00 00 00 00 03 AA BB CC", CB_OK, 3, 0, true, false },
	/* 4E */
	{ "00 A4 04 00 00 00 02 3F 00 00 10", CB_OK, 2, 16, true, false },
	{ "00 A4 04 00 00 00 02 3F 00 00 00", CB_OK, 2, 65536, true, false },
	/* no case */
	{ "", CB_E_SHORT, 0, 0, false, false },
	{ "00", CB_E_SHORT, 0, 0, false, false },
	{ "00 A4 04", CB_E_SHORT, 0, 0, false, false },
	{ "00 D6 00 00 02 AA", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 01 AA 00 00", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 00 AA", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 00 00 00 AA", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 00 00 00 00 00", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 00 00 02 AA", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 00 00 01 AA 00", CB_E_FORMAT, 0, 0, false, false },
	{ "00 D6 00 00 00 00 01 AA 00 00 00", CB_E_FORMAT, 0, 0, false,
	    false },
};

START_TEST(case_is_told)
{
	size_t n;
	uint8_t *raw = exact_copy(cases[_i].raw, &n);
	struct cb_apdu a;

	memset(&a, 0xEE, sizeof(a));
	ck_assert_int_eq(
	    cb_apdu_parse(&a, cb_span(raw, n)), cases[_i].result);
	if (cases[_i].result != CB_OK) {
		ck_assert_uint_eq(a.cla, 0xEE);
	} else {
		ck_assert_uint_eq(a.cla, raw[0]);
		ck_assert_uint_eq(a.ins, raw[1]);
		ck_assert_uint_eq(a.p1, raw[2]);
		ck_assert_uint_eq(a.p2, raw[3]);
		ck_assert_uint_eq(a.data.n, cases[_i].nc);
		ck_assert_uint_eq(a.ne, cases[_i].ne);
		ck_assert_int_eq(a.extended, cases[_i].extended);
		ck_assert_int_eq(a.p3_zero, cases[_i].p3_zero);
	}
	free(raw);
}
END_TEST

START_TEST(longest_command_is_read)
{
	uint8_t *raw = calloc(1, CB_APDU_MAX + 1);
	struct cb_apdu a;

	ck_assert_ptr_nonnull(raw);
	raw[5] = 0xFF;
	raw[6] = 0xFF;
	ck_assert_int_eq(
	    cb_apdu_parse(&a, cb_span(raw, CB_APDU_MAX)), CB_OK);
	ck_assert_uint_eq(a.data.n, 65535);
	ck_assert_ptr_eq(a.data.p, raw + 7);
	ck_assert_uint_eq(a.ne, 65536);
	ck_assert_int_eq(
	    cb_apdu_parse(&a, cb_span(raw, CB_APDU_MAX + 1)), CB_E_FORMAT);
	free(raw);
}
END_TEST

/* Of every case: the data of whatever parses lies inside. */
START_TEST(any_bit_may_be_wrong)
{
	size_t n;
	uint8_t *raw = exact_copy(cases[_i].raw, &n);
	struct cb_apdu a;

	for (size_t bit = 0; bit < n * 8; bit++) {
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (cb_apdu_parse(&a, cb_span(raw, n)) == CB_OK &&
		    a.data.n > 0) {
			ck_assert(a.data.p >= raw + 5);
			ck_assert(a.data.p + a.data.n <= raw + n);
			ck_assert_uint_le(a.ne, 65536);
		}
		raw[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(raw);
}
END_TEST

Suite *
apdu_suite(void)
{
	Suite *s = suite_create("apdu");
	TCase *tc = tcase_create("apdu");

	tcase_add_loop_test(tc, case_is_told, 0, COUNT(cases));
	tcase_add_test(tc, longest_command_is_read);
	tcase_add_loop_test(tc, any_bit_may_be_wrong, 0, COUNT(cases));
	suite_add_tcase(s, tc);
	return s;
}

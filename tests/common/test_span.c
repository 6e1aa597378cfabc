/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Spans and their readers.
 */
#include <stdlib.h>

#include "tests/common/suites.h"

static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
	0x08, 0x09 };

START_TEST(parts_stay_inside)
{
	struct cb_span s = CB_SPAN_OF(bytes);

	ck_assert_uint_eq(cb_span_head(s, 3).n, 3);
	ck_assert_ptr_eq(cb_span_head(s, 3).p, bytes);
	ck_assert_uint_eq(cb_span_head(s, 100).n, sizeof(bytes));
	ck_assert_uint_eq(cb_span_tail(s, 3).n, sizeof(bytes) - 3);
	ck_assert_ptr_eq(cb_span_tail(s, 3).p, bytes + 3);
	ck_assert_uint_eq(cb_span_tail(s, sizeof(bytes)).n, 0);
	ck_assert_uint_eq(cb_span_tail(s, 100).n, 0);
}
END_TEST

START_TEST(equality_is_of_contents)
{
	const uint8_t same[] = { 0x01, 0x02 }, other[] = { 0x01, 0x03 };
	struct cb_span s = cb_span(bytes, 2);

	ck_assert(cb_span_equal(s, CB_SPAN_OF(same)));
	ck_assert(!cb_span_equal(s, CB_SPAN_OF(other)));
	ck_assert(!cb_span_equal(s, cb_span(bytes, 3)));
	ck_assert(cb_span_equal(CB_SPAN_EMPTY, cb_span(bytes, 0)));
	ck_assert(cb_span_equal(cb_span_str("ab"), cb_span("ab", 2)));
	ck_assert_uint_eq(cb_span_str(NULL).n, 0);
}
END_TEST

START_TEST(numbers_are_big_endian)
{
	struct cb_span cur = CB_SPAN_OF(bytes);
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	ck_assert_int_eq(cb_get_u8(&cur, &u8), CB_OK);
	ck_assert_uint_eq(u8, 0x01);
	ck_assert_int_eq(cb_get_u16(&cur, &u16), CB_OK);
	ck_assert_uint_eq(u16, 0x0203);
	ck_assert_int_eq(cb_get_u32(&cur, &u32), CB_OK);
	ck_assert_uint_eq(u32, 0x04050607);
	ck_assert_int_eq(cb_get_end(&cur), CB_E_FORMAT);
	ck_assert_uint_eq(cur.n, 2);
	cur = CB_SPAN_OF(bytes);
	ck_assert_int_eq(cb_get_u64(&cur, &u64), CB_OK);
	ck_assert_uint_eq(u64, 0x0102030405060708);
	ck_assert_int_eq(cb_get_u8(&cur, &u8), CB_OK);
	ck_assert_int_eq(cb_get_end(&cur), CB_OK);
}
END_TEST

/* With _i bytes there. */
START_TEST(failed_read_moves_nothing)
{
	const struct cb_span start = cb_span(bytes, (size_t)_i);
	struct cb_span cur = start, out = cb_span(bytes, 1);
	uint8_t u8 = 0xEE;
	uint16_t u16 = 0xEEEE;
	uint32_t u32 = 0xEEEEEEEE;
	uint64_t u64 = 0xEEEEEEEEEEEEEEEE;

	if (_i < 1) {
		ck_assert_int_eq(cb_get_u8(&cur, &u8), CB_E_SHORT);
		ck_assert_uint_eq(u8, 0xEE);
	}
	if (_i < 2) {
		ck_assert_int_eq(cb_get_u16(&cur, &u16), CB_E_SHORT);
		ck_assert_uint_eq(u16, 0xEEEE);
	}
	if (_i < 4) {
		ck_assert_int_eq(cb_get_u32(&cur, &u32), CB_E_SHORT);
		ck_assert_uint_eq(u32, 0xEEEEEEEE);
	}
	if (_i < 8) {
		ck_assert_int_eq(cb_get_u64(&cur, &u64), CB_E_SHORT);
		ck_assert_uint_eq(u64, 0xEEEEEEEEEEEEEEEE);
	}
	ck_assert_int_eq(
	    cb_get_span(&cur, (size_t)_i + 1, &out), CB_E_SHORT);
	ck_assert_int_eq(cb_get_span(&cur, SIZE_MAX, &out), CB_E_SHORT);
	/* 01 02 claims 258 bytes */
	ck_assert_int_eq(cb_get_lv16(&cur, &out), CB_E_SHORT);
	ck_assert_ptr_eq(out.p, bytes);
	ck_assert_uint_eq(out.n, 1);
	ck_assert_ptr_eq(cur.p, start.p);
	ck_assert_uint_eq(cur.n, start.n);
}
END_TEST

START_TEST(counted_bytes_are_borrowed)
{
	const uint8_t raw[] = { 0x00, 0x02, 0xAA, 0xBB, 0x00, 0x00 };
	struct cb_span cur = CB_SPAN_OF(raw), out;

	ck_assert_int_eq(cb_get_lv16(&cur, &out), CB_OK);
	ck_assert_ptr_eq(out.p, raw + 2);
	ck_assert_uint_eq(out.n, 2);
	ck_assert_int_eq(cb_get_lv16(&cur, &out), CB_OK);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_int_eq(cb_get_end(&cur), CB_OK);
}
END_TEST

START_TEST(cursor_may_be_its_own_output)
{
	struct cb_span cur = CB_SPAN_OF(bytes);

	ck_assert_int_eq(cb_get_span(&cur, 4, &cur), CB_OK);
	ck_assert_ptr_eq(cur.p, bytes);
	ck_assert_uint_eq(cur.n, 4);
}
END_TEST

Suite *
span_suite(void)
{
	Suite *s = suite_create("span");
	TCase *tc = tcase_create("span");

	tcase_add_test(tc, parts_stay_inside);
	tcase_add_test(tc, equality_is_of_contents);
	tcase_add_test(tc, numbers_are_big_endian);
	tcase_add_loop_test(
	    tc, failed_read_moves_nothing, 0, (int)sizeof(bytes));
	tcase_add_test(tc, counted_bytes_are_borrowed);
	tcase_add_test(tc, cursor_may_be_its_own_output);
	suite_add_tcase(s, tc);
	return s;
}

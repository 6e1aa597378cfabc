/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Buffers: what they hold, where they stop, what they leave behind.
 */
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "tests/common/suites.h"

static const uint8_t secret[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	14, 15, 16 };

static size_t
nonzero(const uint8_t *p, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += p[i] != 0;
	return found;
}

START_TEST(appended_bytes_are_there)
{
	static const uint8_t expected[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
		0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x00,
		0x02, 0xAA, 0xBB, 0x00, 0x00 };
	struct cb_buf b = CB_BUF_INIT;
	uint8_t *p;

	ck_assert_int_eq(cb_put_u8(&b, 0x01), CB_OK);
	ck_assert_int_eq(cb_put_u16(&b, 0x0203), CB_OK);
	ck_assert_int_eq(cb_put_u32(&b, 0x04050607), CB_OK);
	ck_assert_int_eq(cb_put_u64(&b, 0x08090A0B0C0D0E0F), CB_OK);
	ck_assert_int_eq(cb_put_lv16(&b, cb_span("\xAA\xBB", 2)), CB_OK);
	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_EMPTY), CB_OK);
	ck_assert_int_eq(cb_buf_grow(&b, 2, &p), CB_OK);
	ck_assert_ptr_eq(p, b.p + b.n - 2);
	ck_assert(cb_span_equal(cb_buf_span(&b), CB_SPAN_OF(expected)));
	cb_buf_free(&b);
	ck_assert_ptr_null(b.p);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}
END_TEST

/* On failure what was appended is gone, and wiped; else nothing happens. */
START_TEST(undo_takes_back_what_failed)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_buf_add(&b, cb_span(secret, 16)), CB_OK);
	ck_assert_int_eq(cb_buf_undo(&b, 4, CB_OK), CB_OK);
	ck_assert_uint_eq(b.n, 16);
	ck_assert_int_eq(cb_buf_undo(&b, 4, CB_E_CRYPTO), CB_E_CRYPTO);
	ck_assert_uint_eq(b.n, 4);
	ck_assert_uint_eq(nonzero(b.p + 4, 12), 0);
	ck_assert_int_eq(cb_buf_undo(&b, 5, CB_E_CRYPTO), CB_E_INTERNAL);
	ck_assert_uint_eq(b.n, 4);
	cb_buf_free(&b);
}
END_TEST

START_TEST(maximum_is_kept)
{
	struct cb_buf b = CB_BUF_INIT_MAX(10);
	uint8_t *p = b.p;

	ck_assert_int_eq(cb_buf_add(&b, cb_span(secret, 9)), CB_OK);
	ck_assert_int_eq(cb_put_u16(&b, 1), CB_E_LIMIT);
	ck_assert_int_eq(cb_put_lv16(&b, CB_SPAN_EMPTY), CB_E_LIMIT);
	ck_assert_int_eq(cb_buf_grow(&b, SIZE_MAX, &p), CB_E_LIMIT);
	ck_assert_ptr_null(p);
	ck_assert_int_eq(cb_buf_reserve(&b, 11), CB_E_LIMIT);
	ck_assert_int_eq(cb_buf_set(&b, cb_span(secret, 11)), CB_E_LIMIT);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_span(secret, 9)));
	ck_assert_int_eq(cb_put_u8(&b, 1), CB_OK);
	ck_assert_uint_le(b.cap, 10);
	cb_buf_free(&b);
	ck_assert_uint_eq(b.max, 10);
}
END_TEST

START_TEST(maximum_unless_said_otherwise)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_buf_reserve(&b, CB_BUF_MAX), CB_OK);
	ck_assert_int_eq(cb_buf_reserve(&b, CB_BUF_MAX + 1), CB_E_LIMIT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(count_larger_than_65535_is_refused)
{
	struct cb_buf b = CB_BUF_INIT;
	static uint8_t large[65536];

	ck_assert_int_eq(cb_put_lv16(&b, CB_SPAN_OF(large)), CB_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_int_eq(cb_put_lv16(&b, cb_span(large, 65535)), CB_OK);
	ck_assert_uint_eq(b.n, 65537);
	cb_buf_free(&b);
}
END_TEST

START_TEST(without_memory_nothing_changes)
{
	struct cb_buf b = CB_BUF_INIT;
	static const uint8_t more[100];
	uint8_t *p;

	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(secret)), CB_OK);
	fail_allocation_after(0);
	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(more)), CB_E_NOMEM);
	ck_assert_int_eq(cb_buf_set(&b, CB_SPAN_OF(more)), CB_E_NOMEM);
	ck_assert_int_eq(cb_put_lv16(&b, CB_SPAN_OF(more)), CB_E_NOMEM);
	ck_assert_int_eq(cb_buf_grow(&b, 100, &p), CB_E_NOMEM);
	ck_assert_int_eq(cb_buf_reserve(&b, 100), CB_E_NOMEM);
	fail_allocation_after(-1);
	ck_assert(cb_span_equal(cb_buf_span(&b), CB_SPAN_OF(secret)));
	cb_buf_free(&b);
}
END_TEST

START_TEST(what_is_given_up_is_wiped)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(secret)), CB_OK);
	ck_assert_int_eq(cb_buf_truncate(&b, 17), CB_E_ARG);
	ck_assert_int_eq(cb_buf_truncate(&b, 12), CB_OK);
	ck_assert_uint_eq(nonzero(b.p, b.cap), 12);
	cb_buf_consume(&b, 4);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_span(secret + 4, 8)));
	ck_assert_uint_eq(nonzero(b.p, b.cap), 8);
	ck_assert_int_eq(cb_buf_set(&b, cb_span(secret, 3)), CB_OK);
	ck_assert_uint_eq(nonzero(b.p, b.cap), 3);
	cb_buf_consume(&b, 100);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_uint_eq(nonzero(b.p, b.cap), 0);
	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(secret)), CB_OK);
	cb_buf_clear(&b);
	ck_assert_uint_eq(b.n, 0);
	ck_assert_uint_eq(nonzero(b.p, b.cap), 0);
	cb_buf_free(&b);
}
END_TEST

START_TEST(freed_memory_was_wiped)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(secret)), CB_OK);
	watch_free(b.p);
	ck_assert_int_eq(cb_buf_reserve(&b, 1000), CB_OK);
	ck_assert_uint_eq(left_at_free(), 0);
	ck_assert(cb_span_equal(cb_buf_span(&b), CB_SPAN_OF(secret)));
	watch_free(b.p);
	cb_buf_free(&b);
	ck_assert_uint_eq(left_at_free(), 0);
}
END_TEST

START_TEST(own_bytes_may_be_appended)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(secret)), CB_OK);
	/* past 64 bytes the buffer moves while it is read */
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(cb_buf_add(&b, cb_buf_span(&b)), CB_OK);
	ck_assert_uint_eq(b.n, 16 * sizeof(secret));
	for (size_t i = 0; i < b.n; i++)
		ck_assert_uint_eq(b.p[i], secret[i % sizeof(secret)]);
	ck_assert_int_eq(cb_buf_set(&b, cb_span(b.p + 3, 5)), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&b), cb_span(secret + 3, 5)));
	cb_buf_free(&b);
}
END_TEST

START_TEST(move_takes_all)
{
	struct cb_buf from = CB_BUF_INIT, to = CB_BUF_INIT_MAX(100);
	const uint8_t *p;

	ck_assert_int_eq(cb_buf_add(&from, CB_SPAN_OF(secret)), CB_OK);
	ck_assert_int_eq(cb_buf_add(&to, cb_span(secret, 3)), CB_OK);
	p = from.p;
	watch_free(to.p);
	cb_buf_move(&to, &from);
	ck_assert_uint_eq(left_at_free(), 0);
	ck_assert_ptr_eq(to.p, p);
	ck_assert_uint_eq(to.max, 100);
	ck_assert_uint_eq(from.n, 0);
	ck_assert_ptr_null(from.p);
	cb_buf_move(&to, &to);
	ck_assert(cb_span_equal(cb_buf_span(&to), CB_SPAN_OF(secret)));
	cb_buf_free(&to);
	cb_buf_free(&from);
}
END_TEST

START_TEST(grown_bytes_are_zero)
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t *p;

	ck_assert_int_eq(cb_buf_grow(&b, 8, &p), CB_OK);
	memset(p, 0xFF, 8);
	/* as a reader of a socket does that asked for more than came */
	b.n = 2;
	ck_assert_int_eq(cb_buf_grow(&b, 6, &p), CB_OK);
	ck_assert_uint_eq(nonzero(b.p, b.n), 2);
	ck_assert_int_eq(cb_buf_grow(&b, 0, &p), CB_OK);
	ck_assert_uint_eq(b.n, 8);
	cb_buf_free(&b);
}
END_TEST

START_TEST(numbers_get_their_zeros_back)
{
	struct cb_buf b = CB_BUF_INIT;
	const uint8_t want[] = { 0, 0, 1, 2, 3 };

	ck_assert_int_eq(cb_buf_set(&b, cb_span(want + 2, 3)), CB_OK);
	ck_assert_int_eq(cb_buf_pad_front(&b, 5), CB_OK);
	ck_assert_uint_eq(b.n, 5);
	ck_assert_mem_eq(b.p, want, 5);
	ck_assert_int_eq(cb_buf_pad_front(&b, 5), CB_OK);
	ck_assert_uint_eq(b.n, 5);
	ck_assert_int_eq(cb_buf_pad_front(&b, 4), CB_E_LIMIT);
	ck_assert_uint_eq(b.n, 5);
	cb_buf_free(&b);
}
END_TEST

Suite *
buf_suite(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_test(tc, appended_bytes_are_there);
	tcase_add_test(tc, undo_takes_back_what_failed);
	tcase_add_test(tc, maximum_is_kept);
	tcase_add_test(tc, maximum_unless_said_otherwise);
	tcase_add_test(tc, count_larger_than_65535_is_refused);
	tcase_add_test(tc, without_memory_nothing_changes);
	tcase_add_test(tc, what_is_given_up_is_wiped);
	tcase_add_test(tc, freed_memory_was_wiped);
	tcase_add_test(tc, own_bytes_may_be_appended);
	tcase_add_test(tc, move_takes_all);
	tcase_add_test(tc, grown_bytes_are_zero);
	tcase_add_test(tc, numbers_get_their_zeros_back);
	suite_add_tcase(s, tc);
	return s;
}

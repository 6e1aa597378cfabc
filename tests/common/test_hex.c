/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Hexadecimal text.
 */
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "tests/common/suites.h"

static const struct {
	const char *text;
	enum cb_err result;
	const char *bytes;
	size_t n;
} cases[] = {
	{ "", CB_OK, "", 0 },
	{ " \t:", CB_OK, "", 0 },
	{ "00a4", CB_OK, "\x00\xA4", 2 },
	{ "00 A4\t04:00", CB_OK, "\x00\xA4\x04\x00", 4 },
	{ " fF ", CB_OK, "\xFF", 1 },
	{ "0", CB_E_FORMAT, NULL, 0 },
	{ "00A", CB_E_FORMAT, NULL, 0 },
	{ "0 0", CB_E_FORMAT, NULL, 0 },
	{ "0:0", CB_E_FORMAT, NULL, 0 },
	{ "0x00", CB_E_FORMAT, NULL, 0 },
	{ "00g0", CB_E_FORMAT, NULL, 0 },
	{ "00,00", CB_E_FORMAT, NULL, 0 },
	{ "00\n", CB_E_FORMAT, NULL, 0 },
	{ "0\xC3\xA4", CB_E_FORMAT, NULL, 0 },
};

START_TEST(text_is_decoded)
{
	struct cb_buf b = CB_BUF_INIT;
	const char *text = cases[_i].text;

	ck_assert_int_eq(cb_put_u8(&b, 0xEE), CB_OK);
	ck_assert_int_eq(
	    cb_hex_decode(&b, text, strlen(text)), cases[_i].result);
	ck_assert_uint_eq(b.n, 1 + cases[_i].n);
	ck_assert(cb_span_equal(cb_span_tail(cb_buf_span(&b), 1),
	    cb_span(cases[_i].bytes, cases[_i].n)));
	cb_buf_free(&b);
}
END_TEST

START_TEST(only_so_many_characters_are_read)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_hex_decode(&b, "00112", 4), CB_OK);
	ck_assert_uint_eq(b.n, 2);
	ck_assert_int_eq(cb_hex_decode(&b, "0011", 3), CB_E_FORMAT);
	cb_buf_free(&b);
}
END_TEST

START_TEST(full_buffer_is_told)
{
	struct cb_buf b = CB_BUF_INIT_MAX(2);

	ck_assert_int_eq(cb_hex_decode(&b, "001122", 6), CB_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}
END_TEST

static const struct {
	size_t size;
	const char *text;
} sizes[] = {
	{ 7, "00A4FF" },
	{ 100, "00A4FF" },
	{ 6, "00A4" },
	{ 5, "00A4" },
	{ 2, "" },
	{ 1, "" },
};

START_TEST(bytes_are_encoded_as_far_as_they_fit)
{
	static const uint8_t raw[] = { 0x00, 0xA4, 0xFF };
	char *out = malloc(sizes[_i].size);

	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_eq(
	    cb_hex_encode(out, sizes[_i].size, CB_SPAN_OF(raw)), out);
	ck_assert_str_eq(out, sizes[_i].text);
	free(out);
}
END_TEST

START_TEST(no_room_at_all_is_left_alone)
{
	char out = 'x';

	ck_assert_ptr_eq(cb_hex_encode(&out, 0, cb_span("\x01", 1)), &out);
	ck_assert_int_eq(out, 'x');
}
END_TEST

/* clang-format off */
static const struct {
	const char *text;
	size_t n;
	enum cb_err result;
} exact[] = {
	{ "", 0, CB_OK },
	{ "00ff1a", 3, CB_OK },
	{ "00ff1a", 2, CB_E_FORMAT },
	{ "00ff1a", 4, CB_E_FORMAT },
	{ "00ff1", 2, CB_E_FORMAT },
	{ "00FF1a", 3, CB_E_FORMAT },
	{ "00 ff1", 3, CB_E_FORMAT },
	{ "00ff1g", 3, CB_E_FORMAT },
};
/* clang-format on */

START_TEST(a_format_has_one_way_to_write)
{
	struct cb_buf b = CB_BUF_INIT;
	const struct cb_span text = cb_span_str(exact[_i].text);
	uint8_t out[4] = { 0xEE, 0xEE, 0xEE, 0xEE };

	ck_assert_int_eq(
	    cb_hex_get(text, out, exact[_i].n), exact[_i].result);
	ck_assert_uint_eq(out[3], 0xEE);
	if (exact[_i].result == CB_OK) {
		ck_assert_int_eq(
		    cb_hex_put(&b, cb_span(out, exact[_i].n)), CB_OK);
		ck_assert(cb_span_equal(cb_buf_span(&b), text));
	} else
		ck_assert_uint_eq(out[0], 0xEE);
	cb_buf_free(&b);
}
END_TEST

Suite *
hex_suite(void)
{
	Suite *s = suite_create("hex");
	TCase *tc = tcase_create("hex");

	tcase_add_loop_test(tc, text_is_decoded, 0, COUNT(cases));
	tcase_add_test(tc, only_so_many_characters_are_read);
	tcase_add_test(tc, full_buffer_is_told);
	tcase_add_loop_test(
	    tc, bytes_are_encoded_as_far_as_they_fit, 0, COUNT(sizes));
	tcase_add_test(tc, no_room_at_all_is_left_alone);
	tcase_add_loop_test(tc, a_format_has_one_way_to_write, 0,
	    (int)(sizeof(exact) / sizeof(exact[0])));
	suite_add_tcase(s, tc);
	return s;
}

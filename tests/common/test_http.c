/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Pieces of a head of HTTP.
 */
#include "common/http.h"
#include "tests/common/suites.h"

static void
spells(struct cb_span s, const char *want)
{
	ck_assert_msg(cb_span_equal(s, cb_span_str(want)), "%.*s, not %s",
	    (int)s.n, (const char *)s.p, want);
}

START_TEST(a_cut_takes_its_end_along_or_nothing)
{
	struct cb_span cur = cb_span_str("ab, c"), one = CB_SPAN_EMPTY;

	ck_assert(!cb_http_cut(&cur, ";", &one));
	spells(cur, "ab, c");
	ck_assert_uint_eq(one.n, 0);
	ck_assert(cb_http_cut(&cur, ", ", &one));
	spells(one, "ab");
	spells(cur, "c");
	cur = CB_SPAN_EMPTY;
	ck_assert(!cb_http_cut(&cur, ";", &one));
}
END_TEST

static const struct {
	const char *list;
	bool has;
} lists[] = {
	{ "close", true },
	{ "keep-alive,\tCLOSE ", true },
	{ "close, TE", true },
	{ "a,,close", true },
	{ "closed", false },
	{ "keep-alive close", false },
	{ "", false },
};

START_TEST(a_word_is_found_in_a_list)
{
	ck_assert(cb_http_has(cb_span_str(lists[_i].list), "close") ==
	    lists[_i].has);
}
END_TEST

static const struct {
	const char *text;
	enum cb_err want;
	size_t n;
} numbers[] = {
	{ "0", CB_OK, 0 },
	{ "0042", CB_OK, 42 },
	{ "18446744073709551615", CB_OK, UINT64_MAX },
	{ "18446744073709551616", CB_E_LIMIT, 1 },
	{ "99999999999999999999", CB_E_LIMIT, 1 },
	{ "", CB_E_FORMAT, 1 },
	{ "+1", CB_E_FORMAT, 1 },
	{ "1 ", CB_E_FORMAT, 1 },
	{ "0x1", CB_E_FORMAT, 1 },
};

START_TEST(a_number_is_digits)
{
	size_t n = 1;

	ck_assert_int_eq(cb_http_number(cb_span_str(numbers[_i].text), &n),
	    numbers[_i].want);
	ck_assert(n == numbers[_i].n);
}
END_TEST

static const struct {
	const char *line, *name, *value; /* NULL: refused */
} fields[] = {
	{ "Host: a:1", "Host", "a:1" },
	{ "a:", "a", "" },
	{ "a: \tb c\t ", "a", "b c" },
	{ "a : b", NULL, NULL },
	{ " a: b", NULL, NULL },
	{ "a", NULL, NULL },
	{ ": b", NULL, NULL },
	{ "a: b\rc", NULL, NULL },
	{ "a: b\x7F", NULL, NULL },
};

START_TEST(a_field_is_a_name_and_a_value)
{
	struct cb_span name = CB_SPAN_EMPTY, value = CB_SPAN_EMPTY;
	enum cb_err r = cb_http_field(
	    cb_span_str(fields[_i].line), &name, &value);

	ck_assert_int_eq(r, fields[_i].name != NULL ? CB_OK : CB_E_FORMAT);
	spells(name, fields[_i].name != NULL ? fields[_i].name : "");
	spells(value, fields[_i].name != NULL ? fields[_i].value : "");
}
END_TEST

static const struct {
	size_t n;
	const char *text;
} digits[] = {
	{ 0, "0" },
	{ 9, "9" },
	{ 10, "10" },
	{ 4294967296, "4294967296" },
	{ SIZE_MAX, "18446744073709551615" },
};

START_TEST(digits_are_the_number)
{
	char out[CB_HTTP_DIGITS];

	spells(cb_http_digits(out, digits[_i].n), digits[_i].text);
}
END_TEST

START_TEST(parts_are_put_together_or_not_at_all)
{
	const struct cb_span parts[] = { cb_span_str("GET "), CB_SPAN_EMPTY,
		cb_span_str("/") };
	const struct cb_span endless[] = { cb_span_str("a"),
		{ .p = (const uint8_t *)"b", .n = SIZE_MAX } };
	struct cb_buf b = CB_BUF_INIT_MAX(10);

	ck_assert_int_eq(cb_http_put(&b, parts, COUNT(parts)), CB_OK);
	spells(cb_buf_span(&b), "GET /");
	ck_assert_int_eq(cb_http_put(&b, parts, COUNT(parts)), CB_OK);
	spells(cb_buf_span(&b), "GET /GET /");
	ck_assert_int_eq(cb_http_put(&b, parts, 1), CB_E_LIMIT);
	ck_assert_int_eq(cb_http_put(&b, endless, 2), CB_E_LIMIT);
	spells(cb_buf_span(&b), "GET /GET /");
	cb_buf_free(&b);
}
END_TEST

Suite *
http_suite(void)
{
	Suite *s = suite_create("http");
	TCase *tc = tcase_create("http");

	tcase_add_test(tc, a_cut_takes_its_end_along_or_nothing);
	tcase_add_loop_test(tc, a_word_is_found_in_a_list, 0, COUNT(lists));
	tcase_add_loop_test(tc, a_number_is_digits, 0, COUNT(numbers));
	tcase_add_loop_test(
	    tc, a_field_is_a_name_and_a_value, 0, COUNT(fields));
	tcase_add_loop_test(tc, digits_are_the_number, 0, COUNT(digits));
	tcase_add_test(tc, parts_are_put_together_or_not_at_all);
	suite_add_tcase(s, tc);
	return s;
}

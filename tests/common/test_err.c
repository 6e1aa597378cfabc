/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Errors in words.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/common/suites.h"

START_TEST(every_error_has_words_of_its_own)
{
	const char *text = cb_err_text((enum cb_err)_i);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_ne(text, "unknown error");
	for (int other = 0; other < _i; other++)
		ck_assert_str_ne(text, cb_err_text((enum cb_err)other));
}
END_TEST

START_TEST(foreign_number_has_words_too)
{
	ck_assert_str_eq(cb_err_text((enum cb_err)(CB_E_INTERNAL + 1)),
	    "unknown error");
	ck_assert_str_eq(cb_err_text((enum cb_err)-1), "unknown error");
}
END_TEST

START_TEST(sentence_is_formatted)
{
	struct cb_why why;

	cb_why_set(&why, "line %d: %s", 7, "no");
	ck_assert_str_eq(why.text, "line 7: no");
	cb_why_set(NULL, "nobody listens: %d", 1);
}
END_TEST

START_TEST(sentence_may_hold_the_one_before)
{
	struct cb_why why;

	cb_why_set(&why, "disk full");
	cb_why_set(&why, "card.cb: %s", why.text);
	ck_assert_str_eq(why.text, "card.cb: disk full");
}
END_TEST

START_TEST(long_sentence_is_cut)
{
	char longer[2 * sizeof(struct cb_why)];
	struct cb_why why;

	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cb_why_set(&why, "%s", longer);
	ck_assert_uint_eq(strlen(why.text), sizeof(why.text) - 1);
}
END_TEST

Suite *
err_suite(void)
{
	Suite *s = suite_create("err");
	TCase *tc = tcase_create("err");

	tcase_add_loop_test(
	    tc, every_error_has_words_of_its_own, CB_OK, CB_E_INTERNAL + 1);
	tcase_add_test(tc, foreign_number_has_words_too);
	tcase_add_test(tc, sentence_is_formatted);
	tcase_add_test(tc, sentence_may_hold_the_one_before);
	tcase_add_test(tc, long_sentence_is_cut);
	suite_add_tcase(s, tc);
	return s;
}

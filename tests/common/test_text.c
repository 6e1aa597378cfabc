/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Text files: what is one, and what is said of those that cannot be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "tests/common/suites.h"

static const struct {
	const char *bytes;
	size_t n, max;
	enum cb_err want;
} cases[] = {
	{ "a\nb", 3, 3, CB_OK },
	{ "", 0, 0, CB_OK },
	{ "a\nb", 3, 2, CB_E_FORMAT },
	{ "a\0b", 3, 3, CB_E_FORMAT },
	{ "ab\0", 3, 3, CB_E_FORMAT },
};

START_TEST(text_is_read_whole_or_not_at_all)
{
	char path[] = "/tmp/test_text.XXXXXX", *out = path;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
	    write(fd, cases[_i].bytes, cases[_i].n), (ssize_t)cases[_i].n);
	close(fd);
	ck_assert_int_eq(
	    cb_text_read(&out, path, cases[_i].max), cases[_i].want);
	unlink(path);
	if (cases[_i].want == CB_OK)
		ck_assert_str_eq(out, cases[_i].bytes);
	else
		ck_assert_ptr_null(out);
	free(out);
}
END_TEST

START_TEST(text_that_is_not_there_is_told)
{
	char *out = NULL;

	ck_assert_int_eq(cb_text_read(&out, "/dev/no/such", 9), CB_E_ABSENT);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(cb_text_read(&out, "/dev/null/x", 9), CB_E_DENIED);
	ck_assert_int_eq(errno, ENOTDIR);
	/* neither is a directory or a device text */
	ck_assert_int_eq(cb_text_read(&out, "/", 1 << 20), CB_E_FORMAT);
	ck_assert_int_eq(cb_text_read(&out, "/dev/null", 9), CB_E_FORMAT);
	ck_assert_ptr_null(out);
}
END_TEST

Suite *
text_suite(void)
{
	Suite *s = suite_create("text");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, text_is_read_whole_or_not_at_all, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, text_that_is_not_there_is_told);
	suite_add_tcase(s, tc);
	return s;
}

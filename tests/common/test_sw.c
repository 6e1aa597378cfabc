/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Status words in words.
 */
#include <stdlib.h>
#include <string.h>

#include "common/sw.h"
#include "tests/common/suites.h"

static const struct {
	uint16_t sw;
	const char *text;
} cases[] = {
	{ SW_OK, "success" },
	{ 0x6110, "more to read, 16 bytes" },
	{ 0x6101, "more to read, 1 byte" },
	{ SW_MORE, "more to read, 256 bytes" },
	{ SW_EOF, "end of file reached" },
	{ 0x62F1, "warning, nothing changed" },
	{ 0x63C2, "wrong passcode, 2 tries left" },
	{ 0x63C1, "wrong passcode, 1 try left" },
	{ 0x63C0, "wrong passcode, 0 tries left" },
	{ 0x6300, "warning, something changed" },
	{ SW_WRONG_LENGTH, "wrong length" },
	{ SW_SECURITY_STATUS, "access condition not satisfied" },
	{ SW_BLOCKED, "blocked" },
	{ 0x69FF, "command not allowed" },
	{ SW_FILE_NOT_FOUND, "file or application not found" },
	{ SW_NO_SPACE, "card is full" },
	{ 0x6AFF, "wrong parameters" },
	{ SW_OFFSET, "offset outside the file" },
	{ 0x6C10, "wrong Le, 16 bytes" },
	{ SW_WRONG_LE, "wrong Le, 256 bytes" },
	{ SW_INS, "unknown command" },
	{ 0x6D01, "not a word of the standard" },
	{ 0x9001, "not a word of the standard" },
	{ 0x0000, "not a word of the standard" },
};

START_TEST(word_is_explained)
{
	char buf[80];

	ck_assert_ptr_eq(cb_sw_text(cases[_i].sw, buf, sizeof(buf)), buf);
	ck_assert_str_eq(buf, cases[_i].text);
}
END_TEST

START_TEST(small_buffer_is_kept_to)
{
	char buf[8];

	memset(buf, 'x', sizeof(buf));
	ck_assert_str_eq(cb_sw_text(0x63C2, buf, 6), "wrong");
	ck_assert_int_eq(buf[6], 'x');
	ck_assert_ptr_eq(cb_sw_text(0x63C2, buf + 6, 0), buf + 6);
	ck_assert_int_eq(buf[6], 'x');
}
END_TEST

Suite *
sw_suite(void)
{
	Suite *s = suite_create("sw");
	TCase *tc = tcase_create("sw");

	tcase_add_loop_test(tc, word_is_explained, 0, COUNT(cases));
	tcase_add_test(tc, small_buffer_is_kept_to);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Text files: what is one, and what is said of those that cannot be read; and
 * words in messages.
 */
#include <errno.h>
#include <stdio.h>
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

static const struct {
	const char *text;
	size_t max;
	const char *want;
} words[] = {
	{ "", 8, "" },
	{ "a reader", 8, "a reader" },
	{ "a reader", 7, "a reade" },
	{ "a\nb\x7F" "c\x1F", 8, "a?b?c?" },
	{ "\xC3\xA9t\xC3\xA9", 5, "\xC3\xA9t\xC3\xA9" },
	{ "\xC3\xA9t\xC3\xA9", 4, "\xC3\xA9t" },
	{ "\xE2\x82\xAC", 2, "" },
};

START_TEST(words_arrive_as_they_may)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span cur;
	char out[9] = "old";

	ck_assert_int_eq(
	    cb_put_text(&b, words[_i].text, words[_i].max), CB_OK);
	cur = cb_buf_span(&b);
	ck_assert_int_eq(cb_get_text(&cur, out, sizeof(out)), CB_OK);
	ck_assert_str_eq(out, words[_i].want);
	ck_assert_int_eq(cb_get_end(&cur), CB_OK);
	cb_buf_free(&b);
}
END_TEST

static const struct {
	const char *hex;
	enum cb_err want;
} no_words[] = {
	{ "0003410A42", CB_E_FORMAT },
	{ "0001" "7F", CB_E_FORMAT },
	{ "0001" "00", CB_E_FORMAT },
	{ "0004" "41424344", CB_E_LIMIT },
	{ "0002" "41", CB_E_SHORT },
	{ "00", CB_E_SHORT },
};

/* What a terminal would obey, or take for something else. */
static const struct {
	const char *text, *plain;
} shown[] = {
	{ "", "" },
	{ "a card of Zo\xC3\xAB, \xE2\x80\x9C\xF0\x9F\x83\x8F\xE2\x80\x9D",
	    "a card of Zo\xC3\xAB, \xE2\x80\x9C\xF0\x9F\x83\x8F\xE2\x80\x9D" },
	{ "a\033[2J\nb\x7F", "a?[2J?b?" },
	{ "\xC2\x9B" "2J", "??2J" },		/* CSI */
	{ "\x9B" "2J", "?2J" },
	{ "x\xC3", "x?" },			/* half of one */
	{ "\xC0\xAF\xED\xA0\x80", "?????" },
	{ "a\u202Eb\u2066c", "a???b???c" },	/* direction */
	{ "\u200F\u061C\u2028", "????????" },
	{ "\u200D\u2027\u202F\u2065\u206A", "\u200D\u2027\u202F\u2065\u206A" },
};

START_TEST(what_is_shown_is_plain)
{
	char text[64];

	snprintf(text, sizeof(text), "%s", shown[_i].text);
	cb_make_plain(text);
	ck_assert_str_eq(text, shown[_i].plain);
	ck_assert(cb_is_plain_text(cb_span_str(text)));
}
END_TEST

START_TEST(words_that_are_none_are_refused)
{
	char out[4] = "old";
	size_t n;
	uint8_t *raw = exact_copy(no_words[_i].hex, &n);
	struct cb_span cur = cb_span(raw, n);

	ck_assert_int_eq(
	    cb_get_text(&cur, out, sizeof(out)), no_words[_i].want);
	ck_assert_ptr_eq(cur.p, raw);
	ck_assert_str_eq(out, "old");
	free(raw);
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
	tcase_add_loop_test(tc, words_arrive_as_they_may, 0, COUNT(words));
	tcase_add_loop_test(tc, what_is_shown_is_plain, 0, COUNT(shown));
	tcase_add_loop_test(
	    tc, words_that_are_none_are_refused, 0, COUNT(no_words));
	suite_add_tcase(s, tc);
	return s;
}

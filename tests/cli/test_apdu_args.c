/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What people give to `cardbridge apdu`.
 */
#include <string.h>
#include <unistd.h>

#include "cli/apdu_args.h"
#include "tests/cli/suites.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
	const char *hex;
	enum cb_err r;
	bool passcode;
} commands[] = {
	{ "00A40000023F00", CB_OK, false },
	{ "00 20 00 81", CB_OK, false },		/* tries query, T=1 */
	{ "0020008100", CB_OK, false },			/* and T=0 */
	{ "0020008104 31323334", CB_OK, true },		/* VERIFY */
	{ "1020008104 31323334", CB_OK, true },		/* chained */
	{ "8020008104 31323334", CB_OK, true },
	{ "002000810431323334 00", CB_OK, true },	/* with Le */
	{ "0020008100000431323334", CB_OK, true },	/* extended */
	{ "0021008104 31323334", CB_OK, true },		/* odd code */
	{ "0020008105 31323334", CB_OK, true },		/* lengths wrong */
	{ "0024000104 31323334", CB_OK, true },		/* CHANGE */
	{ "00240101 04 05403132", CB_OK, true },	/* CREATE PIN */
	{ "002C000104 31323334", CB_OK, true },		/* RESET COUNTER */
	{ "002C0081", CB_OK, false },
	{ "00D6000004 31323334", CB_OK, false },
	{ "00200", CB_E_FORMAT, false },
	{ "002000", CB_E_FORMAT, false },
	{ "", CB_E_FORMAT, false },
	{ "hello", CB_E_FORMAT, false },
};

START_TEST(apdu_args_finds_passcodes)
{
	struct cb_buf out = CB_BUF_INIT;

	ck_assert_int_eq(cli_apdu_decode(
	    &out, cb_span_str(commands[_i].hex)), commands[_i].r);
	if (commands[_i].r == CB_OK)
		ck_assert(cli_apdu_has_passcode(cb_buf_span(&out)) ==
		    commands[_i].passcode);
	cb_buf_free(&out);
}
END_TEST

static const struct {
	const char *pattern;
	bool good;
	uint16_t yes, no;
} patterns[] = {
	{ "9000", true, 0x9000, 0x9001 },
	{ "63Cx", true, 0x63C2, 0x63D2 },
	{ "63cX", true, 0x63C0, 0x6983 },
	{ "61xx", true, 0x6110, 0x6C10 },
	{ "6a82", true, 0x6A82, 0x6A83 },
	{ "900", false, 0, 0 },
	{ "90000", false, 0, 0 },
	{ "90 0", false, 0, 0 },
	{ "90g0", false, 0, 0 },
	{ "", false, 0, 0 },
};

START_TEST(apdu_args_expected_status_words)
{
	const char *pattern = patterns[_i].pattern;

	ck_assert(cli_sw_pattern(pattern) == patterns[_i].good);
	if (patterns[_i].good) {
		ck_assert(cli_sw_expected(pattern, patterns[_i].yes));
		ck_assert(!cli_sw_expected(pattern, patterns[_i].no));
	}
}
END_TEST

/* Lines come through a pipe in pieces of every size. */
START_TEST(apdu_args_lines)
{
	static const char text[] = "00A4 # select\n\n# remark\r\n"
		"\t 00B0 \r\nlast";
	static const char *const want[] = { "00A4", "", "", "00B0", "last" };
	struct cli_lines l = CLI_LINES_INIT;
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	for (size_t i = 0; i < strlen(text); i += (size_t)_i) {
		size_t n = strlen(text) - i;

		if (n > (size_t)_i)
			n = (size_t)_i;
		ck_assert_int_eq(write(fds[1], text + i, n), (ssize_t)n);
	}
	ck_assert_int_eq(close(fds[1]), 0);
	for (size_t i = 0; i < N(want); i++) {
		ck_assert_int_eq(cli_lines_next(&l, fds[0]), CB_OK);
		ck_assert_uint_eq(l.no, i + 1);
		ck_assert_uint_eq(l.line.n, strlen(want[i]));
		if (l.line.n > 0)
			ck_assert_mem_eq(l.line.p, want[i], l.line.n);
	}
	ck_assert_int_eq(cli_lines_next(&l, fds[0]), CB_E_ABSENT);
	ck_assert_int_eq(close(fds[0]), 0);
	cli_lines_free(&l);
}
END_TEST

START_TEST(apdu_args_line_without_end_is_refused)
{
	struct cli_lines l = CLI_LINES_INIT;
	int fds[2];

	l.read.max = 100;
	ck_assert_int_eq(pipe(fds), 0);
	for (int i = 0; i < 101; i++)
		ck_assert_int_eq(write(fds[1], "0", 1), 1);
	ck_assert_int_eq(close(fds[1]), 0);
	ck_assert_int_eq(cli_lines_next(&l, fds[0]), CB_E_LIMIT);
	ck_assert_int_eq(close(fds[0]), 0);
	cli_lines_free(&l);
}
END_TEST

Suite *
apdu_args_suite(void)
{
	Suite *s = suite_create("apdu_args");
	TCase *tc = tcase_create("apdu_args");

	tcase_add_loop_test(
	    tc, apdu_args_finds_passcodes, 0, (int)N(commands));
	tcase_add_loop_test(
	    tc, apdu_args_expected_status_words, 0, (int)N(patterns));
	tcase_add_loop_test(tc, apdu_args_lines, 1, 8);
	tcase_add_test(tc, apdu_args_line_without_end_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

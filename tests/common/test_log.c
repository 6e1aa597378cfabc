/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The log: what a line looks like, and what must not be in it. Every test is
 * a process of its own; its standard error is turned into a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "tests/common/suites.h"

static int from_log, dup_of_log;

static void
catch_log(void)
{
	static char name[] = "prog";
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	dup_of_log = fds[1];
	from_log = fds[0];
	ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
	program_invocation_short_name = name;
}

static const char *
logged(void)
{
	static char text[8192];
	ssize_t n = read(from_log, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

START_TEST(line_says_who_and_how_grave)
{
	catch_log();
	cb_log(CB_LOG_ERROR, "disk %d", 1);
	ck_assert_str_eq(logged(), "prog: error: disk 1\n");
	cb_log(CB_LOG_WARNING, "full");
	ck_assert_str_eq(logged(), "prog: warning: full\n");
	cb_log(CB_LOG_NOTICE, "ready");
	ck_assert_str_eq(logged(), "prog: ready\n");
}
END_TEST

START_TEST(level_decides)
{
	catch_log();
	ck_assert(!cb_log_on(CB_LOG_DEBUG));
	cb_log(CB_LOG_DEBUG, "not seen");
	ck_assert_str_eq(logged(), "");
	cb_log_set_level(CB_LOG_DEBUG);
	ck_assert(cb_log_on(CB_LOG_DEBUG));
	cb_log(CB_LOG_DEBUG, "seen");
	ck_assert_str_eq(logged(), "prog: debug: seen\n");
	cb_log_set_level(CB_LOG_ERROR);
	cb_log(CB_LOG_WARNING, "not seen");
	ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(journal_gets_a_priority)
{
	char stream[64];
	struct stat st;

	catch_log();
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju",
	    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	cb_log(CB_LOG_WARNING, "full");
	ck_assert_str_eq(logged(), "<4>full\n");
}
END_TEST

START_TEST(anothers_journal_does_not_count)
{
	catch_log();
	ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:1", 1), 0);
	cb_log(CB_LOG_WARNING, "full");
	ck_assert_str_eq(logged(), "prog: warning: full\n");
}
END_TEST

START_TEST(text_from_outside_makes_no_line)
{
	catch_log();
	cb_log(CB_LOG_NOTICE, "name %s", "a\nprog: b\x1B[2J\x7F");
	ck_assert_str_eq(logged(), "prog: name a?prog: b?[2J?\n");
	catch_log();
	cb_log(CB_LOG_NOTICE, "path %s", "/\xC2\x9B" "2J\x9B\u202E\u00E9");
	ck_assert_str_eq(logged(), "prog: path /??2J????\u00E9\n");
}
END_TEST

START_TEST(long_line_is_cut_and_ended)
{
	char longer[3000];
	const char *text;

	catch_log();
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	cb_log(CB_LOG_NOTICE, "%s", longer);
	text = logged();
	ck_assert_uint_le(strlen(text), 1024);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

START_TEST(nobody_reading_stops_nobody)
{
	catch_log();
	ck_assert_int_eq(fcntl(dup_of_log, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 10000; i++)
		cb_log(CB_LOG_NOTICE, "line %d", i);
	errno = ENOENT;
	cb_log(CB_LOG_NOTICE, "last");
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* Nobody reads: lines are dropped, and counted for who reads again. */
static void
lose_lines(void)
{
	static char text[1 << 20];
	const char *end;
	unsigned written = 0, told;
	size_t n = 0;
	ssize_t got;

	alarm(20);	/* where it waits */
	cb_log_never_wait();
	for (int i = 0; i < 5000; i++)
		cb_log(CB_LOG_NOTICE, "%0100d", i);
	while ((got = read(from_log, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)got;
	for (size_t i = 0; i < n; i++)
		written += text[i] == '\n';
	ck_assert_uint_gt(written, 10);
	ck_assert_uint_lt(written, 5000);
	cb_log(CB_LOG_NOTICE, "again");
	end = logged();
	ck_assert_int_eq(
	    sscanf(end, "prog: warning: %u lines of the log", &told), 1);
	ck_assert_uint_eq(told, 5000 - written);
	ck_assert_ptr_nonnull(strstr(end, "\nprog: again\n"));
	cb_log(CB_LOG_NOTICE, "and again");
	ck_assert_str_eq(logged(), "prog: and again\n");
}

START_TEST(a_full_pipe_makes_nobody_wait)
{
	int flags;

	catch_log();
	lose_lines();
	/* who else has the pipe goes on as before */
	flags = fcntl(dup_of_log, F_GETFL);
	ck_assert_int_eq(flags & O_NONBLOCK, 0);
}
END_TEST

START_TEST(a_full_socket_makes_nobody_wait)
{
	static char name[] = "prog";
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	from_log = fds[0];
	ck_assert_int_eq(unsetenv("JOURNAL_STREAM"), 0);
	program_invocation_short_name = name;
	lose_lines();
}
END_TEST

static const struct {
	const char *raw;
	const char *line;
} apdus[] = {
	{ "00 A4", "prog: debug: r1: 2 bytes -> 9000\n" },
	{ "00 A4 04 00", "prog: debug: r1: 00 A4 04 00 -> 9000\n" },
	{ "00 B0 00 00 10", "prog: debug: r1: 00 B0 00 00 -> 9000\n" },
	{ "00 20 00 81 03 31 32 33",
	    "prog: debug: r1: 00 20 00 81 Lc 3 -> 9000\n" },
	{ "00 D6 00 00 00 01 02 33",
	    "prog: debug: r1: 00 D6 00 00 Lc 258 -> 9000\n" },
	{ "00 D6 00 00 00 01",
	    "prog: debug: r1: 00 D6 00 00 Lc 0 -> 9000\n" },
};

START_TEST(of_an_apdu_only_the_header_is_logged)
{
	size_t n;
	uint8_t *raw = exact_copy(apdus[_i].raw, &n);

	catch_log();
	cb_log_apdu("r1", cb_span(raw, n), 0x9000);
	ck_assert_str_eq(logged(), "");
	cb_log_set_level(CB_LOG_DEBUG);
	cb_log_apdu("r1", cb_span(raw, n), 0x9000);
	ck_assert_str_eq(logged(), apdus[_i].line);
	free(raw);
}
END_TEST

/* What is behind the time, which is now. */
static const char *
behind_time(const char *line)
{
	static const char form[] =
	    "{\"time\": \"dddd-dd-ddTdd:dd:dd.dddZ\", ";

	for (size_t i = 0; form[i] != '\0'; i++)
		ck_assert_msg(form[i] == 'd' ? line[i] >= '0' && line[i] <= '9'
					    : line[i] == form[i], "%s", line);
	return line + strlen(form);
}

/* What is before the number of the process, and what is behind it. */
static void
expect_object(const char *before, const char *behind)
{
	char want[512];

	(void)snprintf(want, sizeof(want), "%s\"pid\": %d, %s\n", before,
	    (int)getpid(), behind);
	ck_assert_str_eq(behind_time(logged()), want);
}

START_TEST(a_line_can_be_an_object)
{
	const struct cb_log_field fields[] = {
		{ "request", "GET /a\"b\\", 0 }, { "status", NULL, -403 } };

	catch_log();
	cb_log_set_json(true);
	cb_log(CB_LOG_WARNING, "disk %d\t\"full\"", 1);
	expect_object("\"level\": \"warning\", \"program\": \"prog\", ",
		      "\"text\": \"disk 1\\u0009\\\"full\\\"\"}");
	cb_log_set_role("door");
	cb_log_fields(CB_LOG_NOTICE, fields, 2, "refused \303\244");
	expect_object("\"level\": \"notice\", \"program\": \"prog\", "
		      "\"role\": \"door\", ",
		      "\"request\": \"GET /a\\\"b\\\\\", \"status\": -403, "
		      "\"text\": \"refused \303\244\"}");
	/* bytes that are no UTF-8 */
	cb_log(CB_LOG_ERROR, "a\377b");
	expect_object("\"level\": \"error\", \"program\": \"prog\", "
		      "\"role\": \"door\", ",
		      "\"text\": \"a?b\"}");
	cb_log_set_json(false);
	cb_log_fields(CB_LOG_NOTICE, fields, 2, "refused");
	ck_assert_str_eq(logged(), "prog: refused\n");
}
END_TEST

/* Whatever is too long, the object is whole. */
START_TEST(a_long_object_is_cut_and_ended)
{
	char text[4096];
	const struct cb_log_field long_field = { "long", text, 0 };
	const char *line;
	size_t n;

	memset(text, _i == 0 ? 'x' : '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; _i == 2 && i + 1 < sizeof(text) - 1; i += 2)
		memcpy(text + i, "\303\244", 2);
	if (_i == 2)
		text[sizeof(text) - 2] = '\0';
	catch_log();
	cb_log_set_json(true);
	cb_log_fields(CB_LOG_NOTICE, &long_field, 1, "%s", text);
	line = logged();
	n = strlen(line);
	ck_assert_uint_le(n, 1024);
	ck_assert_uint_ge(n, 900);
	ck_assert_ptr_null(strstr(line, "\"long\""));
	ck_assert_ptr_nonnull(strstr(line, "\"text\": \""));
	ck_assert_str_eq(line + n - 3, "\"}\n");
	if (_i == 1)	/* no half of an escape */
		ck_assert_str_eq(line + n - 5, "\\\"\"}\n");
	if (_i == 2)
		ck_assert_str_eq(line + n - 5, "\303\244\"}\n");
}
END_TEST

Suite *
log_suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("log");

	tcase_add_test(tc, line_says_who_and_how_grave);
	tcase_add_test(tc, level_decides);
	tcase_add_test(tc, journal_gets_a_priority);
	tcase_add_test(tc, anothers_journal_does_not_count);
	tcase_add_test(tc, text_from_outside_makes_no_line);
	tcase_add_test(tc, long_line_is_cut_and_ended);
	tcase_add_test(tc, nobody_reading_stops_nobody);
	tcase_add_test(tc, a_full_pipe_makes_nobody_wait);
	tcase_add_test(tc, a_full_socket_makes_nobody_wait);
	tcase_add_loop_test(
	    tc, of_an_apdu_only_the_header_is_logged, 0, COUNT(apdus));
	tcase_add_test(tc, a_line_can_be_an_object);
	tcase_add_loop_test(tc, a_long_object_is_cut_and_ended, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}

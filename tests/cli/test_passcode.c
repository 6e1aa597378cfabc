/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Passcodes from files, and typed at a terminal of our own (a pty): not
 * echoed, asked for again, and the terminal in order after a signal.
 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/passcode.h"
#include "tests/cli/suites.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define WAIT_MS 5000

/* ---- files --------------------------------------------------------------- */

static const struct {
	const char *text;
	enum cb_err r;
	const char *want;
} pin_files[] = {
	{ "123456\n", CB_OK, "123456" },
	{ "123456", CB_OK, "123456" },
	{ "123456\r\nsecond\n", CB_OK, "123456" },
	{ " 12 34 \n", CB_OK, " 12 34 " },
	{ "", CB_E_FORMAT, NULL },
	{ "\n123456\n", CB_E_FORMAT, NULL },
	{ "\r\n", CB_E_FORMAT, NULL },
};

START_TEST(passcode_is_the_first_line_of_a_file)
{
	char path[] = "/tmp/passcode.XXXXXX";
	const char *text = pin_files[_i].text;
	struct cb_buf out = CB_BUF_INIT;
	struct cb_why why = { "" };
	int fd = mkstemp(path);

	ck_assert_int_eq(
	    write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(cli_pass_file(&out, path, &why), pin_files[_i].r);
	ck_assert_int_eq(unlink(path), 0);
	if (pin_files[_i].want != NULL) {
		ck_assert_uint_eq(out.n, strlen(pin_files[_i].want));
		ck_assert_mem_eq(out.p, pin_files[_i].want, out.n);
	} else {
		ck_assert_uint_eq(out.n, 0);
		ck_assert(strstr(why.text, path) != NULL);
	}
	cb_buf_free(&out);
}
END_TEST

START_TEST(passcode_files_that_are_none)
{
	struct cb_buf out = CB_BUF_INIT;
	struct cb_why why = { "" };

	ck_assert_int_eq(
	    cli_pass_file(&out, "/nonexistent", &why), CB_E_DENIED);
	ck_assert_int_eq(cli_pass_file(&out, "/dev/zero", &why), CB_E_FORMAT);
	ck_assert_int_eq(cli_pass_file(&out, "/", &why), CB_E_DENIED);
	ck_assert_uint_eq(out.n, 0);
	cb_buf_free(&out);
}
END_TEST

/* ---- the terminal -------------------------------------------------------- */

/* In the child: asks, and writes what it got (in brackets) to the pipe. */
static void
asker(unsigned flags, int result)
{
	struct cb_buf out = CB_BUF_INIT;
	struct cb_why why = { "" };
	enum cb_err r = cli_pass_ask(&out, "Prompt? ", flags, &why);
	char line[128];

	(void)snprintf(line, sizeof(line), "%d[%.*s]", (int)r, (int)out.n,
	    out.p != NULL ? (const char *)out.p : "");
	if (write(result, line, strlen(line)) < 0)
		_exit(2);
	cb_buf_free(&out);
	_exit(0);
}

static pid_t
start(unsigned flags, int *tty, int *result)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_ge(pid = forkpty(tty, NULL, NULL, NULL), 0);
	if (pid == 0) {
		(void)close(fds[0]);
		(void)signal(SIGINT, SIG_DFL);	/* libcheck has its own */
		asker(flags, fds[1]);
	}
	ck_assert_int_eq(close(fds[1]), 0);
	*result = fds[0];
	return pid;
}

/* Reads what the terminal shows until `until` appears in it. */
static void
wait_for(int tty, char *shown, size_t size, const char *until)
{
	struct pollfd pfd = { .fd = tty, .events = POLLIN };
	size_t n = 0;

	shown[0] = '\0';
	while (strstr(shown, until) == NULL) {
		ssize_t got;

		ck_assert_msg(poll(&pfd, 1, WAIT_MS) == 1,
		    "no \"%s\" in \"%s\"", until, shown);
		got = read(tty, shown + n, size - n - 1);
		ck_assert_msg(got > 0, "no \"%s\" in \"%s\"", until, shown);
		n += (size_t)got;
		shown[n] = '\0';
	}
}

static void
type(int tty, const char *text)
{
	ck_assert_int_eq(write(tty, text, strlen(text)),
	    (ssize_t)strlen(text));
}

static void
finish(pid_t pid, int result, const char *want)
{
	char line[128] = "";
	int status;

	ck_assert_int_ge(read(result, line, sizeof(line) - 1), 0);
	ck_assert_str_eq(line, want);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	(void)close(result);
}

START_TEST(passcode_typed_twice_without_echo)
{
	char shown[512];
	int tty, result;
	pid_t pid = start(CLI_PASS_TWICE, &tty, &result);

	wait_for(tty, shown, sizeof(shown), "Prompt? ");
	type(tty, "s3cret\n");
	wait_for(tty, shown, sizeof(shown), "again: ");
	ck_assert(strstr(shown, "s3cret") == NULL);
	type(tty, "other1\n");
	wait_for(tty, shown, sizeof(shown), "Prompt? ");
	ck_assert(strstr(shown, "not the same") != NULL);
	type(tty, "s3cret\n");
	wait_for(tty, shown, sizeof(shown), "again: ");
	type(tty, "s3cret\n");
	finish(pid, result, "0[s3cret]");
	(void)close(tty);
}
END_TEST

START_TEST(passcode_typed_differently_three_times)
{
	char shown[512], want[16];
	int tty, result;
	pid_t pid = start(CLI_PASS_TWICE, &tty, &result);

	for (int i = 0; i < 3; i++) {
		wait_for(tty, shown, sizeof(shown), "Prompt? ");
		type(tty, "one\n");
		wait_for(tty, shown, sizeof(shown), "again: ");
		type(tty, "two\n");
	}
	(void)snprintf(want, sizeof(want), "%d[]", CB_E_FORMAT);
	finish(pid, result, want);
	(void)close(tty);
}
END_TEST

START_TEST(passcode_nothing_typed_is_an_answer)
{
	char shown[512];
	int tty, result;
	pid_t pid = start(CLI_PASS_TWICE, &tty, &result);

	wait_for(tty, shown, sizeof(shown), "Prompt? ");
	type(tty, "\n");
	finish(pid, result, "0[]");
	(void)close(tty);
}
END_TEST

/* Ctrl-C kills the program as it should, and the terminal echoes again. */
START_TEST(passcode_signal_leaves_the_terminal_in_order)
{
	struct termios t;
	char shown[512], line[16];
	int tty, result, status;
	pid_t pid = start(0, &tty, &result);

	wait_for(tty, shown, sizeof(shown), "Prompt? ");
	ck_assert_int_eq(tcgetattr(tty, &t), 0);
	ck_assert_uint_eq(t.c_lflag & ECHO, 0);
	type(tty, "s3cr\003");
	ck_assert_int_eq(read(result, line, sizeof(line)), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	ck_assert_int_eq(tcgetattr(tty, &t), 0);
	ck_assert_uint_ne(t.c_lflag & ECHO, 0);
	(void)close(tty);
	(void)close(result);
}
END_TEST

START_TEST(passcode_without_terminal_and_file)
{
	struct cb_buf out = CB_BUF_INIT;
	struct cb_why why = { "" };

	(void)setsid();	/* the test runs in a process of its own */
	ck_assert_int_eq(cli_pass_get(&out, NULL, "Prompt? ", 0, "--some-file",
	    &why), CB_E_ABSENT);
	ck_assert(strstr(why.text, "--some-file") != NULL);
	ck_assert_int_eq(
	    cli_pass_show("x", cb_span_str("y")), CB_E_ABSENT);
	cb_buf_free(&out);
}
END_TEST

Suite *
passcode_suite(void)
{
	Suite *s = suite_create("passcode");
	TCase *tc = tcase_create("passcode");

	tcase_add_loop_test(tc, passcode_is_the_first_line_of_a_file, 0,
	    N(pin_files));
	tcase_add_test(tc, passcode_files_that_are_none);
	tcase_add_test(tc, passcode_typed_twice_without_echo);
	tcase_add_test(tc, passcode_typed_differently_three_times);
	tcase_add_test(tc, passcode_nothing_typed_is_an_answer);
	tcase_add_test(tc, passcode_signal_leaves_the_terminal_in_order);
	tcase_add_test(tc, passcode_without_terminal_and_file);
	suite_add_tcase(s, tc);
	return s;
}

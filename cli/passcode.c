/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Passcodes from files and from the terminal. Every byte of them lies in
 * buffers that are wiped; stdio is not used, its buffers are not.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/passcode.h"
#include "common/ct.h"

#define TYPING_MS (5 * 60 * 1000)
#define ATTEMPTS 3

/* ---- files --------------------------------------------------------------- */

static enum cb_err
first_line(int fd, struct cb_buf *out)
{
	uint8_t c = 0;
	ssize_t n;
	enum cb_err r = CB_OK;

	/* Byte by byte: what follows the first line is nobody's business. */
	while (r == CB_OK && (n = read(fd, &c, 1)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			r = CB_E_DENIED;
		else if (c == '\n')
			break;
		else
			r = cb_put_u8(out, c);
	}
	cb_wipe(&c, sizeof(c));
	if (r == CB_OK && out->n > 0 && out->p[out->n - 1] == '\r')
		r = cb_buf_truncate(out, out->n - 1);
	return r;
}

enum cb_err
cli_pass_file(struct cb_buf *out, const char *path, struct cb_why *why)
{
	enum cb_err r;
	int fd;

	cb_buf_clear(out);
	out->max = CLI_PASS_MAX;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		cb_why_set(why, "%s: %s", path, strerror(errno));
		return CB_E_DENIED;
	}
	r = first_line(fd, out);
	if (r == CB_E_DENIED)
		cb_why_set(why, "%s: %s", path, strerror(errno));
	(void)close(fd);
	if (r == CB_E_LIMIT || (r == CB_OK && out->n == 0)) {
		cb_why_set(why, "%s: its first line must be a passcode of 1 "
		    "to %d characters", path, CLI_PASS_MAX);
		r = CB_E_FORMAT;
	}
	if (r != CB_OK)
		cb_buf_clear(out);
	return r;
}

/* ---- the terminal -------------------------------------------------------- */

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
#define SIGNALS_N (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t caught;

static void
catch(int sig)
{
	caught = sig;
}

static void
signals_take(struct sigaction *before)
{
	struct sigaction sa = { .sa_handler = catch };

	(void)sigemptyset(&sa.sa_mask);
	caught = 0;
	for (size_t i = 0; i < SIGNALS_N; i++)
		(void)sigaction(signals[i], &sa, &before[i]);
}

/* The terminal is in order again: now let a signal do what it does. */
static void
signals_give(const struct sigaction *before)
{
	for (size_t i = 0; i < SIGNALS_N; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	if (caught != 0)
		(void)raise(caught);
}

static enum cb_err
say(int tty, const char *text)
{
	size_t n = strlen(text);

	return write(tty, text, n) == (ssize_t)n ? CB_OK : CB_E_DENIED;
}

/* Signals come in while it waits and at no other time, or one between a look
 * at `caught` and the wait would be slept through. */
static enum cb_err
typed_line(int tty, struct cb_buf *out)
{
	const struct timespec typing = { .tv_sec = TYPING_MS / 1000 };
	struct pollfd pfd = { .fd = tty, .events = POLLIN };
	sigset_t block, before;
	uint8_t c = 0;
	ssize_t n;
	enum cb_err r = CB_OK;
	int ready;

	sigemptyset(&block);
	for (size_t i = 0; i < SIGNALS_N; i++)
		sigaddset(&block, signals[i]);
	(void)pthread_sigmask(SIG_BLOCK, &block, &before);
	while (r == CB_OK && caught == 0) {
		if ((ready = ppoll(&pfd, 1, &typing, &before)) == 0)
			r = CB_E_TIMEOUT;
		if (ready <= 0)
			continue;
		if ((n = read(tty, &c, 1)) == 1) {
			if (c == '\n')
				break;
			r = cb_put_u8(out, c);
		} else if (n == 0 || errno != EINTR) {
			r = CB_E_ABSENT;
		}
	}
	cb_wipe(&c, sizeof(c));
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return caught != 0 ? CB_E_DENIED : r;
}

/* One line; without echo, unless `flags` has it seen. */
static enum cb_err
ask(int tty, const char *prompt, unsigned flags, struct cb_buf *out)
{
	const bool seen = (flags & CLI_PASS_SEEN) != 0;
	struct sigaction before[SIGNALS_N];
	struct termios was, quiet;
	enum cb_err r;

	if (tcgetattr(tty, &was) != 0)
		return CB_E_ABSENT;
	quiet = was;
	if (!seen)
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	quiet.c_lflag |= ICANON;
	signals_take(before);
	if (tcsetattr(tty, TCSAFLUSH, &quiet) != 0) {
		r = CB_E_ABSENT;
	} else {
		r = say(tty, prompt);
		if (r == CB_OK)
			r = typed_line(tty, out);
		(void)tcsetattr(tty, TCSAFLUSH, &was);
		if (!seen || r != CB_OK)
			(void)say(tty, "\n");
	}
	signals_give(before);
	return r;
}

static int
open_tty(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static enum cb_err
ask_twice(int tty, const char *prompt, struct cb_buf *out)
{
	struct cb_buf again = CB_BUF_INIT_MAX(CLI_PASS_MAX);
	enum cb_err r = CB_E_FORMAT;

	for (int i = 0; i < ATTEMPTS && r == CB_E_FORMAT; i++) {
		cb_buf_clear(out);
		cb_buf_clear(&again);
		if ((r = ask(tty, prompt, 0, out)) != CB_OK || out->n == 0)
			break;
		if ((r = ask(tty, "The same again: ", 0, &again)) != CB_OK)
			break;
		if (cb_ct_equal(cb_buf_span(out), cb_buf_span(&again)))
			break;
		r = say(tty, "These were not the same.\n");
		if (r == CB_OK)
			r = CB_E_FORMAT;
	}
	cb_buf_free(&again);
	return r;
}

enum cb_err
cli_pass_ask(struct cb_buf *out, const char *prompt, unsigned flags,
    struct cb_why *why)
{
	enum cb_err r;
	int tty;

	cb_buf_clear(out);
	out->max = CLI_PASS_MAX;
	if ((tty = open_tty()) < 0)
		return CB_E_ABSENT;
	if ((flags & CLI_PASS_TWICE) != 0)
		r = ask_twice(tty, prompt, out);
	else
		r = ask(tty, prompt, flags, out);
	(void)close(tty);
	if (r == CB_E_FORMAT)
		cb_why_set(why, "typed differently %d times; nothing was done",
		    ATTEMPTS);
	else if (r == CB_E_TIMEOUT)
		cb_why_set(why, "nothing was typed for five minutes");
	else if (r == CB_E_LIMIT)
		cb_why_set(why, "a passcode has at most %d characters",
		    CLI_PASS_MAX);
	if (r != CB_OK)
		cb_buf_clear(out);
	return r;
}

enum cb_err
cli_pass_show(const char *what, struct cb_span value)
{
	struct cb_buf line = CB_BUF_INIT;
	enum cb_err r = CB_E_ABSENT;
	int tty;

	if ((tty = open_tty()) < 0)
		return r;
	if ((r = cb_buf_add(&line, cb_span_str(what))) == CB_OK &&
	    (r = cb_buf_add(&line, value)) == CB_OK &&
	    (r = cb_put_u8(&line, '\n')) == CB_OK &&
	    write(tty, line.p, line.n) != (ssize_t)line.n)
		r = CB_E_DENIED;
	cb_buf_free(&line);
	(void)close(tty);
	return r;
}

enum cb_err
cli_pass_get(struct cb_buf *out, const char *path, const char *prompt,
    unsigned flags, const char *option, struct cb_why *why)
{
	enum cb_err r;

	if (path != NULL)
		return cli_pass_file(out, path, why);
	if ((r = cli_pass_ask(out, prompt, flags, why)) == CB_E_ABSENT)
		cb_why_set(why, "there is no terminal to ask at; give the "
		    "passcode as the first line of a file with %s", option);
	return r;
}

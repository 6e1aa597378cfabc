/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The log. A line is made in one place and leaves in one write, so lines of
 * several threads do not mix; what could end a line or steer a terminal is
 * replaced, so no text from outside can pass for a line of ours.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/log_json.h"
#include "common/text.h"

#define LINE 1024

static const struct {
	const char *priority;	/* sd-daemon(3): "<N>" before the line */
	const char *name;	/* a notice does without */
} levels[] = {
	[CB_LOG_ERROR] = { "<3>", "error" },
	[CB_LOG_WARNING] = { "<4>", "warning" },
	[CB_LOG_NOTICE] = { "<5>", "notice" },
	[CB_LOG_DEBUG] = { "<7>", "debug" },
};

static _Atomic int level_now = CB_LOG_NOTICE;
static _Atomic bool as_json;
static const char *_Atomic role_now;
static bool to_journal;
static bool never_waits, is_socket;
static atomic_ulong lost;	/* lines */
static pthread_once_t looked = PTHREAD_ONCE_INIT;

/* JOURNAL_STREAM is inherited by children whose standard error goes
 * elsewhere; it counts only if it names what descriptor 2 is. */
static void
look(void)
{
	const char *v = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	if (v == NULL || sscanf(v, "%" SCNuMAX ":%" SCNuMAX, &dev, &ino) != 2)
		return;
	to_journal = fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	    st.st_ino == ino;
}

void
cb_log_set_level(enum cb_log_level level)
{
	atomic_store_explicit(&level_now, (int)level, memory_order_relaxed);
}

bool
cb_log_on(enum cb_log_level level)
{
	return (int)level <=
	    atomic_load_explicit(&level_now, memory_order_relaxed);
}

/* The whole line, or as much of it as fits; returns its length. */
CB_PRINTF(3, 0) static size_t
make_line(char *line, enum cb_log_level level, const char *fmt, va_list ap)
{
	size_t at;
	int n;

	if (to_journal)
		n = snprintf(line, LINE, "%s", levels[level].priority);
	else
		n = snprintf(line, LINE, "%s: %s%s",
		    program_invocation_short_name,
		    level == CB_LOG_NOTICE ? "" : levels[level].name,
		    level == CB_LOG_NOTICE ? "" : ": ");
	at = n < 0 ? 0 : (size_t)n;
	if (at > LINE / 2)	/* a program of an absurd name */
		at = LINE / 2;
	n = vsnprintf(line + at, LINE - 1 - at, fmt, ap);
	if (n < 0)
		line[at] = '\0';
	/* what a stranger has asked for may be in it */
	cb_make_plain(line);
	at = strlen(line);
	line[at++] = '\n';
	return at;
}

CB_PRINTF(5, 0) static size_t
make_object(char *line, enum cb_log_level level,
    const struct cb_log_field *fields, size_t n, const char *fmt, va_list ap)
{
	const size_t at = to_journal ? strlen(levels[level].priority) : 0;
	char text[LINE];
	const int whole = vsnprintf(text, sizeof(text), fmt, ap);

	if (whole < 0)
		text[0] = '\0';
	else if ((size_t)whole >= sizeof(text))
		text[cb_log_cut(text, sizeof(text) - 1)] = '\0';
	memcpy(line, levels[level].priority, at);
	return at + cb_log_json(line + at, LINE - at, levels[level].name,
		       role_now, fields, n, text);
}

/* ---- writing ------------------------------------------------------------- */

/* Flags of a pipe are those of all who have it: one of our own is opened. */
static void
open_anew(void)
{
	const int fd = open(
	    "/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return;	/* somebody else's: then only poll() tells */
	(void)dup2(fd, STDERR_FILENO);
	(void)close(fd);
}

void
cb_log_never_wait(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) != 0)
		return;
	never_waits = true;
	is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode))
		open_anew();
}

static bool
has_room(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	return !never_waits || poll(&p, 1, 0) != 0;
}

/* false: it would have to wait. */
static bool
write_line(const char *line, size_t n)
{
	size_t done = 0;
	ssize_t w;

	if (!has_room())
		return false;
	while (done < n) {
		w = is_socket ? send(STDERR_FILENO, line + done, n - done,
				    MSG_DONTWAIT | MSG_NOSIGNAL)
			      : write(STDERR_FILENO, line + done, n - done);
		if (w < 0 && errno == EINTR)
			continue;
		/* a log that nobody reads stops nobody's work */
		if (w <= 0)
			return w == 0 || errno != EAGAIN;
		done += (size_t)w;
	}
	return true;
}

CB_PRINTF(4, 0) static bool
say(enum cb_log_level level, const struct cb_log_field *fields, size_t n,
    const char *fmt, va_list ap)
{
	char line[LINE];

	return write_line(line, as_json
		? make_object(line, level, fields, n, fmt, ap)
		: make_line(line, level, fmt, ap));
}

CB_PRINTF(1, 2) static bool
say_lost(const char *fmt, ...)
{
	va_list ap;
	bool said;

	va_start(ap, fmt);
	said = say(CB_LOG_WARNING, NULL, 0, fmt, ap);
	va_end(ap);
	return said;
}

CB_PRINTF(4, 0) static void
log_line(enum cb_log_level level, const struct cb_log_field *fields, size_t n,
    const char *fmt, va_list ap)
{
	const int saved = errno;
	unsigned long gone;

	if (!cb_log_on(level))
		return;
	(void)pthread_once(&looked, look);
	gone = atomic_exchange(&lost, 0);
	if (gone > 0 &&
	    say_lost("%lu lines of the log are lost: nobody read it", gone))
		gone = 0;
	if (gone > 0 || !say(level, fields, n, fmt, ap))
		atomic_fetch_add(&lost, gone + 1);
	errno = saved;
}

void
cb_log(enum cb_log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(level, NULL, 0, fmt, ap);
	va_end(ap);
}

void
cb_log_fields(enum cb_log_level level, const struct cb_log_field *fields,
    size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(level, fields, n, fmt, ap);
	va_end(ap);
}

void
cb_log_set_json(bool json)
{
	as_json = json;
}

void
cb_log_set_role(const char *role)
{
	role_now = role;
}

void
cb_log_apdu(const char *who, struct cb_span cmd, uint16_t sw)
{
	if (!cb_log_on(CB_LOG_DEBUG))
		return;
	if (cmd.n < 4)
		cb_log(CB_LOG_DEBUG, "%s: %zu bytes -> %04X", who, cmd.n, sw);
	else if (cmd.n < 6)
		cb_log(CB_LOG_DEBUG, "%s: %02X %02X %02X %02X -> %04X", who,
		    cmd.p[0], cmd.p[1], cmd.p[2], cmd.p[3], sw);
	else
		cb_log(CB_LOG_DEBUG, "%s: %02X %02X %02X %02X Lc %u -> %04X",
		    who, cmd.p[0], cmd.p[1], cmd.p[2], cmd.p[3],
		    cmd.p[4] == 0 && cmd.n >= 7 ?
			(unsigned)(cmd.p[5] << 8 | cmd.p[6]) : cmd.p[4], sw);
}

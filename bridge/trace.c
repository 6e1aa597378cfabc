/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Lines of a trace, see trace.h. Each is one write to a file that is open for
 * appending, so that those of several processes do not mix.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bridge/trace.h"
#include "common/hex.h"
#include "common/log.h"

static int trace_fd = -1;
static bool trace_full;

void
br_trace_start(int fd, bool full)
{
	trace_fd = fd;
	trace_full = full;
}

bool
br_trace_on(void)
{
	return trace_fd >= 0;
}

/* ---- a line ------------------------------------------------------------- */

/* Time, process, reader. */
static enum cb_err
begin(struct cb_buf *line, const struct br_reader *rd, pid_t pid)
{
	char text[160], name[32] = "cardbridged";
	struct timespec ts;
	unsigned of_day;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	of_day = (unsigned)(ts.tv_sec % 86400);
	if (pid == 0)
		pid = getpid();
	else
		br_reader_comm(pid, name, sizeof(name));
	(void)snprintf(text, sizeof(text), "%02u:%02u:%02u.%06u %s[%d] %s ",
	    of_day / 3600, of_day / 60 % 60, of_day % 60,
	    (unsigned)(ts.tv_nsec / 1000), name, (int)pid, rd->name);
	return cb_buf_add(line, cb_span_str(text));
}

static enum cb_err
add(struct cb_buf *line, const char *fmt, ...) CB_PRINTF(2, 3);

static enum cb_err
add(struct cb_buf *line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return cb_buf_add(line, cb_span_str(text));
}

static enum cb_err
add_hex(struct cb_buf *line, struct cb_span s)
{
	uint8_t *p;
	char pair[3];
	enum cb_err r = CB_OK;

	if (s.n == 0 || (r = cb_buf_grow(line, 2 * s.n, &p)) != CB_OK)
		return r;
	for (size_t i = 0; i < s.n; i++) {
		(void)cb_hex_encode(pair, sizeof(pair), cb_span(s.p + i, 1));
		memcpy(p + 2 * i, pair, 2);
	}
	return CB_OK;
}

/* Takes the line. A trace that cannot be written stops nobody. */
static void
end(struct cb_buf *line, enum cb_err r)
{
	if (r == CB_OK && (r = cb_put_u8(line, '\n')) == CB_OK &&
	    write(trace_fd, line->p, line->n) != (ssize_t)line->n)
		r = CB_E_STORE;
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING, "a line of the trace is lost: %s",
		    cb_err_text(r));
	cb_buf_free(line);
}

/* ---- what is told -------------------------------------------------------- */

void
br_trace_note(struct br_reader *rd, pid_t pid, const char *fmt, ...)
{
	struct cb_buf line = CB_BUF_INIT;
	char text[400];
	va_list ap;
	enum cb_err r;

	if (!br_trace_on())
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if ((r = begin(&line, rd, pid)) == CB_OK)
		r = add(&line, "%s", text);
	end(&line, r);
}

void
br_trace_power(struct br_reader *rd, pid_t pid, const char *what)
{
	br_blot_reset(&rd->blot, rd->info.kind[0] != '\0');
	br_trace_note(rd, pid, "%s", what);
}

/* One that the trace may show as it is. */
static bool
shows_all(const struct br_reader *rd)
{
	return trace_full && rd->info.test;
}

static void
tell(struct br_reader *rd, pid_t pid, char mark, struct cb_span all,
    struct br_seen *seen)
{
	struct cb_buf line = CB_BUF_INIT;
	enum cb_err r;

	if (shows_all(rd)) {
		seen->shown = all.n;
		seen->hidden = 0;
	}
	if ((r = begin(&line, rd, pid)) != CB_OK ||
	    (r = add(&line, "%c %s%s", mark, seen->words,
		all.n > 0 ? ": " : "")) != CB_OK ||
	    (r = add_hex(&line, cb_span_head(all, seen->shown))) != CB_OK)
		goto out;
	if (seen->hidden > 0 && (r = add(&line, "<%zu %s>", seen->hidden,
		seen->hidden == 1 ? "byte" : "bytes")) != CB_OK)
		goto out;
	r = add_hex(&line, cb_span_tail(all, seen->shown + seen->hidden));
out:
	end(&line, r);
}

void
br_trace_command(struct br_reader *rd, pid_t pid, struct cb_span cmd)
{
	struct br_seen seen;

	if (!br_trace_on())
		return;
	br_blot_command(&rd->blot, cmd, &seen);
	tell(rd, pid, '>', cmd, &seen);
}

void
br_trace_answer(struct br_reader *rd, pid_t pid, struct cb_span rsp)
{
	struct br_seen seen;

	if (!br_trace_on())
		return;
	br_blot_answer(&rd->blot, rsp, &seen);
	tell(rd, pid, '<', rsp, &seen);
}

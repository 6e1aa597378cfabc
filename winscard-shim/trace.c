/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Lines of a trace, see trace.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "winscard-shim/platform.h"
#include "winscard-shim/trace.h"

/* Kept free for how long it took, and the end of the line. */
#define TAIL 40

/* What the call itself says begins here: time, name and number of the process
 * stand before it. */
#define HEAD 80

bool
ws_trace_begin(struct ws_line *l)
{
	if (!ws_trace_wanted())
		return false;
	l->n = 0;
	l->text[0] = '\0';
	l->began_us = ws_now_us();
	return true;
}

void
ws_trace_add(struct ws_line *l, const char *fmt, ...)
{
	size_t room = sizeof(l->text) - TAIL - HEAD - l->n;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(l->text + l->n, room, fmt, ap);
	va_end(ap);
	if (n < 0)
		l->text[l->n] = '\0';
	else
		l->n += (size_t)n < room ? (size_t)n : room - 1;
}

void
ws_trace_text(struct ws_line *l, const char *text)
{
	char copy[200];
	size_t n;

	if (text == NULL) {
		ws_trace_add(l, "none");
		return;
	}
	for (n = 0; n < sizeof(copy) - 1 && text[n] != '\0'; n++)
		copy[n] = (char)(text[n] >= 0x20 && text[n] < 0x7F &&
			text[n] != '"' ? text[n] : '?');
	copy[n] = '\0';
	ws_trace_add(l, "\"%s\"", copy);
}

void
ws_trace_bits(
    struct ws_line *l, uint32_t bits, const struct ws_word *words, size_t n)
{
	const char *between = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if ((bits & words[i].bit) == 0)
			continue;
		bits &= ~words[i].bit;
		ws_trace_add(l, "%s%s", between, words[i].word);
		between = "|";
	}
	if (bits != 0 || between[0] == '\0')
		ws_trace_add(l, "%s%X", between, (unsigned)bits);
}

void
ws_trace_end(struct ws_line *l)
{
	uint64_t us = ws_now_us() - l->began_us;
	char name[32], line[sizeof(l->text)];
	unsigned pid;
	struct ws_clock at;
	int n;

	ws_clock_read(&at);
	ws_process(name, sizeof(name), &pid);
	n = snprintf(line, sizeof(line),
	    "%02u:%02u:%02u.%06u %s[%u] %s  %u.%02u ms\n", at.hour, at.minute,
	    at.second, at.microsecond, name, pid, l->text,
	    (unsigned)(us / 1000), (unsigned)(us % 1000 / 10));
	if (n > 0 && (size_t)n < sizeof(line))
		ws_trace_write(line, (size_t)n);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See log_json.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log_json.h"
#include "common/text.h"

#define END "\"}\n"

struct line {
	char *p;
	size_t n, max;
	bool full;
};

static void
put(struct line *l, const char *s, size_t n)
{
	if (l->full || n > l->max - l->n) {
		l->full = true;
		return;
	}
	memcpy(l->p + l->n, s, n);
	l->n += n;
}

static void
put_escaped(struct line *l, const char *text)
{
	const bool plain = cb_is_plain_text(cb_span_str(text));
	char one[8];

	for (; *text != '\0' && !l->full; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			(void)snprintf(one, sizeof(one), "\\%c", c);
		else if (c < 0x20 || c == 0x7F)
			(void)snprintf(one, sizeof(one), "\\u%04x", c);
		else
			(void)snprintf(one, sizeof(one), "%c",
			    c >= 0x80 && !plain ? '?' : c);
		put(l, one, strlen(one));
	}
}

/* ", "key": " unless it is the first. */
static void
put_key(struct line *l, const char *key)
{
	put(l, l->n == 0 ? "{\"" : ", \"", l->n == 0 ? 2 : 3);
	put(l, key, strlen(key));
	put(l, "\": ", 3);
}

static void
put_field(struct line *l, const struct cb_log_field *f)
{
	const size_t before = l->n;
	char number[24];

	put_key(l, f->key);
	if (f->text != NULL) {
		put(l, "\"", 1);
		put_escaped(l, f->text);
		put(l, "\"", 1);
	} else {
		(void)snprintf(
		    number, sizeof(number), "%" PRId64, f->number);
		put(l, number, strlen(number));
	}
	if (l->full)
		l->n = before;
	l->full = false;
}

size_t
cb_log_cut(const char *text, size_t n)
{
	size_t back = 0;

	while (back < 3 && back < n && (text[n - 1 - back] & 0xC0) == 0x80)
		back++;
	return back < n && (text[n - 1 - back] & 0xC0) == 0xC0
	    ? n - back - 1
	    : n;
}

static void
put_time(struct line *l)
{
	struct timespec now = { 0, 0 };
	struct tm tm;
	char text[40];
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &tm) == NULL ||
	    (n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm)) == 0)
		return;
	(void)snprintf(text + n, sizeof(text) - n, ".%03ldZ",
	    now.tv_nsec / 1000000);
	put_field(l, &(const struct cb_log_field){ "time", text, 0 });
}

size_t
cb_log_json(char *line, size_t size, const char *level, const char *role,
    const struct cb_log_field *fields, size_t n, const char *text)
{
	const struct cb_log_field head[] = {
		{ "level", level, 0 },
		{ "program", program_invocation_short_name, 0 },
		{ "role", role != NULL ? role : "", 0 },
		{ "pid", NULL, getpid() },
	};
	/* where the text begins there is always room for its key and end */
	struct line l = { .p = line, .max = size - 64 };

	put_time(&l);
	for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++)
		if (i != 2 || role != NULL)
			put_field(&l, &head[i]);
	for (size_t i = 0; i < n; i++)
		put_field(&l, &fields[i]);
	l.max = size - strlen(END);
	put_key(&l, "text");
	put(&l, "\"", 1);
	put_escaped(&l, text);
	if (l.full)
		l.n = cb_log_cut(line, l.n);
	l.max = size;
	l.full = false;
	put(&l, END, strlen(END));
	return l.n;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The words of a line: taken off its front, checked, and told with the line
 * where they are none.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/reader.h"
#include "common/hex.h"

/* Remembers the first mistake. */
void
reader_fail(struct reader *c, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (c->err != CB_OK)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cb_why_set(c->why, "%s:%u: %s", c->path, c->line, text);
	c->err = CB_E_FORMAT;
}

void
reader_fail_room(struct reader *c)
{
	reader_fail(c, "more than a report has room for");
}

/* The next word; "" at the end. */
const char *
reader_word(struct reader *c)
{
	char *at = c->rest + strspn(c->rest, " \t");
	size_t n = strcspn(at, " \t");

	c->rest = at + n;
	if (*c->rest != '\0')
		*c->rest++ = '\0';
	return at;
}

unsigned
reader_number(struct reader *c, const char *what, unsigned long max, int base)
{
	const char *text = reader_word(c);
	char *end = NULL;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, base);
	if (strspn(text, "0123456789ABCDEFabcdef") == 0 || *end != '\0' ||
	    errno != 0 || v > max) {
		reader_fail(c, "%s: expected a number up to %lu", what, max);
		return 0;
	}
	return (unsigned)v;
}

uint16_t
reader_status(struct reader *c)
{
	return (uint16_t)reader_number(c, "status word", 0xFFFF, 16);
}

size_t
reader_hex(struct reader *c, const char *what, uint8_t *out, size_t max)
{
	struct cb_buf b = CB_BUF_INIT_MAX(max);
	const char *text = reader_word(c);
	size_t n = 0;

	if (strcmp(text, "-") == 0)
		return 0;
	if (cb_hex_decode(&b, text, strlen(text)) != CB_OK) {
		reader_fail(c,
		    "%s: expected at most %zu bytes in hexadecimal digits",
		    what, max);
	} else if ((n = b.n) > 0) {
		memcpy(out, b.p, n);
	}
	cb_buf_free(&b);
	return n;
}

void
reader_text(struct reader *c, char *out, size_t size)
{
	char *at = c->rest + strspn(c->rest, " \t");
	size_t n = strlen(at);

	if (n < 2 || at[0] != '"' || at[n - 1] != '"' || n - 2 >= size) {
		reader_fail(c, "expected text in quotation marks, at most %zu "
		    "characters", size - 1);
		return;
	}
	memcpy(out, at + 1, n - 2);
	out[n - 2] = '\0';
	c->rest = at + n;
}

/* Printable and without blanks: it gets into messages and file names. */
const char *
reader_plain(struct reader *c, const char *what, size_t size)
{
	const char *w = reader_word(c);

	if (w[0] == '\0' || strlen(w) >= size ||
	    w[strspn(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789-_.")] != '\0') {
		reader_fail(c,
		    "%s: expected a word of at most %zu letters, digits "
		    "and hyphens", what, size - 1);
		return "";
	}
	return w;
}

/* One pair, "..", or either with "*N". */
static void
bytes_one(struct reader *c, const char **at)
{
	const char *p = *at;
	uint8_t byte = 0;
	unsigned long times = 1;
	bool hidden = strncmp(p, "..", 2) == 0;
	char *end;

	if (!hidden) {
		char pair[3] = { p[0], p[0] != '\0' ? p[1] : '\0', '\0' };

		if (strspn(pair, "0123456789ABCDEFabcdef") != 2) {
			reader_fail(c,
			    "expected pairs of hexadecimal digits, or .. "
			    "for what is blotted");
			return;
		}
		byte = (uint8_t)strtoul(pair, NULL, 16);
	}
	p += 2;
	if (*p == '*') {
		times = strtoul(p + 1, &end, 10);
		if (end == p + 1 || p[1] < '1' || p[1] > '9' ||
		    times > REP_BYTES_MAX) {
			reader_fail(c, "expected a number up to %d after *",
			    REP_BYTES_MAX);
			return;
		}
		p = end;
	}
	*at = p;
	c->err = rep_bytes_add(c->bytes, byte, hidden, times);
	if (c->err == CB_E_LIMIT) {
		c->err = CB_OK;
		reader_fail(c, "more than %d bytes", REP_BYTES_MAX);
	}
}

void
reader_bytes(struct reader *c, struct rep_bytes *to)
{
	const char *at;

	c->bytes = to;
	while (c->err == CB_OK && *(at = reader_word(c)) != '\0')
		while (c->err == CB_OK && *at != '\0')
			bytes_one(c, &at);
}

void
reader_bytes_once(struct reader *c, struct rep_bytes *to)
{
	if (to->n > 0)
		reader_fail(c, "this was said before");
	else
		reader_bytes(c, to);
}

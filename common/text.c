/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See text.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"

static enum cb_err
read_all(FILE *f, char **out, size_t max)
{
	struct stat st;
	size_t n;
	char *text;

	if (fstat(fileno(f), &st) != 0)
		return CB_E_DENIED;
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max)
		return CB_E_FORMAT;
	if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		return CB_E_NOMEM;
	n = fread(text, 1, (size_t)st.st_size, f);
	text[n] = '\0';
	if (n != (size_t)st.st_size || strlen(text) != n) {
		free(text);
		return CB_E_FORMAT;
	}
	*out = text;
	return CB_OK;
}

enum cb_err
cb_text_read(char **out, const char *path, size_t max)
{
	FILE *f = fopen(path, "re");
	enum cb_err r;

	*out = NULL;
	if (f == NULL)
		return errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED;
	r = read_all(f, out, max);
	(void)fclose(f);
	return r;
}

enum cb_err
cb_put_text(struct cb_buf *b, const char *text, size_t max)
{
	const struct cb_span whole = cb_span_str(text);
	struct cb_span s = cb_span_head(whole, max);
	uint8_t *p;
	size_t i;
	enum cb_err r;

	/* not through the middle of a character */
	while (s.n > 0 && s.n < whole.n && (whole.p[s.n] & 0xC0) == 0x80)
		s.n--;
	if ((r = cb_put_u16(b, (uint16_t)s.n)) != CB_OK ||
	    (r = cb_buf_grow(b, s.n, &p)) != CB_OK)
		return r;
	for (i = 0; i < s.n; i++)
		p[i] = s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
	return CB_OK;
}

enum cb_err
cb_get_text(struct cb_span *cur, char *out, size_t size)
{
	struct cb_span at = *cur, s;
	size_t i;
	enum cb_err r;

	if ((r = cb_get_lv16(&at, &s)) != CB_OK)
		return r;
	if (s.n >= size)
		return CB_E_LIMIT;
	for (i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return CB_E_FORMAT;
	if (s.n > 0)
		memcpy(out, s.p, s.n);
	out[s.n] = '\0';
	*cur = at;
	return CB_OK;
}

/* What turns the direction of the text beside it, or ends a line: a name could
 * make another sentence of the one that it is in (UAX #9, 2). */
static bool
is_turn(uint32_t v)
{
	return v == 0x061C || v == 0x200E || v == 0x200F ||
	    (v >= 0x2028 && v <= 0x202E) || (v >= 0x2066 && v <= 0x2069);
}

/* How many bytes the character at the front has; 0: it is none, or one that is
 * not shown. */
static size_t
plain_n(struct cb_span s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t c = s.p[0];
	const size_t n = c < 0x80 ? 1
	    : c >= 0xF0		  ? 4
	    : c >= 0xE0		  ? 3
				  : 2;
	uint32_t v = n == 1 ? c : c & (0x7Fu >> n);

	if ((c & 0xC0) == 0x80 || c > 0xF4 || n > s.n)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s.p[i] & 0xC0) != 0x80)
			return 0;
		v = v << 6 | (s.p[i] & 0x3Fu);
	}
	/* too long a form; surrogates; C0, C1 and DEL */
	if (v < least[n] || (v >= 0xD800 && v <= 0xDFFF) || v > 0x10FFFF ||
	    v < 0x20 || (v >= 0x7F && v < 0xA0) || is_turn(v))
		return 0;
	return n;
}

bool
cb_is_plain_text(struct cb_span s)
{
	size_t n;

	for (; s.n > 0; s = cb_span_tail(s, n))
		if ((n = plain_n(s)) == 0)
			return false;
	return true;
}

void
cb_make_plain(char *text)
{
	struct cb_span s = cb_span_str(text);
	size_t n;

	for (; s.n > 0; s = cb_span_tail(s, n)) {
		if ((n = plain_n(s)) > 0)
			continue;
		text[strlen(text) - s.n] = '?';
		n = 1;
	}
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See http.h.
 */
#include <string.h>
#include <strings.h>

#include "common/http.h"

bool
cb_http_is(struct cb_span s, const char *text)
{
	return s.n == strlen(text) &&
	       strncasecmp((const char *)s.p, text, s.n) == 0;
}

bool
cb_http_is_token(struct cb_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7F ||
		    strchr("\"(),/:;<=>?@[\\]{}", s.p[i]) != NULL)
			return false;
	return s.n > 0;
}

bool
cb_http_is_plain(struct cb_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7F)
			return false;
	return true;
}

bool
cb_http_cut(struct cb_span *cur, const char *end, struct cb_span *out)
{
	const size_t n = strlen(end);
	const uint8_t *at;

	if (cur->n == 0 || (at = memmem(cur->p, cur->n, end, n)) == NULL)
		return false;
	*out = cb_span_head(*cur, (size_t)(at - cur->p));
	*cur = cb_span_tail(*cur, out->n + n);
	return true;
}

struct cb_span
cb_http_trim(struct cb_span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = cb_span_tail(s, 1);
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

bool
cb_http_has(struct cb_span list, const char *word)
{
	struct cb_span one;

	while (cb_http_cut(&list, ",", &one))
		if (cb_http_is(cb_http_trim(one), word))
			return true;
	return cb_http_is(cb_http_trim(list), word);
}

enum cb_err
cb_http_number(struct cb_span s, size_t *out)
{
	size_t n = 0;

	if (s.n == 0)
		return CB_E_FORMAT;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return CB_E_FORMAT;
		if (__builtin_mul_overflow(n, (size_t)10, &n) ||
		    __builtin_add_overflow(n, s.p[i] - (size_t)'0', &n))
			return CB_E_LIMIT;
	}
	*out = n;
	return CB_OK;
}

enum cb_err
cb_http_field(struct cb_span line, struct cb_span *name, struct cb_span *value)
{
	struct cb_span first;

	/* a name goes up to its colon: no blanks, no folded lines */
	if (!cb_http_cut(&line, ":", &first) || !cb_http_is_token(first) ||
	    !cb_http_is_plain(line))
		return CB_E_FORMAT;
	*name = first;
	*value = cb_http_trim(line);
	return CB_OK;
}

struct cb_span
cb_http_digits(char out[CB_HTTP_DIGITS], size_t n)
{
	size_t at = CB_HTTP_DIGITS;

	do {
		out[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return cb_span((const uint8_t *)out + at, CB_HTTP_DIGITS - at);
}

enum cb_err
cb_http_put(struct cb_buf *b, const struct cb_span *parts, size_t n)
{
	const size_t before = b->n;
	size_t all = before;
	enum cb_err r = CB_OK;

	for (size_t i = 0; i < n; i++)
		if (__builtin_add_overflow(all, parts[i].n, &all))
			return CB_E_LIMIT;
	if ((r = cb_buf_reserve(b, all)) != CB_OK)
		return r;
	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = cb_buf_add(b, parts[i]);
	return cb_buf_undo(b, before, r);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Hexadecimal text, both ways. Reading goes over the text twice: first to
 * see that all of it is good, then to append.
 */
#include "common/hex.h"

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static bool
is_gap(char c)
{
	return c == ' ' || c == '\t' || c == ':';
}

/* How many bytes the text names; CB_E_FORMAT as in the header. */
static enum cb_err
count(const char *text, size_t n, size_t *bytes)
{
	size_t i = 0;

	*bytes = 0;
	while (i < n) {
		if (is_gap(text[i])) {
			i++;
			continue;
		}
		if (digit(text[i]) < 0 || n - i < 2 || digit(text[i + 1]) < 0)
			return CB_E_FORMAT;
		i += 2;
		++*bytes;
	}
	return CB_OK;
}

enum cb_err
cb_hex_decode(struct cb_buf *b, const char *text, size_t n)
{
	size_t bytes, i = 0;
	uint8_t *out;
	enum cb_err r;

	if ((r = count(text, n, &bytes)) != CB_OK ||
	    (r = cb_buf_grow(b, bytes, &out)) != CB_OK)
		return r;
	for (; i < n; i++) {
		if (is_gap(text[i]))
			continue;
		*out++ = (uint8_t)(digit(text[i]) << 4 | digit(text[i + 1]));
		i++;
	}
	return CB_OK;
}

char *
cb_hex_encode(char *out, size_t size, struct cb_span s)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t at = 0;

	if (size == 0)
		return out;
	for (size_t i = 0; i < s.n && size - at >= 3; i++) {
		out[at++] = digits[s.p[i] >> 4];
		out[at++] = digits[s.p[i] & 0x0F];
	}
	out[at] = '\0';
	return out;
}

enum cb_err
cb_hex_put(struct cb_buf *b, struct cb_span s)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *out;
	enum cb_err r;

	if (s.n > SIZE_MAX / 2)
		return CB_E_LIMIT;
	if ((r = cb_buf_grow(b, 2 * s.n, &out)) != CB_OK)
		return r;
	for (size_t i = 0; i < s.n; i++) {
		*out++ = (uint8_t)digits[s.p[i] >> 4];
		*out++ = (uint8_t)digits[s.p[i] & 0x0F];
	}
	return CB_OK;
}

enum cb_err
cb_hex_get(struct cb_span text, uint8_t *out, size_t n)
{
	if (text.n % 2 != 0 || text.n / 2 != n)
		return CB_E_FORMAT;
	for (size_t i = 0; i < text.n; i++)
		if (digit((char)text.p[i]) < 0 ||
		    (text.p[i] >= 'A' && text.p[i] <= 'F'))
			return CB_E_FORMAT;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(digit((char)text.p[2 * i]) << 4 |
		    digit((char)text.p[2 * i + 1]));
	return CB_OK;
}

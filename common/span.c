/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Spans, and the readers that walk over one. Each reader checks, then moves;
 * so a failed one has moved nothing.
 */
#include <string.h>

#include "common/span.h"

struct cb_span
cb_span(const void *p, size_t n)
{
	struct cb_span s = { p, n };

	return s;
}

struct cb_span
cb_span_str(const char *s)
{
	return cb_span(s, s == NULL ? 0 : strlen(s));
}

bool
cb_span_equal(struct cb_span a, struct cb_span b)
{
	/* memcmp may not be given NULL, not even for 0 bytes (C11, 7.24.1) */
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct cb_span
cb_span_head(struct cb_span s, size_t n)
{
	if (n < s.n)
		s.n = n;
	return s;
}

struct cb_span
cb_span_tail(struct cb_span s, size_t n)
{
	if (n > s.n)
		n = s.n;
	/* NULL + 0 is undefined in C */
	if (n > 0)
		s.p += n;
	s.n -= n;
	return s;
}

static enum cb_err
get_number(struct cb_span *cur, size_t n, uint64_t *out)
{
	uint64_t v = 0;

	if (cur->n < n)
		return CB_E_SHORT;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | cur->p[i];
	*cur = cb_span_tail(*cur, n);
	*out = v;
	return CB_OK;
}

enum cb_err
cb_get_u8(struct cb_span *cur, uint8_t *out)
{
	uint64_t v;
	enum cb_err r;

	if ((r = get_number(cur, 1, &v)) == CB_OK)
		*out = (uint8_t)v;
	return r;
}

enum cb_err
cb_get_u16(struct cb_span *cur, uint16_t *out)
{
	uint64_t v;
	enum cb_err r;

	if ((r = get_number(cur, 2, &v)) == CB_OK)
		*out = (uint16_t)v;
	return r;
}

enum cb_err
cb_get_u32(struct cb_span *cur, uint32_t *out)
{
	uint64_t v;
	enum cb_err r;

	if ((r = get_number(cur, 4, &v)) == CB_OK)
		*out = (uint32_t)v;
	return r;
}

enum cb_err
cb_get_u64(struct cb_span *cur, uint64_t *out)
{
	return get_number(cur, 8, out);
}

enum cb_err
cb_get_span(struct cb_span *cur, size_t n, struct cb_span *out)
{
	struct cb_span taken;

	if (cur->n < n)
		return CB_E_SHORT;
	/* *out last: it may be the cursor itself */
	taken = cb_span_head(*cur, n);
	*cur = cb_span_tail(*cur, n);
	*out = taken;
	return CB_OK;
}

enum cb_err
cb_get_lv16(struct cb_span *cur, struct cb_span *out)
{
	struct cb_span ahead = *cur;
	uint16_t n;
	enum cb_err r;

	if ((r = cb_get_u16(&ahead, &n)) != CB_OK ||
	    (r = cb_get_span(&ahead, n, out)) != CB_OK)
		return r;
	*cur = ahead;
	return CB_OK;
}

enum cb_err
cb_get_lv32(struct cb_span *cur, struct cb_span *out)
{
	struct cb_span ahead = *cur;
	uint32_t n;
	enum cb_err r;

	if ((r = cb_get_u32(&ahead, &n)) != CB_OK ||
	    (r = cb_get_span(&ahead, n, out)) != CB_OK)
		return r;
	*cur = ahead;
	return CB_OK;
}

enum cb_err
cb_get_end(const struct cb_span *cur)
{
	return cur->n == 0 ? CB_OK : CB_E_FORMAT;
}

bool
cb_take_text(struct cb_span *cur, const char *text)
{
	const size_t n = strlen(text);

	if (!cb_span_equal(cb_span_head(*cur, n), cb_span_str(text)))
		return false;
	*cur = cb_span_tail(*cur, n);
	return true;
}

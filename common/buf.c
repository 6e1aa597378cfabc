/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The buffer. One function makes it larger; it leaves the old allocation to
 * its caller, so that bytes to be added may lie in the buffer itself. What
 * lies between n and cap is kept zero: nothing given up stays readable.
 */
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/ct.h"

#define SMALLEST 64

struct room {
	uint8_t *p;
	size_t cap;
};

static void
room_free(struct room *old)
{
	if (old->p != NULL)
		cb_wipe(old->p, old->cap);
	free(old->p);
	old->p = NULL;
}

static size_t
most(const struct cb_buf *b)
{
	return b->max == 0 ? CB_BUF_MAX : b->max;
}

/* Room for n bytes in all. *old is what room_free() takes afterwards. */
static enum cb_err
room_for(struct cb_buf *b, size_t n, struct room *old)
{
	size_t cap;
	uint8_t *p;

	old->p = NULL;
	old->cap = 0;
	if (n > most(b))
		return CB_E_LIMIT;
	if (n <= b->cap)
		return CB_OK;
	cap = b->cap < SMALLEST ? SMALLEST : b->cap;
	while (cap < n)
		cap = cap > most(b) / 2 ? n : cap * 2;
	if (cap > most(b))
		cap = most(b);
	if ((p = calloc(1, cap)) == NULL)
		return CB_E_NOMEM;
	if (b->n > 0)
		memcpy(p, b->p, b->n);
	old->p = b->p;
	old->cap = b->cap;
	b->p = p;
	b->cap = cap;
	return CB_OK;
}

/* Room for n bytes more. */
static enum cb_err
room_for_more(struct cb_buf *b, size_t n, struct room *old)
{
	if (n > SIZE_MAX - b->n)
		return CB_E_LIMIT;
	return room_for(b, b->n + n, old);
}

void
cb_buf_free(struct cb_buf *b)
{
	if (b->p != NULL)
		cb_wipe(b->p, b->cap);
	free(b->p);
	b->p = NULL;
	b->n = 0;
	b->cap = 0;
}

void
cb_buf_clear(struct cb_buf *b)
{
	if (b->n > 0)
		cb_wipe(b->p, b->n);
	b->n = 0;
}

enum cb_err
cb_buf_truncate(struct cb_buf *b, size_t n)
{
	if (n > b->n)
		return CB_E_ARG;
	if (n < b->n)
		cb_wipe(b->p + n, b->n - n);
	b->n = n;
	return CB_OK;
}

enum cb_err
cb_buf_undo(struct cb_buf *b, size_t n, enum cb_err r)
{
	if (r != CB_OK && cb_buf_truncate(b, n) != CB_OK)
		return CB_E_INTERNAL;
	return r;
}

enum cb_err
cb_buf_reserve(struct cb_buf *b, size_t n)
{
	struct room old;
	enum cb_err r;

	r = room_for(b, n, &old);
	room_free(&old);
	return r;
}

enum cb_err
cb_buf_grow(struct cb_buf *b, size_t n, uint8_t **out)
{
	struct room old;
	enum cb_err r;

	*out = NULL;
	if ((r = room_for_more(b, n, &old)) != CB_OK)
		return r;
	room_free(&old);
	/* a caller may have written past an earlier, larger n */
	if (n > 0)
		memset(b->p + b->n, 0, n);
	*out = b->p == NULL ? NULL : b->p + b->n;
	b->n += n;
	return CB_OK;
}

enum cb_err
cb_buf_add(struct cb_buf *b, struct cb_span s)
{
	struct room old;
	enum cb_err r;

	if (s.n == 0)
		return CB_OK;
	if ((r = room_for_more(b, s.n, &old)) != CB_OK)
		return r;
	memmove(b->p + b->n, s.p, s.n);
	b->n += s.n;
	room_free(&old);
	return CB_OK;
}

enum cb_err
cb_buf_set(struct cb_buf *b, struct cb_span s)
{
	size_t before = b->n;
	struct room old;
	enum cb_err r;

	if ((r = room_for(b, s.n, &old)) != CB_OK)
		return r;
	if (s.n > 0)
		memmove(b->p, s.p, s.n);
	if (before > s.n)
		cb_wipe(b->p + s.n, before - s.n);
	b->n = s.n;
	room_free(&old);
	return CB_OK;
}

/* The low `bytes` bytes of v, big-endian. */
static enum cb_err
put_number(struct cb_buf *b, uint64_t v, size_t bytes)
{
	uint8_t raw[8];

	for (size_t i = 0; i < bytes; i++)
		raw[i] = (uint8_t)(v >> 8 * (bytes - 1 - i));
	return cb_buf_add(b, cb_span(raw, bytes));
}

enum cb_err
cb_buf_pad_front(struct cb_buf *b, size_t n)
{
	size_t had = b->n, zeros;
	uint8_t *p;
	enum cb_err r;

	if (had >= n)
		return had == n ? CB_OK : CB_E_LIMIT;
	zeros = n - had;
	if ((r = cb_buf_grow(b, zeros, &p)) != CB_OK)
		return r;
	memmove(b->p + zeros, b->p, had);
	memset(b->p, 0, zeros);
	return CB_OK;
}

enum cb_err
cb_put_u8(struct cb_buf *b, uint8_t v)
{
	return put_number(b, v, 1);
}

enum cb_err
cb_put_u16(struct cb_buf *b, uint16_t v)
{
	return put_number(b, v, 2);
}

enum cb_err
cb_put_u32(struct cb_buf *b, uint32_t v)
{
	return put_number(b, v, 4);
}

enum cb_err
cb_put_u64(struct cb_buf *b, uint64_t v)
{
	return put_number(b, v, 8);
}

enum cb_err
cb_put_lv16(struct cb_buf *b, struct cb_span s)
{
	struct room old;
	enum cb_err r;

	if (s.n > UINT16_MAX)
		return CB_E_LIMIT;
	if ((r = room_for_more(b, s.n + 2, &old)) != CB_OK)
		return r;
	b->p[b->n] = (uint8_t)(s.n >> 8);
	b->p[b->n + 1] = (uint8_t)s.n;
	if (s.n > 0)
		memmove(b->p + b->n + 2, s.p, s.n);
	b->n += s.n + 2;
	room_free(&old);
	return CB_OK;
}

enum cb_err
cb_put_lv32(struct cb_buf *b, struct cb_span s)
{
	const size_t before = b->n;
	enum cb_err r;

	if (s.n > UINT32_MAX)
		return CB_E_LIMIT;
	if ((r = cb_put_u32(b, (uint32_t)s.n)) == CB_OK)
		r = cb_buf_add(b, s);
	return cb_buf_undo(b, before, r);
}

void
cb_buf_consume(struct cb_buf *b, size_t n)
{
	if (n > b->n)
		n = b->n;
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	cb_wipe(b->p + (b->n - n), n);
	b->n -= n;
}

void
cb_buf_move(struct cb_buf *to, struct cb_buf *from)
{
	if (to == from)
		return;
	cb_buf_free(to);
	to->p = from->p;
	to->n = from->n;
	to->cap = from->cap;
	from->p = NULL;
	from->n = 0;
	from->cap = 0;
}

struct cb_span
cb_buf_span(const struct cb_buf *b)
{
	return cb_span(b->p, b->n);
}

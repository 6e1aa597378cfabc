/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See desk.h.
 */
#include "wire/begin.h"
#include "wire/desk.h"

enum { TOLD = 4 };	/* the answer's type, beside those of message.h */

/* ---- commands ------------------------------------------------------------ */

static enum cb_err
put_challenge(struct cb_buf *b, const struct wire_desk *d)
{
	return wire_put_bytes(b, d->act, WIRE_ID);
}

static enum cb_err
get_challenge(struct cb_span *cur, struct wire_desk *d)
{
	return wire_get_bytes(cur, d->act, WIRE_ID);
}

static enum cb_err
put_order(struct cb_buf *b, const struct wire_desk *d)
{
	enum cb_err r;

	(void)((r = cb_put_lv32(b, d->order)) != CB_OK ||
	    (r = cb_put_lv32(b, d->approval)) != CB_OK ||
	    (r = cb_put_lv32(b, d->secrets)) != CB_OK);
	return r;
}

static enum cb_err
get_order(struct cb_span *cur, struct wire_desk *d)
{
	enum cb_err r;

	(void)((r = cb_get_lv32(cur, &d->order)) != CB_OK ||
	    (r = cb_get_lv32(cur, &d->approval)) != CB_OK ||
	    (r = cb_get_lv32(cur, &d->secrets)) != CB_OK);
	return r;
}

static enum cb_err
get_most(struct cb_span *cur, struct wire_desk *d)
{
	enum cb_err r = cb_get_u16(cur, &d->most);

	return r == CB_OK && d->most == 0 ? CB_E_FORMAT : r;
}

static enum cb_err
put_list(struct cb_buf *b, const struct wire_desk *d)
{
	enum cb_err r;

	(void)((r = cb_put_u8(b, (uint8_t)d->list)) != CB_OK ||
	    (r = cb_put_u16(b, d->most)) != CB_OK ||
	    (r = cb_put_lv32(b, d->filter)) != CB_OK ||
	    (r = cb_put_lv32(b, d->after)) != CB_OK);
	return r;
}

static enum cb_err
get_list(struct cb_span *cur, struct wire_desk *d)
{
	uint8_t list;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &list)) != CB_OK)
		return r;
	if (list == 0 || list >= WIRE_LIST_END)
		return CB_E_FORMAT;
	d->list = (enum wire_desk_list)list;
	(void)((r = get_most(cur, d)) != CB_OK ||
	    (r = cb_get_lv32(cur, &d->filter)) != CB_OK ||
	    (r = cb_get_lv32(cur, &d->after)) != CB_OK);
	return r;
}

static enum cb_err
put_books(struct cb_buf *b, const struct wire_desk *d)
{
	enum cb_err r;

	if ((r = cb_put_u64(b, d->first)) == CB_OK)
		r = cb_put_u16(b, d->most);
	return r;
}

static enum cb_err
get_books(struct cb_span *cur, struct wire_desk *d)
{
	enum cb_err r;

	if ((r = cb_get_u64(cur, &d->first)) == CB_OK)
		r = get_most(cur, d);
	return r;
}

static const struct {
	enum cb_err (*put)(struct cb_buf *b, const struct wire_desk *d);
	enum cb_err (*get)(struct cb_span *cur, struct wire_desk *d);
} bodies[] = {	/* by type, from the first */
	{ put_challenge, get_challenge },
	{ put_order, get_order },
	{ put_list, get_list },
	{ put_books, get_books },
};
#define N_BODIES (sizeof(bodies) / sizeof(bodies[0]))

enum cb_err
wire_desk_put(struct cb_buf *b, const struct wire_desk *d)
{
	const size_t before = b->n, i = (size_t)d->type - WIRE_DESK_CHALLENGE;
	enum cb_err r;

	if (i >= N_BODIES)
		return CB_E_ARG;
	(void)((r = cb_put_u8(b, (uint8_t)d->type)) != CB_OK ||
	    (r = cb_put_u16(b, 0)) != CB_OK ||
	    (r = bodies[i].put(b, d)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_desk_get(struct cb_span message, struct wire_desk *out)
{
	struct cb_span cur = message;
	struct wire_desk d = { 0 };
	uint16_t consumed;
	uint8_t type;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &type)) != CB_OK ||
	    (r = cb_get_u16(&cur, &consumed)) != CB_OK)
		return r;
	if (consumed != 0 || type < WIRE_DESK_CHALLENGE ||
	    type - WIRE_DESK_CHALLENGE >= (int)N_BODIES)
		return CB_E_FORMAT;
	d.type = (enum wire_desk_command)type;
	if ((r = bodies[type - WIRE_DESK_CHALLENGE].get(&cur, &d)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK)
		return r;
	*out = d;
	return CB_OK;
}

/* ---- TOLD ---------------------------------------------------------------- */

enum cb_err
wire_item_put(struct cb_buf *b, const struct wire_fields *item)
{
	const size_t before = b->n;
	struct cb_buf bytes = CB_BUF_INIT;
	enum cb_err r;

	if ((r = wire_fields_put(&bytes, item)) == CB_OK)
		r = cb_put_lv32(b, cb_buf_span(&bytes));
	cb_buf_free(&bytes);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_item_get(struct cb_span *cur, struct wire_fields *out)
{
	struct cb_span at = *cur, bytes;
	enum cb_err r;

	if ((r = cb_get_lv32(&at, &bytes)) != CB_OK ||
	    (r = wire_fields_get(bytes, out)) != CB_OK)
		return r;
	*cur = at;
	return CB_OK;
}

enum cb_err
wire_told_items_put(struct cb_buf *b, const struct wire_told_items *told)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u8(b, TOLD)) != CB_OK ||
	    (r = cb_put_u64(b, told->number)) != CB_OK ||
	    (r = cb_put_u8(b, told->more)) != CB_OK ||
	    (r = cb_put_u16(b, told->count)) != CB_OK ||
	    (r = cb_buf_add(b, told->items)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_told_items_get(struct cb_span message, struct wire_told_items *out)
{
	struct cb_span cur = message;
	struct wire_told_items t;
	struct wire_fields item;
	uint8_t type, more;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &type)) != CB_OK ||
	    (r = cb_get_u64(&cur, &t.number)) != CB_OK ||
	    (r = cb_get_u8(&cur, &more)) != CB_OK ||
	    (r = cb_get_u16(&cur, &t.count)) != CB_OK)
		return r;
	if (type != TOLD || more > 1)
		return CB_E_FORMAT;
	t.more = more == 1;
	t.items = cur;
	for (unsigned i = 0; i < t.count; i++)
		if ((r = wire_item_get(&cur, &item)) != CB_OK)
			return r;
	if ((r = cb_get_end(&cur)) == CB_OK)
		*out = t;
	return r;
}

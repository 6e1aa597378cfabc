/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The local wire for programs that share a card: see protocol.h and
 * PROTOCOL.md.
 */
#include <string.h>

#include "bridge/frame.h"

enum {
	SHARED_PRESENT = 1,
	SHARED_POWERED = 2,
	LISTED_EXCLUSIVE = 2,
	LISTED_IN_USE = 4,
};

#define PROTOCOLS (BR_SHARE_T0 | BR_SHARE_T1 | BR_SHARE_RAW)

enum cb_err
br_put_wish(struct cb_buf *b, uint16_t type, const struct br_share_wish *w)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, (uint8_t)w->mode)) != CB_OK ||
	    (r = cb_put_u8(b, w->protocols)) != CB_OK)
		return r;
	if (type == BR_SHARE_RECONNECT)
		return cb_put_u8(b, (uint8_t)w->first);
	if ((r = br_name_check(w->name, NULL)) != CB_OK)
		return r;
	return cb_put_lv16(b, cb_span_str(w->name));
}

enum cb_err
br_get_wish(struct br_share_wish *out, uint16_t type, struct cb_span body)
{
	uint8_t mode, first = BR_LEAVE;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u8(&body, &mode)) != CB_OK ||
	    (r = cb_get_u8(&body, &out->protocols)) != CB_OK)
		return r;
	if (type == BR_SHARE_RECONNECT)
		r = cb_get_u8(&body, &first);
	else
		r = cb_get_text(&body, out->name, sizeof(out->name));
	if (r != CB_OK || (r = cb_get_end(&body)) != CB_OK)
		return r;
	if (mode < BR_SHARE_EXCLUSIVE || mode > BR_SHARE_DIRECT ||
	    (out->protocols & ~PROTOCOLS) != 0 ||
	    first > BR_UNPOWER ||
	    (type == BR_SHARE_CONNECT &&
		br_name_check(out->name, NULL) != CB_OK))
		return CB_E_FORMAT;
	out->mode = (enum br_share_mode)mode;
	out->first = (enum br_disposition)first;
	return CB_OK;
}

enum cb_err
br_put_shared(struct cb_buf *b, uint16_t seq, const struct br_shared *s)
{
	uint8_t flags = (uint8_t)((s->present ? SHARED_PRESENT : 0) |
	    (s->powered ? SHARED_POWERED : 0));
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u8(b, (uint8_t)s->outcome)) == CB_OK &&
	    (r = cb_put_u8(b, flags)) == CB_OK &&
	    (r = cb_put_u8(b, s->protocol)) == CB_OK &&
	    (r = cb_put_u32(b, s->changes)) == CB_OK &&
	    (r = cb_put_u32(b, s->max_apdu)) == CB_OK)
		r = cb_put_lv16(b, cb_span(s->atr, s->atr_n));
	return br_frame_end(b, mark, seq, BR_SHARED, r);
}

enum cb_err
br_get_shared(struct br_shared *out, struct cb_span body)
{
	uint8_t outcome, flags;
	struct cb_span atr;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u8(&body, &outcome)) != CB_OK ||
	    (r = cb_get_u8(&body, &flags)) != CB_OK ||
	    (r = cb_get_u8(&body, &out->protocol)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->changes)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->max_apdu)) != CB_OK ||
	    (r = cb_get_lv16(&body, &atr)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if (outcome >= BR_SHARE_OUTCOMES ||
	    (flags & ~(SHARED_PRESENT | SHARED_POWERED)) != 0 ||
	    (out->protocol & (out->protocol - 1)) != 0 ||
	    out->protocol > BR_SHARE_RAW)
		return CB_E_FORMAT;
	out->outcome = (enum br_outcome)outcome;
	out->present = (flags & SHARED_PRESENT) != 0;
	out->powered = (flags & SHARED_POWERED) != 0;
	return br_get_atr(out->atr, &out->atr_n, atr);
}

enum cb_err
br_put_list(struct cb_buf *b, uint16_t seq, uint32_t after, bool tell)
{
	size_t mark;
	enum cb_err r;

	if ((r = br_frame_begin(b, &mark)) == CB_OK &&
	    (r = cb_put_u32(b, after)) == CB_OK)
		r = cb_put_u8(b, tell ? 1 : 0);
	return br_frame_end(b, mark, seq, BR_LIST, r);
}

enum cb_err
br_get_list(uint32_t *after, bool *tell, struct cb_span body)
{
	uint8_t flag;
	enum cb_err r;

	if ((r = cb_get_u32(&body, after)) != CB_OK ||
	    (r = br_get_choice(&flag, 1, body)) != CB_OK)
		return r;
	*tell = flag != 0;
	return CB_OK;
}

/* Where the flag stands that says that there are more readers. */
#define LISTED_MORE (BR_HEADER_SIZE + 4)

enum cb_err
br_listed_begin(struct cb_buf *b, size_t *mark, uint32_t comings)
{
	enum cb_err r;

	if ((r = br_frame_begin(b, mark)) != CB_OK ||
	    (r = cb_put_u32(b, comings)) != CB_OK)
		return r;
	return cb_put_u8(b, 0);
}

enum cb_err
br_listed_add(struct cb_buf *b, size_t mark, const struct br_listed *one)
{
	uint8_t flags = (uint8_t)((one->present ? SHARED_PRESENT : 0) |
	    (one->exclusive ? LISTED_EXCLUSIVE : 0) |
	    (one->in_use ? LISTED_IN_USE : 0));
	size_t from = b->n;
	enum cb_err r;

	if ((r = cb_put_u32(b, one->number)) == CB_OK &&
	    (r = cb_put_u8(b, flags)) == CB_OK &&
	    (r = cb_put_u32(b, one->changes)) == CB_OK &&
	    (r = cb_put_text(b, one->name, sizeof(one->name) - 1)) == CB_OK)
		r = cb_put_lv16(b, cb_span(one->atr, one->atr_n));
	if (r == CB_OK && b->n - mark - BR_HEADER_SIZE > BR_BODY_MAX)
		r = CB_E_LIMIT;
	return cb_buf_undo(b, from, r);
}

enum cb_err
br_listed_end(struct cb_buf *b, size_t mark, uint16_t seq, bool more)
{
	b->p[mark + LISTED_MORE] = more ? 1 : 0;
	return br_frame_end(b, mark, seq, BR_LISTED, CB_OK);
}

enum cb_err
br_get_listed_head(uint32_t *comings, bool *more, struct cb_span *body)
{
	uint8_t flag;
	enum cb_err r;

	if ((r = cb_get_u32(body, comings)) != CB_OK ||
	    (r = cb_get_u8(body, &flag)) != CB_OK)
		return r;
	*more = flag == 1;
	return flag > 1 ? CB_E_FORMAT : CB_OK;
}

enum cb_err
br_get_listed(struct br_listed *out, struct cb_span *body)
{
	struct cb_span atr;
	uint8_t flags;
	enum cb_err r;

	memset(out, 0, sizeof(*out));
	if ((r = cb_get_u32(body, &out->number)) != CB_OK ||
	    (r = cb_get_u8(body, &flags)) != CB_OK ||
	    (r = cb_get_u32(body, &out->changes)) != CB_OK ||
	    (r = cb_get_text(body, out->name, sizeof(out->name))) != CB_OK ||
	    (r = cb_get_lv16(body, &atr)) != CB_OK)
		return r;
	if ((flags & ~(SHARED_PRESENT | LISTED_EXCLUSIVE | LISTED_IN_USE)) !=
		0 || br_name_check(out->name, NULL) != CB_OK)
		return CB_E_FORMAT;
	out->present = (flags & SHARED_PRESENT) != 0;
	out->exclusive = (flags & LISTED_EXCLUSIVE) != 0;
	out->in_use = (flags & LISTED_IN_USE) != 0;
	br_pcsc_name(out->pcsc_name, out->name);
	return br_get_atr(out->atr, &out->atr_n, atr);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See road.h.
 */
#include <string.h>

#include "common/atr.h"
#include "common/text.h"
#include "wire/begin.h"
#include "wire/road.h"

#define HELD (2 * WIRE_ID + 4)		/* bytes of one */
#define OVER 1
#define CHANGED 2
#define KEPT 4

/* ---- about, failure ------------------------------------------------------ */

enum cb_err
wire_about_put(struct cb_buf *b, const struct wire_about *about)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = wire_begin_put(b, WIRE_IS_ABOUT, about->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, about->backend, WIRE_ID)) != CB_OK ||
	    (r = cb_put_lv16(b, about->authority)) != CB_OK ||
	    (r = cb_put_lv16(b, about->service)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_about_get(struct cb_span whole, struct wire_about *out)
{
	struct wire_about a;
	enum cb_err r;

	if ((r = wire_begin_get(&whole, WIRE_IS_ABOUT, &a.kind)) != CB_OK ||
	    (r = wire_get_bytes(&whole, a.backend, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv16(&whole, &a.authority)) != CB_OK ||
	    (r = cb_get_lv16(&whole, &a.service)) != CB_OK ||
	    (r = cb_get_end(&whole)) != CB_OK)
		return r;
	*out = a;
	return CB_OK;
}

enum cb_err
wire_failure_put(struct cb_buf *b, const struct wire_failure *failure)
{
	const size_t before = b->n;
	const struct cb_span text = cb_span_head(
	    cb_span_str(failure->text), WIRE_FAILURE_TEXT_MAX);
	enum cb_err r;

	(void)((r = wire_begin_put(b, WIRE_IS_FAILURE, failure->kind)) !=
		CB_OK ||
	    (r = cb_put_u16(b, failure->code)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)failure->outcome)) != CB_OK ||
	    (r = cb_put_lv16(b, text)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_failure_get(struct cb_span whole, struct wire_failure *out)
{
	struct wire_failure f = { .code = 0 };
	struct cb_span text;
	uint8_t outcome;
	enum cb_err r;

	if ((r = wire_begin_get(&whole, WIRE_IS_FAILURE, &f.kind)) != CB_OK ||
	    (r = cb_get_u16(&whole, &f.code)) != CB_OK ||
	    (r = cb_get_u8(&whole, &outcome)) != CB_OK ||
	    (r = cb_get_lv16(&whole, &text)) != CB_OK ||
	    (r = cb_get_end(&whole)) != CB_OK)
		return r;
	if (text.n > WIRE_FAILURE_TEXT_MAX)
		return CB_E_LIMIT;
	if (outcome > WIRE_GIVEN || memchr(text.p, 0, text.n) != NULL)
		return CB_E_FORMAT;
	f.outcome = (enum wire_outcome)outcome;
	memcpy(f.text, text.p, text.n);
	cb_make_plain(f.text);
	*out = f;
	return CB_OK;
}

/* ---- hold ---------------------------------------------------------------- */

enum cb_err
wire_held_put(struct cb_buf *b, const struct wire_held *held)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = wire_put_bytes(b, held->card, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, held->session, WIRE_ID)) != CB_OK ||
	    (r = cb_put_u32(b, held->stamp)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_held_get(struct cb_span *cur, struct wire_held *out)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_span(cur, HELD, &s)) != CB_OK)
		return r;
	(void)((r = wire_get_bytes(&s, out->card, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&s, out->session, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u32(&s, &out->stamp)) != CB_OK);
	return r;
}

enum cb_err
wire_hold_put(struct cb_buf *b, const struct wire_hold *hold)
{
	const size_t before = b->n;
	enum cb_err r;

	if (hold->count > WIRE_HOLD_MAX ||
	    hold->cards.n != (size_t)hold->count * HELD)
		return CB_E_ARG;
	(void)((r = wire_begin_put(b, WIRE_IS_HOLD, hold->kind)) != CB_OK ||
	    (r = cb_put_u32(b, hold->seconds)) != CB_OK ||
	    (r = cb_put_u16(b, hold->count)) != CB_OK ||
	    (r = cb_buf_add(b, hold->cards)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_hold_get(struct cb_span whole, struct wire_hold *out)
{
	struct wire_hold h;
	enum cb_err r;

	if ((r = wire_begin_get(&whole, WIRE_IS_HOLD, &h.kind)) != CB_OK ||
	    (r = cb_get_u32(&whole, &h.seconds)) != CB_OK ||
	    (r = cb_get_u16(&whole, &h.count)) != CB_OK)
		return r;
	if (h.count > WIRE_HOLD_MAX)
		return CB_E_LIMIT;
	if (whole.n != (size_t)h.count * HELD)
		return CB_E_FORMAT;
	h.cards = whole;
	*out = h;
	return CB_OK;
}

/* ---- news ---------------------------------------------------------------- */

enum cb_err
wire_told_put(struct cb_buf *b, const struct wire_told *told)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = wire_put_bytes(b, told->card, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, told->session, WIRE_ID)) != CB_OK ||
	    (r = cb_put_u32(b, told->stamp)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)told->state)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)((told->over ? OVER : 0) |
		 (told->changed ? CHANGED : 0) |
		 (told->kept ? KEPT : 0)))) != CB_OK ||
	    (r = cb_put_u16(b, told->code)) != CB_OK ||
	    (r = cb_put_lv16(b, told->atr)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_told_get(struct cb_span *cur, struct wire_told *out)
{
	struct wire_told t;
	struct cb_span s = *cur;
	uint8_t state, flags;
	enum cb_err r;

	if ((r = wire_get_bytes(&s, t.card, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&s, t.session, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u32(&s, &t.stamp)) != CB_OK ||
	    (r = cb_get_u8(&s, &state)) != CB_OK ||
	    (r = cb_get_u8(&s, &flags)) != CB_OK ||
	    (r = cb_get_u16(&s, &t.code)) != CB_OK ||
	    (r = cb_get_lv16(&s, &t.atr)) != CB_OK)
		return r;
	if (t.atr.n > CB_ATR_MAX)
		return CB_E_LIMIT;
	if (state < WIRE_THERE || state > WIRE_ELSEWHERE || t.stamp == 0 ||
	    (flags & ~(OVER | CHANGED | KEPT)) != 0)
		return CB_E_FORMAT;
	t.state = (enum wire_card_state)state;
	t.over = (flags & OVER) != 0;
	t.changed = (flags & CHANGED) != 0;
	t.kept = (flags & KEPT) != 0;
	*out = t;
	*cur = s;
	return CB_OK;
}

static bool
are_told(struct cb_span cards, unsigned count)
{
	struct wire_told told;

	if (count > WIRE_HOLD_MAX)
		return false;
	while (count > 0 && wire_told_get(&cards, &told) == CB_OK)
		count--;
	return count == 0 && cards.n == 0;
}

enum cb_err
wire_news_put(struct cb_buf *b, const struct wire_news *news)
{
	const size_t before = b->n;
	enum cb_err r;

	if (!are_told(news->cards, news->count))
		return CB_E_ARG;
	(void)((r = wire_begin_put(b, WIRE_IS_NEWS, news->kind)) != CB_OK ||
	    (r = cb_put_u16(b, news->count)) != CB_OK ||
	    (r = cb_buf_add(b, news->cards)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_news_get(struct cb_span whole, struct wire_news *out)
{
	struct wire_news n;
	enum cb_err r;

	if ((r = wire_begin_get(&whole, WIRE_IS_NEWS, &n.kind)) != CB_OK ||
	    (r = cb_get_u16(&whole, &n.count)) != CB_OK)
		return r;
	if (n.count > WIRE_HOLD_MAX)
		return CB_E_LIMIT;
	if (!are_told(whole, n.count))
		return CB_E_FORMAT;
	n.cards = whole;
	*out = n;
	return CB_OK;
}

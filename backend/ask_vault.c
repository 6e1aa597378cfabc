/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ask_vault.h.
 */
#include "backend/ask_vault.h"

enum cb_err
be_challenged_put(struct cb_buf *b, const struct be_challenged *c)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(c->challenge))) != CB_OK ||
	    (r = cb_put_lv16(b, c->service)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)c->kind)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_challenged_get(struct cb_span body, struct be_challenged *out)
{
	uint8_t kind;
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->challenge,
		 sizeof(out->challenge))) != CB_OK ||
	    (r = cb_get_lv16(&body, &out->service)) != CB_OK ||
	    (r = cb_get_u8(&body, &kind)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	if (kind != WIRE_LIVE && kind != WIRE_TEST)
		return CB_E_FORMAT;
	out->kind = (enum wire_kind)kind;
	return CB_OK;
}

enum cb_err
be_unlock_put(struct cb_buf *b, const struct be_unlock *u)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_lv16(b, u->offer)) != CB_OK ||
	    (r = cb_put_lv16(b, u->accept)) != CB_OK ||
	    (r = be_rights_put(b, &u->rights)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_unlock_get(struct cb_span body, struct be_unlock *out)
{
	enum cb_err r;

	if ((r = cb_get_lv16(&body, &out->offer)) != CB_OK ||
	    (r = cb_get_lv16(&body, &out->accept)) != CB_OK ||
	    (r = be_rights_get(&body, &out->rights)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_unlocked_put(struct cb_buf *b, const struct be_unlocked *u)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u8(b, u->is_person)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(u->holder))) != CB_OK ||
	    (r = cb_put_u32(b, u->role)) != CB_OK ||
	    (r = cb_put_u32(b, u->class)) != CB_OK ||
	    (r = cb_put_u8(b, u->take_over)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(u->secret))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(u->key))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(u->ticket))) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_unlocked_get(struct cb_span body, struct be_unlocked *out)
{
	enum cb_err r;

	if ((r = be_flag_get(&body, &out->is_person)) != CB_OK ||
	    (r = be_bytes_get(&body, out->holder, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->role)) != CB_OK ||
	    (r = cb_get_u32(&body, &out->class)) != CB_OK ||
	    (r = be_flag_get(&body, &out->take_over)) != CB_OK ||
	    (r = be_bytes_get(&body, out->secret, CR_KEY)) != CB_OK ||
	    (r = be_bytes_get(&body, out->key, CR_KEY)) != CB_OK ||
	    (r = be_bytes_get(&body, out->ticket, BE_TICKET)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_recheck_put(struct cb_buf *b, const struct be_recheck *c)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(c->session))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(c->holder))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(c->card))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(c->ticket))) != CB_OK ||
	    (r = cb_put_lv16(b, c->certificate)) != CB_OK ||
	    (r = be_rights_put(b, &c->rights)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_recheck_get(struct cb_span body, struct be_recheck *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->session, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->holder, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->card, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->ticket, BE_TICKET)) != CB_OK ||
	    (r = cb_get_lv16(&body, &out->certificate)) != CB_OK ||
	    (r = be_rights_get(&body, &out->rights)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_rechecked_put(struct cb_buf *b, const struct be_rechecked *c)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_u8(b, c->held)) == CB_OK)
		r = cb_buf_add(b, CB_SPAN_OF(c->ticket));
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_rechecked_get(struct cb_span body, struct be_rechecked *out)
{
	enum cb_err r;

	if ((r = be_flag_get(&body, &out->held)) != CB_OK ||
	    (r = be_bytes_get(&body, out->ticket, BE_TICKET)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_passcode_ask_put(struct cb_buf *b, const struct be_passcode_ask *p)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_buf_add(b, CB_SPAN_OF(p->session))) == CB_OK)
		r = cb_buf_add(b, CB_SPAN_OF(p->scrypt));
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_passcode_ask_get(struct cb_span body, struct be_passcode_ask *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->session, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->scrypt, CR_KEY)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_passcode_told_put(struct cb_buf *b, const struct be_passcode_told *p)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_u64(b, p->wait_ms)) == CB_OK)
		r = cb_buf_add(b, CB_SPAN_OF(p->key));
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_passcode_told_get(struct cb_span body, struct be_passcode_told *out)
{
	enum cb_err r;

	if ((r = cb_get_u64(&body, &out->wait_ms)) != CB_OK ||
	    (r = be_bytes_get(&body, out->key, CR_KEY)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_certify_put(struct cb_buf *b, const struct be_certify *c)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_lv32(b, c->enrol)) == CB_OK)
		r = be_ask_signed_put(b, &c->token);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_certify_get(struct cb_span body, struct be_certify *out)
{
	enum cb_err r;

	if ((r = cb_get_lv32(&body, &out->enrol)) != CB_OK ||
	    (r = be_ask_signed_get(&body, &out->token)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_certified_put(struct cb_buf *b, const struct be_certified *c)
{
	const size_t before = b->n;
	enum cb_err r = cb_put_lv16(b, c->certificate);

	for (size_t i = 0; r == CB_OK && i < c->n; i++)
		r = be_ask_signed_put(b, &c->rows[i]);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_certified_get(struct cb_span body, struct be_certified *out)
{
	enum cb_err r;

	out->n = 0;
	if ((r = cb_get_lv16(&body, &out->certificate)) != CB_OK)
		return r;
	while (body.n > 0) {
		if (out->n == BE_CERTIFIED_ROWS)
			return CB_E_LIMIT;
		if ((r = be_ask_signed_get(&body, &out->rows[out->n])) !=
		    CB_OK)
			return r;
		out->n++;
	}
	return CB_OK;
}

enum cb_err
be_order_put(struct cb_buf *b, const struct be_order *o)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_lv32(b, o->act)) != CB_OK ||
	    (r = cb_put_lv32(b, o->approval)) != CB_OK ||
	    (r = be_rights_put(b, &o->rights)) != CB_OK ||
	    (r = cb_put_lv32(b, o->unblock)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_order_get(struct cb_span body, struct be_order *out)
{
	enum cb_err r;

	if ((r = cb_get_lv32(&body, &out->act)) != CB_OK ||
	    (r = cb_get_lv32(&body, &out->approval)) != CB_OK ||
	    (r = be_rights_get(&body, &out->rights)) != CB_OK ||
	    (r = cb_get_lv32(&body, &out->unblock)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum { TOLD_KEY = 1, TOLD_UNBLOCK = 2 };

/* The lists of the answer. */
static enum cb_err
put_made(struct cb_buf *b, const struct be_order_told *o)
{
	enum cb_err r = cb_put_u8(b, (uint8_t)o->macs_n);

	for (size_t i = 0; r == CB_OK && i < o->macs_n; i++)
		r = cb_put_lv32(b, o->macs[i]);
	if (r == CB_OK)
		r = cb_put_u8(b, (uint8_t)o->wraps_n);
	for (size_t i = 0; r == CB_OK && i < o->wraps_n; i++)
		r = be_ask_wrap_put(b, o->wraps[i].what, o->wraps[i].wrap);
	return r;
}

static enum cb_err
get_made(struct cb_span *cur, struct be_order_told *out)
{
	uint8_t n;
	enum cb_err r;

	if ((r = cb_get_u8(cur, &n)) != CB_OK)
		return r;
	if (n > WIRE_ACT_CHANGES)
		return CB_E_LIMIT;
	for (; out->macs_n < n; out->macs_n++)
		if ((r = cb_get_lv32(cur, &out->macs[out->macs_n])) != CB_OK)
			return r;
	if ((r = cb_get_u8(cur, &n)) != CB_OK)
		return r;
	if (n > BE_ORDER_WRAPS)
		return CB_E_LIMIT;
	for (; out->wraps_n < n; out->wraps_n++)
		if ((r = be_ask_wrap_get(cur, &out->wraps[out->wraps_n].what,
			 &out->wraps[out->wraps_n].wrap)) != CB_OK)
			return r;
	return CB_OK;
}

enum cb_err
be_order_told_put(struct cb_buf *b, const struct be_order_told *o)
{
	const size_t before = b->n;
	const uint8_t has = (uint8_t)((o->has_key ? TOLD_KEY : 0) |
	    (o->has_unblock ? TOLD_UNBLOCK : 0));
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(o->act))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->person))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->second))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->request))) != CB_OK ||
	    (r = put_made(b, o)) != CB_OK ||
	    (r = cb_put_u8(b, has)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->key))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(o->unblock))) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_order_told_get(struct cb_span body, struct be_order_told *out)
{
	uint8_t has;
	enum cb_err r;

	out->macs_n = out->wraps_n = 0;
	if ((r = be_bytes_get(&body, out->act, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->person, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->second, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, out->request, CR_HASH)) != CB_OK ||
	    (r = get_made(&body, out)) != CB_OK ||
	    (r = cb_get_u8(&body, &has)) != CB_OK ||
	    (r = be_bytes_get(&body, out->key, CR_KEY)) != CB_OK ||
	    (r = be_bytes_get(&body, out->unblock, CR_KEY)) != CB_OK)
		return r;
	if ((has & ~(TOLD_KEY | TOLD_UNBLOCK)) != 0)
		return CB_E_FORMAT;
	out->has_key = (has & TOLD_KEY) != 0;
	out->has_unblock = (has & TOLD_UNBLOCK) != 0;
	return cb_get_end(&body);
}

enum cb_err
be_sign_head_put(struct cb_buf *b, const struct be_sign_head *s)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_buf_add(b, CB_SPAN_OF(s->organisation))) != CB_OK ||
	    (r = cb_put_u64(b, s->number)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(s->hash))) != CB_OK ||
	    (r = cb_put_u64(b, s->time)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
be_sign_head_get(struct cb_span body, struct be_sign_head *out)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, out->organisation, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->number)) != CB_OK ||
	    (r = be_bytes_get(&body, out->hash, CR_HASH)) != CB_OK ||
	    (r = cb_get_u64(&body, &out->time)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

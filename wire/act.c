/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See act.h.
 */
#include "wire/act.h"
#include "wire/begin.h"
#include "wire/fields.h"

enum { PUT = 1, REMOVE = 2 };

static const char act_signed[] = "cardbridge act 1";
static const char approval_signed[] = "cardbridge approval 1";

/* ---- signatures ---------------------------------------------------------- */

static enum cb_err
put_signed(struct cb_buf *b, const char *label, struct cb_span head)
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str(label))) != CB_OK ||
	    (r = cb_buf_add(b, head)) != CB_OK);
	return r;
}

/* Appends head and signature. */
static enum cb_err
sign(struct cb_buf *b, const char *label, struct cb_span head,
    const struct wire_key *key)
{
	const size_t before = b->n;
	struct cb_buf text = CB_BUF_INIT, signature = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = put_signed(&text, label, head)) != CB_OK ||
	    (r = wire_sign(key, cb_buf_span(&text), &signature)) != CB_OK ||
	    (r = cb_buf_add(b, head)) != CB_OK ||
	    (r = cb_put_lv16(b, cb_buf_span(&signature))) != CB_OK);
	cb_buf_free(&text);
	cb_buf_free(&signature);
	return cb_buf_undo(b, before, r);
}

static enum cb_err
verify(const struct wire_key *key, const char *label, struct cb_span head,
    struct cb_span signature)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;

	if ((r = put_signed(&text, label, head)) == CB_OK)
		r = wire_verify(key, cb_buf_span(&text), signature);
	cb_buf_free(&text);
	return r;
}

/* The signature is all that is left. */
static enum cb_err
get_signature(struct cb_span whole, struct cb_span cur, struct cb_span *head,
    struct cb_span *signature)
{
	const size_t n = whole.n - cur.n;
	enum cb_err r;

	if ((r = cb_get_lv16(&cur, signature)) == CB_OK &&
	    (r = cb_get_end(&cur)) == CB_OK)
		*head = cb_span_head(whole, n);
	return r;
}

/* ---- changes ------------------------------------------------------------- */

enum cb_err
wire_change_put(struct cb_buf *b, const struct wire_change *change)
{
	const size_t before = b->n;
	enum cb_err r;

	(void)((r = cb_put_u8(b, change->remove ? REMOVE : PUT)) != CB_OK ||
	    (r = cb_put_lv16(b, change->row)) != CB_OK);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_change_get(struct cb_span *cur, struct wire_change *out)
{
	struct cb_span at = *cur, row;
	struct wire_grant g;
	uint8_t what;
	enum cb_err r;

	if ((r = cb_get_u8(&at, &what)) != CB_OK ||
	    (r = cb_get_lv16(&at, &row)) != CB_OK ||
	    (r = wire_grant_get(row, &g)) != CB_OK)
		return r;
	if (what != PUT && what != REMOVE)
		return CB_E_FORMAT;
	*out = (struct wire_change){ what == REMOVE, row };
	*cur = at;
	return CB_OK;
}

static enum cb_err
check_order(const struct wire_act *act)
{
	struct cb_span cur = act->changes;
	struct wire_fields detail;
	struct wire_change c;
	enum cb_err r = wire_fields_get(act->detail, &detail);

	/* secrets go beside an act: it is hashed, and kept by some */
	if (r != CB_OK || wire_fields_has(&detail, WIRE_D_PASSCODE) ||
	    wire_fields_has(&detail, WIRE_D_SO_PASSCODE) ||
	    act->count > WIRE_ACT_CHANGES || !wire_is_word(act->what) ||
	    act->detail.n > WIRE_ACT_DETAIL_MAX)
		return CB_E_FORMAT;
	for (unsigned i = 0; r == CB_OK && i < act->count; i++)
		r = wire_change_get(&cur, &c);
	return r == CB_OK ? cb_get_end(&cur) : r;
}

/* ---- ACT ----------------------------------------------------------------- */

static enum cb_err
put_request(struct cb_buf *b, const struct wire_act *act)
{
	enum cb_err r;

	(void)((r = wire_begin_put(b, WIRE_IS_ACT, act->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, act->backend, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, act->organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, act->id, WIRE_ID)) != CB_OK ||
	    (r = cb_put_lv16(b, act->what)) != CB_OK ||
	    (r = wire_put_bytes(b, act->subject, WIRE_ID)) != CB_OK ||
	    (r = cb_put_lv16(b, act->detail)) != CB_OK ||
	    (r = cb_put_u16(b, act->count)) != CB_OK ||
	    (r = cb_put_lv16(b, act->changes)) != CB_OK);
	return r;
}

enum cb_err
wire_act_put(struct cb_buf *b, const struct wire_act *act,
    const struct wire_key *key)
{
	struct cb_buf head = CB_BUF_INIT_MAX(WIRE_ACT_MAX);
	enum cb_err r;

	if (check_order(act) != CB_OK)
		return CB_E_ARG;
	(void)((r = put_request(&head, act)) != CB_OK ||
	    (r = wire_put_bytes(
		 &head, act->challenge, WIRE_CHALLENGE)) != CB_OK ||
	    (r = wire_put_bytes(&head, act->person, WIRE_ID)) != CB_OK ||
	    (r = cb_put_lv16(&head, act->certificate)) != CB_OK ||
	    (r = sign(b, act_signed, cb_buf_span(&head), key)) != CB_OK);
	cb_buf_free(&head);
	return r;
}

enum cb_err
wire_act_get(struct cb_span whole, struct wire_act *out, struct cb_span *head,
    struct cb_span *signature)
{
	struct wire_act a;
	struct cb_span cur = whole, h, s;
	enum cb_err r;

	if (whole.n > WIRE_ACT_MAX)
		return CB_E_LIMIT;
	if ((r = wire_begin_get(&cur, WIRE_IS_ACT, &a.kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.backend, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.id, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.what)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.subject, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.detail)) != CB_OK ||
	    (r = cb_get_u16(&cur, &a.count)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.changes)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.challenge, WIRE_CHALLENGE)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.person, WIRE_ID)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.certificate)) != CB_OK ||
	    (r = get_signature(whole, cur, &h, &s)) != CB_OK ||
	    (r = check_order(&a)) != CB_OK)
		return r;
	*out = a;
	*head = h;
	*signature = s;
	return CB_OK;
}

enum cb_err
wire_act_verify(const struct wire_key *key, struct cb_span head,
    struct cb_span signature)
{
	return verify(key, act_signed, head, signature);
}

enum cb_err
wire_act_request(const struct wire_act *act, uint8_t out[CR_HASH])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	if ((r = put_request(&b, act)) == CB_OK)
		r = cr_sha256(cb_buf_span(&b), out);
	cb_buf_free(&b);
	return r;
}

/* ---- APPROVAL ------------------------------------------------------------ */

enum cb_err
wire_approval_put(struct cb_buf *b, const struct wire_approval *a,
    const struct wire_key *key)
{
	struct cb_buf head = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = wire_begin_put(&head, WIRE_IS_APPROVAL, a->kind)) !=
		CB_OK ||
	    (r = wire_put_bytes(&head, a->request, CR_HASH)) != CB_OK ||
	    (r = wire_put_bytes(&head, a->person, WIRE_ID)) != CB_OK ||
	    (r = cb_put_u64(&head, a->until)) != CB_OK ||
	    (r = cb_put_lv16(&head, a->certificate)) != CB_OK ||
	    (r = sign(b, approval_signed, cb_buf_span(&head), key)) != CB_OK);
	cb_buf_free(&head);
	return r;
}

enum cb_err
wire_approval_get(struct cb_span whole, struct wire_approval *out,
    struct cb_span *head, struct cb_span *signature)
{
	struct wire_approval a;
	struct cb_span cur = whole, h, s;
	enum cb_err r;

	if (whole.n > WIRE_ACT_MAX)
		return CB_E_LIMIT;
	if ((r = wire_begin_get(&cur, WIRE_IS_APPROVAL, &a.kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.request, CR_HASH)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.person, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u64(&cur, &a.until)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.certificate)) != CB_OK ||
	    (r = get_signature(whole, cur, &h, &s)) != CB_OK)
		return r;
	*out = a;
	*head = h;
	*signature = s;
	return CB_OK;
}

enum cb_err
wire_approval_verify(const struct wire_key *key, struct cb_span head,
    struct cb_span signature)
{
	return verify(key, approval_signed, head, signature);
}

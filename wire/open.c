/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * OFFER and ACCEPT as bytes, and the schedule of keys.
 */
#include <string.h>

#include "common/ct.h"
#include "wire/begin.h"
#include "wire/open.h"

enum { TAKE_OVER = 1 };

static const char to_sign[] = "cardbridge accept 1";
static const char to_wrap[] = "cardbridge secret 1";

/* ---- OFFER --------------------------------------------------------------- */

enum cb_err
wire_offer_put(struct cb_buf *b, const struct wire_offer *offer)
{
	enum cb_err r;

	(void)((r = wire_begin_put(b, WIRE_IS_OFFER, offer->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, offer->session, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, offer->organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, offer->card, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, offer->challenge, WIRE_CHALLENGE)) != CB_OK ||
	    (r = wire_put_bytes(b, offer->agreement, CR_KEY)) != CB_OK ||
	    (r = cb_put_lv16(b, offer->service)) != CB_OK);
	return r;
}

enum cb_err
wire_offer_get(struct cb_span whole, struct wire_offer *out)
{
	struct wire_offer o;
	struct cb_span cur = whole;
	enum cb_err r;

	if (whole.n > WIRE_OPEN_MAX)
		return CB_E_LIMIT;
	if ((r = wire_begin_get(&cur, WIRE_IS_OFFER, &o.kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, o.session, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, o.organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, o.card, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, o.challenge, WIRE_CHALLENGE)) != CB_OK ||
	    (r = wire_get_bytes(&cur, o.agreement, CR_KEY)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &o.service)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK)
		return r;
	*out = o;
	return CB_OK;
}

/* ---- ACCEPT -------------------------------------------------------------- */

enum cb_err
wire_accept_put(struct cb_buf *b, const struct wire_accept *accept)
{
	enum cb_err r;

	if (accept->release.n > WIRE_RELEASE_MAX)
		return CB_E_LIMIT;
	(void)((r = wire_begin_put(b, WIRE_IS_ACCEPT, accept->kind)) != CB_OK ||
	    (r = wire_put_bytes(b, accept->session, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, accept->organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, accept->card, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, accept->device, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, accept->agreement, CR_KEY)) != CB_OK ||
	    (r = cb_put_u8(b, accept->take_over ? TAKE_OVER : 0)) != CB_OK ||
	    (r = cb_put_lv16(b, accept->wrapped)) != CB_OK ||
	    (r = cb_put_lv16(b, accept->release)) != CB_OK ||
	    (r = cb_put_lv16(b, accept->certificate)) != CB_OK);
	return r;
}

enum cb_err
wire_accept_sign_put(struct cb_buf *b, struct cb_span signature)
{
	return cb_put_lv16(b, signature);
}

enum cb_err
wire_accept_get(struct cb_span whole, struct wire_accept *out,
    struct cb_span *head, struct cb_span *signature)
{
	struct wire_accept a;
	struct cb_span cur = whole, sign;
	uint8_t flags;
	size_t head_n;
	enum cb_err r;

	if (whole.n > WIRE_OPEN_MAX)
		return CB_E_LIMIT;
	if ((r = wire_begin_get(&cur, WIRE_IS_ACCEPT, &a.kind)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.session, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.card, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.device, WIRE_ID)) != CB_OK ||
	    (r = wire_get_bytes(&cur, a.agreement, CR_KEY)) != CB_OK ||
	    (r = cb_get_u8(&cur, &flags)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.wrapped)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.release)) != CB_OK ||
	    (r = cb_get_lv16(&cur, &a.certificate)) != CB_OK)
		return r;
	head_n = whole.n - cur.n;
	if ((r = cb_get_lv16(&cur, &sign)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK)
		return r;
	if ((flags & ~TAKE_OVER) != 0 || a.release.n > WIRE_RELEASE_MAX)
		return CB_E_FORMAT;
	a.take_over = (flags & TAKE_OVER) != 0;
	*out = a;
	*head = cb_span_head(whole, head_n);
	*signature = sign;
	return CB_OK;
}

enum cb_err
wire_accept_signed(struct cb_buf *b, struct cb_span offer, struct cb_span head)
{
	uint8_t hash[CR_HASH];
	enum cb_err r;

	(void)((r = cr_sha256(offer, hash)) != CB_OK ||
	    (r = cb_buf_add(b, cb_span_str(to_sign))) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(hash))) != CB_OK ||
	    (r = cb_buf_add(b, head)) != CB_OK);
	return r;
}

enum cb_err
wire_secret_label(struct cb_buf *b, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], const uint8_t session[WIRE_ID])
{
	enum cb_err r;

	(void)((r = cb_buf_add(b, cb_span_str(to_wrap))) != CB_OK ||
	    (r = wire_put_bytes(b, organisation, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, card, WIRE_ID)) != CB_OK ||
	    (r = wire_put_bytes(b, session, WIRE_ID)) != CB_OK);
	return r;
}

/* ---- keys ---------------------------------------------------------------- */

enum cb_err
wire_keys_make(struct wire_keys *keys, const uint8_t secret[CR_KEY],
    const uint8_t shared[CR_KEY], struct cb_span offer, struct cb_span accept)
{
	struct cb_buf both = CB_BUF_INIT;
	uint8_t input[2 * CR_KEY], salt[CR_HASH];
	enum cb_err r;

	memcpy(input, secret, CR_KEY);
	memcpy(input + CR_KEY, shared, CR_KEY);
	if ((r = cb_buf_add(&both, offer)) != CB_OK ||
	    (r = cb_buf_add(&both, accept)) != CB_OK ||
	    (r = cr_sha256(cb_buf_span(&both), salt)) != CB_OK ||
	    (r = cr_hkdf_sha256(CB_SPAN_OF(input), CB_SPAN_OF(salt),
		 "cardbridge to worker 1", keys->to_worker, CR_KEY)) != CB_OK)
		goto out;
	r = cr_hkdf_sha256(CB_SPAN_OF(input), CB_SPAN_OF(salt),
	    "cardbridge to bridge 1", keys->to_bridge, CR_KEY);
out:
	if (r != CB_OK)
		cb_wipe(keys, sizeof(*keys));
	cb_wipe(input, sizeof(input));
	cb_buf_free(&both);
	return r;
}

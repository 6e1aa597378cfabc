/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Opening a session: OFFER from the worker, ACCEPT from the bridge, and the
 * keys that both make of them. Only encoding and derivation; whose
 * certificate it is and who may use the card is checked by the caller, with
 * wire/cert.h.
 */
#ifndef WIRE_OPEN_H
#define WIRE_OPEN_H

#include "wire/wire.h"

#define WIRE_CHALLENGE 32
#define WIRE_RELEASE_MAX 64
/* Largest OFFER or ACCEPT: two certificates and a wrap are far below. */
#define WIRE_OPEN_MAX 16384

struct wire_offer {
	enum wire_kind kind;
	uint8_t session[WIRE_ID], organisation[WIRE_ID], card[WIRE_ID];
	uint8_t challenge[WIRE_CHALLENGE];
	uint8_t agreement[CR_KEY];	/* X25519, the public half */
	struct cb_span service;		/* certificate, DER */
};

struct wire_accept {
	enum wire_kind kind;
	uint8_t session[WIRE_ID], organisation[WIRE_ID], card[WIRE_ID];
	uint8_t device[WIRE_ID];
	uint8_t agreement[CR_KEY];
	bool take_over;
	struct cb_span wrapped;		/* the secret, for the service key */
	struct cb_span release;		/* text of the bridge's release */
	struct cb_span certificate;	/* the device's, DER */
};

CB_MUST_USE enum cb_err wire_offer_put(
    struct cb_buf *b, const struct wire_offer *offer);
/* Spans are borrowed from `whole`. CB_E_FORMAT, CB_E_SHORT: no OFFER;
 * CB_E_LIMIT: of another version. */
CB_MUST_USE enum cb_err wire_offer_get(
    struct cb_span whole, struct wire_offer *out);

/* Appends ACCEPT up to its signature. */
CB_MUST_USE enum cb_err wire_accept_put(
    struct cb_buf *b, const struct wire_accept *accept);
/* Appends the signature; the whole is then ACCEPT. */
CB_MUST_USE enum cb_err wire_accept_sign_put(
    struct cb_buf *b, struct cb_span signature);
/* *head: ACCEPT up to its signature. All borrowed from `whole`. */
CB_MUST_USE enum cb_err wire_accept_get(struct cb_span whole,
    struct wire_accept *out, struct cb_span *head, struct cb_span *signature);

/* Appends what the signature is over: of a whole OFFER and ACCEPT's head. */
CB_MUST_USE enum cb_err wire_accept_signed(
    struct cb_buf *b, struct cb_span offer, struct cb_span head);
/* Appends the label under which the secret is wrapped. */
CB_MUST_USE enum cb_err wire_secret_label(struct cb_buf *b,
    const uint8_t organisation[WIRE_ID], const uint8_t card[WIRE_ID],
    const uint8_t session[WIRE_ID]);

/* One key for each direction. */
struct wire_keys {
	uint8_t to_worker[CR_KEY], to_bridge[CR_KEY];
};
/* From what was wrapped, what was agreed, and both messages, whole. */
CB_MUST_USE enum cb_err wire_keys_make(struct wire_keys *keys,
    const uint8_t secret[CR_KEY], const uint8_t shared[CR_KEY],
    struct cb_span offer, struct cb_span accept);

#endif

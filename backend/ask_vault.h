/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Bodies of what the vault is asked, 0x03xx. CHALLENGE, LOCK: ids of ask.h.
 */
#ifndef BE_ASK_VAULT_H
#define BE_ASK_VAULT_H

#include "backend/ask.h"
#include "wire/act.h"

struct be_challenged {	/* answer of CHALLENGE */
	uint8_t challenge[32];
	struct cb_span service;	/* certificate, DER */
	enum wire_kind kind;
};
CB_MUST_USE enum cb_err be_challenged_put(
    struct cb_buf *b, const struct be_challenged *c);
CB_MUST_USE enum cb_err be_challenged_get(
    struct cb_span body, struct be_challenged *out);

struct be_unlock {	/* UNLOCK */
	struct cb_span offer, accept;
	struct be_rights rights;
};
CB_MUST_USE enum cb_err be_unlock_put(
    struct cb_buf *b, const struct be_unlock *u);
CB_MUST_USE enum cb_err be_unlock_get(
    struct cb_span body, struct be_unlock *out);

/* What a vault that is started anew takes a session back by: opaque. */
#define BE_TICKET 40

struct be_unlocked {	/* its answer; secret */
	bool is_person, take_over;
	uint8_t holder[WIRE_ID];
	uint32_t role, class;
	uint8_t secret[CR_KEY], key[CR_KEY];
	uint8_t ticket[BE_TICKET];
};
CB_MUST_USE enum cb_err be_unlocked_put(
    struct cb_buf *b, const struct be_unlocked *u);
CB_MUST_USE enum cb_err be_unlocked_get(
    struct cb_span body, struct be_unlocked *out);

struct be_recheck {	/* RECHECK */
	uint8_t session[WIRE_ID], holder[WIRE_ID], card[WIRE_ID];
	uint8_t ticket[BE_TICKET];	/* the last that was given */
	struct cb_span certificate;	/* that it was opened with */
	struct be_rights rights;
};
CB_MUST_USE enum cb_err be_recheck_put(
    struct cb_buf *b, const struct be_recheck *c);
CB_MUST_USE enum cb_err be_recheck_get(
    struct cb_span body, struct be_recheck *out);
struct be_rechecked {	/* its answer */
	bool held;	/* else its passcodes are not computed */
	uint8_t ticket[BE_TICKET];	/* a new one; zeros: not held */
};
CB_MUST_USE enum cb_err be_rechecked_put(
    struct cb_buf *b, const struct be_rechecked *c);
CB_MUST_USE enum cb_err be_rechecked_get(
    struct cb_span body, struct be_rechecked *out);

struct be_passcode_ask {	/* PASSCODE; secret */
	uint8_t session[WIRE_ID], scrypt[CR_KEY];
};
CB_MUST_USE enum cb_err be_passcode_ask_put(
    struct cb_buf *b, const struct be_passcode_ask *p);
CB_MUST_USE enum cb_err be_passcode_ask_get(
    struct cb_span body, struct be_passcode_ask *out);
struct be_passcode_told {	/* its answer; secret */
	uint64_t wait_ms;
	uint8_t key[CR_KEY];	/* zeros where there is a wait */
};
CB_MUST_USE enum cb_err be_passcode_told_put(
    struct cb_buf *b, const struct be_passcode_told *p);
CB_MUST_USE enum cb_err be_passcode_told_get(
    struct cb_span body, struct be_passcode_told *out);

struct be_certify {	/* CERTIFY */
	struct cb_span enrol;
	struct be_ask_signed token;
};
CB_MUST_USE enum cb_err be_certify_put(
    struct cb_buf *b, const struct be_certify *c);
CB_MUST_USE enum cb_err be_certify_get(
    struct cb_span body, struct be_certify *out);

#define BE_CERTIFIED_ROWS 8
struct be_certified {	/* its answer */
	struct cb_span certificate;
	struct be_ask_signed rows[BE_CERTIFIED_ROWS];
	size_t n;
};
CB_MUST_USE enum cb_err be_certified_put(
    struct cb_buf *b, const struct be_certified *c);
CB_MUST_USE enum cb_err be_certified_get(
    struct cb_span body, struct be_certified *out);

struct be_order {	/* ORDER */
	struct cb_span act, approval;	/* whole; approval empty: none */
	struct be_rights rights;
	struct cb_span unblock;	/* wrap of the card's secret; empty: none */
};
CB_MUST_USE enum cb_err be_order_put(
    struct cb_buf *b, const struct be_order *o);
CB_MUST_USE enum cb_err be_order_get(
    struct cb_span body, struct be_order *out);

#define BE_ORDER_WRAPS 4
struct be_order_told {	/* its answer; secret */
	uint8_t act[WIRE_ID], person[WIRE_ID];
	uint8_t second[WIRE_ID];	/* zeros: none */
	uint8_t request[CR_HASH];
	struct cb_span macs[WIRE_ACT_CHANGES];	/* of the rows put */
	size_t macs_n;
	struct {
		uint8_t what;	/* backend/vault/wrap.h */
		struct cb_span wrap;
	} wraps[BE_ORDER_WRAPS];
	size_t wraps_n;
	bool has_key, has_unblock;	/* else zeros */
	uint8_t key[CR_KEY], unblock[CR_KEY];
};
CB_MUST_USE enum cb_err be_order_told_put(
    struct cb_buf *b, const struct be_order_told *o);
CB_MUST_USE enum cb_err be_order_told_get(
    struct cb_span body, struct be_order_told *out);

struct be_sign_head {	/* SIGN HEAD; its answer is the signed head */
	uint8_t organisation[WIRE_ID], hash[CR_HASH];
	uint64_t number, time;
};
CB_MUST_USE enum cb_err be_sign_head_put(
    struct cb_buf *b, const struct be_sign_head *s);
CB_MUST_USE enum cb_err be_sign_head_get(
    struct cb_span body, struct be_sign_head *out);

#endif

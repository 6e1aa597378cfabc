/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What roles ask each other: the numbers of the messages, and how the bodies
 * are written and read that several have in common. One implementation serves
 * both ends; ask_store.h and ask_vault.h have the rest. PROTOCOL.md, "Worker,
 * vault and store", is the description.
 *
 * Every put appends a whole body, or nothing. Every get takes a whole body:
 * CB_E_SHORT, CB_E_FORMAT, CB_E_LIMIT: it is not one, and the channel is
 * broken. Spans are borrowed from it.
 */
#ifndef BE_ASK_H
#define BE_ASK_H

#include "wire/wire.h"

enum be_ask {	/* on the channel */
	BE_ASK_OFFER = 0x0101,
	BE_ASK_OPEN,
	BE_ASK_COMMANDS,
	BE_ASK_WATCH,
	BE_ASK_UNWATCH,
	BE_ASK_ENROL,
	BE_ASK_STATE,

	BE_ASK_ACT = 0x0201,
	BE_ASK_RIGHTS,
	BE_ASK_RECORDS,
	BE_ASK_ANSWER,
	BE_ASK_OUTCOME,
	BE_ASK_ROW,
	BE_ASK_LIST,
	BE_ASK_TOKEN,
	BE_ASK_LEASE,
	BE_ASK_LEASES,
	BE_ASK_SESSION,
	BE_ASK_ORDERER,
	BE_ASK_BOOKS,
	BE_ASK_DISK,
	BE_ASK_KEYS = 0x0210,
	BE_ASK_HEADS,

	BE_ASK_CHALLENGE = 0x0301,
	BE_ASK_UNLOCK,
	BE_ASK_PASSCODE,
	BE_ASK_LOCK,
	BE_ASK_TOKEN_HASH,
	BE_ASK_CERTIFY,
	BE_ASK_RECHECK,
	BE_ASK_ORDER = 0x0308,
	BE_ASK_CHECK,
	BE_ASK_LAST_HEAD,
	BE_ASK_LATEST,
	BE_ASK_SIGN_HEAD = 0x0310,

	BE_ASK_START = 0x0501,
	BE_ASK_PEER,
	BE_ASK_STOP,
	BE_ASK_ORGANISATION,
	BE_ASK_LOST,
};

/* What a worker lacks, in STATE; a door that does not know says so. */
enum {
	BE_LACKS_STORE = 1,
	BE_LACKS_VAULT = 2,
	BE_LACKS_DISK = 4,	/* the store can commit nothing */
	BE_LACKS_UNKNOWN = 255
};

/* ---- pieces of bodies ---------------------------------------------------- */

/* Ids, hashes, keys: as many bytes as both ends know. */
CB_MUST_USE enum cb_err be_bytes_put(
    struct cb_buf *b, const uint8_t *p, size_t n);
CB_MUST_USE enum cb_err be_bytes_get(
    struct cb_span *cur, uint8_t *out, size_t n);
bool be_is_zeros(const uint8_t id[WIRE_ID]);
/* As people and logs have it: lower-case digits, which *text keeps. */
struct be_id_text {
	char text[2 * WIRE_ID + 1];
};
const char *be_id_text(struct be_id_text *text, const uint8_t id[WIRE_ID]);
/* 0 or 1. */
CB_MUST_USE enum cb_err be_flag_get(struct cb_span *cur, bool *out);

/* ---- bodies that several messages have ----------------------------------- */

/* One or more ids, and nothing else: OUTCOME, LEASE, LEASES, KEYS (one);
 * CHALLENGE (card, session); SESSION (holder, session); LOCK (session). */
CB_MUST_USE enum cb_err be_ask_ids_put(
    struct cb_buf *b, const uint8_t *const *ids, size_t n);
CB_MUST_USE enum cb_err be_ask_ids_get(
    struct cb_span body, uint8_t (*ids)[WIRE_ID], size_t n);
/* A hash: TOKEN, and the answer of TOKEN HASH. */
CB_MUST_USE enum cb_err be_ask_hash_get(
    struct cb_span body, uint8_t out[CR_HASH]);

/* A row that grants something, as it is stored. */
struct be_ask_signed {
	struct cb_span bytes, mac;
};
/* Appends one; advances over one. Also the whole answer of TOKEN, and what
 * follows the certificate in that of CERTIFY. */
CB_MUST_USE enum cb_err be_ask_signed_put(
    struct cb_buf *b, const struct be_ask_signed *row);
CB_MUST_USE enum cb_err be_ask_signed_get(
    struct cb_span *cur, struct be_ask_signed *out);

/* What the vault needs to open, and for an order. The answer of RIGHTS, a part
 * of UNLOCK, ORDER, and of ORDERER's answer. */
enum be_right {	/* on the channel */
	BE_RIGHT_HOLDER = 1,
	BE_RIGHT_RIGHT,
	BE_RIGHT_CARD,
	BE_RIGHT_GROUP,
	BE_RIGHT_REVOCATION,
	BE_RIGHT_POLICY,
	BE_RIGHT_SECOND_FACTOR,
	BE_RIGHT_SECOND_ROLE,
	BE_RIGHT_PLATFORM,	/* a revocation of the platform */
	BE_RIGHT_END
};
#define BE_RIGHTS_MAX 255
struct be_rights {
	size_t n;
	enum be_right which[BE_RIGHTS_MAX];
	struct be_ask_signed rows[BE_RIGHTS_MAX];
	struct cb_span card_key;	/* its wrap; empty: none */
	/* The card's setting, which no MAC vouches for: another device may
	 * take it over. */
	bool take_over;
};
/* CB_E_LIMIT: too many. */
CB_MUST_USE enum cb_err be_rights_add(struct be_rights *rights,
    enum be_right which, const struct be_ask_signed *row);
CB_MUST_USE enum cb_err be_rights_put(
    struct cb_buf *b, const struct be_rights *rights);
CB_MUST_USE enum cb_err be_rights_get(
    struct cb_span *cur, struct be_rights *out);

/* Which key a wrap is of, on channels and in the database, where the kind of its
 * row says so in words. PROTOCOL.md, "Wraps". */
enum be_wrap {
	BE_WRAP_ORGANISATION = 5,
	BE_WRAP_GRANTS,
	BE_WRAP_PERSONAL,
	BE_WRAP_CARD,
	BE_WRAP_RECOVERY,
	BE_WRAP_UNBLOCK,
};
/* "no": there is no such key of an organisation. */
const char *be_wrap_kind(uint8_t what);
/* One of the answer of KEYS: u8 which (backend/vault/wrap.h), and its wrap. */
CB_MUST_USE enum cb_err be_ask_wrap_put(
    struct cb_buf *b, uint8_t what, struct cb_span wrap);
CB_MUST_USE enum cb_err be_ask_wrap_get(
    struct cb_span *cur, uint8_t *what, struct cb_span *wrap);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An entry of the audit chain, by itself: what happened, as bytes that can be
 * written in one way only, and as words. PROTOCOL.md, "Entries", has the
 * tables of types and fields.
 */
#ifndef WIRE_ENTRY_H
#define WIRE_ENTRY_H

#include "wire/word.h"

#define WIRE_ENTRY_MAX 1024
#define WIRE_ENTRY_TEXT_MAX 4096	/* bytes of one in words */
#define WIRE_DIGEST_MAX 64
#define WIRE_TIME_END UINT64_C(253402300800000)	/* the year 10000 */

enum wire_entry_type {	/* in the bytes */
	WIRE_SESSION_OPEN = 1,
	WIRE_SESSION_REFUSED,
	WIRE_SESSION_END,
	WIRE_SESSION_TAKEOVER,
	WIRE_VERIFY_BEGUN,
	WIRE_VERIFY,
	WIRE_PASSCODE_CREATED,
	WIRE_PASSCODE_CHANGED,
	WIRE_PASSCODE_RESET,
	WIRE_KEY_MADE,
	WIRE_KEY_IMPORTED,
	WIRE_KEY_DELETED,
	WIRE_CERTIFICATE_WRITTEN,
	WIRE_CARD_WRITTEN,
	WIRE_SIGNED,
	WIRE_DECIPHERED,
	WIRE_UNBLOCK_SECRET_USED,
	WIRE_ACT,
	WIRE_ENROLLED,
	WIRE_KEY_ROTATED,
	WIRE_RESTORED,
	WIRE_AUDIT_READ,
	WIRE_CLOCK_STEP,
	WIRE_CHECKPOINT,
};

enum wire_field {	/* in the bytes */
	WIRE_F_CARD = 1,
	WIRE_F_DEVICE,
	WIRE_F_SESSION,
	WIRE_F_PERSON,
	WIRE_F_CLAIMED,
	WIRE_F_ACT,
	WIRE_F_SUBJECT,
	WIRE_F_ORGANISATION,
	WIRE_F_SECOND,
	WIRE_F_OUTCOME,
	WIRE_F_TRIES,
	WIRE_F_REFERENCE,
	WIRE_F_NUMBER,
	WIRE_F_FROM,
	WIRE_F_TO,
	WIRE_F_CODE,
	WIRE_F_VERSION,
	WIRE_F_MECHANISM,
	WIRE_F_WHAT,
	WIRE_F_DIGEST,
	WIRE_F_FINGERPRINT,
	WIRE_F_REQUEST,
	WIRE_F_END,
};

enum wire_entry_outcome {
	WIRE_OUTCOME_DONE = 1,
	WIRE_OUTCOME_FAILED,
	WIRE_OUTCOME_BLOCKED,
	WIRE_OUTCOME_REFUSED,
};

/* By field: bytes (ids, words, digests; borrowed) or a number; which of them
 * are there is in `has`. Set with the functions below. */
struct wire_entry {
	uint16_t type;
	uint64_t time;		/* milliseconds since 1970, UTC */
	uint32_t has;		/* bit n: field n */
	struct cb_span bytes[WIRE_F_END];
	uint64_t number[WIRE_F_END];
};

void wire_entry_init(
    struct wire_entry *e, enum wire_entry_type type, uint64_t time);
void wire_entry_set(
    struct wire_entry *e, enum wire_field field, struct cb_span bytes);
void wire_entry_set_number(
    struct wire_entry *e, enum wire_field field, uint64_t number);
bool wire_entry_has(const struct wire_entry *e, enum wire_field field);

/* Appends the bytes. CB_E_ARG: a field that the type does not have, lacks or
 * that is not of its kind. */
CB_MUST_USE enum cb_err wire_entry_put(
    struct cb_buf *b, const struct wire_entry *entry);
/* CB_E_FORMAT, CB_E_SHORT: not an entry, or not as it must be written;
 * CB_E_LIMIT: too long, or of a type of a newer release: only type and time
 * of *out are set then. */
CB_MUST_USE enum cb_err wire_entry_get(
    struct cb_span bytes, struct wire_entry *out);
/* Appends one line of words, without its end. */
CB_MUST_USE enum cb_err wire_entry_text(
    struct cb_buf *b, const struct wire_entry *entry);

#endif

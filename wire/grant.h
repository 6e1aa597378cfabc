/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that grant something, as bytes: one way to write each. Whoever asks for
 * one signs these bytes, the vault MACs them, and the store has the same in
 * columns. PROTOCOL.md, "Rows that grant", has the tables.
 */
#ifndef WIRE_GRANT_H
#define WIRE_GRANT_H

#include "wire/wire.h"

#define WIRE_GRANT_BYTES_MAX 1024	/* of a value */

enum wire_grant_type {	/* in the bytes */
	WIRE_GRANT_DEVICE = 1,
	WIRE_GRANT_MEMBER,
	WIRE_GRANT_ASSIGNMENT,
	WIRE_GRANT_ROLE,
	WIRE_GRANT_POLICY,
	WIRE_GRANT_NETWORK,
	WIRE_GRANT_REVOCATION,
	WIRE_GRANT_CARD,
	WIRE_GRANT_TOKEN,
	WIRE_GRANT_FACTOR,
	WIRE_GRANT_TYPES
};

enum wire_grant_field {	/* in the bytes */
	WIRE_G_ID = 1,
	WIRE_G_CARD,
	WIRE_G_DEVICE,
	WIRE_G_PERSON,
	WIRE_G_SUBJECT,
	WIRE_G_GROUP,
	WIRE_G_KIND,
	WIRE_G_CLASS,
	WIRE_G_STATE,
	WIRE_G_ROLE,
	WIRE_G_VERSION,
	WIRE_G_UNTIL,
	WIRE_G_SINCE,
	WIRE_G_FINGERPRINT,
	WIRE_G_NAME,
	WIRE_G_VALUE,
	WIRE_G_END
};

/* Of WIRE_G_ROLE. */
enum wire_role {
	WIRE_ROLE_ADMINISTRATOR = 1,
	WIRE_ROLE_REGISTRAR,
	WIRE_ROLE_AUDITOR,	/* reads */
};
/* Of WIRE_G_NAME of a token: what it is for. */
#define WIRE_TOKEN_DEVICE "device"
#define WIRE_TOKEN_PERSON "person"

/* By field, as its type has them: numbers, or bytes (borrowed). */
struct wire_grant {
	enum wire_grant_type type;
	uint8_t organisation[WIRE_ID];
	uint64_t number[WIRE_G_END];
	struct cb_span bytes[WIRE_G_END];
};

/* Appends the bytes. CB_E_ARG: a field is not of its kind. */
CB_MUST_USE enum cb_err wire_grant_put(
    struct cb_buf *b, const struct wire_grant *grant);
/* CB_E_FORMAT, CB_E_SHORT: not as it must be written. */
CB_MUST_USE enum cb_err wire_grant_get(
    struct cb_span bytes, struct wire_grant *out);

#endif

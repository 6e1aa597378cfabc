/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows that grant something: one way to write each as bytes, and a MAC over
 * them under the organisation's key, which only the vault has. Who writes to
 * the database can take such a row away or bring an old one back, but make
 * none. PROTOCOL.md, "Rows that grant", has the tables.
 */
#ifndef BE_VAULT_GRANT_H
#define BE_VAULT_GRANT_H

#include "backend/vault/org.h"

#define BE_GRANT_BYTES_MAX 1024	/* of a value */
#define BE_GRANT_WORD_MAX 64
#define BE_GRANT_MAC 38

enum be_grant_type {	/* in the bytes */
	BE_GRANT_DEVICE = 1,
	BE_GRANT_MEMBER,
	BE_GRANT_ASSIGNMENT,
	BE_GRANT_ROLE,
	BE_GRANT_POLICY,
	BE_GRANT_NETWORK,
	BE_GRANT_REVOCATION,
	BE_GRANT_CARD,
	BE_GRANT_TOKEN,
	BE_GRANT_FACTOR,
	BE_GRANT_TYPES
};

enum be_grant_field {	/* in the bytes */
	BE_F_ID = 1,
	BE_F_CARD,
	BE_F_DEVICE,
	BE_F_PERSON,
	BE_F_SUBJECT,
	BE_F_GROUP,
	BE_F_KIND,
	BE_F_CLASS,
	BE_F_STATE,
	BE_F_ROLE,
	BE_F_VERSION,
	BE_F_UNTIL,
	BE_F_SINCE,
	BE_F_FINGERPRINT,
	BE_F_NAME,
	BE_F_VALUE,
	BE_F_END
};

/* By field, as its type has them: numbers, or bytes (borrowed). */
struct be_grant {
	enum be_grant_type type;
	uint8_t organisation[WIRE_ID];
	uint64_t number[BE_F_END];
	struct cb_span bytes[BE_F_END];
};

/* A row as it is stored: bytes and MAC; borrowed. */
struct be_signed {
	struct cb_span bytes, mac;
};

/* Appends the bytes. CB_E_ARG: a field is not of its kind. */
CB_MUST_USE enum cb_err be_grant_put(
    struct cb_buf *b, const struct be_grant *grant);
/* CB_E_FORMAT, CB_E_SHORT: not as it must be written. */
CB_MUST_USE enum cb_err be_grant_get(
    struct cb_span bytes, struct be_grant *out);

/* Appends the MAC of these bytes. CB_E_DENIED: of another organisation. */
CB_MUST_USE enum cb_err be_grant_sign(
    struct cb_buf *mac, const struct be_org *org, struct cb_span bytes);
/* CB_E_ABSENT: under another version of the key; CB_E_CRYPTO: not by this
 * key over these bytes; CB_E_DENIED: of another organisation. Nothing of the
 * bytes is read before. */
CB_MUST_USE enum cb_err be_grant_check(const struct be_signed *row,
    const struct be_org *org, struct be_grant *out);

#endif

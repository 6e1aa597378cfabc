/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The MAC of rows that grant something (wire/grant.h), under the organisation's
 * key, which only the vault has. Who writes to the database can take such a
 * row away or bring an old one back, but make none.
 */
#ifndef BE_VAULT_GRANT_H
#define BE_VAULT_GRANT_H

#include "backend/vault/org.h"
#include "wire/grant.h"

#define BE_GRANT_MAC 38

/* A row as it is stored: bytes and MAC; borrowed. */
struct be_signed {
	struct cb_span bytes, mac;
};

/* CB_E_ABSENT: under another version of the key; CB_E_CRYPTO: not by this
 * key over these bytes; CB_E_DENIED: of another organisation. Nothing of the
 * bytes is read before. */
CB_MUST_USE enum cb_err be_grant_check(const struct be_signed *row,
    const struct be_org *org, struct wire_grant *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys in other keys: AES-256-GCM, bound to whose key it is, which and of
 * which version, so that a wrap opens in its own place of the database only.
 * PROTOCOL.md, "Wraps", is the description.
 */
#ifndef BE_VAULT_WRAP_H
#define BE_VAULT_WRAP_H

#include "backend/vault/self.h"

/* How often a key wraps in the life of a process. A random nonce allows 2^32
 * in all (SP 800-38D, 8.3): so many only after 4,096 processes. */
#define BE_WRAPS_MAX ((uint32_t)1 << 20)
#define BE_WRAP_TEXT_MAX 16384

enum be_what {	/* in the bytes */
	BE_SERVICE = 1,		/* unwraps secrets of sessions: RSA */
	BE_AUTHORITY = 2,	/* signs certificates: P-256 */
	BE_BOOKS = 3,		/* signs heads of chains: Ed25519 */
	BE_PASSCODES = 4,	/* the function behind scrypt */
	BE_ORG = 5,		/* wraps an organisation's keys */
	BE_GRANTS = 6,		/* MACs rows that grant something */
	BE_PERSONAL = 7,	/* seals personal fields */
	BE_CARD_KEY = 8,	/* seals a card's records */
	BE_RECOVERY = 9,	/* wraps an organisation's unblock secrets */
	BE_UNBLOCK = 10,	/* opens a card's escrow: X25519 */
	BE_WHATS
};

/* Which key: zeros where it has no organisation or card. */
struct be_name {
	enum be_what what;
	uint32_t version;	/* from 1 */
	uint8_t organisation[WIRE_ID], card[WIRE_ID];
};

/* A key that wraps; in secret memory. */
struct be_wrapper {
	uint32_t version;
	uint32_t made;	/* wraps, so far */
	uint8_t key[CR_KEY];
};

/* "service", for messages and as the kind of a row. */
const char *be_what_text(enum be_what what);
/* Whether it is the root's to wrap, or another key's. */
bool be_what_of_root(enum be_what what);

/* Appends the wrap of `text`. CB_E_ARG: there is no such key; CB_E_LIMIT: the
 * wrapper is used up, make a new version of it. */
CB_MUST_USE enum cb_err be_wrap_put(struct cb_buf *b,
    const struct be_self *self, const struct be_name *name,
    struct be_wrapper *with, struct cb_span text);
/* Makes a key of CR_KEY bytes and appends its wrap. */
CB_MUST_USE enum cb_err be_wrap_new_key(struct cb_buf *b,
    const struct be_self *self, const struct be_name *name,
    struct be_wrapper *with, uint8_t key[CR_KEY]);
/* Appends what was wrapped. CB_E_FORMAT, CB_E_SHORT: not a wrap; CB_E_LIMIT:
 * of a newer release; CB_E_ABSENT: of another version of the wrapping key;
 * CB_E_CRYPTO: not this key's under this name. */
CB_MUST_USE enum cb_err be_wrap_open(struct cb_buf *text,
    const struct be_self *self, const struct be_name *name,
    const struct be_wrapper *with, struct cb_span wrap);
/* The same for a key of CR_KEY bytes, and CB_E_CRYPTO for anything else. */
CB_MUST_USE enum cb_err be_wrap_open_key(uint8_t key[CR_KEY],
    const struct be_self *self, const struct be_name *name,
    const struct be_wrapper *with, struct cb_span wrap);
/* Which versions it says it is of. */
CB_MUST_USE enum cb_err be_wrap_versions(
    struct cb_span wrap, uint32_t *with, uint32_t *version);

#endif

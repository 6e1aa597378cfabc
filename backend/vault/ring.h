/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The keys of a backend that its root wraps: they are made once, kept as
 * wraps in the database, and opened in the vault only.
 */
#ifndef BE_VAULT_RING_H
#define BE_VAULT_RING_H

#include "backend/vault/certificate.h"
#include "backend/vault/root.h"
#include "backend/vault/wrap.h"

/* The first four of enum be_what, in that order. */
#define BE_RING_KEYS 4

struct be_ring_secrets {	/* in secret memory */
	struct be_wrapper root;
	uint8_t books[CR_KEY];		/* Ed25519 */
	uint8_t passcodes[CR_KEY];
};

struct be_ring {
	struct be_self self;
	struct be_ring_secrets *secret;
	struct wire_key *service, *authority;
	/* DER. They lie in the wraps of their keys: what vouches for a device
	 * is nothing that the database could change. */
	struct cb_buf service_cert, authority_cert;
	uint8_t books_public[CR_KEY];
};

/* Makes all of them; appends to each of `wraps`. Takes a second. */
CB_MUST_USE enum cb_err be_ring_make(const struct be_root *root,
    const struct be_lifetimes *lifetimes, int64_t now,
    struct cb_buf wraps[BE_RING_KEYS]);
/* The root is not needed any more. *why: which wrap does not open. */
CB_MUST_USE enum cb_err be_ring_open(struct be_ring **out,
    const struct be_root *root, const struct cb_span wraps[BE_RING_KEYS],
    struct cb_why *why);
void be_ring_free(struct be_ring **ring);

#endif

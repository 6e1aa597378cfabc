/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The audit chain: each entry's hash is over its number, its bytes and the
 * hash before, and a signed head vouches for all up to it. For who makes
 * entries and for who verifies them, with the public key alone. PROTOCOL.md,
 * "The audit chain", is the description; what an entry says is in
 * wire/entry.h.
 */
#ifndef WIRE_CHAIN_H
#define WIRE_CHAIN_H

#include "wire/wire.h"

/* Whose chain it is. The platform's organisation is all zeros. */
struct wire_owner {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID];
	uint8_t organisation[WIRE_ID];
};

bool wire_owner_equal(
    const struct wire_owner *a, const struct wire_owner *b);

/* Where a chain ends: the number and hash of its last entry. */
struct wire_chain {
	struct wire_owner owner;
	uint64_t number;	/* 0: no entry yet */
	uint8_t hash[CR_HASH];
};

/* Before the first entry. */
CB_MUST_USE enum cb_err wire_chain_init(
    struct wire_chain *chain, const struct wire_owner *owner);
/* Makes an entry of these bytes: the chain then ends with it. */
CB_MUST_USE enum cb_err wire_chain_add(
    struct wire_chain *chain, struct cb_span bytes);

/* ---- signed heads -------------------------------------------------------- */

#define WIRE_HEAD_SIGNED 162	/* bytes of a head with its signature */

struct wire_head {
	struct wire_chain at;
	uint64_t time;	/* milliseconds since 1970 */
};

/* Appends the head with its signature. */
CB_MUST_USE enum cb_err wire_head_sign(struct cb_buf *b,
    const struct wire_head *head, const uint8_t secret[CR_KEY]);
/* Appends what the signature is over. */
CB_MUST_USE enum cb_err wire_head_put(
    struct cb_buf *b, const struct wire_head *head);
/* CB_E_FORMAT, CB_E_SHORT: no head; CB_E_CRYPTO: not signed by this key, and
 * nothing of *out may be believed. */
CB_MUST_USE enum cb_err wire_head_get(struct cb_span bytes,
    const uint8_t public[CR_KEY], struct wire_head *out);

/* ---- verifying ----------------------------------------------------------- */

/* Goes through a chain, entry by entry. */
struct wire_walk {
	struct wire_chain chain;	/* up to here all is well */
	const uint8_t *public;		/* CR_KEY bytes; borrowed */
	/* Heads known from elsewhere, in any order; those of other chains are
	 * not looked at. Borrowed. */
	const struct wire_head *known;
	size_t known_n;
	uint64_t signed_to;	/* the last entry that a head vouches for */
	uint64_t bad;		/* the first bad entry; 0: none yet */
};

CB_MUST_USE enum cb_err wire_walk_init(struct wire_walk *w,
    const struct wire_owner *owner, const uint8_t *public,
    const struct wire_head *known, size_t known_n);
/* Starts behind the entry that this signed head is of: what was before is not
 * seen. */
CB_MUST_USE enum cb_err wire_walk_start(
    struct wire_walk *w, struct cb_span head, struct cb_why *why);
/* The next entry as it was stored or sent. CB_E_FORMAT: the chain is not
 * whole; w->bad is the entry, and *why says what is wrong with it. */
CB_MUST_USE enum cb_err wire_walk_entry(struct wire_walk *w, uint64_t number,
    struct cb_span bytes, struct cb_span hash, struct cb_why *why);
/* A signed head that stands behind its entry. The same errors. */
CB_MUST_USE enum cb_err wire_walk_head(
    struct wire_walk *w, struct cb_span head, struct cb_why *why);
/* There are no more entries: no known head may be beyond. */
CB_MUST_USE enum cb_err wire_walk_end(
    struct wire_walk *w, struct cb_why *why);

#endif

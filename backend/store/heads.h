/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The last signed heads, outside the database: a small file of text that is
 * appended to and synced. PROTOCOL.md, "Signed heads". Knows no SQL.
 */
#ifndef BE_HEADS_H
#define BE_HEADS_H

#include "wire/chain.h"

struct be_heads;

/* Made if it is not there and `make`. Every line is verified. CB_E_ABSENT;
 * CB_E_FORMAT: a line that is not signed by this key, or is none; CB_E_BUSY:
 * somebody else has it. */
CB_MUST_USE enum cb_err be_heads_open(struct be_heads **out,
    const char *path, const uint8_t public[CR_KEY], bool make,
    struct cb_why *why);
void be_heads_close(struct be_heads **h);

/* Durable when this returns. CB_E_CRYPTO: not signed by the key; CB_E_DENIED:
 * the chain's last head is of a later entry; CB_E_STORE: it may be in the
 * file or not, and nothing more is taken until it was opened again. */
CB_MUST_USE enum cb_err be_heads_add(
    struct be_heads *h, struct cb_span signed_head, struct cb_why *why);
/* The last of each chain; borrowed until the next add. */
const struct wire_head *be_heads_all(const struct be_heads *h, size_t *n);
/* A chain's last as it was signed; borrowed likewise. Empty: there is none. */
struct cb_span be_heads_signed(
    const struct be_heads *h, const struct wire_owner *owner);

#endif

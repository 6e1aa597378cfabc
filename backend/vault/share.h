/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A key cut into shares, any `needed` of which give it back and fewer tell
 * nothing (A. Shamir, How to share a secret, 1979): byte by byte in GF(2^8)
 * with the polynomial 11D.
 *
 * These are the shares of Debian's libgfshare, so that its gfcombine can bring
 * a root back without us; but not made by that library, whose source (2.0.0)
 * looks the bytes of the secret up in tables and branches on them, keeps them
 * in memory that cannot be locked, and draws its random bytes by a global
 * function that has no way to fail. Here every step takes the same time
 * whatever the bytes are.
 */
#ifndef BE_VAULT_SHARE_H
#define BE_VAULT_SHARE_H

#include "crypto/crypto.h"

struct be_share {
	uint8_t number;	/* where the polynomial was taken; not 0 */
	uint8_t value[CR_KEY];
};

/* Fills numbers 1 to `of` and their values. */
CB_MUST_USE enum cb_err be_share_split(const uint8_t secret[CR_KEY],
    unsigned needed, unsigned of, struct be_share *shares);
/* From shares of different numbers: the secret, if there are enough of them
 * and all are right; who cannot tell is told nothing here. CB_E_ARG: none, or
 * two of one number. */
CB_MUST_USE enum cb_err be_share_join(
    const struct be_share *shares, size_t n, uint8_t secret[CR_KEY]);

/* The field's multiplication; for tests. */
uint8_t be_share_times(uint8_t a, uint8_t b);

#endif

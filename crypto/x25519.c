/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Key agreement on Curve25519 (RFC 7748).
 */
#include "common/ct.h"
#include "crypto/curve.h"

#define NAME "X25519"

enum cb_err
cr_x25519_public(const uint8_t secret[CR_KEY], uint8_t public[CR_KEY])
{
	return cr_curve_public(NAME, secret, public);
}

enum cb_err
cr_x25519_shared(const uint8_t secret[CR_KEY], const uint8_t peer[CR_KEY],
    uint8_t shared[CR_KEY])
{
	EVP_PKEY *pair = cr_curve_pair(NAME, secret), *other = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	enum cb_err r = CB_E_CRYPTO;
	size_t n = CR_KEY;

	/* A peer whose shared secret is zero (6.1) fails in derive. */
	if (pair != NULL &&
	    (other = EVP_PKEY_new_raw_public_key_ex(
		 NULL, NAME, NULL, peer, CR_KEY)) != NULL &&
	    (ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL)) != NULL &&
	    EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
	    EVP_PKEY_derive(ctx, shared, &n) == 1 && n == CR_KEY)
		r = CB_OK;
	else
		cb_wipe(shared, CR_KEY);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	EVP_PKEY_free(pair);
	return cr_ossl_end(r);
}

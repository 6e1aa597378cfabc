/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Signatures on edwards25519 (RFC 8032).
 */
#include "common/ct.h"
#include "crypto/curve.h"

#define NAME "ED25519"

enum cb_err
cr_ed25519_public(const uint8_t secret[CR_KEY], uint8_t public[CR_KEY])
{
	return cr_curve_public(NAME, secret, public);
}

enum cb_err
cr_ed25519_sign(const uint8_t secret[CR_KEY], struct cb_span data,
    uint8_t signature[CR_SIGNATURE])
{
	EVP_PKEY *pair = cr_curve_pair(NAME, secret);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum cb_err r = CB_E_CRYPTO;
	size_t n = CR_SIGNATURE;

	if (pair != NULL && ctx != NULL &&
	    EVP_DigestSignInit_ex(
		ctx, NULL, NULL, NULL, NULL, pair, NULL) == 1 &&
	    EVP_DigestSign(ctx, signature, &n, data.p, data.n) == 1 &&
	    n == CR_SIGNATURE)
		r = CB_OK;
	else
		cb_wipe(signature, CR_SIGNATURE);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pair);
	return cr_ossl_end(r);
}

enum cb_err
cr_ed25519_verify(const uint8_t public[CR_KEY], struct cb_span data,
    struct cb_span signature)
{
	EVP_PKEY *key = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum cb_err r = CB_E_CRYPTO;

	if (cr_ossl() != NULL && ctx != NULL &&
	    signature.n == CR_SIGNATURE &&
	    (key = EVP_PKEY_new_raw_public_key_ex(
		 NULL, NAME, NULL, public, CR_KEY)) != NULL &&
	    EVP_DigestVerifyInit_ex(
		ctx, NULL, NULL, NULL, NULL, key, NULL) == 1 &&
	    EVP_DigestVerify(ctx, signature.p, signature.n, data.p,
		data.n) == 1)
		r = CB_OK;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return cr_ossl_end(r);
}

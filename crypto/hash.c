/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Hashes and MACs.
 */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

static enum cb_err
hash(const EVP_MD *md, struct cb_span in, uint8_t *out)
{
	enum cb_err r = CB_E_CRYPTO;

	if (EVP_Digest(in.p, in.n, out, NULL, md, NULL) == 1)
		r = CB_OK;
	return r;
}

enum cb_err
cr_sha1(struct cb_span in, uint8_t out[20])
{
	const struct cr_ossl *ossl = cr_ossl();

	return ossl == NULL ? CB_E_CRYPTO
			    : cr_ossl_end(hash(ossl->sha1, in, out));
}

enum cb_err
cr_sha256(struct cb_span in, uint8_t out[32])
{
	const struct cr_ossl *ossl = cr_ossl();

	return ossl == NULL ? CB_E_CRYPTO
			    : cr_ossl_end(hash(ossl->sha256, in, out));
}

enum cb_err
cr_sha256_public(struct cb_span in, uint8_t out[32])
{
	const struct cr_ossl *ossl = cr_ossl();
	enum cb_err r = CB_E_CRYPTO;

	if (ossl != NULL && (r = hash(ossl->sha256, in, out)) != CB_OK)
		r = cr_ossl_end(r);
	return r;
}

enum cb_err
cr_hmac_sha256(const uint8_t key[CR_KEY], struct cb_span in, uint8_t out[32])
{
	const struct cr_ossl *ossl = cr_ossl();
	char digest[] = "SHA256";
	const OSSL_PARAM how[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = NULL;
	enum cb_err r = CB_E_CRYPTO;
	size_t n;

	if (ossl == NULL || (ctx = EVP_MAC_CTX_new(ossl->hmac)) == NULL ||
	    EVP_MAC_init(ctx, key, CR_KEY, how) != 1 ||
	    EVP_MAC_update(ctx, in.p, in.n) != 1 ||
	    EVP_MAC_final(ctx, out, &n, 32) != 1)
		goto out;
	r = CB_OK;
out:
	EVP_MAC_CTX_free(ctx);
	return cr_ossl_end(r);
}

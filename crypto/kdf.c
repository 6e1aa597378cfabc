/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys from strong secrets: HKDF (RFC 5869).
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

enum cb_err
cr_derive(EVP_KDF *kdf, const OSSL_PARAM *how, uint8_t *out, size_t n)
{
	EVP_KDF_CTX *ctx;
	enum cb_err r = CB_E_CRYPTO;

	if ((ctx = EVP_KDF_CTX_new(kdf)) != NULL &&
	    EVP_KDF_derive(ctx, out, n, how) == 1)
		r = CB_OK;
	EVP_KDF_CTX_free(ctx);
	return cr_ossl_end(r);
}

OSSL_PARAM
cr_octets(const char *name, struct cb_span s)
{
	static uint8_t none;
	OSSL_PARAM p = OSSL_PARAM_construct_octet_string(name, &none, 0);
	union {
		const uint8_t *from;
		void *to;
	} plain;

	if (s.n != 0) {
		plain.from = s.p;
		p.data = plain.to;
		p.data_size = s.n;
	}
	return p;
}

enum cb_err
cr_hkdf_sha256(struct cb_span secret, struct cb_span salt, const char *info,
    uint8_t *out, size_t n)
{
	const struct cr_ossl *ossl = cr_ossl();
	char digest[] = "SHA256";
	const OSSL_PARAM how[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, digest, 0),
		cr_octets(OSSL_KDF_PARAM_KEY, secret),
		cr_octets(OSSL_KDF_PARAM_SALT, salt),
		cr_octets(OSSL_KDF_PARAM_INFO, cb_span_str(info)),
		OSSL_PARAM_construct_end(),
	};

	return ossl == NULL ? CB_E_CRYPTO
			    : cr_derive(ossl->hkdf, how, out, n);
}

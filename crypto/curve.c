/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See curve.h.
 */
#include "crypto/curve.h"

EVP_PKEY *
cr_curve_pair(const char *name, const uint8_t secret[CR_KEY])
{
	return cr_ossl() == NULL
	    ? NULL
	    : EVP_PKEY_new_raw_private_key_ex(
		  NULL, name, NULL, secret, CR_KEY);
}

enum cb_err
cr_curve_public(
    const char *name, const uint8_t secret[CR_KEY], uint8_t public[CR_KEY])
{
	EVP_PKEY *pair = cr_curve_pair(name, secret);
	enum cb_err r = CB_E_CRYPTO;
	size_t n = CR_KEY;

	if (pair != NULL &&
	    EVP_PKEY_get_raw_public_key(pair, public, &n) == 1 && n == CR_KEY)
		r = CB_OK;
	EVP_PKEY_free(pair);
	return cr_ossl_end(r);
}

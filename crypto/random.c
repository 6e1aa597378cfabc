/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Random bytes: OpenSSL's generator for what stays private.
 */
#include <limits.h>

#include <openssl/rand.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

enum cb_err
cr_random(uint8_t *out, size_t n)
{
	enum cb_err r = CB_E_CRYPTO;

	if (cr_ossl() != NULL && n <= INT_MAX &&
	    RAND_priv_bytes(out, (int)n) == 1)
		r = CB_OK;
	return cr_ossl_end(r);
}

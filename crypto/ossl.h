/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * For the files that call OpenSSL: it is started once for the process, and the
 * algorithms are fetched once.
 *
 * OpenSSL's own failures are all CB_E_CRYPTO. Its error queue is emptied
 * where a call failed, since the next reader of it would be somebody else.
 * It wipes what it allocates, but promises nothing about the stack frames that
 * a key passed through, so the stack is wiped after it; that costs a
 * thousandth of a signature.
 */
#ifndef CR_OSSL_H
#define CR_OSSL_H

#include <openssl/evp.h>

#include "common/span.h"

struct cr_ossl {
	EVP_MD *sha1, *sha256;
	EVP_CIPHER *gcm, *des3;
	EVP_MAC *hmac;
	EVP_KDF *hkdf, *scrypt;
};

/* NULL: OpenSSL does not start, or lacks one of the algorithms. */
const struct cr_ossl *cr_ossl(void);
/* Ends every function that called OpenSSL: forgets its messages unless r is
 * CB_OK, wipes the stack that it used, passes r on. */
CB_MUST_USE enum cb_err cr_ossl_end(enum cb_err r);

/* Any key derivation that OpenSSL knows. */
CB_MUST_USE enum cb_err cr_derive(
    EVP_KDF *kdf, const OSSL_PARAM *how, uint8_t *out, size_t n);
/* OSSL_PARAM points at what it only reads without saying so in its type; an
 * empty string must not be a null pointer there. */
OSSL_PARAM cr_octets(const char *name, struct cb_span s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An RSA key from the inside: what rsa.c makes and rsa_use.c works with.
 */
#ifndef EMU_RSA_KEY_H
#define EMU_RSA_KEY_H

#include "emulator/crypto/crypto.h"
#include "crypto/ossl.h"

#define RSA_BYTES_MAX 256 /* 2048 bits */
#define RSA_E_MAX 8

struct emu_rsa {
	EVP_PKEY *pkey;
	/* Kept: setting one up costs as much as a tenth of a signature. */
	EVP_PKEY_CTX *sign; /* PKCS#1 v1.5, no digest */
	EVP_PKEY_CTX *raw;  /* no padding, private */
	size_t bytes, e_bytes;
	uint8_t n[RSA_BYTES_MAX]; /* modulus, `bytes` of it */
	uint8_t e[RSA_E_MAX];     /* exponent, without leading zeros */
};

/* As emu_rsa_sign; leaves the key's components alone. */
CB_MUST_USE enum cb_err emu_rsa_sign_data(
    const struct emu_rsa *key, struct cb_span data, struct cb_buf *out);
/* in^d mod n without padding; both are modulus length. */
CB_MUST_USE enum cb_err emu_rsa_raw(
    const struct emu_rsa *key, const uint8_t *in, uint8_t *out);

#endif

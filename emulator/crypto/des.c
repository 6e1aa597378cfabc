/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * DES keys are stored on the card and never used; all that is computed of one
 * is its check value.
 */
#include <string.h>

#include "common/ct.h"
#include "emulator/crypto/crypto.h"
#include "crypto/ossl.h"

#define DES_KEY 8
#define DES_BLOCK 8

enum cb_err
emu_des_kcv(struct cb_span key, uint8_t out[3])
{
	static const uint8_t zeros[DES_BLOCK];
	const struct cr_ossl *ossl = cr_ossl();
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t k[3 * DES_KEY], block[2 * DES_BLOCK];
	enum cb_err r = CB_E_CRYPTO;
	size_t i;
	int n;

	if (key.n != DES_KEY && key.n != 2 * DES_KEY && key.n != 3 * DES_KEY)
		return CB_E_ARG;
	/* K, K, K for one key; K1, K2, K1 for two. */
	for (i = 0; i < sizeof(k); i++)
		k[i] = key.p[i % key.n];
	if (ossl == NULL || (ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_EncryptInit_ex2(ctx, ossl->des3, k, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_EncryptUpdate(ctx, block, &n, zeros, DES_BLOCK) != 1 ||
	    n != DES_BLOCK)
		goto out;
	memcpy(out, block, 3);
	r = CB_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	cb_wipe(k, sizeof(k));
	cb_wipe(block, sizeof(block));
	return cr_ossl_end(r);
}

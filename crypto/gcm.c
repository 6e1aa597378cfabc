/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AES-256-GCM. Whose nonce it is and how it never comes twice is the
 * caller's: random with a card's records, counted with a session's.
 */
#include <limits.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

static enum cb_err
lengths(struct cb_span aad, struct cb_span text)
{
	return aad.n > INT_MAX || text.n > INT_MAX ? CB_E_LIMIT : CB_OK;
}

enum cb_err
cr_gcm_seal(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	const struct cr_ossl *ossl = cr_ossl();
	const size_t before = out->n;
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t *text, rest[16];
	enum cb_err r;
	int n;

	if ((r = lengths(aad, plain)) != CB_OK ||
	    (r = cb_buf_grow(out, plain.n + CR_TAG, &text)) != CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if (ossl == NULL || (ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_EncryptInit_ex2(ctx, ossl->gcm, key, nonce, NULL) != 1)
		goto out;
	if (aad.n != 0 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
		goto out;
	if (plain.n != 0 &&
	    EVP_EncryptUpdate(ctx, text, &n, plain.p, (int)plain.n) != 1)
		goto out;
	if (EVP_EncryptFinal_ex(ctx, rest, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CR_TAG,
		text + plain.n) != 1)
		goto out;
	r = CB_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	if (r != CB_OK && cb_buf_truncate(out, before) != CB_OK)
		r = CB_E_INTERNAL;
	return cr_ossl_end(r);
}

enum cb_err
cr_gcm_open(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span sealed, struct cb_buf *out)
{
	const struct cr_ossl *ossl = cr_ossl();
	const size_t before = out->n;
	EVP_CIPHER_CTX *ctx = NULL;
	struct cb_span text;
	uint8_t *plain, tag[CR_TAG], rest[16];
	enum cb_err r;
	int n;

	if (sealed.n < CR_TAG)
		return CB_E_CRYPTO;
	text = cb_span_head(sealed, sealed.n - CR_TAG);
	memcpy(tag, sealed.p + text.n, CR_TAG);
	if ((r = lengths(aad, text)) != CB_OK ||
	    (r = cb_buf_grow(out, text.n, &plain)) != CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if (ossl == NULL || (ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_DecryptInit_ex2(ctx, ossl->gcm, key, nonce, NULL) != 1)
		goto out;
	if (aad.n != 0 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
		goto out;
	if (text.n != 0 &&
	    EVP_DecryptUpdate(ctx, plain, &n, text.p, (int)text.n) != 1)
		goto out;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CR_TAG, tag) !=
		1 ||
	    EVP_DecryptFinal_ex(ctx, rest, &n) != 1)
		goto out;
	r = CB_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	/* Never hand out bytes that the tag did not vouch for. */
	if (r != CB_OK && cb_buf_truncate(out, before) != CB_OK)
		r = CB_E_INTERNAL;
	return cr_ossl_end(r);
}

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

/* The text of n bytes in whichever direction; the caller ends it with the tag.
 * NULL: it could not be done. */
static EVP_CIPHER_CTX *
run(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span in, uint8_t *out, bool seals)
{
	const struct cr_ossl *ossl = cr_ossl();
	EVP_CIPHER_CTX *ctx = NULL;
	int n;

	if (ossl != NULL && (ctx = EVP_CIPHER_CTX_new()) != NULL &&
	    EVP_CipherInit_ex2(ctx, ossl->gcm, key, nonce, seals, NULL) ==
		1 &&
	    (aad.n == 0 ||
		EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1) &&
	    (in.n == 0 ||
		EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* Room for what comes out, where all that goes in has a length that OpenSSL
 * takes. */
static enum cb_err
make_room(struct cb_span aad, size_t text, size_t n, struct cb_buf *out,
    uint8_t **place)
{
	if (aad.n > INT_MAX || text > INT_MAX)
		return CB_E_LIMIT;
	return cb_buf_grow(out, n, place);
}

enum cb_err
cr_gcm_seal(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	const size_t before = out->n;
	EVP_CIPHER_CTX *ctx;
	uint8_t *text, rest[16];
	enum cb_err r;
	int n;

	if ((r = make_room(aad, plain.n, plain.n + CR_TAG, out, &text)) !=
	    CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if ((ctx = run(key, nonce, aad, plain, text, true)) != NULL &&
	    EVP_CipherFinal_ex(ctx, rest, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CR_TAG,
		text + plain.n) == 1)
		r = CB_OK;
	EVP_CIPHER_CTX_free(ctx);
	return cr_ossl_end(cb_buf_undo(out, before, r));
}

enum cb_err
cr_gcm_open(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span sealed, struct cb_buf *out)
{
	const size_t before = out->n;
	EVP_CIPHER_CTX *ctx;
	struct cb_span text;
	uint8_t *plain, tag[CR_TAG], rest[16];
	enum cb_err r;
	int n;

	if (sealed.n < CR_TAG)
		return CB_E_CRYPTO;
	text = cb_span_head(sealed, sealed.n - CR_TAG);
	memcpy(tag, sealed.p + text.n, CR_TAG);
	if ((r = make_room(aad, text.n, text.n, out, &plain)) != CB_OK)
		return r;
	r = CB_E_CRYPTO;
	if ((ctx = run(key, nonce, aad, text, plain, false)) != NULL &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CR_TAG, tag) ==
		1 &&
	    EVP_CipherFinal_ex(ctx, rest, &n) == 1)
		r = CB_OK;
	EVP_CIPHER_CTX_free(ctx);
	/* Never hand out bytes that the tag did not vouch for. */
	return cr_ossl_end(cb_buf_undo(out, before, r));
}

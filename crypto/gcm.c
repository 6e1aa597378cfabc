/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AES-256-GCM. Whose nonce it is and how it never comes twice is the
 * caller's: random with a card's records, counted with a session's.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/ossl.h"

struct cr_gcm {
	EVP_CIPHER_CTX *ctx;
};

/* With a key that is ready. */
static bool
begin(EVP_CIPHER_CTX *ctx, const uint8_t nonce[CR_NONCE], bool seals)
{
	return EVP_CipherInit_ex2(ctx, NULL, NULL, nonce, seals, NULL) == 1;
}

/* The text of n bytes in whichever direction; the caller ends it with the
 * tag. */
static bool
run(EVP_CIPHER_CTX *ctx, struct cb_span aad, struct cb_span in, uint8_t *out)
{
	int n;

	return (aad.n == 0 ||
		   EVP_CipherUpdate(ctx, NULL, &n, aad.p, (int)aad.n) == 1) &&
	    (in.n == 0 ||
		EVP_CipherUpdate(ctx, out, &n, in.p, (int)in.n) == 1);
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

/* NULL: it could not be done. */
static EVP_CIPHER_CTX *
ready(const uint8_t key[CR_KEY])
{
	const struct cr_ossl *ossl = cr_ossl();
	EVP_CIPHER_CTX *ctx = NULL;

	if (ossl != NULL && (ctx = EVP_CIPHER_CTX_new()) != NULL &&
	    EVP_CipherInit_ex2(ctx, ossl->gcm, key, NULL, 1, NULL) == 1)
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

enum cb_err
cr_gcm_new(struct cr_gcm **out, const uint8_t key[CR_KEY])
{
	struct cr_gcm *gcm = calloc(1, sizeof(*gcm));
	enum cb_err r = CB_OK;

	*out = NULL;
	if (gcm == NULL)
		return CB_E_NOMEM;
	if ((gcm->ctx = ready(key)) == NULL) {
		free(gcm);
		r = CB_E_CRYPTO;
	} else {
		*out = gcm;
	}
	return cr_ossl_end(r);
}

void
cr_gcm_free(struct cr_gcm **gcm)
{
	if (*gcm == NULL)
		return;
	EVP_CIPHER_CTX_free((*gcm)->ctx);
	free(*gcm);
	*gcm = NULL;
}

static enum cb_err
seal(EVP_CIPHER_CTX *ctx, const uint8_t nonce[CR_NONCE], struct cb_span aad,
    struct cb_span plain, struct cb_buf *out)
{
	const size_t before = out->n;
	uint8_t *text, rest[16];
	enum cb_err r;
	int n;

	if ((r = make_room(aad, plain.n, plain.n + CR_TAG, out, &text)) !=
	    CB_OK)
		return r;
	if (ctx == NULL || !begin(ctx, nonce, true) ||
	    !run(ctx, aad, plain, text) ||
	    EVP_CipherFinal_ex(ctx, rest, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		ctx, EVP_CTRL_AEAD_GET_TAG, CR_TAG, text + plain.n) != 1)
		r = CB_E_CRYPTO;
	return cb_buf_undo(out, before, r);
}

static enum cb_err
unseal(EVP_CIPHER_CTX *ctx, const uint8_t nonce[CR_NONCE], struct cb_span aad,
    struct cb_span sealed, struct cb_buf *out)
{
	const size_t before = out->n;
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
	if (ctx == NULL || !begin(ctx, nonce, false) ||
	    !run(ctx, aad, text, plain) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CR_TAG, tag) !=
		1 ||
	    EVP_CipherFinal_ex(ctx, rest, &n) != 1)
		r = CB_E_CRYPTO;
	/* Never hand out bytes that the tag did not vouch for. */
	return cb_buf_undo(out, before, r);
}

enum cb_err
cr_gcm_seal_with(struct cr_gcm *gcm, const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	return cr_ossl_end(seal(gcm->ctx, nonce, aad, plain, out));
}

enum cb_err
cr_gcm_open_with(struct cr_gcm *gcm, const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span sealed, struct cb_buf *out)
{
	return cr_ossl_end(unseal(gcm->ctx, nonce, aad, sealed, out));
}

enum cb_err
cr_gcm_seal(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	EVP_CIPHER_CTX *ctx = ready(key);
	const enum cb_err r = seal(ctx, nonce, aad, plain, out);

	EVP_CIPHER_CTX_free(ctx);
	return cr_ossl_end(r);
}

enum cb_err
cr_gcm_open(const uint8_t key[CR_KEY], const uint8_t nonce[CR_NONCE],
    struct cb_span aad, struct cb_span sealed, struct cb_buf *out)
{
	EVP_CIPHER_CTX *ctx = ready(key);
	const enum cb_err r = unseal(ctx, nonce, aad, sealed, out);

	EVP_CIPHER_CTX_free(ctx);
	return cr_ossl_end(r);
}

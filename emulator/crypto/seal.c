/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Sealing: what somebody may read only with a key (gcm) or with a secret half
 * (box).
 *
 * A gcm seal is nonce (12), ciphertext, tag (16). Nonces are random; a key
 * seals at most some thousands of records, far below the 2^32 of SP 800-38D.
 *
 * A box is the ephemeral public key (32) and a gcm seal under
 *	HKDF-SHA256(secret X25519(ephemeral, recipient),
 *	    salt ephemeral public | recipient public, info "cardbridge box 1")
 * so that a seal is bound to both ends. The ephemeral secret is forgotten:
 * the sender cannot open what it sealed.
 */
#include <limits.h>
#include <string.h>

#include "common/ct.h"
#include "emulator/crypto/crypto.h"
#include "emulator/crypto/ossl.h"

#define GCM_NONCE 12
#define GCM_TAG 16
#define BOX_INFO "cardbridge box 1"

static enum cb_err
gcm_lengths(struct cb_span aad, struct cb_span text)
{
	return aad.n > INT_MAX || text.n > INT_MAX ? CB_E_LIMIT : CB_OK;
}

enum cb_err
emu_gcm_seal(const struct emu_env *env, const uint8_t key[EMU_KEY],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	const struct emu_ossl *ossl = emu_ossl();
	const size_t before = out->n;
	EVP_CIPHER_CTX *ctx = NULL;
	uint8_t *nonce, *text, *tag, rest[16];
	enum cb_err r;
	int n;

	if ((r = gcm_lengths(aad, plain)) != CB_OK ||
	    (r = cb_buf_grow(out, plain.n + EMU_GCM_OVERHEAD, &nonce)) != CB_OK)
		return r;
	text = nonce + GCM_NONCE;
	tag = text + plain.n;
	if ((r = env->random(env->ctx, nonce, GCM_NONCE)) != CB_OK)
		goto out;
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
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_TAG, tag) != 1)
		goto out;
	r = CB_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	if (r != CB_OK && cb_buf_truncate(out, before) != CB_OK)
		r = CB_E_INTERNAL;
	return emu_ossl_end(r);
}

enum cb_err
emu_gcm_open(const uint8_t key[EMU_KEY], struct cb_span aad,
    struct cb_span sealed, struct cb_buf *out)
{
	const struct emu_ossl *ossl = emu_ossl();
	const size_t before = out->n;
	EVP_CIPHER_CTX *ctx = NULL;
	struct cb_span nonce, text, cur = sealed;
	uint8_t *plain, tag[GCM_TAG], rest[16];
	enum cb_err r;
	int n;

	if (sealed.n < EMU_GCM_OVERHEAD)
		return CB_E_CRYPTO;
	if ((r = gcm_lengths(aad, sealed)) != CB_OK ||
	    (r = cb_get_span(&cur, GCM_NONCE, &nonce)) != CB_OK ||
	    (r = cb_get_span(&cur, cur.n - GCM_TAG, &text)) != CB_OK ||
	    (r = cb_buf_grow(out, text.n, &plain)) != CB_OK)
		return r;
	memcpy(tag, cur.p, GCM_TAG);
	r = CB_E_CRYPTO;
	if (ossl == NULL || (ctx = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_DecryptInit_ex2(ctx, ossl->gcm, key, nonce.p, NULL) != 1)
		goto out;
	if (aad.n != 0 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, aad.p, (int)aad.n) != 1)
		goto out;
	if (text.n != 0 &&
	    EVP_DecryptUpdate(ctx, plain, &n, text.p, (int)text.n) != 1)
		goto out;
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_TAG, tag) !=
		1 ||
	    EVP_DecryptFinal_ex(ctx, rest, &n) != 1)
		goto out;
	r = CB_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	/* Never hand out bytes that the tag did not vouch for. */
	if (r != CB_OK && cb_buf_truncate(out, before) != CB_OK)
		r = CB_E_INTERNAL;
	return emu_ossl_end(r);
}

static enum cb_err
x25519_public(EVP_PKEY *pkey, uint8_t public[EMU_KEY])
{
	size_t n = EMU_KEY;

	if (EVP_PKEY_get_raw_public_key(pkey, public, &n) != 1 || n != EMU_KEY)
		return CB_E_CRYPTO;
	return CB_OK;
}

/* The key of a box. `pair` is our key pair, `peer` the other's public half;
 * ephemeral and recipient are the same two public halves in their roles. */
static enum cb_err
box_key(EVP_PKEY *pair, const uint8_t peer[EMU_KEY],
    const uint8_t ephemeral[EMU_KEY], const uint8_t recipient[EMU_KEY],
    uint8_t key[EMU_KEY])
{
	EVP_PKEY *other = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t shared[EMU_KEY], salt[2 * EMU_KEY];
	enum cb_err r = CB_E_CRYPTO;
	size_t n = sizeof(shared);

	/* A peer whose shared secret is zero (RFC 7748, 6.1) fails here. */
	if ((other = EVP_PKEY_new_raw_public_key_ex(
		 NULL, "X25519", NULL, peer, EMU_KEY)) == NULL ||
	    (ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL)) == NULL ||
	    EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, other) != 1 ||
	    EVP_PKEY_derive(ctx, shared, &n) != 1 || n != sizeof(shared))
		goto out;
	memcpy(salt, ephemeral, EMU_KEY);
	memcpy(salt + EMU_KEY, recipient, EMU_KEY);
	r = emu_hkdf_sha256(
	    CB_SPAN_OF(shared), CB_SPAN_OF(salt), BOX_INFO, key, EMU_KEY);
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	cb_wipe(shared, sizeof(shared));
	return emu_ossl_end(r);
}

/* A pair from a secret half; the caller frees *pair. */
static enum cb_err
box_pair(
    const uint8_t secret[EMU_KEY], EVP_PKEY **pair, uint8_t public[EMU_KEY])
{
	*pair = NULL;
	if (emu_ossl() == NULL)
		return CB_E_CRYPTO;
	*pair = EVP_PKEY_new_raw_private_key_ex(
	    NULL, "X25519", NULL, secret, EMU_KEY);
	return *pair == NULL ? CB_E_CRYPTO : x25519_public(*pair, public);
}

enum cb_err
emu_box_keypair(
    const struct emu_env *env, uint8_t secret[EMU_KEY], uint8_t public[EMU_KEY])
{
	EVP_PKEY *pair = NULL;
	enum cb_err r;

	if ((r = env->random(env->ctx, secret, EMU_KEY)) == CB_OK)
		r = box_pair(secret, &pair, public);
	EVP_PKEY_free(pair);
	if (r != CB_OK)
		cb_wipe(secret, EMU_KEY);
	return emu_ossl_end(r);
}

enum cb_err
emu_box_public(const uint8_t secret[EMU_KEY], uint8_t public[EMU_KEY])
{
	EVP_PKEY *pair = NULL;
	enum cb_err r = box_pair(secret, &pair, public);

	EVP_PKEY_free(pair);
	return emu_ossl_end(r);
}

enum cb_err
emu_box_seal(const struct emu_env *env, const uint8_t public[EMU_KEY],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	const size_t before = out->n;
	EVP_PKEY *pair = NULL;
	uint8_t secret[EMU_KEY], ephemeral[EMU_KEY], key[EMU_KEY];
	enum cb_err r;

	if ((r = env->random(env->ctx, secret, sizeof(secret))) != CB_OK ||
	    (r = box_pair(secret, &pair, ephemeral)) != CB_OK ||
	    (r = box_key(pair, public, ephemeral, public, key)) != CB_OK ||
	    (r = cb_buf_add(out, CB_SPAN_OF(ephemeral))) != CB_OK)
		goto out;
	r = emu_gcm_seal(env, key, aad, plain, out);
	if (r != CB_OK && cb_buf_truncate(out, before) != CB_OK)
		r = CB_E_INTERNAL;
out:
	EVP_PKEY_free(pair);
	cb_wipe(secret, sizeof(secret));
	cb_wipe(key, sizeof(key));
	return emu_ossl_end(r);
}

enum cb_err
emu_box_open(const uint8_t secret[EMU_KEY], struct cb_span aad,
    struct cb_span sealed, struct cb_buf *out)
{
	EVP_PKEY *pair = NULL;
	struct cb_span ephemeral, cur = sealed;
	uint8_t public[EMU_KEY], key[EMU_KEY];
	enum cb_err r = CB_E_CRYPTO;

	if (sealed.n < EMU_BOX_OVERHEAD ||
	    cb_get_span(&cur, EMU_KEY, &ephemeral) != CB_OK)
		goto out;
	if ((r = box_pair(secret, &pair, public)) != CB_OK ||
	    (r = box_key(pair, ephemeral.p, ephemeral.p, public, key)) != CB_OK)
		goto out;
	r = emu_gcm_open(key, aad, cur, out);
out:
	EVP_PKEY_free(pair);
	cb_wipe(key, sizeof(key));
	return emu_ossl_end(r);
}

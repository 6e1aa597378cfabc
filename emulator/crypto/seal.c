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
#include <string.h>

#include "common/ct.h"
#include "emulator/crypto/crypto.h"

#define BOX_INFO "cardbridge box 1"

enum cb_err
emu_gcm_seal(const struct emu_env *env, const uint8_t key[EMU_KEY],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	const size_t before = out->n;
	uint8_t nonce[CR_NONCE];
	enum cb_err r;

	/* the place first: a buffer that is full must not cost random bytes */
	if ((r = cb_buf_reserve(out, before + plain.n + EMU_GCM_OVERHEAD)) !=
		CB_OK ||
	    (r = env->random(env->ctx, nonce, sizeof(nonce))) != CB_OK ||
	    (r = cb_buf_add(out, CB_SPAN_OF(nonce))) != CB_OK)
		return r;
	r = cr_gcm_seal(key, nonce, aad, plain, out);
	return cb_buf_undo(out, before, r);
}

enum cb_err
emu_gcm_open(const uint8_t key[EMU_KEY], struct cb_span aad,
    struct cb_span sealed, struct cb_buf *out)
{
	if (sealed.n < EMU_GCM_OVERHEAD)
		return CB_E_CRYPTO;
	return cr_gcm_open(
	    key, sealed.p, aad, cb_span_tail(sealed, CR_NONCE), out);
}

/* The key of a box. `secret` is ours, `peer` the other's public half;
 * ephemeral and recipient are the same two public halves in their roles. */
static enum cb_err
box_key(const uint8_t secret[EMU_KEY], const uint8_t peer[EMU_KEY],
    const uint8_t ephemeral[EMU_KEY], const uint8_t recipient[EMU_KEY],
    uint8_t key[EMU_KEY])
{
	uint8_t shared[EMU_KEY], salt[2 * EMU_KEY];
	enum cb_err r;

	memcpy(salt, ephemeral, EMU_KEY);
	memcpy(salt + EMU_KEY, recipient, EMU_KEY);
	if ((r = cr_x25519_shared(secret, peer, shared)) == CB_OK)
		r = cr_hkdf_sha256(CB_SPAN_OF(shared), CB_SPAN_OF(salt),
		    BOX_INFO, key, EMU_KEY);
	cb_wipe(shared, sizeof(shared));
	return r;
}

enum cb_err
emu_box_keypair(
    const struct emu_env *env, uint8_t secret[EMU_KEY], uint8_t public[EMU_KEY])
{
	enum cb_err r;

	if ((r = env->random(env->ctx, secret, EMU_KEY)) == CB_OK)
		r = cr_x25519_public(secret, public);
	if (r != CB_OK)
		cb_wipe(secret, EMU_KEY);
	return r;
}

enum cb_err
emu_box_seal(const struct emu_env *env, const uint8_t public[EMU_KEY],
    struct cb_span aad, struct cb_span plain, struct cb_buf *out)
{
	const size_t before = out->n;
	uint8_t secret[EMU_KEY], ephemeral[EMU_KEY], key[EMU_KEY];
	enum cb_err r;

	if ((r = env->random(env->ctx, secret, sizeof(secret))) != CB_OK ||
	    (r = cr_x25519_public(secret, ephemeral)) != CB_OK ||
	    (r = box_key(secret, public, ephemeral, public, key)) != CB_OK ||
	    (r = cb_buf_add(out, CB_SPAN_OF(ephemeral))) != CB_OK)
		goto out;
	r = emu_gcm_seal(env, key, aad, plain, out);
	r = cb_buf_undo(out, before, r);
out:
	cb_wipe(secret, sizeof(secret));
	cb_wipe(key, sizeof(key));
	return r;
}

enum cb_err
emu_box_open(const uint8_t secret[EMU_KEY], struct cb_span aad,
    struct cb_span sealed, struct cb_buf *out)
{
	struct cb_span ephemeral, cur = sealed;
	uint8_t public[EMU_KEY], key[EMU_KEY];
	enum cb_err r = CB_E_CRYPTO;

	if (sealed.n < EMU_BOX_OVERHEAD ||
	    cb_get_span(&cur, EMU_KEY, &ephemeral) != CB_OK)
		goto out;
	if ((r = cr_x25519_public(secret, public)) != CB_OK ||
	    (r = box_key(secret, ephemeral.p, ephemeral.p, public, key)) !=
		CB_OK)
		goto out;
	r = emu_gcm_open(key, aad, cur, out);
out:
	cb_wipe(key, sizeof(key));
	return r;
}

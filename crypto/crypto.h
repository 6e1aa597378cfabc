/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cryptographic primitives for every room that needs them: secret memory,
 * random bytes, hashes, MACs, key derivation, authenticated encryption, key
 * agreement, signatures. What a card makes of them is in emulator/crypto/, what
 * a session makes of them in wire/. OpenSSL's own failures are CB_E_CRYPTO;
 * every intermediate secret is wiped.
 */
#ifndef CR_CRYPTO_H
#define CR_CRYPTO_H

#include "common/buf.h"

#define CR_KEY 32	/* AES-256, X25519, Ed25519, HMAC-SHA256 */
#define CR_HASH 32	/* SHA-256 */
#define CR_NONCE 12	/* of AES-GCM */
#define CR_TAG 16

/* Locked memory (OpenSSL's secure heap, set up at the first call; ordinary
 * memory with one warning in the log if it cannot be locked). Freed memory
 * is wiped. NULL: none left. */
void *cr_secret_new(size_t n);
void cr_secret_free(void *p, size_t n);

CB_MUST_USE enum cb_err cr_random(uint8_t *out, size_t n);
CB_MUST_USE enum cb_err cr_sha1(struct cb_span in, uint8_t out[20]);
CB_MUST_USE enum cb_err cr_sha256(struct cb_span in, uint8_t out[CR_HASH]);
/* The same of what is no secret: nothing is wiped behind it. */
CB_MUST_USE enum cb_err cr_sha256_public(
    struct cb_span in, uint8_t out[CR_HASH]);
CB_MUST_USE enum cb_err cr_hmac_sha256(
    const uint8_t key[CR_KEY], struct cb_span in, uint8_t out[CR_HASH]);
/* RFC 5869, extract and expand. */
CB_MUST_USE enum cb_err cr_hkdf_sha256(struct cb_span secret,
    struct cb_span salt, const char *info, uint8_t *out, size_t n);

/* AES-256-GCM (SP 800-38D). A key must never seal two texts with one nonce.
 * Sealing appends text and tag. Opening appends the text; CB_E_CRYPTO: not
 * this key, nonce or associated data, or changed. */
CB_MUST_USE enum cb_err cr_gcm_seal(const uint8_t key[CR_KEY],
    const uint8_t nonce[CR_NONCE], struct cb_span aad, struct cb_span plain,
    struct cb_buf *out);
CB_MUST_USE enum cb_err cr_gcm_open(const uint8_t key[CR_KEY],
    const uint8_t nonce[CR_NONCE], struct cb_span aad, struct cb_span sealed,
    struct cb_buf *out);

/* The same with a key that is made ready once, for one that is used again and
 * again; one thread at a time. */
struct cr_gcm;
CB_MUST_USE enum cb_err cr_gcm_new(
    struct cr_gcm **out, const uint8_t key[CR_KEY]);
void cr_gcm_free(struct cr_gcm **gcm);	/* wipes */
CB_MUST_USE enum cb_err cr_gcm_seal_with(struct cr_gcm *gcm,
    const uint8_t nonce[CR_NONCE], struct cb_span aad, struct cb_span plain,
    struct cb_buf *out);
CB_MUST_USE enum cb_err cr_gcm_open_with(struct cr_gcm *gcm,
    const uint8_t nonce[CR_NONCE], struct cb_span aad, struct cb_span sealed,
    struct cb_buf *out);

/* X25519 (RFC 7748): any 32 bytes are a secret half. CB_E_CRYPTO of the
 * second: the peer's half makes a shared secret of zero (6.1). */
CB_MUST_USE enum cb_err cr_x25519_public(
    const uint8_t secret[CR_KEY], uint8_t public[CR_KEY]);
CB_MUST_USE enum cb_err cr_x25519_shared(const uint8_t secret[CR_KEY],
    const uint8_t peer[CR_KEY], uint8_t shared[CR_KEY]);

/* Ed25519 (RFC 8032): any 32 bytes are a secret half. CB_E_CRYPTO of the
 * last: no signature of this key over these bytes. */
#define CR_SIGNATURE 64
CB_MUST_USE enum cb_err cr_ed25519_public(
    const uint8_t secret[CR_KEY], uint8_t public[CR_KEY]);
CB_MUST_USE enum cb_err cr_ed25519_sign(const uint8_t secret[CR_KEY],
    struct cb_span data, uint8_t signature[CR_SIGNATURE]);
CB_MUST_USE enum cb_err cr_ed25519_verify(const uint8_t public[CR_KEY],
    struct cb_span data, struct cb_span signature);

#endif

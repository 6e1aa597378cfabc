/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a card makes of the primitives in crypto/, and its own: RSA, DES check
 * values, scrypt (X.509 is in cert.h). Random bytes come from the card's
 * environment, so that a test can repeat a card byte for byte; RSA generation
 * and blinding draw from OpenSSL itself. Every intermediate secret is wiped.
 * Keys are 32 bytes.
 */
#ifndef EMU_CRYPTO_H
#define EMU_CRYPTO_H

#include "crypto/crypto.h"
#include "emulator/emu.h"

#define EMU_KEY CR_KEY
#define EMU_GCM_OVERHEAD (CR_NONCE + CR_TAG)
#define EMU_BOX_OVERHEAD (32 + EMU_GCM_OVERHEAD) /* and ephemeral key */

/* A hash that somebody else began: SHA-1 (n 20) or SHA-256 (n 32), of which
 * `state` is left after `bits` bits, a whole number of blocks, and `rest` is
 * still to come, less than a block. CB_E_ARG: these do not fit. */
CB_MUST_USE enum cb_err emu_sha_finish(size_t n, struct cb_span state,
    uint64_t bits, struct cb_span rest, uint8_t *out);

/* RFC 7914. log2n 10..20, r and p at least 1; CB_E_LIMIT past 256 MiB. */
struct emu_scrypt {
	uint8_t log2n, r, p;
	uint8_t salt[16];
};
CB_MUST_USE enum cb_err emu_scrypt(const struct emu_scrypt *how,
    struct cb_span passcode, uint8_t out[EMU_KEY]);

/* AES-256-GCM with a random nonce; appends nonce, ciphertext, tag to *out.
 * Opening appends the plaintext; CB_E_CRYPTO: not this key, or changed. */
CB_MUST_USE enum cb_err emu_gcm_seal(const struct emu_env *env,
    const uint8_t key[EMU_KEY], struct cb_span aad, struct cb_span plain,
    struct cb_buf *out);
CB_MUST_USE enum cb_err emu_gcm_open(const uint8_t key[EMU_KEY],
    struct cb_span aad, struct cb_span sealed, struct cb_buf *out);

/* Sealing to a public half: ephemeral X25519, HKDF over shared secret and
 * both public keys, AES-256-GCM. Appends ephemeral key, nonce, text, tag. */
CB_MUST_USE enum cb_err emu_box_keypair(const struct emu_env *env,
    uint8_t secret[EMU_KEY], uint8_t public[EMU_KEY]);
CB_MUST_USE enum cb_err emu_box_seal(const struct emu_env *env,
    const uint8_t public[EMU_KEY], struct cb_span aad, struct cb_span plain,
    struct cb_buf *out);
CB_MUST_USE enum cb_err emu_box_open(const uint8_t secret[EMU_KEY],
    struct cb_span aad, struct cb_span sealed, struct cb_buf *out);

/* First three bytes of the zero block enciphered under a DES key of 8, 16 or
 * 24 bytes (single DES as 3DES with equal keys). CB_E_ARG: another length. */
CB_MUST_USE enum cb_err emu_des_kcv(struct cb_span key, uint8_t out[3]);

/* An RSA private key ready for use (EVP_PKEY and contexts kept). */
struct emu_rsa;

/* Big-endian components. From emu_rsa_parts: p q qi dp dq are half the
 * modulus length each, n its full length, e without leading zeros. */
struct emu_rsa_parts {
	struct cb_buf n, e, p, q, qi, dp, dq;
};
void emu_rsa_parts_free(struct emu_rsa_parts *parts); /* wipes */

/* bits 512, 1024 to 2048 by 256; e big-endian, empty for 65537. Takes seconds.
 * CB_E_ARG: a length or exponent we refuse (even, below 3). */
CB_MUST_USE enum cb_err emu_rsa_generate(
    struct emu_rsa **out, unsigned bits, struct cb_span e);
/* From p, q, dp, dq; qi, e and n are computed where empty and must fit where
 * given. CB_E_FORMAT: the components do not make a key. */
CB_MUST_USE enum cb_err emu_rsa_load(
    struct emu_rsa **out, const struct emu_rsa_parts *parts);
CB_MUST_USE enum cb_err emu_rsa_parts(
    const struct emu_rsa *key, struct emu_rsa_parts *out);
void emu_rsa_free(struct emu_rsa **key);
unsigned emu_rsa_bytes(const struct emu_rsa *key);	/* modulus length */

/* Appends a hash of 20 or 32 bytes as DigestInfo (RFC 8017, 9.2) of SHA-1 or
 * SHA-256, and anything else as it is. */
CB_MUST_USE enum cb_err emu_digest_info(
    struct cb_span in, struct cb_buf *out);
/* PKCS#1 v1.5 type 1 around `data` as it is (a DigestInfo or anything else of
 * at most modulus - 11 bytes, CB_E_ARG); appends modulus length bytes. */
CB_MUST_USE enum cb_err emu_rsa_sign(
    struct emu_rsa *key, struct cb_span data, struct cb_buf *out);
/* Removes PKCS#1 v1.5 type 2; appends the plaintext. CB_E_ARG: length is not
 * the modulus's, or number not below it; CB_E_FORMAT: bad padding, found in
 * constant time. */
CB_MUST_USE enum cb_err emu_rsa_decipher(
    struct emu_rsa *key, struct cb_span cryptogram, struct cb_buf *out);

#endif

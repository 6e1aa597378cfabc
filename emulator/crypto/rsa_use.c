/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * RSA keys at work: PKCS#1 v1.5 signatures and deciphering.
 *
 * OpenSSL does the exponentiation (blinded, checked against faults) and the
 * padding of signatures. The padding of cryptograms is removed here: whoever
 * can tell one kind of bad padding from another by status word or time can
 * decipher without the key (Bleichenbacher 1998), so up to the one answer
 * good or bad no branch and no address depends on the deciphered block.
 */
#include <string.h>

#include "common/ct.h"
#include "emulator/crypto/rsa_key.h"

#define PKCS1_LEAST 11 /* 00, type, 8 bytes of padding, 00 */

/* What stands before the hash (RFC 8017, 9.2, note 1). */
static const struct {
	size_t hash_n, n;
	uint8_t p[19];
} digest_heads[] = {
	{ 20, 15, { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03,
		      0x02, 0x1A, 0x05, 0x00, 0x04, 0x14 } },
	{ 32, 19, { 0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48,
		      0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
		      0x20 } },
};

enum cb_err
emu_digest_info(struct cb_span in, struct cb_buf *out)
{
	enum cb_err r;

	for (size_t i = 0; i < sizeof(digest_heads) / sizeof(digest_heads[0]);
	    i++)
		if (digest_heads[i].hash_n == in.n &&
		    (r = cb_buf_add(out, cb_span(digest_heads[i].p,
			 digest_heads[i].n))) != CB_OK)
			return r;
	return cb_buf_add(out, in);
}

enum cb_err
emu_rsa_sign_data(
    const struct emu_rsa *key, struct cb_span data, struct cb_buf *out)
{
	const size_t before = out->n;
	size_t n = key->bytes;
	uint8_t *sig;
	enum cb_err r;

	if (data.n > key->bytes - PKCS1_LEAST)
		return CB_E_ARG;
	if ((r = cb_buf_grow(out, key->bytes, &sig)) != CB_OK)
		return r;
	/* EVP takes a null pointer for "tell me the length". */
	if (EVP_PKEY_sign(key->sign, sig, &n, data.n == 0 ? key->n : data.p,
		data.n) != 1 ||
	    n != key->bytes)
		r = CB_E_CRYPTO;
	return cr_ossl_end(cb_buf_undo(out, before, r));
}

enum cb_err
emu_rsa_sign(struct emu_rsa *key, struct cb_span data, struct cb_buf *out)
{
	return emu_rsa_sign_data(key, data, out);
}

enum cb_err
emu_rsa_raw(const struct emu_rsa *key, const uint8_t *in, uint8_t *out)
{
	size_t n = key->bytes;
	enum cb_err r = CB_E_CRYPTO;

	if (EVP_PKEY_decrypt(key->raw, out, &n, in, key->bytes) == 1 &&
	    n == key->bytes)
		r = CB_OK;
	return cr_ossl_end(r);
}

/* All ones if a == b, else zero. The empty asm keeps the compiler from
 * seeing that masks are truth values, which it would turn into branches. */
static uint32_t
mask_equal(uint32_t a, uint32_t b)
{
	uint32_t d = a ^ b;

	__asm__("" : "+r"(d));
	return ((d | (0 - d)) >> 31) - 1;
}

/* The start of the message in a type 2 block (RFC 8017, 7.2.2), or 0. */
static uint32_t
pkcs1_start(const uint8_t *block, size_t n)
{
	uint32_t good, looking = UINT32_MAX, start = 0, zero, i;

	good = mask_equal(block[0], 0) & mask_equal(block[1], 2);
	for (i = 2; i < n; i++) {
		zero = mask_equal(block[i], 0) & looking;
		start |= zero & (i + 1);
		looking &= ~zero;
	}
	/* No end, or fewer than eight bytes of padding: start < 11. Both are
	 * below 2^31, so the difference's sign says which is less. */
	good &= ((start - PKCS1_LEAST) >> 31) - 1;
	return start & good;
}

enum cb_err
emu_rsa_decipher(
    struct emu_rsa *key, struct cb_span cryptogram, struct cb_buf *out)
{
	uint8_t block[RSA_BYTES_MAX];
	uint32_t start;
	enum cb_err r;

	/* Modulus and cryptogram are public. */
	if (cryptogram.n != key->bytes ||
	    memcmp(cryptogram.p, key->n, key->bytes) >= 0)
		return CB_E_ARG;
	if ((r = emu_rsa_raw(key, cryptogram.p, block)) != CB_OK)
		goto out;
	start = pkcs1_start(block, key->bytes);
	/* From here on it is known: by status word and by length. */
	if (start == 0) {
		r = CB_E_FORMAT;
		goto out;
	}
	r = cb_buf_add(out, cb_span(block + start, key->bytes - start));
out:
	cb_wipe(block, sizeof(block));
	return r;
}

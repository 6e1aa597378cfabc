/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The end of a hash that somebody else began (FIPS 180-4): SHA-1 and SHA-256
 * from a given state. EVP has no way to be given one, and OpenSSL's low-level
 * functions that would take one are deprecated and may be left out of a build;
 * so the two compression functions are written out here. What they work on is
 * no secret: it is what a host is about to have signed. A hash without state
 * goes to EVP like any other.
 */
#include <string.h>

#include "emulator/crypto/crypto.h"

#define BLOCK 64
#define WORDS_MAX 8

static uint32_t
rotl(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t
rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t
get_word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static uint32_t
choose(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (~x & z);
}

static uint32_t
majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) ^ (x & z) ^ (y & z);
}

/* ---- SHA-1 (6.1.2) ------------------------------------------------------ */

static uint32_t
sha1_f(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
	if (t < 20)
		return choose(b, c, d);
	return t >= 40 && t < 60 ? majority(b, c, d) : b ^ c ^ d;
}

static void
sha1_block(uint32_t *h, const uint8_t *block)
{
	static const uint32_t k[] = { 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC,
		0xCA62C1D6 };
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], x;

	for (unsigned t = 0; t < 16; t++)
		w[t] = get_word(block + 4 * t);
	for (unsigned t = 16; t < 80; t++)
		w[t] = rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (unsigned t = 0; t < 80; t++) {
		x = rotl(a, 5) + sha1_f(t, b, c, d) + e + k[t / 20] + w[t];
		e = d;
		d = c;
		c = rotl(b, 30);
		b = a;
		a = x;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* ---- SHA-256 (6.2.2) ---------------------------------------------------- */

static const uint32_t sha256_k[64] = {
	0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1,
	0x923F82A4, 0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3,
	0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786,
	0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
	0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147,
	0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13,
	0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B,
	0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
	0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A,
	0x5B9CCA4F, 0x682E6FF3, 0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208,
	0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
};

static void
sha256_block(uint32_t *h, const uint8_t *block)
{
	uint32_t w[64], v[WORDS_MAX], t1, t2;

	for (unsigned t = 0; t < 16; t++)
		w[t] = get_word(block + 4 * t);
	for (unsigned t = 16; t < 64; t++)
		w[t] = (rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^
			   w[t - 2] >> 10) +
		    w[t - 7] +
		    (rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^
			w[t - 15] >> 3) +
		    w[t - 16];
	memcpy(v, h, sizeof(v));
	for (unsigned t = 0; t < 64; t++) {
		t1 = v[7] +
		    (rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25)) +
		    choose(v[4], v[5], v[6]) + sha256_k[t] + w[t];
		t2 = (rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22)) +
		    majority(v[0], v[1], v[2]);
		memmove(v + 1, v, sizeof(v) - sizeof(v[0]));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (unsigned i = 0; i < WORDS_MAX; i++)
		h[i] += v[i];
}

/* ---- the end ------------------------------------------------------------ */

static const struct sha {
	size_t n;
	void (*block)(uint32_t *h, const uint8_t *block);
	enum cb_err (*whole)(struct cb_span in, uint8_t *out);
} shas[] = {
	{ 20, sha1_block, cr_sha1 },
	{ 32, sha256_block, cr_sha256 },
};

/* One bit, zeros, and the length in bits (5.1.1). */
static void
pad_and_finish(const struct sha *sha, uint32_t *h, uint64_t bits,
    struct cb_span rest)
{
	uint8_t last[2 * BLOCK] = { 0 };
	size_t n = rest.n + 1 + 8 <= BLOCK ? BLOCK : 2 * BLOCK;

	if (rest.n > 0)
		memcpy(last, rest.p, rest.n);
	last[rest.n] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		last[n - 1 - i] = (uint8_t)(bits >> (8 * i));
	for (size_t at = 0; at < n; at += BLOCK)
		sha->block(h, last + at);
}

enum cb_err
emu_sha_finish(size_t n, struct cb_span state, uint64_t bits,
    struct cb_span rest, uint8_t *out)
{
	const struct sha *sha = NULL;
	uint32_t h[WORDS_MAX];

	for (size_t i = 0; i < sizeof(shas) / sizeof(shas[0]); i++)
		if (shas[i].n == n)
			sha = &shas[i];
	if (sha == NULL || rest.n >= BLOCK)
		return CB_E_ARG;
	if (state.n == 0)
		return bits == 0 ? sha->whole(rest, out) : CB_E_ARG;
	if (state.n != n || bits == 0 || bits % (8 * BLOCK) != 0 ||
	    bits > UINT64_MAX - 8 * BLOCK)
		return CB_E_ARG;
	for (size_t i = 0; i < n / 4; i++)
		h[i] = get_word(state.p + 4 * i);
	pad_and_finish(sha, h, bits + 8 * rest.n, rest);
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
	return CB_OK;
}

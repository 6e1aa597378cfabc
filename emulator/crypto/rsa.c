/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making RSA keys: from their components, and fresh ones.
 *
 * A card stores p, q, q^-1, d mod p-1 and d mod q-1 (the CRT form, RFC 8017,
 * 3.2); hosts write them one by one and in whatever quality. So a key is
 * accepted only when the components fit each other and one exponentiation
 * with it comes back: a signature with a bad CRT component would give the
 * primes away (Boneh, DeMillo, Lipton 1997).
 *
 * Numbers live in BIGNUMs that are wiped when freed, and in one block of
 * locked memory on the way into and out of OpenSSL's key, in its order of
 * bytes (native; read only here).
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "common/ct.h"
#include "emulator/crypto/heavy.h"
#include "emulator/crypto/rsa_key.h"

/* The numbers of a key, in the order in which OpenSSL is given them. */
enum { NUM_N, NUM_E, NUM_D, NUM_P, NUM_Q, NUM_DP, NUM_DQ, NUM_QI, NUM_COUNT };

static const struct {
	const char *name;
	bool whole; /* modulus length, not half of it */
} num_info[NUM_COUNT] = {
	[NUM_N] = { OSSL_PKEY_PARAM_RSA_N, true },
	[NUM_E] = { OSSL_PKEY_PARAM_RSA_E, false },
	[NUM_D] = { OSSL_PKEY_PARAM_RSA_D, true },
	[NUM_P] = { OSSL_PKEY_PARAM_RSA_FACTOR1, false },
	[NUM_Q] = { OSSL_PKEY_PARAM_RSA_FACTOR2, false },
	[NUM_DP] = { OSSL_PKEY_PARAM_RSA_EXPONENT1, false },
	[NUM_DQ] = { OSSL_PKEY_PARAM_RSA_EXPONENT2, false },
	[NUM_QI] = { OSSL_PKEY_PARAM_RSA_COEFFICIENT1, false },
};

struct nums {
	BN_CTX *ctx;
	BIGNUM *v[NUM_COUNT];
	BIGNUM *p1, *q1; /* p - 1, q - 1 */
	BIGNUM *t;
};

static bool
length_ok(size_t bytes)
{
	return bytes == 64 || (bytes >= 128 && bytes <= 256 && bytes % 32 == 0);
}

static void
nums_clear(struct nums *m)
{
	size_t i;

	for (i = 0; i < NUM_COUNT; i++)
		BN_clear_free(m->v[i]);
	BN_clear_free(m->p1);
	BN_clear_free(m->q1);
	BN_clear_free(m->t);
	BN_CTX_free(m->ctx); /* wipes its numbers */
	memset(m, 0, sizeof(*m));
}

static enum cb_err
nums_init(struct nums *m)
{
	size_t i;
	bool all = true;

	for (i = 0; i < NUM_COUNT; i++)
		all = (m->v[i] = BN_new()) != NULL && all;
	m->p1 = BN_new();
	m->q1 = BN_new();
	m->t = BN_new();
	m->ctx = BN_CTX_new();
	if (!all || m->p1 == NULL || m->q1 == NULL || m->t == NULL ||
	    m->ctx == NULL)
		return CB_E_NOMEM;
	/* Everything but n and e: only operations without branches on it. */
	for (i = NUM_D; i < NUM_COUNT; i++)
		BN_set_flags(m->v[i], BN_FLG_CONSTTIME);
	BN_set_flags(m->p1, BN_FLG_CONSTTIME);
	BN_set_flags(m->q1, BN_FLG_CONSTTIME);
	BN_set_flags(m->t, BN_FLG_CONSTTIME);
	return CB_OK;
}

static enum cb_err
nums_read(struct nums *m, const struct emu_rsa_parts *parts)
{
	const struct cb_buf *from[NUM_COUNT] = {
		[NUM_N] = &parts->n,
		[NUM_E] = &parts->e,
		[NUM_P] = &parts->p,
		[NUM_Q] = &parts->q,
		[NUM_DP] = &parts->dp,
		[NUM_DQ] = &parts->dq,
		[NUM_QI] = &parts->qi,
	};
	size_t i;

	for (i = 0; i < NUM_COUNT; i++) {
		if (from[i] == NULL || from[i]->n == 0)
			continue;
		/* One more: DER puts a zero in front. */
		if (from[i]->n > RSA_BYTES_MAX + 1)
			return CB_E_FORMAT;
		if (BN_bin2bn(from[i]->p, (int)from[i]->n, m->v[i]) == NULL)
			return CB_E_NOMEM;
		/* Zero stands for "not given" from here on. */
		if (BN_is_zero(m->v[i]))
			return CB_E_FORMAT;
	}
	return CB_OK;
}

/* a * b == 1 mod m, and b already reduced. */
static bool
inverses(struct nums *m, const BIGNUM *a, const BIGNUM *b, const BIGNUM *mod)
{
	return BN_cmp(b, mod) < 0 && BN_mod_mul(m->t, a, b, mod, m->ctx) == 1 &&
	       BN_is_one(m->t);
}

/* Fills in what is absent and checks that all of it is one key. */
static enum cb_err
nums_complete(struct nums *m)
{
	BIGNUM **v = m->v;

	/* p = q must not get past here: then phi is not (p-1)(q-1). */
	if (!BN_is_odd(v[NUM_P]) || !BN_is_odd(v[NUM_Q]) ||
	    BN_cmp(v[NUM_P], v[NUM_Q]) == 0 || BN_is_zero(v[NUM_DP]) ||
	    BN_is_zero(v[NUM_DQ]))
		return CB_E_FORMAT;
	if (BN_mul(m->t, v[NUM_P], v[NUM_Q], m->ctx) != 1)
		return CB_E_NOMEM;
	if (!BN_is_zero(v[NUM_N]) && BN_cmp(m->t, v[NUM_N]) != 0)
		return CB_E_FORMAT;
	if (BN_copy(v[NUM_N], m->t) == NULL ||
	    BN_sub(m->p1, v[NUM_P], BN_value_one()) != 1 ||
	    BN_sub(m->q1, v[NUM_Q], BN_value_one()) != 1)
		return CB_E_NOMEM;
	if (!length_ok((size_t)BN_num_bytes(v[NUM_N])) ||
	    BN_num_bytes(v[NUM_P]) * 2 != BN_num_bytes(v[NUM_N]) ||
	    BN_num_bytes(v[NUM_Q]) * 2 != BN_num_bytes(v[NUM_N]))
		return CB_E_FORMAT;
	if (BN_is_zero(v[NUM_E]) &&
	    BN_mod_inverse(v[NUM_E], v[NUM_DP], m->p1, m->ctx) == NULL)
		return CB_E_FORMAT;
	if (!BN_is_odd(v[NUM_E]) || BN_is_one(v[NUM_E]) ||
	    BN_num_bytes(v[NUM_E]) > RSA_E_MAX)
		return CB_E_FORMAT;
	if (BN_is_zero(v[NUM_QI]) &&
	    BN_mod_inverse(v[NUM_QI], v[NUM_Q], v[NUM_P], m->ctx) == NULL)
		return CB_E_FORMAT;
	if (!inverses(m, v[NUM_E], v[NUM_DP], m->p1) ||
	    !inverses(m, v[NUM_E], v[NUM_DQ], m->q1) ||
	    !inverses(m, v[NUM_Q], v[NUM_QI], v[NUM_P]))
		return CB_E_FORMAT;
	/* OpenSSL wants d as well, for the case that a CRT result is wrong. */
	if (BN_mul(m->t, m->p1, m->q1, m->ctx) != 1)
		return CB_E_NOMEM;
	if (BN_mod_inverse(v[NUM_D], v[NUM_E], m->t, m->ctx) == NULL)
		return CB_E_FORMAT;
	return CB_OK;
}

static size_t
num_room(size_t i, size_t modulus)
{
	if (i == NUM_E)
		return RSA_E_MAX;
	return num_info[i].whole ? modulus : modulus / 2;
}

/* One descriptor a number, each with its room in a block of `*size` bytes. */
static uint8_t *
params_new(OSSL_PARAM params[NUM_COUNT + 1], size_t modulus, size_t *size)
{
	uint8_t *block, *at;
	size_t i;

	for (*size = 0, i = 0; i < NUM_COUNT; i++)
		*size += num_room(i, modulus);
	if ((block = cr_secret_new(*size)) == NULL)
		return NULL;
	for (at = block, i = 0; i < NUM_COUNT; i++) {
		params[i] = OSSL_PARAM_construct_BN(
		    num_info[i].name, at, num_room(i, modulus));
		at += num_room(i, modulus);
	}
	params[NUM_COUNT] = OSSL_PARAM_construct_end();
	return block;
}

static enum cb_err
key_contexts(struct emu_rsa *key)
{
	if ((key->sign = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL)) ==
		NULL ||
	    EVP_PKEY_sign_init(key->sign) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(key->sign, RSA_PKCS1_PADDING) != 1 ||
	    (key->raw = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL)) ==
		NULL ||
	    EVP_PKEY_decrypt_init(key->raw) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(key->raw, RSA_NO_PADDING) != 1)
		return CB_E_CRYPTO;
	return CB_OK;
}

/* One private operation undone by a public one. It also makes OpenSSL
 * compute what it caches in a key, before the first command needs it. */
static enum cb_err
key_try(const struct emu_rsa *key)
{
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t in[RSA_BYTES_MAX], mid[RSA_BYTES_MAX], back[RSA_BYTES_MAX];
	size_t n = key->bytes;
	enum cb_err r = CB_E_FORMAT;

	memset(in, 0x5A, key->bytes);
	in[0] = 0; /* below any modulus of that length */
	if (emu_rsa_raw(key, in, mid) != CB_OK)
		goto out;
	if ((ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL)) == NULL ||
	    EVP_PKEY_encrypt_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1) {
		r = CB_E_CRYPTO;
		goto out;
	}
	if (EVP_PKEY_encrypt(ctx, back, &n, mid, key->bytes) == 1 &&
	    n == key->bytes && memcmp(in, back, n) == 0)
		r = CB_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	cb_wipe(mid, sizeof(mid));
	cb_wipe(back, sizeof(back));
	return r;
}

static enum cb_err
key_new(struct emu_rsa **out, const struct nums *m)
{
	OSSL_PARAM params[NUM_COUNT + 1];
	struct emu_rsa *key = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t *block = NULL;
	size_t i, size = 0, bytes = (size_t)BN_num_bytes(m->v[NUM_N]);
	enum cb_err r = CB_E_NOMEM;

	if ((key = OPENSSL_zalloc(sizeof(*key))) == NULL ||
	    (block = params_new(params, bytes, &size)) == NULL)
		goto out;
	r = CB_E_CRYPTO;
	for (i = 0; i < NUM_COUNT; i++) {
		if (BN_bn2nativepad(
			m->v[i], params[i].data, (int)params[i].data_size) < 0)
			goto out;
	}
	key->bytes = bytes;
	key->e_bytes = (size_t)BN_num_bytes(m->v[NUM_E]);
	if (BN_bn2binpad(m->v[NUM_N], key->n, (int)bytes) < 0 ||
	    BN_bn2bin(m->v[NUM_E], key->e) != (int)key->e_bytes ||
	    (ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key->pkey, EVP_PKEY_KEYPAIR, params) != 1)
		goto out;
	if ((r = key_contexts(key)) != CB_OK || (r = key_try(key)) != CB_OK)
		goto out;
	*out = key;
	key = NULL;
out:
	emu_rsa_free(&key);
	EVP_PKEY_CTX_free(ctx);
	cr_secret_free(block, size);
	return r;
}

enum cb_err
emu_rsa_load(struct emu_rsa **out, const struct emu_rsa_parts *parts)
{
	struct nums m = { 0 };
	enum cb_err r = CB_E_CRYPTO;

	*out = NULL;
	if (cr_ossl() == NULL)
		goto out;
	if ((r = nums_init(&m)) != CB_OK ||
	    (r = nums_read(&m, parts)) != CB_OK ||
	    (r = nums_complete(&m)) != CB_OK)
		goto out;
	r = key_new(out, &m);
out:
	nums_clear(&m);
	return cr_ossl_end(r);
}

/* Appends a number of OpenSSL's as `n` bytes, big-endian; 0: as many as it
 * needs. */
static enum cb_err
part_add(struct cb_buf *to, const OSSL_PARAM *param, size_t n)
{
	BIGNUM *bn;
	uint8_t *at;
	enum cb_err r = CB_E_NOMEM;

	if ((bn = BN_native2bn(param->data, (int)param->data_size, NULL)) ==
	    NULL)
		goto out;
	if (n == 0)
		n = (size_t)BN_num_bytes(bn);
	if ((r = cb_buf_grow(to, n, &at)) != CB_OK)
		goto out;
	if (BN_bn2binpad(bn, at, (int)n) < 0)
		r = CB_E_CRYPTO;
out:
	BN_clear_free(bn);
	return r;
}

static enum cb_err
pkey_parts(EVP_PKEY *pkey, size_t bytes, struct emu_rsa_parts *out)
{
	struct cb_buf *to[NUM_COUNT] = {
		[NUM_N] = &out->n,
		[NUM_E] = &out->e,
		[NUM_P] = &out->p,
		[NUM_Q] = &out->q,
		[NUM_DP] = &out->dp,
		[NUM_DQ] = &out->dq,
		[NUM_QI] = &out->qi,
	};
	OSSL_PARAM params[NUM_COUNT + 1];
	uint8_t *block;
	size_t i, size = 0;
	enum cb_err r = CB_E_CRYPTO;

	memset(out, 0, sizeof(*out));
	if ((block = params_new(params, bytes, &size)) == NULL)
		return CB_E_NOMEM;
	/* Fails where a number does not fit its room. */
	if (EVP_PKEY_get_params(pkey, params) != 1)
		goto out;
	for (i = 0; i < NUM_COUNT; i++) {
		if (to[i] == NULL)
			continue;
		r = CB_E_CRYPTO;
		if (!OSSL_PARAM_modified(&params[i]))
			goto out;
		/* It may set data_size to what it needed, but pads anyway. */
		params[i].data_size = num_room(i, bytes);
		if ((r = part_add(to[i], &params[i],
			 i == NUM_E ? 0 : num_room(i, bytes))) != CB_OK)
			goto out;
	}
out:
	cr_secret_free(block, size);
	if (r != CB_OK)
		emu_rsa_parts_free(out);
	return cr_ossl_end(r);
}

enum cb_err
emu_rsa_parts(const struct emu_rsa *key, struct emu_rsa_parts *out)
{
	return pkey_parts(key->pkey, key->bytes, out);
}

void
emu_rsa_parts_free(struct emu_rsa_parts *parts)
{
	cb_buf_free(&parts->n);
	cb_buf_free(&parts->e);
	cb_buf_free(&parts->p);
	cb_buf_free(&parts->q);
	cb_buf_free(&parts->qi);
	cb_buf_free(&parts->dp);
	cb_buf_free(&parts->dq);
}

/* 65537 for an empty span; NULL for an exponent we refuse. */
static BIGNUM *
exponent(struct cb_span e)
{
	static const uint8_t f4[] = { 1, 0, 1 };
	BIGNUM *bn;

	while (e.n > 1 && e.p[0] == 0)
		e = cb_span_tail(e, 1);
	if (e.n == 0)
		e = CB_SPAN_OF(f4);
	if (e.n > RSA_E_MAX || (e.p[e.n - 1] & 1) == 0 ||
	    (e.n == 1 && e.p[0] == 1))
		return NULL;
	bn = BN_bin2bn(e.p, (int)e.n, NULL);
	return bn;
}

struct generate {
	struct emu_rsa **out;
	unsigned bits;
	struct cb_span e;
};

static enum cb_err
generate(void *arg)
{
	const struct generate *g = arg;
	struct emu_rsa **out = g->out;
	const unsigned bits = g->bits;
	struct emu_rsa_parts parts = { 0 };
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	BIGNUM *bn = NULL;
	enum cb_err r = CB_E_ARG;

	*out = NULL;
	if (bits % 8 != 0 || !length_ok(bits / 8) || (bn = exponent(g->e)) == NULL)
		goto out;
	r = CB_E_CRYPTO;
	if (cr_ossl() == NULL ||
	    (ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL)) == NULL ||
	    EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) != 1 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, bn) != 1 ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		goto out;
	if ((r = pkey_parts(pkey, bits / 8, &parts)) != CB_OK)
		goto out;
	/* OpenSSL keeps a generated key in the secure heap, and one that it
	 * was given in ordinary memory; the heap is small and for all. */
	EVP_PKEY_free(pkey);
	pkey = NULL;
	r = emu_rsa_load(out, &parts);
out:
	emu_rsa_parts_free(&parts);
	EVP_PKEY_free(pkey);
	EVP_PKEY_CTX_free(ctx);
	BN_free(bn);
	return cr_ossl_end(r);
}

enum cb_err
emu_rsa_generate(struct emu_rsa **out, unsigned bits, struct cb_span e)
{
	struct generate g = { out, bits, e };

	return emu_heavy(generate, &g);
}

void
emu_rsa_free(struct emu_rsa **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_CTX_free((*key)->sign);
	EVP_PKEY_CTX_free((*key)->raw);
	EVP_PKEY_free((*key)->pkey);
	OPENSSL_clear_free(*key, sizeof(**key));
	*key = NULL;
}

unsigned
emu_rsa_bytes(const struct emu_rsa *key)
{
	return (unsigned)key->bytes;
}

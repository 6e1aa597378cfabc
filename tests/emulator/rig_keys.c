/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h: keys that are known, and what OpenSSL says of them.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "tests/emulator/crypto_util.h"
#include "tests/emulator/rig.h"

static const char *const names[] = { "p", "q", "qi", "dp", "dq", "n", "e" };
enum { P, Q, QI, DP, DQ, N, E, COMPONENTS };

struct known {
	const char *section;
	struct cb_buf parts[COMPONENTS];
};

static struct known known[4];

static void
known_512(struct known *k)
{
	struct emu_rsa *key;
	struct emu_rsa_parts p = { 0 };
	struct cb_buf *from[] = { &p.p, &p.q, &p.qi, &p.dp, &p.dq, &p.n, &p.e };

	ck_assert_int_eq(emu_rsa_generate(&key, 512, CB_SPAN_EMPTY), CB_OK);
	ck_assert_int_eq(emu_rsa_parts(key, &p), CB_OK);
	for (size_t i = 0; i < COMPONENTS; i++)
		cb_buf_move(&k->parts[i], from[i]);
	emu_rsa_free(&key);
}

static const struct known *
known_key(const char *section)
{
	struct known *k = known;

	for (; k->section != NULL; k++)
		if (strcmp(k->section, section) == 0)
			return k;
	k->section = section;
	if (strcmp(section, "512") == 0)
		known_512(k);
	else
		for (size_t i = 0; i < COMPONENTS; i++)
			k->parts[i] = i == E
			    ? util_hex("010001")
			    : util_key_field(section, names[i]);
	return k;
}

struct cb_span
rig_key(const char *section, const char *component)
{
	const struct known *k = known_key(section);

	for (size_t i = 0; i < COMPONENTS; i++)
		if (strcmp(names[i], component) == 0)
			return cb_buf_span(&k->parts[i]);
	ck_abort_msg("no component %s", component);
}

static void
put_component(struct rig *r, uint8_t cc, uint8_t tag, struct cb_span v)
{
	uint8_t cmd[5 + 3 + 255] = { 0x80, 0xD8, cc, 0x04 };
	size_t n;

	while (v.n > 0) {
		/* 256 bytes go as 32 and 224 */
		n = v.n == 256 ? 32 : v.n;
		cmd[0] = v.n > n ? 0x90 : 0x80;
		cmd[4] = (uint8_t)(n + 3);
		cmd[5] = tag;
		cmd[6] = (uint8_t)n;
		memcpy(cmd + 7, v.p, n);
		cmd[7 + n] = 0;
		ck_assert_int_eq(emu_card_transmit(r->card,
				     cb_span(cmd, n + 8), &r->rsp),
		    CB_OK);
		ck_assert(cb_span_equal(
		    cb_buf_span(&r->rsp), CB_SPAN_OF(((uint8_t[]){ 0x90, 0 }))));
		v = cb_span_tail(v, n);
	}
}

void
rig_import(struct rig *r, const char *section, bool public)
{
	const struct known *k = known_key(section);

	if (public) {
		put_component(r, 1, 0xA1, cb_buf_span(&k->parts[N]));
		put_component(r, 2, 0xA1, cb_buf_span(&k->parts[E]));
		return;
	}
	for (uint8_t i = P; i <= DQ; i++)
		put_component(
		    r, (uint8_t)(i + 1), 0xA3, cb_buf_span(&k->parts[i]));
}

/* The public key as OpenSSL has it. */
static EVP_PKEY_CTX *
openssl_key(const char *section, EVP_PKEY **pkey)
{
	struct cb_span n = rig_key(section, "n"), e = rig_key(section, "e");
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *bn = BN_bin2bn(n.p, (int)n.n, NULL);
	BIGNUM *be = BN_bin2bn(e.p, (int)e.n, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM *params;

	*pkey = NULL;
	ck_assert(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be));
	params = OSSL_PARAM_BLD_to_param(bld);
	ck_assert(EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_PUBLIC_KEY, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	BN_free(bn);
	BN_free(be);
	EVP_PKEY_CTX_free(ctx);
	ctx = EVP_PKEY_CTX_new(*pkey, NULL);
	ck_assert_ptr_nonnull(ctx);
	return ctx;
}

bool
rig_verify(const char *section, struct cb_span signature, struct cb_span data)
{
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx = openssl_key(section, &pkey);
	bool good;

	ck_assert(EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	good = EVP_PKEY_verify(
		   ctx, signature.p, signature.n, data.p, data.n) == 1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return good;
}

void
rig_encrypt(const char *section, struct cb_span plain, struct cb_buf *out)
{
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ctx = openssl_key(section, &pkey);
	size_t n = rig_key(section, "n").n;
	uint8_t *p;

	ck_assert_int_eq(cb_buf_grow(out, n, &p), CB_OK);
	ck_assert(EVP_PKEY_encrypt_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_encrypt(ctx, p, &n, plain.p, plain.n) == 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
}

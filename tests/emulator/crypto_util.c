/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Helpers of the tests of crypto/.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "common/hex.h"
#include "tests/emulator/crypto_util.h"

#define KEYS "tests/vectors/%s/test-keys.txt"

struct cb_buf
util_hex(const char *text)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(cb_hex_decode(&b, text, strlen(text)), CB_OK);
	return b;
}

bool
util_is(struct cb_span b, const char *hex)
{
	struct cb_buf want = util_hex(hex);
	bool same = cb_span_equal(b, cb_buf_span(&want));

	cb_buf_free(&want);
	return same;
}

/* Sections a30 and on are AuthentIC v3's, i1 and i2 IAS ECC's. */
static FILE *
keys_open(const char *section)
{
	const char *top = getenv("CB_SRC");
	char path[4096];
	FILE *f;

	(void)snprintf(
	    path, sizeof(path), "%s/" KEYS, top == NULL ? "." : top,
	    section[0] == 'a'	  ? "authentic3"
		: section[0] == 'i' ? "iasecc-oberthur"
				    : "authentic5");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s is not there", path);
	return f;
}

struct cb_buf
util_key_field(const char *section, const char *field)
{
	const size_t section_n = strlen(section), field_n = strlen(field);
	struct cb_buf out = CB_BUF_INIT;
	char line[4096];
	bool inside = false;
	FILE *f = keys_open(section);

	while (out.n == 0 && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '[')
			inside = strncmp(line + 1, section, section_n) == 0 &&
			         line[1 + section_n] == ']';
		else if (inside && strncmp(line, field, field_n) == 0 &&
			 line[field_n] == '=')
			out = util_hex(line + field_n + 1);
	}
	(void)fclose(f);
	ck_assert_msg(out.n != 0, "[%s] %s is in no file", section, field);
	return out;
}

struct emu_rsa_parts
util_key_parts(const char *section)
{
	return (struct emu_rsa_parts){
		.n = util_key_field(section, "n"),
		.e = util_hex("010001"),
		.p = util_key_field(section, "p"),
		.q = util_key_field(section, "q"),
		.qi = util_key_field(section, "qi"),
		.dp = util_key_field(section, "dp"),
		.dq = util_key_field(section, "dq"),
	};
}

struct emu_rsa *
util_rsa_load(const char *section)
{
	struct emu_rsa_parts parts = util_key_parts(section);
	struct emu_rsa *key;

	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_OK);
	emu_rsa_parts_free(&parts);
	return key;
}

EVP_PKEY *
util_rsa_public(const struct emu_rsa *key)
{
	struct emu_rsa_parts parts;
	uint8_t n[256], e[8];
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM params[3];
	BIGNUM *bn_n, *bn_e;

	ck_assert_int_eq(emu_rsa_parts(key, &parts), CB_OK);
	bn_n = BN_bin2bn(parts.n.p, (int)parts.n.n, NULL);
	bn_e = BN_bin2bn(parts.e.p, (int)parts.e.n, NULL);
	params[0] =
	    OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, parts.n.n);
	params[1] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, 8);
	params[2] = OSSL_PARAM_construct_end();
	ck_assert(BN_bn2nativepad(bn_n, n, (int)parts.n.n) > 0);
	ck_assert(BN_bn2nativepad(bn_e, e, 8) > 0);
	ck_assert_int_eq(EVP_PKEY_fromdata_init(ctx), 1);
	ck_assert_int_eq(
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params), 1);
	BN_free(bn_n);
	BN_free(bn_e);
	EVP_PKEY_CTX_free(ctx);
	emu_rsa_parts_free(&parts);
	return pkey;
}

struct cb_buf
util_rsa_encipher(const struct emu_rsa *key, struct cb_span block)
{
	EVP_PKEY *pkey = util_rsa_public(key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	struct cb_buf out = CB_BUF_INIT;
	uint8_t *at;
	size_t n = block.n;

	ck_assert_int_eq(cb_buf_grow(&out, n, &at), CB_OK);
	ck_assert_int_eq(EVP_PKEY_encrypt_init(ctx), 1);
	ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	ck_assert_int_eq(EVP_PKEY_encrypt(ctx, at, &n, block.p, block.n), 1);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return out;
}

static enum cb_err
fixed_random(void *ctx, uint8_t *p, size_t n)
{
	struct cb_buf *bytes = ctx;

	if (n > bytes->n)
		return CB_E_CRYPTO;
	memcpy(p, bytes->p, n);
	cb_buf_consume(bytes, n);
	return CB_OK;
}

void
util_env_init(struct util_env *e, const char *hex)
{
	e->bytes = util_hex(hex);
	e->env = emu_env_system;
	e->env.random = fixed_random;
	e->env.ctx = &e->bytes;
}

void
util_env_clear(struct util_env *e)
{
	cb_buf_free(&e->bytes);
}

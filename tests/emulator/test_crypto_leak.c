/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * After a key is freed, no eight bytes of it in a row are left anywhere in
 * the process: searched in all of its memory, stack included, in both orders
 * of bytes. The searcher keeps the secrets scrambled, so as not to find
 * itself; each test first shows that it would find them. Nothing cleans the
 * stack between operation and search but the operation itself.
 *
 * Left out under AddressSanitizer and valgrind, which keep copies.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

#include "common/ct.h"
#include "tests/emulator/crypto_util.h"
#include "tests/emulator/leak.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

static void
wanted_parts(const struct emu_rsa_parts *parts)
{
	BIGNUM *p = BN_bin2bn(parts->p.p, (int)parts->p.n, NULL);
	BIGNUM *q = BN_bin2bn(parts->q.p, (int)parts->q.n, NULL);
	BIGNUM *e = BN_bin2bn(parts->e.p, (int)parts->e.n, NULL);
	BIGNUM *phi = BN_new(), *d = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	uint8_t bytes[256];

	leak_wanted(cb_buf_span(&parts->p));
	leak_wanted(cb_buf_span(&parts->q));
	leak_wanted(cb_buf_span(&parts->dp));
	leak_wanted(cb_buf_span(&parts->dq));
	leak_wanted(cb_buf_span(&parts->qi));
	ck_assert(BN_sub_word(p, 1) && BN_sub_word(q, 1) &&
		  BN_mul(phi, p, q, ctx) &&
		  BN_mod_inverse(d, e, phi, ctx) != NULL &&
		  BN_bn2binpad(d, bytes, (int)parts->n.n) > 0);
	leak_wanted(cb_span(bytes, parts->n.n));
	cb_wipe(bytes, sizeof(bytes));
	BN_clear_free(p);
	BN_clear_free(q);
	BN_clear_free(e);
	BN_clear_free(phi);
	BN_clear_free(d);
	BN_CTX_free(ctx);
}

static void
use_key(struct emu_rsa *key)
{
	struct cb_buf out = CB_BUF_INIT, back = CB_BUF_INIT;
	int i;

	for (i = 0; i < 3; i++) {
		cb_buf_clear(&out);
		ck_assert_int_eq(
		    emu_rsa_sign(key, cb_span_str("leak test"), &out), CB_OK);
		ck_assert_int_eq(
		    emu_rsa_decipher(key, cb_buf_span(&out), &back),
		    CB_E_FORMAT);
	}
	cb_buf_free(&out);
	cb_buf_free(&back);
}

START_TEST(nothing_is_left_of_a_loaded_key)
{
	struct emu_rsa_parts parts = util_key_parts("s80"), copy;
	struct emu_rsa *key;

	wanted_parts(&parts);
	cb_wipe_stack();
	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_OK);
	emu_rsa_parts_free(&parts);
	use_key(key);
	ck_assert_uint_gt(leak_search(), 500);
	ck_assert_int_eq(emu_rsa_parts(key, &copy), CB_OK);
	emu_rsa_parts_free(&copy);
	emu_rsa_free(&key);
	ck_assert_uint_eq(leak_search(), 0);
}
END_TEST

static size_t
left_of_a_refused_key(const char *section)
{
	struct emu_rsa_parts parts = util_key_parts(section);
	struct emu_rsa *key;

	parts.dq.p[100] ^= 1;
	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_E_FORMAT);
	emu_rsa_parts_free(&parts);
	return leak_search();
}

START_TEST(nothing_is_left_of_a_refused_key)
{
	struct emu_rsa_parts parts = util_key_parts("s80");

	wanted_parts(&parts);
	ck_assert_uint_gt(leak_search(), 500);
	emu_rsa_parts_free(&parts);
	/* Another key first: in a program linked without -z now, the loader
	 * spills registers to the stack when a function is first called. */
	(void)left_of_a_refused_key("s81");
	cb_wipe_stack();
	ck_assert_uint_eq(left_of_a_refused_key("s80"), 0);
}
END_TEST

START_TEST(nothing_is_left_of_a_generated_key)
{
	struct emu_rsa_parts parts;
	struct emu_rsa *key;

	ck_assert_int_eq(emu_rsa_generate(&key, 2048, CB_SPAN_EMPTY), CB_OK);
	ck_assert_int_eq(emu_rsa_parts(key, &parts), CB_OK);
	wanted_parts(&parts);
	cb_wipe_stack();
	emu_rsa_parts_free(&parts);
	use_key(key);
	ck_assert_uint_gt(leak_search(), 500);
	emu_rsa_free(&key);
	ck_assert_uint_eq(leak_search(), 0);
}
END_TEST

/* Each runs one operation on a secret drawn for it. */
static void
leak_scrypt(const uint8_t *secret)
{
	const struct emu_scrypt how = { .log2n = 10, .r = 8, .p = 1 };
	uint8_t out[EMU_KEY];

	ck_assert_int_eq(
	    emu_scrypt(&how, cb_span(secret, EMU_KEY), out), CB_OK);
}

static void
leak_hmac(const uint8_t *secret)
{
	uint8_t out[EMU_KEY];

	ck_assert_int_eq(
	    cr_hmac_sha256(secret, cb_span_str("text"), out), CB_OK);
}

static void
leak_hkdf(const uint8_t *secret)
{
	uint8_t out[EMU_KEY];

	ck_assert_int_eq(cr_hkdf_sha256(cb_span(secret, EMU_KEY),
			     CB_SPAN_EMPTY, "info", out, sizeof(out)),
	    CB_OK);
}

static void
leak_sha256(const uint8_t *secret)
{
	uint8_t out[32];

	ck_assert_int_eq(cr_sha256(cb_span(secret, EMU_KEY), out), CB_OK);
	cb_wipe_stack(); /* a hash is not taken for secret */
}

static void
leak_gcm_key(const uint8_t *secret)
{
	struct cb_buf sealed = CB_BUF_INIT, out = CB_BUF_INIT;

	ck_assert_int_eq(emu_gcm_seal(&emu_env_system, secret, CB_SPAN_EMPTY,
			     cb_span_str("text"), &sealed),
	    CB_OK);
	ck_assert_int_eq(
	    emu_gcm_open(secret, CB_SPAN_EMPTY, cb_buf_span(&sealed), &out),
	    CB_OK);
	cb_buf_free(&sealed);
	cb_buf_free(&out);
}

static void
leak_gcm_text(const uint8_t *secret)
{
	static const uint8_t key[EMU_KEY];
	struct cb_buf sealed = CB_BUF_INIT, out = CB_BUF_INIT;

	ck_assert_int_eq(emu_gcm_seal(&emu_env_system, key, CB_SPAN_EMPTY,
			     cb_span(secret, EMU_KEY), &sealed),
	    CB_OK);
	ck_assert_int_eq(
	    emu_gcm_open(key, CB_SPAN_EMPTY, cb_buf_span(&sealed), &out),
	    CB_OK);
	cb_buf_clear(&out);
	sealed.p[sealed.n - 1] ^= 1;
	ck_assert_int_eq(
	    emu_gcm_open(key, CB_SPAN_EMPTY, cb_buf_span(&sealed), &out),
	    CB_E_CRYPTO);
	cb_buf_free(&sealed);
	cb_buf_free(&out);
}

/* The secret is the ephemeral half in sealing and the owner's in opening. */
static void
leak_box(const uint8_t *secret)
{
	struct emu_env env = emu_env_system;
	struct util_env fixed;
	struct cb_buf sealed = CB_BUF_INIT, out = CB_BUF_INIT;
	uint8_t mine[EMU_KEY], public[EMU_KEY];

	util_env_init(&fixed, "");
	ck_assert_int_eq(
	    cb_buf_add(&fixed.bytes, cb_span(secret, EMU_KEY)), CB_OK);
	ck_assert_int_eq(emu_box_keypair(&fixed.env, mine, public), CB_OK);
	cb_wipe(mine, sizeof(mine));
	ck_assert_int_eq(emu_box_seal(&env, public, CB_SPAN_EMPTY,
			     cb_span_str("text"), &sealed),
	    CB_OK);
	ck_assert_int_eq(
	    emu_box_open(secret, CB_SPAN_EMPTY, cb_buf_span(&sealed), &out),
	    CB_OK);
	cb_buf_clear(&sealed);
	ck_assert_int_eq(
	    cb_buf_add(&fixed.bytes, cb_span(secret, EMU_KEY)), CB_OK);
	ck_assert_int_eq(
	    cb_buf_add(&fixed.bytes, cb_span("nonce in box", 12)), CB_OK);
	ck_assert_int_eq(emu_box_seal(&fixed.env, public, CB_SPAN_EMPTY,
			     cb_span_str("text"), &sealed),
	    CB_OK);
	cb_buf_free(&sealed);
	cb_buf_free(&out);
	util_env_clear(&fixed);
}

/* RFC 7748, 6.1: what both ends compute must go too. */
static void
leak_box_shared(const uint8_t *secret)
{
	struct util_env env;
	struct cb_buf bob = util_hex("DE9EDB7D7B7DC1B4D35B61C2ECE43537"
				     "3F8343C85B78674DADFC7E146F882B4F"),
		      sealed = CB_BUF_INIT;

	(void)secret;
	util_env_init(&env, "77076D0A7318A57D3C16C17251B26645"
			    "DF4C2F87EBC0992AB177FBA51DB92C2A"
			    "CAFEBABEFACEDBADDECAF888");
	ck_assert_int_eq(emu_box_seal(&env.env, bob.p, CB_SPAN_EMPTY,
			     cb_span_str("text"), &sealed),
	    CB_OK);
	util_env_clear(&env);
	cb_buf_free(&bob);
	cb_buf_free(&sealed);
}

static void
leak_des(const uint8_t *secret)
{
	uint8_t out[3];

	ck_assert_int_eq(emu_des_kcv(cb_span(secret, 24), out), CB_OK);
}

static void
leak_secret_memory(const uint8_t *secret)
{
	uint8_t *p = cr_secret_new(EMU_KEY);

	ck_assert_ptr_nonnull(p);
	memcpy(p, secret, EMU_KEY);
	cr_secret_free(p, EMU_KEY);
	cb_wipe_stack(); /* memcpy was ours */
}

static const struct {
	void (*run)(const uint8_t *secret);
	const char *secret; /* NULL: a random one */
} leaks[] = {
	{ leak_scrypt, NULL },
	{ leak_hmac, NULL },
	{ leak_hkdf, NULL },
	{ leak_sha256, NULL },
	{ leak_gcm_key, NULL },
	{ leak_gcm_text, NULL },
	{ leak_box, NULL },
	{ leak_des, NULL },
	{ leak_secret_memory, NULL },
	{ leak_box_shared, "4A5D9D5BA4CE2DE1728E3BF480350F25"
			   "E07E21C947D19E3376F09B3C1E161742" },
};

START_TEST(nothing_is_left_of_a_secret)
{
	static uint8_t secret[EMU_KEY];
	struct cb_buf given = CB_BUF_INIT;

	ck_assert_int_eq(emu_env_system.random(NULL, secret, EMU_KEY), CB_OK);
	if (leaks[_i].secret != NULL) {
		given = util_hex(leaks[_i].secret);
		memcpy(secret, given.p, EMU_KEY);
		cb_buf_free(&given);
	}
	leak_wanted(CB_SPAN_OF(secret));
	ck_assert_uint_gt(leak_search(), 0);
	cb_wipe_stack();
	leaks[_i].run(secret);
	cb_wipe(secret, sizeof(secret));
	ck_assert_uint_eq(leak_search(), 0);
}
END_TEST

Suite *
crypto_leak_suite(void)
{
	Suite *s = suite_create("crypto_leak");
	TCase *t = tcase_create("all");

	tcase_add_unchecked_fixture(t, rig_scrypt_whole, NULL);
	tcase_set_timeout(t, 60);
	if (!leak_watched()) {
		tcase_add_test(t, nothing_is_left_of_a_loaded_key);
		tcase_add_test(t, nothing_is_left_of_a_refused_key);
		tcase_add_test(t, nothing_is_left_of_a_generated_key);
		tcase_add_loop_test(t, nothing_is_left_of_a_secret, 0,
		    (int)(sizeof(leaks) / sizeof(leaks[0])));
	}
	suite_add_tcase(s, t);
	return s;
}

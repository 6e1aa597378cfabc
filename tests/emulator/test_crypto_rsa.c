/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * RSA keys: what makes one and what does not, fresh ones, and several at
 * once.
 */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include <openssl/bn.h>

#include "tests/emulator/crypto_util.h"
#include "tests/emulator/suites.h"

#define N_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* ---- loading ------------------------------------------------------------- */

/* Which components a host may leave out, and what it gets back. */
static const struct {
	const char *section;
	bool n, e, qi;
} loads[] = {
	{ "s80", true, true, true },
	{ "s81", true, true, true },
	{ "s80", false, false, false },
	{ "s81", false, false, false },
	{ "s80", false, true, false },
	{ "s81", true, false, true },
	{ "s80", false, false, true },
};

START_TEST(rsa_loads_and_completes)
{
	struct emu_rsa_parts all = util_key_parts(loads[_i].section);
	struct emu_rsa_parts given = util_key_parts(loads[_i].section), got;
	struct emu_rsa *key;

	if (!loads[_i].n)
		cb_buf_clear(&given.n);
	if (!loads[_i].e)
		cb_buf_clear(&given.e);
	if (!loads[_i].qi)
		cb_buf_clear(&given.qi);
	ck_assert_int_eq(emu_rsa_load(&key, &given), CB_OK);
	ck_assert_uint_eq(emu_rsa_bytes(key), 256);
	ck_assert_int_eq(emu_rsa_parts(key, &got), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&all.n), cb_buf_span(&got.n)));
	ck_assert(cb_span_equal(cb_buf_span(&all.e), cb_buf_span(&got.e)));
	ck_assert(cb_span_equal(cb_buf_span(&all.p), cb_buf_span(&got.p)));
	ck_assert(cb_span_equal(cb_buf_span(&all.q), cb_buf_span(&got.q)));
	ck_assert(cb_span_equal(cb_buf_span(&all.qi), cb_buf_span(&got.qi)));
	ck_assert(cb_span_equal(cb_buf_span(&all.dp), cb_buf_span(&got.dp)));
	ck_assert(cb_span_equal(cb_buf_span(&all.dq), cb_buf_span(&got.dq)));
	emu_rsa_free(&key);
	ck_assert_ptr_null(key);
	emu_rsa_free(&key);
	emu_rsa_parts_free(&all);
	emu_rsa_parts_free(&given);
	emu_rsa_parts_free(&got);
}
END_TEST

/* Ways to break a good set of components. */
static void
flip_p(struct emu_rsa_parts *k)
{
	k->p.p[k->p.n - 1] ^= 2;
}

static void
even_p(struct emu_rsa_parts *k)
{
	k->p.p[k->p.n - 1] ^= 1;
}

static void
even_q(struct emu_rsa_parts *k)
{
	k->q.p[k->q.n - 1] ^= 1;
}

static void
flip_dp(struct emu_rsa_parts *k)
{
	k->dp.p[5] ^= 1;
}

static void
flip_dq(struct emu_rsa_parts *k)
{
	k->dq.p[5] ^= 1;
}

static void
flip_dq_without_e(struct emu_rsa_parts *k)
{
	cb_buf_clear(&k->e);
	k->dq.p[5] ^= 1;
}

static void
flip_dp_without_e(struct emu_rsa_parts *k)
{
	cb_buf_clear(&k->e);
	k->dp.p[5] ^= 1;
}

static void
flip_qi(struct emu_rsa_parts *k)
{
	k->qi.p[5] ^= 1;
}

static void
flip_n(struct emu_rsa_parts *k)
{
	k->n.p[5] ^= 1;
}

static void
other_e(struct emu_rsa_parts *k)
{
	k->e.p[k->e.n - 1] = 3;
}

static void
swap_exponents(struct emu_rsa_parts *k)
{
	const struct cb_buf dp = k->dp;

	k->dp = k->dq;
	k->dq = dp;
}

static void
same_primes(struct emu_rsa_parts *k)
{
	ck_assert_int_eq(cb_buf_set(&k->q, cb_buf_span(&k->p)), CB_OK);
	ck_assert_int_eq(cb_buf_set(&k->dq, cb_buf_span(&k->dp)), CB_OK);
	cb_buf_clear(&k->qi);
	cb_buf_clear(&k->n);
}

static void
no_p(struct emu_rsa_parts *k)
{
	cb_buf_clear(&k->p);
}

static void
no_dq(struct emu_rsa_parts *k)
{
	cb_buf_clear(&k->dq);
}

static void
zero_dp(struct emu_rsa_parts *k)
{
	memset(k->dp.p, 0, k->dp.n);
}

/* What is given must fit, a zero too: it is not what is computed. */
static void
zero_n(struct emu_rsa_parts *k)
{
	memset(k->n.p, 0, k->n.n);
}

static void
zero_e(struct emu_rsa_parts *k)
{
	memset(k->e.p, 0, k->e.n);
}

static void
zero_qi(struct emu_rsa_parts *k)
{
	memset(k->qi.p, 0, k->qi.n);
}

static void
long_p(struct emu_rsa_parts *k)
{
	ck_assert_int_eq(cb_put_u8(&k->p, 1), CB_OK);
	cb_buf_clear(&k->n);
}

static void
huge_p(struct emu_rsa_parts *k)
{
	uint8_t *at;

	ck_assert_int_eq(cb_buf_grow(&k->p, 4096, &at), CB_OK);
}

static void
short_p(struct emu_rsa_parts *k)
{
	ck_assert_int_eq(cb_buf_truncate(&k->p, k->p.n - 1), CB_OK);
	k->p.p[k->p.n - 1] |= 1;
	cb_buf_clear(&k->n);
}

/* d mod p-1 plus p-1: the same residue, but not the reduced one. */
static void
large_dp(struct emu_rsa_parts *k)
{
	BIGNUM *p = BN_bin2bn(k->p.p, (int)k->p.n, NULL);
	BIGNUM *dp = BN_bin2bn(k->dp.p, (int)k->dp.n, NULL);
	uint8_t *at;

	ck_assert(BN_sub_word(p, 1) && BN_add(dp, dp, p));
	cb_buf_clear(&k->dp);
	ck_assert_int_eq(cb_buf_grow(&k->dp, 128, &at), CB_OK);
	ck_assert(BN_bn2binpad(dp, at, 128) == 128);
	BN_free(p);
	BN_free(dp);
}

static void (*const breaks[])(struct emu_rsa_parts *) = {
	flip_p,
	even_p,
	even_q,
	flip_dp,
	flip_dq,
	flip_dp_without_e,
	flip_dq_without_e,
	flip_qi,
	flip_n,
	other_e,
	swap_exponents,
	same_primes,
	no_p,
	no_dq,
	zero_dp,
	zero_n,
	zero_e,
	zero_qi,
	long_p,
	huge_p,
	short_p,
	large_dp,
};

START_TEST(rsa_refuses_parts_that_make_no_key)
{
	struct emu_rsa_parts parts = util_key_parts("s80");
	struct emu_rsa *key;

	breaks[_i](&parts);
	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_E_FORMAT);
	ck_assert_ptr_null(key);
	emu_rsa_parts_free(&parts);
}
END_TEST

/* All congruences hold, but p is composite: only trying it tells. */
START_TEST(rsa_refuses_a_composite_factor)
{
	struct emu_rsa_parts parts = util_key_parts("s80");
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *p = BN_bin2bn(parts.p.p, (int)parts.p.n, NULL);
	BIGNUM *p1 = BN_new(), *dp = NULL, *e = BN_new();
	struct emu_rsa *key;

	ck_assert(BN_set_word(e, 65537));
	while (dp == NULL) {
		ck_assert(
		    BN_sub_word(p, 2) && BN_copy(p1, p) && BN_sub_word(p1, 1));
		dp = BN_mod_inverse(NULL, e, p1, ctx);
	}
	ck_assert(BN_check_prime(p, ctx, NULL) == 0);
	ck_assert(BN_bn2binpad(p, parts.p.p, 128) == 128);
	ck_assert(BN_bn2binpad(dp, parts.dp.p, 128) == 128);
	cb_buf_clear(&parts.n);
	cb_buf_clear(&parts.qi);
	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_E_FORMAT);
	BN_free(p);
	BN_free(p1);
	BN_free(dp);
	BN_free(e);
	BN_CTX_free(ctx);
	emu_rsa_parts_free(&parts);
}
END_TEST

START_TEST(rsa_ignores_leading_zeros)
{
	struct emu_rsa_parts parts = util_key_parts("s80");
	struct cb_buf p = util_hex("00"), e = util_hex("00010001");
	struct emu_rsa *key;

	ck_assert_int_eq(cb_buf_add(&p, cb_buf_span(&parts.p)), CB_OK);
	cb_buf_move(&parts.p, &p);
	cb_buf_move(&parts.e, &e);
	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_OK);
	emu_rsa_parts_free(&parts);
	ck_assert_int_eq(emu_rsa_parts(key, &parts), CB_OK);
	ck_assert_uint_eq(parts.p.n, 128);
	ck_assert(util_is(cb_buf_span(&parts.e), "010001"));
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
}
END_TEST

/* ---- making -------------------------------------------------------------- */

static const struct {
	unsigned bits;
	const char *e;
	enum cb_err want;
} makes[] = {
	{ 512, "", CB_OK },
	{ 512, "03", CB_OK },
	{ 512, "010001", CB_OK },
	{ 512, "0000010001", CB_OK },
	{ 1024, "", CB_OK },
	{ 0, "", CB_E_ARG },
	{ 511, "", CB_E_ARG },
	{ 768, "", CB_E_ARG },
	{ 4096, "", CB_E_ARG },
	{ 2048, "02", CB_E_ARG },
	{ 2048, "01", CB_E_ARG },
	{ 2048, "00", CB_E_ARG },
	{ 2048, "010000", CB_E_ARG },
	{ 2048, "010000000000000001", CB_E_ARG },
};

START_TEST(rsa_generates)
{
	struct cb_buf e = util_hex(makes[_i].e), out = CB_BUF_INIT;
	struct cb_buf cryptogram, block = CB_BUF_INIT;
	struct emu_rsa_parts parts = { 0 };
	struct emu_rsa *key;
	uint8_t *at;
	size_t n = makes[_i].bits / 8;

	ck_assert_int_eq(
	    emu_rsa_generate(&key, makes[_i].bits, cb_buf_span(&e)),
	    makes[_i].want);
	if (makes[_i].want != CB_OK) {
		ck_assert_ptr_null(key);
		goto out;
	}
	ck_assert_uint_eq(emu_rsa_bytes(key), n);
	ck_assert_int_eq(emu_rsa_parts(key, &parts), CB_OK);
	ck_assert_uint_eq(parts.n.n, n);
	ck_assert_uint_eq(parts.p.n, n / 2);
	ck_assert_uint_eq(parts.q.n, n / 2);
	ck_assert_uint_eq(parts.qi.n, n / 2);
	ck_assert_uint_eq(parts.dp.n, n / 2);
	ck_assert_uint_eq(parts.dq.n, n / 2);
	ck_assert(util_is(cb_buf_span(&parts.e),
	    strcmp(makes[_i].e, "03") == 0 ? "03" : "010001"));
	ck_assert_int_ge(parts.n.p[0], 0x80);
	/* There and back: raw public, deciphered here. */
	ck_assert_int_eq(cb_buf_grow(&block, n, &at), CB_OK);
	memset(at, 0xAA, n);
	at[0] = 0;
	at[1] = 2;
	at[n - 3] = 0;
	cryptogram = util_rsa_encipher(key, cb_buf_span(&block));
	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_buf_span(&cryptogram), &out), CB_OK);
	ck_assert(util_is(cb_buf_span(&out), "AAAA"));
	cb_buf_free(&cryptogram);
out:
	cb_buf_free(&e);
	cb_buf_free(&out);
	cb_buf_free(&block);
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
}
END_TEST

/* ---- threads ------------------------------------------------------------- */

/* A card each: the parts of OpenSSL that they share must not meet. */
static void *
work_alone(void *arg)
{
	struct emu_rsa_parts *parts = arg;
	struct emu_rsa *key;
	struct cb_buf out = CB_BUF_INIT;
	const char *failed = NULL;
	int i;

	for (i = 0; i < 8 && failed == NULL; i++) {
		cb_buf_clear(&out);
		if (emu_rsa_load(&key, parts) != CB_OK) {
			failed = "load";
			break;
		}
		if (emu_rsa_sign(key, cb_span_str("x"), &out) != CB_OK ||
		    emu_rsa_decipher(key, cb_buf_span(&out), &out) !=
			CB_E_FORMAT ||
		    out.n != 256)
			failed = "use";
		emu_rsa_free(&key);
	}
	cb_buf_free(&out);
	return failed == NULL ? NULL : parts;
}

START_TEST(threads_use_keys_of_their_own)
{
	enum { N = 4 };
	struct emu_rsa_parts parts[N];
	pthread_t threads[N];
	void *failed;
	int i;

	for (i = 0; i < N; i++)
		parts[i] = util_key_parts(i % 2 == 0 ? "s80" : "s81");
	for (i = 0; i < N; i++)
		ck_assert_int_eq(
		    pthread_create(&threads[i], NULL, work_alone, &parts[i]),
		    0);
	for (i = 0; i < N; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
		emu_rsa_parts_free(&parts[i]);
	}
}
END_TEST

Suite *
crypto_rsa_suite(void)
{
	Suite *s = suite_create("crypto_rsa");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, rsa_loads_and_completes, 0, N_OF(loads));
	tcase_add_loop_test(
	    t, rsa_refuses_parts_that_make_no_key, 0, N_OF(breaks));
	tcase_add_test(t, rsa_refuses_a_composite_factor);
	tcase_add_test(t, rsa_ignores_leading_zeros);
	tcase_add_loop_test(t, rsa_generates, 0, N_OF(makes));
	tcase_add_test(t, threads_use_keys_of_their_own);
	suite_add_tcase(s, t);
	return s;
}

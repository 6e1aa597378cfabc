/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * RSA keys at work: signatures against a recorded one and against OpenSSL's
 * own verification, and every kind of bad padding.
 */
#include <check.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "tests/emulator/crypto_util.h"
#include "tests/emulator/suites.h"

#define N_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* From the recorded conversations t1-sign-raw and t1-login-decrypt. */
#define SIGN_DATA                                                              \
	"3031300D060960864801650304020105000420"                               \
	"B94D27B9934D3E08A52E52D7DA7DABFAC484EFE37A5380EE9088F7ACE2EFCDE9"
#define SIGNATURE                                                              \
	"6C2F8B96F5DE8BCA6D8665E7E3C95F6A8100F5130E216B4573AD5BC4C42BB088"     \
	"856DBA46BF49CD1D0053C6C943B7264EFEF6F482E736784C3BCE0C5C6A87D456"     \
	"78E4CDC4F7467F677230E098E03799B2E3A04704E16C8DABFDE683717ACD535B"     \
	"26AFA7FD93EE7F2D7C3CAB8AC4985E09A814F2AE685552966F411381F304CB62"     \
	"C8F0B94913E4D11985E89B1F4CE748CFE23208935EA901A68F3CCD1EA2DBA646"     \
	"A0E71BD3F0B342A70FAE8E9B108D9CB4A5061C45BA7E096BA2D014A0E2D1DA9F"     \
	"0A9B00C13330E48F4AB136B2146239D9FFCEE842BF46E09D6FAA3064C864B94A"     \
	"25E5ED62334EB18C18E507F1F7C93EAEA494769723717EF5E9E3B39F090C2833"
#define CRYPTOGRAM                                                             \
	"12B3C92747FEC6B3"                                                     \
	"50C32E8BB6AFDD607DB631518A6CD30E43421C9E10C7801874939ED9EB02AA62"     \
	"B581102625FF7873BEDFE37406C046CE68E0E8FC16F6B456BB11F83B6E577519"     \
	"5FCA80D1D95869F20CB8C1324BE366D498DFB0CDF6514CB2F4AC78A1B412DF4A"     \
	"0A459D13372A28B573A9289EFE6E8EB9B8B6E1CB361E94FDCA4FAAF93CCE709F"     \
	"333601C2143C866329E1713D2AB10C3F96369A9A12BA8D910E47747532CDF64C"     \
	"46720F6D5F9CB19FBDD0F92459DADD0DC597E0AC95DD57007AAE889361A88292"     \
	"A787D1FA9E8970F0769ED4607BCFE6B66A5A7A70540DB8C90BB76951CD4BF023"     \
	"4AC7BD11E4A947488AF7E2D91C65A4A381F8AB63BC24B778"

static void
assert_signs(struct emu_rsa *key, const char *data, const char *want)
{
	struct cb_buf in = util_hex(data), out = util_hex("01");

	ck_assert_int_eq(emu_rsa_sign(key, cb_buf_span(&in), &out), CB_OK);
	ck_assert_uint_eq(out.p[0], 1);
	ck_assert(util_is(cb_span_tail(cb_buf_span(&out), 1), want));
	cb_buf_free(&in);
	cb_buf_free(&out);
}

/* ---- signatures ---------------------------------------------------------- */

START_TEST(rsa_signs_as_recorded)
{
	struct emu_rsa *key = util_rsa_load("s80");

	/* Twice: contexts and blinding are kept. */
	assert_signs(key, SIGN_DATA, SIGNATURE);
	assert_signs(key, SIGN_DATA, SIGNATURE);
	emu_rsa_free(&key);
}
END_TEST

/* Lengths at both ends; the data are not looked at. */
static const struct {
	const char *section;
	size_t n;
	enum cb_err want;
} signs[] = {
	{ "s80", 0, CB_OK },
	{ "s80", 1, CB_OK },
	{ "s81", 96, CB_OK },
	{ "s81", 245, CB_OK },
	{ "s80", 246, CB_E_ARG },
	{ "s80", 256, CB_E_ARG },
};

START_TEST(rsa_signature_opens_with_the_public_key)
{
	struct emu_rsa *key = util_rsa_load(signs[_i].section);
	EVP_PKEY *pkey = util_rsa_public(key);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
	struct cb_buf data = CB_BUF_INIT, sig = CB_BUF_INIT;
	uint8_t *at, opened[256];
	size_t n = sizeof(opened);

	ck_assert_int_eq(cb_buf_grow(&data, 256, &at), CB_OK);
	memset(at, 0x31, 256);
	ck_assert_int_eq(emu_rsa_sign(key, cb_span(data.p, signs[_i].n), &sig),
	    signs[_i].want);
	if (signs[_i].want != CB_OK) {
		ck_assert_uint_eq(sig.n, 0);
		goto out;
	}
	ck_assert_uint_eq(sig.n, 256);
	ck_assert_int_eq(EVP_PKEY_verify_recover_init(ctx), 1);
	ck_assert_int_eq(
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
	ck_assert_int_eq(
	    EVP_PKEY_verify_recover(ctx, opened, &n, sig.p, sig.n), 1);
	ck_assert_uint_eq(n, signs[_i].n);
	ck_assert(n == 0 || memcmp(opened, data.p, n) == 0);
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	cb_buf_free(&data);
	cb_buf_free(&sig);
	emu_rsa_free(&key);
}
END_TEST

START_TEST(rsa_takes_the_smaller_prime_first)
{
	struct emu_rsa_parts parts = util_key_parts("s80");
	const struct cb_buf p = parts.p, dp = parts.dp;
	struct emu_rsa *key;

	parts.p = parts.q;
	parts.q = p;
	parts.dp = parts.dq;
	parts.dq = dp;
	cb_buf_clear(&parts.qi);
	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_OK);
	assert_signs(key, SIGN_DATA, SIGNATURE);
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
}
END_TEST

/* ---- deciphering --------------------------------------------------------- */

START_TEST(rsa_deciphers_as_recorded)
{
	struct emu_rsa *key = util_rsa_load("s80");
	struct cb_buf in = util_hex(CRYPTOGRAM), out = util_hex("01");

	ck_assert_int_eq(emu_rsa_decipher(key, cb_buf_span(&in), &out), CB_OK);
	ck_assert(util_is(cb_buf_span(&out), "0168656C6C6F20776F726C64"));
	cb_buf_free(&in);
	cb_buf_free(&out);
	emu_rsa_free(&key);
}
END_TEST

/* A block of AA bytes with these changes; `end` is where a zero goes (0: no
 * zero). `left` is the length of the plaintext, -1 where there is none. */
static const struct {
	uint8_t first, second;
	size_t end, end2;
	int left;
} blocks[] = {
	{ 0, 2, 10, 0, 245 },
	{ 0, 2, 11, 0, 244 },
	{ 0, 2, 100, 0, 155 },
	{ 0, 2, 100, 200, 155 },
	{ 0, 2, 254, 0, 1 },
	{ 0, 2, 255, 0, 0 },
	{ 0, 2, 10, 11, 245 },
	{ 0, 2, 0, 0, -1 }, /* no end */
	{ 0, 2, 2, 0, -1 },
	{ 0, 2, 3, 0, -1 },
	{ 0, 2, 4, 0, -1 },
	{ 0, 2, 5, 0, -1 },
	{ 0, 2, 6, 0, -1 },
	{ 0, 2, 7, 0, -1 },
	{ 0, 2, 8, 0, -1 },
	{ 0, 2, 9, 0, -1 },
	{ 0, 2, 9, 100, -1 }, /* a good end after a bad one */
	{ 1, 2, 100, 0, -1 },
	{ 0x80, 2, 100, 0, -1 },
	{ 0, 1, 100, 0, -1 },
	{ 0, 0, 100, 0, -1 },
	{ 0, 3, 100, 0, -1 },
	{ 0, 0x82, 100, 0, -1 },
	{ 0, 0xFF, 100, 0, -1 },
	{ 2, 0, 100, 0, -1 },
};

START_TEST(rsa_padding_is_one_answer)
{
	struct emu_rsa *key = util_rsa_load("s80");
	struct cb_buf cryptogram, out = util_hex("01");
	uint8_t block[256];
	enum cb_err want = blocks[_i].left < 0 ? CB_E_FORMAT : CB_OK;

	memset(block, 0xAA, sizeof(block));
	block[0] = blocks[_i].first;
	block[1] = blocks[_i].second;
	if (blocks[_i].end != 0)
		block[blocks[_i].end] = 0;
	if (blocks[_i].end2 != 0)
		block[blocks[_i].end2] = 0;
	cryptogram = util_rsa_encipher(key, CB_SPAN_OF(block));
	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_buf_span(&cryptogram), &out), want);
	if (want != CB_OK)
		ck_assert_uint_eq(out.n, 1);
	else {
		ck_assert_uint_eq(out.n, 1 + (size_t)blocks[_i].left);
		ck_assert(cb_span_equal(cb_span_tail(cb_buf_span(&out), 1),
		    cb_span_tail(
			CB_SPAN_OF(block), 256 - (size_t)blocks[_i].left)));
	}
	cb_buf_free(&cryptogram);
	cb_buf_free(&out);
	emu_rsa_free(&key);
}
END_TEST

START_TEST(rsa_cryptogram_is_below_the_modulus)
{
	struct emu_rsa *key = util_rsa_load("s80");
	struct cb_buf n = util_key_field("s80", "n"), out = CB_BUF_INIT;

	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_buf_span(&n), &out), CB_E_ARG);
	n.p[n.n - 1]++;
	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_buf_span(&n), &out), CB_E_ARG);
	n.p[n.n - 1] -= 2; /* n - 1: its own inverse, bad padding */
	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_buf_span(&n), &out), CB_E_FORMAT);
	n.p[0] = 0;
	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_span_head(cb_buf_span(&n), 255), &out),
	    CB_E_ARG);
	ck_assert_int_eq(emu_rsa_decipher(key, CB_SPAN_EMPTY, &out), CB_E_ARG);
	ck_assert_int_eq(cb_put_u8(&n, 0), CB_OK);
	ck_assert_int_eq(
	    emu_rsa_decipher(key, cb_buf_span(&n), &out), CB_E_ARG);
	ck_assert_uint_eq(out.n, 0);
	cb_buf_free(&n);
	emu_rsa_free(&key);
}
END_TEST

Suite *
crypto_rsa_use_suite(void)
{
	Suite *s = suite_create("crypto_rsa_use");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, rsa_takes_the_smaller_prime_first);
	tcase_add_test(t, rsa_signs_as_recorded);
	tcase_add_loop_test(
	    t, rsa_signature_opens_with_the_public_key, 0, N_OF(signs));
	tcase_add_test(t, rsa_deciphers_as_recorded);
	tcase_add_loop_test(t, rsa_padding_is_one_answer, 0, N_OF(blocks));
	tcase_add_test(t, rsa_cryptogram_is_below_the_modulus);
	suite_add_tcase(s, t);
	return s;
}

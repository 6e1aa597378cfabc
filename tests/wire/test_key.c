/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys: signing, wrapping, and being kept as text.
 */
#include <string.h>

#include "tests/wire/suites.h"

START_TEST(a_signature_is_of_its_key_and_bytes)
{
	struct wire_key *key, *other;
	struct cb_buf sign = CB_BUF_INIT;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_key_new_p256(&other), CB_OK);
	ck_assert_int_eq(wire_sign(key, cb_span_str("text"), &sign), CB_OK);
	ck_assert_int_eq(
	    wire_verify(key, cb_span_str("text"), cb_buf_span(&sign)), CB_OK);
	ck_assert_int_eq(
	    wire_verify(key, cb_span_str("tex"), cb_buf_span(&sign)),
	    CB_E_CRYPTO);
	ck_assert_int_eq(
	    wire_verify(other, cb_span_str("text"), cb_buf_span(&sign)),
	    CB_E_CRYPTO);
	ck_assert_int_eq(
	    wire_verify(key, cb_span_str("text"), CB_SPAN_EMPTY),
	    CB_E_CRYPTO);
	sign.p[sign.n - 1] ^= 1;
	ck_assert_int_eq(
	    wire_verify(key, cb_span_str("text"), cb_buf_span(&sign)),
	    CB_E_CRYPTO);
	wire_key_free(&key);
	wire_key_free(&other);
	ck_assert_ptr_null(key);
	wire_key_free(&key);
	cb_buf_free(&sign);
}
END_TEST

START_TEST(a_wrap_is_for_its_key_and_label)
{
	struct wire_key *key = pki_service(), *other;
	struct cb_buf wrapped = CB_BUF_INIT, secret = bytes_of(7, CR_KEY);
	uint8_t out[CR_KEY] = { 0 };

	ck_assert_int_eq(wire_key_new_rsa(&other, WIRE_RSA_BITS), CB_OK);
	ck_assert_int_eq(
	    wire_wrap(key, cb_span_str("label"), secret.p, &wrapped), CB_OK);
	ck_assert_uint_eq(wrapped.n, WIRE_RSA_BITS / 8);
	ck_assert_int_eq(wire_unwrap(key, cb_span_str("label"),
			     cb_buf_span(&wrapped), out),
	    CB_OK);
	ck_assert_mem_eq(out, secret.p, CR_KEY);
	ck_assert_int_eq(wire_unwrap(key, cb_span_str("Label"),
			     cb_buf_span(&wrapped), out),
	    CB_E_CRYPTO);
	ck_assert_int_eq(wire_unwrap(other, cb_span_str("label"),
			     cb_buf_span(&wrapped), out),
	    CB_E_CRYPTO);
	ck_assert_int_eq(wire_unwrap(key, cb_span_str("label"),
			     cb_span(wrapped.p, wrapped.n - 1), out),
	    CB_E_CRYPTO);
	wrapped.p[9] ^= 1;
	ck_assert_int_eq(wire_unwrap(key, cb_span_str("label"),
			     cb_buf_span(&wrapped), out),
	    CB_E_CRYPTO);
	wire_key_free(&other);
	cb_buf_free(&wrapped);
	cb_buf_free(&secret);
}
END_TEST

START_TEST(each_key_does_its_own_work)
{
	struct wire_key *ec, *none, *rsa = pki_service();
	struct cb_buf out = CB_BUF_INIT;
	uint8_t secret[CR_KEY] = { 0 };

	ck_assert_int_eq(wire_key_new_p256(&ec), CB_OK);
	ck_assert_int_eq(
	    wire_key_new_rsa(&none, WIRE_RSA_BITS - 1), CB_E_ARG);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(wire_sign(rsa, cb_span_str("text"), &out), CB_E_ARG);
	ck_assert_int_eq(
	    wire_verify(rsa, cb_span_str("text"), CB_SPAN_EMPTY), CB_E_ARG);
	ck_assert_int_eq(
	    wire_wrap(ec, cb_span_str("label"), secret, &out), CB_E_ARG);
	ck_assert_int_eq(
	    wire_unwrap(ec, cb_span_str("label"), CB_SPAN_EMPTY, secret),
	    CB_E_ARG);
	ck_assert_uint_eq(out.n, 0);
	wire_key_free(&ec);
}
END_TEST

START_TEST(a_key_is_kept_as_text)
{
	struct wire_key *key, *back;
	struct cb_buf pem = CB_BUF_INIT, sign = CB_BUF_INIT;

	ck_assert_int_eq(wire_key_new_p256(&key), CB_OK);
	ck_assert_int_eq(wire_key_put_pem(key, &pem), CB_OK);
	ck_assert_mem_eq(pem.p, "-----BEGIN PRIVATE KEY-----\n", 28);
	ck_assert_int_eq(wire_key_get_pem(cb_buf_span(&pem), &back), CB_OK);
	ck_assert_int_eq(wire_sign(back, cb_span_str("text"), &sign), CB_OK);
	ck_assert_int_eq(
	    wire_verify(key, cb_span_str("text"), cb_buf_span(&sign)), CB_OK);
	wire_key_free(&key);
	wire_key_free(&back);
	cb_buf_free(&pem);
	cb_buf_free(&sign);
}
END_TEST

/* Made with openssl 3.0: genpkey -algorithm EC -pkeyopt
 * ec_paramgen_curve:P-384; the same with -aes256 and a passphrase; genrsa
 * 1024. And words. */
static const char *const no_keys[] = {
	"-----BEGIN PRIVATE KEY-----\n"
	"MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDB6jX45r0BDFg2yMN4F\n"
	"dvqL4VRZS+cDslziEtv+qaMOQlCvULjY2W+7l2oFDE+dCj+hZANiAAQM4//p1jYp\n"
	"Pc7GNpF8qr1r5WAxfEOwcP2toTStoDHusF4n7fko2Gj63kNNEfotB9kmXOboFkoW\n"
	"QI6UDVp1AkTUhybn+OriNaBp6WFY+UIfPu14MImz4AaCGkNzEX4rY6o=\n"
	"-----END PRIVATE KEY-----\n",
	"-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
	"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh2QAYh+ADdYQICCAAw\n"
	"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEH+ptW9RBiRrBZS1NbOs7rIEgZDk\n"
	"EnokihoFKLSS5yf6Y0mV81mFKJMpIlTXQzox39EvLiTsfcQRMXSEHPPEmJnoUXIJ\n"
	"NIwS6ef6LnfpfPAPCpUqIaGbaQ90q+zRZrWLXNZN3P/uklOfamaxgnUJsxpVqKh6\n"
	"+Q4gBpOjk6GQEx38Rqh3JsMl7VRBcpvktpMlHqUGwrf2pHGdtsv934OvmUuDjfQ=\n"
	"-----END ENCRYPTED PRIVATE KEY-----\n",
	"-----BEGIN PRIVATE KEY-----\n"
	"MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAMBwJaVJ4fxbyuaO\n"
	"X3F4VIfDz09DfGc0e0wPBOxgzmg9bXNsoy4XNiDblYkcOW7QiWMc3Idp7zWGeLZL\n"
	"qZF92lbDDXlgx+0Jer8gZ9oovw0z2/H0f323xY07zmJWJilXl3KHP63EznXhZXV8\n"
	"Lhi+0MPu6+1RVHQAPihz9AgQpDYFAgMBAAECgYBN/2aSxw5snbvwlPZEZJRGbuwg\n"
	"4WaT4iazXkcNk/M1Nuic5wSA0vGigb3rU+BHdQiqfnE4BYzqMfXNVX+GM++BlQFw\n"
	"3QDadJ7NWqHVtQO45Lfr36nmh+ow5WAXH0yuepURI12e1GGxrxXPAm9EvKmfv+xo\n"
	"4hxYkZlQ4eSKUyJ9pQJBAOaGNdWyOq+grFJlMrD9yGu+D/lq5E1NIUHcPwWFLMYo\n"
	"IZTLoz02SdcIBwB+jUm2IEAB+/PkgXTFjf7NBxFALV8CQQDVtG+XhRKML5PJ021k\n"
	"1Rz0mG1SwTHc9N9IfcewFIhFMAUf/h1/BYwIIkuQc6fobCii7tS1MaAClOdpKMZs\n"
	"mrMbAkEAnMi5Ap9WdK6lpOB5CpGAZ2779Fnz7nM/5EhEgJ+j5R3UQRwC6RXsQJiQ\n"
	"EpD/zRtWcdInpyhJt77JJXwSi3QHpwJBAMU0fanIHgaJPQsI9TEQTGkWZAPyzg3F\n"
	"Vmqxz10YhWu7VW9hc1ytBLzY0PxbDf44GQPJ+zW9tpfLSwTKoNjFpTMCQQDStUdc\n"
	"XQWTVu9SFc5WNacxg8VqoYui9FwNB3R5Sll+GnXkleObUV72TTu3eaBW/rXh/WG8\n"
	"AKFlMvEnphuSDQ67\n"
	"-----END PRIVATE KEY-----\n",
	"",
	"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
};

START_TEST(no_other_key_is_taken)
{
	struct wire_key *key;

	ck_assert_int_eq(
	    wire_key_get_pem(cb_span_str(no_keys[_i]), &key), CB_E_FORMAT);
	ck_assert_ptr_null(key);
}
END_TEST

Suite *
key_suite(void)
{
	Suite *s = suite_create("key");
	TCase *tc = tcase_create("key");

	tcase_add_unchecked_fixture(tc, pki_service_make, NULL);
	tcase_set_timeout(tc, 120);	/* RSA keys, under valgrind */
	tcase_add_test(tc, a_signature_is_of_its_key_and_bytes);
	tcase_add_test(tc, a_wrap_is_for_its_key_and_label);
	tcase_add_test(tc, each_key_does_its_own_work);
	tcase_add_test(tc, a_key_is_kept_as_text);
	tcase_add_loop_test(tc, no_other_key_is_taken, 0, COUNT(no_keys));
	suite_add_tcase(s, tc);
	return s;
}

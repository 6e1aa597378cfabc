/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Certificates: made ones are taken apart and verified by OpenSSL's own
 * X.509, byte by byte where the shape is an interface; read ones are the
 * published test certificates, whole, cut off and with every bit flipped.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "emulator/crypto/cert.h"
#include "emulator/crypto/testca.h"
#include "tests/emulator/crypto_util.h"
#include "tests/emulator/suites.h"

#define N_OF(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define NOON 1790000000 /* 2026-09-21 14:13:20 UTC */

static struct cb_buf
make(const char *section, const struct emu_cert_wish *wish)
{
	struct emu_rsa_parts parts = util_key_parts(section);
	struct cb_buf der = CB_BUF_INIT;
	struct emu_rsa *key;

	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_OK);
	ck_assert_int_eq(emu_cert_make(key, wish, &der), CB_OK);
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
	return der;
}

static X509 *
decode(struct cb_span der)
{
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	ck_assert_ptr_nonnull(x);
	ck_assert_ptr_eq(p, der.p + der.n);
	return x;
}

/* X509_V_OK or why not, with -x509_strict. */
static int
verify(X509 *leaf, X509 *anchor, int64_t at, const char *policy)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *how;
	int error = X509_V_ERR_UNSPECIFIED;

	ck_assert_int_eq(X509_STORE_add_cert(store, anchor), 1);
	ck_assert_int_eq(X509_STORE_CTX_init(ctx, store, leaf, NULL), 1);
	how = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(
	    how, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_VERIFY_PARAM_set_time(how, (time_t)at);
	if (policy != NULL) {
		X509_VERIFY_PARAM_set_flags(how,
		    X509_V_FLAG_POLICY_CHECK | X509_V_FLAG_EXPLICIT_POLICY);
		ck_assert_int_eq(
		    X509_VERIFY_PARAM_add0_policy(how, OBJ_txt2obj(policy, 1)),
		    1);
	}
	if (X509_verify_cert(ctx) == 1)
		error = X509_V_OK;
	else
		error = X509_STORE_CTX_get_error(ctx);
	ERR_clear_error();
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return error;
}

static const struct emu_cert_wish live_wish = {
	.user = "123456789012",
	.now = NOON,
	.usage = EMU_USAGE_DIGITAL_SIGNATURE | EMU_USAGE_KEY_ENCIPHERMENT,
	.serial = { 0x11, 0x22, 0x33, 0x44 },
};
static const struct emu_cert_wish test_wish = {
	.user = "123456789012",
	.now = NOON,
	.test = true,
	.usage = EMU_USAGE_NON_REPUDIATION,
	.serial = { 0x55, 0x22, 0x33, 0x44 },
};

/* O, OU, CN in this order, PrintableString, one attribute an RDN. */
#define NAME_PEOPLE                                                            \
	"3036"                                                                 \
	"310C300A060355040A13036E6873"                                         \
	"310F300D060355040B130670656F706C65"                                   \
	"31153013060355040313"                                                 \
	"0C313233343536373839303132"
#define NAME_CA                                                                \
	"3038"                                                                 \
	"310C300A060355040A13036E6873"                                         \
	"310B3009060355040B13024341"                                           \
	"311B3019060355040313"                                                 \
	"12636172646272696467652074657374204341"

START_TEST(live_certificate_is_its_own_issuer)
{
	struct cb_buf der = make("s80", &live_wish), n;
	struct emu_cert_parts parts;
	X509 *x = decode(cb_buf_span(&der));

	ck_assert_int_eq(emu_cert_parse(cb_buf_span(&der), &parts), CB_OK);
	ck_assert(util_is(parts.subject, NAME_PEOPLE));
	ck_assert(util_is(parts.issuer, NAME_PEOPLE));
	ck_assert(util_is(parts.serial, "020411223344"));
	n = util_key_field("s80", "n");
	ck_assert(cb_span_equal(parts.modulus, cb_buf_span(&n)));
	ck_assert_int_eq(X509_get_version(x), X509_VERSION_3);
	ck_assert_int_eq(
	    X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
	ck_assert_int_eq(verify(x, x, NOON, NULL), X509_V_OK);
	ck_assert_int_eq(
	    verify(x, x, NOON - 1, NULL), X509_V_ERR_CERT_NOT_YET_VALID);
	X509_free(x);
	cb_buf_free(&der);
	cb_buf_free(&n);
}
END_TEST

START_TEST(test_certificate_comes_from_the_test_ca)
{
	struct cb_buf der = make("s81", &test_wish);
	struct emu_cert_parts parts;
	X509 *x = decode(cb_buf_span(&der)), *ca = decode(emu_test_ca());

	ck_assert_int_eq(emu_cert_parse(cb_buf_span(&der), &parts), CB_OK);
	ck_assert(util_is(parts.subject, NAME_PEOPLE));
	ck_assert(util_is(parts.issuer, NAME_CA));
	ck_assert_int_eq(verify(x, ca, NOON, NULL), X509_V_OK);
	ck_assert_int_eq(verify(ca, ca, NOON, NULL), X509_V_OK);
	/* An anchor's own policies limit nothing: both of the leaf's hold. */
	ck_assert_int_eq(
	    verify(x, ca, NOON, "1.3.6.1.4.1.32473.1.1"), X509_V_OK);
	ck_assert_int_eq(
	    verify(x, ca, NOON, "1.3.826.0.1275.101.0.3.1.1"), X509_V_OK);
	ck_assert_int_eq(verify(x, ca, NOON, "1.3.6.1.4.1.32473.1.2"),
	    X509_V_ERR_NO_EXPLICIT_POLICY);
	X509_free(x);
	X509_free(ca);
	cb_buf_free(&der);
}
END_TEST

/* Extensions as they must stand: order, criticality, value. */
#define POLICY "300D060B2B863A00897B6500030101"
#define TEST_POLICY                                                            \
	"3033060A2B0601040181FD590101"                                         \
	"3025302306082B0601050507020230170C15"                                 \
	"54455354202D2070726F766573206E6F7468696E67"
/* clang-format off */
static const struct extension {
	const char *oid;
	bool critical;
	const char *live, *test;	/* NULL: see the test */
} extensions[] = {
	{ "2.5.29.15", true, "030205A0", "03020640" },
	{ "2.5.29.32", false, "300F" POLICY, "3044" POLICY TEST_POLICY },
	{ "2.5.29.31", false,
	  "3050304EA04CA04AA4483046"
	  "310C300A060355040A13036E6873310F300D060355040B130670656F706C65"
	  "311530130603550403130C313233343536373839303132"
	  "310E300C0603550403130543524C3031",
	  "30523050A04EA04CA44A3048"
	  "310C300A060355040A13036E6873310B3009060355040B13024341"
	  "311B301906035504031312636172646272696467652074657374204341"
	  "310E300C0603550403130543524C3031" },
	{ "2.5.29.16", false,
	  "3022800F32303236303932313134313332305A"
	  "810F32303238303932313134333030305A",
	  "3022800F32303236303932313134313332305A"
	  "810F32303238303932313134333030305A" },
	{ "2.5.29.35", false, NULL, NULL },
	{ "2.5.29.14", false, NULL, NULL },
	{ "2.5.29.19", false, "3000", "3000" },
	{ "1.2.840.113533.7.65.0", false,
	  "300A1B0456372E31030204B0", "300A1B0456372E31030204B0" },
};
/* clang-format on */

static void
assert_extensions(X509 *x, bool test)
{
	X509_EXTENSION *ext;
	const ASN1_OCTET_STRING *value;
	const char *want;
	char oid[80];
	int i;

	ck_assert_int_eq(X509_get_ext_count(x), N_OF(extensions));
	for (i = 0; i < N_OF(extensions); i++) {
		ext = X509_get_ext(x, i);
		ck_assert_int_gt(OBJ_obj2txt(oid, sizeof(oid),
				     X509_EXTENSION_get_object(ext), 1),
		    0);
		ck_assert_str_eq(oid, extensions[i].oid);
		ck_assert_int_eq(
		    X509_EXTENSION_get_critical(ext), extensions[i].critical);
		want = test ? extensions[i].test : extensions[i].live;
		value = X509_EXTENSION_get_data(ext);
		if (want != NULL)
			ck_assert_msg(
			    util_is(cb_span(ASN1_STRING_get0_data(value),
					(size_t)ASN1_STRING_length(value)),
				want),
			    "value of %s", oid);
	}
}

START_TEST(extensions_stand_in_order)
{
	struct cb_buf live = make("s80", &live_wish);
	struct cb_buf test = make("s80", &test_wish);
	X509 *x = decode(cb_buf_span(&live)), *ca;

	assert_extensions(x, false);
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(x),
			     X509_get0_authority_key_id(x)),
	    0);
	X509_free(x);
	x = decode(cb_buf_span(&test));
	ca = decode(emu_test_ca());
	assert_extensions(x, true);
	ck_assert_int_eq(ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(ca),
			     X509_get0_authority_key_id(x)),
	    0);
	X509_free(x);
	X509_free(ca);
	cb_buf_free(&live);
	cb_buf_free(&test);
}
END_TEST

/* Two years, then up to the half hour. */
static const struct {
	int64_t now;
	const char *from, *to; /* with their tags */
} terms[] = {
	{ NOON, "170D3236303932313134313332305A",       /* 260921141320Z */
	    "170D3238303932313134333030305A" },         /* 280921143000Z */
	{ 1790001000, "170D3236303932313134333030305A", /* on the half hour */
	    "170D3238303932313134333030305A" },
	{ 1790001001, "170D3236303932313134333030315A",
	    "170D3238303932313135303030305A" },
	{ 1798761599, "170D3236313233313233353935395A", /* new year's eve */
	    "170D3239303130313030303030305A" },
	{ 1835438400, "170D3238303232393132303030305A", /* 29 February */
	    "170D3330303330313132303030305A" },
	{ 2493072000, "170D3439303130313030303030305A", /* past 2049 */
	    "180F32303531303130313030303030305A" },
	{ 0, "170D3730303130313030303030305A",
	    "170D3732303130313030303030305A" },
};

START_TEST(term_is_two_years_to_the_half_hour)
{
	struct emu_cert_wish wish = live_wish;
	struct cb_buf der, want = util_hex(terms[_i].from);
	struct cb_buf to = util_hex(terms[_i].to);

	wish.now = terms[_i].now;
	der = make("s80", &wish);
	ck_assert_int_eq(cb_buf_add(&want, cb_buf_span(&to)), CB_OK);
	ck_assert_ptr_nonnull(memmem(der.p, der.n, want.p, want.n));
	cb_buf_free(&der);
	cb_buf_free(&want);
	cb_buf_free(&to);
}
END_TEST

static const struct {
	uint8_t serial[4];
	const char *want;
} serials[] = {
	{ { 0x11, 0x22, 0x33, 0x44 }, "020411223344" },
	{ { 0xFF, 0xFF, 0xFF, 0xFF }, "02047FFFFFFF" },
	{ { 0x00, 0x00, 0x00, 0x00 }, "020401000000" },
	{ { 0x80, 0x80, 0x00, 0x01 }, "020401800001" },
};

START_TEST(serial_is_four_positive_bytes)
{
	struct emu_cert_wish wish = live_wish;
	struct emu_cert_parts parts;
	struct cb_buf der;

	memcpy(wish.serial, serials[_i].serial, sizeof(wish.serial));
	der = make("s80", &wish);
	ck_assert_int_eq(emu_cert_parse(cb_buf_span(&der), &parts), CB_OK);
	ck_assert(util_is(parts.serial, serials[_i].want));
	cb_buf_free(&der);
}
END_TEST

static const struct {
	unsigned usage;
	const char *want;
} usages[] = {
	{ EMU_USAGE_DIGITAL_SIGNATURE, "03020780" },
	{ EMU_USAGE_NON_REPUDIATION, "03020640" },
	{ EMU_USAGE_KEY_ENCIPHERMENT, "03020520" },
	{ EMU_USAGE_DIGITAL_SIGNATURE | EMU_USAGE_NON_REPUDIATION, "030206C0" },
	{ EMU_USAGE_DIGITAL_SIGNATURE | EMU_USAGE_NON_REPUDIATION |
		EMU_USAGE_KEY_ENCIPHERMENT,
	    "030205E0" },
};

START_TEST(usage_is_minimal_der)
{
	struct emu_cert_wish wish = live_wish;
	const ASN1_OCTET_STRING *value;
	struct cb_buf der;
	X509 *x;

	wish.usage = usages[_i].usage;
	der = make("s80", &wish);
	x = decode(cb_buf_span(&der));
	value = X509_EXTENSION_get_data(X509_get_ext(x, 0));
	ck_assert(util_is(cb_span(ASN1_STRING_get0_data(value),
			      (size_t)ASN1_STRING_length(value)),
	    usages[_i].want));
	X509_free(x);
	cb_buf_free(&der);
}
END_TEST

/* Wishes that no certificate can be made of. */
#define LONG_CN                                                                \
	"12345678901234567890123456789012"                                     \
	"123456789012345678901234567890123"
static const struct {
	const char *user;
	unsigned usage;
	int64_t now;
} refused[] = {
	{ "", EMU_USAGE_DIGITAL_SIGNATURE, NOON },
	{ "a_b", EMU_USAGE_DIGITAL_SIGNATURE, NOON },
	{ "a\nb", EMU_USAGE_DIGITAL_SIGNATURE, NOON },
	{ "M\xC3\xBCller", EMU_USAGE_DIGITAL_SIGNATURE, NOON },
	{ LONG_CN, EMU_USAGE_DIGITAL_SIGNATURE, NOON },
	{ "1", 0, NOON },
	{ "1", 8, NOON },
	{ "1", EMU_USAGE_DIGITAL_SIGNATURE, -1 },
	{ "1", EMU_USAGE_DIGITAL_SIGNATURE, INT64_MAX },
};

START_TEST(impossible_wishes_are_refused)
{
	const struct emu_cert_wish wish = {
		.user = refused[_i].user,
		.usage = refused[_i].usage,
		.now = refused[_i].now,
	};
	struct emu_rsa_parts parts = util_key_parts("s80");
	struct cb_buf der = util_hex("01");
	struct emu_rsa *key;

	ck_assert_int_eq(emu_rsa_load(&key, &parts), CB_OK);
	ck_assert_int_eq(emu_cert_make(key, &wish, &der), CB_E_ARG);
	ck_assert(util_is(cb_buf_span(&der), "01"));
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
	cb_buf_free(&der);
}
END_TEST

/* What is published in data/test-ca is what is built in. */
START_TEST(test_ca_is_the_published_one)
{
	const char *top = getenv("CB_SRC");
	char path[4096];
	struct cb_span built = emu_test_ca();
	struct emu_rsa_parts parts;
	struct emu_cert_parts cert;
	struct emu_rsa *key;
	uint8_t *der = NULL, n[256];
	BIGNUM *bn = NULL;
	EVP_PKEY *pkey;
	X509 *x;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/data/test-ca/ca.crt",
	    top == NULL ? "." : top);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	ck_assert_ptr_nonnull(x = PEM_read_X509(f, NULL, NULL, NULL));
	(void)fclose(f);
	ck_assert_int_eq(i2d_X509(x, &der), (int)built.n);
	ck_assert_mem_eq(der, built.p, built.n);
	(void)snprintf(path, sizeof(path), "%s/data/test-ca/ca.key",
	    top == NULL ? "." : top);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	ck_assert_ptr_nonnull(pkey = PEM_read_PrivateKey(f, NULL, NULL, NULL));
	(void)fclose(f);
	ck_assert_int_eq(EVP_PKEY_get_bn_param(pkey, "n", &bn), 1);
	ck_assert_int_eq(BN_bn2binpad(bn, n, sizeof(n)), sizeof(n));
	ck_assert_int_eq(emu_test_ca_key(&key), CB_OK);
	ck_assert_int_eq(emu_rsa_parts(key, &parts), CB_OK);
	ck_assert_int_eq(emu_cert_parse(built, &cert), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&parts.n), CB_SPAN_OF(n)));
	ck_assert(cb_span_equal(cert.modulus, CB_SPAN_OF(n)));
	emu_rsa_free(&key);
	emu_rsa_parts_free(&parts);
	OPENSSL_free(der);
	BN_free(bn);
	EVP_PKEY_free(pkey);
	X509_free(x);
}
END_TEST

/* ---- reading ------------------------------------------------------------- */

START_TEST(published_certificate_is_read)
{
	struct cb_buf der = util_key_field("s80", "cert");
	struct cb_buf n = util_key_field("s80", "n");
	struct emu_cert_parts parts;
	char text[200];

	ck_assert_int_eq(emu_cert_parse(cb_buf_span(&der), &parts), CB_OK);
	ck_assert(util_is(parts.serial, "02051122334400"));
	ck_assert(cb_span_equal(parts.modulus, cb_buf_span(&n)));
	ck_assert_int_eq(
	    emu_cert_text(cb_buf_span(&der), text, sizeof(text)), CB_OK);
	ck_assert_str_eq(text, "O=Test Trust, CN=Authentication; issued by "
			       "O=Test Trust, CN=Test Sub CA; valid until "
	                       "2028-12-31 00:00:00 UTC");
	cb_buf_free(&der);
	cb_buf_free(&n);
}
END_TEST

START_TEST(text_of_made_certificates)
{
	struct emu_cert_wish wish = live_wish;
	struct cb_buf der;
	char text[200], small[10];

	wish.now = 2493072000;
	der = make("s80", &wish);
	ck_assert_int_eq(
	    emu_cert_text(cb_buf_span(&der), text, sizeof(text)), CB_OK);
	ck_assert_str_eq(text, "O=nhs, OU=people, CN=123456789012; issued by "
			       "itself; valid until 2051-01-01 00:00:00 UTC");
	ck_assert_int_eq(
	    emu_cert_text(cb_buf_span(&der), small, sizeof(small)), CB_OK);
	ck_assert_str_eq(small, "O=nhs, OU");
	ck_assert_int_eq(emu_cert_text(cb_buf_span(&der), small, 1), CB_OK);
	ck_assert_str_eq(small, "");
	ck_assert_int_eq(emu_cert_text(cb_buf_span(&der), small, 0), CB_E_ARG);
	cb_buf_free(&der);
}
END_TEST

/* A name that tries to move somebody's cursor. */
START_TEST(text_is_fit_for_a_terminal)
{
	struct cb_buf der = util_key_field("s80", "cert");
	uint8_t *at = memmem(der.p, der.n, "Authentication", 14);
	char text[200];

	ck_assert_ptr_nonnull(at);
	memcpy(at, "\033[2J\xC2\x9B\x7F\n", 8);
	ck_assert_int_eq(
	    emu_cert_text(cb_buf_span(&der), text, sizeof(text)), CB_OK);
	ck_assert_ptr_nonnull(strstr(text, "CN=?[2J????cation;"));
	cb_buf_free(&der);
}
END_TEST

static bool
inside(struct cb_span part, struct cb_span whole)
{
	return part.p >= whole.p && part.n <= whole.n &&
	       part.p + part.n <= whole.p + whole.n;
}

START_TEST(damaged_certificates_do_no_harm)
{
	struct cb_buf der = util_key_field("s80", "cert");
	struct cb_span whole = cb_buf_span(&der);
	struct emu_cert_parts parts;
	char text[300];
	size_t i;

	for (i = 0; i < der.n; i++) {
		ck_assert_int_eq(emu_cert_parse(cb_span_head(whole, i), &parts),
		    CB_E_FORMAT);
		ck_assert_int_eq(
		    emu_cert_text(cb_span_head(whole, i), text, sizeof(text)),
		    CB_E_FORMAT);
		ck_assert_str_eq(text, "");
	}
	for (i = 0; i < der.n * 8; i++) {
		der.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (emu_cert_parse(whole, &parts) == CB_OK) {
			ck_assert(inside(parts.subject, whole));
			ck_assert(inside(parts.issuer, whole));
			ck_assert(inside(parts.serial, whole));
			ck_assert(inside(parts.modulus, whole));
			ck_assert_int_eq(
			    emu_cert_text(whole, text, sizeof(text)), CB_OK);
		} else
			ck_assert_ptr_null(parts.subject.p);
		der.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	ck_assert_int_eq(cb_put_u8(&der, 0), CB_OK);
	ck_assert_int_eq(
	    emu_cert_parse(cb_buf_span(&der), &parts), CB_E_FORMAT);
	cb_buf_free(&der);
}
END_TEST

Suite *
cert_suite(void)
{
	Suite *s = suite_create("cert");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, live_certificate_is_its_own_issuer);
	tcase_add_test(t, test_certificate_comes_from_the_test_ca);
	tcase_add_test(t, extensions_stand_in_order);
	tcase_add_loop_test(
	    t, term_is_two_years_to_the_half_hour, 0, N_OF(terms));
	tcase_add_loop_test(t, serial_is_four_positive_bytes, 0, N_OF(serials));
	tcase_add_loop_test(t, usage_is_minimal_der, 0, N_OF(usages));
	tcase_add_loop_test(t, impossible_wishes_are_refused, 0, N_OF(refused));
	tcase_add_test(t, test_ca_is_the_published_one);
	tcase_add_test(t, published_certificate_is_read);
	tcase_add_test(t, text_of_made_certificates);
	tcase_add_test(t, text_is_fit_for_a_terminal);
	tcase_add_test(t, damaged_certificates_do_no_harm);
	suite_add_tcase(s, t);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The content language: what each expression becomes, and what is said of
 * those that are none.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/hex.h"
#include "emulator/template.h"
#include "tests/emulator/suites.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* ---- a small profile with values ----------------------------------------- */

static enum cb_err
counting_random(void *ctx, uint8_t *p, size_t n)
{
	uint8_t *next = ctx;

	for (size_t i = 0; i < n; i++)
		p[i] = (*next)++;
	return CB_OK;
}

static uint8_t next_random;
static const struct emu_env env = { .random = counting_random,
	.ctx = &next_random };

static struct emu_term nested[] = { { "u16(len('abc')) 01", 7 } };
static struct emu_term circle[] = { { "u16(size(3F00/0003))", 8 } };
static struct emu_pf_file files[] = {
	{ .path = "3F00", .type = EMU_DF, .parent = EMU_PF_NONE },
	{ .path = "3F00/0001", .type = EMU_EF_TRANSPARENT, .size = 36 },
	{ .path = "3F00/0002", .type = EMU_EF_TRANSPARENT, .fit = true,
	    .content = { nested, 1, "f" } },
	{ .path = "3F00/0003", .type = EMU_EF_TRANSPARENT, .fit = true,
	    .content = { circle, 1, "f" } },
};
static struct emu_pf_pin pins[] = {
	{ .name = "so" },
	{ .name = "user", .unblock_tries = 3, .unblock_n = 4 },
};
static struct emu_pf_key keys[] = { { .name = "auth", .bits = 512 } };
static struct emu_pf_cert certs[] = { { .name = "own" }, { .name = "ca" } };
static const struct emu_pf_app app = { .files = files, .files_n = N(files),
	.pins = pins, .pins_n = N(pins) };
static const struct emu_profile profile = { .serial_n = 4, .keys = keys,
	.keys_n = N(keys), .certs = certs, .certs_n = N(certs) };

static struct emu_tpl values;

static void
values_setup(void)
{
	static struct emu_tpl_key key[1];
	static struct emu_tpl_cert cert[2];
	static struct cb_span unblock[2];

	key[0].modulus = cb_span("\xAA\xBB", 2);
	key[0].exponent = cb_span("\x01\x00\x01", 3);
	cert[0].self_signed = true;
	cert[0].der = cert[1].der = cb_span("\x30\x01\xDD", 3);
	cert[0].subject = cert[1].subject = cb_span("\x30\x00", 2);
	cert[0].issuer = cert[1].issuer = cb_span("\x31\x00", 2);
	cert[0].serial = cert[1].serial = cb_span("\x02\x01\x05", 3);
	unblock[1] = cb_span("\xD0\xD1\xD2\xD3", 4);
	next_random = 0;
	values = (struct emu_tpl){
		.profile = &profile, .app = &app, .env = &env,
		.label = cb_span_str("Card"), .user = cb_span_str("42"),
		.serial = cb_span("\x1A\x2B\x3C\x4D", 4),
		.keys = key, .certs = cert, .unblock = unblock,
	};
}

/* ---- expressions --------------------------------------------------------- */

static const struct {
	const char *text, *hex;
} good[] = {
	{ "", "" },
	{ "  00 ff\tA0B1 ", "00FFA0B1" },
	{ "'text'", "74657874" },
	{ "'' 01 ''", "01" },
	{ "'a,b)(c'", "612C62292863" },
	{ "card.serial", "1A2B3C4D" },
	{ "card.label card.user", "436172643432" },
	{ "key.auth.modulus", "AABB" },
	{ "lv8(key.auth.exponent)", "03010001" },
	{ "cert.ca.der cert.ca.subject", "3001DD3000" },
	{ "cert.ca.issuer cert.ca.serial", "3100020105" },
	{ "pin.user.unblock", "D0D1D2D3" },
	{ "lv8('ab')", "026162" },
	{ "lv16('ab' 00)", "0003616200" },
	{ "lv16()", "0000" },
	{ "u8(255) u16(258) u32(65536)", "FF010200010000" },
	{ "u16(0x1F)", "001F" },
	{ "u16(bits(auth))", "0200" },
	{ "u16(size(3F00/0001))", "0024" },
	{ "u16(size(3F00/0002))", "0003" },
	{ "u8(len(card.label 00))", "05" },
	{ "zeros(3)", "000000" },
	{ "zeros(0)", "" },
	{ "repeat('0', 3)", "303030" },
	{ "repeat(0102, 2)", "01020102" },
	{ "pad('ab', 4, 20)", "61622020" },
	{ "pad('ab', 4, ' ')", "61622020" },
	{ "pad('', 0, 00)", "" },
	{ "sha1('abc')", "A9993E364706816ABA3E25717850C26C9CD0D89D" },
	{ "tlv(30, 01 02)", "30020102" },
	{ "tlv(7F49, tlv(81, key.auth.modulus))", "7F49048102AABB" },
	{ "random(3)", "000102" },
	{ "guid()", "7B30303031303230332D303430352D343630372D383830392D"
		    "3041304230433044304530467D" },
	{ "lv16(issued(own, cert.own.issuer))", "0000" },
	{ "lv16(issued(ca, cert.ca.issuer))", "00023100" },
};

START_TEST(template_gives_the_bytes)
{
	struct emu_term term = { good[_i].text, 5 };
	struct emu_terms terms = { &term, 1, "p" };
	struct cb_buf out = CB_BUF_INIT;
	struct cb_why why = { "" };
	char hex[256];
	bool exact;
	size_t n;

	ck_assert_msg(emu_template_eval(&values, &terms, &out, &why) == CB_OK,
	    "%s", why.text);
	cb_hex_encode(hex, sizeof(hex), cb_buf_span(&out));
	ck_assert_str_eq(hex, good[_i].hex);
	/* And without values: never longer than with them. */
	keys[0].bits = 16;
	ck_assert_int_eq(emu_template_check(
	    &profile, &app, &terms, &n, &exact, &why), CB_OK);
	keys[0].bits = 512;
	ck_assert_uint_le(n, out.n);
	ck_assert(!exact || n == out.n);
	cb_buf_free(&out);
}
END_TEST

static const struct {
	const char *text, *says;
} bad[] = {
	{ "0", "odd number" },
	{ "0 0", "odd number" },
	{ "'abc", "expected ' at the end" },
	{ "xyz", "neither hexadecimal digits nor a name" },
	{ "card", "neither" },
	{ "card.", "neither" },
	{ "card.pin", "a card has label" },
	{ "key.auth", "a key has modulus" },
	{ "key.auth.p", "a key has modulus" },
	{ "key.none.modulus", "no key \"none\"" },
	{ "cert.own.key", "a certificate has" },
	{ "cert.none.der", "no certificate \"none\"" },
	{ "pin.user.value", "only unblock" },
	{ "pin.so.unblock", "no unblock value" },
	{ "pin.x.unblock", "no pin \"x\"" },
	{ "nothing()", "no function \"nothing\"" },
	{ "01 )", "unexpected \")\"" },
	{ "01, 02", "unexpected \", 02\"" },
	{ "\"", "unexpected" },
	{ "lv8(01", "expected ')' before the end" },
	{ "lv8(01, 02)", "expected ')' before \", 02)\"" },
	{ "pad(01, 4)", "expected ','" },
	{ "pad(0102, 1, 00)", "longer than 1" },
	{ "pad(01, 4, 0000)", "expected one byte" },
	{ "pad(01, 65536, 00)", "more than a file" },
	{ "u8(256)", "256 does not fit 1 byte" },
	{ "u16(65536)", "does not fit 2 bytes" },
	{ "u32(4294967296)", "not a number up to" },
	{ "u8(12x)", "not a number" },
	{ "u8(0x)", "not a number" },
	{ "u8(-1)", "expected '('" },
	{ "u8()", "expected a number" },
	{ "u8(card.label)", "expected '('" },
	{ "u8(sum(1))", "gives no number" },
	{ "u16(bits(none))", "no key" },
	{ "u16(size(3F00/0009))", "no file \"3F00/0009\"" },
	{ "u16(size(3F00))", "not transparent" },
	{ "u16(size(3F00/0003))", "in a circle" },
	{ "zeros(70000)", "more" },
	{ "repeat(zeros(60000), 2)", "more bytes than a file" },
	{ "repeat(00, 99999)", "more than a file" },
	{ "lv8(zeros(256))", "256 bytes, at most 255" },
	{ "tlv(3, 00)", "expected a tag" },
	{ "tlv(30303030, 00)", "expected a tag" },
	{ "tlv(xx, 00)", "expected a tag" },
	{ "issued(none, 00)", "no certificate" },
	{ "lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8(lv8("
	  "lv8(00)))))))))))))))))", "nested too deeply" },
};

START_TEST(template_says_what_is_wrong)
{
	struct emu_term term = { bad[_i].text, 12 };
	struct emu_terms terms = { &term, 1, "p" };
	struct cb_buf out = CB_BUF_INIT_MAX(65535);
	struct cb_why why = { "" }, again = { "" };
	bool exact;
	size_t n;

	ck_assert_int_eq(
	    emu_template_eval(&values, &terms, &out, &why), CB_E_ARG);
	ck_assert_msg(strstr(why.text, bad[_i].says) != NULL,
	    "\"%s\" is not in \"%s\"", bad[_i].says, why.text);
	ck_assert_msg(strncmp(why.text, "p:12: ", 6) == 0 ||
	    strncmp(why.text, "f:8: ", 5) == 0, "%s", why.text);
	ck_assert_int_eq(emu_template_check(
	    &profile, &app, &terms, &n, &exact, &again), CB_E_ARG);
	ck_assert_str_eq(why.text, again.text);
	cb_buf_free(&out);
}
END_TEST

/* Every beginning of every good expression: refused or good, never worse. */
START_TEST(template_cut_off_anywhere)
{
	char text[128];

	for (size_t n = 0; n <= strlen(good[_i].text); n++) {
		struct emu_term term = { text, 1 };
		struct emu_terms terms = { &term, 1, "p" };
		struct cb_buf out = CB_BUF_INIT;
		enum cb_err r;

		(void)snprintf(
		    text, sizeof(text), "%.*s", (int)n, good[_i].text);
		r = emu_template_eval(&values, &terms, &out, NULL);
		ck_assert(r == CB_OK || r == CB_E_ARG);
		cb_buf_free(&out);
	}
}
END_TEST

START_TEST(template_check_knows_what_it_cannot_know)
{
	static const struct {
		const char *text;
		size_t n;
		bool exact;
	} cases[] = {
		{ "lv16(card.label)", 2, false },
		{ "pad(card.label, 32, ' ')", 32, true },
		{ "sha1(cert.own.der)", 20, true },
		{ "key.auth.modulus", 64, true },
		{ "u16(len(card.label))", 2, true },
		{ "zeros(len(card.label))", 0, false },
		{ "pin.user.unblock guid() random(5)", 47, true },
		{ "card.serial", 4, true },
		{ "issued(ca, 0102)", 0, false },
	};

	for (size_t i = 0; i < N(cases); i++) {
		struct emu_term term = { cases[i].text, 1 };
		struct emu_terms terms = { &term, 1, "p" };
		bool exact = !cases[i].exact;
		size_t n = 99;

		ck_assert_int_eq(emu_template_check(
		    &profile, &app, &terms, &n, &exact, NULL), CB_OK);
		ck_assert_uint_eq(n, cases[i].n);
		ck_assert(exact == cases[i].exact);
	}
}
END_TEST

START_TEST(template_file_is_filled_with_zeros)
{
	struct emu_term term = { "0102", 1 };
	struct emu_pf_file f = { .path = "3F00/0001", .size = 4, .line = 3,
		.type = EMU_EF_TRANSPARENT, .content = { &term, 1, "p" } };
	struct cb_buf out = CB_BUF_INIT;
	struct cb_why why = { "" };

	ck_assert_int_eq(emu_template_file(&values, &f, &out, &why), CB_OK);
	ck_assert_uint_eq(out.n, 4);
	ck_assert_mem_eq(out.p, "\x01\x02\x00\x00", 4);
	f.size = 1;
	cb_buf_clear(&out);
	ck_assert_int_eq(emu_template_file(&values, &f, &out, &why), CB_E_ARG);
	ck_assert_str_eq(why.text, "p:3: the content of 3F00/0001 is 2 bytes "
	    "long, its size is 1");
	f.fit = true;
	cb_buf_clear(&out);
	ck_assert_int_eq(emu_template_file(&values, &f, &out, &why), CB_OK);
	ck_assert_uint_eq(out.n, 2);
	cb_buf_free(&out);
}
END_TEST

Suite *
template_suite(void)
{
	Suite *s = suite_create("template");
	TCase *tc = tcase_create("expressions");

	tcase_add_checked_fixture(tc, values_setup, NULL);
	tcase_add_loop_test(tc, template_gives_the_bytes, 0, (int)N(good));
	tcase_add_loop_test(tc, template_says_what_is_wrong, 0, (int)N(bad));
	tcase_add_loop_test(tc, template_cut_off_anywhere, 0, (int)N(good));
	tcase_add_test(tc, template_check_knows_what_it_cannot_know);
	tcase_add_test(tc, template_file_is_filled_with_zeros);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys of AuthentIC v3: PUT DATA in its three forms, GENERATE, MSE, and
 * signatures that OpenSSL verifies and cryptograms that it made.
 */
#include <stdio.h>
#include <string.h>

#include "common/tlv.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" }
#define OPEN TO_5015, { A3_VERIFY_1, "9000" }
/* as the host writes them */
#define HOST_RULES "0001 0001 0001 0000 0001 0001"
#define DELETE_KEY(mech, no) "00DB3FFF 08 A106 8001 " mech " 8301 " no

static const struct step create[] = {
	TO_5015,
	{ A3_KEY("0C", "03", HOST_RULES), "6982" },
	{ A3_KEY("0C", "01", HOST_RULES), "6982" },
	{ A3_VERIFY_1, "9000" },
	{ A3_KEY("0C", "03", HOST_RULES), "9000" },
	{ "@disk", NULL },
	{ A3_KEY("0C", "03", HOST_RULES), "6A89" },
	{ A3_KEY("0C", "01", HOST_RULES), "6A89" },
	/* every length there is a mechanism for */
	{ A3_KEY("08", "04", HOST_RULES), "9000" },
	{ A3_KEY("09", "05", HOST_RULES), "9000" },
	{ A3_KEY("0A", "06", HOST_RULES), "9000" },
	{ A3_KEY("0B", "7F", HOST_RULES), "9000" },
	{ A3_KEY("07", "08", HOST_RULES), "6A80" },
	{ A3_KEY("0D", "08", HOST_RULES), "6A80" },
	{ A3_KEY("0C", "00", HOST_RULES), "6A80" },
	{ A3_KEY("0C", "80", HOST_RULES), "6A80" },
	/* what may stand beside the rules */
	{ "00DB3FFF 1D A11B 80010C 830108 870101 900200FF 860C "
	    HOST_RULES, "9000" },
	{ "00DB3FFF 15 A113 80010C 830109 860B 00*11", "6A80" },
	{ "00DB3FFF 0A A108 80010C 830109 8600", "6A80" },
	{ "00DB3FFF 0B A109 80010C 830109 870101", "6A80" },
	{ "00DB3FFF 0B A109 80010C 830109 880101", "6A80" },
	{ "00DB3FFF 18 A116 80010C 830109 860C 00*12 8700", "6A80" },
	{ "00DB3FFF 1A A118 80010C 830109 860C 00*12 87020000", "6A80" },
	{ "00DB3FFF 19 A117 80010C 830109 860C 00*12 900100", "6A80" },
	{ "00DB3FFF 1C A11A 80010C 830109 860C 00*12 870100 870100",
	    "6A80" },
	{ "00DB3FFF 18 A116 80010C 830109 860C 00*12 A500", "6A80" },
	{ "00DB3FFF 24 A122 80010C 830109 860C 00*12 860C 00*12", "6A80" },
	{ "00DB3FFF 16 A214 80010C 830109 860C 00*12", "6A80" },
	{ "00DB3FFF 17 A114 80010C 830109 860C 00*12 00", "6A80" },
	{ "00DB3FFF 16 A115 80010C 830109 860C 00*12", "6A80" },
	{ "00DB3FFF 05 A103 80010C", "6A80" },
	{ "00DB3FFF 08 A106 830109 80010C", "6A80" },
	{ "00DB3FFF 09 A107 80020C0C 830109", "6A80" },
	{ "@no-disk", NULL },
	{ "00DB3FFF", "6700" },
	/* empty: nothing can be done with it */
	{ A3_MSE_SIGN("03"), "9000" },
	{ "002A9E9A 01 77 00", "6A88" },
	/* found wherever one is */
	{ SELECT_A3, "9000" },
	{ A3_MSE_SIGN("03"), "9000" },
	{ A3_KEY("08", "10", HOST_RULES), "9000" },
	{ "@reopen", NULL },
	TO_5015,
	{ A3_MSE_SIGN("10"), "9000" },
	{ A3_MSE_SIGN("7F"), "9000" },
	{ A3_MSE_SIGN("09"), "6A88" },
	{ NULL, NULL },
};

static const struct step delete[] = {
	OPEN,
	{ DELETE_KEY("0C", "03"), "6A88" },
	{ A3_KEY("08", "03", HOST_RULES), "9000" },
	{ "@put-key 03 a33", NULL },
	{ A3_MSE_SIGN("03"), "9000" },
	{ "002A9E9A 01 77 00", "?128 9000" },
	{ DELETE_KEY("08", "03"), "9000" },
	{ "@disk", NULL },
	{ "002A9E9A 01 77 00", "6A88" },
	{ A3_MSE_SIGN("03"), "6A88" },
	{ DELETE_KEY("08", "03"), "6A88" },
	/* as the host does on 6A89: delete, create again */
	{ A3_KEY("08", "03", HOST_RULES), "9000" },
	{ "002A9E9A 01 77 00", "6A88" },
	{ "@put-key 03 a33", NULL },
	{ A3_MSE_SIGN("03"), "9000" },
	{ "@reset", NULL },
	TO_5015,
	{ DELETE_KEY("08", "03"), "6982" },
	{ NULL, NULL },
};

static const struct step import_wrong[] = {
	OPEN,
	{ "00DB3FFF 0A A108 800108 830103 A500", "6A88" },
	{ A3_KEY("08", "03", HOST_RULES), "9000" },
	{ "00DB3FFF 0A A108 800108 830103 A500", "6A80" },
	{ "00DB3FFF 0D A10B 800108 830103 A503 7F4800", "6A80" },
	{ "00DB3FFF 10 A10E 800108 830103 A506 7F4800 7F4900", "6A80" },
	{ "00DB3FFF 10 A10E 800108 830103 A506 7F4900 7F4800", "6A80" },
	{ "00DB3FFF 10 A10E 80010C 830103 A506 7F4800 7F4900", "6A80" },
	{ "00DB3FFF 11 A10F 800108 830103 A507 7F4800 7F4900 00", "6A80" },
	/* a chain cut off, and one that another command ends */
	{ "10DB3FFF 04 A1820200", "9000" },
	{ "00DB3FFF 04 80010883", "6A80" },
	{ "10DB3FFF 0A A108 800108 830103 A500", "9000" },
	{ DOWN("5015"), "? 9000" },
	{ "00DB3FFF 04 00000000", "6A80" },
	{ "@no-disk", NULL },
	{ "@put-key 03 a33", NULL },
	{ NULL, NULL },
};

static const struct step generate_wrong[] = {
	OPEN,
	{ "00470000 08 AC06 800108 830103 00", "6A88" },
	{ A3_KEY("08", "03", HOST_RULES), "9000" },
	{ "00470000 08 AC06 80010C 830103 00", "6A80" },
	{ "00470000 08 AD06 800108 830103 00", "6A80" },
	{ "00470000 09 AC06 800108 830103 00 00", "6A80" },
	{ "00470000 05 AC03 830103 00", "6A80" },
	{ "00470000 0A AC08 800108 830103 8200 00", "6A80" },
	{ "00470000 0B AC09 800108 830103 830103 00", "6A80" },
	/* exponents that are none */
	{ "00470000 0B AC09 800108 830103 820101 00", "6A80" },
	{ "00470000 0B AC09 800108 830103 820102 00", "6A80" },
	{ "00470000", "6700" },
	{ "00470001 08 AC06 800108 830103 00", "6A86" },
	{ "@no-disk", NULL },
	{ "@reset", NULL },
	TO_5015,
	{ "00470000 08 AC06 800108 830103 00", "6982" },
	{ NULL, NULL },
};

static const struct step mse[] = {
	TO_5015,
	{ "002A9E9A 01 77 00", "6985" },
	{ "002A8086 80 00*128 00", "6985" },
	{ A3_MSE_SIGN("01"), "9000" },
	{ A3_MSE_SIGN("03"), "6A88" },
	{ A3_MSE_SIGN("00"), "6A88" },
	{ A3_MSE_SIGN("81"), "6A88" },
	{ "002241B6 06 800112 830101", "6A80" },
	{ "002241B6 06 800113 830101", "6A80" },
	{ "002241B6 03 800111", "6A80" },
	{ "002241B6 06 830101 800111", "6A80" },
	{ "002241B6 07 800111 83020101", "6A80" },
	{ "002241B6 09 800111 830101 840101", "6A80" },
	{ "002241B6", "6700" },
	{ "002241A4 06 800111 830101", "6A86" },
	{ A3_VERIFY_1, "9000" },
	/* what was refused changes nothing */
	{ "002A9E9A 01 77 00", "?256 9000" },
	{ "002A9E9A 01 77 00", "?256 9000" },
	/* the next one takes its place */
	{ "002A8086 80 00*128 00", "6985" },
	{ A3_MSE_DECIPHER("01"), "9000" },
	{ "002A9E9A 01 77 00", "6985" },
	{ "002A8086 80 00*128 00", "6700" },
	/* it outlives the selection of files, not of the application */
	{ DOWN("3F00"), "? 9000" },
	{ "002A8086 80 00*128 00", "6700" },
	{ SELECT_A3, "9000" },
	{ "002A8086 80 00*128 00", "6985" },
	{ A3_MSE_SIGN("01"), "9000" },
	{ "@reset", NULL },
	TO_5015,
	{ "002A9E9A 01 77 00", "6985" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct step lengths[] = {
	OPEN,
	{ A3_MSE_SIGN("01"), "9000" },
	{ "002A9E9A F5 00*245 00", "?256 9000" },
	{ "002A9E9A F6 00*246 00", "6700" },
	{ "002A9E9A FF 00*255 00", "6700" },
	{ "002A9E9A", "6700" },
	{ "002A9E9A 01 77", "?256 9000" },
	{ "002A9E9A 01 77 10", "?16 61F0" },
	{ "00C00000 F0", "?240 9000" },
	{ A3_MSE_DECIPHER("01"), "9000" },
	{ "002A8086 FF 00*255 00", "6700" },
	{ "102A8086 FF 00*255", "9000" },
	{ "002A8086 02 0000 00", "6700" },
	{ "102A8086 FF 00*255", "9000" },
	{ "002A8086 01 00 00", "6A80" },
	/* a number that is not below the modulus */
	{ "102A8086 FF FF*255", "9000" },
	{ "002A8086 01 FF 00", "6A80" },
	/* a block of something else ends the chain */
	{ "102A8086 FF 00*255", "9000" },
	{ A3_MSE_DECIPHER("01"), "9000" },
	{ "002A8086 01 00 00", "6700" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "PUT DATA, create", RIG_A3, create },
	{ "PUT DATA, delete", RIG_A3, delete },
	{ "PUT DATA, no key", RIG_A3, import_wrong },
	{ "GENERATE refused", RIG_A3, generate_wrong },
	{ "MSE", RIG_A3, mse },
	{ "lengths", RIG_A3, lengths },
};

START_TEST(a3_keys_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* ---- what OpenSSL says ---------------------------------------------------------- */

static void
user_in_5015(struct rig *r)
{
	rig_must(r, SELECT_A3);
	rig_must(r, DOWN("5015"));
	rig_must(r, A3_VERIFY_1);
}

/* Signs `data` with the key `no`; the signature must be of `as`. */
static void
signs(struct rig *r, const char *no, const char *section, const char *data,
    const char *as)
{
	uint16_t sw;

	rig_must(r, rig_fmt(A3_MSE_SIGN("%s"), no));
	if (r->card->proto == EMU_T0) {
		sw = rig_sw(r, rig_fmt("002A9E9A # %s", data));
		ck_assert_uint_eq(sw & 0xFF00, 0x6100);
		sw = rig_sw(r, "00C00000 00");
	} else {
		sw = rig_sw(r, rig_fmt("002A9E9A # %s | 00", data));
	}
	ck_assert_uint_eq(sw, 0x9000);
	rig_signed(r, section, as);
}

#define SHA1_HEAD "3021300906052B0E03021A05000414 "
#define SHA256_HEAD "3031300D060960864801650304020105000420 "

/* 20 and 32 bytes are hashes; all else is taken as it is. */
static const char *const signed_as[][2] = {
	{ "5A*20", SHA1_HEAD "5A*20" },
	{ "5A*32", SHA256_HEAD "5A*32" },
	{ SHA1_HEAD "5A*20", SHA1_HEAD "5A*20" },
	{ SHA256_HEAD "5A*32", SHA256_HEAD "5A*32" },
	{ "77", "77" },
	{ "5A*19", "5A*19" },
	{ "5A*21", "5A*21" },
	{ "5A*31", "5A*31" },
	{ "5A*33", "5A*33" },
	{ "5A*48", "5A*48" },
	{ "5A*64", "5A*64" },
	{ "00*245", "00*245" },
};
#define SIGNED_N (sizeof(signed_as) / sizeof(signed_as[0]))

START_TEST(a3_signatures_verify)
{
	struct rig r;

	rig_open(&r, _i == 0 ? RIG_A3 : RIG_A3_T0);
	if (_i == 0) {
		user_in_5015(&r);
	} else {
		rig_must(&r, SELECT_A3);
		rig_must(&r, A3_VERIFY_1);
	}
	for (size_t i = 0; i < SIGNED_N; i++)
		signs(&r, "01", "a30", signed_as[i][0], signed_as[i][1]);
	signs(&r, "02", "a31", "5A*32", SHA256_HEAD "5A*32");
	rig_close(&r);
}
END_TEST

/* Raw data to the key `no`, chained as the host does where it is long. */
static uint16_t
decipher(struct rig *r, const char *no, struct cb_span in)
{
	rig_must(r, rig_fmt(A3_MSE_DECIPHER("%s"), no));
	return rig_chain(r, 0x002A8086, 255, in);
}

static void
deciphers(struct rig *r, const char *no, const char *section)
{
	rig_deciphers(r, section, decipher, no);
}

START_TEST(a3_cryptograms_open)
{
	struct rig r;

	rig_open(&r, RIG_A3);
	user_in_5015(&r);
	deciphers(&r, "01", "a30");
	rig_close(&r);
}
END_TEST

/* A key comes in by its components: usable right after and after a reset. */
static const char *const imports[][2] = {
	{ "08", "a33" },
	{ "0C", "a32" },
};

START_TEST(a3_imported_keys_work)
{
	struct rig r;

	rig_open(&r, RIG_A3_BLANK);
	user_in_5015(&r);
	rig_must(&r, rig_fmt(A3_KEY("%s", "03", HOST_RULES), imports[_i][0]));
	ck_assert_uint_eq(rig_put_key(&r, 3, imports[_i][1]), 0x9000);
	signs(&r, "03", imports[_i][1], "5A*32", SHA256_HEAD "5A*32");
	deciphers(&r, "03", imports[_i][1]);
	rig_reopen(&r);
	user_in_5015(&r);
	signs(&r, "03", imports[_i][1], "5A*32", SHA256_HEAD "5A*32");
	/* once more, by another key of that length */
	if (_i == 1) {
		ck_assert_uint_eq(rig_put_key(&r, 3, "s80"), 0x9000);
		signs(&r, "03", "s80", "77", "77");
	}
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

/* Components that are not of one key, or of one of another length. */
START_TEST(a3_keys_that_are_none_are_refused)
{
	struct cb_span (*const get)(const char *, const char *) = rig_key;
	static const char *const names[] = { "p", "q", "dp", "dq", "qi", "n" };
	struct cb_span part;
	struct rig r;

	rig_open(&r, RIG_A3_BLANK);
	user_in_5015(&r);
	rig_must(&r, A3_KEY("08", "03", HOST_RULES));
	ck_assert_uint_eq(rig_put_key(&r, 3, "a32"), 0x6A80);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		part = get("a33", names[i]);
		((uint8_t *)(uintptr_t)part.p)[part.n - 1] ^= 2;
		ck_assert_uint_eq(rig_put_key(&r, 3, "a33"), 0x6A80);
		((uint8_t *)(uintptr_t)part.p)[part.n - 1] ^= 2;
	}
	rig_must(&r, A3_MSE_SIGN("03"));
	ck_assert_uint_eq(rig_sw(&r, "002A9E9A 01 77 00"), 0x6A88);
	ck_assert_uint_eq(rig_put_key(&r, 3, "a33"), 0x9000);
	signs(&r, "03", "a33", "77", "77");
	rig_close(&r);
}
END_TEST

/* Lists of components: "!x" is a zero, "-x" nothing under its tag. */
static const struct {
	const char *private, *public;
	uint16_t sw;
} lists[] = {
	{ "p q qi dp dq", "n e", 0x9000 },
	{ "dq dp qi q p", "e n", 0x9000 },
	{ "q qi dp dq", "n e", 0x6A80 },
	{ "p q dp dq", "n e", 0x6A80 },
	{ "p q qi dp", "n e", 0x6A80 },
	{ "p q qi dp dq", "n", 0x6A80 },
	{ "p q qi dp dq", "e", 0x6A80 },
	{ "p q -qi dp dq", "n e", 0x6A80 },
	{ "p q qi dp dq", "n -e", 0x6A80 },
	{ "p q !qi dp dq", "n e", 0x6A80 },
	{ "p q qi dp dq", "n !e", 0x6A80 },
	{ "p q qi dp dq", "!n e", 0x6A80 },
	{ "p p q qi dp dq", "n e", 0x6A80 },
	{ "-p p q qi dp dq", "n e", 0x6A80 },
	{ "p q qi dp dp", "n e", 0x6A80 },
	{ "p q qi dp dq", "n e e", 0x6A80 },
	{ "p q qi dp dq n", "e", 0x6A80 },
};
#define LISTS_N (sizeof(lists) / sizeof(lists[0]))

static void
put_list(struct cb_buf *to, uint32_t head, const char *list)
{
	static const struct {
		const char *name;
		uint32_t tag;
	} tags[] = { { "p", 0x92 }, { "q", 0x93 }, { "qi", 0x94 },
		{ "dp", 0x95 }, { "dq", 0x96 }, { "n", 0x81 }, { "e", 0x82 } };
	static const uint8_t zero = 0;
	char words[32], *at = NULL;
	struct cb_span v;
	size_t i, mark;

	ck_assert_int_eq(cb_tlv_open(to, head, &mark), CB_OK);
	snprintf(words, sizeof(words), "%s", list);
	for (char *w = strtok_r(words, " ", &at); w != NULL;
	    w = strtok_r(NULL, " ", &at)) {
		const char *name = *w == '!' || *w == '-' ? w + 1 : w;

		for (i = 0; strcmp(tags[i].name, name) != 0; i++)
			continue;
		v = *w == '!' ? cb_span(&zero, 1)
		    : *w == '-' ? CB_SPAN_EMPTY
				: rig_key("a33", name);
		ck_assert_int_eq(cb_tlv_put(to, tags[i].tag, v), CB_OK);
	}
	ck_assert_int_eq(cb_tlv_close(to, mark), CB_OK);
}

START_TEST(a3_keys_come_whole)
{
	struct cb_buf b = CB_BUF_INIT;
	size_t whole, value;
	struct rig r;

	rig_open(&r, RIG_A3_BLANK);
	user_in_5015(&r);
	rig_must(&r, A3_KEY("08", "03", HOST_RULES));
	for (size_t i = LISTS_N; i-- > 0;) {
		cb_buf_clear(&b);
		ck_assert_int_eq(cb_tlv_open(&b, 0xA1, &whole), CB_OK);
		rig_bytes(&b, "800108 830103");
		ck_assert_int_eq(cb_tlv_open(&b, 0xA5, &value), CB_OK);
		put_list(&b, 0x7F48, lists[i].private);
		put_list(&b, 0x7F49, lists[i].public);
		ck_assert(cb_tlv_close(&b, value) == CB_OK &&
		    cb_tlv_close(&b, whole) == CB_OK);
		ck_assert_msg(rig_put_data(&r, cb_buf_span(&b)) ==
			lists[i].sw, "%s, %s", lists[i].private,
		    lists[i].public);
		if (lists[i].sw == 0x9000)
			signs(&r, "03", "a33", "77", "77");
	}
	cb_buf_free(&b);
	rig_close(&r);
}
END_TEST

/* A key made on the card: its public half comes in the answer and only there,
 * and is the half of what then signs. */
START_TEST(a3_generated_keys_work)
{
	static const uint8_t head[] = { 0x7F, 0x49, 0x81, 0x86, 0x81, 0x81,
		0x80 };
	struct cb_buf n = CB_BUF_INIT;
	struct emu_file *f;
	struct emu_rsa *key;
	struct emu_rsa_parts parts;
	struct rig r;

	rig_open(&r, RIG_A3_BLANK);
	user_in_5015(&r);
	rig_must(&r, A3_KEY("08", "03", HOST_RULES));
	/* with an exponent of its own */
	rig_must(&r, "00470000 0B AC09 800108 830103 820103 00");
	ck_assert_uint_eq(r.rsp.n, sizeof(head) + 128 + 3 + 2);
	ck_assert_mem_eq(r.rsp.p, head, sizeof(head));
	ck_assert_mem_eq(r.rsp.p + sizeof(head) + 128, "\x82\x01\x03", 3);
	ck_assert_int_eq(
	    cb_buf_set(&n, cb_span(r.rsp.p + sizeof(head), 128)), CB_OK);
	rig_must(&r, A3_MSE_SIGN("03"));
	rig_must(&r, "002A9E9A 01 77 00");
	f = emu_fs_key(emu_fs_child(r.card->apps[0].mf, 0x5015), 3);
	ck_assert_uint_eq(
	    emu_key_private(&r.card->apps[0], f, &key), 0x9000);
	ck_assert_int_eq(emu_rsa_parts(key, &parts), CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&parts.n), cb_buf_span(&n)));
	emu_rsa_parts_free(&parts);
	cb_buf_free(&n);
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

/* A live card's policy wants 2048 bits. */
START_TEST(a3_the_policy_refuses_small_keys)
{
	struct emu_profile *p = rig_profile_of(
	    "authentic3", "rsa_min = 512;", "rsa_min = 1536;");
	struct rig r;

	rig_make(&r, p, RIG_A3);
	user_in_5015(&r);
	ck_assert_uint_eq(rig_sw(&r, A3_KEY("09", "03", HOST_RULES)), 0x6985);
	ck_assert_ptr_nonnull(strstr(r.notes, "RSA key of 1280 bits"));
	ck_assert_uint_eq(rig_sw(&r, A3_KEY("0A", "03", HOST_RULES)), 0x9000);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

Suite *
a3_keys_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_keys", &tc);

	tcase_add_loop_test(
	    tc, a3_keys_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_loop_test(tc, a3_signatures_verify, 0, 2);
	tcase_add_test(tc, a3_cryptograms_open);
	tcase_add_loop_test(tc, a3_imported_keys_work, 0,
	    sizeof(imports) / sizeof(imports[0]));
	tcase_add_test(tc, a3_keys_that_are_none_are_refused);
	tcase_add_test(tc, a3_keys_come_whole);
	tcase_add_test(tc, a3_generated_keys_work);
	tcase_add_test(tc, a3_the_policy_refuses_small_keys);
	return s;
}

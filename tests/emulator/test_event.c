/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What whoever keeps a book is told of passcodes, keys and certificates, and
 * what a keeper's own function between scrypt and a wrap does.
 */
#include <string.h>

#include "common/hex.h"
#include "emulator/crypto/cert.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" }
#define HOST_RULES "0001 0001 0001 0000 0001 0001"

/* A try is told before it is made, the outcome after it; a right one given
 * again spends none; on a blocked one nothing is compared. */
static const struct step passcodes[] = {
	TO_5011,
	{ "00200081", "63C3" },
	{ "@events", "-" },
	{ "00200081 # <111111>", "63C2" },
	{ "@events", " tried 1 2 wrong 1 2" },
	{ VERIFY_USER, "9000" },
	{ "@events", " tried 1 1 right 1 3" },
	{ VERIFY_USER, "9000" },
	{ "@events", " right 1 3" },
	{ "00240081 # <123456> <654321>", "9000" },
	{ "@events", " right 1 3 changed 1 3" },
	{ "00200081 # <123456>", "63C2" },
	{ "@events", " tried 1 2 wrong 1 2" },
	{ "00200081 # <123456>", "63C1" },
	{ "00200081 # <123456>", "6983" },
	{ "@events", " tried 1 1 wrong 1 1 tried 1 0 wrong 1 0" },
	{ "00200081 # <654321>", "6983" },
	{ "@events", " blocked 1 0" },
	{ "00240081 # <654321> <123456>", "6983" },
	{ "@events", " blocked 1 0" },
	/* a length that no passcode has is not compared either */
	{ "00200004 01 31", "6700" },
	{ "@events", "-" },
	{ NULL, NULL },
};

static const struct step made_and_gone[] = {
	TO_5011,
	{ VERIFY_SO, "9000" },
	{ "@events", " tried 4 2 right 4 3" },
	{ "00240104 # 05 40 <11223344>", "9000" },
	{ "@events", " created 4 3" },
	{ NULL, NULL },
};

/* Component by component: told when the last makes it whole. A signature is
 * told with what was signed; a decipherment with a hash, also where it comes
 * to nothing. */
static const struct step keys_of_a5[] = {
	TO_5011,
	{ VERIFY_SO, "9000" },
	{ CREATE("3800", "7000", "0028", FREE), "9000" },
	{ CD("7000"), "9000" },
	{ CREATE("1200", "1001", "0200", FREE), "9000" },
	{ "@import-public 512", NULL },
	{ "@events", " tried 4 2 right 4 3" },
	{ CREATE("1400", "3001", "0200", FREE), "9000" },
	{ "@import 512", NULL },
	{ "@events", " key-imported 3001 512 +32" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 02 7788", "?64 9000" },
	{ "@events", " key-signed 3001 512 +2" },
	{ "002241B8 03 800111", "9000" },
	{ "002A8086 40 00*64", "6A80" },
	{ "@events", " key-deciphered 3001 512 +32" },
	{ "00E40200 02 1001", "9000" },
	{ "@events", "-" },
	{ "00E40200 02 3001", "9000" },
	{ "@events", " key-deleted 3001 512 +0" },
	{ NULL, NULL },
};

static const struct step keys_of_a3[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ A3_KEY("08", "03", HOST_RULES), "9000" },
	{ "@events", " tried 1 2 right 1 3" },
	{ "@put-key 03 a33", NULL },
	{ "@events", " key-imported 0003 1024 +32" },
	{ A3_MSE_SIGN("03"), "9000" },
	{ "002A9E9A 01 77 00", "?128 9000" },
	{ "@events", " key-signed 0003 1024 +1" },
	/* refused: not used */
	{ "002A9E9A F6 00*246 00", "6700" },
	{ "@events", "-" },
	{ "00470000 0B AC09 800108 830103 820103 00", "? 9000" },
	{ "@events", " key-made 0003 1024 +32" },
	{ "00DB3FFF 08 A106 800108 830103", "9000" },
	{ "@events", " key-deleted 0003 1024 +0" },
	{ NULL, NULL },
};

/* A component put into a whole key takes that away. */
static const struct step keys_of_ias[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
	{ IAS_PUBLIC("03", "8B121200", "0040"), "9000" },
	{ "@events", " tried 1 2 right 1 3" },
	{ "@ias-key 03 512", NULL },
	{ "@events", " key-imported 9003 512 +32" },
	{ IAS_MSE("A4", "83", "02"), "9000" },
	{ "00880000 01 77 00", "?64 9000" },
	{ "@events", " key-signed 9003 512 +1" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9220 A5*32", "9000" },
	{ "@events", " key-deleted 9003 512 +0" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9320 A5*32", "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9420 A5*32", "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9520 A5*32", "9000" },
	{ "@events", "-" },
	/* five that make no key are none */
	{ "00DB3FFF # 7029 BF900325 7F4822 9620 A5*32", "9000" },
	{ "@events", "-" },
	{ NULL, NULL },
};

/* Put in by others, while the holder is not logged in. */
static const struct step away_of_a3[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ A3_KEY("08", "03", "0002 0002 0001 0001 0001 0001"), "9000" },
	{ "@reset", NULL },
	TO_5015,
	{ A3_VERIFY_2, "9000" },
	{ "@events", " tried 1 2 right 1 3 tried 2 2 right 2 3" },
	{ "@put-key 03 a33", NULL },
	{ "@events", " key-imported 0003 1024 +32" },
	{ A3_MSE_SIGN("03"), "9000" },
	{ "002A9E9A 01 77 00", "6982" },
	{ NULL, NULL },
};

static const struct step away_of_ias[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_PRIVATE("03", "FB121212120000", "0040"), "9000" },
	{ IAS_PUBLIC("03", "8B120000", "0040"), "9000" },
	{ "@reset", NULL },
	{ IAS_APP, "9000" },
	{ "@events", " tried 1 2 right 1 3" },
	{ "@ias-key 03 512", NULL },
	{ "@events", " key-imported 9003 512 +32" },
	{ IAS_MSE("A4", "83", "02"), "9000" },
	{ "00880000 01 77 00", "6982" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "passcodes", RIG_PERSONAL, passcodes },
	{ "made and gone", RIG_PERSONAL, made_and_gone },
	{ "keys of AuthentIC v5", RIG_PERSONAL, keys_of_a5 },
	{ "keys of AuthentIC v3", RIG_A3, keys_of_a3 },
	{ "keys of IAS ECC", RIG_IAS, keys_of_ias },
	{ "holder away, v3", RIG_A3, away_of_a3 },
	{ "holder away, IAS ECC", RIG_IAS, away_of_ias },
};

START_TEST(event_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* ---- keys that are made -------------------------------------------------- */

/* By the hash of what an X.509 certificate of it would have, of 1,024 bits and
 * with the exponent 3. */
START_TEST(a_key_is_told_by_its_public_half)
{
	static const uint8_t before[] = { 0x30, 0x81, 0x9D, 0x30, 0x0D, 0x06,
		0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01,
		0x05, 0x00, 0x03, 0x81, 0x8B, 0x00, 0x30, 0x81, 0x87, 0x02,
		0x81, 0x81, 0x00 };
	static const uint8_t behind[] = { 0x02, 0x01, 0x03 };
	const size_t at = 7;	/* of the modulus in the answer */
	uint8_t info[sizeof(before) + 128 + sizeof(behind)], hash[CR_HASH];
	struct rig r;

	rig_open(&r, RIG_A3);
	rig_must(&r, SELECT_A3);
	rig_must(&r, DOWN("5015"));
	rig_must(&r, A3_VERIFY_1);
	rig_must(&r, A3_KEY("08", "03", HOST_RULES));
	rig_must(&r, "00470000 0B AC09 800108 830103 820103 00");
	ck_assert_uint_gt(r.rsp.n, at + 128);
	memcpy(info, before, sizeof(before));
	memcpy(info + sizeof(before), r.rsp.p + at, 128);
	memcpy(info + sizeof(before) + 128, behind, sizeof(behind));
	ck_assert_int_eq(cr_sha256(CB_SPAN_OF(info), hash), CB_OK);
	ck_assert_mem_eq(r.event_data, hash, sizeof(hash));
	rig_close(&r);
}
END_TEST

/* ---- keys that others bring ---------------------------------------------- */

/* A component of `number`, of 512 bits' key: of nothing, but its length. */
#define COMPONENT(number) "80D8" number "04 23 A320 5A*32 00"

static void
to_7000(struct rig *r)
{
	rig_must(r, SELECT_A5);
	rig_must(r, CD("5011"));
	rig_must(r, VERIFY_SO);
	rig_must(r, CD("7000"));
}

static void
events_are(struct rig *r, const char *want)
{
	ck_assert_str_eq(r->events, want);
	r->events[0] = '\0';
}

/* Which key it is can be told as well as if its holder brought it, though the
 * card cannot read it; not of one whose components came before a reset: then
 * only sealed ones are there. */
START_TEST(a_key_for_who_is_away_is_told)
{
	uint8_t hash[CR_HASH];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CREATE("3800", "7000", "0028", "0021000000000000"));
	rig_must(&r, CD("7000"));
	rig_must(&r, CREATE("1400", "3001", "0200", "2421FF21FF21FFFF"));
	r.events[0] = '\0';
	rig_import(&r, "512", false);
	events_are(&r, " key-imported 3001 512 +32");
	memcpy(hash, r.event_data, sizeof(hash));
	rig_must(&r, "002241B6 03 800111");
	ck_assert_uint_eq(rig_sw(&r, "002A9E9A 01 77"), 0x6982);

	/* anew, in the place of it: whole again with the last one */
	rig_must(&r, COMPONENT("01"));
	events_are(&r, " key-imported 3001 512 +0");
	emu_card_power_on(r.card);
	to_7000(&r);
	rig_must(&r, CD("3001"));
	r.events[0] = '\0';
	rig_must(&r, COMPONENT("02"));
	events_are(&r, " key-imported 3001 512 +0");
	memset(r.event_data, 0, sizeof(hash));
	rig_import(&r, "512", false);
	ck_assert_mem_eq(r.event_data, hash, sizeof(hash));
	r.events[0] = '\0';

	/* half of it before, the rest now */
	rig_must(&r, CREATE("1400", "3002", "0200", "2421FF21FF21FFFF"));
	rig_must(&r, COMPONENT("01"));
	emu_card_power_on(r.card);
	to_7000(&r);
	rig_must(&r, CD("3002"));
	r.events[0] = '\0';
	for (int i = 2; i <= 5; i++)
		rig_must(&r, rig_fmt(COMPONENT("0%d"), i));
	events_are(&r, " key-imported 3002 512 +0");

	/* the same key, brought by who may use it */
	rig_must(&r, VERIFY_USER);
	rig_must(&r, CREATE("1400", "3003", "0200", FREE));
	memset(r.event_data, 0, sizeof(hash));
	rig_import(&r, "512", false);
	ck_assert_mem_eq(r.event_data, hash, sizeof(hash));
	rig_close(&r);
}
END_TEST

/* ---- certificates -------------------------------------------------------- */

/* Written as hosts do, in pieces: the last that is told is what stands there,
 * by its hash; and it is told again when it is another one. Without its end it
 * may look like one already: better told twice than not at all. */
START_TEST(certificates_are_told)
{
	const struct emu_cert_wish wish = { .user = "1",
		.usage = EMU_USAGE_DIGITAL_SIGNATURE,
		.test = true,
		.now = 1790000000 };
	struct cb_buf der = CB_BUF_INIT;
	struct emu_rsa *key;
	uint8_t hash[CR_HASH];
	char text[2 * 200 + 1];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	ck_assert_int_eq(emu_rsa_generate(&key, 512, CB_SPAN_EMPTY), CB_OK);
	ck_assert_int_eq(emu_cert_make(key, &wish, &der), CB_OK);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CREATE("0101", "7777", "0400", FREE));
	r.events[0] = '\0';
	for (size_t at = 0; at < der.n; at += 200) {
		r.events[0] = '\0';
		(void)cb_hex_encode(text, sizeof(text), cb_span_head(
			cb_span_tail(cb_buf_span(&der), at), 200));
		rig_must(&r, rig_fmt("00D6%04zX # %s", at, text));
	}
	ck_assert_str_eq(r.events, " certificate 7777 0 +32");
	ck_assert_int_eq(cr_sha256(cb_buf_span(&der), hash), CB_OK);
	ck_assert_mem_eq(r.event_data, hash, sizeof(hash));
	/* behind it: nothing of a certificate has changed */
	r.events[0] = '\0';
	rig_must(&r, rig_fmt("00D6%04zX # 00", der.n));
	ck_assert_str_eq(r.events, "");
	/* its last byte: another signature, another certificate */
	rig_must(&r, rig_fmt("00D6%04zX # %02X", der.n - 1,
			 der.p[der.n - 1] ^ 1u));
	ck_assert_str_eq(r.events, " certificate 7777 0 +32");
	emu_rsa_free(&key);
	cb_buf_free(&der);
	rig_close(&r);
}
END_TEST

/* ---- the keeper's function ----------------------------------------------- */

static unsigned peppered;
static enum cb_err pepper_says;

static enum cb_err
pepper(void *ctx, const uint8_t in[32], uint8_t out[32])
{
	(void)ctx;
	peppered++;
	for (size_t i = 0; i < 32; i++)
		out[i] = in[31 - i] ^ 0x5A;
	return pepper_says;
}

static void
again_in_5011(struct rig *r)
{
	emu_card_power_on(r->card);
	rig_must(r, SELECT_A5);
	rig_must(r, CD("5011"));
}

#define VERIFY_NEW "00200081 # <654321>"

START_TEST(records_alone_try_no_passcodes)
{
	struct rig r;

	peppered = 0;
	pepper_says = CB_OK;
	rig_open(&r, RIG_PERSONAL);
	again_in_5011(&r);
	rig_must(&r, VERIFY_USER);
	r.env.pepper = pepper;
	rig_must(&r, "00240081 # <123456> <654321>");
	ck_assert_uint_eq(peppered, 1);
	again_in_5011(&r);
	rig_must(&r, VERIFY_NEW);
	ck_assert_uint_eq(peppered, 2);
	/* whoever has the records, but not the keeper's function */
	r.env.pepper = NULL;
	again_in_5011(&r);
	ck_assert_uint_eq(rig_sw(&r, VERIFY_NEW), 0x63C2);
	/* the keeper refuses: nothing was tried */
	r.env.pepper = pepper;
	pepper_says = CB_E_LIMIT;
	r.events[0] = '\0';
	ck_assert_uint_eq(rig_sw(&r, VERIFY_NEW), 0x6581);
	ck_assert_str_eq(r.events, "");
	again_in_5011(&r);
	ck_assert_uint_eq(rig_sw(&r, "00200081"), 0x63C2);
	pepper_says = CB_OK;
	rig_must(&r, VERIFY_NEW);
	ck_assert_uint_eq(peppered, 4);
	/* another value than the one that is verified cannot be right: nobody
	 * is asked; nor on a blocked card */
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x63C2);
	ck_assert_uint_eq(peppered, 4);
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x63C1);
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x6983);
	ck_assert_uint_eq(peppered, 6);
	ck_assert_uint_eq(rig_sw(&r, VERIFY_NEW), 0x6983);
	ck_assert_uint_eq(peppered, 6);
	rig_close(&r);
}
END_TEST

Suite *
event_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("event", &tc);

	tcase_add_loop_test(
	    tc, event_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, a_key_is_told_by_its_public_half);
	tcase_add_test(tc, a_key_for_who_is_away_is_told);
	tcase_add_test(tc, certificates_are_told);
	tcase_add_test(tc, records_alone_try_no_passcodes);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Keys of AuthentIC: components, GENERATE, MSE, signatures that OpenSSL
 * verifies and cryptograms that it made, DES keys.
 */
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define AS_SO TO_5011, { VERIFY_SO, "9000" }
#define WORK AS_SO, { CREATE("3800", "7000", "0028", FREE), "9000" }, \
	{ CD("7000"), "9000" }
#define PRIVATE(fid, bits) { CREATE("1400", fid, bits, FREE), "9000" }
#define PUBLIC(fid, bits) { CREATE("1200", fid, bits, FREE), "9000" }
#define MSE_SIGN { "002241B6 03 800111", "9000" }
#define MSE_DECIPHER { "002241B8 03 800111", "9000" }
#define HALF "55*32"	/* of a 512-bit modulus */

/* The published key's modulus begins and ends so. */
static const struct step get_public[] = {
	TO_5011,
	{ CD("9001"), "9000" },
	{ CD("1001"), "9000" },
	{ "80B40200 00", "010001 9000" },
	{ "80B40200", "010001 9000" },
	{ "80B40200 03", "010001 9000" },
	{ "80B40200 02", "6C03" },
	{ "80B40100 00", "?256 9000" },
	{ "80B40100 80", "6C00" },
	{ "80B40100", "?256 9000" },
	{ "80B40000 00", "6A86" },
	{ "80B40300 00", "6A86" },
	{ "80B40101 00", "6A86" },
	{ CD("3F00"), "9000" },
	{ CD("5011"), "9000" },
	{ VERIFY_USER, "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	/* no component of a private key ever leaves */
	{ "80B40100 00", "6981" },
	{ "80B40200 00", "6981" },
	{ NULL, NULL },
};

static const struct step put_public[] = {
	WORK,
	PUBLIC("1001", "0200"),
	{ "80B40100 00", "6A88" },
	{ "80B40200 00", "6A88" },
	{ "@import-public 512", NULL },
	{ "80B40100 00", "?64 9000" },
	{ "80B40200 00", "010001 9000" },
	{ "80D80204 # A1 01 03 00", "9000" },
	{ "80B40200 00", "03 9000" },
	{ "80D80204 # A1 04 00010001 00", "9000" },
	{ "80B40200 00", "00010001 9000" },
	PUBLIC("1002", "0400"),
	{ "80D80104 # A1 80 77*128 00", "9000" },
	{ "80B40100 00", "77*128 9000" },
	PUBLIC("1003", "0800"),
	{ "90D80104 # A1 20 11*32 00", "9000" },
	{ "80D80104 # A1 E0 22*224 00", "9000" },
	{ "80B40100 00", "11*32 22*224 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ CD("1001"), "9000" },
	{ "80B40100 00", "?64 9000" },
	{ CD("1003"), "9000" },
	{ "80B40100 00", "11*32 22*224 9000" },
	{ NULL, NULL },
};

static const struct step put_wrong[] = {
	WORK,
	PRIVATE("3001", "0200"),
	{ "80D80004 # A3 20 " HALF " 00", "6A86" },
	{ "80D80604 # A3 20 " HALF " 00", "6A86" },
	{ "80D80100 # A3 20 " HALF " 00", "6A86" },
	{ "80D80104 # A1 20 " HALF " 00", "6A80" },
	{ "80D80104 # 80 20 " HALF " 00", "6A80" },
	{ "80D80104 # A3 20 " HALF " 01", "6A80" },
	{ "80D80104 # A3 20 " HALF, "6A80" },
	{ "80D80104 # A3 21 " HALF " 00", "6A80" },
	{ "80D80104 # A3 1F " HALF " 00", "6A80" },
	{ "80D80104 # A3 1F 55*31 00", "6A80" },
	{ "80D80104 # A3 21 55*33 00", "6A80" },
	{ "80D80104 # A3 00 00", "6A80" },
	{ "80D80104 # A3", "6A80" },
	{ "80D80104 # A3 20 " HALF " 00 00", "6A80" },
	{ "@no-disk", NULL },
	{ "90D80104 # A3 10 55*16 00", "9000" },
	{ "80D80104 # A3 11 55*17 00", "6A80" },
	{ "90D80104 # A3 10 55*16 00", "9000" },
	{ "80D80204 # A3 10 55*16 00", "6A80" },	/* another */
	{ "90D80104 # A3 10 55*16 00", "9000" },
	{ "80D80104 # A3 10 55*16 00", "9000" },
	PUBLIC("1001", "0200"),
	{ "80D80304 # A1 20 " HALF " 00", "6A86" },
	{ "80D80004 # A1 20 " HALF " 00", "6A86" },
	{ "80D80104 # A3 40 55*64 00", "6A80" },
	{ "80D80104 # A1 20 " HALF " 00", "6A80" },
	{ "80D80204 # A1 00 00", "6A80" },
	{ NULL, NULL },
};

/* What it signs is what openssl says. */
static const struct step short_number[] = {
	WORK,
	PRIVATE("3001", "0200"),
	{ "80D80104 # A3 20 " SHORT_P " 00", "9000" },
	{ "80D80204 # A3 20 " SHORT_Q " 00", "9000" },
	{ "80D80304 # A3 1F " SHORT_QI " 00", "9000" },
	{ "80D80404 # A3 20 " SHORT_DP " 00", "9000" },
	{ "80D80504 # A3 20 " SHORT_DQ " 00", "9000" },
	MSE_SIGN,
	{ "002A9E9A 01 77", SHORT_SIGNS_77 " 9000" },
	/* one that is too long stays so, and so does none */
	{ "80D80304 # A3 21 00*33 00", "6A80" },
	{ "80D80304 # A3 00 00", "6A80" },
	{ NULL, NULL },
};

static const struct step incomplete[] = {
	WORK,
	PRIVATE("3001", "0200"),
	MSE_SIGN,
	MSE_DECIPHER,
	{ "002A9E9A 01 77", "6A88" },
	{ "002A8086 40 00*64", "6A88" },
	{ "80D80104 # A3 20 " HALF " 00", "9000" },
	{ "80D80204 # A3 20 " HALF " 00", "9000" },
	{ "80D80304 # A3 20 " HALF " 00", "9000" },
	{ "002A9E9A 01 77", "6A88" },
	{ "80D80404 # A3 20 " HALF " 00", "9000" },
	{ "002A9E9A 01 77", "6A88" },
	{ "80D80504 # A3 20 " HALF " 00", "9000" },
	/* all there, and no key */
	{ "002A9E9A 01 77", "6984" },
	{ "@import 512", NULL },
	{ "002A9E9A 01 77", "?64 9000" },
	/* changed while in use */
	{ "80D80204 # A3 20 " HALF " 00", "9000" },
	{ "002A9E9A 01 77", "6984" },
	{ "@import 512", NULL },
	{ "002A9E9A 01 77", "?64 9000" },
	{ NULL, NULL },
};

static const struct step des[] = {
	WORK,
	{ CREATE("1100", "4000", "0040", FREE), "9000" },
	/* kcv: the zero block enciphered under eight times 11 */
	{ "80D80000 # 80 08 11*8 03 82E136", "9000" },
	{ "80D80000 # 80 08 11*8 03 82E137", "6A80" },
	{ "80D80000 # 80 08 11*8 03 82E1", "6A80" },
	{ "80D80000 # 80 08 11*8 02 82E1", "6A80" },
	{ "80D80000 # 80 08 11*8 00", "6A80" },
	{ "80D80000 # 80 08 11*8", "6A80" },
	{ "80D80000 # 80 08 11*8 03 82E136 00", "6A80" },
	{ "80D80000 # 80 07 11*7 03 82E136", "6A80" },
	{ "80D80000 # 80 00 03 82E136", "6A80" },
	{ "80D80000 # A1 08 11*8 03 82E136", "6A80" },
	{ "80D80104 # 80 08 11*8 03 82E136", "6A86" },
	{ "80D80004 # 80 08 11*8 03 82E136", "6A86" },
	{ "80D80100 # 80 08 11*8 03 82E136", "6A86" },
	/* of another length than the file's */
	{ "80D80000 # 80 10 11*16 03 82E136", "6A80" },
	{ CREATE("1100", "4001", "0080", FREE), "9000" },
	{ "80D80000 # 80 10 11*16 03 82E136", "9000" },
	{ "80D80000 # 80 08 11*8 03 82E136", "6A80" },
	{ CREATE("1100", "4002", "00C0", FREE), "9000" },
	{ "80D80000 # 80 18 11*24 03 82E136", "9000" },
	/* nothing gives it out or uses it */
	{ "80B40000 00", "6981" },
	{ "80B40100 00", "6981" },
	{ "00B00000 00", "6981" },
	MSE_SIGN,
	{ "002A9E9A 01 77", "6981" },
	{ "00880000 08 00*8", "6D00" },
	{ "80340000 40", "4000 4001 4002 9000" },
	{ "00E40200 02 4001", "9000" },
	{ "80340000 40", "4000 4002 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "00A40000 02 4002 00",
	    "6F16 82021100 83024002 850200C0 8608 00*8 9000" },
	{ NULL, NULL },
};

static const struct step generate_wrong[] = {
	WORK,
	PUBLIC("1001", "0200"),
	PRIVATE("3001", "0200"),
	PRIVATE("3002", "0400"),
	PUBLIC("1002", "0400"),
	{ CREATE("0101", "2000", "0004", FREE), "9000" },
	{ "00460000 04 11113001", "6A82" },
	{ "00460000 04 10013333", "6A82" },
	{ "00460000 04 30011001", "6981" },
	{ "00460000 04 20003001", "6981" },
	{ "00460000 04 10012000", "6981" },
	{ "00460000 04 10013002", "6981" },	/* of different lengths */
	{ "00460000 05 1001300101", "6700" },
	{ "00460000 05 1001300100", "6700" },
	{ "00460000 07 10013001 010300", "6700" },
	{ "00460000 06 10013001 0102", "6A80" },
	{ "00460000 06 10013001 0101", "6A80" },
	{ "00460000 06 10013001 0100", "6A80" },
	{ "00460000 07 10013001 020000", "6A80" },
	{ "@no-disk", NULL },
	{ CD("3F00"), "9000" },
	/* not in the current DF */
	{ "00460000 04 10013001", "6A82" },
	{ CD("5011"), "9000" },
	{ CD("7000"), "9000" },
	{ CD("3001"), "9000" },
	MSE_SIGN,
	{ "002A9E9A 01 77", "6A88" },
	{ NULL, NULL },
};

static const struct step mse[] = {
	WORK,
	PRIVATE("3001", "0200"),
	{ "@import 512", NULL },
	{ "002A9E9A 01 77", "6985" },
	{ "002A8086 40 00*64", "6985" },
	{ "002241B6 03 800110", "6A80" },
	{ "002241B6 03 800112", "6A80" },
	{ "002241B6 02 8001", "6A80" },
	{ "002241B6 04 80011100", "6A80" },
	{ "002241B6 06 800111840101", "6A80" },
	{ "002241B8 03 840111", "6A80" },
	{ "002A9E9A 01 77", "6985" },
	MSE_SIGN,
	{ "002A9E9A 01 77", "?64 9000" },
	{ "002A8086 40 00*64", "6985" },
	/* survives the selection of files */
	{ CD("3001"), "9000" },
	{ "002A9E9A 01 77", "?64 9000" },
	{ UP, "? 9000" },
	{ CD("7000"), "9000" },
	{ CD("3001"), "9000" },
	{ "002A9E9A 01 77", "?64 9000" },
	/* a refused one changes nothing */
	{ "002241B6 03 800110", "6A80" },
	{ "002A9E9A 01 77", "?64 9000" },
	MSE_DECIPHER,
	{ "002A8086 40 00*64", "6A80" },
	{ "002A9E9A 01 77", "?64 9000" },
	/* not that of the application, nor reset */
	{ SELECT_A5, "9000" },
	{ CD("5011"), "9000" },
	{ CD("7000"), "9000" },
	{ CD("3001"), "9000" },
	{ "002A9E9A 01 77", "6985" },
	MSE_SIGN,
	{ "@reset", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ CD("3001"), "9000" },
	{ "002A9E9A 01 77", "6985" },
	{ NULL, NULL },
};

static const struct step sign_lengths[] = {
	WORK,
	PRIVATE("3001", "0200"),
	{ "@import 512", NULL },
	MSE_SIGN,
	{ "002A9E9A 35 00*53", "?64 9000" },
	{ "002A9E9A # 00*53 | 40", "?64 9000" },
	{ "002A9E9A 36 00*54", "6700" },
	{ "002A9E9A FF 00*255", "6700" },
	{ CD("3F00"), "9000" },
	{ CD("5011"), "9000" },
	{ VERIFY_USER, "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002A9E9A F5 00*245", "?256 9000" },
	{ "002A9E9A F5 00*245 00", "?256 9000" },
	{ "002A9E9A F6 00*246", "6700" },
	MSE_DECIPHER,
	{ "002A8086 80 00*128", "6700" },
	{ "102A8086 80 00*128", "9000" },
	{ "002A8086 81 00*129", "6700" },
	/* a number that is not below the modulus */
	{ "102A8086 80 FF*128", "9000" },
	{ "002A8086 80 FF*128", "6A80" },
	{ NULL, NULL },
};

static const struct step sign_t0[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	MSE_SIGN,
	{ "002A9E9A 01 77", "6100" },
	{ "00C00000 00", "?256 9000" },
	{ "002A9E9A 01 77", "6100" },
	{ "00C00000 80", "?128 6180" },
	{ "00C00000 80", "?128 9000" },
	MSE_DECIPHER,
	{ "102A8086 08 00*8", "9000" },
	{ "002A8086 F8 00*248", "6A80" },
	{ "00C00000 00", "6985" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "public components", RIG_PERSONAL, get_public },
	{ "public components put", RIG_PERSONAL, put_public },
	{ "components that are none", RIG_PERSONAL, put_wrong },
	{ "a number without its zeros", RIG_PERSONAL, short_number },
	{ "incomplete keys", RIG_PERSONAL, incomplete },
	{ "DES keys", RIG_PERSONAL, des },
	{ "GENERATE refused", RIG_PERSONAL, generate_wrong },
	{ "MSE", RIG_PERSONAL, mse },
	{ "lengths", RIG_PERSONAL, sign_lengths },
	{ "T=0", RIG_T0, sign_t0 },
};

START_TEST(a5_keys_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* ---- what OpenSSL says ---------------------------------------------------------- */

/* DigestInfo of SHA-256, with a hash that is none. */
#define DIGEST_INFO "3031300D060960864801650304020105000420 5A*32"

/* Signs with the current key, and verifies. */
static void
signs(struct rig *r, const char *section, const char *data)
{
	uint16_t sw;

	ck_assert_uint_eq(rig_sw(r, "002241B6 03 800111"), 0x9000);
	sw = rig_sw(r, rig_fmt("002A9E9A # %s", data));
	if (r->card->proto == EMU_T0) {
		ck_assert_uint_eq(sw & 0xFF00, 0x6100);
		sw = rig_sw(r, "00C00000 00");
	}
	ck_assert_uint_eq(sw, 0x9000);
	rig_signed(r, section, data);
}

/* One command of raw data; chained like the host does where it is long. */
static uint16_t
decipher(struct rig *r, const char *current, struct cb_span in)
{
	(void)current;
	rig_must(r, "002241B8 03 800111");
	return rig_chain(r, 0x002A8086, 8, in);
}

static void
deciphers(struct rig *r, const char *section)
{
	rig_deciphers(r, section, decipher, NULL);
}

static void
user_in_9002(struct rig *r)
{
	rig_must(r, SELECT_A5);
	rig_must(r, CD("5011"));
	rig_must(r, VERIFY_USER);
	rig_must(r, CD("9002"));
}

START_TEST(signatures_verify_and_cryptograms_open)
{
	struct rig r;

	rig_open(&r, _i == 0 ? RIG_PERSONAL : RIG_T0);
	user_in_9002(&r);
	rig_must(&r, CD("3001"));
	signs(&r, "s80", DIGEST_INFO);
	signs(&r, "s80", "77");
	signs(&r, "s80", "00*245");
	if (_i == 0)
		deciphers(&r, "s80");
	rig_must(&r, CD("3002"));
	signs(&r, "s81", DIGEST_INFO);
	rig_close(&r);
}
END_TEST

/* A key comes in by its components: usable right after, by whoever may; under
 * SO rights without the user, usable once the user is there. */
static const char *const imports[][3] = {
	{ "512", "0200", "77" },
	{ "1024", "0400", DIGEST_INFO },
	{ "s81", "0800", DIGEST_INFO },
};

START_TEST(imported_keys_are_usable_right_after)
{
	const char *const *key = imports[_i];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	user_in_9002(&r);
	rig_must(&r, rig_fmt(CREATE("1400", "3003", "%s", "2121FF21FF21FFFF"),
	    key[1]));
	rig_import(&r, key[0], false);
	signs(&r, key[0], key[2]);
	deciphers(&r, key[0]);
	rig_reopen(&r);
	user_in_9002(&r);
	rig_must(&r, CD("3003"));
	signs(&r, key[0], key[2]);
	deciphers(&r, key[0]);
	rig_close(&r);
}
END_TEST

START_TEST(the_so_brings_keys_for_the_user)
{
	const char *const *key = imports[_i];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CREATE("3800", "7000", "0028", "0021000000000000"));
	rig_must(&r, CD("7000"));
	rig_must(&r, rig_fmt(CREATE("1400", "3003", "%s", "2421FF21FF21FFFF"),
	    key[1]));
	rig_import(&r, key[0], false);
	rig_must(&r, "002241B6 03 800111");
	ck_assert_uint_eq(rig_sw(&r, "002A9E9A 01 77"), 0x6982);
	rig_must(&r, VERIFY_USER);
	signs(&r, key[0], key[2]);
	rig_must(&r, LOGOUT_USER);
	ck_assert_uint_eq(rig_sw(&r, "002A9E9A 01 77"), 0x6982);
	rig_reopen(&r);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_USER);
	rig_must(&r, CD("7000"));
	rig_must(&r, CD("3003"));
	signs(&r, key[0], key[2]);
	rig_close(&r);
}
END_TEST

/* The only real generation of these tests, with an exponent of its own. */
START_TEST(generated_keys_work)
{
	char modulus[129];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	user_in_9002(&r);
	rig_must(&r, CREATE("1400", "3003", "0200", "2121FF21FF21FFFF"));
	rig_must(&r, CREATE("1200", "1012", "0200", "21FF00FF00FF00FF"));
	memcpy(modulus, rig_send(&r, "00460000 # 10123003 01 03 | 00"), 128);
	modulus[128] = '\0';
	ck_assert_uint_eq(r.rsp.n, 66);
	rig_must(&r, CD("1012"));
	ck_assert_str_eq(
	    rig_send(&r, "80B40100 00"), rig_fmt("%s9000", modulus));
	ck_assert_str_eq(rig_send(&r, "80B40200 00"), "039000");
	rig_must(&r, CD("3003"));
	rig_must(&r, "002241B6 03 800111");
	rig_must(&r, "002A9E9A 01 77");
	/* 65537 unless told; what was there is gone */
	rig_send(&r, "00460000 # 10123003 | 40");
	ck_assert_uint_eq(r.rsp.n, 66);
	rig_must(&r, CD("1012"));
	ck_assert_str_ne(
	    rig_send(&r, "80B40100 00"), rig_fmt("%s9000", modulus));
	ck_assert_str_eq(rig_send(&r, "80B40200 00"), "0100019000");
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

Suite *
a5_keys_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a5_keys", &tc);

	tcase_add_loop_test(
	    tc, a5_keys_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_loop_test(
	    tc, signatures_verify_and_cryptograms_open, 0, 2);
	tcase_add_loop_test(tc, imported_keys_are_usable_right_after, 0, 3);
	tcase_add_loop_test(tc, the_so_brings_keys_for_the_user, 0, 3);
	tcase_add_test(tc, generated_keys_work);
	return s;
}

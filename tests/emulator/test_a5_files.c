/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Contents of EFs in AuthentIC: transparent files (offsets, ends, patches of
 * who may write but not read), records (append, update, delete, holes,
 * limits), GET CHALLENGE.
 */
#include <stdio.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define AS_SO TO_5011, { VERIFY_SO, "9000" }
#define WORK AS_SO, { CREATE("3800", "7000", "0028", FREE), "9000" }, \
	{ CD("7000"), "9000" }
#define EF(size) WORK, { CREATE("0101", "1000", size, FREE), "9000" }
#define RECORDS WORK, { CREATE("0401", "3000", "0014", FREE), "9000" }
#define FCI_RECORDS(longest, count) \
	"6F19 82050401" longest count " 83023000 85020014 8608 00*8 9000"

static const struct step binary[] = {
	EF("0010"),
	{ "00B00000 00", "00*16 9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "00D6000C 04 11121314", "9000" },
	{ "00B00000 00", "01020304 00*8 11121314 9000" },
	{ "00B00000 10", "01020304 00*8 11121314 9000" },
	{ "00B00000 11", "01020304 00*8 11121314 9000" },
	{ "00B00000", "01020304 00*8 11121314 9000" },
	{ "00B00000 02", "0102 9000" },
	{ "00B00002 02", "0304 9000" },
	{ "00B0000E 10", "1314 9000" },
	{ "00B0000F 01", "14 9000" },
	/* the end, and past it */
	{ "00B00010 01", "6B00" },
	{ "00B00011 01", "6B00" },
	{ "00B07FFF 01", "6B00" },
	{ "00B00010 00", "6B00" },
	{ "00D6000F 02 0000", "6A84" },
	{ "00D60010 01 00", "6A84" },
	{ "00D67FFF 01 00", "6A84" },
	{ "00D60000 11 FF*17", "6A84" },
	{ "@no-disk", NULL },
	{ "00B00000 00", "01020304 00*8 11121314 9000" },
	{ "00D60000 10 22*16", "9000" },
	{ "@disk", NULL },
	{ "00B00000 00", "22*16 9000" },
	{ "@no-disk", NULL },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ CD("1000"), "9000" },
	{ "00B00000 00", "22*16 9000" },
	{ NULL, NULL },
};

static const struct step binary_large[] = {
	EF("7FFF"),
	{ "00D67FFE 01 AA", "9000" },
	{ "00D67FFE 02 AABB", "6A84" },
	{ "00B07FFE 00", "AA 9000" },
	{ "00B07F00 00", "00*254 AA 9000" },
	{ "00B07EFF 00", "00*255 AA 9000" },
	{ "00B07EFE 00", "00*256 9000" },
	{ "00D60100 FF 55*255", "9000" },
	{ "00B00100 00", "55*255 00 9000" },
	{ "00E40200 02 1000", "9000" },
	/* 15 bits of offset reach no further */
	{ CREATE("0101", "1000", "8000", FREE), "6A80" },
	{ NULL, NULL },
};

static const struct step binary_empty[] = {
	EF("0000"),
	{ "00B00000 00", "6B00" },
	{ "00D60000 01 00", "6A84" },
	{ NULL, NULL },
};

static const struct step wrong_types[] = {
	RECORDS,
	{ "00B00000 01", "6981" },
	{ "00D60000 01 00", "6981" },
	{ "80B40100", "6981" },
	{ "80D80104 04 A3010000", "6981" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 00", "6981" },
	{ "002A8086 01 00", "6981" },
	{ CREATE("0101", "1000", "0010", FREE), "9000" },
	{ "00B20104 01", "6981" },
	{ "00DC0104 01 00", "6981" },
	{ "00E20000 01 00", "6981" },
	{ "80320104", "6981" },
	{ CREATE("1400", "3001", "0200", FREE), "9000" },
	{ "00B00000 01", "6981" },
	{ "00D60000 01 00", "6981" },
	{ "00B20104 01", "6981" },
	{ "00DC0104 01 00", "6981" },
	{ "00E20000 01 00", "6981" },
	{ "80320104", "6981" },
	{ "80B40100", "6981" },
	{ CREATE("1200", "1001", "0200", FREE), "9000" },
	{ "00B00000 01", "6981" },
	{ "002A9E9A 01 00", "6981" },
	{ CREATE("1100", "4000", "0040", FREE), "9000" },
	{ "00B00000 01", "6981" },
	{ "80B40100", "6981" },
	{ "002A8086 01 00", "6981" },
	/* none selected */
	{ CD("3F00"), "9000" },
	{ "00B00000 01", "6986" },
	{ "00D60000 01 00", "6986" },
	{ "00B20104 01", "6986" },
	{ "00DC0104 01 00", "6986" },
	{ "00E20000 01 00", "6986" },
	{ "80320104", "6986" },
	{ "80B40100", "6986" },
	{ "80D80104 04 A3010000", "6986" },
	{ "002A9E9A 01 00", "6986" },
	{ "002A8086 01 00", "6986" },
	{ NULL, NULL },
};

static const struct step records[] = {
	RECORDS,
	{ "00B20104 00", "6A83" },
	{ "00DC0104 01 00", "6A83" },
	{ "80320104", "6A83" },
	{ "00E20000 8D 01*141", "9000" },
	{ "00E20000 8D 02*141", "9000" },
	{ "00E20000 8D 03*141", "9000" },
	{ "00B20104 00", "01*141 9000" },
	{ "00B20204 8D", "02*141 9000" },
	{ "00B20304 10", "03*16 9000" },
	{ "00B20304 FF", "03*141 9000" },
	{ "00B20304", "03*141 9000" },
	{ "00B20404 00", "6A83" },
	{ "00B20004 00", "6A83" },
	{ "00B2FF04 00", "6A83" },
	{ "00DC0004 01 00", "6A83" },
	{ "80320004", "6A83" },
	{ "00DC0204 8D 22*141", "9000" },
	{ "00B20204 00", "22*141 9000" },
	{ "00DC0404 8D 22*141", "6A83" },
	/* of another length */
	{ "00DC0204 02 2233", "9000" },
	{ "00B20204 00", "2233 9000" },
	{ "00A40000 02 7000 00", "6A82" },
	{ "00A40000 02 3000 00", FCI_RECORDS("008D", "03") },
	{ "00DC0104 FF 11*255", "9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("00FF", "03") },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("00FF", "03") },
	{ "00B20104 00", "11*255 9000" },
	{ "00B20204 00", "2233 9000" },
	{ "00B20304 00", "03*141 9000" },
	{ NULL, NULL },
};

static const struct step records_deleted[] = {
	RECORDS,
	{ "00E20000 8D 01*141", "9000" },
	{ "00E20000 8D 02*141", "9000" },
	{ "00E20000 8D 03*141", "9000" },
	{ "00E20000 8D 04*141", "9000" },
	/* the slot stays and reads as zeros; the others keep their numbers */
	{ "80320204 00", "9000" },
	{ "00B20104 8D", "01*141 9000" },
	{ "00B20204 8D", "00*141 9000" },
	{ "00B20304 8D", "03*141 9000" },
	{ "00B20404 8D", "04*141 9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("008D", "04") },
	{ "80320204 00", "9000" },	/* again */
	{ "00B20204 8D", "00*141 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("008D", "04") },
	{ "00B20204 8D", "00*141 9000" },
	{ "00B20204 05", "00*5 9000" },
	{ "00B20304 8D", "03*141 9000" },
	/* APPEND takes the first free slot */
	{ "80320104", "9000" },
	{ "00E20000 8D 11*141", "9000" },
	{ "00B20104 8D", "11*141 9000" },
	{ "00B20204 8D", "00*141 9000" },
	{ "00E20000 8D 22*141", "9000" },
	{ "00B20204 8D", "22*141 9000" },
	{ "00E20000 8D 55*141", "9000" },
	{ "00B20504 8D", "55*141 9000" },
	/* at the end slots go */
	{ "80320404", "9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("008D", "05") },
	{ "80320504", "9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("008D", "03") },
	{ "00B20404 8D", "6A83" },
	{ "80320404", "6A83" },
	{ "00E20000 8D 44*141", "9000" },
	{ "00B20404 8D", "44*141 9000" },
	{ "80320104", "9000" },
	{ "80320204", "9000" },
	{ "80320304", "9000" },
	{ "80320404", "9000" },
	{ "00A40000 02 3000 00", FCI_RECORDS("0000", "00") },
	{ "00B20104 8D", "6A83" },
	{ "00E20000 01 77", "9000" },
	{ "00B20104 00", "77 9000" },
	{ NULL, NULL },
};

/* A slot that was emptied can be written again by number. */
static const struct step records_revived[] = {
	RECORDS,
	{ "00E20000 04 01*4", "9000" },
	{ "00E20000 04 02*4", "9000" },
	{ "80320104", "9000" },
	{ "00DC0104 04 11*4", "9000" },
	{ "00B20104 00", "11*4 9000" },
	{ "00E20000 04 03*4", "9000" },
	{ "00B20304 00", "03*4 9000" },
	{ NULL, NULL },
};

#define R4 { "00E20000 01 01", "9000" }, { "00E20000 01 02", "9000" }, \
	{ "00E20000 01 03", "9000" }, { "00E20000 01 04", "9000" }
static const struct step records_full[] = {
	RECORDS,
	R4, R4, R4, R4, R4,	/* 20 */
	{ "00E20000 01 00", "6A84" },
	{ "@no-disk", NULL },
	{ "80320704", "9000" },
	{ "00E20000 01 77", "9000" },
	{ "00B20704 00", "77 9000" },
	{ "00E20000 01 00", "6A84" },
	{ "00A40000 02 3000 00", FCI_RECORDS("0001", "14") },
	{ NULL, NULL },
};

static const struct step records_none[] = {
	WORK,
	{ CREATE("0401", "3000", "0000", FREE), "9000" },
	{ "00E20000 01 00", "6A84" },
	{ NULL, NULL },
};

/* Write without the right to read (UPDATE 00, READ 21): a patch, which the
 * holder finds folded in; whole contents need none. */
#define GUARDED WORK, \
	{ CREATE("0101", "1000", "0010", "FF 00 21 FF FF*4"), "9000" }
#define HOLDER { VERIFY_USER, "9000" }
#define NOBODY { LOGOUT_USER, "9000" }
static const struct step patches[] = {
	GUARDED,
	{ "00B00000 00", "6982" },
	{ "00D60002 03 010203", "9000" },
	{ "00D60004 02 0405", "9000" },
	{ "00D6000F 01 0F", "9000" },
	{ "00D6000F 02 0F10", "6A84" },
	{ "00B00000 00", "6982" },
	HOLDER,
	{ "00B00000 00", "0000010204050000 0000000000 00000F 9000" },
	{ "00B00002 04", "01020405 9000" },
	NOBODY,
	{ "00B00000 00", "6982" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ CD("1000"), "9000" },
	{ "00D60000 01 AA", "9000" },
	HOLDER,
	{ "00B00000 00", "AA00010204050000 0000000000 00000F 9000" },
	/* the next who can read folds them in */
	{ "00D60001 01 BB", "9000" },
	{ "00B00000 00", "AABB010204050000 0000000000 00000F 9000" },
	NOBODY,
	/* all of it, unread */
	{ "00D60003 01 33", "9000" },
	{ "00D60000 10 77*16", "9000" },
	{ "00D60003 01 33", "9000" },
	HOLDER,
	{ "00B00000 00", "77*3 33 77*12 9000" },
	{ NULL, NULL },
};

static const struct step challenge[] = {
	{ SELECT_A5, "9000" },
	{ "00840000 01", "?1 9000" },
	{ "00840000 10", "?16 9000" },
	{ "00840000 00", "?256 9000" },
	{ "00840000 FF", "?255 9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "transparent", RIG_PERSONAL, binary },
	{ "transparent, the largest", RIG_PERSONAL, binary_large },
	{ "transparent, the smallest", RIG_PERSONAL, binary_empty },
	{ "wrong types", RIG_PERSONAL, wrong_types },
	{ "records", RIG_PERSONAL, records },
	{ "records deleted", RIG_PERSONAL, records_deleted },
	{ "records written again", RIG_PERSONAL, records_revived },
	{ "records to the limit", RIG_PERSONAL, records_full },
	{ "no records at all", RIG_PERSONAL, records_none },
	{ "patches", RIG_PERSONAL, patches },
	{ "GET CHALLENGE", RIG_PERSONAL, challenge },
	{ "GET CHALLENGE in T=0", RIG_T0, challenge },
};

START_TEST(a5_files_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* Patches on patches give what plain writing would have given, however often
 * somebody writes who cannot read. */
START_TEST(patches_do_not_run_out)
{
	static const struct step prepare[] = { GUARDED, { NULL, NULL } };
	char want[33 + 4] = "", *at = want;
	uint8_t bytes[16] = { 0 };
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_play(&r, "preparing", prepare);
	for (unsigned i = 0; i < 300; i++) {
		unsigned off = i * 7 % 15;

		bytes[off] = (uint8_t)i;
		bytes[off + 1] = (uint8_t)(i >> 8 | 0x80);
		ck_assert_uint_eq(rig_sw(&r, rig_fmt("00D600%02X 02 %02X%02X",
		    off, bytes[off], bytes[off + 1])), 0x9000);
	}
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x9000);
	for (unsigned i = 0; i < 16; i++)
		at += snprintf(at, 3, "%02X", bytes[i]);
	snprintf(at, 5, "9000");
	ck_assert_str_eq(rig_send(&r, "00B00000 00"), want);
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

/* A second draw is another one. */
START_TEST(challenges_differ)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_send(&r, SELECT_A5);
	ck_assert_str_ne(
	    rig_send(&r, "00840000 10"), rig_send(&r, "00840000 10"));
	/* no randomness: no bytes that look like it */
	r.random_fail_at = r.random_calls + 1;
	ck_assert_str_eq(rig_send(&r, "00840000 10"), "6F00");
	rig_close(&r);
}
END_TEST

Suite *
a5_files_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a5_files", &tc);

	tcase_add_loop_test(
	    tc, a5_files_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, patches_do_not_run_out);
	tcase_add_test(tc, challenges_differ);
	return s;
}

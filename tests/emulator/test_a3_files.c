/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v3: READ and UPDATE BINARY, CREATE and DELETE FILE, and the
 * PKCS #15 files as they are told.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" }
#define OPEN TO_5015, { A3_VERIFY_1, "9000" }
#define FREE_EF "0000 0000 0000 0000"

static const struct step read[] = {
	TO_5015,
	{ DOWN("7006"), "? 9000" },
	{ "00B00000 00", "00*256 9000" },
	{ "00B00000", "00*256 9000" },
	{ "00B000FF 00", "00 9000" },	/* less than Le is left */
	{ "00B000FF 02", "00 9000" },
	{ "00B00100 01", "6B00" },
	{ "00B07FFF 01", "6B00" },
	{ "00B08000 01", "6A86" },
	{ DOWN("7002"), "? 9000" },
	{ "00B00300 00", "00*256 9000" },
	{ "00B003FF 01", "00 9000" },
	{ "00B00400 01", "6B00" },
	{ SELECT_A3, "9000" },
	{ "00B00000 01", "6986" },
	{ DOWN("5015"), "? 9000" },
	{ "00B00000 01", "6986" },	/* a DF is no EF */
	{ NULL, NULL },
};

static const struct step update[] = {
	OPEN,
	{ DOWN("7006"), "? 9000" },
	{ "00D60000 03 112233", "9000" },
	{ "@disk", NULL },
	{ "00D600FF 01 44", "9000" },
	{ "00B00000 00", "112233 00*252 44 9000" },
	{ "00D600FF 02 4455", "6B00" },
	{ "00D60100 01 44", "6B00" },
	{ "00D60001 FF 55*255", "9000" },
	{ "00B00000 00", "11 55*255 9000" },
	{ "00D60000", "6700" },
	{ "00D68000 01 44", "6A86" },
	{ SELECT_A3, "9000" },
	{ "00D60000 01 44", "6986" },
	/* never */
	{ DOWN("5015"), "? 9000" },
	{ DOWN("5031"), "? 9000" },
	{ "00D60000 01 44", "6982" },
	{ "@no-disk", NULL },
	/* EF.DIR: always, as long as nobody says otherwise */
	{ "@reset", NULL },
	{ SELECT_A3, "9000" },
	{ DOWN("2F00"), "? 9000" },
	{ "00D60000 01 61", "9000" },
	{ NULL, NULL },
};

/* As the host stores a certificate. */
static const struct step create[] = {
	OPEN,
	{ DOWN("B000"), "6A82" },
	{ A3_CREATE("B000", "0301", "0000000000010001"), "9000" },
	/* it is current, and zero */
	{ "00B00300 01", "00 9000" },
	{ "00B00301 01", "6B00" },
	{ "00D60000 04 30820301", "9000" },
	{ DOWN("B000"),
	    "6215 80020301 820101 8302B000 8608 0000000000010001 9000" },
	{ "00B00000 04", "30820301 9000" },
	/* there is one */
	{ A3_CREATE("B000", "0301", "0000000000010001"), "6A89" },
	{ "00B00000 04", "30820301 9000" },
	/* a key's number is no file's */
	{ A3_CREATE("0001", "0004", FREE_EF), "9000" },
	{ DOWN("0001"), "? 9000" },
	{ A3_MSE_SIGN("01"), "9000" },
	{ "002A9E9A 01 77 00", "?256 9000" },
	{ A3_CREATE("B001", "0000", FREE_EF), "9000" },
	{ "00B00000 01", "6B00" },	/* offset 0 is its end */
	{ A3_CREATE("B002", "7FFF", FREE_EF), "9000" },
	{ A3_CREATE("B003", "7FFF", FREE_EF), "6A84" },
	{ DOWN("B003"), "6A82" },
	{ "@reopen", NULL },
	TO_5015,
	{ DOWN("B000"), "? 9000" },
	{ "00B00000 04", "30820301 9000" },
	{ NULL, NULL },
};

static const struct step create_wrong[] = {
	OPEN,
	{ A3_CREATE("B000", "8000", FREE_EF), "6A80" },
	{ A3_CREATE("0000", "0004", FREE_EF), "6A80" },
	{ A3_CREATE("3F00", "0004", FREE_EF), "6A80" },
	{ A3_CREATE("3FFF", "0004", FREE_EF), "6A80" },
	{ A3_CREATE("FFFF", "0004", FREE_EF), "6A80" },
	/* no directories, no other types */
	{ "00E00000 17 6215 80020004 820138 8302B000 8608 00*8", "6A80" },
	{ "00E00000 17 6215 80020004 820104 8302B000 8608 00*8", "6A80" },
	{ "00E00000 18 6216 80020004 82020101 8302B000 8608 00*8", "6A80" },
	/* too few or too many rules */
	{ "00E00000 16 6214 80020004 820101 8302B000 8607 00*7", "6A80" },
	{ "00E00000 18 6216 80020004 820101 8302B000 8609 00*9", "6A80" },
	{ "00E00000 0D 620B 80020004 820101 8302B000", "6A80" },
	{ "00E00000 18 6216 80020004 820101 8302B000 8608 00*8 00", "6A80" },
	{ "00E00000 18 6215 80020004 820101 8302B000 8608 00*8 00", "6A80" },
	{ "00E00000 17 6F15 80020004 820101 8302B000 8608 00*8", "6A80" },
	{ "00E00000 02 6200", "6A80" },
	{ "00E00000", "6700" },
	{ "@no-disk", NULL },
	{ DOWN("B000"), "6A82" },
	/* not in the MF, not without the passcode */
	{ SELECT_A3, "9000" },
	{ A3_CREATE("B000", "0004", FREE_EF), "6982" },
	{ "@reset", NULL },
	TO_5015,
	{ A3_CREATE("B000", "0004", FREE_EF), "6982" },
	{ A3_CREATE("3401", "0004", FREE_EF), "6982" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct step delete[] = {
	OPEN,
	{ A3_CREATE("B000", "0010", "0000000000010001"), "9000" },
	{ "@reset", NULL },
	TO_5015,
	/* the host's own rule: anybody may */
	{ DOWN("B000"), "? 9000" },
	{ "00E40200 02 B000", "9000" },
	{ "@disk", NULL },
	{ "00B00000 01", "6986" },
	{ DOWN("B000"), "6A82" },
	{ "00E40200 02 B000", "6A82" },
	{ "00E40100 02 B000", "6A82" },
	{ "00E40200 02 3401", "6982" },
	{ "00E40200 02 7001", "6982" },
	{ A3_VERIFY_1, "9000" },
	{ "00E40100 02 3401", "6A82" },	/* no DF */
	{ "00E40200 02 3401", "9000" },
	{ DOWN("3401"), "6A82" },
	{ "00E40200 02 7001", "6982" },
	{ "00E40200 02 0001", "6A82" },	/* a key is no file */
	{ "00E40200 01 34", "6700" },
	{ "00E40200 03 340200", "6700" },
	{ "00E40200", "6700" },
	{ A3_MSE_SIGN("01"), "9000" },
	/* a child of the current DF only */
	{ SELECT_A3, "9000" },
	{ "00E40200 02 3402", "6A82" },
	{ "@reopen", NULL },
	TO_5015,
	{ DOWN("3401"), "6A82" },
	{ DOWN("3402"), "? 9000" },
	{ NULL, NULL },
};

/* The files of the profile, by the objects that they say they are. */
static const struct step pkcs15[] = {
	{ SELECT_A3, "9000" },
	{ DOWN("2F00"), "? 9000" },
	{ "00B00000 40", "6123 4F10 " AID_A3 " 5009 'AuthentIC' 5104 3F005015 "
	    "00*27 9000" },
	{ DOWN("5015"), "? 9000" },
	{ DOWN("5031"), "? 9000" },
	{ "00B00000 80", "A00A 3008 0406 3F0050157002 "
	    "A10A 3008 0406 3F0050157004 A40A 3008 0406 3F0050157005 "
	    "A70A 3008 0406 3F0050157006 A80A 3008 0406 3F0050157001 "
	    "00*68 9000" },
	{ DOWN("5032"), "? 9000" },
	{ "00B00000 80", "302E 020100 0404 1A2B3C4D 0C11 'Oberthur' 20 "
	    "'COSMO.v7' 800C 'NHS' 20 'Series' 20 '8' 0302 0560 "
	    "00*80 9000" },
	{ DOWN("7001"), "? 9000" },
	{ "00B00000 00", "303A 3011 0C08 'User' 20 'PIN' 0302 06C0 0401 02 "
	    "3003 0401 01 A120 301E 0302 02CC 0A0101 020104 020108 020108 "
	    "800101 0401FF 3006 0404 3F005015 "
	    "3032 3009 0C03 'PUK' 0302 06C0 3003 0401 02 "
	    "A120 301E 0302 00CD 0A0101 020104 020108 020108 800102 0401FF "
	    "3006 0404 3F005015 00*144 9000" },
	{ NULL, NULL },
};

static const struct step blank[] = {
	TO_5015,
	{ DOWN("7001"), "? 9000" },
	{ "00B00000 02", "303A 9000" },
	{ DOWN("7002"), "? 9000" },
	{ "00B00000 00", "00*256 9000" },
	{ DOWN("7005"), "? 9000" },
	{ "00B00000 00", "00*256 9000" },
	{ DOWN("3401"), "6A82" },
	{ A3_MSE_SIGN("01"), "6A88" },
	/* both passcodes are there */
	{ A3_VERIFY_1, "9000" },
	{ A3_VERIFY_2, "9000" },
	{ A3_KEY("0C", "01", "0001 0001 0001 0000 0001 0001"), "9000" },
	{ A3_CREATE("B000", "0301", "0000000000010001"), "9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "READ BINARY", RIG_A3, read },
	{ "UPDATE BINARY", RIG_A3, update },
	{ "CREATE FILE", RIG_A3, create },
	{ "CREATE FILE refused", RIG_A3, create_wrong },
	{ "DELETE FILE", RIG_A3, delete },
	{ "PKCS #15 files", RIG_A3, pkcs15 },
	{ "a blank card", RIG_A3_BLANK, blank },
};

START_TEST(a3_files_story)
{
	rig_story(&stories[_i]);
}
END_TEST

Suite *
a3_files_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_files", &tc);

	tcase_add_loop_test(
	    tc, a3_files_story, 0, sizeof(stories) / sizeof(stories[0]));
	return s;
}

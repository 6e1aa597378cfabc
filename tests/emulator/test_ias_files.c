/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: READ and UPDATE BINARY, with short identifiers too, CREATE and
 * DELETE FILE, GET CHALLENGE; and which right each asks for.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define CHILD(fid) "00A40104 02 " fid " 00"
#define CREATE_EF(size, type, fid, sfi, access) \
	"00E00000 # 62 15 8002 " size " 8201 " type " 8302 " fid " " sfi \
	" A106 8C04 " access

static const struct step reading[] = {
	{ "00B00000 01", "6986" },
	{ CHILD("2F01"), "? 9000" },
	{ "00B00000 64", "?100 9000" },
	{ "00B00000 00", "?100 6282" },
	{ "00B00062 00", "0000 6282" },
	{ "00B00062 02", "0000 9000" },
	{ "00B00064 01", "6B00" },
	{ "00B00000 65", "?100 6282" },
	{ "00B00000 01 00", "6700" },
	/* by short identifier, which makes the EF current */
	{ "00B09C00 C0", "5A0A 802600000112 1A2B3C4D 6282" },
	{ "00B00002 02", "8026 9000" },
	{ "00B09D02 03", "4301B8 9000" },
	{ "00B00000 02", "8000 9000" },
	{ "00B09F00 01", "6A82" },
	{ "00B08000 01", "6A82" },
	{ "00B0BC00 01", "6A86" },
	/* of the current DF only */
	{ IAS_APP, "9000" },
	{ "00B09C00 C0", "6A82" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

/* 5032 is its holder's to write, 5031 nobody's. */
static const struct step writing[] = {
	{ IAS_APP, "9000" },
	{ CHILD("5032"), "? 9000" },
	{ "00D60000 01 31", "6982" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00D60000 02 3132", "9000" },
	{ "@disk", NULL },
	{ "00B00000 03", "?3 9000" },
	{ "00D6018F 01 77", "9000" },
	{ "00D60190 01 77", "6A84" },
	{ "00D6018F 02 7777", "6A84" },
	{ "00D60000", "6700" },
	{ CHILD("5031"), "? 9000" },
	{ "00D60000 01 31", "6982" },
	{ "@reopen", NULL },
	{ IAS_APP, "9000" },
	{ CHILD("5032"), "? 9000" },
	{ "00B00000 02", "3132 9000" },
	{ "00D69C00 01 31", "6A82" },
	{ IAS_ROOT, "9000" },
	{ "00D69C00 01 31", "6982" },
	{ NULL, NULL },
};

static const struct step creating[] = {
	{ IAS_APP, "9000" },
	{ CREATE_EF("0010", "01", "3403", "8800", "43001200"), "6982" },
	{ IAS_VERIFY_USER, "9000" },
	{ CREATE_EF("0010", "01", "3403", "8800", "43001200"), "9000" },
	/* it is current, and full of zeros */
	{ "00B00000 10", "00*16 9000" },
	{ "00D60000 02 4142", "9000" },
	{ CREATE_EF("0010", "01", "3403", "8800", "43001200"), "6A89" },
	{ CHILD("3403"),
	    "6218 80020010 820101 83023403 8800 A1068C0443001200 8A0105 9000" },
	{ "@reopen", NULL },
	{ IAS_APP, "9000" },
	{ CHILD("3403"), "? 9000" },
	{ "00B00000 02", "4142 9000" },
	/* anybody may delete it: 40 is 00 */
	{ "00E40000", "9000" },
	{ "@disk", NULL },
	{ CHILD("3403"), "6A82" },
	{ "00E40000", "6986" },
	{ NULL, NULL },
};

/* With a short identifier; the number of an object is not one of a file. */
static const struct step short_identifiers[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00E00000 18 62 16 80020004 820101 83023403 880128 A1068C0443001200",
	    "9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "00B08500 04", "01020304 9000" },
	{ "00D68501 01 77", "9000" },
	{ "00B00000 04", "01770304 9000" },
	{ CHILD("3403"),
	    "6219 80020004 820101 83023403 880128 A1068C0443001200 8A0105"
	    " 9000" },
	{ "00E00000 18 62 16 80020004 820101 83023404 880128 A1068C0443001200",
	    "6A89" },
	{ "00E00000 18 62 16 80020004 820101 83023404 880129 A1068C0443001200",
	    "6A80" },
	{ "00E00000 18 62 16 80020004 820101 83023404 8801F8 A1068C0443001200",
	    "6A80" },
	{ CREATE_EF("0004", "01", "9001", "8800", "43001200"), "9000" },
	{ CHILD("9001"), "? 9000" },
	{ "00E40000", "9000" },
	{ IAS_GET2("BF9001", "7F48"), "700A BF900106 7F4803 800100 9000" },
	{ NULL, NULL },
};

static const struct step not_created[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ CREATE_EF("0010", "38", "3403", "8800", "43001200"), "6A80" },
	{ CREATE_EF("0010", "04", "3403", "8800", "43001200"), "6A80" },
	{ CREATE_EF("8000", "01", "3403", "8800", "43001200"), "6A80" },
	{ CREATE_EF("0010", "01", "3403", "8800", "42001200"), "6A80" },
	{ CREATE_EF("0010", "01", "3403", "8800", "47001200"), "6A80" },
	{ CREATE_EF("0010", "01", "3F00", "8800", "43001200"), "6A80" },
	{ CREATE_EF("0010", "01", "0000", "8800", "43001200"), "6A80" },
	{ CREATE_EF("7FFF", "01", "3403", "8800", "43001200"), "9000" },
	{ CREATE_EF("7FFF", "01", "3404", "8800", "43001200"), "6A84" },
	{ "00E00000 01 62", "6A80" },
	{ "00E00000", "6700" },
	{ "00E00001 01 62", "6A86" },
	/* anybody may in the root, as its rule says */
	{ "@reset", NULL },
	{ CREATE_EF("0001", "01", "3403", "8800", "43000000"), "9000" },
	{ NULL, NULL },
};

static const struct step deleting[] = {
	{ "00E40000", "6986" },
	{ CHILD("2F00"), "? 9000" },
	{ "00E40000", "6982" },
	{ IAS_APP, "9000" },
	{ "00E40000", "6986" },
	{ CHILD("3401"), "? 9000" },
	{ "00E40000", "6982" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00E40000", "9000" },
	{ CHILD("3401"), "6A82" },
	{ CHILD("5031"), "? 9000" },
	{ "00E40000", "6982" },
	{ "00E40000 02 5031", "6700" },
	{ "00E40200 02 5031", "6A86" },
	{ NULL, NULL },
};

static const struct step challenge[] = {
	{ "00840000 08", "?8 9000" },
	{ "00840000 00", "?256 9000" },
	{ "00840000", "6700" },
	{ "00840001 08", "6A86" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "reading", RIG_IAS, reading },
	{ "writing", RIG_IAS, writing },
	{ "creating", RIG_IAS, creating },
	{ "short identifiers", RIG_IAS, short_identifiers },
	{ "not created", RIG_IAS, not_created },
	{ "deleting", RIG_IAS, deleting },
	{ "challenge", RIG_IAS, challenge },
};

START_TEST(ias_files_story)
{
	rig_story(&stories[_i]);
}
END_TEST

Suite *
ias_files_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_files", &tc);

	tcase_add_loop_test(
	    tc, ias_files_story, 0, sizeof(stories) / sizeof(stories[0]));
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: what is selected from reset on, SELECT in each of its forms,
 * control parameters of both kinds of cards, GET DATA of every part of every
 * object, commands that there are not, and long answers in T=1 and T=0.
 */
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define FCP_ROOT \
	"6222 820138 83023F00 8410 A000000077010800070000FE00000100 8A0105" \
	" A1048C020200 9000"
#define FCP_APP \
	"621F 820138 83025015 840D E828BD080FF2504F5420415750 8A0105" \
	" A1048C020212 9000"
#define FCP_2F00 "6217 80020080 820101 83022F00 8801F0 A1048C020100 8A0105 9000"
#define FCP_2F01 "6217 80020064 820101 83022F01 8801E8 A1048C020100 8A0105 9000"
#define FCP_5031 "6217 80020060 820101 83025031 8800 A1058C0303FF00 8A0105 9000"
#define FCP_3401 \
	"6218 80020302 820101 83023401 8800 A1068C0443121200 8A0105 9000"
#define FROM_DF(path) "00A40904 # " path " | 00"
#define CHILD(fid) "00A40104 02 " fid " 00"
#define EF(fid) "00A40204 02 " fid " 00"

/* The root is selected from reset on; the card manager is one of many. */
static const struct step application[] = {
	{ "00A4000C 02 3F00", "9000" },
	{ "@reset", NULL },
	{ FROM_DF("2F01"), FCP_2F01 },
	{ "00A4040C 07 A0000000030000", "9000" },
	{ FROM_DF("2F01"), "6D00" },
	{ "00A40404 10 " AID_IAS_ROOT " 00", FCP_ROOT },
	{ "00A40400 10 " AID_IAS_ROOT " 00", FCP_ROOT },
	{ IAS_ROOT, "9000" },
	{ "00A40404 0D " AID_IAS " 00", FCP_APP },
	{ IAS_APP, "9000" },
	/* a name's beginning is enough, of five bytes */
	{ "00A40404 08 A000000077010800 00", FCP_ROOT },
	{ "00A40404 05 E828BD080F 00", FCP_APP },
	{ "00A40404 04 E828BD08 00", "6A82" },
	{ "00A40404 0E " AID_IAS "00 00", "6A82" },
	{ "00A40404 0E E828BD080FD25047656E65726963 00", "6A82" },
	{ "00A40401 0D " AID_IAS, "6A86" },
	/* what is not found takes nothing away */
	{ CHILD("5031"), FCP_5031 },
	/* the card manager has none to give */
	{ "00A40404 07 A0000000030000 00", "? 9000" },
	{ NULL, NULL },
};

static const struct step by_fid[] = {
	{ "00A40000 02 3F00 00", FCP_ROOT },
	{ "00A40004 02 3F00 00", FCP_ROOT },
	{ CHILD("2F00"), FCP_2F00 },
	{ CHILD("5015"), FCP_APP },
	{ CHILD("3401"), FCP_3401 },
	/* the DF that holds the EF is current */
	{ CHILD("5031"), FCP_5031 },
	{ CHILD("2F00"), "6A82" },
	{ CHILD("3F00"), "6A82" },
	{ "00A40300", FCP_ROOT },
	{ "00A40300", FCP_ROOT },
	{ EF("2F00"), FCP_2F00 },
	{ EF("5015"), "6A82" },
	{ CHILD("5015"), FCP_APP },
	{ EF("3401"), FCP_3401 },
	{ EF("2F00"), "6A82" },
	{ EF("3F00"), FCP_ROOT },
	{ EF("3401"), "6A82" },
	{ "00A40104 01 50", "6700" },
	{ "00A40204 03 501500", "6700" },
	{ "00A40104", "6700" },
	{ "00A40300 02 3F00", "6700" },
	{ "00A40108 02 5015", "6A86" },
	{ "00A40804 02 5015", "6A86" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

/* From the current DF, else from the root; 3F00 is always the root. */
static const struct step by_path[] = {
	{ FROM_DF("3F00"), FCP_ROOT },
	{ FROM_DF("3F002F00"), FCP_2F00 },
	{ FROM_DF("50153401"), FCP_3401 },
	/* now within 5015 */
	{ FROM_DF("3401"), FCP_3401 },
	{ FROM_DF("50153401"), FCP_3401 },
	{ FROM_DF("2F00"), FCP_2F00 },
	{ FROM_DF("5015"), FCP_APP },
	{ FROM_DF("5015"), FCP_APP },
	{ FROM_DF("3F0050155031"), FCP_5031 },
	{ FROM_DF("3F003401"), "6A82" },
	{ FROM_DF("50154946"), "6A82" },
	{ FROM_DF("34015031"), "6A82" },
	{ FROM_DF("5031"), FCP_5031 },
	{ "00A40904 03 501500", "6700" },
	{ "00A40904", "6700" },
	{ NULL, NULL },
};

/* Objects are no files. */
static const struct step no_objects[] = {
	{ CHILD("FB02"), "6A82" },
	{ FROM_DF("5015"), FCP_APP },
	{ CHILD("9001"), "6A82" },
	{ EF("A001"), "6A82" },
	{ FROM_DF("FB05"), "6A82" },
	{ FROM_DF("3F005015A002"), "6A82" },
	{ FROM_DF("8101"), "6A82" },
	{ NULL, NULL },
};

/* Every part of every object; lengths agree to the byte. */
static const struct step parts[] = {
	{ IAS_APP, "9000" },
	{ IAS_GET2("BF8101", "7F41"), "700D BF810109 7F4106 800108 810104 9000" },
	{ IAS_GET1("BF8101", "A0"),
	    "701A BF810116 A014 A1088C06730000151500 9A0103 9B0103 80020008"
	    " 9000" },
	{ IAS_GET2("BF8102", "7F41"), "700D BF810209 7F4106 800108 810108 9000" },
	{ IAS_GET1("BF8102", "A0"),
	    "701A BF810216 A014 A1088C06730000FFFF00 9A0103 9B0103 80020008"
	    " 9000" },
	{ IAS_GET2("BF9001", "7F48"), "700A BF900106 7F4803 800100 9000" },
	{ IAS_GET1("BF9001", "A0"),
	    "7016 BF900112 A010 A1078C057112121200 9E0100 80020100 9000" },
	{ IAS_GET1("BF9002", "A0"),
	    "7015 BF900211 A00F A1068C0461121200 9E0101 80020100 9000" },
	{ IAS_GET2("BFA001", "7F49"), "?256 611B" },
	{ "00C00000 1B", "?19 8203010001 800100 9000" },
	{ IAS_GET1("BFA001", "A0"),
	    "7013 BFA0010F A00D A1078C052B12121200 80020100 9000" },
	{ IAS_GET1("BFFB02", "7B"),
	    "700E BFFB020A 7B08 A406 950108 830101 9000" },
	{ IAS_GET1("BFFB05", "7B"),
	    "700E BFFB050A 7B08 A406 950108 830102 9000" },
	/* those of the root, from the root */
	{ IAS_ROOT, "9000" },
	{ IAS_GET2("BF8101", "7F41"), "700D BF810109 7F4106 800108 810104 9000" },
	{ IAS_GET1("BFFB02", "7B"),
	    "700E BFFB020A 7B08 A406 950108 830101 9000" },
	{ IAS_GET2("BF9001", "7F48"), "6A88" },
	/* which there are not */
	{ IAS_APP, "9000" },
	{ IAS_GET2("BF8103", "7F41"), "6A88" },
	{ IAS_GET2("BF9003", "7F48"), "6A88" },
	{ IAS_GET2("BFA003", "7F49"), "6A88" },
	{ IAS_GET1("BFFB03", "7B"), "6A88" },
	{ IAS_GET1("BF7001", "A0"), "6A80" },
	{ IAS_GET1("BFB001", "A0"), "6A88" },
	/* parts that an object does not have, and what is no question */
	{ IAS_GET2("BF9001", "7F49"), "6A80" },
	{ IAS_GET2("BFA001", "7F48"), "6A80" },
	{ IAS_GET1("BF8101", "7B"), "6A80" },
	{ IAS_GET1("BF9001", "A1"), "6A80" },
	{ IAS_GET1("BF9000", "A0"), "6A80" },
	{ IAS_GET1("BF9020", "A0"), "6A80" },
	{ "00CB3FFF 0A 4D08 7006 BF9001 02 A000 00", "6A80" },
	{ "00CB3FFF 0A 4D08 7005 BF9001 02 A080 00", "6A80" },
	{ "00CB3FFF 0A 4D07 7006 BF9001 02 A080 00", "6A80" },
	{ "00CB3FFF 08 7006 BF9001 02 A080 00", "6A80" },
	{ "00CB3FFF 08 4D06 7004 BF9001 00 00", "6A80" },
	{ "00CB3FFF 01 4D", "6A80" },
	{ "00CB3FFF", "6700" },
	{ "00CB0000 01 4D", "6A86" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct step not_there[] = {
	{ "00A4020C 02 2F00", "6A86" },
	{ "80CA9F7F 2D", "6D00" },
	{ "00B20104 00", "6D00" },
	{ "00E20000 01 00", "6D00" },
	{ "80200001 06 313233343536", "6E00" },
	{ "0C200001 06 313233343536", "6882" },
	{ "01200001 06 313233343536", "6881" },
	{ "10200001 06 313233343536", "6884" },
	{ "00B00000 000002", "6700" },
	{ "00CB3FFE 01 00", "6A86" },
	{ "002A8080 01 00", "6A86" },
	{ "00880001 01 00", "6A86" },
	{ NULL, NULL },
};

/* T=0 and the other form of control parameters. */
static const struct step gemalto[] = {
	{ "00A40904 02 3F00", "611D" },
	{ "00C00000 1D",
	    "6F1B 820138 83023F00 840B F0496173456363526F6F74 8A0105 8C020200"
	    " 9000" },
	{ "00A40904 04 3F002F01", "6117" },
	{ "00C00000 17",
	    "6F15 80020064 820101 83022F01 8801E8 8C020100 8A0105 9000" },
	{ "00A40404 0B F0496173456363526F6F74", "611D" },
	{ "00A40404 0E E828BD080FD25047656E65726963", "6120" },
	{ "00C00000 20",
	    "6F1E 820138 83025015 840E E828BD080FD25047656E65726963 8A0105"
	    " 8C020213 9000" },
	{ "00A40204 02 B001", "6118" },
	{ "00C00000 18",
	    "6F16 80020302 820101 8302B001 8800 8C0443131300 8A0105 9000" },
	{ "00B09C00 C0", "6A82" },
	{ "00A40204 02 3F00", "611D" },
	{ "00B09C00 C0", "5A0A 802600000112 1A2B3C4D 6282" },
	/* an answer longer than 256 bytes */
	{ "00A40904 02 5015", "6120" },
	{ "00CB3FFF 0B 4D09 7007 BFA001 03 7F4980", "6100" },
	{ "00C00000 00", "?256 611B" },
	{ "00C00000 1B", "?19 8203010001 800100 9000" },
	{ "00C00000 00", "6985" },
	{ "00CB3FFF 0A 4D08 7006 BFFB03 02 7B80", "6110" },
	{ "00C00000 10", "700E BFFB030A 7B08 A406 950108 830101 9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "application", RIG_IAS, application },
	{ "by FID", RIG_IAS, by_fid },
	{ "by path", RIG_IAS, by_path },
	{ "no objects", RIG_IAS, no_objects },
	{ "parts", RIG_IAS, parts },
	{ "not there", RIG_IAS, not_there },
	{ "gemalto", RIG_IAS_GEM, gemalto },
};

START_TEST(ias_select_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* A profile may keep SELECT by name silent; one from reset is enough. */
START_TEST(ias_names_may_be_answered_without_control_parameters)
{
	static const struct step steps[] = {
		{ "00A40404 10 " AID_IAS_ROOT " 00", "9000" },
		{ "00A40404 0D " AID_IAS " 00", "9000" },
		{ CHILD("5031"), FCP_5031 },
		/* PINs of the root are found from here */
		{ IAS_GET1("BF8101", "A0"), "?28 9000" },
		{ "@reopen", NULL },
		{ "00A40404 0D " AID_IAS " 00", "9000" },
		{ NULL, NULL },
	};
	struct emu_profile *p = rig_profile_of("iasecc-oberthur",
	    "keep_verified = true;",
	    "keep_verified = true; silent_names = true;");
	struct rig r;

	rig_make(&r, p, RIG_IAS);
	rig_play(&r, "silent names", steps);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

Suite *
ias_select_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_select", &tc);

	tcase_add_loop_test(
	    tc, ias_select_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(
	    tc, ias_names_may_be_answered_without_control_parameters);
	return s;
}

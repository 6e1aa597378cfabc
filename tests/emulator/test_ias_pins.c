/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER; what ends a
 * login; passcodes of the root and of the application.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define SIGN(want) \
	{ IAS_MSE("A4", "81", "02"), "9000" }, \
	    { "00880000 01 77 00", want }

static const struct step verify[] = {
	{ "00200001", "63C3" },
	{ "00200001 06 '999999'", "63C2" },
	{ "@disk", NULL },
	{ "00200001", "63C2" },
	{ IAS_GET1("BF8101", "A0"), "?21 9B0102 80020008 9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00200001", "9000" },
	{ IAS_GET1("BF8101", "A0"), "?21 9B0103 80020008 9000" },
	/* padded is the same */
	{ "00200001 08 '123456' FFFF", "9000" },
	/* verified: compared all the same */
	{ "00200001 04 '1234'", "63C2" },
	{ "00200001", "63C2" },
	{ "00200001 06 '999999'", "63C1" },
	{ "00200001 06 '999999'", "6983" },
	{ "00200001", "6983" },
	{ IAS_VERIFY_USER, "6983" },
	{ IAS_GET1("BF8101", "A0"), "?21 9B0100 80020008 9000" },
	/* a value of a length that no passcode has costs nothing */
	{ "00200002 09 '123456789'", "6700" },
	{ "00200002", "63C3" },
	{ NULL, NULL },
};

static const struct step no_such_pin[] = {
	{ "00200003", "6A88" },
	{ "00200003 06 '123456'", "6A88" },
	{ "00200000", "6A88" },
	{ "002000C1 06 '123456'", "6A88" },
	/* of the application there is none */
	{ "00200081", "6A88" },
	{ IAS_APP, "9000" },
	{ "00200081 06 '123456'", "6A88" },
	{ "00240003 0C '123456654321'", "6A88" },
	{ "002C0203 06 '123456'", "6A88" },
	{ "002C0303", "6A88" },
	{ "00200101 06 '123456'", "6A86" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

/* Old and new value without anything between: where the old one ends is known
 * while it is verified; else both are equally long. */
static const struct step change[] = {
	{ IAS_VERIFY_USER, "9000" },
	{ "00240001 # '123456' '7654'", "9000" },
	{ "00200001", "9000" },
	{ "@reset", NULL },
	{ "00200001 04 '7654'", "9000" },
	{ "00240001 # '7654' '12345678'", "9000" },
	{ "@reset", NULL },
	/* equally long, not verified before */
	{ "00240001 # '12345678' '87654321'", "9000" },
	{ "00240001 # '87654321' '11111111'", "9000" },
	{ "00200001 08 '11111111'", "9000" },
	/* padded to the longest */
	{ "00240001 # '11111111' '222222' FFFF", "9000" },
	{ "@reset", NULL },
	{ "00200001 06 '222222'", "9000" },
	{ "00240001 # '222222' FFFF '3333' FFFFFFFF", "9000" },
	{ "00200001 04 '3333'", "9000" },
	{ "@reopen", NULL },
	{ "00200001 04 '3333'", "9000" },
	{ NULL, NULL },
};

static const struct step not_changed[] = {
	{ "00240001 # '123456' '7654'", "63C2" },	/* 12345 67654 */
	{ "00240001 # '123456' '76543'", "6700" },
	{ "00240001 # '999999' '765432'", "63C1" },
	{ "00240001", "6700" },
	{ "00240001 11 31*17", "6700" },
	{ "00240101 06 '123456'", "6A86" },
	{ IAS_VERIFY_USER, "9000" },
	/* too short, by the passcode's own rule */
	{ "00240001 # '123456' '123'", "6A80" },
	{ "00240001 # '123456' FFFFFFFF", "6A80" },
	{ "00240001 # '123456' 01020304", "6985" },
	{ "00240002 # '87654321' '1234567' FF", "6A80" },
	{ "00200001", "9000" },
	/* the old one is not there: a try, however long the new one is and
	 * whatever is in it, else whoever finds the card logged in could guess
	 * for nothing */
	{ "00240001 # '123455' '7654321'", "63C2" },
	{ "00200001", "63C2" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00240001 # '123455' 0101", "63C2" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00240001 # '12345' FF", "63C2" },
	{ "00200001", "63C2" },
	{ "@reset", NULL },
	{ IAS_VERIFY_USER, "9000" },
	{ NULL, NULL },
};

/* By whoever holds the PUK; what the passcode guards stays. */
static const struct step reset[] = {
	{ IAS_APP, "9000" },
	{ "002C0201 06 '654321'", "6982" },
	{ IAS_VERIFY_USER, "9000" },
	{ "002C0201 06 '654321'", "6982" },
	{ "00200001 04 '9999'", "63C2" },
	{ "00200001 04 '9999'", "63C1" },
	{ "00200001 04 '9999'", "6983" },
	{ IAS_VERIFY_PUK, "9000" },
	/* the host selects the root and the application in between */
	{ IAS_ROOT, "9000" },
	{ IAS_APP, "9000" },
	{ "002C0201 03 '654'", "6A80" },
	{ "002C0201 06 '654321'", "9000" },
	/* it is not verified by that */
	{ "00200001", "63C3" },
	SIGN("6982"),
	{ "00200001 06 '654321'", "9000" },
	SIGN("?256 9000"),
	{ "00200001 04 '9999'", "63C2" },
	{ "002C0301", "9000" },
	{ "00200001", "63C3" },
	{ "002C0301 06 '123456'", "6700" },
	{ "@reset", NULL },
	{ "002C0301", "6982" },
	/* nobody unblocks the PUK */
	{ IAS_VERIFY_PUK, "9000" },
	{ "002C0202 08 '12345678'", "6982" },
	{ "002C0302", "6982" },
	{ "00240002 # '87654321' '12345678'", "9000" },
	{ "00200002 08 '12345678'", "9000" },
	{ NULL, NULL },
};

/* A login outlives the selection of both names, ended is it by all else. */
static const struct step logins[] = {
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_ROOT, "9000" },
	{ "00200001", "9000" },
	{ IAS_APP, "9000" },
	{ "00200001", "9000" },
	{ "@reset", NULL },
	{ "00200001", "63C3" },
	{ IAS_VERIFY_USER, "9000" },
	{ "00A4040C 07 A0000000030000", "9000" },
	{ IAS_APP, "9000" },
	{ "00200001", "63C3" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_ROOT, "9000" },
	{ IAS_APP, "9000" },
	{ "@wait 900000", NULL },
	{ "00200001", "63C3" },
	{ IAS_VERIFY_USER, "9000" },
	{ "@wait 800000", NULL },
	{ IAS_ROOT, "9000" },
	{ "00200001", "9000" },
	{ "@off", NULL },
	{ "@on", NULL },
	{ "00200001", "63C3" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "verify", RIG_IAS, verify },
	{ "no such PIN", RIG_IAS, no_such_pin },
	{ "change", RIG_IAS, change },
	{ "not changed", RIG_IAS, not_changed },
	{ "reset", RIG_IAS, reset },
	{ "logins", RIG_IAS, logins },
};

START_TEST(ias_pins_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* 28,800 s, whatever is done. */
START_TEST(ias_logins_end_by_their_total_time)
{
	struct rig r;

	rig_open(&r, RIG_IAS);
	ck_assert_uint_eq(rig_sw(&r, IAS_VERIFY_USER), 0x9000);
	for (unsigned i = 0; i < 36; i++) {
		ck_assert_uint_eq(rig_sw(&r, IAS_ROOT), 0x9000);
		ck_assert_uint_eq(rig_sw(&r, "00200001"),
		    i * UINT64_C(800) < 28800 ? 0x9000 : 0x63C3);
		r.now += 800000;
	}
	ck_assert_uint_eq(rig_sw(&r, "00200001"), 0x63C3);
	rig_close(&r);
}
END_TEST

/* In T=0 five bytes that end in 00 are a query, and a RESET of the counter. */
START_TEST(ias_t0_has_no_le_there)
{
	static const struct step steps[] = {
		{ "00200001 00", "63C3" },
		{ IAS_VERIFY_PUK, "9000" },
		{ "002C0301 00", "9000" },
		{ NULL, NULL },
	};
	struct rig r;

	rig_open(&r, RIG_IAS_GEM);
	rig_play(&r, "T=0", steps);
	rig_close(&r);
}
END_TEST

Suite *
ias_pins_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_pins", &tc);

	tcase_add_loop_test(
	    tc, ias_pins_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, ias_logins_end_by_their_total_time);
	tcase_add_test(tc, ias_t0_has_no_le_there);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v3: the application, SELECT in each of its forms, control
 * parameters, GET DATA, commands that there are not, and answers longer than
 * 256 bytes, in T=1 and T=0.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define FCP_MF "620F 820138 83023F00 8606 FF00FF00FF00 9000"
#define FCP_5015 "620F 820138 83025015 8606 0001FF000001 9000"
#define FCP_2F00 "6215 80020040 820101 83022F00 8608 0000FF000000FF00 9000"
#define FCP_5031 "6215 80020080 820101 83025031 8608 0000FF00FF00FF00 9000"
#define FCP_7002 "6215 80020400 820101 83027002 8608 0000FF0000010001 9000"
#define FCP_3401 "6215 80020301 820101 83023401 8608 0000000100010001 9000"
#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), FCP_5015 }
#define CPLC "9F7F2A 4090716481615331300150111A2B3C4D123453301600 00*20 9000"

/* Before the application is selected the card manager answers, and it alone. */
static const struct step application[] = {
	{ "00A40000 00", "6D00" },
	{ "00200001", "6D00" },
	{ "00CA5F01 00", "6A86" },
	{ "80CA9F7F 2D", CPLC },
	{ "00CA9F7F 2D", CPLC },
	{ "00A40400 # A0000000770100700A1000F100000200", "6A82" },
	{ "00A40400 # A000000077010303000000F100000002", "6A82" },
	{ "00A40400 # E828BD080FA000000167455349474E", "6A82" },
	{ "00A40000 00", "6D00" },
	{ SELECT_A3, "9000" },
	{ "00A40000 00", FCP_MF },
	/* as later hosts do it */
	{ "00A4040C # " AID_A3, "9000" },
	{ "00A40401 # " AID_A3, "6A86" },
	/* another that is not there takes nothing away */
	{ DOWN("5015"), FCP_5015 },
	{ "00A40400 # A0000000770100700A1000F100000200", "6A82" },
	{ DOWN("5031"), FCP_5031 },
	/* the same again: back at the MF, no EF, no environment */
	{ A3_MSE_SIGN("01"), "9000" },
	{ SELECT_A3, "9000" },
	{ "00B00000 01", "6986" },
	{ DOWN("5031"), "6A82" },
	{ A3_VERIFY_1, "9000" },
	{ "002A9E9A 01 77 00", "6985" },
	{ NULL, NULL },
};

static const struct step by_fid[] = {
	{ SELECT_A3, "9000" },
	{ "00A40000 00", FCP_MF },
	{ "00A40000", FCP_MF },
	{ "00A40000 02 3F00", FCP_MF },
	{ DOWN("2F00"), FCP_2F00 },
	/* the DF that holds the EF is current */
	{ DOWN("5015"), FCP_5015 },
	{ DOWN("7002"), FCP_7002 },
	{ DOWN("3401"), FCP_3401 },
	/* the current DF, its parent, the parent's children */
	{ DOWN("5015"), FCP_5015 },
	{ DOWN("2F00"), FCP_2F00 },
	{ DOWN("5015"), FCP_5015 },
	{ DOWN("3F00"), FCP_MF },
	/* no grandchild */
	{ DOWN("5031"), "6A82" },
	/* what is not found changes nothing */
	{ DOWN("5015"), FCP_5015 },
	{ DOWN("5031"), FCP_5031 },
	{ DOWN("4946"), "6A82" },
	{ "00B00000 02", "A00A 9000" },
	{ "00A40000 01 50", "6700" },
	{ "00A40000 03 503100", "6700" },
	{ "00B00000 02", "A00A 9000" },
	/* keys are no files */
	{ DOWN("0001"), "6A82" },
	{ DOWN("0002"), "6A82" },
	{ "00A40800 04 50150001 00", "6A82" },
	{ NULL, NULL },
};

static const struct step by_path[] = {
	{ SELECT_A3, "9000" },
	{ "00A40800 04 50157002 00", FCP_7002 },
	{ "00A40800 06 3F0050157002 00", FCP_7002 },
	{ "00A40800 02 5015 00", FCP_5015 },
	{ "00A40800 02 3F00 00", FCP_MF },
	{ "00A40800 04 3F002F00 00", FCP_2F00 },
	{ "00A40800 04 50154946 00", "6A82" },
	{ "00A40800 06 501570020001 00", "6A82" },	/* through an EF */
	{ "00A40800 04 70025015 00", "6A82" },
	{ "00B00000 02", "6123 9000" },	/* 2F00 still is current */
	{ "00A40800 03 501570", "6700" },
	{ "00A40800", "6700" },
	{ "00A40900 04 50157002 00", FCP_7002 },
	{ "00A40900 02 7002 00", FCP_7002 },	/* from 5015 */
	{ "00A40900 04 50157002 00", "6A82" },
	{ "00A40900", "6700" },
	{ "00A40900 01 50", "6700" },
	{ "00A40300 00", FCP_MF },
	{ "00A40300 00", FCP_MF },	/* it has no parent */
	{ "00A40900 02 5015 00", FCP_5015 },
	{ "00A40300", FCP_MF },
	{ "00A40300 02 5015", "6700" },
	{ "00A4000C 02 5015", "6A86" },
	{ "00A40100 02 5015", "6A86" },
	{ "00A40200 02 2F00", "6A86" },
	{ NULL, NULL },
};

static const struct step data[] = {
	{ SELECT_A3, "9000" },
	{ "00CA9F7F 2D", CPLC },
	{ "80CA9F7F 2D", CPLC },
	{ "00CA9F7F 00", CPLC },
	{ "00CA9F7F 10", "6C2D" },
	{ "00CA5F01 00", "5F011D 800100 830101 860A 00000002 0000FF00FF00 "
	    "910103 A106 830108 840104 9000" },
	/* the policy leaves the PUK three tries of the profile's five */
	{ "00CA5F02 00", "5F021D 800100 830102 860A 0000FF00 0000FF00FF00 "
	    "910103 A106 830108 840104 9000" },
	{ "80CA5F02 00", "?32 9000" },
	{ "00CA5F03 00", "6A88" },
	{ "00CA5F00 00", "6A88" },
	{ "00CA5F81 00", "6A88" },
	{ "00CA0101 00", "6A86" },
	{ "00CA5F01 01 00", "6700" },
	{ "00840000 18", "?24 9000" },
	{ "00840000 08", "?8 9000" },
	{ NULL, NULL },
};

static const struct step unknown[] = {
	{ SELECT_A3, "9000" },
	{ "00D00000 01 00", "6D00" },	/* WRITE BINARY */
	{ "80340000 00", "6D00" },	/* LIST FILES */
	{ "00B20104 00", "6D00" },
	{ "00E20000 01 01", "6D00" },
	{ "00880000 08 00*8", "6D00" },	/* INTERNAL AUTHENTICATE */
	{ "802E0021", "6D00" },
	{ "80D80104 01 00", "6D00" },
	{ "00460000 04 10013001", "6D00" },
	{ "80500000 08 00*8", "6D00" },	/* secure messaging begins so */
	{ "80B00000 01", "6E00" },
	{ "80A40000 00", "6E00" },
	{ "04B00000 01", "6882" },
	{ "0CB00000 01", "6882" },
	{ "01B00000 01", "6881" },
	{ "FFB00000 01", "6E00" },
	{ "002C0001 08 00*8", "6A86" },
	{ "00220000 06 800111830101", "6A86" },
	{ "002A9E9B 01 77", "6A86" },
	{ "00E40000 02 5015", "6A86" },
	{ "00DB3F00 01 00", "6A86" },
	/* chains are for keys and cryptograms */
	{ "10D60000 01 00", "6884" },
	{ "102A9E9A 01 77", "6884" },
	{ "10A40400 # " AID_A3, "6884" },
	{ "10A40000 02 5015", "6884" },
	/* extended forms: for PSO alone */
	{ "00B00000 000000", "6700" },
	{ "00A40400 000010 " AID_A3 " 0000", "6700" },
	{ "00FF0000 000000", "6700" },
	{ NULL, NULL },
};

/* Case 4 is answered in two steps, case 1 has five bytes. */
static const struct step t0[] = {
	{ "00A40400 # " AID_A3, "9000" },
	{ "00A40000 00", FCP_MF },
	{ "00A40000 02 5015", "6111" },
	{ "00C00000 11", FCP_5015 },
	{ "00A40000 02 7002", "6117" },
	{ "00C00000 00", FCP_7002 },
	{ "00C00000 00", "6985" },
	{ "00B00000 04", "30493017 9000" },
	{ "00CA5F01 00", "?32 9000" },
	{ "00200001 00", "63C3" },
	{ A3_VERIFY_1, "9000" },
	{ "00200001 00", "9000" },
	{ A3_MSE_SIGN("01"), "9000" },
	{ "002A9E9A 01 77", "6100" },
	{ "00C00000 80", "?128 6180" },
	{ "00C00000 80", "?128 9000" },
	{ A3_MSE_DECIPHER("01"), "9000" },
	{ "102A8086 FF 00*255", "9000" },
	{ "002A8086 01 00", "6A80" },
	{ "002C0301 00", "6982" },
	{ A3_VERIFY_2, "9000" },
	{ "002C0301 00", "9000" },
	{ NULL, NULL },
};

#define GENERATE_2048 "00470000 08 AC06 80010C 830103"
#define WITH_KEY TO_5015, { A3_VERIFY_1, "9000" }, \
	{ A3_KEY("0C", "03", "0001 0001 0001 0000 0001 0001"), "9000" }

/* 270 bytes: whoever wants less than is left gets the rest in turn. */
static const struct step long_t1[] = {
	WITH_KEY,
	{ GENERATE_2048 " 00", "?256 610E" },
	{ "00C00000 0E", "?9 8203010001 9000" },
	{ "00C00000 0E", "6985" },
	{ GENERATE_2048 " 00", "?256 610E" },
	{ "00C00000 04", "?4 610A" },
	/* another command comes between: the rest is gone */
	{ DOWN("5015"), FCP_5015 },
	{ "00C00000 0A", "6985" },
	{ NULL, NULL },
};

static const struct step long_t0[] = {
	{ SELECT_A3, "9000" },
	{ A3_VERIFY_1, "9000" },
	{ A3_KEY("0C", "03", "0001 0001 0001 0000 0001 0001"), "9000" },
	{ GENERATE_2048, "6100" },
	{ "00C00000 00", "?256 610E" },
	{ "00C00000 0E", "?9 8203010001 9000" },
	{ NULL, NULL },
};

/* What was verified is there for the next process that selects the
 * application; a reset, another application and the policy end it. */
#define IS_OPEN { "00200001", "9000" }
#define IS_SHUT { "00200001", "63C3" }
static const struct step verified[] = {
	{ SELECT_A3, "9000" },
	{ A3_VERIFY_1, "9000" },
	{ SELECT_A3, "9000" }, IS_OPEN,
	{ "00A4040C # " AID_A3, "9000" }, IS_OPEN,
	{ "00A40400 # A000000077", "9000" }, IS_OPEN,
	{ "00A40400 # E828BD080FA000000167455349474E", "6A82" }, IS_OPEN,
	{ "@reset", NULL },
	{ SELECT_A3, "9000" }, IS_SHUT,
	{ A3_VERIFY_1, "9000" },
	{ "@off", NULL }, { "@on", NULL },
	{ SELECT_A3, "9000" }, IS_SHUT,
	{ A3_VERIFY_1, "9000" },
	{ SELECT_CM, "9000" },
	{ SELECT_A3, "9000" }, IS_SHUT,
	/* idle time; what is used meanwhile stays */
	{ A3_VERIFY_1, "9000" },
	{ "@wait 899000", NULL }, { SELECT_A3, "9000" },
	{ "@wait 899000", NULL }, IS_OPEN,
	{ "@wait 900000", NULL }, IS_SHUT,
	{ "@notes", "login ended by the card's policy" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "the application", RIG_A3, application },
	{ "SELECT by FID", RIG_A3, by_fid },
	{ "SELECT by path", RIG_A3, by_path },
	{ "GET DATA", RIG_A3, data },
	{ "commands there are not", RIG_A3, unknown },
	{ "T=0", RIG_A3_T0, t0 },
	{ "long answers in T=1", RIG_A3, long_t1 },
	{ "long answers in T=0", RIG_A3_T0, long_t0 },
	{ "what was verified", RIG_A3, verified },
};

START_TEST(a3_select_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* 32 times 899 seconds, each with a command: the total time is over. */
START_TEST(a3_total_time_ends_a_login_that_is_used)
{
	struct rig r;

	rig_open(&r, RIG_A3);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A3), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, A3_VERIFY_1), 0x9000);
	for (int i = 0; i < 32; i++) {
		ck_assert_uint_eq(rig_sw(&r, SELECT_A3), 0x9000);
		ck_assert_uint_eq(rig_sw(&r, "00200001"), 0x9000);
		r.now += 899000;
	}
	r.now += 33000;
	ck_assert_uint_eq(rig_sw(&r, "00200001"), 0x63C3);
	rig_close(&r);
}
END_TEST

/* Whether it is kept is the profile's to say. */
START_TEST(a3_a_profile_may_drop_what_was_verified)
{
	struct emu_profile *p = rig_profile_of(
	    "authentic3", "keep_verified = true;", "keep_verified = false;");
	struct rig r;

	rig_make(&r, p, RIG_A3);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A3), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, A3_VERIFY_1), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A3), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, "00200001"), 0x63C3);
	rig_coherent(&r);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

Suite *
a3_select_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_select", &tc);

	tcase_add_loop_test(
	    tc, a3_select_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, a3_total_time_ends_a_login_that_is_used);
	tcase_add_test(tc, a3_a_profile_may_drop_what_was_verified);
	return s;
}

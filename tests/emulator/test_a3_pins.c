/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v3: VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER in all
 * their forms; who may set a PIN anew; that the keys stay when it happens.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" }
#define SIGNS(sw) { A3_MSE_SIGN("01"), "9000" }, { "002A9E9A 01 77 00", sw }

static const struct step verify[] = {
	{ SELECT_A3, "9000" },
	{ "00200001", "63C3" },
	{ "00200002", "63C3" },
	{ "00200003", "6A88" },
	{ "00200000", "6A88" },
	{ "00200081", "6A88" },
	{ "00200103", "6A86" },
	/* exactly its maximum, padded */
	{ "00200001 06 '123456'", "6700" },
	{ "00200001 09 '123456' FF*3", "6700" },
	{ "00200001 40 '123456' FF*58", "6700" },
	{ "00200001", "63C3" },
	{ A3_VERIFY_1, "9000" },
	{ "00200001", "9000" },
	{ "00200002", "63C3" },
	/* a wrong one ends its own state */
	{ "00200001 # {999999}", "63C2" },
	{ "@disk", NULL },
	{ "00200001", "63C2" },
	{ A3_VERIFY_1, "9000" },
	{ A3_VERIFY_1, "9000" },
	{ "@no-disk", NULL },
	{ A3_VERIFY_2, "9000" },
	{ "00200001 # {999999}", "63C2" },
	{ "00200002", "9000" },
	/* an empty field costs a try as any wrong one */
	{ "00200001 08 FF*8", "63C1" },
	/* the last wrong one says so, all later ones that it is blocked */
	{ "00200001 # {999999}", "63C0" },
	{ "00200001 # {999999}", "6983" },
	{ A3_VERIFY_1, "6983" },
	{ "@no-disk", NULL },
	{ "00200001", "6983" },
	{ "@reopen", NULL },
	{ SELECT_A3, "9000" },
	{ "00200001", "6983" },
	{ "00200001 06 '123456'", "6700" },
	{ NULL, NULL },
};

static const struct step change[] = {
	TO_5015,
	{ "00240001 # {123456} {654321}", "9000" },
	/* the new value is verified */
	{ "00200001", "9000" },
	SIGNS("?256 9000"),
	{ "@reset", NULL },
	TO_5015,
	{ A3_VERIFY_1, "63C2" },
	{ "00200001 # {654321}", "9000" },
	SIGNS("?256 9000"),
	/* lengths */
	{ "00240001 08 '654321' FF FF", "6700" },
	{ "00240001 0F '654321' FF FF 31*7", "6700" },
	{ "00240001 11 '654321' FF FF 31*9", "6700" },
	{ "00240003 # {654321} {111111}", "6A88" },
	{ "00240001", "6700" },
	/* a new value too short or none: nothing is spent */
	{ "00240001 # {999999} {111}", "6A80" },
	{ "00240001 10 31*8 FF*8", "6A80" },
	{ "00200001", "9000" },
	{ "00240001 # {654321} {1234}", "9000" },
	{ "00240001 # {1234} {12345678}", "9000" },
	/* the old one is counted as in VERIFY */
	{ "00240001 # {999999} {111111}", "63C2" },
	{ "00200001", "63C2" },
	{ "00240001 # {999999} {111111}", "63C1" },
	{ "00240001 # {999999} {111111}", "63C0" },
	{ "00240001 # {12345678} {111111}", "6983" },
	{ "00240001 # {12345678} {111}", "6983" },
	{ "00240001 10 31*8 FF*8", "6983" },
	{ "00240002 # {87654321} {11112222}", "9000" },
	{ "00200002", "9000" },
	{ NULL, NULL },
};

/* 24 P1=01: only where the rule CHANGE names a passcode; here it does not. */
static const struct step change_by_right[] = {
	TO_5015,
	{ "00240101 # {654321}", "6982" },
	{ A3_VERIFY_1, "9000" },
	{ A3_VERIFY_2, "9000" },
	{ "00240101 # {654321}", "6982" },
	{ "00240102 # {654321}", "6982" },
	{ "00240101 10 31*16", "6700" },
	{ "00240103 # {654321}", "6A88" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

/* By the holder of the PUK, who verifies it before. */
static const struct step reset[] = {
	TO_5015,
	{ "002C0201 # {222222}", "6982" },
	{ "002C0301", "6982" },
	{ A3_VERIFY_1, "9000" },
	{ "002C0201 # {222222}", "6982" },
	{ "00200001 # {999999}", "63C2" },
	{ "00200001 # {999999}", "63C1" },
	{ "00200001 # {999999}", "63C0" },
	{ "00200002 # {11111111}", "63C2" },
	{ "002C0201 # {222222}", "6982" },
	{ A3_VERIFY_2, "9000" },
	/* forms */
	{ "002C0201 07 '2222222'", "6700" },
	{ "002C0201 10 31*16", "6700" },
	{ "002C0203 # {222222}", "6A88" },
	{ "002C0201 # {222}", "6A80" },
	{ "002C0201 08 FF*8", "6A80" },
	{ "00200001", "6983" },
	{ "002C0201 # {222222}", "9000" },
	/* three tries, the new value, not verified; the keys are there */
	{ "00200001", "63C3" },
	{ A3_VERIFY_1, "63C2" },
	SIGNS("6982"),
	{ "00200001 # {222222}", "9000" },
	SIGNS("?256 9000"),
	/* of a verified one: ends that */
	{ "002C0201 # {333333}", "9000" },
	{ "00200001", "63C3" },
	SIGNS("6982"),
	{ "@reopen", NULL },
	TO_5015,
	{ "00200001 # {333333}", "9000" },
	SIGNS("?256 9000"),
	{ NULL, NULL },
};

/* The counter only: the value stays. */
static const struct step counter[] = {
	TO_5015,
	{ "00200001 # {999999}", "63C2" },
	{ "00200001 # {999999}", "63C1" },
	{ "00200001 # {999999}", "63C0" },
	{ "002C0301", "6982" },
	{ A3_VERIFY_2, "9000" },
	{ "002C0301", "9000" },
	{ "00200001", "63C3" },
	{ "002C0301 08 31*8", "6700" },
	{ "002C0303", "6A88" },
	{ A3_VERIFY_1, "9000" },
	{ "002C0301", "9000" },
	{ "00200001", "63C3" },
	{ A3_VERIFY_1, "9000" },
	SIGNS("?256 9000"),
	{ NULL, NULL },
};

/* Nobody unblocks the PUK: FF00. */
static const struct step puk[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ A3_VERIFY_2, "9000" },
	{ "002C0202 # {11112222}", "6982" },
	{ "002C0302", "6982" },
	{ "00200002 # {999999}", "63C2" },
	{ "00200002 # {999999}", "63C1" },
	{ "00200002 # {999999}", "63C0" },
	{ A3_VERIFY_2, "6983" },
	{ "002C0201 # {222222}", "6982" },
	/* the holder's is not touched */
	{ "00200001", "9000" },
	SIGNS("?256 9000"),
	{ NULL, NULL },
};

/* The policy's characters are in force as well. */
static const struct step policy[] = {
	TO_5015,
	{ "00240001 10 '123456' FF FF '12' 07 '4567' FF", "6985" },
	{ "@notes", "policy: passcode refused" },
	{ "00200001", "63C3" },
	{ A3_VERIFY_2, "9000" },
	{ "002C0201 08 '12' 07 '45678'", "6985" },
	{ "@notes", "policy: passcode refused" },
	{ "00200002", "9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "VERIFY", RIG_A3, verify },
	{ "VERIFY in T=0", RIG_A3_T0, verify },
	{ "CHANGE", RIG_A3, change },
	{ "CHANGE without the old value", RIG_A3, change_by_right },
	{ "RESET", RIG_A3, reset },
	{ "RESET of the counter", RIG_A3, counter },
	{ "the PUK", RIG_A3, puk },
	{ "policy", RIG_A3, policy },
};

START_TEST(a3_pins_story)
{
	rig_story(&stories[_i]);
}
END_TEST

#define USER_RULES "0000 0002 0000 FF00 FF00"

/* Rules of PIN 1 other than the profile's, and what then happens. */
static const struct varied {
	const char *rules;
	struct step steps[12];
} varied[] = {
	/* RESET "always" would be anybody's: refused */
	{ "0000 0000 0000 FF00 FF00",
	    { TO_5015, { A3_VERIFY_2, "9000" },
		{ "002C0201 # {222222}", "6982" },
		{ "002C0301", "6982" }, { NULL, NULL } } },
	{ "0000 FF00 0000 FF00 FF00",
	    { TO_5015, { A3_VERIFY_2, "9000" },
		{ "002C0201 # {222222}", "6982" }, { NULL, NULL } } },
	/* any of two */
	{ "0000 0003 0000 FF00 FF00",
	    { TO_5015, { "002C0201 # {222222}", "6982" },
		{ A3_VERIFY_1, "9000" },
		{ "002C0201 # {222222}", "9000" },
		{ "00200001", "63C3" },
		{ "00200001 # {222222}", "9000" }, { NULL, NULL } } },
	/* of one that is not there */
	{ "0000 0004 0000 FF00 FF00",
	    { TO_5015, { A3_VERIFY_1, "9000" }, { A3_VERIFY_2, "9000" },
		{ "002C0201 # {222222}", "6982" }, { NULL, NULL } } },
	/* secure messaging: never */
	{ "0000 4002 0000 FF00 FF00",
	    { TO_5015, { A3_VERIFY_2, "9000" },
		{ "002C0201 # {222222}", "6982" }, { NULL, NULL } } },
	/* CHANGE by the holder of PIN 2, without and with the old value */
	{ "0000 0002 0002 FF00 FF00",
	    { TO_5015, { "00240101 # {222222}", "6982" },
		{ "00240001 # {123456} {222222}", "6982" },
		{ A3_VERIFY_2, "9000" },
		{ "00240101 # {222222}", "9000" },
		{ "00200001", "63C3" },
		{ "00240001 # {222222} {333333}", "9000" },
		SIGNS("?256 9000"), { NULL, NULL } } },
	/* a blocked one is not set anew by CHANGE */
	{ "0000 0002 0002 FF00 FF00",
	    { TO_5015, { "00200001 # {1}", "63C2" },
		{ "00200001 # {1}", "63C1" }, { "00200001 # {1}", "63C0" },
		{ A3_VERIFY_2, "9000" },
		{ "00240101 # {222222}", "6983" },
		{ "002C0201 # {222222}", "9000" }, { NULL, NULL } } },
	{ "0000 0002 FF00 FF00 FF00",
	    { TO_5015, { A3_VERIFY_1, "9000" },
		{ "00240001 # {123456} {222222}", "6982" },
		{ "00240101 # {222222}", "6982" }, { NULL, NULL } } },
};

START_TEST(a3_pin_rules)
{
	struct emu_profile *p =
	    rig_profile_of("authentic3", USER_RULES, varied[_i].rules);
	struct rig r;

	rig_make(&r, p, RIG_A3);
	rig_play(&r, varied[_i].rules, varied[_i].steps);
	rig_coherent(&r);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

Suite *
a3_pins_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_pins", &tc);

	tcase_add_loop_test(
	    tc, a3_pins_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_loop_test(
	    tc, a3_pin_rules, 0, sizeof(varied) / sizeof(varied[0]));
	return s;
}

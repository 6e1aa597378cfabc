/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The PIN commands of AuthentIC: which PIN a reference names, the forms of
 * data, CREATE PIN, LOGOUT. What they do to counters is in test_pin.c.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define AS_SO TO_5011, { VERIFY_SO, "9000" }
#define PUK_84 { "00240104 # 05 40 <11223344>", "9000" }

/* Without bit 8: the MF. With it: the current DF and upwards, not the MF. */
static const struct step references[] = {
	{ SELECT_A5, "9000" },
	{ "00200004", "63C3" },
	{ "00200084", "6A88" },
	{ "00200081", "6A88" },	/* the MF is current: none above 5011 */
	{ "00200001", "6A88" },
	{ "00200000", "6A88" },
	{ "00200082", "6A88" },
	{ "00200083", "6A88" },
	{ "002000FF", "6A88" },
	{ "00200044", "6A88" },
	{ "002000C1", "6A88" },
	{ "00200080", "6A88" },
	{ CD("5011"), "9000" },
	{ "00200081", "63C3" },
	{ "00200001", "6A88" },
	{ "00200084", "6A88" },
	{ "00200004", "63C3" },
	{ CD("9002"), "9000" },
	{ "00200081", "63C3" },
	{ "00200004", "63C3" },
	{ VERIFY_USER, "9000" },
	{ CD("3F00"), "9000" },
	{ "00200081", "6A88" },
	{ "00200081 # <123456>", "6A88" },
	{ CD("5011"), "9000" },
	{ "00200081", "9000" },	/* SELECT of files drops nothing */
	{ CD("9001"), "9000" },
	{ "00200081", "9000" },
	{ NULL, NULL },
};

static const struct step references_local_so[] = {
	AS_SO,
	PUK_84,
	{ "00200084", "63C3" },
	{ "00200004", "9000" },
	{ "@reset", NULL },
	{ SELECT_A5, "9000" },
	{ "00200084", "6A88" },
	{ CD("5011"), "9000" },
	{ "00200084 # <87654321>", "63C2" },
	{ "00200004 # <11223344>", "63C2" },
	{ "00200084 # <11223344>", "9000" },
	{ "00200004", "63C2" },
	{ "00200004 # <87654321>", "9000" },
	{ "00200084", "9000" },
	/* CHANGE and RESET: local first, then global */
	{ "00240004 # <11223344> <44332211>", "9000" },
	{ "00240084 # <44332211> <55443322>", "9000" },
	{ CD("3F00"), "9000" },
	{ "00240004 # <87654321> <12345678>", "9000" },
	{ CD("5011"), "9000" },
	{ "@reset", NULL },
	TO_5011,
	{ "00200084 # <55443322>", "9000" },
	{ "00200004 # <12345678>", "9000" },
	{ NULL, NULL },
};

static const struct step change_resolves[] = {
	TO_5011,
	{ "00240001 # <123456> <654321>", "9000" },
	{ "00240081 # <654321> <123456>", "9000" },
	{ "00240004 # <87654321> <12345678>", "9000" },
	{ "00240002 # <87654321> <12345678>", "6A88" },
	{ "00240003 # <87654321> <12345678>", "6A88" },
	{ CD("9002"), "9000" },
	{ "00240001 # <123456> <654321>", "9000" },
	{ CD("3F00"), "9000" },
	{ "00240001 # <654321> <123456>", "6A88" },
	{ "00240004 # <12345678> <87654321>", "9000" },
	{ NULL, NULL },
};

static const struct step forms[] = {
	AS_SO,
	{ "00200081 06 313233343536", "6700" },
	{ "00200081 08 FF*8", "6700" },
	{ "00200081 3F 31*63", "6700" },
	{ "00200081 41 31*65", "6700" },
	{ "00200081", "63C3" },
	{ "00240001 40 31*64", "6700" },
	{ "00240001 7F 31*127", "6700" },
	{ "00240001 81 31*129", "6700" },
	{ "00200081", "63C3" },
	/* the new value is none: refused before a try is spent */
	{ "00240001 # <123456> FF*64", "6A80" },
	{ "00200081", "63C3" },
	{ "002C0001 40 31*64", "6700" },
	{ "002C0001 4F 31*79", "6700" },
	{ "002C0001 51 31*81", "6700" },
	{ "002C0001 # 00*16 FF*64", "6A80" },
	/* no value costs a try as any wrong one */
	{ "00200081 40 FF*64", "63C2" },
	{ VERIFY_USER, "9000" },
	/* padding is FF at the end only */
	{ "00200081 40 313233343536 00*58", "63C2" },
	{ "00200081 40 FF 313233343536 FF*57", "63C1" },
	{ "00200081 40 313233343536 20 FF*57", "6983" },
	{ NULL, NULL },
};

static const struct step create_forms[] = {
	AS_SO,
	{ "00240103 # 03 40 <5555>", "6A86" },
	{ "00240100 # 03 40 <5555>", "6A86" },
	{ "00240105 # 03 40 <5555>", "6A86" },
	{ "00240110 # 03 40 <5555>", "6A86" },
	{ "00240102 01 03", "6700" },
	{ "00240102 02 0340", "6700" },
	{ "00240102 # 03 3F 31*63", "6700" },
	{ "00240102 # 03 41 31*65", "6700" },
	{ "00240102 # 03 40 <5555> 03", "6700" },
	{ "00240102 # 03 40 <5555> 03 01", "6700" },
	{ "00240102 # 03 40 <5555> 03 01 00*15", "6700" },
	{ "00240102 # 03 40 <5555> 03 01 00*17", "6700" },
	{ "00240102 # 03 40 <5555> 03 02 00*32", "6700" },
	{ "00240102 # 03 40 FF*64", "6A80" },
	{ "@no-disk", NULL },
	{ "00200082", "6A88" },
	/* bit 8 says the same */
	{ "00240182 # 03 40 <5555>", "9000" },
	{ "00200082", "63C3" },
	{ "00200082 # <5555>", "9000" },
	{ "00240102 # 03 40 <6666>", "9000" },
	{ "00200082", "63C3" },
	{ "00200082 # <6666>", "9000" },
	{ "802E0022", "9000" },
	{ "00200082", "63C3" },
	/* no unblock value: none fits */
	{ "002C0002 # 00*16 <5555>", "6984" },
	{ NULL, NULL },
};

/* pkcs15-init on a blank card, the PIN part. */
static const struct step create_user[] = {
	{ SELECT_A5, "9000" },
	{ VERIFY_SO, "9000" },
	{ CREATE("3800", "5011", "0028", "24FF0000240024FF"), "9000" },
	{ CD("5011"), "9000" },
	{ "00200081", "6A88" },
	{ "00240001 # <1111> <2222>", "6A88" },
	{ "002C0001 # 00*16 <2222>", "6A88" },
	{ "00240101 54 05 40 <123456> 05 01 33*16", "9000" },
	{ "@notes", "policy: 5 tries asked for, 3 given" },
	{ "00200081", "63C3" },
	{ "00200081 # <123456>", "9000" },
	/* replaced: the old one is gone, also its state */
	{ "00240101 54 02 40 <654321> 01 01 44*16", "9000" },
	{ "@notes", "-" },
	{ "00200081", "63C2" },
	{ "00200081 # <123456>", "63C1" },
	{ "00200081 # <654321>", "9000" },
	{ "002C0001 # 33*16 <777777>", "6983" }, /* one try it had */
	{ "002C0001 # 44*16 <777777>", "6983" },
	/* without the right */
	{ "@reset", NULL },
	TO_5011,
	{ "00200081 # <654321>", "9000" },
	{ "00240101 54 05 40 <123456> 05 01 33*16", "6982" },
	{ "00240104 # 05 40 <123456>", "6982" },
	{ "@no-disk", NULL },
	{ "00200081", "9000" },
	{ NULL, NULL },
};

static const struct step logout[] = {
	AS_SO,
	{ VERIFY_USER, "9000" },
	{ "802E0022", "9000" },	/* another, which does not exist */
	{ "00200081", "9000" },
	{ "802E0021", "9000" },
	{ "00200081", "63C3" },
	{ "00200004", "9000" },	/* the SO stays */
	{ "802E0021", "9000" },
	{ "802E0024", "6A86" },
	{ "00200004", "9000" },
	{ "@no-disk", NULL },
	/* from wherever the current DF is */
	{ VERIFY_USER, "9000" },
	{ CD("3F00"), "9000" },
	{ "802E0021", "9000" },
	{ CD("5011"), "9000" },
	{ "00200081", "63C3" },
	{ VERIFY_USER, "9000" },
	{ CD("9001"), "9000" },
	{ "802E0021 00", "9000" },
	{ "00200081", "63C3" },
	{ NULL, NULL },
};

/* Every way in which a verified state ends, seen by the query and by what it
 * guards. */
#define IS_USER { CD("5011"), "9000" }, { "00200081", "9000" }
#define NO_USER { CD("5011"), "9000" }, { "00200081", "63C3" }
static const struct step states_end[] = {
	TO_5011,
	{ VERIFY_USER, "9000" }, { VERIFY_SO, "9000" },
	{ SELECT_A5, "9000" },
	{ "00200004", "63C3" }, NO_USER,
	{ VERIFY_USER, "9000" }, { VERIFY_SO, "9000" },
	{ "00A4040C # A000000077", "9000" },
	{ "00200004", "63C3" }, NO_USER,
	{ VERIFY_USER, "9000" }, { VERIFY_SO, "9000" },
	{ SELECT_CM, "9000" },
	{ SELECT_A5, "9000" },
	{ "00200004", "63C3" }, NO_USER,
	{ VERIFY_USER, "9000" }, { VERIFY_SO, "9000" },
	{ "@reset", NULL },
	{ SELECT_A5, "9000" },
	{ "00200004", "63C3" }, NO_USER,
	{ VERIFY_USER, "9000" }, { VERIFY_SO, "9000" },
	{ "@off", NULL }, { "@on", NULL },
	{ SELECT_A5, "9000" },
	{ "00200004", "63C3" }, NO_USER,
	/* the wrong one ends its own only */
	{ VERIFY_USER, "9000" }, { VERIFY_SO, "9000" },
	{ "00200004 # <1>", "63C2" },
	{ "00200004", "63C2" }, { "00200081", "9000" },
	{ VERIFY_SO, "9000" },
	{ "00200081 # <1>", "63C2" },
	{ "00200004", "9000" }, { "00200081", "63C2" },
	{ VERIFY_USER, "9000" },
	/* what does not end it */
	{ "00A4040C # E828BD080FA000000167455349474E", "6A82" },
	{ "00200004", "9000" }, { "00200081", "9000" },
	{ CD("3F00"), "9000" },
	{ UP, "? 9000" },
	{ CD("5011"), "9000" },
	{ "00200004", "9000" }, { "00200081", "9000" },
	{ "00200081 01 31", "6700" },
	{ "00000000", "6D00" },
	{ "00200081", "9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "references", RIG_PERSONAL, references },
	{ "references in T=0", RIG_T0, references },
	{ "the local SO PIN", RIG_PERSONAL, references_local_so },
	{ "references of CHANGE", RIG_PERSONAL, change_resolves },
	{ "forms", RIG_PERSONAL, forms },
	{ "forms of CREATE PIN", RIG_PERSONAL, create_forms },
	{ "CREATE PIN of the user", RIG_BLANK, create_user },
	{ "LOGOUT", RIG_PERSONAL, logout },
	{ "verified states end", RIG_PERSONAL, states_end },
};

START_TEST(a5_pins_story)
{
	rig_story(&stories[_i]);
}
END_TEST

Suite *
a5_pins_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a5_pins", &tc);

	tcase_add_loop_test(
	    tc, a5_pins_story, 0, sizeof(stories) / sizeof(stories[0]));
	return s;
}

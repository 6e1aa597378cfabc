/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Card policy, on every road into a card: what is refused has a status word
 * of its own and a line in the log without the value; and answers that a
 * profile changes.
 */
#include <stdio.h>
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define AS_SO TO_5011, { VERIFY_SO, "9000" }
#define LENGTH "policy: passcode refused, not 4 to 16 characters"
#define CHARACTERS "policy: passcode refused, not printable characters only"
#define REFUSED(cmd, note) { cmd, "6985" }, { "@no-disk", NULL }, \
	{ "@notes", note }

static const struct step passcodes[] = {
	AS_SO,
	{ "@notes", "-" },
	REFUSED("00240001 # <123456> <123>", LENGTH),
	REFUSED("00240001 # <123456> <12345678901234567>", LENGTH),
	REFUSED("00240001 # <000000> <1>", LENGTH),
	REFUSED("00240001 # <123456> 3132330A FF*60", CHARACTERS),
	REFUSED("00240001 # <123456> 31323380 FF*60", CHARACTERS),
	REFUSED("00240001 # <123456> 31323300 FF*60", CHARACTERS),
	REFUSED("00240001 # <123456> 31FF32333435 FF*58", CHARACTERS),
	REFUSED("00240001 # <123456> 3132337F FF*60", CHARACTERS),
	{ "00200081", "63C3" },	/* no try was spent */
	{ "00240001 # <123456> <1234>", "9000" },
	{ "00240001 # <1234> <1234567890123456>", "9000" },
	{ "00240001 # <1234567890123456> <~~~~>", "9000" },
	{ "@notes", "-" },
	REFUSED("00240101 # 03 40 <123> 03 01 44*16", LENGTH),
	REFUSED("00240102 # 03 40 <12345678901234567>", LENGTH),
	REFUSED("00240104 # 03 40 3132330A FF*60", CHARACTERS),
	{ "00200081", "9000" },
	REFUSED("002C0001 # 00*16 <123>", LENGTH),
	REFUSED("002C0001 # 00*16 3132330A FF*60", CHARACTERS),
	{ "002C0001 # 00*16 <1234>", "63C2" },
	REFUSED("00240004 # <87654321> <123>", LENGTH),
	{ "@notes", "-" },
	{ NULL, NULL },
};

static const struct step tries[] = {
	AS_SO,
	{ "@notes", "-" },
	{ "00240102 # 03 40 <1234>", "9000" },
	{ "@notes", "-" },
	{ "00200082", "63C3" },
	{ "00240102 # 01 40 <1234> 02 01 44*16", "9000" },
	{ "@notes", "-" },
	{ "00200082", "63C1" },
	{ "00240102 # 04 40 <1234>", "9000" },
	{ "@notes", "policy: 4 tries asked for, 3 given" },
	{ "00200082", "63C3" },
	{ "00240102 # FF 40 <1234> FF 01 44*16", "9000" },
	{ "@notes", "policy: 255 tries asked for, 3 given" },
	{ "00200082", "63C3" },
	{ "00240102 # 00 40 <1234>", "9000" },
	{ "@notes", "policy: 0 tries asked for, 3 given" },
	{ "00200082", "63C3" },
	/* the unblock value's too */
	{ "00240102 # 03 40 <1234> FF 01 44*16", "9000" },
	{ "002C0002 # 55*16 <1234>", "63C2" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "passcodes", RIG_PERSONAL, passcodes },
	{ "tries", RIG_PERSONAL, tries },
};

START_TEST(policy_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* As on a live card: nothing below 2048 bits. */
START_TEST(small_keys_are_refused)
{
	static const struct step steps[] = {
		{ SELECT_A5, "9000" },
		{ VERIFY_SO, "9000" },
		REFUSED(CREATE("1400", "3001", "0200", FREE),
		    "policy: RSA key of 512 bits refused, at least 2048"),
		REFUSED(CREATE("1200", "3001", "0400", FREE),
		    "policy: RSA key of 1024 bits refused, at least 2048"),
		{ CREATE("1400", "3001", "0800", FREE), "9000" },
		{ CREATE("1200", "3002", "0800", FREE), "9000" },
		{ CREATE("1100", "4001", "0040", FREE), "9000" },
		{ "@notes", "-" },
		{ NULL, NULL },
	};
	struct emu_profile *p =
	    rig_profile("rsa_min = 512;", "rsa_min = 2048;");
	struct rig r;

	rig_make(&r, p, RIG_BLANK);
	rig_play(&r, "small keys", steps);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

START_TEST(digits_only_where_the_policy_says_so)
{
	static const struct step steps[] = {
		{ SELECT_A5, "9000" },
		{ CD("5011"), "9000" },
		REFUSED("00240001 # <123456> <12345a>",
		    "policy: passcode refused, not digits only"),
		{ "00240001 # <123456> <0987>", "9000" },
		{ NULL, NULL },
	};
	struct emu_profile *p =
	    rig_profile("\"printable\";\n\t\trsa_min = 512;",
		"\"digits\";\n\t\trsa_min = 512;");
	struct rig r;

	rig_make(&r, p, RIG_PERSONAL);
	rig_play(&r, "digits", steps);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

/* No line of the log holds a value. */
START_TEST(the_log_holds_no_value)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	rig_send(&r, "00240001 # <SeCrEt1> <x!q>");
	rig_send(&r, "00240001 # <SeCrEt1> <x!q4567890123456789>");
	rig_send(&r, "00200081 # <SeCrEt1>");
	ck_assert_str_ne(r.notes, "");
	ck_assert_ptr_null(strstr(r.notes, "SeCrEt1"));
	ck_assert_ptr_null(strstr(r.notes, "x!q"));
	rig_close(&r);
}
END_TEST

/* ---- answers of the profile ----------------------------------------------------- */

/* Each uncertain answer, told by the profile, as its name says. */
static const struct {
	const char *name;
	struct step steps[10];
} answers[] = {
	{ "card-manager-other", { { "00B00000 01", "6A81" } } },
	{ "no-current-ef", { { SELECT_A5, "9000" },
		{ "00B00000 01", "6A81" } } },
	{ "wrong-file-type", { TO_5011, { CD("3000"), "9000" },
		{ "00B00000 01", "6A81" } } },
	{ "offset-beyond-end", { TO_5011, { CD("1000"), "9000" },
		{ "00B00100 01", "6A81" } } },
	{ "write-beyond-end", { AS_SO, { CD("1000"), "9000" },
		{ "00D60100 01 00", "6A81" } } },
	{ "reserved-fid", { AS_SO,
		{ CREATE("0101", "3FFF", "0001", FREE), "6A81" } } },
	{ "create-data", { AS_SO,
		{ CREATE("0777", "1234", "0001", FREE), "6A81" } } },
	{ "delete-ef-as-df", { AS_SO, { "00E40100 02 1000", "6A81" } } },
	{ "delete-df-as-ef", { AS_SO, { "00E40200 02 9001", "6A81" } } },
	{ "delete-not-empty", { AS_SO, { "00E40100 02 9001", "6A81" } } },
	{ "records-full", { AS_SO,
		{ CREATE("0401", "3333", "0000", FREE), "9000" },
		{ "00E20000 01 00", "6A81" } } },
	{ "pin-length", { TO_5011, { "00200081 01 31", "6A81" } } },
	{ "pin-format", { TO_5011,
		{ "00240001 # <123456> FF*64", "6A81" } } },
	{ "pin-blocked-query", { TO_5011, { "00200081 # <1>", "63C2" },
		{ "00200081 # <1>", "63C1" }, { "00200081 # <1>", "6983" },
		{ "00200081", "6A81" } } },
	{ "pin-last-try", { TO_5011, { "00200081 # <1>", "63C2" },
		{ "00200081 # <1>", "63C1" }, { "00200081 # <1>", "6A81" },
		{ "00200081 # <1>", "6983" } } },
	{ "logout-reference", { { SELECT_A5, "9000" },
		{ "802E0023", "6A81" } } },
	{ "key-file-types", { TO_5011,
		{ "00460000 04 10002000", "6A81" } } },
	{ "component-absent", { AS_SO,
		{ CREATE("1200", "1234", "0200", FREE), "9000" },
		{ "80B40100 00", "6A81" } } },
	{ "component-data", { AS_SO,
		{ CREATE("1200", "1234", "0200", FREE), "9000" },
		{ "80D80104 01 00", "6A81" } } },
	{ "no-security-environment", { TO_5011, { VERIFY_USER, "9000" },
		{ CD("9002"), "9000" }, { CD("3001"), "9000" },
		{ "002A9E9A 01 00", "6A81" } } },
	{ "key-incomplete", { TO_5011, { VERIFY_USER, "9000" },
		{ CD("9002"), "9000" },
		{ CREATE("1400", "1234", "0200", FREE), "9000" },
		{ "002241B6 03 800111", "9000" },
		{ "002A9E9A 01 00", "6A81" } } },
	{ "mse-data", { TO_5011, { "002241B6 03 800112", "6A81" } } },
	{ "bad-padding", { TO_5011, { VERIFY_USER, "9000" },
		{ CD("9002"), "9000" }, { CD("3001"), "9000" },
		{ "002241B8 03 800111", "9000" },
		{ "102A8086 08 00*8", "9000" },
		{ "002A8086 F8 00*248", "6A81" } } },
	{ "key-template", { { IAS_APP, "9000" }, { IAS_VERIFY_USER, "9000" },
		{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
		{ "00DB3FFF 0C 700A BF9003 06 7F4803 8001B6", "9000" },
		{ IAS_MSE("A4", "83", "02"), "6A81" } } },
	{ "key-filled", { { IAS_APP, "9000" }, { IAS_VERIFY_USER, "9000" },
		{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
		{ IAS_PUBLIC("03", "8B121200", "0040"), "9000" },
		{ "@ias-key 03 512", NULL },
		{ "00470000 05 7003 BF9003", "6A81" } } },
	{ "hash-data", { { IAS_APP, "9000" }, { "002241AA 03 800140", "9000" },
		{ "002A90A0 02 9000", "6A81" } } },
	{ "padding-indicator", { { IAS_APP, "9000" },
		{ IAS_VERIFY_USER, "9000" },
		{ IAS_MSE("B8", "81", "1A"), "9000" },
		{ "002A8086 02 8000", "6A81" } } },
	{ "policy", { TO_5011, { "00240001 # <123456> <1>", "6A81" } } },
	{ "delete-df", { { SELECT_A3, "9000" },
		{ "00E40100 02 5015", "6A81" } } },
};

static void
try_answer(size_t i)
{
	char text[128];
	struct emu_profile *p;
	struct rig r;

	/* these cards' profiles have some answers of their own already */
	const bool a3 = strcmp(answers[i].steps[0].cmd, SELECT_A3) == 0;
	const bool ias = strcmp(answers[i].steps[0].cmd, IAS_APP) == 0;

	if (a3 || ias) {
		snprintf(text, sizeof(text), "answers = {\n%s = 0x6A81;",
		    answers[i].name);
		p = rig_profile_of(a3 ? "authentic3" : "iasecc-oberthur",
		    "answers = {", text);
	} else {
		snprintf(text, sizeof(text), "answers = { %s = 0x6A81; };\n",
		    answers[i].name);
		p = rig_profile(NULL, text);
	}
	rig_make(&r, p, a3 ? RIG_A3 : ias ? RIG_IAS : RIG_PERSONAL);
	rig_play(&r, answers[i].name, answers[i].steps);
	rig_close(&r);
	emu_profile_free(&p);
}

START_TEST(a_profile_changes_an_answer)
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		try_answer(i);
}
END_TEST

/* All but one (read-to-end, below) are above. */
START_TEST(every_answer_is_tried)
{
	for (unsigned a = 0; a < EMU_ANS_N; a++) {
		const char *name = emu_answer_name((enum emu_answer)a);
		size_t i, n = sizeof(answers) / sizeof(answers[0]);

		for (i = 0; i < n && strcmp(answers[i].name, name) != 0; i++)
			continue;
		ck_assert_msg(i < n || strcmp(name, "read-to-end") == 0,
		    "%s", name);
	}
}
END_TEST

/* 6282 goes with data, in both protocols. */
START_TEST(a_short_read_may_say_so)
{
	static const struct step steps[] = {
		TO_5011,
		{ CD("1000"), "9000" },
		{ "00B00000 24", "?36 9000" },
		{ "00B00000 00", "?36 6282" },
		{ "00B00010 FF", "?20 6282" },
		{ "@t0", NULL },
		{ "00B00000 24", "?36 9000" },
		{ "00B00000 00", "?36 6282" },
		{ NULL, NULL },
	};
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	r.card->answers[EMU_ANS_READ_TO_END] = SW_EOF;
	rig_play(&r, "6282", steps);
	rig_close(&r);
}
END_TEST

Suite *
policy_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("policy", &tc);

	tcase_add_loop_test(
	    tc, policy_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, small_keys_are_refused);
	tcase_add_test(tc, digits_only_where_the_policy_says_so);
	tcase_add_test(tc, the_log_holds_no_value);
	tcase_add_test(tc, a_profile_changes_an_answer);
	tcase_add_test(tc, every_answer_is_tried);
	tcase_add_test(tc, a_short_read_may_say_so);
	return s;
}

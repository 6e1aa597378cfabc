/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card as a whole: what a reader is told of it, protocols, the life of a
 * login by the clock, passcodes changed from outside, `card show`.
 */
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }

START_TEST(a_reader_is_told)
{
	const struct emu_info *i;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	i = emu_card_info(r.card);
	ck_assert_uint_eq(i->atr_n, 21);
	ck_assert_int_eq(i->proto, EMU_T1);
	ck_assert_uint_eq(i->max_apdu, 256);
	ck_assert(i->test);
	ck_assert_str_eq(i->label, "NHS Series 8");
	ck_assert_str_eq(i->serial, "1A2B3C4D");
	ck_assert_str_eq(i->profile, "authentic5");
	/* this ATR offers T=1 alone */
	ck_assert_int_eq(emu_card_set_protocol(r.card, EMU_T0), CB_E_ARG);
	ck_assert_int_eq(emu_card_set_protocol(r.card, EMU_T1), CB_OK);
	rig_close(&r);
	rig_open(&r, RIG_T0);
	ck_assert_int_eq(emu_card_info(r.card)->proto, EMU_T0);
	ck_assert_int_eq(emu_card_set_protocol(r.card, EMU_T1), CB_E_ARG);
	ck_assert_int_eq(emu_card_set_protocol(r.card, EMU_T0), CB_OK);
	rig_close(&r);
}
END_TEST

/* ---- the clock (policy: 900 s without use, 28800 s in all) ----------------------- */

static const struct step idle[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ VERIFY_SO, "9000" },
	{ "@wait 899999", NULL },
	{ "00200081", "9000" },
	{ "@wait 899999", NULL },
	{ "00840000 01", "?1 9000" },	/* any command is use */
	{ "@wait 899999", NULL },
	{ "00200004", "9000" },
	{ "@notes", "-" },
	{ "@wait 900000", NULL },
	{ "00200081", "63C3" },
	{ "@notes", "login ended" },
	{ "00200004", "63C3" },
	{ "@notes", "-" },
	/* what is not logged in does not end */
	{ "@wait 99999999", NULL },
	{ "00200081", "63C3" },
	{ "@notes", "-" },
	{ VERIFY_USER, "9000" },
	{ "00200081", "9000" },
	{ NULL, NULL },
};

#define HOURS_2 \
	{ "@wait 800000", NULL }, { "00200081", "9000" }, \
	{ "@wait 800000", NULL }, { VERIFY_USER, "9000" }, \
	{ "@wait 800000", NULL }, { "00200081", "9000" }, \
	{ "@wait 800000", NULL }, { "00200081", "9000" }, \
	{ "@wait 800000", NULL }, { VERIFY_USER, "9000" }, \
	{ "@wait 800000", NULL }, { "00200081", "9000" }, \
	{ "@wait 800000", NULL }, { "00200081", "9000" }, \
	{ "@wait 800000", NULL }, { VERIFY_USER, "9000" }, \
	{ "@wait 800000", NULL }, { "00200081", "9000" }
static const struct step total[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	HOURS_2, HOURS_2, HOURS_2,	/* 21600 s */
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 800000", NULL }, { VERIFY_USER, "9000" },
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 800000", NULL }, { "00200081", "9000" },
	{ "@wait 799999", NULL }, { VERIFY_USER, "9000" },
	{ "@notes", "-" },
	{ "@wait 1", NULL },
	{ "00200081", "63C3" },
	{ "@notes", "login ended" },
	/* a new login has all its time again */
	{ VERIFY_USER, "9000" },
	HOURS_2,
	{ "00200081", "9000" },
	{ NULL, NULL },
};

static const struct step tick[] = {
	TO_5011,
	{ "@tick", NULL },
	{ VERIFY_USER, "9000" },
	{ "@tick", NULL },
	{ "00200081", "9000" },
	{ "@wait 899999", NULL },
	{ "@tick", NULL },
	{ "@notes", "-" },
	{ "@wait 1", NULL },
	{ "@tick", NULL },
	{ "@notes", "login ended" },
	{ "@tick", NULL },
	{ "@notes", "-" },
	{ "00200081", "63C3" },
	{ NULL, NULL },
};

/* A command that ends the idle time is not carried out with the old rights. */
static const struct step late[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	{ "@wait 900000", NULL },
	{ "002A9E9A 01 77", "6982" },
	/* the current file and MSE are still there */
	{ VERIFY_USER, "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	{ NULL, NULL },
};

/* After power, the card manager is selected. */
static const struct step power[] = {
	TO_5011,
	{ CD("1000"), "9000" },
	{ "@reset", NULL },
	{ "00B00000 01", "6D00" },
	{ "80CA9F7F 2D", "?45 9000" },
	{ SELECT_A5, "9000" },
	{ CD("1000"), "6A82" },
	{ "00B00000 01", "6986" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "idle time", RIG_PERSONAL, idle },
	{ "total time", RIG_PERSONAL, total },
	{ "tick", RIG_PERSONAL, tick },
	{ "a command that comes late", RIG_PERSONAL, late },
	{ "power", RIG_PERSONAL, power },
};

START_TEST(card_story)
{
	rig_story(&stories[_i]);
}
END_TEST

START_TEST(a_card_says_when_it_wants_the_clock)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	ck_assert_uint_eq(emu_card_deadline(r.card), UINT64_MAX);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	ck_assert_uint_eq(emu_card_deadline(r.card), UINT64_MAX);
	rig_must(&r, VERIFY_USER);
	ck_assert_uint_eq(emu_card_deadline(r.card), r.now + 900000);
	r.now += 5000;
	rig_must(&r, "00200081");
	ck_assert_uint_eq(emu_card_deadline(r.card), r.now + 900000);
	r.card->policy.total_s = 10;
	ck_assert_uint_eq(emu_card_deadline(r.card), r.now - 5000 + 10000);
	r.card->policy.idle_s = 0;
	ck_assert_uint_eq(emu_card_deadline(r.card), r.now - 5000 + 10000);
	r.card->policy.total_s = 0;
	ck_assert_uint_eq(emu_card_deadline(r.card), UINT64_MAX);
	r.now += 1000000000;
	rig_must(&r, "00200081");
	rig_must(&r, LOGOUT_USER);
	ck_assert_uint_eq(emu_card_deadline(r.card), UINT64_MAX);
	rig_close(&r);
}
END_TEST

/* ---- passcodes from outside -------------------------------------------------------- */

START_TEST(a_passcode_is_changed_from_outside)
{
	struct cb_why why = { "" };
	unsigned tries = 99;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str("000000"),
			     cb_span_str("654321"), &tries, &why),
	    CB_E_DENIED);
	ck_assert_uint_eq(tries, 2);
	ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str(RIG_PIN),
			     cb_span_str("1"), &tries, &why),
	    CB_E_ARG);
	ck_assert_ptr_nonnull(strstr(why.text, "4 to 16"));
	ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str(RIG_PIN),
			     cb_span_str("654321"), &tries, &why),
	    CB_OK);
	ck_assert_uint_eq(tries, 3);
	ck_assert(!emu_pins_any(&r.card->apps[0]));
	rig_coherent(&r);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, "00200081 # <654321>");
	for (unsigned left = 2; left < 3; left--) {
		ck_assert_int_eq(emu_card_passwd(r.card,
				     cb_span_str("x"), cb_span_str("1234"),
				     &tries, &why),
		    CB_E_DENIED);
		ck_assert_uint_eq(tries, left);
	}
	ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str("654321"),
			     cb_span_str("1234"), &tries, &why),
	    CB_E_DENIED);
	ck_assert_uint_eq(tries, 0);
	ck_assert_uint_eq(rig_sw(&r, "00200081 # <654321>"), 0x6983);
	rig_close(&r);
}
END_TEST

START_TEST(a_passcode_is_unblocked_from_outside)
{
	const uint8_t value[16] = { 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33,
		0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33, 0x33 };
	struct cb_why why = { "" };
	unsigned tries = 99;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, "00240101 # 03 40 <123456> 03 01 33*16");
	emu_card_power_on(r.card);
	ck_assert_int_eq(emu_card_unblock(r.card, cb_span_str("x"),
			     cb_span_str("654321"), &tries, &why),
	    CB_E_DENIED);
	ck_assert_uint_eq(tries, 2);
	ck_assert_int_eq(emu_card_unblock(r.card, CB_SPAN_OF(value),
			     cb_span_str("654321"), &tries, &why),
	    CB_OK);
	rig_coherent(&r);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, "00200081 # <654321>");
	rig_must(&r, CD("9002"));
	rig_must(&r, CD("3001"));
	rig_must(&r, "002241B6 03 800111");
	rig_must(&r, "002A9E9A 01 77");
	emu_card_power_on(r.card);
	for (unsigned left = 2; left < 3; left--) {
		ck_assert_int_eq(emu_card_unblock(r.card, cb_span_str("x"),
				     cb_span_str("1234"), &tries, &why),
		    CB_E_DENIED);
		ck_assert_uint_eq(tries, left);
	}
	ck_assert_int_eq(emu_card_unblock(r.card, CB_SPAN_OF(value),
			     cb_span_str("1234"), &tries, &why),
	    CB_E_DENIED);
	rig_close(&r);
}
END_TEST

START_TEST(a_card_without_a_holder_says_so)
{
	struct cb_why why = { "" };
	unsigned tries;
	struct rig r;

	rig_open(&r, RIG_BLANK);
	ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str("1234"),
			     cb_span_str("1234"), &tries, &why),
	    CB_E_ABSENT);
	ck_assert_str_ne(why.text, "");
	ck_assert_int_eq(emu_card_unblock(r.card, cb_span_str("1234"),
			     cb_span_str("1234"), &tries, &why),
	    CB_E_ABSENT);
	/* a holder without unblock value */
	rig_must(&r, SELECT_A5);
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CREATE("3800", "5011", "0028", FREE));
	rig_must(&r, CD("5011"));
	rig_must(&r, "00240101 # 03 40 <123456>");
	ck_assert_int_eq(emu_card_unblock(r.card, cb_span_str("1234"),
			     cb_span_str("1234"), &tries, &why),
	    CB_E_ABSENT);
	rig_close(&r);
}
END_TEST

/* ---- card show ---------------------------------------------------------------------- */

static const char *const shown[] = {
	"NHS Series 8", "1A2B3C4D", "test", "authentic5", "T=1",
	"at most 3 tries", "4 to 16 printable", "2^10",
	"3F00/04  SO passcode: 3 of 3", "5011/01  holder's passcode: 2 of 3",
	"unblock value: 3 of 3", "5011", "9002", "RSA private key", "2048",
	"certificate: ", "read: SO",
};

START_TEST(a_card_in_words)
{
	struct cb_buf text = CB_BUF_INIT;
	struct rig r;
	unsigned begins;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_send(&r, "00200081 # <1>");
	begins = r.nvm->begins;
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_uint_eq(r.nvm->begins, begins);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		ck_assert_msg(memmem(text.p, text.n, shown[i],
				  strlen(shown[i])) != NULL,
		    "not shown: %s\n%.*s", shown[i], (int)text.n,
		    (const char *)text.p);
	for (size_t i = 0; i < text.n; i++)
		ck_assert(text.p[i] == '\n' ||
		    (text.p[i] >= 0x20 && text.p[i] < 0x7F));
	cb_buf_free(&text);
	rig_close(&r);
}
END_TEST

Suite *
card_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("card", &tc);

	tcase_add_test(tc, a_reader_is_told);
	tcase_add_loop_test(
	    tc, card_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, a_card_says_when_it_wants_the_clock);
	tcase_add_test(tc, a_passcode_is_changed_from_outside);
	tcase_add_test(tc, a_passcode_is_unblocked_from_outside);
	tcase_add_test(tc, a_card_without_a_holder_says_so);
	tcase_add_test(tc, a_card_in_words);
	return s;
}

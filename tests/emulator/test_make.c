/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * New cards: what is on them, what wishes are refused, and that a card which
 * could not be made has left nothing behind.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/profile.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }

static const struct step personal[] = {
	TO_5011,
	{ CD("1000"), "9000" },
	{ "00B00000 24", "'NHS' 20 'Series' 20 '8' 20*20 0000 040D 9000" },
	{ CD("3000"), "9000" },
	{ "00B20104 0D", "1001 3001 2001 00*6 26 9000" },
	{ "00B20204 0D", "1002 3002 2002 00*6 26 9000" },
	{ "00B20304 8D", "6A83" },
	{ CD("4000"), "9000" },
	{ "00B00000 FA",
	    "FF 2001 02FC FF 1001 0800 FF 2002 0300 FF 1002 0800 00*230 "
	    "9000" },
	{ CD("5000"), "9000" },
	{ "00B00000 7D", "FF 3001 0800 FF 3002 0800 00*115 9000" },
	{ CD("9001"), "9000" },
	{ CD("1101"), "9000" },
	{ "00B00000 12", "034D 000E 'Authentication' 9000" },
	{ "00B00012 02", "0014 9000" },
	{ "00B00028 00", "30*16 0000 9000" },
	{ CD("1102"), "9000" },
	{ "00B00000 04", "0145 0012 9000" },
	{ "00B00004 07", "'Content' 9000" },
	{ CD("2101"), "9000" },
	{ "00B00000 12", "0001 000E 'Authentication' 9000" },
	{ CD("1001"), "9000" },
	{ "80B40200", "010001 9000" },
	{ CD("2001"), "9000" },
	{ "00B00000 04", "308202F8 9000" },
	{ CD("2002"), "9000" },
	{ "00B00000 04", "308202FC 9000" },
	{ UP, "? 9000" },
	{ CD("9002"), "9000" },
	{ CD("3101"), "9000" },
	{ "00B00000 12", "04B5 000E 'Authentication' 9000" },
	{ CD("3102"), "9000" },
	{ "00B00000 04", "00A5 0012 9000" },
	{ NULL, NULL },
};

START_TEST(a_personalised_card_is_complete)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_play(&r, "contents", personal);
	ck_assert_uint_lt(r.card->used, r.card->size);
	rig_close(&r);
}
END_TEST

/* The identifier that ties key, public key and certificate is the SHA-1 of
 * the modulus, in all three. */
START_TEST(identifiers_are_of_the_modulus)
{
	static const char *const files[][2] = {
		{ "9001", "1101" }, { "9001", "2101" }, { "9002", "3101" },
	};
	uint8_t id[20];
	struct rig r;

	ck_assert_int_eq(cr_sha1(rig_key("s80", "n"), id), CB_OK);
	rig_open(&r, RIG_PERSONAL);
	for (size_t i = 0; i < 3; i++) {
		rig_send(&r, SELECT_A5);
		rig_send(&r, CD("5011"));
		rig_send(&r, rig_fmt(CD("%s"), files[i][0]));
		rig_send(&r, rig_fmt(CD("%s"), files[i][1]));
		ck_assert_uint_eq(rig_sw(&r, "00B00014 14"), 0x9000);
		ck_assert_mem_eq(r.rsp.p, id, sizeof(id));
	}
	rig_close(&r);
}
END_TEST

/* ---- wishes ---------------------------------------------------------------------- */

#define P "123456"
#define SO "87654321"

static const struct {
	const char *name;
	struct emu_make wish;
	const char *user, *so;
	enum cb_err want;
	const char *why;
} wishes[] = {
	{ "no passcode", { .test = true, .blank = true }, NULL, NULL,
	    CB_E_ARG, "passcode" },
	{ "short SO passcode", { .test = true, .blank = true }, NULL, "123",
	    CB_E_ARG, "4 to 16" },
	{ "long SO passcode", { .test = true, .blank = true }, NULL,
	    "12345678901234567", CB_E_ARG, "4 to 16" },
	{ "unprintable", { .test = true, .blank = true }, NULL, "123\n45",
	    CB_E_ARG, "printable" },
	{ "tries", { .test = true, .blank = true, .tries = 16 }, NULL, SO,
	    CB_E_ARG, "15" },
	{ "tries of a live card", { .blank = true, .tries = 4 }, NULL, SO,
	    CB_E_ARG, "live" },
	{ "keys of a live card", { .keys_from = "x" }, P, SO, CB_E_ARG,
	    "--test" },
	{ "scrypt too cheap", { .test = true, .blank = true,
				  .scrypt_log2n = 9 }, NULL, SO, CB_E_ARG,
	    "scrypt" },
	{ "scrypt too dear", { .test = true, .blank = true,
				 .scrypt_log2n = 21 }, NULL, SO, CB_E_ARG,
	    "scrypt" },
	{ "cheap scrypt of a live card", { .blank = true,
					     .scrypt_log2n = 14 }, NULL, SO,
	    CB_E_ARG, "scrypt" },
	{ "serial too short", { .test = true, .blank = true,
				  .serial = "123456" }, NULL, SO, CB_E_ARG,
	    "--serial" },
	{ "serial too long", { .test = true, .blank = true,
				 .serial = "1234567890" }, NULL, SO,
	    CB_E_ARG, "--serial" },
	{ "serial no number", { .test = true, .blank = true,
				  .serial = "1234567g" }, NULL, SO,
	    CB_E_ARG, "--serial" },
	{ "label", { .test = true, .blank = true,
		       .label = "123456789012345678901234567890123" },
	    NULL, SO, CB_E_ARG, "--label" },
	{ "no label", { .test = true, .blank = true, .label = "" }, NULL, SO,
	    CB_E_ARG, "--label" },
	{ "label for a terminal", { .test = true, .blank = true,
				      .label = "a\033[2J" }, NULL, SO,
	    CB_E_ARG, "--label" },
	{ "ATR that is none", { .test = true, .blank = true, .atr = "3B" },
	    NULL, SO, CB_E_ARG, "--atr" },
	{ "ATR with a wrong check byte", { .test = true, .blank = true,
	    .atr = "3BFB1100008131FE450031C06477E910000090006B" }, NULL, SO,
	    CB_E_ARG, "--atr" },
	{ "another ATR, live", { .blank = true,
	    .atr = "3B7B1800000031C06477E30300829000" }, NULL, SO,
	    CB_E_ARG, "--test" },
	{ "keys that are not there", { .test = true,
				         .keys_from = "/nonexistent" }, P,
	    SO, CB_E_ABSENT, "/nonexistent" },
	{ "keys that are none", { .test = true, .keys_from = "/dev/null" },
	    P, SO, CB_E_ABSENT, "s80" },
	{ "good", { .test = true, .blank = true, .tries = 15,
		      .scrypt_log2n = 10,
		      .label = "12345678901234567890123456789012",
		      .atr = "3B7B1800000031C06477E30300829000" }, NULL, SO,
	    CB_OK, "" },
};

static size_t
records_in(struct emu_nvm *nvm)
{
	struct cb_buf b = CB_BUF_INIT;
	size_t n;

	rig_dump(nvm, &b);
	n = b.n;
	cb_buf_free(&b);
	return n;
}

static void
try_wish(size_t i)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	struct emu_make wish = wishes[i].wish;
	struct cb_why why = { "" };
	struct emu_nvm *nvm;
	enum cb_err e;
	struct rig r;

	rig_env_init(&r);
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	if (wishes[i].user != NULL)
		wish.user_pin = cb_span_str(wishes[i].user);
	if (wishes[i].so != NULL)
		wish.so_pin = cb_span_str(wishes[i].so);
	e = emu_card_make(nvm, p, &wish, &r.env, &why);
	ck_assert_msg(e == wishes[i].want, "%s: %d, %s", wishes[i].name, e,
	    why.text);
	ck_assert_msg(strstr(why.text, wishes[i].why) != NULL, "%s: %s",
	    wishes[i].name, why.text);
	/* no passcode in what is said of it */
	if (wishes[i].so != NULL)
		ck_assert_ptr_null(strstr(why.text, wishes[i].so));
	ck_assert_int_eq(records_in(nvm) > 0, e == CB_OK);
	emu_nvm_free(&nvm);
	emu_profile_free(&p);
}

START_TEST(a_wish_is_refused)
{
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		try_wish(i);
}
END_TEST

/* Tries: the profile's, fewer, or more on a test card; for the unblock value
 * too, and a ceiling for whatever is made later. */
static const struct {
	unsigned wish;
	const char *user, *wrong_unblock, *later;
} tries[] = {
	{ 0, "63C3", "63C2", "63C3" },
	{ 1, "63C1", "6983", "63C1" },
	{ 2, "63C2", "63C1", "63C2" },
	{ 5, "63C5", "63C4", "63C5" },
	{ 15, "63CF", "63CE", "63CF" },
};

START_TEST(tries_as_wished)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	struct emu_make wish;
	struct emu_nvm *nvm;
	struct rig r;

	rig_env_init(&r);
	rig_wish(&wish, RIG_PERSONAL);
	wish.tries = tries[_i].wish;
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	ck_assert_int_eq(emu_card_make(nvm, p, &wish, &r.env, NULL), CB_OK);
	rig_open_records(&r, nvm);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	ck_assert_str_eq(rig_send(&r, "00200081"), tries[_i].user);
	ck_assert_str_eq(rig_send(&r, VERIFY_SO), "9000");
	ck_assert_str_eq(rig_send(&r, "002C0001 # 00*16 <1234>"),
	    tries[_i].wrong_unblock);
	ck_assert_str_eq(
	    rig_send(&r, "00240102 # 0F 40 <5555>"), "9000");
	ck_assert_str_eq(rig_send(&r, "00200082"), tries[_i].later);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

/* The value that was drawn is handed out, is the card's, and is another one
 * on the next card. */
START_TEST(the_unblock_value_is_handed_out)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	struct cb_buf value[2] = { CB_BUF_INIT, CB_BUF_INIT };
	struct emu_make wish;
	struct emu_nvm *nvm;
	struct rig r;

	for (unsigned i = 0; i < 2; i++) {
		rig_env_init(&r);
		r.seed += i;
		rig_wish(&wish, RIG_PERSONAL);
		wish.unblock = &value[i];
		ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
		ck_assert_int_eq(
		    emu_card_make(nvm, p, &wish, &r.env, NULL), CB_OK);
		ck_assert_uint_eq(value[i].n, 16);
		rig_open_records(&r, nvm);
		rig_send(&r, SELECT_A5);
		rig_send(&r, CD("5011"));
		rig_send(&r, VERIFY_SO);
		rig_send(&r, CD("2000"));
		rig_send(&r, "00B00000 10");
		ck_assert(cb_span_equal(cb_buf_span(&value[i]),
		    cb_span_head(cb_buf_span(&r.rsp), 16)));
		rig_close(&r);
	}
	ck_assert(!cb_span_equal(
	    cb_buf_span(&value[0]), cb_buf_span(&value[1])));
	cb_buf_free(&value[0]);
	cb_buf_free(&value[1]);
	emu_profile_free(&p);
}
END_TEST

/* Without a wish the serial number is drawn; it is in the CPLC. */
START_TEST(a_card_has_a_serial_of_its_own)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	char serial[2][17];
	struct emu_make wish;
	struct emu_nvm *nvm;
	struct rig r;

	for (unsigned i = 0; i < 2; i++) {
		rig_env_init(&r);
		r.seed += i;
		rig_wish(&wish, RIG_BLANK);
		wish.serial = NULL;
		ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
		ck_assert_int_eq(
		    emu_card_make(nvm, p, &wish, &r.env, NULL), CB_OK);
		rig_open_records(&r, nvm);
		memcpy(serial[i], emu_card_info(r.card)->serial, 17);
		ck_assert_uint_eq(strlen(serial[i]), 8);
		ck_assert_ptr_nonnull(
		    strstr(rig_send(&r, "80CA9F7F 2D"), serial[i]));
		rig_close(&r);
	}
	ck_assert_str_ne(serial[0], serial[1]);
	emu_profile_free(&p);
}
END_TEST

/* A live card: marked so, with scrypt as dear as its profile says. */
START_TEST(a_live_card)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	struct emu_make wish = { .blank = true,
		.so_pin = cb_span_str(SO) };
	struct emu_nvm *nvm;
	struct rig r;

	rig_env_init(&r);
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	ck_assert_int_eq(emu_card_make(nvm, p, &wish, &r.env, NULL), CB_OK);
	rig_open_records(&r, nvm);
	ck_assert(!emu_card_info(r.card)->test);
	ck_assert_uint_eq(r.card->policy.scrypt_log2n, 15);
	ck_assert_uint_eq(r.card->policy.scrypt_r, 8);
	ck_assert_uint_ge(r.card->policy.scrypt_p, 1);
	ck_assert_uint_eq(r.card->apps[0].pins->pin.how.log2n, 15);
	rig_send(&r, SELECT_A5);
	ck_assert_str_eq(rig_send(&r, VERIFY_SO), "9000");
	ck_assert_str_eq(
	    rig_send(&r, CREATE("1400", "3001", "0400", FREE)), "6985");
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

/* A card too small for its files is not made. */
START_TEST(a_small_card_is_refused)
{
	struct emu_profile *p = rig_profile("size = 65536;", "size = 4096;");
	struct cb_why why = { "" };
	struct emu_make wish;
	struct emu_nvm *nvm;
	struct rig r;

	rig_env_init(&r);
	rig_wish(&wish, RIG_PERSONAL);
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	ck_assert_int_eq(
	    emu_card_make(nvm, p, &wish, &r.env, &why), CB_E_ARG);
	ck_assert_ptr_nonnull(strstr(why.text, "4096"));
	ck_assert_uint_gt(p->size_line, 1);
	ck_assert_ptr_nonnull(strstr(why.text, rig_fmt(":%u: ", p->size_line)));
	ck_assert_uint_eq(records_in(nvm), 0);
	emu_nvm_free(&nvm);
	emu_profile_free(&p);
}
END_TEST

/* Storage or randomness that fails: nothing is left. (Every seventh place:
 * making a card takes some time.) */
START_TEST(a_card_half_made_is_none)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	struct emu_make wish;
	struct emu_nvm *nvm, *under;
	struct rig_nvm *watch;
	enum cb_err e = CB_E_STORE;
	struct rig r;

	for (unsigned at = 1 + (unsigned)_i % 2; e != CB_OK; at += 7) {
		rig_env_init(&r);
		rig_wish(&wish, RIG_PERSONAL);
		ck_assert_int_eq(emu_mem_new(&under), CB_OK);
		nvm = rig_watch(under, &watch);
		if (_i < 2)
			r.random_fail_at = at;
		else
			watch->fail_at = at;
		e = emu_card_make(nvm, p, &wish, &r.env, NULL);
		if (e != CB_OK)
			ck_assert_uint_eq(records_in(under), 0);
		else
			ck_assert_uint_gt(at, 40);
		emu_nvm_free(&nvm);
		emu_nvm_free(&under);
	}
	emu_profile_free(&p);
}
END_TEST

/* ---- two applications ------------------------------------------------------------- */

#define AID_B "A000000077010303000000F100000003"
#define SELECT_B "00A4040C # " AID_B

/* The same application once more, under another name: neither sees what the
 * other has, and neither keeps a login when the other is selected. */
static const struct step two[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ VERIFY_SO, "9000" },
	{ CREATE("0101", "7777", "0004", FREE), "9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "00200081 # <1>", "63C2" },
	{ VERIFY_SO, "9000" },
	{ SELECT_B, "9000" },
	{ "00B00000 00", "6986" },
	{ "00200004", "63C3" },
	{ CD("5011"), "9000" },
	{ CD("7777"), "6A82" },
	{ "00200081", "63C3" },
	{ VERIFY_USER, "9000" },
	{ "00240001 # <123456> <654321>", "9000" },
	{ SELECT_A5, "9000" },
	{ "00200004", "63C3" },
	{ CD("5011"), "9000" },
	{ "00200081", "63C2" },
	{ CD("7777"), "9000" },
	{ "00B00000 00", "01020304 9000" },
	{ VERIFY_USER, "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	{ SELECT_B, "9000" },
	{ CD("5011"), "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002A9E9A 01 77", "6982" },
	{ "00200081 # <123456>", "63C2" },
	{ "00200081 # <654321>", "9000" },
	{ "002A9E9A 01 77", "6985" },	/* the other's MSE */
	{ "@reopen", NULL },
	{ SELECT_B, "9000" },
	{ CD("5011"), "9000" },
	{ "00200081 # <654321>", "9000" },
	{ "00E40200 02 7777", "6A82" },
	{ NULL, NULL },
};

START_TEST(applications_do_not_see_each_other)
{
	struct emu_profile *p = rig_profile(NULL, NULL);
	struct rig r;

	/* Twice the same tables: a profile may name an applet twice. */
	p->apps[1] = p->apps[0];
	p->apps[1].aid[15] = 0x03;
	p->apps_n = 2;
	rig_make(&r, p, RIG_PERSONAL);
	rig_play(&r, "two applications", two);
	/* in memory: at the end the first has no login left */
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	ck_assert_str_eq(rig_send(&r, VERIFY_USER), "9000");
	ck_assert(emu_pins_any(&r.card->apps[0]));
	rig_send(&r, SELECT_B);
	ck_assert(!emu_pins_any(&r.card->apps[0]));
	rig_coherent(&r);
	rig_close(&r);
	p->apps_n = 1;
	emu_profile_free(&p);
}
END_TEST

/* A card with two SO passcodes, the card's and one of the application: either
 * may replace the holder's, and the keys stay. */
#define NEW_USER "00240101 # 03 40 <1234> 03 01 00*16"
#define SIGNS \
	{ CD("9002"), "9000" }, { CD("3001"), "9000" }, \
	    { "002241B6 03 800111", "9000" }, \
	    { "002A9E9A 01 77", "?256 9000" }
static const struct step either_so[] = {
	TO_5011,
	{ VERIFY_SO, "9000" },
	{ NEW_USER, "9000" },
	{ "00200081 # <1234>", "9000" },
	SIGNS,
	TO_5011,
	{ "00200084 # <" RIG_SO_PIN ">", "9000" },
	{ NEW_USER, "9000" },
	{ "00200081 # <1234>", "9000" },
	SIGNS,
	/* and each may replace the other */
	TO_5011,
	{ VERIFY_SO, "9000" },
	{ "00240104 # 03 40 <4444>", "9000" },
	TO_5011,
	{ "00200084 # <4444>", "9000" },
	{ NEW_USER, "9000" },
	{ "00200081 # <1234>", "9000" },
	SIGNS,
	{ NULL, NULL },
};

START_TEST(either_so_passcode_keeps_the_keys)
{
	static const char *const orders[][2] = {
		{ "{ name = \"user\";", "{ name = \"puk\"; owner = "
		  "\"3F00/5011\"; reference = 0x04; role = \"so\"; tries = 3; "
		  "}, { name = \"user\";" },
		{ "{ name = \"so\";", "{ name = \"puk\"; owner = "
		  "\"3F00/5011\"; reference = 0x04; role = \"so\"; tries = 3; "
		  "}, { name = \"so\";" },
	};
	struct emu_profile *p = rig_profile(orders[_i][0], orders[_i][1]);
	struct rig r;

	rig_make(&r, p, RIG_PERSONAL);
	ck_assert_str_eq(rig_send(&r, SELECT_A5), "9000");
	/* nothing was left open by the making */
	ck_assert_str_eq(rig_send(&r, "00200004"), "63C3");
	ck_assert_ptr_null(r.card->apps[0].domains->secret);
	rig_play(&r, "either SO passcode", either_so);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

/* Where anybody may define a passcode, somebody who replaces the holder's
 * would lose what only that opens: refused. */
static const struct step replaced_by_nobody[] = {
	TO_5011,
	{ NEW_USER, "6985" },
	{ "@no-disk", NULL },
	{ "@notes", "a passcode was not replaced" },
	{ VERIFY_USER, "9000" },
	SIGNS,
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ NEW_USER, "9000" },
	{ "00200081 # <1234>", "9000" },
	SIGNS,
	{ NULL, NULL },
};

START_TEST(keys_outlive_whoever_replaces_a_passcode)
{
	struct emu_profile *p = rig_profile("\"24 FF 00 00 24 00 24 FF\"",
	    "\"24 FF 00 00 00 00 24 FF\"");
	struct rig r;

	rig_make(&r, p, RIG_PERSONAL);
	rig_play(&r, "nobody replaces", replaced_by_nobody);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

Suite *
make_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("make", &tc);

	tcase_add_test(tc, a_personalised_card_is_complete);
	tcase_add_test(tc, identifiers_are_of_the_modulus);
	tcase_add_test(tc, a_wish_is_refused);
	tcase_add_loop_test(
	    tc, tries_as_wished, 0, sizeof(tries) / sizeof(tries[0]));
	tcase_add_test(tc, the_unblock_value_is_handed_out);
	tcase_add_test(tc, a_card_has_a_serial_of_its_own);
	tcase_add_test(tc, a_live_card);
	tcase_add_test(tc, a_small_card_is_refused);
	tcase_add_loop_test(tc, a_card_half_made_is_none, 0, 4);
	tcase_add_test(tc, applications_do_not_see_each_other);
	tcase_add_loop_test(tc, either_so_passcode_keeps_the_keys, 0, 2);
	tcase_add_test(tc, keys_outlive_whoever_replaces_a_passcode);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card of AuthentIC v3 from outside: how it is made, told in words, stored;
 * its passcodes changed and unblocked without APDUs; what lies protected.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/profile.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define USER_RECORD "card/0/p/00000002"
#define PUK_RECORD "card/0/p/00000001"

static void
signs(struct rig *r, const char *pin)
{
	emu_card_power_on(r->card);
	rig_must(r, SELECT_A3);
	rig_must(r, rig_fmt("00200001 # {%s}", pin));
	rig_must(r, A3_MSE_SIGN("01"));
	rig_must(r, "002A9E9A 01 77 00");
	emu_card_power_on(r->card);
}

/* ---- passcodes from outside -------------------------------------------------------- */

static enum cb_err
unblock(struct rig *r, const char *puk, const char *pin, unsigned *tries)
{
	struct cb_why why = { "" };
	enum cb_err e;

	e = emu_card_unblock(
	    r->card, cb_span_str(puk), cb_span_str(pin), tries, &why);
	ck_assert(!emu_pins_any(&r->card->apps[0]));
	if (e == CB_E_ARG)
		ck_assert_ptr_nonnull(strstr(why.text, "4 to 8"));
	return e;
}

START_TEST(a3_the_puk_unblocks_from_outside)
{
	struct cb_why why = { "" };
	unsigned tries = 99, begins;
	struct rig r;

	rig_open(&r, RIG_A3);
	for (unsigned left = 2; left < 3; left--) {
		ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str("9999"),
				     cb_span_str("1234"), &tries, &why),
		    CB_E_DENIED);
		ck_assert_uint_eq(tries, left);
	}
	ck_assert_int_eq(unblock(&r, "1111", "654321", &tries), CB_E_DENIED);
	ck_assert_uint_eq(tries, 2);
	/* not even spent for a value that the card would not take */
	begins = r.nvm->begins;
	ck_assert_int_eq(
	    unblock(&r, RIG_SO_PIN, "123456789", &tries), CB_E_ARG);
	ck_assert_int_eq(unblock(&r, RIG_SO_PIN, "123", &tries), CB_E_ARG);
	ck_assert_uint_eq(r.nvm->begins, begins);
	ck_assert_int_eq(unblock(&r, RIG_SO_PIN, "654321", &tries), CB_OK);
	ck_assert_uint_eq(tries, 3);
	rig_coherent(&r);
	rig_must(&r, SELECT_A3);
	ck_assert_str_eq(rig_send(&r, "00200001"), "63C3");
	ck_assert_str_eq(rig_send(&r, "00200002"), "63C3");
	signs(&r, "654321");
	for (unsigned left = 2; left < 3; left--) {
		ck_assert_int_eq(
		    unblock(&r, "1111", "1234", &tries), CB_E_DENIED);
		ck_assert_uint_eq(tries, left);
	}
	ck_assert_int_eq(
	    unblock(&r, RIG_SO_PIN, "1234", &tries), CB_E_DENIED);
	ck_assert_uint_eq(tries, 0);
	signs(&r, "654321");
	rig_close(&r);
}
END_TEST

/* What scrypt costs may have been raised since: both passcodes' wraps are made
 * anew. */
START_TEST(a3_unblocking_renews_both_wraps)
{
	struct cb_buf was[2] = { CB_BUF_INIT, CB_BUF_INIT }, is = CB_BUF_INIT;
	static const char *const names[] = { PUK_RECORD, USER_RECORD };
	unsigned tries;
	struct rig r;

	rig_open(&r, RIG_A3);
	for (unsigned i = 0; i < 2; i++)
		rig_get(r.records, names[i], &was[i]);
	ck_assert_int_eq(unblock(&r, RIG_SO_PIN, RIG_PIN, &tries), CB_OK);
	for (unsigned i = 0; i < 2; i++) {
		rig_get(r.records, names[i], &is);
		ck_assert(!cb_span_equal(
		    cb_buf_span(&was[i]), cb_buf_span(&is)));
		cb_buf_free(&was[i]);
	}
	cb_buf_free(&is);
	signs(&r, RIG_PIN);
	rig_close(&r);
}
END_TEST

/* The store fails at each step: afterwards the old passcode or the new one
 * opens the keys, and no try is won. */
START_TEST(a3_unblocking_is_whole_or_nothing)
{
	unsigned tries, done = 0, undone = 0;
	struct cb_why why = { "" };
	enum cb_err e = CB_E_STORE;

	for (unsigned at = 1; e != CB_OK; at++) {
		struct rig r;

		rig_open(&r, RIG_A3);
		rig_must(&r, SELECT_A3);
		ck_assert_str_eq(rig_send(&r, "00200001 # {1}"), "63C2");
		emu_card_power_on(r.card);
		r.nvm->ops = 0;
		r.nvm->fail_at = at;
		e = emu_card_unblock(r.card, cb_span_str(RIG_SO_PIN),
		    cb_span_str("654321"), &tries, &why);
		r.nvm->fail_at = 0;
		rig_reopen(&r);
		rig_must(&r, SELECT_A3);
		if (e == CB_OK) {
			ck_assert_str_eq(rig_send(&r, "00200001"), "63C3");
			signs(&r, "654321");
			done++;
		} else {
			ck_assert_str_eq(rig_send(&r, "00200001"), "63C2");
			signs(&r, RIG_PIN);
			undone++;
		}
		rig_close(&r);
	}
	ck_assert_uint_eq(done, 1);
	ck_assert_uint_ge(undone, 5);
}
END_TEST

/* ---- card show ---------------------------------------------------------------------- */

static const char *const shown[] = {
	"authentic3", "4 to 8 printable",
	"3F00/02  SO passcode: 3 of 3 tries left; change: always, reset: never",
	("3F00/01  holder's passcode: 2 of 3 tries left; change: always, "
	 "reset: SO"),
	"5015", "create: user, crypto: user, delete: never",
	"7002  EF transparent   1024 bytes",
	"read: always, update: user, delete: never",
	"0001  RSA private key  2048 bits",
	"update: never, sign: user, decipher: user, delete: never",
	"certificate: O=nhs",
};

START_TEST(a3_a_card_in_words)
{
	struct cb_buf text = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_A3);
	rig_must(&r, SELECT_A3);
	ck_assert_str_eq(rig_send(&r, "00200001 # {1}"), "63C2");
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		ck_assert_msg(memmem(text.p, text.n, shown[i],
				  strlen(shown[i])) != NULL,
		    "not shown: %s in\n%.*s", shown[i], (int)text.n, text.p);
	ck_assert_ptr_null(memmem(text.p, text.n, "NOT PROTECTED", 13));
	cb_buf_free(&text);
	rig_close(&r);
}
END_TEST

/* A key that nothing guards is told by name: 0000 in its own rules alone does
 * not make it one, CRYPTO of the DF does. */
START_TEST(a3_an_open_key_is_told)
{
	struct emu_profile *p = rig_profile_of(
	    "authentic3", "0001 FF00 0001", "0001 FF00 0000");
	struct cb_buf text = CB_BUF_INIT;
	struct rig r;

	rig_make(&r, p, RIG_A3);
	rig_must(&r, SELECT_A3);
	rig_must(&r, A3_KEY("08", "05", "00*12"));
	ck_assert_uint_eq(rig_put_key(&r, 5, "a33"), 0x9000);
	rig_must(&r, A3_MSE_SIGN("05"));
	rig_must(&r, "002A9E9A 01 77 00");
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_ptr_nonnull(memmem(text.p, text.n,
	    "NOT PROTECTED AT REST: RSA private key 0005", 43));
	ck_assert_ptr_null(memmem(text.p, text.n,
	    "NOT PROTECTED AT REST: RSA private key 0001", 43));
	cb_buf_free(&text);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

/* ---- records ------------------------------------------------------------------------ */

/* What a PIN and an application have of their own stands at their records'
 * ends; records of before end earlier, and load. */
START_TEST(a3_records_of_before_load)
{
	const size_t own = 1 + 1 + 2 + 10;	/* min, max, access bytes */
	struct cb_buf b = CB_BUF_INIT;
	const struct emu_pin *pin;
	struct rig r;

	rig_open(&r, RIG_A3);
	emu_card_free(&r.card);
	rig_get(r.records, USER_RECORD, &b);
	ck_assert_mem_eq(b.p + b.n - own, "\x04\x08\x00\x0a", 4);
	ck_assert_int_eq(cb_buf_truncate(&b, b.n - own), CB_OK);
	rig_put_bytes(r.records, USER_RECORD, cb_buf_span(&b));
	rig_get(r.records, "card", &b);
	ck_assert_uint_eq(b.p[b.n - 1], 1);	/* keeps what was verified */
	ck_assert_int_eq(cb_buf_truncate(&b, b.n - 1), CB_OK);
	rig_put_bytes(r.records, "card", cb_buf_span(&b));
	cb_buf_free(&b);
	rig_reopen(&r);
	pin = emu_pin_by_role(&r.card->apps[0], EMU_ROLE_USER);
	ck_assert_uint_eq(pin->max, 0);
	ck_assert_uint_eq(pin->access_n, 0);
	ck_assert(!r.card->apps[0].keep_verified);
	signs(&r, RIG_PIN);
	rig_must(&r, SELECT_A3);
	rig_must(&r, A3_VERIFY_1);
	rig_must(&r, SELECT_A3);
	ck_assert_str_eq(rig_send(&r, "00200001"), "63C3");
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

/* And a card that needs nothing of it is stored as it always was. */
START_TEST(a3_cards_of_before_are_stored_as_before)
{
	const size_t wrap = 1 + 3 + 16 + EMU_WRAP_N;
	struct cb_buf b = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_get(r.records, "card/0/p/00000001", &b);
	ck_assert_uint_eq(b.n, 4 + 1 + 1 + 4 + 1 + 1 + wrap + 1);
	rig_get(r.records, "card", &b);
	ck_assert_mem_eq(b.p + b.n - r.card->apps[0].aid_n,
	    r.card->apps[0].aid, r.card->apps[0].aid_n);
	cb_buf_free(&b);
	rig_close(&r);
}
END_TEST

static const struct record_end ends[] = {
	{ USER_RECORD, 14, "04 08 0000", CB_OK },
	{ USER_RECORD, 14, "00 00 0000", CB_OK },
	{ USER_RECORD, 14, "04 08 0010 00*16", CB_OK },
	{ USER_RECORD, 14, "04 08 0011 00*17", CB_E_FORMAT },
	{ USER_RECORD, 14, "09 08 0000", CB_E_FORMAT },
	{ USER_RECORD, 14, "04", CB_E_FORMAT },
	{ USER_RECORD, 14, "04 08", CB_E_FORMAT },
	{ USER_RECORD, 14, "04 08 00", CB_E_FORMAT },
	{ USER_RECORD, 14, "04 08 000A 00*9", CB_E_FORMAT },
	{ USER_RECORD, 0, "00", CB_E_FORMAT },
	{ "card", 1, "00", CB_OK },
	{ "card", 1, "0F", CB_OK },
	{ "card", 1, "10", CB_E_LIMIT },	/* of a newer release */
	{ "card", 1, "81", CB_E_LIMIT },
	{ "card", 0, "00", CB_E_FORMAT },
};

START_TEST(a3_ends_of_records)
{
	rig_record_end(RIG_A3, &ends[_i]);
}
END_TEST

/* ---- making ------------------------------------------------------------------------- */

START_TEST(a3_profiles_say_who_has_a_passcode)
{
	struct emu_profile *a5 = rig_profile(NULL, NULL);
	struct emu_profile *a3 = rig_profile_of("authentic3", NULL, NULL);
	struct cb_buf pin = CB_BUF_INIT;

	ck_assert(emu_profile_has_user_pin(a5, false));
	ck_assert(!emu_profile_has_user_pin(a5, true));
	ck_assert(emu_profile_has_user_pin(a3, false));
	ck_assert(emu_profile_has_user_pin(a3, true));
	/* drawn ones fit them, also where the policy would take more */
	a3->live.pin_max = 16;
	ck_assert_int_eq(emu_profile_draw_pin(
	    a3, false, &emu_env_system, &pin), CB_OK);
	ck_assert_uint_eq(pin.n, 8);
	cb_buf_free(&pin);
	emu_profile_free(&a5);
	emu_profile_free(&a3);
}
END_TEST

/* Passcodes of another length than the card's own are no wish of anybody. */
static const struct {
	const char *user, *so;
	enum cb_err want;
} wished[] = {
	{ "1234", "1234", CB_OK },
	{ "12345678", "12345678", CB_OK },
	{ "123", "87654321", CB_E_ARG },
	{ "123456789", "87654321", CB_E_ARG },
	{ "123456", "123", CB_E_ARG },
	{ "123456", "123456789", CB_E_ARG },
	{ "", "87654321", CB_E_ARG },
};

START_TEST(a3_passcodes_as_wished)
{
	struct emu_profile *p = rig_profile_of("authentic3", NULL, NULL);
	struct cb_why why = { "" };
	struct emu_make wish;
	struct emu_nvm *nvm;
	struct rig r;

	p->test.pin_max = 16;	/* it is not the policy alone */
	for (size_t i = 0; i < sizeof(wished) / sizeof(wished[0]); i++) {
		rig_env_init(&r);
		rig_wish(&wish, RIG_A3_BLANK);
		wish.user_pin = cb_span_str(wished[i].user);
		wish.so_pin = cb_span_str(wished[i].so);
		ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
		ck_assert_int_eq(
		    emu_card_make(nvm, p, &wish, &r.env, &why),
		    wished[i].want);
		if (wished[i].want != CB_OK)
			ck_assert_ptr_nonnull(strstr(why.text, "4 to 8"));
		emu_nvm_free(&nvm);
	}
	emu_profile_free(&p);
}
END_TEST

/* A live one, with keys and certificates made here; and what is asked of it by
 * number, label and serial. */
START_TEST(a3_a_live_card)
{
	struct emu_profile *p = rig_profile_of("authentic3", NULL, NULL);
	struct emu_make wish = { .user_pin = cb_span_str("longest8"),
		.so_pin = cb_span_str("another8"), .label = "J. Doe",
		.serial = "00112233" };
	struct cb_why why = { "" };
	struct emu_nvm *nvm;
	struct rig r;

	rig_env_init(&r);
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	ck_assert_msg(emu_card_make(nvm, p, &wish, &r.env, &why) == CB_OK,
	    "%s", why.text);
	rig_open_records(&r, nvm);
	ck_assert(!emu_card_info(r.card)->test);
	rig_must(&r, SELECT_A3);
	rig_must(&r, DOWN("5015"));
	rig_must(&r, DOWN("5032"));
	ck_assert_str_eq(rig_send(&r, "00B00000 2A"),
	    "30280201000404001122330C114F6265727468757220434F534D4F2E7637"
	    "80064A2E20446F65030205609000");
	rig_must(&r, DOWN("3401"));
	ck_assert_uint_eq(rig_sw(&r, A3_KEY("08", "03", "00*12")), 0x6982);
	rig_must(&r, "00200001 # {longest8}");
	ck_assert_uint_eq(rig_sw(&r, A3_KEY("08", "03", "00*12")), 0x6985);
	signs(&r, "longest8");
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

/* ---- secrets ------------------------------------------------------------------------ */

/* After a reset nothing of PIN, PUK or key is open; the card's records hold
 * none of them readable. */
START_TEST(a3_nothing_secret_lies_open)
{
	static const char *const parts[] = { "p", "q", "dp", "dq", "qi" };
	struct cb_buf all = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_A3_BLANK);
	rig_must(&r, SELECT_A3);
	rig_must(&r, "00240001 # {123456} {SeCrEt1}");
	rig_must(&r, "00240002 # {87654321} {hIdDeN2}");
	rig_must(&r, A3_KEY("0C", "03", "0001 0001 0001 0000 0001 0001"));
	ck_assert_uint_eq(rig_put_key(&r, 3, "a32"), 0x9000);
	rig_must(&r, A3_MSE_SIGN("03"));
	rig_must(&r, "002A9E9A 01 77 00");
	emu_card_power_on(r.card);
	for (struct emu_file *f = r.card->apps[0].mf; f != NULL;
	    f = emu_fs_next(f)) {
		ck_assert_ptr_null(f->rsa);
		for (struct emu_part *q = f->parts; q != NULL; q = q->next)
			ck_assert(q->stored.n == 0 || !q->open);
	}
	ck_assert_uint_eq(r.card->chain.cap, 0);
	rig_dump(r.records, &all);
	ck_assert_ptr_null(memmem(all.p, all.n, "SeCrEt1", 7));
	ck_assert_ptr_null(memmem(all.p, all.n, "hIdDeN2", 7));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct cb_span part = rig_key("a32", parts[i]);

		ck_assert_ptr_null(memmem(all.p, all.n, part.p, 16));
	}
	cb_buf_free(&all);
	rig_close(&r);
}
END_TEST

Suite *
a3_card_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_card", &tc);

	tcase_add_test(tc, a3_the_puk_unblocks_from_outside);
	tcase_add_test(tc, a3_unblocking_renews_both_wraps);
	tcase_add_test(tc, a3_unblocking_is_whole_or_nothing);
	tcase_add_test(tc, a3_a_card_in_words);
	tcase_add_test(tc, a3_an_open_key_is_told);
	tcase_add_test(tc, a3_records_of_before_load);
	tcase_add_test(tc, a3_cards_of_before_are_stored_as_before);
	tcase_add_loop_test(
	    tc, a3_ends_of_records, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tc, a3_profiles_say_who_has_a_passcode);
	tcase_add_test(tc, a3_passcodes_as_wished);
	tcase_add_test(tc, a3_a_live_card);
	tcase_add_test(tc, a3_nothing_secret_lies_open);
	return s;
}

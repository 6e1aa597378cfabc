/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The service that a card was made with: it sets the holder's passcode anew,
 * and nothing that happens to passcodes on the card takes that from it.
 */
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define NEW_PIN "20406080"
#define SIGN_A5 \
	{ SELECT_A5, "9000" }, { CD("5011"), "9000" }, \
	{ "00200081 # <" NEW_PIN ">", "9000" }, { CD("9002"), "9000" }, \
	{ CD("3001"), "9000" }, { "002241B6 03 800111", "9000" }, \
	{ "002A9E9A 01 77", "? 9000" }

static const uint8_t secret[EMU_SERVICE_N] = { 0x40, 0x5E, 0xC2 };
static const uint8_t other_secret[EMU_SERVICE_N] = { 0x40, 0x5E, 0xC3 };

static void
open_with_service(struct rig *r, const char *family, enum rig_kind kind)
{
	struct emu_profile *p = rig_profile_of(family, NULL, NULL);
	uint8_t public[EMU_KEY];
	struct cb_why why = { "" };
	struct emu_make wish;
	struct emu_nvm *nvm;

	rig_env_init(r);
	rig_wish(&wish, kind);
	ck_assert_int_eq(cr_x25519_public(secret, public), CB_OK);
	wish.service = public;
	ck_assert_int_eq(emu_mem_new(&nvm), CB_OK);
	ck_assert_msg(
	    emu_card_make(nvm, p, &wish, &r->env, &why) == CB_OK, "%s",
	    why.text);
	rig_open_records(r, nvm);
	emu_profile_free(&p);
}

static void
unblocked(struct rig *r)
{
	struct cb_why why = { "" };

	ck_assert_msg(emu_card_service_unblock(r->card, secret,
			  cb_span_str(NEW_PIN), &why) == CB_OK,
	    "%s", why.text);
	rig_coherent(r);
	rig_reopen(r);
}

/* Refused, and all records are what they were. */
static void
refused(struct rig *r, const uint8_t by[EMU_SERVICE_N], const char *pin,
    enum cb_err want)
{
	struct cb_buf before = CB_BUF_INIT, after = CB_BUF_INIT;
	struct cb_why why = { "" };

	rig_dump(r->records, &before);
	ck_assert_int_eq(emu_card_service_unblock(
			     r->card, by, cb_span_str(pin), &why),
	    want);
	rig_dump(r->records, &after);
	ck_assert(cb_span_equal(cb_buf_span(&before), cb_buf_span(&after)));
	cb_buf_free(&before);
	cb_buf_free(&after);
	rig_coherent(r);
}

static const struct step blocked[] = {
	{ SELECT_A5, "9000" }, { CD("5011"), "9000" },
	{ "00200081 # <111111>", "63C2" },
	{ "00200081 # <111111>", "63C1" },
	{ "00200081 # <111111>", "6983" },
	{ "@events", " tried 1 2 wrong 1 2 tried 1 1 wrong 1 1"
	  " tried 1 0 wrong 1 0" },
	{ NULL, NULL },
};
static const struct step as_before[] = {
	{ "@events", " reset 1 0 refilled 1 3" },
	SIGN_A5,
	{ "00200081 # <" RIG_PIN ">", "63C2" },
	{ NULL, NULL },
};

START_TEST(a_blocked_card_unblocks)
{
	struct rig r;

	open_with_service(&r, "authentic5", RIG_PERSONAL);
	rig_play(&r, "blocked", blocked);
	unblocked(&r);
	rig_play(&r, "as before", as_before);
	rig_close(&r);
}
END_TEST

/* The passcode and its unblock value made anew by the security officer, and by
 * the holder, in between. */
static const struct step made_anew[] = {
	{ SELECT_A5, "9000" }, { CD("5011"), "9000" },
	{ VERIFY_SO, "9000" },
	{ "00240101 # 03 40 <123456> 03 01 33*16", "9000" },
	{ "00240081 # <123456> <654321>", "9000" },
	{ "@off", NULL }, { "@on", NULL },
	{ NULL, NULL },
};

START_TEST(what_happens_to_passcodes_does_not_matter)
{
	struct rig r;

	open_with_service(&r, "authentic5", RIG_PERSONAL);
	rig_play(&r, "made anew", made_anew);
	unblocked(&r);
	rig_play(&r, "signs", (const struct step[]){ SIGN_A5,
		{ NULL, NULL } });
	rig_close(&r);
}
END_TEST

/* The middleware's own personalisation: domains that did not exist when the
 * card was made. */
static const struct step personalised[] = {
	{ SELECT_A5, "9000" }, { VERIFY_SO, "9000" },
	{ CREATE("3800", "5011", "0028", FREE), "9000" },
	{ CD("5011"), "9000" },
	{ "00240101 # 03 40 <123456>", "9000" },
	{ CREATE("0101", "7001", "0020", "0000210000000000"), "9000" },
	{ "00D60000 04 'mine'", "9000" },
	{ "@off", NULL }, { "@on", NULL },
	{ NULL, NULL },
};
static const struct step readable[] = {
	{ SELECT_A5, "9000" }, { CD("5011"), "9000" },
	{ "00200081 # <" NEW_PIN ">", "9000" },
	{ CD("7001"), "9000" }, { "00B00000 04", "6D696E65 9000" },
	{ NULL, NULL },
};

START_TEST(later_domains_are_kept_as_well)
{
	struct rig r;

	open_with_service(&r, "authentic5", RIG_BLANK);
	refused(&r, secret, NEW_PIN, CB_E_ABSENT);
	rig_play(&r, "personalised", personalised);
	unblocked(&r);
	rig_play(&r, "readable", readable);
	rig_close(&r);
}
END_TEST

START_TEST(other_kinds_of_card_unblock)
{
	static const struct {
		const char *family;
		enum rig_kind kind;
		struct step steps[4];
	} cards[] = {
		{ "authentic3", RIG_A3,
		    { { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" },
			{ "00200001 # {" NEW_PIN "}", "9000" } } },
		{ "iasecc-oberthur", RIG_IAS,
		    { { IAS_APP, "9000" },
			{ "00200001 # '" NEW_PIN "'", "9000" } } },
	};
	struct rig r;

	for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		open_with_service(&r, cards[i].family, cards[i].kind);
		unblocked(&r);
		rig_play(&r, cards[i].family, cards[i].steps);
		rig_close(&r);
	}
}
END_TEST

START_TEST(what_is_refused_changes_nothing)
{
	struct rig r;

	open_with_service(&r, "authentic5", RIG_PERSONAL);
	rig_play(&r, "blocked", blocked);
	refused(&r, other_secret, NEW_PIN, CB_E_CRYPTO);
	refused(&r, secret, "1", CB_E_ARG);
	refused(&r, secret, "", CB_E_ARG);
	unblocked(&r);
	rig_close(&r);
}
END_TEST

/* What was read under the login that it ends is not fetched any more. */
static const struct step half_read[] = {
	{ SELECT_A5, "9000" }, { CD("5011"), "9000" },
	{ "00200081 # <" RIG_PIN ">", "9000" }, { CD("9002"), "9000" },
	{ CD("3001"), "9000" }, { "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77 10", "?16 61F0" },
	{ NULL, NULL },
};
static const struct step nothing_more[] = {
	{ "00C00000 F0", "6985" },
	{ NULL, NULL },
};

START_TEST(nothing_is_left_of_the_login_before)
{
	struct rig r;

	open_with_service(&r, "authentic5", RIG_PERSONAL);
	rig_play(&r, "half read", half_read);
	ck_assert_int_eq(emu_card_service_unblock(r.card, secret,
			     cb_span_str(NEW_PIN), NULL),
	    CB_OK);
	rig_play(&r, "nothing more", nothing_more);
	rig_close(&r);
}
END_TEST

START_TEST(a_card_without_a_service_says_so)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	refused(&r, secret, NEW_PIN, CB_E_ABSENT);
	rig_close(&r);
}
END_TEST

/* Whoever changes the records puts a service of their own in, to be given
 * what is sealed from then on: no passcode opens anything any more. */
START_TEST(another_service_is_noticed)
{
	struct cb_buf card = CB_BUF_INIT;
	struct rig r;

	open_with_service(&r, "authentic5", RIG_PERSONAL);
	rig_get(r.records, "card", &card);
	ck_assert_int_eq(
	    cr_x25519_public(other_secret, card.p + card.n - EMU_KEY), CB_OK);
	rig_put_bytes(r.records, "card", cb_buf_span(&card));
	rig_reopen(&r);
	refused(&r, secret, NEW_PIN, CB_E_CRYPTO);
	refused(&r, other_secret, NEW_PIN, CB_E_CRYPTO);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x63C2);
	rig_close(&r);
	/* a half that is cut is none */
	open_with_service(&r, "authentic5", RIG_PERSONAL);
	rig_put_bytes(r.records, "card",
	    cb_span_head(cb_buf_span(&card), card.n - 1));
	emu_card_free(&r.card);
	ck_assert_int_eq(rig_try_open(&r, NULL), CB_E_FORMAT);
	rig_close(&r);
	cb_buf_free(&card);
}
END_TEST

Suite *
service_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("service", &tc);

	tcase_add_test(tc, a_blocked_card_unblocks);
	tcase_add_test(tc, what_happens_to_passcodes_does_not_matter);
	tcase_add_test(tc, later_domains_are_kept_as_well);
	tcase_add_test(tc, other_kinds_of_card_unblock);
	tcase_add_test(tc, what_is_refused_changes_nothing);
	tcase_add_test(tc, nothing_is_left_of_the_login_before);
	tcase_add_test(tc, a_card_without_a_service_says_so);
	tcase_add_test(tc, another_service_is_noticed);
	return s;
}

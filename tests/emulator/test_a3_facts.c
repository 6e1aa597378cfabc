/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The facts about AuthentIC v3 and its host that a card must reckon with, one
 * test each, as far as the card alone can show them. Facts 1, 2 and 3 are the
 * host's (tests/e2e/opensc-authentic3.sh).
 *
 *	4  a bare hash of 20 or 32 bytes is to be signed as a DigestInfo
 *	5  the host never verifies the same value twice: keep the state
 *	6  so no PIN for each signature, and nothing at logout
 *	7  short APDUs are announced, and an extended PSO is taken anyway
 *	8  the application's DF is never deleted, whatever a rule says
 *	9  the paths of private keys are empty; their DELETE is never
 *	10 CRYPTO of the DF guards keys whose own rule is "always"
 *	11 directory files that anybody may update can be erased
 *	12 PIN references are 1 to 7; rules name PIN 1 or PIN 2 alone
 *	13 a blocked PIN disturbs nothing but itself
 */
#include <string.h>

#include "emulator/access.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" }
#define SIGN(sw) { A3_MSE_SIGN("01"), "9000" }, { "002A9E9A 01 77 00", sw }

static void
play(const char *name, const struct step *steps)
{
	rig_tell(RIG_A3, name, steps);
}

START_TEST(fact_4_bare_hashes_are_signed_as_digest_info)
{
	static const struct {
		const char *sent, *head;
	} hashes[] = {
		{ "11*20", "3021300906052B0E03021A05000414 11*20" },
		{ "11*32",
		    "3031300D060960864801650304020105000420 11*32" },
	};
	struct rig r;

	rig_open(&r, RIG_A3);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A3), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, A3_VERIFY_1), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, A3_MSE_SIGN("01")), 0x9000);
	for (size_t i = 0; i < 2; i++) {
		struct cb_buf info = CB_BUF_INIT;

		rig_bytes(&info, hashes[i].head);
		ck_assert_uint_eq(rig_sw(&r,
		    rig_fmt("002A9E9A # %s | 00", hashes[i].sent)), 0x9000);
		ck_assert(rig_verify("a30",
		    cb_span_head(cb_buf_span(&r.rsp), r.rsp.n - 2),
		    cb_buf_span(&info)));
		cb_buf_free(&info);
	}
	rig_close(&r);
}
END_TEST

/* Process A has logged in, B comes and goes, A signs on. */
static const struct step second_process[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ SELECT_A3, "9000" },
	{ "00A40000 00", "? 9000" },
	SIGN("?256 9000"),
	/* after a reset nothing of it is left; the host finds the key from
	 * the MF */
	{ "@reset", NULL },
	{ SELECT_A3, "9000" },
	SIGN("6982"),
	SIGN("6982"),
	{ "00200001 # {999999}", "63C2" },
	{ A3_VERIFY_1, "9000" },
	SIGN("?256 9000"),
	{ NULL, NULL },
};

START_TEST(fact_5_what_was_verified_stays)
{
	play("fact 5", second_process);
}
END_TEST

static const struct step many_signatures[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	SIGN("?256 9000"),
	SIGN("?256 9000"),
	{ "002A9E9A 01 77 00", "?256 9000" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

START_TEST(fact_6_one_login_serves_many_signatures)
{
	play("fact 6", many_signatures);
}
END_TEST

static const struct step extended[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ A3_MSE_SIGN("01"), "9000" },
	{ "002A9E9A 000020 11*32 0200", "?256 9000" },
	{ "002A9E9A 000020 11*32", "?256 9000" },
	{ "002A9E9A 000020 11*32 0000", "?256 9000" },
	{ A3_MSE_DECIPHER("01"), "9000" },
	{ "002A8086 000100 00*256 0200", "6A80" },
	/* that is all: the card announces short ones */
	{ "00B00000 000100", "6700" },
	{ "00840000 000018", "6700" },
	{ NULL, NULL },
};

START_TEST(fact_7_an_extended_pso_is_taken)
{
	struct rig r;

	rig_open(&r, RIG_A3);
	ck_assert_uint_eq(emu_card_info(r.card)->max_apdu, 256);
	rig_play(&r, "fact 7", extended);
	rig_close(&r);
}
END_TEST

static const struct step delete_df[] = {
	{ SELECT_A3, "9000" },
	{ A3_VERIFY_1, "9000" },
	{ A3_VERIFY_2, "9000" },
	{ "00E40200 02 5015", "6A82" },
	{ "00E40100 02 5015", "6985" },
	{ "@no-disk", NULL },
	{ DOWN("5015"), "? 9000" },
	{ NULL, NULL },
};

START_TEST(fact_8_the_application_is_never_deleted)
{
	struct emu_profile *p = rig_profile_of(
	    "authentic3", "0001 FF00 0001", "0001 0000 0001");

	play("fact 8", delete_df);
	/* not even where a rule would let */
	rig_tell_of(p, RIG_A3, "fact 8, DELETE always", delete_df);
}
END_TEST

static const struct step key_directory[] = {
	TO_5015,
	{ DOWN("7002"), "? 9000" },
	{ "00B00000 4B", "3049 3017 0C0E 'Authentication' 0302 0780 0401 01 "
	    "3022 0414 7B9165D3EE5C453E195B5A84140C53014D9BAFD7 0302 0264 "
	    "0302 04B0 0202 0081 A10A 3008 3002 0400 0202 0800 9000" },
	{ "00B0004B 50", "304E 301B 0C12 'Content' 20 'Commitment' 0302 0780 "
	    "0401 01 3023 0414 3180D793179665B2F855F10268665870AEFC4EBF "
	    "0303 06 0040 0302 04B0 0202 0082 A10A 3008 3002 0400 "
	    "0202 0800 9000" },
	/* and whoever creates 81 again and deletes it first does not get it */
	{ A3_VERIFY_1, "9000" },
	{ A3_KEY("0C", "01", "0001 0001 0001 0000 0001 0001"), "6A89" },
	{ "00DB3FFF 08 A106 80010C 830101", "6982" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

START_TEST(fact_9_key_paths_are_empty_and_keys_stay)
{
	play("fact 9", key_directory);
}
END_TEST

/* As the host makes a key: "never" in its profile is "always" on the card. */
static const struct step host_key[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ A3_KEY("08", "03", "0001 0001 0001 0000 0001 0001"), "9000" },
	{ "@put-key 03 a33", NULL },
	{ A3_MSE_SIGN("03"), "9000" },
	{ "002A9E9A 01 77 00", "?128 9000" },
	{ "@reset", NULL },
	TO_5015,
	{ A3_MSE_SIGN("03"), "9000" },
	{ "002A9E9A 01 77 00", "6982" },
	{ A3_VERIFY_2, "9000" },
	{ "002A9E9A 01 77 00", "6982" },
	{ A3_VERIFY_1, "9000" },
	{ "002A9E9A 01 77 00", "?128 9000" },
	{ NULL, NULL },
};

START_TEST(fact_10_crypto_of_the_df_guards_every_key)
{
	struct emu_domain *out[EMU_GUARDS_MAX];
	struct emu_file *f;
	struct rig r;

	rig_open(&r, RIG_A3);
	rig_play(&r, "fact 10", host_key);
	/* at rest, too */
	f = emu_fs_key(emu_fs_child(r.card->apps[0].mf, 0x5015), 3);
	ck_assert_uint_eq(emu_guards(&r.card->apps[0], f, out), 1);
	ck_assert_uint_eq(out[0]->role, EMU_ROLE_USER);
	rig_close(&r);
}
END_TEST

static const struct step erase[] = {
	TO_5015,
	{ DOWN("7002"), "? 9000" },
	{ "00D60000 FF 00*255", "9000" },
	{ "00B00000 10", "00*16 9000" },
	{ NULL, NULL },
};

static const struct step erase_refused[] = {
	TO_5015,
	{ DOWN("7002"), "? 9000" },
	{ "00D60000 FF 00*255", "6982" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

START_TEST(fact_11_directory_files_are_erased_where_they_are_open)
{
	struct emu_profile *p = rig_profile_of("authentic3",
	    "size = 0x400;\n\t\t  access = \"0000 FF00 0001 0001\"",
	    "size = 0x400;\n\t\t  access = \"0000 FF00 0000 0000\"");

	play("fact 11", erase_refused);
	rig_tell_of(p, RIG_A3, "fact 11, open", erase);
}
END_TEST

static const struct step references[] = {
	{ SELECT_A3, "9000" },
	{ "00200001", "63C3" },
	{ "00200002", "63C3" },
	{ "00200007", "6A88" },
	{ "00200008", "6A88" },
	{ "00200011", "6A88" },
	{ "00CA5F08 00", "6A88" },
	{ NULL, NULL },
};

/* Hosts take the bits of a rule for a reference: only PIN 1 and PIN 2 look
 * the same as both. */
static void
rules_name_one(const uint8_t *access, uint8_t n)
{
	for (uint8_t i = 0; i < n; i += 2)
		ck_assert_msg((access[i] == 0 && access[i + 1] <= 2) ||
			(access[i] == 0xFF && access[i + 1] == 0),
		    "rule %02X%02X", access[i], access[i + 1]);
}

START_TEST(fact_12_references_are_one_to_seven)
{
	const struct emu_app *app;
	struct rig r;

	play("fact 12", references);
	rig_open(&r, RIG_A3);
	app = &r.card->apps[0];
	for (const struct emu_pin *p = app->pins; p != NULL; p = p->next) {
		ck_assert(p->ref >= 1 && p->ref <= 7);
		rules_name_one(p->access, p->access_n);
	}
	for (const struct emu_file *f = app->mf; f != NULL; f = emu_fs_next(f))
		rules_name_one(f->access, f->access_n);
	rig_close(&r);
}
END_TEST

static const struct step blocked[] = {
	TO_5015,
	{ "00200001 # {1}", "63C2" },
	{ "00200001 # {1}", "63C1" },
	{ "00200001 # {1}", "63C0" },
	{ A3_VERIFY_1, "6983" },
	/* everything that a listing needs */
	{ SELECT_A3, "9000" },
	{ "00A40000 00", "? 9000" },
	{ DOWN("5015"), "? 9000" },
	{ DOWN("7001"), "? 9000" },
	{ "00B00000 02", "303A 9000" },
	{ DOWN("3401"), "? 9000" },
	{ "00B00000 02", "3082 9000" },
	{ "00CA5F01 00", "?32 9000" },
	{ "00840000 18", "?24 9000" },
	/* and it is unblocked */
	{ A3_VERIFY_2, "9000" },
	{ "002C0201 # {123456}", "9000" },
	{ A3_VERIFY_1, "9000" },
	SIGN("?256 9000"),
	{ NULL, NULL },
};

START_TEST(fact_13_a_blocked_pin_disturbs_nothing)
{
	play("fact 13", blocked);
}
END_TEST

Suite *
a3_facts_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_facts", &tc);

	tcase_add_test(tc, fact_4_bare_hashes_are_signed_as_digest_info);
	tcase_add_test(tc, fact_5_what_was_verified_stays);
	tcase_add_test(tc, fact_6_one_login_serves_many_signatures);
	tcase_add_test(tc, fact_7_an_extended_pso_is_taken);
	tcase_add_test(tc, fact_8_the_application_is_never_deleted);
	tcase_add_test(tc, fact_9_key_paths_are_empty_and_keys_stay);
	tcase_add_test(tc, fact_10_crypto_of_the_df_guards_every_key);
	tcase_add_test(
	    tc, fact_11_directory_files_are_erased_where_they_are_open);
	tcase_add_test(tc, fact_12_references_are_one_to_seven);
	tcase_add_test(tc, fact_13_a_blocked_pin_disturbs_nothing);
	return s;
}

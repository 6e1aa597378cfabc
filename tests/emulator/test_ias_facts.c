/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: what a card of this kind must reckon with, as far as the card alone
 * can show it. Each test bears the number of a fact in the description that
 * the applet follows. What is a matter of the profile is asked of both.
 */
#include <string.h>

#include "emulator/profile.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define CHILD(fid) "00A40104 02 " fid " 00"
#define FROM_DF(path) "00A40904 # " path " | 00"
#define INFO "3031300D060960864801650304020105000420"

static const enum rig_kind both[] = { RIG_IAS, RIG_IAS_GEM };

static void
play(const char *name, const struct step *steps)
{
	rig_tell(RIG_IAS, name, steps);
}

/* What a file holds; borrowed until the next command. */
static struct cb_span
content(struct rig *r, uint16_t fid)
{
	struct emu_app *app = &r->card->apps[0];
	struct emu_file *dir = emu_fs_child(app->mf, 0x5015);
	struct cb_span s;

	ck_assert_uint_eq(
	    emu_part_get(app, emu_fs_child(dir, fid), 0, &s), SW_OK);
	return s;
}

static unsigned
count(struct cb_span in, const char *hex)
{
	struct cb_buf what = CB_BUF_INIT;
	const uint8_t *at = in.p, *end = in.p + in.n;
	unsigned n = 0;

	rig_bytes(&what, hex);
	while ((at = memmem(at, (size_t)(end - at), what.p, what.n)) != NULL) {
		at++;
		n++;
	}
	cb_buf_free(&what);
	return n;
}

/* A hash of any kind, as DigestInfo; a host that gives up after two MSEs. */
static const struct step ready_infos[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_MSE("A4", "81", "02"), "9000" },
	{ "00880000 # " INFO " 5A*32 | 00", "?256 9000" },
	{ "00880000 # 3051300D060960864801650304020305000440 5A*64 | 00",
	    "?256 9000" },
	{ "002241AA 03 800140", "9000" },
	{ IAS_MSE("B6", "81", "42"), "9000" },
	{ IAS_ROOT, "9000" },
	{ NULL, NULL },
};

START_TEST(fact_1_ready_digest_infos_are_signed)
{
	play("fact 1", ready_infos);
}
END_TEST

static const struct step both_sign[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_MSE("A4", "82", "02"), "9000" },
	{ "00880000 # " INFO " 5A*32 | 00", "?256 9000" },
	{ NULL, NULL },
};

static const struct step strict[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_GET2("BF9002", "7F48"), "700A BF900206 7F4803 8001B6 9000" },
	{ IAS_MSE("A4", "82", "02"), "6985" },
	{ "002241AA 03 800140", "9000" },
	{ IAS_MSE("B6", "82", "42"), "9000" },
	{ "002A90A0 04 9000 8000", "9000" },
	{ "002A9E9A 00", "?256 9000" },
	{ NULL, NULL },
};

START_TEST(fact_2_the_commitment_key_authenticates_too)
{
	struct emu_profile *p = rig_profile_of("iasecc-oberthur",
	    "commits = true;\n\t\t  access = \"61 121200\";",
	    "commits = true; template = 0xB6; access = \"41 1200\";");

	play("fact 2", both_sign);
	rig_tell_of(p, RIG_IAS, "fact 2, strict", strict);
}
END_TEST

/* The card is not what keeps hosts from making objects. */
static const struct step objects[] = {
	{ IAS_APP, "9000" },
	{ IAS_GET1("BFFB02", "7B"), "? 83 01 01 9000" },
	{ "00200001", "63C3" },
	{ IAS_VERIFY_USER, "9000" },
	{ FROM_DF("5015"), "? 9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0100"), "9000" },
	{ IAS_PUBLIC("03", "8B121200", "0100"), "9000" },
	{ "00E00000 # 62 15 80020010 820101 83023403 8800 A1068C0443001200",
	    "9000" },
	{ "00E00000 # 62 17 80020006 820101 8302F001 8800"
	  " A1088C065B0000000000", "9000" },
	{ NULL, NULL },
};

START_TEST(fact_3_objects_need_no_secure_messaging)
{
	play("fact 3", objects);
}
END_TEST

START_TEST(fact_4_key_paths_are_empty_but_there)
{
	struct rig r;

	rig_open(&r, both[_i]);
	for (uint16_t fid = 0x7002; fid <= 0x7004; fid += 2) {
		ck_assert_uint_eq(count(content(&r, fid), "3008 30020400"), 2);
		ck_assert_uint_eq(count(content(&r, fid), "3000"), 0);
	}
	rig_close(&r);
}
END_TEST

START_TEST(fact_5_references_are_1_to_1f_or_81_to_9f)
{
	static const struct step steps[] = {
		{ IAS_APP, "9000" },
		{ "002000C1", "6A88" },
		{ "002000C1 06 '123456'", "6A88" },
		{ "00200021", "6A88" },
		{ "00200001", "63C3" },
		{ NULL, NULL },
	};
	struct rig r;

	play("fact 5", steps);
	rig_open(&r, both[_i]);
	ck_assert_uint_eq(count(content(&r, 0x7001), "800101 0401FF"), 1);
	ck_assert_uint_eq(count(content(&r, 0x7001), "800102 0401FF"), 1);
	rig_close(&r);
}
END_TEST

/* Common attributes of a key: label, flags, authId, and that is all. */
START_TEST(fact_6_keys_ask_for_no_consent)
{
	struct rig r;

	rig_open(&r, both[_i]);
	ck_assert_uint_eq(count(content(&r, 0x7002),
	    "3017 0C0E 41757468656E7469636174696F6E 030206C0 040101 30"), 1);
	ck_assert_uint_eq(count(content(&r, 0x7002),
	    "301B 0C12 436F6E74656E7420436F6D6D69746D656E74 030206C0 040101"
	    " 30"), 1);
	rig_close(&r);
}
END_TEST

static const struct step unblocking[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_PUK, "9000" },
	{ "00A40404 10 " AID_IAS_ROOT " 00", "? 9000" },
	{ IAS_GET1("BF8101", "A0"), "?28 9000" },
	{ "00A40404 0D " AID_IAS " 00", "? 9000" },
	{ "002C0201 06 '654321'", "9000" },
	{ NULL, NULL },
};

START_TEST(fact_7_what_was_verified_survives_select_by_name)
{
	play("fact 7", unblocking);
}
END_TEST

/* SELECT by path, the answer fetched where it must be. */
static void
select_path(struct rig *r, const char *path)
{
	uint16_t sw = rig_sw(r, rig_fmt("00A40904 # %s", path));

	if ((sw & 0xFF00) == 0x6100)
		rig_send(r, rig_fmt("00C00000 %02X", sw & 0xFFu));
}

/* Every file that SELECT finds tells its access bytes. */
START_TEST(fact_8_control_parameters_have_access_bytes)
{
	struct emu_app *app;
	struct rig r;

	rig_open(&r, both[_i]);
	app = &r.card->apps[0];
	for (struct emu_file *f = app->mf; f != NULL; f = emu_fs_next(f)) {
		if (emu_fs_is_key(f))
			continue;
		if (f->parent != NULL && f->parent != app->mf)
			select_path(&r, rig_fmt("3F00 %04X %04X",
			    f->parent->fid, f->fid));
		else if (f->parent != NULL)
			select_path(&r, rig_fmt("3F00 %04X", f->fid));
		else
			select_path(&r, "3F00");
		ck_assert_uint_gt(r.rsp.n, 2);
		ck_assert_uint_eq(
		    count(cb_buf_span(&r.rsp), rig_fmt("8C%02X", f->access_n)),
		    1);
	}
	rig_close(&r);
}
END_TEST

/* The first room that looks usable is taken, whatever is in it. */
static const struct step rooms[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	/* those given for good: neither GENERATE (08) nor PUT DATA (02) */
	{ IAS_GET1("BF9001", "A0"), "?12 71 12121200 9E0100 80020100 9000" },
	{ IAS_GET1("BF9002", "A0"), "?12 61 121200 9E0101 80020100 9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
	{ IAS_PUBLIC("03", "8B121200", "0040"), "9000" },
	{ IAS_GET1("BF9003", "A0"), "?12 7B 121212121200 9E0100 80020040 9000" },
	{ "@ias-key 03 512", NULL },
	/* filled by a host: no GENERATE, another use, PUT DATA to delete it */
	{ IAS_GET1("BF9003", "A0"), "?12 73 1212121200 9E0101 80020040 9000" },
	{ "@reopen", NULL },
	{ IAS_APP, "9000" },
	{ IAS_GET1("BF9003", "A0"), "?12 73 1212121200 9E0101 80020040 9000" },
	{ NULL, NULL },
};

START_TEST(fact_9_filled_rooms_look_filled)
{
	play("fact 9", rooms);
}
END_TEST

/* With such paths hosts replace the first certificate, which must be possible
 * or else refused: it is its holder's. */
START_TEST(fact_10_certificate_paths_are_relative)
{
	static const struct step steps[] = {
		{ IAS_APP, "9000" },
		{ CHILD("3401"), "? 9000" },
		{ "00E40000", "6982" },
		{ IAS_VERIFY_USER, "9000" },
		{ "00E40000", "9000" },
		{ "00E00000 # 62 15 80020369 820101 83023401 8800"
		  " A1068C0443001200", "9000" },
		{ NULL, NULL },
	};
	struct rig r;

	play("fact 10", steps);
	rig_open(&r, RIG_IAS);
	ck_assert_uint_eq(count(content(&r, 0x7005), "04023401"), 1);
	ck_assert_uint_eq(count(content(&r, 0x7005), "04023402"), 1);
	rig_close(&r);
}
END_TEST

/* A host does not notice that the DF of an EF has become current. */
static const struct step from_the_root[] = {
	{ FROM_DF("5015" "3401"), "? 9000" },
	{ FROM_DF("5015" "3401"), "? 9000" },
	{ FROM_DF("2F00"), "? 9000" },
	{ NULL, NULL },
};

START_TEST(fact_11_paths_fall_back_to_the_root)
{
	play("fact 11", from_the_root);
}
END_TEST

Suite *
ias_facts_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_facts", &tc);

	tcase_add_test(tc, fact_1_ready_digest_infos_are_signed);
	tcase_add_test(tc, fact_2_the_commitment_key_authenticates_too);
	tcase_add_test(tc, fact_3_objects_need_no_secure_messaging);
	tcase_add_loop_test(tc, fact_4_key_paths_are_empty_but_there, 0, 2);
	tcase_add_loop_test(
	    tc, fact_5_references_are_1_to_1f_or_81_to_9f, 0, 2);
	tcase_add_loop_test(tc, fact_6_keys_ask_for_no_consent, 0, 2);
	tcase_add_test(tc, fact_7_what_was_verified_survives_select_by_name);
	tcase_add_loop_test(
	    tc, fact_8_control_parameters_have_access_bytes, 0, 2);
	tcase_add_test(tc, fact_9_filled_rooms_look_filled);
	tcase_add_test(tc, fact_10_certificate_paths_are_relative);
	tcase_add_test(tc, fact_11_paths_fall_back_to_the_root);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card of IAS ECC as a whole: its records and what stands at their ends,
 * passcodes from outside, what is said of it to people, and storage and
 * randomness that fail at each place where they can.
 */
#include <string.h>

#include "emulator/profile.h"
#include "tests/emulator/rig_fault.h"
#include "tests/emulator/suites.h"

#define APP_RECORD "card/0/f/00000007"	/* DF 5015 */
#define APP_OWN 18			/* of it: 3 bytes, length, name */

/* ---- records ------------------------------------------------------------ */

START_TEST(ias_records_hold_what_few_files_have)
{
	struct cb_buf b = CB_BUF_INIT;
	struct emu_file *dir;
	struct rig r;

	rig_open(&r, RIG_IAS);
	rig_coherent(&r);
	rig_reopen(&r);
	dir = emu_fs_child(r.card->apps[0].mf, 0x5015);
	ck_assert_uint_eq(dir->name_n, 13);
	ck_assert(emu_fs_key(dir, 0x9002)->commits);
	ck_assert(!emu_fs_key(dir, 0x9001)->commits);
	ck_assert_ptr_eq(emu_fs_short(r.card->apps[0].mf, 0x1C),
	    emu_fs_child(r.card->apps[0].mf, 0xD003));
	ck_assert(r.card->apps[0].from_reset);
	ck_assert(!r.card->apps[0].bare_fcp && !r.card->apps[0].silent_names);
	rig_get(r.records, APP_RECORD, &b);
	ck_assert_mem_eq(b.p + b.n - APP_OWN, "\0\0\0\0\x0d\xe8\x28", 7);
	/* and nothing where there is nothing to hold */
	rig_get(r.records, "card/0/f/00000001", &b);
	ck_assert_uint_eq(b.n, 4 + 2 + 1 + 2 + 2 + 2);
	rig_get(r.records, "card", &b);
	ck_assert_uint_eq(b.p[b.n - 1], 1 | 8);
	cb_buf_free(&b);
	rig_close(&r);
	rig_open(&r, RIG_IAS_GEM);
	rig_coherent(&r);
	ck_assert(r.card->apps[0].bare_fcp);
	rig_close(&r);
}
END_TEST

static const struct record_end ends[] = {
	{ APP_RECORD, APP_OWN, "", CB_OK },
	{ APP_RECORD, APP_OWN, "00 00 00 0000", CB_OK },
	{ APP_RECORD, APP_OWN, "1E FF 01 0010 00*16", CB_OK },
	{ APP_RECORD, APP_OWN, "1F 00 00 0000", CB_E_FORMAT },
	{ APP_RECORD, APP_OWN, "00 00 02 0000", CB_E_FORMAT },
	{ APP_RECORD, APP_OWN, "00 00 00 0011 00*17", CB_E_FORMAT },
	{ APP_RECORD, APP_OWN, "00", CB_E_FORMAT },
	{ APP_RECORD, APP_OWN, "00 00 00", CB_E_FORMAT },
	{ APP_RECORD, APP_OWN, "00 00 00 0002 00", CB_E_FORMAT },
	{ APP_RECORD, 0, "00", CB_E_FORMAT },
	/* an EF has no name */
	{ "card/0/f/00000008", 0, "00 00 00 0005 00*5", CB_E_FORMAT },
	/* an object is as long as its file */
	{ "card/0/x/00000002/0000", 1, "", CB_E_FORMAT },
	{ "card/0/x/00000002/0000", 0, "00", CB_E_FORMAT },
};

START_TEST(ias_ends_of_records)
{
	rig_record_end(RIG_IAS, &ends[_i]);
}
END_TEST

/* Nothing is known of environments that somebody has broken: nobody may. */
START_TEST(ias_broken_environments_let_nobody_in)
{
	static const char *const contents[] = { "00 00*8",
		"00 A406 950108 840101", "00 A406 950108 830103",
		"00 A4FF 950108 830101", "00 A606 950108 830101" };
	static const struct step steps[] = {
		{ IAS_APP, "9000" },
		{ IAS_VERIFY_USER, "9000" },
		{ IAS_MSE("A4", "81", "02"), "9000" },
		{ "00880000 01 77 00", "6982" },
		{ NULL, NULL },
	};
	struct cb_buf b = CB_BUF_INIT;
	struct rig r;

	for (size_t i = 0; i < sizeof(contents) / sizeof(*contents); i++) {
		rig_open(&r, RIG_IAS);
		cb_buf_clear(&b);
		rig_bytes(&b, contents[i]);
		/* that of the application, its eighth file */
		rig_put_bytes(
		    r.records, "card/0/x/00000008/0000", cb_buf_span(&b));
		rig_reopen(&r);
		rig_play(&r, contents[i], steps);
		rig_close(&r);
	}
	cb_buf_free(&b);
}
END_TEST

/* ---- passcodes from outside --------------------------------------------- */

START_TEST(ias_passcodes_from_outside)
{
	static const struct step after[] = {
		{ IAS_APP, "9000" },
		{ IAS_VERIFY_USER, "63C2" },
		{ "00200001 # '7654321'", "9000" },
		{ IAS_MSE("A4", "81", "02"), "9000" },
		{ "00880000 01 77 00", "?256 9000" },
		{ NULL, NULL },
	};
	struct cb_why why = { "" };
	unsigned tries;
	struct rig r;

	rig_open(&r, RIG_IAS);
	ck_assert_int_eq(emu_card_passwd(r.card, cb_span_str("111111"),
	    cb_span_str("7654321"), &tries, &why), CB_E_DENIED);
	ck_assert_uint_eq(tries, 2);
	ck_assert_int_eq(emu_card_unblock(r.card, cb_span_str("11111111"),
	    cb_span_str("7654321"), &tries, &why), CB_E_DENIED);
	ck_assert_int_eq(emu_card_unblock(r.card, cb_span_str(RIG_SO_PIN),
	    cb_span_str("7654321"), &tries, &why), CB_OK);
	rig_play(&r, "unblocked", after);
	rig_close(&r);
}
END_TEST

START_TEST(ias_in_words)
{
	struct cb_buf text = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_IAS);
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_int_eq(cb_put_u8(&text, 0), CB_OK);
	ck_assert_ptr_nonnull(strstr((char *)text.p, "Application iasecc"));
	ck_assert_ptr_nonnull(strstr((char *)text.p, "FB02  data object"));
	ck_assert_ptr_nonnull(strstr((char *)text.p, "reset: SO"));
	ck_assert_ptr_null(strstr((char *)text.p, "NOT PROTECTED"));
	cb_buf_free(&text);
	rig_close(&r);
}
END_TEST

/* ---- failures ----------------------------------------------------------- */

#define CREATE_EF \
	"00E00000 # 62 15 80020010 820101 83023403 8800 A1068C0443001200"

static const struct step ready[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
	{ IAS_PUBLIC("03", "8B121200", "0040"), "9000" },
	{ IAS_PRIVATE("04", "FB121212121200", "0040"), "9000" },
	{ IAS_PUBLIC("04", "8B121200", "0040"), "9000" },
	{ "@ias-key 04 512", NULL },
	{ NULL, NULL },
};

static const struct step login[] = {
	{ IAS_APP, "9000" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_VERIFY_PUK, "9000" },
	{ "00A40104 02 5032 00", "? 9000" },
	{ NULL, NULL },
};

static const char *const changes[] = {
	CREATE_EF,
	"00D60004 04 05060708",
	IAS_PRIVATE("05", "FB121212121200", "0040"),
	IAS_PUBLIC("05", "8B121200", "0040"),
	"00DB3FFF 0C 700A BF9003 06 7F4803 8001B6",
	"00DB3FFF # 7029 BF900325 7F4822 9220 A5*32",
	/* the first component of a key that is whole: it is begun anew */
	"00DB3FFF # 7029 BF900425 7F4822 9220 A5*32",
	"00DB3FFF # 7004 BF900400",
	"00DB3FFF # 7049 BFA00345 7F4942 8140 A6*64",
	"00470000 05 7003 BF9003",
	"002C0201 06 '654321'",
	"002C0301",
};
#define CHANGES_N ((int)(sizeof(changes) / sizeof(changes[0])))

static void
still(struct rig *r)
{
	ck_assert_uint_eq(rig_sw(r, "00200001"), 0x63C3);
	ck_assert_uint_eq(rig_sw(r, IAS_APP), 0x9000);
	ck_assert_uint_eq(rig_sw(r, IAS_VERIFY_USER), 0x9000);
	ck_assert_uint_eq(rig_sw(r, IAS_MSE("A4", "84", "02")), 0x9000);
	ck_assert_uint_eq(rig_sw(r, "00880000 01 77 00"), 0x9000);
	ck_assert(rig_verify("512",
	    cb_span_head(cb_buf_span(&r->rsp), r->rsp.n - 2),
	    cb_span("\x77", 1)));
}

static const struct rig_fault fault = { RIG_IAS, ready, login, changes, NULL,
	still };

START_TEST(ias_storage_that_fails)
{
	rig_fail_storage(&fault, _i);
}
END_TEST

START_TEST(ias_randomness_that_fails)
{
	rig_fail_random(&fault, _i);
}
END_TEST

Suite *
ias_card_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_card", &tc);

	tcase_add_test(tc, ias_records_hold_what_few_files_have);
	tcase_add_loop_test(
	    tc, ias_ends_of_records, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tc, ias_broken_environments_let_nobody_in);
	tcase_add_test(tc, ias_passcodes_from_outside);
	tcase_add_test(tc, ias_in_words);
	tcase_add_loop_test(tc, ias_storage_that_fails, 0, CHANGES_N);
	tcase_add_loop_test(tc, ias_randomness_that_fails, 0, CHANGES_N);
	return s;
}

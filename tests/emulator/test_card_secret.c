/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Where secrets are not: no part of a private key, no passcode and nothing
 * that a credential guards stands in any record; and nothing of it is in the
 * memory of the process before a login, or after it ended in any way.
 */
#include <string.h>

#include "common/ct.h"
#include "tests/emulator/crypto_util.h"
#include "tests/emulator/leak.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define PIN_N 12

/* ---- records ------------------------------------------------------------------ */

/* True where eight bytes of `secret` in a row, in either order, stand in any
 * record. */
static bool
in_records(struct rig *r, struct cb_span secret)
{
	struct cb_buf all = CB_BUF_INIT;
	uint8_t back[8];
	bool found = false;

	rig_dump(r->records, &all);
	for (size_t i = 0; i + 8 <= secret.n; i++) {
		for (size_t k = 0; k < 8; k++)
			back[k] = secret.p[i + 7 - k];
		found = found || memmem(all.p, all.n, secret.p + i, 8) ||
		    memmem(all.p, all.n, back, 8);
	}
	cb_buf_free(&all);
	return found;
}

static void
no_key_in_records(struct rig *r, const char *section)
{
	static const char *const parts[] = { "p", "q", "qi", "dp", "dq" };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(!in_records(r, rig_key(section, parts[i])),
		    "%s of %s", parts[i], section);
}

START_TEST(a_new_card_shows_no_secret)
{
	struct cb_buf value = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	no_key_in_records(&r, "s80");
	no_key_in_records(&r, "s81");
	/* the search does find what is there */
	ck_assert(in_records(&r, rig_key("s80", "n")));
	ck_assert(in_records(&r, cb_span_str("NHS Series 8")));
	ck_assert(!in_records(&r, cb_span_str(RIG_SO_PIN)));
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CD("2000"));
	rig_must(&r, "00B00000 10");
	ck_assert_int_eq(cb_buf_set(&value,
			     cb_span_head(cb_buf_span(&r.rsp), 16)),
	    CB_OK);
	ck_assert(!in_records(&r, cb_buf_span(&value)));
	cb_buf_free(&value);
	rig_close(&r);
}
END_TEST

/* A key that comes in without the credential that will guard its use: under
 * SO rights with the user absent; under SO rights before there is any user
 * PIN; free, into a directory whose CRYPTO byte guards it. */
static const struct {
	const char *name;
	enum rig_kind kind;
	struct step before[8];
	const char *file;
	struct step after[6];
} imports[] = {
	{ "the user is absent", RIG_PERSONAL,
	    { { SELECT_A5, "9000" }, { CD("5011"), "9000" },
		{ VERIFY_SO, "9000" },
		{ CREATE("3800", "7000", "0028", "0021000000000000"),
		    "9000" },
		{ CD("7000"), "9000" } },
	    CREATE("1400", "3003", "0200", "2421FF21FF21FFFF"),
	    { { NULL, NULL } } },
	{ "nobody is there", RIG_PERSONAL,
	    { { SELECT_A5, "9000" }, { CD("5011"), "9000" },
		{ VERIFY_SO, "9000" },
		{ CREATE("3800", "7000", "0028", "0021000000000000"),
		    "9000" },
		{ CD("7000"), "9000" }, { "@reset", NULL },
		{ SELECT_A5, "9000" } },
	    NULL, { { NULL, NULL } } },
	{ "the key's own bytes guard it", RIG_PERSONAL,
	    { { SELECT_A5, "9000" }, { CD("5011"), "9000" },
		{ VERIFY_SO, "9000" },
		{ CREATE("3800", "7000", "0028", FREE), "9000" },
		{ CD("7000"), "9000" } },
	    CREATE("1400", "3003", "0200", "2421FF21FF21FFFF"),
	    { { NULL, NULL } } },
	{ "there is no user yet", RIG_BLANK,
	    { { SELECT_A5, "9000" }, { VERIFY_SO, "9000" },
		{ CREATE("3800", "5011", "0028", "24FF0000240024FF"),
		    "9000" },
		{ CD("5011"), "9000" },
		{ CREATE("3800", "7000", "0028", "0021000000000000"),
		    "9000" },
		{ CD("7000"), "9000" } },
	    CREATE("1400", "3003", "0200", "2421FF21FF21FFFF"),
	    { { CD("3F00"), "9000" }, { CD("5011"), "9000" },
		{ "00240101 # 03 40 <" RIG_PIN ">", "9000" } } },
	{ "nobody may ever use it", RIG_PERSONAL,
	    { { SELECT_A5, "9000" }, { CD("5011"), "9000" },
		{ VERIFY_SO, "9000" } },
	    CREATE("1400", "3003", "0200", "2400FF00FF00FFFF"),
	    { { NULL, NULL } } },
};

static void
try_import(size_t i)
{
	struct rig r;

	rig_open(&r, imports[i].kind);
	rig_play(&r, imports[i].name, imports[i].before);
	if (imports[i].file == NULL) {
		rig_must(&r, CD("5011"));
		rig_must(&r, CD("7000"));
		rig_must(&r, CREATE("1400", "3003", "0200", FREE));
	} else {
		rig_must(&r, imports[i].file);
	}
	rig_import(&r, "512", false);
	no_key_in_records(&r, "512");
	rig_play(&r, imports[i].name, imports[i].after);
	no_key_in_records(&r, "512");
	rig_coherent(&r);
	rig_close(&r);
}

START_TEST(an_imported_key_is_sealed)
{
	for (size_t i = 0; i < sizeof(imports) / sizeof(imports[0]); i++)
		try_import(i);
}
END_TEST

/* Contents of files: sealed where READ is guarded (or, where nobody may read,
 * UPDATE), plain where not. */
static const struct {
	const char *access;
	bool sealed;
} files[] = {
	{ "0000000000000000", false },
	{ "2121002100000000", false },
	{ "0000210000000000", true },
	{ "0000240000000000", true },
	{ "0000250000000000", true },
	{ "0024FF0000000000", true },
	{ "0021FF0000000000", true },
};

static void
try_contents(size_t i)
{
	const char secret[] = "what a credential guards";
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, VERIFY_USER);
	rig_must(&r, rig_fmt(CREATE("0101", "7001", "0020", "%s"),
	    files[i].access));
	rig_must(&r, "00D60004 18 'what' 20 'a' 20 'credential' 20 'guards'");
	ck_assert_int_eq(!in_records(&r, cb_span_str(secret)),
	    files[i].sealed);
	rig_must(&r, rig_fmt(CREATE("0401", "7002", "0020", "00%s"),
	    files[i].access + 2));
	rig_must(&r, "00E20000 18 'what' 20 'a' 20 'CREDENTIAL' 20 'guards'");
	ck_assert_int_eq(!in_records(&r, cb_span_str("a CREDENTIAL g")),
	    files[i].sealed);
	rig_close(&r);
}

START_TEST(guarded_contents_are_sealed)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		try_contents(i);
}
END_TEST

/* A DES key has no use here: whoever may write it guards it. */
START_TEST(des_keys_are_sealed)
{
	const uint8_t key[8] = { 0x13, 0x34, 0x57, 0x79, 0x9B, 0xBC, 0xDF,
		0xF1 };
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CREATE("1100", "7001", "0040", "2400000000000000"));
	rig_must(&r, "80D80000 # 80 08 133457799BBCDFF1 03 948A43");
	ck_assert(!in_records(&r, CB_SPAN_OF(key)));
	rig_close(&r);
}
END_TEST

/* pkcs15-init makes EF 2000 readable: then it is not protected, and `card
 * show` says so; on a card of our own it has nothing to say. */
START_TEST(a_readable_unblock_value_is_named)
{
	static const struct step pkcs15_init[] = {
		{ SELECT_A5, "9000" },
		{ VERIFY_SO, "9000" },
		{ CREATE("3800", "5011", "0028", "24FF0000240024FF"),
		    "9000" },
		{ CD("5011"), "9000" },
		{ CREATE("0101", "2000", "0010", "FF2400FFFFFFFFFF"),
		    "9000" },
		{ "00240101 # 05 40 <" RIG_PIN "> 05 01 "
		  "6F47D9884B6F9DC57833798F5B7DE1A5", "9000" },
		{ "00D60000 10 6F47D9884B6F9DC57833798F5B7DE1A5", "9000" },
		{ NULL, NULL },
	};
	struct cb_buf text = CB_BUF_INIT, value = CB_BUF_INIT;
	struct rig r;

	rig_bytes(&value, "6F47D9884B6F9DC57833798F5B7DE1A5");
	rig_open(&r, RIG_BLANK);
	rig_play(&r, "pkcs15-init", pkcs15_init);
	ck_assert(in_records(&r, cb_buf_span(&value)));
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_ptr_nonnull(
	    memmem(text.p, text.n, "NOT PROTECTED AT REST: EF 2000", 30));
	ck_assert_ptr_null(memmem(text.p, text.n, "6F47D988", 8));
	cb_buf_clear(&text);
	rig_close(&r);
	rig_open(&r, RIG_PERSONAL);
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_ptr_null(memmem(text.p, text.n, "NOT PROTECTED", 13));
	/* a key that anybody may use is named too */
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, CREATE("3800", "7000", "0028", FREE));
	rig_must(&r, CD("7000"));
	rig_must(&r, CREATE("1400", "3003", "0200", FREE));
	rig_import(&r, "512", false);
	cb_buf_clear(&text);
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_ptr_nonnull(memmem(text.p, text.n,
	    "NOT PROTECTED AT REST: RSA private key 3003", 43));
	/* what nobody may read, and no passcode guards */
	rig_must(&r, CREATE("0101", "1234", "0004", "0000FF0000000000"));
	rig_must(&r, CREATE("0101", "1235", "0004", "0000220000000000"));
	rig_must(&r, "00D60000 04 01020304");
	cb_buf_clear(&text);
	ck_assert_int_eq(emu_card_describe(r.card, &text), CB_OK);
	ck_assert_ptr_null(memmem(text.p, text.n, "transparent 1234:", 17));
	ck_assert_ptr_nonnull(memmem(text.p, text.n,
	    "NOT PROTECTED AT REST: EF transparent 1235:", 43));
	cb_buf_free(&text);
	cb_buf_free(&value);
	rig_close(&r);
}
END_TEST

/* ---- memory -------------------------------------------------------------------- */

/* A passcode of random digits that no literal holds; looked for from now on. */
static void
pin_draw(uint8_t pin[PIN_N])
{
	ck_assert_int_eq(emu_env_system.random(NULL, pin, PIN_N), CB_OK);
	for (size_t i = 0; i < PIN_N; i++)
		pin[i] = (uint8_t)('0' + pin[i] % 10);
	leak_wanted(cb_span(pin, PIN_N));
}

/* Sends the header, then fields padded to 64 bytes; leaves nothing behind. */
static uint16_t
pin_send(struct rig *r, const char *header, const uint8_t *a, size_t a_n,
    const uint8_t *b)
{
	uint8_t cmd[5 + 128];
	struct cb_buf h = CB_BUF_INIT;
	size_t n = b != NULL ? 133 : 69;

	rig_bytes(&h, header);
	memset(cmd, 0xFF, sizeof(cmd));
	memcpy(cmd, h.p, 4);
	cmd[4] = (uint8_t)(n - 5);
	memcpy(cmd + 5, a, a_n);
	if (b != NULL)
		memcpy(cmd + 5 + 64, b, PIN_N);
	ck_assert_int_eq(
	    emu_card_transmit(r->card, cb_span(cmd, n), &r->rsp), CB_OK);
	cb_wipe(cmd, sizeof(cmd));
	cb_buf_free(&h);
	return (uint16_t)(r->rsp.p[0] << 8 | r->rsp.p[1]);
}

static void
wanted_key(const char *section)
{
	struct emu_rsa_parts parts = util_key_parts(section);

	leak_wanted(cb_buf_span(&parts.p));
	leak_wanted(cb_buf_span(&parts.q));
	leak_wanted(cb_buf_span(&parts.qi));
	leak_wanted(cb_buf_span(&parts.dp));
	leak_wanted(cb_buf_span(&parts.dq));
	emu_rsa_parts_free(&parts);
}

/* Ways in which a login ends. */
static const struct step ends[][3] = {
	{ { "@reset", NULL } },
	{ { "@off", NULL }, { "@on", NULL } },
	{ { LOGOUT_USER, "9000" } },
	{ { SELECT_A5, "9000" } },
	{ { SELECT_CM, "9000" } },
	{ { "00200081 # <000000>", "63C2" } },
	{ { "@wait 900000", NULL }, { "@tick", NULL } },
	{ { "@wait 900000", NULL }, { "00200081", "63C3" } },
};

START_TEST(nothing_is_left_of_a_login)
{
	static uint8_t pin[PIN_N];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	wanted_key("s80");
	wanted_key("s81");
	cb_wipe_stack();
	ck_assert_uint_eq(leak_search(), 0);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	pin_draw(pin);
	ck_assert_uint_eq(pin_send(&r, "00240001", (const uint8_t *)RIG_PIN,
			      6, pin), 0x9000);
	rig_must(&r, LOGOUT_USER);
	ck_assert_uint_eq(pin_send(&r, "00200081", pin, PIN_N, NULL), 0x9000);
	/* again, and compared without scrypt */
	ck_assert_uint_eq(pin_send(&r, "00200081", pin, PIN_N, NULL), 0x9000);
	cb_wipe(pin, sizeof(pin));
	cb_wipe_stack();
	/* while logged in no key is in use yet, and no PIN is kept */
	ck_assert_uint_eq(leak_search(), 0);
	rig_must(&r, CD("9002"));
	rig_must(&r, CD("3001"));
	rig_must(&r, "002241B6 03 800111");
	rig_must(&r, "002A9E9A 01 77");
	rig_must(&r, CD("3002"));
	rig_must(&r, "002A9E9A 01 77");
	/* the search does find what is there */
	ck_assert_uint_gt(leak_search(), 100);
	rig_play(&r, "ending", ends[_i]);
	ck_assert_uint_eq(leak_search(), 0);
	rig_close(&r);
	ck_assert_uint_eq(leak_search(), 0);
}
END_TEST

/* A key that comes in is gone with the command where nobody may use it yet;
 * else with the login. */
START_TEST(nothing_is_left_of_an_import)
{
	struct emu_rsa_parts parts;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	if (_i == 1)
		rig_must(&r, VERIFY_USER);
	rig_must(&r, CREATE("3800", "7000", "0028", "0021000000000000"));
	rig_must(&r, CD("7000"));
	rig_must(&r, CREATE("1400", "3003", "0800", FREE));
	wanted_key("s80");
	parts = util_key_parts("s80");
	for (uint8_t i = 0; i < 5; i++) {
		struct cb_buf *from[] = { &parts.p, &parts.q, &parts.qi,
			&parts.dp, &parts.dq };
		uint8_t cmd[5 + 131] = { 0x80, 0xD8, (uint8_t)(i + 1), 0x04,
			131, 0xA3, 128 };

		memcpy(cmd + 7, from[i]->p, 128);
		ck_assert_int_eq(emu_card_transmit(r.card,
				     CB_SPAN_OF(cmd), &r.rsp),
		    CB_OK);
		ck_assert_uint_eq(r.rsp.p[0], 0x90);
		cb_wipe(cmd, sizeof(cmd));
	}
	emu_rsa_parts_free(&parts);
	cb_wipe_stack();
	if (_i == 0) {
		ck_assert_uint_eq(leak_search(), 0);
		rig_must(&r, VERIFY_USER);
	}
	rig_must(&r, "002241B6 03 800111");
	rig_must(&r, "002A9E9A 01 77");
	ck_assert_uint_gt(leak_search(), 100);
	rig_must(&r, LOGOUT_USER);
	ck_assert_uint_eq(leak_search(), 0);
	rig_close(&r);
}
END_TEST

/* Guarded contents that were read or written. */
START_TEST(nothing_is_left_of_contents)
{
	static uint8_t secret[32];
	uint8_t cmd[5 + 32] = { 0x00, 0xD6, 0x00, 0x00, 32 };
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, VERIFY_USER);
	rig_must(&r, CREATE("0101", "7001", "0020", "0000210000000000"));
	ck_assert_int_eq(
	    emu_env_system.random(NULL, secret, sizeof(secret)), CB_OK);
	leak_wanted(CB_SPAN_OF(secret));
	memcpy(cmd + 5, secret, sizeof(secret));
	ck_assert_int_eq(
	    emu_card_transmit(r.card, CB_SPAN_OF(cmd), &r.rsp), CB_OK);
	cb_wipe(cmd, sizeof(cmd));
	ck_assert_uint_eq(r.rsp.p[0], 0x90);
	cmd[0] = 0;
	cmd[1] = 0xB0;
	cmd[4] = 32;
	ck_assert_int_eq(
	    emu_card_transmit(r.card, cb_span(cmd, 5), &r.rsp), CB_OK);
	ck_assert_mem_eq(r.rsp.p, secret, sizeof(secret));
	cb_wipe(secret, sizeof(secret));
	cb_buf_free(&r.rsp);
	ck_assert_uint_gt(leak_search(), 0);
	rig_must(&r, LOGOUT_USER);
	cb_wipe_stack();
	ck_assert_uint_eq(leak_search(), 0);
	rig_close(&r);
}
END_TEST

/* What waits for GET RESPONSE ends with the login that it was answered to,
 * and so does a chain. */
START_TEST(nothing_waits_after_a_login)
{
	struct rig r;

	rig_open(&r, RIG_T0);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_USER);
	rig_must(&r, CD("9002"));
	rig_must(&r, CD("3001"));
	rig_must(&r, "002241B6 03 800111");
	ck_assert_uint_eq(rig_sw(&r, "002A9E9A 01 77"), 0x6100);
	r.now += 900000;
	ck_assert_uint_eq(rig_sw(&r, "00C00000 00"), 0x6985);
	ck_assert_uint_eq(r.card->pending.n, 0);
	rig_close(&r);
}
END_TEST

Suite *
card_secret_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("card_secret", &tc);

	tcase_add_test(tc, a_new_card_shows_no_secret);
	tcase_add_test(tc, an_imported_key_is_sealed);
	tcase_add_test(tc, guarded_contents_are_sealed);
	tcase_add_test(tc, des_keys_are_sealed);
	tcase_add_test(tc, a_readable_unblock_value_is_named);
	tcase_add_test(tc, nothing_waits_after_a_login);
	if (!leak_watched()) {
		tcase_add_loop_test(tc, nothing_is_left_of_a_login, 0,
		    sizeof(ends) / sizeof(ends[0]));
		tcase_add_loop_test(tc, nothing_is_left_of_an_import, 0, 2);
		tcase_add_test(tc, nothing_is_left_of_contents);
	}
	return s;
}

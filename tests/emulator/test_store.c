/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card's records: what comes back as it was, what is refused because it is
 * damaged, foreign or from a newer release, and that a bit turned anywhere
 * breaks nothing but the card.
 */
#include <stdio.h>
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define LONG_NAME \
	"card/0/x/00000001/00000001"

/* A record put beside the others (or instead of one), and what comes of it. */
static const struct {
	const char *name, *hex;
	enum cb_err want;
} records[] = {
	{ "card", NULL, CB_E_FORMAT },
	{ "card", "", CB_E_FORMAT },
	{ "card", "01", CB_E_FORMAT },
	{ "card", "02", CB_E_LIMIT },	/* a newer form */
	{ "card", "02 00*200", CB_E_LIMIT },
	{ "card", "01 02 00*200", CB_E_FORMAT },
	{ "zzz", "00", CB_E_FORMAT },
	{ "card0", "00", CB_E_FORMAT },
	{ "card/", "00", CB_E_FORMAT },
	{ "card/0", "00", CB_E_FORMAT },
	{ "card/1/f/00000001", "00*10", CB_E_FORMAT },
	{ "card/0/q/00000001", "00", CB_E_LIMIT }, /* a kind unknown */
	/* one record, one name */
	{ "card/0/f/1", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000F001", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000f0011", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/ 0000f01", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0x00f001", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/-000f001", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/x/00000005/1", "00 00", CB_E_FORMAT },
	{ "card/0/x/00000005/00001", "00 00", CB_E_FORMAT },
	{ "card/0/x/00000005", "00 00", CB_E_FORMAT },
	{ "card/0/x/00000005/", "00 00", CB_E_FORMAT },
	{ "card/0/x/00000005/000g", "00 00", CB_E_FORMAT },
	{ LONG_NAME, "00 00", CB_E_FORMAT },
	/* files */
	{ "card/0/f/0000f001", "00000001 1234 01 0000 0000", CB_OK },
	{ "card/0/f/00000000", "00000001 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000f001", "00000000 1234 38 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000f001", "00001111 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000f001", "0000f001 1234 38 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000f001", "00000005 1234 01 0000 0000", CB_E_FORMAT },
	{ "card/0/f/0000f001", "00000001 1234 01 0000 0001", CB_E_FORMAT },
	{ "card/0/f/0000f001", "00000001 1234 01 0000 0000 00", CB_E_FORMAT },
	{ "card/0/f/0000f001", "00000001 1234 01 0000 0011 00*17",
	    CB_E_FORMAT },
	{ "card/0/f/0000f001", "00000001 1234 01 0000", CB_E_FORMAT },
	/* a transparent file without its contents */
	{ "card/0/f/0000f001", "00000001 1234 01 0004 0000", CB_E_FORMAT },
	/* more than the card holds */
	{ "card/0/f/0000f001", "00000001 1234 01 FFFF 0000", CB_E_FORMAT },
	{ "card/0/f/00000001", NULL, CB_E_FORMAT },
	{ "card/0/f/00000002", NULL, CB_E_FORMAT },
	/* parts; file 5 is 1000, 36 bytes */
	{ "card/0/x/00000005/0000", NULL, CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "00", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "00 55*35", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "00 55*36", CB_OK },
	{ "card/0/x/00000005/0000", "00 55*37", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "02 0024", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "03 55*36", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "01", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "01 00 0024 55*64", CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "01 05 00*640 0024 55*64",
	    CB_E_FORMAT },
	{ "card/0/x/00000005/0000", "01 01 00*96 0024 55*64", CB_OK },
	{ "card/0/x/00000005/0000", "01 01 00*96 0024 55*63", CB_E_FORMAT },
	{ "card/0/x/00000005/0001", "00 00", CB_OK },
	{ "card/0/x/00001111/0000", "00 00", CB_E_FORMAT },
	/* credentials */
	{ "card/0/d/00000001", NULL, CB_E_FORMAT },
	{ "card/0/d/00000001", "00*5", CB_E_FORMAT },
	{ "card/0/d/00000009", "00000001 01 00*32 00000000", CB_OK },
	{ "card/0/d/00000009", "00000001 01 00*32 00000001", CB_E_FORMAT },
	{ "card/0/p/00000001", NULL, CB_E_FORMAT }, /* its tries remain */
	{ "card/0/p/00000001", "00*10", CB_E_FORMAT },
	{ "card/0/p/00000009",
	    "00000001 07 01 00000001 03 00 01 0A0801 00*16 00*60 00", CB_OK },
	{ "card/0/p/00000009",
	    "00000001 07 01 00000001 03 00 02 0A0801 00*16 00*60 00",
	    CB_E_FORMAT },
	{ "card/0/p/00000009", "00000001 07 01 00000001 03 00 00 00",
	    CB_E_FORMAT },
	{ "card/0/p/00000009",
	    "00001111 07 01 00000001 03 00 01 0A0801 00*16 00*60 00",
	    CB_E_FORMAT },
	{ "card/0/p/00000009",
	    "00000001 07 01 00000077 03 00 01 0A0801 00*16 00*60 00",
	    CB_E_FORMAT },
	{ "card/0/t/00000001", "0300", CB_OK },
	{ "card/0/t/00000001", "0400", CB_E_FORMAT }, /* more than it had */
	{ "card/0/t/00000001", "FF00", CB_E_FORMAT },
	{ "card/0/t/00000001", "03", CB_E_FORMAT },
	{ "card/0/t/00000001", "030000", CB_E_FORMAT },
	{ "card/0/t/00000099", "0300", CB_E_FORMAT },
	{ "card/0/t/00000001", NULL, CB_OK },	/* then it is blocked */
};

static void
try_record(size_t i)
{
	struct cb_why why = { "" };
	enum cb_err e;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_put(r.records, records[i].name, records[i].hex);
	emu_card_free(&r.card);
	e = rig_try_open(&r, &why);
	ck_assert_msg(e == records[i].want, "%s = %s: %d, want %d",
	    records[i].name, records[i].hex, e, records[i].want);
	if (e != CB_OK) {
		ck_assert_ptr_null(r.card);
		ck_assert_str_ne(why.text, "");
	}
	rig_close(&r);
}

START_TEST(a_record_that_does_not_fit)
{
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		try_record(i);
}
END_TEST

START_TEST(a_counter_that_is_gone_is_blocked)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_put(r.records, "card/0/t/00000002", NULL);
	rig_reopen(&r);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	ck_assert_str_eq(rig_send(&r, "00200081"), "63C0");
	ck_assert_str_eq(rig_send(&r, VERIFY_USER), "6983");
	rig_close(&r);
}
END_TEST

START_TEST(no_records_are_no_card)
{
	struct cb_why why = { "" };
	struct rig r;

	rig_env_init(&r);
	ck_assert_int_eq(emu_mem_new(&r.records), CB_OK);
	ck_assert_int_eq(rig_try_open(&r, &why), CB_E_FORMAT);
	ck_assert_str_ne(why.text, "");
	rig_close(&r);
}
END_TEST

/* ---- rules and keys edited ---------------------------------------------------- */

/* Where the card's record holds its policy: tries, lengths, and so on. */
static size_t
policy_at(const struct cb_buf *card)
{
	static const uint8_t policy[] = { 3, 4, 16, 0, 0x02, 0x00 };
	const uint8_t *at = memmem(card->p, card->n, policy, sizeof(policy));

	ck_assert_ptr_nonnull(at);
	return (size_t)(at - card->p);
}

/* Edits one byte of the card's record, and opens it. */
static enum cb_err
edit_card(struct rig *r, size_t at, bool policy, uint8_t value)
{
	struct cb_buf b = CB_BUF_INIT;

	rig_open(r, RIG_PERSONAL);
	emu_card_free(&r->card);
	rig_get(r->records, "card", &b);
	b.p[at + (policy ? policy_at(&b) : 0)] = value;
	rig_put_bytes(r->records, "card", cb_buf_span(&b));
	cb_buf_free(&b);
	return rig_try_open(r, NULL);
}

/* A passcode opens nothing on a card whose rules are not what they were; what
 * no card can have is not opened at all. */
static const struct {
	const char *what;
	size_t at;
	uint8_t value;
	enum cb_err want;
} edits[] = {
	{ "tries", 0, 15, CB_OK },
	{ "no tries", 0, 0, CB_E_FORMAT },
	{ "too many tries", 0, 16, CB_E_FORMAT },
	{ "shortest passcode", 1, 1, CB_OK },
	{ "longest passcode", 2, 64, CB_OK },
	{ "lengths that cross", 2, 3, CB_E_FORMAT },
	{ "characters", 3, 1, CB_OK },
	{ "smallest key", 4, 0, CB_OK },
	{ "idle time", 9, 0, CB_OK },
	{ "total time", 12, 0, CB_OK },
};

START_TEST(edited_rules_open_nothing)
{
	struct rig r;
	enum cb_err e = edit_card(&r, edits[_i].at, true, edits[_i].value);

	ck_assert_msg(e == edits[_i].want, "%s: %d", edits[_i].what, e);
	if (e == CB_OK) {
		ck_assert_str_eq(rig_send(&r, SELECT_A5), "9000");
		ck_assert_str_eq(rig_send(&r, CD("5011")), "9000");
		ck_assert_str_eq(rig_send(&r, VERIFY_USER), "63C2");
		ck_assert_str_eq(rig_send(&r, VERIFY_SO), "63C2");
	}
	rig_close(&r);
}
END_TEST

/* A test card's scrypt is too cheap for a live one; a dear one's passcodes
 * open nothing once the mark is gone. */
START_TEST(a_test_card_cannot_be_marked_live)
{
	struct cb_buf b = CB_BUF_INIT;
	struct rig r;

	ck_assert_int_eq(edit_card(&r, 1, false, 0), CB_E_FORMAT);
	rig_get(r.records, "card", &b);
	b.p[policy_at(&b) + 14] = 15;	/* scrypt, as a live card has it */
	rig_put_bytes(r.records, "card", cb_buf_span(&b));
	cb_buf_free(&b);
	ck_assert_int_eq(rig_try_open(&r, NULL), CB_OK);
	ck_assert(!emu_card_info(r.card)->test);
	ck_assert_str_eq(rig_send(&r, SELECT_A5), "9000");
	ck_assert_str_eq(rig_send(&r, CD("5011")), "9000");
	ck_assert_str_eq(rig_send(&r, VERIFY_USER), "63C2");
	rig_close(&r);
}
END_TEST

/* Somebody puts a public half of theirs into the file, so as to be given what
 * is sealed from then on: the passcode that it belongs to notices. */
START_TEST(a_strange_public_half_is_noticed)
{
	static const struct {
		const char *record, *verify, *other;
	} halves[] = {
		{ "card/0/d/00000001", VERIFY_SO, VERIFY_USER },
		{ "card/0/d/00000002", VERIFY_USER, VERIFY_SO },
	};
	struct cb_buf b = CB_BUF_INIT;
	uint8_t secret[EMU_KEY];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	emu_card_free(&r.card);
	rig_get(r.records, halves[_i].record, &b);
	ck_assert_int_eq(emu_box_keypair(&r.env, secret, b.p + 5), CB_OK);
	rig_put_bytes(r.records, halves[_i].record, cb_buf_span(&b));
	cb_buf_free(&b);
	rig_reopen(&r);
	ck_assert_str_eq(rig_send(&r, SELECT_A5), "9000");
	ck_assert_str_eq(rig_send(&r, CD("5011")), "9000");
	ck_assert_str_eq(rig_send(&r, halves[_i].verify), "6984");
	ck_assert_ptr_nonnull(strstr(r.notes, "somebody has changed"));
	ck_assert_str_eq(rig_send(&r, halves[_i].other), "9000");
	rig_close(&r);
}
END_TEST

/* ---- bits turned -------------------------------------------------------------- */

/* Asks a card, whatever it is, a bit of everything. */
static void
ask(struct rig *r)
{
	static const char *const cmds[] = {
		SELECT_A5, "00200004", "80340000 40", CD("5011"),
		"00200081", VERIFY_USER, VERIFY_SO, "80340000 00",
		"00A40000 02 1000 00", "00B00000 00", "00D60001 01 55",
		"00A40000 02 2000 00", "00B00000 00",
		"00A40000 02 3000 00", "00B20104 00", "00E20000 01 01",
		"80320104", CD("9002"), CD("3001"), "002241B6 03 800111",
		"002A9E9A 01 77", CD("3F00"), CD("5011"), CD("9001"),
		CD("1001"), "80B40100 00", "00E40200 02 1001",
	};
	struct cb_buf text = CB_BUF_INIT;

	for (size_t i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		(void)rig_send(r, cmds[i]);
	ck_assert_int_eq(emu_card_describe(r->card, &text), CB_OK);
	cb_buf_free(&text);
}

static void
turn(struct rig *r, const char *name, size_t bit)
{
	struct cb_buf b = CB_BUF_INIT;

	rig_get(r->records, name, &b);
	b.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	rig_put_bytes(r->records, name, cb_buf_span(&b));
	cb_buf_free(&b);
}

static const struct {
	const char *name;
	size_t step;	/* every so many bits: the long ones are alike */
} turned[] = {
	{ "card", 29 },
	{ "card/0/d/00000001", 41 },
	{ "card/0/d/00000002", 97 },
	{ "card/0/f/00000001", 7 },
	{ "card/0/f/00000002", 7 },
	{ "card/0/f/00000003", 17 },
	{ "card/0/f/00000005", 7 },
	{ "card/0/f/00000007", 11 },
	{ "card/0/f/0000000a", 13 },
	{ "card/0/p/00000001", 53 },
	{ "card/0/p/00000002", 101 },
	{ "card/0/t/00000002", 3 },
	{ "card/0/x/00000005/0000", 31 },
	{ "card/0/x/00000006/0000", 43 },
	{ "card/0/x/00000007/0001", 101 },
	{ "card/0/x/0000000a/0001", 211 },
};

START_TEST(a_turned_bit_breaks_nothing_else)
{
	struct cb_buf b = CB_BUF_INIT;
	struct emu_nvm *start;
	enum cb_err e;
	struct rig r;
	size_t bits;

	rig_open(&r, RIG_PERSONAL);
	start = rig_copy(r.records);
	rig_get(start, turned[_i].name, &b);
	ck_assert_msg(b.n > 0, "no record %s", turned[_i].name);
	bits = b.n * 8;
	rig_close(&r);
	for (size_t bit = 0; bit < bits; bit += turned[_i].step) {
		rig_env_init(&r);
		r.records = rig_copy(start);
		turn(&r, turned[_i].name, bit);
		e = rig_try_open(&r, NULL);
		ck_assert_msg(e == CB_OK || e == CB_E_FORMAT ||
		    e == CB_E_LIMIT, "%d", e);
		if (e == CB_OK)
			ask(&r);
		rig_close(&r);
	}
	cb_buf_free(&b);
	emu_nvm_free(&start);
}
END_TEST

/* ---- as deep and as many as a file says ------------------------------------------ */

START_TEST(depth_is_no_matter)
{
	struct rig r;
	char name[32];

	rig_open(&r, RIG_BLANK);
	emu_card_free(&r.card);
	ck_assert_int_eq(r.records->ops->begin(r.records), CB_OK);
	for (unsigned i = 2; i < 1500; i++) {
		const uint8_t df[] = { 0, 0, (uint8_t)((i - 1) >> 8),
			(uint8_t)(i - 1), 0x50, 0x11, 0x38, 0, 0x28, 0, 0 };

		snprintf(name, sizeof(name), "card/0/f/%08x", i);
		ck_assert_int_eq(r.records->ops->put(r.records, name,
				     CB_SPAN_OF(df)),
		    CB_OK);
	}
	ck_assert_int_eq(r.records->ops->commit(r.records, EMU_NVM_NOW), CB_OK);
	rig_reopen(&r);
	rig_send(&r, SELECT_A5);
	for (unsigned i = 2; i < 1500; i++)
		ck_assert_str_eq(rig_send(&r, CD("5011")), "9000");
	ck_assert_str_eq(rig_send(&r, CD("5011")), "6A82");
	ck_assert_str_eq(rig_send(&r, "00200081"), "6A88");
	rig_close(&r);
}
END_TEST

Suite *
store_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("store", &tc);

	tcase_add_test(tc, a_record_that_does_not_fit);
	tcase_add_test(tc, a_counter_that_is_gone_is_blocked);
	tcase_add_test(tc, no_records_are_no_card);
	tcase_add_loop_test(tc, edited_rules_open_nothing, 0,
	    sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(tc, a_test_card_cannot_be_marked_live);
	tcase_add_loop_test(tc, a_strange_public_half_is_noticed, 0, 2);
	tcase_add_loop_test(rig_slow(s), a_turned_bit_breaks_nothing_else, 0,
	    sizeof(turned) / sizeof(turned[0]));
	tcase_add_test(tc, depth_is_no_matter);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Storage and randomness that fail at each place where they can, in each
 * command that changes the card: it answers 6581, and in memory as in its
 * records it is the card from before (spent tries apart, test_pin.c).
 */
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

static const struct step ready[] = {
	{ SELECT_A5, "9000" },
	{ CD("5011"), "9000" },
	{ VERIFY_USER, "9000" },
	{ VERIFY_SO, "9000" },
	{ CREATE("3800", "7000", "0028", FREE), "9000" },
	{ CD("7000"), "9000" },
	{ "00240102 # 03 40 <7777> 03 01 55*16", "9000" },
	{ CREATE("3800", "7001", "0028", FREE), "9000" },
	{ CD("7001"), "9000" },
	{ "00240102 # 03 40 <7777> 03 01 55*16", "9000" },
	{ UP, "? 9000" },
	{ CREATE("0101", "2000", "0010", "00 00 21 00 FF*4"), "9000" },
	{ CREATE("0101", "2001", "0010", "00 00 22 00 FF*4"), "9000" },
	{ "00D60001 01 11", "9000" },
	{ "00D60002 01 11", "9000" },
	{ CREATE("0401", "3000", "0014", "00 00 21 00 FF*4"), "9000" },
	{ "00E20000 04 01*4", "9000" },
	{ "00E20000 04 02*4", "9000" },
	{ "00E20000 04 03*4", "9000" },
	{ CREATE("1400", "4001", "0200", "0021FF21FF21FFFF"), "9000" },
	{ "@import 512", NULL },
	{ CREATE("1200", "4002", "0200", FREE), "9000" },
	{ CREATE("1100", "4003", "0040", FREE), "9000" },
	{ NULL, NULL },
};

/* The file, and the command that changes something. */
static const struct {
	const char *name, *file, *cmd;
} changes[] = {
	{ "CREATE FILE (EF)", NULL, CREATE("0101", "1000", "0010", FREE) },
	{ "CREATE FILE (sealed EF)", NULL,
	    CREATE("0101", "1000", "0010", "0000210000000000") },
	{ "CREATE FILE (DF)", NULL, CREATE("3800", "1000", "0010", FREE) },
	{ "CREATE FILE (records)", NULL,
	    CREATE("0401", "1000", "0010", FREE) },
	{ "DELETE FILE (EF)", NULL, "00E40200 02 2000" },
	{ "DELETE FILE (patched EF)", NULL, "00E40200 02 2001" },
	{ "DELETE FILE (records)", NULL, "00E40200 02 3000" },
	{ "DELETE FILE (key)", NULL, "00E40200 02 4001" },
	{ "DELETE FILE (DF with a PIN)", NULL, "00E40100 02 7001" },
	{ "UPDATE BINARY", CD("2000"), "00D60004 04 05060708" },
	{ "UPDATE BINARY (patch)", CD("2001"), "00D60004 04 05060708" },
	{ "UPDATE BINARY (all of it)", CD("2001"), "00D60000 10 55*16" },
	{ "APPEND RECORD", CD("3000"), "00E20000 04 55*4" },
	{ "UPDATE RECORD", CD("3000"), "00DC0204 06 55*6" },
	{ "DELETE RECORD", CD("3000"), "80320204" },
	{ "DELETE RECORD (last)", CD("3000"), "80320304" },
	{ "PUT KEY COMPONENT", CD("4001"), "80D80104 # A3 20 55*32 00" },
	{ "PUT KEY COMPONENT (public)", CD("4002"),
	    "80D80204 # A1 01 03 00" },
	{ "PUT KEY COMPONENT (DES)", CD("4003"),
	    "80D80000 # 80 08 11*8 03 82E136" },
	{ "CREATE PIN", NULL, "00240101 # 03 40 <8888> 03 01 66*16" },
	{ "CREATE PIN (replaced)", NULL,
	    "00240102 # 03 40 <8888> 03 01 66*16" },
	{ "CREATE PIN (SO)", NULL, "00240104 # 03 40 <8888>" },
};

static const struct step login[] = {
	{ SELECT_A5, "9000" },
	{ CD("5011"), "9000" },
	{ VERIFY_USER, "9000" },
	{ VERIFY_SO, "9000" },
	{ CD("7000"), "9000" },
	{ NULL, NULL },
};

/* Records of a card with which all this can be done; made once in a test. */
static struct emu_nvm *prepared;

static void
begin(struct rig *r, size_t i)
{
	if (prepared == NULL) {
		rig_open(r, RIG_PERSONAL);
		rig_play(r, "ready", ready);
		prepared = rig_copy(r->records);
		rig_close(r);
	}
	rig_open_records(r, rig_copy(prepared));
	rig_play(r, "login", login);
	if (changes[i].file != NULL)
		ck_assert_uint_eq(rig_sw(r, changes[i].file), 0x9000);
}

/* After a failure: nothing but the answer came of it. */
static void
as_before(struct rig *r, size_t i, const struct cb_buf *before, unsigned at)
{
	struct cb_buf after = CB_BUF_INIT;
	const uint8_t failed[] = { 0x65, 0x81 };

	ck_assert_msg(cb_span_equal(cb_buf_span(&r->rsp), CB_SPAN_OF(failed)),
	    "%s, failure %u: %02X%02X", changes[i].name, at, r->rsp.p[0],
	    r->rsp.p[1]);
	rig_dump(r->records, &after);
	ck_assert_msg(
	    cb_span_equal(cb_buf_span(before), cb_buf_span(&after)),
	    "%s, failure %u: the records have changed", changes[i].name, at);
	rig_coherent(r);
	/* as after a reset */
	ck_assert_uint_eq(rig_sw(r, "00B00000 01"), 0x6D00);
	ck_assert_uint_eq(rig_sw(r, SELECT_A5), 0x9000);
	ck_assert_uint_eq(rig_sw(r, "00200004"), 0x63C3);
	ck_assert_ptr_nonnull(strstr(r->notes, "was undone"));
	cb_buf_free(&after);
}

/* And when nothing fails, the same command works on the same card. */
static void
works(struct rig *r, size_t i)
{
	rig_play(r, "login", login);
	if (changes[i].file != NULL)
		ck_assert_uint_eq(rig_sw(r, changes[i].file), 0x9000);
	ck_assert_uint_eq(rig_sw(r, changes[i].cmd), 0x9000);
	rig_coherent(r);
}

/* Once, or from then on, in turn. */
START_TEST(storage_that_fails)
{
	struct cb_buf before = CB_BUF_INIT;
	const size_t i = (size_t)_i;
	struct rig r;
	unsigned ops;

	for (unsigned at = 1;; at++) {
		begin(&r, i);
		rig_dump(r.records, &before);
		ops = r.nvm->ops;
		r.nvm->fail_at = ops + at;
		r.nvm->broken = at % 2 == 0;
		rig_send(&r, changes[i].cmd);
		if (r.nvm->ops < ops + at)
			break;
		as_before(&r, i, &before, at);
		r.nvm->fail_at = 0;
		if (at == 2)
			works(&r, i);
		rig_close(&r);
	}
	ck_assert_uint_eq(r.rsp.p[0], 0x90);
	rig_coherent(&r);
	rig_close(&r);
	cb_buf_free(&before);
}
END_TEST

START_TEST(randomness_that_fails)
{
	struct cb_buf before = CB_BUF_INIT;
	const size_t i = (size_t)_i;
	struct rig r;
	unsigned calls;

	for (unsigned at = 1;; at++) {
		begin(&r, i);
		rig_dump(r.records, &before);
		calls = r.random_calls;
		r.random_fail_at = calls + at;
		rig_send(&r, changes[i].cmd);
		if (r.random_calls < calls + at)
			break;
		as_before(&r, i, &before, at);
		rig_close(&r);
	}
	ck_assert_uint_eq(r.rsp.p[0], 0x90);
	rig_close(&r);
	cb_buf_free(&before);
}
END_TEST

/* Passcode commands: the tries may be less, never more, and the passcode is
 * the old or the new one as the answer says. */
static const struct {
	const char *name, *cmd;
} pin_changes[] = {
	{ "VERIFY", VERIFY_USER },
	{ "CHANGE", "00240001 # <123456> <654321>" },
	{ "RESET RETRY COUNTER", "002C0001 # 66*16 <654321>" },
};

static void
pin_fails(size_t i, unsigned at, bool random, bool *over)
{
	static const struct step prepare[] = {
		{ SELECT_A5, "9000" },
		{ CD("5011"), "9000" },
		{ VERIFY_SO, "9000" },
		{ "00240101 # 03 40 <123456> 03 01 66*16", "9000" },
		{ "00200081 # <1>", "63C2" },
		{ NULL, NULL },
	};
	unsigned from;
	struct rig r;
	uint16_t sw;

	rig_open(&r, RIG_PERSONAL);
	rig_play(&r, "ready", prepare);
	from = random ? r.random_calls : r.nvm->ops;
	if (random)
		r.random_fail_at = from + at;
	else
		r.nvm->fail_at = from + at;
	sw = rig_sw(&r, pin_changes[i].cmd);
	*over = (random ? r.random_calls : r.nvm->ops) < from + at;
	ck_assert_msg(sw == (*over ? 0x9000 : 0x6581), "%s, %u: %04X",
	    pin_changes[i].name, at, sw);
	rig_coherent(&r);
	r.random_fail_at = 0;
	rig_reopen(&r);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A5), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, CD("5011")), 0x9000);
	sw = rig_sw(&r, "00200081");
	ck_assert_msg(sw == (*over ? 0x63C3 : 0x63C2) ||
	    (!*over && sw == 0x63C1), "%s, %u: %04X", pin_changes[i].name,
	    at, sw);
	ck_assert_uint_eq(rig_sw(&r, *over && i > 0
		? "00200081 # <654321>" : VERIFY_USER), 0x9000);
	/* the key came along */
	ck_assert_uint_eq(rig_sw(&r, CD("9002")), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, CD("3001")), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, "002241B6 03 800111"), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, "002A9E9A 01 77"), 0x9000);
	rig_close(&r);
}

START_TEST(passcodes_and_what_fails)
{
	for (unsigned random = 0; random < 2; random++) {
		bool over = false;

		for (unsigned at = 1; !over; at++)
			pin_fails((size_t)_i, at, random == 1, &over);
	}
}
END_TEST

/* The same from outside: cardbridge card passwd. */
START_TEST(passwd_and_what_fails)
{
	struct cb_why why;
	unsigned from, tries;
	enum cb_err e;
	struct rig r;
	bool over = false;

	for (unsigned at = 1; !over; at++) {
		rig_open(&r, RIG_PERSONAL);
		from = _i == 0 ? r.nvm->ops : r.random_calls;
		if (_i == 0)
			r.nvm->fail_at = from + at;
		else
			r.random_fail_at = from + at;
		why.text[0] = '\0';
		e = emu_card_passwd(r.card, cb_span_str(RIG_PIN),
		    cb_span_str("654321"), &tries, &why);
		over = (_i == 0 ? r.nvm->ops : r.random_calls) < from + at;
		ck_assert_int_eq(e, over ? CB_OK : CB_E_STORE);
		ck_assert_int_eq(why.text[0] == '\0', over);
		rig_coherent(&r);
		r.random_fail_at = r.nvm->fail_at = 0;
		e = emu_card_passwd(r.card,
		    cb_span_str(over ? "654321" : RIG_PIN),
		    cb_span_str("1111"), &tries, NULL);
		ck_assert_int_eq(e, CB_OK);
		ck_assert_uint_eq(tries, 3);
		rig_close(&r);
	}
}
END_TEST

/* Storage that cannot even be read again: the card is dead, says so once, and
 * answers 6581 to everything until it is opened again. */
START_TEST(a_dead_card_stays_dead)
{
	struct rig r;

	begin(&r, 0);
	r.nvm->fail_at = r.nvm->ops + 1;
	r.nvm->unreadable = true;
	ck_assert_uint_eq(rig_sw(&r, changes[0].cmd), 0x6581);
	ck_assert_ptr_nonnull(strstr(r.notes, "until it is opened again"));
	r.notes[0] = '\0';
	ck_assert_uint_eq(rig_sw(&r, SELECT_A5), 0x6581);
	ck_assert_uint_eq(rig_sw(&r, SELECT_CM), 0x6581);
	ck_assert_uint_eq(rig_sw(&r, "00"), 0x6581);
	emu_card_power_on(r.card);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A5), 0x6581);
	emu_card_tick(r.card);
	ck_assert_uint_eq(emu_card_deadline(r.card), UINT64_MAX);
	ck_assert_str_eq(r.notes, "");
	ck_assert_str_eq(emu_card_info(r.card)->serial, "1A2B3C4D");
	rig_reopen(&r);
	ck_assert_uint_eq(rig_sw(&r, SELECT_A5), 0x9000);
	works(&r, 0);
	rig_close(&r);
}
END_TEST

/* A card to look on: nothing is written, also no try spent, so no PIN is
 * compared. */
START_TEST(a_read_only_card_compares_no_pin)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	r.records->readonly = true;
	r.nvm->base.readonly = true;
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x6581);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	ck_assert_uint_eq(rig_sw(&r, "00200081"), 0x63C3);
	rig_send(&r, CD("1000"));
	ck_assert_uint_eq(rig_sw(&r, "00B00000 24"), 0x9000);
	rig_close(&r);
}
END_TEST

Suite *
card_fault_suite(void)
{
	const int n = sizeof(changes) / sizeof(changes[0]);
	TCase *tc;
	Suite *s = rig_suite("card_fault", &tc);

	tcase_set_tags(tc, "slow");
	tcase_add_loop_test(tc, storage_that_fails, 0, n);
	tcase_add_loop_test(tc, randomness_that_fails, 0, n);
	tcase_add_loop_test(tc, passcodes_and_what_fails, 0,
	    sizeof(pin_changes) / sizeof(pin_changes[0]));
	tcase_add_loop_test(tc, passwd_and_what_fails, 0, 2);
	tcase_add_test(tc, a_dead_card_stays_dead);
	tcase_add_test(tc, a_read_only_card_compares_no_pin);
	return s;
}

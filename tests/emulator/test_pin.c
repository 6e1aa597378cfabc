/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What PIN commands do to counters, wraps and keys: tries, blocking,
 * unblocking, changing, replacing; and what they write, when.
 */
#include <stdio.h>
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define AS_SO TO_5011, { VERIFY_SO, "9000" }
#define WRONG "00200081 # <000000>"
#define UNBLOCK_5A "33*16"
/* The user PIN made anew, with an unblock value that is known. */
#define KNOWN_UNBLOCK AS_SO, \
	{ "00240101 # 03 40 <" RIG_PIN "> 03 01 " UNBLOCK_5A, "9000" }

static const struct step tries[] = {
	TO_5011,
	{ "00200081", "63C3" },
	{ WRONG, "63C2" },
	{ "@disk", NULL },
	{ "00200081", "63C2" },
	{ "@no-disk", NULL },
	{ WRONG, "63C1" },
	{ "00200081", "63C1" },
	{ VERIFY_USER, "9000" },
	{ "@disk", NULL },
	{ "00200081", "9000" },
	{ LOGOUT_USER, "9000" },
	{ "00200081", "63C3" },	/* full again */
	{ WRONG, "63C2" },
	{ "@reopen", NULL },
	TO_5011,
	{ "00200081", "63C2" },
	{ WRONG, "63C1" },
	{ "@reset", NULL },
	TO_5011,
	{ WRONG, "6983" },
	{ "00200081", "63C0" },
	{ WRONG, "6983" },
	{ "@no-disk", NULL },
	{ VERIFY_USER, "6983" },	/* also the right one */
	{ "@no-disk", NULL },
	{ "00240001 # <" RIG_PIN "> <4444>", "6983" },
	{ "@no-disk", NULL },
	{ "@reopen", NULL },
	TO_5011,
	{ "00200081", "63C0" },
	{ VERIFY_USER, "6983" },
	/* the other is untouched */
	{ "00200004", "63C3" },
	{ VERIFY_SO, "9000" },
	{ NULL, NULL },
};

static const struct step so_tries[] = {
	{ SELECT_A5, "9000" },
	{ "00200004 # <00000000>", "63C2" },
	{ "00200004 # <00000000>", "63C1" },
	{ "00200004 # <00000000>", "6983" },
	{ "00200004", "63C0" },
	{ VERIFY_SO, "6983" },
	{ "002C0004 # 00*16 <4444>", "6982" },
	{ NULL, NULL },
};

/* The right PIN again, while verified: compared, and nothing is written. */
static const struct step again[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ "@disk", NULL },
	{ VERIFY_USER, "9000" },
	{ "@no-disk", NULL },
	{ VERIFY_USER, "9000" },
	{ "@no-disk", NULL },
	/* wrong while verified: spent and dropped, as any */
	{ WRONG, "63C2" },
	{ "@disk", NULL },
	{ "00200081", "63C2" },
	{ WRONG, "63C1" },
	{ VERIFY_USER, "9000" },
	{ WRONG, "63C2" },
	{ WRONG, "63C1" },
	{ WRONG, "6983" },
	{ VERIFY_USER, "6983" },
	{ NULL, NULL },
};

/* Reading, selecting, listing, signing, logging out: no write. */
static const struct step quiet[] = {
	TO_5011,
	{ "@no-disk", NULL },
	{ VERIFY_USER, "9000" },
	{ CD("1000"), "9000" },
	{ "@no-disk", NULL },
	{ "00B00000 24", "?36 9000" },
	{ "@no-disk", NULL },
	{ CD("3000"), "9000" },
	{ "00B20104 8D", "?141 9000" },
	{ "@no-disk", NULL },
	{ "80340000 40", "? 9000" },
	{ "@no-disk", NULL },
	{ "00840000 10", "?16 9000" },
	{ "@no-disk", NULL },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "@no-disk", NULL },
	{ "002A9E9A 01 77", "?256 9000" },
	{ "@no-disk", NULL },
	{ LOGOUT_USER, "9000" },
	{ "@no-disk", NULL },
	{ "00E40200 02 1234", "6A82" },
	{ "@no-disk", NULL },
	{ CREATE("0101", "1000", "0004", FREE), "6982" },
	{ "@no-disk", NULL },
	{ SELECT_CM, "9000" },
	{ "@no-disk", NULL },
	{ "80CA9F7F 2D", "?45 9000" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct step change[] = {
	TO_5011,
	{ "00240001 # <000000> <654321>", "63C2" },
	{ "00200081", "63C2" },
	{ "00240001 # <000000> <654321>", "63C1" },
	{ "00240001 # <" RIG_PIN "> <654321>", "9000" },
	{ "00200081", "9000" },	/* verified, counter full */
	{ LOGOUT_USER, "9000" },
	{ "00200081", "63C3" },
	{ VERIFY_USER, "63C2" },
	{ "00200081 # <654321>", "9000" },
	/* the key is still there, and after reopening */
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ VERIFY_USER, "63C2" },
	{ "00200081 # <654321>", "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	/* while verified: the old one is asked for all the same */
	{ "00240001 # <000000> <1234>", "63C2" },
	{ "00200081", "63C2" },
	{ "002A9E9A 01 77", "6982" },
	{ "00240001 # <654321> <1234>", "9000" },
	{ "00240001 # <1234> <123456>", "9000" },
	{ VERIFY_USER, "9000" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct step change_blocks[] = {
	TO_5011,
	{ "00240001 # <000000> <654321>", "63C2" },
	{ WRONG, "63C1" },
	{ "00240001 # <000000> <654321>", "6983" },
	{ "00240001 # <" RIG_PIN "> <654321>", "6983" },
	{ NULL, NULL },
};

static const struct step unblock[] = {
	KNOWN_UNBLOCK,
	{ LOGOUT_USER, "9000" },
	{ WRONG, "63C2" },
	{ WRONG, "63C1" },
	{ WRONG, "6983" },
	/* the SO's right is needed too */
	{ "@reset", NULL },
	TO_5011,
	{ "002C0001 # " UNBLOCK_5A " <654321>", "6982" },
	{ "@no-disk", NULL },
	{ VERIFY_SO, "9000" },
	{ "002C0001 # 00*16 <654321>", "63C2" },
	{ "00200081", "63C0" },
	{ "002C0001 # 00*16 <654321>", "63C1" },
	{ "@reopen", NULL },
	AS_SO,
	{ "002C0001 # " UNBLOCK_5A " <654321>", "9000" },
	{ "00200081", "63C3" },	/* not verified */
	{ VERIFY_USER, "63C2" },
	{ "00200081 # <654321>", "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	/* its counter is full again; then it blocks */
	{ CD("5011"), "6A82" },
	{ "002C0001 # 00*16 <1234>", "63C2" },
	{ "002C0001 # 00*16 <1234>", "63C1" },
	{ "002C0001 # 00*16 <1234>", "6983" },
	{ "002C0001 # " UNBLOCK_5A " <1234>", "6983" },
	{ "@no-disk", NULL },
	{ "00200081", "9000" },
	{ "@reopen", NULL },
	AS_SO,
	{ "002C0001 # " UNBLOCK_5A " <1234>", "6983" },
	{ "00200081 # <654321>", "9000" },
	{ NULL, NULL },
};

/* Unblocking a PIN that is verified ends that. */
static const struct step unblock_verified[] = {
	KNOWN_UNBLOCK,
	{ VERIFY_USER, "9000" },
	{ "002C0001 # " UNBLOCK_5A " <654321>", "9000" },
	{ "00200081", "63C3" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "6982" },
	{ NULL, NULL },
};

/* EF 2000 holds it, and it works. The bytes are the environment's: read. */
static const struct step replaced_by_so[] = {
	AS_SO,
	{ "00240101 # 03 40 <777777> 03 01 44*16", "9000" },
	{ VERIFY_USER, "63C2" },
	{ "00200081 # <777777>", "9000" },
	/* escrow: the keys are still usable */
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	/* and after another one, from the file */
	{ "@reopen", NULL },
	AS_SO,
	{ "00240101 # 03 40 <888888> 03 01 44*16", "9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ "00200081 # <888888>", "9000" },
	{ CD("9002"), "9000" },
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?256 9000" },
	{ "@reset", NULL },
	AS_SO,
	{ "002C0001 # 44*16 <999999>", "9000" },
	{ "00200081 # <999999>", "9000" },
	{ NULL, NULL },
};

/* Where anybody may define PINs, nobody gets at what the old one guarded, and
 * nobody throws it away. */
static const struct step replaced_by_nobody[] = {
	AS_SO,
	{ CREATE("3800", "7000", "0028", FREE), "9000" },
	{ CD("7000"), "9000" },
	{ "00240101 # 03 40 <1111> 03 01 44*16", "9000" },
	{ CREATE("0101", "1000", "0004", "0000210000000000"), "9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "00200081 # <1111>", "9000" },
	{ "00B00000 00", "01020304 9000" },
	{ "@reset", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "00240101 # 03 40 <2222> 03 01 44*16", "6985" },
	{ "00200081 # <2222>", "63C2" },
	{ "00200081 # <1111>", "9000" },
	{ CD("1000"), "9000" },
	{ "00B00000 00", "01020304 9000" },
	/* the holder may; what is guarded goes over */
	{ "00240101 # 03 40 <2222> 03 01 44*16", "9000" },
	{ "00200081 # <1111>", "63C2" },
	{ "00200081 # <2222>", "9000" },
	{ CD("1000"), "9000" },
	{ "00B00000 00", "01020304 9000" },
	/* emptied, there is nothing to lose: whoever comes may */
	{ "@reset", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "00E40200 02 1000", "9000" },
	{ "00240101 # 03 40 <3333> 03 01 44*16", "9000" },
	{ "00200081 # <3333>", "9000" },
	{ NULL, NULL },
};

/* What was readable by a credential that did not exist yet is sealed when it
 * comes. */
static const struct step pin_comes_late[] = {
	{ SELECT_A5, "9000" },
	{ VERIFY_SO, "9000" },
	{ CREATE("3800", "5011", "0028", "24000000240024FF"), "9000" },
	{ CD("5011"), "9000" },
	{ CREATE("0101", "1000", "0004", "2400210000000000"), "9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "00B00000 00", "6982" },
	{ CREATE("1400", "3001", "0200", "2421FF21FF21FFFF"), "9000" },
	{ "@import 512", NULL },
	{ "00240101 # 03 40 <1111>", "9000" },
	{ "00200081 # <1111>", "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "?64 9000" },
	{ CD("1000"), "9000" },
	{ "00B00000 00", "01020304 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("3001"), "9000" },
	{ "002241B6 03 800111", "9000" },
	{ "002A9E9A 01 77", "6982" },
	{ "00200081 # <1111>", "9000" },
	{ "002A9E9A 01 77", "?64 9000" },
	{ CD("1000"), "9000" },
	{ "00B00000 00", "01020304 9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "tries", RIG_PERSONAL, tries },
	{ "tries in T=0", RIG_T0, tries },
	{ "tries of the SO", RIG_PERSONAL, so_tries },
	{ "the right PIN again", RIG_PERSONAL, again },
	{ "what writes nothing", RIG_PERSONAL, quiet },
	{ "change", RIG_PERSONAL, change },
	{ "change blocks", RIG_PERSONAL, change_blocks },
	{ "unblock", RIG_PERSONAL, unblock },
	{ "unblock while verified", RIG_PERSONAL, unblock_verified },
	{ "replaced by the SO", RIG_PERSONAL, replaced_by_so },
	{ "replaced by nobody", RIG_PERSONAL, replaced_by_nobody },
	{ "a PIN that comes late", RIG_BLANK, pin_comes_late },
};

START_TEST(pin_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* The unblock value that the card was made with stands in EF 2000, and only
 * the SO reads it. */
START_TEST(the_drawn_unblock_value_works)
{
	struct rig r;
	char value[64];

	rig_open(&r, RIG_PERSONAL);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	rig_send(&r, CD("2000"));
	ck_assert_str_eq(rig_send(&r, "00B00000 10"), "6982");
	ck_assert_str_eq(rig_send(&r, VERIFY_USER), "9000");
	ck_assert_str_eq(rig_send(&r, "00B00000 10"), "6982");
	ck_assert_str_eq(rig_send(&r, VERIFY_SO), "9000");
	snprintf(value, sizeof(value), "%.32s", rig_send(&r, "00B00000 10"));
	ck_assert_str_eq(
	    rig_send(&r, rig_fmt("002C0001 # %s <4321>", value)), "9000");
	ck_assert_str_eq(rig_send(&r, "00200081 # <4321>"), "9000");
	rig_close(&r);
}
END_TEST

/* A spent try is durable before the answer: storage that fails at any of its
 * steps gives no try back, and never says more than that it failed. */
START_TEST(no_failure_gives_a_try_back)
{
	struct rig r;
	uint16_t sw;
	unsigned ops, left;

	for (unsigned right = 0; right < 2; right++) {
		const char *cmd = right ? VERIFY_USER : WRONG;

		for (unsigned at = 1;; at++) {
			rig_open(&r, RIG_PERSONAL);
			rig_send(&r, SELECT_A5);
			rig_send(&r, CD("5011"));
			ck_assert_uint_eq(rig_sw(&r, WRONG), 0x63C2);
			ops = r.nvm->ops;
			r.nvm->fail_at = ops + at;
			sw = rig_sw(&r, cmd);
			if (r.nvm->ops < ops + at) {
				ck_assert_uint_gt(at, 3);
				rig_close(&r);
				break;
			}
			ck_assert_uint_eq(sw, 0x6581);
			rig_coherent(&r);
			rig_send(&r, SELECT_A5);
			rig_send(&r, CD("5011"));
			sw = rig_sw(&r, "00200081");
			ck_assert_uint_eq(sw & 0xFFF0, 0x63C0);
			left = sw & 0xF;
			ck_assert_uint_le(left, 2);
			rig_reopen(&r);
			rig_send(&r, SELECT_A5);
			rig_send(&r, CD("5011"));
			ck_assert_uint_eq(
			    rig_sw(&r, "00200081"), 0x63C0 | left);
			rig_close(&r);
		}
	}
}
END_TEST

/* Each wrap has a salt of its own, and a new one every time. */
START_TEST(salts_are_never_used_twice)
{
	uint8_t seen[3][16];
	const struct emu_pin *pin;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	pin = emu_pin_by_role(&r.card->apps[0], EMU_ROLE_USER);
	memcpy(seen[0], pin->pin.how.salt, 16);
	memcpy(seen[1], pin->unblock.how.salt, 16);
	ck_assert_mem_ne(seen[0], seen[1], 16);
	ck_assert_str_eq(
	    rig_send(&r, "00240001 # <123456> <123456>"), "9000");
	memcpy(seen[2], pin->pin.how.salt, 16);
	ck_assert_mem_ne(seen[0], seen[2], 16);
	ck_assert_uint_eq(pin->pin.how.log2n, 10);
	/* costs that were raised are taken over at the next change */
	r.card->policy.scrypt_log2n = 11;
	ck_assert_str_eq(
	    rig_send(&r, "00240001 # <123456> <123456>"), "9000");
	ck_assert_uint_eq(pin->pin.how.log2n, 11);
	rig_reopen(&r);
	rig_send(&r, SELECT_A5);
	rig_send(&r, CD("5011"));
	ck_assert_str_eq(rig_send(&r, VERIFY_USER), "9000");
	rig_close(&r);
}
END_TEST

/* What must be durable before the passcode is compared, and what may wait for
 * the answer. */
START_TEST(only_a_spent_try_is_committed_at_once)
{
	static const struct {
		struct step steps[2];
		unsigned now, with_answer;
	} rows[] = {
		{ { { WRONG, "63C2" } }, 1, 0 },
		{ { { VERIFY_USER, "9000" } }, 1, 1 },
		{ { { VERIFY_USER, "9000" } }, 0, 0 }, /* is known */
		{ { { LOGOUT_USER, "9000" } }, 0, 0 },
		{ { { "00240001 # <" RIG_PIN "> <654321>", "9000" } }, 1, 1 },
	};
	static const struct step first[] = { TO_5011, { NULL, NULL } };
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_play(&r, "first", first);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(r.nvm->commits, 0, sizeof(r.nvm->commits));
		rig_play(&r, "commits", rows[i].steps);
		ck_assert_uint_eq(r.nvm->commits[EMU_NVM_NOW], rows[i].now);
		ck_assert_uint_eq(
		    r.nvm->commits[EMU_NVM_ANSWER], rows[i].with_answer);
	}
	rig_close(&r);
}
END_TEST

Suite *
pin_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("pin", &tc);

	tcase_add_loop_test(
	    tc, pin_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, the_drawn_unblock_value_works);
	tcase_add_test(tc, only_a_spent_try_is_committed_at_once);
	tcase_add_test(tc, no_failure_gives_a_try_back);
	tcase_add_test(tc, salts_are_never_used_twice);
	return s;
}

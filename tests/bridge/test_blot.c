/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a trace shows of an exchange, and how somebody might try to have it
 * show more. Conversations are written as a trace has them: what is sent, and
 * behind "=" what may be seen of it, if that is not all; "<N>" are N bytes that
 * may not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/blot.h"
#include "common/hex.h"
#include "tests/bridge/harness.h"

#define TOLD 512

/* "0020000108<8>" */
static void
show(const struct br_seen *seen, struct cb_span all, char out[TOLD])
{
	size_t n;

	ck_assert_uint_le(seen->shown + seen->hidden, all.n);
	ck_assert_uint_lt(2 * all.n + 20, TOLD);
	cb_hex_encode(out, TOLD, cb_span_head(all, seen->shown));
	n = strlen(out);
	if (seen->hidden > 0)
		n += (size_t)snprintf(out + n, TOLD - n, "<%zu>",
		    seen->hidden);
	cb_hex_encode(out + n, TOLD - n,
	    cb_span_tail(all, seen->shown + seen->hidden));
}

/* One step: "> HEX [= WHAT]" or "< HEX [= WHAT]". */
static void
step(struct br_blot *b, const char *text)
{
	const char *equals = strstr(text, " = ");
	size_t n = equals != NULL ? (size_t)(equals - text) : strlen(text);
	struct cb_buf raw = CB_BUF_INIT;
	struct br_seen seen;
	char got[TOLD], want[TOLD];

	ck_assert_msg(cb_hex_decode(&raw, text + 2, n - 2) == CB_OK, "%s",
	    text);
	if (text[0] == '>')
		br_blot_command(b, cb_buf_span(&raw), &seen);
	else
		br_blot_answer(b, cb_buf_span(&raw), &seen);
	show(&seen, cb_buf_span(&raw), got);
	snprintf(want, sizeof(want), "%.*s", (int)(n - 2), text + 2);
	ck_assert_msg(strcmp(got, equals != NULL ? equals + 3 : want) == 0,
	    "%s: %s", text, got);
	cb_buf_free(&raw);
}

#define STEPS 12
static const char *const stories[][STEPS] = {
	/* commands with passcodes and keys */
	{ "> 0020000106313233343536 = 0020000106<6>", "< 63C2",
	    "> 00200001", "< 63C2", "> 0020000100", "< 9000",
	    "> 002400010C313233343536363534333231 = 002400010C<12>", "< 9000",
	    "> 0024010104AABBCCDD = 0024010104<4>",
	    "> 002C000208AABBCCDD11223344 = 002C000208<8>",
	    "> 00DB3FFF04AABBCCDD = 00DB3FFF04<4>" },
	{ "> 80D8010104AABBCCDD = 80D8010104<4>",
	    "> 90D8010104AABBCCDD = 90D8010104<4>", "< 9000",
	    "> 80D8010102AABB = 80D8010102<2>", "< 9000",
	    "> 00CB3FFF044D027F49", "< 7F499000" },
	/* extended */
	{ "> 00200001000006313233343536 = 00200001000006<6>",
	    "> 002000010000063132333435360000 = 00200001000006<8>" },
	/* lengths that do not fit: nobody knows what is what */
	{ "> 002000010531323334353637 = <12>",
	    "> 0020000107313233343536 = <11>", "> 0020 = <2>", "> 00 = <1>",
	    "> 002000010000073132 = <9>",
	    "> 0020000106313233343536" "0020000106313233343536 = <22>" },
	/* ... or that fit by chance: an Lc that is one too small, an Le that
	 * is none */
	{ "> 002000010531323334353637 = <12>",
	    "> 0020000105313233343536 = 0020000105<6>",
	    "> 0020000131 = 00200001<1>",
	    "> 00200001003132 = 00200001<3>" },
	/* neighbours that some cards take for the same */
	{ "> 0021000102AABB = 0021000102<2>",
	    "> 0025000102AABB = 0025000102<2>",
	    "> 002D000102AABB = 002D000102<2>",
	    "> 0C20000102AABB = 0C20000102<2>",
	    "> 0120000102AABB = 0120000102<2>",
	    "> 4020000102AABB = 4020000102<2>",
	    "> 8020000102AABB = 8020000102<2>",
	    "> 00D7000002AABB = 00D7000002<2>",
	    "> 0087000002AABB = 0087000002<2>",
	    "> FF20000102AABB = FF20000102<2>" },
	/* a secure class or a logical channel hides everything */
	{ "> 00A4000002501500", "< 9000", "> 0CB0000010 = 0CB00000<1>",
	    "< AABB9000 = <2>9000", "> 01B0000010 = 01B00000<1>", "< AABB9000 = <2>9000",
	    /* and what it selects is not known */
	    "> 00B0000010", "< AABB9000 = <2>9000" },
	/* answers of DECIPHER, at once and by GET RESPONSE */
	{ "> 002A808603112233", "< AABB9000 = <2>9000",
	    "> 002A808603112233", "< 6102", "> 00C0000002",
	    "< AABB9000 = <2>9000", "> 00A4000002501500", "< 6102",
	    "> 00C0000002", "< 62009000", "> 00C0000002",
	    "< AABB9000 = <2>9000" },
	/* in parts, by a chain and with what is left in between */
	{ "> 102A8086021122", "< 9000", "> 002A8086013300", "< AA6101 = <1>6101",
	    "> 00C0000001", "< BB6C02 = <1>6C02", "> 00C0000002",
	    "< BBCC9000 = <2>9000" },
	/* a wrong Le does not hide the rest of an open answer */
	{ "> 00A4000002501500", "< 6102", "> 00C0000001", "< 6C02",
	    "> 00C0000002", "< 62009000" },
	/* who begins a chain that is blotted decides for who goes on */
	{ "> 10DB3FFF02AABB = 10DB3FFF02<2>", "< 9000",
	    "> 00A4000002501500 = 00A4000002<3>", "< 62009000 = <2>9000",
	    "> 00B0000002", "< AABB9000 = <2>9000", "> 00A4000002501500",
	    "< 9000", "> 00B0000002", "< AABB9000" },
	{ "> 10DB3FFF02AABB = 10DB3FFF02<2>",
	    "> 10D6000002AABB = 10D6000002<2>",
	    "> 00DB3FFF02AABB = 00DB3FFF02<2>" },
	{ "> 102A8086021122", "< 9000", "> 002A9E9A021122",
	    "< AABB9000 = <2>9000" },
	/* EF 2000 by identifier, by path, from here, by its parts */
	{ "> 00A4000002501500", "< 9000", "> 00D6000002AABB", "< 9000",
	    "> 00A4000002200000", "< 9000", "> 00B0000010",
	    "< AABB9000 = <2>9000", "> 00D6000002AABB = 00D6000002<2>",
	    "< 9000" },
	{ "> 00A40800043F002000", "< 9000", "> 00B0000000",
	    "< AABB9000 = <2>9000", "> 00A4080006200050152F00", "< 9000",
	    "> 00B0000000", "< AABB9000", "> 00A4090C0450152000", "< 9000",
	    "> 00B20104", "< AABB9000 = <2>9000" },
	{ "> 00A4020C022000", "< 9000", "> 00C0000010",
	    "< AABB9000 = <2>9000", "> 00B0000010", "< 6110",
	    "> 00C0000010", "< AABB9000 = <2>9000" },
	{ "> 10A40800023F00", "< 9000", "> 00A40800022000", "< 9000",
	    "> 00B0000000", "< AABB9000 = <2>9000" },
	{ "> 00A4080C033F0020", "< 9000", "> 00B0000000",
	    "< AABB9000 = <2>9000" },
	/* a SELECT that failed may have been one all the same */
	{ "> 00A4000002501500", "< 9000", "> 00A4000002200000", "< 6A82",
	    "> 00B0000000", "< AABB9000 = <2>9000" },
	{ "> 00A4000002200000", "< 9000", "> 00A4000002501500", "< 6A82",
	    "> 00B0000000", "< AABB9000 = <2>9000" },
	{ "> 00A4000002501500", "< 9000", "> 00A4000002200000", "< ",
	    "> 00B0000000", "< AABB9000 = <2>9000" },
	/* by a short identifier, which is not known */
	{ "> 00A4000002501500", "< 9000", "> 00B0800010",
	    "< AABB9000 = <2>9000", "> 00B0000010", "< AABB9000 = <2>9000" },
	{ "> 00A4000002501500", "< 9000", "> 00D6810002AABB = 00D6810002<2>",
	    "< 9000", "> 00D6000002AABB = 00D6000002<2>" },
	{ "> 00A4000002501500", "< 9000", "> 00B2010C", "< AA9000 = <1>9000",
	    "> 00B20104", "< AA9000 = <1>9000" },
	/* what is made is selected */
	{ "> 00A4000002501500", "< 9000", "> 00E00000066204830220008000"
	    " = <13>" },
	{ "> 00A4000002501500", "< 9000", "> 00E0000006620483022000",
	    "< 9000", "> 00D6000002AABB = 00D6000002<2>" },
	{ "> 00A4000002501500", "< 9000", "> 00E0000006620483025015",
	    "< 9000", "> 00D6000002AABB", "> 00E000000462028000", "< 9000",
	    "> 00D6000002AABB = 00D6000002<2>" },
	/* if it is no DF, which leaves selected what was */
	{ "> 00A4000002200000", "< 9000",
	    "> 00E0000018621682023800830244448502000086"
	    "080000000000000000", "< 9000",
	    "> 00B0000010", "< AABB9000 = <2>9000" },
	/* nothing is known before the first SELECT, or after an unknown
	 * command, a name, a parent */
	{ "> 00B0000010", "< AABB9000 = <2>9000" },
	{ "> 00A4000002501500", "< 9000", "> 00550000", "< 9000",
	    "> 00B0000010", "< AABB9000 = <2>9000" },
	{ "> 00A4000002501500", "< 9000", "> 00A4040005A000000077", "< 9000",
	    "> 00B0000010", "< AABB9000 = <2>9000" },
	{ "> 00A4000002501500", "< 9000", "> 00A40300", "< 9000",
	    "> 00B0000010", "< AABB9000 = <2>9000" },
	/* but VERIFY selects nothing */
	{ "> 00A4000002501500", "< 9000",
	    "> 0020000102AABB = 0020000102<2>", "< 9000", "> 00B0000010",
	    "< AABB9000" },
	/* a command in the data of another */
	{ "> 00A4040011002000010C313233343536313233343536"
	    " = 00A4040011<17>" },
	{ "> 00C200000700200001023132 = 00C2000007<7>",
	    "< AABB9000 = <2>9000" },
	{ "> 00C0000002AABB = 00C0000002<2>", "< AABB9000 = <2>9000" },
	/* cards that may keep a passcode in any file, or make it with one */
	{ "foreign", "> 00A4000002501500", "< 9000", "> 00B0000010",
	    "< AABB9000", "> 00D6000002AABB = 00D6000002<2>",
	    "> 00E0000006620483025015 = 00E0000006<6>",
	    "> 0020000102AABB = 0020000102<2>",
	    "> 0024000102AABB = 0024000102<2>",
	    "> 002C000102AABB = 002C000102<2>" },
	/* and to which our own commands may be others, with a passcode */
	{ "foreign", "> 802E000102AABB = 802E000102<2>",
	    "> 8032000102AABB = 8032000102<2>",
	    "> 8034000102AABB = 8034000102<2>",
	    "> 80B4000102AABB = 80B4000102<2>", "< AABB9000 = <2>9000" },
	/* or that decipher by it */
	{ "foreign", "> 0088000002AABB = 0088000002<2>",
	    "< AABB9000 = <2>9000" },
	/* less than a status word */
	{ "> 00A4000002501500", "< 9000", "> 00B0000001", "< AA = <1>" },
};

START_TEST(a_conversation)
{
	const char *const *steps = stories[_i];
	bool foreign = strcmp(steps[0], "foreign") == 0;
	struct br_blot b;

	br_blot_reset(&b, !foreign);
	for (size_t i = foreign; i < STEPS && steps[i] != NULL; i++)
		step(&b, steps[i]);
}
END_TEST

/* The data of these are never seen, whatever class and parameters say. */
static bool
carries_secrets(uint8_t ins)
{
	static const uint8_t them[] = { 0x20, 0x24, 0x2C, 0x82, 0x86, 0xC2,
		0xD8, 0xDA };

	for (size_t i = 0; i < sizeof(them); i++)
		if ((ins & 0xFE) == them[i])
			return true;
	return false;
}

START_TEST(no_header_shows_what_is_secret)
{
	/* those of the table, and some */
	static const uint8_t p[][2] = { { 0x00, 0x00 }, { 0x01, 0x81 },
		{ 0x04, 0x00 }, { 0x08, 0x0C }, { 0x3F, 0xFF }, { 0x41, 0xB6 },
		{ 0x80, 0x86 }, { 0x9E, 0x9A }, { 0xFF, 0xFF } };
	uint8_t cmd[] = { 0, 0, 0, 0, 4, 0x31, 0x32, 0x33, 0x34 };
	struct br_seen seen;
	struct br_blot b;
	bool strange;

	for (size_t i = 0; i < 65536 * sizeof(p) / sizeof(p[0]); i++) {
		cmd[0] = (uint8_t)(i & 0xFF);
		cmd[1] = (uint8_t)(i >> 8 & 0xFF);
		cmd[2] = p[i >> 16][0];
		cmd[3] = p[i >> 16][1];
		strange = (cmd[0] & 0x6F) != 0 ||
		    ((cmd[0] & 0x80) != 0 && (cmd[1] & 1) != 0);
		br_blot_reset(&b, true);
		b.ef = BR_EF_OPEN;
		br_blot_command(&b, CB_SPAN_OF(cmd), &seen);
		if (!strange && !carries_secrets(cmd[1]))
			continue;
		if (seen.shown > 5 || seen.shown + seen.hidden != sizeof(cmd))
			ck_abort_msg("%02X %02X %02X %02X", cmd[0], cmd[1],
			    cmd[2], cmd[3]);
	}
}
END_TEST

/* Any Lc that is not the right one, with and without a byte more. */
START_TEST(no_length_shows_what_is_secret)
{
	uint8_t cmd[] = { 0, 0x20, 0, 1, 0, 0x31, 0x32, 0x33, 0x34, 0x35,
		0x36, 0x37, 0x38 };
	struct br_seen seen;
	struct br_blot b;

	for (size_t i = 0; i < 256 * (sizeof(cmd) - 4); i++) {
		size_t n = 5 + i / 256;

		cmd[4] = (uint8_t)(i & 0xFF);
		br_blot_reset(&b, true);
		br_blot_command(&b, cb_span(cmd, n), &seen);
		ck_assert_uint_le(seen.shown, 5);
		ck_assert_uint_eq(seen.shown + seen.hidden, n);
	}
}
END_TEST

static const struct {
	const char *command, *words;
} words[] = {
	{ "00A4040C07A0000000770103", "SELECT by name AuthentIC v5" },
	{ "00A408000450155031", "SELECT by path 5015/5031" },
	{ "00B0010080", "READ BINARY at 256, 128 bytes" },
	{ "00B08203", "READ BINARY short EF 02 at 3" },
	{ "0020008100", "VERIFY (tries left?) 81" },
	{ "00200081023132", "VERIFY 81" },
	{ "10DB3FFF0170", "PUT DATA 3FFF, more follows" },
	{ "00DB3FFF0170", "PUT DATA 3FFF" },
	{ "0C20008100", "VERIFY (tries left?) 81, class 0C" },
	{ "005500", "no command" },
	{ "00550000", "INS 55" },
	{ "00C0000010", "GET RESPONSE, 16 bytes" },
	{ "04C0000010", "GET RESPONSE" },
	/* what is hidden is not in the words either */
	{ "0CA4000002" "5015", "SELECT, class 0C" },
};

START_TEST(headers_in_words)
{
	struct cb_buf raw = CB_BUF_INIT;
	struct br_seen seen;
	struct br_blot b;

	ck_ok(cb_hex_decode(&raw, words[_i].command,
	    strlen(words[_i].command)));
	br_blot_reset(&b, true);
	br_blot_command(&b, cb_buf_span(&raw), &seen);
	ck_assert_str_eq(seen.words, words[_i].words);
	cb_buf_free(&raw);
}
END_TEST

#define LOOP(t, table) \
	tcase_add_loop_test(tc, t, 0, (int)(sizeof(table) / sizeof((table)[0])))

Suite *
blot_suite(void)
{
	Suite *s = suite_create("blot");
	TCase *tc = tcase_create("blot");

	tcase_set_timeout(tc, 60);
	LOOP(a_conversation, stories);
	LOOP(headers_in_words, words);
	tcase_add_test(tc, no_header_shows_what_is_secret);
	tcase_add_test(tc, no_length_shows_what_is_secret);
	suite_add_tcase(s, tc);
	return s;
}

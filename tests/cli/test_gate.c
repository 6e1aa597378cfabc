/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a probe may send, and that it may send nothing else.
 */
#include <string.h>

#include "cli/probe/gate.h"
#include "common/buf.h"
#include "common/hex.h"
#include "tests/cli/suites.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const uint8_t refs[] = { 0x04, 0x81 };
static const struct probe_queries some = { refs, sizeof(refs) };
static const struct probe_queries none = { NULL, 0 };

static const struct {
	const char *apdu;
	bool pass;
} commands[] = {
	{ "00A4040C07A0000000030000", true },
	{ "00A4040010A0000000770100700A1000F10000010000", true },
	{ "00A40000023F0000", true },
	{ "00A4000000", true },
	{ "00A40904022F0100", true },
	{ "00A40800041600000400", true },
	{ "00A4030000", true },
	{ "00A4040011A0000000770100700A1000F1000001000011", false },
	{ "00A40004023F00", true },
	{ "00A40008023F00", false },
	{ "00A4050002 3F00", false },
	{ "00A40002023F00", false },		/* the next occurrence */
	{ "00B0000000", true },
	{ "00B09C00C0", true },
	{ "00B00000", true },
	{ "00B0000001FF", false },		/* data */
	{ "00B1000002540100", false },		/* the odd code */
	{ "00B2010400", true },
	{ "00B2010500", false },		/* all from there on */
	{ "00B2000400", false },
	{ "00C0000010", true },
	{ "80CA9F7F2D", true },
	{ "00CA9F7F2D", true },
	{ "80CADF0308", true },
	{ "00CA5F0100", true },
	{ "00CA5F0800", false },
	{ "00CA0101 00", false },
	{ "00CB3FFF0A4D087006BF810102A08000", true },
	{ "00CB3FFF055C035FC10200", true },
	{ "00CB3FFF0400000000", false },
	{ "00CB3FFE055C035FC10200", false },
	{ "8034000040", true },
	{ "0034000040", false },
	{ "80340001 40", false },
	/* tries */
	{ "00200081", true },
	{ "0020008100", true },
	{ "00200004", true },
	{ "00200001", false },			/* not one that was named */
	{ "00200181", false },
	{ "80200081", false },
	{ "0020008101", false },		/* with an Le */
	{ "002000810431323334", false },
	{ "00200081080000000000000000", false },
	{ "00200081000000", false },		/* extended Le */
	{ "0020008100000431323334", false },	/* extended Lc */
	{ "10200081", false },
	{ "0C200081", false },
	{ "0021008102 5C00", false },
	/* what changes, signs or spends */
	{ "0024000180", false }, { "002C0081", false },
	{ "00D6000001FF", false }, { "00DC010401FF", false },
	{ "00E00000026200", false }, { "00E4000002 1000", false },
	{ "00E2000001FF", false }, { "8032010400", false },
	{ "0082000008 0000000000000000", false }, { "0084000008", false },
	{ "0088000001FF00", false }, { "002241B603800111", false },
	{ "002A9E9A01FF00", false }, { "00460000041000300000", false },
	{ "00DB3FFF0A70000000000000000000", false },
	{ "80D8010401FFFFFFFF", false }, { "80B4010000", false },
	{ "802E0021", false }, { "0044000000", false },
	{ "0004000000", false }, { "0070000001", false },
	/* no command at all */
	{ "", false }, { "00", false }, { "00A400", false },
	{ "00A4000005 3F00", false },
};

START_TEST(gate_rows)
{
	struct cb_buf b = CB_BUF_INIT;
	const char *hex = commands[_i].apdu;

	ck_assert_int_eq(cb_hex_decode(&b, hex, strlen(hex)), CB_OK);
	ck_assert_msg((probe_gate(cb_buf_span(&b), &some) != NULL) ==
	    commands[_i].pass, "%s", hex);
	cb_buf_free(&b);
}
END_TEST

static bool
known_ins(uint8_t cla, uint8_t ins)
{
	static const uint8_t iso[] = { 0x20, 0xA4, 0xB0, 0xB2, 0xC0, 0xCA,
		0xCB };

	return (cla == 0x00 && memchr(iso, ins, sizeof(iso)) != NULL) ||
	    (cla == 0x80 && (ins == 0xCA || ins == 0x34));
}

/* Every class and instruction, with parameters, lengths and data of all
 * sorts: what is not in the list never passes. */
START_TEST(gate_refuses_all_else)
{
	static const uint8_t params[] = { 0x00, 0x01, 0x04, 0x0C, 0x3F, 0x5F,
		0x81, 0x9F, 0xFF };
	static const size_t lengths[] = { 4, 5, 6, 13, 69 };
	uint8_t apdu[80];

	for (unsigned head = 0; head <= 0xFFFF; head++)
		for (int l = 0; l < N(lengths); l++)
			for (int p = 0; p < N(params) * N(params); p++) {
				memset(apdu, 0x31, sizeof(apdu));
				apdu[0] = (uint8_t)(head >> 8);
				apdu[1] = (uint8_t)head;
				apdu[2] = params[p / N(params)];
				apdu[3] = params[p % N(params)];
				apdu[4] = (uint8_t)(lengths[l] - 5);
				if (probe_gate(cb_span(apdu, lengths[l]),
					&some) == NULL)
					continue;
				ck_assert_msg(known_ins(apdu[0], apdu[1]),
				    "%02X %02X", apdu[0], apdu[1]);
				if (apdu[1] == 0x20)
					ck_assert(lengths[l] == 4 ||
					    (lengths[l] == 5 && apdu[4] == 0));
			}
}
END_TEST

/* No reference may be asked but those that are named at that time. */
START_TEST(gate_asks_tries_only_where_named)
{
	uint8_t apdu[] = { 0x00, 0x20, 0x00, 0x00 };

	for (unsigned ref = 0; ref <= 0xFF; ref++) {
		apdu[3] = (uint8_t)ref;
		ck_assert_ptr_null(probe_gate(CB_SPAN_OF(apdu), &none));
		ck_assert_ptr_null(probe_gate(CB_SPAN_OF(apdu), NULL));
		ck_assert((probe_gate(CB_SPAN_OF(apdu), &some) != NULL) ==
		    (ref == 0x04 || ref == 0x81));
	}
}
END_TEST

Suite *
gate_suite(void)
{
	Suite *s = suite_create("gate");
	TCase *tc = tcase_create("gate"), *slow = tcase_create("slow");

	tcase_add_loop_test(tc, gate_rows, 0, N(commands));
	tcase_add_test(tc, gate_asks_tries_only_where_named);
	tcase_add_test(slow, gate_refuses_all_else);
	tcase_set_tags(slow, "slow");
	tcase_set_timeout(slow, 60);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, slow);
	return s;
}

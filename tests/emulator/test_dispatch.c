/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The way of a command: class bytes, unknown commands, the four cases in both
 * protocols, 61xx, 6Cxx, GET RESPONSE, chaining; and what the card manager
 * answers.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define CPLC_DATA \
	"9F7F2A 4090 6531 4051 5331 2210 5331 1A2B3C4D 1234 4090 5332 00*20 "
#define MF_FCI "6F15 82023800 83023F00 850110 8608 24240024240024FF"

static const struct step classes[] = {
	{ SELECT_A5, "9000" },
	{ "01A40000 02 3F00", "6881" },
	{ "02A40000 02 3F00", "6881" },
	{ "03A40000 02 3F00", "6881" },
	{ "04A40000 02 3F00", "6882" },
	{ "08A40000 02 3F00", "6882" },
	{ "0CA40000 02 3F00", "6882" },
	{ "0FA40000 02 3F00", "6882" },
	{ "84200081", "6882" },
	{ "8C200081", "6882" },
	{ "83340000 40", "6881" },
	{ "20A40000 02 3F00", "6E00" },
	{ "40A40000 02 3F00", "6E00" },
	{ "A0A40000 02 3F00", "6E00" },
	{ "C0A40000 02 3F00", "6E00" },
	{ "E0A40000 02 3F00", "6E00" },
	{ "FFA40000 02 3F00", "6E00" },
	/* known INS, the other class */
	{ "80A40000 02 3F00", "6E00" },
	{ "80B00000 10", "6E00" },
	{ "00340000 40", "6E00" },
	{ "002E0021", "6E00" },
	{ "00D80104 01 00", "6E00" },
	/* chaining where there is none */
	{ "10A40000 02 3F00", "6884" },
	{ "10200081 # <1>", "6884" },
	{ "10D60000 01 00", "6884" },
	{ "90340000 40", "6884" },
	{ "10460000 04 10003000", "6884" },
	/* the first of a chain: its end will tell */
	{ "90D80000 01 00", "9000" },
	{ NULL, NULL },
};

static const struct step unknown[] = {
	{ SELECT_A5, "9000" },
	{ "00000000", "6D00" },
	{ "00FF0000", "6D00" },
	{ "00C20000 01 00", "6D00" },
	{ "80CA9F7F 2D", "6D00" },	/* the card manager's */
	{ "00880000 08 00*8 00", "6D00" }, /* INTERNAL AUTHENTICATE */
	{ "00820000 08 00*8", "6D00" },
	{ "00A20000 01 00", "6D00" },
	{ "00D00000 01 00", "6D00" },
	{ "000E0000", "6D00" },
	{ "00700000 01", "6D00" },	/* MANAGE CHANNEL */
	{ "80000000", "6D00" },
	/* unknown goes before the class that would not fit either way */
	{ "04000000", "6882" },
	{ "20000000", "6E00" },
	{ NULL, NULL },
};

static const struct step p1p2[] = {
	{ SELECT_A5, "9000" },
	{ "00A40100 02 3F00", "6A86" },
	{ "00A40200 02 3F00", "6A86" },
	{ "00A40001 02 3F00", "6A86" },
	{ "00A40004 02 3F00", "6A86" },
	{ "00A40301", "6A86" },
	{ "00A40400 00", "?" },
	{ SELECT_A5, "9000" },
	{ "00A40401 # " AID_A5, "6A86" },
	{ "00A40900 02 5011", "6A86" },
	{ "00B08000 01", "6A86" },
	{ "00B0FF00 01", "6A86" },
	{ "00D68000 01 00", "6A86" },
	{ "00B20100 01", "6A86" },
	{ "00B20105 01", "6A86" },
	{ "00B2010C 01", "6A86" },
	{ "00DC0100 01 00", "6A86" },
	{ "00DC0106 01 00", "6A86" },
	{ "00E20100 01 00", "6A86" },
	{ "00E20004 01 00", "6A86" },
	{ "80320100", "6A86" },
	{ "80320105", "6A86" },
	{ "00E00100 01 00", "6A86" },
	{ "00E40000 02 1000", "6A86" },
	{ "00E40300 02 1000", "6A86" },
	{ "00E40201 02 1000", "6A86" },
	{ "80340100 40", "6A86" },
	{ "80340001 40", "6A86" },
	{ "00840100 10", "6A86" },
	{ "00840001 10", "6A86" },
	{ "00200100", "6A86" },
	{ "00240200 # <1> <2>", "6A86" },
	{ "002C0100 # 00*16 <1>", "6A86" },
	{ "002C0300 # 00*16 <1>", "6A86" },
	{ "802E0121", "6A86" },
	{ "802E0020", "6A86" },
	{ "802E0023", "6A86" },
	{ "802E0024", "6A86" },
	{ "802E0081", "6A86" },
	{ "802E0001", "6A86" },
	{ "80D80105 01 00", "6A86" },
	{ "80B40101", "6A86" },
	{ "00460100 04 10003000", "6A86" },
	{ "00460001 04 10003000", "6A86" },
	{ "002241B4 03 800111", "6A86" },
	{ "002281B6 03 800111", "6A86" },
	{ "002A9E9B 01 00", "6A86" },
	{ "002A8086", "6700" },
	{ "002A9A9E 01 00", "6A86" },
	{ NULL, NULL },
};

static const struct step lengths[] = {
	{ SELECT_A5, "9000" },
	{ "00", "6700" },
	{ "00A4", "6700" },
	{ "00A400", "6700" },
	{ "00A40000 02 3F", "6700" },
	{ "00A40000 02 3F00 00 00", "6700" },
	{ "00A40000 03 3F00", "6700" },	/* Le is not data */
	{ "00A40000", "6700" },
	{ "00A40000 01 3F", "6700" },
	{ "00A40000 03 3F0000", "6700" },
	{ "00A40300 02 3F00", "6700" },
	{ "00A40800 02 5011", "? 9000" },
	{ "00A40800 01 50", "6700" },
	{ "00A40800 03 501110", "6700" },
	{ "00A40800", "6700" },
	{ "00B00000 01 00", "6700" },
	{ "00B20104 01 00", "6700" },
	{ "00D60000", "6700" },
	{ "00DC0104", "6700" },
	{ "00E20000", "6700" },
	{ "80320104 01 00", "6700" },
	{ "00E00000", "6700" },
	{ "00E40200", "6700" },
	{ "00E40200 01 10", "6700" },
	{ "00E40200 03 100000", "6700" },
	{ "00E40100 03 100000", "6700" },
	{ "80340000 02 0000", "6700" },
	{ "00840000", "6700" },
	{ "00840000 01 00", "6700" },
	{ "802E0021 01 00", "6700" },
	{ "80D80104", "6700" },
	{ "80B40100 01 00", "6700" },
	{ "00460000", "6700" },
	{ "00460000 03 100030", "6700" },
	{ "002241B6", "6700" },
	{ "002A9E9A", "6700" },
	/* extended forms: this card has none */
	{ "00A40000 000002 3F00 0000", "6700" },
	{ "00B00000 000100", "6700" },
	{ "00B00000 000000", "6700" },
	{ "00A40000 000002 3F00", "6700" },
	{ NULL, NULL },
};

static const struct step cases_t1[] = {
	{ SELECT_A5, "9000" },
	{ "00A40000 02 3F00 00", MF_FCI "9000" },
	{ "00A40000 02 3F00 FF", MF_FCI "9000" },
	{ "00A40000 02 3F00 17", MF_FCI "9000" },
	{ "00A40000 02 3F00 10", "?16 6107" },
	{ "00C00000 07", "240024240024FF 9000" },
	{ "00C00000 07", "6985" },
	{ "00A4000C 02 3F00", "9000" },
	{ "00A4000C 02 3F00 00", "9000" },
	{ UP, MF_FCI "9000" },
	{ "00A40300", MF_FCI "9000" },
	{ "00A40300 17", MF_FCI "9000" },
	{ "00A40300 05", "6C17" },
	{ "00A40300 18", MF_FCI "9000" },
	/* what was not answered was not done */
	{ CD("5011"), "9000" },
	{ CD("9001"), "9000" },
	{ "00A40300 10", "6C17" },
	{ "00A40300 17", "6F15 82023800 83025011 850128 8608 24FF0000240024FF"
	    " 9000" },
	{ CD("3F00"), "9000" },
	/* five bytes ending in 00 where nothing is answered: case 1 */
	{ "00200004 00", "63C3" },
	{ "00200004", "63C3" },
	{ "802E0021 00", "9000" },
	{ NULL, NULL },
};

static const struct step cases_t0[] = {
	{ SELECT_A5, "9000" },
	{ "00A40000 02 3F00", "6117" },
	{ "00C00000 17", MF_FCI "9000" },
	{ "00C00000 17", "6985" },
	{ "00A40000 02 3F00", "6117" },
	{ "00C00000 00", MF_FCI "9000" },
	/* in parts */
	{ "00A40000 02 3F00", "6117" },
	{ "00C00000 05", "6F15820238 6112" },
	{ "00C00000 10", "0083023F00 8501108608 242400242400 6102" },
	{ NULL, NULL },
};

static const struct step cases_t0_parts[] = {
	{ SELECT_A5, "9000" },
	{ "00A40000 02 3F00", "6117" },
	{ "00C00000 05", "6F15820238 6112" },
	{ "00C00000 10", "?16 6102" },
	{ "00C00000 02", "24FF 9000" },
	{ "00C00000 02", "6985" },
	/* any other command drops it */
	{ "00A40000 02 3F00", "6117" },
	{ "00200004 00", "63C3" },
	{ "00C00000 17", "6985" },
	{ "00A40000 02 3F00", "6117" },
	{ "00C00100 17", "6A86" },
	{ "00C00001 17", "6A86" },
	{ "00C00000 02 0000", "6700" },
	{ "00C00000 17", MF_FCI "9000" },
	/* case 2 is answered at once */
	{ UP, MF_FCI "9000" },
	{ "00840000 10", "?16 9000" },
	{ "80340000 40", "5011 9000" },
	{ "00A4000C 02 3F00", "9000" },
	{ "00200004 00", "63C3" },
	{ "802E0021 00", "9000" },
	{ "00A4000C 02 5011", "9000" },
	{ "00A40000 02 3000", "611B" },
	{ "00C00000 1B", "?27 9000" },
	{ "80320104 00", "9000" },
	{ "@reset", NULL },
	{ "00C00000 10", "6985" },
	/* the card manager's FCI */
	{ "00A40400 # " AID_CM, "6112" },
	{ "00C00000 12",
	    "6F108408A000000003000000A5049F6501FF 9000" },
	{ NULL, NULL },
};

static const struct step pending_is_gone[] = {
	{ SELECT_A5, "9000" },
	{ "00A40000 02 3F00", "6117" },
	{ "@reset", NULL },
	{ "00C00000 17", "6985" },
	{ SELECT_A5, "9000" },
	{ "00A40000 02 3F00", "6117" },
	{ "@off", NULL },
	{ "@on", NULL },
	{ "00C00000 17", "6985" },
	{ NULL, NULL },
};

static const struct step card_manager[] = {
	{ "80CA9F7F 2D", CPLC_DATA "9000" },
	{ "80CA9F7F 00", CPLC_DATA "9000" },
	{ "00CA9F7F 2D", CPLC_DATA "9000" },
	{ "80CA9F7F 10", "6C2D" },
	{ "80CA9F7E 2D", "6A86" },
	{ "80CA0066 00", "6A86" },
	{ "80CA9F7F 01 00", "6700" },
	{ SELECT_CM, "9000" },
	{ "00A40400 # " AID_CM,
	    "6F108408A000000003000000A5049F6501FF 9000" },
	{ "00A40400 # A000000003000000 | 00",
	    "6F108408A000000003000000A5049F6501FF 9000" },
	{ "00A40400", "6F108408A000000003000000A5049F6501FF 9000" },
	/* everything else */
	{ "00A40000 02 3F00", "6D00" },
	{ "00A40000 02 5011", "6D00" },
	{ "00B00000 10", "6D00" },
	{ "00200004", "6D00" },
	{ VERIFY_SO, "6D00" },
	{ "00840000 10", "6D00" },
	{ "80340000 40", "6D00" },
	{ "00E40200 02 5011", "6D00" },
	/* SELECT by AID */
	{ "00A4040C # E828BD080FA000000167455349474E", "6A82" },
	{ "00A4040C # A000000077", "9000" },
	{ SELECT_CM, "9000" },
	{ "00A4040C # A0000000", "6A82" },
	{ "00A4040C # " AID_A5 "00", "6A82" },
	{ "00A4040C # A000000077010303000000F100000003", "6A82" },
	{ "00A40408 # " AID_A5, "6A86" },
	{ SELECT_A5, "9000" },
	{ "80CA9F7F 2D", "6D00" },
	/* an unknown name leaves the selection as it was */
	{ "00A4040C # E828BD080FA000000167455349474E", "6A82" },
	{ UP, MF_FCI "9000" },
	{ "00A40400 # " AID_A5, "9000" },
	{ NULL, NULL },
};

/* A chain of PSO DECIPHER; its length tells what was collected: without MSE
 * 6985 comes first, so it is set. */
#define TO_KEY \
	{ SELECT_A5, "9000" }, { CD("5011"), "9000" }, \
	    { VERIFY_USER, "9000" }, { CD("9002"), "9000" }, \
	    { CD("3001"), "9000" }, { "002241B8 03 800111", "9000" }
#define HALF "102A8086 80 00*128"
#define OTHER_HALF "002A8086 80 00*128"
/* the text is zero: no padding in it */
#define WHOLE "6A80"
#define PART "6700"

static const struct step chain_whole[] = {
	TO_KEY,
	{ HALF, "9000" },
	{ OTHER_HALF, WHOLE },
	{ OTHER_HALF, PART },	/* the chain is over */
	{ "102A8086 08 00*8 00", "9000" },
	{ "002A8086 F8 00*248 F8", WHOLE },
	{ "102A8086 01 00", "9000" },
	{ "102A8086 01 00", "9000" },
	{ "002A8086 FE 00*254 00", WHOLE },
	{ "102A8086 01 00", "9000" },
	{ "002A8086 FE 00*254 00", PART },
	{ NULL, NULL },
};

#define BREAKS(cmd, sw) { HALF, "9000" }, { cmd, sw }, { OTHER_HALF, PART }
static const struct step chain_broken[] = {
	TO_KEY,
	/* by another command, by a refused one, by one of a wrong class */
	BREAKS("00200081", "9000"),
	BREAKS("00840000 01", "?1 9000"),
	BREAKS("00C00000 00", "6985"),
	BREAKS("00000000", "6D00"),
	BREAKS("00A40500 00", "6A86"),
	BREAKS("002A9E9A 80 00*128", "6985"),
	BREAKS("102A9E9A 80 00*128", "6884"),
	BREAKS("102A8087 80 00*128", "6A86"),
	BREAKS("0C2A8086 80 00*128", "6882"),
	BREAKS("1C2A8086 80 00*128", "6882"),
	BREAKS("112A8086 80 00*128", "6881"),
	BREAKS("A02A8086 80 00*128", "6E00"),
	BREAKS("902A8086 80 00*128", "6E00"),
	BREAKS("002A8086 000080 00*128", "6700"),
	BREAKS("00", "6700"),
	BREAKS("102A8086", "6700"),
	BREAKS("002A8086 00", "6700"),
	BREAKS(CD("3001"), "9000"),
	/* by a chain of another command */
	{ HALF, "9000" },
	{ "90D80104 01 00", "9000" },
	{ OTHER_HALF, PART },
	{ HALF, "9000" },
	{ "90D80104 01 00", "9000" },
	{ "80D80104 01 00", "6A80" },
	{ OTHER_HALF, PART },
	/* by reset */
	{ HALF, "9000" },
	{ "@reset", NULL },
	TO_KEY,
	{ OTHER_HALF, PART },
	{ NULL, NULL },
};

#define B250 { "102A8086 FA 00*250", "9000" }
static const struct step chain_too_long[] = {
	TO_KEY,
	B250, B250, B250, B250, B250, B250, B250, B250,
	B250, B250, B250, B250, B250, B250, B250, B250,
	{ "102A8086 60 00*96", "9000" },	/* 4096 */
	{ "102A8086 01 00", "6700" },
	/* the chain is over */
	{ HALF, "9000" },
	{ OTHER_HALF, WHOLE },
	{ NULL, NULL },
};

/* A login that ends takes the chain with it. */
static const struct step chain_idle[] = {
	TO_KEY,
	{ HALF, "9000" },
	{ "@wait 900000", NULL },
	{ OTHER_HALF, "6982" },
	{ VERIFY_USER, "9000" },
	{ OTHER_HALF, PART },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "class bytes", RIG_PERSONAL, classes },
	{ "unknown commands", RIG_PERSONAL, unknown },
	{ "P1 and P2", RIG_PERSONAL, p1p2 },
	{ "lengths", RIG_PERSONAL, lengths },
	{ "P1 and P2, T=0", RIG_T0, p1p2 },
	{ "class bytes, T=0", RIG_T0, classes },
	{ "cases in T=1", RIG_PERSONAL, cases_t1 },
	{ "cases in T=0", RIG_T0, cases_t0 },
	{ "answers in parts", RIG_T0, cases_t0_parts },
	{ "a pending answer does not survive reset", RIG_T0,
	    pending_is_gone },
	{ "card manager", RIG_PERSONAL, card_manager },
	{ "chains", RIG_PERSONAL, chain_whole },
	{ "chains in T=0", RIG_T0, chain_whole },
	{ "broken chains", RIG_PERSONAL, chain_broken },
	{ "a chain that is too long", RIG_PERSONAL, chain_too_long },
	{ "a chain and the end of a login", RIG_PERSONAL, chain_idle },
};

START_TEST(dispatch_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* Every class and INS: a status word, never an answer to a class with bits
 * that this card does not speak. */
START_TEST(no_command_is_answered_in_a_foreign_class)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	ck_assert_str_eq(rig_send(&r, SELECT_A5), "9000");
	for (unsigned cla = 0; cla < 256; cla++) {
		bool foreign = (cla & 0x6F) != 0;

		for (unsigned ins = 0; ins < 256; ins++) {
			uint16_t sw = rig_sw(
			    &r, rig_fmt("%02X%02X0000", cla, ins));

			if (foreign)
				ck_assert_msg((sw & 0xFF00) == 0x6800 ||
				    sw == 0x6E00, "%02X%02X: %04X", cla, ins,
				    sw);
			ck_assert_msg((sw & 0xF000) == 0x6000 ||
			    sw == 0x9000, "%02X%02X: %04X", cla, ins, sw);
		}
	}
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

/* The answer to an unpowered card is none. */
START_TEST(no_power_no_answer)
{
	struct cb_buf rsp = CB_BUF_INIT;
	const uint8_t cmd[] = { 0x00, 0xC0, 0, 0, 0 };
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	emu_card_power_off(r.card);
	ck_assert_int_eq(
	    emu_card_transmit(r.card, CB_SPAN_OF(cmd), &rsp), CB_E_ARG);
	ck_assert_uint_eq(rsp.n, 0);
	emu_card_power_on(r.card);
	ck_assert_int_eq(
	    emu_card_transmit(r.card, CB_SPAN_OF(cmd), &rsp), CB_OK);
	ck_assert_int_eq(
	    emu_card_transmit(r.card, CB_SPAN_EMPTY, &rsp), CB_OK);
	ck_assert(cb_span_equal(
	    cb_buf_span(&rsp), CB_SPAN_OF(((uint8_t[]){ 0x67, 0 }))));
	cb_buf_free(&rsp);
	rig_close(&r);
}
END_TEST

/* What is seen ahead is what GET RESPONSE then answers, and to look changes
 * nothing; what was fetched elsewhere is fetched here, too. */
START_TEST(get_response_is_seen_ahead)
{
	struct cb_buf select = CB_BUF_INIT, cmd = CB_BUF_INIT,
		      ahead = CB_BUF_INIT, rest = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_T0);
	rig_must(&r, SELECT_A5);
	ck_assert_int_eq(
	    emu_card_ahead(r.card, 0, &cmd, &ahead), CB_E_ABSENT);
	rig_bytes(&select, "00A40000 02 3F00");	/* 23 bytes wait */
	for (int fetched = 0; fetched < 2; fetched++) {
		ck_assert_int_eq(emu_card_transmit(r.card,
				     cb_buf_span(&select), &r.rsp),
		    CB_OK);
		if (fetched == 1)
			emu_card_fetched(r.card, 5);
		ck_assert_int_eq(
		    emu_card_ahead(r.card, 0, &cmd, &ahead), CB_OK);
		ck_assert_int_eq(
		    emu_card_ahead(r.card, 23, &rest, &rest), CB_E_ABSENT);
		ck_assert_int_eq(emu_card_transmit(r.card,
				     cb_buf_span(&cmd), &r.rsp),
		    CB_OK);
		ck_assert_uint_eq(r.rsp.n, fetched == 1 ? 20 : 25);
		ck_assert(cb_span_equal(
		    cb_buf_span(&ahead), cb_buf_span(&r.rsp)));
	}
	emu_card_fetched(r.card, 1);	/* more than there is */
	cb_buf_free(&select);
	cb_buf_free(&cmd);
	cb_buf_free(&ahead);
	cb_buf_free(&rest);
	rig_close(&r);
}
END_TEST

Suite *
dispatch_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("dispatch", &tc);

	tcase_add_loop_test(
	    tc, dispatch_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, get_response_is_seen_ahead);
	tcase_add_test(tc, no_command_is_answered_in_a_foreign_class);
	tcase_add_test(tc, no_power_no_answer);
	return s;
}

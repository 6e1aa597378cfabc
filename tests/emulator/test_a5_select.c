/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The tree of AuthentIC: SELECT and file control information, CREATE, DELETE
 * and LIST FILES, and the size of the card.
 */
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define FCI_MF "6F15 82023800 83023F00 850110 8608 24240024240024FF "
#define FCI_5011 "6F15 82023800 83025011 850128 8608 24FF0000240024FF "
#define FCI_9002 "6F15 82023800 83029002 850128 8608 21210000FFFFFFFF "
#define FCI_9001 "6F15 82023800 83029001 850150 8608 00000000FFFFFFFF "
#define SEL(fid) "00A40000 02 " fid " 00"
#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define AS_SO TO_5011, { VERIFY_SO, "9000" }
/* A DF of its own in 5011, with everything free. */
#define WORK AS_SO, { CREATE("3800", "7000", "0028", FREE), "9000" }, \
	{ CD("7000"), "9000" }

static const struct step fci[] = {
	{ SELECT_A5, "9000" },
	{ SEL("3F00"), FCI_MF "9000" },
	{ SEL("2F00"), "6A82" },
	{ SEL("5015"), "6A82" },
	{ SEL("5031"), "6A82" },
	{ SEL("5011"), FCI_5011 "9000" },
	{ SEL("1000"), "6F16 82020101 83021000 80020024 8608 "
		       "242400FFFFFFFFFF 9000" },
	{ SEL("2000"), "6F16 82020101 83022000 80020010 8608 "
		       "FF2424FFFFFFFFFF 9000" },
	{ SEL("3000"), "6F19 82050401008D02 83023000 85020014 8608 "
		       "00000000FFFFFFFF 9000" },
	{ SEL("4000"), "6F16 82020101 83024000 800200FA 8608 "
		       "000000FFFFFFFFFF 9000" },
	{ SEL("5000"), "6F16 82020101 83025000 8002007D 8608 "
		       "212100FFFFFFFFFF 9000" },
	{ SEL("9002"), FCI_9002 "9000" },
	{ SEL("3001"), "6F16 82021400 83023001 85020800 8608 "
		       "2121FF21FF21FFFF 9000" },
	{ SEL("3002"), "6F16 82021400 83023002 85020800 8608 "
		       "21FFFF21FFFFFFFF 9000" },
	{ UP, FCI_5011 "9000" },
	{ SEL("9001"), FCI_9001 "9000" },
	{ SEL("1001"), "6F16 82021200 83021001 85020800 8608 "
		       "00FF00FF00FF00FF 9000" },
	{ SEL("2001"), "6F16 82020101 83022001 800202FC 8608 "
		       "00000000FFFFFFFF 9000" },
	{ NULL, NULL },
};

static const struct step fci_made[] = {
	WORK,
	{ CREATE("0401", "3000", "0014", FREE), "9000" },
	{ SEL("3000"), "6F19 82050401000000 83023000 85020014 8608 00*8 "
		       "9000" },
	{ "00E20000 05 00*5", "9000" },
	{ "00E20000 03 00*3", "9000" },
	{ SEL("3000"), "6F19 82050401000502 83023000 85020014 8608 00*8 "
		       "9000" },
	{ CREATE("1100", "4000", "0040", FREE), "9000" },
	{ SEL("4000"), "6F16 82021100 83024000 85020040 8608 00*8 9000" },
	{ CREATE("1100", "4001", "0080", FREE), "9000" },
	{ SEL("4001"), "6F16 82021100 83024001 85020080 8608 00*8 9000" },
	{ CREATE("1100", "4002", "00C0", FREE), "9000" },
	{ SEL("4002"), "6F16 82021100 83024002 850200C0 8608 00*8 9000" },
	{ CREATE("1200", "1000", "0200", FREE), "9000" },
	{ SEL("1000"), "6F16 82021200 83021000 85020200 8608 00*8 9000" },
	{ CREATE("1400", "1001", "0400", FREE), "9000" },
	{ SEL("1001"), "6F16 82021400 83021001 85020400 8608 00*8 9000" },
	{ CREATE("3800", "7001", "0050", "01 02 03 04 05 06 07 08"), "9000" },
	{ SEL("7001"), "6F15 82023800 83027001 850150 8608 "
		       "0102030405060708 9000" },
	{ NULL, NULL },
};

static const struct step select_moves[] = {
	TO_5011,
	{ UP, FCI_MF "9000" },
	{ UP, FCI_MF "9000" },	/* stays there */
	{ CD("5011"), "9000" },
	{ CD("5011"), "6A82" },	/* itself is no child */
	{ CD("9001"), "9000" },
	{ CD("9002"), "6A82" },	/* a sibling */
	{ CD("5011"), "6A82" },	/* the parent */
	{ CD("1000"), "6A82" },	/* the parent's child */
	{ CD("2001"), "9000" },
	/* after an EF the current DF is unchanged */
	{ CD("1001"), "9000" },
	{ CD("3F00"), "9000" },	/* from everywhere */
	{ CD("9001"), "6A82" },	/* a grandchild */
	{ CD("1000"), "6A82" },
	{ CD("5011"), "9000" },
	{ CD("9001"), "9000" },
	{ UP, FCI_5011 "9000" },
	{ CD("9002"), "9000" },
	{ "00A4000C 02 3F00 00", "9000" },
	{ NULL, NULL },
};

static const struct step select_current_ef[] = {
	TO_5011,
	{ "00B00000 01", "6986" },
	{ CD("1000"), "9000" },
	{ "00B00000 01", "4E 9000" },
	/* what is not found leaves it */
	{ CD("1234"), "6A82" },
	{ "00B00000 01", "4E 9000" },
	{ CD("9001"), "9000" },
	{ "00B00000 01", "6986" },	/* a DF clears it */
	{ UP, "? 9000" },
	{ "00B00000 01", "6986" },
	{ CD("1000"), "9000" },
	{ UP, FCI_MF "9000" },	/* of 5011, which is current */
	{ "00B00000 01", "6986" },
	{ CD("5011"), "9000" },
	{ CD("1000"), "9000" },
	{ SELECT_A5, "9000" },
	{ "00B00000 01", "6986" },
	{ CD("1000"), "6A82" },	/* the MF is current */
	{ NULL, NULL },
};

static const struct step select_by_path_ends[] = {
	{ SELECT_A5, "9000" },
	{ "00A40800 06 501190011001 00", "?24 9000" },
	{ "80B40200", "010001 9000" },
	{ CD("2001"), "9000" },	/* its DF is current */
	{ "00A40800 04 50111000", "?24 9000" },
	{ "00B00000 01", "4E 9000" },
	{ "00A40800 04 50111234", "6A82" },
	{ "00A40800 06 501110001000", "6A82" },	/* through an EF */
	{ "00A40800 04 3F005011", "6A82" },	/* the MF is not named */
	{ "00B00000 01", "4E 9000" },
	{ NULL, NULL },
};

#define CREATE_RAW(lc, data) "00E00000 " lc " " data
static const struct step create_data[] = {
	WORK,
	/* FIDs that no file may have */
	{ CREATE("0101", "0000", "0001", FREE), "6A80" },
	{ CREATE("0101", "3F00", "0001", FREE), "6A80" },
	{ CREATE("0101", "3FFF", "0001", FREE), "6A80" },
	{ CREATE("0101", "FFFF", "0001", FREE), "6A80" },
	{ CREATE("3800", "3F00", "0001", FREE), "6A80" },
	/* descriptors that are none */
	{ CREATE("0100", "1000", "0001", FREE), "6A80" },
	{ CREATE("0201", "1000", "0001", FREE), "6A80" },
	{ CREATE("0400", "1000", "0001", FREE), "6A80" },
	{ CREATE("3801", "1000", "0001", FREE), "6A80" },
	{ CREATE("1101", "1000", "0040", FREE), "6A80" },
	{ CREATE("1300", "1000", "0400", FREE), "6A80" },
	{ CREATE("0000", "1000", "0001", FREE), "6A80" },
	/* key lengths */
	{ CREATE("1200", "1000", "0000", FREE), "6A80" },
	{ CREATE("1200", "1000", "0300", FREE), "6A80" },
	{ CREATE("1400", "1000", "0600", FREE), "6A80" },
	{ CREATE("1400", "1000", "1000", FREE), "6A80" },
	{ CREATE("1400", "1000", "0100", FREE), "6A80" },
	{ CREATE("1100", "1000", "0038", FREE), "6A80" },
	{ CREATE("1100", "1000", "0100", FREE), "6A80" },
	/* forms */
	{ CREATE_RAW("17", "6215 82020101 83021000 85020001 8607 00*7"),
	    "6A80" },
	{ CREATE_RAW("19", "6217 82020101 83021000 85020001 8609 00*9"),
	    "6A80" },
	{ CREATE_RAW("18", "6F16 82020101 83021000 85020001 8608 00*8"),
	    "6A80" },
	{ CREATE_RAW("18", "6216 83021000 82020101 85020001 8608 00*8"),
	    "6A80" },
	{ CREATE_RAW("18", "6216 82020101 83021000 80020001 8608 00*8"),
	    "6A80" },
	{ CREATE_RAW("18", "6215 82020101 83021000 85020001 8608 00*8"),
	    "6A80" },
	{ CREATE_RAW("19", "6216 82020101 83021000 85020001 8608 00*8 00"),
	    "6A80" },
	{ CREATE_RAW("18", "6217 82020101 83021000 85020001 8608 00*8"),
	    "6A80" },
	{ CREATE_RAW("02", "6200"), "6A80" },
	{ CREATE_RAW("01", "62"), "6A80" },
	{ CREATE_RAW("17", "6215 820101 83021000 85020001 8608 00*8"),
	    "6A80" },
	{ CREATE_RAW("17", "6215 82020101 830110 85020001 8608 00*8"),
	    "6A80" },
	{ "@no-disk", NULL },
	/* nothing came of it */
	{ "80340000 40", "9000" },
	/* record count in P2: taken as it comes */
	{ "00E00005 18 6216 82020401 83023000 85020014 8608 00*8", "9000" },
	{ "80340000 40", "3000 9000" },
	{ NULL, NULL },
};

static const struct step create_files[] = {
	WORK,
	{ CREATE("0101", "1000", "0004", FREE), "9000" },
	/* is current, and zero */
	{ "00B00000 00", "00*4 9000" },
	{ CREATE("0101", "1000", "0004", FREE), "6A89" },
	{ CREATE("3800", "1000", "0028", FREE), "6A89" },
	{ "00B00000 00", "00*4 9000" },
	{ CREATE("3800", "7001", "0028", FREE), "9000" },
	/* does not enter the DF, nor leave the file */
	{ "00B00000 00", "00*4 9000" },
	{ CREATE("3800", "7001", "0028", FREE), "6A89" },
	{ "80340000 40", "1000 7001 9000" },
	{ CD("7001"), "9000" },
	{ "80340000 40", "9000" },
	/* the same number in another DF, and that of the parent */
	{ CREATE("0101", "1000", "0004", FREE), "9000" },
	{ CREATE("0101", "7000", "0000", FREE), "9000" },
	{ "00B00000 00", "6B00" },
	{ "80340000 00", "1000 7000 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "80340000 40", "1000 7001 9000" },
	{ CD("7001"), "9000" },
	{ "80340000 40", "1000 7000 9000" },
	{ NULL, NULL },
};

static const struct step delete_files[] = {
	WORK,
	{ CREATE("3800", "7001", "0028", FREE), "9000" },
	{ CREATE("0101", "1000", "0004", FREE), "9000" },
	{ CREATE("1400", "3000", "0200", FREE), "9000" },
	/* 02: an EF; 01: a DF */
	{ "00E40200 02 1234", "6A82" },
	{ "00E40100 02 1234", "6A82" },
	{ "00E40200 02 7001", "6A82" },
	{ "00E40100 02 1000", "6A82" },
	{ "00E40200 02 7000", "6A82" },	/* itself */
	{ "00E40100 02 7000", "6A82" },
	{ "00E40200 02 3F00", "6A82" },
	{ "80340000 40", "7001 1000 3000 9000" },
	/* the current EF */
	{ CD("1000"), "9000" },
	{ "00E40200 02 1000", "9000" },
	{ "00B00000 00", "6986" },
	{ "00E40200 02 1000", "6A82" },
	{ CD("1000"), "6A82" },
	/* another than the current EF */
	{ CREATE("0101", "1000", "0004", FREE), "9000" },
	{ "00E40200 02 3000", "9000" },
	{ "00B00000 00", "00*4 9000" },
	/* not empty */
	{ CD("7001"), "9000" },
	{ CREATE("0101", "1000", "0004", FREE), "9000" },
	{ UP, "? 9000" },
	{ "00E40100 02 7001", "6985" },
	{ "00E40200 02 7001", "6A82" },
	{ CD("7001"), "9000" },
	{ "00E40200 02 1000", "9000" },
	{ UP, "? 9000" },
	{ "00E40100 02 7001", "9000" },
	{ "00E40100 02 7001", "6A82" },
	{ "80340000 40", "1000 9000" },
	{ "@reopen", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "80340000 40", "1000 9000" },
	{ NULL, NULL },
};

static const struct step list[] = {
	{ SELECT_A5, "9000" },
	{ "80340000 40", "5011 9000" },
	{ CD("5011"), "9000" },
	{ "80340000 40", "9002 9001 1000 2000 3000 4000 5000 9000" },
	{ "80340000 00", "9002 9001 1000 2000 3000 4000 5000 9000" },
	/* cut at Le, and whole numbers only */
	{ "80340000 04", "9002 9001 9000" },
	{ "80340000 05", "9002 9001 9000" },
	{ "80340000 01", "9000" },
	{ CD("9002"), "9000" },
	{ "80340000 40", "3001 3101 3002 3102 9000" },
	{ NULL, NULL },
};

/* What pkcs15-init --erase-card does, by hand: the card is blank again. */
static const struct step erase_all[] = {
	{ SELECT_A5, "9000" },
	{ VERIFY_SO, "9000" },
	{ CD("5011"), "9000" },
	{ CD("9002"), "9000" },
	{ "00E40200 02 3001", "9000" },
	{ "00E40200 02 3101", "9000" },
	{ "00E40200 02 3002", "9000" },
	{ "00E40200 02 3102", "9000" },
	{ UP, "? 9000" },
	{ CD("9001"), "9000" },
	{ "00E40200 02 1001", "9000" },
	{ "00E40200 02 1101", "9000" },
	{ "00E40200 02 2001", "9000" },
	{ "00E40200 02 2101", "9000" },
	{ "00E40200 02 1002", "9000" },
	{ "00E40200 02 1102", "9000" },
	{ "00E40200 02 2002", "9000" },
	{ "00E40200 02 2102", "9000" },
	{ UP, "? 9000" },
	{ "00E40100 02 9002", "9000" },
	{ "00E40100 02 9001", "9000" },
	{ "00E40200 02 1000", "9000" },
	{ "00E40200 02 2000", "9000" },
	{ "00E40200 02 3000", "9000" },
	{ "00E40200 02 4000", "9000" },
	{ "00E40200 02 5000", "9000" },
	{ UP, FCI_MF "9000" },
	{ "00E40100 02 5011", "9000" },
	{ "80340000 40", "9000" },
	/* the user PIN went with its directory */
	{ "00200081", "6A88" },
	{ "00200004", "9000" },
	{ "@reopen", NULL },
	{ SELECT_A5, "9000" },
	{ "80340000 40", "9000" },
	{ "00200081", "6A88" },
	{ "00200004", "63C3" },
	{ CD("5011"), "6A82" },
	{ NULL, NULL },
};

static const struct step blank[] = {
	{ SELECT_A5, "9000" },
	{ SEL("3F00"), FCI_MF "9000" },
	{ "80340000 40", "9000" },
	{ SEL("5011"), "6A82" },
	{ "00200004", "63C3" },
	{ "00200081", "6A88" },
	{ "00200084", "6A88" },
	{ CREATE("3800", "5011", "0028", FREE), "6982" },
	{ VERIFY_SO, "9000" },
	{ CREATE("3800", "5011", "0028", FREE), "9000" },
	{ SEL("5011"), "6F15 82023800 83025011 850128 8608 00*8 9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "file control information", RIG_PERSONAL, fci },
	{ "that of files made", RIG_PERSONAL, fci_made },
	{ "where SELECT goes", RIG_PERSONAL, select_moves },
	{ "the current EF", RIG_PERSONAL, select_current_ef },
	{ "SELECT by path", RIG_PERSONAL, select_by_path_ends },
	{ "data of CREATE FILE", RIG_PERSONAL, create_data },
	{ "CREATE FILE", RIG_PERSONAL, create_files },
	{ "DELETE FILE", RIG_PERSONAL, delete_files },
	{ "LIST FILES", RIG_PERSONAL, list },
	{ "erasing", RIG_PERSONAL, erase_all },
	{ "a blank card", RIG_BLANK, blank },
};

START_TEST(a5_select_story)
{
	rig_story(&stories[_i]);
}
END_TEST

static void
play(struct rig *r, const struct step *steps)
{
	rig_play(r, "preparing", steps);
}

static const struct step work[] = { WORK, { NULL, NULL } };

/* LIST FILES gives 32 numbers at Le = 40, 128 at Le = 00, and no more. */
START_TEST(list_is_cut_at_le)
{
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	play(&r, work);
	for (unsigned i = 0; i < 130; i++)
		ck_assert_uint_eq(rig_sw(&r,
		    rig_fmt(CREATE("0101", "%04X", "0000", FREE), 0x1000 + i)),
		    0x9000);
	ck_assert_uint_eq(rig_sw(&r, "80340000 40"), 0x9000);
	ck_assert_uint_eq(r.rsp.n, 64 + 2);
	ck_assert_uint_eq(rig_sw(&r, "80340000 00"), 0x9000);
	ck_assert_uint_eq(r.rsp.n, 256 + 2);
	ck_assert_uint_eq(r.rsp.p[254], 0x10);
	ck_assert_uint_eq(r.rsp.p[255], 127);
	rig_close(&r);
}
END_TEST

/* Fills the card with files until it is full, in every kind of room that a
 * file takes; then what was freed can be used again. */
START_TEST(a_full_card_says_so)
{
	static const struct {
		const char *type, *size;
	} kinds[] = {
		{ "0101", "2000" }, { "0101", "0100" }, { "1400", "0800" },
		{ "1200", "0200" }, { "1100", "0040" }, { "3800", "0028" },
		{ "0101", "0000" },
	};
	unsigned fid = 0x1000, last = 0;
	uint32_t used;
	uint16_t sw;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	play(&r, work);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		/* one kind after the other fits into what the last left */
		while ((sw = rig_sw(&r,
			    rig_fmt(CREATE("%s", "%04X", "%s", FREE),
				kinds[k].type, fid, kinds[k].size))) == 0x9000)
			last = fid++;
		ck_assert_uint_eq(sw, 0x6A84);
		ck_assert_uint_le(r.card->used, r.card->size);
	}
	ck_assert_uint_lt(r.card->size - r.card->used, 32);
	rig_coherent(&r);
	/* records are refused too */
	ck_assert_uint_eq(rig_sw(&r, UP), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, CD("3000")), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, "00E20000 20 00*32"), 0x6A84);
	ck_assert_uint_eq(rig_sw(&r, "00DC0104 FF 00*255"), 0x6A84);
	ck_assert_uint_eq(rig_sw(&r, "00DC0104 8D 00*141"), 0x9000);
	/* room comes back, as much as was taken */
	ck_assert_uint_eq(rig_sw(&r, CD("7000")), 0x9000);
	used = r.card->used;
	ck_assert_uint_eq(
	    rig_sw(&r, rig_fmt("00E40200 02 %04X", last)), 0x9000);
	ck_assert_uint_lt(r.card->used, used);
	ck_assert_uint_eq(
	    rig_sw(&r, rig_fmt(CREATE("0101", "%04X", "0000", FREE), last)),
	    0x9000);
	ck_assert_uint_le(r.card->used, used);
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

/* Whatever came and went, the card is as empty as before. */
START_TEST(files_that_go_leave_no_trace)
{
	static const struct step steps[] = {
		{ CREATE("0101", "1000", "0100", FREE), "9000" },
		{ "00D60000 FF 11*255", "9000" },
		{ CREATE("0401", "3000", "0014", FREE), "9000" },
		{ "00E20000 FF 11*255", "9000" },
		{ "00E20000 10 11*16", "9000" },
		{ "00E20000 80 11*128", "9000" },
		{ "80320204", "9000" },
		{ "00DC0104 01 11", "9000" },
		{ CREATE("1400", "3001", "0800", FREE), "9000" },
		{ "80D80104 83 A380 11*128 00", "9000" },
		{ CREATE("1200", "1001", "0200", FREE), "9000" },
		{ CREATE("1100", "4000", "0040", FREE), "9000" },
		{ "00E40200 02 1000", "9000" },
		{ "00E40200 02 3000", "9000" },
		{ "00E40200 02 3001", "9000" },
		{ "00E40200 02 1001", "9000" },
		{ "00E40200 02 4000", "9000" },
		{ NULL, NULL },
	};
	uint32_t used;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	play(&r, work);
	used = r.card->used;
	play(&r, steps);
	ck_assert_uint_eq(r.card->used, used);
	rig_coherent(&r);
	ck_assert_uint_eq(rig_sw(&r, UP), 0x9000);
	ck_assert_uint_eq(rig_sw(&r, "00E40100 02 7000"), 0x9000);
	ck_assert_uint_lt(r.card->used, used);
	rig_coherent(&r);
	rig_close(&r);
}
END_TEST

Suite *
a5_select_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a5_select", &tc);

	tcase_add_loop_test(
	    tc, a5_select_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, list_is_cut_at_le);
	tcase_add_test(tc, a_full_card_says_so);
	tcase_add_test(tc, files_that_go_leave_no_trace);
	return s;
}

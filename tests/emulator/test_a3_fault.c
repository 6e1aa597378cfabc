/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Storage and randomness that fail at each place where they can, in each
 * command of AuthentIC v3 that changes the card: it answers 6581, the card is
 * the one from before in memory as in its records, and its keys still sign.
 * (What spends a try writes that before: test_card_fault.c, test_pin.c.)
 */
#include "tests/emulator/rig_fault.h"
#include "tests/emulator/suites.h"

#define RULES "0001 0001 0001 0000 0001 0001"

static const struct step ready[] = {
	{ SELECT_A3, "9000" },
	{ A3_VERIFY_1, "9000" },
	{ DOWN("5015"), "? 9000" },
	{ A3_CREATE("B000", "0010", "0000 0000 0001 0001"), "9000" },
	{ A3_CREATE("B001", "0010", "0001 0001 0001 0001"), "9000" },
	{ A3_KEY("08", "03", RULES), "9000" },
	{ "@put-key 03 a33", NULL },
	{ NULL, NULL },
};

static const struct step login[] = {
	{ SELECT_A3, "9000" },
	{ A3_VERIFY_1, "9000" },
	{ A3_VERIFY_2, "9000" },
	{ DOWN("5015"), "? 9000" },
	{ DOWN("B001"), "? 9000" },
	{ NULL, NULL },
};

/* NULL: the import of a key, which is many commands. */
static const char *const changes[] = {
	A3_CREATE("B002", "0010", "0000 0000 0001 0001"),
	A3_CREATE("B002", "0010", "0001 0001 0001 0001"),
	"00E40200 02 B000",
	"00E40200 02 B001",
	"00D60004 04 05060708",
	A3_KEY("08", "04", RULES),
	"00DB3FFF 08 A106 800108 830103",
	"00470000 08 AC06 800108 830103 00",
	"002C0201 # {654321}",
	"002C0301",
	NULL,
};

#define CHANGES_N ((int)(sizeof(changes) / sizeof(changes[0])))

static uint16_t
import(struct rig *r)
{
	return rig_put_key(r, 3, "1024");
}

/* As after a reset; the key of before signs. */
static void
still(struct rig *r)
{
	ck_assert_uint_eq(rig_sw(r, "00B00000 01"), 0x6D00);
	ck_assert_uint_eq(rig_sw(r, SELECT_A3), 0x9000);
	ck_assert_uint_eq(rig_sw(r, "00200001"), 0x63C3);
	ck_assert_uint_eq(rig_sw(r, A3_VERIFY_1), 0x9000);
	ck_assert_uint_eq(rig_sw(r, A3_MSE_SIGN("03")), 0x9000);
	ck_assert_uint_eq(rig_sw(r, "002A9E9A 01 77 00"), 0x9000);
	ck_assert(rig_verify("a33",
	    cb_span_head(cb_buf_span(&r->rsp), r->rsp.n - 2),
	    cb_span("\x77", 1)));
}

static const struct rig_fault fault = { RIG_A3_BLANK, ready, login, changes,
	import, still };

START_TEST(a3_storage_that_fails)
{
	rig_fail_storage(&fault, _i);
}
END_TEST

START_TEST(a3_randomness_that_fails)
{
	rig_fail_random(&fault, _i);
}
END_TEST

Suite *
a3_fault_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_fault", &tc);

	tcase_add_loop_test(tc, a3_storage_that_fails, 0, CHANGES_N);
	tcase_add_loop_test(tc, a3_randomness_that_fails, 0, CHANGES_N);
	return s;
}

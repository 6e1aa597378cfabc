/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Storage and randomness that fail at each place where they can, in each
 * command of AuthentIC v3 that changes the card: it answers 6581, the card is
 * the one from before in memory as in its records, and its keys still sign.
 * (What spends a try writes that before: test_card_fault.c, test_pin.c.)
 */
#include <string.h>

#include "tests/emulator/rig.h"
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
	"00470000 0B AC09 800108 830103 820103 00",
	"002C0201 # {654321}",
	"002C0301",
	NULL,
};

/* Records of a card with which all this can be done; made once in a test. */
static struct emu_nvm *prepared;

static void
begin(struct rig *r, struct cb_buf *before)
{
	if (prepared == NULL) {
		rig_open(r, RIG_A3_BLANK);
		rig_play(r, "ready", ready);
		prepared = rig_copy(r->records);
		rig_close(r);
	}
	rig_open_records(r, rig_copy(prepared));
	rig_play(r, "login", login);
	ck_assert_uint_eq(rig_sw(r, DOWN("B001")), 0x9000);
	rig_dump(r->records, before);
}

static uint16_t
change(struct rig *r, size_t i)
{
	return changes[i] != NULL ? rig_sw(r, changes[i])
				  : rig_put_key(r, 3, "1024");
}

static void
as_before(struct rig *r, const struct cb_buf *before, const char *what)
{
	struct cb_buf after = CB_BUF_INIT;

	rig_dump(r->records, &after);
	ck_assert_msg(
	    cb_span_equal(cb_buf_span(before), cb_buf_span(&after)),
	    "%s: the records have changed", what);
	rig_coherent(r);
	ck_assert_ptr_nonnull(strstr(r->notes, "was undone"));
	/* as after a reset; the key of before signs */
	ck_assert_uint_eq(rig_sw(r, "00B00000 01"), 0x6D00);
	ck_assert_uint_eq(rig_sw(r, SELECT_A3), 0x9000);
	ck_assert_uint_eq(rig_sw(r, "00200001"), 0x63C3);
	ck_assert_uint_eq(rig_sw(r, A3_VERIFY_1), 0x9000);
	ck_assert_uint_eq(rig_sw(r, A3_MSE_SIGN("03")), 0x9000);
	ck_assert_uint_eq(rig_sw(r, "002A9E9A 01 77 00"), 0x9000);
	ck_assert(rig_verify("a33",
	    cb_span_head(cb_buf_span(&r->rsp), r->rsp.n - 2),
	    cb_span("\x77", 1)));
	cb_buf_free(&after);
}

/* Fails at each place in turn, until nothing fails any more. */
static void
fail_each(size_t i, bool random)
{
	struct cb_buf before = CB_BUF_INIT;
	const char *what = changes[i] != NULL ? changes[i] : "import";
	unsigned from, failures = 0;
	struct rig r;
	uint16_t sw;

	for (unsigned at = 1;; at++) {
		begin(&r, &before);
		from = random ? r.random_calls : r.nvm->ops;
		if (random)
			r.random_fail_at = from + at;
		else
			r.nvm->fail_at = from + at;
		sw = change(&r, i);
		if ((random ? r.random_calls : r.nvm->ops) < from + at)
			break;
		ck_assert_msg(sw == 0x6581, "%s, failure %u: %04X", what, at,
		    sw);
		r.random_fail_at = r.nvm->fail_at = 0;
		as_before(&r, &before, what);
		failures++;
		rig_close(&r);
	}
	ck_assert_msg(sw == 0x9000, "%s: %04X", what, sw);
	ck_assert(random || failures >= 2);
	rig_coherent(&r);
	rig_close(&r);
	cb_buf_free(&before);
}

START_TEST(a3_storage_that_fails)
{
	fail_each((size_t)_i, false);
}
END_TEST

START_TEST(a3_randomness_that_fails)
{
	fail_each((size_t)_i, true);
}
END_TEST

Suite *
a3_fault_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_fault", &tc);

	tcase_add_loop_test(tc, a3_storage_that_fails, 0,
	    sizeof(changes) / sizeof(changes[0]));
	tcase_add_loop_test(tc, a3_randomness_that_fails, 0,
	    sizeof(changes) / sizeof(changes[0]));
	return s;
}

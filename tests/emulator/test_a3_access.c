/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access rules of AuthentIC v3: each position that guards an operation, with
 * each form of a rule, for nobody, the holder of PIN 1, of PIN 2, of both.
 * What is refused is refused with 6982 and changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

enum who { NOBODY = 0, USER = 1, PUK = 2, BOTH = 3, WHO_N };

/* Rules and, as bits of 1 << who, who tries and whom they let pass. What lets
 * nobody pass is tried with every right there is. */
static const struct {
	const char *rule;
	uint8_t tried, pass;
} values[] = {
	{ "0000", 1 << NOBODY, 1 << NOBODY },
	{ "0001", 0xF, 1 << USER | 1 << BOTH },
	{ "0002", 0xF, 1 << PUK | 1 << BOTH },
	{ "0003", 0x7, 1 << USER | 1 << PUK },
	{ "0004", 1 << BOTH, 0 },	/* PIN 3: there is none */
	{ "0080", 1 << BOTH, 0 },	/* no PIN has that bit */
	{ "0005", 0x7, 1 << USER },
	{ "FF00", 1 << BOTH, 0 },
	{ "FF01", 1 << BOTH, 0 },
	{ "4001", 1 << BOTH, 0 },	/* secure messaging: never, here */
	{ "2001", 1 << BOTH, 0 },
	{ "6003", 1 << BOTH, 0 },
	{ "0101", 1 << BOTH, 0 },
};
#define VALUES_N (sizeof(values) / sizeof(values[0]))

static void
log_in(struct rig *r, enum who who)
{
	rig_must(r, SELECT_A3);
	rig_must(r, DOWN("5015"));
	if (who & USER)
		rig_must(r, A3_VERIFY_1);
	if (who & PUK)
		rig_must(r, A3_VERIFY_2);
}

/* ---- rules of EFs and keys --------------------------------------------------------- */

/* One operation on EF B000 or key 05 (1024 bits, published), which have the
 * rule; how it is readied in the same session, and the command with its answer
 * where it may be. */
static const struct op {
	const char *name;
	bool key, filled;
	unsigned at;		/* position of the rule */
	const char *before, *cmd, *want;
} ops[] = {
	{ "READ BINARY", false, false, 0, DOWN("B000"), "00B00000 04",
	    "00*4 9000" },
	{ "DELETE FILE", false, false, 1, NULL, "00E40200 02 B000", "9000" },
	{ "UPDATE BINARY", false, false, 2, DOWN("B000"), "00D60001 01 55",
	    "9000" },
	/* data that are no key are refused, but not before the right is there */
	{ "import", true, false, 0, NULL,
	    "00DB3FFF 0A A108 800108 830105 A500", "6A80" },
	{ "delete", true, true, 1, NULL, "00DB3FFF 08 A106 800108 830105",
	    "9000" },
	{ "PSO decipher", true, true, 2, A3_MSE_DECIPHER("05"),
	    "002A8086 80 00*128 00", "6A80" },
	{ "PSO sign", true, true, 3, A3_MSE_SIGN("05"), "002A9E9A 01 77 00",
	    "?128 9000" },
	/* the exponent 4 is refused likewise */
	{ "GENERATE", true, false, 5, NULL,
	    "00470000 0B AC09 800108 830105 820104 00", "6A80" },
};

/* What is needed besides is free on this card. */
static struct emu_nvm *
prepare(const struct op *op, const char *rule)
{
	struct emu_profile *p = rig_profile_of(
	    "authentic3", "0001 FF00 0001", "0000 FF00 0000");
	struct emu_nvm *ready;
	struct rig r;
	char rules[25];

	memset(rules, '0', 24);
	memcpy(rules + (size_t)4 * op->at, rule, 4);
	rules[op->key ? 24 : 16] = '\0';
	rig_make(&r, p, RIG_A3_BLANK);
	log_in(&r, NOBODY);
	if (op->key)
		rig_must(&r, rig_fmt(A3_KEY("08", "05", "%s"), rules));
	else
		rig_must(&r, rig_fmt(A3_CREATE("B000", "0004", "%s"), rules));
	if (op->filled)
		ck_assert_uint_eq(rig_put_key(&r, 5, "a33"), 0x9000);
	ready = rig_copy(r.records);
	rig_close(&r);
	emu_profile_free(&p);
	return ready;
}

START_TEST(a3_rules_are_kept)
{
	const struct op *op = &ops[_i];
	struct emu_nvm *ready;
	struct rig r;
	char name[128];

	for (size_t v = 0; v < VALUES_N; v++) {
		ready = prepare(op, values[v].rule);
		for (enum who who = NOBODY; who < WHO_N; who++) {
			bool pass = (values[v].pass >> who & 1) != 0;

			if ((values[v].tried >> who & 1) == 0)
				continue;
			rig_open_records(&r, rig_copy(ready));
			log_in(&r, who);
			if (op->before != NULL)
				rig_must(&r, op->before);
			snprintf(name, sizeof(name), "%s, %s, %d", op->name,
			    values[v].rule, who);
			rig_allows(&r, name, op->cmd, pass, op->want,
			    "6982");
		}
		emu_nvm_free(&ready);
	}
}
END_TEST

/* ---- rules of the DF --------------------------------------------------------------- */

/* PSO wants CRYPTO of the DF and the key's own rule, which is PIN 1 here. */
static const struct df_op {
	const char *name;
	unsigned at;
	enum who besides;
	const char *before, *cmd, *want, *refused;
} df_ops[] = {
	{ "CREATE FILE", 0, NOBODY, NULL, A3_CREATE("B000", "0004", "00*8"),
	    "9000", "6982" },
	{ "PUT DATA (create)", 2, NOBODY, NULL, A3_KEY("08", "05", "00*12"),
	    "9000", "6982" },
	{ "PSO sign", 2, USER, A3_MSE_SIGN("01"), "002A9E9A 01 77 00",
	    "?256 9000", "6982" },
	{ "PSO decipher", 2, USER, A3_MSE_DECIPHER("01"),
	    "002A8086 80 00*128 00", "6700", "6982" },
	/* never, whatever the rule is */
	{ "DELETE FILE of the DF", 1, NOBODY, "00A40300 00",
	    "00E40100 02 5015", NULL, "6985" },
};

/* By the bits of the rule itself. */
static bool
df_op_passes(const struct df_op *op, size_t v, enum who who)
{
	const char *rule = values[v].rule;
	unsigned pins;

	if (op->want == NULL || sscanf(rule, "00%2x", &pins) != 1)
		return false;
	return (pins == 0 || (pins & who) != 0) &&
	    (who & op->besides) == op->besides;
}

START_TEST(a3_rules_of_the_df_are_kept)
{
	const struct df_op *op = &df_ops[_i];
	struct emu_profile *p;
	struct rig r, made;
	char rules[] = "000000000000", name[128], put[32];

	for (size_t v = 0; v < VALUES_N; v++) {
		memcpy(rules + (size_t)4 * op->at, values[v].rule, 4);
		snprintf(put, sizeof(put), "%s", rules);
		p = rig_profile_of("authentic3", "0001 FF00 0001", put);
		rig_make(&made, p, RIG_A3);
		for (enum who who = NOBODY; who < WHO_N; who++) {
			bool pass = df_op_passes(op, v, who);

			rig_open_records(&r, rig_copy(made.records));
			log_in(&r, who);
			if (op->before != NULL)
				(void)rig_send(&r, op->before);
			snprintf(name, sizeof(name), "%s, %s, %d", op->name,
			    values[v].rule, who);
			rig_allows(&r, name, op->cmd, pass, op->want,
			    op->refused);
		}
		rig_close(&made);
		emu_profile_free(&p);
	}
}
END_TEST

/* ---- what follows from them --------------------------------------------------------- */

#define TO_5015 { SELECT_A3, "9000" }, { DOWN("5015"), "? 9000" }
#define SIGN(no, sw) { A3_MSE_SIGN(no), "9000" }, { "002A9E9A 01 77 00", sw }

/* The commitment key signs and does not decipher; neither is replaced. */
static const struct step keys[] = {
	TO_5015,
	SIGN("01", "6982"),
	SIGN("02", "6982"),
	{ A3_VERIFY_2, "9000" },
	SIGN("01", "6982"),
	{ A3_VERIFY_1, "9000" },
	SIGN("01", "?256 9000"),
	SIGN("02", "?256 9000"),
	{ A3_MSE_DECIPHER("02"), "9000" },
	{ "002A8086 80 00*128 00", "6982" },
	{ "00DB3FFF 08 A106 80010C 830101", "6982" },
	{ "00DB3FFF 08 A106 80010C 830102", "6982" },
	{ "00DB3FFF 0A A108 80010C 830101 A500", "6982" },
	{ "00470000 08 AC06 80010C 830101 00", "6982" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

/* Whoever may write and not read: the next one who can, finds it. */
static const struct step written_blindly[] = {
	TO_5015,
	{ A3_VERIFY_1, "9000" },
	{ A3_CREATE("B000", "0008", "0002 0000 0001 0000"), "9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "00B00000 08", "6982" },
	{ "@reset", NULL },
	TO_5015,
	{ A3_VERIFY_2, "9000" },
	{ DOWN("B000"), "? 9000" },
	{ "00B00000 08", "01020304 00*4 9000" },
	{ "00D60000 04 05060708", "6982" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "the personalised keys", RIG_A3, keys },
	{ "written without the right to read", RIG_A3, written_blindly },
};

START_TEST(a3_access_story)
{
	rig_story(&stories[_i]);
}
END_TEST

Suite *
a3_access_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a3_access", &tc);
	TCase *slow = rig_slow(s);

	tcase_add_loop_test(
	    slow, a3_rules_are_kept, 0, sizeof(ops) / sizeof(ops[0]));
	tcase_add_loop_test(slow, a3_rules_of_the_df_are_kept, 0,
	    sizeof(df_ops) / sizeof(df_ops[0]));
	tcase_add_loop_test(
	    tc, a3_access_story, 0, sizeof(stories) / sizeof(stories[0]));
	return s;
}

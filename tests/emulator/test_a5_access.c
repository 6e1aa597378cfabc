/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access bytes of AuthentIC: each position that guards an operation, with
 * each value, for nobody, the user, the SO, and both. What is refused is
 * refused with 6982 and changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

enum who { NOBODY = 0, USER = 1, SO = 2, BOTH = 3, WHO_N };

/* Access bytes and, as bits of 1 << who, who tries and whom they let pass.
 * What lets nobody pass is tried with every right there is. */
static const struct {
	uint8_t byte, tried, pass;
} values[] = {
	{ 0x00, 1 << NOBODY, 1 << NOBODY },
	{ 0x21, 0xF, 1 << USER | 1 << BOTH },
	{ 0x22, 1 << BOTH, 0 },	/* the one-time PIN: there is none */
	{ 0x24, 0xF, 1 << SO | 1 << BOTH },
	{ 0x25, 0x7, 1 << USER | 1 << SO },
	{ 0x23, 1 << BOTH, 0 },
	{ 0x01, 1 << BOTH, 0 },
	{ 0x60, 1 << BOTH, 0 },	/* secure messaging: never, here */
	{ 0x7F, 1 << BOTH, 0 },
	{ 0xFF, 1 << BOTH, 0 },
};

#define DF "3800"
#define TRANSPARENT "0101"
#define LINEAR "0401"
#define PRIVATE "1400"
#define PUBLIC "1200"
#define DES "1100"
#define DES_KCV "82E136"

/* One operation: the file with the byte, how it is readied (nothing of that
 * asks for the byte), and the command with its answer where it may be. */
static const struct op {
	const char *name;
	const char *type, *size;
	unsigned at;		/* position of the byte */
	bool inside;		/* the command goes into the DF */
	const char *ready[3];	/* "private": the 512-bit key is put */
	const char *before;	/* in the same session as cmd */
	const char *cmd, *want;
} ops[] = {
	{ "CREATE FILE", DF, "0028", 0, true, { NULL }, NULL,
	    CREATE(TRANSPARENT, "1000", "0004", FREE), "9000" },
	{ "PSO sign in the DF", DF, "0028", 1, true,
	    { CREATE(PRIVATE, "3001", "0200", FREE), "private" },
	    "002241B6 03 800111", "002A9E9A 01 77", "?64 9000" },
	{ "PSO decipher in the DF", DF, "0028", 1, true,
	    { CREATE(PRIVATE, "3001", "0200", FREE), "private" },
	    "002241B8 03 800111", "002A8086 40 00*64", "6A80" },
	/* the exponent 4 is refused, but not before the right is there */
	{ "GENERATE in the DF", DF, "0028", 1, true,
	    { CREATE(PRIVATE, "3001", "0200", FREE),
		CREATE(PUBLIC, "1001", "0200", FREE) }, NULL,
	    "00460000 06 10013001 0104", "6A80" },
	{ "LIST FILES", DF, "0028", 2, true, { NULL }, NULL,
	    "80340000 40", "9000" },
	{ "DELETE FILE", DF, "0028", 3, true,
	    { CREATE(TRANSPARENT, "1000", "0004", "FF*8") }, NULL,
	    "00E40200 02 1000", "9000" },
	{ "DELETE FILE (DF)", DF, "0028", 3, true,
	    { CREATE(DF, "1000", "0004", "FF*8") }, NULL,
	    "00E40100 02 1000", "9000" },
	{ "CREATE PIN", DF, "0028", 4, true, { NULL }, NULL,
	    "00240182 # 03 40 <7777>", "9000" },
	{ "CHANGE", DF, "0028", 5, true, { "00240184 # 03 40 <7777>" },
	    NULL, "00240004 # <7777> <8888>", "9000" },
	{ "RESET RETRY COUNTER", DF, "0028", 6, true,
	    { "00240184 # 03 40 <7777> 03 01 55*16" }, NULL,
	    "002C0004 # 55*16 <8888>", "9000" },
	{ "APPEND RECORD", LINEAR, "0014", 0, false, { NULL }, NULL,
	    "00E20000 01 01", "9000" },
	{ "UPDATE RECORD", LINEAR, "0014", 1, false,
	    { "00E20000 01 01" }, NULL, "00DC0104 01 02", "9000" },
	{ "READ RECORD", LINEAR, "0014", 2, false,
	    { "00E20000 01 01" }, NULL, "00B20104 00", "01 9000" },
	{ "DELETE RECORD", LINEAR, "0014", 3, false,
	    { "00E20000 01 01" }, NULL, "80320104", "9000" },
	{ "UPDATE BINARY", TRANSPARENT, "0004", 1, false, { NULL }, NULL,
	    "00D60001 01 55", "9000" },
	{ "READ BINARY", TRANSPARENT, "0004", 2, false,
	    { "00D60001 01 55" }, NULL, "00B00000 00", "00550000 9000" },
	{ "PUT of a private key", PRIVATE, "0200", 0, false, { NULL }, NULL,
	    "80D80104 23 A320 55*32 00", "9000" },
	{ "GENERATE of a private key", PRIVATE, "0200", 0, false,
	    { CREATE(PUBLIC, "1001", "0200", FREE) }, NULL,
	    "00460000 06 10014444 0104", "6A80" },
	{ "PUT of a public key", PUBLIC, "0200", 0, false, { NULL }, NULL,
	    "80D80204 06 A103 010001 00", "9000" },
	{ "PUT of a DES key", DES, "0040", 0, false, { NULL }, NULL,
	    "80D80000 0E 8008 11*8 03 " DES_KCV, "9000" },
	{ "PSO decipher", PRIVATE, "0200", 1, false, { "private" },
	    "002241B8 03 800111", "002A8086 40 00*64", "6A80" },
	{ "PSO sign", PRIVATE, "0200", 3, false, { "private" },
	    "002241B6 03 800111", "002A9E9A 01 77", "?64 9000" },
};

/* In 5011 a DF 7000, in it the file 4444 that has the byte. */
static void
prepare(struct rig *r, const struct op *op, uint8_t byte)
{
	char access[17];

	memset(access, '0', 16);
	snprintf(access + (size_t)2 * op->at, 3, "%02X", byte);
	access[2 * op->at + 2] = op->at == 7 ? '\0' : '0';
	access[16] = '\0';
	rig_must(r, SELECT_A5);
	rig_must(r, CD("5011"));
	rig_must(r, VERIFY_SO);
	rig_must(r, CREATE(DF, "7000", "0028", FREE));
	rig_must(r, CD("7000"));
	rig_must(r, rig_fmt(
	    "00E00000 18 6216 8202 %s 8302 4444 8502 %s 8608 %s", op->type,
	    op->size, access));
	if (op->inside)
		rig_must(r, CD("4444"));
	for (unsigned i = 0; i < 3 && op->ready[i] != NULL; i++) {
		if (strcmp(op->ready[i], "private") == 0)
			rig_import(r, "512", false);
		else
			rig_must(r, op->ready[i]);
	}
	rig_reopen(r);
}

static void
log_in(struct rig *r, const struct op *op, enum who who)
{
	rig_must(r, SELECT_A5);
	rig_must(r, CD("5011"));
	if (who & USER)
		rig_must(r, VERIFY_USER);
	if (who & SO)
		rig_must(r, VERIFY_SO);
	rig_must(r, CD("7000"));
	rig_must(r, CD("4444"));
	if (op->inside && op->before != NULL)
		rig_must(r, CD("3001"));
	if (op->before != NULL)
		rig_must(r, op->before);
}

START_TEST(access_bytes_are_kept)
{
	const struct op *op = &ops[_i];
	struct emu_nvm *ready;
	struct rig r;
	char name[128];

	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		rig_open(&r, RIG_PERSONAL);
		prepare(&r, op, values[v].byte);
		ready = rig_copy(r.records);
		rig_close(&r);
		for (enum who who = NOBODY; who < WHO_N; who++) {
			bool pass = (values[v].pass >> who & 1) != 0;

			if ((values[v].tried >> who & 1) == 0)
				continue;
			rig_open_records(&r, rig_copy(ready));
			log_in(&r, op, who);
			snprintf(name, sizeof(name), "%s, %02X, %d",
			    op->name, values[v].byte, who);
			rig_allows(&r, name, op->cmd, pass, op->want,
			    "6982");
		}
		emu_nvm_free(&ready);
	}
}
END_TEST

#define TO_5011 { SELECT_A5, "9000" }, { CD("5011"), "9000" }
#define SIGN(sw) { "002241B6 03 800111", "9000" }, \
	{ "002A9E9A 01 77", sw }

/* Keys as pkcs15-init makes them carry 00 in their own sign and decipher
 * bytes: CRYPTO of the DF must guard them. */
static const struct step key_of_pkcs15_init[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ CD("9002"), "9000" },
	{ CREATE("1400", "3000", "0800", "2100FF00FF00FFFF"), "9000" },
	{ "@import s81", NULL },
	SIGN("?256 9000"),
	{ LOGOUT_USER, "9000" },
	SIGN("6982"),
	{ "002241B8 03 800111", "9000" },
	{ "002A8086 40 00*64", "6982" },
	{ VERIFY_USER, "9000" },
	SIGN("?256 9000"),
	{ NULL, NULL },
};

/* The commitment key signs and does not decipher. */
static const struct step sign_only[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ VERIFY_SO, "9000" },
	{ CD("9002"), "9000" },
	{ CD("3002"), "9000" },
	SIGN("?256 9000"),
	{ "002241B8 03 800111", "9000" },
	{ "102A8086 80 00*128", "9000" },
	{ "002A8086 80 00*128", "6982" },
	{ NULL, NULL },
};

/* A PIN guards from its own directory downwards only. */
static const struct step user_pin_above[] = {
	TO_5011,
	{ VERIFY_USER, "9000" },
	{ VERIFY_SO, "9000" },
	{ CD("3F00"), "9000" },
	{ CREATE("0101", "1000", "0004", "0000210000000000"), "9000" },
	{ "00B00000 00", "6982" },
	{ CREATE("0101", "1001", "0004", "0000240000000000"), "9000" },
	{ "00B00000 00", "00*4 9000" },
	{ NULL, NULL },
};

/* 24 is satisfied by local 84 as well as by global 04. */
static const struct step local_so[] = {
	TO_5011,
	{ VERIFY_SO, "9000" },
	{ "00240104 # 03 40 <11223344>", "9000" },
	{ CREATE("0101", "7000", "0004", "FF24240000000000"), "9000" },
	{ "00D60000 04 01020304", "9000" },
	{ "@reset", NULL },
	TO_5011,
	{ CD("7000"), "9000" },
	{ "00B00000 00", "6982" },
	{ "00200084 # <11223344>", "9000" },
	{ "00200004", "63C3" },
	{ "00B00000 00", "01020304 9000" },
	{ CREATE("0101", "7001", "0004", FREE), "9000" },
	/* not above its directory */
	{ CD("3F00"), "9000" },
	{ CREATE("0101", "7001", "0004", FREE), "6982" },
	{ VERIFY_SO, "9000" },
	{ CREATE("0101", "7001", "0004", FREE), "9000" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "keys of pkcs15-init", RIG_PERSONAL, key_of_pkcs15_init },
	{ "a key that signs only", RIG_PERSONAL, sign_only },
	{ "a PIN above its directory", RIG_PERSONAL, user_pin_above },
	{ "the local SO PIN", RIG_PERSONAL, local_so },
};

START_TEST(a5_access_story)
{
	rig_story(&stories[_i]);
}
END_TEST

Suite *
a5_access_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("a5_access", &tc);

	tcase_add_loop_test(rig_slow(s), access_bytes_are_kept, 0,
	    sizeof(ops) / sizeof(ops[0]));
	tcase_add_loop_test(
	    tc, a5_access_story, 0, sizeof(stories) / sizeof(stories[0]));
	return s;
}

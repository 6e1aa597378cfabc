/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: key objects made, filled, emptied and deleted; MSE; INTERNAL
 * AUTHENTICATE, PSO HASH and COMPUTE DIGITAL SIGNATURE, PSO DECIPHER.
 */
#define OPENSSL_SUPPRESS_DEPRECATED	/* hashes that stop half-way */
#include <stdio.h>
#include <string.h>

#include <openssl/sha.h>

#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

#define IN_APP { IAS_APP, "9000" }, { IAS_VERIFY_USER, "9000" }
#define MAKE_3 \
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" }, \
	    { IAS_PUBLIC("03", "8B121200", "0040"), "9000" }
#define SIGN(key, want) \
	{ IAS_MSE("A4", key, "02"), "9000" }, \
	    { "00880000 01 77 00", want }

/* ---- objects ------------------------------------------------------------ */

static const struct step making[] = {
	{ IAS_APP, "9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "6982" },
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "6A89" },
	{ IAS_PUBLIC("03", "8B121200", "0040"), "9000" },
	{ IAS_PUBLIC("03", "8B121200", "0040"), "6A89" },
	/* bit 8 of the access mode byte says nothing */
	{ IAS_GET1("BF9003", "A0"),
	    "7018 BF900314 A012 A1098C077B121212121200 9E0100 80020040 9000" },
	{ IAS_GET1("BFA003", "A0"),
	    "7012 BFA0030E A00C A1068C040B121200 80020040 9000" },
	{ IAS_GET2("BFA003", "7F49"), "700A BFA00306 7F4903 800100 9000" },
	{ "00DB3FFF 0C 700A BF9003 06 7F4803 8001B6", "9000" },
	{ "00DB3FFF 0D 700B BF9003 07 7F4804 8002B800", "6A80" },
	{ "00DB3FFF 0C 700A BFA003 06 7F4903 800100", "9000" },
	{ IAS_GET2("BF9003", "7F48"), "700A BF900306 7F4803 8001B6 9000" },
	/* a template is one byte; two change nothing */
	{ "00DB3FFF # 700B BF900307 7F4804 8002A400", "6A80" },
	{ "00DB3FFF # 7009 BF900305 7F4802 8000", "6A80" },
	{ IAS_GET2("BF9003", "7F48"), "700A BF900306 7F4803 8001B6 9000" },
	{ "@reopen", NULL },
	{ IAS_APP, "9000" },
	{ IAS_GET2("BF9003", "7F48"), "700A BF900306 7F4803 8001B6 9000" },
	/* numbers, lengths, forms */
	{ IAS_VERIFY_USER, "9000" },
	{ IAS_PRIVATE("00", "FB121212121200", "0100"), "6A80" },
	{ IAS_PRIVATE("20", "FB121212121200", "0100"), "6A80" },
	{ IAS_PRIVATE("04", "FB121212121200", "0000"), "6A80" },
	{ IAS_PRIVATE("04", "FB121212121200", "0041"), "6A80" },
	{ IAS_PRIVATE("04", "FB121212121200", "0200"), "6A80" },
	{ IAS_PRIVATE("04", "F3121212121200", "0100"), "6A80" },
	{ IAS_PRIVATE("1F", "FB121212121200", "0080"), "9000" },
	{ "00DB3FFF # 7018 BF900414 A012 A1098C07 FB121212121200 9E0102 80020100",
	    "6A80" },
	{ "00DB3FFF # 7015 BF900411 A00F A1098C07 FB121212121200 80020100",
	    "6A80" },
	{ "00DB3FFF # 7004 BF810300", "6A80" },
	{ "00DB3FFF # 7004 BFFB0200", "6A80" },
	{ "00DB3FFF # 7004 BF900400", "6A88" },
	{ "00DB3FFF # 7005 BF900300", "6A80" },
	{ "00DB3FFF 01 70", "6A80" },
	{ "00DB3FFF", "6700" },
	{ "00DB0000 01 70", "6A86" },
	{ NULL, NULL },
};

/* A key that a host has filled says that it is full. */
static const struct step filling[] = {
	IN_APP,
	MAKE_3,
	SIGN("83", "6A88"),
	{ "@ias-key 03 512", NULL },
	{ IAS_GET1("BF9003", "A0"),
	    "7017 BF900313 A011 A1088C0673 1212121200 9E0101 80020040 9000" },
	{ IAS_GET1("BFA003", "A0"),
	    "7012 BFA0030E A00C A1068C040B121200 80020040 9000" },
	SIGN("83", "?64 9000"),
	{ "@reopen", NULL },
	{ IAS_APP, "9000" },
	SIGN("83", "6982"),
	{ IAS_VERIFY_USER, "9000" },
	SIGN("83", "?64 9000"),
	/* there is a key already */
	{ "00470000 05 7003 BF9003", "6985" },
	/* with another component it is begun anew */
	{ "00DB3FFF # 7028 BF900324 7F4821 9220 A5*32", "6A80" },
	{ "00DB3FFF # 702A BF900326 7F4822 9220 A5*32", "6A80" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9220 A5*32", "9000" },
	SIGN("83", "6A88"),
	{ "00DB3FFF # 7029 BF900325 7F4822 9320 A5*32", "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9420 A5*32", "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9520 A5*32", "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9620 A5*32", "9000" },
	/* five that make no key: empty, and room for another one */
	SIGN("83", "6A88"),
	{ IAS_GET1("BF9003", "A0"),
	    "7018 BF900314 A012 A1098C077B121212121200 9E0100 80020040 9000" },
	{ "00DB3FFF # 700C BFA00308 7F4905 8203 A5A5A5", "9000" },
	{ "00DB3FFF # 7049 BFA00345 7F4942 8140 A5*64", "9000" },
	{ IAS_GET2("BFA003", "7F49"), "700A BFA00306 7F4903 800100 9000" },
	{ "@ias-key 03 512", NULL },
	SIGN("83", "?64 9000"),
	/* components that are none */
	{ "00DB3FFF # 7029 BF900325 7F4822 9120 00*32", "6A80" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9720 00*32", "6A80" },
	{ "00DB3FFF # 7048 BFA00344 7F4941 813F 01*63", "6A80" },
	{ "00DB3FFF # 7012 BFA0030E 7F490B 8209 01*9", "6A80" },
	{ "00DB3FFF # 700B BFA00307 7F4904 8300 8300", "6A80" },
	SIGN("83", "?64 9000"),
	{ NULL, NULL },
};

/* What it signs is what openssl says. */
static const struct step short_number[] = {
	IN_APP,
	MAKE_3,
	{ "00DB3FFF # 7029 BF900325 7F4822 9220 " SHORT_P, "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9320 " SHORT_Q, "9000" },
	{ "00DB3FFF # 7028 BF900324 7F4821 941F " SHORT_QI, "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9520 " SHORT_DP, "9000" },
	{ "00DB3FFF # 7029 BF900325 7F4822 9620 " SHORT_DQ, "9000" },
	SIGN("83", SHORT_SIGNS_77 " 9000"),
	/* a prime is never short, and nothing is too long */
	{ "00DB3FFF # 7028 BF900324 7F4821 921F 01*31", "6A80" },
	{ "00DB3FFF # 7028 BF900324 7F4821 931F 01*31", "6A80" },
	{ "00DB3FFF # 702A BF900326 7F4823 9421 00*33", "6A80" },
	{ "00DB3FFF # 7009 BF900305 7F4802 9400", "6A80" },
	SIGN("83", SHORT_SIGNS_77 " 9000"),
	{ NULL, NULL },
};

static const struct step deleting[] = {
	IN_APP,
	MAKE_3,
	{ "@ias-key 03 512", NULL },
	{ IAS_MSE("A4", "83", "02"), "9000" },
	{ "00DB3FFF # 7004 BF900300", "9000" },
	{ "@disk", NULL },
	{ "00DB3FFF # 7004 BFA00300", "9000" },
	{ "00880000 01 77 00", "6A88" },
	{ IAS_GET2("BF9003", "7F48"), "6A88" },
	{ IAS_GET2("BFA003", "7F49"), "6A88" },
	{ "00DB3FFF # 7004 BF900300", "6A88" },
	/* those that were given for good stay as they are */
	{ "00DB3FFF # 7004 BF900100", "6982" },
	{ "00DB3FFF # 7004 BF900200", "6982" },
	{ "00DB3FFF # 7004 BFA00100", "6985" },
	{ "00DB3FFF # 700C BFA00108 7F4905 8203010001", "6985" },
	{ "00DB3FFF # 700A BF900106 7F4803 800100", "6985" },
	{ "00470000 05 7003 BF9001", "6985" },
	SIGN("81", "?256 9000"),
	{ "@reset", NULL },
	{ IAS_APP, "9000" },
	{ "00DB3FFF # 7004 BFA00100", "6982" },
	{ NULL, NULL },
};

static const struct step generating[] = {
	IN_APP,
	{ "00470000 05 7003 BF9003", "6A88" },
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "9000" },
	{ "00470000 05 7003 BF9003", "6A88" },
	{ IAS_PUBLIC("03", "8B121200", "0040"), "9000" },
	{ "00DB3FFF # 700A BFA00306 7F4903 820103", "9000" },
	{ "00470000 05 7003 BFA003", "6A80" },
	{ "00470000 04 7002 BF90", "6A80" },
	{ "00470000 05 7103 BF9003", "6A80" },
	{ "00470000", "6700" },
	{ "00470000 05 7003 BF9003 00", "9000" },
	{ IAS_GET2("BFA003", "7F49"), "?75 820103 800100 9000" },
	SIGN("83", "?64 9000"),
	{ IAS_GET1("BF9003", "A0"), "?15 1212 00 9E0101 80020040 9000" },
	{ NULL, NULL },
};

/* Anybody may make objects in the root: they must not be taken for those of
 * the application, or a host would put its key into them. */
static const struct step in_the_root[] = {
	{ IAS_PRIVATE("03", "FB000000000000", "0040"), "9000" },
	{ IAS_PUBLIC("03", "8B000000", "0040"), "9000" },
	{ IAS_GET1("BF9003", "A0"), "?13 000000000000 9E0100 80020040 9000" },
	IN_APP,
	{ IAS_GET2("BF9003", "7F48"), "6A88" },
	{ IAS_GET2("BFA003", "7F49"), "6A88" },
	{ "00DB3FFF # 700A BF900306 7F4803 8001B6", "6A88" },
	{ "00DB3FFF # 700A BFA00306 7F4903 820103", "6A88" },
	{ "00DB3FFF # 7004 BF900300", "6A88" },
	{ "00470000 05 7003 BF9003", "6A88" },
	{ IAS_MSE("A4", "83", "02"), "6A88" },
	MAKE_3,
	{ "00470000 05 7003 BF9003", "9000" },
	SIGN("83", "?64 9000"),
	{ IAS_ROOT, "9000" },
	{ IAS_MSE("A4", "03", "02"), "9000" },
	{ "00880000 01 77 00", "6A88" },
	{ IAS_MSE("A4", "83", "02"), "6A88" },
	{ NULL, NULL },
};

static const struct step logged_in[] = { IN_APP, { NULL, NULL } };

static const struct step policy[] = {
	{ IAS_PRIVATE("03", "FB121212121200", "0040"), "6985" },
	{ IAS_PUBLIC("03", "8B121200", "0080"), "6985" },
	{ IAS_PRIVATE("03", "FB121212121200", "0100"), "9000" },
	{ NULL, NULL },
};

/* ---- MSE ---------------------------------------------------------------- */

static const struct step environments[] = {
	IN_APP,
	{ "00880000 01 77 00", "6985" },
	{ "002A9E9A 00", "6985" },
	{ "002A8086 02 8100", "6985" },
	{ "002A90A0 04 9000 8000", "6985" },
	{ IAS_MSE("A4", "83", "02"), "6A88" },
	{ IAS_MSE("A4", "01", "02"), "6A88" },	/* the root has none */
	{ IAS_MSE("A4", "81", "12"), "6A80" },
	{ IAS_MSE("B6", "81", "02"), "6A80" },
	{ IAS_MSE("B6", "81", "1A"), "6A80" },
	{ IAS_MSE("B8", "81", "42"), "6A80" },
	{ "002241A4 03 800102", "6A80" },
	{ "002241A4 06 800102 840181", "6A80" },
	{ "002241A4 07 840181 800102 00", "6A80" },
	{ "002241A4", "6700" },
	{ "002241AA 03 800141", "6A80" },
	{ "002241AA 03 840181", "6A80" },
	{ "002241AC 03 800140", "6A86" },
	{ "002281A4 06 840181 800102", "6A86" },
	{ "00880000 01 77 00", "6985" },
	/* one key at a time */
	{ IAS_MSE("A4", "81", "02"), "9000" },
	{ "00880000 01 77 00", "?256 9000" },
	{ "00880000 01 77 00", "?256 9000" },
	{ IAS_MSE("B8", "81", "1A"), "9000" },
	{ "00880000 01 77 00", "6985" },
	{ IAS_MSE("A4", "82", "02"), "9000" },
	/* what is refused changes nothing */
	{ IAS_MSE("A4", "81", "12"), "6A80" },
	{ "00880000 01 77 00", "?256 9000" },
	/* it stays where files are selected, not where names are */
	{ "00A40904 02 3F00 00", "? 9000" },
	{ "00880000 01 77 00", "?256 9000" },
	{ IAS_MSE("A4", "81", "02"), "6A88" },
	{ IAS_APP, "9000" },
	{ "00880000 01 77 00", "6985" },
	{ "@no-disk", NULL },
	{ NULL, NULL },
};

static const struct step hashes[] = {
	IN_APP,
	{ "002241AA 03 800140", "9000" },
	{ "002A90A0 04 9000 8000", "9000" },
	{ IAS_MSE("B6", "82", "42"), "9000" },
	{ "002A9E9A 00", "?256 9000" },
	/* once */
	{ "002A9E9A 00", "6985" },
	/* which an Le that is too small is not: it is sent again */
	{ "002A90A0 04 9000 8000", "9000" },
	{ "002A9E9A FF", "6C00" },
	{ "002A9E9A 00", "?256 9000" },
	/* of the same algorithm */
	{ "002A90A0 04 9000 8000", "9000" },
	{ IAS_MSE("B6", "82", "12"), "9000" },
	{ "002A9E9A 00", "6985" },
	{ "002241AA 03 800110", "9000" },
	{ "002A9E9A 00", "6985" },
	{ "002A90A0 04 9000 8000", "9000" },
	{ "002A9E9A 00", "?256 9000" },
	{ "002A9E9A 01 00 00", "6700" },
	/* states, counters, rests that cannot be */
	{ "002A90A0 # 9000 803F 00*63", "9000" },
	{ "002A90A0 # 9000 8040 00*64", "6A80" },
	{ "002A9E9A 00", "6985" },
	{ "002A90A0 # 901C 00*20 0000000000000200 8000", "9000" },
	{ "002A90A0 # 901C 00*20 0000000000000000 8000", "6A80" },
	{ "002A90A0 # 901C 00*20 0000000000000208 8000", "6A80" },
	{ "002A90A0 # 901C 00*20 FFFFFFFFFFFFFE00 8000", "6A80" },
	{ "002A90A0 # 9028 00*32 0000000000000200 8000", "6A80" },
	{ "002A90A0 # 9014 00*20 8000", "6A80" },
	{ "002A90A0 02 9000", "6A80" },
	{ "002A90A0 02 8000", "6A80" },
	{ "002A90A0 05 9000 8000 00", "6A80" },
	{ "002A90A0", "6700" },
	{ IAS_MSE("B6", "82", "42"), "9000" },
	{ "@reset", NULL },
	{ IAS_APP, "9000" },
	{ "002241AA 03 800140", "9000" },
	{ "002A90A0 04 9000 8000", "9000" },
	{ IAS_MSE("B6", "82", "42"), "9000" },
	{ "002A9E9A 00", "6982" },
	{ NULL, NULL },
};

static const struct step authenticating[] = {
	IN_APP,
	{ IAS_MSE("A4", "81", "02"), "9000" },
	{ "00880000 F5 00*245 00", "?256 9000" },
	{ "00880000 F6 00*246 00", "6700" },
	{ "00880000", "6700" },
	{ "00880000 00", "6700" },
	{ NULL, NULL },
};

static const struct story stories[] = {
	{ "making", RIG_IAS, making },
	{ "filling", RIG_IAS, filling },
	{ "a number without its zeros", RIG_IAS, short_number },
	{ "deleting", RIG_IAS, deleting },
	{ "generating", RIG_IAS, generating },
	{ "in the root", RIG_IAS, in_the_root },
	{ "environments", RIG_IAS, environments },
	{ "hashes", RIG_IAS, hashes },
	{ "authenticating", RIG_IAS, authenticating },
};

START_TEST(ias_keys_story)
{
	rig_story(&stories[_i]);
}
END_TEST

/* Four of the five would do for the arithmetic, but the object says that there
 * is room in it. */
START_TEST(ias_keys_with_a_component_missing_are_none)
{
	static const struct step before[] = { IN_APP, MAKE_3, { NULL, NULL } };
	static const struct step after[] = { SIGN("83", "6A88"),
		{ IAS_GET1("BF9003", "A0"), "?13 1212121212 00 9E0100 80020040"
					    " 9000" },
		{ NULL, NULL } };
	static const struct {
		uint8_t tag;
		const char *name;
	} components[] = {
		{ 0x92, "p" }, { 0x93, "q" }, { 0x95, "dp" }, { 0x96, "dq" },
	};
	char hex[2 * 32 + 1];
	struct rig r;

	rig_open(&r, RIG_IAS);
	rig_play(&r, "made", before);
	for (size_t k = 0; k < sizeof(components) / sizeof(*components); k++) {
		struct cb_span v = rig_key("512", components[k].name);

		for (size_t i = 0; i < v.n; i++)
			snprintf(hex + 2 * i, 3, "%02X", v.p[i]);
		ck_assert_str_eq(rig_send(&r,
		    rig_fmt("00DB3FFF # 7029 BF900325 7F4822 %02X20 %s",
			components[k].tag, hex)), "9000");
	}
	rig_play(&r, "one missing", after);
	rig_close(&r);
}
END_TEST

START_TEST(ias_keys_are_as_long_as_the_policy_wants)
{
	struct rig r;

	rig_open(&r, RIG_IAS);
	rig_play(&r, "log in", logged_in);
	r.card->policy.rsa_min = 2048;
	for (size_t i = 0; policy[i].cmd != NULL; i++)
		ck_assert_str_eq(
		    rig_send(&r, policy[i].cmd), policy[i].want);
	rig_close(&r);
}
END_TEST

/* ---- signatures and texts ----------------------------------------------- */

#define SHA1_HEAD "3021300906052B0E03021A05000414"
#define SHA256_HEAD "3031300D060960864801650304020105000420"

/* What the card answers to a command, also in pieces. */
static struct cb_span
answer(struct rig *r, const char *cmd)
{
	uint16_t sw = rig_sw(r, cmd);

	if (sw == 0x6100)
		sw = rig_sw(r, "00C00000 00");
	ck_assert_msg(sw == 0x9000, "%s: %04X", cmd, sw);
	return cb_span_head(cb_buf_span(&r->rsp), r->rsp.n - 2);
}

static const enum rig_kind both[] = { RIG_IAS, RIG_IAS_GEM };

static void
log_in(struct rig *r)
{
	rig_must(r, IAS_VERIFY_USER);
	ck_assert_uint_eq(rig_sw(r, "00A40904 02 5015") & 0xFF00,
	    r->card->proto == EMU_T0 ? 0x6100 : 0x9000);
}

START_TEST(ias_authentications_verify)
{
	static const char *const texts[] = { "77", "00*245",
		SHA1_HEAD " 5A*20", SHA256_HEAD " 5A*32", "5A*32" };
	struct cb_buf b = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, both[_i]);
	log_in(&r);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cb_buf_clear(&b);
		rig_bytes(&b, texts[i]);
		rig_must(&r, i % 2 == 0 ? IAS_MSE("A4", "81", "02")
				    : IAS_MSE("A4", "82", "02"));
		ck_assert(rig_verify(i % 2 == 0 ? "i1" : "i2",
		    answer(&r, rig_fmt("00880000 # %s", texts[i])),
		    cb_buf_span(&b)));
	}
	cb_buf_free(&b);
	rig_close(&r);
}
END_TEST

/* Leaves a hash where the last block begins, as hosts do; 1 or 2 blocks. */
static void
begun(bool sha256, const uint8_t *text, size_t blocks, uint8_t *state)
{
	SHA_CTX one;
	SHA256_CTX two;
	const unsigned words = sha256 ? 8 : 5;

	SHA1_Init(&one);
	SHA256_Init(&two);
	SHA1_Update(&one, text, 64 * blocks);
	SHA256_Update(&two, text, 64 * blocks);
	const uint32_t first[5] = { one.h0, one.h1, one.h2, one.h3, one.h4 };
	for (unsigned i = 0; i < 4 * words; i++) {
		uint32_t w = sha256 ? two.h[i / 4] : first[i / 4];

		state[i] = (uint8_t)(w >> (24 - 8 * (i % 4)));
	}
}

/* Every length of rest; OpenSSL is asked for the whole. */
START_TEST(ias_hashes_are_finished)
{
	const bool sha256 = _i == 1;
	const size_t n = sha256 ? 32 : 20;
	uint8_t text[64 * 3], state[32], want[32], got[32];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(7 * i + 1);
	for (size_t whole = 0; whole < sizeof(text); whole++) {
		struct cb_span all = cb_span(text, whole);
		size_t blocks = whole / 64;

		begun(sha256, text, blocks, state);
		ck_assert_int_eq(sha256 ? cr_sha256(all, want)
					: cr_sha1(all, want), CB_OK);
		ck_assert_int_eq(emu_sha_finish(n,
		    cb_span(state, blocks == 0 ? 0 : n), 512 * blocks,
		    cb_span_tail(all, 64 * blocks), got), CB_OK);
		ck_assert_mem_eq(got, want, n);
	}
	ck_assert_int_eq(emu_sha_finish(n, cb_span(state, n), 0,
	    CB_SPAN_EMPTY, got), CB_E_ARG);
	ck_assert_int_eq(emu_sha_finish(n, CB_SPAN_EMPTY, 512,
	    CB_SPAN_EMPTY, got), CB_E_ARG);
	ck_assert_int_eq(emu_sha_finish(n + 1, CB_SPAN_EMPTY, 0,
	    CB_SPAN_EMPTY, got), CB_E_ARG);
}
END_TEST

/* The card's own hash, from a state and from nothing. */
START_TEST(ias_card_hash_signatures_verify)
{
	const bool sha256 = _i % 2 == 1;
	const size_t n = sha256 ? 32 : 20;
	struct cb_buf info = CB_BUF_INIT;
	uint8_t text[150], state[32], hash[32];
	char hex[2 * 32 + 1], rest[2 * 64 + 1];
	struct rig r;

	memset(text, 'A', sizeof(text));
	rig_open(&r, both[_i / 2]);
	log_in(&r);
	for (size_t len = 22; len <= sizeof(text); len += 128) {
		size_t blocks = len / 64;

		begun(sha256, text, blocks, state);
		for (size_t i = 0; i < n; i++)
			snprintf(hex + 2 * i, 3, "%02X", state[i]);
		for (size_t i = 0; i < len % 64; i++)
			snprintf(rest + 2 * i, 3, "41");
		rig_must(&r, sha256 ? "002241AA 03 800140"
				    : "002241AA 03 800110");
		rig_must(&r, sha256 ? IAS_MSE("B6", "82", "42")
				: IAS_MSE("B6", "82", "12"));
		if (blocks == 0)
			rig_must(&r, rig_fmt("002A90A0 # 9000 80 %02zX %s",
			    len % 64, rest));
		else
			rig_must(&r, rig_fmt(
			    "002A90A0 # 90 %02zX %s %016zX 80 %02zX %s",
			    n + 8, hex, 512 * blocks, len % 64, rest));
		ck_assert_int_eq(sha256
			? cr_sha256(cb_span(text, len), hash)
			: cr_sha1(cb_span(text, len), hash), CB_OK);
		cb_buf_clear(&info);
		ck_assert_int_eq(
		    emu_digest_info(cb_span(hash, n), &info), CB_OK);
		ck_assert(rig_verify("i2", answer(&r, "002A9E9A 00"),
		    cb_buf_span(&info)));
	}
	cb_buf_free(&info);
	rig_close(&r);
}
END_TEST

/* PSO DECIPHER of 81 and a cryptogram, chained where it must be. */
static uint16_t
decipher(struct rig *r, uint8_t indicator, struct cb_span cryptogram)
{
	struct cb_buf all = CB_BUF_INIT;
	uint8_t cmd[5 + 255] = { 0x00, 0x2A, 0x80, 0x86 };
	struct cb_span in;

	ck_assert(cb_put_u8(&all, indicator) == CB_OK &&
	    cb_buf_add(&all, cryptogram) == CB_OK);
	for (in = cb_buf_span(&all); in.n > 0; in = cb_span_tail(in, cmd[4])) {
		cmd[0] = in.n > 255 ? 0x10 : 0x00;
		cmd[4] = (uint8_t)(in.n > 255 ? 255 : in.n);
		memcpy(cmd + 5, in.p, cmd[4]);
		ck_assert_int_eq(emu_card_transmit(r->card,
				     cb_span(cmd, 5u + cmd[4]), &r->rsp),
		    CB_OK);
	}
	cb_buf_free(&all);
	return (uint16_t)(r->rsp.p[r->rsp.n - 2] << 8 |
	    r->rsp.p[r->rsp.n - 1]);
}

START_TEST(ias_texts_are_deciphered)
{
	struct cb_buf text = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_IAS);
	rig_must(&r, IAS_APP);
	rig_encrypt("i1", cb_span_str("a secret"), &text);
	rig_must(&r, IAS_MSE("B8", "81", "1A"));
	ck_assert_uint_eq(decipher(&r, 0x81, cb_buf_span(&text)), 0x6982);
	rig_must(&r, IAS_VERIFY_USER);
	ck_assert_uint_eq(decipher(&r, 0x81, cb_buf_span(&text)), 0x9000);
	ck_assert_mem_eq(r.rsp.p, "a secret", 8);
	ck_assert_uint_eq(r.rsp.n, 10);
	/* another indicator, length, padding */
	ck_assert_uint_eq(decipher(&r, 0x80, cb_buf_span(&text)), 0x6A80);
	ck_assert_uint_eq(decipher(&r, 0x81,
	    cb_span_tail(cb_buf_span(&text), 1)), 0x6700);
	ck_assert_uint_eq(decipher(&r, 0x81, CB_SPAN_EMPTY), 0x6700);
	text.p[255] ^= 1;
	ck_assert_uint_eq(decipher(&r, 0x81, cb_buf_span(&text)), 0x6A80);
	ck_assert_uint_eq(r.rsp.n, 2);
	/* the other key does not decipher */
	rig_must(&r, IAS_MSE("B8", "82", "1A"));
	ck_assert_uint_eq(decipher(&r, 0x81, cb_buf_span(&text)), 0x6982);
	cb_buf_free(&text);
	rig_close(&r);
}
END_TEST

Suite *
ias_keys_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_keys", &tc);

	tcase_add_loop_test(
	    tc, ias_keys_story, 0, sizeof(stories) / sizeof(stories[0]));
	tcase_add_test(tc, ias_keys_with_a_component_missing_are_none);
	tcase_add_test(tc, ias_keys_are_as_long_as_the_policy_wants);
	tcase_add_loop_test(tc, ias_authentications_verify, 0, 2);
	tcase_add_loop_test(tc, ias_hashes_are_finished, 0, 2);
	tcase_add_loop_test(tc, ias_card_hash_signatures_verify, 0, 4);
	tcase_add_test(tc, ias_texts_are_deciphered);
	return s;
}

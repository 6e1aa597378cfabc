/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC: every condition byte against every operation, environments of the
 * DF and above it, which credential a key is sealed to, and what is said of
 * rules to people.
 */
#include <string.h>

#include "emulator/access.h"
#include "emulator/applets/applet.h"
#include "emulator/profile.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

/* Which bits of the mode byte an operation has, by type of object. */
static const struct {
	uint8_t type;
	enum emu_op op;
	uint8_t bit;
} rules[] = {
	{ EMU_DF, EMU_OP_DELETE, 0x40 },
	{ EMU_DF, EMU_OP_CREATE, 0x02 },
	{ EMU_EF_TRANSPARENT, EMU_OP_DELETE, 0x40 },
	{ EMU_EF_TRANSPARENT, EMU_OP_UPDATE, 0x02 },
	{ EMU_EF_TRANSPARENT, EMU_OP_READ, 0x01 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_SIGN, 0x40 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_AUTH, 0x20 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_DECIPHER, 0x10 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_GENERATE, 0x08 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_UPDATE, 0x02 },
	{ EMU_KEY_RSA_PUBLIC, EMU_OP_GENERATE, 0x08 },
	{ EMU_KEY_RSA_PUBLIC, EMU_OP_UPDATE, 0x02 },
};

static const struct {
	uint8_t condition;
	bool nobody, user, puk;
} conditions[] = {
	{ 0x00, true, true, true },
	{ 0x12, false, true, false },
	{ 0x15, false, false, true },
	{ 0x11, false, false, false },	/* no such environment */
	{ 0x22, false, false, false },
	{ 0x42, false, false, false },
	{ 0x52, false, false, false },
	{ 0x92, false, false, false },
	{ 0xFF, false, false, false },
};

static void
as(struct rig *r, const char *verify)
{
	ck_assert_uint_eq(rig_sw(r, IAS_APP), 0x9000);
	if (verify != NULL)
		ck_assert_uint_eq(rig_sw(r, verify), 0x9000);
}

/* Each operation asks its own byte and no other: all others say the reverse. */
START_TEST(ias_rules_say_who_may)
{
	static const char *const who[] = { NULL, IAS_VERIFY_USER,
		IAS_VERIFY_PUK };
	struct emu_app *app;
	struct rig r;

	rig_open(&r, RIG_IAS);
	app = &r.card->apps[0];
	as(&r, who[_i]);
	for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++) {
		for (size_t c = 0; c < sizeof(conditions) / sizeof(*conditions);
		    c++) {
			struct emu_file f = { .type = rules[k].type,
				.parent = emu_fs_child(app->mf, 0x5015) };
			const bool may[] = { conditions[c].nobody,
				conditions[c].user, conditions[c].puk };
			unsigned n = 1;

			f.access[0] = 0xFF;
			for (unsigned bit = 0x40; bit != 0; bit >>= 1)
				f.access[n++] = bit == rules[k].bit
				    ? conditions[c].condition
				    : may[_i] ? 0xFF : 0x00;
			f.access_n = (uint8_t)n;
			/* a DF's own environments are its own */
			if (f.type == EMU_DF)
				f.child = f.parent->child;
			ck_assert_msg((emu_allowed(app, &f, rules[k].op) ==
					  SW_OK) == may[_i],
			    "%02X of bit %02X", conditions[c].condition,
			    rules[k].bit);
			/* and without the bit, never */
			f.access[0] &= (uint8_t)~rules[k].bit;
			ck_assert(emu_allowed(app, &f, rules[k].op) != SW_OK);
			/* cut off, never */
			f.access[0] = 0xFF;
			f.access_n = 1;
			ck_assert(emu_allowed(app, &f, rules[k].op) != SW_OK);
			f.access_n = 0;
			ck_assert(emu_allowed(app, &f, rules[k].op) != SW_OK);
		}
	}
	rig_close(&r);
}
END_TEST

START_TEST(ias_access_bytes_say_how_many_they_are)
{
	const struct emu_applet *a = emu_applet_find("iasecc");
	uint8_t amb;

	for (unsigned v = 0; v < 0x100; v++) {
		amb = (uint8_t)v;
		ck_assert_uint_eq(a->access_n(EMU_DF, cb_span(&amb, 1)),
		    1u + (unsigned)__builtin_popcount(v & 0x7F));
	}
	ck_assert_uint_eq(a->access_n(EMU_PIN, CB_SPAN_EMPTY), 1);
}
END_TEST

/* ---- whose credential guards a key -------------------------------------- */

static unsigned
guards(const char *access)
{
	struct emu_domain *out[EMU_GUARDS_MAX] = { NULL };
	struct cb_buf b = CB_BUF_INIT;
	static struct rig r;
	struct emu_app *app;
	struct emu_file f = { .type = EMU_KEY_RSA_PRIVATE };
	unsigned n;

	rig_open(&r, RIG_IAS);
	app = &r.card->apps[0];
	f.parent = emu_fs_child(app->mf, 0x5015);
	rig_bytes(&b, access);
	memcpy(f.access, b.p, b.n);
	f.access_n = (uint8_t)b.n;
	n = emu_guards(app, &f, out);
	if (n > 0)
		ck_assert_uint_eq(out[0]->role, EMU_ROLE_USER);
	cb_buf_free(&b);
	rig_close(&r);
	return n;
}

START_TEST(ias_keys_are_sealed_to_whoever_may_use_them)
{

	ck_assert_uint_eq(guards("71 12121200"), 1);
	ck_assert_uint_eq(guards("41 1200"), 1);
	ck_assert_uint_eq(guards("21 1200"), 1);
	ck_assert_uint_eq(guards("11 1200"), 1);
	/* free for one use is free */
	ck_assert_uint_eq(guards("71 12120000"), 0);
	ck_assert_uint_eq(guards("21 0000"), 0);
	/* nobody's to use: then whose to write */
	ck_assert_uint_eq(guards("03 1200"), 1);
	ck_assert_uint_eq(guards("01 00"), 0);
}
END_TEST

/* No byte of a private key lies open in the records, its public half does. */
START_TEST(ias_keys_at_rest)
{
	static const char *const secret[] = { "p", "q", "qi", "dp", "dq" };
	struct cb_buf all = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_IAS);
	rig_dump(r.records, &all);
	for (size_t k = 0; k < 2; k++) {
		const char *section = k == 0 ? "i1" : "i2";
		struct cb_span n = rig_key(section, "n");

		for (size_t i = 0; i < 5; i++) {
			struct cb_span s = rig_key(section, secret[i]);

			ck_assert_ptr_null(memmem(all.p, all.n, s.p, 16));
		}
		ck_assert_ptr_nonnull(memmem(all.p, all.n, n.p, n.n));
	}
	cb_buf_free(&all);
	rig_close(&r);
}
END_TEST

START_TEST(ias_rules_in_words)
{
	struct emu_app *app;
	struct emu_file *dir;
	char text[160];
	struct rig r;

	rig_open(&r, RIG_IAS);
	app = &r.card->apps[0];
	dir = emu_fs_child(app->mf, 0x5015);
	emu_rules_text(app, emu_fs_key(dir, 0x9001), text, sizeof(text));
	ck_assert_str_eq(text, "update: never, sign: user, decipher: user, "
	    "authenticate: user");
	emu_rules_text(app, dir, text, sizeof(text));
	ck_assert_str_eq(text, "create: user, delete: never");
	emu_pin_rules_text(
	    app, emu_pin_find(app, app->mf, 1), text, sizeof(text));
	ck_assert_str_eq(text, "change: always, reset: SO");
	rig_close(&r);
}
END_TEST

/* Passcodes of the application, with its environments (bit 8). */
START_TEST(ias_local_passcodes)
{
	static const struct step steps[] = {
		{ "00200081", "6A88" },
		{ IAS_APP, "9000" },
		{ "00200081", "63C3" },
		{ "00200001", "6A88" },
		{ IAS_GET1("BF8101", "A0"), "?28 9000" },
		{ IAS_MSE("A4", "81", "02"), "9000" },
		{ "00880000 01 77 00", "6982" },
		{ "00200081 # '123456'", "9000" },
		{ "00880000 01 77 00", "?256 9000" },
		{ IAS_ROOT, "9000" },
		{ "00200081", "6A88" },
		{ IAS_GET1("BF8101", "A0"), "6A88" },
		{ IAS_APP, "9000" },
		{ "00200081", "9000" },
		{ NULL, NULL },
	};
	struct emu_profile *p = rig_profile_of("iasecc-oberthur",
	    "{ name = \"user\"; owner = \"3F00\";",
	    "{ name = \"user\"; owner = \"3F00/5015\";");
	struct emu_app *app;
	struct emu_file *se;
	struct cb_span v;
	struct rig r;

	/* 83 01 01 in the application's environment becomes 81: the keys are
	 * then whose the profile's rules say they are, so it is made so */
	for (unsigned i = 0; i < p->apps[0].files_n; i++)
		if (strcmp(p->apps[0].files[i].path, "3F00/5015/FB02") == 0)
			p->apps[0].files[i].content.p[0].text =
			    "A406 950108 830181";
	rig_make(&r, p, RIG_IAS);
	app = &r.card->apps[0];
	se = emu_fs_key(emu_fs_child(app->mf, 0x5015), 0xFB02);
	ck_assert_uint_eq(emu_part_get(app, se, 0, &v), SW_OK);
	ck_assert_uint_eq(v.n, 8);
	ck_assert_uint_eq(v.p[7], 0x81);
	rig_play(&r, "local", steps);
	rig_close(&r);
	emu_profile_free(&p);
}
END_TEST

Suite *
ias_access_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("ias_access", &tc);

	tcase_add_loop_test(tc, ias_rules_say_who_may, 0, 3);
	tcase_add_test(tc, ias_access_bytes_say_how_many_they_are);
	tcase_add_test(tc, ias_keys_are_sealed_to_whoever_may_use_them);
	tcase_add_test(tc, ias_keys_at_rest);
	tcase_add_test(tc, ias_rules_in_words);
	tcase_add_test(tc, ias_local_passcodes);
	return s;
}

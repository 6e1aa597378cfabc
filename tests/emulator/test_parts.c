/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Parts of contents: to whom they are sealed, and that a sealed part opens in
 * its own place on its own card only.
 */
#include <stdio.h>
#include <string.h>

#include "emulator/applets/applet.h"
#include "emulator/domain.h"
#include "tests/emulator/rig.h"
#include "tests/emulator/suites.h"

/* To whom a content is sealed: "u" user, "s" SO, "us", "" nobody. */
static const struct {
	const char *type, *size, *access, *crypto, *want;
} guards[] = {
	{ "0101", "0004", "0000000000000000", "00", "" },
	{ "0101", "0004", "0000210000000000", "00", "u" },
	{ "0101", "0004", "0000240000000000", "00", "s" },
	{ "0101", "0004", "0000250000000000", "00", "us" },
	{ "0101", "0004", "0024FF0000000000", "00", "s" },
	{ "0101", "0004", "0021FF0000000000", "00", "u" },
	{ "0101", "0004", "0025FF0000000000", "00", "us" },
	{ "0101", "0004", "0000FF0000000000", "00", "" },
	{ "0101", "0004", "00FFFF0000000000", "00", "" },
	{ "0101", "0004", "0024600000000000", "00", "s" },
	/* CRYPTO of the directory goes before the key's own bytes */
	{ "1400", "0200", "0000000000000000", "21", "u" },
	{ "1400", "0200", "0021FF21FF00FFFF", "21", "u" },
	{ "1400", "0200", "0021FF21FF00FFFF", "24", "s" },
	{ "1400", "0200", "0021FF21FF00FFFF", "25", "us" },
	{ "1400", "0200", "0021FF21FF00FFFF", "00", "u" },
	{ "1400", "0200", "0024FF21FF00FFFF", "00", "us" },
	{ "1400", "0200", "00FFFF24FF00FFFF", "00", "s" },
	{ "1400", "0200", "0000FF21FF00FFFF", "00", "" },
	{ "1400", "0200", "0021FF00FF00FFFF", "00", "" },
	/* nobody may use it: who may write it */
	{ "1400", "0200", "24FFFFFFFF00FFFF", "00", "s" },
	{ "1400", "0200", "2400FF00FF00FFFF", "FF", "s" },
	{ "1400", "0200", "2400FF00FF00FFFF", "60", "s" },
	{ "1100", "0040", "2400000000000000", "00", "s" },
	{ "1100", "0040", "0000000000000000", "00", "" },
	/* public keys are public */
	{ "1200", "0200", "2121212121212121", "21", "" },
};

static void
try_guards(size_t i)
{
	char want[3] = "", got[3] = "";
	struct emu_domain *out[EMU_GUARDS_MAX];
	struct emu_app *app;
	struct rig r;
	unsigned n;

	rig_open(&r, RIG_PERSONAL);
	app = &r.card->apps[0];
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, rig_fmt("00E00000 18 6216 82023800 83027000 85020028 8608 "
			 "00%s000000000000", guards[i].crypto));
	rig_must(&r, CD("7000"));
	rig_must(&r, rig_fmt(CREATE("%s", "1000", "%s", "%s"), guards[i].type,
	    guards[i].size, guards[i].access));
	n = emu_guards(app, app->ef, out);
	ck_assert_uint_le(n, 2);
	for (unsigned k = 0; k < n; k++)
		got[k] = out[k]->role == EMU_ROLE_USER ? 'u' : 's';
	snprintf(want, sizeof(want), "%s", guards[i].want);
	ck_assert_msg(strcmp(got, want) == 0, "row %zu: %s, want %s", i, got,
	    want);
	/* and so it was done */
	if (app->ef->type == EMU_EF_TRANSPARENT) {
		ck_assert_int_eq(app->ef->parts->stored.n > 0, n > 0);
		if (n > 0)
			ck_assert_uint_eq(app->ef->parts->stored.p[1], n);
	}
	rig_close(&r);
}

START_TEST(contents_are_sealed_to_who_may)
{
	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++)
		try_guards(i);
}
END_TEST

/* ---- moved records --------------------------------------------------------------- */

static void
name_of(struct rig *r, uint16_t df, uint16_t fid, unsigned no, char name[41])
{
	const struct emu_file *f = r->card->apps[0].mf;

	for (; f != NULL; f = emu_fs_next(f))
		if (f->fid == fid && f->parent != NULL && f->parent->fid == df)
			break;
	ck_assert_ptr_nonnull(f);
	snprintf(name, 41, "card/0/x/%08x/%04x", f->id, no);
}

static void
move(struct rig *r, const char *from, const char *to)
{
	struct cb_buf b = CB_BUF_INIT;

	rig_get(r->records, from, &b);
	ck_assert_uint_gt(b.n, 0);
	rig_put_bytes(r->records, to, cb_buf_span(&b));
	cb_buf_free(&b);
}

static uint16_t
sign(struct rig *r, const char *fid)
{
	rig_must(r, SELECT_A5);
	rig_must(r, CD("5011"));
	rig_must(r, VERIFY_USER);
	rig_must(r, CD("9002"));
	rig_must(r, rig_fmt(CD("%s"), fid));
	rig_must(r, "002241B6 03 800111");
	return rig_sw(r, "002A9E9A 01 77");
}

START_TEST(a_part_opens_in_its_place_only)
{
	struct cb_buf card = CB_BUF_INIT;
	char a[41], b[41];
	struct rig r;

	/* a component in another's place, of the same file */
	rig_open(&r, RIG_PERSONAL);
	name_of(&r, 0x9002, 0x3001, 1, a);
	name_of(&r, 0x9002, 0x3001, 2, b);
	move(&r, a, b);
	rig_reopen(&r);
	ck_assert_uint_eq(sign(&r, "3001"), 0x6984);
	ck_assert_uint_eq(sign(&r, "3002"), 0x9000);
	rig_close(&r);
	/* of another file, guarded by the same credential */
	rig_open(&r, RIG_PERSONAL);
	name_of(&r, 0x9002, 0x3002, 1, b);
	move(&r, a, b);
	rig_reopen(&r);
	ck_assert_uint_eq(sign(&r, "3002"), 0x6984);
	ck_assert_uint_eq(sign(&r, "3001"), 0x9000);
	rig_close(&r);
	/* on a card of another identity */
	rig_open(&r, RIG_PERSONAL);
	rig_get(r.records, "card", &card);
	card.p[2] ^= 1;
	rig_put_bytes(r.records, "card", cb_buf_span(&card));
	rig_reopen(&r);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	ck_assert_uint_eq(rig_sw(&r, VERIFY_USER), 0x63C2);
	cb_buf_free(&card);
	rig_close(&r);
}
END_TEST

/* A wrap in another's place is no way in. */
START_TEST(a_wrap_opens_its_own_only)
{
	struct cb_buf user = CB_BUF_INIT, so = CB_BUF_INIT;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_get(r.records, "card/0/p/00000001", &so);
	rig_get(r.records, "card/0/p/00000002", &user);
	/* u32 owner, ref, role, u32 domain, 2 limits; then the wrap:
	 * set, 3 costs, salt 16, blob 60 */
	memcpy(so.p + 12, user.p + 12, 1 + 3 + 16 + 60);
	rig_put_bytes(r.records, "card/0/p/00000001", cb_buf_span(&so));
	rig_reopen(&r);
	rig_must(&r, SELECT_A5);
	ck_assert_uint_eq(rig_sw(&r, "00200004 # <123456>"), 0x63C2);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_USER);
	cb_buf_free(&user);
	cb_buf_free(&so);
	rig_close(&r);
}
END_TEST

/* The same bytes written twice are stored as something else. */
START_TEST(no_sealing_is_like_another)
{
	struct cb_buf first = CB_BUF_INIT;
	struct emu_part *p;
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	rig_must(&r, SELECT_A5);
	rig_must(&r, CD("5011"));
	rig_must(&r, VERIFY_SO);
	rig_must(&r, VERIFY_USER);
	rig_must(&r, CREATE("0101", "1234", "0004", "0000210000000000"));
	p = r.card->app->ef->parts;
	for (unsigned i = 0; i < 4; i++) {
		rig_must(&r, "00D60000 04 01020304");
		/* recipients, nonces and text: nowhere eight bytes alike */
		for (size_t k = 6; i > 0 && k + 8 <= first.n; k += 8)
			if (k < first.n - 40 || k > first.n - 30)
				ck_assert(memcmp(first.p + k, p->stored.p + k,
					      8) != 0);
		ck_assert_int_eq(
		    cb_buf_set(&first, cb_buf_span(&p->stored)), CB_OK);
	}
	cb_buf_free(&first);
	rig_close(&r);
}
END_TEST

/* A bit turned in a sealed part: it does not open, and the rest does. */
START_TEST(a_changed_part_does_not_open)
{
	struct cb_buf b = CB_BUF_INIT;
	char name[41];
	struct rig r;

	rig_open(&r, RIG_PERSONAL);
	name_of(&r, 0x9002, 0x3001, 4, name);
	rig_get(r.records, name, &b);
	rig_close(&r);
	/* not in the domain's number: that is another case */
	for (size_t at = 6; at < b.n; at += 17) {
		if (at == 98 || at == 99)
			continue; /* its size: refused when it is read */
		rig_open(&r, RIG_PERSONAL);
		b.p[at] ^= 1;
		rig_put_bytes(r.records, name, cb_buf_span(&b));
		b.p[at] ^= 1;
		rig_reopen(&r);
		ck_assert_uint_eq(sign(&r, "3001"), 0x6984);
		rig_close(&r);
	}
	cb_buf_free(&b);
}
END_TEST

Suite *
parts_suite(void)
{
	TCase *tc;
	Suite *s = rig_suite("parts", &tc);

	tcase_add_test(tc, contents_are_sealed_to_who_may);
	tcase_add_test(tc, a_part_opens_in_its_place_only);
	tcase_add_test(tc, a_wrap_opens_its_own_only);
	tcase_add_test(tc, no_sealing_is_like_another);
	tcase_add_test(tc, a_changed_part_does_not_open);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A wrap opens in its own place only.
 */
#include <string.h>

#include "backend/vault/wrap.h"
#include "tests/backend/vault.h"

struct place {
	struct be_self self;
	struct be_name name;
	struct be_wrapper with;
};

static struct place
place(void)
{
	struct place p = { .self = self_of(WIRE_LIVE, 1),
		.name = { .what = BE_CARD_KEY, .version = 3 },
		.with = { .version = 2 } };

	memset(p.name.organisation, 4, WIRE_ID);
	memset(p.name.card, 5, WIRE_ID);
	memset(p.with.key, 6, CR_KEY);
	return p;
}

static void kind(struct place *p) { p->self.kind = WIRE_TEST; }
static void backend(struct place *p) { p->self.id[15]++; }
static void version(struct place *p) { p->name.version++; }
static void organisation(struct place *p) { p->name.organisation[0]++; }
static void platform(struct place *p) { memset(p->name.organisation, 0, 16); }
static void card(struct place *p) { p->name.card[0]++; }
static void key(struct place *p) { p->with.key[0]++; }
static void with(struct place *p) { p->with.version++; }

static void
personal(struct place *p)
{
	p->name.what = BE_PERSONAL;
	memset(p->name.card, 0, WIRE_ID);
}

static const struct {
	const char *name;
	void (*move)(struct place *p);
	enum cb_err result;
} moves[] = {
	{ "kind", kind, CB_E_CRYPTO },
	{ "backend", backend, CB_E_CRYPTO },
	{ "version", version, CB_E_CRYPTO },
	{ "organisation", organisation, CB_E_CRYPTO },
	{ "platform", platform, CB_E_CRYPTO },
	{ "card", card, CB_E_CRYPTO },
	{ "what", personal, CB_E_CRYPTO },
	{ "key", key, CB_E_CRYPTO },
	{ "with", with, CB_E_ABSENT },
};

static struct cb_buf
wrap_of(struct place *p)
{
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(be_wrap_put(&b, &p->self, &p->name, &p->with,
			     cb_span_str("the key of 32 bytes, say, is this")),
	    CB_OK);
	return b;
}

static enum cb_err
open_in(const struct place *p, struct cb_span wrap)
{
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r = be_wrap_open(&text, &p->self, &p->name, &p->with, wrap);

	ck_assert_uint_eq(text.n, r == CB_OK ? 33 : 0);
	cb_buf_free(&text);
	return r;
}

/* Each in turn; and there and back, so that it is the place that counts. */
START_TEST(a_wrap_that_was_moved_does_not_open)
{
	struct place here = place(), there = here;
	struct cb_buf wrap = wrap_of(&here), other;

	moves[_i].move(&there);
	ck_assert_int_eq(open_in(&here, cb_buf_span(&wrap)), CB_OK);
	ck_assert_msg(open_in(&there, cb_buf_span(&wrap)) ==
		moves[_i].result, "%s", moves[_i].name);
	other = wrap_of(&there);
	ck_assert_int_eq(open_in(&there, cb_buf_span(&other)), CB_OK);
	ck_assert_int_eq(open_in(&here, cb_buf_span(&other)),
	    moves[_i].result);
	cb_buf_free(&wrap);
	cb_buf_free(&other);
}
END_TEST

/* With the number in front changed to the one that is asked for, too. */
START_TEST(its_versions_are_in_the_tag)
{
	struct place here = place(), there = here;
	struct cb_buf wrap = wrap_of(&here);
	uint32_t outer, inner;

	ck_assert_int_eq(
	    be_wrap_versions(cb_buf_span(&wrap), &outer, &inner), CB_OK);
	ck_assert_uint_eq(outer, 2);
	ck_assert_uint_eq(inner, 3);
	version(&there);
	wrap.p[9]++;
	ck_assert_int_eq(open_in(&there, cb_buf_span(&wrap)), CB_E_CRYPTO);
	wrap.p[9]--;
	there = here;
	with(&there);
	wrap.p[5]++;
	ck_assert_int_eq(open_in(&there, cb_buf_span(&wrap)), CB_E_CRYPTO);
	cb_buf_free(&wrap);
}
END_TEST

START_TEST(no_changed_wrap_opens)
{
	struct place here = place();
	struct cb_buf wrap = wrap_of(&here);
	enum cb_err r;

	for (size_t bit = 0; bit < 8 * wrap.n; bit++) {
		wrap.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = open_in(&here, cb_buf_span(&wrap));
		ck_assert(r == (bit < 16 ? CB_E_LIMIT
			: bit < 48 && bit != 41 ? CB_E_ABSENT
			: bit == 41 ? CB_E_FORMAT : CB_E_CRYPTO));
		wrap.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < wrap.n; n++)
		ck_assert_int_ne(open_in(&here, cb_span(wrap.p, n)), CB_OK);
	ck_assert_int_eq(cb_put_u8(&wrap, 0), CB_OK);
	ck_assert_int_eq(open_in(&here, cb_buf_span(&wrap)), CB_E_CRYPTO);
	cb_buf_free(&wrap);
}
END_TEST

START_TEST(no_nonce_comes_twice)
{
	struct place here = place();
	struct cb_buf one = wrap_of(&here), two = wrap_of(&here);

	ck_assert_uint_eq(one.n, two.n);
	ck_assert_mem_eq(one.p, two.p, 10);
	ck_assert_mem_ne(one.p + 10, two.p + 10, CR_NONCE);
	ck_assert_mem_ne(one.p + 22, two.p + 22, 33);
	cb_buf_free(&one);
	cb_buf_free(&two);
}
END_TEST

START_TEST(a_key_wraps_so_often_and_no_more)
{
	struct place here = place();
	struct cb_buf b = CB_BUF_INIT;

	here.with.made = BE_WRAPS_MAX - 1;
	b = wrap_of(&here);
	cb_buf_clear(&b);
	ck_assert_int_eq(be_wrap_put(&b, &here.self, &here.name, &here.with,
			     cb_span_str("text")),
	    CB_E_LIMIT);
	ck_assert_uint_eq(b.n, 0);
	cb_buf_free(&b);
}
END_TEST

/* A card key without a card, an authority of an organisation, ... */
static const struct {
	enum be_what what;
	uint32_t version;
	uint8_t organisation, card;
} no_names[] = {
	{ BE_CARD_KEY, 1, 4, 0 }, { BE_CARD_KEY, 0, 4, 5 },
	{ BE_SERVICE, 1, 4, 0 }, { BE_SERVICE, 1, 0, 5 },
	{ BE_BOOKS, 1, 4, 5 }, { BE_ORG, 1, 4, 5 }, { BE_GRANTS, 1, 4, 5 },
	{ BE_WHATS, 1, 0, 0 }, { (enum be_what)0, 1, 0, 0 },
};

START_TEST(a_key_has_one_name)
{
	struct place here = place();
	struct cb_buf wrap = wrap_of(&here), b = CB_BUF_INIT;

	here.name.what = no_names[_i].what;
	here.name.version = no_names[_i].version;
	memset(here.name.organisation, no_names[_i].organisation, WIRE_ID);
	memset(here.name.card, no_names[_i].card, WIRE_ID);
	ck_assert_int_eq(be_wrap_put(&b, &here.self, &here.name, &here.with,
			     CB_SPAN_EMPTY),
	    CB_E_ARG);
	ck_assert_int_eq(open_in(&here, cb_buf_span(&wrap)), CB_E_ARG);
	cb_buf_free(&wrap);
}
END_TEST

Suite *
wrap_suite(void)
{
	Suite *s = suite_create("wrap");
	TCase *tc = tcase_create("wrap");

	tcase_add_loop_test(tc, a_wrap_that_was_moved_does_not_open, 0,
	    COUNT(moves));
	tcase_add_test(tc, its_versions_are_in_the_tag);
	tcase_add_test(tc, no_changed_wrap_opens);
	tcase_add_test(tc, no_nonce_comes_twice);
	tcase_add_test(tc, a_key_wraps_so_often_and_no_more);
	tcase_add_loop_test(tc, a_key_has_one_name, 0, COUNT(no_names));
	suite_add_tcase(s, tc);
	return s;
}

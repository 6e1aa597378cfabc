/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The chain: whatever is done to its entries is noticed, and the first that
 * is bad is named.
 */
#include <string.h>

#include "tests/wire/books.h"
#include "tests/wire/suites.h"

enum { N = 10, ALL = N };

/* ---- what is done to it -------------------------------------------------- */

static void
nothing(struct books *k)
{
	(void)k;
}

static void
drop(struct books *k, size_t at)
{
	cb_buf_free(&k->entry[at].bytes);
	memmove(&k->entry[at], &k->entry[at + 1],
	    (BOOKS_MAX - 1 - at) * sizeof(k->entry[0]));
	memset(&k->entry[BOOKS_MAX - 1], 0, sizeof(k->entry[0]));
	k->n--;
}

static void
change(struct books *k)
{
	k->entry[3].bytes.p[k->entry[3].bytes.n - 1] ^= 1;
}

static void
change_hash(struct books *k)
{
	k->entry[3].hash[0] ^= 1;
}

/* The hash is made anew, so that it goes with the entry before it. */
static void
rehash(struct books *k, size_t from, size_t to, uint8_t organisation)
{
	struct wire_chain c = books_head(organisation, from).at;

	for (size_t i = from; i < to; i++) {
		ck_assert_int_eq(
		    wire_chain_add(&c, cb_buf_span(&k->entry[i].bytes)),
		    CB_OK);
		memcpy(k->entry[i].hash, c.hash, CR_HASH);
		k->entry[i].number = c.number;
	}
}

static void
change_and_rehash(struct books *k)
{
	change(k);
	rehash(k, 3, 4, 1);
}

static void
change_and_rehash_all(struct books *k)
{
	change(k);
	rehash(k, 3, k->n, 1);
}

static void
remove_one(struct books *k)
{
	drop(k, 3);
}

static void
remove_first(struct books *k)
{
	drop(k, 0);
}

static void
remove_and_renumber(struct books *k)
{
	drop(k, 3);
	for (size_t i = 3; i < k->n; i++)
		k->entry[i].number = i + 1;
}

static void
remove_and_rehash(struct books *k)
{
	drop(k, 3);
	rehash(k, 3, k->n, 1);
}

static void
swap(struct books *k, size_t a, size_t b)
{
	struct cb_buf bytes = k->entry[a].bytes;
	uint8_t hash[CR_HASH];

	k->entry[a].bytes = k->entry[b].bytes;
	k->entry[b].bytes = bytes;
	memcpy(hash, k->entry[a].hash, CR_HASH);
	memcpy(k->entry[a].hash, k->entry[b].hash, CR_HASH);
	memcpy(k->entry[b].hash, hash, CR_HASH);
}

static void
reorder(struct books *k)
{
	swap(k, 3, 4);
}

static void
cut_off(struct books *k)
{
	drop(k, k->n - 1);
}

static void
cut_all_off(struct books *k)
{
	while (k->n > 0)
		drop(k, k->n - 1);
}

static void
insert(struct books *k)
{
	memmove(&k->entry[4], &k->entry[3], 10 * sizeof(k->entry[0]));
	k->entry[3].bytes = bytes_of(1, 50);
	k->n++;
	for (size_t i = 3; i < k->n; i++)
		k->entry[i].number = i + 1;
	rehash(k, 3, 4, 1);
}

/* The same number from another organisation's chain, and all from there on. */
static void
splice(struct books *k)
{
	struct books other;

	books_init(&other, 2, N);
	for (size_t i = 3; i < N; i++)
		memcpy(k->entry[i].hash, other.entry[i].hash, CR_HASH);
	books_clear(&other);
}

static void
whole_other(struct books *k)
{
	struct books other;

	books_init(&other, 2, N);
	for (size_t i = 0; i < N; i++)
		memcpy(k->entry[i].hash, other.entry[i].hash, CR_HASH);
	books_clear(&other);
}

/* Heads of entries 5 and 10 are known; the first bad entry. Where all is made
 * anew, only the heads tell, as far as they reach. */
static const struct {
	const char *name;
	void (*attack)(struct books *k);
	uint64_t bad;
	const char *words;
} attacks[] = {
	{ "nothing", nothing, 0, "" },
	{ "change", change, 4, "entry 4 is not what was entered" },
	{ "change the hash", change_hash, 4, "entry 4 is not what" },
	/* 5 does not follow it */
	{ "change and hash", change_and_rehash, 5, "entry 5 is not what" },
	{ "change, hash all", change_and_rehash_all, 1,
	    "entries 1 to 5 are not those whose head" },
	{ "remove", remove_one, 4, "entry 4 is missing: entry 5 stands" },
	{ "remove the first", remove_first, 1, "entry 1 is missing" },
	{ "remove, renumber", remove_and_renumber, 4, "entry 4 is not what" },
	{ "remove, hash all", remove_and_rehash, 1, "entries 1 to 5 are not" },
	{ "reorder", reorder, 4, "entry 4 is not what" },
	{ "cut off", cut_off, 10, "entry 10 is missing: the chain ends" },
	{ "cut all off", cut_all_off, 1, "entry 1 is missing: the chain ends" },
	{ "insert", insert, 5, "entry 5 is not what" },
	{ "splice", splice, 4, "entry 4 is not what" },
	{ "another's", whole_other, 1, "entry 1 is not what" },
};

static enum cb_err
walk(const struct books *k, struct wire_walk *w, struct cb_why *why)
{
	static struct wire_head known[3];
	const struct wire_owner owner = books_owner(1);
	enum cb_err r;

	known[0] = books_head(1, 10);
	known[1] = books_head(2, 14); /* another chain's */
	known[2] = books_head(1, 5);
	ck_assert_int_eq(
	    wire_walk_init(w, &owner, books_public(), known, 3), CB_OK);
	for (size_t i = 0; i < k->n; i++)
		if ((r = wire_walk_entry(w, k->entry[i].number,
			 cb_buf_span(&k->entry[i].bytes),
			 CB_SPAN_OF(k->entry[i].hash), why)) != CB_OK)
			return r;
	return wire_walk_end(w, why);
}

START_TEST(attacks_are_named)
{
	struct cb_why why = { "" };
	struct wire_walk w;
	struct books k;
	enum cb_err r;

	books_init(&k, 1, ALL);
	attacks[_i].attack(&k);
	r = walk(&k, &w, &why);
	ck_assert_msg(r == (attacks[_i].bad == 0 ? CB_OK : CB_E_FORMAT),
	    "%s", attacks[_i].name);
	ck_assert_msg(w.bad == attacks[_i].bad, "%s: %u: %s",
	    attacks[_i].name, (unsigned)w.bad, why.text);
	ck_assert_msg(strncmp(why.text, attacks[_i].words,
			  strlen(attacks[_i].words)) == 0,
	    "%s: %s", attacks[_i].name, why.text);
	books_clear(&k);
}
END_TEST

/* ---- by hand ------------------------------------------------------------- */

/* Without this room's code: what PROTOCOL.md says of a hash. */
START_TEST(a_hash_is_what_the_protocol_says)
{
	const struct wire_owner owner = books_owner(7);
	struct wire_chain c;
	struct cb_buf b = CB_BUF_INIT;
	uint8_t begin[CR_HASH], first[CR_HASH];

	ck_assert_int_eq(
	    cb_buf_add(&b, cb_span_str("cardbridge chain 1\2")), CB_OK);
	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(owner.backend)), CB_OK);
	ck_assert_int_eq(
	    cb_buf_add(&b, CB_SPAN_OF(owner.organisation)), CB_OK);
	ck_assert_int_eq(cr_sha256(cb_buf_span(&b), begin), CB_OK);
	cb_buf_clear(&b);
	ck_assert_int_eq(
	    cb_buf_add(&b,
		cb_span("cardbridge entry 1\0\0\0\0\0\0\0\1", 18 + 8)),
	    CB_OK);
	ck_assert_int_eq(cb_buf_add(&b, CB_SPAN_OF(begin)), CB_OK);
	ck_assert_int_eq(cb_buf_add(&b, cb_span_str("bytes")), CB_OK);
	ck_assert_int_eq(cr_sha256(cb_buf_span(&b), first), CB_OK);

	ck_assert_int_eq(wire_chain_init(&c, &owner), CB_OK);
	ck_assert_mem_eq(c.hash, begin, CR_HASH);
	ck_assert_int_eq(wire_chain_add(&c, cb_span_str("bytes")), CB_OK);
	ck_assert_mem_eq(c.hash, first, CR_HASH);
	ck_assert_uint_eq(c.number, 1);
	cb_buf_free(&b);
}
END_TEST

/* ---- heads --------------------------------------------------------------- */

START_TEST(a_head_is_signed_whole)
{
	struct cb_buf b = books_signed(1, 5);
	const struct wire_head want = books_head(1, 5);
	struct wire_head h;
	enum cb_err r;

	ck_assert_uint_eq(b.n, WIRE_HEAD_SIGNED);
	ck_assert_int_eq(
	    wire_head_get(cb_buf_span(&b), books_public(), &h), CB_OK);
	ck_assert(wire_owner_equal(&h.at.owner, &want.at.owner));
	ck_assert_uint_eq(h.at.number, 5);
	ck_assert_uint_eq(h.time, want.time);
	ck_assert_mem_eq(h.at.hash, want.at.hash, CR_HASH);
	for (size_t bit = 0; bit < 8 * b.n; bit++) {
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = wire_head_get(cb_buf_span(&b), books_public(), &h);
		ck_assert_msg(
		    r == CB_E_CRYPTO || r == CB_E_FORMAT, "bit %zu", bit);
		b.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < b.n; n++)
		ck_assert_int_ne(
		    wire_head_get(cb_span(b.p, n), books_public(), &h),
		    CB_OK);
	ck_assert_int_eq(cb_put_u8(&b, 0), CB_OK);
	ck_assert_int_eq(
	    wire_head_get(cb_buf_span(&b), books_public(), &h), CB_E_FORMAT);
	/* nor by another key */
	ck_assert_int_eq(cb_buf_truncate(&b, WIRE_HEAD_SIGNED), CB_OK);
	ck_assert_int_eq(
	    wire_head_get(cb_buf_span(&b), books_secret, &h), CB_E_CRYPTO);
	cb_buf_free(&b);
}
END_TEST

START_TEST(heads_stand_behind_their_entries)
{
	struct cb_buf good = books_signed(1, ALL), early = books_signed(1, 9),
		      other = books_signed(2, ALL);
	struct cb_why why;
	struct wire_walk w;
	struct books k;

	books_init(&k, 1, ALL);
	ck_assert_int_eq(walk(&k, &w, &why), CB_OK);
	w.signed_to = 0;
	ck_assert_int_eq(
	    wire_walk_head(&w, cb_buf_span(&good), &why), CB_OK);
	ck_assert_uint_eq(w.signed_to, ALL);
	ck_assert_int_eq(
	    wire_walk_head(&w, cb_buf_span(&early), &why), CB_E_FORMAT);
	ck_assert_uint_eq(w.bad, ALL);
	ck_assert_str_eq(
	    why.text, "the head of entry 9 stands behind entry 10");
	ck_assert_int_eq(
	    wire_walk_head(&w, cb_buf_span(&other), &why), CB_E_FORMAT);
	ck_assert_str_eq(
	    why.text, "the head behind entry 10 is another chain's");
	good.p[100] ^= 1;
	ck_assert_int_eq(
	    wire_walk_head(&w, cb_buf_span(&good), &why), CB_E_FORMAT);
	books_clear(&k);
	cb_buf_free(&good);
	cb_buf_free(&early);
	cb_buf_free(&other);
}
END_TEST

Suite *
chain_suite(void)
{
	Suite *s = suite_create("chain");
	TCase *tc = tcase_create("chain");

	tcase_add_loop_test(tc, attacks_are_named, 0, COUNT(attacks));
	tcase_add_test(tc, a_hash_is_what_the_protocol_says);
	tcase_add_test(tc, a_head_is_signed_whole);
	tcase_add_test(tc, heads_stand_behind_their_entries);
	suite_add_tcase(s, tc);
	return s;
}

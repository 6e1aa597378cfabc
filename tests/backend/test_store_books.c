/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The books: somebody who writes the database is noticed, and the first bad
 * entry is named.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/backend/store_rig.h"
#include "wire/entry.h"

enum { N = 8 };
static const uint8_t secret[CR_KEY] = { 3 };

static const uint8_t *
public_key(void)
{
	static uint8_t public[CR_KEY];

	ck_assert_int_eq(cr_ed25519_public(secret, public), CB_OK);
	return public;
}

static void
enter(struct rig *g, uint8_t organisation)
{
	const struct cb_span e = entry_of(WIRE_CLOCK_STEP, NULL);
	struct be_act a = act_new(BE_AUDIT);

	memset(a.organisation, organisation, WIRE_ID);
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
}

/* Signs where the chain is, and stores it, too, if `keep`. */
static struct wire_head
sign(struct rig *g, uint8_t organisation, bool keep)
{
	struct wire_head h = { .time = NOW };
	struct cb_buf b = CB_BUF_INIT;

	ck_assert_int_eq(
	    be_store_tip(g->st, id(organisation), &h.at, NULL), CB_OK);
	ck_assert_int_eq(wire_head_sign(&b, &h, secret), CB_OK);
	if (keep)
		ck_assert_int_eq(
		    be_store_head_add(g->st, &h, cb_buf_span(&b), NULL),
		    CB_OK);
	cb_buf_free(&b);
	return h;
}

/* Cards and devices have left entries already: some for each. */
static uint64_t
last(struct rig *g, uint8_t organisation)
{
	struct wire_chain c;

	ck_assert_int_eq(
	    be_store_tip(g->st, id(organisation), &c, NULL), CB_OK);
	return c.number;
}

#define OF1 " WHERE organisation=x'01010101010101010101010101010101'"
#define OF2 " WHERE organisation=x'02020202020202020202020202020202'"
#define MOVE(from, to) \
	"UPDATE entry SET number=" #to OF1 " AND number=" #from ";"
#define NO_KEYS "PRAGMA foreign_keys=OFF;"

/* Organisation 1 has 8 entries; heads of 4 (in the database) and 8 (known
 * elsewhere, too). Organisation 2 has 8 as well. */
static const struct {
	const char *name, *sql;
	uint64_t bad;
	const char *words;
} attacks[] = {
	{ "nothing", "", 0, "" },
	{ "remove", "DELETE FROM entry" OF1 " AND number=3", 3,
	    "entry 3 is missing: entry 4 stands" },
	{ "remove the first", "DELETE FROM entry" OF1 " AND number=1", 1,
	    "entry 1 is missing" },
	{ "change",
	    "UPDATE entry SET bytes=zeroblob(length(bytes))" OF1
	    " AND number=3", 3, "entry 3 is not what was entered" },
	{ "change the hash",
	    "UPDATE entry SET hash=zeroblob(32)" OF1 " AND number=3", 3,
	    "entry 3 is not what" },
	{ "reorder", MOVE(3, 99) MOVE(4, 3) MOVE(99, 4), 3,
	    "entry 3 is not what" },
	{ "cut off", "DELETE FROM entry" OF1 " AND number>7", 8,
	    "entry 8 is missing: the chain ends" },
	{ "cut all off", "DELETE FROM entry" OF1, 1,
	    "entry 1 is missing: the chain ends" },
	{ "cut off with its heads",
	    "DELETE FROM entry" OF1 " AND number>4;"
	    "DELETE FROM head" OF1 " AND number>4", 5,
	    "entry 5 is missing: the chain ends" },
	{ "renumber", "DELETE FROM entry" OF1 " AND number=3;"
	    MOVE(4, 3) MOVE(5, 4) MOVE(6, 5) MOVE(7, 6) MOVE(8, 7), 3,
	    "entry 3 is not what" },
	{ "insert", MOVE(8, 9) MOVE(7, 8) MOVE(6, 7) MOVE(5, 6)
	    "INSERT INTO entry SELECT organisation, 5, bytes, hash"
	    " FROM entry" OF1 " AND number=4", 5, "entry 5 is not what" },
	{ "swap organisations", NO_KEYS
	    "UPDATE entry SET organisation="
	    "x'03030303030303030303030303030303'" OF1 ";"
	    "UPDATE entry SET organisation="
	    "x'01010101010101010101010101010101'" OF2, 1,
	    "entry 1 is not what" },
	{ "a head of nobody's",
	    "UPDATE head SET signed=zeroblob(162)" OF1 " AND number=4", 4,
	    "the head behind entry 4 is not signed" },
	{ "a head of another entry",
	    "UPDATE head SET number=3" OF1 " AND number=4", 3,
	    "the head of entry 4 stands behind entry 3" },
	{ "the heads removed", "DELETE FROM head", 0, "" },
};

static void
two_chains(struct rig *g, struct wire_head known[2])
{
	rig_init(g);
	for (uint8_t o = 1; o <= 2; o++) {
		while (last(g, o) < 4)
			enter(g, o);
		ck_assert_uint_eq(last(g, o), 4);
		(void)sign(g, o, true);
		while (last(g, o) < N)
			enter(g, o);
		known[o - 1] = sign(g, o, true);
	}
}

START_TEST(attacks_by_sql_are_named)
{
	struct wire_head known[2];
	struct cb_why why = { "" };
	struct be_verdict v;
	struct rig g;
	enum cb_err r;

	two_chains(&g, known);
	sql_run(&g, attacks[_i].sql);
	r = be_store_verify(
	    g.st, id(1), public_key(), known, 2, &v, &why);
	ck_assert_msg(r == (attacks[_i].bad == 0 ? CB_OK : CB_E_FORMAT),
	    "%s: %s", attacks[_i].name, why.text);
	ck_assert_msg(v.bad == attacks[_i].bad, "%s: %u: %s",
	    attacks[_i].name, (unsigned)v.bad, why.text);
	ck_assert_msg(strncmp(why.text, attacks[_i].words,
			  strlen(attacks[_i].words)) == 0,
	    "%s: %s", attacks[_i].name, why.text);
	if (r == CB_OK) {
		ck_assert_uint_eq(v.entries, N);
		ck_assert_uint_eq(v.signed_to, N);
	}
	rig_clear(&g);
}
END_TEST

/* Cut off together with all heads that the database has of it, and without
 * one from elsewhere: that is what heads elsewhere are for. */
START_TEST(heads_elsewhere_are_needed)
{
	struct wire_head known[2];
	struct be_verdict v;
	struct rig g;

	two_chains(&g, known);
	/* one in the database helps only while it is there */
	sql_run(&g, "DELETE FROM entry WHERE number>4");
	ck_assert_int_eq(be_store_verify(
			     g.st, id(1), public_key(), NULL, 0, &v, NULL),
	    CB_E_FORMAT);
	ck_assert_uint_eq(v.bad, 5);
	sql_run(&g, "DELETE FROM head WHERE number>4");
	ck_assert_int_eq(be_store_verify(
			     g.st, id(1), public_key(), NULL, 0, &v, NULL),
	    CB_OK);
	ck_assert_int_eq(be_store_verify(g.st, id(1), public_key(), known, 2,
			     &v, NULL),
	    CB_E_FORMAT);
	ck_assert_uint_eq(v.bad, 5);
	/* entries younger than the last head: whole, but not signed */
	sql_run(&g, "DELETE FROM head");
	ck_assert_int_eq(be_store_verify(
			     g.st, id(1), public_key(), NULL, 0, &v, NULL),
	    CB_OK);
	ck_assert_uint_eq(v.signed_to, 0);
	ck_assert_uint_eq(v.entries, 4);
	rig_clear(&g);
}
END_TEST

/* By somebody who knows how hashes are made, but has not the key. */
START_TEST(a_chain_that_was_made_anew_is_seen)
{
	struct wire_head known[2];
	struct cb_why why = { "" };
	struct be_verdict v;
	struct rig g;

	two_chains(&g, known);
	sql_run(&g, "DELETE FROM entry" OF1 "; DELETE FROM head" OF1);
	while (last(&g, 1) < N + 2)
		enter(&g, 1);
	ck_assert_int_eq(be_store_verify(
			     g.st, id(1), public_key(), NULL, 0, &v, NULL),
	    CB_OK);
	ck_assert_int_eq(be_store_verify(g.st, id(1), public_key(), known, 2,
			     &v, &why),
	    CB_E_FORMAT);
	/* no head in between vouches for less */
	ck_assert_uint_eq(v.bad, 1);
	ck_assert_str_eq(why.text,
	    "entries 1 to 8 are not those whose head was signed");
	rig_clear(&g);
}
END_TEST

static void
copy_file(const char *from, const char *to)
{
	static char bytes[1 << 20];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	size_t n;

	ck_assert_ptr_nonnull(in);
	ck_assert_ptr_nonnull(out);
	while ((n = fread(bytes, 1, sizeof(bytes), in)) > 0)
		ck_assert_uint_eq(fwrite(bytes, 1, n, out), n);
	fclose(in);
	ck_assert_int_eq(fclose(out), 0);
}

START_TEST(an_older_copy_is_noticed)
{
	struct wire_head known[2];
	struct cb_why why;
	struct be_verdict v;
	struct rig g;
	char old[96];

	two_chains(&g, known);
	snprintf(old, sizeof(old), "%s.old", g.path);
	be_store_close(&g.st);	/* the log is in the file then */
	copy_file(g.path, old);
	g.st = rig_open(&g);
	enter(&g, 1);
	known[0] = sign(&g, 1, true);
	be_store_close(&g.st);
	copy_file(old, g.path);
	g.st = rig_open(&g);
	ck_assert_int_eq(be_store_verify(g.st, id(1), public_key(), known, 2,
			     &v, &why),
	    CB_E_FORMAT);
	ck_assert_uint_eq(v.bad, N + 1);
	ck_assert_int_eq(be_store_verify(g.st, id(2), public_key(), known, 2,
			     &v, &why),
	    CB_OK);
	rig_clear(&g);
}
END_TEST

/* ---- a card's number ----------------------------------------------------- */

static void
enter_about(struct rig *g, uint8_t organisation, struct cb_span entry)
{
	struct be_act a = act_new(BE_AUDIT);

	memset(a.organisation, organisation, WIRE_ID);
	a.entries = &entry;
	a.entries_n = 1;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
}

static uint64_t
number_of(struct rig *g, uint8_t organisation, uint8_t card)
{
	uint64_t number = 99;

	ck_assert_int_eq(be_store_card_number(g->st, id(organisation),
			     id(card), &number, NULL),
	    CB_OK);
	return number;
}

START_TEST(the_last_entry_with_a_number_tells_a_cards)
{
	struct rig g;

	rig_init(&g);
	ck_assert_uint_eq(number_of(&g, 1, 0x11), 0);
	enter_about(&g, 1, entry_numbered(WIRE_CARD_WRITTEN, id(0x11), 7));
	enter_about(&g, 1, entry_numbered(WIRE_CARD_WRITTEN, id(0x12), 9));
	enter_about(&g, 2, entry_numbered(WIRE_CARD_WRITTEN, id(0x11), 8));
	enter_about(&g, 1, entry_of(WIRE_SESSION_OPEN, id(0x11)));
	enter_about(&g, 1, entry_of(WIRE_CLOCK_STEP, NULL));
	ck_assert_uint_eq(number_of(&g, 1, 0x11), 7);
	ck_assert_uint_eq(number_of(&g, 1, 0x12), 9);
	ck_assert_uint_eq(number_of(&g, 2, 0x11), 8);
	ck_assert_uint_eq(number_of(&g, 2, 0x12), 0);
	enter_about(&g, 1, entry_numbered(WIRE_VERIFY, id(0x11), 12));
	ck_assert_uint_eq(number_of(&g, 1, 0x11), 12);
	rig_clear(&g);
}
END_TEST

/* Or it would be as if the card had never been what it was meanwhile. */
START_TEST(no_smaller_number_is_entered)
{
	struct cb_span before, both[2];
	struct be_act a = act_new(BE_AUDIT);
	struct rig g;

	rig_init(&g);
	enter_about(&g, 1, entry_numbered(WIRE_CARD_WRITTEN, id(0x11), 7));
	enter_about(&g, 1, entry_of(WIRE_SESSION_OPEN, id(0x11)));
	before = entry_numbered(WIRE_CARD_WRITTEN, id(0x11), 6);
	a.entries = &before;
	a.entries_n = 1;
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	ck_assert(strstr(a.why.text, "number") != NULL);
	ck_assert_uint_eq(number_of(&g, 1, 0x11), 7);
	/* nor by one act */
	a = act_new(BE_AUDIT);
	both[0] = entry_numbered(WIRE_CARD_WRITTEN, id(0x12), 4);
	both[1] = entry_numbered(WIRE_CARD_WRITTEN, id(0x12), 3);
	a.entries = both;
	a.entries_n = 2;
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	ck_assert_uint_eq(number_of(&g, 1, 0x12), 0);
	/* the same is told again by what changes nothing */
	enter_about(&g, 1, entry_numbered(WIRE_VERIFY, id(0x11), 7));
	rig_clear(&g);
}
END_TEST

/* Whose an entry is stands in its bytes, and those are hashed: somebody who
 * writes the database can put nothing beside them. */
START_TEST(an_entry_is_taken_from_no_card)
{
	struct cb_why why = { "" };
	struct be_verdict v;
	struct rig g;

	rig_init(&g);
	enter_about(&g, 1, entry_numbered(WIRE_CARD_WRITTEN, id(0x11), 7));
	ck_assert(!sql_allowed(&g, "UPDATE entry SET card=NULL"));
	ck_assert(!sql_allowed(&g, "UPDATE entry SET card=zeroblob(16)"));
	ck_assert_uint_eq(number_of(&g, 1, 0x11), 7);
	ck_assert_int_eq(be_store_verify(
			     g.st, id(1), public_key(), NULL, 0, &v, &why),
	    CB_OK);
	/* only with the bytes, which is seen in the chain */
	sql_run(&g, "UPDATE entry SET bytes=CAST(substr(bytes, 1, 14) || "
		    "zeroblob(16) || substr(bytes, 31) AS BLOB) WHERE card="
		    "x'11111111111111111111111111111111'");
	ck_assert_uint_eq(number_of(&g, 1, 0x11), 0);
	ck_assert_int_eq(be_store_verify(
			     g.st, id(1), public_key(), NULL, 0, &v, &why),
	    CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(why.text, "is not what was entered"));
	/* and another table in its place is not the store's */
	sql_run(&g, "CREATE TABLE other AS SELECT organisation, number, "
		    "bytes, hash, card FROM entry; DROP TABLE entry; "
		    "ALTER TABLE other RENAME TO entry");
	be_store_close(&g.st);
	ck_assert_int_eq(be_store_open(&g.st, g.path, &why), CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(why.text, "its tables are not those"));
	rig_clear(&g);
}
END_TEST

/* ---- reading ------------------------------------------------------------- */

struct seen {
	uint64_t first, last;
	unsigned heads;
};

static enum cb_err
see(void *ctx, const struct be_value *v, size_t n)
{
	struct seen *s = ctx;

	ck_assert_uint_eq(n, 4);
	if (s->first == 0)
		s->first = (uint64_t)v[0].i;
	else
		ck_assert_int_eq(v[0].i, (int64_t)s->last + 1);
	s->last = (uint64_t)v[0].i;
	ck_assert_uint_gt(v[1].s.n, 11);
	ck_assert_uint_eq(v[2].s.n, CR_HASH);
	s->heads += v[3].type == BE_BLOB;
	return CB_OK;
}

START_TEST(entries_come_in_pages)
{
	struct wire_head known[2];
	struct seen s = { 0, 0, 0 };
	struct rig g;

	two_chains(&g, known);
	ck_assert_int_eq(
	    be_store_entries(g.st, id(1), 3, 4, see, &s, NULL), CB_OK);
	ck_assert_uint_eq(s.first, 3);
	ck_assert_uint_eq(s.last, 6);
	ck_assert_uint_eq(s.heads, 1);
	s = (struct seen){ 0, 0, 0 };
	ck_assert_int_eq(
	    be_store_entries(g.st, id(1), N + 1, 4, see, &s, NULL), CB_OK);
	ck_assert_uint_eq(s.first, 0);
	/* the last ones; of a chain with none, none */
	ck_assert_int_eq(
	    be_store_entries(g.st, id(1), 0, 3, see, &s, NULL), CB_OK);
	ck_assert_uint_eq(s.first, N - 2);
	ck_assert_uint_eq(s.last, N);
	s = (struct seen){ 0, 0, 0 };
	ck_assert_int_eq(
	    be_store_entries(g.st, id(1), 0, N + 3, see, &s, NULL), CB_OK);
	ck_assert_uint_eq(s.first, 1);
	ck_assert_uint_eq(s.last, N);
	s = (struct seen){ 0, 0, 0 };
	ck_assert_int_eq(
	    be_store_entries(g.st, id(9), 0, 3, see, &s, NULL), CB_OK);
	ck_assert_uint_eq(s.first, 0);
	ck_assert_int_eq(be_store_entries(g.st, id(1), 1, BE_PAGE_MAX + 1,
			     see, &s, NULL),
	    CB_E_ARG);
	rig_clear(&g);
}
END_TEST

static enum cb_err
grew(void *ctx, const struct wire_chain *tip)
{
	unsigned *mask = ctx;

	*mask |= 1u << tip->owner.organisation[0];
	return CB_OK;
}

START_TEST(chains_that_grew_are_found)
{
	struct wire_head known[2];
	unsigned mask = 0;
	struct rig g;

	two_chains(&g, known);
	ck_assert_int_eq(be_store_grown(g.st, grew, &mask, NULL), CB_OK);
	ck_assert_uint_eq(mask, 1);	/* the platform's has no head yet */
	(void)sign(&g, 0, true);
	enter(&g, 2);
	mask = 0;
	ck_assert_int_eq(be_store_grown(g.st, grew, &mask, NULL), CB_OK);
	ck_assert_uint_eq(mask, 4);
	rig_clear(&g);
}
END_TEST

Suite *
store_books_suite(void)
{
	Suite *s = suite_create("store_books");
	TCase *tc = tcase_create("books");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(
	    tc, attacks_by_sql_are_named, 0, COUNT(attacks));
	tcase_add_test(tc, heads_elsewhere_are_needed);
	tcase_add_test(tc, a_chain_that_was_made_anew_is_seen);
	tcase_add_test(tc, an_older_copy_is_noticed);
	tcase_add_test(tc, the_last_entry_with_a_number_tells_a_cards);
	tcase_add_test(tc, no_smaller_number_is_entered);
	tcase_add_test(tc, an_entry_is_taken_from_no_card);
	tcase_add_test(tc, entries_come_in_pages);
	tcase_add_test(tc, chains_that_grew_are_found);
	suite_add_tcase(s, tc);
	return s;
}

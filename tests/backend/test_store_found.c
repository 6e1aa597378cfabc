/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Organisations: one is made by one act of the platform, with what it begins
 * with, or not at all.
 */
#include <string.h>

#include "tests/backend/store_rig.h"
#include "wire/entry.h"

static const uint8_t hash[CR_HASH] = { 4 };

/* Organisation 3, whose administrator is person 0xEE of the platform. */
struct full {
	struct be_value own[4], factor[6], role[4];
	struct be_row_change row, first[2];
	struct cb_span entry, first_entry;
	struct be_founding founding;
	struct be_act act;
};

static void
full_init(struct full *f)
{
	f->own[0] = BE_ID(id(3));
	f->own[1] = BE_I(1);
	f->own[2] = BE_B(cb_span_str("name"));
	f->own[3] = BE_I(5);
	f->factor[0] = BE_ID(id(0xFA));
	f->factor[1] = BE_ID(id(0xEE));
	f->factor[2] = BE_T(cb_span_str("certificate"));
	f->factor[3] = BE_I(1);
	f->factor[4] = BE_HASH(hash);
	f->factor[5] = BE_B(cb_span_str("mac"));
	f->role[0] = BE_ID(id(0xEE));
	f->role[1] = BE_I(1);
	f->role[2] = BE_I(0);
	f->role[3] = BE_B(cb_span_str("mac"));
	f->row = (struct be_row_change){ BE_ORGANISATION, false, f->own };
	f->first[0] = (struct be_row_change){ BE_FACTOR, false, f->factor };
	f->first[1] = (struct be_row_change){ BE_ROLE, false, f->role };
	f->entry = entry_of(WIRE_ACT, NULL);
	f->first_entry = entry_of(WIRE_ACT, NULL);
	f->founding = (struct be_founding){ .rows = f->first, .rows_n = 2,
		.entries = &f->first_entry, .entries_n = 1 };
	memcpy(f->founding.organisation, id(3), WIRE_ID);
	f->act = act_new(BE_ADMIN);
	memset(f->act.organisation, 0, WIRE_ID);
	f->act.rows = &f->row;
	f->act.rows_n = 1;
	f->act.entries = &f->entry;
	f->act.entries_n = 1;
	f->act.founding = &f->founding;
}

static uint64_t
last(struct rig *g, uint8_t organisation)
{
	struct wire_chain c;

	ck_assert_int_eq(
	    be_store_tip(g->st, id(organisation), &c, NULL), CB_OK);
	return c.number;
}

#define ALL \
	"SELECT (SELECT count(*) FROM organisation)" \
	"+(SELECT count(*) FROM factor)+(SELECT count(*) FROM role)" \
	"+(SELECT count(*) FROM entry)+(SELECT count(*) FROM done)"

START_TEST(an_organisation_begins_whole)
{
	struct full f;
	struct rig g;
	uint64_t before;

	rig_init(&g);
	before = last(&g, 0);
	full_init(&f);
	ck_assert_msg(be_store_act(g.st, &f.act) == CB_OK, "%s",
	    f.act.why.text);
	ck_assert_uint_eq(last(&g, 0), before + 1);
	ck_assert_uint_eq(last(&g, 3), 1);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM factor WHERE "
	    "organisation=x'03030303030303030303030303030303'"), 1);
	/* the same person, by the same certificate, in a second one */
	full_init(&f);
	f.own[0] = BE_ID(id(4));
	f.own[2] = BE_B(cb_span_str("another name"));
	memcpy(f.founding.organisation, id(4), WIRE_ID);
	ck_assert_msg(be_store_act(g.st, &f.act) == CB_OK, "%s",
	    f.act.why.text);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM role"), 2);
	/* and one that is there is not founded again */
	full_init(&f);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_DENIED);
	ck_assert_ptr_nonnull(strstr(f.act.why.text, "of this id already"));
	rig_clear(&g);
}
END_TEST

static void
by_organisation(struct full *f)
{
	memcpy(f->act.organisation, id(1), WIRE_ID);
}
static void no_own_row(struct full *f) { f->act.rows_n = 0; }
static void other_row(struct full *f) { f->own[0] = BE_ID(id(5)); }
static void no_first(struct full *f) { f->founding.entries_n = 0; }
static void no_entry(struct full *f) { f->act.entries_n = 0; }
static void an_audit(struct full *f) { f->act.kind = BE_AUDIT; }
static void bad_row(struct full *f) { f->factor[0].s.n--; }

static void
no_entry_at_all(struct full *f)
{
	f->first_entry = cb_span_str("nothing");
}

static void
the_platform(struct full *f)
{
	memset(f->founding.organisation, 0, WIRE_ID);
}

static void
one_that_is_there(struct full *f)
{
	f->own[0] = BE_ID(id(2));
	memcpy(f->founding.organisation, id(2), WIRE_ID);
}

static const struct {
	const char *name;
	void (*spoil)(struct full *f);
	enum cb_err want;
} refusals[] = {
	{ "by an organisation", by_organisation, CB_E_DENIED },
	{ "without its own row", no_own_row, CB_E_ARG },
	{ "with the row of another", other_row, CB_E_ARG },
	{ "without a first entry", no_first, CB_E_DENIED },
	{ "with an entry that is none", no_entry_at_all, CB_E_FORMAT },
	{ "without the platform's entry", no_entry, CB_E_DENIED },
	{ "not by a person", an_audit, CB_E_DENIED },
	{ "with a row that is none", bad_row, CB_E_ARG },
	{ "the platform", the_platform, CB_E_DENIED },
	{ "one that is there", one_that_is_there, CB_E_DENIED },
};

START_TEST(half_an_organisation_is_none)
{
	struct full f;
	struct rig g;
	int64_t before;

	rig_init(&g);
	before = sql_number(&g, ALL);
	full_init(&f);
	refusals[_i].spoil(&f);
	ck_assert_msg(be_store_act(g.st, &f.act) == refusals[_i].want,
	    "%s: %s: %s", refusals[_i].name, cb_err_text(f.act.err),
	    f.act.why.text);
	ck_assert_int_eq(sql_number(&g, ALL), before);
	rig_clear(&g);
}
END_TEST

/* Its own row is the platform's, but for what it is called. */
START_TEST(an_organisation_sets_its_own_name)
{
	struct be_value own[] = { BE_ID(id(1)), BE_I(2),
		BE_B(cb_span_str("new")), BE_I(6) };
	struct be_row_change c = { BE_ORGANISATION, false, own };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_row(&c, &e);
	struct rig g;

	rig_init(&g);
	ck_assert_int_eq(be_store_act(g.st, &a), CB_OK);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM organisation "
	    "WHERE setting=CAST('new' AS BLOB) AND state=1 AND created=5"), 1);
	own[0] = BE_ID(id(2));
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	own[0] = BE_ID(id(1));
	c.remove = true;
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	rig_clear(&g);
}
END_TEST

Suite *
store_found_suite(void)
{
	Suite *s = suite_create("store_found");
	TCase *tc = tcase_create("found");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, an_organisation_begins_whole);
	tcase_add_loop_test(
	    tc, half_an_organisation_is_none, 0, COUNT(refusals));
	tcase_add_test(tc, an_organisation_sets_its_own_name);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts: whole or not at all, alone among others, never without an entry.
 */
#include <stdio.h>
#include <string.h>

#include "tests/backend/store_rig.h"
#include "wire/entry.h"

static const uint8_t request[CR_HASH] = { 7 };

/* A command that writes a record, a fact, the outbox, and has an answer. */
struct full {
	struct be_record_change record;
	struct be_value fact[6], letter[5];
	struct be_row_change rows[2];
	struct be_answer answer;
	struct be_act act;
};

static void
full_init(struct full *f, uint64_t fence, uint64_t sequence)
{
	f->record = (struct be_record_change){ "card/0",
		cb_span_str("sealed"), false };
	f->fact[0] = BE_ID(id(0x11));
	f->fact[1] = BE_T(cb_span_str("file/5"));
	f->fact[2] = BE_B(cb_span_str("serial"));
	f->fact[3] = BE_B(cb_span_str("subject"));
	f->fact[4] = BE_I(9);
	f->fact[5] = BE_HASH(request);
	f->letter[0] = BE_ID(id(0x77));
	f->letter[1] = BE_T(cb_span_str("mail"));
	f->letter[2] = BE_B(cb_span_str("body"));
	f->letter[3] = BE_I(1);
	f->letter[4] = BE_NONE;
	f->rows[0] = (struct be_row_change){ BE_CERTIFICATE, false, f->fact };
	f->rows[1] = (struct be_row_change){ BE_OUTBOX, false, f->letter };
	f->answer = (struct be_answer){ .sequence = sequence,
		.sealed = cb_span_str("answer") };
	memcpy(f->answer.request, request, CR_HASH);
	f->act = act_command(id(0x11), id(0x91), id(0x51), fence);
	f->act.records = &f->record;
	f->act.records_n = 1;
	f->act.rows = f->rows;
	f->act.rows_n = 2;
	f->act.answer = &f->answer;
}

static int64_t
rows_of(struct rig *g)
{
	return sql_number(g,
	    "SELECT (SELECT count(*) FROM record)"
	    "+(SELECT count(*) FROM certificate)"
	    "+(SELECT count(*) FROM outbox)+(SELECT count(*) FROM answer)"
	    "+(SELECT count(*) FROM entry WHERE organisation<>zeroblob(16))"
	    "+(SELECT count(*) FROM done)");
}

START_TEST(an_act_is_done_whole)
{
	struct cb_buf value = CB_BUF_INIT;
	struct full f;
	struct rig g;
	int64_t before;
	bool done;

	rig_init(&g);
	full_init(&f, take(&g, id(0x11), id(0x91), id(0x51)), 1);
	before = rows_of(&g);
	ck_assert_msg(be_store_act(g.st, &f.act) == CB_OK, "%s",
	    f.act.why.text);
	ck_assert_int_eq(rows_of(&g), before + 6);
	ck_assert_uint_gt(f.act.number, 1);
	ck_assert_int_eq(be_store_record(g.st, id(1), id(0x11), "card/0",
			     &value, NULL),
	    CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&value), cb_span_str("sealed")));
	ck_assert_int_eq(be_store_record(g.st, id(2), id(0x11), "card/0",
			     &value, NULL),
	    CB_E_ABSENT);
	ck_assert_int_eq(be_store_outcome(g.st, id(1), f.act.id, nobodys,
			     &done, NULL),
	    CB_OK);
	ck_assert(done);
	ck_assert_int_eq(
	    be_store_outcome(g.st, id(1), id(3), nobodys, &done, NULL),
	    CB_OK);
	ck_assert(!done);
	/* the same id again */
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_DENIED);
	ck_assert_int_eq(rows_of(&g), before + 6);
	cb_buf_free(&value);
	rig_clear(&g);
}
END_TEST

static bool
is_known(struct be_store *st, const struct be_act *a)
{
	bool done;

	ck_assert_int_eq(be_store_outcome(st, a->organisation, a->id,
			     a->request, &done, NULL),
	    CB_OK);
	return done;
}

static void
tidied(struct be_store *st, uint64_t now)
{
	struct cb_why why = { "" };

	ck_assert_msg(
	    be_store_tidy(st, now, &why) == CB_OK, "%s", why.text);
}

/* For a day: what was ordered has an id of any kind, a worker's begins with its
 * time. */
START_TEST(ids_are_kept_for_a_day)
{
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a[3];
	struct rig g;

	rig_init(&g);
	for (int i = 0; i < 3; i++) {
		a[i] = act_new(BE_ADMIN);
		a[i].entries = &e;
		a[i].entries_n = 1;
		a[i].now = UINT64_C(1760000000000);
		memset(a[i].id, i == 0 ? 0xFF : i, WIRE_ID);
		for (int k = 0; i > 0 && k < 6; k++)
			a[i].id[k] = (uint8_t)(a[i].now >> (40 - 8 * k));
	}
	memset(a[0].request, 7, CR_HASH);
	memcpy(a[2].organisation, id(2), WIRE_ID);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(be_store_act(g.st, &a[i]) == CB_OK, "%s",
		    a[i].why.text);
	tidied(g.st, a[0].now + BE_KEEP_MS);
	for (int i = 0; i < 3; i++)
		ck_assert(is_known(g.st, &a[i]));
	tidied(g.st, a[0].now + BE_KEEP_MS + 1);
	for (int i = 0; i < 3; i++)
		ck_assert(!is_known(g.st, &a[i]));
	rig_clear(&g);
}
END_TEST

/* An id is one act's, of one organisation: nobody is told that an act was done
 * because another one has its id. */
START_TEST(an_id_is_one_acts)
{
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_new(BE_ADMIN);
	uint8_t other[CR_HASH] = { 9 };
	struct rig g;
	bool done;

	rig_init(&g);
	a.entries = &e;
	a.entries_n = 1;
	memset(a.request, 7, CR_HASH);
	ck_assert_msg(be_store_act(g.st, &a) == CB_OK, "%s", a.why.text);
	ck_assert_int_eq(be_store_outcome(g.st, id(1), a.id, a.request, &done,
			     NULL),
	    CB_OK);
	ck_assert(done);
	ck_assert_int_eq(
	    be_store_outcome(g.st, id(1), a.id, other, &done, NULL),
	    CB_E_DENIED);
	ck_assert(!done);
	ck_assert_int_eq(be_store_outcome(g.st, id(2), a.id, a.request, &done,
			     NULL),
	    CB_OK);
	ck_assert(!done);
	memcpy(a.organisation, id(2), WIRE_ID);
	ck_assert_int_eq(be_store_act(g.st, &a), CB_OK);
	ck_assert_int_eq(be_store_outcome(g.st, id(2), a.id, a.request, &done,
			     NULL),
	    CB_OK);
	ck_assert(done);
	rig_clear(&g);
}
END_TEST

/* ---- what is refused ----------------------------------------------------- */

static const struct be_value foreign_card[] = { { BE_BLOB, 0,
    { (const uint8_t *)"!!!!!!!!!!!!!!!!", 16 } } };
static uint8_t no_token[CR_HASH];

static void none(struct full *f) { (void)f; }
static void no_entry(struct full *f) { f->act.entries_n = 0; }
static void old_fence(struct full *f) { f->act.fence--; }
static void new_fence(struct full *f) { f->act.fence++; }
static void other_session(struct full *f) { f->act.session = id(0x52); }
static void other_device(struct full *f) { f->act.device = id(0x92); }
static void other_card(struct full *f) { f->act.card = id(0x12); }
static void no_card(struct full *f) { f->act.card = NULL; }
static void absent_record(struct full *f) { f->record.remove = true; }
static void no_name(struct full *f) { f->record.name = ""; }
static void short_hash(struct full *f) { f->fact[5].s.n--; }
static void null_serial(struct full *f) { f->fact[2] = BE_NONE; }
static void a_token(struct full *f) { f->act.token = no_token; }
static void late(struct full *f) { f->act.now = UINT64_MAX; }

static void
other_organisation(struct full *f)
{
	memcpy(f->act.organisation, id(2), WIRE_ID);
}

static void
no_organisation(struct full *f)
{
	memcpy(f->act.organisation, id(3), WIRE_ID);
}

static void
bad_entry(struct full *f)
{
	static const struct cb_span bad = { (const uint8_t *)"\1\0\1", 3 };

	f->act.entries = &bad;
}

static void
entry_of_another(struct full *f)
{
	static struct cb_span e;

	e = entry_of(WIRE_CARD_WRITTEN, id(0x12));
	f->act.entries = &e;
}

static void
entry_without_number(struct full *f)
{
	static struct cb_span e;

	e = entry_of(WIRE_CARD_WRITTEN, id(0x11));
	f->act.entries = &e;
}

static void
fact_of_another(struct full *f)
{
	f->fact[0] = foreign_card[0];
}

static void
a_role(struct full *f)
{
	f->rows[1].table = BE_POLICY;
}

static void
too_long(struct full *f)
{
	static uint8_t big[BE_BLOB_MAX + 1];

	f->record.value = CB_SPAN_OF(big);
}

static void
upkeep(struct full *f)
{
	f->act.kind = BE_UPKEEP;
}

static const struct {
	const char *name;
	void (*spoil)(struct full *f);
	enum cb_err want;
} refusals[] = {
	{ "nothing", none, CB_OK },
	{ "no entry", no_entry, CB_E_DENIED },
	{ "an entry that is none", bad_entry, CB_E_FORMAT },
	{ "an entry of another card", entry_of_another, CB_E_DENIED },
	{ "records, and no number of them", entry_without_number,
	    CB_E_DENIED },
	{ "an old fence", old_fence, CB_E_BUSY },
	{ "a fence to come", new_fence, CB_E_BUSY },
	{ "another session", other_session, CB_E_BUSY },
	{ "another device", other_device, CB_E_BUSY },
	{ "another card", other_card, CB_E_DENIED },
	{ "no card", no_card, CB_E_ARG },
	{ "another organisation", other_organisation, CB_E_ARG },
	{ "no organisation", no_organisation, CB_E_ARG },
	{ "a record that is not there", absent_record, CB_E_ABSENT },
	{ "a record without a name", no_name, CB_E_ARG },
	{ "a short hash", short_hash, CB_E_ARG },
	{ "null", null_serial, CB_E_ARG },
	{ "a fact about another card", fact_of_another, CB_E_DENIED },
	{ "a row that grants", a_role, CB_E_DENIED },
	{ "a long value", too_long, CB_E_LIMIT },
	{ "upkeep", upkeep, CB_E_DENIED },
	{ "a token", a_token, CB_E_DENIED },
	{ "a time that SQL has not", late, CB_E_ARG },
};

START_TEST(refusals_change_nothing)
{
	struct full f;
	struct rig g;
	int64_t before;

	rig_init(&g);
	full_init(&f, take(&g, id(0x11), id(0x91), id(0x51)), 1);
	before = rows_of(&g);
	refusals[_i].spoil(&f);
	ck_assert_msg(be_store_act(g.st, &f.act) == refusals[_i].want,
	    "%s: %s: %s", refusals[_i].name, cb_err_text(f.act.err),
	    f.act.why.text);
	ck_assert(refusals[_i].want == CB_OK || !f.act.unknown);
	ck_assert_int_eq(
	    rows_of(&g), before + (refusals[_i].want == CB_OK ? 6 : 0));
	/* what was right before, is right after */
	full_init(&f, 1, 2);
	ck_assert_msg(
	    be_store_act(g.st, &f.act) == CB_OK, "%s", f.act.why.text);
	rig_clear(&g);
}
END_TEST

/* Each table: put, read, listed, changed, removed; by its organisation only. */
START_TEST(acts_of_people_change_rows)
{
	static const struct be_value *key;
	struct be_value policy[] = { BE_T(cb_span_str("unblock")),
		BE_B(cb_span_str("none")), BE_B(cb_span_str("mac")) };
	struct be_row_change c = { BE_POLICY, false, policy };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_new(BE_ADMIN);
	struct rig g;

	key = policy;
	rig_init(&g);
	a.rows = &c;
	a.rows_n = 1;
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	a.entries = &e;
	a.entries_n = 1;
	ck_assert_int_eq(be_store_act(g.st, &a), CB_OK);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM policy"), 1);
	/* the device of another organisation */
	const struct be_value device[] = { BE_ID(id(0xA1)), BE_I(1), BE_I(1),
		BE_HASH(request), BE_I(9), BE_B(cb_span_str("")),
		BE_B(cb_span_str("mac")) };

	c = (struct be_row_change){ BE_DEVICE, false, device };
	a = act_row(&c, &e);
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	c.remove = true;
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_ABSENT);
	/* an assignment of another's card */
	const struct be_value assignment[] = { BE_ID(id(0x21)), BE_I(1),
		BE_ID(id(0x91)), BE_I(9), BE_B(cb_span_str("mac")) };

	c = (struct be_row_change){ BE_ASSIGNMENT, false, assignment };
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_ARG);
	c = (struct be_row_change){ BE_POLICY, true, key };
	ck_assert_int_eq(be_store_act(g.st, &a), CB_OK);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM policy"), 0);
	rig_clear(&g);
}
END_TEST

/* Whatever was granted before it was terminated, or is kept of the row. */
START_TEST(a_terminated_card_stays_so)
{
	const struct be_value card[] = { BE_ID(id(0x11)), BE_I(1), BE_I(0),
		BE_I(0), BE_T(cb_span_str("authentic3")),
		BE_B(cb_span_str("")), BE_I(1), BE_I(1), BE_I(1),
		BE_B(cb_span_str("mac")),
		BE_B(cb_span_str("")) };
	const struct be_row_change c = { BE_CARD, false, card };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_row(&c, &e);
	struct rig g;

	rig_init(&g);
	sql_run(&g, "UPDATE card SET state=2");
	ck_assert_int_eq(be_store_act(g.st, &a), CB_OK);
	sql_run(&g, "UPDATE card SET state=3");
	a = act_row(&c, &e);
	ck_assert_int_eq(be_store_act(g.st, &a), CB_E_DENIED);
	ck_assert_int_eq(
	    sql_number(&g, "SELECT count(*) FROM card WHERE state=3"), 3);
	rig_clear(&g);
}
END_TEST

/* ---- batches ------------------------------------------------------------- */

START_TEST(each_fails_alone)
{
	struct be_stats stats, before;
	struct be_act acts[5];
	struct full f[5];
	struct rig g;
	uint64_t fence;

	rig_init(&g);
	fence = take(&g, id(0x11), id(0x91), id(0x51));
	be_store_stats(g.st, &before);
	for (unsigned i = 0; i < 5; i++) {
		full_init(&f[i], fence, i + 1);
		if (i == 1)
			old_fence(&f[i]);
		if (i == 3)
			short_hash(&f[i]);
		if (i == 4)
			f[i].answer.sequence = 3;	/* as f[2] */
		acts[i] = f[i].act;
	}
	ck_assert_int_eq(
	    be_store_commit_batch(g.st, acts, 5, NULL), CB_OK);
	ck_assert_int_eq(acts[0].err, CB_OK);
	ck_assert_int_eq(acts[1].err, CB_E_BUSY);
	ck_assert_int_eq(acts[2].err, CB_OK);
	ck_assert_int_eq(acts[3].err, CB_E_ARG);
	ck_assert_int_eq(acts[4].err, CB_E_DENIED);
	ck_assert_uint_eq(acts[2].number, acts[0].number + 1);
	/* of those that failed half way there is nothing */
	for (unsigned i = 0; i < 5; i++) {
		bool done;

		ck_assert_int_eq(be_store_outcome(g.st, id(1), acts[i].id,
				     nobodys, &done, NULL),
		    CB_OK);
		ck_assert(done == (acts[i].err == CB_OK));
	}
	be_store_stats(g.st, &stats);
	ck_assert_uint_eq(stats.commits, before.commits + 1);
	ck_assert_uint_eq(stats.acts, before.acts + 2);
	ck_assert_uint_eq(stats.refused, before.refused + 3);
	rig_clear(&g);
}
END_TEST

START_TEST(nothing_changed_nothing_written)
{
	struct be_stats stats, before;
	struct full f;
	struct rig g;
	int64_t rows;
	uint64_t fence;

	rig_init(&g);
	fence = take(&g, id(0x11), id(0x91), id(0x51));
	be_store_stats(g.st, &before);
	rows = rows_of(&g);
	full_init(&f, fence, 1);
	f.act.entries_n = f.act.records_n = f.act.rows_n = 0;
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	/* nor does a batch whose acts all fail commit */
	full_init(&f, fence + 1, 1);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_BUSY);
	be_store_stats(g.st, &stats);
	ck_assert_uint_eq(stats.unchanged, before.unchanged + 1);
	ck_assert_uint_eq(stats.commits, before.commits);
	ck_assert_int_eq(rows_of(&g), rows);
	rig_clear(&g);
}
END_TEST

/* ---- answers ------------------------------------------------------------- */

static enum be_found
look_up(struct be_store *st, uint64_t sequence, const uint8_t *hash,
    const uint8_t *by)
{
	struct cb_buf out = CB_BUF_INIT;
	enum be_found found;

	ck_assert_int_eq(be_store_answer(st, id(1), id(0x91), id(0x51),
			     sequence, hash, by, &found, &out, NULL),
	    CB_OK);
	ck_assert(cb_span_equal(cb_buf_span(&out),
	    found == BE_ANSWER ? cb_span_str("answer") : CB_SPAN_EMPTY));
	cb_buf_free(&out);
	return found;
}

#define HOUR_MS UINT64_C(3600000)

START_TEST(answers_are_found_until_the_next)
{
	static const uint8_t other[CR_HASH] = { 8 };
	struct full f;
	struct rig g;
	uint64_t fence;

	rig_init(&g);
	fence = take(&g, id(0x11), id(0x91), id(0x51));
	full_init(&f, fence, 4);
	ck_assert_int_eq(look_up(g.st, 4, request, NULL), BE_NO_ANSWER);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	ck_assert_int_eq(look_up(g.st, 4, request, NULL), BE_ANSWER);
	ck_assert_int_eq(look_up(g.st, 4, request, NULL), BE_ANSWER);
	ck_assert_int_eq(look_up(g.st, 4, other, NULL), BE_OTHER);
	ck_assert_int_eq(look_up(g.st, 3, request, NULL), BE_NO_ANSWER);
	ck_assert_int_eq(look_up(g.st, 5, request, NULL), BE_NO_ANSWER);
	/* after a restart: once */
	be_store_close(&g.st);
	g.st = rig_open(&g);
	ck_assert_int_eq(look_up(g.st, 4, other, id(0x61)), BE_OTHER);
	ck_assert_int_eq(look_up(g.st, 4, request, id(0x61)), BE_ANSWER);
	ck_assert_int_eq(look_up(g.st, 4, request, id(0x62)), BE_GIVEN);
	/* but again to who may not have heard it */
	ck_assert_int_eq(look_up(g.st, 4, request, id(0x61)), BE_ANSWER);
	ck_assert_int_eq(look_up(g.st, 4, request, id(0x62)), BE_GIVEN);
	ck_assert_int_eq(look_up(g.st, 4, request, NULL), BE_GIVEN);
	/* an older or the same sequence does not come back */
	full_init(&f, fence, 4);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_DENIED);
	full_init(&f, fence, 5);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	ck_assert_int_eq(look_up(g.st, 4, request, NULL), BE_NO_ANSWER);
	ck_assert_int_eq(look_up(g.st, 5, request, NULL), BE_ANSWER);
	/* in another hour, in which there is none of it yet */
	full_init(&f, fence, 5);
	f.act.now += HOUR_MS;
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_DENIED);
	full_init(&f, fence, 6);
	f.act.now += HOUR_MS;
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	ck_assert_int_eq(look_up(g.st, 6, request, NULL), BE_ANSWER);
	/* a day later; to the hour */
	ck_assert_int_eq(be_store_tidy(g.st, f.act.now + BE_KEEP_MS, NULL),
	    CB_OK);
	ck_assert_int_eq(look_up(g.st, 6, request, NULL), BE_ANSWER);
	ck_assert_int_eq(be_store_tidy(g.st,
			     f.act.now + BE_KEEP_MS + HOUR_MS + 1, NULL),
	    CB_OK);
	ck_assert_int_eq(look_up(g.st, 6, request, NULL), BE_NO_ANSWER);
	rig_clear(&g);
}
END_TEST

/* Until its answer comes, and where none is kept. */
START_TEST(what_has_begun_is_found)
{
	static const uint8_t other[CR_HASH] = { 8 };
	struct full f;
	struct rig g;
	uint64_t fence;

	rig_init(&g);
	fence = take(&g, id(0x11), id(0x91), id(0x51));
	full_init(&f, fence, 4);
	f.answer.begun = true;
	f.answer.sealed = CB_SPAN_EMPTY;
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	ck_assert_int_eq(look_up(g.st, 4, request, id(0x61)), BE_BEGUN);
	ck_assert_int_eq(look_up(g.st, 4, request, id(0x62)), BE_BEGUN);
	ck_assert_int_eq(look_up(g.st, 4, other, id(0x62)), BE_OTHER);
	/* nothing else takes its place, but the answer to the same request */
	full_init(&f, fence, 4);
	memcpy(f.answer.request, other, CR_HASH);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_DENIED);
	full_init(&f, fence, 4);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	ck_assert_int_eq(look_up(g.st, 4, request, NULL), BE_ANSWER);
	full_init(&f, fence, 4);
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_E_DENIED);
	/* what was answered before it in one body */
	full_init(&f, fence, 5);
	f.answer.begun = true;
	ck_assert_int_eq(be_store_act(g.st, &f.act), CB_OK);
	ck_assert_int_eq(look_up(g.st, 5, request, id(0x61)), BE_ANSWER);
	ck_assert_int_eq(look_up(g.st, 5, request, id(0x62)), BE_GIVEN);
	rig_clear(&g);
}
END_TEST

Suite *
store_act_suite(void)
{
	Suite *s = suite_create("store_act");
	TCase *tc = tcase_create("act");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, an_act_is_done_whole);
	tcase_add_test(tc, ids_are_kept_for_a_day);
	tcase_add_test(tc, an_id_is_one_acts);
	tcase_add_loop_test(
	    tc, refusals_change_nothing, 0, COUNT(refusals));
	tcase_add_test(tc, acts_of_people_change_rows);
	tcase_add_test(tc, a_terminated_card_stays_so);
	tcase_add_test(tc, each_fails_alone);
	tcase_add_test(tc, nothing_changed_nothing_written);
	tcase_add_test(tc, answers_are_found_until_the_next);
	tcase_add_test(tc, what_has_begun_is_found);
	suite_add_tcase(s, tc);
	return s;
}

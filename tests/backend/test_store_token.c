/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Tokens: each enrols one device.
 */
#include <pthread.h>
#include <string.h>

#include "tests/backend/store_rig.h"
#include "wire/entry.h"

static const uint8_t token[CR_HASH] = { 0x70 };

static void
add_token(struct rig *g)
{
	const struct be_value v[] = { BE_HASH(token),
		BE_T(cb_span_str("device")), BE_ID(id(0x71)),
		BE_I(2), BE_I((int64_t)NOW + 1000),
		BE_B(cb_span_str("mac")), BE_NONE, BE_B(CB_SPAN_EMPTY) };
	const struct be_row_change c = { BE_TOKEN, false, v };
	const struct cb_span e = entry_of(WIRE_ACT, NULL);
	struct be_act a = act_row(&c, &e);

	ck_assert_int_eq(be_store_act(g->st, &a), CB_OK);
}

struct enrolment {
	struct be_value device[7];
	struct be_row_change row;
	struct cb_span entry;
	struct be_act act;
};

static void
enrolment_init(struct enrolment *e, uint64_t now, uint8_t device)
{
	e->device[0] = BE_ID(id(device));
	e->device[1] = BE_I(1);
	e->device[2] = BE_I(1);
	e->device[3] = BE_HASH(token);
	e->device[4] = BE_I(9);
	e->device[5] = BE_B(cb_span_str("label"));
	e->device[6] = BE_B(cb_span_str("mac"));
	e->row = (struct be_row_change){ BE_DEVICE, false, e->device };
	e->entry = entry_of(WIRE_ENROLLED, NULL);
	e->act = act_new(BE_ENROL);
	e->act.now = now;
	e->act.rows = &e->row;
	e->act.rows_n = 1;
	e->act.entries = &e->entry;
	e->act.entries_n = 1;
	e->act.token = token;
}

static enum cb_err
enrol(struct be_store *st, uint64_t now, uint8_t device)
{
	struct enrolment e;

	enrolment_init(&e, now, device);
	return be_store_act(st, &e.act);
}

START_TEST(tokens_are_used_once)
{
	struct be_token t;
	struct rig g;

	rig_init(&g);
	add_token(&g);
	ck_assert_int_eq(
	    be_store_token(g.st, token, NOW, &t, NULL), CB_OK);
	ck_assert_mem_eq(t.organisation, id(1), WIRE_ID);
	ck_assert_str_eq(t.purpose, "device");
	ck_assert_mem_eq(t.subject, id(0x71), WIRE_ID);
	ck_assert_uint_eq(t.class, 2);
	ck_assert_uint_eq(t.until, NOW + 1000);
	ck_assert(cb_span_equal(
	    cb_span(t.mac, t.mac_n), cb_span_str("mac")));
	ck_assert_int_eq(be_store_token(g.st, token, NOW + 1000, &t, NULL),
	    CB_E_ABSENT);
	ck_assert_int_eq(enrol(g.st, NOW + 1000, 0x95), CB_E_DENIED);
	ck_assert_int_eq(enrol(g.st, NOW + 999, 0x95), CB_OK);
	ck_assert_int_eq(enrol(g.st, NOW + 999, 0x96), CB_E_DENIED);
	ck_assert_int_eq(
	    be_store_token(g.st, token, NOW, &t, NULL), CB_E_ABSENT);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM device"), 4);
	rig_clear(&g);
}
END_TEST

/* What came of one is there as long as it is, and no longer. */
START_TEST(what_came_of_a_token_is_kept_with_it)
{
	const struct be_value given[] = { BE_HASH(token), BE_HASH(token),
		BE_B(cb_span_str("certificate")), BE_I((int64_t)NOW) };
	struct be_row_change rows[2];
	struct enrolment e;
	struct rig g;

	rig_init(&g);
	add_token(&g);
	enrolment_init(&e, NOW, 0x95);
	rows[0] = e.row;
	rows[1] = (struct be_row_change){ BE_ENROLMENT, false, given };
	e.act.rows = rows;
	e.act.rows_n = 2;
	ck_assert_int_eq(be_store_act(g.st, &e.act), CB_OK);
	ck_assert_int_eq(
	    be_store_tidy(g.st, NOW + BE_KEEP_MS + 500, NULL), CB_OK);
	ck_assert_int_eq(
	    sql_number(&g, "SELECT count(*) FROM enrolment"), 1);
	ck_assert_int_eq(
	    be_store_tidy(g.st, NOW + BE_KEEP_MS + 1001, NULL), CB_OK);
	ck_assert_int_eq(
	    sql_number(&g, "SELECT count(*) FROM enrolment"), 0);
	rig_clear(&g);
}
END_TEST

struct racer {
	pthread_t thread;
	struct be_store *st;
	pthread_barrier_t *start;
	struct enrolment e;
	enum cb_err r;
};

static void *
race(void *ctx)
{
	struct racer *me = ctx;

	pthread_barrier_wait(me->start);
	me->r = be_store_act(me->st, &me->e.act);
	return NULL;
}

START_TEST(two_race_for_a_token)
{
	pthread_barrier_t start;
	struct racer r[2];
	struct rig g;

	rig_init(&g);
	add_token(&g);
	pthread_barrier_init(&start, NULL, 2);
	for (int i = 0; i < 2; i++) {
		r[i] = (struct racer){ .st = rig_open(&g), .start = &start };
		enrolment_init(&r[i].e, NOW, (uint8_t)(0x95 + i));
		ck_assert_int_eq(
		    pthread_create(&r[i].thread, NULL, race, &r[i]), 0);
	}
	for (int i = 0; i < 2; i++) {
		pthread_join(r[i].thread, NULL);
		be_store_close(&r[i].st);
	}
	ck_assert_int_eq(r[0].r == CB_OK, r[1].r == CB_E_DENIED);
	ck_assert_int_eq(r[1].r == CB_OK, r[0].r == CB_E_DENIED);
	ck_assert_int_eq(sql_number(&g, "SELECT count(*) FROM device"), 4);
	pthread_barrier_destroy(&start);
	rig_clear(&g);
}
END_TEST

Suite *
store_token_suite(void)
{
	Suite *s = suite_create("store_token");
	TCase *tc = tcase_create("token");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, tokens_are_used_once);
	tcase_add_test(tc, what_came_of_a_token_is_kept_with_it);
	tcase_add_test(tc, two_race_for_a_token);
	suite_add_tcase(s, tc);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the books say of sessions and of what is done in them: in which order,
 * of which session, and what of a key.
 */
#include <string.h>

#include "tests/backend/worker/rig_serve.h"
#include "tests/backend/worker/suites.h"

/* ---- reading them -------------------------------------------------------- */

struct wanted {
	enum wire_entry_type type;
	const uint8_t *session;	/* NULL: of any */
	uint64_t number;	/* of the first one; 0: none */
	unsigned n;
	uint8_t fingerprint[CR_HASH];	/* of the last one */
	bool has_fingerprint;
};

static enum cb_err
look_at(void *ctx, const struct be_value *v, size_t n)
{
	struct wanted *w = ctx;
	struct wire_entry e;

	ck_assert_uint_ge(n, 2);
	ck_assert_int_eq(wire_entry_get(v[1].s, &e), CB_OK);
	if (e.type != w->type ||
	    (w->session != NULL &&
		!cb_span_equal(e.bytes[WIRE_F_SESSION],
		    cb_span(w->session, WIRE_ID))))
		return CB_OK;
	if (w->n++ == 0)
		w->number = (uint64_t)v[0].i;
	w->has_fingerprint = wire_entry_has(&e, WIRE_F_FINGERPRINT);
	if (w->has_fingerprint)
		memcpy(w->fingerprint, e.bytes[WIRE_F_FINGERPRINT].p,
		    CR_HASH);
	return CB_OK;
}

static struct wanted
entries(enum wire_entry_type type, const uint8_t *session)
{
	struct wanted w = { .type = type, .session = session };
	struct be_store *st;

	ck_assert_int_eq(be_store_open(&st, g.path, NULL), CB_OK);
	ck_assert_int_eq(be_store_entries(st, rig_keys.org->id, 1, 1000,
			     look_at, &w, NULL),
	    CB_OK);
	be_store_close(&st);
	return w;
}

/* ---- sessions ------------------------------------------------------------ */

START_TEST(a_session_that_is_opened_anew_has_ended)
{
	struct wanted opened, ended, anew;
	uint8_t old[WIRE_ID];

	bridge_select(&b);
	memcpy(old, b.session, WIRE_ID);
	bridge_select(&b);
	opened = entries(WIRE_SESSION_OPEN, old);
	ended = entries(WIRE_SESSION_END, old);
	anew = entries(WIRE_SESSION_OPEN, b.session);
	ck_assert_uint_eq(opened.n, 1);
	ck_assert_uint_eq(ended.n, 1);
	ck_assert_uint_eq(anew.n, 1);
	ck_assert_uint_lt(opened.number, ended.number);
	ck_assert_uint_lt(ended.number, anew.number);
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
}
END_TEST

Suite *
books_suite(void)
{
	Suite *s = suite_create("books");
	TCase *t = tcase_create("books");

	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_session_that_is_opened_anew_has_ended);
	suite_add_tcase(s, t);
	return s;
}

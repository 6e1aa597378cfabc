/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the books say of sessions and of what is done in them: in which order,
 * of which session, and what of a key.
 */
#include <stdio.h>
#include <string.h>

#include "common/hex.h"
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

#define HELD "SELECT count(*) FROM lease WHERE device IS NOT NULL"

/* What a worker that died has left ends when nobody comes back for it. */
START_TEST(a_session_of_a_dead_worker_ends)
{
	struct wanted ended;

	g.set.silent = 300;
	bridge_select(&b);
	rig_restart(&g);
	ck_assert_int_eq(rig_number(&g, HELD), 1);
	for (int i = 0; i < 1000 && rig_number(&g, HELD) != 0; i++)
		(void)rig_has(&g, 0xFFFF, 10);
	ck_assert_int_eq(rig_number(&g, HELD), 0);
	ended = entries(WIRE_SESSION_END, b.session);
	ck_assert_uint_eq(ended.n, 1);
}
END_TEST

/* And who has come back keeps its card. */
START_TEST(who_comes_back_to_a_worker_stays)
{
	uint64_t until;

	g.set.silent = 300;
	bridge_select(&b);
	rig_restart(&g);
	bridge_select(&b);
	until = rig_tick() + 900;
	while (rig_tick() < until) {
		bridge_is(&b, SELECT_A5, "9000");
		(void)rig_has(&g, 0xFFFF, 20);
	}
	ck_assert_int_eq(rig_number(&g, HELD), 1);
	ck_assert_uint_eq(entries(WIRE_SESSION_END, b.session).n, 0);
	/* the one of before ended when this one began */
	ck_assert_uint_eq(rig_entries(&g, WIRE_SESSION_END), 1);
}
END_TEST

/* ---- keys ---------------------------------------------------------------- */

#define CREATE(type, fid, size) \
	"00E00000186216" "8202" type "8302" fid "8502" size "86080000000000000000"
#define CD(fid) "00A4000C02" fid
#define FF14 "FFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define SO "0020000440" "3837363534333231" FF14 FF14 FF14 FF14

/* A key of 512 bits and its files. */
static const char *const made[] = { SELECT_A5, CD("5011"), SO,
	CREATE("3800", "7000", "0028"), CD("7000"),
	CREATE("1200", "1001", "0200"), CREATE("1400", "3001", "0200"),
	"004600000410013001" };

/* By what a certificate of it would have as its key. */
START_TEST(a_key_is_entered_by_its_public_half)
{
	static const char before[] = "305C300D06092A864886F70D0101010500034B"
				     "003048024100";
	struct cb_buf info = CB_BUF_INIT;
	struct wanted key;
	uint8_t hash[CR_HASH];
	const char *said;
	char hex[300];

	bridge_select(&b);
	for (int i = 0; i < COUNT(made); i++) {
		said = bridge_apdu(&b, made[i]);
		ck_assert_msg(strcmp(said + strlen(said) - 4, "9000") == 0,
		    "%s: %s", made[i], said);
	}
	bridge_is(&b, CD("1001"), "9000");
	said = bridge_apdu(&b, "80B4010000");
	ck_assert_uint_eq(strlen(said), 2 * 64 + 4);
	snprintf(hex, sizeof(hex), "%s%.128s0203010001", before, said);
	ck_assert_int_eq(cb_hex_decode(&info, hex, strlen(hex)), CB_OK);
	ck_assert_int_eq(cr_sha256(cb_buf_span(&info), hash), CB_OK);
	key = entries(WIRE_KEY_MADE, NULL);
	ck_assert_uint_eq(key.n, 1);
	ck_assert(key.has_fingerprint);
	ck_assert_mem_eq(key.fingerprint, hash, CR_HASH);
	cb_buf_free(&info);
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
	tcase_add_test(t, a_session_of_a_dead_worker_ends);
	tcase_add_test(t, who_comes_back_to_a_worker_stays);
	tcase_add_test(t, a_key_is_entered_by_its_public_half);
	suite_add_tcase(s, t);
	return s;
}

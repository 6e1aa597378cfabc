/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Rows of a card: those that somebody has changed in the database, and what is
 * told of them.
 */
#include <string.h>

#include "tests/backend/worker/suites.h"

#define A5_ATR "3BFB1100008131FE450031C06477E910000090006A"

static const char *const tampered[] = {
	"DELETE FROM record WHERE name LIKE 'card/0/t/%'",
	"DELETE FROM record WHERE name='root'",
	"INSERT INTO record SELECT card, 'card/9', value FROM record "
	"WHERE name='card'",
	"UPDATE record SET value=(SELECT value FROM record WHERE "
	"name='card') WHERE name LIKE 'card/0/p/%'",
	"UPDATE record SET value=substr(value, 1, length(value) - 1) "
	"WHERE name='card'",
};

START_TEST(a_card_whose_rows_are_not_its_roots_does_not_open)
{
	rig_sql(&g, tampered[_i]);
	ck_assert_uint_eq(bridge_open(&b, false), 0);
	ck_assert_int_eq(b.last.type, WIRE_REFUSED);
	ck_assert_uint_eq(b.last.code, CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(b.last.text, "record"));
	ck_assert_uint_eq(rig_stats(&g).sessions, 0);
	ck_assert_int_eq(rig_number(&g, "SELECT count(*) FROM lease WHERE "
					"device IS NOT NULL"),
	    0);
}
END_TEST

START_TEST(one_older_row_is_seen)
{
	rig_sql(&g, "CREATE TABLE kept AS SELECT * FROM record WHERE "
		    "name LIKE 'card/0/t/%'");
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	rig_sql(&g, "UPDATE record SET value=(SELECT value FROM kept WHERE "
		    "kept.name=record.name) WHERE name IN "
		    "(SELECT name FROM kept)");
	ck_assert_uint_eq(bridge_open(&b, false), 0);
	ck_assert_int_eq(b.last.type, WIRE_REFUSED);
}
END_TEST

#define KEEP "CREATE TABLE kept AS SELECT * FROM record"
#define PUT_BACK "DELETE FROM record; INSERT INTO record SELECT * FROM kept"

/* All of them, with the root: whole in themselves, with the tries of before. */
START_TEST(a_card_that_was_put_back_does_not_open)
{
	rig_sql(&g, KEEP);
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	rig_sql(&g, "CREATE TABLE now AS SELECT * FROM record");
	rig_sql(&g, PUT_BACK);
	ck_assert_uint_eq(bridge_open(&b, false), 0);
	ck_assert_int_eq(b.last.type, WIRE_REFUSED);
	ck_assert_uint_eq(b.last.code, CB_E_FORMAT);
	ck_assert_ptr_nonnull(strstr(b.last.text, "behind the books"));
	/* as it is, it opens */
	rig_sql(&g, "DELETE FROM record; INSERT INTO record SELECT * FROM now");
	bridge_select(&b);
	bridge_is(&b, TRIES, "63C2");
}
END_TEST

/* The last entry about the card may tell no number. */
START_TEST(entries_without_a_number_are_passed_over)
{
	rig_sql(&g, KEEP);
	bridge_select(&b);
	bridge_is(&b, WRONG, "63C2");
	for (int i = 0; i < 3; i++)	/* each is entered */
		bridge_ready(&b);
	rig_sql(&g, PUT_BACK);
	ck_assert_uint_eq(bridge_open(&b, false), 0);
	ck_assert_int_eq(b.last.type, WIRE_REFUSED);
	ck_assert_ptr_nonnull(strstr(b.last.text, "behind the books"));
}
END_TEST

/* Before anybody has opened it, what its row says; then what it says itself. */
START_TEST(the_atr_is_told)
{
	struct bridge other;
	struct watch_told t;

	t = watch_told(&g, watch_post(&b, false, 0));
	ck_assert_str_eq(t.atr, "3B80");
	bridge_select(&b);
	t = watch_told(&g, watch_post(&b, true, 0));
	ck_assert_str_eq(t.atr, A5_ATR);
	/* also to who may have it next */
	bridge_init(&other, &g, 1);
	t = watch_told(&g, watch_post(&other, false, 0));
	ck_assert_uint_eq(t.state, WIRE_ELSEWHERE);
	ck_assert_str_eq(t.atr, A5_ATR);
	bridge_clear(&other);
	/* and to who was told nothing new otherwise */
	t = watch_told(&g, watch_post(&b, true, 0));
	ck_assert(!rig_has(&g, watch_post(&b, true, t.stamp), 50));
}
END_TEST

Suite *
rows_suite(void)
{
	Suite *s = suite_create("rows");
	TCase *t = tcase_create("rows");

	tcase_add_checked_fixture(t, worker_setup, worker_teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t,
	    a_card_whose_rows_are_not_its_roots_does_not_open, 0,
	    COUNT(tampered));
	tcase_add_test(t, one_older_row_is_seen);
	tcase_add_test(t, the_atr_is_told);
	tcase_add_test(t, a_card_that_was_put_back_does_not_open);
	tcase_add_test(t, entries_without_a_number_are_passed_over);
	suite_add_tcase(s, t);
	return s;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What one session or one order costs does not grow with its organisation:
 * every statement that is run for them finds its rows by a key.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/serve.h"
#include "tests/backend/store_rig.h"

#define TEXTS_MAX 128

static char *texts[TEXTS_MAX]; /* SQL that was run */
static size_t texts_n;

static int
on_statement(unsigned what, void *ctx, void *stmt, void *text)
{
	(void)what;
	(void)ctx;
	(void)stmt;
	for (size_t i = 0; i < texts_n; i++)
		if (strcmp(texts[i], text) == 0)
			return 0;
	ck_assert_uint_lt(texts_n, TEXTS_MAX);
	texts[texts_n++] = strdup(text);
	return 0;
}

/* Of every connection that is opened from now on. */
static int
on_open(sqlite3 *db, char **words, const struct sqlite3_api_routines *api)
{
	(void)words;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

static void
forget(void)
{
	while (texts_n > 0)
		free(texts[--texts_n]);
}

/* Policies are few, and each of them counts; of what lies in order one end is
 * as good as a key. */
static bool
is_by_key(const char *text, const char *detail)
{
	const size_t n = strlen(detail);
	static const char all[] = "(organisation=?)";

	if (strstr(detail, " policy ") != NULL)
		return true;
	if (strstr(text, " LIMIT 1") != NULL)
		return strstr(detail, "TEMP") == NULL;
	return strncmp(detail, "SCAN", 4) != 0 &&
	       (n < sizeof(all) ||
		   strcmp(detail + n - sizeof(all) + 1, all) != 0);
}

/* A store whose statements are kept. */
static void
begin(struct rig *g)
{
	ck_assert_int_eq(
	    sqlite3_auto_extension((void (*)(void))on_open), SQLITE_OK);
	rig_init(g);
	sqlite3_reset_auto_extension();
	forget();
}

static void
explain(sqlite3 *db, const char *text)
{
	char sql[2048];
	sqlite3_stmt *stmt;

	snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", text);
	ck_assert_int_eq(
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *detail =
		    (const char *)sqlite3_column_text(stmt, 3);

		ck_assert_msg(is_by_key(text, detail), "%s: %s", text, detail);
	}
	sqlite3_finalize(stmt);
}

/* How many there were with this in them. */
static size_t
explain_all(const struct rig *g, const char *part)
{
	size_t looked = 0;
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(g->path, &db), SQLITE_OK);
	for (size_t i = 0; i < texts_n; i++)
		if (strstr(texts[i], part) != NULL) {
			explain(db, texts[i]);
			looked++;
		}
	sqlite3_close(db);
	forget();
	return looked;
}

/* An entry is added with each signature: that makes no table. */
START_TEST(an_entry_is_added_without_a_table)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;
	struct rig g;

	rig_init(&g);
	ck_assert_int_eq(sqlite3_open(g.path, &db), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_prepare_v2(db,
		"EXPLAIN INSERT INTO entry VALUES(?1, ?2, ?3, ?4)", -1, &stmt,
		NULL),
	    SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		ck_assert_str_ne(
		    (const char *)sqlite3_column_text(stmt, 1),
		    "OpenEphemeral");
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	rig_clear(&g);
}
END_TEST

#define ID4(b) b b b b
#define ID(b) "x'" ID4(ID4(b)) "'"
#define MAC "zeroblob(38)"

/* Two people, and a card of a group that a device is in. */
static const char *const rows[] = {
	"INSERT INTO factor VALUES(" ID("01") "," ID("F1") "," ID("51")
	    ",'certificate',1,zeroblob(32)," MAC ")",
	"INSERT INTO factor VALUES(" ID("01") "," ID("F2") "," ID("52")
	    ",'certificate',1,zeroblob(32)," MAC ")",
	"INSERT INTO role VALUES(" ID("01") "," ID("51") ",1,0," MAC ")",
	"INSERT INTO role VALUES(" ID("01") "," ID("52") ",1,0," MAC ")",
	"INSERT INTO policy VALUES(" ID("01") ",'unblock',x'00'," MAC ")",
	"INSERT INTO device_group VALUES(" ID("01") "," ID("61") ",x'')",
	"INSERT INTO device_member VALUES(" ID("01") "," ID("61") "," ID("91")
	    "," MAC ")",
	"INSERT INTO assignment VALUES(" ID("01") "," ID("11") ",2," ID("61")
	    ",0," MAC ")",
	"UPDATE card SET key_version=1, mac=" MAC,
	"UPDATE device SET mac=" MAC,
	"INSERT INTO wrap VALUES(" ID("01") "," ID("11") ",'card',1,x'',x'')",
	"INSERT INTO wrap VALUES(" ID("01") "," ID("11")
	    ",'unblock',1,x'',x'')",
};

/* A session opens, and runs a command that changes something. */
static void
use_card(struct rig *g)
{
	const uint64_t fence = take(g, id(0x11), id(0x91), id(0x31));
	const struct be_record_change c = { "pin", cb_span_str("v"), false };
	struct be_act a =
	    act_command(id(0x11), id(0x91), id(0x31), fence);
	bool done;

	a.records = &c;
	a.records_n = 1;
	ck_assert_msg(be_store_act(g->st, &a) == CB_OK, "%s", a.why.text);
	ck_assert_int_eq(
	    be_store_outcome(g->st, id(1), a.id, nobodys, &done, NULL),
	    CB_OK);
	ck_assert(done);
}

START_TEST(what_is_looked_for_is_found_by_a_key)
{
	struct be_ask_rights of_device = { .is_person = false };
	struct be_ask_rights of_person = { .is_person = true };
	struct be_ask_orderer order;
	struct be_ask_records records = { .after = CB_SPAN_EMPTY };
	struct cb_buf out = CB_BUF_INIT;
	struct be_lease lease;
	struct rig g;

	begin(&g);
	for (int i = 0; i < COUNT(rows); i++)
		sql_run(&g, rows[i]);
	forget();

	memcpy(of_device.holder, id(0x91), WIRE_ID);
	memcpy(of_device.card, id(0x11), WIRE_ID);
	ck_assert_int_eq(
	    be_rights_gather(g.st, id(1), &of_device, &out), CB_OK);
	memcpy(of_person.holder, id(0x51), WIRE_ID);
	ck_assert_int_eq(
	    be_rights_gather(g.st, id(1), &of_person, &out), CB_OK);
	memcpy(order.person, id(0x51), WIRE_ID);
	memcpy(order.second, id(0x52), WIRE_ID);
	memcpy(order.card, id(0x11), WIRE_ID);
	ck_assert_int_eq(
	    be_orderer_gather(g.st, id(1), &order, &out), CB_OK);
	memcpy(records.card, id(0x11), WIRE_ID);
	ck_assert_int_eq(
	    be_records_gather(g.st, id(1), &records, &out, NULL), CB_OK);
	ck_assert_int_eq(
	    be_store_lease(g.st, id(0x11), &lease, NULL), CB_OK);
	use_card(&g);
	ck_assert_int_eq(be_store_session(g.st, id(1), id(0x91), id(0x31),
			     &lease, NULL),
	    CB_OK);
	ck_assert_uint_ge(explain_all(&g, ""), 20);
	cb_buf_free(&out);
	rig_clear(&g);
}
END_TEST

/* Ids of a day of signatures are many; tokens are few. */
START_TEST(ids_are_forgotten_by_a_key)
{
	struct rig g;

	begin(&g);
	ck_assert_int_eq(be_store_tidy(g.st, 2 * BE_KEEP_MS, NULL), CB_OK);
	ck_assert_uint_eq(explain_all(&g, "FROM done"), 2);
	rig_clear(&g);
}
END_TEST

Suite *
store_plan_suite(void)
{
	Suite *s = suite_create("store_plan");
	TCase *tc = tcase_create("plan");

	tcase_add_test(tc, what_is_looked_for_is_found_by_a_key);
	tcase_add_test(tc, ids_are_forgotten_by_a_key);
	tcase_add_test(tc, an_entry_is_added_without_a_table);
	suite_add_tcase(s, tc);
	return s;
}

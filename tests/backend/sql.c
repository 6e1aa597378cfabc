/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See sql.h.
 */
#include <check.h>
#include <sqlite3.h>

#include "tests/backend/sql.h"

static sqlite3 *
connect_to(const char *path)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

int64_t
sql_number_at(const char *path, const char *sql)
{
	sqlite3 *db = connect_to(path);
	sqlite3_stmt *stmt;
	int64_t n;

	ck_assert_int_eq(
	    sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

void
sql_run_at(const char *path, const char *sql)
{
	sqlite3 *db = connect_to(path);
	char *words = NULL;
	int rc = sqlite3_exec(db, sql, NULL, NULL, &words);

	ck_assert_msg(rc == SQLITE_OK, "%s: %s", sql, words);
	sqlite3_close(db);
}

bool
sql_allowed_at(const char *path, const char *sql)
{
	sqlite3 *db = connect_to(path);
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	sqlite3_close(db);
	return rc == SQLITE_OK;
}

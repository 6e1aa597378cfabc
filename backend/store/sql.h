/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A connection to a database, as the store's own files need it: statements
 * with numbered parameters, rows, transactions with savepoints. SQLite fills
 * it (sqlite.c); another database would be another such file. Every text of
 * SQL is a constant, known by its address and prepared once; values are only
 * ever bound.
 */
#ifndef BE_SQL_H
#define BE_SQL_H

#include "backend/store/store.h"

struct be_sql;
struct be_row;	/* where a query is */

/* The file must be there. */
CB_MUST_USE enum cb_err be_sql_open(
    struct be_sql **out, const char *path, struct cb_why *why);
void be_sql_close(struct be_sql **db);
/* A new file at `path`, which is there and empty, with this schema. */
CB_MUST_USE enum cb_err be_sql_make(const char *path,
    const char *const *schema, size_t n, struct cb_why *why);
/* Are these, and only these, the file's tables? CB_E_FORMAT. */
CB_MUST_USE enum cb_err be_sql_has_schema(
    struct be_sql *db, const char *const *schema, size_t n);
CB_MUST_USE enum cb_err be_sql_check(struct be_sql *db);
/* What was committed is in the file itself, and synced. */
CB_MUST_USE enum cb_err be_sql_settle(struct be_sql *db);
/* The same, unless somebody else reads just now. */
CB_MUST_USE enum cb_err be_sql_settle_now(struct be_sql *db);
void be_sql_set_wait(struct be_sql *db, unsigned ms);

/* What went wrong last, in words for a person. Passes r on. */
enum cb_err be_sql_tell(
    const struct be_sql *db, enum cb_err r, struct cb_why *why);

/* CB_E_ARG: a value breaks a rule of its table. *changes (may be NULL): rows
 * that were changed. */
CB_MUST_USE enum cb_err be_sql_run(struct be_sql *db, const char *sql,
    const struct be_value *values, size_t n, int64_t *changes);
/* After CB_OK: be_row_next until CB_E_ABSENT, or an end at any time. What a
 * row lends is good until the next call. */
CB_MUST_USE enum cb_err be_sql_query(struct be_sql *db, const char *sql,
    const struct be_value *values, size_t n, struct be_row **row);
CB_MUST_USE enum cb_err be_row_next(struct be_row *row);
int64_t be_row_int(const struct be_row *row, int column);
struct cb_span be_row_blob(const struct be_row *row, int column);
struct be_value be_row_value(const struct be_row *row, int column);
void be_row_end(struct be_row **row);

CB_MUST_USE enum cb_err be_sql_begin(struct be_sql *db);
/* Any error: what became of the transaction is not known. */
CB_MUST_USE enum cb_err be_sql_commit(struct be_sql *db);
void be_sql_rollback(struct be_sql *db);
bool be_sql_begun(const struct be_sql *db);
/* One within another is not used. */
CB_MUST_USE enum cb_err be_sql_save(struct be_sql *db);
CB_MUST_USE enum cb_err be_sql_save_end(struct be_sql *db, bool keep);

#define BE_RUN(db, sql, changes, ...) \
	be_sql_run(db, sql, (const struct be_value[]){ __VA_ARGS__ }, \
	    sizeof((const struct be_value[]){ __VA_ARGS__ }) / \
		sizeof(struct be_value), \
	    changes)
#define BE_QUERY(db, sql, row, ...) \
	be_sql_query(db, sql, (const struct be_value[]){ __VA_ARGS__ }, \
	    sizeof((const struct be_value[]){ __VA_ARGS__ }) / \
		sizeof(struct be_value), \
	    row)

#endif

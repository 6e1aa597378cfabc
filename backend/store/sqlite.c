/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store's connection, by SQLite. Write-ahead log with synchronous=FULL:
 * the log is synced at each commit, so what COMMIT has said is on the disk.
 * A log that is left away or put back makes an older database; the heads that
 * are kept elsewhere tell.
 *
 * After a COMMIT that failed, the log may or may not hold the transaction,
 * and pages that a failed sync has dropped look written. So nothing more is
 * done on such a connection: it is closed, opened anew, and the log is played
 * into the file and synced (be_sql_settle) before anything in it is believed.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/sql.h"

#define APPLICATION 0x43427374	/* "CBst" */
#define FORMAT 1
#define WAIT_MS 5000
#define STATEMENTS_MAX 128
#define LENGTH_MAX (2 * BE_BLOB_MAX)

struct be_row {
	const char *sql;
	sqlite3_stmt *stmt;
	struct be_sql *db;
	bool busy;
};

struct be_sql {
	sqlite3 *db;
	int rc;		/* of what failed last */
	int wait_ms;
	char *path;
	struct be_row rows[STATEMENTS_MAX];
	size_t n;
};

static const char *vfs_name;

void
be_store_set_vfs(const char *name)
{
	vfs_name = name;
}

/* Its numbers at random are of a file that it could not open later. */
void
be_store_prepare(void)
{
	uint8_t first;

	/* nobody asks how much memory is in use, each call counts it */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_randomness(sizeof(first), &first);
}

/* ---- results ------------------------------------------------------------- */

static enum cb_err
translate(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
		return CB_OK;
	case SQLITE_DONE:
		return CB_E_ABSENT;
	case SQLITE_NOMEM:
		return CB_E_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return CB_E_FORMAT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return CB_E_TIMEOUT;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
	case SQLITE_CANTOPEN:
		return CB_E_DENIED;
	case SQLITE_TOOBIG:
		return CB_E_LIMIT;
	case SQLITE_CONSTRAINT:
		return CB_E_ARG;
	case SQLITE_ERROR:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
		return CB_E_INTERNAL;
	default:
		return CB_E_STORE;
	}
}

static enum cb_err
result(struct be_sql *db, int rc)
{
	const enum cb_err r = translate(rc);

	if (r != CB_OK && r != CB_E_ABSENT)
		db->rc = rc;
	return r;
}

static const struct {
	int rc;
	const char *words;
} advice[] = {
	{ SQLITE_FULL, "the disk is full. Make room, then go on." },
	{ SQLITE_READONLY, "it may not be written. Look at its owner and mode, "
	    "those of its directory, and whether the disk is mounted "
	    "read-only." },
	{ SQLITE_CANTOPEN, "it cannot be opened. Look at its owner and mode "
	    "and those of its directory." },
	{ SQLITE_BUSY, "another process keeps it locked. End that process." },
	{ SQLITE_CORRUPT, "it is damaged. Nothing was changed. Put back a "
	    "copy; the heads will say what is missing in it." },
	{ SQLITE_NOTADB, "it is not a database of cardbridge's." },
	{ SQLITE_IOERR, "the disk failed. What was not told as done is to be "
	    "looked up." },
};

static enum cb_err
tell(const char *path, int rc, enum cb_err r, struct cb_why *why)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (advice[i].rc == (rc & 0xff)) {
			cb_why_set(why, "%s: %s", path, advice[i].words);
			return r;
		}
	cb_why_set(why, "%s: %s", path, sqlite3_errstr(rc));
	return r;
}

enum cb_err
be_sql_tell(const struct be_sql *db, enum cb_err r, struct cb_why *why)
{
	/* one that the database does not know of has its own words */
	return translate(db->rc) == r ? tell(db->path, db->rc, r, why) : r;
}

/* ---- opening ------------------------------------------------------------- */

static const char setup[] = "PRAGMA foreign_keys=ON;"
			    "PRAGMA cell_size_check=ON;"
			    "PRAGMA mmap_size=0;"
			    /* KiB: what 64 cards need is read once */
			    "PRAGMA cache_size=-8192;"
			    "PRAGMA temp_store=MEMORY;"
			    "PRAGMA secure_delete=ON;"
			    "PRAGMA journal_size_limit=16777216;"
			    /* pages: the same ones are written again and
			     * again, and once into the database */
			    "PRAGMA wal_autocheckpoint=4000;"
			    "PRAGMA synchronous=FULL;";

static int
configure(sqlite3 *db)
{
	static const int settings[][2] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (rc == SQLITE_OK)
			rc = sqlite3_db_config(
			    db, settings[i][0], settings[i][1], NULL);
	sqlite3_limit(db, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
	sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 8192);
	sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, WAIT_MS);
	return rc;
}

static enum cb_err
pragma_int(struct be_sql *db, const char *sql, int64_t *out)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = be_sql_query(db, sql, NULL, 0, &row)) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK)
		*out = be_row_int(row, 0);
	be_row_end(&row);
	return r;
}

/* Whose file is it, and of which release? Before anything is set up in it. */
static enum cb_err
recognise(struct be_sql *db, struct cb_why *why)
{
	int64_t application = 0, format = 0;
	enum cb_err r;

	if ((r = pragma_int(db, "PRAGMA application_id", &application)) !=
		CB_OK ||
	    (r = pragma_int(db, "PRAGMA user_version", &format)) != CB_OK)
		return be_sql_tell(db, r, why);
	if (application != APPLICATION) {
		cb_why_set(why,
		    "%s is not a store of cardbridge's. Nothing was changed.",
		    db->path);
		return CB_E_FORMAT;
	}
	if (format != FORMAT) {
		cb_why_set(why,
		    "%s is of a newer release (format %lld, this one knows "
		    "%d). Nothing was changed. Run the newer release.",
		    db->path, (long long)format, FORMAT);
		return CB_E_LIMIT;
	}
	return CB_OK;
}

static enum cb_err
open_db(struct be_sql *db, const char *path)
{
	int rc = sqlite3_open_v2(path, &db->db,
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
		SQLITE_OPEN_EXRESCODE,
	    vfs_name);

	if (rc == SQLITE_OK)
		rc = configure(db->db);
	db->wait_ms = WAIT_MS;
	return result(db, rc);
}

static enum cb_err
exec(struct be_sql *db, const char *sql)
{
	return result(db, sqlite3_exec(db->db, sql, NULL, NULL, NULL));
}

static enum cb_err
new_db(struct be_sql **out, const char *path)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL || ((*out)->path = strdup(path)) == NULL) {
		free(*out);
		*out = NULL;
		return CB_E_NOMEM;
	}
	return CB_OK;
}

/* The log must be in use: a file system that cannot share memory, say, has
 * SQLite stay with a journal, without an error. */
static enum cb_err
use_log(struct be_sql *db)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = be_sql_query(
		 db, "PRAGMA journal_mode=WAL", NULL, 0, &row)) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK &&
	    !cb_span_equal(be_row_blob(row, 0), cb_span_str("wal")))
		r = result(db, SQLITE_READONLY);
	be_row_end(&row);
	return r;
}

enum cb_err
be_sql_open(struct be_sql **out, const char *path, struct cb_why *why)
{
	enum cb_err r;

	if ((r = new_db(out, path)) != CB_OK)
		return r;
	if ((r = open_db(*out, path)) != CB_OK ||
	    (r = exec(*out, setup)) != CB_OK)
		(void)be_sql_tell(*out, r, why);
	else if ((r = recognise(*out, why)) == CB_OK) {
		if (sqlite3_db_readonly((*out)->db, "main") != 0)
			r = result(*out, SQLITE_READONLY);
		if (r != CB_OK || (r = use_log(*out)) != CB_OK)
			(void)be_sql_tell(*out, r, why);
	}
	if (r != CB_OK)
		be_sql_close(out);
	return r;
}

void
be_sql_close(struct be_sql **db)
{
	if (*db == NULL)
		return;
	for (size_t i = 0; i < (*db)->n; i++)
		sqlite3_finalize((*db)->rows[i].stmt);
	(void)sqlite3_close((*db)->db);
	free((*db)->path);
	free(*db);
	*db = NULL;
}

enum cb_err
be_sql_make(const char *path, const char *const *schema, size_t n,
    struct cb_why *why)
{
	struct be_sql *db = NULL;
	char pragma[128];
	enum cb_err r;

	if ((r = new_db(&db, path)) != CB_OK)
		return r;
	snprintf(pragma, sizeof(pragma),
	    "PRAGMA application_id=%d; PRAGMA user_version=%d;", APPLICATION,
	    FORMAT);
	if ((r = open_db(db, path)) == CB_OK &&
	    (r = exec(db, "PRAGMA synchronous=EXTRA; BEGIN")) == CB_OK &&
	    (r = exec(db, pragma)) == CB_OK)
		for (size_t i = 0; r == CB_OK && i < n; i++)
			r = exec(db, schema[i]);
	if (r == CB_OK)
		r = exec(db, "COMMIT");
	if (r != CB_OK)
		(void)be_sql_tell(db, r, why);
	be_sql_close(&db);
	return r;
}

enum cb_err
be_sql_has_schema(struct be_sql *db, const char *const *schema, size_t n)
{
	struct be_row *row = NULL;
	size_t i = 0;
	enum cb_err r;

	r = be_sql_query(db,
	    "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL"
	    " ORDER BY rowid",
	    NULL, 0, &row);
	while (r == CB_OK && (r = be_row_next(row)) == CB_OK)
		if (i == n ||
		    !cb_span_equal(
			be_row_blob(row, 0), cb_span_str(schema[i++])))
			r = result(db, SQLITE_CORRUPT);
	be_row_end(&row);
	if (r == CB_E_ABSENT)
		r = i == n ? CB_OK : result(db, SQLITE_CORRUPT);
	return r;
}

enum cb_err
be_sql_check(struct be_sql *db)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = be_sql_query(
		 db, "PRAGMA integrity_check(1)", NULL, 0, &row)) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK &&
	    !cb_span_equal(be_row_blob(row, 0), cb_span_str("ok")))
		r = result(db, SQLITE_CORRUPT);
	be_row_end(&row);
	if (r == CB_OK &&
	    (r = be_sql_query(db, "PRAGMA foreign_key_check", NULL, 0,
		 &row)) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK)
		r = result(db, SQLITE_CORRUPT);
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

enum cb_err
be_sql_settle(struct be_sql *db)
{
	return result(db,
	    sqlite3_wal_checkpoint_v2(
		db->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

enum cb_err
be_sql_settle_now(struct be_sql *db)
{
	const int rc = db->rc;
	enum cb_err r;

	(void)sqlite3_busy_timeout(db->db, 0);
	r = be_sql_settle(db);
	(void)sqlite3_busy_timeout(db->db, db->wait_ms);
	db->rc = rc;
	return r;
}

void
be_sql_set_wait(struct be_sql *db, unsigned ms)
{
	db->wait_ms = (int)ms;
	(void)sqlite3_busy_timeout(db->db, (int)ms);
}

/* ---- statements ---------------------------------------------------------- */

static enum cb_err
find(struct be_sql *db, const char *sql, struct be_row **out)
{
	struct be_row *row;
	int rc;

	for (size_t i = 0; i < db->n; i++)
		if (db->rows[i].sql == sql) {
			*out = &db->rows[i];
			/* in use by who calls us */
			return (*out)->busy ? CB_E_INTERNAL : CB_OK;
		}
	if (db->n == STATEMENTS_MAX)
		return CB_E_INTERNAL;
	row = &db->rows[db->n];
	*row = (struct be_row){ .sql = sql, .db = db };
	rc = sqlite3_prepare_v3(db->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &row->stmt, NULL);
	if (rc == SQLITE_OK) {
		db->n++;
		*out = row;
	}
	return result(db, rc);
}

static int
bind_one(sqlite3_stmt *stmt, int at, const struct be_value *v)
{
	switch (v->type) {
	case BE_NULL:
		return sqlite3_bind_null(stmt, at);
	case BE_INT:
		return sqlite3_bind_int64(stmt, at, v->i);
	case BE_TEXT:
		return sqlite3_bind_text64(stmt, at, (const char *)v->s.p,
		    v->s.n, SQLITE_STATIC, SQLITE_UTF8);
	case BE_BLOB:
		/* a null pointer would be NULL */
		return v->s.n == 0
		    ? sqlite3_bind_zeroblob(stmt, at, 0)
		    : sqlite3_bind_blob64(
			  stmt, at, v->s.p, v->s.n, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

enum cb_err
be_sql_query(struct be_sql *db, const char *sql,
    const struct be_value *values, size_t n, struct be_row **row)
{
	struct be_row *found = NULL;
	int rc = SQLITE_OK;
	enum cb_err r;

	*row = NULL;
	if ((r = find(db, sql, &found)) != CB_OK)
		return r;
	for (size_t i = 0; rc == SQLITE_OK && i < n; i++)
		rc = values[i].s.n > BE_BLOB_MAX
		    ? SQLITE_TOOBIG
		    : bind_one(found->stmt, (int)i + 1, &values[i]);
	if (rc == SQLITE_OK) {
		found->busy = true;
		*row = found;
	} else
		(void)sqlite3_clear_bindings(found->stmt);
	return result(db, rc);
}

enum cb_err
be_row_next(struct be_row *row)
{
	return result(row->db, sqlite3_step(row->stmt));
}

int64_t
be_row_int(const struct be_row *row, int column)
{
	return sqlite3_column_int64(row->stmt, column);
}

struct cb_span
be_row_blob(const struct be_row *row, int column)
{
	const void *p = sqlite3_column_blob(row->stmt, column);

	return cb_span(
	    p, p == NULL ? 0 : (size_t)sqlite3_column_bytes(row->stmt, column));
}

struct be_value
be_row_value(const struct be_row *row, int column)
{
	switch (sqlite3_column_type(row->stmt, column)) {
	case SQLITE_INTEGER:
		return BE_I(be_row_int(row, column));
	case SQLITE_TEXT:
		return BE_T(be_row_blob(row, column));
	case SQLITE_BLOB:
		return BE_B(be_row_blob(row, column));
	default:
		return BE_NONE;
	}
}

void
be_row_end(struct be_row **row)
{
	if (*row == NULL)
		return;
	(void)sqlite3_reset((*row)->stmt);
	(void)sqlite3_clear_bindings((*row)->stmt);
	(*row)->busy = false;
	*row = NULL;
}

enum cb_err
be_sql_run(struct be_sql *db, const char *sql, const struct be_value *values,
    size_t n, int64_t *changes)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if (changes != NULL)
		*changes = 0;
	if ((r = be_sql_query(db, sql, values, n, &row)) == CB_OK)
		r = be_row_next(row);
	be_row_end(&row);
	if (r == CB_E_ABSENT)
		r = CB_OK;
	if (r == CB_OK && changes != NULL)
		*changes = sqlite3_changes(db->db);
	return r;
}

/* ---- transactions -------------------------------------------------------- */

enum cb_err
be_sql_begin(struct be_sql *db)
{
	return be_sql_run(db, "BEGIN IMMEDIATE", NULL, 0, NULL);
}

enum cb_err
be_sql_commit(struct be_sql *db)
{
	return be_sql_run(db, "COMMIT", NULL, 0, NULL);
}

void
be_sql_rollback(struct be_sql *db)
{
	const int rc = db->rc;	/* the reason stays that of the failure */

	/* where even that fails, closing the connection does it */
	if (be_sql_begun(db) &&
	    be_sql_run(db, "ROLLBACK", NULL, 0, NULL) == CB_OK)
		db->rc = SQLITE_OK;
	db->rc = rc;
}

bool
be_sql_begun(const struct be_sql *db)
{
	return sqlite3_get_autocommit(db->db) == 0;
}

enum cb_err
be_sql_save(struct be_sql *db)
{
	return be_sql_run(db, "SAVEPOINT act", NULL, 0, NULL);
}

enum cb_err
be_sql_save_end(struct be_sql *db, bool keep)
{
	enum cb_err r = CB_OK;

	if (!keep)
		r = be_sql_run(db, "ROLLBACK TO act", NULL, 0, NULL);
	if (r == CB_OK)
		r = be_sql_run(db, "RELEASE act", NULL, 0, NULL);
	return r;
}

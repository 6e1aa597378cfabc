/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The SQLite connection behind a card file: how it is set up, and what of the
 * file is checked before anything is believed.
 *
 * Rollback journal, deleted at commit, synchronous=EXTRA: with FULL, SQLite
 * does not sync the directory after deleting the journal, so a power cut can
 * bring the journal back, and with it every try spent in the last transaction
 * (sqlite.org/pragma.html#pragma_synchronous). The journal must not become
 * part of the card either: see nvm_file.c on the root record.
 *
 * Small: pages of 1 KiB, four of them kept, no page pool made in advance.
 * Changed pages wait in memory for the commit (cache_spill off).
 */
#include <pthread.h>
#include <string.h>

#include "emulator/nvm_file.h"

#define SCHEMA \
	"CREATE TABLE record(name TEXT PRIMARY KEY, sum BLOB, value BLOB)" \
	" WITHOUT ROWID"

#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)

static const char setup[] =
    "PRAGMA cache_size=4;"
    "PRAGMA cache_spill=OFF;"
    "PRAGMA cell_size_check=ON;"
    "PRAGMA mmap_size=0;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA journal_mode=DELETE;"
    "PRAGMA max_page_count=" TEXT(EMU_FILE_PAGES_MAX) ";"
    "PRAGMA synchronous=EXTRA;";

static const char layout[] =
    "PRAGMA page_size=" TEXT(EMU_FILE_PAGE) ";"
    "PRAGMA auto_vacuum=NONE;"
    "PRAGMA application_id=" TEXT(EMU_FILE_APPLICATION) ";"
    "PRAGMA user_version=" TEXT(EMU_FILE_FORMAT) ";"
    SCHEMA;

static const char *vfs_name;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void
emu_file_set_vfs(const char *name)
{
	vfs_name = name;
}

/* A card's few pages are no use for a pool of 20. Refused when the process has
 * used SQLite before: then a file costs some 10 KiB more. */
static void
no_pool(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

enum cb_err
emu_sql_err(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return CB_OK;
	case SQLITE_NOMEM:
		return CB_E_NOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
	case SQLITE_ERROR:	/* in a schema: all our SQL is fixed */
		return CB_E_FORMAT;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return CB_E_BUSY;
	case SQLITE_PERM:
	case SQLITE_READONLY:
	case SQLITE_AUTH:
		return CB_E_DENIED;
	case SQLITE_TOOBIG:
		return CB_E_LIMIT;
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
		return CB_E_INTERNAL;
	default:
		return CB_E_STORE;
	}
}

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
	static const int limits[][2] = {
		{ SQLITE_LIMIT_LENGTH, 2 * EMU_NVM_VALUE_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, 1024 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
	};
	size_t i;
	int rc = SQLITE_OK;

	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (rc == SQLITE_OK)
			rc = sqlite3_db_config(
			    db, settings[i][0], settings[i][1], NULL);
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i][0], limits[i][1]);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, EMU_FILE_WAIT_MS);
	return rc;
}

/* The one row of `sql` in *same: its only column is `want`. */
static int
one_text(sqlite3 *db, const char *sql, const char *want, bool *same)
{
	sqlite3_stmt *stmt = NULL;
	const unsigned char *text;
	int rc;

	*same = false;
	rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		goto out;
	if ((rc = sqlite3_step(stmt)) != SQLITE_ROW)
		goto out;
	text = sqlite3_column_text(stmt, 0);
	*same = text != NULL && strcmp((const char *)text, want) == 0;
	if ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
		*same = false;
out:
	sqlite3_finalize(stmt);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* Pages and table are whole, and there is nothing but the table. */
static int
check(sqlite3 *db)
{
	bool same;
	int rc;

	rc = one_text(db, "PRAGMA quick_check(1)", "ok", &same);
	if (rc == SQLITE_OK && same)
		rc = one_text(db, "SELECT sql FROM sqlite_schema", SCHEMA,
		    &same);
	if (rc == SQLITE_OK && !same)
		rc = SQLITE_CORRUPT;
	return rc;
}

static int
prepare(struct emu_sql *sql)
{
	int rc;

	rc = sqlite3_prepare_v3(sql->db,
	    "SELECT sum, value FROM record WHERE name = ?1", -1,
	    SQLITE_PREPARE_PERSISTENT, &sql->get, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(sql->db,
		    "REPLACE INTO record(name, sum, value)"
		    " VALUES(?1, ?2, ?3)", -1,
		    SQLITE_PREPARE_PERSISTENT, &sql->put, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v3(sql->db,
		    "DELETE FROM record WHERE name = ?1", -1,
		    SQLITE_PREPARE_PERSISTENT, &sql->del, NULL);
	return rc;
}

static enum cb_err
tell(const char *path, int rc, struct cb_why *why)
{
	enum cb_err r = emu_sql_err(rc);

	if (rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY)
		r = CB_E_BUSY;
	switch (r) {
	case CB_E_FORMAT:
	case CB_E_LIMIT:
		cb_why_set(why, "%s is a card file, but damaged. Nothing was "
		    "changed. Put a copy of the whole file in its place.",
		    path);
		return CB_E_FORMAT;
	case CB_E_BUSY:
		cb_why_set(why, "%s is being changed by another process. "
		    "Try again.", path);
		break;
	default:
		cb_why_set(why, "%s: %s", path, sqlite3_errstr(rc));
		break;
	}
	return r;
}

enum cb_err
emu_sql_open_image(struct emu_sql *sql, struct cb_span image)
{
	uint8_t *p = (uint8_t *)(uintptr_t)image.p;
	sqlite3_int64 n = (sqlite3_int64)image.n;
	int rc;

	*sql = (struct emu_sql){ NULL, NULL, NULL, NULL };
	(void)pthread_once(&once, no_pool);
	rc = sqlite3_open_v2(":memory:", &sql->db, SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_deserialize(sql->db, "main", p, n, n,
		    SQLITE_DESERIALIZE_READONLY);
	if (rc == SQLITE_OK)
		rc = configure(sql->db);
	if (rc == SQLITE_OK)
		rc = check(sql->db);
	if (rc == SQLITE_OK)
		rc = prepare(sql);
	if (rc != SQLITE_OK)
		emu_sql_close(sql);
	return emu_sql_err(rc);
}

enum cb_err
emu_sql_open(
    struct emu_sql *sql, const char *path, bool look_on, struct cb_why *why)
{
	int rc, flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
	    SQLITE_OPEN_EXRESCODE;

	*sql = (struct emu_sql){ NULL, NULL, NULL, NULL };
	(void)pthread_once(&once, no_pool);
	if (path == NULL)
		flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY;
	else
		flags |= look_on ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	rc = sqlite3_open_v2(path != NULL ? path : ":memory:", &sql->db, flags,
	    path != NULL ? vfs_name : NULL);
	if (rc == SQLITE_OK)
		rc = configure(sql->db);
	if (rc == SQLITE_OK && path == NULL)
		rc = sqlite3_exec(sql->db, layout, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(sql->db, setup, NULL, NULL, NULL);
	if (rc == SQLITE_OK && !look_on &&
	    sqlite3_db_readonly(sql->db, "main") != 0)
		rc = SQLITE_READONLY;
	if (rc == SQLITE_OK && path != NULL)
		rc = check(sql->db);
	if (rc == SQLITE_OK)
		rc = prepare(sql);
	if (rc == SQLITE_OK)
		return CB_OK;
	emu_sql_close(sql);
	return tell(path != NULL ? path : "memory", rc, why);
}

void
emu_sql_close(struct emu_sql *sql)
{
	sqlite3_finalize(sql->get);
	sqlite3_finalize(sql->put);
	sqlite3_finalize(sql->del);
	(void)sqlite3_close(sql->db);
	*sql = (struct emu_sql){ NULL, NULL, NULL, NULL };
}

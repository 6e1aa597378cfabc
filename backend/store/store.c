/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Making, opening and closing a store.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/store/directory.h"
#include "backend/store/internal.h"

/* ---- making -------------------------------------------------------------- */

static const uint8_t platform[WIRE_ID];

/* What a new store has in it. */
static enum cb_err
fill(const char *path, enum wire_kind kind, const uint8_t backend[WIRE_ID],
    uint64_t now, struct cb_why *why)
{
	struct be_sql *db = NULL;
	int64_t time;
	enum cb_err r;

	if ((r = be_number(now, &time)) != CB_OK ||
	    (r = be_sql_make(path, be_schema, be_schema_n, why)) != CB_OK ||
	    (r = be_sql_open(&db, path, why)) != CB_OK)
		return r;
	if ((r = be_sql_begin(db)) == CB_OK &&
	    (r = BE_RUN(db, "INSERT INTO backend VALUES(1, ?1, ?2, ?3)", NULL,
		 BE_ID(backend), BE_I(kind), BE_I(time))) == CB_OK &&
	    (r = BE_RUN(db,
		 "INSERT INTO organisation VALUES(?1, ?1, 1, x'', ?2)", NULL,
		 BE_ID(platform), BE_I(time))) == CB_OK &&
	    (r = be_sql_commit(db)) == CB_OK)
		r = be_sql_settle(db);
	if (r != CB_OK)
		(void)be_sql_tell(db, r, why);
	be_sql_close(&db);
	return r;
}

static void
remove_all(const char *path)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char *name;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (asprintf(&name, "%s%s", path, ends[i]) > 0) {
			(void)unlink(name);
			free(name);
		}
}

/* Under another name until it is whole, so that there is a store or none. */
enum cb_err
be_store_create(const char *path, enum wire_kind kind,
    const uint8_t backend[WIRE_ID], uint64_t now, struct cb_why *why)
{
	char *unfinished = NULL;
	enum cb_err r = CB_OK;
	int fd;

	if (asprintf(&unfinished, "%s.new-XXXXXX", path) < 0)
		return CB_E_NOMEM;
	if ((fd = mkstemp(unfinished)) < 0) {
		cb_why_set(why, "%s: %s", unfinished, strerror(errno));
		free(unfinished);
		return CB_E_DENIED;
	}
	close(fd);
	if ((r = fill(unfinished, kind, backend, now, why)) == CB_OK &&
	    link(unfinished, path) < 0) {
		r = errno == EEXIST ? CB_E_BUSY : CB_E_STORE;
		cb_why_set(why,
		    r == CB_E_BUSY
			? "%s is there already. Nothing was changed."
			: "%s cannot be made.",
		    path);
	}
	remove_all(unfinished);
	if (r == CB_OK)
		r = be_directory_sync(path);
	free(unfinished);
	return r;
}

/* ---- opening ------------------------------------------------------------- */

static enum cb_err
read_backend(struct be_store *st)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = be_sql_query(st->db, "SELECT id, kind FROM backend", NULL, 0,
		 &row)) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK) {
		const struct cb_span id = be_row_blob(row, 0);

		st->kind = (enum wire_kind)be_row_int(row, 1);
		if (id.n == WIRE_ID)
			memcpy(st->id, id.p, WIRE_ID);
		else
			r = CB_E_FORMAT;
	}
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_E_FORMAT : r;
}

static enum cb_err
connect_db(struct be_store *st, struct cb_why *why)
{
	enum cb_err r;

	if ((r = be_sql_open(&st->db, st->path, why)) != CB_OK)
		return r;
	if (st->wait_ms != 0)
		be_sql_set_wait(st->db, st->wait_ms);
	if ((r = be_sql_has_schema(st->db, be_schema, be_schema_n)) !=
		CB_OK ||
	    (r = read_backend(st)) != CB_OK) {
		if (r == CB_E_FORMAT)
			cb_why_set(why, "%s: its tables are not those of a "
			    "store. Nothing was changed.", st->path);
		else
			(void)be_sql_tell(st->db, r, why);
		be_sql_close(&st->db);
	}
	return r;
}

enum cb_err
be_store_open(struct be_store **out, const char *path, struct cb_why *why)
{
	struct be_store *st = calloc(1, sizeof(*st));
	enum cb_err r = CB_OK;

	*out = NULL;
	if (access(path, F_OK) < 0) {
		cb_why_set(why, "%s: %s", path, strerror(errno));
		r = errno == ENOENT ? CB_E_ABSENT : CB_E_DENIED;
	} else if (st == NULL || (st->path = strdup(path)) == NULL)
		r = CB_E_NOMEM;
	if (r == CB_OK && (r = be_tables_init(st)) == CB_OK &&
	    (r = connect_db(st, why)) == CB_OK) {
		*out = st;
		st = NULL;
	}
	be_store_close(&st);
	return r;
}

void
be_store_close(struct be_store **st)
{
	if (*st == NULL)
		return;
	be_sql_close(&(*st)->db);
	be_tables_clear(*st);
	free((*st)->path);
	free(*st);
	*st = NULL;
}

enum cb_err
be_store_reopen(struct be_store *st, struct cb_why *why)
{
	enum cb_err r;

	be_sql_close(&st->db);
	if ((r = connect_db(st, why)) != CB_OK)
		return r;
	/* else what is found may be gone after a power cut */
	if ((r = be_sql_settle(st->db)) != CB_OK) {
		(void)be_sql_tell(st->db, r, why);
		be_sql_close(&st->db);
	}
	return r;
}

/* Where somebody else reads the file it goes there later. */
static enum cb_err
move_on(struct be_sql *db)
{
	const enum cb_err r = be_sql_settle_now(db);

	return r == CB_E_STORE || r == CB_E_DENIED ? r : CB_OK;
}

enum cb_err
be_store_try(struct be_store *st, struct cb_why *why)
{
	enum cb_err r;

	if (st->db == NULL && (r = be_store_reopen(st, why)) != CB_OK)
		return r;
	/* a value that is what it was would not be written */
	if ((r = be_sql_begin(st->db)) == CB_OK &&
	    (r = BE_RUN(st->db, "INSERT INTO node VALUES(?1, 0, 0)", NULL,
		 BE_ID(platform))) == CB_OK)
		r = BE_RUN(st->db, "DELETE FROM node WHERE id=?1", NULL,
		    BE_ID(platform));
	if (r != CB_OK) {
		r = be_end(st, r, why);
		be_sql_rollback(st->db);
		return r;
	}
	if ((r = be_sql_commit(st->db)) == CB_OK)
		r = move_on(st->db);
	if (r == CB_OK)
		return r;
	/* what became of it is to be looked at */
	r = be_end(st, r, why);
	be_sql_close(&st->db);
	return r;
}

void
be_store_set_wait(struct be_store *st, unsigned ms)
{
	st->wait_ms = ms;
	if (st->db != NULL)
		be_sql_set_wait(st->db, ms);
}

/* ---- for the other files ------------------------------------------------- */

enum cb_err
be_ready(const struct be_store *st, struct cb_why *why)
{
	if (st->db != NULL)
		return CB_OK;
	cb_why_set(why,
	    "%s: the outcome of a change is unknown. It is to be opened anew.",
	    st->path);
	return CB_E_STORE;
}

enum cb_err
be_end(const struct be_store *st, enum cb_err r, struct cb_why *why)
{
	switch (r) {
	case CB_E_STORE:
	case CB_E_DENIED:
	case CB_E_TIMEOUT:
	case CB_E_FORMAT:
	case CB_E_INTERNAL:
		return be_sql_tell(st->db, r, why);
	default:
		return r;
	}
}

bool
be_is_platform(const uint8_t organisation[WIRE_ID])
{
	return memcmp(organisation, platform, WIRE_ID) == 0;
}

enum cb_err
be_number(uint64_t in, int64_t *out)
{
	if (in > INT64_MAX)
		return CB_E_ARG;
	*out = (int64_t)in;
	return CB_OK;
}

enum cb_err
be_commit_one(struct be_store *st, const char *sql,
    const struct be_value *values, size_t n, int64_t *changes,
    struct cb_why *why)
{
	enum cb_err r;

	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	r = be_end(st, be_sql_run(st->db, sql, values, n, changes), why);
	if (r == CB_E_STORE)	/* in its commit, perhaps */
		be_sql_close(&st->db);
	else if (r == CB_OK && *changes > 0)
		st->stats.commits++;
	return r;
}

struct wire_owner
be_store_owner(
    const struct be_store *st, const uint8_t organisation[WIRE_ID])
{
	struct wire_owner o = { .kind = st->kind };

	memcpy(o.backend, st->id, WIRE_ID);
	memcpy(o.organisation, organisation, WIRE_ID);
	return o;
}

void
be_store_stats(const struct be_store *st, struct be_stats *out)
{
	*out = st->stats;
}

enum cb_err
be_store_check(struct be_store *st, struct cb_why *why)
{
	enum cb_err r = be_ready(st, why);

	return r == CB_OK ? be_end(st, be_sql_check(st->db), why) : r;
}

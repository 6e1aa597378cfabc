/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card file's records and their transactions. The file is an SQLite
 * database with one table,
 *
 *	record(name TEXT PRIMARY KEY, sum BLOB, value BLOB) WITHOUT ROWID
 *
 * where sum is the first 8 bytes of SHA-256 over name, 00, value. It tells
 * damage, not forgery: who can write the file can put an old one in its place.
 *
 * The record with the empty name is the root: its value is the exclusive or
 * of all other sums. SQLite writes a transaction's pages one by one and needs
 * the journal beside the file to undo half of them. If the journal is lost
 * (deleted to win a try back, or not copied), pages of before and after stand
 * side by side, each of them sound; but then the root differs, and the card
 * is refused as damaged. So a file without its journal is a card from before
 * or after the transaction, or no card.
 *
 * A value equal to the one that is there is not written, and a transaction
 * that writes nothing touches no disk.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "emulator/crypto/crypto.h"
#include "emulator/nvm_file.h"

static enum cb_err file_begin(struct emu_nvm *nvm);
static enum cb_err file_put(
    struct emu_nvm *nvm, const char *name, struct cb_span value);
static enum cb_err file_del(struct emu_nvm *nvm, const char *name);
static enum cb_err file_commit(struct emu_nvm *nvm, enum emu_nvm_by by);
static void file_rollback(struct emu_nvm *nvm);
static enum cb_err file_each(
    struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx);
static void file_free(struct emu_nvm *nvm);

const struct emu_nvm_ops emu_nvm_file_ops = {
	file_begin,
	file_put,
	file_del,
	file_commit,
	file_rollback,
	file_each,
	file_free,
};

static const char root_name[] = "";

static enum cb_err
sum_of(const char *name, struct cb_span value, uint8_t out[EMU_FILE_SUM])
{
	struct cb_buf b =
	    CB_BUF_INIT_MAX(EMU_NVM_NAME_MAX + 1 + EMU_NVM_VALUE_MAX);
	uint8_t hash[32];
	enum cb_err r;

	if ((r = cb_buf_add(&b, cb_span(name, strlen(name) + 1))) != CB_OK ||
	    (r = cb_buf_add(&b, value)) != CB_OK ||
	    (r = cr_sha256(cb_buf_span(&b), hash)) != CB_OK)
		goto out;
	memcpy(out, hash, EMU_FILE_SUM);
out:
	cb_buf_free(&b);
	return r;
}

static void
mix(uint8_t root[EMU_FILE_SUM], const uint8_t sum[EMU_FILE_SUM])
{
	size_t i;

	for (i = 0; i < EMU_FILE_SUM; i++)
		root[i] ^= sum[i];
}

/* The disk failed. Out of space is over when space is back; after anything
 * else (fsync above all: what failed once may be dropped and then "succeed")
 * only opening the file again tells what is in it. */
static enum cb_err
disk_err(struct nvm_file *f, int rc)
{
	enum cb_err r = emu_sql_err(rc);
	int e = sqlite3_system_errno(f->sql.db);

	if (r == CB_E_NOMEM)
		return r;
	cb_log(CB_LOG_ERROR, "%s: not written: %s", f->path,
	    sqlite3_errstr(rc));
	switch (rc & 0xff) {
	case SQLITE_FULL:
	case SQLITE_BUSY:
	case SQLITE_CANTOPEN:	/* no file descriptor, no right to create */
	case SQLITE_READONLY:
		break;
	case SQLITE_IOERR:
		if (e == ENOSPC || e == EDQUOT)
			break;
		/* fallthrough */
	default:
		f->dead = true;
		break;
	}
	return CB_E_STORE;
}

static void
done(sqlite3_stmt *stmt)
{
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt);
}

static struct cb_span
column(sqlite3_stmt *stmt, int i)
{
	const void *p = sqlite3_column_blob(stmt, i);

	return cb_span(p, (size_t)sqlite3_column_bytes(stmt, i));
}

/* Takes a row (sum, value) from `first` on. CB_E_FORMAT. */
static enum cb_err
take_row(sqlite3_stmt *stmt, int first, const char *name,
    uint8_t sum[EMU_FILE_SUM], struct cb_span *value)
{
	struct cb_span stored = column(stmt, first);
	enum cb_err r;

	*value = column(stmt, first + 1);
	if (stored.n != EMU_FILE_SUM || value->n > EMU_NVM_VALUE_MAX ||
	    sqlite3_column_type(stmt, first + 1) != SQLITE_BLOB)
		return CB_E_FORMAT;
	if ((r = sum_of(name, *value, sum)) != CB_OK)
		return r;
	return cb_span_equal(stored, cb_span(sum, EMU_FILE_SUM)) ? CB_OK :
	    CB_E_FORMAT;
}

/* Finds a record; *value is borrowed until done(f->sql.get). CB_E_ABSENT. */
static enum cb_err
find(struct nvm_file *f, const char *name, uint8_t sum[EMU_FILE_SUM],
    struct cb_span *value)
{
	sqlite3_stmt *get = f->sql.get;
	int rc;

	rc = sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(get);
	if (rc == SQLITE_DONE)
		return CB_E_ABSENT;
	if (rc != SQLITE_ROW)
		return disk_err(f, rc);
	return take_row(get, 0, name, sum, value);
}

static enum cb_err
write_record(struct nvm_file *f, const char *name, struct cb_span value,
    const uint8_t sum[EMU_FILE_SUM])
{
	sqlite3_stmt *put = f->sql.put;
	int rc;

	rc = sqlite3_bind_text(put, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(
		    put, 2, sum, EMU_FILE_SUM, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(put, 3, value.n > 0 ?
		    (const void *)value.p : "", (int)value.n, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(put);
	done(put);
	return rc == SQLITE_DONE ? CB_OK : disk_err(f, rc);
}

static enum cb_err
file_begin(struct emu_nvm *nvm)
{
	struct nvm_file *f = (struct nvm_file *)nvm;

	if (nvm->readonly)
		return CB_E_DENIED;
	if (f->state != NVM_IDLE)
		return CB_E_ARG;
	if (f->dead)
		return CB_E_STORE;
	f->state = NVM_BEGUN;
	f->broken = CB_OK;
	return CB_OK;
}

/* SQLite's transaction begins with the first put or del. The root must be
 * the one that we left: else somebody wrote to the file behind our back. */
static enum cb_err
start(struct nvm_file *f)
{
	uint8_t sum[EMU_FILE_SUM];
	struct cb_span value;
	enum cb_err r;
	int rc;

	if (f->state == NVM_WRITING)
		return CB_OK;
	rc = sqlite3_exec(f->sql.db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return disk_err(f, rc);
	f->state = NVM_WRITING;
	memcpy(f->next_root, f->root, EMU_FILE_SUM);
	if (f->hold == NULL)
		return CB_OK;
	r = find(f, root_name, sum, &value);
	if (r == CB_OK && !cb_span_equal(value, CB_SPAN_OF(f->root)))
		r = CB_E_FORMAT;
	done(f->sql.get);
	if (r == CB_E_FORMAT || r == CB_E_ABSENT) {
		cb_log(CB_LOG_ERROR, "%s: another program has written to it; "
		    "nothing more is written", f->path);
		f->dead = true;
		r = CB_E_STORE;
	}
	return r;
}

static enum cb_err
put(struct nvm_file *f, const char *name, struct cb_span value)
{
	uint8_t sum[EMU_FILE_SUM], old[EMU_FILE_SUM];
	struct cb_span there;
	enum cb_err r;
	bool same;

	if ((r = emu_nvm_check(name, value)) != CB_OK ||
	    (r = start(f)) != CB_OK ||
	    (r = sum_of(name, value, sum)) != CB_OK)
		return r;
	r = find(f, name, old, &there);
	same = r == CB_OK && cb_span_equal(there, value);
	done(f->sql.get);
	if (same)
		return CB_OK;
	if (r != CB_OK && r != CB_E_ABSENT)
		return r;
	if (r == CB_OK)
		mix(f->next_root, old);
	mix(f->next_root, sum);
	return write_record(f, name, value, sum);
}

static enum cb_err
del(struct nvm_file *f, const char *name)
{
	uint8_t old[EMU_FILE_SUM];
	struct cb_span there;
	enum cb_err r;
	int rc;

	if ((r = emu_nvm_check(name, CB_SPAN_EMPTY)) != CB_OK ||
	    (r = start(f)) != CB_OK)
		return r;
	r = find(f, name, old, &there);
	done(f->sql.get);
	if (r != CB_OK)
		return r == CB_E_ABSENT ? CB_OK : r;
	mix(f->next_root, old);
	rc = sqlite3_bind_text(f->sql.del, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(f->sql.del);
	done(f->sql.del);
	return rc == SQLITE_DONE ? CB_OK : disk_err(f, rc);
}

static enum cb_err
file_put(struct emu_nvm *nvm, const char *name, struct cb_span value)
{
	struct nvm_file *f = (struct nvm_file *)nvm;

	if (f->state == NVM_IDLE)
		return CB_E_ARG;
	if (f->broken == CB_OK)
		f->broken = put(f, name, value);
	return f->broken;
}

static enum cb_err
file_del(struct emu_nvm *nvm, const char *name)
{
	struct nvm_file *f = (struct nvm_file *)nvm;

	if (f->state == NVM_IDLE)
		return CB_E_ARG;
	if (f->broken == CB_OK)
		f->broken = del(f, name);
	return f->broken;
}

/* A new file's first commit: it gets its name, and the connection moves from
 * memory to it. Whatever fails here leaves no file. */
static enum cb_err
publish(struct nvm_file *f)
{
	struct emu_sql sql = { NULL, NULL, NULL, NULL };
	sqlite3_int64 n = 0;
	unsigned char *image;
	enum cb_err r = CB_E_NOMEM;

	image = sqlite3_serialize(f->sql.db, "main", &n, 0);
	if (image == NULL)
		goto out;
	r = emu_file_place_fill(
	    &f->place, cb_span(image, (size_t)n), &f->hold);
	if (r != CB_OK) {
		cb_log(CB_LOG_ERROR, "%s: not made: %s", f->path,
		    r == CB_E_DENIED ? "the name is taken" : strerror(errno));
		goto out;
	}
	if ((r = emu_sql_open(&sql, f->place.path, false, NULL)) != CB_OK) {
		emu_file_place_undo(&f->place);
		emu_file_hold_drop(&f->hold, true);
		goto out;
	}
	emu_sql_close(&f->sql);
	f->sql = sql;
	emu_file_place_clear(&f->place);
out:
	sqlite3_free(image);
	return r;
}

static enum cb_err
write_root(struct nvm_file *f)
{
	uint8_t sum[EMU_FILE_SUM];
	enum cb_err r;

	if (f->hold != NULL &&
	    memcmp(f->root, f->next_root, EMU_FILE_SUM) == 0)
		return CB_OK;
	r = sum_of(root_name, CB_SPAN_OF(f->next_root), sum);
	if (r != CB_OK)
		return r;
	return write_record(f, root_name, CB_SPAN_OF(f->next_root), sum);
}

static enum cb_err
file_commit(struct emu_nvm *nvm, enum emu_nvm_by by)
{
	struct nvm_file *f = (struct nvm_file *)nvm;
	enum cb_err r;
	int rc;

	(void)by;	/* always now */
	if (f->state == NVM_IDLE)
		return CB_E_ARG;
	r = f->broken;
	if (r == CB_OK && f->state == NVM_BEGUN && f->hold == NULL)
		r = start(f);
	if (r != CB_OK || f->state == NVM_BEGUN)
		goto out;
	if ((r = write_root(f)) != CB_OK)
		goto out;
	rc = sqlite3_exec(f->sql.db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK) {
		r = disk_err(f, rc);
		goto out;
	}
	f->state = NVM_IDLE;
	memcpy(f->root, f->next_root, EMU_FILE_SUM);
	if (f->hold == NULL && (r = publish(f)) != CB_OK)
		f->dead = true;
	return r;
out:
	file_rollback(nvm);
	return r;
}

static void
file_rollback(struct emu_nvm *nvm)
{
	struct nvm_file *f = (struct nvm_file *)nvm;

	if (f->state == NVM_WRITING &&
	    sqlite3_get_autocommit(f->sql.db) == 0) {
		(void)sqlite3_exec(f->sql.db, "ROLLBACK", NULL, NULL, NULL);
		if (sqlite3_get_autocommit(f->sql.db) == 0)
			f->dead = true;
	}
	f->state = NVM_IDLE;
}

static enum cb_err
walk(struct nvm_file *f, sqlite3_stmt *all, emu_nvm_each_fn *fn, void *ctx)
{
	uint8_t root[EMU_FILE_SUM] = { 0 }, sum[EMU_FILE_SUM];
	uint8_t stored[EMU_FILE_SUM];
	struct cb_span value;
	const char *name;
	enum cb_err r;
	bool rooted = false;
	int rc;

	while ((rc = sqlite3_step(all)) == SQLITE_ROW) {
		name = (const char *)sqlite3_column_text(all, 0);
		if (name == NULL ||
		    sqlite3_column_type(all, 0) != SQLITE_TEXT ||
		    strlen(name) != (size_t)sqlite3_column_bytes(all, 0))
			return CB_E_FORMAT;
		if ((r = take_row(all, 1, name, sum, &value)) != CB_OK)
			return r;
		if (*name == '\0') {
			if (value.n != EMU_FILE_SUM)
				return CB_E_FORMAT;
			memcpy(stored, value.p, EMU_FILE_SUM);
			rooted = true;
			continue;
		}
		if (emu_nvm_check(name, value) != CB_OK)
			return CB_E_FORMAT;
		mix(root, sum);
		if (fn != NULL && (r = fn(ctx, name, value)) != CB_OK)
			return r;
	}
	if (rc != SQLITE_DONE)
		return emu_sql_err(rc);
	if (!rooted || memcmp(root, stored, EMU_FILE_SUM) != 0)
		return CB_E_FORMAT;
	memcpy(f->root, root, EMU_FILE_SUM);
	return CB_OK;
}

static enum cb_err
walk_all(struct nvm_file *f, emu_nvm_each_fn *fn, void *ctx)
{
	sqlite3_stmt *all = NULL;
	enum cb_err r;
	int rc;

	rc = sqlite3_prepare_v2(f->sql.db,
	    "SELECT name, sum, value FROM record ORDER BY name", -1, &all,
	    NULL);
	r = rc == SQLITE_OK ? walk(f, all, fn, ctx) : emu_sql_err(rc);
	sqlite3_finalize(all);
	(void)sqlite3_db_release_memory(f->sql.db);
	return r;
}

enum cb_err
emu_nvm_file_verify(struct nvm_file *f)
{
	return walk_all(f, NULL, NULL);
}

static enum cb_err
file_each(struct emu_nvm *nvm, emu_nvm_each_fn *fn, void *ctx)
{
	struct nvm_file *f = (struct nvm_file *)nvm;

	if (f->state != NVM_IDLE)
		return CB_E_ARG;
	if (f->hold == NULL)
		return CB_OK;	/* nothing is committed */
	return walk_all(f, fn, ctx);
}

static void
file_free(struct emu_nvm *nvm)
{
	struct nvm_file *f = (struct nvm_file *)nvm;

	file_rollback(nvm);
	emu_sql_close(&f->sql);
	emu_file_hold_drop(&f->hold, f->own);
	emu_file_place_clear(&f->place);
	free(f->path);
	free(f);
}

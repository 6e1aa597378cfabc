/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store, between the sources that make it up:
 *
 *	store.c		opening, and what is the whole store's
 *	schema.c	the tables
 *	rows.c		tables that acts change by rows, and reading them
 *	act.c		acts, many in one commit
 *	lease.c		who uses a card
 *	answer.c	answers, tokens, what is forgotten in time
 *	books.c		the chains
 *	sql.h		the database; sqlite.c
 */
#ifndef BE_INTERNAL_H
#define BE_INTERNAL_H

#include "backend/store/sql.h"

extern const char *const be_schema[];
extern const size_t be_schema_n;

/* For each table of be_table; made once for a handle. */
struct be_table_sql {
	char *put, *remove, *get, *list, *first;
};

struct be_store {
	struct be_sql *db;	/* NULL: to be opened again */
	char *path;
	unsigned wait_ms;	/* 0: as it comes */
	enum wire_kind kind;
	uint8_t id[WIRE_ID];
	bool unsettled;		/* the log holds what was destroyed */
	struct be_stats stats;
	/* Where the chain ends that was added to last, within a batch. */
	struct wire_chain tip;
	bool tip_known;
	struct be_table_sql tables[BE_TABLES];
};

/* CB_E_STORE where a commit's outcome is unknown. */
CB_MUST_USE enum cb_err be_ready(
    const struct be_store *st, struct cb_why *why);
/* Ends a function: words for what the database did. */
CB_MUST_USE enum cb_err be_end(
    const struct be_store *st, enum cb_err r, struct cb_why *why);
/* One statement that changes something, as a commit of its own. */
CB_MUST_USE enum cb_err be_commit_one(struct be_store *st, const char *sql,
    const struct be_value *values, size_t n, int64_t *changes,
    struct cb_why *why);
bool be_is_platform(const uint8_t organisation[WIRE_ID]);
/* Numbers of SQL are signed. */
CB_MUST_USE enum cb_err be_number(uint64_t in, int64_t *out);

/* Number, bytes, hash, and the signed head that there may be. */
#define BE_ENTRIES \
	"SELECT e.number, e.bytes, e.hash, h.signed FROM entry e" \
	" LEFT JOIN head h ON h.organisation=e.organisation" \
	" AND h.number=e.number"

/* All rows of a query, of n columns, which ends with it. */
CB_MUST_USE enum cb_err be_rows_each(struct be_row **row, size_t n,
    be_row_fn *fn, void *ctx, size_t *count);

CB_MUST_USE enum cb_err be_tables_init(struct be_store *st);
void be_tables_clear(struct be_store *st);

/* Within the transaction of an act; *why where it is about the act. */
CB_MUST_USE enum cb_err be_row_change(struct be_store *st,
    const struct be_act *act, const struct be_row_change *c,
    struct cb_why *why);
/* Before it is put: may it stand beside those that are there? */
CB_MUST_USE enum cb_err be_row_fits(struct be_store *st,
    const struct be_act *act, const struct be_row_change *c,
    struct cb_why *why);
/* Behind all of the act's rows: what they name is there. */
CB_MUST_USE enum cb_err be_rows_fit(struct be_store *st, struct be_act *act);
CB_MUST_USE enum cb_err be_lease_change(
    struct be_store *st, struct be_act *act, struct cb_why *why);
/* The act is of the session that has the card, with its number. */
CB_MUST_USE enum cb_err be_lease_fence(struct be_store *st,
    const struct be_act *act, struct cb_why *why);
/* No session has the card, or the act's own; what was read of it with an older
 * number counts no more. */
CB_MUST_USE enum cb_err be_lease_apart(struct be_store *st,
    const struct be_act *act, struct cb_why *why);
CB_MUST_USE enum cb_err be_answer_put(
    struct be_store *st, const struct be_act *act, struct cb_why *why);
CB_MUST_USE enum cb_err be_token_use(
    struct be_store *st, const struct be_act *act, struct cb_why *why);
/* CB_E_DENIED: one tells a smaller number of a card than was told before. */
CB_MUST_USE enum cb_err be_entries_add(struct be_store *st,
    const uint8_t organisation[WIRE_ID], const struct cb_span *entries,
    size_t n, uint64_t *number);

#endif

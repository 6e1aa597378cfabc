/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Tables that acts change by rows. What SQL is needed follows from a table's
 * columns; every statement has the organisation in it, so that nobody reads
 * or changes a row of another.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/store/internal.h"

#define COLUMNS_MAX 11
#define SQL_MAX 1024

#define ADMIN (1u << BE_ADMIN)
#define ENROL (1u << BE_ENROL)
#define COMMAND (1u << BE_COMMAND)
#define UPKEEP (1u << BE_UPKEEP)

/* clang-format off */
static const struct table {
	const char *name, *of;		/* the column of the organisation */
	bool of_in_key;			/* it is part of the primary key */
	size_t keys;			/* the first columns */
	unsigned by;			/* kinds of acts that may change it */
	const char *columns[COLUMNS_MAX];
} tables[BE_TABLES] = {
	[BE_ORGANISATION] = { "organisation", "owner", false, 1, ADMIN,
	    { "id", "state", "setting", "created" } },
	[BE_CARD] = { "card", "organisation", false, 1, ADMIN | COMMAND,
	    { "id", "state", "blank", "take_over", "profile", "label",
	      "number", "created", "key_version", "mac", "atr" } },
	[BE_DEVICE] = { "device", "organisation", false, 1, ADMIN | ENROL,
	    { "id", "class", "state", "fingerprint", "until", "label",
	      "mac" } },
	[BE_DEVICE_GROUP] = { "device_group", "organisation", false, 1, ADMIN,
	    { "id", "label" } },
	[BE_DEVICE_MEMBER] = { "device_member", "organisation", false, 2,
	    ADMIN, { "device_group", "device", "mac" } },
	[BE_ASSIGNMENT] = { "assignment", "organisation", false, 3,
	    ADMIN | ENROL, { "card", "kind", "subject", "until", "mac" } },
	[BE_PERSON] = { "person", "organisation", true, 1, ADMIN,
	    { "id", "state", "sealed" } },
	[BE_IDENTIFIER] = { "identifier", "organisation", true, 2, ADMIN,
	    { "kind", "value", "person" } },
	[BE_FACTOR] = { "factor", "organisation", true, 1, ADMIN | ENROL,
	    { "id", "person", "kind", "state", "data", "mac" } },
	[BE_ROLE] = { "role", "organisation", true, 2, ADMIN,
	    { "person", "role", "until", "mac" } },
	[BE_POLICY] = { "policy", "organisation", true, 1, ADMIN,
	    { "name", "value", "mac" } },
	[BE_NETWORK] = { "network", "organisation", false, 1, ADMIN,
	    { "id", "rule", "mac" } },
	[BE_REVOCATION] = { "revocation", "organisation", true, 1, ADMIN,
	    { "fingerprint", "subject", "since", "mac" } },
	[BE_TOKEN] = { "token", "organisation", false, 1, ADMIN,
	    { "hash", "purpose", "subject", "class", "until", "mac", "used",
	      "label" } },
	[BE_RECOVERY_SHARE] = { "recovery_share", "organisation", true, 1,
	    ADMIN, { "number", "needed", "shares", "fingerprint", "made" } },
	[BE_APPROVAL] = { "approval", "organisation", false, 1, ADMIN,
	    { "id", "person", "request", "signature", "until" } },
	[BE_OUTBOX] = { "outbox", "organisation", false, 1,
	    (1u << BE_ACT_KINDS) - 1,
	    { "id", "kind", "body", "made", "sent" } },
	[BE_CERTIFICATE] = { "certificate", "organisation", false, 2,
	    ADMIN | COMMAND, { "card", "name", "serial", "subject",
	      "not_after", "fingerprint" } },
	[BE_SLOT] = { "slot", "organisation", false, 1, ADMIN,
	    { "id", "device", "name", "card" } },
	[BE_WRAP] = { "wrap", "organisation", false, 3, ADMIN | COMMAND,
	    { "owner", "kind", "version", "parameters", "sealed" } },
	[BE_ENROLMENT] = { "enrolment", "organisation", false, 1, ENROL | ADMIN,
	    { "hash", "public", "certificate", "made" } },
};
/* clang-format on */

/* What a row must be for another to be put over it: a card that is terminated
 * stays so, and a token is put once. */
static const char *const over[BE_TABLES] = {
	[BE_CARD] = " AND card.state<>3",
	[BE_TOKEN] = " AND 0",
};

static size_t
columns_of(const struct table *t)
{
	size_t n = 0;

	while (n < COLUMNS_MAX && t->columns[n] != NULL)
		n++;
	return n;
}

size_t
be_table_columns(enum be_table table, size_t *keys)
{
	*keys = tables[table].keys;
	return columns_of(&tables[table]);
}

/* ---- statements ---------------------------------------------------------- */

struct text {
	char p[SQL_MAX];
	size_t n;
};

static void
add(struct text *t, const char *fmt, ...) CB_PRINTF(2, 3);

static void
add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->p + t->n, sizeof(t->p) - t->n, fmt, ap);
	va_end(ap);
	/* one too long is noticed by SQLite, and by the tests of each table */
	if (n > 0)
		t->n = t->n + (size_t)n < sizeof(t->p) ? t->n + (size_t)n
						       : sizeof(t->p) - 1;
}

static void
add_columns(struct text *t, const struct table *d, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add(t, "%s%s", i > 0 ? "," : "", d->columns[i]);
}

static void
add_key(struct text *t, const struct table *d)
{
	add(t, " WHERE %s=?1", d->of);
	for (size_t i = 0; i < d->keys; i++)
		add(t, " AND %s=?%zu", d->columns[i], i + 2);
}

static enum cb_err
keep(const struct text *t, char **out)
{
	return (*out = strdup(t->p)) != NULL ? CB_OK : CB_E_NOMEM;
}

static enum cb_err
make_put(const struct table *d, char **out)
{
	const size_t n = columns_of(d);
	struct text t = { "", 0 };

	add(&t, "INSERT INTO %s(%s,", d->name, d->of);
	add_columns(&t, d, n);
	add(&t, ") VALUES(?1");
	for (size_t i = 0; i < n; i++)
		add(&t, ",?%zu", i + 2);
	add(&t, ") ON CONFLICT(%s%s", d->of_in_key ? d->of : "",
	    d->of_in_key ? "," : "");
	add_columns(&t, d, d->keys);
	add(&t, ") DO UPDATE SET ");
	for (size_t i = d->keys; i < n; i++)
		add(&t, "%s%s=excluded.%s", i > d->keys ? "," : "",
		    d->columns[i], d->columns[i]);
	add(&t, " WHERE %s.%s=excluded.%s%s", d->name, d->of, d->of,
	    over[d - tables] != NULL ? over[d - tables] : "");
	return keep(&t, out);
}

static enum cb_err
make_remove(const struct table *d, char **out)
{
	struct text t = { "", 0 };

	add(&t, "DELETE FROM %s", d->name);
	add_key(&t, d);
	return keep(&t, out);
}

static enum cb_err
make_get(const struct table *d, char **out)
{
	struct text t = { "", 0 };

	add(&t, "SELECT ");
	add_columns(&t, d, columns_of(d));
	add(&t, " FROM %s", d->name);
	add_key(&t, d);
	return keep(&t, out);
}

/* `behind`: a key. */
static enum cb_err
make_list(const struct table *d, bool behind, char **out)
{
	struct text t = { "", 0 };

	add(&t, "SELECT ");
	add_columns(&t, d, columns_of(d));
	add(&t, " FROM %s WHERE %s=?1", d->name, d->of);
	if (behind) {
		add(&t, " AND (");
		add_columns(&t, d, d->keys);
		add(&t, ")>(");
		for (size_t i = 0; i < d->keys; i++)
			add(&t, "%s?%zu", i > 0 ? "," : "", i + 3);
		add(&t, ")");
	}
	add(&t, " ORDER BY ");
	add_columns(&t, d, d->keys);
	add(&t, " LIMIT ?2");
	return keep(&t, out);
}

enum cb_err
be_tables_init(struct be_store *st)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < BE_TABLES; i++) {
		struct be_table_sql *s = &st->tables[i];

		(void)((r = make_put(&tables[i], &s->put)) != CB_OK ||
		    (r = make_remove(&tables[i], &s->remove)) != CB_OK ||
		    (r = make_get(&tables[i], &s->get)) != CB_OK ||
		    (r = make_list(&tables[i], true, &s->list)) != CB_OK ||
		    (r = make_list(&tables[i], false, &s->first)) != CB_OK);
	}
	return r;
}

void
be_tables_clear(struct be_store *st)
{
	for (size_t i = 0; i < BE_TABLES; i++) {
		struct be_table_sql *s = &st->tables[i];

		free(s->put);
		free(s->remove);
		free(s->get);
		free(s->list);
		free(s->first);
		*s = (struct be_table_sql){ NULL, NULL, NULL, NULL, NULL };
	}
}

/* ---- changing ------------------------------------------------------------ */

/* An organisation's own row is the platform's: its own acts change its setting
 * and nothing else. */
static enum cb_err
change_setting(struct be_store *st, const struct be_act *act,
    const struct be_row_change *c, struct cb_why *why)
{
	int64_t changes = 0;
	enum cb_err r = CB_OK;

	if (act->kind == BE_ADMIN && !c->remove &&
	    c->values[0].type == BE_BLOB &&
	    cb_span_equal(
		c->values[0].s, cb_span(act->organisation, WIRE_ID)))
		r = BE_RUN(st->db,
		    "UPDATE organisation SET setting=?2 WHERE id=?1",
		    &changes, c->values[0], c->values[2]);
	if (r != CB_OK || changes > 0)
		return r;
	cb_why_set(why, "an organisation changes its own setting only");
	return CB_E_DENIED;
}

/* An act of a card changes the rows of that card. */
static bool
may_change(const struct be_act *act, const struct be_row_change *c,
    const struct table *d)
{
	if ((d->by & 1u << act->kind) == 0)
		return false;
	return act->kind != BE_COMMAND || c->table == BE_OUTBOX ||
	    (act->card != NULL && c->values[0].type == BE_BLOB &&
		cb_span_equal(
		    c->values[0].s, cb_span(act->card, WIRE_ID)));
}

enum cb_err
be_row_change(struct be_store *st, const struct be_act *act,
    const struct be_row_change *c, struct cb_why *why)
{
	struct be_value v[COLUMNS_MAX + 1];
	const struct table *d;
	size_t n;
	int64_t changes;
	enum cb_err r;

	if (c->table >= BE_TABLES)
		return CB_E_ARG;
	d = &tables[c->table];
	n = c->remove ? d->keys : columns_of(d);
	if (!may_change(act, c, d)) {
		cb_why_set(why, "an act of this kind does not change: %s",
		    d->name);
		return CB_E_DENIED;
	}
	if ((r = be_row_fits(st, act, c, why)) != CB_OK)
		return r;
	if (c->table == BE_ORGANISATION && !be_is_platform(act->organisation))
		return change_setting(st, act, c, why);
	v[0] = BE_ID(act->organisation);
	memcpy(&v[1], c->values, n * sizeof(v[0]));
	r = be_sql_run(st->db,
	    c->remove ? st->tables[c->table].remove
		      : st->tables[c->table].put,
	    v, n + 1, &changes);
	if (r == CB_E_ARG)
		cb_why_set(why, "a row is not as it must be: %s", d->name);
	if (r != CB_OK || changes > 0)
		return r;
	if (c->remove)
		cb_why_set(why, "there is no such row: %s", d->name);
	else
		cb_why_set(why, "a row is final, or another "
				"organisation's: %s",
		    d->name);
	return c->remove ? CB_E_ABSENT : CB_E_DENIED;
}

/* ---- reading ------------------------------------------------------------- */

enum cb_err
be_rows_each(struct be_row **row, size_t n, be_row_fn *fn, void *ctx,
    size_t *count)
{
	struct be_value v[COLUMNS_MAX];
	enum cb_err r;

	*count = 0;
	while ((r = be_row_next(*row)) == CB_OK) {
		for (size_t i = 0; i < n; i++)
			v[i] = be_row_value(*row, (int)i);
		++*count;
		if ((r = fn(ctx, v, n)) != CB_OK)
			break;
	}
	be_row_end(row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

enum cb_err
be_store_row(struct be_store *st, enum be_table table,
    const uint8_t organisation[WIRE_ID], const struct be_value *key,
    be_row_fn *fn, void *ctx, struct cb_why *why)
{
	struct be_value v[COLUMNS_MAX + 1];
	struct be_row *row = NULL;
	size_t n, count;
	enum cb_err r;

	if (table >= BE_TABLES)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	n = tables[table].keys;
	v[0] = BE_ID(organisation);
	memcpy(&v[1], key, n * sizeof(v[0]));
	if ((r = be_sql_query(st->db, st->tables[table].get, v, n + 1,
		 &row)) == CB_OK &&
	    (r = be_rows_each(&row, columns_of(&tables[table]), fn, ctx, &count)) ==
		CB_OK &&
	    count == 0)
		r = CB_E_ABSENT;
	return be_end(st, r, why);
}

enum cb_err
be_store_list(struct be_store *st, enum be_table table,
    const uint8_t organisation[WIRE_ID], const struct be_value *after,
    size_t limit, be_row_fn *fn, void *ctx, struct cb_why *why)
{
	struct be_value v[COLUMNS_MAX + 2];
	struct be_row *row = NULL;
	size_t n = 2, count;
	enum cb_err r;

	if (table >= BE_TABLES || limit > BE_PAGE_MAX)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	v[0] = BE_ID(organisation);
	v[1] = BE_I((int64_t)limit);
	if (after != NULL) {
		memcpy(&v[2], after, tables[table].keys * sizeof(v[0]));
		n += tables[table].keys;
	}
	if ((r = be_sql_query(st->db,
		 after != NULL ? st->tables[table].list
			       : st->tables[table].first,
		 v, n, &row)) == CB_OK)
		r = be_rows_each(&row, columns_of(&tables[table]), fn, ctx, &count);
	return be_end(st, r, why);
}

/* ---- records ------------------------------------------------------------- */

enum cb_err
be_store_record(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], const char *name, struct cb_buf *out,
    struct cb_why *why)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db,
		 "SELECT r.value FROM record r JOIN card c ON c.id=r.card"
		 " WHERE r.card=?1 AND r.name=?2 AND c.organisation=?3",
		 &row, BE_ID(card), BE_T(cb_span_str(name)),
		 BE_ID(organisation))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK)
		r = cb_buf_add(out, be_row_blob(row, 0));
	be_row_end(&row);
	return be_end(st, r, why);
}

enum cb_err
be_store_records(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], struct cb_span after, be_row_fn *fn,
    void *ctx, struct cb_why *why)
{
	struct be_row *row = NULL;
	size_t count;
	enum cb_err r;

	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db,
		 "SELECT r.name, r.value FROM record r"
		 " JOIN card c ON c.id=r.card"
		 " WHERE r.card=?1 AND c.organisation=?2 AND r.name>?3"
		 " ORDER BY r.name",
		 &row, BE_ID(card), BE_ID(organisation), BE_T(after))) ==
	    CB_OK)
		r = be_rows_each(&row, 2, fn, ctx, &count);
	return be_end(st, r, why);
}

/* ---- entries, which are read by rows as well ------------------------------ */

/* The first of the last `limit`. */
static enum cb_err
first_of_last(struct be_store *st, const uint8_t organisation[WIRE_ID],
    size_t limit, int64_t *number)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = BE_QUERY(st->db,
		 "SELECT max(number) FROM entry WHERE organisation=?1", &row,
		 BE_ID(organisation))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK) {
		*number = be_row_int(row, 0) - (int64_t)limit + 1;
		if (*number < 1)
			*number = 1;
	}
	be_row_end(&row);
	return r;
}

enum cb_err
be_store_entries(struct be_store *st, const uint8_t organisation[WIRE_ID],
    uint64_t from, size_t limit, be_row_fn *fn, void *ctx,
    struct cb_why *why)
{
	struct be_row *row = NULL;
	int64_t number;
	size_t count;
	enum cb_err r;

	if (limit > BE_PAGE_MAX || be_number(from, &number) != CB_OK)
		return CB_E_ARG;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if (number == 0)
		r = first_of_last(st, organisation, limit, &number);
	if (r == CB_OK &&
	    (r = BE_QUERY(st->db,
		 BE_ENTRIES
		 " WHERE e.organisation=?1 AND e.number>=?2"
		 " ORDER BY e.number LIMIT ?3",
		 &row, BE_ID(organisation), BE_I(number),
		 BE_I((int64_t)limit))) == CB_OK)
		r = be_rows_each(&row, 4, fn, ctx, &count);
	return be_end(st, r, why);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See ledger.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "tests/road/ledger.h"
#include "tests/road/talk.h"

/* A sealed record's version (PROTOCOL.md, "Records of a card"). */
#define VERSION_AT 6

struct ledger {
	sqlite3 *db;
};

static void
die(struct ledger *l, const char *what)
{
	fprintf(stderr, "ledger: %s: %s\n", what, sqlite3_errmsg(l->db));
	exit(2);
}

struct ledger *
ledger_open(const char *path)
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (l == NULL)
		exit(2);
	if (sqlite3_open_v2(path, &l->db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK)
		die(l, path);
	sqlite3_busy_timeout(l->db, 10000);
	return l;
}

void
ledger_close(struct ledger **l)
{
	if (*l == NULL)
		return;
	sqlite3_close((*l)->db);
	free(*l);
	*l = NULL;
}

static sqlite3_stmt *
ask(struct ledger *l, const char *sql, const uint8_t id[WIRE_ID])
{
	sqlite3_stmt *q;

	if (sqlite3_prepare_v2(l->db, sql, -1, &q, NULL) != SQLITE_OK ||
	    sqlite3_bind_blob(q, 1, id, WIRE_ID, SQLITE_STATIC) != SQLITE_OK)
		die(l, sql);
	return q;
}

static bool
next(struct ledger *l, sqlite3_stmt *q)
{
	const int rc = sqlite3_step(q);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		die(l, "a row");
	return rc == SQLITE_ROW;
}

static struct cb_span
blob(sqlite3_stmt *q, int column)
{
	return cb_span(sqlite3_column_blob(q, column),
	    (size_t)sqlite3_column_bytes(q, column));
}

static uint64_t
version(struct cb_span record)
{
	uint64_t n = 0;

	for (size_t i = VERSION_AT; i < VERSION_AT + 8 && i < record.n; i++)
		n = n << 8 | record.p[i];
	return n;
}

/* ---- entries ------------------------------------------------------------- */

void
ledger_mark(struct ledger *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], struct ledger_mark *out)
{
	sqlite3_stmt *q = ask(l,
	    "SELECT max(number) FROM entry WHERE organisation=?1",
	    organisation);

	out->entry = next(l, q) ? sqlite3_column_int64(q, 0) : 0;
	sqlite3_finalize(q);
	q = ask(l, "SELECT value FROM record WHERE card=?1 AND name='root'",
	    card);
	out->number = next(l, q) ? version(blob(q, 0)) : 0;
	sqlite3_finalize(q);
}

void
ledger_walk(struct ledger *l, const uint8_t organisation[WIRE_ID],
    int64_t since, ledger_fn *fn, void *ctx)
{
	sqlite3_stmt *q = ask(l,
	    "SELECT bytes FROM entry WHERE organisation=?1 AND number>?2"
	    " ORDER BY number", organisation);
	struct wire_entry e;

	if (sqlite3_bind_int64(q, 2, since) != SQLITE_OK)
		die(l, "entries");
	while (next(l, q)) {
		if (wire_entry_get(blob(q, 0), &e) != CB_OK)
			die(l, "an entry that is none");
		fn(ctx, &e);
	}
	sqlite3_finalize(q);
}

struct told {
	const uint8_t *card;
	uint64_t number;
	struct cb_buf *out;
	struct ledger_sessions *sessions;
};

static bool
is_of(const struct wire_entry *e, const uint8_t card[WIRE_ID])
{
	return wire_entry_has(e, WIRE_F_CARD) &&
	    cb_span_equal(e->bytes[WIRE_F_CARD], cb_span(card, WIRE_ID));
}

static void
tell_entry(void *ctx, const struct wire_entry *entry)
{
	static const enum wire_field random[] = { WIRE_F_CARD, WIRE_F_DEVICE,
		WIRE_F_SESSION };
	struct wire_entry e = *entry;
	struct told *t = ctx;

	if (!is_of(&e, t->card))
		return;
	switch (e.type) {
	case WIRE_SESSION_OPEN:
		t->sessions->opened++;
		return;
	case WIRE_SESSION_END:
		t->sessions->ended++;
		return;
	case WIRE_SESSION_REFUSED:
		t->sessions->refused++;
		return;
	default:
		break;
	}
	e.time = 0;
	for (size_t i = 0; i < sizeof(random) / sizeof(random[0]); i++)
		e.has &= ~(UINT32_C(1) << random[i]);
	/* of a key that is another one each time */
	if (e.type == WIRE_KEY_MADE)
		e.has &= ~(UINT32_C(1) << WIRE_F_FINGERPRINT);
	if (wire_entry_has(&e, WIRE_F_NUMBER))
		e.number[WIRE_F_NUMBER] -= t->number;
	if (cb_buf_add(t->out, cb_span_str("  ")) != CB_OK ||
	    wire_entry_text(t->out, &e) != CB_OK ||
	    cb_buf_add(t->out, cb_span_str("\n")) != CB_OK)
		exit(2);
}

void
ledger_tell(struct ledger *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], const struct ledger_mark *since,
    struct cb_buf *out, struct ledger_sessions *sessions)
{
	struct told t = { card, since->number, out, sessions };
	sqlite3_stmt *q;

	*sessions = (struct ledger_sessions){ 0 };
	ledger_walk(l, organisation, since->entry, tell_entry, &t);
	q = ask(l, "SELECT name, value FROM record WHERE card=?1"
	    " ORDER BY name", card);
	while (next(l, q)) {
		const uint64_t v = version(blob(q, 1));

		if (v > since->number)
			talk_say(out, "  record %s +%llu, %zu bytes\n",
			    (const char *)sqlite3_column_text(q, 0),
			    (unsigned long long)(v - since->number),
			    blob(q, 1).n);
	}
	sqlite3_finalize(q);
}

struct counted {
	const uint8_t *card;
	unsigned type, n;
};

static void
count_entry(void *ctx, const struct wire_entry *e)
{
	struct counted *c = ctx;

	c->n += is_of(e, c->card) && (c->type == 0 || e->type == c->type);
}

unsigned
ledger_count(struct ledger *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], unsigned type)
{
	struct counted c = { card, type, 0 };

	ledger_walk(l, organisation, 0, count_entry, &c);
	return c.n;
}

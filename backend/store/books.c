/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The chains: entries get their numbers and hashes here, within the
 * transaction of their act; and are verified, with heads from elsewhere.
 */
#include <inttypes.h>
#include <string.h>

#include "backend/store/internal.h"
#include "wire/entry.h"

/* Where a chain ends, as its last row says. */
static enum cb_err
tip(struct be_store *st, const uint8_t organisation[WIRE_ID],
    struct wire_chain *out)
{
	const struct wire_owner owner = be_store_owner(st, organisation);
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = wire_chain_init(out, &owner)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db,
		 "SELECT number, hash FROM entry WHERE organisation=?1"
		 " ORDER BY number DESC LIMIT 1",
		 &row, BE_ID(organisation))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK) {
		const struct cb_span hash = be_row_blob(row, 1);

		out->number = (uint64_t)be_row_int(row, 0);
		if (hash.n == CR_HASH)
			memcpy(out->hash, hash.p, CR_HASH);
		else
			r = CB_E_FORMAT;
	}
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

/* ---- a card's number ----------------------------------------------------- */

/* Sets *number where this entry tells one, and *card to whose it is. Types of a
 * newer release are passed over. */
static enum cb_err
read_number(struct cb_span bytes, struct cb_span *card, uint64_t *number)
{
	struct wire_entry e;
	const enum cb_err r = wire_entry_get(bytes, &e);

	if (r == CB_OK && wire_entry_has(&e, WIRE_F_NUMBER) &&
	    wire_entry_has(&e, WIRE_F_CARD)) {
		*card = e.bytes[WIRE_F_CARD];
		*number = e.number[WIRE_F_NUMBER];
	}
	return r == CB_E_LIMIT ? CB_OK : r == CB_OK ? r : CB_E_FORMAT;
}

/* The last one, which is the greatest: no smaller one is entered behind it. */
static enum cb_err
last_number(struct be_store *st, const uint8_t organisation[WIRE_ID],
    struct cb_span card, uint64_t *number)
{
	struct be_row *row = NULL;
	struct cb_span of;
	enum cb_err r;

	/* else all of the chain is walked, which lies in that order */
	r = BE_QUERY(st->db,
	    "SELECT bytes FROM entry INDEXED BY entry_card"
	    " WHERE organisation=?1 AND card=?2 ORDER BY number DESC",
	    &row, BE_ID(organisation), BE_B(card));
	while (r == CB_OK && *number == 0 && (r = be_row_next(row)) == CB_OK)
		r = read_number(be_row_blob(row, 0), &of, number);
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

/* A worker that was taken over must not make a card's old records good again by
 * an entry that tells the number of then. */
static enum cb_err
check_number(struct be_store *st, const uint8_t organisation[WIRE_ID],
    struct cb_span entry)
{
	uint64_t told = 0, last = 0;
	struct cb_span card;
	enum cb_err r;

	if ((r = read_number(entry, &card, &told)) != CB_OK || told == 0 ||
	    (r = last_number(st, organisation, card, &last)) != CB_OK)
		return r;
	return told < last ? CB_E_DENIED : CB_OK;
}

enum cb_err
be_store_card_number(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], uint64_t *number, struct cb_why *why)
{
	enum cb_err r;

	*number = 0;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	return be_end(st,
	    last_number(st, organisation, cb_span(card, WIRE_ID), number),
	    why);
}

/* ---- adding -------------------------------------------------------------- */

enum cb_err
be_entries_add(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const struct cb_span *entries, size_t n, uint64_t *number)
{
	struct wire_chain c;
	enum cb_err r;

	if (n == 0)
		return CB_OK;
	/* of the act before, in this transaction */
	if (st->tip_known &&
	    memcmp(st->tip.owner.organisation, organisation, WIRE_ID) == 0) {
		c = st->tip;
		r = CB_OK;
	} else {
		r = tip(st, organisation, &c);
	}
	for (size_t i = 0; r == CB_OK && i < n; i++)
		if ((r = check_number(st, organisation, entries[i])) ==
			CB_OK &&
		    (r = wire_chain_add(&c, entries[i])) == CB_OK)
			r = BE_RUN(st->db,
			    "INSERT INTO entry VALUES(?1, ?2, ?3, ?4)", NULL,
			    BE_ID(organisation), BE_I((int64_t)c.number),
			    BE_B(entries[i]), BE_HASH(c.hash));
	if (r == CB_OK) {
		*number = c.number;
		st->tip = c;
		st->tip_known = true;
	}
	return r;
}

enum cb_err
be_store_tip(struct be_store *st, const uint8_t organisation[WIRE_ID],
    struct wire_chain *out, struct cb_why *why)
{
	enum cb_err r = be_ready(st, why);

	return r == CB_OK ? be_end(st, tip(st, organisation, out), why) : r;
}

enum cb_err
be_store_grown(
    struct be_store *st, be_tip_fn *fn, void *ctx, struct cb_why *why)
{
	uint8_t id[WIRE_ID];
	struct be_row *row = NULL;
	struct wire_chain c;
	enum cb_err r;

	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	r = be_sql_query(st->db,
	    "SELECT id FROM organisation o WHERE"
	    " coalesce((SELECT max(number) FROM entry"
	    " WHERE organisation=o.id), 0)>"
	    " coalesce((SELECT max(number) FROM head"
	    " WHERE organisation=o.id), 0) ORDER BY id",
	    NULL, 0, &row);
	while (r == CB_OK && (r = be_row_next(row)) == CB_OK) {
		const struct cb_span s = be_row_blob(row, 0);

		if (s.n != WIRE_ID) {
			r = CB_E_FORMAT;
			break;
		}
		memcpy(id, s.p, WIRE_ID);
		if ((r = tip(st, id, &c)) == CB_OK)
			r = fn(ctx, &c);
	}
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : be_end(st, r, why);
}

enum cb_err
be_store_head_add(struct be_store *st, const struct wire_head *head,
    struct cb_span signed_head, struct cb_why *why)
{
	int64_t number, changes;

	if (be_number(head->at.number, &number) != CB_OK)
		return CB_E_ARG;
	const struct be_value v[] = { BE_ID(head->at.owner.organisation),
		BE_I(number), BE_B(signed_head) };
	return be_commit_one(st,
	    "INSERT INTO head VALUES(?1, ?2, ?3)"
	    " ON CONFLICT(organisation, number) DO NOTHING",
	    v, 3, &changes, why);
}

/* ---- verifying ----------------------------------------------------------- */

/* Heads in the database may not be of entries that are not there. */
static enum cb_err
heads_beyond(struct be_store *st, struct wire_walk *w, struct cb_why *why)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = BE_QUERY(st->db,
		 "SELECT number FROM head WHERE organisation=?1"
		 " AND number>?2 ORDER BY number LIMIT 1",
		 &row, BE_ID(w->chain.owner.organisation),
		 BE_I((int64_t)w->chain.number))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK) {
		w->bad = w->chain.number + 1;
		cb_why_set(why,
		    "entry %" PRIu64 " is missing: the chain ends before it, "
		    "and there is a head of entry %" PRId64,
		    w->bad, be_row_int(row, 0));
		r = CB_E_FORMAT;
	}
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

static enum cb_err
walk(struct be_store *st, struct wire_walk *w, struct cb_why *why)
{
	struct be_row *row = NULL;
	struct cb_span head;
	enum cb_err r;

	r = BE_QUERY(st->db,
	    BE_ENTRIES
	    " WHERE e.organisation=?1 ORDER BY e.number",
	    &row, BE_ID(w->chain.owner.organisation));
	while (r == CB_OK && (r = be_row_next(row)) == CB_OK) {
		r = wire_walk_entry(w, (uint64_t)be_row_int(row, 0),
		    be_row_blob(row, 1), be_row_blob(row, 2), why);
		head = be_row_blob(row, 3);
		if (r == CB_OK && head.n > 0)
			r = wire_walk_head(w, head, why);
	}
	be_row_end(&row);
	return r == CB_E_ABSENT ? CB_OK : r;
}

enum cb_err
be_store_verify(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t public[CR_KEY], const struct wire_head *known,
    size_t known_n, struct be_verdict *out, struct cb_why *why)
{
	const struct wire_owner owner = be_store_owner(st, organisation);
	struct wire_walk w;
	enum cb_err r;

	*out = (struct be_verdict){ 0, 0, 0 };
	if ((r = be_ready(st, why)) != CB_OK ||
	    (r = wire_walk_init(&w, &owner, public, known, known_n)) != CB_OK)
		return r;
	if ((r = walk(st, &w, why)) == CB_OK &&
	    (r = wire_walk_end(&w, why)) == CB_OK)
		r = heads_beyond(st, &w, why);
	out->entries = w.chain.number;
	out->signed_to = w.signed_to;
	out->bad = w.bad;
	return w.bad != 0 ? r : be_end(st, r, why);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts. Many share a transaction, and one commit makes all of them durable.
 * Where one fails, all are done again, each within a savepoint, so that it
 * leaves the others alone.
 */
#include <string.h>

#include "backend/store/internal.h"
#include "wire/entry.h"

/* PROTOCOL.md, "The store" */
static const struct {
	bool entry;	/* nothing without one in the chain */
	bool fence;	/* of a session that has the card */
	bool apart;	/* records are changed while no session has the card */
	bool plain;	/* no records, lease or token */
} kinds[BE_ACT_KINDS] = {
	[BE_COMMAND] = { true, true, false, false },
	[BE_SESSION] = { true, false, false, false },
	[BE_ADMIN] = { true, false, true, false },
	[BE_ENROL] = { true, false, true, false },
	[BE_AUDIT] = { true, false, false, true },
	[BE_UPKEEP] = { false, false, false, true },
};

static bool
changes_nothing(const struct be_act *a)
{
	return a->lease == NULL && a->records_n == 0 && a->rows_n == 0 &&
	    a->entries_n == 0 && a->platform_n == 0 && a->token == NULL &&
	    a->founding == NULL;
}

static bool
is_to_do(const struct be_act *a)
{
	return a->err == CB_OK && !changes_nothing(a);
}

/* ---- what is seen without the database ----------------------------------- */

static enum cb_err
refuse(struct be_act *a, enum cb_err r, const char *words)
{
	cb_why_set(&a->why, "%s", words);
	return r;
}

/* What entries say of the act's card. */
struct about {
	bool named;	/* by one of them */
	bool numbered;	/* one tells its number as it is then */
};

/* Each is an entry. */
static enum cb_err
check_entries(struct be_act *a, const struct cb_span *entries, size_t n,
    struct about *card)
{
	struct wire_entry e;

	for (size_t i = 0; i < n; i++) {
		if (wire_entry_get(entries[i], &e) != CB_OK)
			return refuse(a, CB_E_FORMAT,
			    "an entry is not written as entries are");
		if (a->card == NULL || !wire_entry_has(&e, WIRE_F_CARD) ||
		    memcmp(e.bytes[WIRE_F_CARD].p, a->card, WIRE_ID) != 0)
			continue;
		card->named = true;
		card->numbered |= wire_entry_has(&e, WIRE_F_NUMBER);
	}
	return CB_OK;
}

static enum cb_err
check_audit(struct be_act *a)
{
	struct about card = { false, false }, other = { false, false };
	enum cb_err r;

	if ((r = check_entries(a, a->entries, a->entries_n, &card)) !=
		CB_OK ||
	    (r = check_entries(a, a->platform, a->platform_n, &other)) !=
		CB_OK)
		return r;
	if (!kinds[a->kind].entry)
		return CB_OK;
	if (a->entries_n == 0)
		return refuse(a, CB_E_DENIED,
		    "no entry, no act: this kind must be audited");
	if (a->card != NULL && !card.named)
		return refuse(a, CB_E_DENIED,
		    "no entry, no act: none names the card");
	if (a->records_n > 0 && !card.numbered)
		return refuse(a, CB_E_DENIED,
		    "no entry, no act: none tells the card's number");
	return CB_OK;
}

/* An organisation is the platform's to make, and begins with its books. */
static enum cb_err
check_founding(struct be_act *a)
{
	const struct be_founding *f = a->founding;
	struct about none = { false, false };

	if (f == NULL)
		return CB_OK;
	if (a->kind != BE_ADMIN || !be_is_platform(a->organisation) ||
	    be_is_platform(f->organisation))
		return refuse(a, CB_E_DENIED,
		    "organisations are made by acts of the platform");
	if (f->entries_n == 0)
		return refuse(a, CB_E_DENIED,
		    "no entry, no act: the organisation has none");
	return check_entries(a, f->entries, f->entries_n, &none);
}

static enum cb_err
check(struct be_act *a)
{
	int64_t number;
	enum cb_err r;

	if (a->kind >= BE_ACT_KINDS || be_number(a->now, &number) != CB_OK ||
	    be_number(a->fence, &number) != CB_OK ||
	    ((a->records_n > 0 || a->lease != NULL) && a->card == NULL) ||
	    ((a->answer != NULL || a->lease != NULL || kinds[a->kind].fence) &&
		(a->device == NULL || a->session == NULL)) ||
	    (kinds[a->kind].fence && a->card == NULL) ||
	    (a->answer != NULL &&
		be_number(a->answer->sequence, &number) != CB_OK))
		return refuse(a, CB_E_ARG, "the act is not whole");
	if (kinds[a->kind].plain &&
	    (a->records_n > 0 || a->lease != NULL || a->token != NULL))
		return refuse(a, CB_E_DENIED,
		    "an act of this kind changes no card and takes no token");
	if ((a->token != NULL) != (a->kind == BE_ENROL))
		return refuse(a, CB_E_DENIED,
		    "a token goes with an enrolment, and only with one");
	return (r = check_founding(a)) != CB_OK ? r : check_audit(a);
}

/* ---- within the transaction ---------------------------------------------- */

/* Zeros: nobody ordered it. */
static struct be_value
request_of(const uint8_t request[CR_HASH])
{
	static const uint8_t nobodys[CR_HASH];

	return memcmp(request, nobodys, CR_HASH) == 0 ? BE_NONE
						      : BE_HASH(request);
}

static enum cb_err
enter_id(struct be_store *st, struct be_act *a)
{
	enum cb_err r = BE_RUN(st->db,
	    "INSERT INTO done VALUES(?1, ?2, ?3, ?4)", NULL,
	    BE_ID(a->organisation), BE_ID(a->id), request_of(a->request),
	    BE_I((int64_t)a->now));

	return r == CB_E_ARG
	    ? refuse(a, CB_E_DENIED, "this act was done already")
	    : r;
}

/* The card is the organisation's. */
static enum cb_err
check_card(struct be_store *st, struct be_act *a)
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = BE_QUERY(st->db,
		 "SELECT 1 FROM card WHERE id=?1 AND organisation=?2", &row,
		 BE_ID(a->card), BE_ID(a->organisation))) == CB_OK)
		r = be_row_next(row);
	be_row_end(&row);
	return r == CB_E_ABSENT
	    ? refuse(a, r, "the organisation has no such card")
	    : r;
}

static enum cb_err
change_record(struct be_store *st, struct be_act *a,
    const struct be_record_change *c)
{
	const struct cb_span name = cb_span_str(c->name);
	int64_t changes;
	enum cb_err r;

	if (!c->remove)
		/* one that is there already is not written again */
		return BE_RUN(st->db,
		    "INSERT INTO record VALUES(?1, ?2, ?3)"
		    " ON CONFLICT(card, name) DO UPDATE"
		    " SET value=excluded.value"
		    " WHERE value<>excluded.value",
		    NULL, BE_ID(a->card), BE_T(name), BE_B(c->value));
	r = BE_RUN(st->db, "DELETE FROM record WHERE card=?1 AND name=?2",
	    &changes, BE_ID(a->card), BE_T(name));
	return r == CB_OK && changes == 0
	    ? refuse(a, CB_E_ABSENT, "there is no such record")
	    : r;
}

/* Rows first: an act may make the card whose records it brings. */
static enum cb_err
change(struct be_store *st, struct be_act *a)
{
	enum cb_err r = CB_OK;

	if (a->token != NULL)
		r = be_token_use(st, a, &a->why);
	for (size_t i = 0; r == CB_OK && i < a->rows_n; i++)
		r = be_row_change(st, a, &a->rows[i], &a->why);
	if (r == CB_OK)
		r = be_rows_fit(st, a);
	/* the fence looks at the card, too */
	if (r == CB_OK && a->card != NULL && a->kind != BE_AUDIT &&
	    !kinds[a->kind].fence)
		r = check_card(st, a);
	if (r == CB_OK && (kinds[a->kind].fence || a->records_n > 0))
		r = kinds[a->kind].apart
		    ? be_lease_apart(st, a, &a->why)
		    : be_lease_fence(st, a, &a->why);
	for (size_t i = 0; r == CB_OK && i < a->records_n; i++)
		r = change_record(st, a, &a->records[i]);
	if (r == CB_OK && a->lease != NULL)
		r = be_lease_change(st, a, &a->why);
	return r;
}

/* CB_E_ABSENT: there is none yet. */
static enum cb_err
find_organisation(struct be_store *st, const uint8_t id[WIRE_ID])
{
	struct be_row *row = NULL;
	enum cb_err r;

	if ((r = BE_QUERY(st->db, "SELECT 1 FROM organisation WHERE id=?1",
		 &row, BE_ID(id))) == CB_OK)
		r = be_row_next(row);
	be_row_end(&row);
	return r;
}

/* Before the rows of the act itself, which make it: is it new? */
static enum cb_err
check_new(struct be_store *st, struct be_act *a)
{
	const enum cb_err r = a->founding == NULL
	    ? CB_E_ABSENT
	    : find_organisation(st, a->founding->organisation);

	if (r == CB_OK)
		return refuse(a, CB_E_DENIED,
		    "there is an organisation of this id already");
	return r == CB_E_ABSENT ? CB_OK : r;
}

/* What the new organisation begins with, as if its own act had made it. */
static enum cb_err
found(struct be_store *st, struct be_act *a)
{
	const struct be_founding *f = a->founding;
	struct be_act own = { .kind = BE_ADMIN, .now = a->now };
	uint64_t number;
	enum cb_err r;

	if (f == NULL)
		return CB_OK;
	memcpy(own.organisation, f->organisation, WIRE_ID);
	if ((r = find_organisation(st, f->organisation)) == CB_E_ABSENT)
		return refuse(a, CB_E_ARG,
		    "the act does not make the organisation");
	for (size_t i = 0; r == CB_OK && i < f->rows_n; i++)
		r = be_row_change(st, &own, &f->rows[i], &a->why);
	return r != CB_OK ? r
			  : be_entries_add(st, f->organisation, f->entries,
				f->entries_n, &number);
}

static enum cb_err
enter(struct be_store *st, struct be_act *a)
{
	static const uint8_t platform[WIRE_ID];
	uint64_t number = 0;
	enum cb_err r;

	if ((r = be_entries_add(st, a->organisation, a->entries, a->entries_n,
		 &a->number)) == CB_OK)
		r = be_entries_add(
		    st, platform, a->platform, a->platform_n, &number);
	return r == CB_E_DENIED
	    ? refuse(a, r, "the books know a later number of the card")
	    : r;
}

static enum cb_err
apply(struct be_store *st, struct be_act *a)
{
	enum cb_err r;

	if ((r = enter_id(st, a)) != CB_OK ||
	    (r = check_new(st, a)) != CB_OK ||
	    (r = change(st, a)) != CB_OK || (r = found(st, a)) != CB_OK ||
	    (r = enter(st, a)) != CB_OK)
		return r;
	return a->answer != NULL ? be_answer_put(st, a, &a->why) : CB_OK;
}

/* It is not this act that failed. */
static bool
of_all(enum cb_err r)
{
	return r == CB_E_STORE || r == CB_E_NOMEM || r == CB_E_TIMEOUT ||
	    r == CB_E_INTERNAL || r == CB_E_CRYPTO;
}

/* Sets a->err; anything else than CB_OK is the failure of all. */
static enum cb_err
apply_alone(struct be_store *st, struct be_act *a)
{
	a->err = apply(st, a);
	/* some failures end the whole transaction */
	if (!be_sql_begun(st->db))
		return a->err != CB_OK ? a->err : CB_E_STORE;
	if (a->err == CB_E_ARG && a->why.text[0] == '\0')
		cb_why_set(&a->why, "a value breaks a rule of its table");
	return of_all(a->err) ? a->err : CB_OK;
}

static enum cb_err
apply_saved(struct be_store *st, struct be_act *a)
{
	enum cb_err r, s;

	if ((r = be_sql_save(st->db)) != CB_OK)
		return r;
	r = apply_alone(st, a);
	if (!be_sql_begun(st->db))
		return r;
	if ((s = be_sql_save_end(st->db, a->err == CB_OK)) != CB_OK)
		return s;
	if (a->err != CB_OK)
		st->tip_known = false;
	return r;
}

/* ---- batches ------------------------------------------------------------- */

/* None of those that could have been done was. */
static void
fail_all(struct be_act *acts, size_t n, enum cb_err r, bool unknown,
    const struct cb_why *why)
{
	for (size_t i = 0; i < n; i++)
		if (acts[i].err == CB_OK && !changes_nothing(&acts[i])) {
			acts[i].err = r;
			acts[i].unknown = unknown;
			acts[i].number = 0;
			acts[i].why = *why;
		}
}

static void
count(struct be_store *st, const struct be_act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		st->stats.acts += acts[i].err == CB_OK;
		st->stats.refused += acts[i].err != CB_OK;
		st->stats.unchanged +=
		    acts[i].err == CB_OK && changes_nothing(&acts[i]);
	}
}

/* How many there are to be done. */
static size_t
begin(struct be_act *acts, size_t n)
{
	size_t todo = 0;

	for (size_t i = 0; i < n; i++) {
		struct be_act *a = &acts[i];

		a->unknown = false;
		a->number = 0;
		a->why.text[0] = '\0';
		a->err = changes_nothing(a) ? CB_OK : check(a);
		todo += is_to_do(a);
	}
	return todo;
}

/* Without savepoints: up to the first that is refused, which then is *refused,
 * and of which something may be in the transaction. */
static enum cb_err
run(struct be_store *st, struct be_act *acts, size_t n, bool saved,
    size_t *done, struct be_act **refused)
{
	enum cb_err r = be_sql_begin(st->db);

	st->tip_known = false;
	*done = 0;
	*refused = NULL;
	for (size_t i = 0; r == CB_OK && *refused == NULL && i < n; i++) {
		if (!is_to_do(&acts[i]))
			continue;
		r = saved ? apply_saved(st, &acts[i])
			  : apply_alone(st, &acts[i]);
		if (acts[i].err == CB_OK)
			++*done;
		else if (!saved)
			*refused = &acts[i];
	}
	return r;
}

/* Savepoints keep copies of pages, for acts that hardly ever are refused. */
static enum cb_err
run_all(struct be_store *st, struct be_act *acts, size_t n, size_t todo,
    size_t *done)
{
	struct be_act *refused;
	enum cb_err r;

	r = run(st, acts, n, false, done, &refused);
	if (r != CB_OK || refused == NULL)
		return r;
	*done = 0;
	if (todo == 1)
		return CB_OK;
	refused->err = CB_OK;
	refused->why.text[0] = '\0';
	be_sql_rollback(st->db);
	return run(st, acts, n, true, done, &refused);
}

/* Nothing of the batch is left, or nobody knows. */
static enum cb_err
give_up(struct be_store *st, struct be_act *acts, size_t n, enum cb_err r,
    bool unknown, struct cb_why *why)
{
	struct cb_why words = { "" };

	if (unknown && (r == CB_E_ABSENT || r == CB_E_ARG))
		r = CB_E_STORE;
	r = be_end(st, r, &words);
	be_sql_rollback(st->db);
	/* what failed for all, failed for all alike */
	for (size_t i = 0; i < n; i++)
		if (of_all(acts[i].err))
			acts[i].err = CB_OK;
	fail_all(acts, n, r, unknown, &words);
	if (unknown)
		be_sql_close(&st->db);
	cb_why_set(why, "%s", words.text);
	return r;
}

/* A key that was destroyed is not left in the log, nor in a page that is free.
 * Where somebody else reads the file it goes with a later commit. */
static void
settle(struct be_store *st, const struct be_act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < acts[i].rows_n; j++)
			st->unsettled |= acts[i].err == CB_OK &&
			    acts[i].rows[j].remove &&
			    acts[i].rows[j].table == BE_WRAP;
	if (st->unsettled)
		st->unsettled = be_sql_settle_now(st->db) != CB_OK;
}

enum cb_err
be_store_commit_batch(
    struct be_store *st, struct be_act *acts, size_t n, struct cb_why *why)
{
	size_t todo = begin(acts, n), done = 0;
	enum cb_err r = CB_OK;

	if (todo > 0) {
		struct cb_why words = { "" };

		if ((r = be_ready(st, &words)) != CB_OK) {
			fail_all(acts, n, r, false, &words);
			cb_why_set(why, "%s", words.text);
			return r;
		}
		if ((r = run_all(st, acts, n, todo, &done)) != CB_OK)
			return give_up(st, acts, n, r, false, why);
		if (done == 0)
			be_sql_rollback(st->db);
		else if ((r = be_sql_commit(st->db)) != CB_OK)
			return give_up(st, acts, n, r, true, why);
		else {
			st->stats.commits++;
			settle(st, acts, n);
		}
	}
	count(st, acts, n);
	return r;
}

enum cb_err
be_store_act(struct be_store *st, struct be_act *act)
{
	enum cb_err r = be_store_commit_batch(st, act, 1, NULL);

	return r != CB_OK ? r : act->err;
}

enum cb_err
be_store_outcome(struct be_store *st, const uint8_t organisation[WIRE_ID],
    const uint8_t id[WIRE_ID], const uint8_t request[CR_HASH], bool *done,
    struct cb_why *why)
{
	struct be_row *row = NULL;
	bool same = true;
	enum cb_err r;

	*done = false;
	if ((r = be_ready(st, why)) != CB_OK)
		return r;
	if ((r = BE_QUERY(st->db,
		 "SELECT request IS ?3 FROM done"
		 " WHERE organisation=?1 AND id=?2",
		 &row, BE_ID(organisation), BE_ID(id),
		 request_of(request))) == CB_OK &&
	    (r = be_row_next(row)) == CB_OK)
		same = be_row_int(row, 0) != 0;
	be_row_end(&row);
	*done = r == CB_OK && same;
	if (!same) {
		cb_why_set(why, "the id is that of another act");
		return CB_E_DENIED;
	}
	return r == CB_E_ABSENT ? CB_OK : be_end(st, r, why);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * ORDER: an act of a person. It is looked at here as far as that saves a
 * question that can be asked once; the vault checks it and gives MACs and
 * keys; what it changes is one act of the store, under the id that the person
 * chose: it is done once, and who has lost the answer orders it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/worker/desk.h"
#include "common/ct.h"
#include "common/log.h"

#define WRAP_VERSION_AT 6	/* PROTOCOL.md, "Wraps" */
#define TERMINATED 3	/* of a card's states */
#define REFUSED_MS 60000	/* in so long ... */
#define REFUSED_MAX 20		/* so many refusals are entered */

/* What is done besides the rows; those who have no row here: nothing. */
static const struct what {
	const char *word;
	bool of_card;		/* one that is there: it is the subject */
	bool fails_seen;	/* a failure behind the vault is entered */
	be_desk_step *check, *work;
} works[] = {
	{ WIRE_ACT_CARD_NEW, false, false, be_desk_card_new_check,
	    be_desk_card_new },
	{ WIRE_ACT_CARD_SET, true, false, be_desk_card_set_check,
	    be_desk_card_set },
	{ WIRE_ACT_CARD_ASSIGN, true, false, NULL, NULL },
	{ WIRE_ACT_CARD_UNASSIGN, true, false, NULL, NULL },
	{ WIRE_ACT_CARD_SUSPEND, true, false, NULL, NULL },
	{ WIRE_ACT_CARD_RESUME, true, false, NULL, NULL },
	{ WIRE_ACT_CARD_UNBLOCK, true, true, be_desk_card_unblock_check,
	    be_desk_card_unblock },
	{ WIRE_ACT_CARD_TERMINATE, true, false, NULL,
	    be_desk_card_terminate },
	{ WIRE_ACT_SESSION_END, false, false, NULL, be_desk_session_end },
};
static const struct what nothing_more;

static const struct what *
what_of(struct cb_span word)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (cb_span_equal(word, cb_span_str(works[i].word)))
			return &works[i];
	return &nothing_more;
}

static bool
is_what(const struct be_desk_act *a, const char *word)
{
	return cb_span_equal(a->act.what, cb_span_str(word));
}

/* ---- reading ------------------------------------------------------------- */

static enum cb_err
read_fields(struct be_desk_act *a)
{
	if (wire_fields_get(a->act.detail, &a->detail) != CB_OK ||
	    wire_fields_get(a->c->d->secrets, &a->secrets) != CB_OK)
		return be_desk_refuse(
		    a->c, CB_E_FORMAT, "these are not fields of an act");
	return CB_OK;
}

/* Who sends it has signed it, and it is for this worker. */
static enum cb_err
read_act(struct be_desk_act *a)
{
	const struct be_worker_settings *set = &a->w->set;
	const struct wire_desk *d = a->c->d;
	struct cb_span head, signature;

	if (wire_act_get(d->order, &a->act, &head, &signature) != CB_OK)
		return be_desk_refuse(a->c, CB_E_FORMAT, "not an ACT");
	if (a->act.kind != set->kind ||
	    memcmp(a->act.backend, set->backend, WIRE_ID) != 0 ||
	    memcmp(a->act.organisation, set->organisation, WIRE_ID) != 0)
		return be_desk_refuse(a->c, CB_E_ARG,
		    "the ACT is for another backend or organisation");
	if (memcmp(a->act.person, a->c->s->device, WIRE_ID) != 0)
		return be_desk_refuse(
		    a->c, CB_E_DENIED, "the ACT is somebody else's");
	a->approved = d->approval.n > 0;
	if (a->approved &&
	    wire_approval_get(d->approval, &a->approval, &head,
		&signature) != CB_OK)
		return be_desk_refuse(a->c, CB_E_FORMAT, "not an APPROVAL");
	return wire_act_request(&a->act, a->request);
}

/* ---- what the vault says ------------------------------------------------- */

static enum cb_err
take_told(struct be_desk_act *a)
{
	enum cb_err r = be_order_told_get(cb_buf_span(&a->answer), a->told);

	if (r == CB_OK &&
	    (memcmp(a->told->act, a->act.id, WIRE_ID) != 0 ||
		memcmp(a->told->person, a->act.person, WIRE_ID) != 0 ||
		memcmp(a->told->request, a->request, CR_HASH) != 0))
		r = CB_E_PEER;
	return r;
}

static enum cb_err
ask_vault(struct be_desk_act *a, struct cb_span rows)
{
	struct be_orderer *from = calloc(1, sizeof(*from));
	struct be_order *order = calloc(1, sizeof(*order));
	struct cb_buf body = CB_BUF_INIT;
	struct cb_span wrap;
	enum cb_err r = CB_E_NOMEM;

	if (from == NULL || order == NULL ||
	    (r = be_orderer_get(rows, from)) != CB_OK)
		goto out;
	wrap = cb_span_tail(from->rights.card_key, WRAP_VERSION_AT);
	if (wrap.n > 0 && (r = cb_get_u32(&wrap, &a->key_version)) != CB_OK)
		goto out;
	order->act = a->c->d->order;
	order->approval = a->c->d->approval;
	order->rights = from->rights;
	order->unblock = from->unblock;
	if ((r = be_order_put(&body, order)) == CB_OK &&
	    (r = be_ask_vault(a->w, BE_ASK_ORDER, cb_buf_span(&body),
		 &a->answer)) == CB_OK)
		r = take_told(a);
	else if (r == CB_E_ABSENT)
		r = be_desk_refuse(a->c, CB_E_DENIED,
		    "it needs a second signer: draft it (--draft FILE), have "
		    "another person approve it (cardbridge admin approve "
		    "FILE), then order it (cardbridge admin order FILE)");
	else if (r == CB_E_TIMEOUT)
		r = be_desk_refuse(a->c, CB_E_PEER,
		    "the challenge is over, or its vault was started anew; "
		    "order it again");
out:
	free(from);
	free(order);
	cb_buf_free(&body);
	return r;
}

/* What vouches for who signed, and what the act is about. */
static enum cb_err
ask(struct be_desk_act *a)
{
	struct be_ask_orderer who = { .person = { 0 } };
	struct cb_buf body = CB_BUF_INIT, rows = CB_BUF_INIT;
	enum cb_err r;

	memcpy(who.person, a->act.person, WIRE_ID);
	if (a->approved)
		memcpy(who.second, a->approval.person, WIRE_ID);
	if (what_of(a->act.what)->of_card)
		memcpy(who.card, a->act.subject, WIRE_ID);
	if ((r = be_ask_orderer_put(&body, &who)) == CB_OK &&
	    (r = be_ask_store(a->w, BE_ASK_ORDERER, cb_buf_span(&body),
		 &rows)) == CB_OK)
		r = ask_vault(a, cb_buf_span(&rows));
	cb_buf_free(&body);
	cb_buf_free(&rows);
	/* why is in the vault's log; here it is whoever asks */
	return r == CB_E_ABSENT ? CB_E_DENIED : r;
}

/* ---- entries ------------------------------------------------------------- */

static enum cb_err
put_act_entry(const struct be_desk_act *a, enum wire_entry_outcome outcome,
    struct cb_buf *out)
{
	const bool adds = is_what(a, WIRE_ACT_ORG_ADD);
	struct wire_entry e;

	wire_entry_init(&e, WIRE_ACT, be_worker_time());
	wire_entry_set(&e, WIRE_F_ACT, CB_SPAN_OF(a->act.id));
	wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(a->act.person));
	wire_entry_set(&e, WIRE_F_WHAT, a->act.what);
	wire_entry_set(&e, WIRE_F_REQUEST, CB_SPAN_OF(a->request));
	wire_entry_set_number(&e, WIRE_F_OUTCOME, outcome);
	if (a->card != NULL)
		wire_entry_set(
		    &e, WIRE_F_CARD, cb_span(a->card, WIRE_ID));
	else if (!be_is_zeros(a->act.subject))
		wire_entry_set(&e,
		    adds ? WIRE_F_ORGANISATION : WIRE_F_SUBJECT,
		    CB_SPAN_OF(a->act.subject));
	if (a->approved && outcome != WIRE_OUTCOME_REFUSED)
		wire_entry_set(
		    &e, WIRE_F_SECOND, CB_SPAN_OF(a->approval.person));
	if (a->number != 0 && outcome == WIRE_OUTCOME_DONE)
		wire_entry_set_number(&e, WIRE_F_NUMBER, a->number);
	return wire_entry_put(out, &e);
}

/* That a card's secret was opened for it stays, whatever came of it. */
static enum cb_err
put_secret_entry(const struct be_desk_act *a,
    enum wire_entry_outcome outcome, struct cb_buf *out)
{
	struct wire_entry e;

	wire_entry_init(&e, WIRE_UNBLOCK_SECRET_USED, be_worker_time());
	wire_entry_set(&e, WIRE_F_CARD, cb_span(a->card, WIRE_ID));
	wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(a->act.person));
	wire_entry_set(&e, WIRE_F_ACT, CB_SPAN_OF(a->act.id));
	wire_entry_set_number(&e, WIRE_F_OUTCOME, outcome);
	if (a->number != 0 && outcome == WIRE_OUTCOME_DONE)
		wire_entry_set_number(&e, WIRE_F_NUMBER, a->number);
	return wire_entry_put(out, &e);
}

#define ENTRIES_MAX (BE_NOTES_MAX + 2)

/* The act, the secret, and what has happened to the card. */
static enum cb_err
put_entries(const struct be_desk_act *a, enum wire_entry_outcome outcome,
    struct cb_buf *bytes, struct cb_span *entries, size_t *n)
{
	const struct be_book_of of = { .card = a->card,
		.person = a->act.person, .act = a->act.id,
		.time = be_worker_time(), .number = a->number };
	size_t ends[ENTRIES_MAX], from = 0;
	enum cb_err r;

	*n = 0;
	if ((r = put_act_entry(a, outcome, bytes)) != CB_OK)
		return r;
	ends[(*n)++] = bytes->n;
	if (a->opened) {
		if ((r = put_secret_entry(a, outcome, bytes)) != CB_OK)
			return r;
		ends[(*n)++] = bytes->n;
	}
	if (outcome == WIRE_OUTCOME_DONE) {
		if ((r = be_book_put(&a->book, &of, bytes, ends + *n)) !=
		    CB_OK)
			return r;
		*n += a->book.n;
	}
	for (size_t i = 0; i < *n; i++) {
		entries[i] = cb_span(bytes->p + from, ends[i] - from);
		from = ends[i];
	}
	return CB_OK;
}

/* Refusals are entered as long as they are few: who may not order anything
 * must not fill the books. */
static bool
may_enter_refusal(struct be_worker *w)
{
	const uint64_t now = be_worker_tick();
	bool may;

	(void)pthread_mutex_lock(&w->lock);
	if (now - w->refused_since >= REFUSED_MS) {
		w->refused_since = now;
		w->refused_n = 0;
	}
	may = w->refused_n < REFUSED_MAX;
	w->refused_n += may;
	(void)pthread_mutex_unlock(&w->lock);
	return may;
}

/* One line for an act, as one entry: the store says nothing of it. */
static void
log_act(const struct be_desk_act *a, const char *outcome)
{
	struct be_id_text person, organisation, subject;
	const char *about = be_is_zeros(a->act.subject)
	    ? ""
	    : be_id_text(&subject, a->act.subject);
	/* of what failed behind the vault; who asked is told in these words */
	const char *why = strcmp(outcome, "failed") == 0 ? a->c->why.text : "";
	char what[65];	/* a word */
	const struct cb_log_field fields[] = {
		{ "act", what, 0 },
		{ "organisation",
		    be_id_text(&organisation, a->w->set.organisation), 0 },
		{ "person", be_id_text(&person, a->act.person), 0 },
		{ "outcome", outcome, 0 },
		{ "subject", about, 0 },
	};

	(void)snprintf(what, sizeof(what), "%.*s", (int)a->act.what.n,
	    (const char *)a->act.what.p);
	cb_log_fields(CB_LOG_NOTICE, fields, about[0] != '\0' ? 5 : 4,
	    "worker: %s%s%s, by person %s: %s%s%s", what,
	    about[0] != '\0' ? " of " : "", about, person.text, outcome,
	    why[0] != '\0' ? ": " : "", why);
}

static void
enter_failure(struct be_desk_act *a, enum wire_entry_outcome outcome)
{
	struct be_act act = { .kind = BE_AUDIT };
	struct cb_span entries[ENTRIES_MAX];
	struct cb_buf bytes = CB_BUF_INIT;

	log_act(a, outcome == WIRE_OUTCOME_REFUSED ? "refused" : "failed");
	act.entries = entries;
	if (put_entries(a, outcome, &bytes, entries, &act.entries_n) !=
		CB_OK ||
	    be_ask_act(a->w, &act) != CB_OK)
		cb_log(CB_LOG_WARNING,
		    "an act that failed could not be entered in the books");
	cb_buf_free(&bytes);
}

/* ---- committing ---------------------------------------------------------- */

/* The organisation that the platform makes has its own books, whose first entry
 * this is; and its own row is one of the platform's. */
static enum cb_err
commit_founding(struct be_desk_act *a, struct be_act *act)
{
	const struct be_value own[] = { BE_ID(a->act.subject), BE_I(1),
		BE_B(wire_fields_has(&a->detail, WIRE_D_NAME)
			? a->detail.bytes[WIRE_D_NAME]
			: CB_SPAN_EMPTY),
		BE_I((int64_t)be_worker_time()) };
	const struct be_row_change row = { BE_ORGANISATION, false, own };
	struct be_founding founding = { .rows = act->rows,
		.rows_n = act->rows_n };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entry;
	enum cb_err r;

	if ((r = put_act_entry(a, WIRE_OUTCOME_DONE, &bytes)) == CB_OK) {
		entry = cb_buf_span(&bytes);
		memcpy(founding.organisation, a->act.subject, WIRE_ID);
		founding.entries = &entry;
		founding.entries_n = 1;
		act->rows = &row;
		act->rows_n = 1;
		act->founding = &founding;
		r = be_ask_act_named(a->w, act);
		act->founding = NULL;
	}
	cb_buf_free(&bytes);
	return r;
}

static enum cb_err
commit(struct be_desk_act *a)
{
	struct be_act act = { .kind = BE_ADMIN, .card = a->card,
		.device = a->before != NULL ? a->before->device : NULL,
		.session = a->before != NULL ? a->before->id : NULL,
		.fence = a->fence, .records = a->records,
		.records_n = a->records_n, .rows = a->rows,
		.rows_n = a->rows_n };
	struct cb_span entries[ENTRIES_MAX];
	struct cb_buf bytes = CB_BUF_INIT;
	enum cb_err r;

	memcpy(act.id, a->act.id, WIRE_ID);
	memcpy(act.request, a->request, CR_HASH);
	act.entries = entries;
	if ((r = put_entries(a, WIRE_OUTCOME_DONE, &bytes, entries,
		 &act.entries_n)) == CB_OK)
		r = is_what(a, WIRE_ACT_ORG_ADD) ? commit_founding(a, &act)
						 : be_ask_act_named(a->w, &act);
	a->unknown = act.unknown;
	cb_buf_free(&bytes);
	if (r != CB_OK && act.why.text[0] != '\0')
		return be_desk_refuse(a->c, r, "%s", act.why.text);
	return r;
}

/* ---- the whole ----------------------------------------------------------- */

/* Behind the vault, which has used up the challenge. */
static enum cb_err
carry_out(struct be_desk_act *a, const struct what *what)
{
	enum cb_err r;

	if ((r = be_desk_rows(a)) == CB_OK &&
	    (what->work == NULL || (r = what->work(a)) == CB_OK))
		r = commit(a);
	be_desk_card_done(a, r == CB_OK);
	if (r == CB_OK) {
		log_act(a, "done");
		be_rights_changed(a->w);
	} else {
		enter_failure(a, WIRE_OUTCOME_FAILED);
	}
	return r;
}

static enum cb_err
tell(struct be_desk_act *a)
{
	wire_fields_bytes(&a->told_item, WIRE_D_ID,
	    be_is_zeros(a->act.subject) ? CB_SPAN_OF(a->act.id)
					: CB_SPAN_OF(a->act.subject));
	return be_desk_tell(a->c, &a->told_item);
}

/* The vault keeps cards by ids of sessions and acts alike. */
static bool
is_session(struct be_worker *w, const uint8_t id[WIRE_ID])
{
	bool is;

	(void)pthread_mutex_lock(&w->lock);
	is = be_session_find(w, id) != NULL;
	(void)pthread_mutex_unlock(&w->lock);
	return is;
}

static const char *
flaw_of(const struct be_desk_act *a)
{
	const struct wire_approval *is = &a->approval;

	if (!a->approved)
		return NULL;
	if (memcmp(is->request, a->request, CR_HASH) != 0)
		return "the approval is of another act: have this one approved";
	if (memcmp(is->person, a->act.person, WIRE_ID) == 0)
		return "who orders it cannot approve it: have another person "
		       "approve it";
	if (is->until <= be_worker_time())
		return "the approval is over: have it approved again";
	return NULL;
}

/* An auditor's act would be refused by the vault as well, but only after the
 * card was taken from who uses it; an approval that is not good, without a word
 * about it. */
static enum cb_err
check_signers(struct be_desk_act *a)
{
	const uint32_t role = a->c->s->desk.role;
	const char *flaw = flaw_of(a);

	if (flaw == NULL &&
	    (role == WIRE_ROLE_ADMINISTRATOR || role == WIRE_ROLE_REGISTRAR))
		return CB_OK;
	if (may_enter_refusal(a->w))
		enter_failure(a, WIRE_OUTCOME_REFUSED);
	return flaw != NULL ? be_desk_refuse(a->c, CB_E_DENIED, "%s", flaw)
			    : CB_E_DENIED;
}

static enum cb_err
take_turn_of(struct be_desk_act *a, struct be_claim *turn, const uint8_t *id)
{
	enum cb_err r;

	turn->card = id;
	turn->until = be_worker_tick() + a->w->set.opening;
	r = be_claim_turn(a->w, turn);
	return r == CB_E_TIMEOUT
	    ? be_desk_refuse(a->c, CB_E_BUSY,
		  "another act is about this; order it again")
	    : r;
}

/* A card that a token assigns is there, and will be. */
static enum cb_err
check_assigned(struct be_desk_act *a, const uint8_t *card)
{
	const struct be_value key[] = { BE_ID(card) };
	struct cb_buf kept = CB_BUF_INIT;
	struct be_ask_row row;
	enum cb_err r;

	r = be_ask_row_of(a->w, BE_CARD, key, 1, &kept, &row);
	if (r == CB_E_ABSENT)
		r = be_desk_refuse(a->c, r, "there is no such card");
	else if (r == CB_OK && row.values[1].i == TERMINATED)
		r = be_desk_refuse(
		    a->c, CB_E_DENIED, "the card is terminated");
	cb_buf_free(&kept);
	return r;
}

/* Acts about one subject are done one at a time, each with the rows that the
 * one before it has left; and so are those that assign one card. All wait in one
 * order: of two about the same two things none has what the other waits for. */
static enum cb_err
take_turns(struct be_desk_act *a)
{
	const uint8_t *ids[BE_DESK_TURNS];
	const size_t n =
	    be_is_zeros(a->act.subject) ? 0 : be_desk_rows_about(a, ids);
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = take_turn_of(a, &a->turns[a->turns_n++], ids[i]);
	return r;
}

static enum cb_err
check_all_assigned(struct be_desk_act *a)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < a->turns_n; i++)
		if (memcmp(a->turns[i].card, a->act.subject, WIRE_ID) != 0)
			r = check_assigned(a, a->turns[i].card);
	return r;
}

/* Another act's answer is nobody's: an id is one act's. */
static enum cb_err
was_done(struct be_desk_act *a, bool *done)
{
	const enum cb_err r =
	    be_ask_outcome(a->w, a->act.id, a->request, done);

	return r == CB_E_DENIED
	    ? be_desk_refuse(a->c, r, "the act has the id of another one")
	    : r;
}

static enum cb_err
order(struct be_desk_act *a)
{
	const struct what *what;
	bool done;
	enum cb_err r;

	if ((r = read_act(a)) != CB_OK || (r = read_fields(a)) != CB_OK)
		return r;
	what = what_of(a->act.what);
	if (what->of_card)
		a->card = a->act.subject;
	if ((r = check_signers(a)) != CB_OK || (r = take_turns(a)) != CB_OK ||
	    (r = was_done(a, &done)) != CB_OK)
		return r;
	if (done)
		return tell(a);
	if ((r = check_all_assigned(a)) != CB_OK)
		return r;
	if (is_session(a->w, a->act.id))
		return be_desk_refuse(
		    a->c, CB_E_ARG, "the act has the id of a session");
	if (what->check != NULL && (r = what->check(a)) != CB_OK)
		return r;
	if ((r = ask(a)) == CB_E_DENIED && may_enter_refusal(a->w))
		enter_failure(a, WIRE_OUTCOME_REFUSED);
	if (r != CB_OK)
		return r;
	if ((r = carry_out(a, what)) == CB_OK)
		r = tell(a);
	be_ask_lock(a->w, a->act.id);
	return r;
}

enum cb_err
be_desk_order(struct be_desk_call *c)
{
	struct be_desk_act *a = calloc(1, sizeof(*a));
	enum cb_err r = CB_E_NOMEM;

	if (a == NULL)
		return r;
	a->c = c;
	a->w = c->w;
	if ((a->told = cr_secret_new(sizeof(*a->told))) != NULL)
		r = order(a);
	be_desk_card_clear(a);
	cr_secret_free(a->told, sizeof(*a->told));
	cb_buf_free(&a->answer);
	for (size_t i = 0; i < BE_DESK_ROWS; i++)
		cb_buf_free(&a->kept[i]);
	free(a);
	return r;
}

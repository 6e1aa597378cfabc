/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a person has done to a card that is there, or to a session.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/desk.h"

/* ---- having the card ----------------------------------------------------- */

/* Nobody opens it, and who has it runs nothing. */
static enum cb_err
claim(struct be_desk_act *a)
{
	enum cb_err r;

	a->claim.card = a->card;
	a->claim.until = be_worker_tick() + a->w->set.opening;
	r = be_claim_wait(a->w, &a->claim);
	a->before = a->claim.before;
	return r == CB_E_TIMEOUT
	    ? be_desk_refuse(a->c, CB_E_BUSY,
		  "the card is running a command; order it again")
	    : r;
}

static enum cb_err
ask_lease(struct be_desk_act *a, struct be_lease *lease)
{
	struct cb_buf answer = CB_BUF_INIT;
	enum cb_err r;

	if ((r = be_ask_store(a->w, BE_ASK_LEASE,
		 cb_span(a->card, WIRE_ID), &answer)) == CB_OK)
		r = be_ask_lease_get(cb_buf_span(&answer), lease);
	cb_buf_free(&answer);
	return r;
}

/* The number that an act on its records needs. A lease that no session here
 * has is of a worker that died: nobody comes back with it. */
static enum cb_err
take_fence(struct be_desk_act *a)
{
	struct be_lease lease;
	enum cb_err r;

	if ((r = ask_lease(a, &lease)) == CB_OK && lease.held &&
	    a->before == NULL &&
	    (r = be_lease_free(a->w, a->card, &lease, CB_E_PEER,
		 BE_WORKER_GONE)) == CB_OK)
		r = ask_lease(a, &lease);
	if (r == CB_OK)
		a->fence = lease.fence;
	return r;
}

void
be_desk_card_done(struct be_desk_act *a, bool done)
{
	struct be_session *s = a->before != NULL ? a->before : a->alone;

	/* where nobody knows, the card may be another than the session has */
	if (!done)
		a->ending = a->unknown ? CB_E_STORE : CB_OK;
	if (s == NULL || s->hosted == NULL || !be_hosted_changed(s->hosted))
		return;
	if (done) {
		be_hosted_done(s->hosted);
		(void)pthread_mutex_lock(&a->w->lock);
		if (s == a->before)
			be_watch_changed(a->w, s);
		(void)pthread_mutex_unlock(&a->w->lock);
		return;
	}
	/* what its memory has is not what is stored */
	be_hosted_fail(s->hosted);
	a->ending = CB_E_STORE;
}

void
be_desk_card_clear(struct be_desk_act *a)
{
	/* who waits for its last body is given that */
	if (a->before != NULL && a->ending == CB_OK) {
		be_session_idle(a->before, true);
	} else if (a->before != NULL) {
		a->before->stale = a->ending == CB_E_STORE || a->number > 0;
		be_session_end(a->before, a->ending, BE_DESK_ENDED);
	}
	a->before = NULL;
	be_claim_end(a->w, &a->claim);
	while (a->turns_n > 0)
		be_claim_end(a->w, &a->turns[--a->turns_n]);
	be_session_free(&a->alone);
	be_sealed_records_free(&a->sealed, a->sealed_n);
	free(a->made);
	cb_buf_free(&a->names);
	cb_buf_free(&a->unblock);
}

/* ---- unblock ------------------------------------------------------------- */

enum cb_err
be_desk_card_unblock_check(struct be_desk_act *a)
{
	if (!wire_fields_has(&a->secrets, WIRE_D_PASSCODE))
		return be_desk_refuse(
		    a->c, CB_E_ARG, "the new passcode is missing");
	return claim(a);
}

/* A session that only this act has: with the card's key, and without a lease,
 * as nobody opens the card meanwhile. */
static enum cb_err
open_alone(struct be_desk_act *a)
{
	struct be_session *s = calloc(1, sizeof(*s));
	enum cb_err r;

	if (s == NULL)
		return CB_E_NOMEM;
	a->alone = s;
	s->w = a->w;
	memcpy(s->id, a->act.id, WIRE_ID);
	memcpy(s->card, a->card, WIRE_ID);
	if ((s->secrets = cr_secret_new(sizeof(*s->secrets))) == NULL)
		return CB_E_NOMEM;
	be_session_key(a->w, a->card, a->key_version, a->told->key,
	    &s->secrets->key);
	if ((r = take_fence(a)) != CB_OK)
		return r;
	return be_session_load(s, &a->c->why);
}

static enum cb_err
unblock(struct be_desk_act *a, struct be_session *s)
{
	enum cb_err r;

	s->on_loop = false;
	s->limited = CB_OK;
	s->act = a->act.id;
	be_book_clear(&s->book);
	r = emu_card_service_unblock(s->emu, a->told->unblock,
	    a->secrets.bytes[WIRE_D_PASSCODE], &a->c->why);
	s->act = NULL;
	a->book = s->book;
	be_book_clear(&s->book);
	if (r == CB_E_CRYPTO)
		return be_desk_refuse(a->c, CB_E_ABSENT,
		    "the card was made for another unblock secret");
	if (r != CB_OK && s->limited != CB_OK)
		return be_desk_refuse(a->c, CB_E_BUSY,
		    "too many passcodes were tried; order it later");
	return r;
}

enum cb_err
be_desk_card_unblock(struct be_desk_act *a)
{
	struct be_session *s = a->before;
	enum cb_err r;

	if (!a->told->has_key || !a->told->has_unblock)
		return be_desk_refuse(a->c, CB_E_ABSENT,
		    "no unblock secret is kept for this card");
	a->opened = true;
	if (s == NULL) {
		if ((r = open_alone(a)) != CB_OK)
			return r;
		s = a->alone;
	} else {
		a->fence = s->fence;
	}
	if ((r = unblock(a, s)) == CB_OK)
		r = be_hosted_changes(
		    s->hosted, &a->records, &a->records_n, &a->number);
	return r;
}

/* ---- terminate ----------------------------------------------------------- */

static enum cb_err
remove_record(struct be_desk_act *a, struct cb_span name)
{
	struct be_record_change *p;
	uint8_t *to;
	enum cb_err r;

	p = reallocarray(a->made, a->records_n + 1, sizeof(*p));
	if (p == NULL)
		return CB_E_NOMEM;
	a->made = p;
	if (name.n > EMU_NVM_NAME_MAX)
		return CB_E_FORMAT;
	if ((r = cb_buf_grow(&a->names, EMU_NVM_NAME_MAX + 1, &to)) != CB_OK)
		return r;
	memset(to, 0, EMU_NVM_NAME_MAX + 1);
	memcpy(to, name.p, name.n);
	p[a->records_n++] = (struct be_record_change){ .remove = true };
	return CB_OK;
}

/* All that the card has: its records go with their key. The number of this act
 * stands in its entry: a card that is put back is behind. What the rows say of
 * it counts for nothing, nobody has opened them. */
static enum cb_err
remove_records(struct be_desk_act *a)
{
	struct cb_buf answer = CB_BUF_INIT_MAX(BE_CARD_MAX);
	struct be_ask_record record;
	struct cb_span cur;
	enum cb_err r;

	if ((r = be_ask_records(a->w, a->card, &answer, &a->number)) ==
	    CB_OK) {
		a->number++;
		cur = cb_buf_span(&answer);
		while (r == CB_OK && cur.n > 0)
			if ((r = be_ask_record_get(&cur, &record)) == CB_OK)
				r = remove_record(a, record.name);
	}
	cb_buf_free(&answer);
	for (size_t i = 0; r == CB_OK && i < a->records_n; i++)
		a->made[i].name =
		    (const char *)a->names.p + i * (EMU_NVM_NAME_MAX + 1);
	a->records = a->made;
	return r;
}

/* The wrap of one of its keys, if there is one. */
static enum cb_err
remove_wrap(struct be_desk_act *a, uint8_t what, uint32_t version)
{
	struct be_value *v = a->values[a->rows_n];
	struct be_ask_row row;
	enum cb_err r;

	v[0] = BE_ID(a->card);
	v[1] = BE_T(cb_span_str(be_wrap_kind(what)));
	v[2] = BE_I(version);
	r = be_ask_row_of(
	    a->w, BE_WRAP, v, 3, &a->kept[a->rows_n], &row);
	if (r != CB_OK)
		return r == CB_E_ABSENT ? CB_OK : r;
	a->rows[a->rows_n++] = (struct be_row_change){ BE_WRAP, true, v };
	return CB_OK;
}

enum cb_err
be_desk_card_terminate(struct be_desk_act *a)
{
	enum cb_err r;

	if ((r = claim(a)) != CB_OK || (r = take_fence(a)) != CB_OK ||
	    (r = remove_records(a)) != CB_OK)
		return r;
	if ((r = remove_wrap(a, BE_WRAP_CARD, a->key_version)) == CB_OK)
		r = remove_wrap(a, BE_WRAP_UNBLOCK, 1);
	if (r == CB_OK)
		a->ending = CB_E_DENIED;
	return r;
}

/* ---- what the card is shown as ------------------------------------------- */

enum cb_err
be_desk_card_set_check(struct be_desk_act *a)
{
	return a->act.count == 0
	    ? CB_OK
	    : be_desk_refuse(a->c, CB_E_ARG, "card-set changes no such rows");
}

enum cb_err
be_desk_card_set(struct be_desk_act *a)
{
	struct be_value *v;
	enum cb_err r;

	if ((r = be_desk_row_again(a)) != CB_OK)
		return r;
	v = be_desk_row_put(a, BE_CARD);
	v[3] = BE_I(wire_fields_has(&a->detail, WIRE_D_TAKE_OVER));
	if (wire_fields_has(&a->detail, WIRE_D_NAME))
		v[5] = BE_B(a->detail.bytes[WIRE_D_NAME]);
	return CB_OK;
}

/* ---- sessions ------------------------------------------------------------ */

/* A person's: it has no card that could be claimed. */
static enum cb_err
end_desk(struct be_desk_act *a)
{
	struct be_worker *w = a->w;
	struct be_session *s;
	enum cb_err r = CB_OK;

	(void)pthread_mutex_lock(&w->lock);
	s = be_session_find(w, a->act.subject);
	if (s == NULL || !be_session_is_person(s)) {
		r = CB_E_ABSENT;
	} else if (s->busy) {
		r = CB_E_BUSY;
	} else {
		s->busy = true;
		a->before = s;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

/* One of a worker that died has its lease still. */
static enum cb_err
end_of_card(struct be_desk_act *a)
{
	struct be_lease lease;
	enum cb_err r;

	if ((r = claim(a)) != CB_OK || (r = ask_lease(a, &lease)) != CB_OK)
		return r;
	if (!lease.held ||
	    memcmp(lease.session, a->act.subject, WIRE_ID) != 0)
		return CB_E_ABSENT;
	return a->before == NULL
	    ? be_lease_free(
		  a->w, a->card, &lease, CB_E_DENIED, BE_DESK_ENDED)
	    : CB_OK;
}

enum cb_err
be_desk_session_end(struct be_desk_act *a)
{
	enum cb_err r;

	if (wire_fields_has(&a->detail, WIRE_D_CARD)) {
		a->card = a->detail.bytes[WIRE_D_CARD].p;
		r = end_of_card(a);
	} else {
		r = end_desk(a);
	}
	if (r == CB_E_ABSENT)
		return be_desk_refuse(a->c, r, "there is no such session");
	if (r == CB_OK)
		a->ending = CB_E_DENIED;
	return r;
}

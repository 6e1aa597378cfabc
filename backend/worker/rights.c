/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Whether who has a card, or waits for it, still may. A thread of its own asks
 * store and vault about one pair of holder and card at a time, sessions first:
 * neither a flood of watches nor cards that compute delay a revocation.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"

#define AGAIN_MS 2000	/* after store or vault could not tell */

/* What is asked about. */
struct pair {
	bool session_is_open;
	uint64_t as_of;		/* of the worker's rights_no */
	uint8_t session[WIRE_ID], holder[WIRE_ID], card[WIRE_ID];
	struct cb_buf certificate;
	uint8_t ticket[BE_TICKET];
	unsigned vault;		/* number of the channel */
	/* The answer has: */
	struct be_atr atr;
	struct be_rechecked told;
	bool kept;		/* the card may not be taken over */
};

/* ---- asking -------------------------------------------------------------- */

enum cb_err
be_rights_ask(struct be_worker *w, const uint8_t holder[WIRE_ID],
    const uint8_t card[WIRE_ID], struct cb_buf *answer,
    struct be_rights *out, struct be_atr *atr)
{
	struct be_ask_rights ask = { .is_person = be_is_zeros(card) };
	struct cb_buf body = CB_BUF_INIT;
	struct cb_span cur, told;
	enum cb_err r;

	memcpy(ask.holder, holder, WIRE_ID);
	memcpy(ask.card, card, WIRE_ID);
	if ((r = be_ask_rights_put(&body, &ask)) == CB_OK &&
	    (r = be_ask_store(w, BE_ASK_RIGHTS, cb_buf_span(&body),
		 answer)) == CB_OK) {
		cur = cb_buf_span(answer);
		if ((r = be_rights_get(&cur, out)) == CB_OK &&
		    (r = cb_get_lv32(&cur, &told)) == CB_OK)
			r = cb_get_end(&cur);
		if (r == CB_OK && told.n > CB_ATR_MAX)
			r = CB_E_FORMAT;
		if (r == CB_OK && atr != NULL) {
			memcpy(atr->p, told.p, told.n);
			atr->n = told.n;
		}
	}
	cb_buf_free(&body);
	return r;
}

/* As the rows say, which only the vault can tell from edited ones: enough to
 * say whether trying is worth while. */
static bool
looks_right(const struct be_rights *rights)
{
	const uint64_t now = be_worker_time();
	struct wire_grant g;

	for (size_t i = 0; i < rights->n; i++) {
		if (rights->which[i] == BE_RIGHT_REVOCATION ||
		    wire_grant_get(rights->rows[i].bytes, &g) != CB_OK)
			return false;
		if (g.number[WIRE_G_UNTIL] != 0 &&
		    g.number[WIRE_G_UNTIL] <= now)
			return false;
		if ((g.type == WIRE_GRANT_DEVICE ||
			g.type == WIRE_GRANT_CARD) &&
		    g.number[WIRE_G_STATE] != 1)
			return false;
	}
	return true;
}

static enum cb_err
ask_vault(struct be_worker *w, struct pair *p, const struct be_rights *rights)
{
	struct be_recheck *ask = calloc(1, sizeof(*ask));
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	enum cb_err r = CB_E_NOMEM;

	if (ask == NULL || p->certificate.n == 0)
		goto out;
	memcpy(ask->session, p->session, WIRE_ID);
	memcpy(ask->holder, p->holder, WIRE_ID);
	memcpy(ask->card, p->card, WIRE_ID);
	memcpy(ask->ticket, p->ticket, BE_TICKET);
	ask->certificate = cb_buf_span(&p->certificate);
	ask->rights = *rights;
	if ((r = be_recheck_put(&body, ask)) == CB_OK &&
	    (r = be_ask_vault(w, BE_ASK_RECHECK, cb_buf_span(&body),
		 &answer)) == CB_OK)
		r = be_rechecked_get(cb_buf_span(&answer), &p->told);
out:
	free(ask);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

/* CB_E_DENIED: no right. Anything else but CB_OK: who knows. */
static enum cb_err
check(struct be_worker *w, struct pair *p)
{
	struct be_rights *rights = calloc(1, sizeof(*rights));
	struct cb_buf answer = CB_BUF_INIT;
	enum cb_err r = CB_E_NOMEM;

	if (rights == NULL)
		return r;
	r = be_rights_ask(w, p->holder, p->card, &answer, rights, &p->atr);
	p->kept = r == CB_OK && !rights->take_over;
	if (r == CB_E_ABSENT)
		r = CB_E_DENIED;	/* a row is not there any more */
	else if (r == CB_OK && p->session_is_open)
		r = ask_vault(w, p, rights);
	else if (r == CB_OK && !looks_right(rights))
		r = CB_E_DENIED;
	free(rights);
	cb_buf_free(&answer);
	return r;
}

/* ---- what comes of it: with the lock ------------------------------------- */

static enum cb_err
pair_of(struct be_worker *w, const struct be_session *s, struct pair *p)
{
	p->session_is_open = true;
	p->told = (struct be_rechecked){ .held = false };
	memcpy(p->session, s->id, WIRE_ID);
	memcpy(p->holder, s->device, WIRE_ID);
	memcpy(p->card, s->card, WIRE_ID);
	memcpy(p->ticket, s->ticket, BE_TICKET);
	p->vault = w->vault.no;
	return cb_buf_set(&p->certificate, cb_buf_span(&s->certificate));
}

/* The vault that was asked has the session, or has taken it; or it has not, and
 * the next passcode will find no vault that does. One that has come in the
 * meantime is asked again then. */
static void
keep(struct be_session *s, const struct pair *p)
{
	if (p->told.held)
		memcpy(s->ticket, p->told.ticket, BE_TICKET);
	s->vault = p->told.held ? p->vault : p->vault - 1;
}

/* Spread, so that those that opened together are not checked together. */
static uint64_t
next_check(const struct be_worker *w)
{
	const uint64_t most = w->set.recheck;
	uint8_t random = 0;

	(void)!cr_random(&random, 1);
	return be_worker_tick() + most - most * random / 1024;
}

void
be_rights_begin(struct be_worker *w, struct be_session *s, uint64_t as_of)
{
	s->check_at = next_check(w);
	be_worker_due(w, s->check_at);
	if (as_of != w->rights_no)
		be_rights_recheck(w, s);
}

void
be_rights_recheck(struct be_worker *w, struct be_session *s)
{
	s->check_at = UINT64_MAX;	/* until it is known */
	if (s->check.at == NULL)
		be_queue_add(&w->checks, &s->check, s);
	be_rights_sweep(w);
}

/* The running command is waited for. */
static void
lapse(struct be_session *s)
{
	__atomic_store_n(&s->lapsed, true, __ATOMIC_RELAXED);
	if (s->busy)
		return;
	s->busy = true;
	be_session_end(s, CB_E_DENIED, BE_RIGHT_ENDED);
}

static void
apply(struct be_worker *w, const struct pair *p, enum cb_err r)
{
	struct be_session *s = p->session_is_open
	    ? be_session_find(w, p->session)
	    : be_session_of_card(w, p->card);

	/* it has ended meanwhile, and the vault may have taken it back */
	if (s == NULL && p->session_is_open)
		be_ask_lock_locked(w, p->session);
	/* what has changed since has put it, and its watches, in line again */
	if (p->as_of != w->rights_no)
		return;
	if (s != NULL && memcmp(s->device, p->holder, WIRE_ID) != 0)
		s = NULL;
	if (r != CB_OK && r != CB_E_DENIED) {
		be_watch_fail(w, p->holder, p->card, r);
		if (s != NULL && p->session_is_open) {
			s->check_at = be_worker_tick() +
			    (w->set.recheck < AGAIN_MS ? w->set.recheck
						       : AGAIN_MS);
			be_worker_due(w, s->check_at);
		}
		return;
	}
	be_watch_right(
	    w, p->holder, p->card, r == CB_OK, p->kept, &p->atr);
	if (s == NULL || r == CB_OK) {
		be_watch_news(w, p->card);
	} else if (!p->session_is_open) {
		/* opened meanwhile: the vault is asked about this one */
		be_rights_recheck(w, s);
		return;
	} else {
		lapse(s);	/* and its end is told with that */
	}
	if (s != NULL && r == CB_OK && p->session_is_open) {
		keep(s, p);
		s->check_at = next_check(w);
		be_worker_due(w, s->check_at);
	}
}

/* ---- the sweep ----------------------------------------------------------- */

/* With the lock. */
static bool
next_pair(struct be_worker *w, struct pair *p)
{
	const struct be_session *s = be_queue_take(&w->checks);

	cb_buf_clear(&p->certificate);
	p->atr.n = 0;
	p->as_of = w->rights_no;
	p->session_is_open = false;
	if (s == NULL)
		return be_watch_next(w, p->holder, p->card);
	if (pair_of(w, s, p) != CB_OK)
		cb_buf_clear(&p->certificate);
	return true;
}

static void
sweep(struct be_job *job)
{
	struct be_worker *w = (struct be_worker *)(void *)((char *)job -
	    offsetof(struct be_worker, sweep));
	struct pair p = { .certificate = CB_BUF_INIT };
	enum cb_err r;

	(void)pthread_mutex_lock(&w->lock);
	while (next_pair(w, &p)) {
		(void)pthread_mutex_unlock(&w->lock);
		r = check(w, &p);
		(void)pthread_mutex_lock(&w->lock);
		apply(w, &p, r);
	}
	w->sweeping = false;
	(void)pthread_mutex_unlock(&w->lock);
	cb_buf_free(&p.certificate);
}

void
be_rights_sweep(struct be_worker *w)
{
	if (w->sweeping)
		return;
	w->sweeping = true;
	w->sweep.run = sweep;
	be_pool_aside(w->pool, &w->sweep);
}

void
be_rights_changed(struct be_worker *w)
{
	(void)pthread_mutex_lock(&w->lock);
	w->rights_no++;
	for (struct be_session *s = w->sessions; s != NULL; s = s->next)
		be_rights_recheck(w, s);
	be_watch_look_again(w);
	be_rights_sweep(w);
	(void)pthread_mutex_unlock(&w->lock);
}

/* ---- a vault that is there anew ------------------------------------------ */

bool
be_rights_held(struct be_session *s)
{
	bool held;

	(void)pthread_mutex_lock(&s->w->lock);
	held = s->w->vault.no == s->vault;
	(void)pthread_mutex_unlock(&s->w->lock);
	return held;
}

enum cb_err
be_rights_hold(struct be_session *s)
{
	struct be_worker *w = s->w;
	struct pair p = { .certificate = CB_BUF_INIT };
	enum cb_err r;

	(void)pthread_mutex_lock(&w->lock);
	r = pair_of(w, s, &p);
	(void)pthread_mutex_unlock(&w->lock);
	if (r == CB_OK && (r = check(w, &p)) == CB_OK) {
		(void)pthread_mutex_lock(&w->lock);
		keep(s, &p);
		(void)pthread_mutex_unlock(&w->lock);
		r = p.told.held ? CB_OK : CB_E_ABSENT;
	}
	cb_buf_free(&p.certificate);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Claims: who opens a card, or works on one that nobody has open, is the only
 * one meanwhile, also before a session in the table says so. Who opens one is
 * parked until it is free, and holds no thread: what it waits for may itself
 * need one.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "backend/worker/internal.h"
#include "common/until.h"

/* ---- with the lock ------------------------------------------------------- */

static bool
is_of(const struct be_claim *c, const uint8_t card[WIRE_ID])
{
	return memcmp(c->card, card, WIRE_ID) == 0;
}

/* A session takes no more commands while somebody waits for its card. */
static void
set_yielding(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	struct be_session *s = be_session_of_card(w, card);
	const struct be_item *i = w->waiting.first;

	while (i != NULL && !is_of(i->of, card))
		i = i->next;
	if (s != NULL)
		s->yielding = i != NULL;
}

/* CB_OK: it is claimed, or (*wait) somebody opens it or runs a command. */
static enum cb_err
claim(struct be_worker *w, struct be_claim *c, bool *wait)
{
	struct be_session *b = be_session_of_card(w, c->card);

	*wait = false;
	if (b != NULL && c->may != NULL && !c->may(c->ctx, b))
		return CB_E_BUSY;
	/* it would end a session that the bridge has opened since */
	if (be_worker_tick() >= c->until ||
	    __atomic_load_n(&w->ended, __ATOMIC_RELAXED) != 0)
		return CB_E_TIMEOUT;
	*wait = be_index_find(&w->claims, c->card) != NULL ||
	    (b != NULL && b->busy);
	if (*wait)
		return CB_OK;
	if (b != NULL)
		b->busy = true;
	c->before = b;
	be_index_add(&w->claims, &c->link, c->card, c);
	return CB_OK;
}

static void
go_on(struct be_worker *w, struct be_claim *c)
{
	if (c->job == NULL)
		return;	/* a thread, which hears `idle` */
	be_queue_remove(&w->waiting, &c->item);
	be_pool_put(w->pool, c->job);
}

void
be_claim_wake(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	struct be_item *i, *next;

	for (i = w->waiting.first; i != NULL; i = next) {
		next = i->next;
		if (is_of(i->of, card))
			go_on(w, i->of);
	}
}

void
be_claim_due(struct be_worker *w, uint64_t now)
{
	struct be_item *i, *next;

	for (i = w->waiting.first; i != NULL; i = next) {
		struct be_claim *c = i->of;

		next = i->next;
		if (c->until <= now)
			go_on(w, c);
		else
			be_worker_due(w, c->until);
	}
}

/* ---- who waits ----------------------------------------------------------- */

enum cb_err
be_claim_park(struct be_worker *w, struct be_claim *c, bool *parked)
{
	enum cb_err r;

	(void)pthread_mutex_lock(&w->lock);
	if ((r = claim(w, c, parked)) == CB_OK && *parked) {
		be_queue_add(&w->waiting, &c->item, c);
		be_worker_due(w, c->until);
	}
	set_yielding(w, c->card);
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

/* Until something may have become idle. CB_E_TIMEOUT: nothing did, or too many
 * threads wait. */
static enum cb_err
wait_idle(struct be_worker *w, uint64_t until)
{
	const uint64_t now = be_worker_tick();
	const uint64_t left = until > now ? until - now : 0;
	struct timespec t;
	int r;

	if (left == 0 || w->waiters >= w->set.threads / 2)
		return CB_E_TIMEOUT;
	t = cb_until(left);
	w->waiters++;
	be_pool_waits(true);
	r = pthread_cond_timedwait(&w->idle, &w->lock, &t);
	be_pool_waits(false);
	w->waiters--;
	return r == ETIMEDOUT ? CB_E_TIMEOUT : CB_OK;
}

enum cb_err
be_claim_wait(struct be_worker *w, struct be_claim *c)
{
	bool wait = false;
	enum cb_err r;

	(void)pthread_mutex_lock(&w->lock);
	while ((r = claim(w, c, &wait)) == CB_OK && wait) {
		if (c->item.at == NULL)
			be_queue_add(&w->waiting, &c->item, c);
		set_yielding(w, c->card);
		if ((r = wait_idle(w, c->until)) != CB_OK)
			break;
	}
	be_queue_remove(&w->waiting, &c->item);
	set_yielding(w, c->card);
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

enum cb_err
be_claim_turn(struct be_worker *w, struct be_claim *c)
{
	enum cb_err r = CB_OK;

	(void)pthread_mutex_lock(&w->lock);
	while (r == CB_OK && be_index_find(&w->turns, c->card) != NULL)
		r = wait_idle(w, c->until);
	if (r == CB_OK)
		be_index_add(&w->turns, &c->link, c->card, c);
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

void
be_claim_end(struct be_worker *w, struct be_claim *c)
{
	(void)pthread_mutex_lock(&w->lock);
	/* a neighbour that leaves the index writes to it */
	if (c->link.at != NULL) {
		be_index_remove(&c->link);
		be_worker_idle(w, c->card);
	}
	(void)pthread_mutex_unlock(&w->lock);
}

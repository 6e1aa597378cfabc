/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The worker as a whole: its channels, and what falls due.
 */
#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "backend/worker/internal.h"
#include "common/until.h"

#define REST_MS 2

static const struct {
	enum be_ask type;
	bool of_holder;	/* with u8 inspected before its body */
	be_request_fn *run;
} requests[] = {
	{ BE_ASK_OFFER, true, be_on_offer },
	{ BE_ASK_OPEN, true, be_on_open },
	{ BE_ASK_COMMANDS, true, be_on_commands },
	{ BE_ASK_WATCH, true, be_on_watch },
	{ BE_ASK_UNWATCH, false, be_on_unwatch },
	{ BE_ASK_ENROL, false, be_on_enrol },
	{ BE_ASK_STATE, false, be_on_state },
};
#define REQUESTS (sizeof(requests) / sizeof(requests[0]))

/* ---- channels ------------------------------------------------------------ */

static enum cb_err
on_door(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct be_worker *w = ctx;
	struct be_reply reply = { .type = m->type, .id = m->id };
	struct cb_span body = m->body;
	bool inspected = false;
	size_t i = 0;
	enum cb_err r;

	(void)ch;
	reply.door = w->door.no;
	if (m->answer)
		return CB_E_PEER;
	while (i < REQUESTS && (uint16_t)requests[i].type != m->type)
		i++;
	if (i == REQUESTS) {
		be_reply_fail(w, &reply, CB_E_ARG, WIRE_NOT_RUN,
		    "not possible here");
		return CB_OK;
	}
	if (w->stopping) {
		be_reply_fail(w, &reply, CB_E_PEER, WIRE_NOT_KNOWN,
		    "the worker ends");
		return CB_OK;
	}
	if (requests[i].of_holder && be_flag_get(&body, &inspected) != CB_OK)
		return CB_E_PEER;
	if (inspected && (r = be_inspected_may(w)) != CB_OK) {
		be_reply_fail(w, &reply, r, WIRE_NOT_KNOWN, "");
		return CB_OK;
	}
	return requests[i].run(w, &reply, body) == CB_OK ? CB_OK : CB_E_PEER;
}

static enum cb_err
on_answer(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct be_peer *peer = ctx;

	(void)ch;
	return m->answer ? be_calls_answer(peer->calls, m) : CB_E_PEER;
}

static enum cb_err
on_store(void *ctx, struct be_channel *ch, const struct be_message *m)
{
	struct be_peer *peer = ctx;
	struct be_worker *w = (struct be_worker *)(void *)((char *)peer -
	    offsetof(struct be_worker, store));

	return !m->answer && m->type == BE_ASK_DISK
	    ? be_on_disk(w, m->body)
	    : on_answer(ctx, ch, m);
}

static void
let_go(struct be_worker *w, struct be_peer *peer)
{
	struct be_channel *ch;

	be_loop_forget(w->loop, &peer->watched);
	if (peer->calls != NULL)
		be_calls_channel(peer->calls, NULL);
	(void)pthread_mutex_lock(&w->lock);
	ch = peer->ch;
	peer->ch = NULL;
	peer->no++;
	if (peer == &w->door) {
		be_watch_clear(w);
		w->state.asked.id = 0;
	} else {
		/* the next one says it again */
		if (peer == &w->store)
			w->state.disk_fails = false;
		be_state_tell(w);
	}
	(void)pthread_mutex_unlock(&w->lock);
	be_channel_free(&ch);
}

static void
lost(struct be_worker *w, enum be_role role)
{
	/* the parent has a line for whatever ends */
	cb_log(CB_LOG_DEBUG, "worker: the %s is gone", be_role_name(role));
	if (w->lost != NULL)
		w->lost(w->lost_ctx, role);
}

void
be_worker_on_lost(struct be_worker *w, be_lost_fn *fn, void *ctx)
{
	w->lost = fn;
	w->lost_ctx = ctx;
}

static void
on_door_gone(void *ctx, struct be_channel *ch)
{
	struct be_worker *w = ctx;

	(void)ch;
	let_go(w, &w->door);
	lost(w, BE_DOOR);
}

static void
on_store_gone(void *ctx, struct be_channel *ch)
{
	struct be_peer *peer = ctx;
	struct be_worker *w = (struct be_worker *)(void *)((char *)peer -
	    offsetof(struct be_worker, store));

	(void)ch;
	let_go(w, peer);
	lost(w, BE_STORE);
}

static void
on_vault_gone(void *ctx, struct be_channel *ch)
{
	struct be_peer *peer = ctx;
	struct be_worker *w = (struct be_worker *)(void *)((char *)peer -
	    offsetof(struct be_worker, vault));

	(void)ch;
	let_go(w, peer);
	lost(w, BE_VAULT);
}

enum cb_err
be_worker_peer(struct be_worker *w, enum be_role role, int fd)
{
	struct be_peer *peer = role == BE_DOOR ? &w->door
	    : role == BE_STORE		       ? &w->store
	    : role == BE_VAULT		       ? &w->vault
					       : NULL;
	struct be_channel *ch;
	enum cb_err r;

	if (peer == NULL) {
		(void)close(fd);
		return CB_E_ARG;
	}
	let_go(w, peer);
	if ((r = be_channel_new(&ch, fd)) != CB_OK)
		return r;
	r = peer == &w->door
	    ? be_loop_channel(w->loop, &peer->watched, ch, on_door,
		  on_door_gone, w)
	    : peer == &w->store
	    ? be_loop_channel(w->loop, &peer->watched, ch, on_store,
		  on_store_gone, peer)
	    : be_loop_channel(w->loop, &peer->watched, ch, on_answer,
		  on_vault_gone, peer);
	if (r != CB_OK) {
		be_channel_free(&ch);
		return r;
	}
	(void)pthread_mutex_lock(&w->lock);
	peer->ch = ch;
	if (peer != &w->door)
		be_state_tell(w);
	(void)pthread_mutex_unlock(&w->lock);
	if (peer->calls != NULL)
		be_calls_channel(peer->calls, ch);
	return CB_OK;
}

/* ---- what falls due ------------------------------------------------------ */

void
be_worker_idle(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	be_claim_wake(w, card);
	(void)pthread_cond_broadcast(&w->idle);
}

unsigned
be_worker_vault(struct be_worker *w)
{
	unsigned no;

	(void)pthread_mutex_lock(&w->lock);
	no = w->vault.no;
	(void)pthread_mutex_unlock(&w->lock);
	return no;
}

void
be_worker_due(struct be_worker *w, uint64_t at)
{
	if (at >= w->due_at)
		return;
	w->due_at = at;
	be_loop_wake(w->loop);
}

static bool
is_silent(struct be_worker *w, const struct be_session *s, uint64_t now)
{
	return be_session_is_person(s)
	    ? s->last_use + w->set.desk <= now
	    : s->last_use + w->set.silent <= now &&
		!be_watch_holds(w, s->id);
}

/* What is due with this session, which may be ended. */
static void
visit(struct be_worker *w, struct be_session *s, uint64_t now)
{
	if (s->check_at <= now)
		be_rights_recheck(w, s);
	if (s->busy) {
		be_worker_due(w, s->check_at);
		return;
	}
	if (is_silent(w, s, now)) {
		s->busy = true;
		be_session_end(s, CB_E_TIMEOUT, "silent");
		return;
	}
	if (s->emu != NULL && emu_card_deadline(s->emu) <= now)
		emu_card_tick(s->emu);
	be_worker_due(w, be_session_due(s));
}

/* All sessions are looked at when the first of them needs it, and not whenever
 * anything happens. */
static void
visit_all(struct be_worker *w, uint64_t now)
{
	struct be_session *s, *next;

	(void)pthread_mutex_lock(&w->lock);
	if (now >= w->due_at) {
		w->due_at = UINT64_MAX;
		be_worker_due(w, be_refusals_due(w, now));
		be_worker_due(w, be_clock_due(w, now));
		be_claim_due(w, now);
		be_leases_due(w, now);
		for (s = w->sessions; s != NULL; s = next) {
			next = s->next;
			visit(w, s, now);
		}
	}
	(void)pthread_mutex_unlock(&w->lock);
}

static int
due(void *ctx)
{
	struct be_worker *w = ctx;
	const uint64_t now = be_worker_tick();
	uint64_t at, told;

	visit_all(w, now);
	/* behind it: what is asked since has set due_at anew */
	told = be_calls_due(w->store.calls, now);
	(void)pthread_mutex_lock(&w->lock);
	at = w->due_at < told ? w->due_at : told;
	(void)pthread_mutex_unlock(&w->lock);
	return at == UINT64_MAX	 ? -1
	    : at <= now		 ? 1
	    : at - now < 60000 ? (int)(at - now)
				 : 60000;
}

/* While there is enough to compute, each message alone would take a processor
 * from that, and from whoever answers it: what comes within a moment is taken
 * together, and what threads ask the store meanwhile is sent together. */
static void
rest(void *ctx)
{
	struct be_worker *w = ctx;

	if (be_pool_many(w->pool) == 0)
		return;
	if (w->store.ch != NULL)
		be_channel_hold(w->store.ch);
	be_pool_rest(w->pool, REST_MS);
	/* one that is broken is noticed by who reads it */
	if (w->store.ch != NULL)
		(void)!be_channel_flush(w->store.ch);
}

/* ---- the whole ----------------------------------------------------------- */

static unsigned
or_usual(unsigned value, unsigned usual)
{
	return value != 0 ? value : usual;
}

enum cb_err
be_worker_new(struct be_worker **out, struct be_loop *loop,
    const struct be_worker_settings *settings)
{
	struct be_worker *w = calloc(1, sizeof(*w));
	enum cb_err r;

	*out = NULL;
	if (w == NULL)
		return CB_E_NOMEM;
	w->loop = loop;
	w->clock.set = -1;
	w->set = *settings;
	w->set.threads = or_usual(settings->threads, 16);
	w->set.cards = or_usual(settings->cards, 256);
	w->set.unsent = or_usual(settings->unsent, 4 << 20);
	w->set.silent = or_usual(settings->silent, 25000);
	w->set.desk = or_usual(settings->desk, BE_DESK_MS);
	w->set.opening = or_usual(settings->opening, 15000);
	w->set.patience = or_usual(settings->patience, 20000);
	w->set.recheck = or_usual(settings->recheck, 60000);
	w->due_at = w->stale_at = be_worker_tick() + w->set.silent;
	if (pthread_mutex_init(&w->lock, NULL) != 0 ||
	    cb_until_init(&w->idle) != 0) {
		free(w);
		return CB_E_NOMEM;
	}
	if ((r = cr_random(w->own, sizeof(w->own))) != CB_OK ||
	    (r = be_index_init(&w->by_id)) != CB_OK ||
	    (r = be_index_init(&w->by_card)) != CB_OK ||
	    (r = be_index_init(&w->claims)) != CB_OK ||
	    (r = be_index_init(&w->turns)) != CB_OK ||
	    (r = be_watches_init(&w->watches)) != CB_OK ||
	    (r = be_calls_new(&w->store.calls, NULL)) != CB_OK ||
	    (r = be_calls_new(&w->vault.calls, NULL)) != CB_OK ||
	    (r = be_pool_new(&w->pool, w->set.threads)) != CB_OK ||
	    (r = be_clock_begin(w)) != CB_OK) {
		be_worker_free(&w);
		return r;
	}
	be_tally_init(&w->tally, settings->refusals, settings->refusal);
	be_loop_due(loop, due, w);
	be_loop_rest(loop, rest, w);
	*out = w;
	return CB_OK;
}

void
be_worker_free(struct be_worker **worker)
{
	struct be_worker *w = *worker;
	struct be_session *s;
	struct be_offer *o;

	if (w == NULL)
		return;
	be_loop_due(w->loop, NULL, NULL);
	be_loop_rest(w->loop, NULL, NULL);
	__atomic_store_n(&w->ended, 1, __ATOMIC_RELAXED);
	(void)pthread_mutex_lock(&w->lock);
	be_claim_due(w, UINT64_MAX);
	(void)pthread_mutex_unlock(&w->lock);
	let_go(w, &w->door);
	let_go(w, &w->store);
	let_go(w, &w->vault);
	be_clock_end(w);
	be_pool_free(&w->pool);
	while ((s = w->sessions) != NULL) {
		w->sessions = s->next;
		be_session_free(&s);
	}
	while ((o = w->offers) != NULL) {
		w->offers = o->next;
		be_offer_free(&o);
	}
	be_watch_clear(w);
	be_calls_free(&w->store.calls);
	be_calls_free(&w->vault.calls);
	(void)pthread_cond_destroy(&w->idle);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
	*worker = NULL;
}

void
be_worker_stats(struct be_worker *w, struct be_worker_stats *out)
{
	(void)pthread_mutex_lock(&w->lock);
	out->sessions = w->sessions_n;
	(void)pthread_mutex_unlock(&w->lock);
	out->store_calls =
	    __atomic_load_n(&w->stats.store_calls, __ATOMIC_RELAXED);
	out->vault_calls =
	    __atomic_load_n(&w->stats.vault_calls, __ATOMIC_RELAXED);
	out->pool_jobs =
	    __atomic_load_n(&w->stats.pool_jobs, __ATOMIC_RELAXED);
}

/* ---- stopping ------------------------------------------------------------ */

struct stopping {
	struct be_job job;
	struct be_worker *w;
	be_stopped_fn *done;
	void *ctx;
};

static void
stop_in_pool(struct be_job *job)
{
	struct stopping *st = (struct stopping *)job;
	struct be_worker *w = st->w;
	struct be_session *s;

	(void)pthread_mutex_lock(&w->lock);
	while (w->sessions_n > 0) {
		for (s = w->sessions; s != NULL && s->busy;)
			s = s->next;
		if (s == NULL) {
			/* each becomes idle, or is dropped */
			be_pool_waits(true);
			(void)pthread_cond_wait(&w->idle, &w->lock);
			be_pool_waits(false);
			continue;
		}
		s->busy = true;
		(void)pthread_mutex_unlock(&w->lock);
		be_book_clear(&s->book);
		be_book_add(&s->book, WIRE_SESSION_END, 0, "stopped");
		if (be_session_commit(s, NULL, true) != CB_OK)
			cb_log(CB_LOG_WARNING,
			    "a card could not be given back");
		be_session_drop(&s);
		(void)pthread_mutex_lock(&w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	be_clock_flush(w);
	st->done(st->ctx);
	free(st);
}

void
be_worker_stop(struct be_worker *w, be_stopped_fn *done, void *ctx)
{
	struct stopping *st = calloc(1, sizeof(*st));

	w->stopping = true;
	if (st == NULL) {
		done(ctx);
		return;
	}
	*st = (struct stopping){ { NULL, stop_in_pool }, w, done, ctx };
	be_pool_put(w->pool, &st->job);
}

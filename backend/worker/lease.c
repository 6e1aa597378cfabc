/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Leases that are given back without their session.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/worker/internal.h"

#define TRIES 10
#define AGAIN_MS 200

enum cb_err
be_lease_free(struct be_worker *w, const uint8_t card[WIRE_ID],
    const struct be_lease *lease, enum cb_err code, const char *what)
{
	struct be_lease_change change = { .what = BE_RELEASE };
	struct be_act act = { .kind = BE_SESSION, .card = card,
		.device = lease->device, .session = lease->session,
		.fence = lease->fence, .lease = &change };
	const struct be_book_of of = { .card = card,
		.device = lease->device, .session = lease->session,
		.time = be_worker_time() };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entry;
	enum cb_err r;

	if ((r = be_book_one(&of, WIRE_SESSION_END, (uint32_t)code, what,
		 &bytes)) == CB_OK) {
		entry = cb_buf_span(&bytes);
		act.entries = &entry;
		act.entries_n = 1;
		r = be_ask_act(w, &act);
	}
	cb_buf_free(&bytes);
	/* somebody else's by now is as good */
	return r == CB_E_BUSY ? CB_OK : r;
}

/* ---- of a session that failed -------------------------------------------- */

struct letting_go {
	struct be_job job;
	struct be_worker *w;
	uint8_t card[WIRE_ID];
	struct be_lease lease;
};

static void
let_go(struct be_job *job)
{
	const struct timespec pause = { 0, AGAIN_MS * 1000000L };
	struct letting_go *l = (struct letting_go *)job;
	enum cb_err r;

	for (int i = 1;; i++) {
		r = be_lease_free(
		    l->w, l->card, &l->lease, CB_E_STORE, "failed");
		if (r != CB_E_STORE || i == TRIES ||
		    __atomic_load_n(&l->w->ended, __ATOMIC_RELAXED) != 0)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING, "a card could not be given back; the "
				       "next session takes it");
	free(l);
}

void
be_lease_let_go(struct be_worker *w, const struct be_session *s)
{
	struct letting_go *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return;
	*l = (struct letting_go){ .job = { NULL, let_go }, .w = w };
	memcpy(l->card, s->card, WIRE_ID);
	l->lease.fence = s->fence;
	memcpy(l->lease.device, s->device, WIRE_ID);
	memcpy(l->lease.session, s->id, WIRE_ID);
	be_pool_put(w->pool, &l->job);
}

/* ---- of a worker that died ------------------------------------------------ */

/* Is it of a session of before? There is one worker of an organisation: what
 * it does not know, and is not opening just now, nobody has. */
static bool
is_stale(struct be_worker *w, const struct be_lease *lease)
{
	bool is;

	(void)pthread_mutex_lock(&w->lock);
	is = !w->stopping && be_session_of_card(w, lease->card) == NULL &&
	    be_index_find(&w->claims, lease->card) == NULL;
	(void)pthread_mutex_unlock(&w->lock);
	return is;
}

static enum cb_err
free_stale(struct be_worker *w, struct cb_span page, uint8_t after[WIRE_ID])
{
	struct be_lease lease;
	enum cb_err r = CB_OK;

	while (r == CB_OK && page.n > 0) {
		if ((r = be_ask_leases_get(&page, &lease)) != CB_OK)
			return r;
		memcpy(after, lease.card, WIRE_ID);
		if (is_stale(w, &lease))
			r = be_lease_free(w, lease.card, &lease, CB_E_PEER,
			    BE_WORKER_GONE);
	}
	return r;
}

static void
free_all_stale(struct be_job *job)
{
	struct be_worker *w = (struct be_worker *)(void *)((char *)job -
	    offsetof(struct be_worker, stale));
	struct cb_buf page = CB_BUF_INIT;
	uint8_t after[WIRE_ID] = { 0 };
	enum cb_err r;

	do {
		if ((r = be_ask_store(w, BE_ASK_LEASES, CB_SPAN_OF(after),
			 &page)) == CB_OK)
			r = free_stale(w, cb_buf_span(&page), after);
	} while (r == CB_OK && page.n > 0);
	cb_buf_free(&page);
	(void)pthread_mutex_lock(&w->lock);
	w->none_stale = r == CB_OK;
	if (r != CB_OK) {
		w->stale_at = be_worker_tick() + w->set.silent;
		be_worker_due(w, w->stale_at);
	}
	(void)pthread_mutex_unlock(&w->lock);
}

bool
be_leases_may_be_stale(struct be_worker *w)
{
	bool may;

	(void)pthread_mutex_lock(&w->lock);
	may = !w->none_stale;
	(void)pthread_mutex_unlock(&w->lock);
	return may;
}

void
be_leases_due(struct be_worker *w, uint64_t now)
{
	if (now < w->stale_at) {
		be_worker_due(w, w->stale_at);
		return;
	}
	w->stale_at = UINT64_MAX;
	w->stale.run = free_all_stale;
	be_pool_aside(w->pool, &w->stale);
}

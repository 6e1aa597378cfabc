/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Leases that are given back without their session.
 */
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

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Refusals in the books of the organisation, as many as the tally lets
 * through. That one fails is no reason to tell anybody more.
 */
#include <stdio.h>
#include <stdlib.h>

#include "backend/worker/internal.h"

struct entering {
	struct be_job job;
	struct be_worker *w;
	struct be_refused refused;
};

static void
enter(struct be_worker *w, const struct be_refused *refused)
{
	struct be_act act = { .kind = BE_AUDIT };
	/* who was refused at a desk is a person */
	const bool person = be_is_zeros(refused->card);
	const struct be_book_of of = {
		.card = person ? NULL : refused->card,
		.device = person ? NULL : refused->device,
		.person = person ? refused->device : NULL,
		.session = refused->session,
		.time = be_worker_time()
	};
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span entry;
	char what[24];
	enum cb_err r;

	snprintf(what, sizeof(what), "times-%u", refused->times);
	if ((r = be_book_one(&of, WIRE_SESSION_REFUSED, refused->code,
		 refused->times > 1 ? what : NULL, &bytes)) == CB_OK) {
		entry = cb_buf_span(&bytes);
		act.entries = &entry;
		act.entries_n = 1;
		r = be_ask_act(w, &act);
	}
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING,
		    "a refusal could not be entered in the books");
	cb_buf_free(&bytes);
}

void
be_refusal_enter(struct be_worker *w, struct be_refused *refused)
{
	bool now;

	(void)pthread_mutex_lock(&w->lock);
	now = be_tally_add(&w->tally, be_worker_tick(), refused);
	if (!now)	/* so that it is not forgotten */
		be_worker_due(w, be_worker_tick());
	(void)pthread_mutex_unlock(&w->lock);
	if (now)
		enter(w, refused);
}

static void
enter_in_pool(struct be_job *job)
{
	struct entering *e = (struct entering *)job;

	enter(e->w, &e->refused);
	free(e);
}

uint64_t
be_refusals_due(struct be_worker *w, uint64_t now)
{
	struct entering *e;
	struct be_refused refused;
	uint64_t at;

	while (be_tally_due(&w->tally, now, &refused, &at)) {
		if ((e = calloc(1, sizeof(*e))) == NULL) {
			cb_log(CB_LOG_WARNING,
			    "refusals could not be entered in the books");
			continue;
		}
		*e = (struct entering){ { NULL, enter_in_pool }, w, refused };
		be_pool_put(w->pool, &e->job);
	}
	return at;
}

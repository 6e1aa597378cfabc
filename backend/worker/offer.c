/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * OFFER: the vault's challenge and a fresh half, for a session that may come
 * to be.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"

struct offering {
	struct be_job job;
	struct be_worker *w;
	struct be_reply reply;
	struct be_offer *offer;
};

void
be_offer_free(struct be_offer **offer)
{
	struct be_offer *o = *offer;

	if (o == NULL)
		return;
	cr_secret_free(o->agreement, CR_KEY);
	cb_buf_free(&o->bytes);
	free(o);
	*offer = NULL;
}

/* With the lock. The newest come first. Who asks for many loses its own oldest
 * ones, and harms nobody else. */
static void
add(struct be_worker *w, struct be_offer *offer)
{
	struct be_offer **at = &w->offers, *o;
	size_t n = 0, own = 0;

	offer->next = w->offers;
	w->offers = offer;
	while ((o = *at) != NULL) {
		const bool is_own =
		    memcmp(o->holder, offer->holder, WIRE_ID) == 0;

		if (n >= BE_OFFERS_MAX ||
		    offer->made - o->made >= BE_OFFER_MS ||
		    (is_own && own >= BE_OFFERS_EACH)) {
			*at = o->next;
			be_offer_free(&o);
			continue;
		}
		n++;
		own += is_own;
		at = &o->next;
	}
}

struct be_offer *
be_offer_take(struct be_worker *w, const uint8_t session[WIRE_ID])
{
	struct be_offer **at = &w->offers, *o;

	(void)pthread_mutex_lock(&w->lock);
	while ((o = *at) != NULL && memcmp(o->session, session, WIRE_ID) != 0)
		at = &o->next;
	if (o != NULL)
		*at = o->next;
	(void)pthread_mutex_unlock(&w->lock);
	return o;
}

static enum cb_err
make(struct be_worker *w, struct be_offer *o)
{
	const uint8_t *const ids[] = { o->card, o->session };
	struct wire_offer offer = { .kind = w->set.kind };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_challenged challenged;
	enum cb_err r;

	if ((o->agreement = cr_secret_new(CR_KEY)) == NULL)
		return CB_E_NOMEM;
	/* before it is asked: if another one answers, OPEN will see that */
	o->vault = be_worker_vault(w);
	if ((r = cr_random(o->session, WIRE_ID)) != CB_OK ||
	    (r = cr_random(o->agreement, CR_KEY)) != CB_OK ||
	    (r = cr_x25519_public(o->agreement, offer.agreement)) != CB_OK ||
	    (r = be_ask_ids_put(&body, ids, 2)) != CB_OK ||
	    (r = be_ask_vault(w, BE_ASK_CHALLENGE, cb_buf_span(&body),
		 &answer)) != CB_OK ||
	    (r = be_challenged_get(cb_buf_span(&answer), &challenged)) !=
		CB_OK)
		goto out;
	if (challenged.kind != w->set.kind) {
		r = CB_E_DENIED;
		goto out;
	}
	memcpy(offer.session, o->session, WIRE_ID);
	memcpy(offer.organisation, w->set.organisation, WIRE_ID);
	memcpy(offer.card, o->card, WIRE_ID);
	memcpy(offer.challenge, challenged.challenge, WIRE_CHALLENGE);
	offer.service = challenged.service;
	r = wire_offer_put(&o->bytes, &offer);
out:
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static void
run(struct be_job *job)
{
	struct offering *a = (struct offering *)job;
	struct be_worker *w = a->w;
	struct cb_buf bytes = CB_BUF_INIT;
	enum cb_err r;

	if ((r = make(w, a->offer)) == CB_OK &&
	    (r = cb_buf_set(&bytes, cb_buf_span(&a->offer->bytes))) ==
		CB_OK) {
		a->offer->made = be_worker_tick();
		(void)pthread_mutex_lock(&w->lock);
		add(w, a->offer);
		(void)pthread_mutex_unlock(&w->lock);
		be_reply(w, &a->reply, cb_buf_span(&bytes));
	} else {
		be_reply_fail(w, &a->reply, r, WIRE_NOT_RUN, "");
		be_offer_free(&a->offer);
	}
	cb_buf_free(&bytes);
	free(a);
}

enum cb_err
be_on_offer(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	uint8_t ids[2][WIRE_ID];
	struct offering *a;
	enum cb_err r;

	if ((r = be_ask_ids_get(body, ids, 2)) != CB_OK)
		return r;
	if ((a = calloc(1, sizeof(*a))) == NULL ||
	    (a->offer = calloc(1, sizeof(*a->offer))) == NULL) {
		free(a);
		be_reply_fail(w, reply, CB_E_NOMEM, WIRE_NOT_RUN, "");
		return CB_OK;
	}
	a->job.run = run;
	a->w = w;
	a->reply = *reply;
	memcpy(a->offer->holder, ids[0], WIRE_ID);
	memcpy(a->offer->card, ids[1], WIRE_ID);
	if (be_pool_add(w->pool, &a->job) != CB_OK) {
		be_reply_fail(w, reply, CB_E_NOMEM, WIRE_NOT_RUN, "");
		be_offer_free(&a->offer);
		free(a);
	}
	return CB_OK;
}

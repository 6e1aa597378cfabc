/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * WATCH: what a bridge waits to hear of a card. The stamp is what was told,
 * so that nobody need be remembered: who was told the same waits on.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"

#define OVER 1

struct news {
	uint8_t state, flags;
	uint16_t code;
};

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, WIRE_ID) == 0;
}

static bool
is_zero(const uint8_t id[WIRE_ID])
{
	static const uint8_t zeros[WIRE_ID];

	return same(id, zeros);
}

static void
news_of(struct be_worker *w, const struct be_watch *watch, struct news *n)
{
	const struct be_session *s = be_session_of_card(w, watch->card);

	*n = (struct news){ .state = WIRE_THERE };
	if (!watch->right) {
		n->state = WIRE_NOT_THERE;
		n->code = CB_E_DENIED;
	} else if (s != NULL && !same(s->device, watch->holder)) {
		n->state = WIRE_ELSEWHERE;
		n->code = CB_E_BUSY;
	}
	if (!is_zero(watch->session) &&
	    (s == NULL || !same(s->id, watch->session))) {
		n->flags = OVER;
		if (n->code == 0)
			n->code = CB_E_ABSENT;
	}
}

/* Never 0: there is a state. */
static uint32_t
stamp_of(const struct news *n)
{
	return n->state | (uint32_t)n->flags << 4 | (uint32_t)n->code << 8;
}

/* Tells it, if it is news. */
static bool
tell(struct be_worker *w, const struct be_watch *watch)
{
	struct cb_buf body = CB_BUF_INIT;
	struct news n;
	uint32_t stamp;

	if (!watch->known)
		return false;
	news_of(w, watch, &n);
	if ((stamp = stamp_of(&n)) == watch->stamp)
		return false;
	if (cb_put_u32(&body, stamp) == CB_OK &&
	    cb_put_u8(&body, n.state) == CB_OK &&
	    cb_put_u8(&body, n.flags) == CB_OK &&
	    cb_put_u16(&body, n.code) == CB_OK)
		be_reply_locked(w, &watch->reply, 0, cb_buf_span(&body));
	cb_buf_free(&body);
	return true;
}

/* A session lives from the end of its watch on. */
static void
remove_watch(struct be_worker *w, struct be_watch **at)
{
	struct be_watch *watch = *at;
	struct be_session *s = be_session_find(w, watch->session);

	if (s != NULL)
		s->last_use = be_worker_tick();
	*at = watch->next;
	free(watch);
}

void
be_watch_news(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	struct be_watch **at = &w->watches;

	while (*at != NULL)
		if (same((*at)->card, card) && tell(w, *at))
			remove_watch(w, at);
		else
			at = &(*at)->next;
}

bool
be_watch_holds(const struct be_worker *w, const uint8_t session[WIRE_ID])
{
	const struct be_watch *watch = w->watches;

	while (watch != NULL && !same(watch->session, session))
		watch = watch->next;
	return watch != NULL;
}

void
be_watch_clear(struct be_worker *w)
{
	while (w->watches != NULL)
		remove_watch(w, &w->watches);
}

/* ---- requests ------------------------------------------------------------ */

struct looking {
	struct be_job job;
	struct be_worker *w;
	struct be_reply reply;
	uint8_t holder[WIRE_ID], card[WIRE_ID];
};

/* Whether the store has the card for this holder. */
static void
run(struct be_job *job)
{
	struct looking *l = (struct looking *)job;
	struct be_worker *w = l->w;
	struct be_ask_rights ask = { .is_person = false };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_watch **at;
	enum cb_err r;

	memcpy(ask.holder, l->holder, WIRE_ID);
	memcpy(ask.card, l->card, WIRE_ID);
	if ((r = be_ask_rights_put(&body, &ask)) == CB_OK)
		r = be_ask_store(
		    w, BE_ASK_RIGHTS, cb_buf_span(&body), &answer);
	(void)pthread_mutex_lock(&w->lock);
	for (at = &w->watches; *at != NULL; at = &(*at)->next)
		if ((*at)->reply.id == l->reply.id &&
		    (*at)->reply.door == l->reply.door)
			break;
	if (*at != NULL) {
		(*at)->known = true;
		(*at)->right = r == CB_OK;
		if (tell(w, *at))
			remove_watch(w, at);
	}
	(void)pthread_mutex_unlock(&w->lock);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	free(l);
}

static enum cb_err
look(struct be_worker *w, const struct be_watch *watch)
{
	struct looking *l = calloc(1, sizeof(*l));
	enum cb_err r;

	if (l == NULL)
		return CB_E_NOMEM;
	l->job.run = run;
	l->w = w;
	l->reply = watch->reply;
	memcpy(l->holder, watch->holder, WIRE_ID);
	memcpy(l->card, watch->card, WIRE_ID);
	if ((r = be_pool_add(w->pool, &l->job)) != CB_OK)
		free(l);
	return r;
}

static enum cb_err
watch_get(struct cb_span body, struct be_watch *watch)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, watch->holder, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, watch->card, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, watch->session, WIRE_ID)) != CB_OK ||
	    (r = cb_get_u32(&body, &watch->stamp)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
be_on_watch(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	struct be_watch *watch = calloc(1, sizeof(*watch));
	struct be_session *s;
	enum cb_err r = CB_E_NOMEM;

	if (watch == NULL || (r = watch_get(body, watch)) != CB_OK) {
		free(watch);
		return r;
	}
	watch->reply = *reply;
	(void)pthread_mutex_lock(&w->lock);
	s = be_session_of_card(w, watch->card);
	/* who uses it may */
	watch->known = watch->right =
	    s != NULL && same(s->device, watch->holder);
	watch->next = w->watches;
	w->watches = watch;
	if (watch->known) {
		if (tell(w, watch))
			remove_watch(w, &w->watches);
	} else if ((r = look(w, watch)) != CB_OK) {
		be_reply_locked(w, reply, (uint16_t)r, CB_SPAN_EMPTY);
		remove_watch(w, &w->watches);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return CB_OK;
}

enum cb_err
be_on_unwatch(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	struct be_watch **at;
	uint64_t id;
	enum cb_err r;

	(void)reply;
	if ((r = cb_get_u64(&body, &id)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	(void)pthread_mutex_lock(&w->lock);
	for (at = &w->watches; *at != NULL; at = &(*at)->next)
		if ((*at)->reply.id == id) {
			remove_watch(w, at);
			break;
		}
	(void)pthread_mutex_unlock(&w->lock);
	be_loop_wake(w->loop);
	return CB_OK;
}

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
#define CHANGED 2
#define KEPT 4
#define OUTSIDE_AT 24	/* of a stamp's bits */

struct watcher {	/* a holder that watches */
	struct be_link link;
	struct be_item item;	/* in `all` */
	uint8_t id[WIRE_ID];
	struct be_queue watches;
	size_t n;
};

struct watch {
	struct watcher *by;
	struct be_link of_card, of_session, of_number;
	struct be_item item, look;	/* of its watcher; in `look` */
	struct be_reply reply;
	uint8_t card[WIRE_ID], session[WIRE_ID];
	uint8_t number[WIRE_ID];	/* that of the request, and zeros */
	uint32_t stamp;
	bool right;	/* the card is there for the holder */
	bool known;	/* ... that was looked up */
	bool kept;	/* it may not be taken over, likewise */
	struct be_atr atr;	/* what its row says */
};

struct news {
	uint8_t state, flags;
	uint16_t code;
	uint8_t outside;	/* the session's, for who has that */
	struct cb_span atr;
};

static bool
same(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, WIRE_ID) == 0;
}

enum cb_err
be_watches_init(struct be_watches *all)
{
	struct be_index *const index[] = { &all->cards, &all->sessions,
		&all->numbers, &all->holders };
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < 4; i++)
		r = be_index_init(index[i]);
	return r;
}

/* ---- telling ------------------------------------------------------------- */

static void
news_of(struct be_worker *w, const struct watch *watch, struct news *n)
{
	const struct be_session *s = be_session_of_card(w, watch->card);

	const bool own = s != NULL && same(s->device, watch->by->id);

	*n = (struct news){ .state = WIRE_THERE };
	/* whose right is over has it until the running command is answered */
	if (!watch->right && !own) {
		n->state = WIRE_NOT_THERE;
		n->code = CB_E_DENIED;
	} else if (s != NULL && !own) {
		n->state = WIRE_ELSEWHERE;
		n->code = CB_E_BUSY;
		n->flags = watch->kept ? KEPT : 0;
	}
	if (!be_is_zeros(watch->session) &&
	    (s == NULL || !same(s->id, watch->session))) {
		n->flags |= OVER;
		if (n->code == 0)
			n->code = CB_E_ABSENT;
	}
	/* what the card itself says counts more; who may not see it is told
	 * nothing about it */
	if (n->state != WIRE_NOT_THERE)
		n->atr = s != NULL ? cb_span(s->atr.p, s->atr.n)
				   : cb_span(watch->atr.p, watch->atr.n);
	if (own && same(s->id, watch->session))
		n->outside = s->outside;
	if (n->outside != 0 && n->outside != watch->stamp >> OUTSIDE_AT)
		n->flags |= CHANGED;
}

/* Never 0: there is a state. That the card was changed is told once: which
 * change it was is what stays. */
static uint32_t
stamp_of(const struct news *n)
{
	return n->state | (uint32_t)(n->flags & (OVER | KEPT)) << 4 |
	    (uint32_t)n->code << 8 | (uint32_t)n->outside << OUTSIDE_AT;
}

/* A session lives from the end of its watch on. */
static void
remove_watch(struct be_worker *w, struct watch *watch)
{
	struct be_session *s = be_session_find(w, watch->session);
	struct watcher *by = watch->by;

	if (s != NULL) {
		s->last_use = be_worker_tick();
		be_worker_due(w, s->last_use + w->set.silent);
	}
	be_index_remove(&watch->of_card);
	be_index_remove(&watch->of_session);
	be_index_remove(&watch->of_number);
	be_queue_remove(&w->watches.look, &watch->look);
	be_queue_remove(&by->watches, &watch->item);
	free(watch);
	if (--by->n > 0)
		return;
	be_index_remove(&by->link);
	be_queue_remove(&w->watches.all, &by->item);
	free(by);
}

/* Tells it, if it is news: then the watch is over. */
static void
tell(struct be_worker *w, struct watch *watch)
{
	struct cb_buf body = CB_BUF_INIT;
	struct news n;
	uint32_t stamp;

	if (!watch->known)
		return;
	news_of(w, watch, &n);
	if ((stamp = stamp_of(&n)) == watch->stamp)
		return;
	if (cb_put_u32(&body, stamp) == CB_OK &&
	    cb_put_u8(&body, n.state) == CB_OK &&
	    cb_put_u8(&body, n.flags) == CB_OK &&
	    cb_put_u16(&body, n.code) == CB_OK &&
	    cb_put_lv16(&body, n.atr) == CB_OK)
		be_reply_locked(w, &watch->reply, 0, cb_buf_span(&body));
	cb_buf_free(&body);
	remove_watch(w, watch);
}

static void
fail(struct be_worker *w, struct watch *watch, enum cb_err why)
{
	be_reply_locked(w, &watch->reply, (uint16_t)why, CB_SPAN_EMPTY);
	remove_watch(w, watch);
}

void
be_watch_news(struct be_worker *w, const uint8_t card[WIRE_ID])
{
	struct be_link *l = be_index_find(&w->watches.cards, card), *next;

	for (; l != NULL; l = next) {
		next = be_link_next(l);
		tell(w, l->of);
	}
}

void
be_watch_changed(struct be_worker *w, struct be_session *s)
{
	/* another number than any session had lately */
	if (++w->watches.outside == 0)
		w->watches.outside = 1;
	s->outside = w->watches.outside;
	be_watch_news(w, s->card);
}

bool
be_watch_holds(const struct be_worker *w, const uint8_t session[WIRE_ID])
{
	return be_index_find(&w->watches.sessions, session) != NULL;
}

void
be_watch_clear(struct be_worker *w)
{
	struct be_item *first;
	const struct watcher *by;

	while ((first = w->watches.all.first) != NULL) {
		by = first->of;
		remove_watch(w, by->watches.first->of);
	}
}

/* ---- whether the card is there for the holder ---------------------------- */

static void
look(struct be_worker *w, struct watch *watch)
{
	if (watch->look.at == NULL)
		be_queue_add(&w->watches.look, &watch->look, watch);
}

void
be_watch_right(struct be_worker *w, const uint8_t holder[WIRE_ID],
    const uint8_t card[WIRE_ID], bool right, bool kept,
    const struct be_atr *atr)
{
	struct be_link *l = be_index_find(&w->watches.cards, card);

	for (; l != NULL; l = be_link_next(l)) {
		struct watch *watch = l->of;

		if (!same(watch->by->id, holder))
			continue;
		watch->known = true;
		watch->right = right;
		watch->kept = kept;
		watch->atr = *atr;
		be_queue_remove(&w->watches.look, &watch->look);
	}
}

void
be_watch_fail(struct be_worker *w, const uint8_t holder[WIRE_ID],
    const uint8_t card[WIRE_ID], enum cb_err why)
{
	struct be_link *l = be_index_find(&w->watches.cards, card), *next;

	for (; l != NULL; l = next) {
		struct watch *watch = l->of;

		next = be_link_next(l);
		if (!same(watch->by->id, holder))
			continue;
		be_queue_remove(&w->watches.look, &watch->look);
		if (!watch->known)
			fail(w, watch, why);
	}
}

bool
be_watch_next(struct be_worker *w, uint8_t holder[WIRE_ID],
    uint8_t card[WIRE_ID])
{
	const struct watch *watch = be_queue_take(&w->watches.look);

	if (watch == NULL)
		return false;
	memcpy(holder, watch->by->id, WIRE_ID);
	memcpy(card, watch->card, WIRE_ID);
	return true;
}

void
be_watch_look_again(struct be_worker *w)
{
	const struct be_item *by, *i;

	for (by = w->watches.all.first; by != NULL; by = by->next)
		for (i = ((struct watcher *)by->of)->watches.first;
		     i != NULL; i = i->next)
			look(w, i->of);
}

/* ---- requests ------------------------------------------------------------ */

static struct watcher *
watcher_get(struct be_worker *w, const uint8_t holder[WIRE_ID])
{
	struct watcher *by = be_index_get(&w->watches.holders, holder);

	if (by == NULL && (by = calloc(1, sizeof(*by))) != NULL) {
		memcpy(by->id, holder, WIRE_ID);
		be_index_add(&w->watches.holders, &by->link, by->id, by);
		be_queue_add(&w->watches.all, &by->item, by);
	}
	return by;
}

static void
number_of(uint64_t id, uint8_t out[WIRE_ID])
{
	memset(out, 0, WIRE_ID);
	memcpy(out, &id, sizeof(id));
}

static void
add(struct be_worker *w, struct watcher *by, struct watch *watch)
{
	struct be_session *s = be_session_of_card(w, watch->card);

	watch->by = by;
	be_index_add(&w->watches.cards, &watch->of_card, watch->card, watch);
	if (!be_is_zeros(watch->session))
		be_index_add(&w->watches.sessions, &watch->of_session,
		    watch->session, watch);
	be_index_add(
	    &w->watches.numbers, &watch->of_number, watch->number, watch);
	be_queue_add(&by->watches, &watch->item, watch);
	if (++by->n > BE_WATCHES_MAX)
		fail(w, by->watches.first->of, CB_E_NOMEM);
	/* who uses it may */
	watch->known = watch->right =
	    s != NULL && !s->lapsed && same(s->device, by->id);
	if (watch->known) {
		tell(w, watch);
	} else {
		look(w, watch);
		be_rights_sweep(w);
	}
}

static enum cb_err
watch_get(struct cb_span body, uint8_t holder[WIRE_ID], struct watch *watch)
{
	enum cb_err r;

	if ((r = be_bytes_get(&body, holder, WIRE_ID)) != CB_OK ||
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
	struct watch *watch = calloc(1, sizeof(*watch));
	struct watcher *by;
	uint8_t holder[WIRE_ID];
	enum cb_err r = CB_E_NOMEM;

	if (watch == NULL || (r = watch_get(body, holder, watch)) != CB_OK) {
		free(watch);
		return r;
	}
	watch->reply = *reply;
	number_of(reply->id, watch->number);
	(void)pthread_mutex_lock(&w->lock);
	if ((by = watcher_get(w, holder)) != NULL) {
		add(w, by, watch);
	} else {
		be_reply_locked(w, reply, CB_E_NOMEM, CB_SPAN_EMPTY);
		free(watch);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return CB_OK;
}

enum cb_err
be_on_unwatch(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	uint8_t number[WIRE_ID];
	struct watch *watch;
	uint64_t id;
	enum cb_err r;

	(void)reply;
	if ((r = cb_get_u64(&body, &id)) != CB_OK ||
	    (r = cb_get_end(&body)) != CB_OK)
		return r;
	number_of(id, number);
	(void)pthread_mutex_lock(&w->lock);
	if ((watch = be_index_get(&w->watches.numbers, number)) != NULL)
		remove_watch(w, watch);
	(void)pthread_mutex_unlock(&w->lock);
	return CB_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Lists of who waits for which number. Threads that wait are at most as many
 * as the worker has; what goes on later is answered in order, mostly, so that
 * it is found at the front.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "backend/calls.h"
#include "common/until.h"

struct call {
	struct call *next;
	uint64_t id;
	uint16_t type;
	pthread_cond_t woken;
	bool over;
	enum cb_err result;
	uint16_t code;
	struct cb_buf *answer;
};

struct be_calls {
	pthread_mutex_t lock;
	struct be_channel *ch;
	struct call *first;
	struct be_later *later, **last;	/* in order of number, and of time */
	uint64_t next_id;	/* numbers are never used again */
};

enum cb_err
be_calls_new(struct be_calls **out, struct be_channel *ch)
{
	struct be_calls *calls = calloc(1, sizeof(*calls));

	*out = NULL;
	if (calls == NULL || pthread_mutex_init(&calls->lock, NULL) != 0) {
		free(calls);
		return CB_E_NOMEM;
	}
	calls->ch = ch;
	calls->last = &calls->later;
	calls->next_id = 1;
	*out = calls;
	return CB_OK;
}

void
be_calls_free(struct be_calls **calls)
{
	if (*calls == NULL)
		return;
	(void)pthread_mutex_destroy(&(*calls)->lock);
	free(*calls);
	*calls = NULL;
}

/* ---- asking -------------------------------------------------------------- */

static void
unlink_call(struct be_calls *calls, struct call *call)
{
	struct call **at = &calls->first;

	while (*at != NULL && *at != call)
		at = &(*at)->next;
	if (*at != NULL)
		*at = call->next;
}

/* With calls->lock. CB_E_PEER: there is no channel; CB_E_BUSY: it has no
 * room. */
static enum cb_err
may_send(const struct be_calls *calls, struct cb_span body)
{
	if (calls->ch == NULL)
		return CB_E_PEER;
	return be_channel_unsent(calls->ch) + body.n > BE_CALLS_UNSENT
	    ? CB_E_BUSY
	    : CB_OK;
}

/* With calls->lock, which is let go of while waiting. */
static enum cb_err
ask(struct be_calls *calls, struct call *call, struct cb_span body,
    unsigned timeout_ms)
{
	const struct timespec until = cb_until(timeout_ms);
	const struct be_message m = { .type = call->type, .id = call->id,
		.body = body };
	enum cb_err r;

	if ((r = may_send(calls, body)) != CB_OK)
		return r;
	call->next = calls->first;
	calls->first = call;
	r = be_channel_send(calls->ch, &m);
	while (r == CB_OK && !call->over)
		if (pthread_cond_timedwait(&call->woken, &calls->lock,
			&until) == ETIMEDOUT)
			r = CB_E_TIMEOUT;
	unlink_call(calls, call);
	return call->over ? call->result : r;
}

enum cb_err
be_call(struct be_calls *calls, uint16_t type, struct cb_span body,
    unsigned timeout_ms, uint16_t *code, struct cb_buf *answer)
{
	struct call call = { .type = type, .answer = answer };
	enum cb_err r;

	*code = 0;
	if (cb_until_init(&call.woken) != 0)
		return CB_E_NOMEM;
	(void)pthread_mutex_lock(&calls->lock);
	call.id = calls->next_id++;
	r = ask(calls, &call, body, timeout_ms);
	(void)pthread_mutex_unlock(&calls->lock);
	*code = call.code;
	(void)pthread_cond_destroy(&call.woken);
	return r;
}

/* ---- going on later ------------------------------------------------------ */

/* With calls->lock: the one that is there, out of the list. */
static struct be_later *
unlink_later(struct be_calls *calls, struct be_later **at)
{
	struct be_later *later = *at;

	if ((*at = later->next) == NULL)
		calls->last = at;
	return later;
}

static struct be_later **
later_of(struct be_calls *calls, uint64_t id)
{
	struct be_later **at = &calls->later;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

enum cb_err
be_call_later(struct be_calls *calls, struct be_later *later, uint16_t type,
    struct cb_span body, uint64_t until, be_told_fn *told, void *ctx)
{
	struct be_message m = { .type = type, .body = body };
	enum cb_err r;

	*later = (struct be_later){ .until = until, .type = type,
		.told = told, .ctx = ctx };
	(void)pthread_mutex_lock(&calls->lock);
	if ((r = may_send(calls, body)) == CB_OK) {
		m.id = later->id = calls->next_id++;
		*calls->last = later;
		calls->last = &later->next;
		/* its answer waits for the lock */
		if ((r = be_channel_send(calls->ch, &m)) != CB_OK)
			(void)unlink_later(calls, later_of(calls, m.id));
	}
	(void)pthread_mutex_unlock(&calls->lock);
	return r;
}

/* The first that is due before `now`; NULL: none. */
static struct be_later *
take_due(struct be_calls *calls, uint64_t now, uint64_t *next)
{
	struct be_later *later = NULL;

	(void)pthread_mutex_lock(&calls->lock);
	*next = calls->later == NULL ? UINT64_MAX : calls->later->until;
	if (*next <= now)
		later = unlink_later(calls, &calls->later);
	(void)pthread_mutex_unlock(&calls->lock);
	return later;
}

uint64_t
be_calls_due(struct be_calls *calls, uint64_t now)
{
	struct be_later *later;
	uint64_t next;

	while ((later = take_due(calls, now, &next)) != NULL)
		later->told(later->ctx, CB_E_TIMEOUT, 0, CB_SPAN_EMPTY);
	return next;
}

/* ---- answering ----------------------------------------------------------- */

static void
end_call(struct call *call, enum cb_err result)
{
	call->over = true;
	call->result = result;
	(void)pthread_cond_signal(&call->woken);
}

enum cb_err
be_calls_answer(struct be_calls *calls, const struct be_message *m)
{
	struct call *call;
	struct be_later *later = NULL;
	struct be_later **at;
	enum cb_err r = CB_OK;

	(void)pthread_mutex_lock(&calls->lock);
	at = later_of(calls, m->id);
	for (call = calls->first; call != NULL; call = call->next)
		if (call->id == m->id && !call->over)
			break;
	if (call != NULL && call->type == m->type) {
		call->code = m->code;
		end_call(call, cb_buf_add(call->answer, m->body));
	} else if (*at != NULL && (*at)->type == m->type) {
		later = unlink_later(calls, at);
	} else if (call != NULL || *at != NULL || m->id >= calls->next_id) {
		/* of another type, or to what was never asked; else it was
		 * asked, and is too late */
		r = CB_E_PEER;
	}
	(void)pthread_mutex_unlock(&calls->lock);
	/* which asks again, maybe */
	if (later != NULL)
		later->told(later->ctx, CB_OK, m->code, m->body);
	return r;
}

void
be_calls_channel(struct be_calls *calls, struct be_channel *ch)
{
	struct be_later *later, *next;

	(void)pthread_mutex_lock(&calls->lock);
	calls->ch = ch;
	later = calls->later;
	calls->later = NULL;
	calls->last = &calls->later;
	for (struct call *c = calls->first; c != NULL; c = c->next)
		if (!c->over)
			end_call(c, CB_E_PEER);
	(void)pthread_mutex_unlock(&calls->lock);
	for (; later != NULL; later = next) {
		next = later->next;
		later->told(later->ctx, CB_E_PEER, 0, CB_SPAN_EMPTY);
	}
}

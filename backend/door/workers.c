/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See workers.h. Numbers of questions are never used again, so that the answer
 * to one that was dropped is told from the answer to none.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "backend/door/workers.h"
#include "common/log.h"

#define BUCKETS 4096
/* What a worker that is slow may have before it: less than what breaks a
 * channel, since with it all that others have asked would be lost. */
#define UNSENT_MAX ((size_t)4 << 20)

struct be_question {
	struct be_question *next;          /* of its bucket */
	struct be_question *older, *newer; /* of its worker's */
	struct be_line *worker;
	uint64_t id;
	enum be_ask type;
	be_answered_fn *fn; /* NULL: nobody waits for the answer */
	void *ctx;
};

struct be_line {
	struct be_line *next;
	struct be_workers *all;
	uint8_t organisation[WIRE_ID];
	uint64_t number;	/* of the channel */
	struct be_channel *ch; /* NULL: it is lost */
	struct event reading, writing;
	struct be_question *newest;
	struct be_question *state; /* STATE, which is always being asked */
	uint8_t lacks;
	unsigned enrols; /* of its questions */
	bool told;       /* something, since the last flush: then */
	struct be_line *next_told;
};

struct be_workers {
	struct event_base *base;
	unsigned enrols; /* at most, of one worker */
	struct be_line *first, *told;
	uint64_t next_id;
	be_line_lost_fn *lost; /* NULL: nobody wants to know */
	void *lost_ctx;
	struct be_question *buckets[BUCKETS];
};

enum cb_err
be_workers_new(
    struct be_workers **out, struct event_base *base, unsigned enrols)
{
	struct be_workers *all = calloc(1, sizeof(*all));

	*out = all;
	if (all == NULL)
		return CB_E_NOMEM;
	all->base = base;
	all->enrols = enrols;
	all->next_id = 1;
	return CB_OK;
}

/* ---- questions ----------------------------------------------------------- */

static struct be_question **
place_of(struct be_workers *all, uint64_t id)
{
	struct be_question **at = &all->buckets[id % BUCKETS];

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void
unlink_ask(struct be_question *ask)
{
	struct be_question **at = place_of(ask->worker->all, ask->id);

	*at = ask->next;
	ask->worker->enrols -= ask->type == BE_ASK_ENROL;
	if (ask->newer != NULL)
		ask->newer->older = ask->older;
	else
		ask->worker->newest = ask->older;
	if (ask->older != NULL)
		ask->older->newer = ask->newer;
}

static void
end_ask(struct be_question *ask, const struct be_message *answer)
{
	be_answered_fn *fn = ask->fn;
	void *ctx = ask->ctx;

	unlink_ask(ask);
	free(ask);
	if (fn != NULL)
		fn(ctx, answer);
}

static enum cb_err
tell(struct be_line *worker, const struct be_message *m)
{
	struct be_workers *all = worker->all;

	if (!worker->told) {
		worker->told = true;
		worker->next_told = all->told;
		all->told = worker;
	}
	return be_channel_send(worker->ch, m);
}

static bool
is_busy(const struct be_line *worker, enum be_ask type, size_t more)
{
	return be_channel_unsent(worker->ch) + more > UNSENT_MAX ||
	       (type == BE_ASK_ENROL &&
		   worker->enrols >= worker->all->enrols);
}

enum cb_err
be_question_ask(struct be_question **out, struct be_line *worker,
    enum be_ask type, struct cb_span body, be_answered_fn *fn, void *ctx)
{
	struct be_workers *all = worker->all;
	struct be_question *ask, **at;
	struct be_message m = { .type = (uint16_t)type, .body = body };
	enum cb_err r;

	*out = NULL;
	if (is_busy(worker, type, body.n))
		return CB_E_BUSY;
	if ((ask = calloc(1, sizeof(*ask))) == NULL)
		return CB_E_NOMEM;
	m.id = all->next_id++;
	if ((r = tell(worker, &m)) != CB_OK) {
		free(ask);
		return r;
	}
	*ask = (struct be_question){ .worker = worker,
		.id = m.id,
		.type = type,
		.fn = fn,
		.ctx = ctx,
		.older = worker->newest };
	at = place_of(all, ask->id);
	ask->next = *at;
	*at = ask;
	if (worker->newest != NULL)
		worker->newest->newer = ask;
	worker->newest = ask;
	worker->enrols += type == BE_ASK_ENROL;
	*out = ask;
	return CB_OK;
}

static void
unwatch(struct be_line *worker, uint64_t id)
{
	struct cb_buf body = CB_BUF_INIT;
	const struct be_message m = { .type = BE_ASK_UNWATCH };
	struct be_message filled = m;

	if (worker->ch != NULL && cb_put_u64(&body, id) == CB_OK) {
		filled.body = cb_buf_span(&body);
		/* a broken channel is noticed by who reads it */
		(void)!tell(worker, &filled);
	}
	cb_buf_free(&body);
}

void
be_question_drop(struct be_question **ask)
{
	struct be_question *a = *ask;

	*ask = NULL;
	if (a == NULL)
		return;
	if (a->type == BE_ASK_ENROL) {
		a->fn = NULL;
		return;
	}
	unlink_ask(a);
	if (a->type == BE_ASK_WATCH)
		unwatch(a->worker, a->id);
	free(a);
}

/* ---- what a worker lacks ------------------------------------------------- */

static void on_state(void *ctx, const struct be_message *answer);

/* It is answered when it differs. Where it cannot be asked now it is behind the
 * worker's next answer. */
static void
ask_state(struct be_line *worker)
{
	if (worker->state == NULL && worker->ch != NULL &&
	    be_question_ask(&worker->state, worker, BE_ASK_STATE,
		cb_span(&worker->lacks, 1), on_state, worker) != CB_OK)
		worker->lacks = BE_LACKS_UNKNOWN;
}

static void
on_state(void *ctx, const struct be_message *answer)
{
	struct be_line *worker = ctx;

	worker->state = NULL;
	worker->lacks = BE_LACKS_UNKNOWN;
	if (answer == NULL || answer->code != 0 || answer->body.n != 1)
		return;
	worker->lacks = answer->body.p[0];
	ask_state(worker);
}

/* ---- channels ------------------------------------------------------------ */

static void
lose(struct be_line *worker)
{
	if (worker->ch == NULL)
		return;
	(void)event_del(&worker->reading);
	(void)event_del(&worker->writing);
	be_channel_free(&worker->ch);
	while (worker->newest != NULL)
		end_ask(worker->newest, NULL);
}

static void
on_broken(struct be_line *worker, const char *why)
{
	struct be_workers *all = worker->all;

	cb_log(CB_LOG_WARNING, "door: a worker is lost: %s", why);
	lose(worker);
	if (all->lost != NULL)
		all->lost(all->lost_ctx, worker->number);
}

void
be_workers_on_lost(struct be_workers *all, be_line_lost_fn *lost, void *ctx)
{
	all->lost = lost;
	all->lost_ctx = ctx;
}

static enum cb_err
take_answer(struct be_line *worker, const struct be_message *m)
{
	struct be_question *ask = *place_of(worker->all, m->id);

	if (!m->answer || m->id >= worker->all->next_id ||
	    (ask != NULL && (ask->worker != worker || ask->type != m->type)))
		return CB_E_PEER;
	if (ask != NULL)
		end_ask(ask, m);
	ask_state(worker);
	return CB_OK;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct be_line *worker = arg;
	struct be_message m;
	enum cb_err r, read;

	(void)fd;
	(void)what;
	read = be_channel_read(worker->ch);
	while ((r = be_channel_next(worker->ch, &m)) == CB_OK)
		if ((r = take_answer(worker, &m)) != CB_OK)
			break;
	if (r == CB_E_SHORT && read == CB_OK)
		return;
	on_broken(worker,
	    r == CB_E_SHORT ? "it is gone" : "it said what no worker says");
}

static void
flush(struct be_line *worker)
{
	if (be_channel_flush(worker->ch) != CB_OK)
		on_broken(worker, "it does not read");
	else if (be_channel_unsent(worker->ch) > 0)
		(void)event_add(&worker->writing, NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

void
be_workers_flush(struct be_workers *all)
{
	struct be_line *worker;

	/* where one is lost, others may be told of it */
	while ((worker = all->told) != NULL) {
		all->told = worker->next_told;
		worker->told = false;
		if (worker->ch != NULL)
			flush(worker);
	}
}

static void
on_full(void *arg)
{
	struct be_line *worker = arg;

	(void)event_add(&worker->writing, NULL);
}

static struct be_line *
place_for(struct be_workers *all, const uint8_t organisation[WIRE_ID])
{
	struct be_line *w;

	for (w = all->first; w != NULL; w = w->next)
		if (memcmp(w->organisation, organisation, WIRE_ID) == 0)
			return w;
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	memcpy(w->organisation, organisation, WIRE_ID);
	w->all = all;
	w->next = all->first;
	all->first = w;
	return w;
}

enum cb_err
be_workers_set(struct be_workers *all, const uint8_t organisation[WIRE_ID],
    uint64_t number, int fd)
{
	struct be_line *w = place_for(all, organisation);
	enum cb_err r;

	if (w == NULL) {
		(void)close(fd);
		return CB_E_NOMEM;
	}
	lose(w);
	w->number = number;
	if ((r = be_channel_new(&w->ch, fd)) != CB_OK)
		return r;
	if (event_assign(&w->reading, all->base, be_channel_fd(w->ch),
		EV_READ | EV_PERSIST, on_readable, w) != 0 ||
	    event_assign(&w->writing, all->base, be_channel_fd(w->ch), EV_WRITE,
		on_writable, w) != 0 ||
	    event_add(&w->reading, NULL) != 0) {
		be_channel_free(&w->ch);
		return CB_E_NOMEM;
	}
	be_channel_on_full(w->ch, on_full, w);
	w->lacks = BE_LACKS_UNKNOWN;
	ask_state(w);
	return CB_OK;
}

struct be_line *
be_workers_get(struct be_workers *all, const uint8_t organisation[WIRE_ID])
{
	for (struct be_line *w = all->first; w != NULL; w = w->next)
		if (memcmp(w->organisation, organisation, WIRE_ID) == 0)
			return w->ch != NULL ? w : NULL;
	return NULL;
}

void
be_workers_missing(const struct be_workers *all, struct be_missing *out)
{
	*out = (struct be_missing){ .workers = all->first == NULL };
	for (const struct be_line *w = all->first; w != NULL; w = w->next) {
		if (w->ch == NULL || w->lacks == BE_LACKS_UNKNOWN) {
			out->workers++;
			continue;
		}
		out->stores += (w->lacks & BE_LACKS_STORE) != 0;
		out->vaults += (w->lacks & BE_LACKS_VAULT) != 0;
		out->disks += (w->lacks & BE_LACKS_DISK) != 0;
	}
}

void
be_workers_free(struct be_workers **workers)
{
	struct be_workers *all = *workers;
	struct be_line *w;

	if (all == NULL)
		return;
	while ((w = all->first) != NULL) {
		lose(w);
		all->first = w->next;
		free(w);
	}
	free(all);
	*workers = NULL;
}

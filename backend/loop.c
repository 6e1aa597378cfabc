/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See loop.h. What is forgotten within a call is freed after the round, since
 * the events of that round may still name it.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/loop.h"

#define EVENTS 64

struct be_watched {
	struct be_watched *next;
	int fd;
	bool forgotten;
	bool writing;		/* waits to write, too */
	struct be_channel *ch;	/* NULL: a descriptor */
	be_message_fn *message;
	be_gone_fn *gone;
	be_ready_fn *ready;
	void *ctx;
};

struct be_loop {
	int epoll, wake;
	bool stop;
	struct be_watched *first;
	be_due_fn *due;
	void *due_ctx;
	be_rest_fn *rest;
	void *rest_ctx;
};

enum cb_err
be_loop_new(struct be_loop **out)
{
	struct be_loop *l = calloc(1, sizeof(*l));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };

	*out = NULL;
	if (l == NULL)
		return CB_E_NOMEM;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll < 0 || l->wake < 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &ev) != 0) {
		be_loop_free(&l);
		return CB_E_NOMEM;
	}
	*out = l;
	return CB_OK;
}

static void
sweep(struct be_loop *l, bool all)
{
	struct be_watched **at = &l->first, *w;

	while ((w = *at) != NULL)
		if (all || w->forgotten) {
			*at = w->next;
			free(w);
		} else {
			at = &w->next;
		}
}

void
be_loop_free(struct be_loop **loop)
{
	struct be_loop *l = *loop;

	if (l == NULL)
		return;
	sweep(l, true);
	if (l->wake >= 0)
		(void)close(l->wake);
	if (l->epoll >= 0)
		(void)close(l->epoll);
	free(l);
	*loop = NULL;
}

/* ---- what is watched ----------------------------------------------------- */

static enum cb_err
watch(struct be_loop *l, struct be_watched **out, const struct be_watched *as)
{
	struct be_watched *w = malloc(sizeof(*w));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = w };

	*out = NULL;
	if (w == NULL)
		return CB_E_NOMEM;
	*w = *as;
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, w->fd, &ev) != 0) {
		free(w);
		return CB_E_ARG;
	}
	w->next = l->first;
	l->first = w;
	*out = w;
	return CB_OK;
}

static void
on_full(void *loop)
{
	be_loop_wake(loop);
}

enum cb_err
be_loop_channel(struct be_loop *l, struct be_watched **out,
    struct be_channel *ch, be_message_fn *message, be_gone_fn *gone, void *ctx)
{
	const struct be_watched as = { .fd = be_channel_fd(ch), .ch = ch,
		.message = message, .gone = gone, .ctx = ctx };
	enum cb_err r;

	if ((r = watch(l, out, &as)) == CB_OK)
		be_channel_on_full(ch, on_full, l);
	return r;
}

enum cb_err
be_loop_fd(struct be_loop *l, struct be_watched **out, int fd,
    be_ready_fn *ready, void *ctx)
{
	const struct be_watched as = { .fd = fd, .ready = ready, .ctx = ctx };

	return watch(l, out, &as);
}

void
be_loop_forget(struct be_loop *l, struct be_watched **watched)
{
	struct be_watched *w = *watched;

	*watched = NULL;
	if (w == NULL || w->forgotten)
		return;
	w->forgotten = true;
	if (w->ch != NULL)
		be_channel_on_full(w->ch, NULL, NULL);
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, w->fd, NULL);
}

/* ---- running ------------------------------------------------------------- */

void
be_loop_due(struct be_loop *l, be_due_fn *due, void *ctx)
{
	l->due = due;
	l->due_ctx = ctx;
}

void
be_loop_rest(struct be_loop *l, be_rest_fn *rest, void *ctx)
{
	l->rest = rest;
	l->rest_ctx = ctx;
}

void
be_loop_wake(struct be_loop *l)
{
	const uint64_t one = 1;

	while (write(l->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		continue;
}

void
be_loop_stop(struct be_loop *l)
{
	l->stop = true;
	be_loop_wake(l);
}

static enum cb_err
take_messages(struct be_watched *w)
{
	struct be_message m;
	enum cb_err r, read;

	/* what came before the end is taken before the end */
	read = be_channel_read(w->ch);
	while ((r = be_channel_next(w->ch, &m)) == CB_OK)
		if ((r = w->message(w->ctx, w->ch, &m)) != CB_OK ||
		    w->forgotten)
			return r;
	return r == CB_E_SHORT ? read : r;
}

static void
lose(struct be_loop *l, struct be_watched *w)
{
	struct be_watched *gone = w;

	if (w->forgotten)
		return;
	be_loop_forget(l, &gone);
	w->gone(w->ctx, w->ch);
}

static void
on_channel(struct be_loop *l, struct be_watched *w, uint32_t events)
{
	enum cb_err r = CB_OK;

	if ((events & EPOLLOUT) != 0)
		r = be_channel_flush(w->ch);
	if (r == CB_OK && (events & ~(uint32_t)EPOLLOUT) != 0)
		r = take_messages(w);
	if (r != CB_OK)
		lose(l, w);
}

/* What this turn has collected goes out; and writes of any thread that a socket
 * did not take are waited for. True: a channel was lost on the way, and what
 * was said or fell due about that awaits another turn. */
static bool
send_all(struct be_loop *l)
{
	bool lost = false;

	for (struct be_watched *w = l->first; w != NULL; w = w->next) {
		struct epoll_event ev = { .data.ptr = w };
		bool unsent;

		if (w->forgotten || w->ch == NULL)
			continue;
		unsent = be_channel_unsent(w->ch) > 0;
		if (unsent && !w->writing) {
			if (be_channel_flush(w->ch) != CB_OK) {
				lose(l, w);
				lost = true;
				continue;
			}
			unsent = be_channel_unsent(w->ch) > 0;
		}
		if (unsent == w->writing)
			continue;
		ev.events = unsent ? EPOLLIN | EPOLLOUT : EPOLLIN;
		if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, w->fd, &ev) == 0)
			w->writing = unsent;
	}
	return lost;
}

static void
dispatch(struct be_loop *l, const struct epoll_event *ev)
{
	struct be_watched *w = ev->data.ptr;
	uint64_t count;

	if (w == NULL)
		(void)!read(l->wake, &count, sizeof(count));
	else if (w->forgotten)
		return;
	else if (w->ch != NULL)
		on_channel(l, w, ev->events);
	else
		w->ready(w->ctx, w->fd);
}

enum cb_err
be_loop_run(struct be_loop *l)
{
	struct epoll_event events[EVENTS];
	int n = 0, wait;

	be_channel_collect(true);
	for (l->stop = false; !l->stop;) {
		wait = l->due != NULL ? l->due(l->due_ctx) : -1;
		if (send_all(l))
			wait = 0;
		if (l->stop)
			break;
		if (wait != 0 && l->rest != NULL)
			l->rest(l->rest_ctx);
		n = epoll_wait(l->epoll, events, EVENTS, wait);
		if (n < 0 && errno != EINTR)
			break;
		for (int i = 0; i < n; i++)
			dispatch(l, &events[i]);
		sweep(l, false);
	}
	be_channel_collect(false);
	(void)send_all(l);
	sweep(l, false);
	return l->stop ? CB_OK : CB_E_INTERNAL;
}

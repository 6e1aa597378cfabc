/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The door's loop: sockets that listen, the parent. A connection that is over
 * stays in memory until the round is, since whoever ended it may have been
 * called by it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "backend/door/crowd.h"
#include "backend/door/serve.h"
#include "common/log.h"

#define ACCEPTS_AT_ONCE 16
#define NO_ROOM_MS 500 /* no descriptors: then again */
#define LINES_A_SECOND 20

struct be_listener {
	struct be_listener *next;
	struct be_door *door;
	int fd;
	bool desk;	/* for people */
	struct event ready, again;
};

struct be_parent {
	struct be_door *door;
	struct be_channel *ch;
	be_door_told_fn *told;
	void *ctx;
	struct event reading, writing;
};

const struct be_door_limits be_door_usual = {
	.connections = 16384,
	.strangers = 256,
	.of_address = 32,
	.of_one = 16,
	.holds = 4,
	.enrols = 4,
	.enrols_a_second = 10,
	.enrols_of_address = 2,
	.claims_a_second = 100,
	.claims_of_address = 40,
	.claims_of_one = 20,
	/* as many cards as a hold has twice a second, and a quarter of a
	 * minute of that: a cable that flaps, or twenty readers that open
	 * and close without end, are below it */
	.watches_a_second = 2048,
	.watches_at_once = 32768,
	.bodies = (size_t)256 << 20,
	.handshake = 10000,
	.patience = 1000,
	.request = 30000,
	.idle = 40000,	/* bridges hang up at 30 s */
	.answer = 60000,
	.sending = 30000,
};

/* ---- what is over --------------------------------------------------------- */

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct be_door *door = arg;
	struct be_conn *c;

	(void)fd;
	(void)what;
	while ((c = door->over) != NULL) {
		door->over = c->newer;
		be_conn_free(c);
	}
}

uint64_t
be_door_tick(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool
be_door_may_log(struct be_door *door, bool stranger)
{
	struct be_door_lines *lines = &door->lines[stranger];
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec != lines->at) {
		if (lines->n > LINES_A_SECOND)
			cb_log(CB_LOG_WARNING,
			    "door: %u lines more%s in that second",
			    lines->n - LINES_A_SECOND,
			    stranger ? " of strangers" : "");
		lines->n = 0;
		lines->at = now.tv_sec;
	}
	return ++lines->n <= LINES_A_SECOND;
}

/* ---- listening ----------------------------------------------------------- */

static void
welcome(const struct be_listener *l, int fd,
    const struct sockaddr_storage *from)
{
	struct be_conn *c;

	if (be_conn_new(&c, l->door, fd) != CB_OK ||
	    c->state == BE_CONN_OVER)
		return;
	c->desk = l->desk;
	be_place_get(&c->place, from);
	be_crowd_welcome(l->door, c);
}

static void
on_ready(evutil_socket_t socket, short what, void *arg)
{
	static const struct timeval later = { 0, NO_ROOM_MS * 1000 };
	struct be_listener *l = arg;

	(void)what;
	for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
		struct sockaddr_storage from = { .ss_family = AF_UNSPEC };
		socklen_t n = sizeof(from);
		const int fd = accept4(socket, (struct sockaddr *)&from, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			welcome(l, fd, &from);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			cb_log(CB_LOG_ERROR,
			    "door: no descriptor or memory for "
			    "another connection");
			(void)event_del(&l->ready);
			(void)event_add(&l->again, &later);
		}
		return;
	}
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct be_listener *l = arg;

	(void)fd;
	(void)what;
	(void)event_add(&l->ready, NULL);
}

/* Connections inherit these from the socket that listens. */
static bool
set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		/* else an answer of two segments waits 40 ms */
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		/* one packet a minute at rest; a client that has vanished is
		 * known after 65 s, with or without an answer to it */
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 60 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 1 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 5 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, 65000 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (setsockopt(fd, options[i].level, options[i].name,
			&options[i].value, sizeof(options[i].value)) != 0)
			return false;
	return evutil_make_socket_nonblocking(fd) == 0 &&
	       evutil_make_socket_closeonexec(fd) == 0;
}

enum cb_err
be_door_listen(struct be_door *door, int fd)
{
	struct be_listener *l = calloc(1, sizeof(*l));

	if (l == NULL || !set_options(fd) ||
	    event_assign(&l->ready, door->base, fd, EV_READ | EV_PERSIST,
		on_ready, l) != 0 ||
	    event_assign(&l->again, door->base, -1, 0, on_again, l) != 0 ||
	    event_add(&l->ready, NULL) != 0) {
		(void)close(fd);
		free(l);
		return l == NULL ? CB_E_NOMEM : CB_E_ARG;
	}
	l->door = door;
	l->fd = fd;
	l->next = door->listeners;
	door->listeners = l;
	return CB_OK;
}

void
be_door_desk(struct be_door *door)
{
	if (door->listeners == NULL)
		return;
	door->listeners->desk = true;
	door->has_desk = true;
}

static void
stop_listening(struct be_door *door)
{
	struct be_listener *l;

	while ((l = door->listeners) != NULL) {
		door->listeners = l->next;
		(void)event_del(&l->ready);
		(void)event_del(&l->again);
		(void)close(l->fd);
		free(l);
	}
}

void
be_door_end_loop(struct be_door *door)
{
	door->done = true;
	(void)event_base_loopbreak(door->base);
}

/* ---- the parent ---------------------------------------------------------- */

static void
on_parent(evutil_socket_t fd, short what, void *arg)
{
	struct be_parent *p = arg;
	struct be_message m;
	enum cb_err r, read;

	(void)fd;
	(void)what;
	read = be_channel_read(p->ch);
	while ((r = be_channel_next(p->ch, &m)) == CB_OK)
		if ((r = p->told(p->ctx, p->ch, &m)) != CB_OK)
			break;
	/* without a parent nobody would start what dies: the end */
	if (r != CB_E_SHORT || read != CB_OK)
		be_door_end_loop(p->door);
}

static void
flush_parent(struct be_parent *p)
{
	if (be_channel_flush(p->ch) != CB_OK)
		be_door_end_loop(p->door);
	else if (be_channel_unsent(p->ch) > 0)
		(void)event_add(&p->writing, NULL);
}

static void
on_parent_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush_parent(arg);
}

static void
on_parent_full(void *arg)
{
	struct be_parent *p = arg;

	(void)event_add(&p->writing, NULL);
}

enum cb_err
be_door_parent(struct be_door *door, struct be_channel *ch,
    be_door_told_fn *told, void *ctx)
{
	struct be_parent *p = calloc(1, sizeof(*p));
	const int fd = be_channel_fd(ch);

	if (p == NULL ||
	    event_assign(&p->reading, door->base, fd, EV_READ | EV_PERSIST,
		on_parent, p) != 0 ||
	    event_assign(&p->writing, door->base, fd, EV_WRITE,
		on_parent_writable, p) != 0 ||
	    event_add(&p->reading, NULL) != 0) {
		free(p);
		return CB_E_NOMEM;
	}
	p->door = door;
	p->ch = ch;
	p->told = told;
	p->ctx = ctx;
	be_channel_on_full(ch, on_parent_full, p);
	/* what came with START, and was read with it, is due at once */
	event_active(&p->reading, EV_READ, 1);
	door->parent = p;
	return CB_OK;
}

/* ---- certificates that end ----------------------------------------------- */

static void
tell_ends(evutil_socket_t fd, short what, void *arg)
{
	const struct be_door *door = arg;
	const int64_t now = (int64_t)time(NULL);
	struct cb_why why;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < BE_ENDS; i++)
		if (be_ends_tell(
			&door->ends, i, now, now + WIRE_EXPIRY_SOON, &why))
			cb_log(CB_LOG_WARNING, "door: %s", why.text);
}

enum cb_err
be_door_watch_ends(struct be_door *door)
{
	const struct timeval day = { .tv_sec = 86400 };

	if (door->daily == NULL &&
	    ((door->daily = event_new(
		  door->base, -1, EV_PERSIST, tell_ends, door)) == NULL ||
		event_add(door->daily, &day) != 0))
		return CB_E_NOMEM;
	tell_ends(-1, 0, door);
	return CB_OK;
}

const struct be_ends *
be_door_ends(const struct be_door *door)
{
	return &door->ends;
}

/* ---- all of it ----------------------------------------------------------- */

enum cb_err
be_door_new(
    struct be_door **out, const struct be_door_settings *s, struct cb_why *why)
{
	struct be_door *door = calloc(1, sizeof(*door));
	struct wire_about about = { .kind = s->kind,
		.authority = s->authority,
		.service = s->service };
	const struct cb_span der[BE_ENDS] = {
		[BE_END_AUTHORITY] = s->authority,
		[BE_END_SERVICE] = s->service,
		[BE_END_DOOR] = s->certificate,
	};
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if (door == NULL)
		return CB_E_NOMEM;
	door->kind = s->kind;
	door->limits = s->limits;
	be_ends_read(&door->ends, der);
	memcpy(about.backend, s->backend, WIRE_ID);
	/* a client that is gone is an error to write to, not a signal */
	if (signal(SIGPIPE, SIG_IGN) != SIG_ERR &&
	    (door->base = event_base_new()) != NULL &&
	    (door->sweep = event_new(door->base, -1, 0, on_sweep, door)) !=
		NULL &&
	    (r = wire_about_put(&door->about, &about)) == CB_OK &&
	    (r = be_workers_new(
		 &door->workers, door->base, s->limits.enrols)) == CB_OK)
		r = be_tls_new(&door->tls, s, why);
	if (r != CB_OK)
		be_door_free(&door);
	*out = door;
	return r;
}

enum cb_err
be_door_worker(struct be_door *door, const uint8_t organisation[WIRE_ID],
    uint64_t number, int fd)
{
	return be_workers_set(door->workers, organisation, number, fd);
}

void
be_door_on_lost(struct be_door *door, be_door_lost_fn *lost, void *ctx)
{
	be_workers_on_lost(door->workers, lost, ctx);
}

/* What the last turn had to say goes out together. */
static void
flush(struct be_door *door)
{
	be_workers_flush(door->workers);
	if (door->parent != NULL)
		flush_parent(door->parent);
}

enum cb_err
be_door_run(struct be_door *door)
{
	const int once = EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY;
	int e = 0;

	be_channel_collect(true);
	for (flush(door); e == 0 && !door->done; flush(door))
		e = event_base_loop(door->base, once);
	be_channel_collect(false);
	return e == 0 ? CB_OK : CB_E_INTERNAL;
}

static void
stop_idle(struct be_conns *list)
{
	struct be_conn *c, *next;

	for (c = list->oldest; c != NULL; c = next) {
		next = c->newer;
		if (c->state == BE_CONN_WAITING && c->hold != NULL)
			be_hold_late(c);
		else if (c->ask == NULL && c->state != BE_CONN_SENDING)
			be_conn_end(c);
	}
}

void
be_door_stop(struct be_door *door)
{
	door->stopping = true;
	stop_listening(door);
	stop_idle(&door->strangers);
	stop_idle(&door->known);
	be_crowd_look_empty(door);
}

void
be_door_free(struct be_door **out)
{
	struct be_door *door = *out;

	if (door == NULL)
		return;
	stop_listening(door);
	while (door->strangers.n > 0)
		be_conn_end(door->strangers.oldest);
	while (door->known.n > 0)
		be_conn_end(door->known.oldest);
	on_sweep(-1, 0, door);
	be_crowd_forget(door);
	be_paces_clear(&door->paces);
	be_workers_free(&door->workers);
	if (door->parent != NULL) {
		be_channel_on_full(door->parent->ch, NULL, NULL);
		(void)event_del(&door->parent->reading);
		(void)event_del(&door->parent->writing);
		free(door->parent);
	}
	be_tls_free(&door->tls);
	cb_buf_free(&door->about);
	if (door->daily != NULL)
		event_free(door->daily);
	if (door->sweep != NULL)
		event_free(door->sweep);
	if (door->base != NULL)
		event_base_free(door->base);
	free(door);
	*out = NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See conn.h. What a client sends while its request is somewhere is read, and
 * kept, since only reading tells that it is gone; a little of it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/door/crowd.h"
#include "backend/door/serve.h"
#include "common/log.h"
#include "wire/road.h"

#define AHEAD_MAX ((size_t)16384) /* requests behind the one that waits */
#define IN_MAX (BE_HTTP_HEAD_MAX + WIRE_BODY_MAX + 2 * BE_TLS_RECORD)
#define OUT_MAX (WIRE_BODY_MAX + 4096)
#define KEPT_MAX ((size_t)32768) /* room, with little in it */
#define READS_AT_ONCE 4 /* then others come */
#define LINGER_MS 2000
#define LINGER_MAX ((size_t)4 << 20)

static void on_socket(evutil_socket_t fd, short what, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);
static void advance(struct be_conn *c);

enum cb_err
be_conn_new(struct be_conn **out, struct be_door *door, int fd)
{
	struct be_conn *c = calloc(1, sizeof(*c));
	enum cb_err r = CB_E_NOMEM;

	*out = NULL;
	if (c == NULL) {
		(void)close(fd);
		return CB_E_NOMEM;
	}
	c->door = door;
	c->fd = fd;
	c->since = be_door_tick();
	c->in = (struct cb_buf)CB_BUF_INIT_MAX(IN_MAX);
	c->out = (struct cb_buf)CB_BUF_INIT_MAX(OUT_MAX);
	if ((r = be_tls_end_new(&c->tls, door->tls, fd)) != CB_OK)
		goto out;
	if (event_assign(&c->reading, door->base, fd, EV_READ | EV_PERSIST,
		on_socket, c) != 0 ||
	    event_assign(&c->writing, door->base, fd, EV_WRITE, on_socket, c) !=
		0 ||
	    event_assign(&c->timer, door->base, -1, 0, on_timer, c) != 0 ||
	    event_add(&c->reading, NULL) != 0)
		r = CB_E_NOMEM;
out:
	if (r != CB_OK) {
		(void)close(fd);
		be_conn_free(c);
		return r;
	}
	be_conn_deadline(c, door->limits.handshake);
	*out = c;
	return CB_OK;
}

void
be_conn_free(struct be_conn *c)
{
	be_tls_end_free(&c->tls);
	cb_buf_free(&c->in);
	cb_buf_free(&c->out);
	free(c->refusal);
	free(c);
}

void
be_conn_end(struct be_conn *c)
{
	if (c->state == BE_CONN_OVER)
		return;
	c->state = BE_CONN_OVER;
	be_door_serve_over(c);
	(void)event_del(&c->reading);
	(void)event_del(&c->writing);
	(void)event_del(&c->timer);
	be_tls_end_free(&c->tls);
	(void)close(c->fd);
	be_crowd_left(c->door, c);
}

static void
arm(struct be_conn *c, uint64_t ms)
{
	const struct timeval in = { .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	c->armed = c->due;
	if (event_add(&c->timer, &in) != 0)
		be_conn_end(c);
}

/* A request has four, each of which is over long before its time: the timer is
 * touched only where it would fire too late, and looks when it fires. */
void
be_conn_deadline(struct be_conn *c, uint64_t ms)
{
	c->due = be_door_tick() + ms;
	if (c->armed == 0 || c->due < c->armed)
		arm(c, ms);
}

void
be_conn_no_deadline(struct be_conn *c)
{
	c->due = 0;
}

/* ---- sending ------------------------------------------------------------- */

static void
linger(struct be_conn *c)
{
	c->state = BE_CONN_LINGERING;
	be_tls_bye(c->tls);
	be_tls_end_free(&c->tls);
	cb_buf_free(&c->in);
	/* what is not read when a socket is closed takes the answer with it */
	if (shutdown(c->fd, SHUT_WR) != 0)
		be_conn_end(c);
	else
		be_conn_deadline(c, LINGER_MS);
}

/* The answer is all with the system. */
static void
sent(struct be_conn *c)
{
	c->route = NULL;
	c->begun = false;
	cb_buf_free(&c->out);
	(void)be_crowd_reserve(c, 0);
	(void)event_add(&c->reading, NULL);
	if (c->close) {
		linger(c);
		return;
	}
	c->state = BE_CONN_HEAD;
	be_conn_deadline(c, c->door->limits.idle);
	if (!c->advancing)
		advance(c);
}

static void
flush(struct be_conn *c)
{
	enum be_tls_said said = BE_TLS_DONE;
	size_t n;

	while (c->out.n > 0 && said == BE_TLS_DONE) {
		said = be_tls_write(c->tls, cb_buf_span(&c->out), &n);
		if (said == BE_TLS_DONE)
			cb_buf_consume(&c->out, n);
	}
	if (said == BE_TLS_WRITE)
		(void)event_add(&c->writing, NULL);
	else if (said != BE_TLS_DONE && said != BE_TLS_READ)
		be_conn_end(c);
	else if (c->out.n == 0 && c->state == BE_CONN_SENDING)
		sent(c);
	/* who does not read its answers asks no more */
	if (c->state == BE_CONN_SENDING && said == BE_TLS_WRITE)
		(void)event_del(&c->reading);
}

void
be_conn_answer(struct be_conn *c, const struct be_http_answer *answer)
{
	struct be_http_answer a = *answer;

	if (c->state == BE_CONN_OVER)
		return;
	a.close = c->close = a.close || c->close || c->door->stopping;
	if (be_http_answer_put(&c->out, &a) != CB_OK) {
		be_conn_end(c);
		return;
	}
	c->state = BE_CONN_SENDING;
	be_conn_deadline(c, c->door->limits.sending);
	if (c->state == BE_CONN_SENDING)
		flush(c);
}

/* ---- taking requests ----------------------------------------------------- */

static void
quick_ack(struct be_conn *c)
{
	const int one = 1;

	/* a client that sends head and body apart may wait for it */
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
}

static size_t
keep(struct be_conn *c, size_t at, struct cb_span s)
{
	s = cb_span_head(s, sizeof(c->line) - 1 - at);
	if (s.n > 0)
		memcpy(c->line + at, s.p, s.n);
	return at + s.n;
}

/* For the log. */
static void
keep_line(struct be_conn *c, const struct be_http_head *head)
{
	size_t n = keep(c, 0, head->method);

	n = keep(c, n, cb_span_str(" "));
	n = keep(c, n, head->path);
	c->line[n] = '\0';
}

static void
take_head(struct be_conn *c)
{
	struct be_http_head head;
	bool wanted;
	enum cb_err r;

	if (!c->begun) {
		c->begun = true;
		c->line[0] = '\0';
		c->since = be_door_tick();
		be_conn_deadline(c, c->door->limits.request);
		if (c->state == BE_CONN_OVER)
			return;
	}
	r = be_http_head_get(cb_buf_span(&c->in), &head);
	if (r == CB_E_SHORT)
		return;
	if (r != CB_OK) {
		be_door_serve_bad(c, r);
		return;
	}
	keep_line(c, &head);
	c->close = head.close;
	c->length = head.length;
	wanted = be_door_serve_head(c, &head);
	if (c->state == BE_CONN_OVER || c->state == BE_CONN_LINGERING)
		return;
	cb_buf_consume(&c->in, head.n);
	if (!wanted)
		return;
	c->state = BE_CONN_BODY;
	if (c->in.n >= c->length)
		return;
	quick_ack(c);
	if (head.expects) {
		if (cb_buf_add(&c->out, cb_span_str(BE_HTTP_GO_ON)) != CB_OK)
			be_conn_end(c);
		else
			flush(c);
	}
}

static void
take_body(struct be_conn *c)
{
	const size_t n = c->length;

	c->state = BE_CONN_WAITING;
	be_conn_deadline(c, c->door->limits.answer);
	if (c->state == BE_CONN_OVER)
		return;
	be_door_serve(c, cb_span_head(cb_buf_span(&c->in), n));
	if (c->state != BE_CONN_OVER && c->state != BE_CONN_LINGERING)
		cb_buf_consume(&c->in, n);
}

/* A large buffer keeps its room, and no budget counts it when its body is
 * done. */
static void
give_back(struct be_conn *c)
{
	struct cb_buf rest = CB_BUF_INIT_MAX(IN_MAX);

	if (c->in.n == 0)
		cb_buf_free(&c->in);
	else if (c->in.cap > KEPT_MAX && c->in.n < c->in.cap / 8 &&
		 cb_buf_add(&rest, cb_buf_span(&c->in)) == CB_OK)
		cb_buf_move(&c->in, &rest);
}

/* As far as what is here goes. */
static void
advance(struct be_conn *c)
{
	enum be_conn_state before;
	size_t had;

	c->advancing = true;
	do {
		before = c->state;
		had = c->in.n;
		if (c->state == BE_CONN_HEAD && c->in.n > 0)
			take_head(c);
		else if (c->state == BE_CONN_BODY && c->in.n >= c->length)
			take_body(c);
	} while (c->state != before || c->in.n != had);
	c->advancing = false;
	give_back(c);
	if (c->state == BE_CONN_WAITING && c->in.n > AHEAD_MAX)
		be_conn_end(c);
}

/* ---- reading ------------------------------------------------------------- */

static bool
reads(const struct be_conn *c)
{
	return c->state == BE_CONN_HEAD || c->state == BE_CONN_BODY ||
	       c->state == BE_CONN_WAITING;
}

static void
take_input(struct be_conn *c)
{
	struct be_door *door = c->door;
	enum be_tls_said said = BE_TLS_DONE;
	size_t n;

	for (int i = 0; i < READS_AT_ONCE && reads(c); i++) {
		said = be_tls_read(
		    c->tls, door->scratch, sizeof(door->scratch), &n);
		if (said != BE_TLS_DONE)
			break;
		if (cb_buf_add(&c->in, cb_span(door->scratch, n)) != CB_OK)
			said = BE_TLS_BROKEN;
		explicit_bzero(door->scratch, n);
		if (said != BE_TLS_DONE)
			break;
		advance(c);
		/* the system tells what else there is */
		if (!reads(c) || !be_tls_has_more(c->tls))
			return;
	}
	if (said == BE_TLS_WRITE)
		(void)event_add(&c->writing, NULL);
	else if (said == BE_TLS_END || said == BE_TLS_BROKEN)
		be_conn_end(c);
}

static void
drain(struct be_conn *c)
{
	struct be_door *door = c->door;
	ssize_t n = recv(c->fd, door->scratch, sizeof(door->scratch), 0);

	if (n > 0 && (c->lingered += (size_t)n) <= LINGER_MAX)
		return;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	be_conn_end(c);
}

/* ---- the handshake ------------------------------------------------------- */

static void
log_failed(struct be_conn *c, const char *what)
{
	struct sockaddr_in6 from = { 0 };
	socklen_t n = sizeof(from);
	char text[INET6_ADDRSTRLEN] = "?";

	if (!be_door_may_log(c->door, true))
		return;
	if (getpeername(c->fd, (struct sockaddr *)&from, &n) == 0)
		(void)inet_ntop(from.sin6_family,
		    from.sin6_family == AF_INET
			? (const void *)&((struct sockaddr_in *)&from)->sin_addr
			: (const void *)&from.sin6_addr,
		    text, sizeof(text));
	cb_log(CB_LOG_NOTICE, "door: a client at %s %s", text, what);
}

static void
meet(struct be_conn *c)
{
	struct cb_why why = { "" };
	enum cb_err r = be_tls_who(c->tls, &c->who, &why);

	if (r == CB_E_PEER || r == CB_E_NOMEM) {
		log_failed(c, "speaks TLS 1.2 without extended master secret");
		be_conn_end(c);
		return;
	}
	if (r != CB_OK)
		c->refusal = strdup(why.text);
	c->state = BE_CONN_HEAD;
	be_conn_deadline(c, c->door->limits.idle);
	if (c->state != BE_CONN_OVER)
		be_crowd_met(c->door, c);
}

static void
shake(struct be_conn *c)
{
	switch (be_tls_shake(c->tls)) {
	case BE_TLS_DONE:
		meet(c);
		break;
	case BE_TLS_READ:
		break;
	case BE_TLS_WRITE:
		(void)event_add(&c->writing, NULL);
		break;
	default:
		log_failed(c, "did not agree on TLS");
		be_conn_end(c);
		break;
	}
}

/* ---- events -------------------------------------------------------------- */

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct be_conn *c = arg;

	(void)fd;
	(void)what;
	if (c->state == BE_CONN_SHAKING)
		shake(c);
	if (c->state == BE_CONN_LINGERING)
		drain(c);
	else if (c->out.n > 0 && c->state != BE_CONN_OVER)
		flush(c);
	if (reads(c))
		take_input(c);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct be_conn *c = arg;
	const uint64_t now = be_door_tick();

	(void)fd;
	(void)what;
	c->armed = 0;
	if (c->due == 0)
		return;
	if (now < c->due) {
		arm(c, c->due - now);
		return;
	}
	c->due = 0;
	if (c->state == BE_CONN_WAITING) {
		be_door_serve_late(c);
		return;
	}
	if (c->state == BE_CONN_SHAKING)
		log_failed(c, "did not finish its TLS handshake in time");
	else if (c->begun && be_door_may_log(c->door, !c->who.known))
		cb_log(CB_LOG_NOTICE, "door: %s: too slow",
		    c->line[0] != '\0' ? c->line : "a request");
	else if (c->state == BE_CONN_HEAD)
		be_tls_bye(c->tls);
	be_conn_end(c);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A connection of the bridge: bytes in, frames out, deadlines. What came in
 * is wiped as soon as it was used, since any of it may hold a passcode.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "common/ct.h"

struct br_conn *
br_conn_new(struct br_server *srv, int fd, const struct br_cred *cred)
{
	struct br_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->srv = srv;
	c->fd = fd;
	c->cred = *cred;
	c->state = BR_CONN_NEW;
	br_inbox_init(&c->in);
	c->events = EPOLLIN;
	if (br_limits_add(srv, c) != CB_OK) {
		free(c);
		return NULL;
	}
	c->prev = srv->last;
	if (srv->last != NULL)
		srv->last->next = c;
	else
		srv->first = c;
	srv->last = c;
	return c;
}

void
br_conn_enter(struct br_conn *c)
{
	struct epoll_event ev = { .events = EPOLLIN };

	ev.data.ptr = c;
	c->events = EPOLLIN;
	if (epoll_ctl(c->srv->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
		br_conn_close(c);
}

void
br_conn_close(struct br_conn *c)
{
	struct epoll_event ev = { .events = 0 };
	struct br_server *srv = c->srv;

	if (c->fd < 0)
		return;
	br_inbox_clear(&c->in);
	cb_buf_free(&c->out);
	/* close alone would not, if a forked process had the socket too */
	(void)epoll_ctl(srv->epoll, EPOLL_CTL_DEL, c->fd, &ev);
	close(c->fd);
	c->fd = -1;
	if (c->tell)
		atomic_fetch_sub(&srv->tellers, 1);
	c->tell = false;
	br_limits_remove(srv, c);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		srv->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		srv->last = c->prev;
	/* this round of epoll may still speak of it */
	c->prev = NULL;
	c->next = srv->dead;
	srv->dead = c;
}

void
br_conn_bury(struct br_server *srv)
{
	struct br_conn *c;

	while ((c = srv->dead) != NULL) {
		srv->dead = c->next;
		cb_wipe(c, sizeof(*c));
		free(c);
	}
}

void
br_conn_watch(struct br_conn *c, uint32_t events)
{
	struct epoll_event ev = { .events = events };

	if (c->events == events)
		return;
	ev.data.ptr = c;
	c->events = events;
	if (epoll_ctl(c->srv->epoll, EPOLL_CTL_MOD, c->fd, &ev) != 0)
		br_conn_close(c);
}

void
br_conn_deadline(struct br_conn *c, uint64_t at)
{
	c->deadline = at;
	if (at != 0)
		br_server_by(c->srv, at);
}

enum cb_err
br_conn_whole(struct br_conn *c, struct br_header *h)
{
	enum cb_err r;

	if ((r = br_inbox_header(&c->in, BR_FROM_CLIENT, h)) != CB_OK)
		return r;
	/* a stranger gets no room for more than a greeting */
	if (c->state == BR_CONN_NEW && h->type != BR_HELLO)
		return CB_E_FORMAT;
	r = br_inbox_whole(&c->in, h);
	/* runs ahead; but the first may be told at once to give up, and the
	 * second, which has no reply, may come late */
	if (r == CB_OK && c->in.have > BR_HEADER_SIZE + h->length &&
	    h->type != BR_SHARE_CONNECT && h->type != BR_SHARE_ABORT)
		return CB_E_FORMAT;
	return r;
}

void
br_conn_flush(struct br_conn *c)
{
	ssize_t n;

	while (c->out.n > 0) {
		n = send(c->fd, c->out.p, c->out.n,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			cb_buf_consume(&c->out, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			/* not read by the client: nothing more is taken from
			 * it, and it has this long */
			if (c->deadline == 0)
				br_conn_deadline(c,
				    br_now_ms() + c->srv->set.exchange_ms);
			br_conn_watch(c, EPOLLOUT);
			return;
		}
		br_conn_close(c);
		return;
	}
	cb_buf_free(&c->out);
	if (c->state != BR_CONN_NEW)
		br_conn_deadline(c, 0);
	br_conn_watch(c, c->waiting != NULL ? 0 : EPOLLIN);
	if (c->fd >= 0 && c->dirty)
		br_serve_state(c);
}

void
br_conn_send(struct br_conn *c, struct cb_buf *frame)
{
	enum cb_err r = CB_OK;

	if (c->fd < 0)
		goto out;
	if (c->out.n > 0)
		r = cb_buf_add(&c->out, cb_buf_span(frame));
	else
		cb_buf_move(&c->out, frame);
	if (r != CB_OK)
		br_conn_close(c);
	else
		br_conn_flush(c);
out:
	cb_buf_free(frame);
}

void
br_conn_error(struct br_conn *c, enum cb_err e, const char *words)
{
	struct cb_buf frame = CB_BUF_INIT;

	if (br_put_error(&frame, c->seq, e, words) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

void
br_conn_done(struct br_conn *c)
{
	struct cb_buf frame = CB_BUF_INIT;

	if (br_put_plain(&frame, c->seq, BR_DONE, CB_SPAN_EMPTY) != CB_OK)
		br_conn_close(c);
	else
		br_conn_send(c, &frame);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thin end of the local wire for programs that share a card: handles,
 * the list of readers, and waiting for it to change.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge/client_io.h"
#include "bridge/sock.h"

/* As many readers as a bridge may have, and some. */
#define LIST_MAX 8192

/* ---- handles ----------------------------------------------------------- */

/* Takes a reply apart that must be SHARED. */
static enum cb_err
take_shared(struct br_client *c, enum cb_err r, struct cb_span body,
    struct br_shared *s)
{
	memset(s, 0, sizeof(*s));
	if (r == CB_OK && br_get_shared(s, body) != CB_OK) {
		c->broken = true;
		r = CB_E_PEER;
	}
	br_inbox_clear(&c->in);
	return r;
}

static enum cb_err
ask(struct br_client *c, uint16_t type, struct cb_span request,
    struct br_shared *s)
{
	struct cb_span body;
	uint16_t got;
	enum cb_err r;

	r = br_io_wait(
	    c, type, request, CB_SPAN_EMPTY, BR_SHARED, &got, &body);
	return take_shared(c, r, body, s);
}

static enum cb_err
ask_wish(struct br_client *c, uint16_t type, const struct br_share_wish *w,
    struct br_shared *s)
{
	struct cb_buf body = CB_BUF_INIT;
	enum cb_err r;

	memset(s, 0, sizeof(*s));
	if ((r = br_put_wish(&body, type, w)) == CB_OK)
		r = ask(c, type, cb_buf_span(&body), s);
	cb_buf_free(&body);
	return r;
}

enum cb_err
br_share_connect(struct br_client *c, const char *name,
    enum br_share_mode mode, uint8_t protocols, struct br_shared *s)
{
	struct br_share_wish w = { .mode = mode, .protocols = protocols };
	size_t n = strlen(name);

	memset(s, 0, sizeof(*s));
	if (n >= sizeof(w.name))
		return CB_E_ABSENT;
	memcpy(w.name, name, n + 1);
	return ask_wish(c, BR_SHARE_CONNECT, &w, s);
}

enum cb_err
br_share_reconnect(struct br_client *c, enum br_share_mode mode,
    uint8_t protocols, enum br_disposition first, struct br_shared *s)
{
	const struct br_share_wish w = {
		.mode = mode,
		.protocols = protocols,
		.first = first,
	};

	return ask_wish(c, BR_SHARE_RECONNECT, &w, s);
}

enum cb_err
br_share_disconnect(
    struct br_client *c, enum br_disposition d, struct br_shared *s)
{
	const uint8_t v = (uint8_t)d;

	return ask(c, BR_SHARE_DISCONNECT, cb_span(&v, 1), s);
}

enum cb_err
br_share_begin(struct br_client *c, struct br_shared *s)
{
	return ask(c, BR_SHARE_BEGIN, CB_SPAN_EMPTY, s);
}

enum cb_err
br_share_end(struct br_client *c, enum br_disposition d, struct br_shared *s)
{
	const uint8_t v = (uint8_t)d;

	return ask(c, BR_SHARE_END, cb_span(&v, 1), s);
}

enum cb_err
br_share_status(struct br_client *c, bool wait, struct br_shared *s)
{
	const uint8_t v = wait ? 1 : 0;

	return ask(c, BR_SHARE_STATUS, cb_span(&v, 1), s);
}

enum cb_err
br_share_transmit(struct br_client *c, uint8_t protocol, struct cb_span cmd,
    struct cb_buf *rsp, struct br_shared *s)
{
	struct cb_span body;
	uint16_t got;
	enum cb_err r;

	cb_buf_clear(rsp);
	memset(s, 0, sizeof(*s));
	r = br_io_wait(c, BR_SHARE_TRANSMIT, cb_span(&protocol, 1), cmd,
	    BR_ANSWER, &got, &body);
	if (got == BR_SHARED) {
		r = take_shared(c, r, body, s);
		/* it is the reason why there is no answer */
		if (r != CB_OK || s->outcome != BR_SHARE_OK)
			return r;
		c->broken = true;
		return CB_E_PEER;
	}
	if (r == CB_OK)
		r = cb_buf_set(rsp, body);
	br_inbox_clear(&c->in);
	return r;
}

void
br_share_abort(struct br_client *c)
{
	uint16_t seq = atomic_load(&c->waiting);
	uint8_t raw[BR_HEADER_SIZE + 2];

	if (seq == 0)
		return;
	br_header_put(raw, BR_SHARE_ABORT, seq, 2);
	raw[BR_HEADER_SIZE] = (uint8_t)(seq >> 8);
	raw[BR_HEADER_SIZE + 1] = (uint8_t)seq;
	if (cb_fd_is(c->fd, &c->id))
		(void)send(c->fd, raw, sizeof(raw),
		    MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- the list of readers ----------------------------------------------- */

/* One frame of it behind what is in *list already. */
static enum cb_err
take_listed(struct cb_span body, struct br_listed **list, size_t *count,
    uint32_t *comings, bool *more)
{
	struct br_listed one, *p;
	enum cb_err r;

	r = br_get_listed_head(comings, more, &body);
	while (r == CB_OK && body.n > 0) {
		if ((r = br_get_listed(&one, &body)) != CB_OK)
			break;
		/* in order, so that the next question goes on behind it */
		if (*count >= LIST_MAX || (*count > 0 &&
			one.number <= (*list)[*count - 1].number))
			return CB_E_FORMAT;
		p = reallocarray(*list, *count + 1, sizeof(one));
		if (p == NULL)
			return CB_E_NOMEM;
		*list = p;
		p[(*count)++] = one;
	}
	/* a frame that brings nothing does not say that there is more */
	return r == CB_OK && *more && *count == 0 ? CB_E_FORMAT : r;
}

enum cb_err
br_list(struct br_client *c, bool tell, struct br_listed **list,
    size_t *count, uint32_t *comings)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_span body;
	struct br_header h;
	uint32_t after = 0;
	size_t before;
	bool more = true;
	enum cb_err r = CB_OK;

	*list = NULL;
	*count = 0;
	*comings = 0;
	while (r == CB_OK && more) {
		before = *count;
		cb_buf_clear(&frame);
		r = br_put_list(&frame, br_io_seq(c), after, tell);
		if (r == CB_OK)
			r = br_io_call_frame(c, &frame, BR_LISTED, &body, NULL);
		/* told before the first piece, it is seen in all of them */
		if (after == 0)
			c->changed = false;
		if (r == CB_OK) {
			r = take_listed(body, list, count, comings, &more);
			if (r == CB_OK && more && *count == before)
				r = CB_E_FORMAT;
			if (r == CB_E_FORMAT || r == CB_E_SHORT) {
				c->broken = true;
				r = CB_E_PEER;
			}
		}
		/* an event may stand behind it */
		if (r == CB_OK && br_inbox_header(&c->in, BR_FROM_BRIDGE,
			&h) == CB_OK)
			br_inbox_drop(&c->in, &h);
		else
			br_inbox_clear(&c->in);
		if (r == CB_OK && more)
			after = (*list)[*count - 1].number;
	}
	cb_buf_free(&frame);
	if (r != CB_OK) {
		free(*list);
		*list = NULL;
		*count = 0;
	}
	return r;
}

enum cb_err
br_list_wait(struct br_client *c, uint64_t deadline, int cancel)
{
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = POLLIN },
		{ .fd = cancel, .events = POLLIN },
	};
	struct br_header h;
	struct cb_span body;
	uint64_t now;
	int n;
	enum cb_err r;

	/* told between the pieces of the list */
	if (c->changed) {
		c->changed = false;
		return CB_OK;
	}
	for (;;) {
		r = br_io_take(c, &h, &body);
		if (r == CB_OK) {
			if (h.type != BR_CHANGED || h.seq != 0) {
				c->broken = true;
				return CB_E_PEER;
			}
			br_inbox_drop(&c->in, &h);
			return CB_OK;
		}
		if (r != CB_E_ABSENT)
			return r;
		now = br_now_ms();
		if (now >= deadline)
			return CB_E_TIMEOUT;
		/* in pieces: poll takes no longer time */
		n = poll(p, 2, deadline - now > 3600000 ? 3600000 :
				       (int)(deadline - now));
		if (n < 0 && errno != EINTR)
			return CB_E_INTERNAL;
		if (n > 0 && p[1].revents != 0)
			return CB_E_BUSY;
	}
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Sending, receiving and deadlines of the thin end. The usual exchange is two
 * system calls: one sendmsg, one recv that brings the whole answer; the
 * socket's own timeout is the deadline of silence. Whatever needs more goes
 * through poll with what is left of the time.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge/client_io.h"
#include "bridge/sock.h"

#define BR_WAIT_HEAD_MAX 48

/* The connection is over; says why once. The bridge is told at once: what was
 * asked of it, a lock for one, is wanted no more, and nobody may know when
 * this end is closed. */
static enum cb_err
fail(struct br_client *c, enum cb_err e, struct cb_why *why)
{
	if (!c->broken && cb_fd_is(c->fd, &c->id))
		(void)shutdown(c->fd, SHUT_RDWR);
	c->broken = true;
	switch (e) {
	case CB_E_TIMEOUT:
		cb_why_set(why, "The bridge has not answered in time.");
		break;
	case CB_E_PEER:
		cb_why_set(why, "The connection to the bridge was lost.");
		break;
	default:
		cb_why_set(why, "The bridge sent something that does not "
		    "belong there: %s.", cb_err_text(e));
		e = CB_E_PEER;
		break;
	}
	return e;
}

enum cb_err
br_io_adopt(struct br_client *c, int fd)
{
	c->fd = fd;
	return cb_fd_id_get(&c->id, fd);
}

/* Whoever closed the descriptor has ended the connection, too. Looked at in
 * each call, for a twentieth of the shortest one (on one core; nothing that can
 * be measured on two): what is sent may be a passcode, and a program can close
 * all its files and open others between any two calls. No system call that
 * tells one socket from another costs less than fstat. */
static bool
usable(struct br_client *c)
{
	if (!c->broken && !cb_fd_is(c->fd, &c->id))
		c->broken = true;
	return !c->broken;
}

/* CB_OK: a whole frame is at the front. CB_E_SHORT: not yet. */
static enum cb_err
whole(struct br_client *c, struct br_header *h)
{
	enum cb_err r;

	if ((r = br_inbox_header(&c->in, BR_FROM_BRIDGE, h)) != CB_OK)
		return r == CB_E_SHORT ? r : CB_E_FORMAT;
	return br_inbox_whole(&c->in, h);
}

/* Waits for a whole frame. The first recv may block by the socket's own
 * timeout, which ends somewhat before exchange_ms; after that the clock
 * decides, so that a peer that sends single bytes gains nothing. */
static enum cb_err
await(struct br_client *c, struct br_header *h, uint64_t deadline)
{
	bool first = true;
	enum cb_err r;

	for (;;) {
		if ((r = whole(c, h)) != CB_E_SHORT)
			return r;
		if (!first) {
			r = br_sock_wait(c->fd, POLLIN, deadline);
			if (r != CB_OK)
				return r;
		}
		r = br_inbox_receive(&c->in, c->fd, first ? 0 : MSG_DONTWAIT);
		if (r == CB_E_TIMEOUT)	/* early, or woken for nothing */
			r = CB_OK;
		if (r != CB_OK && r != CB_E_SHORT)
			return r;
		first = false;
	}
}

/* What a call wants to hear. */
struct wanted {
	uint16_t type;
	uint16_t or_type;	/* or this; 0: nothing else */
	bool events;		/* may stand around it */
	bool endless;		/* silence is limited, the time in all not */
};

/* Something that may come before a reply: signs of life, an event that was on
 * its way. CB_OK: it was that. */
static enum cb_err
pass_over(struct br_client *c, const struct br_header *h, uint16_t seq,
    const struct wanted *w)
{
	bool life = h->type == BR_WORKING && h->seq == seq;

	if (!life && !(w->events && h->type == BR_CHANGED && h->seq == 0))
		return CB_E_FORMAT;
	c->changed = c->changed || !life;
	br_inbox_drop(&c->in, h);
	return CB_OK;
}

static enum cb_err
reply(struct br_client *c, uint16_t seq, const struct wanted *w,
    uint16_t *got, struct cb_span *body, struct cb_why *why)
{
	uint64_t start = br_now_ms(), now = start, deadline;
	struct br_header h;
	enum cb_err r, told;

	for (;;) {
		deadline = now + c->exchange_ms;
		if (!w->endless && deadline > start + c->long_ms)
			deadline = start + c->long_ms;
		if ((r = await(c, &h, deadline)) != CB_OK)
			return fail(c, r, why);
		if (h.type != BR_WORKING && h.type != BR_CHANGED)
			break;
		if ((r = pass_over(c, &h, seq, w)) != CB_OK)
			return fail(c, r, why);
		now = br_now_ms();
		if (!w->endless && now - start >= c->long_ms)
			return fail(c, CB_E_TIMEOUT, why);
	}
	/* one reply to one request; only events may stand behind it */
	if (h.seq != seq ||
	    (!w->events && c->in.have != BR_HEADER_SIZE + h.length))
		return fail(c, CB_E_FORMAT, why);
	*body = br_inbox_body(&c->in, &h);
	*got = h.type;
	if (h.type == w->type || (w->or_type != 0 && h.type == w->or_type))
		return CB_OK;
	if (h.type != BR_ERROR)
		return fail(c, CB_E_FORMAT, why);
	if ((r = br_get_error(&told, why, *body)) != CB_OK)
		return fail(c, r, why);
	*body = CB_SPAN_EMPTY;
	return told;
}

uint16_t
br_io_seq(struct br_client *c)
{
	if (++c->seq == 0)	/* 0 belongs to events */
		c->seq = 1;
	return c->seq;
}

static enum cb_err
call(struct br_client *c, uint16_t seq, struct cb_span head,
    struct cb_span tail, const struct wanted *w, uint16_t *got,
    struct cb_span *body, struct cb_why *why)
{
	enum cb_err r;

	*body = CB_SPAN_EMPTY;
	if (!usable(c))
		return fail(c, CB_E_PEER, why);
	if (c->watching || (c->in.have != 0 && !w->events))
		return CB_E_ARG;
	r = br_sock_send(c->fd, head, tail, c->exchange_ms);
	if (r != CB_OK)
		return fail(c, r, why);
	/* not before: what aborts it must stand behind all of it */
	if (w->endless)
		atomic_store(&c->waiting, seq);
	return reply(c, seq, w, got, body, why);
}

enum cb_err
br_io_call(struct br_client *c, uint16_t type, struct cb_span request,
    uint16_t want, struct cb_span *body, struct cb_why *why)
{
	const struct wanted w = { .type = want };
	uint8_t header[BR_HEADER_SIZE];
	uint16_t got, seq = br_io_seq(c);

	*body = CB_SPAN_EMPTY;
	if (request.n > BR_BODY_MAX)
		return CB_E_LIMIT;
	br_header_put(header, type, seq, (uint32_t)request.n);
	return call(
	    c, seq, CB_SPAN_OF(header), request, &w, &got, body, why);
}

enum cb_err
br_io_call_frame(struct br_client *c, const struct cb_buf *frame,
    uint16_t want, struct cb_span *body, struct cb_why *why)
{
	const struct wanted w = {
		.type = want,
		.events = want == BR_WATCHING || want == BR_LISTED,
	};
	uint16_t got;

	return call(c, c->seq, cb_buf_span(frame), CB_SPAN_EMPTY, &w, &got,
	    body, why);
}

enum cb_err
br_io_wait(struct br_client *c, uint16_t type, struct cb_span head,
    struct cb_span tail, uint16_t want, uint16_t *got, struct cb_span *body)
{
	const struct wanted w = {
		.type = want,
		.or_type = BR_SHARED,
		.endless = true,
	};
	uint8_t front[BR_HEADER_SIZE + BR_WAIT_HEAD_MAX];
	uint16_t seq = br_io_seq(c);
	enum cb_err r;

	*body = CB_SPAN_EMPTY;
	*got = 0;
	if (head.n > BR_WAIT_HEAD_MAX || head.n + tail.n > BR_BODY_MAX)
		return CB_E_LIMIT;
	br_header_put(front, type, seq, (uint32_t)(head.n + tail.n));
	if (head.n > 0)
		memcpy(front + BR_HEADER_SIZE, head.p, head.n);
	r = call(c, seq, cb_span(front, BR_HEADER_SIZE + head.n), tail, &w,
	    got, body, NULL);
	atomic_store(&c->waiting, 0);
	return r;
}

enum cb_err
br_io_take(struct br_client *c, struct br_header *h, struct cb_span *body)
{
	enum cb_err r;

	*body = CB_SPAN_EMPTY;
	if (!usable(c))
		return CB_E_PEER;
	if ((r = whole(c, h)) == CB_E_SHORT) {
		r = br_inbox_receive(&c->in, c->fd, MSG_DONTWAIT);
		if (r == CB_E_TIMEOUT || r == CB_E_SHORT)
			return CB_E_ABSENT;
		if (r == CB_OK && (r = whole(c, h)) == CB_E_SHORT)
			return CB_E_ABSENT;
	}
	if (r != CB_OK)
		return fail(c, r, NULL);
	*body = br_inbox_body(&c->in, h);
	return CB_OK;
}

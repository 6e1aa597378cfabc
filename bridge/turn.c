/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A session that shares a card waits for its turn: until the arbiter lets it
 * in, or its client gives up or is gone.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include "bridge/loop.h"
#include "bridge/sock.h"

/* At this time; one that is over is now. */
static void
later(struct br_handle *h, uint64_t at)
{
	struct br_session *s = (struct br_session *)(void *)((char *)h -
	    offsetof(struct br_session, handle));
	const struct itimerspec when = { .it_value = {
		.tv_sec = (time_t)(at / 1000000000),
		.tv_nsec = (long)(at % 1000000000),
	} };

	(void)timerfd_settime(s->woken, TFD_TIMER_ABSTIME, &when, NULL);
}

static void
wake(struct br_handle *h)
{
	later(h, 1);
}

/* What `woken` has told, or may still tell, is no news. */
static void
calm(struct br_session *s)
{
	const struct itimerspec never = { .it_value = { .tv_sec = 0 } };

	(void)timerfd_settime(s->woken, 0, &never, NULL);
}

/* Did it come together with the request? */
static size_t
behind(const struct br_session *s)
{
	return s->conn->in.have - s->in_hand;
}

/* What came while a call waits: an ABORT of it ends the wait, one of an
 * earlier call came too late. CB_E_PEER: the end of the connection, or
 * something that does not belong here. */
static enum cb_err
on_word(struct br_session *s, bool *abort)
{
	uint8_t raw[BR_HEADER_SIZE + 2];
	size_t n = behind(s) < sizeof(raw) ? behind(s) : sizeof(raw);
	struct br_header h;
	ssize_t more;

	*abort = false;
	br_inbox_cut(&s->conn->in, s->in_hand, n, raw);
	if (n < sizeof(raw)) {
		more = recv(
		    s->conn->fd, raw + n, sizeof(raw) - n, MSG_DONTWAIT);
		if (n == 0 && more < 0 && (errno == EAGAIN || errno == EINTR))
			return CB_OK;
		/* so few bytes are sent in one piece */
		if (more != (ssize_t)(sizeof(raw) - n))
			return CB_E_PEER;
	}
	if (br_header_get(&h, raw, BR_FROM_CLIENT) != CB_OK ||
	    h.type != BR_SHARE_ABORT)
		return CB_E_PEER;
	*abort = (raw[BR_HEADER_SIZE] << 8 | raw[BR_HEADER_SIZE + 1]) ==
	    s->conn->seq;
	return CB_OK;
}

/* Gives up waiting; false: it was let in meanwhile. */
static bool
give_up(struct br_session *s)
{
	struct br_reader *rd = s->rd;
	bool waits;

	pthread_mutex_lock(&rd->lock);
	waits = s->handle.asks != BR_ASK_NONE;
	br_arb_leave(&rd->arb, &s->handle);
	if (waits)
		calm(s);
	pthread_mutex_unlock(&rd->lock);
	return waits;
}

/* False: what it would wait for was answered, as the card was taken out. */
static bool
set_queued(struct br_session *s, bool queued)
{
	bool good;

	pthread_mutex_lock(&s->lock);
	good = !queued || s->busy == 0 || !s->answered;
	if (good)
		s->queued = queued;
	pthread_mutex_unlock(&s->lock);
	return good;
}

/* Was it let in? Else the time has come to look who may be. */
static bool
is_in(struct br_session *s)
{
	struct br_reader *rd = s->rd;
	bool in = true;

	pthread_mutex_lock(&rd->lock);
	calm(s);
	if (s->handle.asks != BR_ASK_NONE) {
		br_arb_due(&rd->arb, br_now_ns());
		in = s->handle.asks == BR_ASK_NONE;
		if (in)
			calm(s);
	}
	pthread_mutex_unlock(&rd->lock);
	return in;
}

/* BR_SHARE_OK: let in. CANCELLED: not, by the client's wish or because it is
 * gone (s->closed). */
static enum br_outcome
await_turn(struct br_session *s)
{
	struct pollfd p[2] = {
		{ .fd = s->woken, .events = POLLIN },
		{ .fd = s->conn->fd, .events = POLLIN | POLLRDHUP },
	};
	bool abort = false;

	for (;;) {
		if (poll(p, 2, behind(s) > 0 ? 0 : -1) < 0 && errno != EINTR)
			s->closed = true;
		else if ((p[0].revents & POLLIN) != 0 && is_in(s))
			return BR_SHARE_OK;
		else if ((p[1].revents != 0 || behind(s) > 0) &&
		    on_word(s, &abort) != CB_OK)
			s->closed = true;
		if (!abort && !s->closed)
			continue;
		if (give_up(s))
			return BR_SHARE_CANCELLED;
		/* let in just now: what was wished for is done, and a client
		 * that is gone is seen at the next read */
		abort = false;
	}
}

/* Inside, as `what`; else the outcome says why not. */
static enum br_outcome
enter(struct br_session *s, enum br_ask what)
{
	struct br_reader *rd = s->rd;
	enum br_outcome out = BR_SHARE_OK;
	bool in;

	pthread_mutex_lock(&rd->lock);
	if (s->woken < 0 &&
	    !br_arb_free(&rd->arb, &s->handle, what, br_now_ns())) {
		/* most handles never wait */
		pthread_mutex_unlock(&rd->lock);
		s->woken = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		if (s->woken < 0) {
			s->closed = true;
			return BR_SHARE_CANCELLED;
		}
		pthread_mutex_lock(&rd->lock);
	}
	in = br_arb_ask(&rd->arb, &s->handle, what, br_now_ns());
	pthread_mutex_unlock(&rd->lock);
	if (in)
		return BR_SHARE_OK;
	if (!set_queued(s, true))
		return give_up(s) ? BR_SHARE_CANCELLED : BR_SHARE_OK;
	(void)br_session_busy(s, true);
	out = await_turn(s);
	(void)br_session_busy(s, false);
	(void)set_queued(s, false);
	return out;
}

/* Has the client given up what it is about to be told? */
static bool
hung_up(const struct br_session *s)
{
	struct pollfd p = { .fd = s->conn->fd, .events = POLLRDHUP };

	return poll(&p, 1, 0) > 0;
}

/* It is as if it had never had the lock. */
static void
undo(struct br_session *s)
{
	struct br_reader *rd = s->rd;

	pthread_mutex_lock(&rd->lock);
	br_arb_left(&rd->arb, &s->handle);
	if (br_arb_owns(&rd->arb, &s->handle))
		br_arb_end(&rd->arb, &s->handle, br_now_ns());
	pthread_mutex_unlock(&rd->lock);
}

enum br_outcome
br_turn_enter(struct br_session *s, enum br_ask what)
{
	enum br_outcome out = enter(s, what);

	/* whoever ends with a lock leaves the card reset for all */
	if (out != BR_SHARE_OK || what != BR_ASK_LOCK || !hung_up(s))
		return out;
	undo(s);
	s->closed = true;
	return BR_SHARE_CANCELLED;
}

void
br_turn_leave(struct br_session *s)
{
	pthread_mutex_lock(&s->rd->lock);
	br_arb_left(&s->rd->arb, &s->handle);
	pthread_mutex_unlock(&s->rd->lock);
}

void
br_turn_init(struct br_session *s)
{
	s->handle.wake = wake;
	s->handle.later = later;
}

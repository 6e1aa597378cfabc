/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thread of a connection that has a card, for itself (powered.c) or with
 * others (shared.c). It serves that connection with blocking reads: an
 * exchange is one recv, the card, one sendmsg, and wakes nobody else. When it
 * is over the connection goes back to the loop.
 *
 * Signs of life come from the loop (br_session_pulse), so that they stop when
 * the whole process is stopped, and only then.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "bridge/trace.h"
#include "common/ct.h"
#include "common/log.h"

/* A timeout later than wanted by no more than this is left as it is. */
#define SLACK_MS 50
#define TICK_MIN_MS 10
/* How long a thread stays with a connection that has given its card back:
 * programs that connect and disconnect at every turn wake nobody else, and
 * whoever hangs up at once is not handed over before. */
#define LINGER_MS 10

/* ---- replies ----------------------------------------------------------- */

bool
br_session_reply(struct br_session *s, uint16_t type, struct cb_span body)
{
	uint8_t header[BR_HEADER_SIZE];

	br_header_put(header, type, s->conn->seq, (uint32_t)body.n);
	if (br_sock_send(s->conn->fd, CB_SPAN_OF(header), body,
		s->srv->set.exchange_ms) == CB_OK)
		return true;
	s->closed = true;
	return false;
}

bool
br_session_reply_frame(struct br_session *s, enum cb_err r,
    struct cb_buf *frame)
{
	if (r == CB_OK)
		r = br_sock_send(s->conn->fd, cb_buf_span(frame),
		    CB_SPAN_EMPTY, s->srv->set.exchange_ms);
	cb_buf_free(frame);
	if (r != CB_OK)
		s->closed = true;
	return r == CB_OK;
}

bool
br_session_error(struct br_session *s, enum cb_err e, const char *words)
{
	struct cb_buf frame = CB_BUF_INIT;

	return br_session_reply_frame(
	    s, br_put_error(&frame, s->conn->seq, e, words), &frame);
}

bool
br_session_busy(struct br_session *s, bool now)
{
	bool answered;

	pthread_mutex_lock(&s->lock);
	if (now && s->busy++ == 0) {
		s->busy_since = br_now_ms();
		s->busy_seq = s->conn->seq;
		s->answered = false;
	} else if (!now && --s->busy == 0) {
		s->busy_since = 0;
	}
	s->count++;
	answered = s->answered;
	pthread_mutex_unlock(&s->lock);
	if (now)
		br_server_pulse(s->srv);
	return !answered;
}

/* ---- the card ---------------------------------------------------------- */

/* With rd->card held. CB_E_ABSENT: it was taken away. */
static enum cb_err
have_card(struct br_session *s)
{
	if (atomic_load(&s->lost) || s->rd->link == NULL)
		return CB_E_ABSENT;
	return CB_OK;
}

static void
note_deadline(struct br_session *s)
{
	const struct br_link *l = s->rd->link;

	s->tick_at = have_card(s) == CB_OK ? l->ops->deadline(l) : UINT64_MAX;
}

void
br_session_power_off_held(struct br_session *s)
{
	struct br_reader *rd = s->rd;
	struct br_link_info info;

	if (have_card(s) == CB_OK) {
		br_trace_power(rd, s->conn->cred.pid, "power off");
		if (rd->link->ops->power(rd->link, BR_POWER_OFF, &info,
			NULL) != CB_OK)
			br_reader_close(rd);
	}
	s->tick_at = UINT64_MAX;
}

void
br_session_power_off(struct br_session *s)
{
	pthread_mutex_lock(&s->rd->card);
	br_session_power_off_held(s);
	pthread_mutex_unlock(&s->rd->card);
}

enum cb_err
br_session_power_on_held(
    struct br_session *s, enum br_power what, struct cb_why *why)
{
	struct br_reader *rd = s->rd;
	struct br_link_info info;
	struct cb_why words = { "" };
	enum cb_err r = CB_E_ABSENT;

	memset(&info, 0, sizeof(info));
	if (!atomic_load(&s->lost) &&
	    (r = br_reader_open(rd, &words)) == CB_OK &&
	    (r = rd->link->ops->power(rd->link, what, &info, &words)) !=
		CB_OK && rd->link->ops->watch == NULL)
		br_reader_spoil(rd, r, words.text);
	note_deadline(s);
	if (atomic_load(&s->lost))
		return CB_E_ABSENT;
	cb_why_set(why, "%s", words.text);
	if (r != CB_OK)
		return r;
	br_reader_learn(rd, &info);
	br_trace_power(rd, s->conn->cred.pid,
	    what == BR_POWER_RESET ? "reset" : "power on");
	return CB_OK;
}

enum cb_err
br_session_power_on(
    struct br_session *s, enum br_power what, struct cb_why *why)
{
	enum cb_err r;

	pthread_mutex_lock(&s->rd->card);
	r = br_session_power_on_held(s, what, why);
	pthread_mutex_unlock(&s->rd->card);
	return r;
}

enum cb_err
br_session_protocol(struct br_session *s, unsigned t)
{
	struct br_reader *rd = s->rd;
	enum cb_err r;

	pthread_mutex_lock(&rd->card);
	if ((r = have_card(s)) == CB_OK)
		r = br_reader_protocol(rd, s->conn->cred.pid, t);
	pthread_mutex_unlock(&rd->card);
	return r;
}

enum cb_err
br_session_transmit_held(struct br_session *s, struct cb_span cmd)
{
	struct br_reader *rd = s->rd;
	enum cb_err r;

	if ((r = have_card(s)) == CB_OK) {
		br_trace_command(rd, s->conn->cred.pid, cmd);
		r = rd->link->ops->transmit(rd->link, cmd, &s->rsp);
		br_trace_answer(rd, s->conn->cred.pid, r == CB_OK ?
			cb_buf_span(&s->rsp) : CB_SPAN_EMPTY);
		if (r == CB_OK)
			br_reader_count(rd, cmd);
	}
	if (r == CB_OK && s->rsp.n >= 2 && cb_log_on(CB_LOG_DEBUG))
		cb_log_apdu(rd->name, cmd,
		    (uint16_t)(s->rsp.p[s->rsp.n - 2] << 8 |
			s->rsp.p[s->rsp.n - 1]));
	note_deadline(s);
	/* a card pulled out has not answered */
	if (atomic_load(&s->lost))
		return CB_E_ABSENT;
	return r == CB_OK && s->rsp.n < 2 ? CB_E_INTERNAL : r;
}

enum cb_err
br_session_transmit(struct br_session *s, struct cb_span cmd)
{
	enum cb_err r;

	pthread_mutex_lock(&s->rd->card);
	r = br_session_transmit_held(s, cmd);
	pthread_mutex_unlock(&s->rd->card);
	return r;
}

/* ---- waiting for them -------------------------------------------------- */

/* Lets recv return when the card wants a tick. Usually nothing is to be done:
 * the timeout counts from each recv, as an idle time does. */
static void
set_timeout(struct br_session *s, bool exactly)
{
	uint64_t now, want = 0;
	struct timeval tv;

	if (s->tick_at == UINT64_MAX && s->timeout_ms == 0)
		return;
	if (s->tick_at != UINT64_MAX) {
		now = br_now_ms();
		want = s->tick_at > now ? s->tick_at - now : 0;
		if (want < TICK_MIN_MS)
			want = TICK_MIN_MS;
		if (want > 3600000)
			want = 3600000;
		if (!exactly && s->timeout_ms != 0 &&
		    want + SLACK_MS >= s->timeout_ms)
			return;
	}
	tv.tv_sec = (time_t)(want / 1000);
	tv.tv_usec = (suseconds_t)(want % 1000) * 1000;
	if (setsockopt(s->conn->fd, SOL_SOCKET, SO_RCVTIMEO, &tv,
		sizeof(tv)) == 0)
		s->timeout_ms = (unsigned)want;
}

static void
tick(struct br_session *s)
{
	struct br_reader *rd = s->rd;

	pthread_mutex_lock(&rd->card);
	if (have_card(s) == CB_OK && br_now_ms() >= s->tick_at)
		rd->link->ops->tick(rd->link);
	note_deadline(s);
	pthread_mutex_unlock(&rd->card);
	set_timeout(s, true);
}

/* A whole request, if it is there. Only where it may be told to give up may a
 * client send more before it has its reply. */
static enum cb_err
arrived(struct br_session *s, struct br_header *h)
{
	struct br_conn *c = s->conn;
	enum cb_err r;

	if (!s->kind->shared)
		return br_conn_whole(c, h);
	if ((r = br_inbox_header(&c->in, BR_FROM_CLIENT, h)) != CB_OK)
		return r;
	return br_inbox_whole(&c->in, h);
}

/* Waits for a whole request: between two of them without end, within one by
 * the deadline of an exchange. CB_E_ABSENT: the card was taken away. */
static enum cb_err
await(struct br_session *s, struct br_header *h)
{
	struct br_conn *c = s->conn;
	uint64_t deadline = 0;
	enum cb_err r;

	for (;;) {
		if (atomic_load(&s->lost))
			return CB_E_ABSENT;
		if ((r = arrived(s, h)) != CB_E_SHORT)
			return r;
		if (c->in.have == 0) {
			set_timeout(s, false);
			/* pcscd on this core reads the answer before we
			 * block: its read would wake a blocked recv for
			 * nothing (4 us of an exchange of 23). A program that
			 * speaks to us itself answers so soon that the yield
			 * costs more than that (2 us of 12). */
			if (!s->kind->shared)
				sched_yield();
			r = br_inbox_receive(&c->in, c->fd, 0);
			if (r == CB_E_TIMEOUT) {
				tick(s);
				continue;
			}
		} else {
			if (deadline == 0)
				deadline = br_now_ms() +
				    s->srv->set.exchange_ms;
			r = br_sock_wait(c->fd, POLLIN, deadline);
			if (r != CB_OK)
				return r;
			r = br_inbox_receive(&c->in, c->fd, MSG_DONTWAIT);
			if (r == CB_E_TIMEOUT)
				r = CB_E_SHORT;
		}
		if (r != CB_OK && r != CB_E_SHORT)
			return r;
	}
}

/* Whatever a request held may have been a passcode. */
static void
drop(struct br_session *s, const struct br_header *h)
{
	struct br_inbox *in = &s->conn->in;

	if (in->have == BR_HEADER_SIZE + h->length)
		br_inbox_clear(in);
	else
		br_inbox_drop(in, h);
	s->in_hand = 0;
}

static bool
serve(struct br_session *s)
{
	const struct br_session_kind *k = s->kind;
	struct br_header h;
	size_t i;
	bool on;
	enum cb_err r;

	if ((r = await(s, &h)) != CB_OK) {
		s->closed = r != CB_E_ABSENT;
		return false;
	}
	s->conn->seq = h.seq;
	s->in_hand = BR_HEADER_SIZE + h.length;
	for (i = 0; i < k->requests_n; i++)
		if (k->requests[i].type == h.type && h.seq != 0)
			break;
	if (i == k->requests_n) {
		s->closed = true;
		return false;
	}
	on = k->requests[i].run(s, br_inbox_body(&s->conn->in, &h));
	drop(s, &h);
	return on;
}

/* Waits a moment for a request. CB_E_TIMEOUT: none came, or not all of it. */
static enum cb_err
linger(struct br_session *s, struct br_header *h)
{
	struct br_conn *c = s->conn;
	uint64_t deadline = br_now_ms() + LINGER_MS;
	enum cb_err r;

	sched_yield();		/* as in await */
	while ((r = arrived(s, h)) == CB_E_SHORT) {
		r = br_inbox_receive(&c->in, c->fd, MSG_DONTWAIT);
		if (r == CB_E_TIMEOUT)
			r = br_sock_wait(c->fd, POLLIN, deadline);
		if (r != CB_OK && r != CB_E_SHORT)
			break;
	}
	return r;
}

/* The card was given back. True: it was asked for again, and the session goes
 * on. Anything else is for the loop. */
static bool
goes_on(struct br_session *s)
{
	const struct br_session_kind *k = s->kind;
	struct br_header h;
	enum cb_err r;

	if (k->again == NULL || s->closed)
		return false;
	if ((r = linger(s, &h)) == CB_E_TIMEOUT)
		return false;
	s->closed = r != CB_OK;
	if (r != CB_OK || h.type != k->again_type || h.seq == 0 ||
	    !k->again(s, br_inbox_body(&s->conn->in, &h)))
		return false;
	s->conn->seq = h.seq;
	drop(s, &h);
	return true;
}

static void
session_main(void *arg)
{
	struct br_session *s = arg;
	struct br_server *srv = s->srv;
	sigset_t wake;

	pthread_mutex_lock(&s->lock);
	s->thread = pthread_self();
	s->done = false;
	pthread_mutex_unlock(&s->lock);
	sigemptyset(&wake);
	sigaddset(&wake, BR_WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	do {
		if (s->kind->begin(s))
			while (serve(s))
				;
		s->kind->end(s);
	} while (goes_on(s));
	set_timeout(s, true);	/* none: the socket outlives this session */
	cb_buf_free(&s->rsp);
	cb_wipe_stack();
	pthread_mutex_lock(&s->lock);
	s->done = true;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_lock(&srv->done_lock);
	s->done_next = srv->done_sessions;
	srv->done_sessions = s;
	pthread_mutex_unlock(&srv->done_lock);
	br_server_kick(srv);
}

/* ---- the loop's side --------------------------------------------------- */

/* Gets a thread that has lost its card out of recv. The signal may come just
 * before recv: the pulse repeats it until the thread is gone. */
static void
nudge(struct br_session *s)
{
	pthread_mutex_lock(&s->lock);
	if (!s->done)
		pthread_kill(s->thread, BR_WAKE_SIGNAL);
	pthread_mutex_unlock(&s->lock);
}

enum cb_err
br_session_new(struct br_session **out, const struct br_session_kind *kind,
    struct br_conn *c, struct br_reader *rd)
{
	struct br_session *s;

	*out = NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return CB_E_NOMEM;
	s->srv = c->srv;
	s->kind = kind;
	s->conn = c;
	s->rd = rd;
	s->tick_at = UINT64_MAX;
	s->rsp = (struct cb_buf)CB_BUF_INIT;
	s->woken = -1;
	s->done = true;	/* not begun */
	atomic_init(&s->lost, false);
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return CB_OK;
}

void
br_session_free(struct br_session *s)
{
	if (s == NULL)
		return;
	if (s->woken >= 0)
		close(s->woken);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

enum cb_err
br_session_run(struct br_session *s, struct cb_why *why)
{
	struct epoll_event ev = { .events = 0 };
	enum br_conn_state before = s->conn->state;
	struct br_server *srv = s->srv;
	struct br_conn *c = s->conn;

	(void)epoll_ctl(srv->epoll, EPOLL_CTL_DEL, c->fd, &ev);
	c->events = 0;
	c->state = BR_CONN_SESSION;
	br_conn_deadline(c, 0);
	s->next = srv->sessions;
	srv->sessions = s;
	s->rd->users++;
	br_server_rest(srv, s->rd, 0);
	/* pcscd is told before the card can be used by somebody else */
	br_server_tell(srv, s->rd, false);
	if (br_pool_run(&srv->pool, session_main, s) == CB_OK)
		return CB_OK;
	cb_why_set(why, "No thread can be started for the card.");
	srv->sessions = s->next;
	s->rd->users--;
	c->state = before;
	br_conn_enter(c);
	return CB_E_LIMIT;
}

/* A card that was pulled out answers no more, however long it still computes:
 * whoever waits for it is told now. */
static void
tell_lost(struct br_session *s)
{
	struct cb_buf frame = CB_BUF_INIT;

	pthread_mutex_lock(&s->lock);
	if (s->busy_since != 0 && !s->answered && !s->queued &&
	    s->kind->put_lost(s, s->busy_seq, &frame) == CB_OK &&
	    send(s->conn->fd, frame.p, frame.n,
		MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)frame.n)
		s->answered = true;
	pthread_mutex_unlock(&s->lock);
	cb_buf_free(&frame);
}

void
br_session_lose(struct br_server *srv, struct br_reader *rd)
{
	struct br_session *s, *holder;

	pthread_mutex_lock(&rd->lock);
	if ((holder = rd->holder) != NULL) {
		rd->holder = NULL;
		atomic_store(&holder->lost, true);
	}
	br_arb_was_removed(&rd->arb);
	pthread_mutex_unlock(&rd->lock);
	for (s = srv->sessions; s != NULL; s = s->next)
		if (s == holder || (s->rd == rd && s->kind->shared))
			tell_lost(s);
	if (holder == NULL)
		return;
	nudge(holder);
	br_server_pulse(srv);
}

bool
br_session_pulse(struct br_server *srv)
{
	uint8_t working[BR_HEADER_SIZE];
	uint64_t now = br_now_ms();
	struct br_session *s;
	bool due = false;

	for (s = srv->sessions; s != NULL; s = s->next) {
		pthread_mutex_lock(&s->lock);
		if (s->busy_since != 0 || s->count != s->seen)
			due = true;
		s->seen = s->count;
		if (s->busy_since != 0 && !s->answered &&
		    now - s->busy_since >= srv->pulse_ms) {
			br_header_put(working, BR_WORKING, s->busy_seq, 0);
			/* so few bytes go whole or not at all; not at all: it
			 * does not read, then it does not wait either */
			(void)send(s->conn->fd, working, sizeof(working),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		}
		pthread_mutex_unlock(&s->lock);
		if (atomic_load(&s->lost)) {
			nudge(s);
			due = true;
		}
	}
	return due;
}

void
br_session_finish(struct br_session *s)
{
	struct br_server *srv = s->srv;
	struct br_reader *rd = s->rd;
	struct br_conn *c = s->conn;
	struct br_session **at;

	for (at = &srv->sessions; *at != s; at = &(*at)->next)
		;
	*at = s->next;
	c->state = s->kind->after;
	c->card_gone = atomic_load(&s->lost);
	if (s->closed)
		br_conn_close(c);
	else
		br_conn_enter(c);
	rd->users--;
	if (rd->users == 0 && !rd->removed)
		br_server_rest(srv, rd, br_now_ms() + s->kind->rest_ms);
	if (rd->owed && rd->users == 0) {
		rd->owed = false;
		br_share_anew(rd);
		br_server_tell(srv, rd, true);
	}
	br_server_tell(srv, rd, false);
	br_session_free(s);
	if (c->fd >= 0)
		br_serve_pending(c);
}

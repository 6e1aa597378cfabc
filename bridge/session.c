/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thread of a powered card. It serves one connection with blocking reads:
 * an exchange is one recv, the card, one sendmsg, and wakes nobody else. It
 * lasts from POWER on to POWER off, to the end of the connection, or until
 * the card is taken away; then the connection goes back to the loop.
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

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "common/ct.h"
#include "common/log.h"

/* A timeout later than wanted by no more than this is left as it is. */
#define SLACK_MS 50
#define TICK_MIN_MS 10

/* ---- replies ----------------------------------------------------------- */

static bool
reply(struct br_session *s, uint16_t type, struct cb_span body)
{
	uint8_t header[BR_HEADER_SIZE];

	br_header_put(header, type, s->conn->seq, (uint32_t)body.n);
	if (br_sock_send(s->conn->fd, CB_SPAN_OF(header), body,
		s->srv->set.exchange_ms) == CB_OK)
		return true;
	s->closed = true;
	return false;
}

static bool
reply_error(struct br_session *s, enum cb_err e, const char *words)
{
	struct cb_buf frame = CB_BUF_INIT;
	enum cb_err r;

	r = br_put_error(&frame, s->conn->seq, e, words);
	if (r == CB_OK)
		r = br_sock_send(s->conn->fd, cb_buf_span(&frame),
		    CB_SPAN_EMPTY, s->srv->set.exchange_ms);
	cb_buf_free(&frame);
	if (r != CB_OK)
		s->closed = true;
	return r == CB_OK;
}

/* False: the request was answered for us (tell_lost). */
static bool
busy(struct br_session *s, bool now)
{
	bool answered;

	pthread_mutex_lock(&s->lock);
	s->busy_since = now ? br_now_ms() : 0;
	s->busy_seq = s->conn->seq;
	s->count++;
	answered = s->answered;
	pthread_mutex_unlock(&s->lock);
	if (now)
		br_server_pulse(s->srv);
	return !answered;
}

/* ---- the card ---------------------------------------------------------- */

/* Each with rd->card held. CB_E_ABSENT: it was taken away. */
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

static enum cb_err
power_on(struct br_session *s, enum br_power what, struct br_link_info *info,
    struct cb_why *why)
{
	struct br_reader *rd = s->rd;
	enum cb_err r;

	pthread_mutex_lock(&rd->card);
	if (atomic_load(&s->lost))
		r = CB_E_ABSENT;
	else
		r = br_reader_open(rd, why);
	if (r == CB_OK && (r = rd->link->ops->power(rd->link, what, info,
		why)) != CB_OK)
		br_reader_spoil(rd, r, why->text);
	note_deadline(s);
	pthread_mutex_unlock(&rd->card);
	if (atomic_load(&s->lost))
		return CB_E_ABSENT;
	if (r != CB_OK)
		return r;
	pthread_mutex_lock(&rd->lock);
	rd->info = *info;
	pthread_mutex_unlock(&rd->lock);
	return CB_OK;
}

/* Once: afterwards the card may be somebody else's. */
static void
power_off(struct br_session *s)
{
	struct br_reader *rd = s->rd;
	struct br_link_info info;

	if (s->over)
		return;
	s->over = true;
	pthread_mutex_lock(&rd->card);
	if (have_card(s) == CB_OK &&
	    rd->link->ops->power(rd->link, BR_POWER_OFF, &info, NULL) != CB_OK)
		br_reader_close(rd);
	s->tick_at = UINT64_MAX;
	pthread_mutex_unlock(&rd->card);
	br_share_release(rd, s);
}

/* ---- requests: false ends the session ---------------------------------- */

static bool
do_power(struct br_session *s, enum br_power what)
{
	struct br_link_info info;
	struct cb_why why;
	bool mine;
	enum cb_err r;

	memset(&info, 0, sizeof(info));
	why.text[0] = '\0';
	if (what == BR_POWER_OFF) {
		power_off(s);
		(void)reply(s, BR_POWERED, CB_SPAN_EMPTY);
		return false;
	}
	(void)busy(s, true);
	r = power_on(s, what, &info, &why);
	mine = busy(s, false);
	if (r == CB_OK && mine)
		return reply(s, BR_POWERED, cb_span(info.atr, info.atr_n));
	/* before the words are out, so that whoever reads them may try */
	power_off(s);
	if (mine)
		(void)reply_error(s, r, why.text);
	return false;
}

static bool
on_power(struct br_session *s, struct cb_span body)
{
	uint8_t what;

	if (br_get_choice(&what, BR_POWER_RESET, body) != CB_OK) {
		s->closed = true;
		return false;
	}
	br_inbox_clear(&s->conn->in);
	return do_power(s, (enum br_power)what);
}

static bool
on_protocol(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	uint8_t t;
	enum cb_err r;

	if (br_get_choice(&t, 1, body) != CB_OK) {
		s->closed = true;
		return false;
	}
	br_inbox_clear(&s->conn->in);
	pthread_mutex_lock(&rd->card);
	if ((r = have_card(s)) == CB_OK)
		r = rd->link->ops->protocol(rd->link, t);
	pthread_mutex_unlock(&rd->card);
	if (r == CB_OK)
		return reply(s, BR_DONE, CB_SPAN_EMPTY);
	return reply_error(s, r, "") && r != CB_E_ABSENT;
}

static bool
on_transmit(struct br_session *s, struct cb_span body)
{
	struct br_reader *rd = s->rd;
	enum cb_err r;
	bool on, mine;

	(void)busy(s, true);
	pthread_mutex_lock(&rd->card);
	if ((r = have_card(s)) == CB_OK)
		r = rd->link->ops->transmit(rd->link, body, &s->rsp);
	if (r == CB_OK && s->rsp.n >= 2 && cb_log_on(CB_LOG_DEBUG))
		cb_log_apdu(rd->name, body,
		    (uint16_t)(s->rsp.p[s->rsp.n - 2] << 8 |
			s->rsp.p[s->rsp.n - 1]));
	note_deadline(s);
	pthread_mutex_unlock(&rd->card);
	br_inbox_clear(&s->conn->in);
	/* a card pulled out has not answered */
	if (atomic_load(&s->lost))
		r = CB_E_ABSENT;
	else if (r == CB_OK && s->rsp.n < 2)
		r = CB_E_INTERNAL;
	mine = busy(s, false);
	if (!mine)
		on = false;
	else if (r == CB_OK)
		on = reply(s, BR_ANSWER, cb_buf_span(&s->rsp));
	else
		on = reply_error(s, r, "") && r != CB_E_ABSENT;
	cb_buf_clear(&s->rsp);
	return on;
}

static const struct {
	uint16_t type;
	bool (*run)(struct br_session *s, struct cb_span body);
} requests[] = {
	{ BR_TRANSMIT, on_transmit },
	{ BR_POWER, on_power },
	{ BR_PROTOCOL, on_protocol },
};

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
		if ((r = br_conn_whole(c, h)) != CB_E_SHORT)
			return r;
		if (c->in.have == 0) {
			set_timeout(s, false);
			/* A peer on this core reads the answer before we
			 * block: its read would wake a blocked recv for
			 * nothing (4 us of an exchange of 23). */
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

static bool
serve(struct br_session *s)
{
	struct br_header h;
	size_t i;
	enum cb_err r;

	if ((r = await(s, &h)) != CB_OK) {
		s->closed = r != CB_E_ABSENT;
		return false;
	}
	s->conn->seq = h.seq;
	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].type == h.type && h.seq != 0)
			return requests[i].run(
			    s, br_inbox_body(&s->conn->in, &h));
	s->closed = true;
	return false;
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
	if (do_power(s, s->first))
		while (serve(s))
			;
	power_off(s);
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

/* Has whoever holds the card hung up, and its thread not noticed yet? */
static bool
is_orphan(struct br_reader *rd)
{
	struct pollfd p = { .fd = -1, .events = POLLRDHUP };

	pthread_mutex_lock(&rd->lock);
	if (rd->holder != NULL)
		p.fd = rd->holder->conn->fd;
	pthread_mutex_unlock(&rd->lock);
	return p.fd >= 0 && poll(&p, 1, 0) > 0;
}

/* A pcscd that was killed, or a plug-in that has given up, may have left its
 * card computing: who comes next does not wait for that. */
static enum cb_err
claim(struct br_session *s, struct br_conn *c, struct br_reader *rd,
    struct cb_why *why)
{
	enum cb_err r;

	r = br_share_claim(rd, s, c->aim.road, c->cred.pid, why);
	if (r == CB_E_BUSY && is_orphan(rd)) {
		br_session_lose(c->srv, rd);
		r = br_share_claim(rd, s, c->aim.road, c->cred.pid, why);
	}
	/* pcscd sees the card, asks once, and takes it for mute from then on */
	if (r == CB_E_BUSY && c->aim.road == BR_ROAD_PCSC)
		rd->owed = br_share_sees(rd, BR_ROAD_PCSC);
	return r;
}

enum cb_err
br_session_start(struct br_conn *c, struct br_reader *rd, enum br_power what,
    struct cb_why *why)
{
	struct br_server *srv = c->srv;
	struct epoll_event ev = { .events = 0 };
	struct br_session *s;
	enum cb_err r;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return CB_E_NOMEM;
	if ((r = claim(s, c, rd, why)) != CB_OK) {
		free(s);
		return r;
	}
	s->srv = srv;
	s->conn = c;
	s->rd = rd;
	s->first = what;
	s->tick_at = UINT64_MAX;
	s->rsp = (struct cb_buf)CB_BUF_INIT;
	s->done = true;	/* not begun */
	atomic_init(&s->lost, false);
	pthread_mutex_init(&s->lock, NULL);
	(void)epoll_ctl(srv->epoll, EPOLL_CTL_DEL, c->fd, &ev);
	c->events = 0;
	c->state = BR_CONN_SESSION;
	br_conn_deadline(c, 0);
	s->next = srv->sessions;
	srv->sessions = s;
	rd->users++;
	br_server_rest(srv, rd, 0);
	/* pcscd is told before the card can be used by somebody else */
	br_server_tell(srv, rd, false);
	if (br_pool_run(&srv->pool, session_main, s) == CB_OK)
		return CB_OK;
	cb_why_set(why, "No thread can be started for the card.");
	br_share_release(rd, s);
	srv->sessions = s->next;
	rd->users--;
	c->state = BR_CONN_ATTACHED;
	br_conn_enter(c);
	br_server_tell(srv, rd, false);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return CB_E_LIMIT;
}

/* A card that was pulled out answers no more, however long it still computes:
 * whoever waits for it is told now. */
static void
tell_lost(struct br_session *s)
{
	struct cb_buf frame = CB_BUF_INIT;

	pthread_mutex_lock(&s->lock);
	if (s->busy_since != 0 && !s->answered &&
	    br_put_error(&frame, s->busy_seq, CB_E_ABSENT,
		"The card was taken out of the reader.") == CB_OK &&
	    send(s->conn->fd, frame.p, frame.n,
		MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)frame.n)
		s->answered = true;
	pthread_mutex_unlock(&s->lock);
	cb_buf_free(&frame);
}

void
br_session_lose(struct br_server *srv, struct br_reader *rd)
{
	struct br_session *s;

	pthread_mutex_lock(&rd->lock);
	if ((s = rd->holder) != NULL) {
		rd->holder = NULL;
		atomic_store(&s->lost, true);
	}
	pthread_mutex_unlock(&rd->lock);
	if (s != NULL) {
		tell_lost(s);
		nudge(s);
		br_server_pulse(srv);
	}
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
	c->state = BR_CONN_ATTACHED;
	c->card_gone = atomic_load(&s->lost);
	if (s->closed)
		br_conn_close(c);
	else
		br_conn_enter(c);
	rd->users--;
	if (rd->users == 0 && !rd->removed)
		br_server_rest(srv, rd, br_now_ms() + BR_REST_MS);
	if (rd->owed && rd->users == 0) {
		rd->owed = false;
		br_share_anew(rd);
		br_server_tell(srv, rd, true);
	}
	br_server_tell(srv, rd, false);
	pthread_mutex_destroy(&s->lock);
	free(s);
	if (c->fd >= 0)
		br_serve_pending(c);
}

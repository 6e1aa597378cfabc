/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The loop: accepting, waking whoever has something to do, deadlines, signs
 * of life, starting and stopping. See server.h and loop.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "bridge/state.h"
#include "common/log.h"

#define GREET_MS 3000
#define START_MS 300		/* for the first look at the cards */
#define STOP_MS 5000		/* for a card that computes at the end */
#define ACCEPTS 32		/* in one round, so that others get a turn */
#define EVENTS 64
#define CONNS_MAX 4096
#define DEADLINE_GRAIN 50	/* ms between two looks at deadlines */

void
br_server_kick(struct br_server *srv)
{
	const uint64_t one = 1;
	int kept = errno;

	/* full means that it is awake anyway */
	if (write(srv->kick, &one, sizeof(one)) < 0)
		errno = kept;
}

void
br_server_changed(struct br_server *srv)
{
	/* who asked to be told did so before this change was made, or sees it
	 * in the answer to the question */
	if (atomic_load(&srv->tellers) == 0 ||
	    atomic_exchange(&srv->changed, true))
		return;
	br_server_kick(srv);
}

void
br_server_stop(struct br_server *srv)
{
	atomic_store(&srv->stopping, true);
	br_server_kick(srv);
}

static void
arm_pulse(struct br_server *srv)
{
	struct itimerspec its = { 0 };

	its.it_value.tv_sec = (time_t)(srv->pulse_ms / 1000);
	its.it_value.tv_nsec = (long)(srv->pulse_ms % 1000) * 1000000;
	(void)timerfd_settime(srv->pulse, 0, &its, NULL);
}

void
br_server_pulse(struct br_server *srv)
{
	/* once armed it goes on by itself while there is anything to watch,
	 * so an exchange usually finds it so and makes no system call */
	if (!atomic_load(&srv->pulsing) &&
	    !atomic_exchange(&srv->pulsing, true))
		arm_pulse(srv);
}

void
br_server_by(struct br_server *srv, uint64_t at)
{
	if (srv->next_deadline == 0 || at < srv->next_deadline)
		srv->next_deadline = at;
}

void
br_server_rest(struct br_server *srv, struct br_reader *rd, uint64_t at)
{
	if (at != 0 && rd->rest_at == 0)
		srv->awake++;
	else if (at == 0 && rd->rest_at != 0)
		srv->awake--;
	rd->rest_at = at;
	if (at != 0)
		br_server_by(srv, at);
}

void
br_server_tell(struct br_server *srv, struct br_reader *rd, bool always)
{
	struct br_conn *c, *next;

	if (!br_share_refresh(rd) && !always)
		return;
	br_serve_changed(srv);
	for (c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (c->state != BR_CONN_WATCHING)
			continue;
		if (strcmp(c->aim.name, rd->name) == 0 ||
		    (c->aim.name[0] == '\0' && rd->slot >= 0 &&
			c->aim.slot == (unsigned)rd->slot))
			br_serve_state(c);
	}
}

/* ---- one round --------------------------------------------------------- */

static bool
pulse_waiting(struct br_server *srv)
{
	uint64_t now = br_now_ms();
	struct cb_buf frame = CB_BUF_INIT;
	struct br_conn *c, *next;
	bool due = false;

	for (c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (c->waiting == NULL)
			continue;
		due = true;
		if (now - c->since < srv->pulse_ms || c->out.n > 0)
			continue;
		if (br_put_plain(&frame, c->seq, BR_WORKING, CB_SPAN_EMPTY) ==
		    CB_OK)
			br_conn_send(c, &frame);
	}
	return due;
}

static void
on_pulse(struct br_server *srv)
{
	uint64_t times;
	bool due;

	if (read(srv->pulse, &times, sizeof(times)) < 0)
		return;
	due = br_session_pulse(srv);
	due = pulse_waiting(srv) || due;
	if (due) {
		arm_pulse(srv);
		return;
	}
	/* who begins now arms it; who began before this line is seen by the
	 * second look */
	atomic_store(&srv->pulsing, false);
	if (br_session_pulse(srv))
		br_server_pulse(srv);
}

static void
free_leaving(struct br_server *srv)
{
	struct br_reader **at = &srv->leaving, *rd;

	while ((rd = *at) != NULL) {
		if (rd->queued || rd->jobs != 0 || rd->users != 0) {
			at = &rd->next;
			continue;
		}
		*at = rd->next;
		br_reader_free(rd);
	}
}

/* Any thread. */
static void
on_heard(void *ctx)
{
	struct br_server *srv = ctx;

	atomic_store(&srv->heard, true);
	br_server_kick(srv);
}

/* A card that was gone and is back has been taken out nevertheless. */
static void
take_out_lost(struct br_server *srv, struct br_reader *rd)
{
	bool away;

	pthread_mutex_lock(&rd->lock);
	away = rd->away;
	rd->away = true;
	pthread_mutex_unlock(&rd->lock);
	br_share_take_out(rd, false);
	br_session_lose(srv, rd);
	br_server_tell(srv, rd, false);
	pthread_mutex_lock(&rd->lock);
	/* it may have been heard of meanwhile */
	if (!rd->heard)
		rd->away = away;
	pthread_mutex_unlock(&rd->lock);
}

static void
take_news(struct br_server *srv)
{
	struct br_reader *rd;
	bool lost;

	if (!atomic_exchange(&srv->heard, false))
		return;
	for (rd = srv->readers.first; rd != NULL; rd = rd->next) {
		if (!br_reader_news(rd, &lost))
			continue;
		if (lost && br_share_sees(rd, BR_ROAD_DIRECT))
			take_out_lost(srv, rd);
		br_server_tell(srv, rd, true);
	}
}

static void
on_kick(struct br_server *srv)
{
	struct br_session *sessions, *s;
	struct br_reader *jobs, *rd;
	uint64_t times;

	if (read(srv->kick, &times, sizeof(times)) < 0)
		return;
	pthread_mutex_lock(&srv->done_lock);
	sessions = srv->done_sessions;
	srv->done_sessions = NULL;
	jobs = srv->done_jobs;
	srv->done_jobs = NULL;
	pthread_mutex_unlock(&srv->done_lock);
	while ((rd = jobs) != NULL) {
		jobs = rd->work_next;
		br_work_finish(srv, rd);
	}
	while ((s = sessions) != NULL) {
		sessions = s->done_next;
		br_session_finish(s);
	}
	free_leaving(srv);
	take_news(srv);
	if (atomic_exchange(&srv->changed, false))
		br_serve_changed(srv);
}

static void
listen_for(struct br_server *srv, bool on)
{
	struct epoll_event ev = { .events = on ? EPOLLIN : 0 };

	ev.data.ptr = srv->set.listen;
	(void)epoll_ctl(srv->epoll, EPOLL_CTL_MOD, srv->set.listen->fd, &ev);
}

static void
on_listen(struct br_server *srv)
{
	struct br_cred cred;
	struct br_conn *c;
	int i, fd;

	for (i = 0; i < ACCEPTS; i++) {
		fd = accept4(srv->set.listen->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno != EAGAIN) {
			/* no descriptor or memory: not in a busy loop */
			listen_for(srv, false);
			srv->accept_again = br_now_ms() + 100;
			br_server_by(srv, srv->accept_again);
		}
		if (fd < 0)
			return;
		if (br_listen_check(srv->set.listen, fd, &cred) != CB_OK ||
		    br_limits_admit(srv, &cred) != CB_OK ||
		    (c = br_conn_new(srv, fd, &cred)) == NULL) {
			close(fd);
			continue;
		}
		br_conn_deadline(c, br_now_ms() + srv->set.greet_ms);
		/* the greeting is usually there already; so is the noise */
		br_serve_input(c);
		if (c->fd >= 0)
			br_conn_enter(c);
	}
}

static void
on_deadlines(struct br_server *srv)
{
	uint64_t now = br_now_ms();
	struct br_conn *c, *next;
	struct br_reader *rd;

	if (srv->next_deadline == 0 || now < srv->next_deadline)
		return;
	srv->next_deadline = 0;
	for (c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (c->deadline == 0)
			continue;
		if (c->deadline <= now)
			br_conn_close(c);
		else
			br_server_by(srv, c->deadline);
	}
	for (rd = srv->readers.first; rd != NULL; rd = rd->next) {
		if (rd->rest_at == 0)
			continue;
		if (rd->rest_at <= now) {
			br_server_rest(srv, rd, 0);
			br_work_want(srv, rd, BR_JOB_REST);
		} else {
			br_server_by(srv, rd->rest_at);
		}
	}
	if (srv->accept_again != 0 && srv->accept_again <= now) {
		srv->accept_again = 0;
		listen_for(srv, true);
	} else if (srv->accept_again != 0) {
		br_server_by(srv, srv->accept_again);
	}
	if (srv->next_deadline != 0 &&
	    srv->next_deadline < now + DEADLINE_GRAIN)
		srv->next_deadline = now + DEADLINE_GRAIN;
}

static void
on_conn(struct br_conn *c, uint32_t events)
{
	if (c->fd < 0 || c->state == BR_CONN_SESSION)
		return;		/* closed or handed over in this round */
	if ((events & EPOLLOUT) != 0)
		br_conn_flush(c);
	else if ((events & EPOLLIN) != 0)
		br_serve_input(c);
	else if ((events & (EPOLLHUP | EPOLLERR)) != 0)
		br_conn_close(c);
}

enum cb_err
br_server_turn(struct br_server *srv, uint64_t by)
{
	struct epoll_event ev[EVENTS];
	uint64_t now = br_now_ms();
	int n, i, timeout = -1;

	if (by != 0)
		br_server_by(srv, by);
	if (srv->next_deadline != 0)
		timeout = srv->next_deadline <= now ?
		    0 :
		    (int)(srv->next_deadline - now);
	n = epoll_wait(srv->epoll, ev, EVENTS, timeout);
	if (n < 0 && errno != EINTR)
		return CB_E_INTERNAL;
	for (i = 0; i < n; i++) {
		if (ev[i].data.ptr == srv->set.listen)
			on_listen(srv);
		else if (ev[i].data.ptr == &srv->kick)
			on_kick(srv);
		else if (ev[i].data.ptr == &srv->pulse)
			on_pulse(srv);
		else
			on_conn(ev[i].data.ptr, ev[i].events);
	}
	on_deadlines(srv);
	br_conn_bury(srv);
	return CB_OK;
}

/* ---- starting and stopping --------------------------------------------- */

static enum cb_err
add_fd(struct br_server *srv, int fd, void *tag, uint32_t events)
{
	struct epoll_event ev = { .events = events };

	ev.data.ptr = tag;
	if (fd < 0 || epoll_ctl(srv->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		return CB_E_LIMIT;
	return CB_OK;
}

/* A connection that shares a card has a timer as well, and cards need some:
 * a third may be connections. */
static size_t
conns_limit(void)
{
	struct rlimit rl;
	rlim_t n = 1024;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0)
		n = rl.rlim_cur;
	if (n > 3 * CONNS_MAX)
		return CONNS_MAX;
	return n < 64 ? 16 : (size_t)n / 3;
}

static enum cb_err
take_state(struct br_server *srv, struct cb_why *why)
{
	struct br_state_line *lines = NULL;
	struct br_reader *rd;
	size_t n = 0, i;
	enum cb_err r;

	r = br_state_load(srv->set.state_dir, &lines, &n, why);
	for (i = 0; r == CB_OK && i < n; i++)
		if (lines[i].slot >= 0)
			srv->readers.reserved |= 1u << lines[i].slot;
	for (i = 0; r == CB_OK && i < n; i++) {
		if (lines[i].uri == NULL)
			continue;
		r = br_reader_new(&rd, &srv->readers, lines[i].name,
		    lines[i].uri, lines[i].slot, why);
	}
	br_state_free(lines, n);
	return r;
}

enum cb_err
br_server_new(struct br_server **out, const struct br_settings *set,
    struct cb_why *why)
{
	struct br_server *srv;
	enum cb_err r;

	*out = NULL;
	if ((srv = calloc(1, sizeof(*srv))) == NULL)
		return CB_E_NOMEM;
	srv->set = *set;
	srv->since = br_time_ms();
	if (srv->set.exchange_ms == 0)
		srv->set.exchange_ms = BR_EXCHANGE_MS;
	if (srv->set.long_ms == 0)
		srv->set.long_ms = BR_LONG_MS;
	if (srv->set.greet_ms == 0)
		srv->set.greet_ms = GREET_MS;
	srv->conns_max = set->conns_max != 0 ? set->conns_max : conns_limit();
	/* two signs of life fit into the deadline, with room */
	srv->pulse_ms = srv->set.exchange_ms / 3;
	if (srv->pulse_ms > BR_WORKING_MS)
		srv->pulse_ms = BR_WORKING_MS;
	if (srv->pulse_ms == 0)
		srv->pulse_ms = 1;
	atomic_init(&srv->stopping, false);
	atomic_init(&srv->pulsing, false);
	atomic_init(&srv->tellers, 0);
	atomic_init(&srv->changed, false);
	atomic_init(&srv->heard, false);
	srv->readers.kick = on_heard;
	srv->readers.kick_ctx = srv;
	pthread_mutex_init(&srv->done_lock, NULL);
	pthread_mutex_init(&srv->work_lock, NULL);
	br_pool_init(&srv->pool);
	srv->epoll = epoll_create1(EPOLL_CLOEXEC);
	srv->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	srv->pulse = timerfd_create(
	    CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	r = add_fd(srv, srv->kick, &srv->kick, EPOLLIN);
	if (r == CB_OK)
		r = add_fd(srv, srv->pulse, &srv->pulse, EPOLLIN);
	/* silent until the cards have been looked at */
	if (r == CB_OK)
		r = add_fd(srv, set->listen->fd, set->listen, 0);
	if (r != CB_OK)
		cb_why_set(why, "The bridge cannot start: %s.",
		    strerror(errno));
	else
		r = take_state(srv, why);
	if (r == CB_OK) {
		*out = srv;
		srv = NULL;
	}
	br_server_free(&srv);
	return r;
}

enum cb_err
br_server_configure(struct br_server *srv, const char *name, const char *uri,
    struct cb_why *why)
{
	struct br_state_line *lines = NULL;
	struct br_reader *rd;
	size_t n = 0, i;
	int slot = -1;
	enum cb_err r;

	r = br_state_load(srv->set.state_dir, &lines, &n, why);
	for (i = 0; r == CB_OK && i < n; i++)
		if (strcmp(lines[i].name, name) == 0)
			slot = lines[i].slot;
	br_state_free(lines, n);
	if (r != CB_OK)
		return r;
	/* what is configured is stronger than what was added */
	rd = br_reader_by_name(&srv->readers, name);
	if (rd != NULL && !rd->configured) {
		cb_log(CB_LOG_NOTICE, "reader %s is configured now, the one "
		    "added is forgotten", name);
		br_reader_unlink(&srv->readers, rd);
		br_reader_free(rd);
	}
	r = br_reader_new(&rd, &srv->readers, name, uri, slot, why);
	if (r == CB_OK)
		rd->configured = true;
	return r;
}

static void
handle_signal(int sig)
{
	(void)sig;	/* it only ends a recv */
}

static void
started(struct br_server *srv)
{
	srv->started = true;
	listen_for(srv, true);
	if (srv->set.ready != NULL)
		srv->set.ready(srv->set.ctx);
}

/* Everybody out: connections of the loop are closed, those of sessions shut
 * down, and their threads awaited, which power the cards off. */
static enum cb_err
stop(struct br_server *srv)
{
	uint64_t by = br_now_ms() + STOP_MS;
	struct br_conn *c, *next;
	struct br_reader *rd;
	enum cb_err r = CB_OK;

	listen_for(srv, false);
	for (rd = srv->readers.first; rd != NULL; rd = rd->next)
		br_reader_give_up(rd);
	for (rd = srv->leaving; rd != NULL; rd = rd->next)
		br_reader_give_up(rd);
	for (c = srv->first; c != NULL; c = next) {
		next = c->next;
		if (c->state == BR_CONN_SESSION)
			(void)shutdown(c->fd, SHUT_RDWR);
		else
			br_conn_close(c);
	}
	while (srv->sessions != NULL || srv->jobs > 0) {
		if (br_now_ms() >= by)
			return CB_E_TIMEOUT;
		if ((r = br_server_turn(srv, by)) != CB_OK)
			return r;
		for (c = srv->first; c != NULL; c = next) {
			next = c->next;
			if (c->state != BR_CONN_SESSION)
				br_conn_close(c);
		}
	}
	br_conn_bury(srv);
	return br_pool_drain(&srv->pool, by);
}

enum cb_err
br_server_run(struct br_server *srv)
{
	struct sigaction sa = { .sa_handler = handle_signal }, old;
	struct br_reader *rd;
	struct cb_why why;
	uint64_t by;
	enum cb_err r;

	sigemptyset(&sa.sa_mask);
	if (sigaction(BR_WAKE_SIGNAL, &sa, &old) != 0)
		return CB_E_INTERNAL;
	srv->readers.reserved = 0;
	r = br_state_save(srv->set.state_dir, &srv->readers, &why);
	if (r != CB_OK)
		cb_log(CB_LOG_WARNING, "%s", why.text);
	for (rd = srv->readers.first; rd != NULL; rd = rd->next)
		br_work_want(srv, rd, BR_JOB_OPEN);
	by = srv->set.patient ? 0 : br_now_ms() + START_MS;
	r = CB_OK;
	while (r == CB_OK && !atomic_load(&srv->stopping)) {
		if (!srv->started && (srv->jobs == 0 ||
			(by != 0 && br_now_ms() >= by)))
			started(srv);
		r = br_server_turn(srv, srv->started ? 0 : by);
	}
	if (r == CB_OK)
		r = stop(srv);
	(void)sigaction(BR_WAKE_SIGNAL, &old, NULL);
	return r;
}

void
br_server_free(struct br_server **server)
{
	struct br_server *srv = *server;
	struct br_reader *rd;

	if (srv == NULL)
		return;
	*server = NULL;
	while (srv->first != NULL)
		br_conn_close(srv->first);
	br_conn_bury(srv);
	free_leaving(srv);
	while ((rd = srv->readers.first) != NULL) {
		br_reader_unlink(&srv->readers, rd);
		br_reader_free(rd);
	}
	if (srv->epoll >= 0)
		close(srv->epoll);
	if (srv->kick >= 0)
		close(srv->kick);
	if (srv->pulse >= 0)
		close(srv->pulse);
	pthread_mutex_destroy(&srv->done_lock);
	pthread_mutex_destroy(&srv->work_lock);
	br_pool_clear(&srv->pool);
	free(srv);
}

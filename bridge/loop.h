/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Inside of the server, between the sources that make it up:
 *
 *	server.c	the loop, its timers, starting and stopping
 *	conn.c		a connection: bytes in, frames out, deadlines
 *	limits.c	how many connections, and whose must go
 *	serve.c		requests that the loop answers
 *	session.c	the thread of a connection that has a card
 *	powered.c	what it is asked where the card is its alone
 *	shared.c	what it is asked where several programs share the card
 *	turn.c		how it waits for its turn there
 *	work.c		opening and closing cards
 *
 * "loop" means: touched by the loop thread only.
 */
#ifndef BR_LOOP_H
#define BR_LOOP_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "bridge/inbox.h"
#include "bridge/pool.h"
#include "bridge/reader.h"
#include "bridge/server.h"

/* Wakes a session thread out of recv; ignored by default. */
#define BR_WAKE_SIGNAL SIGURG

enum br_conn_state {
	BR_CONN_NEW = 1,
	BR_CONN_GREETED = 2,
	BR_CONN_ATTACHED = 4,
	BR_CONN_WATCHING = 8,
	BR_CONN_SESSION = 16,	/* its thread has it */
};

struct br_conn {
	struct br_conn *next, *prev; /* all, oldest first (loop) */
	struct br_peer *peer;
	struct br_server *srv;
	int fd;			/* -1: closed, to be freed */
	enum br_conn_state state;
	struct br_cred cred;
	struct br_aim aim;
	bool card_gone;		/* taken out since it was powered */
	bool ending;		/* hung up on, its thread has it still */
	bool dirty;		/* a watcher that must be told */
	bool tell;		/* of the next change of any reader */
	uint32_t events;	/* what epoll is to tell */
	uint16_t seq;		/* of the request in hand */
	uint16_t type;
	struct br_reader *waiting; /* its job answers the request */
	uint64_t since;		/* ms; waiting since */
	uint64_t deadline;	/* ms; 0: none */
	struct cb_buf out;	/* what the socket did not take yet */
	struct br_inbox in;
};

struct br_session;

/* What a session is for. */
struct br_session_kind {
	/* The request that began it; false: it is over at once. */
	bool (*begin)(struct br_session *s);
	const struct br_session_request *requests;
	size_t requests_n;
	/* It is over, whatever ended it: the card is given back. */
	void (*end)(struct br_session *s);
	/* May another request of the type that began it begin it again? NULL:
	 * never. */
	uint16_t again_type;
	bool (*again)(struct br_session *s, struct cb_span body);
	/* The reply to whoever waits for a card that was taken out. */
	enum cb_err (*put_lost)(
	    const struct br_session *s, uint16_t seq, struct cb_buf *frame);
	enum br_conn_state after; /* of the connection */
	unsigned rest_ms;	/* until the card is put to rest */
	bool shared;
};

struct br_session_request {
	uint16_t type;
	/* False ends the session. */
	bool (*run)(struct br_session *s, struct cb_span body);
};

struct br_session {
	struct br_session *next; /* of srv->sessions (loop) */
	struct br_session *done_next; /* of srv->done_sessions (done_lock) */
	struct br_server *srv;
	const struct br_session_kind *kind;
	struct br_conn *conn;	/* the thread's until it is done */
	struct br_reader *rd;
	pthread_t thread;
	enum br_power first;	/* the request that began it */
	uint64_t tick_at;	/* ms; when the card wants a tick */
	unsigned timeout_ms;	/* of the socket, 0: none */
	struct cb_buf rsp;
	size_t in_hand;		/* bytes of conn->in that are the request */
	bool over;		/* the card was given back */
	bool closed;		/* the connection is to be closed */
	atomic_bool lost;	/* the card was taken away */

	/* shared.c */
	struct br_share_wish wish; /* that began it */
	struct br_handle handle; /* rd->lock */
	int woken;		/* timer: its waiting may be over; -1: none yet */

	pthread_mutex_t lock;
	bool done;		/* its thread has left it */
	bool answered;		/* the request in hand was, by the loop */
	bool queued;		/* waits for others, not for the card */
	enum br_share_mode connects; /* so does the request in hand; 0: not */
	unsigned busy;		/* so many say that it is computing */
	uint64_t busy_since;	/* ms; 0: not computing */
	uint16_t busy_seq;
	uint64_t count;		/* of requests */
	uint64_t seen;		/* at the last pulse (loop) */
};

struct br_user {
	struct br_user *next;
	uid_t uid;
	size_t count;		/* of connections */
};

struct br_peer {
	struct br_peer *next;
	struct br_user *user;
	pid_t pid;
	size_t count;
};
#define BR_PEER_BUCKETS 256

struct br_server {
	struct br_settings set;
	unsigned pulse_ms;
	int epoll, kick, pulse;
	atomic_bool stopping;
	atomic_bool pulsing;
	bool started;		/* clients are being served (loop) */
	uint64_t since;		/* ms since 1970; it was made */
	uint64_t next_deadline;	/* ms; not later than any; 0: none */
	uint64_t accept_again;	/* ms; 0: accepting */

	atomic_uint tellers;	/* connections with tell set */
	atomic_bool changed;	/* they are to be told */
	atomic_bool heard;	/* there are news of a card */
	uint32_t comings;	/* readers that came or went (loop) */
	uint32_t visits;	/* connections that greeted us (loop) */

	struct br_readers readers;
	struct br_reader *leaving; /* removed, with jobs or users (loop) */
	struct br_conn *first, *last;
	struct br_conn *dead;	/* closed, freed at the end of a round */
	size_t conns;
	size_t ending;		/* of them; they take no room */
	size_t conns_max;
	struct br_peer *peers[BR_PEER_BUCKETS];
	struct br_user *users;
	struct br_session *sessions;
	size_t session_count;

	pthread_mutex_t done_lock;
	struct br_session *done_sessions;
	struct br_reader *done_jobs;

	struct br_pool pool;
	pthread_mutex_t work_lock;
	struct br_reader *work_first, *work_last;
	unsigned workers;
	unsigned jobs;		/* queued or running (loop) */
	unsigned awake;		/* readers with rest_at set (loop) */
};

/* ---- server.c ---- */

/* One round of the loop, which waits until `by` at most (ms; 0: no end). */
CB_MUST_USE enum cb_err br_server_turn(struct br_server *srv, uint64_t by);
/* The loop has something to look at (any thread). */
void br_server_kick(struct br_server *srv);
/* Signs of life may be due soon (any thread). */
void br_server_pulse(struct br_server *srv);
/* The loop looks at deadlines at this time, if not before (loop). */
void br_server_by(struct br_server *srv, uint64_t at);
/* When the card of a reader is to be put to rest; 0: it is not (loop). */
void br_server_rest(
    struct br_server *srv, struct br_reader *rd, uint64_t at);
/* Tells watchers of what changed about a reader (loop). */
void br_server_tell(struct br_server *srv, struct br_reader *rd, bool always);

/* Something that LIST tells has changed (any thread). */
void br_server_changed(struct br_server *srv);

/* ---- conn.c ---- */

struct br_conn *br_conn_new(
    struct br_server *srv, int fd, const struct br_cred *cred);
/* Lets epoll tell of it from now on. */
void br_conn_enter(struct br_conn *c);
void br_conn_close(struct br_conn *c);
void br_conn_bury(struct br_server *srv); /* frees what is closed */
/* Changes what epoll tells. */
void br_conn_watch(struct br_conn *c, uint32_t events);
/* 0: none */
void br_conn_deadline(struct br_conn *c, uint64_t at);
/* CB_OK: a whole request. CB_E_SHORT: not yet. Else it must be closed. */
CB_MUST_USE enum cb_err br_conn_whole(struct br_conn *c, struct br_header *h);
/* Sends now or as the socket takes it (loop). Takes *frame. Closes the
 * connection if it cannot. */
void br_conn_send(struct br_conn *c, struct cb_buf *frame);
void br_conn_flush(struct br_conn *c);
void br_conn_error(struct br_conn *c, enum cb_err e, const char *words);
void br_conn_done(struct br_conn *c);

/* ---- limits.c ---- */

/* Room for one more of this process, made if need be. CB_E_LIMIT: none. */
CB_MUST_USE enum cb_err br_limits_admit(
    struct br_server *srv, const struct br_cred *cred);
CB_MUST_USE enum cb_err br_limits_add(struct br_server *srv, struct br_conn *c);
void br_limits_remove(struct br_server *srv, struct br_conn *c);

/* ---- serve.c ---- */

/* Takes and answers what has arrived on a connection of the loop. */
void br_serve_input(struct br_conn *c);
/* Answers a whole request that is already there, if one is. */
void br_serve_pending(struct br_conn *c);
/* The jobs of a reader are done: answers those who wait. */
void br_serve_jobs_done(struct br_server *srv, struct br_reader *rd);
/* Tells a watcher the state of its reader. */
void br_serve_state(struct br_conn *c);
/* Tells those who asked that something has changed. */
void br_serve_changed(struct br_server *srv);

/* ---- session.c ---- */

/* A session that is yet to be run. CB_E_NOMEM. */
CB_MUST_USE enum cb_err br_session_new(struct br_session **out,
    const struct br_session_kind *kind, struct br_conn *c,
    struct br_reader *rd);
void br_session_free(struct br_session *s);
/* Hands its connection to a thread (loop). CB_E_LIMIT: there is none, and
 * everything is as before. */
CB_MUST_USE enum cb_err br_session_run(
    struct br_session *s, struct cb_why *why);
/* Takes the card away from whoever has it (loop). */
void br_session_lose(struct br_server *srv, struct br_reader *rd);
/* One round of signs of life; true: another one is due. */
bool br_session_pulse(struct br_server *srv);
/* Takes back what the thread has finished with (loop). */
void br_session_finish(struct br_session *s);

/* For the thread: one reply, an error with words; false: the connection is
 * broken, and s->closed says so. */
bool br_session_reply(
    struct br_session *s, uint16_t type, struct cb_span body);
bool br_session_reply_frame(
    struct br_session *s, enum cb_err r, struct cb_buf *frame);
bool br_session_error(
    struct br_session *s, enum cb_err e, const char *words);
/* It is computing, so that signs of life are due; it is not any more. Within
 * one such time there may be others. False: the request was answered for us
 * meanwhile. */
bool br_session_busy(struct br_session *s, bool now);
/* What the card is asked, by the thread; _held with rd->card held.
 * CB_E_ABSENT: it was taken away. ON, RESET: the reader's info is new; on
 * failure the reader is empty. The answer to a command is in s->rsp. */
CB_MUST_USE enum cb_err br_session_power_on(
    struct br_session *s, enum br_power what, struct cb_why *why);
CB_MUST_USE enum cb_err br_session_power_on_held(
    struct br_session *s, enum br_power what, struct cb_why *why);
void br_session_power_off(struct br_session *s);
void br_session_power_off_held(struct br_session *s);
CB_MUST_USE enum cb_err br_session_protocol(
    struct br_session *s, unsigned t);
CB_MUST_USE enum cb_err br_session_transmit(
    struct br_session *s, struct cb_span cmd);
CB_MUST_USE enum cb_err br_session_transmit_held(
    struct br_session *s, struct cb_span cmd);

/* ---- powered.c ---- */

/* Hands a connection with an attached reader to a thread of its own. On
 * failure the connection stays with the loop. */
CB_MUST_USE enum cb_err br_powered_start(struct br_conn *c,
    struct br_reader *rd, enum br_power what, struct cb_why *why);
/* Has whoever has the card hung up unnoticed? Then it is taken away (loop). */
bool br_powered_orphan(struct br_server *srv, struct br_reader *rd);

/* ---- shared.c ---- */

/* The same for a program that wants to share the card. */
CB_MUST_USE enum cb_err br_shared_start(struct br_conn *c,
    struct br_reader *rd, const struct br_share_wish *wish,
    struct cb_why *why);

/* ---- turn.c ---- */

void br_turn_init(struct br_session *s);
/* BR_SHARE_OK: it was let in, as `what`, to be followed by br_turn_leave; else
 * why not. A lock is given to nobody who has hung up. (Its thread.) */
enum br_outcome br_turn_enter(struct br_session *s, enum br_ask what);
void br_turn_leave(struct br_session *s);

/* ---- work.c ---- */

/* Has jobs done for a reader, in the order close, open, rest (loop). */
void br_work_want(struct br_server *srv, struct br_reader *rd, unsigned jobs);
/* To be called for each that is in srv->done_jobs (loop). */
void br_work_finish(struct br_server *srv, struct br_reader *rd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * One connection of a client: TLS, one request after the other, deadlines.
 * At rest it holds TLS' own state and little else, and one timer, which may
 * fire once before the time.
 */
#ifndef BE_DOOR_CONN_H
#define BE_DOOR_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>

#include "backend/door/http.h"
#include "backend/door/route.h"
#include "backend/door/tls.h"

enum be_conn_state {
	BE_CONN_SHAKING, /* hands: TLS begins */
	BE_CONN_HEAD,    /* waits for a request, or reads its head */
	BE_CONN_BODY,
	BE_CONN_WAITING,   /* the request is somewhere */
	BE_CONN_SENDING,   /* its answer is not taken yet */
	BE_CONN_LINGERING, /* has said its last, and reads no more */
	BE_CONN_OVER,
};

struct be_door;
struct be_conns;
struct be_question;
struct be_hold;
struct be_door_org;

struct be_place {
	bool v6;
	uint8_t bytes[8];
};

struct be_conn {
	struct be_door *door;
	struct be_conns *list; /* the one it is in; NULL: none */
	struct be_conn *older, *newer;
	struct be_conn *next_same; /* of its holder's bucket */
	int fd;
	bool desk; /* it came in where people do */
	enum be_conn_state state;
	bool advancing; /* somebody further up takes its requests */
	struct be_tls_end *tls;
	struct event reading, writing, timer;
	uint64_t due;   /* of be_door_tick(); 0: no deadline */
	uint64_t armed; /* when the timer fires; 0: never */
	struct be_place place; /* where it comes from */
	struct be_who who;
	struct be_door_org *org; /* of one that is known */
	char *refusal; /* why its certificate is none; or NULL */
	struct cb_buf in, out;
	size_t lingered;
	/* the request */
	const struct be_route *route;
	struct be_route_ids ids;
	size_t length;   /* of its body */
	size_t reserved; /* for it, then for the answer's */
	bool begun, close;
	/* who it is is no more than what it says: its network has replaced
	 * its certificate */
	bool inspected;
	char line[96];           /* method and path, for the log */
	uint64_t since; /* a tick: its first byte; of a handshake, the start */
	struct be_question *ask; /* what it waits for: one of these */
	struct be_hold *hold;
	uint64_t held; /* which of all holds */
};

/* Takes the descriptor. */
CB_MUST_USE enum cb_err be_conn_new(
    struct be_conn **out, struct be_door *door, int fd);
/* Ends it now, whatever it does; freed when nobody is in it any more. */
void be_conn_end(struct be_conn *c);
void be_conn_free(struct be_conn *c);

/* Milliseconds from now until be_door_serve_late() or the end; 0: at once,
 * after what can be read by now. */
void be_conn_deadline(struct be_conn *c, uint64_t ms);
void be_conn_no_deadline(struct be_conn *c);

/* The answer to its request. */
void be_conn_answer(struct be_conn *c, const struct be_http_answer *answer);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A request to a backend until it is answered or given up: what a status
 * means, and sending the very same bytes again where the road broke.
 * PROTOCOL.md, "The road", has the table.
 */
#ifndef BR_HTTPS_CALL_H
#define BR_HTTPS_CALL_H

#include <stdatomic.h>

#include "bridge/https/http_client.h"
#include "bridge/https/uri.h"
#include "wire/road.h"

/* The places of one backend. All who ask it are at the same one, and go to the
 * next when it does not answer. */
struct br_places {
	char origins[BR_ORIGINS_MAX][BR_ORIGIN_MAX]; /* "https://HOST:PORT" */
	unsigned n;
	atomic_uint at;
};
void br_places_init(struct br_places *p, const struct br_https_uri *uri);
/* The one at `at` did not answer. */
void br_places_leave(struct br_places *p, unsigned at);

struct br_caller {
	struct br_http *http;
	struct br_places *places;
	const char *device;	/* NULL: TLS says who we are */
	atomic_uint trips;	/* requests that were answered */
	atomic_uint again;	/* how often bytes were sent again by us */
	atomic_bool give_up;	/* set by whoever wants it to end */
};

/* So long a connection may be without commands, and a session be opened. Tests
 * shorten them. */
extern unsigned br_https_idle_ms, br_https_open_ms;

struct br_asked {
	const char *path;
	bool post;
	struct cb_span body;
	unsigned patience_ms;	/* how long the road may be broken; 0: no
				 * second try */
	unsigned all_ms;	/* for everything */
	size_t most;		/* bytes of the answer */
};

/* CB_OK: 200, and *body is its body. CB_E_ABSENT: 410, *outcome says what
 * became of the request; CB_E_BUSY: 409; CB_E_DENIED: 401, 403; CB_E_LIMIT:
 * 404, 413, or the answer is too long; CB_E_FORMAT: 400; CB_E_PEER,
 * CB_E_TIMEOUT: the road. */
CB_MUST_USE enum cb_err br_call(struct br_caller *c,
    const struct br_asked *asked, struct cb_buf *body,
    enum wire_outcome *outcome, struct cb_why *why);
/* The same for what is said at last, and must be heard by anybody: no place has
 * all the time, whoever wants it to end is not asked, and where nobody is
 * reached each place is tried once, if patience_ms is over. CB_E_BUSY:
 * interrupted. */
CB_MUST_USE enum cb_err br_call_last(struct br_caller *c,
    const struct br_asked *asked, struct cb_buf *body,
    enum wire_outcome *outcome, struct cb_why *why);
/* What an answer means; CB_E_TIMEOUT: again, later. */
CB_MUST_USE enum cb_err br_call_judge(const struct br_http_answer *answer,
    enum wire_outcome *outcome, struct cb_why *why);

#endif

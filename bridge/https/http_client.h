/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * HTTP over TLS, one request at a time. A client keeps its connection between
 * requests (pipe.h), and what is needed to resume its TLS session after the
 * connection was closed.
 *
 * What a status means is not known here (road.h).
 */
#ifndef BR_HTTPS_HTTP_CLIENT_H
#define BR_HTTPS_HTTP_CLIENT_H

#include "bridge/https/pipe.h"

struct br_http;

/* So long a request may take that is being sent, and an answer that has begun,
 * where all of it may take for ever. Tests shorten it. */
extern unsigned br_http_slow_ms;

struct br_http_ask {
	const char *origin;	/* "https://HOST:PORT" */
	const char *path;	/* "/cards/..." */
	bool post;		/* with this body */
	struct cb_span body;
	const char *device;	/* NULL, or "ORGANISATION DEVICE": who is
				 * behind an inspected road */
	unsigned connect_ms;	/* until TLS stands */
	unsigned all_ms;	/* for everything; 0: no end */
	size_t most;		/* bytes of the answer */
	/* NULL, or called when the road stands and it is about to be sent;
	 * again where it is sent again. */
	void (*sending)(void *ctx);
	void *ctx;
};

struct br_http_answer {
	bool sent;		/* as far as a road was there */
	unsigned status;
	unsigned retry_after_s;	/* 0: not said */
	struct cb_buf body;
};

/* `trust` is borrowed as long as the client lives. */
CB_MUST_USE enum cb_err br_http_new(
    struct br_http **out, const struct br_trust *trust);
void br_http_free(struct br_http **h);
/* The same with another trust from here on. */
CB_MUST_USE enum cb_err br_http_trust(
    struct br_http *h, const struct br_trust *trust);

/* Where a kept connection turns out to be broken it is sent once more on a new
 * one, which br_http_connections shows.
 *
 * CB_E_PEER: the road is broken (or this network is not trusted, if
 * *distrust), and whether the request arrived is not known; CB_E_TIMEOUT: it
 * was reached, and said nothing in time, or fell silent altogether; CB_E_BUSY:
 * interrupted; CB_E_LIMIT: the answer is too long. *why says what is wrong with
 * the road. */
CB_MUST_USE enum cb_err br_http_do(struct br_http *h,
    const struct br_http_ask *ask, struct br_http_answer *answer,
    bool *distrust, struct cb_why *why);
/* Ends the request that is running, or else the next one (any thread). */
void br_http_interrupt(struct br_http *h);
/* Not the next one. */
void br_http_resume(struct br_http *h);
/* What may interrupt requests and pauses, too. */
void br_http_heed(struct br_http *h, const struct br_heed *heed);
/* Waits that long (ms), or until it is interrupted. */
void br_http_pause(struct br_http *h, unsigned ms);
/* Closes the connection: the next request resumes by ticket. */
void br_http_hang_up(struct br_http *h);
/* From its next connection on it finds out sooner that nobody is there. */
void br_http_wary(struct br_http *h);
/* Bytes of requests and answers, without those of TLS (any thread). */
void br_http_bytes(
    const struct br_http *h, uint64_t *sent, uint64_t *received);
/* Does it go through a proxy? Known when one request has come to its end. */
bool br_http_proxied(const struct br_http *h);
/* How often a connection was made. */
unsigned br_http_connections(const struct br_http *h);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Inside of the thin end: a connection, and the one way a request is sent
 * and its reply awaited.
 */
#ifndef BR_CLIENT_IO_H
#define BR_CLIENT_IO_H

#include "bridge/protocol.h"

/* Holds any frame of a short APDU: most connections never need more. */
#define BR_CLIENT_SMALL 512

struct br_client {
	int fd;
	bool broken;		/* nothing may be sent or believed any more */
	bool watching;
	uint16_t seq;
	unsigned exchange_ms, long_ms;
	unsigned told_exchange_ms, told_long_ms; /* by the greeting */
	struct br_state state;	/* of a watching connection */
	size_t have;		/* bytes received and not yet wiped */
	size_t cap;
	uint8_t *in;		/* small, or larger on the heap */
	uint8_t small[BR_CLIENT_SMALL];
};

/* Sends a request and waits for its reply, which must be of type `want`.
 * *body borrows from the connection until br_io_done. An ERROR is returned as
 * what it says, with its words in *why. */
CB_MUST_USE enum cb_err br_io_call(struct br_client *c, uint16_t type,
    struct cb_span request, uint16_t want, struct cb_span *body,
    struct cb_why *why);
/* The same for a request that was encoded as a frame by br_put_*. */
CB_MUST_USE enum cb_err br_io_call_frame(struct br_client *c,
    const struct cb_buf *frame, uint16_t want, struct cb_span *body,
    struct cb_why *why);
/* Wipes the reply. Always called after one of the two. */
void br_io_done(struct br_client *c);
/* The number of the next request. */
uint16_t br_io_seq(struct br_client *c);
/* Takes the next whole frame that has arrived, without waiting. CB_E_ABSENT:
 * there is none. */
CB_MUST_USE enum cb_err br_io_take(
    struct br_client *c, struct br_header *h, struct cb_span *body);
/* Forgets a frame given by br_io_take. */
void br_io_drop(struct br_client *c, const struct br_header *h);

#endif

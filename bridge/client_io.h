/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Inside of the thin end: a connection, and the one way a request is sent
 * and its reply awaited.
 */
#ifndef BR_CLIENT_IO_H
#define BR_CLIENT_IO_H

#include <stdatomic.h>

#include "bridge/inbox.h"
#include "common/fd.h"

struct br_client {
	int fd;
	struct cb_fd_id id;	/* what fd stands for, if it is ours still */
	bool broken;		/* nothing may be sent or believed any more */
	bool watching;
	bool changed;		/* told so between the pieces of a list */
	uint16_t seq;
	unsigned exchange_ms, long_ms;
	unsigned socket_ms;	/* that its receive timeout stands for; 0: none */
	unsigned told_exchange_ms, told_long_ms; /* by the greeting */
	struct br_state state;	/* of a watching connection */
	/* The call that waits without end, to be aborted; 0: none. */
	_Atomic uint16_t waiting;
	struct br_inbox in;
};

/* Who listens there is told every passcode. So it must be root, ourselves, or
 * whoever owns the socket's directory, if only that owner can have put it
 * there: in one like /tmp anybody may have made a directory, or a socket, of
 * that name. Else CB_E_DENIED. */
CB_MUST_USE enum cb_err br_peer_check(
    int fd, const char *path, struct cb_why *why);
/* Makes a socket that of a connection. */
CB_MUST_USE enum cb_err br_io_adopt(struct br_client *c, int fd);

/* Sends a request and waits for its reply, which must be of type `want`.
 * *body borrows from c->in, which the caller clears afterwards, whatever came
 * of it. An ERROR is returned as what it says, with its words in *why. */
CB_MUST_USE enum cb_err br_io_call(struct br_client *c, uint16_t type,
    struct cb_span request, uint16_t want, struct cb_span *body,
    struct cb_why *why);
/* The same for a request that was encoded as a frame by br_put_*. */
CB_MUST_USE enum cb_err br_io_call_frame(struct br_client *c,
    const struct cb_buf *frame, uint16_t want, struct cb_span *body,
    struct cb_why *why);
/* The same for a request in two pieces that others may keep waiting: silence
 * is limited, the time in all is not. BR_SHARED may come instead of another
 * reply: then *got says so. */
CB_MUST_USE enum cb_err br_io_wait(struct br_client *c, uint16_t type,
    struct cb_span head, struct cb_span tail, uint16_t want, uint16_t *got,
    struct cb_span *body);
/* The number of the next request. */
uint16_t br_io_seq(struct br_client *c);
/* The next whole frame that has arrived, without waiting; to be dropped from
 * c->in. CB_E_ABSENT: there is none. */
CB_MUST_USE enum cb_err br_io_take(
    struct br_client *c, struct br_header *h, struct cb_span *body);

#endif

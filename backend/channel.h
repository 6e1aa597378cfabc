/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A channel between two roles: messages over a pair of stream sockets that
 * the parent has made. Requests are answered in any order; an answer carries
 * the number of its request. PROTOCOL.md, "Inside the backend", has the frame.
 *
 * One thread, the loop's, receives; any thread sends. Nobody waits for the
 * other end to read: what the socket does not take is kept, up to a limit,
 * and the loop writes it on. The other end is another program that may have
 * been taken over: its lengths are claims, its numbers are looked up.
 */
#ifndef BE_CHANNEL_H
#define BE_CHANNEL_H

#include "common/buf.h"

/* Largest body: a command and its sealed answer with room to spare. */
#define BE_BODY_MAX ((size_t)1 << 20)
/* What may wait for a socket to take it. Beyond it the other end is stuck,
 * and the channel broken. */
#define BE_UNSENT_MAX ((size_t)16 << 20)

struct be_message {
	uint16_t type;		/* of the request, also in its answer */
	uint16_t code;		/* of an answer: 0, or what went wrong */
	bool answer;
	uint64_t id;		/* of the request; 0: wants no answer */
	struct cb_span body;	/* borrowed */
};

struct be_channel;

/* Takes the descriptor, in every case. */
CB_MUST_USE enum cb_err be_channel_new(struct be_channel **out, int fd);
void be_channel_free(struct be_channel **ch);
int be_channel_fd(const struct be_channel *ch);
/* How many bytes wait until the socket takes more, for which the loop has to
 * wait. */
size_t be_channel_unsent(struct be_channel *ch);

/* What to call, on the thread that sends, when a socket took less than all:
 * the loop then has to wait until it takes more. */
typedef void be_full_fn(void *ctx);
void be_channel_on_full(struct be_channel *ch, be_full_fn *full, void *ctx);

/* This thread's messages are kept from now on, a few of a channel at most, until
 * be_channel_flush(): for a loop, which answers many in a turn, and whose other
 * end then takes them at once. */
void be_channel_collect(bool yes);
/* The loop: the same for this channel's messages of any thread, until the loop
 * calls be_channel_flush(), which it does soon. */
void be_channel_hold(struct be_channel *ch);
/* Any thread. CB_E_LIMIT: a body that is too long. CB_E_PEER: the channel is
 * broken; the loop will notice, too. */
CB_MUST_USE enum cb_err be_channel_send(
    struct be_channel *ch, const struct be_message *m);
/* The loop: writes on what was kept. CB_E_PEER as above. */
CB_MUST_USE enum cb_err be_channel_flush(struct be_channel *ch);

/* The parent, on channels whose other end takes descriptors: with them as
 * SCM_RIGHTS; they stay the caller's. Waits for an end that is slow, for a
 * second. */
CB_MUST_USE enum cb_err be_channel_send_fds(struct be_channel *ch,
    const struct be_message *m, const int *fds, size_t n);
/* The end of the parent's channel in a role: descriptors are taken from now
 * on. On other channels they are closed unseen. */
#define BE_FDS_MAX 16
void be_channel_take_fds(struct be_channel *ch);
/* The next that came, the caller's; -1: there is none. They lie in the order
 * of the messages that they came with. */
int be_channel_fd_next(struct be_channel *ch);

/* The loop: reads what is there, once. CB_E_PEER: the other end is gone, or
 * says what no role says. */
CB_MUST_USE enum cb_err be_channel_read(struct be_channel *ch);
/* The loop: the next message that is whole; its body is valid until this says
 * that there is none any more (CB_E_SHORT), which wipes those that were lent,
 * and until the next be_channel_read. CB_E_PEER. */
CB_MUST_USE enum cb_err be_channel_next(
    struct be_channel *ch, struct be_message *out);

#endif

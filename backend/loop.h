/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The loop of a role: one thread that waits for channels, other descriptors
 * and points in time, and calls what belongs to them. Everything here is for
 * that thread alone, but be_loop_wake().
 */
#ifndef BE_LOOP_H
#define BE_LOOP_H

#include "backend/channel.h"

struct be_loop;
struct be_watched;	/* a channel or descriptor in a loop */

CB_MUST_USE enum cb_err be_loop_new(struct be_loop **out);
/* What is still watched is let go of; channels stay their owners'. */
void be_loop_free(struct be_loop **loop);

/* One whole message of a channel; its body is valid within the call. Anything
 * but CB_OK breaks the channel. */
typedef enum cb_err be_message_fn(
    void *ctx, struct be_channel *ch, const struct be_message *m);
/* The channel is over: broken, or closed at the other end. It is no longer
 * watched, and may be freed within the call. */
typedef void be_gone_fn(void *ctx, struct be_channel *ch);
/* The channel is borrowed until be_loop_forget(), or until it is gone. */
CB_MUST_USE enum cb_err be_loop_channel(struct be_loop *loop,
    struct be_watched **out, struct be_channel *ch, be_message_fn *message,
    be_gone_fn *gone, void *ctx);
/* Something can be read from `fd` (borrowed), or it is at its end. */
typedef void be_ready_fn(void *ctx, int fd);
CB_MUST_USE enum cb_err be_loop_fd(struct be_loop *loop,
    struct be_watched **out, int fd, be_ready_fn *ready, void *ctx);
/* May be called from within any call of the loop, also its own; a channel that
 * is watched must not be freed before it. */
void be_loop_forget(struct be_loop *loop, struct be_watched **watched);

/* Called before each wait; answers how long to wait at most, in milliseconds
 * (-1: for as long as nothing happens). One for a loop. */
typedef int be_due_fn(void *ctx);
void be_loop_due(struct be_loop *loop, be_due_fn *due, void *ctx);

/* Called before each wait, when all is sent: may wait itself, for a moment, so
 * that more lies there when the loop looks. One for a loop. */
typedef void be_rest_fn(void *ctx);
void be_loop_rest(struct be_loop *loop, be_rest_fn *rest, void *ctx);

/* Any thread: ends the wait once, for what another thread has left. (What it
 * sent to a channel that was full needs none.) */
void be_loop_wake(struct be_loop *loop);

/* Until be_loop_stop(). CB_E_INTERNAL: the system refused to wait. */
CB_MUST_USE enum cb_err be_loop_run(struct be_loop *loop);
void be_loop_stop(struct be_loop *loop);

#endif

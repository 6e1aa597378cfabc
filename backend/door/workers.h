/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The workers, by organisation, and what they have been asked. Everything is
 * the loop's.
 */
#ifndef BE_DOOR_WORKERS_H
#define BE_DOOR_WORKERS_H

#include "backend/ask.h"
#include "backend/channel.h"
#include "wire/wire.h"

struct event_base;
struct be_workers;
struct be_line;
struct be_question; /* a question that has no answer yet */

/* `enrols`: how many ENROL a worker is asked at one time. */
CB_MUST_USE enum cb_err be_workers_new(
    struct be_workers **out, struct event_base *base, unsigned enrols);
void be_workers_free(struct be_workers **workers);

/* Takes the descriptor; what the one before was asked is answered as lost. */
CB_MUST_USE enum cb_err be_workers_set(struct be_workers *workers,
    const uint8_t organisation[WIRE_ID], uint64_t number, int fd);
/* What to call when a channel breaks, with its number. */
typedef void be_line_lost_fn(void *ctx, uint64_t number);
void be_workers_on_lost(
    struct be_workers *workers, be_line_lost_fn *lost, void *ctx);
/* How many that were there are not, at the moment (before the first has come
 * that one), or have not said what they lack; and how many lack a store or a
 * vault, or have a store whose disk fails. */
struct be_missing {
	unsigned workers, stores, vaults, disks;
};
void be_workers_missing(
    const struct be_workers *workers, struct be_missing *out);
/* NULL: none, or it is being started. */
struct be_line *be_workers_get(
    struct be_workers *workers, const uint8_t organisation[WIRE_ID]);

/* What a thread that collects (be_channel_collect()) has asked since: it goes
 * out together. */
void be_workers_flush(struct be_workers *workers);

/* Called once, with the answer, whose body is valid within the call, or NULL:
 * the worker is lost. The question is over then. */
typedef void be_answered_fn(void *ctx, const struct be_message *answer);
/* Sends a question; *out is for be_question_drop(). CB_E_PEER: the worker is
 * stuck or gone; CB_E_BUSY: it has much to read yet, or as many of ENROL as
 * it may. */
CB_MUST_USE enum cb_err be_question_ask(struct be_question **out,
    struct be_line *worker, enum be_ask type, struct cb_span body,
    be_answered_fn *fn, void *ctx);
/* The answer is no longer wanted: `fn` is not called. Of a WATCH the worker
 * is told; an ENROL goes on, and counts. */
void be_question_drop(struct be_question **ask);

#endif

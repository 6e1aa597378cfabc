/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Requests to another role that a thread waits for: any thread asks, the
 * loop's hands in the answers. For a worker, whose cards ask the store in the
 * middle of a command.
 */
#ifndef BE_CALLS_H
#define BE_CALLS_H

#include "backend/channel.h"

struct be_calls;

/* The channel is borrowed, and must outlive it; NULL: none yet. */
CB_MUST_USE enum cb_err be_calls_new(
    struct be_calls **out, struct be_channel *ch);
/* Nobody may be waiting any more. */
void be_calls_free(struct be_calls **calls);

/* Any thread but the loop's: sends a request and waits for its answer, at
 * most so long. *code: of the answer; its body is appended. CB_E_TIMEOUT,
 * CB_E_PEER: there was none, and whether the request was carried out is not
 * known. CB_E_LIMIT, CB_E_NOMEM: it was not sent. */
CB_MUST_USE enum cb_err be_call(struct be_calls *calls, uint16_t type,
    struct cb_span body, unsigned timeout_ms, uint16_t *code,
    struct cb_buf *answer);

/* The loop: an answer has come. CB_E_PEER: to what was never asked, or of
 * another type. One that comes too late is dropped. */
CB_MUST_USE enum cb_err be_calls_answer(
    struct be_calls *calls, const struct be_message *m);
/* The loop: the channel is gone (NULL), or there is a new one. Whoever waits
 * gets CB_E_PEER; who asks while there is none, too. */
void be_calls_channel(struct be_calls *calls, struct be_channel *ch);

#endif

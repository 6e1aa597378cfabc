/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Requests to another role: any thread asks, the loop's hands in the answers.
 * A thread waits for its own where a card asks in the middle of a command; what
 * can go on by itself when the answer is there keeps none.
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

/* Bytes that may wait for the other role: with more of them the channel would
 * break some day, and all that it was asked be lost. */
#define BE_CALLS_UNSENT (BE_UNSENT_MAX / 2)

/* Any thread but the loop's: sends a request and waits for its answer, at
 * most so long. *code: of the answer; its body is appended. CB_E_TIMEOUT,
 * CB_E_PEER: there was none, and whether the request was carried out is not
 * known. CB_E_LIMIT, CB_E_NOMEM: it was not sent; CB_E_BUSY: nor now, as the
 * other role does not read. */
CB_MUST_USE enum cb_err be_call(struct be_calls *calls, uint16_t type,
    struct cb_span body, unsigned timeout_ms, uint16_t *code,
    struct cb_buf *answer);

/* The same without waiting, by a thread or the loop: `told` is called by the
 * loop, once, with the answer (the body is valid within the call), or with
 * CB_E_PEER or CB_E_TIMEOUT as above. All wait equally long. Not CB_OK: it was
 * not sent, and nobody is told. */
typedef void be_told_fn(
    void *ctx, enum cb_err r, uint16_t code, struct cb_span answer);
struct be_later {	/* borrowed until then */
	struct be_later *next;
	uint64_t id, until;
	uint16_t type;
	be_told_fn *told;
	void *ctx;
};
CB_MUST_USE enum cb_err be_call_later(struct be_calls *calls,
    struct be_later *later, uint16_t type, struct cb_span body,
    uint64_t until, be_told_fn *told, void *ctx);
/* The loop: those whose time is over are told so. When the next is due;
 * UINT64_MAX: none. Time is the caller's, as in `until`. */
uint64_t be_calls_due(struct be_calls *calls, uint64_t now);

/* The loop: an answer has come. CB_E_PEER: to what was never asked, or of
 * another type. One that comes too late is dropped. */
CB_MUST_USE enum cb_err be_calls_answer(
    struct be_calls *calls, const struct be_message *m);
/* The loop: the channel is gone (NULL), or there is a new one. Whoever waits
 * gets CB_E_PEER; who asks while there is none, too. */
void be_calls_channel(struct be_calls *calls, struct be_channel *ch);

#endif

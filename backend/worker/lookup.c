/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A body of a session that nobody knows any more: the worker was started
 * anew, or the session has ended. First the lease that it may still have is
 * taken from it, so that nothing of it can happen later; then what is stored
 * for it is given, once.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"

/* CB_E_ABSENT: the session has none. */
static enum cb_err
find_lease(const struct be_body *b, struct be_lease *out)
{
	const uint8_t *const ids[] = { b->holder, b->session };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct cb_span cur;
	enum cb_err r;

	if ((r = be_ask_ids_put(&body, ids, 2)) == CB_OK &&
	    (r = be_ask_store(b->w, BE_ASK_SESSION, cb_buf_span(&body),
		 &answer)) == CB_OK) {
		cur = cb_buf_span(&answer);
		if ((r = be_ask_leases_get(&cur, out)) == CB_OK)
			r = cb_get_end(&cur);
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static enum cb_err
fence(const struct be_body *b)
{
	struct be_lease lease;
	enum cb_err r = find_lease(b, &lease);

	if (r == CB_E_ABSENT)
		return CB_OK;
	return r == CB_OK ? be_lease_free(b->w, lease.card, &lease,
			       CB_E_PEER, BE_WORKER_GONE)
			   : r;
}

static bool
is_person(const struct be_body *b)
{
	struct be_ask_rights ask = { .is_person = true };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	enum cb_err r;

	memcpy(ask.holder, b->holder, WIRE_ID);
	if ((r = be_ask_rights_put(&body, &ask)) == CB_OK)
		r = be_ask_store(
		    b->w, BE_ASK_RIGHTS, cb_buf_span(&body), &answer);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r == CB_OK;
}

/* The answers up to the last command that left any. */
static enum cb_err
find_answer(struct be_body *b, struct cb_buf *out, enum wire_outcome *outcome)
{
	struct be_ask_answer ask;
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct be_answered found = { .found = BE_NO_ANSWER };
	enum cb_err r = CB_OK;

	/* one for all questions, which may each be asked again */
	if ((r = cr_random(ask.look_up, WIRE_ID)) != CB_OK)
		return r;
	memcpy(ask.device, b->holder, WIRE_ID);
	memcpy(ask.session, b->session, WIRE_ID);
	for (size_t i = b->n; r == CB_OK && found.found == BE_NO_ANSWER &&
	     i-- > 0;) {
		ask.number = b->records[i].number;
		cb_buf_clear(&body);
		if ((r = be_body_hash(b, i, ask.request)) == CB_OK &&
		    (r = be_ask_answer_put(&body, &ask)) == CB_OK &&
		    (r = be_ask_store(b->w, BE_ASK_ANSWER,
			 cb_buf_span(&body), &answer)) == CB_OK)
			r = be_answered_get(cb_buf_span(&answer), &found);
	}
	*outcome = found.found == BE_GIVEN ? WIRE_GIVEN
	    : found.found == BE_BEGUN	   ? WIRE_NOT_KNOWN
					   : WIRE_NOT_RUN;
	/* a person's orders are found by their own ids, and nowhere else */
	if (r == CB_OK && found.found == BE_NO_ANSWER && is_person(b))
		*outcome = WIRE_NOT_KNOWN;
	if (r == CB_OK)
		r = found.found == BE_ANSWER ? cb_buf_set(out, found.bytes)
					     : CB_E_ABSENT;
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static void
lookup(struct be_job *job)
{
	struct be_body *b = (struct be_body *)job;
	enum wire_outcome outcome = WIRE_NOT_KNOWN;
	enum cb_err r;

	if ((r = fence(b)) == CB_OK)
		r = find_answer(b, &b->answers, &outcome);
	if (r == CB_OK)
		be_reply(b->w, &b->reply, cb_buf_span(&b->answers));
	else
		be_reply_fail(b->w, &b->reply, r,
		    r == CB_E_ABSENT ? outcome : WIRE_NOT_KNOWN,
		    "the session is over");
	be_body_free(&b);
}

void
be_body_lookup(struct be_body *b)
{
	b->job.run = lookup;
	if (be_pool_add(b->w->pool, &b->job) == CB_OK)
		return;
	be_reply_fail(b->w, &b->reply, CB_E_NOMEM, WIRE_NOT_KNOWN, "");
	be_body_free(&b);
}

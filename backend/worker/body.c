/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * COMMANDS: a body of records is run once. The same body again gets the same
 * bytes; whatever is neither that nor the next ends the session.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/worker/internal.h"

void
be_body_free(struct be_body **body)
{
	struct be_body *b = *body;

	if (b == NULL)
		return;
	cb_buf_free(&b->bytes);
	cb_buf_free(&b->texts);
	cb_buf_free(&b->answers);
	free(b);
	*body = NULL;
}

enum cb_err
be_body_hash(const struct be_body *b, size_t i, uint8_t out[CR_HASH])
{
	const struct cb_span *last = &b->records[i].whole;

	if (b->hashed && i == b->n - 1) {
		memcpy(out, b->hash, CR_HASH);
		return CB_OK;
	}
	/* it is sealed */
	return cr_sha256_public(cb_span(b->bytes.p,
				    (size_t)(last->p + last->n -
					b->bytes.p)),
	    out);
}

/* Cuts it into records with consecutive numbers. */
static enum cb_err
cut(struct be_body *b)
{
	struct cb_span cur = cb_buf_span(&b->bytes);
	enum cb_err r;

	while (cur.n > 0) {
		if (b->n == WIRE_COMMANDS_MAX)
			return CB_E_LIMIT;
		if ((r = wire_record_get(&cur, &b->records[b->n])) != CB_OK)
			return r;
		if (b->records[b->n].number != b->records[0].number + b->n)
			return CB_E_FORMAT;
		b->n++;
	}
	return b->n > 0 ? CB_OK : CB_E_SHORT;
}

static enum cb_err
body_new(struct be_body **out, struct be_worker *w,
    const struct be_reply *reply, struct cb_span body)
{
	struct be_body *b = calloc(1, sizeof(*b));
	enum cb_err r;

	*out = NULL;
	if (b == NULL)
		return CB_E_NOMEM;
	b->w = w;
	b->reply = *reply;
	if ((r = be_bytes_get(&body, b->holder, WIRE_ID)) != CB_OK ||
	    (r = be_bytes_get(&body, b->session, WIRE_ID)) != CB_OK ||
	    (r = cb_buf_set(&b->bytes, body)) != CB_OK ||
	    (r = cut(b)) != CB_OK) {
		be_body_free(&b);
		return r;
	}
	*out = b;
	return CB_OK;
}

/* All of it is opened before any of it is run. */
static enum cb_err
open_all(struct be_body *b, struct wire_stream *in)
{
	const uint64_t next = in->next;
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < b->n; i++) {
		struct wire_command c;
		const size_t from = b->texts.n;

		if ((r = wire_open(in, &b->records[i], &b->texts)) == CB_OK) {
			const struct cb_span text =
			    cb_span_tail(cb_buf_span(&b->texts), from);

			r = be_session_is_person(b->s)
			    ? be_desk_check(text)
			    : wire_command_get(text, &c);
		}
		b->ends[i] = b->texts.n;
	}
	if (r != CB_OK)
		in->next = next;
	return r;
}

enum due {
	DUE_RUN,
	DUE_AGAIN,	/* the answers of before */
	DUE_WAIT,	/* it is running */
	DUE_LATER,	/* another device takes the card, or the store is slow */
	DUE_LOOKUP,	/* nobody knows the session */
	DUE_OLD,	/* of before the last */
	DUE_END,	/* neither the last nor the next */
	DUE_REFUSE,
};

/* With the lock. What a command would ask of a store that does not read lies
 * before it; with the line full all would be lost. */
static bool
is_store_behind(const struct be_worker *w)
{
	return w->store.ch != NULL &&
	    be_channel_unsent(w->store.ch) >= w->set.unsent;
}

/* With the lock. On DUE_RUN and DUE_END the session is ours. */
static enum due
decide(struct be_body *b, const uint8_t hash[CR_HASH], enum cb_err *why)
{
	struct be_session *s = be_session_find(b->w, b->session);
	const uint64_t first = b->records[0].number;

	if (s == NULL || memcmp(s->device, b->holder, WIRE_ID) != 0)
		return DUE_LOOKUP;
	if (s->busy) {
		if (memcmp(s->running, hash, CR_HASH) != 0)
			return DUE_LATER;
		/* whoever asked before has gone away */
		const struct be_reply before = s->waiting;

		s->waiting = b->reply;
		b->reply = before;
		return DUE_WAIT;
	}
	if (s->yielding)
		return DUE_LATER;
	/* it was given up, and comes by a connection that nobody reads */
	if (first < s->first)
		return DUE_OLD;
	if (first == s->last + 1 && is_store_behind(b->w))
		return DUE_LATER;
	s->busy = true;
	b->s = s;
	if (s->first != 0 && first == s->first) {
		if (memcmp(s->hash, hash, CR_HASH) == 0)
			return DUE_AGAIN;
		return DUE_END;
	}
	if (first != s->last + 1)
		return DUE_END;
	if ((*why = open_all(b, &s->secrets->in)) != CB_OK)
		return DUE_REFUSE;
	memcpy(s->running, hash, CR_HASH);
	s->waiting = b->reply;
	return DUE_RUN;
}

enum cb_err
be_on_commands(struct be_worker *w, const struct be_reply *reply,
    struct cb_span body)
{
	struct be_body *b;
	enum cb_err r;
	enum due due;

	if ((r = body_new(&b, w, reply, body)) != CB_OK ||
	    (r = be_body_hash(b, b->n - 1, b->hash)) != CB_OK) {
		be_reply_fail(w, reply, r, WIRE_NOT_RUN, "");
		be_body_free(&b);
		return CB_OK;
	}
	b->hashed = true;
	(void)pthread_mutex_lock(&w->lock);
	due = decide(b, b->hash, &r);
	(void)pthread_mutex_unlock(&w->lock);
	switch (due) {
	case DUE_RUN:
		be_body_run(b);
		return CB_OK;
	case DUE_LOOKUP:
		be_body_lookup(b);
		return CB_OK;
	case DUE_AGAIN:
		b->s->waiting = *reply;
		be_session_idle(b->s, true);
		break;
	case DUE_WAIT:
		be_reply_fail(w, &b->reply, CB_E_TIMEOUT, WIRE_NOT_KNOWN,
		    "asked again");
		break;
	case DUE_LATER:
		be_reply_fail(w, reply, CB_E_TIMEOUT, WIRE_NOT_RUN, "busy");
		break;
	case DUE_OLD:
		be_reply_fail(w, reply, CB_E_ABSENT, WIRE_NOT_KNOWN,
		    "its answer was given up");
		break;
	case DUE_END:
		be_reply_fail(w, reply, CB_E_ABSENT, WIRE_NOT_RUN,
		    "out of order: the session is over");
		be_session_end(b->s, CB_E_FORMAT, "out-of-order");
		break;
	case DUE_REFUSE:
		be_reply_fail(w, reply, r, WIRE_NOT_RUN, "");
		be_session_idle(b->s, false);
		break;
	}
	be_body_free(&b);
	return CB_OK;
}

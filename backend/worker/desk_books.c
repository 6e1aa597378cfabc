/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * BOOKS: entries of the organisation, to be verified by who reads them. That
 * somebody reads is an entry itself: at once, and then once a minute for all
 * that was read since; what is left at the end is entered then.
 */
#include <string.h>

#include "backend/worker/desk.h"

#define ENTER_MS 60000

/* ---- who has read what --------------------------------------------------- */

static enum cb_err
enter(struct be_session *s)
{
	struct be_act act = { .kind = BE_AUDIT };
	struct cb_buf bytes = CB_BUF_INIT;
	struct cb_span span;
	struct wire_entry e;
	enum cb_err r;

	wire_entry_init(&e, WIRE_AUDIT_READ, be_worker_time());
	wire_entry_set(&e, WIRE_F_PERSON, CB_SPAN_OF(s->device));
	wire_entry_set_number(&e, WIRE_F_FROM, s->desk.read_from);
	wire_entry_set_number(&e, WIRE_F_TO, s->desk.read_to);
	if ((r = wire_entry_put(&bytes, &e)) == CB_OK) {
		span = cb_buf_span(&bytes);
		act.entries = &span;
		act.entries_n = 1;
		r = be_ask_act(s->w, &act);
	}
	cb_buf_free(&bytes);
	if (r == CB_OK) {
		s->desk.read_from = 0;
		s->desk.read_entered = be_worker_tick();
	}
	return r;
}

enum cb_err
be_desk_end(struct be_session *s)
{
	return s->desk.read_from != 0 ? enter(s) : CB_OK;
}

/* Before any of it is told. */
static enum cb_err
note(struct be_session *s, uint64_t from, uint64_t to)
{
	const uint64_t now = be_worker_tick();

	if (s->desk.read_from == 0) {
		s->desk.read_from = from;
		s->desk.read_to = to;
	}
	if (from < s->desk.read_from)
		s->desk.read_from = from;
	if (to > s->desk.read_to)
		s->desk.read_to = to;
	return s->desk.read_entered == 0 ||
		now - s->desk.read_entered >= ENTER_MS
	    ? enter(s)
	    : CB_OK;
}

/* ---- entries ------------------------------------------------------------- */

static enum cb_err
tell_entry(struct be_desk_call *c, const struct be_ask_entry *entry)
{
	struct wire_fields item = { .has = 0 };

	wire_fields_number(&item, WIRE_D_NUMBER, entry->number);
	wire_fields_bytes(&item, WIRE_D_VALUE, entry->bytes);
	wire_fields_bytes(&item, WIRE_D_FINGERPRINT, CB_SPAN_OF(entry->hash));
	if (entry->head.n > 0)
		wire_fields_bytes(&item, WIRE_D_HEAD, entry->head);
	return be_desk_tell(c, &item);
}

static enum cb_err
tell_page(struct be_desk_call *c, struct cb_span page, uint64_t *first,
    uint64_t *last)
{
	struct be_ask_entry entry;
	enum cb_err r;

	while (page.n > 0 && be_desk_has_room(c)) {
		if ((r = be_ask_entry_get(&page, &entry)) != CB_OK ||
		    (r = tell_entry(c, &entry)) != CB_OK)
			return r;
		if (*first == 0)
			*first = entry.number;
		*last = entry.number;
	}
	return CB_OK;
}

enum cb_err
be_desk_books(struct be_desk_call *c)
{
	struct be_ask_books ask = { .first = c->d->first,
		.most = c->d->most < WIRE_DESK_ITEMS_MAX
		    ? c->d->most
		    : WIRE_DESK_ITEMS_MAX };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	uint64_t first = 0, last = 0;
	enum cb_err r;

	/* one more than is told: whether there is any; behind the last ones
	 * there is none */
	if (ask.first != 0)
		ask.most++;
	if ((r = be_ask_books_put(&body, &ask)) == CB_OK &&
	    (r = be_ask_store(c->w, BE_ASK_BOOKS, cb_buf_span(&body),
		 &answer)) == CB_OK &&
	    (r = tell_page(c, cb_buf_span(&answer), &first, &last)) ==
		CB_OK &&
	    last != 0)
		r = note(c->s, first, last);
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

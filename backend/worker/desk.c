/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See desk.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/worker/desk.h"

/* ---- sessions ------------------------------------------------------------ */

enum cb_err
be_desk_room(struct be_worker *w, const uint8_t person[WIRE_ID])
{
	struct be_session *oldest = NULL;
	size_t n = 0;

	for (struct be_session *s = w->sessions; s != NULL; s = s->next) {
		if (!be_session_is_person(s) ||
		    memcmp(s->device, person, WIRE_ID) != 0)
			continue;
		n++;
		if (!s->busy &&
		    (oldest == NULL || s->last_use < oldest->last_use))
			oldest = s;
	}
	if (n < BE_DESKS_MAX)
		return CB_OK;
	if (oldest == NULL)
		return CB_E_BUSY;
	oldest->busy = true;
	be_session_end(oldest, CB_E_LIMIT, "too-many");
	return CB_OK;
}

/* ---- commands ------------------------------------------------------------ */

static bool
is_close(struct cb_span message)
{
	struct wire_command c;

	return wire_command_get(message, &c) == CB_OK &&
	    c.type == WIRE_CLOSE;
}

enum cb_err
be_desk_check(struct cb_span message)
{
	struct wire_desk d;

	return is_close(message) ? CB_OK : wire_desk_get(message, &d);
}

bool
be_desk_has_room(struct be_desk_call *c)
{
	const size_t most = c->d->most < WIRE_DESK_ITEMS_MAX
	    ? c->d->most
	    : WIRE_DESK_ITEMS_MAX;

	if (c->count < most && c->items.n < BE_DESK_ROOM)
		return true;
	c->more = true;
	return false;
}

enum cb_err
be_desk_tell(struct be_desk_call *c, const struct wire_fields *item)
{
	enum cb_err r;

	if ((r = wire_item_put(&c->items, item)) == CB_OK)
		c->count++;
	return r;
}

enum cb_err
be_desk_refuse(
    struct be_desk_call *c, enum cb_err code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->why.text, sizeof(c->why.text), fmt, ap);
	va_end(ap);
	return code;
}

/* Of an act as of a session without a card. */
static enum cb_err
challenge(struct be_desk_call *c)
{
	static const uint8_t no_card[WIRE_ID];
	const uint8_t *const ids[] = { no_card, c->d->act };
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct wire_fields item = { .has = 0 };
	struct be_challenged challenged;
	enum cb_err r;

	if ((r = be_ask_ids_put(&body, ids, 2)) == CB_OK &&
	    (r = be_ask_vault(c->w, BE_ASK_CHALLENGE, cb_buf_span(&body),
		 &answer)) == CB_OK &&
	    (r = be_challenged_get(cb_buf_span(&answer), &challenged)) ==
		CB_OK) {
		wire_fields_bytes(&item, WIRE_D_VALUE,
		    CB_SPAN_OF(challenged.challenge));
		r = be_desk_tell(c, &item);
	}
	cb_buf_free(&body);
	cb_buf_free(&answer);
	return r;
}

static const struct {
	enum wire_desk_command type;
	be_desk_fn *run;
} commands[] = {
	{ WIRE_DESK_CHALLENGE, challenge },
	{ WIRE_DESK_ORDER, be_desk_order },
	{ WIRE_DESK_LIST, be_desk_list },
	{ WIRE_DESK_BOOKS, be_desk_books },
};

static enum cb_err
run_one(struct be_desk_call *c)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].type == c->d->type)
			return commands[i].run(c);
	return CB_E_INTERNAL;
}

static enum cb_err
put_refusal(const struct be_desk_call *c, uint64_t number, enum cb_err code,
    struct cb_buf *answer)
{
	struct wire_answer a = { .type = WIRE_REFUSED, .number = number,
		.code = (uint16_t)code };

	(void)snprintf(a.text, sizeof(a.text), "%s",
	    c->why.text[0] != '\0' ? c->why.text : cb_err_text(code));
	return wire_answer_put(answer, &a);
}

enum cb_err
be_desk_run(struct be_session *s, uint64_t number, struct cb_span message,
    struct cb_buf *answer, bool *end)
{
	struct wire_desk d = { .most = 1 };
	struct be_desk_call c = { .w = s->w, .s = s, .d = &d };
	struct wire_told_items told = { .number = number };
	enum cb_err r = CB_OK;

	*end = is_close(message);
	if (!*end && (r = wire_desk_get(message, &d)) != CB_OK)
		return r;
	if (!*end)
		r = run_one(&c);
	told.more = c.more;
	told.count = c.count;
	told.items = cb_buf_span(&c.items);
	r = r == CB_OK ? wire_told_items_put(answer, &told)
		       : put_refusal(&c, number, r, answer);
	cb_buf_free(&c.items);
	return r;
}

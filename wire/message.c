/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Commands and answers as bytes.
 */
#include "common/apdu.h"
#include "common/text.h"
#include "wire/message.h"

/* ---- commands ------------------------------------------------------------ */

/* The greatest argument of a command that has one. */
static const struct {
	uint8_t type;
	bool has_argument;
	uint8_t argument_max;
} commands[] = {
	{ WIRE_POWER, true, 2 },
	{ WIRE_PROTOCOL, true, 1 },
	{ WIRE_TRANSMIT, false, 0 },
	{ WIRE_CLOSE, false, 0 },
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

enum cb_err
wire_command_put(struct cb_buf *b, const struct wire_command *command)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, (uint8_t)command->type)) != CB_OK ||
	    (r = cb_put_u16(b, command->consumed)) != CB_OK)
		return r;
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (commands[i].type == command->type &&
		    commands[i].has_argument)
			return cb_put_u8(b, command->argument);
	return cb_buf_add(b, command->apdu);
}

enum cb_err
wire_command_get(struct cb_span message, struct wire_command *out)
{
	struct wire_command c = { 0 };
	struct cb_span cur = message;
	uint8_t type;
	size_t i = 0;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &type)) != CB_OK ||
	    (r = cb_get_u16(&cur, &c.consumed)) != CB_OK)
		return r;
	while (i < N_COMMANDS && commands[i].type != type)
		i++;
	if (i == N_COMMANDS)
		return CB_E_FORMAT;
	c.type = (enum wire_command_type)type;
	if (commands[i].has_argument) {
		if ((r = cb_get_u8(&cur, &c.argument)) != CB_OK)
			return r;
		if (c.argument > commands[i].argument_max)
			return CB_E_FORMAT;
	} else if (c.type == WIRE_TRANSMIT) {
		if (cur.n > CB_APDU_MAX)
			return CB_E_LIMIT;
		c.apdu = cur;
		cur = cb_span_tail(cur, cur.n);
	}
	if ((r = cb_get_end(&cur)) == CB_OK)
		*out = c;
	return r;
}

/* ---- exchanges ----------------------------------------------------------- */

enum cb_err
wire_exchange_put(struct cb_buf *b, const struct wire_exchange *exchange)
{
	const size_t before = b->n;
	enum cb_err r;

	if ((r = cb_put_lv32(b, exchange->command)) == CB_OK)
		r = cb_put_lv32(b, exchange->answer);
	return cb_buf_undo(b, before, r);
}

enum cb_err
wire_exchange_get(struct cb_span *cur, struct wire_exchange *out)
{
	struct cb_span rest = *cur;
	struct wire_exchange e;
	enum cb_err r;

	if ((r = cb_get_lv32(&rest, &e.command)) != CB_OK ||
	    (r = cb_get_lv32(&rest, &e.answer)) != CB_OK)
		return r;
	*out = e;
	*cur = rest;
	return CB_OK;
}

/* ---- answers ------------------------------------------------------------- */

static enum cb_err
put_opened(struct cb_buf *b, const struct wire_answer *a)
{
	enum cb_err r;

	(void)((r = cb_put_u8(b, a->protocols)) != CB_OK ||
	    (r = cb_put_u32(b, a->data_max)) != CB_OK ||
	    (r = cb_put_u32(b, a->kept_s)) != CB_OK);
	return r;
}

static enum cb_err
get_opened(struct cb_span *cur, struct wire_answer *a)
{
	enum cb_err r;

	if ((r = cb_get_u8(cur, &a->protocols)) != CB_OK ||
	    (r = cb_get_u32(cur, &a->data_max)) != CB_OK ||
	    (r = cb_get_u32(cur, &a->kept_s)) != CB_OK)
		return r;
	return a->protocols >= 1 && a->protocols <= 3 ? CB_OK : CB_E_FORMAT;
}

static enum cb_err
put_done(struct cb_buf *b, const struct wire_answer *a)
{
	enum cb_err r;

	if ((r = cb_put_u16(b, a->count)) == CB_OK)
		r = cb_buf_add(b, a->exchanges);
	return r;
}

static enum cb_err
get_done(struct cb_span *cur, struct wire_answer *a)
{
	struct wire_exchange e;
	struct cb_span rest;
	enum cb_err r;

	if ((r = cb_get_u16(cur, &a->count)) != CB_OK)
		return r;
	if (a->count == 0)
		return CB_E_FORMAT;
	a->exchanges = rest = *cur;
	for (unsigned i = 0; i < a->count; i++) {
		if ((r = wire_exchange_get(&rest, &e)) != CB_OK)
			return r;
		if ((e.command.n == 0) != (i == 0))
			return CB_E_FORMAT;
	}
	*cur = rest;
	return CB_OK;
}

static enum cb_err
put_refused(struct cb_buf *b, const struct wire_answer *a)
{
	enum cb_err r;

	if ((r = cb_put_u16(b, a->code)) == CB_OK)
		r = cb_put_text(b, a->text, WIRE_TEXT_MAX);
	return r;
}

static enum cb_err
get_refused(struct cb_span *cur, struct wire_answer *a)
{
	enum cb_err r;

	if ((r = cb_get_u16(cur, &a->code)) == CB_OK)
		r = cb_get_text(cur, a->text, sizeof(a->text));
	/* which a person reads, on a terminal */
	if (r == CB_OK)
		cb_make_plain(a->text);
	return r;
}

static const struct {
	uint8_t type;
	enum cb_err (*put)(struct cb_buf *b, const struct wire_answer *a);
	enum cb_err (*get)(struct cb_span *cur, struct wire_answer *a);
} answers[] = {
	{ WIRE_OPENED, put_opened, get_opened },
	{ WIRE_DONE, put_done, get_done },
	{ WIRE_REFUSED, put_refused, get_refused },
};
#define N_ANSWERS (sizeof(answers) / sizeof(answers[0]))

enum cb_err
wire_answer_put(struct cb_buf *b, const struct wire_answer *answer)
{
	enum cb_err r;

	if ((r = cb_put_u8(b, (uint8_t)answer->type)) != CB_OK ||
	    (r = cb_put_u64(b, answer->number)) != CB_OK)
		return r;
	for (size_t i = 0; i < N_ANSWERS; i++)
		if (answers[i].type == answer->type)
			return answers[i].put(b, answer);
	return CB_E_ARG;
}

enum cb_err
wire_answer_get(struct cb_span message, struct wire_answer *out)
{
	struct wire_answer a = { 0 };
	struct cb_span cur = message;
	uint8_t type;
	size_t i = 0;
	enum cb_err r;

	if ((r = cb_get_u8(&cur, &type)) != CB_OK ||
	    (r = cb_get_u64(&cur, &a.number)) != CB_OK)
		return r;
	while (i < N_ANSWERS && answers[i].type != type)
		i++;
	if (i == N_ANSWERS)
		return CB_E_FORMAT;
	a.type = (enum wire_answer_type)type;
	if ((r = answers[i].get(&cur, &a)) != CB_OK ||
	    (r = cb_get_end(&cur)) != CB_OK)
		return r;
	*out = a;
	return CB_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What is sealed: commands to a card, and its answers.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "wire/wire.h"

#define WIRE_TEXT_MAX 512	/* of a refusal; bytes */

enum wire_command_type {	/* on the wire */
	WIRE_POWER = 1,
	WIRE_PROTOCOL = 2,
	WIRE_TRANSMIT = 3,
	WIRE_CLOSE = 4,
};

struct wire_command {
	enum wire_command_type type;
	/* Exchanges of the answer before, beyond its first, that the program
	 * has been given. */
	uint16_t consumed;
	/* POWER: 0 off, 1 cold, 2 warm. PROTOCOL: 0 T=0, 1 T=1. Else 0. */
	uint8_t argument;
	struct cb_span apdu;	/* TRANSMIT; borrowed. Else empty. */
};

enum wire_answer_type {		/* on the wire */
	WIRE_OPENED = 1,
	WIRE_DONE = 2,
	WIRE_REFUSED = 3,
};

struct wire_answer {
	enum wire_answer_type type;
	uint64_t number;	/* of the command that this answers */
	/* OPENED */
	uint8_t protocols;	/* bit 0 T=0, bit 1 T=1 */
	uint32_t data_max;	/* largest APDU data, bytes */
	uint32_t kept_s;	/* how long for a bridge that is silent */
	/* DONE: count, then exchanges, as on the wire; borrowed */
	uint16_t count;
	struct cb_span exchanges;
	/* REFUSED */
	uint16_t code;		/* as on the local wire */
	char text[WIRE_TEXT_MAX + 1]; /* UTF-8, for a person */
};

struct wire_exchange {
	struct cb_span command;	/* empty: the one that was asked */
	struct cb_span answer;
};

CB_MUST_USE enum cb_err wire_command_put(
    struct cb_buf *b, const struct wire_command *command);
/* CB_E_FORMAT, CB_E_SHORT, CB_E_LIMIT: not a command; *out is untouched. */
CB_MUST_USE enum cb_err wire_command_get(
    struct cb_span message, struct wire_command *out);

/* Appends an exchange to what becomes answer.exchanges. */
CB_MUST_USE enum cb_err wire_exchange_put(
    struct cb_buf *b, const struct wire_exchange *exchange);
/* Advances over one. */
CB_MUST_USE enum cb_err wire_exchange_get(
    struct cb_span *cur, struct wire_exchange *out);

CB_MUST_USE enum cb_err wire_answer_put(
    struct cb_buf *b, const struct wire_answer *answer);
/* The exchanges have been counted and walked: each is whole, only the first
 * has no command. */
CB_MUST_USE enum cb_err wire_answer_get(
    struct cb_span message, struct wire_answer *out);

#endif

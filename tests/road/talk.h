/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A program that uses a card of a bridge: one whole conversation with an
 * AuthentIC v3 card for tests, in which something of each kind is changed. It
 * repeats nothing: what it is not answered is an error.
 */
#ifndef TESTS_ROAD_TALK_H
#define TESTS_ROAD_TALK_H

#include "common/buf.h"

/* What the program may do, by name; see talk.c. */
enum talk_step {
	TALK_SELECT,
	TALK_TRIES,
	TALK_WRONG,
	TALK_VERIFY,
	TALK_CREATE_KEY,
	TALK_MAKE_KEY,
	TALK_CHOOSE_KEY,
	TALK_SIGN,
	TALK_DIRECTORY,
	TALK_FILE,
	TALK_WRITE,
	TALK_READ,
	TALK_STEPS
};

struct br_client;

struct talk {
	struct br_client *c;
	struct cb_buf key;	/* what MAKE_KEY has answered */
	struct cb_buf rsp;
};

/* A connection of its own, with the card powered. CB_OK, or what went wrong
 * on the local road; *why may say more. */
CB_MUST_USE enum cb_err talk_begin(struct talk *t, const char *socket,
    const char *reader, struct cb_why *why);
void talk_end(struct talk *t);

/* One command; its answer is in t->rsp. *sw is 0 where there is none. */
CB_MUST_USE enum cb_err talk_send(
    struct talk *t, struct cb_span apdu, unsigned *sw);
CB_MUST_USE enum cb_err talk_step(
    struct talk *t, enum talk_step step, unsigned *sw);
const char *talk_name(enum talk_step step);
const char *talk_apdu(enum talk_step step);	/* hexadecimal */
unsigned talk_expects(enum talk_step step);

/* All of it, once; appends to `said` what the program saw, in words, in which
 * what is random has been looked at and is not there. */
CB_MUST_USE enum cb_err talk_all(struct talk *t, struct cb_buf *said);

/* Is rsp (without status) a signature of `data` by this key, as MAKE_KEY
 * answers it? */
bool talk_signed(struct cb_span key, struct cb_span data, struct cb_span rsp);

/* Appends words. */
void talk_say(struct cb_buf *out, const char *fmt, ...) CB_PRINTF(2, 3);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A session with a card in a backend: what is said on the road, from OFFER to
 * the last record, without the road. Bytes that come in are a stranger's until
 * they are opened.
 *
 * One request is under way at a time; `request` is its body, which is sent
 * until it is answered and never changes. After any error but a refusal
 * `alive` is false: the session is worth nothing any more.
 */
#ifndef BR_HTTPS_SESSION_H
#define BR_HTTPS_SESSION_H

#include "wire/identity.h"
#include "wire/message.h"
#include "wire/record.h"

struct br_remote {
	bool alive;
	uint8_t session[WIRE_ID];
	struct wire_stream out, in;
	struct cb_buf request;
	uint64_t number;	/* of the command in it */
	bool asks_card;		/* it is an APDU */
	/* OPENED */
	uint8_t protocols;
	uint32_t data_max, kept_s;
	/* what came with the last answer beyond what was asked */
	struct cb_buf message;
	struct cb_span ahead;	/* in message: exchanges yet to be given */
	uint16_t given;		/* of them */
};

/* Zeroed is empty. */
void br_remote_clear(struct br_remote *s);

/* Looks at OFFER for this card and makes ACCEPT and the keys. CB_E_DENIED: the
 * offer is for something else, or not of this backend; CB_E_FORMAT,
 * CB_E_LIMIT. */
CB_MUST_USE enum cb_err br_remote_accept(struct br_remote *s,
    const struct wire_identity *identity, const uint8_t card[WIRE_ID],
    bool take_over, struct cb_span offer, int64_t now, struct cb_buf *accept,
    struct cb_why *why);
/* Takes the answer to ACCEPT: the session is open. The code of a refusal, or
 * CB_E_PEER. */
CB_MUST_USE enum cb_err br_remote_opened(
    struct br_remote *s, struct cb_span body, struct cb_why *why);

/* Seals a command into s->request. */
CB_MUST_USE enum cb_err br_remote_ask(struct br_remote *s,
    enum wire_command_type type, uint8_t argument, struct cb_span apdu);
/* Takes the answer to it: *rsp is replaced by what the card said. The code of
 * a refusal, or CB_E_PEER. */
CB_MUST_USE enum cb_err br_remote_answered(struct br_remote *s,
    struct cb_span body, struct cb_buf *rsp, struct cb_why *why);
/* The same for messages of other types, which a person's session has: seals
 * one into s->request. */
CB_MUST_USE enum cb_err br_remote_say(
    struct br_remote *s, struct cb_span message);
/* Takes the answer to it: *message is borrowed until the next call, and is
 * looked at by the caller. The code of a refusal, or CB_E_PEER. */
CB_MUST_USE enum cb_err br_remote_heard(struct br_remote *s,
    struct cb_span body, struct cb_span *message, struct cb_why *why);
/* The session is worth nothing any more: what came is not its worker's.
 * CB_E_PEER. */
enum cb_err br_remote_distrust(struct br_remote *s, struct cb_why *why);
/* Has the answer to this command come along with the last one? Then it is
 * given (*r CB_OK), and nobody is asked. */
bool br_remote_ahead(struct br_remote *s, struct cb_span apdu,
    struct cb_buf *rsp, enum cb_err *r);

#endif

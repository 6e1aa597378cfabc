/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The local wire between the bridge and its thin ends: frames and the bodies
 * of every message, both directions, so that the two ends cannot disagree.
 * PROTOCOL.md is the description, this its only implementation. Nothing here
 * reads or writes a descriptor.
 *
 * br_put_* append one whole frame; br_get_* take a body apart and refuse
 * leftovers.
 */
#ifndef BR_PROTOCOL_H
#define BR_PROTOCOL_H

#include "bridge/client.h"
#include "common/buf.h"

#define BR_VERSION 1
#define BR_MAGIC 0x43427264u	/* "CBrd" */
#define BR_RELEASE "0.1.0"

#define BR_HEADER_SIZE 8
/* Largest body: a command of 65544 bytes or an answer of 65538, rounded. */
#define BR_BODY_MAX 65792
#define BR_NAME_MAX 32		/* of a reader, characters */
#define BR_URI_MAX 4095
#define BR_TEXT_MAX 511

#define BR_EXCHANGE_MS 5000	/* defaults of the two deadlines */
#define BR_LONG_MS 60000
#define BR_WORKING_MS 1000	/* between two signs of life */
#define BR_DEADLINE_MAX_MS 3600000	/* no end may ask for a longer wait */

enum br_type {
	BR_HELLO = 1,
	BR_WELCOME = 2,
	BR_ERROR = 3,
	BR_WORKING = 4,
	BR_DONE = 5,
	BR_ATTACH = 16,
	BR_ATTACHED = 17,
	BR_POWER = 18,
	BR_POWERED = 19,
	BR_PROTOCOL = 20,
	BR_TRANSMIT = 21,
	BR_ANSWER = 22,
	BR_WATCH = 23,
	BR_WATCHING = 24,
	BR_STATE = 25,
	BR_READER_ADD = 32,
	BR_READER_REMOVE = 33,
	BR_READER_EJECT = 34,
	BR_READER_INSERT = 35,
	BR_READER_NEXT = 36,
	BR_READER_INFO = 37,
	BR_VISITS = 38,
	BR_VISITED = 39,
	BR_STATUS = 40,
	BR_RUNNING = 41,
	BR_LINK = 42,
	BR_LINK_INFO = 43,
	BR_SHARE_CONNECT = 48,
	BR_SHARE_RECONNECT = 49,
	BR_SHARE_DISCONNECT = 50,
	BR_SHARE_BEGIN = 51,
	BR_SHARE_END = 52,
	BR_SHARE_STATUS = 53,
	BR_SHARE_TRANSMIT = 54,
	BR_SHARE_ABORT = 55,
	BR_SHARED = 56,
	BR_LIST = 57,
	BR_LISTED = 58,
	BR_CHANGED = 59,
};

struct br_header {
	uint32_t length;	/* of the body */
	uint16_t type;
	uint16_t seq;
};

/* Which end a message may come from. */
enum br_from { BR_FROM_CLIENT = 1, BR_FROM_BRIDGE = 2 };

void br_header_put(
    uint8_t raw[BR_HEADER_SIZE], uint16_t type, uint16_t seq, uint32_t length);
/* CB_E_FORMAT: no message of this side; CB_E_LIMIT: a length that message
 * cannot have. *out is set in every case. */
CB_MUST_USE enum cb_err br_header_get(struct br_header *out,
    const uint8_t raw[BR_HEADER_SIZE], enum br_from from);
/* "TRANSMIT"; "?" for a number that is none. */
const char *br_type_name(uint16_t type);

/* A frame without body, or with a body as it is. */
CB_MUST_USE enum cb_err br_put_plain(
    struct cb_buf *b, uint16_t seq, uint16_t type, struct cb_span body);

struct br_hello {
	uint16_t version;
	char release[32];
};
CB_MUST_USE enum cb_err br_put_hello(struct cb_buf *b, uint16_t seq);
/* Of another version only the number is read. CB_E_FORMAT: no such peer. */
CB_MUST_USE enum cb_err br_get_hello(struct br_hello *out, struct cb_span body);

struct br_welcome {
	uint16_t version;
	uint32_t exchange_ms, long_ms;
	char release[32];
};
CB_MUST_USE enum cb_err br_put_welcome(
    struct cb_buf *b, uint16_t seq, uint32_t exchange_ms, uint32_t long_ms);
CB_MUST_USE enum cb_err br_get_welcome(
    struct br_welcome *out, struct cb_span body);

CB_MUST_USE enum cb_err br_put_error(
    struct cb_buf *b, uint16_t seq, enum cb_err e, const char *text);
/* *e is never CB_OK. */
CB_MUST_USE enum cb_err br_get_error(
    enum cb_err *e, struct cb_why *why, struct cb_span body);

/* A target with room for its name. */
struct br_aim {
	char name[BR_NAME_MAX + 1];	/* "" for a slot */
	unsigned slot;
	enum br_road road;
};
CB_MUST_USE enum cb_err br_put_aim(struct cb_buf *b, uint16_t seq,
    uint16_t type, const struct br_target *t, enum br_road road);
CB_MUST_USE enum cb_err br_get_aim(struct br_aim *out, struct cb_span body);

CB_MUST_USE enum cb_err br_put_state(struct cb_buf *b, uint16_t seq,
    uint16_t type, const struct br_state *s);
CB_MUST_USE enum cb_err br_get_state(struct br_state *out, struct cb_span body);

/* POWER, PROTOCOL: one byte up to `max`. */
CB_MUST_USE enum cb_err br_get_choice(
    uint8_t *out, uint8_t max, struct cb_span body);

/* POWERED: the ATR, empty after OFF. */
CB_MUST_USE enum cb_err br_get_atr(
    uint8_t atr[CB_ATR_MAX], size_t *atr_n, struct cb_span body);

CB_MUST_USE enum cb_err br_put_add(
    struct cb_buf *b, uint16_t seq, const char *name, const char *uri);
CB_MUST_USE enum cb_err br_get_add(char name[BR_NAME_MAX + 1],
    char uri[BR_URI_MAX + 1], struct cb_span body);
CB_MUST_USE enum cb_err br_put_name(
    struct cb_buf *b, uint16_t seq, uint16_t type, const char *name);
CB_MUST_USE enum cb_err br_get_name(
    char name[BR_NAME_MAX + 1], struct cb_span body);

/* NEXT: the first reader whose number is above this. */
CB_MUST_USE enum cb_err br_put_next(
    struct cb_buf *b, uint16_t seq, uint32_t after);
CB_MUST_USE enum cb_err br_get_next(uint32_t *after, struct cb_span body);
CB_MUST_USE enum cb_err br_put_info(struct cb_buf *b, uint16_t seq,
    uint32_t number, const struct br_reader_info *info);
/* Fills the PC/SC names too. */
CB_MUST_USE enum cb_err br_get_info(
    uint32_t *number, struct br_reader_info *info, struct cb_span body);

/* VISITED: how many connections have greeted the bridge so far. */
CB_MUST_USE enum cb_err br_put_visited(
    struct cb_buf *b, uint16_t seq, uint32_t visits);
CB_MUST_USE enum cb_err br_get_visited(uint32_t *visits, struct cb_span body);

/* ---- a card that several programs share -------------------------------- */

/* SHARE_CONNECT, and SHARE_RECONNECT (without a name). */
struct br_share_wish {
	enum br_share_mode mode;
	uint8_t protocols;	/* BR_SHARE_T0 and so on */
	enum br_disposition first; /* RECONNECT: LEAVE, RESET, UNPOWER */
	char name[BR_NAME_MAX + 1];
};
/* A body, without its frame. */
CB_MUST_USE enum cb_err br_put_wish(
    struct cb_buf *b, uint16_t type, const struct br_share_wish *w);
CB_MUST_USE enum cb_err br_get_wish(
    struct br_share_wish *out, uint16_t type, struct cb_span body);

CB_MUST_USE enum cb_err br_put_shared(
    struct cb_buf *b, uint16_t seq, const struct br_shared *s);
CB_MUST_USE enum cb_err br_get_shared(
    struct br_shared *out, struct cb_span body);

/* LIST: readers with a number above `after`; tell: of what changes later. */
CB_MUST_USE enum cb_err br_put_list(
    struct cb_buf *b, uint16_t seq, uint32_t after, bool tell);
CB_MUST_USE enum cb_err br_get_list(
    uint32_t *after, bool *tell, struct cb_span body);
/* LISTED is put together piece by piece: begin, one for each reader while
 * there is room (CB_E_LIMIT: there is none, *b is as before), end. */
CB_MUST_USE enum cb_err br_listed_begin(
    struct cb_buf *b, size_t *mark, uint32_t comings);
CB_MUST_USE enum cb_err br_listed_add(
    struct cb_buf *b, size_t mark, const struct br_listed *one);
CB_MUST_USE enum cb_err br_listed_end(
    struct cb_buf *b, size_t mark, uint16_t seq, bool more);
/* Takes it apart: *body moves behind what was taken. */
CB_MUST_USE enum cb_err br_get_listed_head(
    uint32_t *comings, bool *more, struct cb_span *body);
CB_MUST_USE enum cb_err br_get_listed(
    struct br_listed *out, struct cb_span *body);

/* May a reader be called so? CB_E_ARG: *why says what a name is. */
CB_MUST_USE enum cb_err br_name_check(const char *name, struct cb_why *why);

#endif

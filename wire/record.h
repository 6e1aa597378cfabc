/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Records: messages sealed from one end of a session to the other. A stream
 * is one direction; each number is sealed once and opened once, in order. To
 * send again is to send the same bytes again: keep them.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include "wire/wire.h"

/* The longest message: with its length it fills 128 KiB. */
#define WIRE_MESSAGE_MAX ((size_t)131072 - 4)
/* And as a record: number, length, text, tag. */
#define WIRE_RECORD_MAX (12 + (size_t)131072 + CR_TAG)

struct wire_stream {
	uint8_t key[CR_KEY];
	uint8_t session[WIRE_ID];
	enum wire_end to;
	uint64_t next;	/* the number that is sealed or opened next */
	struct cr_gcm *ready;	/* NULL: each record makes the key ready */
};

/* Commands start at 1, answers at 0. */
void wire_stream_init(struct wire_stream *s, const uint8_t key[CR_KEY],
    const uint8_t session[WIRE_ID], enum wire_end to);
/* For a stream of many records: its key is made ready, once, and wiped beside
 * that. wire_stream_clear() is then due. */
CB_MUST_USE enum cb_err wire_stream_ready(struct wire_stream *s);
void wire_stream_clear(struct wire_stream *s);	/* wipes */

/* Appends a record of this message, under the next number. That number is
 * used up even where sealing fails. */
CB_MUST_USE enum cb_err wire_seal(
    struct wire_stream *s, struct cb_span message, struct cb_buf *out);

/* One record of a body, unopened. */
struct wire_record {
	uint64_t number;
	struct cb_span sealed;
	struct cb_span whole;	/* as it was sent */
};
/* Advances over one record. CB_E_SHORT, CB_E_LIMIT, CB_E_FORMAT: nothing is
 * advanced, and the rest of the body is worth nothing. */
CB_MUST_USE enum cb_err wire_record_get(
    struct cb_span *cur, struct wire_record *out);
/* Appends the message to *out. CB_E_DENIED: another number is due (nothing
 * was tried); CB_E_CRYPTO: not of this session, or changed; CB_E_FORMAT:
 * sealed by the other end, but wrongly padded. After any of these the stream
 * is as it was. */
CB_MUST_USE enum cb_err wire_open(struct wire_stream *s,
    const struct wire_record *record, struct cb_buf *out);

#endif

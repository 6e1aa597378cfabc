/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Answers of HTTP/1.1 (RFC 9112), from bytes in any pieces. An answer is right
 * in one way only: what can be read in two ways is refused. Lengths and chunks
 * are known, since who inspects a road may write an answer anew.
 */
#ifndef BR_HTTPS_HTTP_ANSWER_H
#define BR_HTTPS_HTTP_ANSWER_H

#include "common/buf.h"

/* Of all heads of one answer together. */
#define BR_HTTP_HEAD_MAX 16384
/* Of a line that says how long a chunk is. */
#define BR_HTTP_CHUNK_MAX 256

enum br_http_at {
	BR_HTTP_STATUS,		/* the line that begins a head */
	BR_HTTP_FIELDS,
	BR_HTTP_BODY,		/* as many bytes as were announced */
	BR_HTTP_CLOSE,		/* up to the end of the connection */
	BR_HTTP_CHUNK,		/* how long the next one is */
	BR_HTTP_DATA,		/* in a chunk */
	BR_HTTP_DATA_END,
	BR_HTTP_TRAILER,
	BR_HTTP_DONE,
};

struct br_http_reader {
	/* when it is whole */
	unsigned status;
	unsigned retry_after_s;	/* 0: not said */
	bool close;		/* nothing else comes on this connection */

	bool begun;		/* a byte of it has come */
	/* its own */
	enum br_http_at at;
	bool old;		/* HTTP/1.0 */
	bool measured, chunked;
	size_t left;		/* of what was announced */
	size_t room;		/* for lines */
	size_t most;		/* of the body */
	struct cb_buf line;	/* what there is of one */
};

/* For the next answer; a reader of zeros is none yet. */
void br_http_reader_begin(struct br_http_reader *r, size_t most);
void br_http_reader_clear(struct br_http_reader *r);
/* CB_OK: it is whole, and what is left of *in is not of it; CB_E_SHORT: all of
 * *in was taken, and there is more to come; CB_E_LIMIT: more than a head may
 * be, or than a body of `most`; CB_E_FORMAT: no answer. */
CB_MUST_USE enum cb_err br_http_reader_take(
    struct br_http_reader *r, struct cb_span *in, struct cb_buf *body);
/* The other end says no more. False: there ought to have been more. */
bool br_http_reader_end(const struct br_http_reader *r);

#endif

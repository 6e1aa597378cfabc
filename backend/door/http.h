/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * HTTP/1.1 (RFC 9112) as far as the door speaks it: bytes in, bytes out. What
 * others may read in another way than we do is refused: a head is right in
 * one way only.
 */
#ifndef BE_DOOR_HTTP_H
#define BE_DOOR_HTTP_H

#include "common/buf.h"

#define BE_HTTP_HEAD_MAX 8192

struct be_http_head {
	struct cb_span method, path; /* borrowed */
	struct cb_span device;       /* Cardbridge-Device; borrowed */
	size_t length;               /* of the body */
	size_t n;     /* of the head itself, its blank line too */
	bool close;   /* the client wants no other request */
	bool expects; /* ... to be told before it sends a body */
};

/* CB_E_SHORT: there is more to come; CB_E_LIMIT: more than a head may be, or
 * a body whose length no number holds; CB_E_FORMAT: not a head. */
CB_MUST_USE enum cb_err be_http_head_get(
    struct cb_span in, struct be_http_head *out);

struct be_http_answer {
	unsigned status;
	const char *type;  /* NULL: bytes */
	const char *allow; /* of 405: the method */
	unsigned retry_s;  /* 0: says nothing */
	bool close;
	struct cb_span body;
};
CB_MUST_USE enum cb_err be_http_answer_put(
    struct cb_buf *b, const struct be_http_answer *answer);
/* What a client waits for that asked before it sends a body. */
#define BE_HTTP_GO_ON "HTTP/1.1 100 Continue\r\n\r\n"

#endif

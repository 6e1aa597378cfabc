/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the heads of HTTP/1.1 (RFC 9112) are made of, for who asks as for who
 * answers: what others may read in another way than we do is refused.
 */
#ifndef CB_HTTP_H
#define CB_HTTP_H

#include "common/buf.h"

/* Whatever the case. */
bool cb_http_is(struct cb_span s, const char *text);
/* RFC 9110, 5.6.2 */
bool cb_http_is_token(struct cb_span s);
/* Up to `end`, which is taken along; false: it does not come. */
bool cb_http_cut(struct cb_span *cur, const char *end, struct cb_span *out);
struct cb_span cb_http_trim(struct cb_span s);
/* Is the word in a list that has commas between? */
bool cb_http_has(struct cb_span list, const char *word);
/* Digits and nothing else. CB_E_LIMIT: no number holds so much. */
CB_MUST_USE enum cb_err cb_http_number(struct cb_span s, size_t *out);
/* A line without its end. */
CB_MUST_USE enum cb_err cb_http_field(
    struct cb_span line, struct cb_span *name, struct cb_span *value);
/* Nothing in it is a control character but tabs. */
bool cb_http_is_plain(struct cb_span s);

/* What is written for each command is put together of its parts, without
 * printf(3), which is slow. */
#define CB_HTTP_DIGITS 20
/* A number as text, which lies in `out`. */
struct cb_span cb_http_digits(char out[CB_HTTP_DIGITS], size_t n);
/* The parts one after the other, with one allocation at most. None of them
 * lies in *b. */
CB_MUST_USE enum cb_err cb_http_put(
    struct cb_buf *b, const struct cb_span *parts, size_t n);

#endif

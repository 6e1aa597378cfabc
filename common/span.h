/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A span: bytes that belong to somebody else. Also the cursor of every
 * parser: the cb_get_* functions either advance it and succeed, or leave it
 * and their outputs untouched and fail. A peer's length is a claim.
 */
#ifndef CB_SPAN_H
#define CB_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct cb_span {
	const uint8_t *p;	/* may be NULL when n is 0 */
	size_t n;
};

#define CB_SPAN_EMPTY ((struct cb_span){ NULL, 0 })
/* A span over a fixed array, or over the characters of a string literal. */
#define CB_SPAN_OF(array) ((struct cb_span){ (array), sizeof(array) })

struct cb_span cb_span(const void *p, size_t n);
struct cb_span cb_span_str(const char *s);
bool cb_span_equal(struct cb_span a, struct cb_span b); /* not for secrets */
/* At most n bytes from the front / all after the first n (past it: empty, at
 * the end). */
struct cb_span cb_span_head(struct cb_span s, size_t n);
struct cb_span cb_span_tail(struct cb_span s, size_t n);

/* Big-endian readers. CB_E_SHORT leaves everything as it was. */
CB_MUST_USE enum cb_err cb_get_u8(struct cb_span *cur, uint8_t *out);
CB_MUST_USE enum cb_err cb_get_u16(struct cb_span *cur, uint16_t *out);
CB_MUST_USE enum cb_err cb_get_u32(struct cb_span *cur, uint32_t *out);
CB_MUST_USE enum cb_err cb_get_u64(struct cb_span *cur, uint64_t *out);
CB_MUST_USE enum cb_err cb_get_span(
    struct cb_span *cur, size_t n, struct cb_span *out);
/* 2-byte length, then that many bytes (borrowed). */
CB_MUST_USE enum cb_err cb_get_lv16(struct cb_span *cur, struct cb_span *out);
/* The same behind a 4-byte length. */
CB_MUST_USE enum cb_err cb_get_lv32(struct cb_span *cur, struct cb_span *out);
/* Advances over this text at the front; false: another one is there. */
bool cb_take_text(struct cb_span *cur, const char *text);
/* Refuses leftovers: CB_E_FORMAT unless the cursor is at its end. */
CB_MUST_USE enum cb_err cb_get_end(const struct cb_span *cur);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A buffer: bytes we own. It has a maximum, wipes on clear, overwrite-shrink
 * and free, and grows by copy-and-wipe, because any of them may hold a
 * passcode. A failed append changes nothing.
 */
#ifndef CB_BUF_H
#define CB_BUF_H

#include "common/span.h"

struct cb_buf {
	uint8_t *p;
	size_t n;	/* bytes in use */
	size_t cap;	/* bytes allocated */
	size_t max;	/* most that append may reach; 0 means CB_BUF_MAX */
};

#define CB_BUF_MAX ((size_t)1 << 20)
#define CB_BUF_INIT { NULL, 0, 0, 0 }
#define CB_BUF_INIT_MAX(m) { NULL, 0, 0, (m) }

/* Wipes and frees; the buffer is then as CB_BUF_INIT_MAX(max). */
void cb_buf_free(struct cb_buf *b);
/* Wipes the bytes in use, keeps the allocation. */
void cb_buf_clear(struct cb_buf *b);
/* Wipes what lies behind n; n larger than b->n is CB_E_ARG. */
CB_MUST_USE enum cb_err cb_buf_truncate(struct cb_buf *b, size_t n);
/* Ends what has appended step by step since there were n bytes: where r is not
 * CB_OK all of it is taken back. Returns r. */
CB_MUST_USE enum cb_err cb_buf_undo(struct cb_buf *b, size_t n, enum cb_err r);
/* Room for n bytes in all. */
CB_MUST_USE enum cb_err cb_buf_reserve(struct cb_buf *b, size_t n);
/* *out: n writable bytes appended (zeroed), borrowed until the next call. */
CB_MUST_USE enum cb_err cb_buf_grow(struct cb_buf *b, size_t n, uint8_t **out);
/* The span may lie in *b itself. */
CB_MUST_USE enum cb_err cb_buf_add(struct cb_buf *b, struct cb_span s);
CB_MUST_USE enum cb_err cb_buf_set(struct cb_buf *b, struct cb_span s);
/* Puts zeros in front until there are n bytes: a number without its leading
 * zeros gets them back. CB_E_LIMIT: there are more than n already. */
CB_MUST_USE enum cb_err cb_buf_pad_front(struct cb_buf *b, size_t n);
CB_MUST_USE enum cb_err cb_put_u8(struct cb_buf *b, uint8_t v);
CB_MUST_USE enum cb_err cb_put_u16(struct cb_buf *b, uint16_t v);
CB_MUST_USE enum cb_err cb_put_u32(struct cb_buf *b, uint32_t v);
CB_MUST_USE enum cb_err cb_put_u64(struct cb_buf *b, uint64_t v);
/* 2-byte length and the bytes; CB_E_LIMIT past 65535. */
CB_MUST_USE enum cb_err cb_put_lv16(struct cb_buf *b, struct cb_span s);
CB_MUST_USE enum cb_err cb_put_lv32(struct cb_buf *b, struct cb_span s);
/* Removes n bytes from the front (wiping what is freed). */
void cb_buf_consume(struct cb_buf *b, size_t n);
/* Moves *from into *to (freeing what *to had); *from is then empty. */
void cb_buf_move(struct cb_buf *to, struct cb_buf *from);
struct cb_span cb_buf_span(const struct cb_buf *b);

#endif

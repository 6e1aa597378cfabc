/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What every message outside the seal begins with: for the files of this room.
 */
#ifndef WIRE_BEGIN_H
#define WIRE_BEGIN_H

#include "wire/wire.h"

enum wire_type {	/* on the wire */
	WIRE_IS_OFFER = 1,
	WIRE_IS_ACCEPT = 2,
	WIRE_IS_ENROL = 3,
	WIRE_IS_ABOUT = 4,
	WIRE_IS_FAILURE = 5,
	WIRE_IS_HOLD = 6,
	WIRE_IS_NEWS = 7,
	WIRE_IS_ACT = 8,
	WIRE_IS_APPROVAL = 9,
};

/* Appends magic, version, type and kind. */
CB_MUST_USE enum cb_err wire_begin_put(
    struct cb_buf *b, enum wire_type type, enum wire_kind kind);
/* CB_E_FORMAT: not this message; CB_E_LIMIT: of another version. */
CB_MUST_USE enum cb_err wire_begin_get(
    struct cb_span *cur, enum wire_type type, enum wire_kind *kind);

/* Ids, halves, challenges, hashes: as many bytes as both ends know. */
CB_MUST_USE enum cb_err wire_put_bytes(
    struct cb_buf *b, const uint8_t *p, size_t n);
CB_MUST_USE enum cb_err wire_get_bytes(
    struct cb_span *cur, uint8_t *out, size_t n);

#endif

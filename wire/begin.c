/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See begin.h.
 */
#include <string.h>

#include "wire/begin.h"

#define MAGIC 0x43427772u	/* "CBwr" */

enum cb_err
wire_put_bytes(struct cb_buf *b, const uint8_t *p, size_t n)
{
	return cb_buf_add(b, cb_span(p, n));
}

enum cb_err
wire_get_bytes(struct cb_span *cur, uint8_t *out, size_t n)
{
	struct cb_span s;
	enum cb_err r;

	if ((r = cb_get_span(cur, n, &s)) == CB_OK)
		memcpy(out, s.p, n);
	return r;
}

enum cb_err
wire_begin_put(struct cb_buf *b, enum wire_type type, enum wire_kind kind)
{
	enum cb_err r;

	(void)((r = cb_put_u32(b, MAGIC)) != CB_OK ||
	    (r = cb_put_u16(b, WIRE_VERSION)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)type)) != CB_OK ||
	    (r = cb_put_u8(b, (uint8_t)kind)) != CB_OK);
	return r;
}

enum cb_err
wire_begin_get(struct cb_span *cur, enum wire_type type, enum wire_kind *kind)
{
	uint32_t magic;
	uint16_t version;
	uint8_t is, of;
	enum cb_err r;

	if ((r = cb_get_u32(cur, &magic)) != CB_OK)
		return r;
	if (magic != MAGIC)
		return CB_E_FORMAT;
	if ((r = cb_get_u16(cur, &version)) != CB_OK)
		return r;
	if (version != WIRE_VERSION)
		return CB_E_LIMIT;
	if ((r = cb_get_u8(cur, &is)) != CB_OK ||
	    (r = cb_get_u8(cur, &of)) != CB_OK)
		return r;
	if (is != type || (of != WIRE_LIVE && of != WIRE_TEST))
		return CB_E_FORMAT;
	*kind = (enum wire_kind)of;
	return CB_OK;
}

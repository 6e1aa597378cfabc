/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The cases of a command APDU. ISO 7816-3, 12.1.3, with n bytes in all and
 * B5 the fifth:
 *
 *	1	n = 4
 *	2S	n = 5			Le = B5
 *	3S	n = 5 + B5, B5 > 0	Lc = B5
 *	4S	n = 6 + B5, B5 > 0	Lc = B5, Le = last
 *	2E	n = 7, B5 = 0		Le = B6 B7
 *	3E	n = 7 + (B6 B7), B5 = 0, (B6 B7) > 0
 *	4E	n = 9 + (B6 B7), B5 = 0, (B6 B7) > 0
 *
 * An Le of zero stands for 256, or 65536 in the extended form.
 */
#include <string.h>

#include "common/apdu.h"

#define NE_SHORT 256
#define NE_EXTENDED 65536

/* Le, in the form that the length before it has. */
static enum cb_err
get_ne(struct cb_span *cur, struct cb_apdu *a)
{
	uint16_t v;
	uint8_t low;
	enum cb_err r;

	if (a->extended) {
		if ((r = cb_get_u16(cur, &v)) == CB_OK)
			a->ne = v == 0 ? NE_EXTENDED : v;
	} else {
		if ((r = cb_get_u8(cur, &low)) == CB_OK)
			a->ne = low == 0 ? NE_SHORT : low;
	}
	return r;
}

static enum cb_err
get_body(struct cb_span body, struct cb_apdu *a)
{
	uint16_t nc;
	uint8_t b5;
	enum cb_err r;

	if (body.n == 0)
		return CB_OK;
	if (body.n == 1) {
		a->p3_zero = body.p[0] == 0;
		return get_ne(&body, a);
	}
	if ((r = cb_get_u8(&body, &b5)) != CB_OK)
		return r;
	nc = b5;
	if (b5 == 0) {
		a->extended = true;
		if (body.n == 2)
			return get_ne(&body, a);
		if ((r = cb_get_u16(&body, &nc)) != CB_OK)
			return r;
		if (nc == 0)
			return CB_E_FORMAT;
	}
	if ((r = cb_get_span(&body, nc, &a->data)) != CB_OK)
		return r;
	if (body.n > 0 && (r = get_ne(&body, a)) != CB_OK)
		return r;
	return cb_get_end(&body);
}

enum cb_err
cb_apdu_parse(struct cb_apdu *out, struct cb_span raw)
{
	struct cb_apdu a;

	memset(&a, 0, sizeof(a));
	if (cb_get_u8(&raw, &a.cla) != CB_OK ||
	    cb_get_u8(&raw, &a.ins) != CB_OK ||
	    cb_get_u8(&raw, &a.p1) != CB_OK || cb_get_u8(&raw, &a.p2) != CB_OK)
		return CB_E_SHORT;
	if (get_body(raw, &a) != CB_OK)
		return CB_E_FORMAT;
	*out = a;
	return CB_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Answer-to-reset (ISO 7816-3, 8.2): TS, T0, the interface bytes that each
 * TD announces, the historical bytes that T0 counts, and TCK when any
 * protocol but T=0 is named (8.2.5).
 */
#include <string.h>

#include "common/atr.h"

#define TS_DIRECT 0x3B
#define TS_INVERSE 0x3F	/* as a reader hands it on, already turned around */
#define GLOBAL 15	/* "T=15" announces global bytes, no protocol */

/* One level of interface bytes. *y: which of them there are, in, and which
 * the next level has, out (0: there is none). *t: the protocol of its TD. */
static enum cb_err
skip_level(struct cb_span *cur, unsigned *y, unsigned *t)
{
	struct cb_span abc;
	size_t n = 0;
	uint8_t td = 0;
	enum cb_err r;

	for (unsigned bit = 0; bit < 3; bit++)
		n += *y >> bit & 1;
	if ((r = cb_get_span(cur, n, &abc)) != CB_OK)
		return r;
	if ((*y & 8) != 0 && (r = cb_get_u8(cur, &td)) != CB_OK)
		return r;
	*y = td >> 4;
	*t = td & 0x0F;
	return CB_OK;
}

static bool
tck_fits(struct cb_span raw)
{
	uint8_t sum = 0;

	for (size_t i = 1; i < raw.n; i++)
		sum ^= raw.p[i];
	return sum == 0;
}

/* After T0: the interface bytes. Notes the protocols 0 and 1, and whether a
 * check byte follows. */
static enum cb_err
get_interface(struct cb_span *cur, unsigned y, struct cb_atr *a, bool *tck)
{
	unsigned t, any = 0;
	bool more;
	enum cb_err r;

	/* without TD1 the card has T=0 only (8.2.3) */
	if ((y & 8) == 0)
		a->protocols = 1;
	*tck = false;
	while (y != 0) {
		more = (y & 8) != 0;
		if ((r = skip_level(cur, &y, &t)) != CB_OK)
			return r;
		if (!more)
			break;
		if (t == GLOBAL && any == 0)
			return CB_E_FORMAT;
		any = 1;
		*tck = *tck || t != 0;
		if (t > 1)
			continue;
		if (a->protocols == 0)
			a->first = (uint8_t)t;
		a->protocols = (uint8_t)(a->protocols | 1u << t);
	}
	return a->protocols == 0 ? CB_E_FORMAT : CB_OK;
}

enum cb_err
cb_atr_parse(struct cb_atr *out, struct cb_span raw)
{
	struct cb_span cur = raw;
	struct cb_atr a;
	uint8_t ts, t0, sum;
	bool tck;
	enum cb_err r;

	memset(&a, 0, sizeof(a));
	if (raw.n > CB_ATR_MAX)
		return CB_E_LIMIT;
	if ((r = cb_get_u8(&cur, &ts)) != CB_OK)
		return r;
	if (ts != TS_DIRECT && ts != TS_INVERSE)
		return CB_E_FORMAT;
	if ((r = cb_get_u8(&cur, &t0)) != CB_OK ||
	    (r = get_interface(&cur, t0 >> 4, &a, &tck)) != CB_OK ||
	    (r = cb_get_span(&cur, t0 & 0x0F, &a.historical)) != CB_OK ||
	    (tck && (r = cb_get_u8(&cur, &sum)) != CB_OK))
		return r;
	if (cb_get_end(&cur) != CB_OK || (tck && !tck_fits(raw)))
		return CB_E_FORMAT;
	*out = a;
	return CB_OK;
}

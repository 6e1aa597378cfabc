/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Answer-to-reset (ISO 7816-3, 8.2), read far enough to know what a reader
 * must know: is it whole, which protocols, where the historical bytes are.
 */
#ifndef CB_ATR_H
#define CB_ATR_H

#include "common/span.h"

#define CB_ATR_MAX 33

struct cb_atr {
	uint8_t protocols;	/* bit 0: T=0, bit 1: T=1, bit 15-8 unused */
	uint8_t first;		/* first protocol offered: 0 or 1 */
	struct cb_span historical; /* borrowed */
};

/* CB_E_SHORT, CB_E_FORMAT (TS, TCK, trailing bytes), CB_E_LIMIT (> 33). */
CB_MUST_USE enum cb_err cb_atr_parse(struct cb_atr *out, struct cb_span raw);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A command APDU taken apart (ISO 7816-3, 12.1.3; 7816-4, 5.1): the four
 * cases, short and extended.
 */
#ifndef CB_APDU_H
#define CB_APDU_H

#include "common/span.h"

#define CB_APDU_MAX 65544 /* extended case 4: 4 + 3 + 65535 + 2 */
#define CB_RESP_MAX 65538 /* 65536 data bytes and the status word */

struct cb_apdu {
	uint8_t cla, ins, p1, p2;
	struct cb_span data;	/* Nc bytes, borrowed; empty in cases 1 and 2 */
	uint32_t ne;		/* expected length, 1..65536; 0: no Le field */
	bool extended;		/* length fields in extended form */
	bool p3_zero;		/* five bytes, last 00: T=0's case 1 looks alike */
};

/* Takes bytes apart; the result borrows from `raw`. CB_E_SHORT: fewer than 4
 * bytes. CB_E_FORMAT: length fields that match no case. */
CB_MUST_USE enum cb_err cb_apdu_parse(struct cb_apdu *out, struct cb_span raw);

#endif

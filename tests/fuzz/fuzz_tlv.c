/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any bytes, given to the parsers of common/: TLV down to the bottom, command
 * APDU, answer to reset, hexadecimal text. What a parser lends must lie in
 * what it was given, and what was read must come back when it is written.
 */
#include <stdlib.h>

#include "common/apdu.h"
#include "common/atr.h"
#include "common/hex.h"
#include "common/tlv.h"
#include "tests/fuzz/fuzz.h"

static void
within(struct cb_span part, struct cb_span whole)
{
	if (part.n > 0 &&
	    (part.p < whole.p || part.p + part.n > whole.p + whole.n))
		abort();
}

static void
walk_tlv(struct cb_span in, unsigned depth)
{
	struct cb_buf b = CB_BUF_INIT;
	struct cb_span all = in, value, again, cur;
	uint32_t tag, tag_again;

	while (cb_tlv_get(&in, &tag, &value) == CB_OK) {
		within(value, all);
		if (cb_tlv_put(&b, tag, value) != CB_OK)
			abort();
		cur = cb_buf_span(&b);
		if (cb_tlv_get(&cur, &tag_again, &again) != CB_OK ||
		    tag_again != tag || !cb_span_equal(again, value) ||
		    cb_tlv_end(&cur) != CB_OK)
			abort();
		cb_buf_clear(&b);
		if (depth > 0)
			walk_tlv(value, depth - 1);
	}
	cb_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cb_span in = cb_span(p, n);
	struct cb_buf b = CB_BUF_INIT;
	struct cb_apdu apdu;
	struct cb_atr atr;

	walk_tlv(in, 4);
	if (cb_apdu_parse(&apdu, in) == CB_OK)
		within(apdu.data, in);
	if (cb_atr_parse(&atr, in) == CB_OK)
		within(atr.historical, in);
	if (cb_hex_decode(&b, (const char *)p, n) != CB_OK && b.n != 0)
		abort();
	cb_buf_free(&b);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card whose answers are any bytes, probed. Input: the protocol, then
 * answers with two bytes of length in front; who asks further gets 6A82. The
 * probe must end within its limits, and its report must be one.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/probe/probe.h"
#include "tests/fuzz/fuzz.h"

#define COMMANDS_MAX 600

struct answers {
	struct cb_span left;
	unsigned n;
};

static enum cb_err
answer(void *ctx, struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	struct answers *a = ctx;
	struct cb_span next;

	(void)cmd;
	(void)why;
	if (a->n++ >= COMMANDS_MAX)
		abort();
	cb_buf_clear(rsp);
	if (cb_get_lv16(&a->left, &next) == CB_OK && next.n >= 2)
		return cb_buf_set(rsp, next);
	return cb_put_u16(rsp, 0x6A82);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct probe_limits limits = { COMMANDS_MAX, 256 << 10, 60000 };
	struct answers a = { cb_span(p, n), 0 };
	const struct probe_road road = { answer, &a };
	struct cb_buf text = CB_BUF_INIT_MAX(8 << 20);
	struct report *r = report_new(), *back = NULL;
	struct cb_why why = { "" };
	uint8_t protocol = 1;

	if (r == NULL)
		return 0;
	(void)!cb_get_u8(&a.left, &protocol);
	memcpy(r->atr, "\x3B\x00", 2);
	r->atr_n = 2;
	r->protocol = protocol & 1;
	r->full = (protocol & 2) != 0;
	if (probe_run(&road, &limits, r, &why) != CB_OK ||
	    report_write(r, &text) != CB_OK || cb_put_u8(&text, 0) != CB_OK ||
	    report_parse(&back, (char *)text.p, "report", &why) != CB_OK)
		abort();
	report_free(&back);
	report_free(&r);
	cb_buf_free(&text);
	return 0;
}

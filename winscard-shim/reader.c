/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a reader says of itself, to SCardGetAttrib and SCardControl.
 */
#include <string.h>

#include "bridge/facts.h"
#include "winscard-shim/internal.h"

static void
facts_of(struct br_facts *f, const struct ws_card_status *s)
{
	memset(f, 0, sizeof(*f));
	f->serial = s->reader;
	f->present = s->now.present;
	f->powered = s->now.powered;
	f->protocol = s->now.protocol;
	f->max_apdu = s->now.max_apdu;
	f->atr = s->now.atr;
	f->atr_n = s->now.atr_n;
}

enum ws_result
ws_attribute(ws_handle card, uint32_t tag, struct cb_buf *value)
{
	struct ws_card_status s;
	struct br_facts f;
	enum ws_result r;

	cb_buf_clear(value);
	if ((r = ws_look(card, &s)) != WS_OK)
		return r;
	facts_of(&f, &s);
	if (!br_facts_attribute(&f, tag) || f.n == 0)
		return WS_UNSUPPORTED_FEATURE;
	return cb_buf_set(value, cb_span(f.value, f.n)) == CB_OK ?
	    WS_OK :
	    WS_NO_MEMORY;
}

enum ws_result
ws_control(ws_handle card, uint32_t function, uint32_t tlv_code,
    struct cb_buf *rsp)
{
	struct ws_card_status s;
	struct br_facts f;
	enum ws_result r;

	cb_buf_clear(rsp);
	/* a reader can be asked whatever has become of its card */
	r = ws_look(card, &s);
	if (r == WS_RESET_CARD || r == WS_REMOVED_CARD)
		r = WS_OK;
	if (r != WS_OK)
		return r;
	facts_of(&f, &s);
	if (!br_facts_function(&f, function, tlv_code))
		return WS_UNSUPPORTED_FEATURE;
	return cb_buf_set(rsp, cb_span(f.value, f.n)) == CB_OK ?
	    WS_OK :
	    WS_NO_MEMORY;
}

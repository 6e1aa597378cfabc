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
	f->serial = s->name;
	f->present = s->now.present;
	f->powered = s->now.powered;
	f->protocol = s->now.protocol;
	f->max_apdu = s->now.max_apdu;
	f->atr = s->now.atr;
	f->atr_n = s->now.atr_n;
}

/* SCARD_ATTR_DEVICE_FRIENDLY_NAME and _SYSTEM_NAME: no reader has names of
 * its own, but programs have one for it. */
enum {
	FRIENDLY_NAME_A = 0x7FFF0003,
	SYSTEM_NAME_A = 0x7FFF0004,
	FRIENDLY_NAME_W = 0x7FFF0005,
	SYSTEM_NAME_W = 0x7FFF0006,
};

static enum ws_result
put_name(struct cb_buf *value, const char *name, bool wide)
{
	const char *at = name;

	do {
		if (cb_put_u8(value, (uint8_t)*at) != CB_OK ||
		    (wide && cb_put_u8(value, 0) != CB_OK))
			return WS_NO_MEMORY;
	} while (*at++ != '\0');
	return WS_OK;
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
	if (tag >= FRIENDLY_NAME_A && tag <= SYSTEM_NAME_W)
		return put_name(value, s.reader, tag >= FRIENDLY_NAME_W);
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

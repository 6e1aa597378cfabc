/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PIN commands. A value travels as ASCII, padded with FF to the PIN's maximum
 * length, which GET DATA tells. A PIN is unblocked by whoever its RESET rule
 * names: the holder of PIN 2 for PIN 1, who verifies that before.
 */
#include "common/tlv.h"
#include "emulator/applets/authentic3/authentic3.h"
#include "emulator/iso_cmds.h"

#define TAG_PIN 0x5F00	/* and the reference */

/* The PIN of a command with `fields` values of it. */
static uint16_t
pin_form(const struct emu_call *c, unsigned fields, struct emu_pin **pin)
{
	if ((*pin = a3_pin(c->app, c->p2)) == NULL)
		return SW_REF_NOT_FOUND;
	if (c->data.n != fields * (size_t)emu_pin_max(c->card, *pin))
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	return SW_OK;
}

uint16_t
a3_verify(struct emu_call *c)
{
	struct emu_pin *pin = a3_pin(c->app, c->p2);

	return emu_iso_verify(
	    c, pin, pin != NULL ? emu_pin_max(c->card, pin) : 0);
}

uint16_t
a3_change(struct emu_call *c)
{
	struct emu_pin *pin;
	uint16_t sw;

	if ((sw = pin_form(c, 2, &pin)) != SW_OK ||
	    (sw = emu_pin_allowed(c->app, pin, EMU_OP_PIN_CHANGE)) != SW_OK)
		return sw;
	return emu_iso_change(c, pin, emu_pin_max(c->card, pin));
}

/* 24 P1=01: without the old value. */
uint16_t
a3_change_by_right(struct emu_call *c)
{
	struct emu_pin *pin;
	uint16_t sw;

	if ((sw = pin_form(c, 1, &pin)) != SW_OK ||
	    (sw = emu_pin_named(c->app, pin, EMU_OP_PIN_CHANGE)) != SW_OK)
		return sw;
	if (pin->tries == 0)
		return SW_BLOCKED;
	return emu_pin_replace(c->app, pin, emu_iso_unpad(c->data), NULL);
}

/* 2C P1=02: new value, counter to its limit. */
uint16_t
a3_reset(struct emu_call *c)
{
	struct emu_pin *pin;
	uint16_t sw;

	if ((sw = pin_form(c, 1, &pin)) != SW_OK)
		return sw;
	return emu_iso_reset(c, pin, emu_iso_unpad(c->data));
}

/* 2C P1=03: the counter only. */
uint16_t
a3_reset_counter(struct emu_call *c)
{
	struct emu_pin *pin;
	uint16_t sw;

	if ((sw = pin_form(c, 0, &pin)) != SW_OK)
		return sw;
	return emu_iso_reset_counter(c, pin);
}

/* 5F0r (80 type: PIN, 83 reference, 86 rules, 91 limit, A1 (83 max, 84 min)). */
static enum cb_err
put_pin(const struct emu_call *c, const struct emu_pin *pin,
    struct cb_buf *out)
{
	size_t whole, lengths;
	enum cb_err r;

	if ((r = cb_tlv_open(out, TAG_PIN | pin->ref, &whole)) != CB_OK ||
	    (r = cb_tlv_put_u8(out, 0x80, 0)) != CB_OK ||
	    (r = cb_tlv_put_u8(out, 0x83, pin->ref)) != CB_OK ||
	    (r = cb_tlv_put(out, 0x86,
		 cb_span(pin->access, pin->access_n))) != CB_OK ||
	    (r = cb_tlv_put_u8(out, 0x91, pin->tries_max)) != CB_OK ||
	    (r = cb_tlv_open(out, 0xA1, &lengths)) != CB_OK ||
	    (r = cb_tlv_put_u8(out, 0x83, emu_pin_max(c->card, pin))) !=
		CB_OK ||
	    (r = cb_tlv_put_u8(out, 0x84, emu_pin_min(c->card, pin))) !=
		CB_OK ||
	    (r = cb_tlv_close(out, lengths)) != CB_OK)
		return r;
	return cb_tlv_close(out, whole);
}

uint16_t
a3_get_pin(struct emu_call *c)
{
	const struct emu_pin *pin = a3_pin(c->app, c->p2);

	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	return put_pin(c, pin, c->rsp) == CB_OK ? SW_OK : SW_UNKNOWN;
}

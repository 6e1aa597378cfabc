/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PIN commands. A value travels as bare ASCII, or padded with FF where hosts
 * were told that all values are equally long. A PIN is unblocked by whoever
 * its RESET rule names: the holder of the PUK, who verifies that before.
 */
#include "emulator/applets/iasecc/iasecc.h"
#include "emulator/iso_cmds.h"

static struct emu_pin *
pin_of(const struct emu_call *c)
{
	return emu_pin_by_p2(c->app, c->app->df, c->p2);
}

uint16_t
ias_verify(struct emu_call *c)
{
	struct emu_pin *pin = pin_of(c);
	uint16_t sw;

	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	if (c->data.n > emu_pin_max(c->card, pin))
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	if (c->data.n > 0 &&
	    (sw = emu_pin_allowed(c->app, pin, EMU_OP_PIN_VERIFY)) != SW_OK)
		return sw;
	return emu_iso_verify(c, pin, c->data.n);
}

/* Old value and new one without anything between them. Padded ones are equally
 * long. Of others the card must know where the old one ends, which nothing at
 * rest tells: hosts verify it before, and then the card knows it again. What
 * does not begin with it is then a wrong value, wherever that one ends: a try,
 * before anything is said of the new one. */
uint16_t
ias_change(struct emu_call *c)
{
	struct emu_pin *pin = pin_of(c);
	size_t max, n = c->data.n / 2;
	struct cb_span head;
	bool known;
	uint16_t sw;

	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	max = emu_pin_max(c->card, pin);
	head = cb_span_head(c->data, max);
	known = emu_pin_verified(pin) && c->data.n != 2 * max;
	if (c->data.n > 2 * max || (!known && c->data.n % 2 != 0))
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	if ((sw = emu_pin_allowed(c->app, pin, EMU_OP_PIN_CHANGE)) != SW_OK)
		return sw;
	if (known && (n = emu_pin_known_n(pin, head)) == 0)
		return emu_pin_verify(c->app, pin, head);
	return emu_iso_change(c, pin, n);
}

/* 2C P1=02: new value, counter to its limit. */
uint16_t
ias_reset(struct emu_call *c)
{
	return emu_iso_reset(c, pin_of(c), emu_iso_unpad(c->data));
}

/* 2C P1=03: the counter only. */
uint16_t
ias_reset_counter(struct emu_call *c)
{
	return emu_iso_reset_counter(c, pin_of(c));
}

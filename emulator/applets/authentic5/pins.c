/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PIN commands. Every value travels as ASCII padded with FF to 64 bytes; the
 * card works with what is before the padding.
 */
#include "emulator/applets/authentic5/authentic5.h"
#include "emulator/iso_cmds.h"

#define PIN_FIELD 64
#define UNBLOCK_N 16

/* What a 64-byte field holds; *pin borrows. */
static uint16_t
pin_field(const struct emu_card *card, struct cb_span field,
    struct cb_span *pin)
{
	*pin = emu_iso_unpad(field);
	return pin->n > 0 ? SW_OK : emu_sw(card, EMU_ANS_PIN_FORMAT);
}

uint16_t
a5_verify(struct emu_call *c)
{
	return emu_iso_verify(
	    c, emu_pin_by_p2(c->app, c->app->df, c->p2), PIN_FIELD);
}

uint16_t
a5_change(struct emu_call *c)
{
	struct emu_pin *pin = a5_pin_any(c->app, c->app->df, c->p2);
	uint16_t sw;

	if (c->data.n != 2 * PIN_FIELD)
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	if ((sw = emu_pin_allowed(c->app, pin, EMU_OP_PIN_CHANGE)) != SW_OK)
		return sw;
	return emu_iso_change(c, pin, PIN_FIELD);
}

static uint8_t
pin_role(uint8_t ref)
{
	return ref == A5_REF_USER ? EMU_ROLE_USER
	    : ref == A5_REF_SO	  ? EMU_ROLE_SO
				  : EMU_ROLE_OTHER;
}

/*
 * 24 P1=01: tries(1) 40 PIN(64) [unblock tries(1) n(1) unblock value(16 n)].
 * Creates or replaces a reference local to the current DF. n other than 1 is
 * not known to be sent by anybody.
 */
uint16_t
a5_create_pin(struct emu_call *c)
{
	struct cb_span in = c->data, field, pin;
	struct emu_pin_def def = { .owner = c->app->df };
	struct emu_pin *so;
	uint8_t tries, n, unblock_tries = 0, values = 0;
	uint16_t sw;

	def.ref = c->p2 & 0x7F;
	if (def.ref != A5_REF_USER && def.ref != A5_REF_ONE_TIME &&
	    def.ref != A5_REF_SO)
		return SW_WRONG_P1P2;
	if ((sw = emu_allowed(c->app, def.owner, EMU_OP_PIN_DEFINE)) != SW_OK)
		return sw;
	if (cb_get_u8(&in, &tries) != CB_OK || cb_get_u8(&in, &n) != CB_OK ||
	    n != PIN_FIELD || cb_get_span(&in, PIN_FIELD, &field) != CB_OK)
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	if (in.n > 0 &&
	    (cb_get_u8(&in, &unblock_tries) != CB_OK ||
		cb_get_u8(&in, &values) != CB_OK || values != 1 ||
		in.n != UNBLOCK_N))
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	if ((sw = pin_field(c->card, field, &pin)) != SW_OK)
		return sw;
	def.role = pin_role(def.ref);
	def.tries = tries;
	def.unblock_tries = unblock_tries;
	def.pin = pin;
	def.unblock = in;
	def.join = def.role == EMU_ROLE_SO;
	/* Whoever may define a PIN may replace it, keeping the keys. */
	if (def.role != EMU_ROLE_SO &&
	    (so = a5_pin_any(c->app, def.owner, A5_REF_SO)) != NULL)
		def.escrow = emu_domain_by_id(c->app, so->domain);
	return emu_pin_create(c->app, &def);
}

uint16_t
a5_reset_retry(struct emu_call *c)
{
	struct emu_pin *pin = a5_pin_any(c->app, c->app->df, c->p2);
	struct cb_span new_value;
	uint16_t sw;

	if (c->data.n != UNBLOCK_N + PIN_FIELD)
		return emu_sw(c->card, EMU_ANS_PIN_LENGTH);
	if (pin == NULL)
		return SW_REF_NOT_FOUND;
	if ((sw = emu_pin_allowed(c->app, pin, EMU_OP_PIN_RESET)) != SW_OK)
		return sw;
	sw = pin_field(
	    c->card, cb_span_tail(c->data, UNBLOCK_N), &new_value);
	if (sw != SW_OK)
		return sw;
	return emu_pin_unblock(c->app, pin,
	    cb_span_head(c->data, UNBLOCK_N), new_value, NULL);
}

/* 80 2E 00 2r: only the local references 1 and 2; absent ones are as good as
 * logged out. Whoever logs out need not have the PIN's DF selected. */
uint16_t
a5_logout(struct emu_call *c)
{
	uint8_t ref = c->p2 & 0x0F;

	if ((c->p2 & 0xF0) != 0x20 ||
	    (ref != A5_REF_USER && ref != A5_REF_ONE_TIME))
		return emu_sw(c->card, EMU_ANS_LOGOUT_REF);
	for (struct emu_pin *pin = c->app->pins; pin != NULL; pin = pin->next)
		if (pin->ref == ref && pin->owner != c->app->mf)
			emu_pin_logout(c->app, pin);
	return SW_OK;
}

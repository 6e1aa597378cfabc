/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access rules (tag 8C): an access mode byte, then a security condition byte
 * for each of its bits, from 40 down to 01. 00 is always; 1n the PIN that the
 * security environment n names; FF, or no bit, never. External authentication
 * (2n), secure messaging (4n) and conditions together (bit 80) are not this
 * card's: they mean never.
 *
 * Environments belong to a DF: that of the object, else one above.
 */
#include <string.h>

#include "common/tlv.h"
#include "emulator/applets/iasecc/iasecc.h"

enum { SC_ALWAYS = 0x00, SC_NEVER = 0xFF, SC_USER = 0x10 };

static const struct emu_position positions[] = {
	{ EMU_DF, EMU_OP_DELETE, 0x40 },
	{ EMU_DF, EMU_OP_CREATE, 0x02 },
	{ EMU_EF_TRANSPARENT, EMU_OP_DELETE, 0x40 },
	{ EMU_EF_TRANSPARENT, EMU_OP_UPDATE, 0x02 },
	{ EMU_EF_TRANSPARENT, EMU_OP_READ, 0x01 },
	{ EMU_PIN, EMU_OP_PIN_CHANGE, 0x40 },
	{ EMU_PIN, EMU_OP_PIN_VERIFY, 0x20 },
	{ EMU_PIN, EMU_OP_PIN_RESET, 0x10 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_SIGN, 0x40 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_AUTH, 0x20 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_DECIPHER, 0x10 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_GENERATE, IAS_AMB_GENERATE },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_UPDATE, 0x02 },
	{ EMU_KEY_RSA_PUBLIC, EMU_OP_GENERATE, IAS_AMB_GENERATE },
	{ EMU_KEY_RSA_PUBLIC, EMU_OP_UPDATE, 0x02 },
	{ EMU_OBJECT, EMU_OP_READ, 0x01 },
};

static unsigned
bits(uint8_t amb)
{
	unsigned n = 0;

	for (amb &= IAS_AMB_ALL; amb != 0; amb &= (uint8_t)(amb - 1))
		n++;
	return n;
}

uint8_t
ias_access_n(uint8_t type, struct cb_span access)
{
	(void)type;
	return (uint8_t)(1 + (access.n > 0 ? bits(access.p[0]) : 0));
}

/* Where the condition of a bit stands. */
static size_t
condition_at(uint8_t amb, uint8_t bit)
{
	return 1 + bits(amb & (uint8_t)~(2 * bit - 1));
}

static uint8_t
condition(struct cb_span access, uint8_t bit)
{
	size_t at;

	if (access.n == 0 || (access.p[0] & bit) == 0)
		return SC_NEVER;
	at = condition_at(access.p[0], bit);
	return at < access.n ? access.p[at] : SC_NEVER;
}

uint8_t
ias_access_without(
    struct cb_span access, uint8_t bit, uint8_t out[EMU_ACCESS_MAX])
{
	size_t at, n = access.n;

	memcpy(out, access.p, n);
	if (n == 0 || (access.p[0] & bit) == 0 ||
	    (at = condition_at(access.p[0], bit)) >= n)
		return (uint8_t)n;
	out[0] &= (uint8_t)~bit;
	memmove(out + at, out + at + 1, n - at - 1);
	return (uint8_t)(n - 1);
}

/* The PIN of an environment: A4 (95 usage, 83 reference). */
static struct emu_pin *
environment_pin(
    const struct emu_app *app, const struct emu_file *df, uint8_t no)
{
	const struct emu_file *se = ias_object(df, IAS_SE, no);
	const struct emu_part *p = se != NULL ? emu_part_find(se, 0) : NULL;
	struct cb_span at, ref;
	uint8_t reference;

	if (p == NULL ||
	    cb_tlv_find(cb_buf_span(&p->plain), 0xA4, &at) != CB_OK ||
	    cb_tlv_find(at, 0x83, &ref) != CB_OK ||
	    cb_get_u8(&ref, &reference) != CB_OK)
		return NULL;
	return emu_pin_by_p2(app, df, reference);
}

static void
rule_at(struct emu_app *app, const struct emu_file *df, struct cb_span access,
    uint8_t type, enum emu_op op, struct emu_rule *out)
{
	const struct emu_position *p = emu_position_find(positions,
	    sizeof(positions) / sizeof(positions[0]), type, op);
	struct emu_pin *pin;
	uint8_t sc;

	if (p == NULL)
		return;
	sc = condition(access, p->at);
	out->kind = EMU_NEVER;
	if (sc == SC_ALWAYS)
		out->kind = EMU_ALWAYS;
	if ((sc & 0xF0) != SC_USER)
		return;
	out->kind = EMU_ANY_OF;
	if ((pin = environment_pin(app, df, sc & 0x0F)) != NULL)
		out->pins[out->pins_n++] = pin;
}

void
ias_rule(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_rule *out)
{
	rule_at(app, f->type == EMU_DF ? f : f->parent,
	    cb_span(f->access, f->access_n), f->type, op, out);
}

void
ias_pin_rule(struct emu_app *app, const struct emu_pin *pin, enum emu_op op,
    struct emu_rule *out)
{
	rule_at(app, pin->owner, cb_span(pin->access, pin->access_n), EMU_PIN,
	    op, out);
}

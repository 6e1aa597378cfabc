/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access bytes (tag 86): eight for each file. Position says the operation,
 * the value who may: 00 always, 2r a PIN, FF never. Values 60..7F ask for
 * secure messaging, which this card does not speak: they mean never.
 */
#include "emulator/applets/authentic5/authentic5.h"

enum {
	ACC_ALWAYS = 0x00,
	ACC_USER = 0x21,
	ACC_ONE_TIME = 0x22,
	ACC_SO = 0x24,
	ACC_USER_OR_SO = 0x25,
};

static const struct emu_position positions[] = {
	{ EMU_DF, EMU_OP_CREATE, 0 },
	{ EMU_DF, EMU_OP_CRYPTO, 1 },
	{ EMU_DF, EMU_OP_LIST, 2 },
	{ EMU_DF, EMU_OP_DELETE, 3 },
	{ EMU_DF, EMU_OP_PIN_DEFINE, 4 },
	{ EMU_DF, EMU_OP_PIN_CHANGE, 5 },
	{ EMU_DF, EMU_OP_PIN_RESET, 6 },
	{ EMU_EF_TRANSPARENT, EMU_OP_APPEND, 0 },
	{ EMU_EF_TRANSPARENT, EMU_OP_UPDATE, 1 },
	{ EMU_EF_TRANSPARENT, EMU_OP_READ, 2 },
	{ EMU_EF_TRANSPARENT, EMU_OP_ERASE, 3 },
	{ EMU_EF_LINEAR, EMU_OP_APPEND, 0 },
	{ EMU_EF_LINEAR, EMU_OP_UPDATE, 1 },
	{ EMU_EF_LINEAR, EMU_OP_READ, 2 },
	{ EMU_EF_LINEAR, EMU_OP_ERASE, 3 },
	{ EMU_KEY_DES, EMU_OP_UPDATE, 0 },
	{ EMU_KEY_RSA_PUBLIC, EMU_OP_UPDATE, 0 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_UPDATE, 0 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_DECIPHER, 1 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_SIGN, 3 },
};

uint8_t
a5_access_n(uint8_t type, struct cb_span access)
{
	(void)access;
	return type != EMU_PIN ? 8 : 0;	/* the DF's say what of a PIN */
}

static const struct emu_file *
dir_of(const struct emu_file *f)
{
	return f->type == EMU_DF ? f : f->parent;
}

struct emu_pin *
a5_pin_any(const struct emu_app *app, const struct emu_file *df, uint8_t ref)
{
	struct emu_pin *pin = emu_pin_by_p2(app, df, ref | 0x80);

	return pin != NULL ? pin : emu_pin_by_p2(app, df, ref & 0x7F);
}

/* The PINs of which any one satisfies an access byte, seen from df. */
static unsigned
access_pins(const struct emu_app *app, const struct emu_file *df, uint8_t acc,
    struct emu_pin *out[EMU_RULE_PINS])
{
	struct emu_pin *pin;
	unsigned n = 0;

	if ((acc == ACC_USER || acc == ACC_USER_OR_SO) &&
	    (pin = emu_pin_by_p2(app, df, 0x80 | A5_REF_USER)) != NULL)
		out[n++] = pin;
	if (acc == ACC_ONE_TIME &&
	    (pin = emu_pin_by_p2(app, df, 0x80 | A5_REF_ONE_TIME)) != NULL)
		out[n++] = pin;
	if (acc == ACC_SO || acc == ACC_USER_OR_SO) {
		/* Global 04 or local 84, whichever is there. */
		if ((pin = emu_pin_by_p2(app, df, A5_REF_SO)) != NULL)
			out[n++] = pin;
		if ((pin = emu_pin_by_p2(app, df, 0x80 | A5_REF_SO)) != NULL)
			out[n++] = pin;
	}
	return n;
}

void
a5_rule(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_rule *out)
{
	const struct emu_position *p = emu_position_find(positions,
	    sizeof(positions) / sizeof(positions[0]), f->type, op);
	uint8_t acc;

	if (p == NULL)
		return;
	acc = p->at < f->access_n ? f->access[p->at] : 0xFF;
	switch (acc) {
	case ACC_ALWAYS:
		out->kind = EMU_ALWAYS;
		return;
	case ACC_USER:
	case ACC_ONE_TIME:
	case ACC_SO:
	case ACC_USER_OR_SO:
		out->kind = EMU_ANY_OF;
		out->pins_n = access_pins(app, dir_of(f), acc, out->pins);
		return;
	default:
		out->kind = EMU_NEVER;
	}
}

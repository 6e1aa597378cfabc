/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access rules (tag 86): two bytes for each operation, whose position says
 * which. 0000 is always; 00mm any of the PINs whose bits are set, bit 0 for
 * PIN 1; FFxx never. A first byte with one of the bits 60 asks for secure
 * messaging, which this card does not speak: never, like whatever else stands
 * there.
 */
#include "emulator/applets/authentic3/authentic3.h"

#define FID_PKCS15 0x5015

static const struct emu_position positions[] = {
	{ EMU_DF, EMU_OP_CREATE, 0 },
	{ EMU_DF, EMU_OP_DELETE, 1 },
	{ EMU_DF, EMU_OP_CRYPTO, 2 },
	{ EMU_EF_TRANSPARENT, EMU_OP_READ, 0 },
	{ EMU_EF_TRANSPARENT, EMU_OP_DELETE, 1 },
	{ EMU_EF_TRANSPARENT, EMU_OP_UPDATE, 2 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_UPDATE, 0 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_DELETE, 1 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_DECIPHER, 2 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_SIGN, 3 },
	{ EMU_KEY_RSA_PRIVATE, EMU_OP_GENERATE, 5 },
};

static const struct emu_position pin_positions[] = {
	{ EMU_PIN, EMU_OP_PIN_RESET, 1 },
	{ EMU_PIN, EMU_OP_PIN_CHANGE, 2 },
};

uint8_t
a3_access_n(uint8_t type, struct cb_span access)
{
	(void)access;
	return type == EMU_DF		    ? A3_RULES_DF
	    : type == EMU_EF_TRANSPARENT    ? A3_RULES_EF
	    : type == EMU_KEY_RSA_PRIVATE   ? A3_RULES_KEY
	    : type == EMU_PIN		    ? A3_RULES_PIN
					    : 0;	/* there is none */
}

struct emu_pin *
a3_pin(const struct emu_app *app, uint8_t ref)
{
	struct emu_pin *pin;

	for (pin = app->pins; pin != NULL; pin = pin->next)
		if (pin->ref == ref)
			return pin;
	return NULL;
}

struct emu_file *
a3_dir(const struct emu_app *app)
{
	return emu_fs_no_key(app->mf, FID_PKCS15);
}

struct emu_file *
a3_key(const struct emu_app *app, uint8_t no)
{
	struct emu_file *dir = a3_dir(app);

	return dir != NULL ? emu_fs_key(dir, no) : NULL;
}

static void
rule_at(struct emu_app *app, struct cb_span rules,
    const struct emu_position *p, struct emu_rule *out)
{
	uint8_t how, who;

	if (p == NULL)
		return;
	rules = cb_span_tail(rules, 2u * p->at);
	out->kind = EMU_NEVER;
	if (cb_get_u8(&rules, &how) != CB_OK ||
	    cb_get_u8(&rules, &who) != CB_OK || how != 0)
		return;
	out->kind = who == 0 ? EMU_ALWAYS : EMU_ANY_OF;
	for (uint8_t bit = 0; bit < A3_PINS; bit++) {
		struct emu_pin *pin = a3_pin(app, bit + 1);

		if ((who >> bit & 1) != 0 && pin != NULL)
			out->pins[out->pins_n++] = pin;
	}
}

void
a3_rule(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_rule *out)
{
	rule_at(app, cb_span(f->access, f->access_n),
	    emu_position_find(positions,
		sizeof(positions) / sizeof(positions[0]), f->type, op),
	    out);
}

void
a3_pin_rule(struct emu_app *app, const struct emu_pin *pin, enum emu_op op,
    struct emu_rule *out)
{
	rule_at(app, cb_span(pin->access, pin->access_n),
	    emu_position_find(pin_positions,
		sizeof(pin_positions) / sizeof(pin_positions[0]), EMU_PIN,
		op),
	    out);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Access bytes (tag 86): eight for each file. Position says the operation,
 * the value who may: 00 always, 2r a PIN, FF never. Values 60..7F ask for
 * secure messaging, which this card does not speak: they mean never.
 */
#include <stdio.h>

#include "emulator/applets/authentic5/authentic5.h"

enum {
	ACC_ALWAYS = 0x00,
	ACC_USER = 0x21,
	ACC_ONE_TIME = 0x22,
	ACC_SO = 0x24,
	ACC_USER_OR_SO = 0x25,
};

/* Position of an operation in the access bytes, by type of file. */
struct position {
	uint8_t type;
	uint8_t op;
	uint8_t at;
};

static const struct position positions[] = {
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

/* The access byte for op; 0xFF where the type knows no such operation. */
static uint8_t
access_byte(const struct emu_file *f, enum emu_op op)
{
	for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
		const struct position *p = &positions[i];

		if (p->type == f->type && p->op == op)
			return p->at < f->access_n ? f->access[p->at] : 0xFF;
	}
	return 0xFF;
}

uint8_t
a5_access_n(uint8_t type)
{
	(void)type;
	return 8;
}

static const struct emu_file *
dir_of(const struct emu_file *f)
{
	return f->type == EMU_DF ? f : f->parent;
}

struct emu_pin *
a5_pin(const struct emu_app *app, const struct emu_file *df, uint8_t p2)
{
	struct emu_pin *pin;
	uint8_t ref = p2 & 0x7F;

	if ((p2 & 0x80) == 0)
		return emu_pin_find(app, app->mf, ref);
	for (; df != NULL && df != app->mf; df = df->parent)
		if ((pin = emu_pin_find(app, df, ref)) != NULL)
			return pin;
	return NULL;
}

struct emu_pin *
a5_pin_any(const struct emu_app *app, const struct emu_file *df, uint8_t ref)
{
	struct emu_pin *pin = a5_pin(app, df, ref | 0x80);

	return pin != NULL ? pin : a5_pin(app, df, ref & 0x7F);
}

/* The PINs of which any one satisfies an access byte, seen from df. */
static unsigned
access_pins(const struct emu_app *app, const struct emu_file *df, uint8_t acc,
    struct emu_pin *out[3])
{
	struct emu_pin *pin;
	unsigned n = 0;

	if ((acc == ACC_USER || acc == ACC_USER_OR_SO) &&
	    (pin = a5_pin(app, df, 0x80 | A5_REF_USER)) != NULL)
		out[n++] = pin;
	if (acc == ACC_ONE_TIME &&
	    (pin = a5_pin(app, df, 0x80 | A5_REF_ONE_TIME)) != NULL)
		out[n++] = pin;
	if (acc == ACC_SO || acc == ACC_USER_OR_SO) {
		/* Global 04 or local 84, whichever is there. */
		if ((pin = a5_pin(app, df, A5_REF_SO)) != NULL)
			out[n++] = pin;
		if ((pin = a5_pin(app, df, 0x80 | A5_REF_SO)) != NULL)
			out[n++] = pin;
	}
	return n;
}

uint16_t
a5_allowed(struct emu_app *app, const struct emu_file *f, enum emu_op op)
{
	uint8_t acc = access_byte(f, op);
	struct emu_pin *pins[3];
	unsigned n;

	if (acc == ACC_ALWAYS)
		return SW_OK;
	n = access_pins(app, dir_of(f), acc, pins);
	for (unsigned i = 0; i < n; i++)
		if (emu_pin_verified(pins[i]))
			return SW_OK;
	return SW_SECURITY_STATUS;
}

/* Adds the domains behind an access byte, each once. */
static unsigned
add_domains(struct emu_app *app, const struct emu_file *df, uint8_t acc,
    struct emu_domain *out[EMU_GUARDS_MAX], unsigned n)
{
	struct emu_pin *pins[3];
	unsigned m = access_pins(app, df, acc, pins);

	for (unsigned i = 0; i < m && n < EMU_GUARDS_MAX; i++) {
		struct emu_domain *d = emu_domain_by_id(app, pins[i]->domain);
		bool known = d == NULL;

		for (unsigned k = 0; k < n; k++)
			known = known || out[k] == d;
		if (!known)
			out[n++] = d;
	}
	return n;
}

unsigned
a5_guards(struct emu_app *app, const struct emu_file *f,
    struct emu_domain *out[EMU_GUARDS_MAX])
{
	const struct emu_file *df = dir_of(f);
	uint8_t acc, other, crypto;
	unsigned n;

	switch (f->type) {
	case EMU_EF_TRANSPARENT:
	case EMU_EF_LINEAR:
		acc = access_byte(f, EMU_OP_READ);
		if (acc == ACC_ALWAYS)
			return 0;
		n = add_domains(app, df, acc, out, 0);
		/* Nobody may read it: then whoever may write it. */
		return n > 0
		    ? n
		    : add_domains(app, df, access_byte(f, EMU_OP_UPDATE), out,
			  0);
	case EMU_KEY_DES:
		return add_domains(
		    app, df, access_byte(f, EMU_OP_UPDATE), out, 0);
	case EMU_KEY_RSA_PRIVATE:
		/* CRYPTO of the DF must be satisfied for every use; only
		 * where it is free do the key's own bytes guard it. */
		crypto = access_byte(df, EMU_OP_CRYPTO);
		if ((n = add_domains(app, df, crypto, out, 0)) > 0)
			return n;
		acc = access_byte(f, EMU_OP_SIGN);
		other = access_byte(f, EMU_OP_DECIPHER);
		if (crypto == ACC_ALWAYS &&
		    (acc == ACC_ALWAYS || other == ACC_ALWAYS))
			return 0;
		n = add_domains(app, df, acc, out, 0);
		n = add_domains(app, df, other, out, n);
		/* Nobody may use it (yet: the PIN may still come): then
		 * whoever may write it. */
		return n > 0
		    ? n
		    : add_domains(app, df, access_byte(f, EMU_OP_UPDATE), out,
			  0);
	default:
		return 0;	/* public keys */
	}
}

static const char *
access_word(uint8_t acc)
{
	switch (acc) {
	case ACC_ALWAYS:
		return "always";
	case ACC_USER:
		return "user";
	case ACC_ONE_TIME:
		return "one-time";
	case ACC_SO:
		return "SO";
	case ACC_USER_OR_SO:
		return "user or SO";
	default:
		return "never";
	}
}

void
a5_describe(const struct emu_file *f, char *out, size_t size)
{
	static const struct {
		uint8_t op;
		const char *word;
	} words[] = {
		{ EMU_OP_READ, "read" },
		{ EMU_OP_UPDATE, "update" },
		{ EMU_OP_SIGN, "sign" },
		{ EMU_OP_DECIPHER, "decipher" },
		{ EMU_OP_CREATE, "create" },
		{ EMU_OP_CRYPTO, "crypto" },
		{ EMU_OP_DELETE, "delete" },
	};
	size_t at = 0;

	if (size > 0)
		out[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		enum emu_op op = (enum emu_op)words[i].op;
		bool known = false;

		for (size_t k = 0;
		    k < sizeof(positions) / sizeof(positions[0]); k++)
			known = known ||
			    (positions[k].type == f->type &&
				positions[k].op == op);
		if (!known || at >= size)
			continue;
		int n = snprintf(out + at, size - at, "%s%s: %s",
		    at > 0 ? ", " : "", words[i].word,
		    access_word(access_byte(f, op)));

		if (n < 0)
			return;
		at += (size_t)n;
	}
}

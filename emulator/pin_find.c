/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PINs: which one is meant, by P2 or by what it is for.
 */
#include "emulator/domain.h"

struct emu_pin *
emu_pin_find(
    const struct emu_app *app, const struct emu_file *owner, uint8_t ref)
{
	struct emu_pin *p;

	for (p = app->pins; p != NULL; p = p->next)
		if (p->owner == owner && p->ref == ref)
			return p;
	return NULL;
}

struct emu_pin *
emu_pin_by_p2(const struct emu_app *app, const struct emu_file *df, uint8_t p2)
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
emu_pin_by_role(const struct emu_app *app, enum emu_role role)
{
	struct emu_pin *p;

	for (p = app->pins; p != NULL; p = p->next)
		if (p->role == role)
			return p;
	return NULL;
}

bool
emu_pins_any(const struct emu_app *app)
{
	const struct emu_pin *p;

	for (p = app->pins; p != NULL; p = p->next)
		if (emu_pin_verified(p))
			return true;
	return false;
}

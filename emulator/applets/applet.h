/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What an applet is to the engine: a table of commands and a few questions
 * about access. Applets are listed in applets.c; the profile of a card names
 * the one that each of its applications runs.
 */
#ifndef EMU_APPLET_H
#define EMU_APPLET_H

#include "emulator/card.h"

struct emu_applet {
	const char *name;
	const struct emu_cmd *cmds;
	size_t cmds_n;
	/* Selected by AID (also when it was already): sets the current file,
	 * keeps or drops verified states. May append an answer. */
	uint16_t (*select)(struct emu_call *c);
	/* SW_OK, or why op on f is refused now. */
	uint16_t (*allowed)(
	    struct emu_app *app, const struct emu_file *f, enum emu_op op);
	/* Domains of those who may read f's content (a key: use it). Returns
	 * how many; 0: nobody's credential guards it. */
	unsigned (*guards)(struct emu_app *app, const struct emu_file *f,
	    struct emu_domain *out[EMU_GUARDS_MAX]);
	/* How many access bytes a file of this type has. */
	uint8_t (*access_n)(uint8_t type);
	/* One line for `card show`: the access rules of f in words. */
	void (*describe)(const struct emu_file *f, char *out, size_t size);
};

/* NULL: no such applet. */
const struct emu_applet *emu_applet_find(const char *name);

/* The card manager's commands, in force while no application is selected. */
extern const struct emu_cmd emu_cm_cmds[];
extern const size_t emu_cm_cmds_n;
/* SELECT by DF name (7816-4, 11.2.2, P1=04), whatever is selected. */
uint16_t emu_cm_select(struct emu_call *c);

#endif

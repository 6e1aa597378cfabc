/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What an applet is to the engine: a table of commands, how files are
 * selected and told of, and what its access bytes mean. Applets are listed in
 * applets.c; the profile of a card names the one that each of its
 * applications runs.
 */
#ifndef EMU_APPLET_H
#define EMU_APPLET_H

#include "emulator/access.h"

/* How SELECT finds files; 7816-4, 11.2.2 leaves room. */
enum {
	/* By FID also the current DF, its parent and the parent's children;
	 * else children only. The MF is always 3F00. */
	EMU_SELECT_AROUND = 1,
	/* A path from the MF may begin with 3F00. */
	EMU_SELECT_MF_NAMED = 2,
	/* Keys are objects with numbers of their own, not files. */
	EMU_SELECT_NO_KEYS = 4,
	/* A path from the current DF may begin with 3F00, and is tried from
	 * the MF where it leads nowhere. */
	EMU_SELECT_PATH_RETRY = 8,
	/* SELECT by name answers control parameters, also for P2=04, and finds
	 * named DFs. */
	EMU_SELECT_NAME_FCP = 16,
};

struct emu_applet {
	const char *name;
	const struct emu_cmd *cmds;
	size_t cmds_n;
	unsigned select;	/* EMU_SELECT_* */
	/* Appends what SELECT answers of a file: its FCP or FCI. */
	CB_MUST_USE enum cb_err (*control)(const struct emu_app *app,
	    const struct emu_file *f, struct cb_buf *out);
	/* What f's access bytes say of op; left alone: nothing. */
	void (*rule)(struct emu_app *app, const struct emu_file *f,
	    enum emu_op op, struct emu_rule *out);
	/* The same of a PIN's own. NULL: PINs have none, their DF has; with
	 * it, RESET is the matter of another PIN and no unblock value's. */
	void (*pin_rule)(struct emu_app *app, const struct emu_pin *pin,
	    enum emu_op op, struct emu_rule *out);
	/* How many access bytes a file of this type has, or a PIN (EMU_PIN);
	 * where they say so themselves, these. */
	uint8_t (*access_n)(uint8_t type, struct cb_span access);
	uint8_t pin_ref_max;	/* the highest reference of a PIN; 0: any */
};

/* NULL: no such applet. */
const struct emu_applet *emu_applet_find(const char *name);

/* The card manager's commands, in force while no application is selected. */
extern const struct emu_cmd emu_cm_cmds[];
extern const size_t emu_cm_cmds_n;
/* GET DATA of the CPLC data: applets answer it too. */
emu_cmd_fn emu_cm_get_cplc;
/* SELECT by DF name (7816-4, 11.2.2, P1=04), whatever is selected. */
uint16_t emu_cm_select(struct emu_call *c);
/* select.c: makes a file current, and answers what P2 wants to know of it. */
uint16_t emu_select_file(struct emu_call *c, struct emu_file *f);

#endif

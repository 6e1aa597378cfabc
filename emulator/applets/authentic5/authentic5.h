/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Oberthur AuthentIC v5 with the AWP file system: the applet on the engine.
 *
 *	authentic5.c	table of commands, SELECT, LIST FILES, CREATE, DELETE
 *	access.c	access bytes: who may do what, who guards what
 *	pins.c		VERIFY, CHANGE, CREATE PIN, RESET RETRY COUNTER, LOGOUT
 *	crypto.c	key components, GENERATE, MSE, PSO
 */
#ifndef EMU_AUTHENTIC5_H
#define EMU_AUTHENTIC5_H

#include "emulator/applets/applet.h"

extern const struct emu_applet emu_authentic5;

/* ---- access.c --------------------------------------------------------------- */

/* References as access bytes and VERIFY name them, without bit 8. */
enum { A5_REF_USER = 1, A5_REF_ONE_TIME = 2, A5_REF_SO = 4 };

void a5_rule(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_rule *out);
uint8_t a5_access_n(uint8_t type, struct cb_span access);
/* The PIN of CHANGE and RESET, where hosts clear bit 8: local first. */
struct emu_pin *a5_pin_any(
    const struct emu_app *app, const struct emu_file *df, uint8_t ref);

/* ---- commands ------------------------------------------------------------------ */

emu_cmd_fn a5_verify, a5_change, a5_create_pin, a5_reset_retry, a5_logout;
emu_cmd_fn a5_put_component, a5_get_component, a5_generate;
emu_cmd_fn a5_mse_set, a5_pso_sign, a5_pso_decipher;

#endif

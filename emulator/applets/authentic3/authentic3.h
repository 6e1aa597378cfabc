/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Oberthur AuthentIC v3.2 with a PKCS #15 file system: the applet on the
 * engine. Files are transparent EFs; PINs (1 to 7) and RSA keys (01 to 7F)
 * are objects beside them, found by number whatever file is current.
 *
 *	authentic3.c	table of commands, FCP, CREATE, DELETE
 *	access.c	access rules: two bytes an operation
 *	pins.c		VERIFY, CHANGE, RESET RETRY COUNTER, GET DATA
 *	keys.c		PUT DATA, GENERATE, MSE, PSO
 */
#ifndef EMU_AUTHENTIC3_H
#define EMU_AUTHENTIC3_H

#include "emulator/applets/applet.h"

extern const struct emu_applet emu_authentic3;

/* ---- access.c --------------------------------------------------------------- */

/* References of PINs are 1 to 7: a rule has a bit for each of them, and hosts
 * an array of that length. */
#define A3_PINS 7

/* Bytes of rules that objects have. */
enum { A3_RULES_DF = 6, A3_RULES_EF = 8, A3_RULES_PIN = 10, A3_RULES_KEY = 12 };

uint8_t a3_access_n(uint8_t type, struct cb_span access);
void a3_rule(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_rule *out);
void a3_pin_rule(struct emu_app *app, const struct emu_pin *pin,
    enum emu_op op, struct emu_rule *out);
/* By reference; NULL: none. */
struct emu_pin *a3_pin(const struct emu_app *app, uint8_t ref);
/* The PKCS #15 application, DF 5015, which the keys belong to; NULL: none. */
struct emu_file *a3_dir(const struct emu_app *app);
/* A key by its number; NULL: none. */
struct emu_file *a3_key(const struct emu_app *app, uint8_t no);

/* ---- commands ------------------------------------------------------------------ */

emu_cmd_fn a3_verify, a3_change, a3_change_by_right, a3_reset, a3_reset_counter;
emu_cmd_fn a3_get_pin;
emu_cmd_fn a3_put_key, a3_generate;
emu_cmd_fn a3_mse_set, a3_pso_sign, a3_pso_decipher;

#endif

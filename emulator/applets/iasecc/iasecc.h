/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * IAS ECC v1.0.1 with a PKCS #15 file system, as Oberthur and Gemalto sold it:
 * the applet on the engine. The application is a DF below the root that has a
 * name (AID) of its own. PINs, keys and security environments are objects
 * (SDO) beside the files; an object's tag BF cc nn says its class and number,
 * and cc nn is where a file has its identifier.
 *
 *	iasecc.c	table of commands, FCP, CREATE, DELETE
 *	access.c	access rules: access mode byte, security conditions
 *	pins.c		VERIFY, CHANGE, RESET RETRY COUNTER
 *	objects.c	GET DATA and PUT DATA: which object, which part of it
 *	keys.c		key objects: CREATE, import, GENERATE, DELETE
 *	crypto.c	MSE, INTERNAL AUTHENTICATE, PSO
 */
#ifndef EMU_IASECC_H
#define EMU_IASECC_H

#include "emulator/applets/applet.h"

extern const struct emu_applet emu_iasecc;

enum { IAS_PIN = 0x81, IAS_PRIVATE = 0x90, IAS_PUBLIC = 0xA0, IAS_SE = 0xFB };
#define IAS_NO_MAX 0x1F		/* numbers of objects, from 1 */

/* ---- access.c ----------------------------------------------------------- */

#define IAS_AMB_ALL 0x7F	/* bit 8 is set by hosts and says nothing */
#define IAS_AMB_GENERATE 0x08	/* of keys */

uint8_t ias_access_n(uint8_t type, struct cb_span access);
void ias_rule(struct emu_app *app, const struct emu_file *f, enum emu_op op,
    struct emu_rule *out);
void ias_pin_rule(struct emu_app *app, const struct emu_pin *pin,
    enum emu_op op, struct emu_rule *out);
/* Copies access bytes without the conditions of one bit; their number. */
uint8_t ias_access_without(
    struct cb_span access, uint8_t bit, uint8_t out[EMU_ACCESS_MAX]);

/* ---- objects.c ---------------------------------------------------------- */

/* An object of a class, by its number: in the DF, else upwards, keys as far as
 * below the root. NULL: none. */
struct emu_file *ias_object(
    const struct emu_file *df, uint8_t class, uint8_t no);

/* ---- keys.c ------------------------------------------------------------- */

/* Was the key given to the card for good? Whoever may make keys may make them
 * anew; the others have no right to GENERATE. */
bool ias_key_fixed(const struct emu_file *private);
/* PUT DATA, value by value: what was inside BF cc nn. */
typedef uint16_t ias_put_fn(
    struct emu_call *c, uint8_t class, uint8_t no, struct cb_span value);
ias_put_fn ias_key_create, ias_key_private, ias_key_public, ias_key_delete;

/* ---- commands ----------------------------------------------------------- */

emu_cmd_fn ias_verify, ias_change, ias_reset, ias_reset_counter;
emu_cmd_fn ias_get_data, ias_put_data, ias_generate;
emu_cmd_fn ias_mse_set, ias_mse_set_hash, ias_authenticate;
emu_cmd_fn ias_pso_hash, ias_pso_sign, ias_pso_decipher;

#endif

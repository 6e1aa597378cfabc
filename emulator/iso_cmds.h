/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Commands that ISO 7816-4 describes once for all cards: handlers for an
 * applet's table. They act on the application's current files and ask the
 * applet for the access rights.
 */
#ifndef EMU_ISO_CMDS_H
#define EMU_ISO_CMDS_H

#include "emulator/card.h"

/* 11.2.2, as the applet's `select` says; P2 = 0C: no control information */
emu_cmd_fn emu_iso_select_fid;		/* P1 = 00; without data the MF */
emu_cmd_fn emu_iso_select_child;	/* P1 = 01, an EF as well as a DF */
emu_cmd_fn emu_iso_select_ef;		/* P1 = 02, or the MF as 3F00 */
emu_cmd_fn emu_iso_select_parent;	/* P1 = 03 */
emu_cmd_fn emu_iso_select_path;		/* P1 = 08, from the MF */
emu_cmd_fn emu_iso_select_path_here;	/* P1 = 09, from the current DF */
emu_cmd_fn emu_iso_read_binary;		/* 11.3.3 */
emu_cmd_fn emu_iso_update_binary;	/* 11.3.5 */
emu_cmd_fn emu_iso_read_short;		/* with a short EF identifier in P1, */
emu_cmd_fn emu_iso_update_short;	/* whose EF becomes current */
emu_cmd_fn emu_iso_read_record;		/* 11.4.3, P1 = number */
emu_cmd_fn emu_iso_update_record;	/* 11.4.5, P1 = number */
emu_cmd_fn emu_iso_append_record;	/* 11.4.6 */
emu_cmd_fn emu_iso_get_challenge;	/* 11.6.4 */

/* The current DF's child whose identifier is the whole data field, as SELECT
 * finds one. SW_WRONG_LENGTH, SW_FILE_NOT_FOUND. */
uint16_t emu_iso_child(const struct emu_call *c, struct emu_file **f);
/* Takes 80 size, 82 descriptor, 83 identifier off the data field's 62; *rest
 * is what follows there. */
bool emu_iso_parse_create(
    struct cb_span in, struct emu_file *model, struct cb_span *rest);
/* CREATE FILE (7816-9) of a transparent EF in the current DF, once the data
 * field is taken apart. It becomes current: hosts write into it at once. */
uint16_t emu_iso_create_ef(struct emu_call *c, const struct emu_file *model);
/* VERIFY (11.6.6) of `pin`, NULL: there is none; without data the query. The
 * value comes in `field` bytes, padded with FF. */
uint16_t emu_iso_verify(struct emu_call *c, struct emu_pin *pin, size_t field);
/* CHANGE REFERENCE DATA (11.6.7) once form and rights are good: old value and
 * new one, `field` bytes each. */
uint16_t emu_iso_change(struct emu_call *c, struct emu_pin *pin, size_t field);
/* RESET RETRY COUNTER (11.6.10) by the right of whoever the PIN's RESET rule
 * names; with a new value, or of the counter only. */
uint16_t emu_iso_reset(
    struct emu_call *c, struct emu_pin *pin, struct cb_span new_value);
uint16_t emu_iso_reset_counter(struct emu_call *c, struct emu_pin *pin);
/* What is before the padding. */
struct cb_span emu_iso_unpad(struct cb_span field);
/* SW_OK with *f the current EF on which `op` is allowed now. */
uint16_t emu_iso_current(
    struct emu_call *c, enum emu_op op, struct emu_file **f);

#endif

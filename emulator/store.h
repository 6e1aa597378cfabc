/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card's records: what store.c writes and store_load.c reads.
 *
 *	card			who it is, policy, answers, applications; then
 *				their flags, the service's public half
 *	card/A/d/ID		a key domain of application A; then what is
 *				sealed to the service
 *	card/A/f/ID		a file: parent, FID, type, size, access bytes;
 *				then short identifier, template, whether it
 *				commits, name
 *	card/A/p/ID		a PIN: owner, limits, wraps
 *	card/A/t/ID		its counters (2 bytes: written most often)
 *	card/A/x/ID/NO		a part of a file's content (parts.c)
 *
 * A field that came later stands at a record's end, and only where it says
 * something: a card that does not need it is the same in any release.
 *
 * A is a digit, ID eight and NO four hexadecimal digits. Read in order of
 * name, everything comes after what it refers to: a file's number is higher
 * than its parent's.
 */
#ifndef EMU_STORE_H
#define EMU_STORE_H

#include "emulator/card.h"

#define EMU_STORE_FORMAT 1	/* first byte of the record "card" */
/* Flags of an application, in "card". */
#define EMU_APP_KEEP_VERIFIED 1
#define EMU_APP_BARE_FCP 2
#define EMU_APP_SILENT_NAMES 4
#define EMU_APP_FROM_RESET 8
#define EMU_APP_FLAGS 15	/* all of these */
#define EMU_RECORD_MAX (EMU_NVM_NAME_MAX + 1)

void emu_record_name(char out[EMU_RECORD_MAX], const struct emu_app *app,
    char kind, uint32_t id);
void emu_part_name(char out[EMU_RECORD_MAX], const struct emu_app *app,
    const struct emu_file *f, uint16_t no);

#endif

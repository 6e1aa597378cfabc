/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Telling whoever keeps a book what happens to passcodes, keys and
 * certificates (struct emu_event in emu.h).
 */
#ifndef EMU_EVENT_H
#define EMU_EVENT_H

#include "emulator/card.h"

void emu_tell_pin(const struct emu_app *app, enum emu_event_kind kind,
    const struct emu_pin *pin, uint8_t left);
/* What came of a comparison: RIGHT, WRONG or BLOCKED, which follow `tried` in
 * the list of kinds; or nothing, where it could not be made. `before`, `left`:
 * the counter before and after it. */
void emu_tell_outcome(const struct emu_app *app, enum emu_event_kind tried,
    const struct emu_pin *pin, uint16_t sw, uint8_t before, uint8_t left);
void emu_tell_key(const struct emu_app *app, enum emu_event_kind kind,
    const struct emu_file *f, struct cb_span data);
/* The same with the SHA-256 of what could be long. */
void emu_tell_hash(const struct emu_app *app, enum emu_event_kind kind,
    const struct emu_file *f, struct cb_span of);
/* These bytes of a file are new; all of its content is in `all`. A certificate
 * that stands at its beginning and has changed is told; one that is written in
 * pieces perhaps more than once, last as what it is in the end. */
void emu_tell_written(const struct emu_app *app, const struct emu_file *f,
    uint32_t off, size_t n, struct cb_span all);

#endif

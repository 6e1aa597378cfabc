/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Test cards that end with the bridge, for `cardbridge run`: made where they
 * are first put in, kept when they are taken out. What follows "memory:" is
 *
 *	NAME:published:PROFILE	with the published keys of its profile
 *	NAME:fresh:PROFILE	with keys that are generated
 *
 * with the profile's absolute path. Two cards differ by NAME. Any thread.
 */
#ifndef BR_MEMORY_H
#define BR_MEMORY_H

#include "emulator/emu.h"

struct br_memory;

/* Does this bridge have such cards? At first it refuses their URIs. */
void br_memory_allow(bool yes);
/* Is this one of them? CB_E_ARG. */
enum cb_err br_memory_check(const char *rest, struct cb_why *why);

/* The memory of a card, ours until it is given back. CB_E_BUSY: it is taken;
 * as emu_profile_read and emu_card_make where it has to be made first. */
CB_MUST_USE enum cb_err br_memory_take(
    struct br_memory **out, const char *rest, struct cb_why *why);
void br_memory_give(struct br_memory **m);
/* To open the card on; to be freed, or taken by emu_card_open. */
CB_MUST_USE enum cb_err br_memory_nvm(
    struct br_memory *m, struct emu_nvm **out, struct cb_why *why);
/* The end of all of them; none is taken. */
void br_memory_clear(void);

#endif

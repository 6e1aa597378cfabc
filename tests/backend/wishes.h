/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What cards are to be like: a file with a line for each, of words NAME=VALUE,
 * which mean what options of `cardbridge card new` do: profile, serial, atr,
 * keys, tries, puk; blank=yes.
 */
#ifndef TESTS_BACKEND_WISHES_H
#define TESTS_BACKEND_WISHES_H

#include "emulator/emu.h"

struct wish {
	const char *profile;
	struct emu_make make;
};

struct wishes {
	char *text;	/* which they point into */
	struct wish *all;
	size_t n;
};

CB_MUST_USE enum cb_err wishes_read(
    struct wishes *w, const char *path, struct cb_why *why);
void wishes_clear(struct wishes *w);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The applets there are. A new one is a folder here and a row below.
 */
#include <string.h>

#include "emulator/applets/applet.h"
#include "emulator/applets/authentic3/authentic3.h"
#include "emulator/applets/authentic5/authentic5.h"
#include "emulator/applets/iasecc/iasecc.h"

static const struct emu_applet *const applets[] = {
	&emu_authentic3,
	&emu_authentic5,
	&emu_iasecc,
};

const struct emu_applet *
emu_applet_find(const char *name)
{
	for (size_t i = 0; i < sizeof(applets) / sizeof(applets[0]); i++)
		if (strcmp(applets[i]->name, name) == 0)
			return applets[i];
	return NULL;
}

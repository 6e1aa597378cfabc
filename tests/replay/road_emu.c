/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Straight into the emulator: a card file opened in this process.
 */
#include "emulator/emu.h"
#include "tests/replay/road.h"

static struct emu_card *card;

static bool
emu_open(const char *where, struct cb_why *why)
{
	struct emu_nvm *nvm = NULL;

	if (emu_file_open(&nvm, where, 0, why) != CB_OK ||
	    emu_card_open(&card, &nvm, &emu_env_system, why) != CB_OK)
		return false;
	emu_card_power_on(card);
	return true;
}

static bool
emu_reset(struct cb_why *why)
{
	(void)why;
	emu_card_power_on(card);
	return true;
}

static bool
emu_send(struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	enum cb_err r = emu_card_transmit(card, cmd, rsp);

	cb_why_set(why, "%s", cb_err_text(r));
	return r == CB_OK;
}

static void
emu_close(void)
{
	emu_card_free(&card);
}

const struct road road_emu = { "emulator", emu_open, emu_reset, emu_send,
	emu_close };

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Passcodes that a card is given: those of a file, the published ones of a
 * test card, or what a person types or has drawn at the terminal.
 */
#ifndef CLI_SECRET_H
#define CLI_SECRET_H

#include "cli/cli.h"
#include "emulator/emu.h"

struct cli_secret {
	const char *name;	/* for prompts */
	const char *published;	/* on test cards */
	const char *file;	/* NULL: none was given */
	const char *option;	/* what gives one */
	struct cb_buf value;
	bool drawn;
};

/* CB_E_ABSENT: no file, and no terminal to ask at. */
CB_MUST_USE enum cb_err cli_secret_get(struct cli_secret *s,
    const struct emu_profile *profile, bool test, struct cb_why *why);
/* Shows one that was drawn: once, at the terminal where it was asked for.
 * Exit code, said. */
int cli_secret_show(const struct cli_secret *s);
/* The unblock value, if there is one: at the terminal; a test card's wherever
 * output goes. */
void cli_secret_unblock_show(struct cb_span value, bool test);

#endif

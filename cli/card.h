/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Commands on card files, shared between their sources.
 */
#ifndef CLI_CARD_H
#define CLI_CARD_H

#include "cli/cli.h"
#include "emulator/emu.h"

/* A card file opened and ready; flags as emu_file_open. Exit code, said. */
int cli_card_open(struct emu_card **card, const char *path, unsigned flags);

int cli_card_new(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);
int cli_card_passwd(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);

int cli_card_probe(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);
int cli_card_describe(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);

struct cli_card_new_args {
	const char *profile, *serial, *label, *atr, *keys_from;
	const char *pin_file, *so_pin_file;
	unsigned tries;
	bool blank, test;
};

struct cli_card_passwd_args {
	const char *old_pin_file, *new_pin_file, *unblock_file;
	bool unblock;
};

struct cli_card_probe_args {
	const char *out;
	bool full;
};

struct cli_card_describe_args {
	const char *out;
};

#endif

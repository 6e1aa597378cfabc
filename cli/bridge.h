/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the commands that speak to a bridge share.
 */
#ifndef CLI_BRIDGE_H
#define CLI_BRIDGE_H

#include "bridge/client.h"
#include "cli/cli.h"

/* [A-Za-z0-9._-]{1,32} without "virtual" in it; says what is wrong. */
int cli_reader_name_check(const char *name);

/* Connects to the bridge of --socket or of the usual places. Exit code,
 * said: CLI_NO_BRIDGE with what to do about it. */
int cli_bridge(struct br_client **out);
/* As cli_fail_err, for calls on a connected bridge: one that is gone or
 * silent is CLI_NO_BRIDGE. */
int cli_bridge_err(enum cb_err r, const struct cb_why *why, const char *what);
/* The same for what a card is asked: while the bridge is there, it was the
 * card's backend that failed (CLI_FAILED), and the bridge has said how. */
int cli_card_err(const struct br_client *bridge, enum cb_err r,
    const struct cb_why *why, const char *name);

/* reader_conf.c */
struct cli_conf_args {
	const char *dir, *plugin;
	unsigned slots;
	bool print;
};
int cli_reader_conf(const struct cli_cmd *cmd, const void *args, int argc,
    char **argv);
/* Takes the reader file of NAME away if we wrote it; *was: there was one. */
int cli_conf_remove(const char *dir, const char *name, bool *was);
/* The directory of reader files that pcscd reads. */
extern const char cli_conf_dir[];

#endif

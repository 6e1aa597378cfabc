/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The library that stands for pcsc-lite's: where it is, and the variables that
 * put it in front of a program and all that this starts.
 */
#ifndef CLI_FRONT_H
#define CLI_FRONT_H

#include "cli/cli.h"

/* What a build tree has beside the command is taken before what is installed:
 * the file `tree` there, else `installed`. To be freed; NULL: no memory. */
char *cli_beside(const char *tree, const char *installed);

struct cli_front {
	char *library_path;	/* LD_LIBRARY_PATH */
	char *library;		/* LIBPCSCLITE_DELEGATE */
};
#define CLI_FRONT_INIT { NULL, NULL }
extern const char cli_front_socket[], cli_front_path[], cli_front_library[];

/* With what LD_LIBRARY_PATH says already behind ours. Exit code, said. */
int cli_front_find(struct cli_front *front);
void cli_front_clear(struct cli_front *front);

#endif

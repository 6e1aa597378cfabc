/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A private directory for one run, and what earlier ones left behind. It is
 * nobody's as soon as no process holds flock on it, however these ended.
 */
#ifndef CLI_SCRATCH_H
#define CLI_SCRATCH_H

#include "cli/cli.h"

struct cli_scratch {
	char *path;
	int fd;			/* of the directory, with the lock */
};
#define CLI_SCRATCH_INIT { NULL, -1 }

/* In TMPDIR, after removing those that nobody holds. Exit code, said. The
 * descriptor closes on exec; who inherits it holds the directory, too. */
int cli_scratch_new(struct cli_scratch *s);
/* With all that is in it. */
void cli_scratch_remove(struct cli_scratch *s);
/* It is another process's to remove. */
void cli_scratch_forget(struct cli_scratch *s);

#endif

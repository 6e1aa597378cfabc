/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * All that came of a process: its children, theirs, and those whose parents
 * are gone and that it inherited as a subreaper (prctl(2)), wherever their
 * process groups and sessions are.
 */
#ifndef CLI_TREE_H
#define CLI_TREE_H

#include <sys/types.h>

#include "cli/cli.h"

struct cli_tree {
	pid_t root;		/* not of the tree itself */
	pid_t spare;		/* neither is this child of it; 0: none */
	pid_t known;		/* a child, for where /proc is not ours */
	pid_t *told;		/* have got the signal */
	size_t told_n, told_room;
	pid_t last;		/* one of those that were there lately */
};

/* How many processes of the tree there are, but for zombies. Those that were
 * not sent a signal since cli_tree_forget get `sig`, unless that is 0. */
size_t cli_tree_signal(struct cli_tree *t, int sig);
/* The next signal goes to all of them. */
void cli_tree_forget(struct cli_tree *t);
void cli_tree_clear(struct cli_tree *t);

#endif

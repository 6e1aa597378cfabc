/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge run, between its sources:
 *
 *	run.c		options, and the process that was started as `run`
 *	run_keeper.c	its child, which has CMD and the bridge, and ends both
 *	run_bridge.c	the private bridge and its cards
 *	run_trace.c	the file of --trace
 *
 * `run` stays in the shell's process group with CMD, and only passes on what
 * it is sent. The keeper, in a session of its own, gets no signal of the
 * terminal; it inherits what CMD leaves behind, hears of the end of `run` by
 * a pipe, and takes everything down in every case. Should the keeper be
 * killed instead, `run` inherits all and does the same. Should both be, the
 * bridge and CMD are sent TERM, and the bridge removes the directory.
 */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <signal.h>
#include <sys/types.h>

#include "bridge/client.h"
#include "cli/front.h"
#include "cli/scratch.h"
#include "cli/tree.h"

struct run_reader {
	char name[64];
	char *uri;		/* where its card is */
	bool told;		/* what is wrong with it, at the start */
};

struct run {
	/* from the command line */
	struct run_reader readers[CLI_LIST_MAX];
	size_t readers_n;
	bool keep_going;
	unsigned timeout_s;	/* 0: none */
	uint64_t deadline;	/* of run_now_ms, which it is the end of */
	bool full;		/* a trace with everything in it */
	char **argv;		/* CMD */
	/* found */
	char *bridge;		/* the program */
	struct cli_front front;
	struct cli_scratch scratch;
	char *socket;
	int log;		/* what the bridge writes, read at the end */
	char *trace_path;
	int trace;		/* -1: nobody wants one */
	/* as it was handed to us, and CMD gets it */
	sigset_t mask;
	struct sigaction child;
};

/* The child of `run`: until all is over. `orders` is the pipe from `run`: a
 * byte is a signal to pass on, its end that of `run`. Returns CMD's status as
 * a shell has it, or why there is none. */
int run_keep(struct run *run, int orders);
/* Ends the tree with the signal, then, after some seconds, with KILL. */
void run_end_tree(struct cli_tree *tree, int sig, void (*reap_all)(void *ctx),
    void *ctx);
/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t run_now_ms(void);

/* Starts the bridge. *ready, to be closed, has a byte when it serves, and ends
 * without one when it does not. Exit code, said. */
int run_bridge_launch(struct run *run, pid_t *pid, int *ready);
/* What a user who sees no card may have forgotten. */
#define RUN_CARD_OPTIONS "--test-card PROFILE, --card FILE or --reader NAME=URI"

/* It serves: are the cards as they should be? Exit code, said. */
int run_bridge_look(struct run *run);
/* At the end of CMD: what is wrong with which card, if it was not told. */
void run_bridge_look_again(struct run *run);
/* Did anybody ask the bridge for anything? */
bool run_bridge_visited(const struct run *run);
/* What it has written, to standard error. */
void run_bridge_tell(const struct run *run);
/* One that nobody has used yet may be in the middle of making keys, which is
 * not waited for. */
void run_bridge_end(pid_t pid, bool used);

/* Makes the file, or empties it. Exit code, said. */
int run_trace_open(struct run *run, const char *file);
/* Its first lines, if there is one. */
int run_trace_begin(const struct run *run);
void run_trace_close(struct run *run);
/* Where programs look for its name. */
extern const char run_trace_variable[];

/* For a child that becomes another program: signals as they were handed to
 * us, and an end with that of its parent. */
void run_child_ready(const struct run *run, pid_t parent);

#endif

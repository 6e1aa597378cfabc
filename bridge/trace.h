/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The trace of a bridge that `cardbridge run` has started: what each card was
 * asked and has answered, by whom, in the card's own order. Passcodes, keys
 * and what they protect are blotted out (blot.h). The library that programs
 * load writes its calls into the same file (winscard-shim/trace.h); the
 * manual cardbridge-run(1) describes it.
 */
#ifndef BR_TRACE_H
#define BR_TRACE_H

#include <sys/types.h>

#include "bridge/reader.h"

/* From now on, into this file; -1: no more. full: nothing is blotted out of
 * what cards that are marked as test are asked. Before any server starts. */
void br_trace_start(int fd, bool full);
bool br_trace_on(void);

/* All of these with rd->card held; pid 0: the bridge itself. */

/* Something that happened to the card. */
void br_trace_note(struct br_reader *rd, pid_t pid, const char *fmt, ...)
    CB_PRINTF(3, 4);
/* The card has got power, or lost it. */
void br_trace_power(struct br_reader *rd, pid_t pid, const char *what);
void br_trace_command(struct br_reader *rd, pid_t pid, struct cb_span cmd);
/* An empty answer: there was none. */
void br_trace_answer(struct br_reader *rd, pid_t pid, struct cb_span rsp);

#endif

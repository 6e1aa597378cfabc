/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Settings of a whole process, for programs of our own: never called by the
 * plug-in, whose process is somebody else's.
 */
#ifndef CB_PROCESS_H
#define CB_PROCESS_H

#include <stdbool.h>

#include "common/err.h"

/* No core dumps, no ptrace by the same user (PR_SET_DUMPABLE), and all memory
 * locked as it is touched where the limits allow that. CB_E_DENIED: memory
 * could not be locked, the rest is done; *why says which limit. */
CB_MUST_USE enum cb_err cb_process_harden(struct cb_why *why);

/* Would it be locked? Changes nothing. */
bool cb_process_can_lock(void);

/* Standard input, output and error are something from here on. Started
 * without them, a process would get a card file as its standard error. A file
 * that may not grow is an error, not a signal. */
void cb_process_stdio(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * For secrets: comparison in constant time, wiping that stays, and settings
 * of the process that keep secrets in it.
 */
#ifndef CB_CT_H
#define CB_CT_H

#include "common/span.h"

/* Lengths may be told apart, contents not. */
bool cb_ct_equal(struct cb_span a, struct cb_span b);
void cb_wipe(void *p, size_t n);
/* Overwrites what earlier calls may have left on this thread's stack. */
void cb_wipe_stack(void);

/* No core dumps, no ptrace by the same user (PR_SET_DUMPABLE), and all memory
 * locked as it is touched where the limits allow that. CB_E_DENIED: memory
 * could not be locked, the rest is done; *why says which limit. */
CB_MUST_USE enum cb_err cb_process_harden(struct cb_why *why);

/* Standard input, output and error are something from here on. Started
 * without them, a process would get a card file as its standard error. A file
 * that may not grow is an error, not a signal. */
void cb_process_stdio(void);

#endif

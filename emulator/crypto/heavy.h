/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Long computations (an RSA key, scrypt) on a thread that gives way: while
 * one card computes for seconds, the short commands of other cards must not
 * wait for a slice of its processor time.
 */
#ifndef EMU_HEAVY_H
#define EMU_HEAVY_H

#include "common/err.h"

typedef enum cb_err emu_heavy_fn(void *ctx);

/* Runs fn on a thread of its own and waits for it; in this thread where none
 * can be made. Returns what fn returns. */
CB_MUST_USE enum cb_err emu_heavy(emu_heavy_fn *fn, void *ctx);

#endif

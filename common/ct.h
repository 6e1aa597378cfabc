/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * For secrets: comparison in constant time, and wiping that stays.
 */
#ifndef CB_CT_H
#define CB_CT_H

#include "common/span.h"

/* Lengths may be told apart, contents not. */
bool cb_ct_equal(struct cb_span a, struct cb_span b);
void cb_wipe(void *p, size_t n);
/* Overwrites what earlier calls may have left on this thread's stack. */
void cb_wipe_stack(void);

#endif

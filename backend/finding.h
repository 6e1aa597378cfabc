/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What check finds: a line each.
 */
#ifndef BE_FINDING_H
#define BE_FINDING_H

#include "common/err.h"

enum be_finding { BE_GOOD, BE_WARNING, BE_WRONG };

/* Prints it; *wrong counts those that are. */
void be_found(unsigned *wrong, enum be_finding f, const char *fmt, ...)
    CB_PRINTF(3, 4);

#endif

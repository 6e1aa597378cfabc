/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Values of data objects, for the kinds that read them. What is not there, or
 * not understood, leaves *to as it is.
 */
#ifndef CLI_PROBE_VALUES_H
#define CLI_PROBE_VALUES_H

#include "cli/report/report.h"

/* A number of one or two bytes; -1: not there, or longer. */
int value_number(struct cb_span in, uint32_t tag);
/* A number that a report can have: 0 to 255. */
void value_set(int *to, int value);
void value_access(struct cb_span in, uint32_t tag, struct rep_access *to);

#endif

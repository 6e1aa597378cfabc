/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What data objects say about a passcode: for the tables of kinds.c. What is
 * not there, or not understood, leaves *pin as it is.
 */
#ifndef CLI_PROBE_PINS_H
#define CLI_PROBE_PINS_H

#include "cli/report/report.h"

void pin_v3(struct cb_span data, struct rep_pin *pin);	/* 5F01 */
void pin_ias_length(struct cb_span data, struct rep_pin *pin); /* 7F41 */
void pin_ias_rules(struct cb_span data, struct rep_pin *pin); /* A0 */

#endif

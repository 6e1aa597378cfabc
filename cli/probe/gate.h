/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The gate: which commands a probe may send at all. A probe meets cards that
 * are somebody's only key to his work; a command that spends a try or changes
 * something cannot be taken back. So there is one list, talk.c asks it before
 * every command, GET RESPONSE and repetitions included, and what is not in it
 * is never sent.
 */
#ifndef CLI_PROBE_GATE_H
#define CLI_PROBE_GATE_H

#include "common/span.h"

/* References whose tries may be asked for now (VERIFY without data): known
 * only when the application that answered is one whose description says that
 * this costs nothing. */
struct probe_queries {
	const uint8_t *refs;
	size_t n;
};

/* The name of the row that lets the command pass, or NULL. */
const char *probe_gate(struct cb_span apdu, const struct probe_queries *q);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A line about each call, for `cardbridge run --trace`: who, what, with which
 * arguments, what came of it, how long it took. Never what is said to a card
 * or by it: the bridge, which knows what of that is secret, writes this into
 * the same file.
 *
 * A front begins a line before a call, adds to it in the system's terms
 * afterwards, and ends it. Whatever goes wrong with a trace, the call is as
 * without it.
 */
#ifndef WS_TRACE_H
#define WS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct ws_line {
	char text[2048];	/* what is longer is cut off */
	size_t n;
	uint64_t began_us;
};

/* False: nobody traces, and there is nothing more to do. */
bool ws_trace_begin(struct ws_line *l);
void ws_trace_add(struct ws_line *l, const char *fmt, ...) CB_PRINTF(2, 3);
/* In quotation marks, with ? for what is not printable. NULL: "none". */
void ws_trace_text(struct ws_line *l, const char *text);
/* The words of the bits that are set, and any other bits as a number. */
struct ws_word {
	uint32_t bit;
	const char *word;
};
void ws_trace_bits(
    struct ws_line *l, uint32_t bits, const struct ws_word *words, size_t n);
/* Adds how long it took, and puts it into the file. */
void ws_trace_end(struct ws_line *l);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What goes from one person to the other before something takes two: a file
 * that the second reads, whose words they sign for. Parts of fuzz_chain.
 */
#ifndef TESTS_FUZZ_FUZZ_DRAFT_H
#define TESTS_FUZZ_FUZZ_DRAFT_H

#include "common/span.h"

/* Any text, read as a draft. */
void fuzz_draft_text(struct cb_span in);
/* ACT and APPROVALs in a draft that is well written: read, explained, judged.
 * Lengths of two bytes and bytes: names that the desk tells, each with a byte
 * of length in front; what to change in ACT, one byte after the other (u16 from
 * where, u8 how many, u8 how); ACT; APPROVALs. */
void fuzz_draft_acts(struct cb_span in);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * PIV (SP 800-73-4, part 1, 3): objects, and no files.
 */
#include "cli/probe/kinds.h"

#define OBJECT(last, what) \
	{ .name = "5FC1" #last, .suffix = "", .ins = 0xCB, .p1 = 0x3F, \
	    .p2 = 0xFF, .data = { 0x5C, 0x03, 0x5F, 0xC1, 0x##last }, \
	    .data_n = 5, .blots = what }

static const struct probe_object objects[] = {
	{ .name = "7E", .suffix = "", .ins = 0xCB, .p1 = 0x3F, .p2 = 0xFF,
	    .data = { 0x5C, 0x01, 0x7E }, .data_n = 3, .show = show_fci },
	OBJECT(02, "the CHUID"),
	OBJECT(07, "card capability container"),
	OBJECT(05, probe_blots_certificates),
	OBJECT(0A, probe_blots_certificates),
	OBJECT(0B, probe_blots_certificates),
	OBJECT(01, probe_blots_certificates),
};

/* 3.2.1.2 of part 2: VERIFY without data gives the tries and spends none. */
static const struct probe_query queries[] = {
	{ NULL, 0x80 },
};

const struct probe_kind probe_piv = {
	.name = "piv",
	.block = 256,
	PROBE_ROWS(queries),
	PROBE_ROWS(objects),
};

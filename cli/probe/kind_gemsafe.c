/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * GemSAFE V1 and V3, which everybody can read.
 */
#include "cli/probe/kinds.h"

static const struct probe_known known[] = {
	{ 0x1600, 0x0004, 0x0004 },
};

static const struct probe_see sees[] = {
	{ 0x1600, 0x0004, 0xFFFF, show_gemsafe, probe_blots_certificates,
	    NULL },
	{ 0, 0x0000, 0x0000, NULL, probe_blots_unknown, NULL },
};

static const struct probe_query queries[] = {
	{ NULL, 0x01 },
};

static const struct probe_object objects[] = {
	{ .name = "DF03", .suffix = "", .cla = 0x80, .ins = 0xCA, .p1 = 0xDF,
	    .p2 = 0x03, .show = show_version },
};

const struct probe_kind probe_gemsafe = {
	.name = "gemsafe",
	.p1 = 0x08,
	.by_path = true,
	.block = 248,
	PROBE_ROWS(known),
	.sees = sees,
	PROBE_ROWS(queries),
	PROBE_ROWS(objects),
};

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The names that are selected on every card, what a name that a card tells
 * may be, and what kinds with a PKCS#15 file system share.
 */
#include <string.h>

#include "cli/probe/kinds.h"

/* ---- PKCS#15 ------------------------------------------------------------- */

const char probe_blots_certificates[] = "certificates";
const char probe_blots_unknown[] = "contents that are not understood";
const char probe_blots_serial[] = "the serial number in EF.SN";
static const char in_directories[] = "labels, identifiers of keys, names and "
    "serial numbers in the PKCS#15 files";

const struct probe_see probe_p15_sees[] = {
	{ 0, 0x2F00, 0xFFFF, show_dir, NULL, NULL },
	{ 0, 0x2F01, 0xFFFF, show_atr_file, NULL, NULL },
	{ 0, 0xD003, 0xFFFF, show_data, probe_blots_serial, NULL },
	{ 0, 0x5030, 0xFFFC, show_der, in_directories, NULL },
	{ 0, 0x7000, 0xFFF8, show_der, in_directories, NULL },
	{ 0, 0x3400, 0xFF00, NULL, probe_blots_certificates, NULL },
	{ 0, 0xB000, 0xFF00, NULL, probe_blots_certificates, NULL },
	{ 0, 0x0000, 0x0000, NULL, probe_blots_unknown, NULL },
};

/* ---- the card before anything was selected by name ----------------------- */

/* EF.DIR and EF.ATR (7816-4, 12.2), which name what else there is. */
static const struct probe_known known[] = {
	{ 0x3F00, 0x2F00, 0x2F01 },
};

const struct probe_kind probe_reset = {
	.name = "from-reset",
	.again = true, .again_p1 = 0x09, .again_p2 = 0x04,
	.block = 256,
	PROBE_ROWS(known),
	.sees = probe_p15_sees,
};

/* ---- names --------------------------------------------------------------- */

const struct probe_name probe_names[] = {
	{ "card-manager", "A0000000030000", 0x0C, false, NULL, NULL },
	{ "authentic5", "A000000077010303000000F100000002", 0x0C, false,
	    &probe_authentic5, "3F00" },
	{ "authentic3", "A0000000770100700A1000F100000100", 0x00, true,
	    &probe_authentic3, "3F00" },
	{ "iasecc-oberthur", "A000000077010800070000FE00000100", 0x04, true,
	    &probe_ias_root, "3F00" },
	{ "iasecc-gemalto", "F0496173456363526F6F74", 0x04, true,
	    &probe_ias_root, "3F00" },
	{ "iasecc-awp", "E828BD080FF2504F5420415750", 0x04, true,
	    &probe_ias_app, "3F00/5015" },
	{ "iasecc-generic", "E828BD080FD25047656E65726963", 0x04, true,
	    &probe_ias_app, "3F00/5015" },
	{ "iasecc-ecc-eid", "E828BD080FD2504543432D654944", 0x04, true,
	    &probe_ias_app, "3F00/5015" },
	{ "pkcs15", "A000000063504B43532D3135", 0x00, true, NULL, NULL },
	{ "gemsafe", "A0000000180A000001634200", 0x00, true, &probe_gemsafe,
	    "3F00/1600" },
	{ "gemsafe-v3", "A0000000180C000001634200", 0x00, true,
	    &probe_gemsafe, "3F00/1600" },
	{ "piv", "A000000308000010000100", 0x00, true, &probe_piv, NULL },
};
const size_t probe_names_n = sizeof(probe_names) / sizeof(probe_names[0]);

/* The last one is any name. */
const struct probe_name probe_told[] = {
	{ "iasecc-other", "E828BD080F", 0x04, true, &probe_ias_app,
	    "3F00/5015" },
	{ "told", "", 0x04, true, NULL, NULL },
};
const size_t probe_told_n = sizeof(probe_told) / sizeof(probe_told[0]);

/* What EF.ATR names beside sizes of buffers is the root of IAS ECC. */
const struct probe_name probe_told_root = { "iasecc-root", "", 0x04, true,
	&probe_ias_root, "3F00" };

static const struct probe_kind *
find(const struct probe_name *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].kind;
	return NULL;
}

const struct probe_kind *
probe_kind_of(const struct rep_app *app)
{
	const struct probe_kind *kind =
	    find(probe_names, probe_names_n, app->name);

	if (kind == NULL)
		kind = find(probe_told, probe_told_n, app->name);
	return kind != NULL ? kind : find(&probe_told_root, 1, app->name);
}

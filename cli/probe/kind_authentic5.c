/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v5 with the AWP file system.
 */
#include "cli/probe/kinds.h"

static const struct probe_known known[] = {
	{ 0x3F00, 0x5011, 0x5011 },
	{ 0x5011, 0x1000, 0x1000 }, { 0x5011, 0x2000, 0x2000 },
	{ 0x5011, 0x3000, 0x3000 }, { 0x5011, 0x4000, 0x4000 },
	{ 0x5011, 0x5000, 0x5000 }, { 0x5011, 0x9001, 0x9002 },
	{ 0x9001, 0x1000, 0x1007 }, { 0x9001, 0x1100, 0x1107 },
	{ 0x9001, 0x2000, 0x2007 }, { 0x9001, 0x2100, 0x2107 },
	{ 0x9002, 0x3000, 0x3007 }, { 0x9002, 0x3100, 0x3107 },
};

static const char in_info[] = "labels, identifiers of keys, names, serial "
    "numbers and keys in the files that describe objects";

static const struct probe_see sees[] = {
	{ 0x5011, 0x1000, 0xFFFF, show_v5_token, "the token's label", NULL },
	{ 0x5011, 0x2000, 0xFFFF, NULL, NULL, "it holds the unblock value" },
	{ 0x5011, 0x3000, 0xFFFF, show_v5_container, "GUIDs of containers",
	    NULL },
	{ 0x5011, 0x4000, 0xFFFF, show_v5_list, probe_blots_unknown, NULL },
	{ 0x5011, 0x5000, 0xFFFF, show_v5_list, probe_blots_unknown, NULL },
	{ 0, 0x1100, 0xFF00, show_v5_public, in_info, NULL },
	{ 0, 0x2100, 0xFF00, show_v5_certificate, in_info, NULL },
	{ 0, 0x3100, 0xFF00, show_v5_private, in_info, NULL },
	{ 0, 0x2000, 0xFF00, NULL, probe_blots_certificates, NULL },
	{ 0, 0x0000, 0x0000, NULL, probe_blots_unknown, NULL },
};

/* Unmodified programs ask for these each time they look at such a card. */
static const struct probe_query queries[] = {
	{ "3F00", 0x04 },
	{ "3F00/5011", 0x81 },
	{ "3F00/5011", 0x84 },
};

/* The third access byte of an EF is READ. */
static bool
reads_freely(const struct rep_file *f)
{
	return f != NULL && f->access.n > 2 && f->access.p[2] == 0x00;
}

static enum cb_err
remark(struct report *r, const struct rep_app *app)
{
	enum cb_err e = CB_OK;

	if (reads_freely(rep_find_file(app, "3F00/5011/2000")))
		e = report_remark(r, "everybody can read the unblock value in "
		    "2000: whoever has the card for a moment can set a new "
		    "passcode");
	for (size_t i = 0; i < app->pins_n && e == CB_OK; i++)
		if (app->pins[i].tries == 0)
			e = report_remark(r, "passcode %02X is blocked: OpenSC "
			    "calls such a card unsupported until it is "
			    "unblocked", app->pins[i].ref);
	return e;
}

const struct probe_kind probe_authentic5 = {
	.name = "authentic5",
	.lists = true,
	.block = 256,
	PROBE_ROWS(known),
	.sees = sees,
	PROBE_ROWS(queries),
	.remark = remark,
};

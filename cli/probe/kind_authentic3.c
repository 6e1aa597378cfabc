/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * AuthentIC v3 with a PKCS#15 file system. GET DATA tells of passcodes, and
 * the host never asks for tries, so neither do we. Nothing but the PKCS#15
 * files tells of keys.
 */
#include <stdio.h>
#include <string.h>

#include "cli/probe/kinds.h"
#include "cli/probe/values.h"
#include "common/tlv.h"

#define KEY_NO 0x7F		/* of a key reference: its number */
#define NEVER 0xFF
#define SECURE 0x60		/* bits of a rule's first byte */

/* Directories last: nothing has to be selected again for those before. */
static const struct probe_known known[] = {
	{ 0x3F00, 0x2F00, 0x2F01 }, { 0x3F00, 0x5015, 0x5015 },
	{ 0x5015, 0x5031, 0x5032 }, { 0x5015, 0x7001, 0x7006 },
	{ 0x5015, 0x4946, 0x4946 }, { 0x5015, 0x9999, 0x9999 },
	{ 0x5015, 0x3401, 0x3408 }, { 0x5015, 0xB000, 0xB007 },
};

/* 5F0r (80 type: PIN, 83 reference, 86 rules, 91 limit, A1 (83 max, 84 min)).
 * Types beside 00 would be keys. */
static void
pin(struct cb_span data, struct rep_pin *to)
{
	struct cb_span in, lengths;
	uint32_t tag;

	if (cb_tlv_get(&data, &tag, &in) != CB_OK || (tag & 0xFF00) != 0x5F00)
		return;
	value_set(&to->limit, value_number(in, 0x91));
	value_access(in, 0x86, &to->access);
	if (cb_tlv_find(in, 0xA1, &lengths) != CB_OK)
		return;
	value_set(&to->max, value_number(lengths, 0x83));
	value_set(&to->min, value_number(lengths, 0x84));
}

static const struct probe_object objects[] = {
	{ .name = "5F", .suffix = "", .ins = 0xCA, .p1 = 0x5F, .from = 1,
	    .to = 7, .show = show_v3_pin, .pin = pin },
};

/* ---- keys ---------------------------------------------------------------- */

/* SEQUENCE { label and flags, { iD, usage, ..., keyReference INTEGER },
 * [1] { { path, modulusLength INTEGER } } } (PKCS#15, 6.4.2). */
static enum cb_err
key(struct rep_app *app, const char *dir, struct cb_span entry)
{
	struct cb_span v, class, attributes, reference;
	char path[REP_PATH_MAX];
	struct rep_file *f;
	uint32_t tag;
	int bits;

	if (cb_tlv_get(&entry, &tag, &v) != CB_OK ||
	    cb_tlv_get(&entry, &tag, &class) != CB_OK || tag != 0x30 ||
	    cb_tlv_find(class, 0x02, &reference) != CB_OK ||
	    reference.n < 1 || reference.n > 2 ||
	    cb_tlv_find(entry, 0xA1, &attributes) != CB_OK ||
	    cb_tlv_find(attributes, 0x30, &attributes) != CB_OK ||
	    (bits = value_number(attributes, 0x02)) < 0)
		return CB_OK;
	(void)snprintf(path, sizeof(path), "%.*s/%04X",
	    (int)(strrchr(dir, '/') - dir), dir,
	    reference.p[reference.n - 1] & KEY_NO);
	if (rep_find_file(app, path) != NULL)
		return CB_OK;
	if ((f = rep_add_file(app, path)) == NULL)
		return CB_E_LIMIT;
	f->type = REP_RSA_PRIVATE;
	f->size = (unsigned)bits;
	f->sized = true;
	f->filled = REP_YES;
	return CB_OK;
}

/* The directory of private keys, A0 of the ODF (PKCS#15, 6.2). */
static enum cb_err
infer(struct rep_app *app)
{
	const struct rep_file *odf = rep_find_file(app, "3F00/5015/5031"), *dir;
	struct cb_span v, cur;
	struct cb_buf text = CB_BUF_INIT_MAX(REP_BYTES_MAX);
	char path[REP_PATH_MAX];
	enum cb_err r = CB_OK;
	uint32_t tag;

	if (odf == NULL || cb_tlv_find(cb_span(odf->content.p, odf->content.n),
		0xA0, &v) != CB_OK ||
	    cb_tlv_find(v, 0x30, &v) != CB_OK ||
	    cb_tlv_find(v, 0x04, &v) != CB_OK || v.n < 2)
		return CB_OK;
	(void)snprintf(path, sizeof(path), "3F00/5015/%02X%02X", v.p[v.n - 2],
	    v.p[v.n - 1]);
	if ((dir = rep_find_file(app, path)) == NULL)
		return CB_OK;
	/* The table of files, which it lies in, may move. */
	r = cb_buf_set(&text, cb_span(dir->content.p, dir->content.n));
	cur = cb_buf_span(&text);
	while (r == CB_OK && cb_tlv_get(&cur, &tag, &v) == CB_OK)
		if (tag == 0x30)
			r = key(app, path, v);
	cb_buf_free(&text);
	return r;
}

/* ---- remarks ------------------------------------------------------------- */

static enum cb_err
remark(struct report *r, const struct rep_app *app)
{
	const struct rep_file *df = rep_find_file(app, "3F00/5015");
	bool keys = false, secure = false;
	enum cb_err e = CB_OK;

	for (size_t i = 0; i < app->files_n; i++) {
		const struct rep_file *f = &app->files[i];

		keys |= f->type == REP_RSA_PRIVATE;
		for (size_t j = 0; j < f->access.n; j += 2)
			secure |= f->access.p[j] != NEVER &&
			    (f->access.p[j] & SECURE) != 0;
	}
	if (keys)
		e = report_remark(r, "keys do not show on this card: those "
		    "listed are what its PKCS#15 files tell of, and their "
		    "access is not known");
	if (e == CB_OK && secure)
		e = report_remark(r, "some access asks for secure messaging, "
		    "which OpenSC does not do with this card");
	if (e == CB_OK && df != NULL && df->access.n >= 4 &&
	    df->access.p[2] != NEVER)
		e = report_remark(r, "5015 may be deleted: OpenSC does that "
		    "when it is to store a data object");
	return e;
}

const struct probe_kind probe_authentic3 = {
	.name = "authentic3",
	.block = 256,
	PROBE_ROWS(known),
	.sees = probe_p15_sees,
	PROBE_ROWS(objects),
	.infer = infer,
	.remark = remark,
};

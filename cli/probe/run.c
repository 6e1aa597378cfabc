/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A whole probe: what the card shows before anything was selected, every name
 * of kinds.c in its order, then the names that the card's own EF.DIR and EF.ATR
 * tell.
 */
#include <stdio.h>
#include <string.h>

#include "cli/probe/kinds.h"
#include "cli/probe/probe.h"
#include "common/hex.h"
#include "common/sw.h"
#include "common/tlv.h"

#define CPLC_TAG 0x9F7F
#define CPLC_N 45		/* tag, length and 42 bytes */

/* Kept whole, with its tag: a card may tell it in any state. */
static enum cb_err
ask_cplc(struct probe *p, uint8_t cla)
{
	struct cb_buf data = CB_BUF_INIT;
	struct cb_span cur, value;
	uint16_t sw;
	enum cb_err r;

	if (p->report->cplc.n > 0)
		return CB_OK;
	r = probe_send(p, &(struct probe_cmd){ cla, 0xCA, CPLC_TAG >> 8,
		CPLC_TAG & 0xFF, CB_SPAN_EMPTY, CPLC_N }, &data, &sw);
	cur = cb_buf_span(&data);
	if (r == CB_OK && sw == SW_OK && data.n == CPLC_N &&
	    cb_tlv_expect(&cur, CPLC_TAG, &value) == CB_OK &&
	    (r = rep_bytes_set(&p->report->cplc, cb_buf_span(&data))) ==
		CB_OK) {
		show_cplc(&p->report->cplc);
		r = report_blotted(p->report,
		    "serial number, batch, machines and dates in the CPLC");
	}
	cb_buf_free(&data);
	return r;
}

/* Where the files are; a directory says that itself, or else the table. */
static const char *
path_of(const struct probe_name *name, struct cb_span fci,
    char path[REP_PATH_MAX])
{
	struct rep_file f = { .type = REP_UNKNOWN };
	unsigned fid = 0, records;

	if (name->path == NULL || !name->kind->part)
		return name->path;
	probe_fci(fci, &f, &fid, &records);
	(void)snprintf(path, REP_PATH_MAX, "3F00/%04X", fid & 0xFFFF);
	return fid != 0 ? path : name->path;
}

static enum cb_err
look_at(struct probe *p, const struct probe_name *name, struct cb_span fci)
{
	const struct probe_kind *kind = name->kind;
	char own[REP_PATH_MAX];
	const char *path;
	enum cb_err r;

	if ((r = ask_cplc(p, 0x80)) != CB_OK ||
	    (r = ask_cplc(p, 0x00)) != CB_OK || kind == NULL)
		return r;
	path = path_of(name, fci, own);
	if (kind->part && strcmp(path, name->path) == 0 && fci.n == 0)
		r = report_remark(p->report, "%s does not say where it is: "
		    "%s is where this card's like have it", name->name, path);
	if (r == CB_OK && path != NULL)
		r = probe_walk(p, kind, path, fci);
	return r == CB_OK ? probe_objects(p, kind, path) : r;
}

/* ISO 7816-4, 8.2.1: some cards have an application selected then. */
static enum cb_err
try_reset(struct probe *p)
{
	struct cb_buf fci = CB_BUF_INIT;
	uint16_t sw;
	enum cb_err r;

	p->app = report_add_app(p->report, CB_SPAN_EMPTY, 0, probe_reset.name);
	if (p->app == NULL)
		return CB_E_NOMEM;
	r = probe_select(p, &probe_reset, "3F00", &fci, &sw);
	cb_buf_free(&fci);
	if (r != CB_OK)
		return r;
	p->app->sw = sw;
	return sw == SW_OK ? probe_walk(p, &probe_reset, "3F00", CB_SPAN_EMPTY)
			   : CB_OK;
}

static enum cb_err
try_name(
    struct probe *p, const struct probe_name *name, struct cb_span aid)
{
	struct probe_cmd cmd = { 0x00, 0xA4, 0x04, name->p2, aid,
		name->le ? 0 : PROBE_NO_LE };
	struct cb_buf fci = CB_BUF_INIT;
	uint16_t sw;
	enum cb_err r;

	r = probe_send(p, &cmd, &fci, &sw);
	if (r == CB_OK && sw == SW_WRONG_P1P2 && name->p2 != 0) {
		cmd.p2 = 0;
		cmd.le = 0;
		r = probe_send(p, &cmd, &fci, &sw);
	}
	if (r != CB_OK)
		goto out;
	p->app = report_add_app(p->report, aid, sw, name->name);
	if (p->app == NULL) {
		r = CB_E_LIMIT;
		goto out;
	}
	if ((r = rep_bytes_set(&p->app->fci, cb_buf_span(&fci))) != CB_OK)
		goto out;
	show_fci(&p->app->fci);
	if (sw == SW_OK)
		r = look_at(p, name, cb_buf_span(&fci));
out:
	cb_buf_free(&fci);
	return r;
}

/* ---- names that the card tells ------------------------------------------- */

static bool
is_tried(const struct report *r, struct cb_span aid)
{
	for (size_t i = 0; i < r->apps_n; i++)
		if (r->apps[i].aid_n > 0 && r->apps[i].aid_n <= aid.n &&
		    memcmp(r->apps[i].aid, aid.p, r->apps[i].aid_n) == 0)
			return true;
	return false;
}

static bool
begins(struct cb_span aid, const char *hex)
{
	char digits[2 * REP_AID_MAX + 1];

	cb_hex_encode(digits, sizeof(digits), aid);
	return strncmp(digits, hex, strlen(hex)) == 0;
}

/* `name`: NULL, or what kinds.c says of it. */
static enum cb_err
try_told(struct probe *p, struct cb_span told, const struct probe_name *name)
{
	uint8_t aid[REP_AID_MAX];

	if (told.n < 5 || told.n > sizeof(aid) || !probe_aid_is_kind(told) ||
	    is_tried(p->report, told))
		return CB_OK;
	/* The report's tables, which it lies in, may move. */
	memcpy(aid, told.p, told.n);
	if (name == NULL)
		for (name = probe_told; !begins(told, name->aid); name++)
			continue;
	return try_name(p, name, cb_span(aid, told.n));
}

/* 61 { 4F AID } of EF.DIR, 4F AID of EF.ATR, which has E0 on IAS ECC. */
static enum cb_err
try_those_of(struct probe *p, size_t app, size_t file)
{
	const struct rep_file *f = &p->report->apps[app].files[file];
	struct cb_buf content = CB_BUF_INIT_MAX(REP_BYTES_MAX);
	struct cb_span cur, value, aid;
	uint32_t tag;
	enum cb_err r;
	bool root;

	r = cb_buf_set(&content, cb_span(f->content.p, f->content.n));
	cur = cb_buf_span(&content);
	root = cb_tlv_find(cur, 0xE0, &value) == CB_OK;
	while (r == CB_OK && cb_tlv_get(&cur, &tag, &value) == CB_OK) {
		if (tag == 0x4F)
			r = try_told(p, value, root ? &probe_told_root : NULL);
		else if (tag == 0x61 && cb_tlv_find(value, 0x4F, &aid) == CB_OK)
			r = try_told(p, aid, NULL);
	}
	cb_buf_free(&content);
	return r;
}

static enum cb_err
try_all_told(struct probe *p)
{
	const struct report *r = p->report;
	size_t apps = r->apps_n;
	enum cb_err e = CB_OK;

	for (size_t i = 0; i < apps && e == CB_OK; i++)
		for (size_t j = 0; j < r->apps[i].files_n && e == CB_OK; j++)
			if (strcmp(r->apps[i].files[j].path, "3F00/2F00") ==
				0 || strcmp(r->apps[i].files[j].path,
				"3F00/2F01") == 0)
				e = try_those_of(p, i, j);
	return e;
}

static enum cb_err
try_all(struct probe *p)
{
	struct cb_buf aid = CB_BUF_INIT_MAX(REP_AID_MAX);
	enum cb_err r = try_reset(p);

	for (size_t i = 0; i < probe_names_n && r == CB_OK; i++) {
		const char *hex = probe_names[i].aid;

		cb_buf_clear(&aid);
		if ((r = cb_hex_decode(&aid, hex, strlen(hex))) == CB_OK)
			r = try_name(
			    p, &probe_names[i], cb_buf_span(&aid));
	}
	cb_buf_free(&aid);
	return r == CB_OK ? try_all_told(p) : r;
}

/* In which tree a part of one is: that of its kind which answered. */
static void
find_trees(struct report *r)
{
	for (size_t i = 0; i < r->apps_n; i++) {
		const struct probe_kind *kind = probe_kind_of(&r->apps[i]);

		for (size_t j = 0; kind != NULL && kind->part &&
		     r->apps[i].within[0] == '\0' && j < r->apps_n; j++) {
			const struct probe_kind *root =
			    probe_kind_of(&r->apps[j]);

			if (root != NULL && !root->part &&
			    strcmp(root->name, kind->name) == 0 &&
			    r->apps[i].sw == SW_OK && r->apps[j].sw == SW_OK)
				(void)snprintf(r->apps[i].within,
				    sizeof(r->apps[i].within), "%s",
				    r->apps[j].name);
		}
	}
}

enum cb_err
probe_run(const struct probe_road *road, const struct probe_limits *limits,
    struct report *report, struct cb_why *why)
{
	struct probe p = { .road = road, .left = *limits,
		.end_ms = probe_now_ms() + limits->ms,
		.t0 = report->protocol == 0, .report = report, .why = why };
	enum cb_err r = try_all(&p);

	if (r == CB_E_LIMIT)
		r = report_remark(report, "the report ends early: the card "
		    "answered with more, or more slowly, than a card does");
	find_trees(report);
	return r == CB_OK ? probe_guess(report) : r;
}

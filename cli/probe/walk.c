/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The files of an application: those that LIST FILES names, or those that
 * cards of the kind are known to have and what their PKCS#15 directory files
 * point to. Each is selected, described by its FCI (ISO 7816-4, 7.4.3) and
 * read as far as nobody's passcode is needed.
 *
 * A card that lists a directory inside itself, the same file twice or files
 * without end comes to DEPTH_MAX, to what the report has already, or to the
 * probe's limits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/probe/kinds.h"
#include "cli/probe/probe.h"
#include "common/sw.h"

#define DEPTH_MAX 4
#define FIDS_MAX 256
#define CONTENT_MAX 32768	/* READ BINARY has 15 bits for an offset */
#define ROUNDS_MAX 3		/* directory, certificates, and once more */
#define LIST_NE 0x40

struct fids {
	uint16_t p[FIDS_MAX];
	size_t n;
};

static bool
good(uint16_t sw)
{
	return sw == SW_OK || (sw & 0xFF00) == 0x6200;
}

static uint16_t
last_fid(const char *path)
{
	size_t n = strlen(path);

	return n < 4 ? 0 : (uint16_t)strtoul(path + n - 4, NULL, 16);
}

static void
add_fid(struct fids *f, unsigned fid)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->p[i] == fid)
			return;
	/* 7816-4, 7.4.1: reserved, and the MF inside another DF */
	if (f->n < FIDS_MAX && fid != 0 && fid != 0x3F00 && fid != 0x3FFF &&
	    fid != 0xFFFF)
		f->p[f->n++] = (uint16_t)fid;
}

/* ---- SELECT -------------------------------------------------------------- */

/* The file identifiers of a path below the MF, or the last one. */
static size_t
path_bytes(const char *path, bool whole, uint8_t *out)
{
	size_t n = 0;

	if (whole && strlen(path) > 5) {
		for (path += 5; strlen(path) >= 4; path += 5) {
			unsigned fid = (unsigned)strtoul(path, NULL, 16);

			out[n++] = (uint8_t)(fid >> 8);
			out[n++] = (uint8_t)fid;
			if (path[4] == '\0')
				break;
		}
		return n;
	}
	out[0] = (uint8_t)(last_fid(path) >> 8);
	out[1] = (uint8_t)last_fid(path);
	return 2;
}

enum cb_err
probe_select(struct probe *p, const struct probe_kind *kind, const char *path,
    struct cb_buf *fci, uint16_t *sw)
{
	uint8_t name[REP_PATH_MAX];
	size_t n = path_bytes(path, kind->by_path, name);
	struct probe_cmd cmd = { 0x00, 0xA4, kind->p1, kind->p2,
		cb_span(name, n), 0 };
	enum cb_err r = probe_send(p, &cmd, fci, sw);

	if (r == CB_OK && !good(*sw) && kind->again) {
		struct probe_cmd other = cmd;

		other.p1 = kind->again_p1;
		other.p2 = kind->again_p2;
		other.le = other.p2 == 0x0C ? PROBE_NO_LE : 0;
		r = probe_send(p, &other, fci, sw);
	}
	/* 7816-4, 11.2.2: nothing names the MF too, to some it alone. */
	if (r == CB_OK && !good(*sw) && kind->p1 == 0 &&
	    strcmp(path, "3F00") == 0) {
		cmd.data = CB_SPAN_EMPTY;
		r = probe_send(p, &cmd, fci, sw);
	}
	return r;
}

/* A directory made current again, from the MF down. */
enum cb_err
probe_enter(struct probe *p, const struct probe_kind *kind, const char *path)
{
	struct cb_buf fci = CB_BUF_INIT;
	enum cb_err r = CB_OK;
	char part[REP_PATH_MAX];
	uint16_t sw;

	for (size_t n = kind->by_path ? strlen(path) : 4;
	    r == CB_OK && n <= strlen(path); n += 5) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)n, path);
		r = probe_select(p, kind, part, &fci, &sw);
	}
	cb_buf_free(&fci);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

static const struct probe_see *
see(const struct probe_kind *kind, uint16_t df, uint16_t fid)
{
	const struct probe_see *s = kind->sees;

	while (s != NULL && ((s->df != 0 && s->df != df) ||
	    (fid & s->mask) != s->fid))
		s++;
	return s;
}

/* Takes bytes into the report, uncovered as far as may be. */
static enum cb_err
keep(struct probe *p, struct rep_bytes *to, struct cb_span bytes,
    const struct probe_see *s)
{
	enum cb_err r;

	if ((r = rep_bytes_set(to, bytes)) != CB_OK)
		return r;
	if (s->show != NULL)
		s->show(to);
	probe_show_tail(to);
	if (s->blots != NULL && !rep_bytes_clear(to))
		r = report_blotted(p->report, s->blots);
	return r;
}

static enum cb_err
read_transparent(struct probe *p, const struct probe_kind *kind,
    struct rep_file *f, const struct probe_see *s)
{
	struct cb_buf all = CB_BUF_INIT_MAX(CONTENT_MAX);
	struct cb_buf part = CB_BUF_INIT;
	size_t size = f->sized ? f->size : CONTENT_MAX, want;
	enum cb_err r = CB_OK;
	uint16_t sw;

	if (size > CONTENT_MAX)
		size = CONTENT_MAX;
	while (r == CB_OK && all.n < size) {
		want = size - all.n < kind->block ? size - all.n : kind->block;
		r = probe_send(p, &(struct probe_cmd){ 0x00, 0xB0,
			(uint8_t)(all.n >> 8), (uint8_t)all.n, CB_SPAN_EMPTY,
			(int)(want & 0xFF) }, &part, &sw);
		if (r == CB_OK && sw != SW_OK && sw != SW_EOF)
			f->read_sw = sw;
		if (r != CB_OK || part.n == 0 || f->read_sw != 0)
			break;
		r = cb_buf_add(&all, cb_span_head(cb_buf_span(&part), want));
		if (sw == SW_EOF)
			break;
	}
	/* What came before a limit is kept as well. */
	if (r == CB_OK || r == CB_E_LIMIT) {
		enum cb_err kept = keep(p, &f->content, cb_buf_span(&all), s);

		r = r == CB_OK ? kept : r;
	}
	cb_buf_free(&all);
	cb_buf_free(&part);
	return r;
}

static enum cb_err
read_records(struct probe *p, struct rep_file *f, unsigned records,
    const struct probe_see *s)
{
	struct cb_buf data = CB_BUF_INIT;
	struct rep_bytes *b;
	enum cb_err r = CB_OK;
	uint16_t sw;

	for (unsigned i = 1; i <= records && i <= UINT8_MAX; i++) {
		r = probe_send(p, &(struct probe_cmd){ 0x00, 0xB2, (uint8_t)i,
			0x04, CB_SPAN_EMPTY, 0 }, &data, &sw);
		if (r != CB_OK || sw == SW_RECORD_NOT_FOUND)
			break;
		if (!good(sw)) {
			f->read_sw = sw;
			break;
		}
		if ((b = rep_add_record(f)) == NULL)
			r = CB_E_NOMEM;
		else
			r = keep(p, b, cb_buf_span(&data), s);
		if (r != CB_OK)
			break;
	}
	cb_buf_free(&data);
	return r;
}

static enum cb_err
read_file(struct probe *p, const struct probe_kind *kind, struct rep_file *f,
    uint16_t df, unsigned records)
{
	const struct probe_see *s = see(kind, df, last_fid(f->path));

	if (s == NULL || f->read_sw != 0 ||
	    (f->type != REP_TRANSPARENT && f->type != REP_LINEAR))
		return CB_OK;
	if (s->never != NULL)
		return report_remark(p->report, "%s was not read: %s",
		    f->path, s->never);
	return f->type == REP_TRANSPARENT ? read_transparent(p, kind, f, s)
					  : read_records(p, f, records, s);
}

/* ---- a directory --------------------------------------------------------- */

static enum cb_err walk_df(struct probe *p, const struct probe_kind *kind,
    const char *path, unsigned depth);

/* Adds what SELECT told to the report; NULL where that was no file. */
static enum cb_err
describe(struct probe *p, const char *path, struct cb_span fci, uint16_t sw,
    struct rep_file **out, unsigned *records)
{
	unsigned fid;
	enum cb_err r;

	*out = NULL;
	if (!good(sw) && sw != SW_SECURITY_STATUS)
		return CB_OK;
	if ((*out = rep_add_file(p->app, path)) == NULL)
		return CB_E_LIMIT;
	if (!good(sw))
		(*out)->read_sw = sw;
	if ((r = rep_bytes_set(&(*out)->fci, fci)) != CB_OK)
		return r;
	show_fci(&(*out)->fci);
	probe_fci(fci, *out, &fid, records);
	return CB_OK;
}

/* A directory inside itself, as a card may say, or a PKCS#15 path that names
 * it. */
static bool
is_above(const char *df, uint16_t fid)
{
	char digits[5];

	(void)snprintf(digits, sizeof(digits), "%04X", fid);
	return strstr(df, digits) != NULL;
}

static enum cb_err
walk_child(struct probe *p, const struct probe_kind *kind, const char *df,
    uint16_t fid, unsigned depth)
{
	struct cb_buf fci = CB_BUF_INIT;
	char path[REP_PATH_MAX];
	struct rep_file *f = NULL;
	unsigned records = 0;
	uint16_t sw = 0;
	enum cb_err r;
	bool deeper;

	if (is_above(df, fid) || strlen(df) + 5 >= sizeof(path))
		return CB_OK;
	(void)snprintf(path, sizeof(path), "%.34s/%04X", df, fid);
	if (rep_find_file(p->app, path) != NULL)
		return CB_OK;
	if ((r = probe_select(p, kind, path, &fci, &sw)) == CB_OK)
		r = describe(p, path, cb_buf_span(&fci), sw, &f, &records);
	cb_buf_free(&fci);
	if (r != CB_OK || f == NULL)
		return r;
	deeper = f->type == REP_DF && f->read_sw == 0;
	if (!deeper)
		return read_file(p, kind, f, last_fid(df), records);
	/* From here on the table of files may move. */
	if (depth < DEPTH_MAX &&
	    (r = walk_df(p, kind, path, depth + 1)) != CB_OK)
		return r;
	return probe_enter(p, kind, df);
}

/* Children by LIST FILES; none where the card does not say. */
static enum cb_err
list_files(struct probe *p, struct fids *out)
{
	struct probe_cmd cmd = { 0x80, 0x34, 0, 0, CB_SPAN_EMPTY, LIST_NE };
	struct cb_buf data = CB_BUF_INIT;
	struct cb_span cur;
	uint16_t sw, fid;
	enum cb_err r;

	r = probe_send(p, &cmd, &data, &sw);
	if (r == CB_OK && data.n >= LIST_NE) {
		cmd.le = 0;	/* it was cut off */
		r = probe_send(p, &cmd, &data, &sw);
	}
	cur = cb_buf_span(&data);
	while (r == CB_OK && sw == SW_OK && cb_get_u16(&cur, &fid) == CB_OK)
		add_fid(out, fid);
	cb_buf_free(&data);
	return r;
}

/* Files that PKCS#15 directory files of this DF point to: SEQUENCE { OCTET
 * STRING path, ...} (PKCS#15, 6.1.5). */
static void
add_pointers(const struct probe *p, const char *df, struct fids *out)
{
	size_t n = strlen(df);

	for (size_t i = 0; i < p->app->files_n; i++) {
		const struct rep_file *f = &p->app->files[i];
		const uint8_t *c = f->content.p;

		if (strncmp(f->path, df, n) != 0 || strlen(f->path) != n + 5)
			continue;
		for (size_t at = 0; at + 6 <= f->content.n; at++) {
			size_t len = c[at + 3];

			if (c[at] == 0x30 && c[at + 2] == 0x04 && len >= 2 &&
			    len <= 8 && len % 2 == 0 &&
			    at + 4 + len <= f->content.n)
				add_fid(out, (unsigned)(c[at + 2 + len] << 8 |
				    c[at + 3 + len]));
		}
	}
}

static enum cb_err
walk_known(struct probe *p, const struct probe_kind *kind, const char *path,
    unsigned depth)
{
	struct fids fids = { .n = 0 };
	size_t done = 0;
	enum cb_err r = CB_OK;

	for (size_t i = 0; i < kind->known_n; i++)
		if (kind->known[i].df == last_fid(path) ||
		    (kind->known[i].df == 0 && depth == 0))
			for (unsigned fid = kind->known[i].first;
			    fid <= kind->known[i].last; fid++)
				add_fid(&fids, fid);
	for (unsigned round = 0; round < ROUNDS_MAX && done < fids.n;
	    round++) {
		for (; done < fids.n && r == CB_OK; done++)
			r = walk_child(p, kind, path, fids.p[done], depth);
		if (r != CB_OK)
			break;
		add_pointers(p, path, &fids);
	}
	return r;
}

static enum cb_err
walk_df(struct probe *p, const struct probe_kind *kind, const char *path,
    unsigned depth)
{
	struct fids fids = { .n = 0 };
	enum cb_err r = CB_OK;

	if (kind->lists)
		r = list_files(p, &fids);
	for (size_t i = 0; i < fids.n && r == CB_OK; i++)
		r = walk_child(p, kind, path, fids.p[i], depth);
	if (r == CB_OK && fids.n == 0)
		r = walk_known(p, kind, path, depth);
	return r;
}

/* A directory that was selected by its name has that, whatever it says. */
static enum cb_err
name_part(struct probe *p, const char *path, struct rep_file *f)
{
	if (f == NULL) {
		if ((f = rep_add_file(p->app, path)) == NULL)
			return CB_E_LIMIT;
		f->type = REP_DF;
	}
	if (f->name_n == 0) {
		memcpy(f->name, p->app->aid, p->app->aid_n);
		f->name_n = p->app->aid_n;
	}
	return CB_OK;
}

enum cb_err
probe_walk(struct probe *p, const struct probe_kind *kind, const char *path,
    struct cb_span fci)
{
	struct cb_buf own = CB_BUF_INIT;
	struct rep_file *f = NULL;
	unsigned records;
	uint16_t sw = SW_OK;
	enum cb_err r = CB_OK;

	/* SELECT by name makes it current, and may say nothing of it. */
	if (fci.n == 0 || kind->by_path || strcmp(path, "3F00") == 0) {
		r = probe_select(p, kind, path, &own, &sw);
		if (r == CB_OK && good(sw) && own.n > 0)
			fci = cb_buf_span(&own);
	}
	if (r == CB_OK && fci.n > 0)
		r = describe(p, path, fci, SW_OK, &f, &records);
	if (r == CB_OK && kind->part)
		r = name_part(p, path, f);
	cb_buf_free(&own);
	if (r == CB_OK)
		r = walk_df(p, kind, path, 0);
	return r == CB_OK && kind->infer != NULL ? kind->infer(p->app) : r;
}

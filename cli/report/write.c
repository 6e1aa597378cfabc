/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A report as text (report.h has the form of it). Nothing that a card said
 * gets here but as digits; texts are ours, or a reader's name, of which only
 * printable characters are written.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/report/report.h"
#include "common/hex.h"

#define COLUMNS 78
#define RUN_MIN 5		/* shorter runs are written out */

struct writer {
	struct cb_buf *out;
	bool full;
	enum cb_err r;
};

static void say(struct writer *w, const char *fmt, ...) CB_PRINTF(2, 3);

static void
say(struct writer *w, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (w->r == CB_OK)
		w->r = cb_buf_add(w->out, cb_span_str(line));
}

static void
say_text(struct writer *w, const char *word, const char *text)
{
	char safe[REP_TEXT_MAX];
	size_t n = 0;

	for (; text[n] != '\0' && n < sizeof(safe) - 1; n++)
		safe[n] = text[n] >= ' ' && text[n] <= '~' && text[n] != '"'
		    ? text[n] : '?';
	safe[n] = '\0';
	say(w, "%s \"%s\"\n", word, safe);
}

/* ---- bytes --------------------------------------------------------------- */

/* Two bytes that are written alike. */
static bool
alike(const struct writer *w, const struct rep_bytes *b, size_t i, size_t j)
{
	bool hide_i = b->hidden[i] && !w->full;
	bool hide_j = b->hidden[j] && !w->full;

	return hide_i == hide_j && (hide_i || b->p[i] == b->p[j]);
}

/* One run as "00*90 ", or one byte; how many bytes it stands for. */
static size_t
piece(const struct writer *w, const struct rep_bytes *b, size_t at, char *out,
    size_t size)
{
	bool hide = b->hidden[at] && !w->full;
	size_t run = 1;
	char pair[3] = "..";

	while (at + run < b->n && alike(w, b, at, at + run))
		run++;
	if (!hide)
		cb_hex_encode(pair, sizeof(pair), cb_span(&b->p[at], 1));
	if (run >= RUN_MIN)
		(void)snprintf(out, size, "%s*%zu", pair, run);
	else
		(void)snprintf(out, size, "%s", pair);
	return run >= RUN_MIN ? run : 1;
}

static void
say_bytes(struct writer *w, const char *front, const struct rep_bytes *b)
{
	size_t indent = strspn(front, " "), column = strlen(front), i = 0;
	bool star = true;	/* a run just written is set off by a blank */
	char text[32];

	say(w, "%s", front);
	while (i < b->n && w->r == CB_OK) {
		size_t used = piece(w, b, i, text, sizeof(text));
		size_t n = strlen(text);
		bool run = n > 2;

		if (column + n + 1 > COLUMNS) {
			say(w, "\n%*s+", (int)indent + 2, "");
			column = indent + 3;
			star = true;
		}
		say(w, "%s%s", run || star ? " " : "", text);
		column += n + (run || star ? 1 : 0);
		star = run;
		i += used;
	}
	say(w, "\n");
}

static void
say_access(struct writer *w, const struct rep_access *a)
{
	char hex[2 * REP_ACCESS_MAX + 1];

	if (a->n > 0)
		say(w, "    access %s\n",
		    cb_hex_encode(hex, sizeof(hex), cb_span(a->p, a->n)));
}

/* ---- what is on the card ------------------------------------------------- */

static void
say_file(struct writer *w, const struct rep_file *f)
{
	char front[32], hex[2 * REP_AID_MAX + 1];

	say(w, "  file %s %s\n", f->path, rep_type_word(f->type));
	if (f->sized)
		say(w, "    size %u\n", f->size);
	if (f->name_n > 0)
		say(w, "    name %s\n", cb_hex_encode(hex, sizeof(hex),
		    cb_span(f->name, f->name_n)));
	if (f->sfi != 0)
		say(w, "    sfi %u\n", f->sfi);
	say_access(w, &f->access);
	if (f->template != 0)
		say(w, "    template %02X\n", f->template);
	if (f->commits)
		say(w, "    commits\n");
	if (f->filled != REP_NOT_TOLD)
		say(w, "    filled %s\n", f->filled == REP_YES ? "yes" : "no");
	if (f->fci.n > 0)
		say_bytes(w, "    fci", &f->fci);
	if (f->read_sw != 0)
		say(w, "    read %04X\n", f->read_sw);
	if (f->content.n > 0)
		say_bytes(w, "    content", &f->content);
	for (size_t i = 0; i < f->records_n; i++) {
		(void)snprintf(front, sizeof(front), "    record %zu", i + 1);
		say_bytes(w, front, &f->records[i]);
	}
}

static void
say_pin(struct writer *w, const struct rep_pin *p)
{
	say(w, "  pin %02X %s\n", p->ref, p->owner);
	if (p->sw != 0)
		say(w, "    answer %04X\n", p->sw);
	if (p->tries >= 0)
		say(w, "    tries %d\n", p->tries);
	if (p->limit >= 0)
		say(w, "    limit %d\n", p->limit);
	if (p->min >= 0 && p->max >= 0)
		say(w, "    length %d %d\n", p->min, p->max);
	say_access(w, &p->access);
}

static void
say_app(struct writer *w, const struct rep_app *app)
{
	char hex[2 * REP_AID_MAX + 1];

	cb_hex_encode(hex, sizeof(hex), cb_span(app->aid, app->aid_n));
	say(w, "aid %s %04X %s\n", app->aid_n > 0 ? hex : "-", app->sw,
	    app->name);
	if (app->fci.n > 0)
		say_bytes(w, "  fci", &app->fci);
	if (app->within[0] != '\0')
		say(w, "  within %s\n", app->within);
	for (size_t i = 0; i < app->files_n; i++)
		say_file(w, &app->files[i]);
	for (size_t i = 0; i < app->pins_n; i++)
		say_pin(w, &app->pins[i]);
	for (size_t i = 0; i < app->objects_n; i++) {
		const struct rep_object *o = &app->objects[i];

		say(w, "  object %s %04X\n", o->name, o->sw);
		if (o->data.n > 0)
			say_bytes(w, "    data", &o->data);
	}
}

enum cb_err
report_write(const struct report *r, struct cb_buf *out)
{
	struct writer w = { out, r->full, CB_OK };
	char hex[2 * CB_ATR_MAX + 1];

	say(&w, "cardbridge-report %d\n", REP_VERSION);
	say(&w, "# What a card says of itself without a passcode; written by "
	    "cardbridge card\n# probe. A byte that is blotted out is written "
	    "\"..\", and \"00*90\" is 90 times 00.\n");
	say_text(&w, "reader", r->reader);
	say(&w, "atr %s\n", cb_hex_encode(hex, sizeof(hex),
	    cb_span(r->atr, r->atr_n)));
	say(&w, "protocol T=%u\n", r->protocol);
	if (r->cplc.n > 0)
		say_bytes(&w, "cplc", &r->cplc);
	say(&w, "\n# What kind of card it is, and how sure that is (of 100)\n");
	say(&w, "guess %s %u\n", r->guess, r->sure);
	for (size_t i = 0; i < r->facts_n; i++) {
		char front[REP_WORD_MAX + 32];

		(void)snprintf(front, sizeof(front), "fact %s %+d",
		    r->facts[i].kind, r->facts[i].points);
		say_text(&w, front, r->facts[i].text);
	}
	say(&w, "\n# Names that were selected, and what was found there.\n");
	for (size_t i = 0; i < r->apps_n; i++)
		say_app(&w, &r->apps[i]);
	say(&w, "\n");
	for (size_t i = 0; i < r->remarks_n; i++)
		say_text(&w, "remark", r->remarks[i].text);
	if (r->full && r->blotted_n > 0)
		say_text(&w, "remark", "nothing is blotted: this says which "
		    "card it is, and whose");
	for (size_t i = 0; i < r->blotted_n && !r->full; i++)
		say_text(&w, "blotted", r->blotted[i].text);
	return w.r;
}

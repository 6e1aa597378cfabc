/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The tables of a report, each with the most that it takes: a card decides
 * how much there is to tell, and may be hostile.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/report/report.h"

static const char *const type_words[] = {
	[REP_UNKNOWN] = "unknown",
	[REP_DF] = "df",
	[REP_TRANSPARENT] = "transparent",
	[REP_LINEAR] = "linear",
	[REP_DES] = "des",
	[REP_RSA_PUBLIC] = "rsa-public",
	[REP_RSA_PRIVATE] = "rsa-private",
	[REP_OBJECT] = "object",
};

/* One element more at the end of a table, zeroed. */
static void *
grow(void *table, size_t *n, size_t size, size_t max)
{
	char **p = table;
	char *bigger;

	if (*n >= max)
		return NULL;
	/* Twice as many whenever there are a power of two. */
	if ((*n & (*n - 1)) == 0) {
		bigger = reallocarray(*p, *n == 0 ? 1 : 2 * *n, size);
		if (bigger == NULL)
			return NULL;
		*p = bigger;
	}
	memset(*p + *n * size, 0, size);
	return *p + (*n)++ * size;
}

/* ---- bytes --------------------------------------------------------------- */

enum cb_err
rep_bytes_add(struct rep_bytes *b, uint8_t byte, bool hidden, size_t times)
{
	uint8_t *p, *h;

	if (times > REP_BYTES_MAX - b->n)
		return CB_E_LIMIT;
	if (times == 0)
		return CB_OK;
	if ((p = realloc(b->p, b->n + times)) == NULL)
		return CB_E_NOMEM;
	b->p = p;
	if ((h = realloc(b->hidden, b->n + times)) == NULL)
		return CB_E_NOMEM;
	b->hidden = h;
	memset(b->p + b->n, byte, times);
	memset(b->hidden + b->n, hidden, times);
	b->n += times;
	return CB_OK;
}

enum cb_err
rep_bytes_set(struct rep_bytes *b, struct cb_span s)
{
	enum cb_err r;

	rep_bytes_free(b);
	if ((r = rep_bytes_add(b, 0, true, s.n)) == CB_OK && s.n > 0)
		memcpy(b->p, s.p, s.n);
	return r;
}

void
rep_bytes_show(struct rep_bytes *b, size_t from, size_t n)
{
	for (size_t i = from; i < b->n && i - from < n; i++)
		b->hidden[i] = false;
}

bool
rep_bytes_clear(const struct rep_bytes *b)
{
	return b->n == 0 || memchr(b->hidden, 1, b->n) == NULL;
}

void
rep_bytes_free(struct rep_bytes *b)
{
	free(b->p);
	free(b->hidden);
	*b = (struct rep_bytes){ 0 };
}

/* ---- tables -------------------------------------------------------------- */

struct report *
report_new(void)
{
	return calloc(1, sizeof(struct report));
}

static void
app_free(struct rep_app *app)
{
	for (size_t i = 0; i < app->files_n; i++) {
		struct rep_file *f = &app->files[i];

		rep_bytes_free(&f->fci);
		rep_bytes_free(&f->content);
		for (size_t j = 0; j < f->records_n; j++)
			rep_bytes_free(&f->records[j]);
		free(f->records);
	}
	for (size_t i = 0; i < app->objects_n; i++)
		rep_bytes_free(&app->objects[i].data);
	rep_bytes_free(&app->fci);
	free(app->files);
	free(app->pins);
	free(app->objects);
}

void
report_free(struct report **rp)
{
	struct report *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->apps_n; i++)
		app_free(&r->apps[i]);
	rep_bytes_free(&r->cplc);
	free(r->apps);
	free(r->facts);
	free(r->remarks);
	free(r->blotted);
	free(r);
}

struct rep_app *
report_add_app(
    struct report *r, struct cb_span aid, uint16_t sw, const char *name)
{
	struct rep_app *app;

	if (aid.n > REP_AID_MAX)
		return NULL;
	app = grow(&r->apps, &r->apps_n, sizeof(*app), REP_APPS_MAX);
	if (app == NULL)
		return NULL;
	(void)snprintf(app->name, sizeof(app->name), "%s", name);
	if (aid.n > 0)
		memcpy(app->aid, aid.p, aid.n);
	app->aid_n = (uint8_t)aid.n;
	app->sw = sw;
	return app;
}

struct rep_file *
rep_add_file(struct rep_app *app, const char *path)
{
	struct rep_file *f = grow(
	    &app->files, &app->files_n, sizeof(*f), REP_FILES_MAX);

	if (f != NULL)
		(void)snprintf(f->path, sizeof(f->path), "%s", path);
	return f;
}

struct rep_pin *
rep_add_pin(struct rep_app *app, unsigned ref, const char *owner)
{
	struct rep_pin *pin = grow(
	    &app->pins, &app->pins_n, sizeof(*pin), REP_FILES_MAX);

	if (pin == NULL)
		return NULL;
	pin->ref = ref;
	pin->tries = pin->limit = pin->min = pin->max = -1;
	(void)snprintf(pin->owner, sizeof(pin->owner), "%s", owner);
	return pin;
}

struct rep_object *
rep_add_object(struct rep_app *app, const char *name, uint16_t sw)
{
	struct rep_object *o = grow(
	    &app->objects, &app->objects_n, sizeof(*o), REP_FILES_MAX);

	if (o == NULL)
		return NULL;
	(void)snprintf(o->name, sizeof(o->name), "%s", name);
	o->sw = sw;
	return o;
}

struct rep_bytes *
rep_add_record(struct rep_file *f)
{
	return grow(&f->records, &f->records_n, sizeof(*f->records),
	    REP_RECORDS_MAX);
}

enum cb_err
report_add_fact(
    struct report *r, const char *kind, int points, const char *text)
{
	struct rep_fact *f =
	    grow(&r->facts, &r->facts_n, sizeof(*f), REP_LINES_MAX);

	if (f == NULL)
		return CB_E_NOMEM;
	(void)snprintf(f->kind, sizeof(f->kind), "%s", kind);
	(void)snprintf(f->text, sizeof(f->text), "%s", text);
	f->points = points;
	return CB_OK;
}

enum cb_err
report_remark(struct report *r, const char *fmt, ...)
{
	struct rep_text *t =
	    grow(&r->remarks, &r->remarks_n, sizeof(*t), REP_LINES_MAX);
	va_list ap;

	if (t == NULL)
		return CB_E_NOMEM;
	va_start(ap, fmt);
	(void)vsnprintf(t->text, sizeof(t->text), fmt, ap);
	va_end(ap);
	return CB_OK;
}

enum cb_err
report_blotted(struct report *r, const char *text)
{
	struct rep_text *t;

	for (size_t i = 0; i < r->blotted_n; i++)
		if (strcmp(r->blotted[i].text, text) == 0)
			return CB_OK;
	t = grow(&r->blotted, &r->blotted_n, sizeof(*t), REP_LINES_MAX);
	if (t == NULL)
		return CB_E_NOMEM;
	(void)snprintf(t->text, sizeof(t->text), "%s", text);
	return CB_OK;
}

/* ---- finding ------------------------------------------------------------- */

const char *
rep_type_word(enum rep_type type)
{
	return type_words[type];
}

bool
rep_type_find(const char *word, enum rep_type *type)
{
	for (size_t i = 0; i < sizeof(type_words) / sizeof(type_words[0]);
	    i++) {
		if (strcmp(type_words[i], word) == 0) {
			*type = (enum rep_type)i;
			return true;
		}
	}
	return false;
}

const struct rep_app *
report_find_app(const struct report *r, const char *name)
{
	for (size_t i = 0; i < r->apps_n; i++)
		if (strcmp(r->apps[i].name, name) == 0 &&
		    r->apps[i].sw == 0x9000)
			return &r->apps[i];
	return NULL;
}

struct rep_file *
rep_find_file(const struct rep_app *app, const char *path)
{
	for (size_t i = 0; i < app->files_n; i++)
		if (strcmp(app->files[i].path, path) == 0)
			return &app->files[i];
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Passcodes and data objects of an application: GET DATA by table, and the
 * question for tries where the table has it.
 */
#include <stdio.h>
#include <string.h>

#include "cli/probe/kinds.h"
#include "cli/probe/probe.h"
#include "common/sw.h"

#define OF_THE_DF 0x80		/* of a reference (7816-4, 10.1.2) */
#define MF "3F00"

static struct rep_pin *
pin_find(const struct rep_app *app, unsigned ref)
{
	for (size_t i = 0; i < app->pins_n; i++)
		if (app->pins[i].ref == ref)
			return &app->pins[i];
	return NULL;
}

static struct rep_pin *
pin_get(struct rep_app *app, unsigned ref, const char *owner)
{
	struct rep_pin *pin = pin_find(app, ref);

	return pin != NULL ? pin : rep_add_pin(app, ref, owner);
}

/* Did the root tell of this passcode before one of its parts? */
static bool
root_has(const struct probe *p, const struct probe_kind *kind, unsigned ref)
{
	for (size_t i = 0; i < p->report->apps_n; i++) {
		const struct rep_app *app = &p->report->apps[i];
		const struct probe_kind *other = probe_kind_of(app);

		if (other != NULL && !other->part && pin_find(app, ref) &&
		    strcmp(other->name, kind->name) == 0)
			return true;
	}
	return false;
}

/* The passcode that an object with this number is about. In a part of a tree
 * that is its own where it has one, else one of the root: *known then, unless
 * the root told of it. */
static struct rep_pin *
pin_of_object(struct probe *p, const struct probe_kind *kind, unsigned no,
    const char *path, bool *known)
{
	struct rep_pin *pin = NULL;

	*known = false;
	if (!kind->part)
		return pin_get(p->app, no, path);
	if ((pin = pin_find(p->app, no | OF_THE_DF)) != NULL ||
	    (pin = pin_find(p->app, no)) != NULL)
		return pin;
	if ((*known = root_has(p, kind, no)))
		return NULL;
	return pin_get(p->app, no, MF);
}

/* ---- data objects -------------------------------------------------------- */

static enum cb_err
tell_file(struct probe *p, const struct probe_object *o, unsigned no,
    struct cb_span data, const char *path)
{
	char name[REP_PATH_MAX];
	struct rep_file *f;

	(void)snprintf(name, sizeof(name), "%.34s/%04X", path,
	    (o->fid | no) & 0xFFFF);
	if ((f = rep_find_file(p->app, name)) == NULL)
		f = rep_add_file(p->app, name);
	return f != NULL ? o->file(data, f) : CB_E_LIMIT;
}

static enum cb_err
tell_pin(struct probe *p, const struct probe_kind *kind,
    const struct probe_object *o, unsigned no, struct cb_span data,
    const char *path)
{
	bool known;
	struct rep_pin *pin = pin_of_object(p, kind, no, path, &known);

	if (pin == NULL)
		return known ? CB_OK : CB_E_LIMIT;
	o->pin(data, pin);
	return CB_OK;
}

static enum cb_err
keep(struct probe *p, const struct probe_kind *kind,
    const struct probe_object *o, unsigned no, struct cb_span data,
    uint16_t sw, const char *path)
{
	char name[REP_WORD_MAX], digits[4] = "";
	struct rep_object *to;
	enum cb_err r;

	if (o->from != 0)
		(void)snprintf(digits, sizeof(digits), "%02X", no & 0xFF);
	(void)snprintf(
	    name, sizeof(name), "%s%s%s", o->name, digits, o->suffix);
	if ((to = rep_add_object(p->app, name, sw)) == NULL)
		return CB_E_LIMIT;
	if ((r = rep_bytes_set(&to->data, data)) != CB_OK)
		return r;
	if (o->show != NULL)
		o->show(&to->data);
	if (o->blots != NULL && !rep_bytes_clear(&to->data))
		r = report_blotted(p->report, o->blots);
	if (r == CB_OK && o->file != NULL)
		r = tell_file(p, o, no, data, path);
	if (r == CB_OK && o->pin != NULL)
		r = tell_pin(p, kind, o, no, data, path);
	return r;
}

static enum cb_err
ask_object(struct probe *p, const struct probe_kind *kind,
    const struct probe_object *o, unsigned no, const char *path)
{
	uint8_t name[sizeof(o->data)] = { 0 };
	struct probe_cmd cmd = { o->cla, o->ins, o->p1, o->p2,
		cb_span(name, o->data_n), 0 };
	struct cb_buf data = CB_BUF_INIT;
	uint16_t sw;
	enum cb_err r;

	memcpy(name, o->data, sizeof(name));
	if (o->number_at != 0)
		name[o->number_at] = (uint8_t)no;
	else if (o->from != 0)
		cmd.p2 = (uint8_t)no;
	r = probe_send(p, &cmd, &data, &sw);
	/* What is not there needs no line. */
	if (r == CB_OK &&
	    (sw == SW_OK || sw == SW_EOF || sw == SW_SECURITY_STATUS))
		r = keep(p, kind, o, no, cb_buf_span(&data), sw,
		    path != NULL ? path : MF);
	cb_buf_free(&data);
	return r;
}

/* ---- tries --------------------------------------------------------------- */

static bool
about_a_pin(uint16_t sw)
{
	return sw == SW_OK || (sw & 0xFFF0) == SW_TRIES || sw == SW_BLOCKED ||
	    sw == SW_DATA_NOT_USABLE;
}

static enum cb_err
ask_tries(struct probe *p, const struct probe_kind *kind,
    const struct probe_query *q, const char *path)
{
	bool above = kind->part && (q->ref & OF_THE_DF) == 0;
	const char *owner = q->owner != NULL ? q->owner
	    : path != NULL && !above ? path : MF;
	struct cb_buf none = CB_BUF_INIT;
	struct rep_pin *pin;
	uint16_t sw = 0;
	enum cb_err r = CB_OK;

	/* Never in another directory than the passcode's own. */
	if (q->owner != NULL) {
		if (rep_find_file(p->app, q->owner) == NULL)
			return CB_OK;
		r = probe_enter(p, kind, q->owner);
	}
	p->queries = (struct probe_queries){ &q->ref, 1 };
	if (r == CB_OK)
		r = probe_send(p, &(struct probe_cmd){ 0x00, 0x20, 0x00,
			q->ref, CB_SPAN_EMPTY, PROBE_NO_LE }, &none, &sw);
	p->queries = (struct probe_queries){ NULL, 0 };
	cb_buf_free(&none);
	if (r != CB_OK || !about_a_pin(sw))
		return r;
	if ((pin = pin_get(p->app, q->ref, owner)) == NULL)
		return CB_E_LIMIT;
	pin->sw = sw;
	if ((sw & 0xFFF0) == SW_TRIES)
		pin->tries = sw & 0xF;
	else if (sw == SW_BLOCKED)
		pin->tries = 0;
	return CB_OK;
}

enum cb_err
probe_objects(
    struct probe *p, const struct probe_kind *kind, const char *path)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; i < kind->queries_n && r == CB_OK; i++)
		r = ask_tries(p, kind, &kind->queries[i], path);
	for (size_t i = 0; i < kind->objects_n && r == CB_OK; i++) {
		const struct probe_object *o = &kind->objects[i];

		for (unsigned no = o->from; no <= o->to && r == CB_OK; no++)
			r = ask_object(p, kind, o, no, path);
	}
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Items of the desk as tables for people and as JSON for programs, see
 * admin.h. JSON has each field under the name that PROTOCOL.md gives it.
 */
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/admin.h"
#include "common/hex.h"
#include "common/text.h"

const char *
cli_print_hex(struct cb_buf *b, struct cb_span bytes)
{
	cb_buf_clear(b);
	if (cb_hex_put(b, bytes) != CB_OK || cb_put_u8(b, 0) != CB_OK)
		return NULL;
	return (const char *)b->p;
}

/* ---- JSON ---------------------------------------------------------------- */

static json_t *
hex_json(struct cb_span bytes)
{
	struct cb_buf hex = CB_BUF_INIT;
	const char *text = cli_print_hex(&hex, bytes);
	json_t *v = text != NULL ? json_string(text) : NULL;

	cb_buf_free(&hex);
	return v;
}

/* In *b, a string. A value is any bytes, and what tells it may lie: a terminal
 * is shown none that it would obey. NULL: no memory, or no value of it. */
static const char *
policy_text(struct cb_buf *b, const struct wire_fields *item)
{
	cb_buf_clear(b);
	if (cli_policy_text(b, item->bytes[WIRE_D_NAME],
		item->bytes[WIRE_D_VALUE]) != CB_OK ||
	    cb_put_u8(b, 0) != CB_OK)
		return NULL;
	cb_make_plain((char *)b->p);
	return (const char *)b->p;
}

static json_t *
policy_json(const struct wire_fields *item)
{
	struct cb_buf b = CB_BUF_INIT;
	const char *text = policy_text(&b, item);
	json_t *v = text != NULL ? json_string(text) : NULL;

	cb_buf_free(&b);
	return v;
}

static json_t *
field_json(enum wire_desk_list list, const struct wire_fields *item,
    enum wire_desk_field field)
{
	const struct cb_span bytes = item->bytes[field];

	switch (field) {
	case WIRE_D_BLANK:
	case WIRE_D_TAKE_OVER:
	case WIRE_D_TEST:
		return json_true();
	case WIRE_D_NAME:
	case WIRE_D_PROFILE:
	case WIRE_D_TEXT:
	case WIRE_D_SERIAL:
		return json_stringn((const char *)bytes.p, bytes.n);
	case WIRE_D_VALUE:
		if (list == WIRE_LIST_POLICIES)
			return policy_json(item);
		break;
	default:
		break;
	}
	return wire_field_is_number(field)
	    ? json_integer((json_int_t)item->number[field]) : hex_json(bytes);
}

/* NULL: no memory. */
static json_t *
item_json(enum wire_desk_list list, const struct wire_fields *item)
{
	json_t *o = json_object();

	for (int i = 1; o != NULL && i < WIRE_D_END; i++) {
		const enum wire_desk_field field = (enum wire_desk_field)i;
		const char *name = wire_field_name(field);

		if (!wire_fields_has(item, field) || name == NULL)
			continue;
		if (json_object_set_new(
			o, name, field_json(list, item, field)) != 0) {
			json_decref(o);
			o = NULL;
		}
	}
	return o;
}

/* Takes *v, which may be NULL: no memory. */
static int
dump(json_t *v)
{
	int code = CLI_OK;

	if (v == NULL || json_dumpf(v, stdout, JSON_INDENT(2)) != 0)
		code = cli_fail(CLI_FAILED, "out of memory");
	else
		printf("\n");
	json_decref(v);
	return cli_flush(code);
}

/* ---- values for people --------------------------------------------------- */

void
cli_print_time(char out[CLI_TIME_MAX], uint64_t ms)
{
	const time_t s = (time_t)(ms / 1000);
	struct tm t;

	out[0] = '\0';
	if (ms != 0 && gmtime_r(&s, &t) != NULL)
		(void)strftime(out, CLI_TIME_MAX, "%Y-%m-%d %H:%M", &t);
}

static const char *
number_text(char out[CLI_TIME_MAX], enum wire_desk_list list,
    enum wire_desk_field field, uint64_t v)
{
	switch (field) {
	case WIRE_D_STATE:
		return cli_word(cli_admin_states, v);
	case WIRE_D_CLASS:
		return cli_word(cli_admin_classes, v);
	case WIRE_D_ROLE:
		return cli_word(cli_admin_roles, v);
	case WIRE_D_KIND:
		return cli_word(list == WIRE_LIST_ASSIGNMENTS
			? cli_admin_subjects : cli_admin_kinds, v);
	case WIRE_D_BLANK:
	case WIRE_D_TAKE_OVER:
	case WIRE_D_TEST:
		return "yes";
	case WIRE_D_CREATED:
	case WIRE_D_UNTIL:
		cli_print_time(out, v);
		return out;
	default:
		(void)snprintf(
		    out, CLI_TIME_MAX, "%llu", (unsigned long long)v);
		return out;
	}
}

/* In *b, a string; NULL: no memory. */
static const char *
value_text(struct cb_buf *b, enum wire_desk_list list,
    const struct wire_fields *item, enum wire_desk_field field)
{
	const struct cb_span bytes = item->bytes[field];
	char number[CLI_TIME_MAX];
	enum cb_err r = CB_OK;

	cb_buf_clear(b);
	if (!wire_fields_has(item, field))
		return "";
	if (wire_field_is_number(field))
		r = cb_buf_add(b, cb_span_str(number_text(
		    number, list, field, item->number[field])));
	else if (field == WIRE_D_NAME || field == WIRE_D_PROFILE ||
	    field == WIRE_D_TEXT || field == WIRE_D_SERIAL)
		r = cb_buf_add(b, bytes);
	else if (field == WIRE_D_VALUE && list == WIRE_LIST_POLICIES)
		return policy_text(b, item);
	else
		return cli_print_hex(b, bytes);
	if (r != CB_OK || cb_put_u8(b, 0) != CB_OK)
		return NULL;
	return (const char *)b->p;
}

/* ---- tables -------------------------------------------------------------- */

struct column {
	enum wire_desk_field field;
	const char *title;
	int width;	/* 0: the last */
};
#define COLUMNS 6
#define ID_WIDTH (2 * WIRE_ID)

static const struct column columns[WIRE_LIST_END][COLUMNS] = {
	[WIRE_LIST_ORGANISATIONS] = {
		{ WIRE_D_ID, "ID", ID_WIDTH },
		{ WIRE_D_KIND, "KIND", 5 },
		{ WIRE_D_STATE, "STATE", 8 },
		{ WIRE_D_CREATED, "CREATED", 16 },
		{ WIRE_D_NAME, "NAME", 0 },
	},
	[WIRE_LIST_POLICIES] = {
		{ WIRE_D_NAME, "NAME", 16 },
		{ WIRE_D_VALUE, "VALUE", 0 },
	},
	[WIRE_LIST_CARDS] = {
		{ WIRE_D_ID, "ID", ID_WIDTH },
		{ WIRE_D_PROFILE, "PROFILE", 15 },
		{ WIRE_D_STATE, "STATE", 8 },
		{ WIRE_D_DEVICE, "USED BY", ID_WIDTH },
		{ WIRE_D_NAME, "NAME", 0 },
	},
	[WIRE_LIST_DEVICES] = {
		{ WIRE_D_ID, "ID", ID_WIDTH },
		{ WIRE_D_CLASS, "CLASS", 5 },
		{ WIRE_D_STATE, "STATE", 8 },
		{ WIRE_D_UNTIL, "UNTIL", 16 },
		{ WIRE_D_NAME, "NAME", 0 },
	},
	[WIRE_LIST_SESSIONS] = {
		{ WIRE_D_ID, "ID", ID_WIDTH },
		{ WIRE_D_CARD, "CARD", ID_WIDTH },
		{ WIRE_D_DEVICE, "DEVICE", ID_WIDTH },
		{ WIRE_D_CREATED, "SINCE", 0 },
	},
	[WIRE_LIST_ASSIGNMENTS] = {
		{ WIRE_D_KIND, "TO", 12 },
		{ WIRE_D_ID, "ID", ID_WIDTH },
		{ WIRE_D_UNTIL, "UNTIL", 0 },
	},
	[WIRE_LIST_PEOPLE] = {
		{ WIRE_D_PERSON, "ID", ID_WIDTH },
		{ WIRE_D_ROLE, "ROLE", 13 },
		{ WIRE_D_STATE, "STATE", 8 },
		{ WIRE_D_UNTIL, "UNTIL", 0 },
	},
};

struct cli_print {
	enum wire_desk_list list;
	json_t *all;	/* NULL: for people */
	struct cb_buf text;
};

/* One line, without blanks at its end. */
static enum cb_err
put_row(struct cb_buf *b, enum wire_desk_list list,
    const struct wire_fields *item)
{
	struct cb_buf value = CB_BUF_INIT;
	const struct column *c = columns[list];
	char cell[160];
	enum cb_err r = CB_OK;

	for (int i = 0; r == CB_OK && i < COLUMNS && c[i].title != NULL;
	     i++) {
		const char *text = item == NULL ? c[i].title
		    : value_text(&value, list, item, c[i].field);

		if (text == NULL) {
			r = CB_E_NOMEM;
			break;
		}
		(void)snprintf(cell, sizeof(cell), "%s%-*s", i > 0 ? "  " : "",
		    c[i].width, text);
		r = cb_buf_add(b, cb_span_str(cell));
	}
	while (r == CB_OK && b->n > 0 && b->p[b->n - 1] == ' ')
		r = cb_buf_truncate(b, b->n - 1);
	cb_buf_free(&value);
	return r == CB_OK ? cb_put_u8(b, '\n') : r;
}

struct cli_print *
cli_print_new(enum wire_desk_list list, bool json)
{
	struct cli_print *p = calloc(1, sizeof(*p));
	enum cb_err r = CB_E_NOMEM;

	if (p == NULL)
		return NULL;
	p->list = list;
	p->text.max = SIZE_MAX;
	if (json)
		r = (p->all = json_array()) != NULL ? CB_OK : CB_E_NOMEM;
	else
		r = put_row(&p->text, list, NULL);
	if (r != CB_OK) {
		cb_buf_free(&p->text);
		free(p);
		p = NULL;
	}
	return p;
}

enum cb_err
cli_print_item(void *print, const struct wire_fields *item)
{
	struct cli_print *p = print;

	if (p->all == NULL)
		return put_row(&p->text, p->list, item);
	return json_array_append_new(p->all, item_json(p->list, item)) == 0
	    ? CB_OK : CB_E_NOMEM;
}

static void
free_list(struct cli_print **print)
{
	struct cli_print *p = *print;

	*print = NULL;
	json_decref(p->all);
	cb_buf_free(&p->text);
	free(p);
}

int
cli_print_end(struct cli_print **print, int code)
{
	struct cli_print *p = *print;

	if (code == CLI_OK && p->all != NULL)
		code = dump(json_incref(p->all));
	else if (code == CLI_OK)
		code = cli_output(NULL, cb_buf_span(&p->text));
	free_list(print);
	return code;
}

/* ---- single things ------------------------------------------------------- */

int
cli_print_with(struct cli_print **print, const struct wire_fields *item,
    const char *name, int code)
{
	json_t *o;

	if (code == CLI_OK) {
		o = item_json(WIRE_LIST_CARDS, item);
		if (o != NULL && json_object_set(o, name, (*print)->all) != 0) {
			json_decref(o);
			o = NULL;
		}
		code = dump(o);
	}
	free_list(print);
	return code;
}

int
cli_print_one(const struct wire_fields *item, bool json)
{
	struct cb_buf value = CB_BUF_INIT;

	if (json)
		return dump(item_json(WIRE_LIST_CARDS, item));
	for (int i = 1; i < WIRE_D_END; i++) {
		const enum wire_desk_field field = (enum wire_desk_field)i;
		const char *name = wire_field_name(field), *text;

		if (!wire_fields_has(item, field) || name == NULL)
			continue;
		text = value_text(&value, WIRE_LIST_CARDS, item, field);
		printf("%-12s %s\n", name, text != NULL ? text : "");
	}
	cb_buf_free(&value);
	return cli_flush(CLI_OK);
}

int
cli_print_texts(const char *name, ...)
{
	json_t *o = json_object();
	va_list ap;

	va_start(ap, name);
	for (; o != NULL && name != NULL; name = va_arg(ap, const char *))
		if (json_object_set_new(o, name,
			json_string(va_arg(ap, const char *))) != 0) {
			json_decref(o);
			o = NULL;
		}
	va_end(ap);
	return dump(o);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A table of names and members, by which settings are written and read.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "backend/settings.h"
#include "common/hex.h"

enum form { FORM_KIND, FORM_ID, FORM_HASH, FORM_NUMBER, FORM_LEVEL, FORM_FLAG,
	FORM_TEXT, FORM_PLACES };

static const struct {
	const char *name;
	enum form form;
	size_t at;	/* in struct be_settings */
} members[] = {
	{ "kind", FORM_KIND, offsetof(struct be_settings, kind) },
	{ "backend", FORM_ID, offsetof(struct be_settings, backend) },
	{ "node", FORM_ID, offsetof(struct be_settings, node) },
	{ "organisation", FORM_ID,
	    offsetof(struct be_settings, organisation) },
	{ "run", FORM_ID, offsetof(struct be_settings, run) },
	{ "user", FORM_NUMBER, offsetof(struct be_settings, user) },
	{ "log", FORM_LEVEL, offsetof(struct be_settings, log) },
	{ "log_json", FORM_FLAG, offsetof(struct be_settings, log_json) },
	{ "connections", FORM_NUMBER,
	    offsetof(struct be_settings, bounds.connections) },
	{ "strangers", FORM_NUMBER,
	    offsetof(struct be_settings, bounds.strangers) },
	{ "of_address", FORM_NUMBER,
	    offsetof(struct be_settings, bounds.of_address) },
	{ "of_device", FORM_NUMBER,
	    offsetof(struct be_settings, bounds.of_device) },
	{ "bodies_mib", FORM_NUMBER,
	    offsetof(struct be_settings, bounds.bodies_mib) },
	{ "tls12", FORM_FLAG, offsetof(struct be_settings, tls12) },
	{ "store", FORM_TEXT, offsetof(struct be_settings, store) },
	{ "heads", FORM_TEXT, offsetof(struct be_settings, heads) },
	{ "profiles", FORM_TEXT, offsetof(struct be_settings, profiles) },
	{ "books", FORM_HASH, offsetof(struct be_settings, books) },
	{ "root", FORM_PLACES, offsetof(struct be_settings, roots) },
	{ "recovery", FORM_TEXT, offsetof(struct be_settings, recovery) },
	{ "passcodes", FORM_NUMBER,
	    offsetof(struct be_settings, pace.passcodes) },
	{ "passcode_s", FORM_NUMBER,
	    offsetof(struct be_settings, pace.passcode_s) },
	{ "passcode_cards", FORM_NUMBER,
	    offsetof(struct be_settings, pace.passcode_cards) },
	{ "unblocks", FORM_NUMBER,
	    offsetof(struct be_settings, pace.unblocks) },
	{ "unblock_s", FORM_NUMBER,
	    offsetof(struct be_settings, pace.unblock_s) },
};
#define MEMBERS (sizeof(members) / sizeof(members[0]))

static const char *const kinds[] = { NULL, "live", "test" };

/* ---- writing ------------------------------------------------------------- */

static json_t *
hex(const uint8_t *p, size_t n)
{
	struct cb_buf text = CB_BUF_INIT;
	json_t *v = NULL;

	if (cb_hex_put(&text, cb_span(p, n)) == CB_OK)
		v = json_stringn((const char *)text.p, text.n);
	cb_buf_free(&text);
	return v;
}

static json_t *
places(const struct be_settings *s)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < s->roots_n; i++)
		if (json_array_append_new(list, json_string(s->roots[i])) !=
		    0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *
value_of(const struct be_settings *s, size_t i)
{
	const uint8_t *at = (const uint8_t *)s + members[i].at;

	switch (members[i].form) {
	case FORM_KIND:
		return json_string(s->kind == WIRE_LIVE ? "live" : "test");
	case FORM_ID:
		return hex(at, WIRE_ID);
	case FORM_HASH:
		return hex(at, CR_HASH);
	case FORM_NUMBER:
		return json_integer(*(const uint32_t *)(const void *)at);
	case FORM_LEVEL:
		return json_integer(s->log);
	case FORM_FLAG:
		return json_boolean(*(const bool *)(const void *)at);
	case FORM_TEXT:
		return json_string(*(char *const *)(const void *)at == NULL
			? ""
			: *(char *const *)(const void *)at);
	case FORM_PLACES:
		return places(s);
	}
	return NULL;
}

enum cb_err
be_settings_put(struct cb_buf *b, const struct be_settings *s)
{
	json_t *o = json_object();
	char *text = NULL;
	enum cb_err r = o != NULL ? CB_OK : CB_E_NOMEM;

	for (size_t i = 0; r == CB_OK && i < MEMBERS; i++)
		if (json_object_set_new(o, members[i].name,
			value_of(s, i)) != 0)
			r = CB_E_NOMEM;
	if (r == CB_OK && (text = json_dumps(o, JSON_COMPACT)) == NULL)
		r = CB_E_NOMEM;
	if (r == CB_OK)
		r = cb_buf_add(b, cb_span_str(text));
	free(text);
	json_decref(o);
	return r;
}

/* ---- reading ------------------------------------------------------------- */

static enum cb_err
take_hex(const json_t *v, uint8_t *out, size_t n)
{
	return json_is_string(v)
	    ? cb_hex_get(cb_span(json_string_value(v),
			     json_string_length(v)),
		  out, n)
	    : CB_E_FORMAT;
}

static enum cb_err
take_text(const json_t *v, char **out)
{
	const char *text = json_string_value(v);

	if (text == NULL || strlen(text) > BE_PATH_MAX || *out != NULL)
		return CB_E_FORMAT;
	if (text[0] == '\0')
		return CB_OK;
	return (*out = strdup(text)) != NULL ? CB_OK : CB_E_NOMEM;
}

static enum cb_err
take_places(const json_t *v, struct be_settings *out)
{
	enum cb_err r = CB_OK;

	if (!json_is_array(v) || json_array_size(v) > BE_ROOTS_MAX)
		return CB_E_FORMAT;
	for (size_t i = 0; r == CB_OK && i < json_array_size(v); i++) {
		r = take_text(
		    json_array_get(v, i), &out->roots[out->roots_n]);
		if (r == CB_OK && out->roots[out->roots_n++] == NULL)
			r = CB_E_FORMAT;
	}
	return r;
}

static enum cb_err
take_number(const json_t *v, json_int_t max, json_int_t *out)
{
	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= 0 && *out <= max ? CB_OK
							      : CB_E_FORMAT;
}

static enum cb_err
take_kind(const json_t *v, enum wire_kind *out)
{
	for (int i = WIRE_LIVE; i <= WIRE_TEST; i++)
		if (json_is_string(v) &&
		    strcmp(kinds[i], json_string_value(v)) == 0) {
			*out = (enum wire_kind)i;
			return CB_OK;
		}
	return CB_E_FORMAT;
}

static enum cb_err
take(const json_t *v, size_t i, struct be_settings *out)
{
	uint8_t *at = (uint8_t *)out + members[i].at;
	json_int_t number;
	enum cb_err r = CB_E_INTERNAL;

	switch (members[i].form) {
	case FORM_KIND:
		return take_kind(v, &out->kind);
	case FORM_ID:
		return take_hex(v, at, WIRE_ID);
	case FORM_HASH:
		return take_hex(v, at, CR_HASH);
	case FORM_NUMBER:
		if ((r = take_number(v, UINT32_MAX, &number)) == CB_OK)
			*(uint32_t *)(void *)at = (uint32_t)number;
		return r;
	case FORM_LEVEL:
		if ((r = take_number(v, CB_LOG_DEBUG, &number)) == CB_OK)
			out->log = (enum cb_log_level)number;
		return r;
	case FORM_FLAG:
		*(bool *)(void *)at = json_is_true(v);
		return json_is_boolean(v) ? CB_OK : CB_E_FORMAT;
	case FORM_TEXT:
		return take_text(v, (char **)(void *)at);
	case FORM_PLACES:
		return take_places(v, out);
	}
	return r;
}

static enum cb_err
take_named(const char *name, const json_t *v, struct be_settings *out)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if (strcmp(members[i].name, name) == 0)
			return take(v, i, out);
	return CB_E_FORMAT;
}

enum cb_err
be_settings_get(
    struct cb_span text, struct be_settings *out, struct cb_why *why)
{
	json_error_t error;
	json_t *o = json_loadb((const char *)text.p, text.n,
	    JSON_REJECT_DUPLICATES, &error);
	const char *name;
	json_t *v;
	enum cb_err r = json_is_object(o) ? CB_OK : CB_E_FORMAT;

	*out = (struct be_settings){ .kind = WIRE_TEST };
	if (r != CB_OK)
		cb_why_set(why, "settings that are none");
	else
		json_object_foreach(o, name, v)
			if (r == CB_OK &&
			    (r = take_named(name, v, out)) != CB_OK)
				cb_why_set(why, "setting %.32s: %s", name,
				    cb_err_text(r));
	json_decref(o);
	return r;
}

void
be_settings_clear(struct be_settings *s)
{
	free(s->store);
	free(s->heads);
	free((char *)(uintptr_t)s->profiles);
	for (size_t i = 0; i < s->roots_n; i++)
		free(s->roots[i]);
	free(s->recovery);
	*s = (struct be_settings){ .kind = WIRE_TEST };
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Settings as text that people read and edit: on one line what fits there,
 * tabs, 80 columns, the remark that hangs on a setting above it. (libconfig's
 * own writer knows no remarks, and one setting a line.)
 */
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/describe/describe.h"

#define COLUMNS 80
#define TAB 8

static enum cb_err
put(struct cb_buf *out, const char *text)
{
	return cb_buf_add(out, cb_span_str(text));
}

static enum cb_err
put_tabs(struct cb_buf *out, unsigned depth)
{
	enum cb_err r = CB_OK;

	while (depth-- > 0 && r == CB_OK)
		r = cb_put_u8(out, '\t');
	return r;
}

enum cb_err
describe_remark(struct cb_buf *out, const char *text, unsigned depth)
{
	size_t room = COLUMNS - depth * TAB - 2, n;
	enum cb_err r = CB_OK;

	while (*text != '\0' && r == CB_OK) {
		n = strlen(text);
		if (n > room) {
			n = room;
			while (n > 0 && text[n] != ' ')
				n--;
			if (n == 0)
				n = room;
		}
		if ((r = put_tabs(out, depth)) == CB_OK &&
		    (r = put(out, "# ")) == CB_OK &&
		    (r = cb_buf_add(out, cb_span(text, n))) == CB_OK)
			r = put(out, "\n");
		text += n + (text[n] == ' ');
	}
	return r;
}

static enum cb_err
put_string(struct cb_buf *out, const char *s, size_t n)
{
	enum cb_err r = put(out, "\"");

	for (; n > 0 && r == CB_OK; s++, n--) {
		char code[5];

		if (*s == '"' || *s == '\\')
			(void)snprintf(code, sizeof(code), "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			(void)snprintf(code, sizeof(code), "\\x%02X",
			    (unsigned char)*s);
		else
			(void)snprintf(code, sizeof(code), "%c", *s);
		r = put(out, code);
	}
	return r == CB_OK ? put(out, "\"") : r;
}

static enum cb_err
put_scalar(struct cb_buf *out, const config_setting_t *s)
{
	char text[32];

	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return put_string(out, config_setting_get_string(s),
		    strlen(config_setting_get_string(s)));
	case CONFIG_TYPE_BOOL:
		return put(out, config_setting_get_bool(s) ? "true" : "false");
	case CONFIG_TYPE_FLOAT:
		(void)snprintf(text, sizeof(text), "%g",
		    config_setting_get_float(s));
		return put(out, text);
	default:
		(void)snprintf(text, sizeof(text),
		    config_setting_get_format(s) == CONFIG_FORMAT_HEX
			? "0x%02llX" : "%lld",
		    config_setting_get_int64(s));
		return put(out, text);
	}
}

/* On one line, whatever its length. */
static enum cb_err
put_flat(struct cb_buf *out, const config_setting_t *s)
{
	bool group = config_setting_is_group(s) == CONFIG_TRUE;
	bool list = config_setting_is_list(s) == CONFIG_TRUE;
	int n = config_setting_length(s);
	enum cb_err r;

	if (!group && !list && config_setting_is_array(s) != CONFIG_TRUE)
		return put_scalar(out, s);
	r = put(out, group ? "{ " : list ? "(" : "[");
	for (int i = 0; i < n && r == CB_OK; i++) {
		const config_setting_t *el =
		    config_setting_get_elem(s, (unsigned)i);

		if (group && (r = put(out, config_setting_name(el))) == CB_OK)
			r = put(out, " = ");
		if (r == CB_OK)
			r = put_flat(out, el);
		if (r == CB_OK)
			r = put(out, group ? "; " : i + 1 < n ? ", " : "");
	}
	return r == CB_OK ? put(out, group ? "}" : list ? ")" : "]") : r;
}

static size_t
flat_length(const config_setting_t *s)
{
	struct cb_buf b = CB_BUF_INIT;
	size_t n = put_flat(&b, s) == CB_OK ? b.n : SIZE_MAX / 2;

	cb_buf_free(&b);
	return n;
}

static bool
has_remark(const config_setting_t *s)
{
	if (config_setting_get_hook(s) != NULL)
		return true;
	for (int i = 0; config_setting_is_aggregate(s) &&
	    i < config_setting_length(s); i++)
		if (has_remark(config_setting_get_elem(s, (unsigned)i)))
			return true;
	return false;
}

/* How much of a text fits, up to a blank that is in no quotation marks: these
 * hold characters of a content, and other blanks mean nothing there. */
static size_t
piece(const char *s, size_t room)
{
	size_t n = 0;
	bool quoted = false;

	for (size_t i = 0; s[i] != '\0' && (i < room || n == 0); i++) {
		quoted ^= s[i] == '\'';
		if (s[i] == ' ' && !quoted)
			n = i + 1;
	}
	return strlen(s) <= room || n == 0 ? strlen(s) : n;
}

/* Blanks that mean nothing, one for several. */
static void
squeeze(char *s)
{
	bool quoted = false;
	char *to = s;

	for (; *s != '\0'; s++) {
		quoted ^= *s == '\'';
		if (quoted || s[0] != ' ' || s[1] != ' ')
			*to++ = *s;
	}
	*to = '\0';
}

/* Texts in a row are one text to libconfig. */
static enum cb_err
put_pieces(struct cb_buf *out, const char *text, size_t front, unsigned depth)
{
	char *copy = strdup(text), *s = copy;
	enum cb_err r = CB_OK;

	if (copy == NULL)
		return CB_E_NOMEM;
	squeeze(s);
	while (*s != '\0' && r == CB_OK) {
		size_t n = piece(s, COLUMNS - front - 3);

		if ((r = put_string(out, s, n)) == CB_OK && s[n] != '\0' &&
		    (r = put(out, "\n")) == CB_OK)
			r = put_tabs(out, depth);
		for (s += n; *s == ' '; s++)
			continue;
		front = depth * TAB;
	}
	free(copy);
	return r;
}

enum cb_err
describe_text(struct cb_buf *out, const char *text, unsigned depth)
{
	return put_pieces(out, text, depth * TAB, depth);
}

enum cb_err
describe_value(struct cb_buf *out, const config_setting_t *s, unsigned depth)
{
	const char *name = config_setting_name(s);
	size_t front = depth * TAB + (name != NULL ? strlen(name) + 3 : 0);
	bool group = config_setting_is_group(s) == CONFIG_TRUE;
	bool list = config_setting_is_list(s) == CONFIG_TRUE;
	int n = config_setting_length(s);
	enum cb_err r;

	if (config_setting_type(s) == CONFIG_TYPE_STRING &&
	    front + flat_length(s) + 1 > COLUMNS)
		return put_pieces(
		    out, config_setting_get_string(s), front, depth);
	if (!config_setting_is_aggregate(s) ||
	    (front + flat_length(s) + 1 <= COLUMNS && !has_remark(s)))
		return put_flat(out, s);
	r = put(out, group ? "{\n" : list ? "(\n" : "[\n");
	for (int i = 0; i < n && r == CB_OK; i++) {
		r = describe_print(out,
		    config_setting_get_elem(s, (unsigned)i), depth + 1);
		if (r == CB_OK)
			r = put(out, group ? ";\n" : i + 1 < n ? ",\n" : "\n");
	}
	if (r == CB_OK)
		r = put_tabs(out, depth);
	return r == CB_OK ? put(out, group ? "}" : list ? ")" : "]") : r;
}

enum cb_err
describe_print(struct cb_buf *out, const config_setting_t *s, unsigned depth)
{
	const char *remark = config_setting_get_hook(s);
	const char *name = config_setting_name(s);
	enum cb_err r = CB_OK;

	if (remark != NULL)
		r = describe_remark(out, remark, depth);
	if (r == CB_OK)
		r = put_tabs(out, depth);
	if (r == CB_OK && name != NULL && (r = put(out, name)) == CB_OK)
		r = put(out, " = ");
	return r == CB_OK ? describe_value(out, s, depth) : r;
}

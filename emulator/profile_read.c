/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Groups of settings, read by table.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hex.h"
#include "emulator/profile_read.h"

#define NAME_MAX_N 31
#define LOOK_BACK 16		/* lines */

/* Does line n of the source hold this text? */
static bool
line_holds(const char *source, unsigned n, const char *text)
{
	const char *end, *found;

	while (n > 1 && (source = strchr(source, '\n')) != NULL) {
		source++;
		n--;
	}
	if (source == NULL)
		return false;
	end = strchrnul(source, '\n');
	found = strstr(source, text);
	return found != NULL && found < end;
}

/* libconfig looks one token ahead of a string before it notes the line: the
 * last of a list would be told to stand where the list is closed. */
unsigned
pf_line(const struct pf *c, const config_setting_t *at)
{
	unsigned line = (unsigned)config_setting_source_line(at), n;
	const char *text = config_setting_type(at) == CONFIG_TYPE_STRING
	    ? config_setting_get_string(at) : NULL;

	if (line == 0)
		return 1;	/* the text as a whole */
	for (n = line; text != NULL && n > 0 && line - n < LOOK_BACK; n--)
		if (line_holds(c->source, n, text))
			return n;
	return line;
}

void
pf_fail(struct pf *c, const config_setting_t *at, const char *fmt, ...)
{
	char what[320];
	va_list ap;

	if (c->r != CB_OK)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	cb_why_set(
	    c->why, "%.160s:%u: %s", c->p->file, pf_line(c, at), what);
	c->r = CB_E_FORMAT;
}

void *
pf_calloc(struct pf *c, size_t n, size_t size)
{
	void *p;

	if (c->r != CB_OK || n == 0)
		return NULL;
	if ((p = calloc(n, size)) == NULL)
		c->r = CB_E_NOMEM;
	return p;
}

const char *
pf_text(struct pf *c, const config_setting_t *at)
{
	const char *text = config_setting_get_string(at);

	if (text != NULL)
		return text;
	if (config_setting_name(at) != NULL)
		pf_fail(c, at, "%s: expected text in double quotes",
		    config_setting_name(at));
	else
		pf_fail(c, at, "expected text in double quotes");
	return "";
}

static bool
is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return n > 0 && s[n] == '\0' && n <= NAME_MAX_N && s[0] >= 'a' &&
	    s[0] <= 'z';
}

static long long
number(struct pf *c, const config_setting_t *at, const struct pf_field *f)
{
	long long v = 0;
	int type = config_setting_type(at);

	if (type == CONFIG_TYPE_INT)
		v = config_setting_get_int(at);
	else if (type == CONFIG_TYPE_INT64)
		v = config_setting_get_int64(at);
	if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) ||
	    v < f->min || v > f->max) {
		pf_fail(c, at, "%s: expected a number from %ld to %ld",
		    f->name, f->min, f->max);
		return f->min;
	}
	return v;
}

static void
read_field(struct pf *c, config_setting_t *at, const struct pf_field *f,
    void *base)
{
	void *to = (char *)base + f->off;
	const char *text;

	switch (f->kind) {
	case PF_NAME:
	case PF_TEXT:
		text = pf_text(c, at);
		if (f->kind == PF_NAME && !is_name(text))
			pf_fail(c, at, "%s: expected lower-case letters, "
			    "digits, - and _, at most %d, beginning with a "
			    "letter", f->name, NAME_MAX_N);
		if (text[0] == '\0')
			pf_fail(c, at, "%s: must not be empty", f->name);
		*(const char **)to = text;
		break;
	case PF_BOOL:
		if (config_setting_type(at) != CONFIG_TYPE_BOOL)
			pf_fail(c, at, "%s: expected true or false", f->name);
		*(bool *)to = config_setting_get_bool(at) != 0;
		break;
	case PF_U8:
		*(uint8_t *)to = (uint8_t)number(c, at, f);
		break;
	case PF_U16:
		*(uint16_t *)to = (uint16_t)number(c, at, f);
		break;
	case PF_U32:
		*(uint32_t *)to = (uint32_t)number(c, at, f);
		break;
	case PF_TERMS:
		pf_terms(c, at, to);
		break;
	case PF_OTHER:
		f->fn(c, at, base);
		break;
	}
}

static void
refuse_unknown(struct pf *c, config_setting_t *group,
    const struct pf_field *fields, size_t n)
{
	int count = config_setting_length(group);

	for (int i = 0; i < count; i++) {
		const config_setting_t *at =
		    config_setting_get_elem(group, (unsigned)i);
		const char *name = config_setting_name(at);
		char known[256] = "";
		size_t used = 0, f = 0;

		while (f < n && strcmp(fields[f].name, name) != 0)
			f++;
		if (f < n)
			continue;
		for (f = 0; f < n && used < sizeof(known); f++) {
			int m = snprintf(known + used, sizeof(known) - used,
			    "%s%s", f > 0 ? ", " : "", fields[f].name);

			used += m > 0 ? (size_t)m : 0;
		}
		pf_fail(c, at, "unknown setting \"%.40s\"; expected one of: %s",
		    name, known);
	}
}

void
pf_group(struct pf *c, config_setting_t *group,
    const struct pf_field *fields, size_t n, void *base)
{
	if (c->r != CB_OK)
		return;
	if (config_setting_is_group(group) == CONFIG_FALSE) {
		pf_fail(c, group, "expected settings between { and }");
		return;
	}
	refuse_unknown(c, group, fields, n);
	for (size_t i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *at =
		    config_setting_get_member(group, fields[i].name);

		if (at != NULL)
			read_field(c, at, &fields[i], base);
		else if (fields[i].need)
			pf_fail(c, group, "%s is missing", fields[i].name);
	}
}

unsigned
pf_list(struct pf *c, config_setting_t *at, unsigned max)
{
	int n = config_setting_length(at);

	if (c->r != CB_OK)
		return 0;
	if (!config_setting_is_list(at) && !config_setting_is_array(at)) {
		pf_fail(c, at, "%s: expected a list between ( and )",
		    config_setting_name(at));
		return 0;
	}
	if (n < 0 || (unsigned)n > max) {
		pf_fail(c, at, "%s: at most %u, found %d",
		    config_setting_name(at), max, n);
		return 0;
	}
	return (unsigned)n;
}

static void
term(struct pf *c, const config_setting_t *at, struct emu_term *out)
{
	out->text = pf_text(c, at);
	out->line = pf_line(c, at);
}

void
pf_terms(struct pf *c, config_setting_t *at, struct emu_terms *out)
{
	bool one = config_setting_type(at) == CONFIG_TYPE_STRING;
	int n = one ? 1 : config_setting_length(at);

	if (!one && !config_setting_is_list(at) &&
	    !config_setting_is_array(at)) {
		pf_fail(c, at, "expected text in double quotes, or a list of "
		    "such between ( and )");
		return;
	}
	if (n <= 0)
		return;
	if ((out->p = pf_calloc(c, (size_t)n, sizeof(*out->p))) == NULL)
		return;
	out->n = (unsigned)n;
	out->file = c->p->file;
	for (unsigned i = 0; i < out->n; i++)
		term(c, one ? at : config_setting_get_elem(at, i), &out->p[i]);
}

void
pf_terms_free(struct emu_terms *terms)
{
	free(terms->p);
	*terms = (struct emu_terms){ 0 };
}

void
pf_hex(struct pf *c, const config_setting_t *at, uint8_t *out, size_t min,
    size_t max, uint8_t *n)
{
	const char *text = pf_text(c, at);
	struct cb_buf b = CB_BUF_INIT;

	if (c->r != CB_OK)
		return;
	if (cb_hex_decode(&b, text, strlen(text)) != CB_OK || b.n < min ||
	    b.n > max) {
		if (min == max)
			pf_fail(c, at, "expected %zu bytes in hexadecimal "
			    "digits", min);
		else
			pf_fail(c, at, "expected %zu to %zu bytes in "
			    "hexadecimal digits", min, max);
	} else {
		if (b.n > 0)
			memcpy(out, b.p, b.n);
		*n = (uint8_t)b.n;
	}
	cb_buf_free(&b);
}

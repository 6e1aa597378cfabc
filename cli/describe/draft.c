/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Settings of a profile, looked up and changed, and notes of what is assumed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/describe/draft.h"
#include "common/hex.h"

#define NOTES_MAX 256

void
draft_note(struct draft *d, const char *fmt, ...)
{
	struct rep_text *p;
	va_list ap;

	if (d->err != CB_OK || d->notes->n >= NOTES_MAX)
		return;
	p = reallocarray(d->notes->p, d->notes->n + 1, sizeof(*p));
	if (p == NULL) {
		d->err = CB_E_NOMEM;
		return;
	}
	d->notes->p = p;
	va_start(ap, fmt);
	(void)vsnprintf(p[d->notes->n++].text, sizeof(p->text), fmt, ap);
	va_end(ap);
}

void
draft_put(struct draft *d, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (d->err == CB_OK)
		d->err = cb_buf_add(d->out, cb_span_str(text));
}

/* ---- settings ------------------------------------------------------------ */

config_setting_t *
draft_member(config_setting_t *group, const char *name)
{
	return group != NULL ? config_setting_get_member(group, name) : NULL;
}

config_setting_t *
draft_find(config_setting_t *list, const char *member, const char *v)
{
	for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
		config_setting_t *el =
		    config_setting_get_elem(list, (unsigned)i);

		if (strcmp(draft_text(el, member), v) == 0)
			return el;
	}
	return NULL;
}

const char *
draft_text(config_setting_t *group, const char *name)
{
	const char *text = NULL;

	if (group != NULL)
		(void)config_setting_lookup_string(group, name, &text);
	return text != NULL ? text : "";
}

int
draft_number(config_setting_t *group, const char *name)
{
	int v = -1;

	(void)config_setting_lookup_int(group, name, &v);
	return v;
}

config_setting_t *
draft_emptied(struct draft *d, const char *name)
{
	config_setting_t *list = draft_member(d->root, name);

	if (list == NULL || config_setting_is_list(list) != CONFIG_TRUE) {
		(void)config_setting_remove(d->root, name);
		list = config_setting_add(d->root, name, CONFIG_TYPE_LIST);
	}
	while (list != NULL && config_setting_length(list) > 0)
		(void)config_setting_remove_elem(list, 0);
	if (list == NULL)
		d->err = CB_E_NOMEM;
	return list;
}

void
draft_add_text(struct draft *d, config_setting_t *list, const char *text)
{
	if (d->err == CB_OK &&
	    config_setting_set_string_elem(list, -1, text) == NULL)
		d->err = CB_E_NOMEM;
}

void
draft_set_number(
    struct draft *d, config_setting_t *group, const char *name, int v)
{
	config_setting_t *s = draft_member(group, name);

	if (s == NULL)
		s = config_setting_add(group, name, CONFIG_TYPE_INT);
	if (s == NULL || config_setting_set_int(s, v) != CONFIG_TRUE)
		d->err = CB_E_NOMEM;
}

void
draft_set_bool(
    struct draft *d, config_setting_t *group, const char *name, bool v)
{
	config_setting_t *s = draft_member(group, name);

	if (s == NULL && !v)
		return;
	if (s == NULL)
		s = config_setting_add(group, name, CONFIG_TYPE_BOOL);
	if (s == NULL || config_setting_set_bool(s, v) != CONFIG_TRUE)
		d->err = CB_E_NOMEM;
}

const char *
draft_hex(const struct rep_access *a, char out[3 * REP_ACCESS_MAX])
{
	char pair[3];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < a->n; i++)
		n += (size_t)snprintf(out + n, 3 * REP_ACCESS_MAX - n, "%s%s",
		    i > 0 ? " " : "",
		    cb_hex_encode(pair, sizeof(pair), cb_span(a->p + i, 1)));
	return out;
}

void
draft_set_text(
    struct draft *d, config_setting_t *group, const char *name, const char *v)
{
	config_setting_t *s = draft_member(group, name);

	if (s == NULL)
		s = config_setting_add(group, name, CONFIG_TYPE_STRING);
	if (s == NULL || config_setting_set_string(s, v) != CONFIG_TRUE)
		d->err = CB_E_NOMEM;
}

void
draft_policy(struct draft *d, const char *rule, int v, bool at_least)
{
	static const char *const names[] = { "live", "test" };
	config_setting_t *all = draft_member(d->root, "policy");

	for (size_t i = 0; i < 2; i++) {
		config_setting_t *one = draft_member(all, names[i]);

		if (one == NULL || (at_least ? draft_number(one, rule) >= v
					     : draft_number(one, rule) <= v))
			continue;
		draft_set_number(d, one, rule, v);
		draft_note(d, "policy.%s.%s is %d, since the card has that",
		    names[i], rule, v);
	}
}

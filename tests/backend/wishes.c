/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See wishes.h.
 */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "tests/backend/wishes.h"

#define FILE_MAX 1048576

static void
set_profile(struct wish *w, const char *value)
{
	w->profile = value;
}

static void
set_serial(struct wish *w, const char *value)
{
	w->make.serial = value;
}

static void
set_atr(struct wish *w, const char *value)
{
	w->make.atr = value;
}

static void
set_keys(struct wish *w, const char *value)
{
	w->make.keys_from = value;
}

static void
set_tries(struct wish *w, const char *value)
{
	w->make.tries = (unsigned)strtoul(value, NULL, 10);
}

static void
set_puk(struct wish *w, const char *value)
{
	w->make.so_pin = cb_span_str(value);
}

static void
set_blank(struct wish *w, const char *value)
{
	(void)value;
	w->make.blank = true;
}

static const struct {
	const char *name;
	void (*set)(struct wish *w, const char *value);
} words[] = {
	{ "profile=", set_profile },
	{ "serial=", set_serial },
	{ "atr=", set_atr },
	{ "keys=", set_keys },
	{ "tries=", set_tries },
	{ "puk=", set_puk },
	{ "blank=", set_blank },
};

static bool
take_word(struct wish *w, const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t n = strlen(words[i].name);

		if (strncmp(word, words[i].name, n) != 0)
			continue;
		words[i].set(w, word + n);
		return true;
	}
	return false;
}

static enum cb_err
take_line(struct wish *w, char *line, struct cb_why *why)
{
	char *rest = NULL;

	*w = (struct wish){ .profile = NULL };
	for (char *word = strtok_r(line, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest))
		if (!take_word(w, word)) {
			cb_why_set(why, "no such wish: %s", word);
			return CB_E_ARG;
		}
	if (w->profile != NULL)
		return CB_OK;
	cb_why_set(why, "a card without a profile");
	return CB_E_ARG;
}

enum cb_err
wishes_read(struct wishes *w, const char *path, struct cb_why *why)
{
	char *rest = NULL;
	size_t lines = 0;
	enum cb_err r;

	*w = (struct wishes){ .n = 0 };
	if ((r = cb_text_read(&w->text, path, FILE_MAX)) != CB_OK) {
		cb_why_set(why, "%s cannot be read", path);
		return r;
	}
	for (const char *p = w->text; *p != '\0'; p++)
		lines += *p == '\n';
	if ((w->all = calloc(lines + 1, sizeof(*w->all))) == NULL)
		return CB_E_NOMEM;
	for (char *line = strtok_r(w->text, "\n", &rest);
	     line != NULL && r == CB_OK; line = strtok_r(NULL, "\n", &rest))
		r = take_line(&w->all[w->n++], line, why);
	return r;
}

void
wishes_clear(struct wishes *w)
{
	free(w->all);
	free(w->text);
	*w = (struct wishes){ .n = 0 };
}

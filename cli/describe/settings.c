/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What kinds of cards do otherwise than others of the same kind, as far as a
 * probe sees it: settings of the application, and answers.
 */
#include <string.h>

#include "cli/describe/draft.h"

/* ---- settings of an application ------------------------------------------ */

static bool
has_bare_fcp(const struct report *r, const struct rep_app *tree)
{
	const struct rep_file *mf = rep_find_file(tree, "3F00");

	(void)r;
	return mf != NULL && mf->fci.n > 0 && mf->fci.p[0] == 0x6F;
}

static bool
has_silent_names(const struct report *r, const struct rep_app *tree)
{
	(void)r;
	return tree->fci.n == 0;
}

static bool
is_there_from_reset(const struct report *r, const struct rep_app *tree)
{
	const struct rep_app *first = report_find_app(r, "from-reset");
	const struct rep_file *mf = rep_find_file(tree, "3F00"), *its;

	if (first == NULL || mf == NULL ||
	    (its = rep_find_file(first, "3F00")) == NULL)
		return false;
	return its->fci.n == mf->fci.n && mf->fci.n > 0 &&
	    memcmp(its->fci.p, mf->fci.p, mf->fci.n) == 0;
}

static const struct {
	const char *applet, *name;
	bool (*is)(const struct report *r, const struct rep_app *tree);
} settings[] = {
	{ "iasecc", "bare_fcp", has_bare_fcp },
	{ "iasecc", "silent_names", has_silent_names },
	{ "iasecc", "from_reset", is_there_from_reset },
};

/* ---- answers ------------------------------------------------------------- */

/* EF.SN was read to its end, and beyond. */
static int
read_to_end(const struct rep_app *tree)
{
	for (size_t i = 0; i < tree->objects_n; i++)
		if (strcmp(tree->objects[i].name, "SFI1C") == 0 &&
		    (tree->objects[i].sw == 0x9000 ||
			tree->objects[i].sw == 0x6282))
			return tree->objects[i].sw;
	return -1;
}

static int
blocked_query(const struct rep_app *tree)
{
	for (size_t i = 0; i < tree->pins_n; i++)
		if (tree->pins[i].sw == 0x6983 || tree->pins[i].sw == 0x63C0)
			return tree->pins[i].sw;
	return -1;
}

static const struct {
	const char *applet, *name;
	int (*get)(const struct rep_app *tree);	/* -1: not seen */
} answers[] = {
	{ "iasecc", "read-to-end", read_to_end },
	{ "iasecc", "pin-blocked-query", blocked_query },
};

/* ---- both ---------------------------------------------------------------- */

void
draft_settings(
    struct draft *d, config_setting_t *app, const struct rep_app *tree)
{
	const char *applet = draft_text(app, "applet");
	config_setting_t *said = draft_member(d->root, "answers");
	int v;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (strcmp(settings[i].applet, applet) == 0)
			draft_set_bool(d, app, settings[i].name,
			    settings[i].is(d->r, tree));
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (said != NULL && strcmp(answers[i].applet, applet) == 0 &&
		    (v = answers[i].get(tree)) >= 0)
			draft_set_number(d, said, answers[i].name, v);
	if (draft_member(app, "keep_verified") != NULL)
		draft_note(d, "whether a passcode stays verified when the "
		    "application is selected again is as in the shipped "
		    "profile");
}

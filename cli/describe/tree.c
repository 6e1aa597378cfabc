/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The tree of an application, from a report that tells of it in pieces: the
 * application itself, and those that are directories within it and were
 * selected by their own names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/describe/draft.h"
#include "common/hex.h"

#define MF_DIGITS 4

/* That has this profile's AID, or else one of the same applet. */
static const struct rep_app *
find_root(const struct draft *d, config_setting_t *app)
{
	const char *aid = draft_text(app, "aid");
	const char *applet = draft_text(app, "applet");
	struct cb_buf want = CB_BUF_INIT;
	const struct rep_app *found = NULL, *like = NULL;

	if (cb_hex_decode(&want, aid, strlen(aid)) != CB_OK)
		goto out;
	for (size_t i = 0; i < d->r->apps_n && found == NULL; i++) {
		const struct rep_app *a = &d->r->apps[i];

		if (a->sw != 0x9000 || a->within[0] != '\0')
			continue;
		if (cb_span_equal(cb_buf_span(&want),
			cb_span(a->aid, a->aid_n)))
			found = a;
		else if (like == NULL && a->aid_n > 0 && a->files_n > 0 &&
		    strncmp(a->name, applet, strlen(applet)) == 0 &&
		    strcmp(a->files[0].path, "3F00") == 0)
			like = a;
	}
out:
	cb_buf_free(&want);
	return found != NULL ? found : like;
}

static void
take_aid(struct draft *d, config_setting_t *app, const struct rep_app *root)
{
	char hex[2 * REP_AID_MAX + 1];
	struct cb_buf own = CB_BUF_INIT;
	const char *aid = draft_text(app, "aid");

	if (cb_hex_decode(&own, aid, strlen(aid)) != CB_OK ||
	    !cb_span_equal(
		cb_buf_span(&own), cb_span(root->aid, root->aid_n))) {
		cb_hex_encode(
		    hex, sizeof(hex), cb_span(root->aid, root->aid_n));
		draft_set_text(d, app, "aid", hex);
		draft_note(d, "%s is taken for the applet %s, by another name",
		    hex, draft_text(app, "applet"));
	}
	cb_buf_free(&own);
}

/* ---- one table of pieces ------------------------------------------------- */

/* Everything still belongs to the report. */
static void
add(struct draft *d, struct rep_app *tree, const struct rep_app *piece)
{
	for (size_t i = 0; i < piece->files_n; i++) {
		if (rep_find_file(tree, piece->files[i].path) == NULL)
			tree->files[tree->files_n++] = piece->files[i];
		else
			draft_note(d, "%s of %s is left out: another "
			    "application has a file there",
			    piece->files[i].path, piece->name);
	}
	for (size_t i = 0; i < piece->pins_n; i++) {
		const struct rep_pin *pin = &piece->pins[i];
		struct rep_pin *had = NULL;

		for (size_t j = 0; j < tree->pins_n && had == NULL; j++)
			if (tree->pins[j].ref == pin->ref &&
			    strcmp(tree->pins[j].owner, pin->owner) == 0)
				had = &tree->pins[j];
		if (had == NULL)
			tree->pins[tree->pins_n++] = *pin;
		else if (had->sw == 0)
			had->sw = pin->sw;
	}
}

static bool
is_piece(const struct rep_app *a, const struct rep_app *root)
{
	return a == root ||
	    (a->sw == 0x9000 && strcmp(a->within, root->name) == 0);
}

static struct rep_app *
join(struct draft *d, const struct rep_app *root)
{
	struct rep_app *tree = calloc(1, sizeof(*tree));
	size_t files = 1, pins = 1;

	for (size_t i = 0; i < d->r->apps_n; i++)
		if (is_piece(&d->r->apps[i], root)) {
			files += d->r->apps[i].files_n;
			pins += d->r->apps[i].pins_n;
		}
	if (tree != NULL) {
		*tree = *root;
		tree->files_n = tree->pins_n = 0;
		tree->files = calloc(files, sizeof(*tree->files));
		tree->pins = calloc(pins, sizeof(*tree->pins));
	}
	if (tree == NULL || tree->files == NULL || tree->pins == NULL) {
		draft_tree_free(&tree);
		d->err = CB_E_NOMEM;
		return NULL;
	}
	add(d, tree, root);
	for (size_t i = 0; i < d->r->apps_n; i++)
		if (&d->r->apps[i] != root && is_piece(&d->r->apps[i], root))
			add(d, tree, &d->r->apps[i]);
	return tree;
}

void
draft_tree_free(struct rep_app **tree)
{
	if (*tree != NULL) {
		free((*tree)->files);
		free((*tree)->pins);
	}
	free(*tree);
	*tree = NULL;
}

/* ---- where the directory with a name is ---------------------------------- */

static void
move(struct draft *d, config_setting_t *list, const char *member,
    const char *from, const char *to)
{
	char path[REP_PATH_MAX];
	size_t n = strlen(from);

	for (int i = 0; list != NULL && i < config_setting_length(list); i++) {
		config_setting_t *el =
		    config_setting_get_elem(list, (unsigned)i);
		const char *old = draft_text(el, member);

		if (strncmp(old, from, n) != 0 ||
		    (old[n] != '\0' && old[n] != '/'))
			continue;
		(void)snprintf(path, sizeof(path), "%s%s", to, old + n);
		draft_set_text(d, el, member, path);
	}
}

/* The shipped profile's application is where the card has it. */
static void
move_named(struct draft *d, config_setting_t *app, const struct rep_app *tree)
{
	config_setting_t *files = draft_member(app, "files");
	char from[REP_PATH_MAX] = "";
	const char *to = "";

	for (int i = 0; i < config_setting_length(files) && from[0] == '\0';
	     i++) {
		config_setting_t *el =
		    config_setting_get_elem(files, (unsigned)i);

		if (draft_text(el, "name")[0] != '\0')
			(void)snprintf(from, sizeof(from), "%.39s",
			    draft_text(el, "path"));
	}
	for (size_t i = 0; i < tree->files_n && to[0] == '\0'; i++)
		if (tree->files[i].name_n > 0 &&
		    strlen(tree->files[i].path) > MF_DIGITS)
			to = tree->files[i].path;
	if (from[0] == '\0' || to[0] == '\0' || strcmp(from, to) == 0)
		return;
	move(d, files, "path", from, to);
	move(d, draft_member(app, "pins"), "owner", from, to);
}

struct rep_app *
draft_tree(struct draft *d, config_setting_t *app)
{
	const struct rep_app *root = find_root(d, app);
	struct rep_app *tree;

	if (root == NULL)
		return NULL;
	take_aid(d, app, root);
	if ((tree = join(d, root)) != NULL)
		move_named(d, app, tree);
	return tree;
}

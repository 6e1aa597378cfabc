/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A shipped profile, changed to what a report tells. Applications are matched
 * by their AID, files by path, passcodes by owner and reference: a kind of
 * card needs no code here, only a profile and a probe; at most rows in
 * settings.c.
 */
#include <stdio.h>
#include <string.h>

#include "cli/describe/draft.h"

static void
put_app(struct draft *d, config_setting_t *app, const struct rep_app *tree)
{
	config_setting_t *files = draft_member(app, "files");
	bool blank = draft_is_blank(files, tree);

	draft_settings(d, app, tree);
	draft_pins(d, app, tree, blank);
	if (blank)
		draft_note(d,
		    "the card is blank: files, keys and passcodes beyond "
		    "that are the shipped profile's; make it with card new "
		    "--blank");
	draft_put(d, "\t{\n");
	for (int i = 0; i < config_setting_length(app); i++) {
		config_setting_t *s = config_setting_get_elem(app, (unsigned)i);

		if (s == files) {
			draft_files(d, files, tree, blank);
		} else {
			if (d->err == CB_OK)
				d->err = describe_print(d->out, s, 2);
			draft_put(d, ";\n");
		}
	}
	draft_put(d, "\t}");
}

/* ---- the whole ----------------------------------------------------------- */

/* How many there are: those that the card does not have are left out. */
static unsigned
put_apps(struct draft *d)
{
	config_setting_t *apps = draft_member(d->root, "applications");
	int n = config_setting_length(apps);
	unsigned put = 0;

	draft_put(d, "applications = (\n");
	for (int i = 0; i < n && d->err == CB_OK; i++) {
		config_setting_t *app =
		    config_setting_get_elem(apps, (unsigned)i);
		struct rep_app *tree = draft_tree(d, app);

		if (tree == NULL) {
			draft_note(d,
			    "application %s is left out: the card did not "
			    "answer to its name",
			    draft_text(app, "applet"));
			continue;
		}
		draft_put(d, "%s", put++ > 0 ? ",\n" : "");
		put_app(d, app, tree);
		draft_tree_free(&tree);
	}
	draft_put(d, "\n);\n");
	return put;
}

/* Keys may change while files are written: these stand below, in the text
 * above. So files first, into a text of their own. */
static void
put_all(struct draft *d)
{
	struct cb_buf *out = d->out, apps = CB_BUF_INIT_MAX(out->max);
	struct cb_buf *text = out;
	unsigned n;

	d->out = &apps;
	n = put_apps(d);
	d->out = text;
	if (d->err == CB_OK && n == 0)
		d->err = CB_E_ABSENT;
	draft_note(d, "its key pairs, certificates and passcodes are new");
	draft_put(d,
	    "# A card like one that `cardbridge card probe` reported on; made\n"
	    "# by `cardbridge card describe`, see cardbridge-profile(5).\n#\n");
	draft_put(d,
	    "# The report says: %s, %u of 100 sure.\n"
	    "# What it does not tell is assumed:\n",
	    d->r->guess, d->r->sure);
	for (size_t i = 0; i < d->notes->n && d->err == CB_OK; i++) {
		char line[REP_TEXT_MAX + 4];

		(void)snprintf(line, sizeof(line), "- %s", d->notes->p[i].text);
		d->err = describe_remark(d->out, line, 0);
	}
	draft_put(d, "\n");
	for (int i = 0; i < config_setting_length(d->root); i++) {
		config_setting_t *s =
		    config_setting_get_elem(d->root, (unsigned)i);

		if (strcmp(config_setting_name(s), "applications") == 0)
			continue;
		if (d->err == CB_OK)
			d->err = describe_print(d->out, s, 0);
		draft_put(d, ";\n");
	}
	draft_put(d, "\n");
	if (d->err == CB_OK)
		d->err = cb_buf_add(d->out, cb_buf_span(&apps));
	cb_buf_free(&apps);
}

/* Reads the profile, or the one that it is another name of. */
static enum cb_err
read_shipped(struct draft *d, const char *path, struct cb_why *why)
{
	char other[4096];
	const char *slash = strrchr(path, '/'), *alias;

	for (int more = 1; more >= 0; more--) {
		if (config_read_file(&d->text, path) != CONFIG_TRUE) {
			cb_why_set(why, "%s:%d: %s", path,
			    config_error_line(&d->text),
			    config_error_text(&d->text));
			return CB_E_FORMAT;
		}
		d->root = config_root_setting(&d->text);
		alias = draft_text(d->root, "alias");
		if (alias[0] == '\0' || more == 0)
			break;
		draft_note(d, "the card is taken for %s", alias);
		if ((size_t)snprintf(other, sizeof(other), "%.*s%s.profile",
			slash != NULL ? (int)(slash - path) + 1 : 0, path,
			alias) >= sizeof(other))
			break;
		path = other;
	}
	if (draft_member(d->root, "applications") != NULL)
		return CB_OK;
	cb_why_set(why, "%s is no profile of a card", path);
	return CB_E_FORMAT;
}

enum cb_err
describe_report(const struct report *r, const char *shipped,
    struct cb_buf *text, struct describe_notes *notes, struct cb_why *why)
{
	struct draft d = { .r = r, .out = text, .notes = notes };

	config_init(&d.text);
	if ((d.err = read_shipped(&d, shipped, why)) != CB_OK)
		goto out;
	draft_name(&d);
	draft_atr(&d);
	draft_cplc(&d);
	put_all(&d);
	if (d.err == CB_E_ABSENT)
		cb_why_set(why,
		    "the card of the report has none of the "
		    "applications of %s",
		    shipped);
out:
	config_destroy(&d.text);
	return d.err;
}

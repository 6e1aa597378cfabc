/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A shipped profile, changed to what a report tells. Applications are matched
 * by their AID, files by path, passcodes by owner and reference: a kind of
 * card needs no code here, only a profile and a probe.
 */
#include <stdio.h>
#include <string.h>

#include "cli/describe/draft.h"
#include "common/hex.h"

/* The application of the report that has this profile's AID. */
static const struct rep_app *
find_app(const struct draft *d, config_setting_t *app)
{
	const char *aid = draft_text(app, "aid");
	struct cb_buf want = CB_BUF_INIT;
	const struct rep_app *found = NULL;

	if (cb_hex_decode(&want, aid, strlen(aid)) == CB_OK)
		for (size_t i = 0; i < d->r->apps_n && found == NULL; i++)
			if (d->r->apps[i].sw == 0x9000 &&
			    cb_span_equal(
				cb_buf_span(&want), cb_span(d->r->apps[i].aid,
							d->r->apps[i].aid_n)))
				found = &d->r->apps[i];
	cb_buf_free(&want);
	return found;
}

static void
do_apps(struct draft *d)
{
	config_setting_t *apps = draft_member(d->root, "applications");
	int i = 0;

	while (i < config_setting_length(apps)) {
		config_setting_t *app =
		    config_setting_get_elem(apps, (unsigned)i);
		const struct rep_app *found = find_app(d, app);

		if (found == NULL) {
			draft_note(d,
			    "application %s is left out: the card did not "
			    "answer to its name",
			    draft_text(app, "applet"));
			(void)config_setting_remove_elem(apps, (unsigned)i);
			continue;
		}
		draft_pins(d, app, found,
		    draft_is_blank(draft_member(app, "files"), found));
		i++;
	}
}

static void
put_app(struct draft *d, config_setting_t *app)
{
	const struct rep_app *found = find_app(d, app);
	config_setting_t *files = draft_member(app, "files");
	bool blank = draft_is_blank(files, found);

	if (blank)
		draft_note(d,
		    "the card is blank: files, keys and passcodes beyond "
		    "that are the shipped profile's; make it with card new "
		    "--blank");
	draft_put(d, "\t{\n");
	for (int i = 0; i < config_setting_length(app); i++) {
		config_setting_t *s = config_setting_get_elem(app, (unsigned)i);

		if (s == files) {
			draft_files(d, files, found, blank);
		} else {
			if (d->err == CB_OK)
				d->err = describe_print(d->out, s, 2);
			draft_put(d, ";\n");
		}
	}
	draft_put(d, "\t}");
}

/* ---- the whole ----------------------------------------------------------- */

static void
put_apps(struct draft *d)
{
	config_setting_t *apps = draft_member(d->root, "applications");
	int n = config_setting_length(apps);

	draft_put(d, "applications = (\n");
	for (int i = 0; i < n && d->err == CB_OK; i++) {
		put_app(d, config_setting_get_elem(apps, (unsigned)i));
		draft_put(d, i + 1 < n ? ",\n" : "\n");
	}
	draft_put(d, ");\n");
}

/* Keys may change while files are written: these stand below, in the text
 * above. So files first, into a text of their own. */
static void
put_all(struct draft *d)
{
	struct cb_buf *out = d->out, apps = CB_BUF_INIT_MAX(out->max);
	struct cb_buf *text = out;

	d->out = &apps;
	put_apps(d);
	d->out = text;
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

enum cb_err
describe_report(const struct report *r, const char *shipped,
    struct cb_buf *text, struct describe_notes *notes, struct cb_why *why)
{
	struct draft d = { .r = r, .out = text, .notes = notes };

	config_init(&d.text);
	if (config_read_file(&d.text, shipped) != CONFIG_TRUE) {
		cb_why_set(why, "%s:%d: %s", shipped,
		    config_error_line(&d.text), config_error_text(&d.text));
		d.err = CB_E_FORMAT;
		goto out;
	}
	d.root = config_root_setting(&d.text);
	if (draft_member(d.root, "applications") == NULL) {
		cb_why_set(why, "%s is no profile of a card", shipped);
		d.err = CB_E_FORMAT;
		goto out;
	}
	draft_name(&d);
	draft_atr(&d);
	draft_cplc(&d);
	do_apps(&d);
	if (config_setting_length(draft_member(d.root, "applications")) == 0) {
		cb_why_set(why,
		    "the card of the report has none of the "
		    "applications of %s",
		    shipped);
		d.err = CB_E_ABSENT;
		goto out;
	}
	draft_note(&d, "its key pairs, certificates and passcodes are new");
	put_all(&d);
out:
	config_destroy(&d.text);
	return d.err;
}

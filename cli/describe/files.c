/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The list of files, in the order of the card: identifiers, types, sizes and
 * access from the report; contents from there too where they are told, else
 * from the shipped profile, else zeros.
 */
#include <string.h>

#include "cli/describe/draft.h"
#include "common/hex.h"

static bool
is_set(config_setting_t *el, const char *name)
{
	int v = 0;

	return el != NULL && config_setting_lookup_bool(el, name, &v) ==
		CONFIG_TRUE && v != 0;
}

/* Is there nothing on the card but what a blank one has? */
bool
draft_is_blank(config_setting_t *files, const struct rep_app *found)
{
	for (size_t i = 0; i < found->files_n; i++)
		if (!is_set(draft_find(files, "path", found->files[i].path),
			"blank"))
			return false;
	return true;
}

static bool
mentions(const config_setting_t *s, const char *what)
{
	const char *text;

	if (s == NULL)
		return false;
	text = config_setting_get_string(s);
	if (text != NULL)
		return strstr(text, what) != NULL;
	for (int i = 0;
	     config_setting_is_aggregate(s) && i < config_setting_length(s);
	     i++)
		if (mentions(config_setting_get_elem(s, (unsigned)i), what))
			return true;
	return false;
}

/* Does a text name a passcode that the application has no more? */
static bool
lacks_pin(config_setting_t *app, const char *text)
{
	static const char word[] = "pin.";
	config_setting_t *pins = draft_member(app, "pins");
	bool there = true;

	while (there && text != NULL && (text = strstr(text, word)) != NULL) {
		size_t n = strcspn(text += sizeof(word) - 1, ".");

		there = false;
		for (int i = 0; pins != NULL &&
		     i < config_setting_length(pins) && !there; i++) {
			const char *name = draft_text(
			    config_setting_get_elem(pins, (unsigned)i), "name");

			there = strlen(name) == n &&
			    strncmp(name, text, n) == 0;
		}
	}
	return !there;
}

/* The shipped profile's content of a file, where it makes sense still. */
static config_setting_t *
shipped_content(config_setting_t *el)
{
	config_setting_t *s = draft_member(el, "content"), *app;

	if (s == NULL)
		return NULL;
	app = config_setting_parent(config_setting_parent(el));
	if (config_setting_is_scalar(s))
		return lacks_pin(app, config_setting_get_string(s)) ? NULL : s;
	for (int i = 0; i < config_setting_length(s); i++)
		if (lacks_pin(app, config_setting_get_string_elem(s, i)))
			return NULL;
	return s;
}

static void
put_shipped(struct draft *d, config_setting_t *s)
{
	draft_put(d, "\n\t\t  %s = ", config_setting_name(s));
	if (d->err == CB_OK)
		d->err = describe_value(d->out, s, 2);
	draft_put(d, ";");
}

/* A file that only the shipped profile has. */
static void
put_whole(struct draft *d, const config_setting_t *el)
{
	static const char *const first[] = { "path", "type", "size" };

	draft_put(d, "\t\t{");
	for (int i = 0; i < config_setting_length(el) && d->err == CB_OK; i++) {
		config_setting_t *s = config_setting_get_elem(el, (unsigned)i);
		bool front = false;

		for (size_t j = 0; j < sizeof(first) / sizeof(first[0]); j++)
			front |= strcmp(config_setting_name(s), first[j]) == 0;
		if (!front) {
			put_shipped(d, s);
			continue;
		}
		draft_put(d, " %s = ", config_setting_name(s));
		if (d->err == CB_OK)
			d->err = describe_value(d->out, s, 0);
		draft_put(d, ";");
	}
	draft_put(d, " }");
}

static void
put_bytes(struct draft *d, const struct rep_bytes *b, const char *path,
    const char *indent)
{
	bool guessed = false;

	if (d->err == CB_OK)
		d->err = describe_bytes(d->out, b, path, indent, &guessed);
}

/* Would bytes be made up where these are hidden? */
static bool
is_guess(struct draft *d, const struct rep_bytes *b, const char *path)
{
	struct cb_buf none = CB_BUF_INIT;
	bool guessed = false;

	if (d->err == CB_OK)
		d->err = describe_bytes(&none, b, path, "", &guessed);
	cb_buf_free(&none);
	return guessed;
}

static bool
is_zero(const struct rep_bytes *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->hidden[i] || b->p[i] != 0)
			return false;
	return true;
}

static void
put_content(struct draft *d, const struct rep_file *f, config_setting_t *el,
    bool guess, bool blank)
{
	config_setting_t *shipped = shipped_content(el);

	if (blank && shipped != NULL && !is_set(el, "blank_content") &&
	    is_zero(&f->content)) {
		put_shipped(d, shipped);	/* for a card that is not */
		return;
	}
	if (shipped != NULL && (guess || f->content.n == 0)) {
		put_shipped(d, shipped);
		draft_note(
		    d, "%s: contents as in the shipped profile", f->path);
		return;
	}
	if (f->content.n == 0 && f->size > 0 && f->type == REP_TRANSPARENT)
		draft_note(d, "%s: zeros, since the report does not have its "
		    "contents", f->path);
	if (is_zero(&f->content))
		return;
	if (guess)
		draft_note(d, "%s: zeros for what is blotted", f->path);
	else if (mentions(shipped, "cert.") || mentions(shipped, "key."))
		draft_note(d,
		    "%s: the card's own bytes, of a key that the new card "
		    "does not have",
		    f->path);
	draft_put(d, "\n\t\t  content = (\n");
	put_bytes(d, &f->content, f->path, "\t\t\t");
	draft_put(d, "\t\t  );");
}

static void
put_records(struct draft *d, const struct rep_file *f, config_setting_t *el)
{
	config_setting_t *shipped = draft_member(el, "records");
	bool guess = false;

	for (size_t i = 0; i < f->records_n; i++)
		guess |= is_guess(d, &f->records[i], f->path);
	if (guess && shipped != NULL &&
	    (size_t)config_setting_length(shipped) == f->records_n) {
		put_shipped(d, shipped);
		draft_note(d, "%s: records as in the shipped profile", f->path);
		return;
	}
	if (guess)
		draft_note(
		    d, "%s: zeros for what is blotted in its records", f->path);
	if (f->records_n == 0)
		return;
	draft_put(d, "\n\t\t  records = (\n");
	for (size_t i = 0; i < f->records_n; i++) {
		draft_put(d, "\t\t\t(\n");
		put_bytes(d, &f->records[i], f->path, "\t\t\t\t");
		draft_put(d, "\t\t\t)%s\n", i + 1 < f->records_n ? "," : "");
	}
	draft_put(d, "\t\t  );");
}

static void
put_key(struct draft *d, const struct rep_app *found, const struct rep_file *f,
    config_setting_t *files)
{
	config_setting_t *key = draft_key(d, found, f, files);

	if (key != NULL) {
		draft_put(d, "key = \"%s\"; ", draft_text(key, "name"));
		return;
	}
	draft_put(d, "size = %u; ", f->size);
	draft_note(d, "%s: a key file without a key", f->path);
}

static void
put_access(struct draft *d, const struct rep_file *f, config_setting_t *el,
    config_setting_t *files)
{
	char hex[3 * REP_ACCESS_MAX];

	if (f->access.n > 0) {
		draft_put(d, "access = \"%s\";", draft_hex(&f->access, hex));
		return;
	}
	if (el == NULL)
		el = draft_find(files, "type", rep_type_word(f->type));
	draft_put(d, "access = \"%s\";", draft_text(el, "access"));
	draft_note(d, "%s: access as %s has it in the shipped profile", f->path,
	    el != NULL ? draft_text(el, "path") : "nothing");
}

/* What only some kinds of files have. */
static void
put_traits(struct draft *d, const struct rep_file *f)
{
	char hex[2 * REP_AID_MAX + 1];

	if (f->name_n > 0 && strcmp(f->path, "3F00") != 0)
		draft_put(d, "name = \"%s\";\n\t\t  ",
		    cb_hex_encode(hex, sizeof(hex),
			cb_span(f->name, f->name_n)));
	if (f->sfi != 0)
		draft_put(d, "sfi = 0x%02X; ", f->sfi);
	if (f->template != 0)
		draft_put(d, "template = 0x%02X;%s", f->template,
		    f->commits ? " " : "");
	if (f->commits)
		draft_put(d, "commits = true;");
	if (f->template != 0 || f->commits)
		draft_put(d, "\n\t\t  ");
}

static void
put_file(struct draft *d, const struct rep_app *found,
    const struct rep_file *f, config_setting_t *files, bool blank)
{
	config_setting_t *el = draft_find(files, "path", f->path);
	bool key = f->type == REP_RSA_PUBLIC || f->type == REP_RSA_PRIVATE;
	bool bytes = f->type == REP_TRANSPARENT || f->type == REP_OBJECT;
	bool dir = draft_is_directory(found, f);
	bool guess = bytes && !dir && is_guess(d, &f->content, f->path);
	/* Contents that are made anew have a length of their own. */
	bool anew = (guess || f->content.n == 0) &&
	    shipped_content(el) != NULL && draft_member(el, "size") == NULL;

	draft_put(d, "\t\t{ path = \"%s\"; type = \"%s\";%s\n\t\t  ", f->path,
	    rep_type_word(f->type),
	    is_set(el, "blank") ? " blank = true;" : "");
	put_traits(d, f);
	if (key)
		put_key(d, found, f, files);
	else if (f->type != REP_OBJECT && !(bytes && anew))
		draft_put(d,
		    f->type == REP_DF ? "size = 0x%02X; " : "size = %u; ",
		    f->size);
	put_access(d, f, el, files);
	if (bytes && (is_set(el, "blank_content") ||
		(blank && !is_zero(&f->content))))
		draft_put(d, "\n\t\t  blank_content = true;");
	if (dir)
		draft_directory(d, found, f, files);
	else if (bytes)
		put_content(d, f, el, guess, blank);
	else if (f->type == REP_LINEAR)
		put_records(d, f, el);
	draft_put(d, " }");
}

void
draft_files(struct draft *d, config_setting_t *files,
    const struct rep_app *found, bool blank)
{
	const char *comma = "\n";

	draft_put(d, "\t\t# In the order of the card.\n\t\tfiles = (");
	for (size_t i = 0; i < found->files_n && d->err == CB_OK; i++) {
		const struct rep_file *f = &found->files[i];

		if (f->type == REP_UNKNOWN) {
			draft_note(d,
			    "%s is left out: it is no file of a type that "
			    "profiles have",
			    f->path);
			continue;
		}
		draft_put(d, "%s", comma);
		put_file(d, found, f, files, blank);
		comma = ",\n";
	}
	for (int i = 0; i < config_setting_length(files); i++) {
		config_setting_t *el =
		    config_setting_get_elem(files, (unsigned)i);
		const char *path = draft_text(el, "path");

		if (rep_find_file(found, path) != NULL)
			continue;
		if (!blank) {
			draft_note(d,
			    "%s is left out: the card does not have it", path);
			continue;
		}
		draft_put(d, "%s", comma);
		put_whole(d, el);
		comma = ",\n";
	}
	draft_put(d, "\n\t\t);\n");
}

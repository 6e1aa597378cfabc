/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * One application of a profile: its files, from the MF down, and its pins.
 */
#include <stdlib.h>
#include <string.h>

#include "emulator/applets/applet.h"
#include "emulator/profile_read.h"
#include "emulator/template.h"

#define FILES_MAX 1024
#define PINS_MAX 16
#define PATH_FIDS_MAX 8
#define RECORDS_MAX 254
#define SIZE_UNSET UINT16_MAX
#define N(table) (sizeof(table) / sizeof((table)[0]))

static void read_aid(struct pf *, config_setting_t *, void *);
static void read_name(struct pf *, config_setting_t *, void *);
static void read_applet(struct pf *, config_setting_t *, void *);
static void read_files(struct pf *, config_setting_t *, void *);
static void read_pins(struct pf *, config_setting_t *, void *);
static void read_path(struct pf *, config_setting_t *, void *);
static void read_type(struct pf *, config_setting_t *, void *);
static void read_access(struct pf *, config_setting_t *, void *);
static void read_records(struct pf *, config_setting_t *, void *);
static void read_file_key(struct pf *, config_setting_t *, void *);
static void read_owner(struct pf *, config_setting_t *, void *);
static void read_role(struct pf *, config_setting_t *, void *);
static void read_pin_access(struct pf *, config_setting_t *, void *);

#define AT(m) offsetof(struct emu_pf_app, m)
static const struct pf_field app_fields[] = {
	{ "applet", PF_OTHER, 0, true,  0, 0, read_applet },
	{ "aid",    PF_OTHER, 0, true,  0, 0, read_aid },
	{ "keep_verified", PF_BOOL, AT(keep_verified), false, 0, 0, NULL },
	{ "bare_fcp", PF_BOOL, AT(bare_fcp), false, 0, 0, NULL },
	{ "silent_names", PF_BOOL, AT(silent_names), false, 0, 0, NULL },
	{ "from_reset", PF_BOOL, AT(from_reset), false, 0, 0, NULL },
	/* Pins name their files, contents name pins: two passes. */
	{ "files",  PF_OTHER, 0, true,  0, 0, read_files },
	{ "pins",   PF_OTHER, 0, false, 0, 0, read_pins },
};
#undef AT

#define AT(m) offsetof(struct emu_pf_file, m)
static const struct pf_field file_fields[] = {
	{ "path",    PF_OTHER, 0,           true,  0, 0, read_path },
	{ "type",    PF_OTHER, 0,           true,  0, 0, read_type },
	{ "size",    PF_U16,   AT(size),    false, 0, 65534, NULL },
	{ "access",  PF_OTHER, 0,           true,  0, 0, read_access },
	{ "blank",   PF_BOOL,  AT(blank),   false, 0, 0, NULL },
	{ "blank_content", PF_BOOL, AT(blank_content), false, 0, 0, NULL },
	{ "content", PF_TERMS, AT(content), false, 0, 0, NULL },
	{ "records", PF_OTHER, 0,           false, 0, 0, read_records },
	{ "key",     PF_OTHER, 0,           false, 0, 0, read_file_key },
	{ "name",    PF_OTHER, 0,           false, 0, 0, read_name },
	{ "sfi",     PF_U8,    AT(sfi),     false, 1, 30, NULL },
	{ "template", PF_U8,   AT(template), false, 1, 255, NULL },
	{ "commits", PF_BOOL,  AT(commits), false, 0, 0, NULL },
};
#undef AT

#define AT(m) offsetof(struct emu_pf_pin, m)
static const struct pf_field pin_fields[] = {
	{ "name",          PF_NAME,  AT(name),          true,  0, 0, NULL },
	{ "owner",         PF_OTHER, 0,                 true,  0, 0,
	    read_owner },
	{ "reference",     PF_U8,    AT(ref),           true,  1, 0x1F, NULL },
	{ "role",          PF_OTHER, 0,                 true,  0, 0,
	    read_role },
	{ "tries",         PF_U8,    AT(tries),         true,  1, 15, NULL },
	{ "unblock_tries", PF_U8,    AT(unblock_tries), false, 1, 15, NULL },
	{ "unblock_bytes", PF_U8,    AT(unblock_n),     false, 8, 32, NULL },
	{ "min",           PF_U8,    AT(min),           false, 1, 64, NULL },
	{ "max",           PF_U8,    AT(max),           false, 1, 64, NULL },
	{ "access",        PF_OTHER, 0,                 false, 0, 0,
	    read_pin_access },
	{ "blank",         PF_BOOL,  AT(blank),         false, 0, 0, NULL },
};
#undef AT

static const struct {
	const char *name;
	uint8_t type;
} types[] = {
	{ "transparent", EMU_EF_TRANSPARENT },
	{ "linear", EMU_EF_LINEAR },
	{ "des", EMU_KEY_DES },
	{ "rsa-public", EMU_KEY_RSA_PUBLIC },
	{ "rsa-private", EMU_KEY_RSA_PRIVATE },
	{ "object", EMU_OBJECT },
	{ "df", EMU_DF },
};

int
emu_pf_file_find(const struct emu_pf_app *app, const char *path, size_t n)
{
	for (unsigned i = 0; i < app->files_n; i++)
		if (app->files[i].path != NULL &&
		    strlen(app->files[i].path) == n &&
		    strncasecmp(app->files[i].path, path, n) == 0)
			return (int)i;
	return EMU_PF_NONE;
}

/* ---- files --------------------------------------------------------------- */

/* "3F00/5011/9001": groups of four digits; all but the last must be a DF that
 * stands above. */
static void
read_path(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_file *f = base;
	const char *path = pf_text(c, at), *last;
	size_t n = strlen(path);
	int parent;

	f->parent = EMU_PF_NONE;
	if (c->r != CB_OK)
		return;
	for (size_t i = 0; i < n; i++) {
		bool slash = path[i] == '/';

		if (slash != (i % 5 == 4) ||
		    (!slash && strchr("0123456789ABCDEF", path[i]) == NULL))
			n = 0;
	}
	if (n % 5 != 4 || n > 5 * PATH_FIDS_MAX ||
	    strncmp(path, "3F00", 4) != 0) {
		pf_fail(c, at, "path: expected file identifiers from 3F00 "
		    "down, four upper-case digits each (3F00/5011/1000)");
		return;
	}
	last = path + n - 4;
	f->fid = (uint16_t)strtoul(last, NULL, 16);
	if (emu_pf_file_find(c->app, path, n) != EMU_PF_NONE) {
		pf_fail(c, at, "path: there are two files %s", path);
	} else if (n > 4) {
		parent = emu_pf_file_find(c->app, path, n - 5);
		if (parent == EMU_PF_NONE ||
		    c->app->files[parent].type != EMU_DF)
			pf_fail(c, at, "path: the directory of %s must stand "
			    "above it, as a file of type \"df\"", path);
		else if (emu_fs_fid_reserved(f->fid))
			pf_fail(c, at, "path: %s is reserved (ISO 7816-4, "
			    "7.4.1)", last);
		f->parent = parent;
	}
	f->path = path;
}

static void
read_type(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_file *f = base;
	const char *text = pf_text(c, at);

	for (size_t i = 0; i < N(types); i++) {
		if (strcmp(types[i].name, text) == 0) {
			f->type = types[i].type;
			return;
		}
	}
	pf_fail(c, at, "type: expected transparent, linear, df, des, "
	    "rsa-public, rsa-private or object");
}

static void
read_access(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_file *f = base;

	pf_hex(c, at, f->access, 1, EMU_ACCESS_MAX, &f->access_n);
}

static void
read_name(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_file *f = base;

	pf_hex(c, at, f->name, 5, EMU_NAME_MAX, &f->name_n);
}

static void
read_records(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_file *f = base;
	unsigned n = pf_list(c, at, RECORDS_MAX);

	if ((f->records = pf_calloc(c, n, sizeof(*f->records))) == NULL)
		return;
	f->records_n = n;
	for (unsigned i = 0; i < n && c->r == CB_OK; i++)
		pf_terms(c, config_setting_get_elem(at, i), &f->records[i]);
}

static void
read_file_key(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_file *f = base;
	const char *name = pf_text(c, at);

	for (unsigned i = 0; i < c->p->keys_n; i++) {
		if (strcmp(c->p->keys[i].name, name) == 0) {
			f->key = (int)i;
			return;
		}
	}
	pf_fail(c, at, "key: there is no key \"%.40s\"", name);
}

/* What goes with which type, and sizes that are a key's. */
static void
check_file(struct pf *c, const config_setting_t *at, struct emu_pf_file *f)
{
	bool sized = f->size != SIZE_UNSET;
	bool key = f->type == EMU_KEY_RSA_PUBLIC ||
	    f->type == EMU_KEY_RSA_PRIVATE;
	bool bytes = f->type == EMU_EF_TRANSPARENT || f->type == EMU_OBJECT;
	unsigned s = f->size;

	if (f->content.n > 0 && !bytes)
		pf_fail(c, at, "only a transparent file or an object has "
		    "content");
	if (f->name_n > 0 && (f->type != EMU_DF || f->parent == EMU_PF_NONE))
		pf_fail(c, at, "only a df has a name, and 3F00 has that of "
		    "the application");
	if (f->sfi != 0 && f->type != EMU_EF_TRANSPARENT)
		pf_fail(c, at, "only a transparent file has a sfi");
	if ((f->template != 0 || f->commits) &&
	    f->type != EMU_KEY_RSA_PRIVATE)
		pf_fail(c, at, "only rsa-private has template and commits");
	if (f->records_n > 0 && f->type != EMU_EF_LINEAR)
		pf_fail(c, at, "only a linear file has records");
	if (f->key != EMU_PF_NONE && !key)
		pf_fail(c, at, "only rsa-public and rsa-private have a key");
	if (f->parent == EMU_PF_NONE && f->type != EMU_DF)
		pf_fail(c, at, "3F00 is of type \"df\"");
	if (f->blank && f->parent != EMU_PF_NONE &&
	    !c->app->files[f->parent].blank)
		pf_fail(c, at, "a blank card has this file, but not the "
		    "directory it is in");
	if (f->blank_content && !f->blank)
		pf_fail(c, at, "blank_content: a blank card does not have "
		    "this file");
	if (key && f->key != EMU_PF_NONE) {
		if (sized && s != c->p->keys[f->key].bits)
			pf_fail(c, at, "size: the key has %u bits",
			    c->p->keys[f->key].bits);
		f->size = (uint16_t)c->p->keys[f->key].bits;
		return;
	}
	if (bytes && !sized && f->content.n > 0) {
		if (f->blank && !f->blank_content)
			pf_fail(c, at, "size is missing: it cannot be that of "
			    "a content which a blank card does not have");
		f->fit = true;
		f->size = 0;
		return;
	}
	if (!sized)
		pf_fail(c, at, "size is missing");
	else if (bytes && s > 0x7FFF)
		pf_fail(c, at, "size: at most 32767 bytes; READ BINARY has "
		    "15 bits for an offset");
	else if (key && s != 512 && s != 1024 && s != 2048)
		pf_fail(c, at, "size: expected 512, 1024 or 2048 bits");
	else if (f->type == EMU_KEY_DES && s != 64 && s != 128 && s != 192)
		pf_fail(c, at, "size: expected 64, 128 or 192 bits");
	else if (f->type == EMU_EF_LINEAR && (s < 1 || s > RECORDS_MAX))
		pf_fail(c, at, "size: expected 1 to %d records", RECORDS_MAX);
	else if (f->type == EMU_DF && s > UINT8_MAX)
		pf_fail(c, at, "size: expected one byte for a df");
	else if (f->type == EMU_EF_LINEAR && f->records_n > s)
		pf_fail(c, at, "records: %u are more than size", f->records_n);
}

static void
read_files(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_app *app = base;
	unsigned n = pf_list(c, at, FILES_MAX);

	if (n == 0)
		pf_fail(c, at, "files: at least 3F00 is needed");
	if ((app->files = pf_calloc(c, n, sizeof(*app->files))) == NULL)
		return;
	for (unsigned i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *el = config_setting_get_elem(at, i);
		struct emu_pf_file *f = &app->files[i];

		f->line = pf_line(c, el);
		f->size = SIZE_UNSET;
		f->key = EMU_PF_NONE;
		/* The file itself is not yet one that others can name, but
		 * is freed with them whatever happens. */
		app->files_n = i;
		pf_group(c, el, file_fields, N(file_fields), f);
		app->files_n = i + 1;
		if (c->r == CB_OK)
			check_file(c, el, f);
	}
}

/* ---- pins ---------------------------------------------------------------- */

static void
read_owner(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_pin *pin = base;
	const char *path = pf_text(c, at);
	int i;

	if (c->r != CB_OK)
		return;
	i = emu_pf_file_find(c->app, path, strlen(path));
	if (i == EMU_PF_NONE || c->app->files[i].type != EMU_DF)
		pf_fail(c, at, "owner: there is no directory %.60s", path);
	else
		pin->owner = (unsigned)i;
}

static void
read_role(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_pin *pin = base;
	const char *text = pf_text(c, at);

	if (strcmp(text, "user") == 0)
		pin->role = EMU_ROLE_USER;
	else if (strcmp(text, "so") == 0)
		pin->role = EMU_ROLE_SO;
	else
		pf_fail(c, at, "role: expected \"user\" or \"so\"");
}

static void
read_pin_access(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_pin *pin = base;

	pf_hex(c, at, pin->access, 1, EMU_ACCESS_MAX, &pin->access_n);
}

static void
check_pin(struct pf *c, const config_setting_t *at, unsigned i)
{
	const struct emu_pf_app *app = c->app;
	const struct emu_pf_pin *pin = &app->pins[i];

	if ((pin->unblock_tries == 0) != (pin->unblock_n == 0))
		pf_fail(c, at, "unblock_tries and unblock_bytes go together");
	if ((pin->min == 0) != (pin->max == 0))
		pf_fail(c, at, "min and max go together");
	if (pin->min > pin->max)
		pf_fail(c, at, "min is larger than max");
	if (pin->blank && !app->files[pin->owner].blank)
		pf_fail(c, at, "a blank card has this pin, but not its owner");
	for (unsigned j = 0; j < i; j++) {
		const struct emu_pf_pin *other = &app->pins[j];

		if (strcmp(other->name, pin->name) == 0)
			pf_fail(c, at, "there are two pins \"%s\"", pin->name);
		if (other->owner == pin->owner && other->ref == pin->ref)
			pf_fail(c, at, "pin \"%s\" has this owner and "
			    "reference already", other->name);
		if (other->role == pin->role && pin->role == EMU_ROLE_USER)
			pf_fail(c, at, "pin \"%s\" is the user's already",
			    other->name);
	}
}

static void
read_pins(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_app *app = base;
	unsigned n = pf_list(c, at, PINS_MAX);

	if ((app->pins = pf_calloc(c, n, sizeof(*app->pins))) == NULL)
		return;
	app->pins_n = n;
	for (unsigned i = 0; i < n && c->r == CB_OK; i++) {
		config_setting_t *el = config_setting_get_elem(at, i);

		app->pins[i].line = pf_line(c, el);
		pf_group(c, el, pin_fields, N(pin_fields), &app->pins[i]);
		if (c->r == CB_OK)
			check_pin(c, el, i);
	}
}

/* ---- the application ----------------------------------------------------- */

static void
read_applet(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_app *app = base;

	app->applet = pf_text(c, at);
	if (c->r == CB_OK && emu_applet_find(app->applet) == NULL)
		pf_fail(c, at, "there is no applet \"%.40s\"", app->applet);
}

static void
read_aid(struct pf *c, config_setting_t *at, void *base)
{
	struct emu_pf_app *app = base;

	pf_hex(c, at, app->aid, 5, EMU_AID_MAX, &app->aid_n);
}

/* What a blank card holds is told without keys and certificates. */
static void
check_blank(struct pf *c, const struct emu_pf_file *f)
{
	struct emu_profile bare = *c->p;
	struct cb_why which = { "" };
	bool exact;
	size_t n;
	enum cb_err r;

	if (c->r != CB_OK || !f->blank_content)
		return;
	bare.keys_n = bare.certs_n = 0;
	r = emu_template_check(&bare, c->app, &f->content, &n, &exact, &which);
	if (r == CB_OK)
		return;
	cb_why_set(c->why, "%s:%u: blank_content: a blank card has no keys or "
	    "certificates that %s could name", f->content.file, f->line,
	    f->path);
	c->r = r == CB_E_ARG ? CB_E_FORMAT : r;
}

static void
check_size(struct pf *c, const struct emu_pf_file *f,
    const struct emu_terms *terms, size_t max)
{
	bool exact = false;
	size_t n = 0;

	if (c->r != CB_OK)
		return;
	c->r = emu_template_check(c->p, c->app, terms, &n, &exact, c->why);
	if (c->r == CB_OK && n > max) {
		cb_why_set(c->why, "%s:%u: %zu bytes for %s, at most %zu fit",
		    terms->file, terms->p[0].line, n, f->path, max);
		c->r = CB_E_FORMAT;
	} else if (c->r == CB_E_ARG) {
		c->r = CB_E_FORMAT;
	}
}

static void
check_access(
    struct pf *c, const struct emu_pf_app *app, const struct emu_pf_file *f)
{
	uint8_t want;

	if (c->r != CB_OK)
		return;
	want = emu_applet_find(app->applet)->access_n(
	    f->type, cb_span(f->access, f->access_n));
	if (f->access_n == want)
		return;
	cb_why_set(c->why, "%s:%u: access of %s: %u bytes, but this applet's "
	    "files of that type have %u", c->p->file, f->line, f->path,
	    f->access_n, want);
	c->r = CB_E_FORMAT;
}

static void
check_pin_ref(
    struct pf *c, const struct emu_pf_app *app, const struct emu_pf_pin *pin)
{
	uint8_t max;

	if (c->r != CB_OK)
		return;
	max = emu_applet_find(app->applet)->pin_ref_max;
	if (max == 0 || pin->ref <= max)
		return;
	cb_why_set(c->why, "%s:%u: reference of pin %s: this applet's pins "
	    "have references from 1 to %u", c->p->file, pin->line, pin->name,
	    max);
	c->r = CB_E_FORMAT;
}

static void
check_pin_access(
    struct pf *c, const struct emu_pf_app *app, const struct emu_pf_pin *pin)
{
	uint8_t want;

	if (c->r != CB_OK)
		return;
	want = emu_applet_find(app->applet)->access_n(
	    EMU_PIN, cb_span(pin->access, pin->access_n));
	if (pin->access_n == want)
		return;
	cb_why_set(c->why, "%s:%u: access of pin %s: %u bytes, but this "
	    "applet's pins have %u", c->p->file, pin->line, pin->name,
	    pin->access_n, want);
	c->r = CB_E_FORMAT;
}

void
pf_app_read(struct pf *c, config_setting_t *at, struct emu_pf_app *app)
{
	c->app = app;
	app->line = pf_line(c, at);
	pf_group(c, at, app_fields, N(app_fields), app);
	for (unsigned i = 0; i < app->files_n; i++) {
		const struct emu_pf_file *f = &app->files[i];

		check_access(c, app, f);
		check_size(c, f, &f->content, f->fit ? UINT16_MAX : f->size);
		check_blank(c, f);
		for (unsigned j = 0; j < f->records_n; j++)
			check_size(c, f, &f->records[j], UINT8_MAX);
	}
	for (unsigned i = 0; i < app->pins_n; i++) {
		check_pin_ref(c, app, &app->pins[i]);
		check_pin_access(c, app, &app->pins[i]);
	}
	c->app = NULL;
}

void
pf_app_free(struct emu_pf_app *app)
{
	for (unsigned i = 0; i < app->files_n; i++) {
		struct emu_pf_file *f = &app->files[i];

		pf_terms_free(&f->content);
		for (unsigned j = 0; j < f->records_n; j++)
			pf_terms_free(&f->records[j]);
		free(f->records);
	}
	free(app->files);
	free(app->pins);
	*app = (struct emu_pf_app){ 0 };
}

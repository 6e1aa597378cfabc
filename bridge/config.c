/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The bridge's configuration file, see config.h. Nothing is guessed: a
 * setting that is unknown or of another type is an error with its line.
 */
#include <errno.h>
#include <grp.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/config.h"
#include "bridge/link.h"
#include "bridge/protocol.h"

#define DEADLINE_MIN 100

struct reading {
	struct br_config *out;
	const char *path;
	struct cb_why *why;
};

typedef enum cb_err take_fn(struct reading *in, config_setting_t *s);

static take_fn take_socket, take_state_dir, take_group, take_exchange;
static take_fn take_long, take_log, take_readers;

static const struct {
	const char *name;
	int type;
	take_fn *take;
} settings[] = {
	{ "socket", CONFIG_TYPE_STRING, take_socket },
	{ "state-dir", CONFIG_TYPE_STRING, take_state_dir },
	{ "group", CONFIG_TYPE_STRING, take_group },
	{ "exchange-ms", CONFIG_TYPE_INT, take_exchange },
	{ "long-ms", CONFIG_TYPE_INT, take_long },
	{ "log", CONFIG_TYPE_STRING, take_log },
	{ "readers", CONFIG_TYPE_LIST, take_readers },
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static enum cb_err
wrong(struct reading *in, const config_setting_t *s, const char *what)
{
	cb_why_set(in->why, "%s, line %u: %s", in->path,
	    config_setting_source_line(s), what);
	return CB_E_FORMAT;
}

static enum cb_err
take_path(struct reading *in, config_setting_t *s, char **out)
{
	const char *v = config_setting_get_string(s);

	if (v[0] != '/')
		return wrong(in, s, "an absolute path is wanted here.");
	free(*out);
	*out = strdup(v);
	return *out != NULL ? CB_OK : CB_E_NOMEM;
}

static enum cb_err
take_socket(struct reading *in, config_setting_t *s)
{
	return take_path(in, s, &in->out->socket);
}

static enum cb_err
take_state_dir(struct reading *in, config_setting_t *s)
{
	return take_path(in, s, &in->out->state_dir);
}

static enum cb_err
take_group(struct reading *in, config_setting_t *s)
{
	const struct group *g = getgrnam(config_setting_get_string(s));

	if (g == NULL)
		return wrong(in, s, "there is no such group; make it "
		    "(systemd-sysusers, groupadd) or take the line out.");
	in->out->grouped = true;
	in->out->group = g->gr_gid;
	return CB_OK;
}

static enum cb_err
take_ms(struct reading *in, config_setting_t *s, unsigned *out)
{
	int v = config_setting_get_int(s);

	if (v < DEADLINE_MIN || v > BR_DEADLINE_MAX_MS)
		return wrong(in, s, "100 to 3600000 milliseconds are "
		    "possible.");
	*out = (unsigned)v;
	return CB_OK;
}

static enum cb_err
take_exchange(struct reading *in, config_setting_t *s)
{
	return take_ms(in, s, &in->out->exchange_ms);
}

static enum cb_err
take_long(struct reading *in, config_setting_t *s)
{
	return take_ms(in, s, &in->out->long_ms);
}

static enum cb_err
take_log(struct reading *in, config_setting_t *s)
{
	static const struct {
		const char *name;
		enum cb_log_level level;
	} levels[] = {
		{ "error", CB_LOG_ERROR },
		{ "warning", CB_LOG_WARNING },
		{ "notice", CB_LOG_NOTICE },
		{ "debug", CB_LOG_DEBUG },
	};
	const char *v = config_setting_get_string(s);

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (strcmp(levels[i].name, v) == 0) {
			in->out->log_given = true;
			in->out->log = levels[i].level;
			return CB_OK;
		}
	}
	return wrong(in, s, "\"error\", \"warning\", \"notice\" or "
	    "\"debug\" is possible.");
}

static enum cb_err
take_reader(struct reading *in, config_setting_t *s)
{
	const struct br_link_ops *ops;
	const char *name = NULL, *uri = NULL, *rest;
	struct cb_why why;
	int i;

	if (config_setting_type(s) != CONFIG_TYPE_GROUP)
		return wrong(in, s, "a reader is { name = \"...\"; "
		    "uri = \"...\"; }.");
	for (i = 0; i < config_setting_length(s); i++) {
		config_setting_t *e = config_setting_get_elem(
		    s, (unsigned)i);
		const char *key = config_setting_name(e);

		if (config_setting_type(e) != CONFIG_TYPE_STRING)
			return wrong(in, e, "a string is wanted here.");
		if (strcmp(key, "name") == 0)
			name = config_setting_get_string(e);
		else if (strcmp(key, "uri") == 0)
			uri = config_setting_get_string(e);
		else
			return wrong(in, e, "a reader has name and uri, "
			    "nothing else.");
	}
	if (name == NULL || uri == NULL)
		return wrong(in, s, "a reader needs name and uri.");
	if (br_name_check(name, &why) != CB_OK ||
	    br_link_find(&ops, &rest, uri, &why) != CB_OK)
		return wrong(in, s, why.text);
	return br_config_add(in->out, name, uri);
}

static enum cb_err
take_readers(struct reading *in, config_setting_t *s)
{
	enum cb_err r = CB_OK;
	int i;

	for (i = 0; r == CB_OK && i < config_setting_length(s); i++)
		r = take_reader(in, config_setting_get_elem(s, (unsigned)i));
	return r;
}

static enum cb_err
take(struct reading *in, config_setting_t *s)
{
	size_t i;

	for (i = 0; i < N_SETTINGS; i++) {
		if (strcmp(settings[i].name, config_setting_name(s)) != 0)
			continue;
		if (config_setting_type(s) != settings[i].type)
			return wrong(in, s, "the value is of the wrong type.");
		return settings[i].take(in, s);
	}
	return wrong(in, s, "there is no such setting.");
}

enum cb_err
br_config_read(struct br_config *out, const char *path, struct cb_why *why)
{
	struct reading in = { out, path, why };
	config_setting_t *root;
	config_t cfg;
	enum cb_err r = CB_OK;
	int i;

	memset(out, 0, sizeof(*out));
	config_init(&cfg);
	if (config_read_file(&cfg, path) != CONFIG_TRUE) {
		if (config_error_type(&cfg) == CONFIG_ERR_FILE_IO) {
			r = errno == EACCES ? CB_E_DENIED : CB_E_ABSENT;
			cb_why_set(why, "%s cannot be read: %s.", path,
			    strerror(errno));
		} else {
			r = CB_E_FORMAT;
			cb_why_set(why, "%s, line %d: %s.", path,
			    config_error_line(&cfg), config_error_text(&cfg));
		}
		goto out;
	}
	root = config_root_setting(&cfg);
	for (i = 0; r == CB_OK && i < config_setting_length(root); i++)
		r = take(&in, config_setting_get_elem(root, (unsigned)i));
out:
	config_destroy(&cfg);
	if (r != CB_OK)
		br_config_clear(out);
	return r;
}

enum cb_err
br_config_add(struct br_config *c, const char *name, const char *uri)
{
	struct br_config_reader *more;

	more = realloc(c->readers, (c->n_readers + 1) * sizeof(*more));
	if (more == NULL)
		return CB_E_NOMEM;
	c->readers = more;
	more += c->n_readers;
	more->name = strdup(name);
	more->uri = strdup(uri);
	if (more->name == NULL || more->uri == NULL) {
		free(more->name);
		free(more->uri);
		return CB_E_NOMEM;
	}
	c->n_readers++;
	return CB_OK;
}

void
br_config_clear(struct br_config *c)
{
	size_t i;

	for (i = 0; i < c->n_readers; i++) {
		free(c->readers[i].name);
		free(c->readers[i].uri);
	}
	free(c->readers);
	free(c->socket);
	free(c->state_dir);
	memset(c, 0, sizeof(*c));
}

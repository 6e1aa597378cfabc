/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See conf.h. Nothing is guessed: a setting that is unknown, missing or of
 * another type is an error with its line.
 */
#include <errno.h>
#include <libconfig.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/conf.h"
#include "backend/listen.h"
#include "common/hex.h"

#define PLACE "file:/"
#define NOBODY 65534	/* whom others use for what they do not trust */

struct setting;

struct reading {
	struct be_conf *out;
	const char *path;
	struct cb_why *why;
	unsigned seen;	/* bit n: settings[n] */
	const struct setting *now;
};

typedef enum cb_err take_fn(struct reading *in, config_setting_t *s);

static take_fn take_kind, take_backend, take_node, take_store, take_root;
static take_fn take_listen, take_admin, take_user, take_log, take_format;
static take_fn take_flag, take_number, take_recovery;

struct setting {
	const char *name;
	int type;
	bool must;
	const char *example;
	take_fn *take;
	size_t at;	/* of a flag or number: in struct be_conf */
	int least, most;	/* of a number */
};

#define OTHER(name, type, must, example, take) \
	{ name, type, must, example, take, 0, 0, 0 }
#define FLAG(name, member) \
	{ name, CONFIG_TYPE_BOOL, false, name " = true;", take_flag, \
		offsetof(struct be_conf, member), 0, 0 }
#define NUMBER(name, member, usual, least, most) \
	{ name, CONFIG_TYPE_INT, false, name " = " #usual ";", take_number, \
		offsetof(struct be_conf, member), least, most }

static const struct setting settings[] = {
	OTHER("kind", CONFIG_TYPE_STRING, true, "kind = \"live\";",
	    take_kind),
	OTHER("backend", CONFIG_TYPE_STRING, true,
	    "backend = \"...\"; with 32 hexadecimal digits, as init wrote it",
	    take_backend),
	OTHER("node", CONFIG_TYPE_STRING, true,
	    "node = \"...\"; with 32 hexadecimal digits, as init wrote it",
	    take_node),
	OTHER("store", CONFIG_TYPE_STRING, true,
	    "store = \"sqlite:/absolute/path\";", take_store),
	OTHER("root", CONFIG_TYPE_ARRAY, true,
	    "root = [ \"file:/absolute/path\" ];", take_root),
	OTHER("recovery", CONFIG_TYPE_STRING, false,
	    "recovery = \"file:/absolute/path\";", take_recovery),
	OTHER("listen", CONFIG_TYPE_STRING, false,
	    "listen = \"0.0.0.0:7443\";", take_listen),
	OTHER("admin-listen", CONFIG_TYPE_STRING, false,
	    "admin-listen = \"127.0.0.1:7444\";", take_admin),
	OTHER("first-user", CONFIG_TYPE_INT, false, "first-user = 60800;",
	    take_user),
	OTHER("log", CONFIG_TYPE_STRING, false, "log = \"notice\";",
	    take_log),
	OTHER("log-format", CONFIG_TYPE_STRING, false,
	    "log-format = \"json\";", take_format),
	FLAG("allow-swap", allow_swap),
	FLAG("tls12", tls12),
	NUMBER("connections", bounds.connections, 16384, 1, 1000000),
	NUMBER("connections-of-device", bounds.of_device, 16, 2, 1000),
	NUMBER("strangers", bounds.strangers, 256, 1, 100000),
	NUMBER("strangers-of-address", bounds.of_address, 32, 1, 100000),
	NUMBER("bodies-mib", bounds.bodies_mib, 256, 1, 65536),
	NUMBER("passcodes-at-once", pace.passcodes, 10, 1, 1000),
	NUMBER("passcode-every-s", pace.passcode_s, 60, 1, 86400),
	NUMBER("passcode-cards", pace.passcode_cards, 16384, 16, 1000000),
	NUMBER("unblocks-at-once", pace.unblocks, 10, 1, 1000),
	NUMBER("unblock-every-s", pace.unblock_s, 60, 1, 86400),
};
#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static enum cb_err
wrong(struct reading *in, const config_setting_t *s, const char *what)
{
	cb_why_set(in->why, "%.200s, line %u: %s", in->path,
	    config_setting_source_line(s), what);
	return CB_E_FORMAT;
}

/* ---- each of them -------------------------------------------------------- */

static enum cb_err
take_kind(struct reading *in, config_setting_t *s)
{
	const char *v = config_setting_get_string(s);

	if (strcmp(v, "live") == 0)
		in->out->kind = WIRE_LIVE;
	else if (strcmp(v, "test") == 0)
		in->out->kind = WIRE_TEST;
	else
		return wrong(in, s, "\"live\" or \"test\" is possible.");
	return CB_OK;
}

static enum cb_err
take_id(struct reading *in, config_setting_t *s, uint8_t out[WIRE_ID])
{
	return cb_hex_get(cb_span_str(config_setting_get_string(s)), out,
		   WIRE_ID) == CB_OK
	    ? CB_OK
	    : wrong(in, s, "32 hexadecimal digits in lower case are wanted "
			   "here, those that init wrote.");
}

static enum cb_err
take_backend(struct reading *in, config_setting_t *s)
{
	return take_id(in, s, in->out->backend);
}

static enum cb_err
take_node(struct reading *in, config_setting_t *s)
{
	return take_id(in, s, in->out->node);
}

static enum cb_err
take_text(char **out, const char *text)
{
	free(*out);
	return (*out = strdup(text)) != NULL ? CB_OK : CB_E_NOMEM;
}

enum cb_err
be_conf_format(const char *name, bool *json)
{
	*json = strcmp(name, "json") == 0;
	return *json || strcmp(name, "text") == 0 ? CB_OK : CB_E_ARG;
}

enum cb_err
be_conf_store(const char *uri, const char **path, struct cb_why *why)
{
	const size_t n = strlen(BE_STORE_SCHEME);
	const char *p = uri + n;

	/* of a URI that is not ours nothing is repeated: it may have a
	 * password in it */
	if (strncmp(uri, BE_STORE_SCHEME, n) != 0) {
		cb_why_set(why, "a store is sqlite:/absolute/path so far; a "
		    "password of a database server would not be part of it, "
		    "but stand in a file of its own, readable by the store "
		    "only.");
		return CB_E_ARG;
	}
	if (strchr(p, '?') != NULL || strchr(p, '@') != NULL ||
	    strncmp(p, "//", 2) == 0) {
		cb_why_set(why, "sqlite: has the path of a file, such as "
		    "sqlite:/var/lib/cardbridge-backend/store/backend.db, "
		    "and neither user, password nor options: the file is "
		    "protected by its owner and mode, and what is in it by "
		    "the root.");
		return CB_E_ARG;
	}
	if (p[0] != '/' || p[strlen(p) - 1] == '/' ||
	    strlen(p) > BE_PATH_MAX) {
		cb_why_set(why, "sqlite: needs the absolute path of a file, "
		    "such as "
		    "sqlite:/var/lib/cardbridge-backend/store/backend.db.");
		return CB_E_ARG;
	}
	*path = p;
	return CB_OK;
}

static enum cb_err
take_store(struct reading *in, config_setting_t *s)
{
	const char *path;
	struct cb_why why;

	return be_conf_store(config_setting_get_string(s), &path, &why) ==
		CB_OK
	    ? take_text(&in->out->store, path)
	    : wrong(in, s, why.text);
}

bool
be_conf_has_secret(const char *uri)
{
	return strchr(uri, '?') != NULL || strchr(uri, '@') != NULL ||
	    strstr(uri, "pin-value") != NULL;
}

/* It would be in the log as soon as the place cannot be used. */
static enum cb_err
take_place(struct reading *in, config_setting_t *s, const char *uri,
    char **out)
{
	if (be_conf_has_secret(uri))
		return wrong(in, s, "no secret belongs into a place: write "
		    "file:/absolute/path, a file that only its owner may "
		    "read.");
	return take_text(out, uri);
}

static enum cb_err
take_root(struct reading *in, config_setting_t *s)
{
	struct be_conf *c = in->out;
	const int n = config_setting_length(s);
	const char *v;
	enum cb_err r = CB_OK;

	if (n < 1 || n > BE_ROOTS_MAX)
		return wrong(in, s, "a root has 1 to 32 parts, such as "
				    "[ \"file:/absolute/path\" ].");
	for (int i = 0; r == CB_OK && i < n; i++) {
		if ((v = config_setting_get_string_elem(s, i)) == NULL ||
		    strncmp(v, PLACE, strlen(PLACE)) != 0)
			return wrong(in, s, "a part of the root is the place "
			    "of a file, such as \"file:/absolute/path\".");
		r = take_place(in, s, v, &c->roots[c->roots_n]);
		c->roots_n += r == CB_OK;
	}
	return r;
}

static enum cb_err
take_recovery(struct reading *in, config_setting_t *s)
{
	const char *v = config_setting_get_string(s);

	return strncmp(v, PLACE, strlen(PLACE)) == 0
	    ? take_place(in, s, v, &in->out->recovery)
	    : wrong(in, s, "the place of a file is wanted here, such as "
			   "\"file:/absolute/path\".");
}

static enum cb_err
take_address(struct reading *in, config_setting_t *s, char **out)
{
	const char *v = config_setting_get_string(s);
	struct cb_why why;

	return be_listen_check(v, &why) == CB_OK ? take_text(out, v)
						 : wrong(in, s, why.text);
}

static enum cb_err
take_listen(struct reading *in, config_setting_t *s)
{
	return take_address(in, s, &in->out->listen);
}

static enum cb_err
take_admin(struct reading *in, config_setting_t *s)
{
	return take_address(in, s, &in->out->admin_listen);
}

static enum cb_err
take_user(struct reading *in, config_setting_t *s)
{
	const int v = config_setting_get_int(s);

	if (v < 1000 || v > INT32_MAX - BE_USERS ||
	    (v <= NOBODY && v + BE_USERS > NOBODY))
		return wrong(in, s, "a number of a user from 1000 on is "
		    "wanted here, such as 60800; the roles run as this one and "
		    "the 511 behind it, and nobody else should.");
	in->out->first_user = (uint32_t)v;
	return CB_OK;
}

static const char *const levels[] = {
	[CB_LOG_ERROR] = "error",
	[CB_LOG_WARNING] = "warning",
	[CB_LOG_NOTICE] = "notice",
	[CB_LOG_DEBUG] = "debug",
};

static enum cb_err
take_log(struct reading *in, config_setting_t *s)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (strcmp(levels[i], config_setting_get_string(s)) == 0) {
			in->out->log = (enum cb_log_level)i;
			return CB_OK;
		}
	return wrong(in, s, "\"error\", \"warning\", \"notice\" or "
	    "\"debug\" is possible.");
}

static enum cb_err
take_format(struct reading *in, config_setting_t *s)
{
	return be_conf_format(config_setting_get_string(s),
		   &in->out->log_json) == CB_OK
	    ? CB_OK
	    : wrong(in, s, "\"text\" or \"json\" is possible.");
}

static enum cb_err
take_flag(struct reading *in, config_setting_t *s)
{
	*(bool *)((char *)in->out + in->now->at) =
	    config_setting_get_bool(s) != 0;
	return CB_OK;
}

static enum cb_err
take_number(struct reading *in, config_setting_t *s)
{
	const int v = config_setting_get_int(s);
	char text[96];

	if (v < in->now->least || v > in->now->most) {
		(void)snprintf(text, sizeof(text),
		    "a number from %d to %d is wanted here, such as %s",
		    in->now->least, in->now->most, in->now->example);
		return wrong(in, s, text);
	}
	*(uint32_t *)(void *)((char *)in->out + in->now->at) = (uint32_t)v;
	return CB_OK;
}

/* ---- the file ------------------------------------------------------------ */

static enum cb_err
take(struct reading *in, config_setting_t *s)
{
	char text[160];

	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (strcmp(settings[i].name, config_setting_name(s)) != 0)
			continue;
		in->seen |= 1u << i;
		in->now = &settings[i];
		if (config_setting_type(s) == settings[i].type)
			return settings[i].take(in, s);
		(void)snprintf(text, sizeof(text), "write it like this: %s",
		    settings[i].example);
		return wrong(in, s, text);
	}
	return wrong(in, s, "there is no such setting; take the line out.");
}

static enum cb_err
all_there(const struct reading *in)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (settings[i].must && (in->seen & 1u << i) == 0) {
			cb_why_set(in->why, "%.200s: %s is missing; write %s",
			    in->path, settings[i].name, settings[i].example);
			return CB_E_FORMAT;
		}
	return CB_OK;
}

/* Who may write to it decides whom the keys are for. */
static enum cb_err
look_owner(struct reading *in)
{
	struct stat st;

	if (stat(in->path, &st) == 0 &&
	    ((st.st_uid != 0 && st.st_uid != geteuid()) ||
		(st.st_mode & 022) != 0)) {
		cb_why_set(in->why, "%.300s: others may write to it: give it "
		    "to who runs the backend (chown), and take the rights of "
		    "others away (chmod 600).", in->path);
		return CB_E_DENIED;
	}
	return CB_OK;
}

static enum cb_err
read_file(struct reading *in, config_t *cfg)
{
	config_setting_t *root;
	enum cb_err r;

	if ((r = look_owner(in)) != CB_OK)
		return r;
	if (config_read_file(cfg, in->path) != CONFIG_TRUE) {
		if (config_error_type(cfg) != CONFIG_ERR_FILE_IO) {
			cb_why_set(in->why, "%.200s, line %d: %s.", in->path,
			    config_error_line(cfg), config_error_text(cfg));
			return CB_E_FORMAT;
		}
		r = errno == EACCES ? CB_E_DENIED : CB_E_ABSENT;
		cb_why_set(in->why, "%.300s: %s%s.", in->path,
		    strerror(errno), r == CB_E_DENIED
			? ": run this as the user who has made the backend"
			: "");
		return r;
	}
	root = config_root_setting(cfg);
	for (int i = 0; r == CB_OK && i < config_setting_length(root); i++)
		r = take(in, config_setting_get_elem(root, (unsigned)i));
	return r == CB_OK ? all_there(in) : r;
}

enum cb_err
be_conf_read(struct be_conf *out, const char *path, struct cb_why *why)
{
	struct reading in = { out, path, why, 0, NULL };
	config_t cfg;
	enum cb_err r;

	*out = (struct be_conf){ .log = CB_LOG_NOTICE };
	config_init(&cfg);
	r = read_file(&in, &cfg);
	config_destroy(&cfg);
	return r;
}

/* ---- writing ------------------------------------------------------------- */

static enum cb_err
put(struct cb_buf *b, const char *text)
{
	return cb_buf_add(b, cb_span_str(text));
}

/* As libconfig reads it. */
static enum cb_err
put_quoted(struct cb_buf *b, const char *scheme, const char *text)
{
	enum cb_err r;

	(void)((r = put(b, "\"")) != CB_OK || (r = put(b, scheme)) != CB_OK);
	for (; r == CB_OK && *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			r = put(b, "\\");
		if (r == CB_OK)
			r = cb_put_u8(b, (uint8_t)*text);
	}
	return r == CB_OK ? put(b, "\"") : r;
}

static enum cb_err
put_id(struct cb_buf *b, const char *name, const uint8_t id[WIRE_ID])
{
	enum cb_err r;

	(void)((r = put(b, name)) != CB_OK ||
	    (r = put(b, " = \"")) != CB_OK ||
	    (r = cb_hex_put(b, cb_span(id, WIRE_ID))) != CB_OK ||
	    (r = put(b, "\";\n")) != CB_OK);
	return r;
}

static enum cb_err
put_roots(struct cb_buf *b, const struct be_conf *c)
{
	enum cb_err r = put(b, "# all of them are needed\nroot = [");

	for (size_t i = 0; r == CB_OK && i < c->roots_n; i++)
		if ((r = put(b, i == 0 ? " " : ", ")) == CB_OK)
			r = put_quoted(b, "", c->roots[i]);
	if (r != CB_OK || (r = put(b, " ];\n")) != CB_OK ||
	    c->recovery == NULL)
		return r;
	(void)((r = put(b, "# opens unblock secrets of cards, and nothing "
			"else\nrecovery = ")) != CB_OK ||
	    (r = put_quoted(b, "", c->recovery)) != CB_OK ||
	    (r = put(b, ";\n")) != CB_OK);
	return r;
}

enum cb_err
be_conf_put(struct cb_buf *b, const struct be_conf *c)
{
	char user[64] = "";
	enum cb_err r;

	if (c->first_user != 0)
		(void)snprintf(user, sizeof(user), "first-user = %u;\n",
		    (unsigned)c->first_user);
	(void)((r = put(b, "# cardbridge-backend: what init made. The first "
			   "three say which backend this is.\n")) != CB_OK ||
	    (r = put(b, "kind = \"")) != CB_OK ||
	    (r = put(b, c->kind == WIRE_LIVE ? "live" : "test")) != CB_OK ||
	    (r = put(b, "\";\n")) != CB_OK ||
	    (r = put_id(b, "backend", c->backend)) != CB_OK ||
	    (r = put_id(b, "node", c->node)) != CB_OK ||
	    (r = put(b, "store = ")) != CB_OK ||
	    (r = put_quoted(b, BE_STORE_SCHEME, c->store)) != CB_OK ||
	    (r = put(b, ";\n")) != CB_OK || (r = put_roots(b, c)) != CB_OK ||
	    (r = put(b, "listen = \"" BE_LISTEN "\";\n")) != CB_OK ||
	    (r = put(b, user)) != CB_OK);
	return r;
}

uint32_t
be_conf_user(const struct be_conf *c, enum be_role role, size_t worker)
{
	if (c->first_user == 0)
		return 0;
	return c->first_user + (uint32_t)role +
	    (role == BE_WORKER ? (uint32_t)(BE_ROLES + worker) : 0);
}

void
be_conf_clear(struct be_conf *c)
{
	free(c->store);
	for (size_t i = 0; i < c->roots_n; i++)
		free(c->roots[i]);
	free(c->recovery);
	free(c->listen);
	free(c->admin_listen);
	*c = (struct be_conf){ .log = CB_LOG_NOTICE };
}

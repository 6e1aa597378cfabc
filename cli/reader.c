/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge reader: the bridge's readers, added, removed, listed, and their
 * cards taken out and put back.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/bridge.h"
#include "cli/json.h"
#include "common/hex.h"

/* Where one backend may be. */
#define PLACES_MAX 4

struct list_args {
	bool json;
};

struct add_args {
	const char *identity;
};

struct remove_args {
	const char *dir;
};

static int reader_add(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int reader_remove(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int reader_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int reader_eject(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int reader_insert(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt add_opts[] = {
	{ "identity", CLI_TEXT, offsetof(struct add_args, identity), "DIR",
	    "of a card in a backend: what cardbridge enrol has made" },
};

static const struct cli_opt list_opts[] = {
	{ "json", CLI_FLAG, offsetof(struct list_args, json), NULL,
	    "for programs" },
};

static const struct cli_opt remove_opts[] = {
	{ "dir", CLI_TEXT, offsetof(struct remove_args, dir), "DIR",
	    "where its reader file is (/etc/reader.conf.d)" },
};

#define AT(m) offsetof(struct cli_conf_args, m)
static const struct cli_opt conf_opts[] = {
	{ "slots", CLI_NUMBER, AT(slots), "N",
	    "one reader file with N slots, filled by reader add" },
	{ "dir", CLI_TEXT, AT(dir), "DIR",
	    "where pcscd looks (/etc/reader.conf.d)" },
	{ "print", CLI_FLAG, AT(print), NULL, "only show the reader file" },
	{ "plugin", CLI_TEXT, AT(plugin), "FILE",
	    "the plug-in, where it is not installed" },
};
#undef AT

#define OPTS(table, type) \
	table, sizeof(table) / sizeof((table)[0]), sizeof(type)

const struct cli_cmd cli_reader_cmds[] = {
	{ "reader", "add", "NAME URI [URI]...",
	    "Makes a reader with a card in it",
	    OPTS(add_opts, struct add_args), 2, 1 + PLACES_MAX, reader_add,
	    CLI_PLAIN },
	{ "reader", "remove", "NAME", "Removes a reader and its reader file",
	    OPTS(remove_opts, struct remove_args), 1, 1, reader_remove,
	    CLI_PLAIN },
	{ "reader", "list", "", "Lists readers, their cards and their names",
	    OPTS(list_opts, struct list_args), 0, 0, reader_list, CLI_PLAIN },
	{ "reader", "eject", "NAME", "Takes the card out of a reader",
	    NULL, 0, 0, 1, 1, reader_eject, CLI_PLAIN },
	{ "reader", "insert", "NAME", "Puts the card back",
	    NULL, 0, 0, 1, 1, reader_insert, CLI_PLAIN },
	{ "reader", "conf", "[NAME | --slots N]",
	    "Writes a reader file for pcscd, or lists those written",
	    OPTS(conf_opts, struct cli_conf_args), 0, 1, cli_reader_conf,
	    CLI_PLAIN },
};
const size_t cli_reader_cmds_n =
    sizeof(cli_reader_cmds) / sizeof(cli_reader_cmds[0]);

/* The one URI of a card that may be reached at several places. */
static int
make_uri(char **out, const char *identity, int n, char *const *uris)
{
	char *uri, *more;

	*out = NULL;
	if (strchr(uris[0], ':') == NULL)
		return cli_fail(CLI_USAGE, "\"%s\" does not say what kind of "
		    "card it is: emu:FILE for a card file, "
		    "https://HOST:PORT/cards/ID for one in a backend", uris[0]);
	uri = cli_absolute_uri(uris[0]);
	for (int i = n - 1; i > 0 && uri != NULL; i--) {
		more = cli_uri_also(uri, uris[i]);
		free(uri);
		if ((uri = more) == NULL)
			return cli_fail(CLI_USAGE, "\"%s\" is not the same "
			    "card in the same backend at another place: "
			    "https://HOST:PORT and then as in the first URI, "
			    "without what stands behind its ?", uris[i]);
	}
	if (uri != NULL)
		*out = cli_uri_identity(uri, identity);
	free(uri);
	return *out != NULL ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

static int
reader_add(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct add_args *a = args;
	struct br_reader_info *made = NULL;
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	char *uri = NULL;
	enum cb_err r;
	int code;

	(void)cmd;
	if ((code = cli_reader_name_check(argv[0])) != CLI_OK ||
	    (code = make_uri(&uri, a->identity, argc - 1, argv + 1)) !=
		CLI_OK)
		return code;
	if ((made = calloc(1, sizeof(*made))) == NULL) {
		code = cli_fail(CLI_FAILED, "out of memory");
		goto out;
	}
	if ((code = cli_bridge(&c)) != CLI_OK)
		goto out;
	if ((r = br_reader_add(c, argv[0], uri, made, &why)) != CB_OK) {
		code = cli_bridge_err(r, &why, argv[0]);
		goto out;
	}
	printf("reader %s", made->name);
	if (made->slot >= 0)
		printf(", slot %d", made->slot);
	printf("; programs see \"%s\"", made->pcsc_name);
	if (made->pcsc_slot_name[0] != '\0')
		printf(" or \"%s\"", made->pcsc_slot_name);
	printf("\n");
	if (made->trouble[0] != '\0' && !made->present)
		code = cli_fail(CLI_FAILED, "the reader is there, but not its "
		    "card: %s", made->trouble);
	else if (made->trouble[0] != '\0')
		(void)cli_fail(CLI_OK, "note: %s", made->trouble);
out:
	br_close(&c);
	free(made);
	free(uri);
	return cli_flush(code);
}

/* The calls that take a name and nothing else. */
static int
by_name(const char *name, enum cb_err (*call)(struct br_client *,
    const char *, struct cb_why *))
{
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	enum cb_err r;
	int code;

	if ((code = cli_reader_name_check(name)) != CLI_OK ||
	    (code = cli_bridge(&c)) != CLI_OK)
		return code;
	if ((r = call(c, name, &why)) == CB_E_ABSENT && why.text[0] == '\0')
		code = cli_fail(CLI_FAILED, "there is no reader \"%s\"; "
		    "cardbridge reader list shows them", name);
	else if (r != CB_OK)
		code = cli_bridge_err(r, &why, name);
	br_close(&c);
	return code;
}

static int
reader_remove(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct remove_args *a = args;
	bool was = false;
	int code, conf;

	(void)cmd;
	(void)argc;
	if ((code = cli_reader_name_check(argv[0])) != CLI_OK)
		return code;
	/* The file first: it must go also where no bridge runs any more. */
	conf = cli_conf_remove(
	    a->dir != NULL ? a->dir : cli_conf_dir, argv[0], &was);
	code = by_name(argv[0], br_reader_remove);
	if (was)
		printf("its reader file is gone; pcscd forgets the reader at "
		    "its next start\n");
	return cli_flush(code != CLI_OK ? code : conf);
}

static int
reader_eject(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	(void)cmd;
	(void)args;
	(void)argc;
	return by_name(argv[0], br_reader_eject);
}

static int
reader_insert(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	(void)cmd;
	(void)args;
	(void)argc;
	return by_name(argv[0], br_reader_insert);
}

/* ---- list ---------------------------------------------------------------- */

static json_t *
reader_json(const struct br_reader_info *i)
{
	char atr[2 * CB_ATR_MAX + 1];

	cb_hex_encode(atr, sizeof(atr), cb_span(i->atr, i->atr_n));
	return json_pack(
	    "{s:s, s:o, s:s, s:s, s:o, s:b, s:b, s:s, s:o, s:o}",
	    "name", i->name, "uri", cli_json_text(i->uri), "pcsc_name",
	    i->pcsc_name,
	    "pcsc_slot_name", i->pcsc_slot_name,
	    "slot", i->slot >= 0 ? json_integer(i->slot) : json_null(),
	    "present", i->present, "test", i->test, "atr", atr,
	    "busy_with", cli_json_text(i->busy_with),
	    "trouble", cli_json_text(i->trouble));
}

static int
list_json(const struct br_reader_info *list, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; i < n && all != NULL; i++)
		if (json_array_append_new(all, reader_json(&list[i])) != 0) {
			json_decref(all);
			all = NULL;
		}
	return cli_json_print(all);
}

static void
list_text(const struct br_reader_info *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct br_reader_info *r = &list[i];
		char atr[2 * CB_ATR_MAX + 1];

		printf("%s", r->name);
		if (r->slot >= 0)
			printf(" (slot %d)", r->slot);
		printf(": %s%s\n", r->present ? "card present" : "empty",
		    r->test ? ", test" : "");
		printf("  card      %s\n  programs  %s\n", r->uri,
		    r->pcsc_name);
		if (r->pcsc_slot_name[0] != '\0')
			printf("  or        %s\n", r->pcsc_slot_name);
		if (r->atr_n > 0)
			printf("  ATR       %s\n",
			    cb_hex_encode(atr, sizeof(atr),
				cb_span(r->atr, r->atr_n)));
		if (r->busy_with[0] != '\0')
			printf("  in use    %s\n", r->busy_with);
		if (r->trouble[0] != '\0')
			printf("  trouble   %s\n", r->trouble);
	}
	if (n == 0)
		printf("no readers; make one with cardbridge reader add NAME "
		    "emu:FILE\n");
}

static int
reader_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct list_args *a = args;
	struct br_reader_info *list = NULL;
	struct br_client *c = NULL;
	struct cb_why why = { "" };
	size_t n = 0;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_bridge(&c)) != CLI_OK)
		return code;
	if ((r = br_reader_list(c, &list, &n, &why)) != CB_OK)
		code = cli_bridge_err(r, &why, "reader list");
	else if (a->json)
		code = list_json(list, n);
	else
		list_text(list, n);
	free(list);
	br_close(&c);
	return cli_flush(code);
}

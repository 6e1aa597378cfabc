/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin audit: what the books of an organisation say, shown, taken
 * away and verified.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/admin.h"
#include "common/hex.h"
#include "wire/entry.h"
#include "wire/export.h"

#define SHOWN 50		/* entries, where --count says nothing */
#define SIGNED_MS 5000		/* heads are signed once a second */

static int audit_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int audit_export(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int audit_head(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt plain[] = { CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT };
static const struct cli_opt list_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT,
	{ "from", CLI_TEXT, CLI_ADMIN_AT(from), "N",
	    "the first entry (so that the last is shown)" },
	{ "count", CLI_TEXT, CLI_ADMIN_AT(count), "N",
	    "how many entries (50)" },
};
static const struct cli_opt verify_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT,
	{ "key", CLI_TEXT, CLI_ADMIN_AT(key), "FILE",
	    "the public key of the books (books.pub of the identity)" },
	{ "head", CLI_LIST, CLI_ADMIN_AT(heads), "HEX",
	    "a signed head that was kept elsewhere; may be repeated" },
};
static const struct cli_opt export_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT,
	{ "output", CLI_TEXT, CLI_ADMIN_AT(output), "FILE",
	    "write it there (standard output)" },
};

const struct cli_cmd cli_admin_audit_cmds[] = {
	CLI_ADMIN_CMD("audit", "list", "", "Shows entries in words",
	    list_opts, 0, 0, audit_list),
	CLI_ADMIN_CMD("audit", "verify", "[FILE]", "Verifies the books, or an "
	    "export of them", verify_opts, 0, 1, cli_admin_verify),
	CLI_ADMIN_CMD("audit", "export", "", "Writes the books as text that "
	    "anybody can verify", export_opts, 0, 0, audit_export),
	CLI_ADMIN_CMD("audit", "head", "", "Shows the newest signed head, to "
	    "be kept elsewhere", plain, 0, 0, audit_head),
};
const size_t cli_admin_audit_cmds_n =
    sizeof(cli_admin_audit_cmds) / sizeof(cli_admin_audit_cmds[0]);

/* ---- list ---------------------------------------------------------------- */

/* The last ones that were read, in a ring. */
struct lines {
	json_t *json;		/* NULL: for people */
	uint64_t most, n;
	char **ring;
};

static enum cb_err
words(struct cb_buf *b, const struct cli_entry *entry, uint64_t *time)
{
	struct wire_entry e;
	enum cb_err r;

	/* one of a newer release has a type, a time and no more for us */
	if ((r = wire_entry_get(entry->bytes, &e)) != CB_OK &&
	    (r != CB_E_LIMIT || e.type == 0))
		return r;
	*time = e.time;
	return wire_entry_text(b, &e);
}

static json_t *
entry_json(const struct cli_entry *entry, uint64_t time, const char *text)
{
	struct cb_buf hash = CB_BUF_INIT, bytes = CB_BUF_INIT;
	const char *h = cli_print_hex(&hash, entry->hash);
	const char *b = cli_print_hex(&bytes, entry->bytes);
	json_t *v = h == NULL || b == NULL ? NULL : json_pack(
	    "{s:I, s:I, s:s, s:s, s:s}", "number", (json_int_t)entry->number,
	    "created", (json_int_t)time, "text", text, "fingerprint", h,
	    "value", b);

	cb_buf_free(&hash);
	cb_buf_free(&bytes);
	return v;
}

static enum cb_err
keep_line(struct lines *l, const struct cli_entry *entry, const char *text)
{
	char **at = &l->ring[l->n++ % l->most];

	free(*at);
	*at = NULL;
	return asprintf(at, "%llu %s", (unsigned long long)entry->number,
	    text) < 0 ? CB_E_NOMEM : CB_OK;
}

static enum cb_err
list_entry(void *ctx, const struct cli_entry *entry)
{
	struct cb_buf text = CB_BUF_INIT;
	struct lines *l = ctx;
	uint64_t time = 0;
	enum cb_err r;

	if ((r = words(&text, entry, &time)) == CB_OK)
		r = cb_put_u8(&text, 0);
	if (r == CB_OK && l->json == NULL)
		r = keep_line(l, entry, (const char *)text.p);
	else if (r == CB_OK) {
		if (json_array_size(l->json) == l->most)
			(void)json_array_remove(l->json, 0);
		if (json_array_append_new(l->json, entry_json(entry, time,
			(const char *)text.p)) != 0)
			r = CB_E_NOMEM;
	}
	cb_buf_free(&text);
	return r;
}

static int
show_lines(const struct lines *l)
{
	const uint64_t first = l->n > l->most ? l->n - l->most : 0;

	if (l->json != NULL) {
		if (json_dumpf(l->json, stdout, JSON_INDENT(2)) != 0)
			return cli_fail(CLI_FAILED, "out of memory");
		printf("\n");
	}
	for (uint64_t i = first; i < l->n; i++)
		printf("%s\n", l->ring[i % l->most]);
	return cli_flush(CLI_OK);
}

static int
lines_new(struct lines *l, const struct cli_admin_args *a)
{
	int code;

	*l = (struct lines){ .most = SHOWN };
	if (a->count != NULL && (code = cli_admin_number(a->count, "--count",
		 &l->most)) != CLI_OK)
		return code;
	if (l->most > 100000)
		return cli_fail(CLI_USAGE, "--count: at most 100000; audit "
		    "export writes all");
	if ((l->ring = calloc(l->most, sizeof(*l->ring))) == NULL ||
	    (a->json && (l->json = json_array()) == NULL))
		return cli_fail(CLI_FAILED, "out of memory");
	return CLI_OK;
}

static void
lines_free(struct lines *l)
{
	for (uint64_t i = 0; l->ring != NULL && i < l->most; i++)
		free(l->ring[i]);
	free(l->ring);
	json_decref(l->json);
}

static int
audit_list(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cli_admin s = { .args = a };
	uint64_t from = 1;
	struct lines l;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = lines_new(&l, a)) != CLI_OK ||
	    (a->from != NULL && (code = cli_admin_number(a->from, "--from",
		 &from)) != CLI_OK) ||
	    (code = cli_admin_open(&s, a, a->org)) != CLI_OK)
		goto out;
	r = a->from != NULL
	    ? cli_books_read(&s, from, l.most, list_entry, &l)
	    : cli_books_last(&s, l.most, list_entry, &l);
	if (r != CB_OK)
		code = cli_admin_err(&s, r, "the books");
	else
		code = show_lines(&l);
out:
	lines_free(&l);
	cli_admin_end(&s);
	return code;
}

/* ---- head ---------------------------------------------------------------- */

static int
show_head(struct cb_span bytes, uint64_t number, bool json)
{
	struct wire_fields head = { .has = 0 };
	struct cb_buf line = CB_BUF_INIT;
	int code;

	if (bytes.n == 0)
		return cli_fail(CLI_NO, "nothing is signed yet: try again in "
		    "a second");
	wire_fields_number(&head, WIRE_D_NUMBER, number);
	wire_fields_bytes(&head, WIRE_D_HEAD, bytes);
	if (json)
		return cli_print_one(&head, true);
	code = wire_export_head(&line, bytes) == CB_OK
	    ? cli_output(NULL, cb_buf_span(&line))
	    : cli_fail(CLI_FAILED, "out of memory");
	cb_buf_free(&line);
	return code;
}

static int
audit_head(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cb_buf bytes = CB_BUF_INIT;
	uint8_t public[CR_KEY];
	struct wire_head head;
	struct cli_admin s;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK &&
	    (code = cli_books_key(&s, public)) == CLI_OK &&
	    (code = cli_books_head(&s, public, &bytes, &head)) == CLI_OK)
		code = show_head(cb_buf_span(&bytes), head.at.number, a->json);
	cb_buf_free(&bytes);
	cli_admin_end(&s);
	return code;
}

/* ---- export -------------------------------------------------------------- */

/* Lines wait for the head behind them: an export ends with one. */
struct taking {
	struct cli_output *out;
	struct cb_buf waiting;
	uint64_t last, signed_to;
};

static enum cb_err
take_entry(void *ctx, const struct cli_entry *entry)
{
	struct taking *t = ctx;
	enum cb_err r;

	t->last = entry->number;
	if ((r = wire_export_entry(&t->waiting, entry->number, entry->bytes,
		 entry->hash)) != CB_OK || entry->head.n == 0)
		return r;
	t->signed_to = entry->number;
	if ((r = wire_export_head(&t->waiting, entry->head)) == CB_OK)
		r = cli_output_add(t->out, cb_buf_span(&t->waiting));
	cb_buf_clear(&t->waiting);
	return r;
}

/* What was there when it began must be signed; each reading is an entry that
 * will be later. */
static enum cb_err
take_books(struct cli_admin *s, struct taking *t)
{
	const struct timespec step = { 0, 200000000 };
	const uint64_t until = cli_admin_now() + SIGNED_MS;
	uint64_t wanted;
	enum cb_err r;

	r = cli_books_read(s, 1, 0, take_entry, t);
	wanted = t->last;
	while (r == CB_OK && t->signed_to < wanted) {
		if (cli_admin_now() > until) {
			cb_why_set(&s->why, "entries behind %llu are not "
			    "signed: is the backend's vault at work?",
			    (unsigned long long)t->signed_to);
			return CB_E_TIMEOUT;
		}
		(void)nanosleep(&step, NULL);
		cb_buf_clear(&t->waiting);
		r = cli_books_read(s, t->signed_to + 1, 0, take_entry, t);
	}
	return r;
}

static int
audit_export(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct taking t = { .out = NULL, .waiting = CB_BUF_INIT_MAX(
	    (size_t)64 << 20) };
	struct wire_owner owner;
	struct cli_admin s;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_admin_open(&s, a, a->org)) != CLI_OK ||
	    (code = cli_output_begin(&t.out, a->output)) != CLI_OK)
		goto out;
	owner = cli_admin_owner(&s);
	if ((r = wire_export_begin(
		 &t.waiting, &owner, 1, CB_SPAN_EMPTY)) == CB_OK)
		r = take_books(&s, &t);
	if (r != CB_OK)
		code = cli_admin_err(&s, r, "the books");
	code = cli_output_end(&t.out, code);
out:
	cb_buf_free(&t.waiting);
	cli_admin_end(&s);
	return code;
}

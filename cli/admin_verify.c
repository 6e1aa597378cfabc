/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin audit verify: with the public key alone, the books as the
 * desk reads them, or an export, against heads that were kept elsewhere.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/admin.h"
#include "common/hex.h"
#include "wire/export.h"

/* What was found out, in either way. */
struct found {
	struct wire_owner owner;
	uint64_t first, last, signed_to, bad;
};

/* ---- heads that are known ------------------------------------------------ */

static int
head_parse(const char *text, const uint8_t public[CR_KEY],
    struct wire_head *out)
{
	const char *hex = strncmp(text, "head ", 5) == 0 ? text + 5 : text;
	uint8_t bytes[WIRE_HEAD_SIGNED];
	enum cb_err r;

	if (cb_hex_get(cb_span_str(hex), bytes, sizeof(bytes)) != CB_OK)
		return cli_fail(CLI_USAGE, "--head: that is no signed head: "
		    "%d hexadecimal digits, as audit head shows them",
		    2 * WIRE_HEAD_SIGNED);
	if ((r = wire_head_get(CB_SPAN_OF(bytes), public, out)) == CB_OK)
		return CLI_OK;
	if (r == CB_E_CRYPTO)
		return cli_fail(CLI_NO, "--head: it is not signed with the "
		    "key of these books");
	return cli_fail(CLI_USAGE, "--head: that is no signed head");
}

static int
heads_parse(const struct cli_list *list, const uint8_t public[CR_KEY],
    struct wire_head *out)
{
	int code = CLI_OK;

	for (size_t i = 0; code == CLI_OK && i < list->n; i++)
		code = head_parse(list->items[i].value, public, &out[i]);
	return code;
}

/* A head of other books says nothing about these. */
static int
heads_check(const struct wire_head *heads, size_t n,
    const struct wire_owner *owner)
{
	for (size_t i = 0; i < n; i++)
		if (!wire_owner_equal(&heads[i].at.owner, owner))
			return cli_fail(CLI_NO, "--head: number %zu is of "
			    "other books than these", i + 1);
	return CLI_OK;
}

/* ---- what is told -------------------------------------------------------- */

static int
tell(const struct cli_admin_args *a, const struct found *f,
    const struct cb_why *why)
{
	const bool whole = why->text[0] == '\0';
	struct wire_fields out = { .has = 0 };
	struct cb_buf id = CB_BUF_INIT;

	if (a->json) {
		wire_fields_bytes(&out, WIRE_D_ORGANISATION,
		    CB_SPAN_OF(f->owner.organisation));
		wire_fields_number(&out, WIRE_D_NUMBER,
		    whole ? f->signed_to : f->bad);
		wire_fields_bytes(&out, WIRE_D_TEXT,
		    cb_span_str(whole ? "whole" : why->text));
		(void)cli_print_one(&out, true);
	}
	if (!whole)
		return cli_fail(CLI_NO, "the books are not whole: %s",
		    why->text);
	if (!a->json)
		printf("The books of %s are whole: entries %" PRIu64 " to "
		    "%" PRIu64 ", signed up to %" PRIu64 ".\n",
		    cli_print_hex(&id, CB_SPAN_OF(f->owner.organisation)),
		    f->first, f->last, f->signed_to);
	cb_buf_free(&id);
	return cli_flush(CLI_OK);
}

/* ---- the books as they are read ------------------------------------------ */

struct walking {
	struct wire_walk walk;
	uint64_t last;
	struct cb_why why;
	bool broken;
};

static enum cb_err
walk_entry(void *ctx, const struct cli_entry *entry)
{
	struct walking *w = ctx;
	enum cb_err r;

	if ((r = wire_walk_entry(&w->walk, entry->number, entry->bytes,
		 entry->hash, &w->why)) == CB_OK) {
		w->last = entry->number;
		if (entry->head.n > 0)
			r = wire_walk_head(&w->walk, entry->head, &w->why);
	}
	w->broken = r != CB_OK;
	return r;
}

/* To the heads that were kept it adds the one that the vault knows: what the
 * database says may be of yesterday. */
static int
verify_desk(struct cli_admin *s, const uint8_t public[CR_KEY],
    struct wire_head *heads, size_t n)
{
	struct cb_buf head = CB_BUF_INIT;
	struct found f = { .owner = cli_admin_owner(s), .first = 1 };
	struct walking w = { .last = 0 };
	enum cb_err r;
	int code;

	code = cli_books_head(s, public, &head, &heads[n]);
	n += head.n > 0;
	cb_buf_free(&head);
	if (code != CLI_OK ||
	    (code = heads_check(heads, n, &f.owner)) != CLI_OK)
		return code;
	if ((r = wire_walk_init(&w.walk, &f.owner, public, heads, n)) ==
		CB_OK &&
	    (r = cli_books_read(s, 1, 0, walk_entry, &w)) == CB_OK) {
		r = wire_walk_end(&w.walk, &w.why);
		w.broken = r != CB_OK;
	}
	if (r != CB_OK && !w.broken)
		return cli_admin_err(s, r, "the books");
	if (w.broken && w.why.text[0] == '\0')
		cb_why_set(&w.why, "%s", cb_err_text(r));
	f.last = w.last;
	f.signed_to = w.walk.signed_to;
	f.bad = w.walk.bad;
	return tell(s->args, &f, &w.why);
}

/* ---- an export ----------------------------------------------------------- */

static enum cb_err
lines(struct wire_export *x, FILE *in, struct cb_why *why)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	enum cb_err r = CB_OK;

	while (r == CB_OK && (n = getline(&line, &size, in)) > 0) {
		if (line[n - 1] == '\n')
			n--;
		r = wire_export_line(x, cb_span(line, (size_t)n), why);
	}
	free(line);
	return r == CB_OK ? wire_export_end(x, why) : r;
}

static int
verify_file(const struct cli_admin_args *a, const char *path,
    const uint8_t public[CR_KEY], const struct wire_head *heads, size_t n)
{
	struct wire_export_found found = { .first = 0 };
	struct wire_export *x = NULL;
	struct cb_why why = { "" };
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct found f;
	enum cb_err r;
	int code = CLI_OK;

	if (in == NULL)
		return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
	if ((r = wire_export_new(&x, public, heads, n)) == CB_OK) {
		r = lines(x, in, &why);
		wire_export_found(x, &found);
	}
	f = (struct found){ .owner = found.owner, .first = found.first,
		.last = found.last, .signed_to = found.last,
		.bad = found.bad };
	if (r == CB_E_FORMAT && why.text[0] == '\0')
		cb_why_set(&why, "%s", cb_err_text(r));
	if (r != CB_OK && r != CB_E_FORMAT)
		code = cli_fail_err(r, &why, path);
	else if (r != CB_OK ||
	    (code = heads_check(heads, n, &f.owner)) == CLI_OK)
		code = tell(a, &f, &why);
	wire_export_free(&x);
	if (in != stdin)
		(void)fclose(in);
	return code;
}

/* ---- all of it ----------------------------------------------------------- */

/* A file needs no backend where its key is there already. */
static int
begin(struct cli_admin *s, const struct cli_admin_args *a, bool file)
{
	*s = (struct cli_admin){ .args = a };
	if (!file)
		return cli_admin_open(s, a, a->org);
	if (a->key != NULL || a->server == NULL)
		return CLI_OK;
	return cli_admin_open_own(s, a);
}

int
cli_admin_verify(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct wire_head *heads;
	uint8_t public[CR_KEY];
	struct cli_admin s;
	int code;

	(void)cmd;
	if ((heads = calloc(CLI_LIST_MAX + 1, sizeof(*heads))) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	if ((code = begin(&s, a, argc > 0)) != CLI_OK ||
	    (code = cli_books_key(&s, public)) != CLI_OK ||
	    (code = heads_parse(&a->heads, public, heads)) != CLI_OK)
		goto out;
	code = argc > 0
	    ? verify_file(a, argv[0], public, heads, a->heads.n)
	    : verify_desk(&s, public, heads, a->heads.n);
out:
	cli_admin_end(&s);
	free(heads);
	return code;
}

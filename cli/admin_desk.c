/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Which organisation is meant, its desk, and the lists that it reads, see
 * admin.h.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/admin.h"
#include "common/hex.h"

const uint8_t cli_platform[WIRE_ID];
static const char platform_word[] = "platform";

static bool
is_platform(const uint8_t id[WIRE_ID])
{
	return memcmp(id, cli_platform, WIRE_ID) == 0;
}

bool
cli_admin_is_platform(const char *org)
{
	return org != NULL && strcmp(org, platform_word) == 0;
}

int
cli_admin_err(struct cli_admin *s, enum cb_err r, const char *what)
{
	const char *words = s->why.text[0] != '\0' ? s->why.text
						   : cb_err_text(r);

	return cli_fail(cli_exit_of(r), "%s: %s", what, words);
}

/* ---- who it is ----------------------------------------------------------- */

/* In time for who alone may have another one made. */
static void
note_end(const struct cli_admin *s, int64_t now)
{
	struct cb_why why;

	if (wire_identity_ends(s->who.usage, s->who.until, now,
		now + WIRE_EXPIRY_SOON, &why))
		(void)cli_fail(
		    CLI_OK, "note: %s: %s", s->args->identity, why.text);
}

int
cli_admin_begin(struct cli_admin *s, const struct cli_admin_args *args)
{
	const int64_t now = (int64_t)time(NULL);
	enum cb_err r;

	*s = (struct cli_admin){ .args = args };
	if (args->server == NULL)
		return cli_fail(CLI_USAGE, "which backend? --server "
		    "https://HOST:PORT says it");
	if (args->identity == NULL)
		return cli_fail(CLI_USAGE, "whose order is it? --identity DIR "
		    "says it: what cardbridge-backend init made in "
		    "DIR/operator, or cardbridge enrol for a person's token");
	if ((r = wire_identity_read(&s->who, args->identity, now, &s->why)) !=
	    CB_OK)
		return cli_fail_err(r, &s->why, args->identity);
	if (s->who.usage != WIRE_PERSON)
		return cli_fail(CLI_USAGE, "%s is the identity of a device; "
		    "people order, with one of their own", args->identity);
	note_end(s, now);
	return CLI_OK;
}

void
cli_admin_end(struct cli_admin *s)
{
	br_desk_close(&s->desk);
	wire_identity_clear(&s->who);
}

static int
open_desk(struct cli_admin *s, const uint8_t organisation[WIRE_ID])
{
	enum cb_err r;

	if (s->desk != NULL && memcmp(s->organisation, organisation,
		WIRE_ID) == 0)
		return CLI_OK;
	br_desk_close(&s->desk);
	memcpy(s->organisation, organisation, WIRE_ID);
	if ((r = br_desk_open(&s->desk, s->args->server, &s->who,
		 organisation, (int64_t)time(NULL), &s->why)) == CB_OK)
		return CLI_OK;
	/* what is in it by mistake may be a secret */
	return cli_admin_err(
	    s, r, r == CB_E_ARG ? "--server" : s->args->server);
}

/* ---- whose desk ---------------------------------------------------------- */

struct choice {
	const char *wanted;	/* id or name; NULL: any */
	uint8_t id[WIRE_ID];
	unsigned found;
	struct cb_buf all;	/* for a message */
};

static enum cb_err
look_at(void *ctx, const struct wire_fields *item)
{
	struct choice *c = ctx;
	struct cb_buf id = CB_BUF_INIT;
	enum cb_err r;

	if (item->bytes[WIRE_D_ID].n != WIRE_ID ||
	    is_platform(item->bytes[WIRE_D_ID].p))
		return CB_OK;
	if ((r = cb_hex_put(&id, item->bytes[WIRE_D_ID])) == CB_OK &&
	    (c->wanted == NULL ||
		cb_span_equal(cb_buf_span(&id), cb_span_str(c->wanted)) ||
		cb_span_equal(item->bytes[WIRE_D_NAME],
		    cb_span_str(c->wanted)))) {
		memcpy(c->id, item->bytes[WIRE_D_ID].p, WIRE_ID);
		c->found++;
	}
	(void)(r != CB_OK ||
	    (c->all.n > 0 &&
		(r = cb_buf_add(&c->all, cb_span_str(", "))) != CB_OK) ||
	    (r = cb_buf_add(&c->all, item->bytes[WIRE_D_NAME])) != CB_OK ||
	    (r = cb_buf_add(&c->all, cb_span_str(" ("))) != CB_OK ||
	    (r = cb_buf_add(&c->all, cb_buf_span(&id))) != CB_OK ||
	    (r = cb_put_u8(&c->all, ')')) != CB_OK);
	cb_buf_free(&id);
	return r;
}

static int
not_chosen(const struct choice *c)
{
	const int n = c->all.n < 1000 ? (int)c->all.n : 1000;

	if (c->all.n == 0)
		return cli_fail(CLI_NO, "there is no organisation yet: "
		    "cardbridge admin org add NAME makes one");
	if (c->wanted == NULL)
		return cli_fail(CLI_USAGE, "which organisation? --org O says "
		    "it; there are: %.*s", n, (const char *)c->all.p);
	if (c->found == 0)
		return cli_fail(CLI_NO, "there is no organisation \"%.64s\"; "
		    "there are: %.*s", c->wanted, n, (const char *)c->all.p);
	return cli_fail(CLI_USAGE, "there are several organisations "
	    "\"%.64s\": say which by its id: %.*s", c->wanted, n,
	    (const char *)c->all.p);
}

/* Looked up at the desk of the identity's own organisation: the platform's
 * knows all of them, any other itself. */
static int
choose(struct cli_admin *s, const char *org)
{
	struct choice c = { .wanted = org, .all = CB_BUF_INIT };
	enum cb_err r;
	int code;

	if ((code = open_desk(s, s->who.organisation)) != CLI_OK)
		return code;
	if ((r = cli_admin_list(s, WIRE_LIST_ORGANISATIONS, NULL, look_at,
		 &c)) != CB_OK)
		code = cli_admin_err(s, r, "organisations");
	else if (c.found != 1)
		code = not_chosen(&c);
	else
		code = open_desk(s, c.id);
	cb_buf_free(&c.all);
	return code;
}

int
cli_admin_open_own(struct cli_admin *s, const struct cli_admin_args *args)
{
	int code;

	if ((code = cli_admin_begin(s, args)) != CLI_OK)
		return code;
	return open_desk(s, s->who.organisation);
}

int
cli_admin_open(struct cli_admin *s, const struct cli_admin_args *args,
    const char *org)
{
	const int code = cli_admin_begin(s, args);

	return code == CLI_OK ? cli_admin_enter(s, org) : code;
}

int
cli_admin_enter_id(
    struct cli_admin *s, const uint8_t organisation[WIRE_ID])
{
	return open_desk(s, organisation);
}

int
cli_admin_enter(struct cli_admin *s, const char *org)
{
	if (org == NULL && !is_platform(s->who.organisation))
		return open_desk(s, s->who.organisation);
	if (cli_admin_is_platform(org))
		return open_desk(s, cli_platform);
	return choose(s, org);
}

/* ---- lists --------------------------------------------------------------- */

/* All items of one answer; the last is kept, to ask for what follows. */
static enum cb_err
each(const struct wire_told_items *told, struct cb_buf *last,
    cli_admin_item_fn *f, void *ctx)
{
	struct cb_span items = told->items, raw;
	struct wire_fields item;
	enum cb_err r = CB_OK;

	for (unsigned i = 0; r == CB_OK && i < told->count; i++) {
		struct cb_span before = items;

		if ((r = wire_item_get(&items, &item)) != CB_OK ||
		    (r = cb_get_lv32(&before, &raw)) != CB_OK ||
		    (i + 1 == told->count &&
			(r = cb_buf_set(last, raw)) != CB_OK))
			return r;
		r = f(ctx, &item);
	}
	return r;
}

enum cb_err
cli_admin_list(struct cli_admin *s, enum wire_desk_list list,
    const struct wire_fields *filter, cli_admin_item_fn *f, void *ctx)
{
	struct cb_buf want = CB_BUF_INIT, last = CB_BUF_INIT;
	struct wire_desk ask = { .type = WIRE_DESK_LIST, .list = list,
		.most = WIRE_DESK_ITEMS_MAX };
	struct wire_told_items told = { .more = true };
	enum cb_err r = CB_OK;

	if (filter != NULL && (r = wire_fields_put(&want, filter)) != CB_OK)
		goto out;
	ask.filter = cb_buf_span(&want);
	while (r == CB_OK && told.more) {
		ask.after = cb_buf_span(&last);
		if ((r = br_desk_ask(s->desk, &ask, &told, &s->why)) == CB_OK)
			r = each(&told, &last, f, ctx);
		if (r == CB_OK && told.more && told.count == 0)
			r = CB_E_FORMAT;
	}
out:
	cb_buf_free(&want);
	cb_buf_free(&last);
	return r;
}

/* *print: a list with its items. */
static int
collect(struct cli_admin *s, enum wire_desk_list list,
    const struct wire_fields *filter, struct cli_print **print)
{
	enum cb_err r;

	if ((*print = cli_print_new(list, s->args->json)) == NULL)
		return cli_fail(CLI_FAILED, "out of memory");
	if ((r = cli_admin_list(s, list, filter, cli_print_item, *print)) !=
	    CB_OK)
		return cli_admin_err(s, r, "the list");
	return CLI_OK;
}

int
cli_admin_show(struct cli_admin *s, enum wire_desk_list list,
    const struct wire_fields *filter)
{
	struct cli_print *print;
	const int code = collect(s, list, filter, &print);

	return print != NULL ? cli_print_end(&print, code) : code;
}

int
cli_admin_show_with(struct cli_admin *s, const struct wire_fields *item,
    enum wire_desk_list list, const struct wire_fields *filter,
    const char *title, const char *name)
{
	struct cli_print *print;
	int code = collect(s, list, filter, &print);

	if (print == NULL)
		return code;
	if (s->args->json)
		return cli_print_with(&print, item, name, code);
	if (code == CLI_OK && (code = cli_print_one(item, false)) == CLI_OK)
		printf("\n%s\n", title);
	return cli_print_end(&print, code);
}

int
cli_admin_told(const struct cli_admin *s, const uint8_t id[WIRE_ID],
    const char *noun, const char *words)
{
	struct cb_buf hex = CB_BUF_INIT;
	const char *text = cli_print_hex(&hex, cb_span(id, WIRE_ID));
	int code = CLI_OK;

	if (text == NULL)
		code = cli_fail(CLI_FAILED, "out of memory");
	else if (s->args->json && s->args->draft != NULL)
		code = cli_print_texts(
		    "id", text, "draft", s->args->draft, NULL);
	else if (s->args->json)
		code = cli_print_texts("id", text, NULL);
	else if (s->args->draft != NULL)
		printf("%s %s: nothing is ordered yet. Next: cardbridge admin "
		    "approve %s, by another person\n", noun, text,
		    s->args->draft);
	else
		printf("%s %s %s\n", noun, text, words);
	cb_buf_free(&hex);
	return cli_flush(code);
}

/* ---- one item ------------------------------------------------------------ */

enum cb_err
cli_admin_keep(const struct wire_fields *item, struct cb_buf *keep,
    struct wire_fields *out)
{
	enum cb_err r;

	cb_buf_clear(keep);
	if ((r = wire_fields_put(keep, item)) == CB_OK)
		r = wire_fields_get(cb_buf_span(keep), out);
	return r;
}

struct search {
	struct cb_span id;
	struct cb_buf *keep;
	struct wire_fields *item;
	bool found;
};

static enum cb_err
is_it(void *ctx, const struct wire_fields *item)
{
	struct search *x = ctx;

	if (x->found || !cb_span_equal(item->bytes[WIRE_D_ID], x->id))
		return CB_OK;
	x->found = true;
	return cli_admin_keep(item, x->keep, x->item);
}

int
cli_admin_find(struct cli_admin *s, enum wire_desk_list list,
    const char *noun, const uint8_t id[WIRE_ID], struct cb_buf *keep,
    struct wire_fields *item)
{
	struct search x = { .id = cb_span(id, WIRE_ID), .keep = keep,
		.item = item };
	struct wire_fields filter = { .has = 0 };
	struct cb_buf text = CB_BUF_INIT;
	enum cb_err r;
	int code = CLI_OK;

	if (list == WIRE_LIST_CARDS || list == WIRE_LIST_DEVICES)
		wire_fields_bytes(&filter, WIRE_D_ID, x.id);
	if ((r = cli_admin_list(s, list, &filter, is_it, &x)) != CB_OK)
		code = cli_admin_err(s, r, noun);
	else if (!x.found)
		code = cli_fail(CLI_NO, "the organisation has no %s %s; "
		    "cardbridge admin %s list shows those that it has", noun,
		    cli_print_hex(&text, x.id), noun);
	cb_buf_free(&text);
	return code;
}

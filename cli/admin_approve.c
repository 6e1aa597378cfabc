/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin approve, order: an act that takes two people goes from one
 * to the other as a file, and is ordered when both have signed.
 */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "cli/passcode.h"

#define VALID "12h"
/* The vault takes none that is good for longer than 23 hours from then on. */
#define VALID_MOST (UINT64_C(23) * 3600000)

static int approve(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int order(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

#define YES_OPT \
	{ "yes", CLI_FLAG, CLI_ADMIN_AT(yes), NULL, \
	    "it was read, and is meant: asks nobody" }
static const struct cli_opt approve_opts[] = {
	CLI_ADMIN_OPTS, YES_OPT,
	{ "valid", CLI_TEXT, CLI_ADMIN_AT(valid), "TIME",
	    "how long the approval is good (" VALID ")" },
};
static const struct cli_opt order_opts[] = {
	CLI_ADMIN_OPTS, YES_OPT,
	{ "passcode-file", CLI_TEXT, CLI_ADMIN_AT(passcode_file), "FILE",
	    "its first line is the holder's passcode" },
	{ "so-passcode-file", CLI_TEXT, CLI_ADMIN_AT(so_passcode_file),
	    "FILE", "its first line is the SO passcode" },
};

const struct cli_cmd cli_admin_draft_cmds[] = {
	{ "admin", "approve", "FILE", "Approves what somebody else has drafted",
	    approve_opts, sizeof(approve_opts) / sizeof(approve_opts[0]),
	    sizeof(struct cli_admin_args), 1, 1, approve, CLI_NO_SOCKET, NULL,
	    "admin" },
	{ "admin", "order", "FILE", "Orders what was drafted and approved",
	    order_opts, sizeof(order_opts) / sizeof(order_opts[0]),
	    sizeof(struct cli_admin_args), 1, 1, order, CLI_NO_SOCKET, NULL,
	    "admin" },
};
const size_t cli_admin_draft_cmds_n =
    sizeof(cli_admin_draft_cmds) / sizeof(cli_admin_draft_cmds[0]);

/* ---- reading and asking -------------------------------------------------- */

/* Its words are on standard output, or where that is for a program on standard
 * error. */
static int
explain(struct cli_admin *s, const struct cli_draft *d)
{
	struct cb_buf words = CB_BUF_INIT;
	int code = CLI_OK;
	enum cb_err r;

	if ((r = cli_explain(s, d, &words)) == CB_E_FORMAT)
		code = cli_fail(CLI_NO, "%s: this program has no words for what "
		    "is in it, and lets nobody sign it: use a newer one",
		    d->path);
	else if (r != CB_OK)
		code = cli_admin_err(s, r, d->path);
	else
		(void)fwrite(words.p, 1, words.n,
		    s->args->json ? stderr : stdout);
	cb_buf_free(&words);
	return code == CLI_OK ? cli_flush(code) : code;
}

static int
confirm(const struct cli_admin *s, const char *question)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct cb_why why = { "" };
	bool yes;
	enum cb_err r;

	if (s->args->yes)
		return CLI_OK;
	r = cli_pass_ask(&answer, question, CLI_PASS_SEEN, &why);
	yes = r == CB_OK &&
	    cb_span_equal(cb_buf_span(&answer), cb_span_str("yes"));
	cb_buf_free(&answer);
	if (r == CB_E_ABSENT)
		return cli_fail(CLI_USAGE, "there is no terminal to ask at: "
		    "read what it does, and add --yes if that is meant");
	if (r != CB_OK)
		return cli_fail_err(r, &why, "the terminal");
	return yes ? CLI_OK : cli_fail(CLI_NO, "nothing was signed");
}

/* The draft, and the desk of its organisation. */
static int
begin(struct cli_admin *s, const struct cli_admin_args *args,
    const char *path, struct cli_draft *d)
{
	int code;

	memset(d, 0, sizeof(*d));
	if ((code = cli_admin_begin(s, args)) != CLI_OK ||
	    (code = cli_draft_read(s, path, d)) != CLI_OK)
		return code;
	return cli_admin_enter_id(s, d->act.organisation);
}

static void
end(struct cli_admin *s, struct cli_draft *d)
{
	cli_draft_clear(d);
	cli_admin_end(s);
}

/* ---- approve ------------------------------------------------------------- */

struct role {
	const uint8_t *person;
	uint64_t best;	/* the strongest; 0: none */
};

static enum cb_err
look_at_role(void *ctx, const struct wire_fields *item)
{
	struct role *x = ctx;
	const uint64_t role = item->number[WIRE_D_ROLE];

	if (cb_span_equal(item->bytes[WIRE_D_PERSON],
		cb_span(x->person, WIRE_ID)) &&
	    item->number[WIRE_D_STATE] == CLI_IN_USE && role != 0 &&
	    (x->best == 0 || role < x->best))
		x->best = role;
	return CB_OK;
}

/* The backend would refuse the order, and who orders could not say why. */
static int
check_right(struct cli_admin *s, const struct cli_draft *d)
{
	const struct cli_what *what = cli_what_find(d->act.what);
	struct role x = { s->who.id, 0 };
	enum cb_err r;

	if ((r = cli_admin_list(s, WIRE_LIST_PEOPLE, NULL, look_at_role,
		 &x)) != CB_OK)
		return cli_admin_err(s, r, "people");
	if (x.best == WIRE_ROLE_ADMINISTRATOR || what == NULL ||
	    (x.best == WIRE_ROLE_REGISTRAR && what->for_registrar))
		return CLI_OK;
	return cli_fail(CLI_NO, "this takes the approval of an administrator%s, "
	    "and that is what you are not", what->for_registrar
		? " or registrar" : "");
}

static int
check_other(const struct cli_admin *s, const struct cli_draft *d)
{
	if (memcmp(d->act.person, s->who.id, WIRE_ID) != 0)
		return CLI_OK;
	return cli_fail(CLI_NO, "you have drafted it yourself: another person "
	    "approves it, with an identity of their own (cardbridge admin "
	    "approve %s)", d->path);
}

static int
how_long(const struct cli_admin_args *a, uint64_t *ms)
{
	const int code = cli_admin_duration(
	    a->valid != NULL ? a->valid : VALID, "--valid", ms);

	if (code == CLI_OK && *ms >= VALID_MOST)
		return cli_fail(CLI_USAGE, "--valid: an approval is good for "
		    "less than 23h");
	return code;
}

static int
show_approved(const struct cli_admin *s, const struct cli_draft *d,
    uint64_t until)
{
	struct cb_buf act = CB_BUF_INIT;
	char time[CLI_TIME_MAX];
	const char *id = cli_print_hex(&act, CB_SPAN_OF(d->act.id));
	int code = CLI_OK;

	cli_print_time(time, until);
	if (id == NULL)
		code = cli_fail(CLI_FAILED, "out of memory");
	else if (s->args->json)
		code = cli_print_texts("id", id, "draft", d->path, "until",
		    time, NULL);
	else
		printf("%s is approved, until %s UTC.\nNext: cardbridge admin "
		    "order %s, by who drafted it\n", d->path, time, d->path);
	cb_buf_free(&act);
	return cli_flush(code);
}

static int
approve(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	struct cli_admin s = { .args = args };
	struct cli_draft d;
	uint64_t ms = 0, until;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = how_long(args, &ms)) != CLI_OK)
		return code;
	if ((code = begin(&s, args, argv[0], &d)) != CLI_OK ||
	    (code = explain(&s, &d)) != CLI_OK ||
	    (code = check_other(&s, &d)) != CLI_OK ||
	    (code = check_right(&s, &d)) != CLI_OK ||
	    (code = confirm(&s, "Do you approve it? (yes or no) ")) != CLI_OK)
		goto out;
	until = cli_admin_now() + ms;
	if ((code = cli_draft_approve(&s, &d, until)) == CLI_OK)
		code = show_approved(&s, &d, until);
out:
	end(&s, &d);
	return code;
}

/* ---- order --------------------------------------------------------------- */

/* A token that is over would be refused without a word why. */
static int
check_time(const struct cli_draft *d)
{
	struct cb_span cur = d->act.changes;
	char time[CLI_TIME_MAX];
	struct wire_change c;
	struct wire_grant g;

	for (unsigned i = 0; i < d->act.count; i++) {
		if (wire_change_get(&cur, &c) != CB_OK ||
		    wire_grant_get(c.row, &g) != CB_OK)
			break;
		if (g.type != WIRE_GRANT_TOKEN || c.remove ||
		    g.number[WIRE_G_UNTIL] > cli_admin_now())
			continue;
		cli_print_time(time, g.number[WIRE_G_UNTIL]);
		return cli_fail(CLI_NO, "%s: its token was good until %s: "
		    "draft it again, with a longer --valid", d->path, time);
	}
	return CLI_OK;
}

static int
plain_order(
    struct cli_admin *s, struct cli_draft *d, struct cb_span approval)
{
	const struct wire_fields none = { .has = 0 };
	const struct cli_what *what = cli_what_find(d->act.what);
	struct wire_fields made;
	int code;

	if ((code = cli_admin_send(s, &d->act, approval, &none, &made)) !=
		CLI_OK ||
	    what == NULL)
		return code;
	return cli_admin_told(s, d->act.subject, what->noun, what->done);
}

static const struct {
	const char *what;
	int (*order)(struct cli_admin *s, struct cli_draft *d,
	    struct cb_span approval);
} others[] = {	/* those with passcodes */
	{ WIRE_ACT_CARD_NEW, cli_admin_card_new_drafted },
	{ WIRE_ACT_CARD_UNBLOCK, cli_admin_card_unblock_drafted },
};

static int
send(struct cli_admin *s, struct cli_draft *d, struct cb_span approval)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (cb_span_equal(d->act.what, cb_span_str(others[i].what)))
			return others[i].order(s, d, approval);
	return plain_order(s, d, approval);
}

/* Who has not drafted it reads it before they sign. */
static int
read_it(struct cli_admin *s, const struct cli_draft *d)
{
	int code;

	if (memcmp(d->act.person, s->who.id, WIRE_ID) == 0)
		return CLI_OK;
	code = explain(s, d);
	return code == CLI_OK ? confirm(s, "Do you order it? (yes or no) ")
			      : code;
}

static int
order(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	struct cli_admin s = { .args = args };
	struct cb_span approval;
	struct cli_draft d;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = begin(&s, args, argv[0], &d)) == CLI_OK &&
	    (code = cli_draft_approval(&s, &d, &approval)) == CLI_OK &&
	    (code = check_time(&d)) == CLI_OK &&
	    (code = read_it(&s, &d)) == CLI_OK)
		code = send(&s, &d, approval);
	end(&s, &d);
	return code;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin card, session: cards of an organisation, who may use them,
 * and who does.
 */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"

static int card_show(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int card_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int card_assign(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int card_set(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int card_state(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int session_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int session_end(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

#define DEVICE_OPTS \
	{ "device", CLI_LIST, CLI_ADMIN_AT(devices), "ID", \
	    "a device that may use it; may be repeated" }, \
	{ "to-org", CLI_FLAG, CLI_ADMIN_AT(to_org), NULL, \
	    "every device of the organisation" }
#define PASSCODE_OPT \
	{ "passcode-file", CLI_TEXT, CLI_ADMIN_AT(passcode_file), "FILE", \
	    "its first line is the holder's passcode" }
static const struct cli_opt plain[] = { CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT };
static const struct cli_opt new_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT,
	{ "profile", CLI_TEXT, CLI_ADMIN_AT(profile), "NAME",
	    "what the card looks like" },
	{ "blank", CLI_FLAG, CLI_ADMIN_AT(blank), NULL,
	    "before it is personalised: no keys or certificates" },
	{ "test", CLI_FLAG, CLI_ADMIN_AT(test), NULL,
	    "marked as test, as all of a test backend: PIN 123456, SO PIN "
	    "87654321" },
	{ "name", CLI_TEXT, CLI_ADMIN_AT(name), "NAME",
	    "what the card is called in lists" },
	{ "serial", CLI_TEXT, CLI_ADMIN_AT(serial), "HEX",
	    "the card's serial number (drawn at random)" },
	{ "take-over", CLI_FLAG, CLI_ADMIN_AT(take_over), NULL,
	    "a device that asks for it may take it from another" },
	DEVICE_OPTS, PASSCODE_OPT,
	{ "so-passcode-file", CLI_TEXT, CLI_ADMIN_AT(so_passcode_file),
	    "FILE", "its first line is the SO passcode" },
};
static const struct cli_opt device_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT, DEVICE_OPTS,
};
static const struct cli_opt act_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT,
};
static const struct cli_opt unblock_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT, PASSCODE_OPT,
};
static const struct cli_opt yes_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT,
	{ "yes", CLI_FLAG, CLI_ADMIN_AT(yes), NULL,
	    "it is meant: nothing brings it back" },
};
static const struct cli_opt session_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT,
	{ "card", CLI_LIST, CLI_ADMIN_AT(cards), "ID", "of this card only" },
};

const struct cli_cmd cli_admin_card_cmds[] = {
	CLI_ADMIN_CMD("card", "new", "", "Makes a card in the backend",
	    new_opts, 0, 0, cli_admin_card_new),
	CLI_ADMIN_CMD("card", "show", "ID", "Shows a card, and who may use it",
	    plain, 1, 1, card_show),
	CLI_ADMIN_CMD("card", "list", "", "Lists cards", plain, 0, 0,
	    card_list),
	CLI_ADMIN_CMD("card", "set", "ID KEY=VALUE ...", "Sets name or "
	    "take-over", act_opts, 2, -1, card_set),
	CLI_ADMIN_CMD("card", "assign", "ID", "Lets a device use a card",
	    device_opts, 1, 1, card_assign),
	CLI_ADMIN_CMD("card", "unassign", "ID", "Lets it no more",
	    device_opts, 1, 1, card_assign),
	CLI_ADMIN_CMD("card", "suspend", "ID", "Stops a card for a while",
	    act_opts, 1, 1, card_state),
	CLI_ADMIN_CMD("card", "resume", "ID", "Lets it be used again",
	    act_opts, 1, 1, card_state),
	CLI_ADMIN_CMD("card", "unblock", "ID", "Sets the holder's passcode "
	    "anew", unblock_opts, 1, 1, cli_admin_card_unblock),
	CLI_ADMIN_CMD("card", "terminate", "ID", "Destroys a card and its "
	    "keys for ever", yes_opts, 1, 1, card_state),
};
const size_t cli_admin_card_cmds_n =
    sizeof(cli_admin_card_cmds) / sizeof(cli_admin_card_cmds[0]);

const struct cli_cmd cli_admin_session_cmds[] = {
	CLI_ADMIN_CMD("session", "list", "", "Lists the cards in use",
	    session_opts, 0, 0, session_list),
	CLI_ADMIN_CMD("session", "end", "ID", "Takes a card from its device",
	    plain, 1, 1, session_end),
};
const size_t cli_admin_session_cmds_n =
    sizeof(cli_admin_session_cmds) / sizeof(cli_admin_session_cmds[0]);

/* ---- looking ------------------------------------------------------------- */

static int
card_list(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cli_admin s;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK)
		code = cli_admin_show(&s, WIRE_LIST_CARDS, NULL);
	cli_admin_end(&s);
	return code;
}

/* The items of a list that are about one card. */
static struct wire_fields
about(const uint8_t card[WIRE_ID])
{
	struct wire_fields filter = { .has = 0 };

	wire_fields_bytes(&filter, WIRE_D_CARD, cb_span(card, WIRE_ID));
	return filter;
}

static int
card_show(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cb_buf keep = CB_BUF_INIT;
	struct wire_fields card, filter;
	uint8_t id[WIRE_ID];
	struct cli_admin s;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = cli_admin_id(argv[0], "ID", id)) != CLI_OK)
		return code;
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK &&
	    (code = cli_admin_find(&s, WIRE_LIST_CARDS, "card", id, &keep,
		 &card)) == CLI_OK) {
		filter = about(id);
		code = cli_admin_show_with(&s, &card, WIRE_LIST_ASSIGNMENTS,
		    &filter, "May be used by:", "assignments");
	}
	cb_buf_free(&keep);
	cli_admin_end(&s);
	return code;
}

int
cli_admin_card_lives(const struct wire_fields *card)
{
	if (card->number[WIRE_D_STATE] != CLI_ENDED)
		return CLI_OK;
	return cli_fail(CLI_NO, "the card was terminated: make a new one");
}

/* ---- assignments --------------------------------------------------------- */

struct assigned {
	struct cli_act *act;
	const uint8_t *card, *subject;
	enum cli_subject kind;
	bool found;
};

static enum cb_err
unassign(void *ctx, const struct wire_fields *item)
{
	struct assigned *x = ctx;

	if (!cb_span_equal(item->bytes[WIRE_D_ID],
		cb_span(x->subject, WIRE_ID)) ||
	    item->number[WIRE_D_KIND] != x->kind)
		return CB_OK;
	x->found = true;
	return cli_act_assignment(x->act, CLI_ROW_REMOVE, x->card,
	    x->subject, x->kind, item->number[WIRE_D_UNTIL]);
}

/* A row is removed as it is: it is looked up. */
static int
one_unassigned(struct cli_admin *s, struct assigned *x)
{
	struct wire_fields filter = about(x->card);
	struct cb_buf hex = CB_BUF_INIT;
	enum cb_err r;
	int code = CLI_OK;

	x->found = false;
	if ((r = cli_admin_list(s, WIRE_LIST_ASSIGNMENTS, &filter, unassign,
		 x)) != CB_OK)
		code = cli_admin_err(s, r, "assignments");
	else if (!x->found)
		code = cli_fail(CLI_NO, "the card is not assigned to %s; "
		    "cardbridge admin card show shows to whom it is",
		    cli_print_hex(&hex, cb_span(x->subject, WIRE_ID)));
	cb_buf_free(&hex);
	return code;
}

static int
one_assigned(struct cli_admin *s, struct assigned *x)
{
	enum cb_err r;

	if ((r = cli_act_assignment(x->act, CLI_ROW_PUT, x->card, x->subject,
		 x->kind, 0)) == CB_OK)
		return CLI_OK;
	return cli_admin_err(s, r, x->act->what);
}

static int
card_assign(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	const bool put = strcmp(cmd->name, "assign") == 0;
	int (*each)(struct cli_admin *s, struct assigned *x) =
	    put ? one_assigned : one_unassigned;
	struct wire_fields made;
	uint8_t card[WIRE_ID];
	struct assigned x = { .card = card };
	struct cb_buf keep = CB_BUF_INIT;
	struct wire_fields item;
	struct cli_admin_devices to;
	struct cli_admin s;
	struct cli_act act;
	int code;

	(void)argc;
	if ((code = cli_admin_id(argv[0], "ID", card)) != CLI_OK ||
	    (code = cli_admin_devices(a, true, &to)) != CLI_OK)
		return code;
	memset(&act, 0, sizeof(act));
	x.act = &act;
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK &&
	    (code = cli_admin_find(&s, WIRE_LIST_CARDS, "card", card, &keep,
		 &item)) == CLI_OK &&
	    (code = cli_admin_card_lives(&item)) == CLI_OK)
		cli_act_init(&act, put ? WIRE_ACT_CARD_ASSIGN
				       : WIRE_ACT_CARD_UNASSIGN,
		    s.organisation, card);
	x.kind = CLI_TO_DEVICE;
	for (size_t i = 0; code == CLI_OK && i < to.n; i++) {
		x.subject = to.ids[i];
		code = each(&s, &x);
	}
	if (code == CLI_OK && a->to_org) {
		x.kind = CLI_TO_ORG;
		x.subject = s.organisation;
		code = each(&s, &x);
	}
	if (code == CLI_OK &&
	    (code = cli_admin_order(&s, &act, &made)) == CLI_OK)
		code = cli_admin_told(&s, card, "card",
		    put ? "is assigned" : "is not assigned any more");
	cb_buf_free(&keep);
	cli_act_clear(&act);
	cli_admin_end(&s);
	return code;
}

/* ---- what it is shown as ------------------------------------------------- */

/* *detail has what is there now, and gets what is wished. */
static int
set_one(struct wire_fields *detail, const char *text)
{
	const char *value;
	const size_t n = cli_admin_pair(text, &value);
	const struct cb_span key = cb_span(text, n);
	bool on;

	if (value != NULL && cb_span_equal(key, cb_span_str("name"))) {
		wire_fields_bytes(detail, WIRE_D_NAME, cb_span_str(value));
		return cli_admin_name(value, "name");
	}
	if (value == NULL || !cb_span_equal(key, cb_span_str("take-over")))
		return cli_fail(CLI_USAGE, "\"%.64s\" is neither name=NAME "
		    "nor take-over=yes or no", text);
	on = strcmp(value, "yes") == 0;
	if (!on && strcmp(value, "no") != 0)
		return cli_fail(CLI_USAGE, "take-over is yes or no, not "
		    "\"%.32s\"", value);
	detail->has &= ~(UINT32_C(1) << WIRE_D_TAKE_OVER);
	if (on)
		wire_fields_number(detail, WIRE_D_TAKE_OVER, 1);
	return CLI_OK;
}

static int
card_set(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cb_buf keep = CB_BUF_INIT;
	struct wire_fields card = { .has = 0 }, tried = { .has = 0 }, made;
	uint8_t id[WIRE_ID];
	struct cli_admin s;
	struct cli_act act;
	int code;

	(void)cmd;
	if ((code = cli_admin_id(argv[0], "ID", id)) != CLI_OK)
		return code;
	for (int i = 1; code == CLI_OK && i < argc; i++)
		code = set_one(&tried, argv[i]);
	if (code != CLI_OK)
		return code;
	memset(&act, 0, sizeof(act));
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK &&
	    (code = cli_admin_find(&s, WIRE_LIST_CARDS, "card", id, &keep,
		 &card)) == CLI_OK) {
		cli_act_init(&act, WIRE_ACT_CARD_SET, s.organisation, id);
		if (wire_fields_has(&card, WIRE_D_TAKE_OVER))
			wire_fields_number(
			    &act.detail, WIRE_D_TAKE_OVER, 1);
		for (int i = 1; code == CLI_OK && i < argc; i++)
			code = set_one(&act.detail, argv[i]);
	}
	if (code == CLI_OK &&
	    (code = cli_admin_order(&s, &act, &made)) == CLI_OK)
		code = cli_admin_told(&s, id, "card", "is set");
	cb_buf_free(&keep);
	cli_act_clear(&act);
	cli_admin_end(&s);
	return code;
}

/* ---- its state ----------------------------------------------------------- */

static const struct change {
	const char *verb, *what;
	enum cli_state state;
	const char *words;
} changes[] = {
	{ "suspend", WIRE_ACT_CARD_SUSPEND, CLI_STOPPED, "is suspended" },
	{ "resume", WIRE_ACT_CARD_RESUME, CLI_IN_USE, "is in use again" },
	{ "terminate", WIRE_ACT_CARD_TERMINATE, CLI_ENDED,
	    "is no more, nor are its keys" },
};

static int
change_state(struct cli_admin *s, const uint8_t id[WIRE_ID],
    const struct change *c)
{
	struct cb_buf keep = CB_BUF_INIT;
	struct wire_fields card, made;
	struct cli_act act;
	enum cb_err r;
	int code;

	cli_act_init(&act, c->what, s->organisation, id);
	if ((code = cli_admin_find(s, WIRE_LIST_CARDS, "card", id, &keep,
		 &card)) != CLI_OK)
		goto out;
	if ((code = cli_admin_card_lives(&card)) != CLI_OK)
		goto out;
	if (card.number[WIRE_D_STATE] == c->state)
		code = cli_fail(CLI_NO, "the card is %s already",
		    cli_admin_states[c->state]);
	else if ((r = cli_act_card(&act, id, c->state,
		      card.number[WIRE_D_VERSION])) != CB_OK)
		code = cli_admin_err(s, r, c->what);
	else if ((code = cli_admin_order(s, &act, &made)) == CLI_OK)
		code = cli_admin_told(s, id, "card", c->words);
out:
	cb_buf_free(&keep);
	cli_act_clear(&act);
	return code;
}

static int
card_state(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	const struct change *c = changes;
	uint8_t id[WIRE_ID];
	struct cli_admin s;
	int code;

	(void)argc;
	while (strcmp(c->verb, cmd->name) != 0)
		c++;
	if ((code = cli_admin_id(argv[0], "ID", id)) != CLI_OK)
		return code;
	if (c->state == CLI_ENDED && !a->yes)
		return cli_fail(CLI_USAGE, "its keys would be destroyed, and "
		    "nothing brings them back: add --yes if that is meant");
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK)
		code = change_state(&s, id, c);
	cli_admin_end(&s);
	return code;
}

/* ---- sessions ------------------------------------------------------------ */

static int
session_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	const struct cli_list *cards = &a->cards;
	struct wire_fields filter = { .has = 0 };
	uint8_t card[WIRE_ID];
	struct cli_admin s;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if (cards->n > 0) {
		if ((code = cli_admin_id(cards->items[cards->n - 1].value,
			 "--card", card)) != CLI_OK)
			return code;
		filter = about(card);
	}
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK)
		code = cli_admin_show(&s, WIRE_LIST_SESSIONS, &filter);
	cli_admin_end(&s);
	return code;
}

static int
session_end(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct wire_fields session = { .has = 0 }, made;
	struct cb_buf keep = CB_BUF_INIT;
	uint8_t id[WIRE_ID];
	struct cli_admin s;
	struct cli_act act;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = cli_admin_id(argv[0], "ID", id)) != CLI_OK)
		return code;
	memset(&act, 0, sizeof(act));
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK &&
	    (code = cli_admin_find(&s, WIRE_LIST_SESSIONS, "session", id,
		 &keep, &session)) == CLI_OK) {
		cli_act_init(
		    &act, WIRE_ACT_SESSION_END, s.organisation, id);
		wire_fields_bytes(&act.detail, WIRE_D_CARD,
		    session.bytes[WIRE_D_CARD]);
		code = cli_admin_order(&s, &act, &made);
	}
	if (code == CLI_OK)
		code = cli_admin_told(&s, id, "session", "is over");
	cb_buf_free(&keep);
	cli_act_clear(&act);
	cli_admin_end(&s);
	return code;
}

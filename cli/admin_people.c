/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin device, person: who may be enrolled, who is, and who is not
 * any more.
 */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "wire/token.h"

#define TOKEN_VALID "24h"

static int device_token(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int device_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int device_revoke(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int person_token(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int person_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int person_revoke(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

#define VALID_OPT \
	{ "valid", CLI_TEXT, CLI_ADMIN_AT(valid), "TIME", \
	    "how long the token is good (" TOKEN_VALID ")" }
static const struct cli_opt plain[] = { CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT };
static const struct cli_opt revoke_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT,
};
static const struct cli_opt device_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT, VALID_OPT,
	{ "card", CLI_LIST, CLI_ADMIN_AT(cards), "ID",
	    "a card that it may use; may be repeated" },
	{ "class", CLI_TEXT, CLI_ADMIN_AT(class), "CLASS",
	    "desk (given) or user" },
	{ "name", CLI_TEXT, CLI_ADMIN_AT(name), "NAME",
	    "what the device is called" },
};
static const struct cli_opt person_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT, VALID_OPT,
	{ "role", CLI_TEXT, CLI_ADMIN_AT(role), "ROLE",
	    "administrator, registrar or auditor" },
};

const struct cli_cmd cli_admin_device_cmds[] = {
	CLI_ADMIN_CMD("device", "token", "", "Makes a token that enrols a "
	    "device once", device_opts, 0, 0, device_token),
	CLI_ADMIN_CMD("device", "list", "", "Lists devices, and tokens that "
	    "wait for one", plain, 0, 0, device_list),
	CLI_ADMIN_CMD("device", "revoke", "ID", "Ends a device's certificate "
	    "and sessions, or takes its token back", revoke_opts, 1, 1,
	    device_revoke),
};
const size_t cli_admin_device_cmds_n =
    sizeof(cli_admin_device_cmds) / sizeof(cli_admin_device_cmds[0]);

const struct cli_cmd cli_admin_person_cmds[] = {
	CLI_ADMIN_CMD("person", "token", "", "Makes a token that enrols a "
	    "person once", person_opts, 0, 0, person_token),
	CLI_ADMIN_CMD("person", "list", "", "Lists people", plain, 0, 0,
	    person_list),
	CLI_ADMIN_CMD("person", "revoke", "ID", "Ends a person's certificates",
	    revoke_opts, 1, 1, person_revoke),
};
const size_t cli_admin_person_cmds_n =
    sizeof(cli_admin_person_cmds) / sizeof(cli_admin_person_cmds[0]);

/* ---- tokens -------------------------------------------------------------- */

struct minted {
	struct wire_token token;	/* has the secret */
	struct cli_act_token row;
	struct cli_act act;
};

/* The token, and an act that begins with its row, for an id that is new. */
static enum cb_err
mint(struct minted *m, const struct cli_admin *s, const char *what,
    const char *name, uint64_t class, uint64_t valid)
{
	uint8_t id[WIRE_ID];
	enum cb_err r;

	memset(m, 0, sizeof(*m));
	m->token.kind = s->who.kind;
	memcpy(m->token.backend, s->who.backend, WIRE_ID);
	memcpy(m->token.organisation, s->organisation, WIRE_ID);
	m->row = (struct cli_act_token){ .name = name, .class = class,
		.until = cli_admin_now() + valid };
	if ((r = cr_random(id, WIRE_ID)) != CB_OK ||
	    (r = cr_random(m->token.secret, WIRE_TOKEN)) != CB_OK ||
	    (r = cr_sha256(CB_SPAN_OF(m->token.secret), m->row.hash)) !=
		CB_OK ||
	    (r = cr_sha256(cb_buf_span(&s->who.authority),
		 m->token.authority)) != CB_OK)
		return r;
	cli_act_init(&m->act, what, s->organisation, id);
	return cli_act_token(&m->act, CLI_ROW_PUT, &m->row);
}

static void
minted_clear(struct minted *m)
{
	cli_act_clear(&m->act);
	explicit_bzero(m, sizeof(*m));
}

/* The token alone goes to standard output: it is handed on as it is. */
static int
show_token(const struct cli_admin *s, const struct minted *m,
    const char *noun)
{
	struct cb_buf line = CB_BUF_INIT, id = CB_BUF_INIT;
	int code = CLI_OK;

	if (cli_print_hex(&id, CB_SPAN_OF(m->act.subject)) == NULL ||
	    wire_token_put(&line, &m->token) != CB_OK ||
	    cb_put_u8(&line, 0) != CB_OK) {
		code = cli_fail(CLI_FAILED, "out of memory");
	} else if (s->args->json) {
		/* a name of NULL ends it */
		code = cli_print_texts("id", (const char *)id.p, "token",
		    (const char *)line.p, s->args->draft != NULL ? "draft"
		    : NULL, s->args->draft, NULL);
	} else {
		if (s->args->draft != NULL)
			fprintf(stderr, "Nothing is ordered yet. Next: "
			    "cardbridge admin approve %s, by another person; "
			    "when it is ordered:\n", s->args->draft);
		fprintf(stderr, "%s %s: cardbridge enrol %s @FILE --identity "
		    "DIR, once, with this token:\n", noun,
		    (const char *)id.p, s->args->server);
		printf("%s\n", (const char *)line.p);
	}
	cb_buf_free(&line);
	cb_buf_free(&id);
	return cli_flush(code);
}

static int
order_token(struct cli_admin *s, struct minted *m, const char *noun)
{
	struct wire_fields made;
	int code;

	if ((code = cli_admin_order(s, &m->act, &made)) == CLI_OK)
		code = show_token(s, m, noun);
	return code;
}

#define CARDS_MAX (WIRE_ACT_CHANGES - 1)	/* beside the token */

static int
parse_cards(const struct cli_list *list, uint8_t ids[CARDS_MAX][WIRE_ID])
{
	int code = CLI_OK;

	if (list->n > CARDS_MAX)
		return cli_fail(CLI_USAGE, "--card: at most %d at once; card "
		    "assign adds others", CARDS_MAX);
	for (size_t i = 0; code == CLI_OK && i < list->n; i++)
		code = cli_admin_id(list->items[i].value, "--card", ids[i]);
	return code;
}

/* The device, as soon as it is one, may use them. */
static enum cb_err
add_cards(struct cli_act *act, uint8_t cards[][WIRE_ID], size_t n)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < n; i++)
		r = cli_act_assignment(act, CLI_ROW_PUT, cards[i],
		    act->subject, CLI_TO_DEVICE, 0);
	return r;
}

/* A token for a card that was mistyped would be of no use. */
static int
look_for_cards(struct cli_admin *s, uint8_t cards[][WIRE_ID], size_t n)
{
	struct cb_buf keep = CB_BUF_INIT;
	struct wire_fields card;
	int code = CLI_OK;

	for (size_t i = 0; code == CLI_OK && i < n; i++)
		if ((code = cli_admin_find(s, WIRE_LIST_CARDS, "card",
			 cards[i], &keep, &card)) == CLI_OK)
			code = cli_admin_card_lives(&card);
	cb_buf_free(&keep);
	return code;
}

static int
device_token(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	uint8_t cards[CARDS_MAX][WIRE_ID];
	uint64_t class = 1, valid = 0;
	struct minted m;
	struct cli_admin s;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	memset(&m, 0, sizeof(m));
	if ((code = parse_cards(&a->cards, cards)) != CLI_OK ||
	    (a->class != NULL && (code = cli_admin_word(a->class, "--class",
		 cli_admin_classes, &class)) != CLI_OK) ||
	    (a->name != NULL &&
		(code = cli_admin_name(a->name, "--name")) != CLI_OK) ||
	    (code = cli_admin_duration(a->valid != NULL ? a->valid
		 : TOKEN_VALID, "--valid", &valid)) != CLI_OK)
		return code;
	if ((code = cli_admin_open(&s, a, a->org)) != CLI_OK ||
	    (code = look_for_cards(&s, cards, a->cards.n)) != CLI_OK)
		goto out;
	r = mint(&m, &s, WIRE_ACT_DEVICE_TOKEN, WIRE_TOKEN_DEVICE, class,
	    valid);
	if (a->name != NULL)
		wire_fields_bytes(
		    &m.act.detail, WIRE_D_NAME, cb_span_str(a->name));
	if (r == CB_OK)
		r = add_cards(&m.act, cards, a->cards.n);
	code = r == CB_OK ? order_token(&s, &m, "device")
			  : cli_admin_err(&s, r, "device token");
out:
	minted_clear(&m);
	cli_admin_end(&s);
	return code;
}

static int
person_token(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	uint64_t role = 0, valid = 0;
	struct minted m;
	struct cli_admin s;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	memset(&m, 0, sizeof(m));
	if (a->role == NULL)
		return cli_fail(CLI_USAGE, "what may the person do? --role "
		    "administrator, registrar or auditor");
	if ((code = cli_admin_word(a->role, "--role", cli_admin_roles,
		 &role)) != CLI_OK ||
	    (code = cli_admin_duration(a->valid != NULL ? a->valid
		 : TOKEN_VALID, "--valid", &valid)) != CLI_OK)
		return code;
	if ((code = cli_admin_open(&s, a, a->org)) != CLI_OK)
		goto out;
	if ((r = mint(&m, &s, WIRE_ACT_PERSON_TOKEN, WIRE_TOKEN_PERSON, 1,
		 valid)) == CB_OK)
		r = cli_act_role(
		    &m.act, m.act.subject, (enum wire_role)role);
	code = r == CB_OK ? order_token(&s, &m, "person")
			  : cli_admin_err(&s, r, "person token");
out:
	minted_clear(&m);
	cli_admin_end(&s);
	return code;
}

/* ---- lists --------------------------------------------------------------- */

static bool
is_for(const struct wire_fields *token, const char *name)
{
	return cb_span_equal(token->bytes[WIRE_D_NAME], cb_span_str(name));
}

/* A token has no state: nobody is enrolled with it yet. */
static enum cb_err
print_waiting(void *ctx, const struct wire_fields *token)
{
	struct wire_fields device = *token;

	if (!is_for(token, WIRE_TOKEN_DEVICE))
		return CB_OK;
	/* what it is for is no name, and its hash is no certificate's */
	device.has &= ~(UINT32_C(1) << WIRE_D_NAME |
	    UINT32_C(1) << WIRE_D_TEXT | UINT32_C(1) << WIRE_D_FINGERPRINT);
	if (wire_fields_has(token, WIRE_D_TEXT))
		wire_fields_bytes(&device, WIRE_D_NAME,
		    token->bytes[WIRE_D_TEXT]);
	return cli_print_item(ctx, &device);
}

static int
device_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cli_print *print = NULL;
	struct cli_admin s;
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_admin_open(&s, a, a->org)) != CLI_OK)
		goto out;
	if ((print = cli_print_new(WIRE_LIST_DEVICES, a->json)) == NULL) {
		code = cli_fail(CLI_FAILED, "out of memory");
		goto out;
	}
	if ((r = cli_admin_list(&s, WIRE_LIST_DEVICES, NULL, cli_print_item,
		 print)) != CB_OK ||
	    (r = cli_admin_list(&s, WIRE_LIST_TOKENS, NULL, print_waiting,
		 print)) != CB_OK)
		code = cli_admin_err(&s, r, "devices");
	code = cli_print_end(&print, code);
out:
	cli_admin_end(&s);
	return code;
}

static int
person_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cli_admin s;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK)
		code = cli_admin_show(&s, WIRE_LIST_PEOPLE, NULL);
	cli_admin_end(&s);
	return code;
}

/* ---- revoking ------------------------------------------------------------ */

struct waiting {
	const char *name;	/* of tokens */
	struct cli_act *act;	/* gets the removal of its row */
	bool found;
};

static enum cb_err
remove_token(void *ctx, const struct wire_fields *token)
{
	struct waiting *w = ctx;
	struct cli_act_token row = { .name = w->name,
		.class = token->number[WIRE_D_CLASS],
		.until = token->number[WIRE_D_UNTIL] };
	const struct cb_span hash = token->bytes[WIRE_D_FINGERPRINT];

	if (!is_for(token, w->name) || hash.n != CR_HASH ||
	    !cb_span_equal(
		token->bytes[WIRE_D_ID], CB_SPAN_OF(w->act->subject)))
		return CB_OK;
	w->found = true;
	memcpy(row.hash, hash.p, CR_HASH);
	return cli_act_token(w->act, CLI_ROW_REMOVE, &row);
}

/* A token that nobody has used is taken back: is there one? */
static int
take_back(struct cli_admin *s, struct cli_act *act, const char *name,
    bool *found)
{
	struct waiting w = { .name = name, .act = act };
	enum cb_err r;

	r = cli_admin_list(s, WIRE_LIST_TOKENS, NULL, remove_token, &w);
	*found = w.found;
	return r == CB_OK ? CLI_OK : cli_admin_err(s, r, "tokens");
}

/* A device that is enrolled is stopped, and its certificate revoked. */
static int
stop_device(struct cli_admin *s, struct cli_act *act)
{
	struct wire_fields device = { .has = 0 };
	struct cb_buf keep = CB_BUF_INIT;
	bool found;
	enum cb_err r;
	int code;

	if ((code = take_back(s, act, WIRE_TOKEN_DEVICE, &found)) != CLI_OK ||
	    found)
		return code;
	if ((code = cli_admin_find(s, WIRE_LIST_DEVICES, "device",
		 act->subject, &keep, &device)) != CLI_OK)
		goto out;
	if ((r = cli_act_device(act, &device, CLI_STOPPED)) != CB_OK ||
	    (r = cli_act_revocation(act, device.bytes[WIRE_D_ID],
		 cli_admin_now(), device.bytes[WIRE_D_FINGERPRINT])) != CB_OK)
		code = cli_admin_err(s, r, act->what);
out:
	cb_buf_free(&keep);
	return code;
}

struct certificates {
	struct cli_act *act;
	uint64_t now;
	bool found;
};

static enum cb_err
stop_factor(void *ctx, const struct wire_fields *factor)
{
	struct certificates *c = ctx;
	const struct cb_span print = factor->bytes[WIRE_D_FINGERPRINT];
	enum cb_err r;

	if (!cb_span_equal(factor->bytes[WIRE_D_PERSON],
		CB_SPAN_OF(c->act->subject)))
		return CB_OK;
	c->found = true;
	if ((r = cli_act_factor(c->act, factor->bytes[WIRE_D_ID],
		 factor->bytes[WIRE_D_PERSON], CLI_STOPPED, print)) != CB_OK)
		return r;
	return cli_act_revocation(
	    c->act, factor->bytes[WIRE_D_PERSON], c->now, print);
}

static int
stop_person(struct cli_admin *s, struct cli_act *act)
{
	struct certificates c = { .act = act, .now = cli_admin_now() };
	struct cb_buf hex = CB_BUF_INIT;
	bool found;
	enum cb_err r;
	int code;

	if ((code = take_back(s, act, WIRE_TOKEN_PERSON, &found)) != CLI_OK ||
	    found)
		return code;
	if ((r = cli_admin_list(s, WIRE_LIST_PEOPLE, NULL, stop_factor,
		 &c)) != CB_OK)
		code = cli_admin_err(s, r, "people");
	else if (!c.found)
		code = cli_fail(CLI_NO, "the organisation has no person %s; "
		    "cardbridge admin person list shows those that it has",
		    cli_print_hex(&hex, CB_SPAN_OF(act->subject)));
	cb_buf_free(&hex);
	return code;
}

static int
revoke(const struct cli_admin_args *a, const char *text, const char *what,
    const char *noun, int (*rows)(struct cli_admin *s, struct cli_act *act))
{
	struct wire_fields made;
	uint8_t id[WIRE_ID];
	struct cli_admin s;
	struct cli_act act;
	int code;

	if ((code = cli_admin_id(text, "ID", id)) != CLI_OK)
		return code;
	memset(&act, 0, sizeof(act));
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK) {
		cli_act_init(&act, what, s.organisation, id);
		code = rows(&s, &act);
	}
	if (code == CLI_OK &&
	    (code = cli_admin_order(&s, &act, &made)) == CLI_OK)
		code = cli_admin_told(&s, id, noun, "is revoked");
	cli_act_clear(&act);
	cli_admin_end(&s);
	return code;
}

static int
device_revoke(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	(void)cmd;
	(void)argc;
	return revoke(args, argv[0], WIRE_ACT_DEVICE_REVOKE, "device",
	    stop_device);
}

static int
person_revoke(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	(void)cmd;
	(void)argc;
	return revoke(args, argv[0], WIRE_ACT_PERSON_REVOKE, "person",
	    stop_person);
}

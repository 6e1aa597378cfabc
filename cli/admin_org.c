/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin org: organisations and their policies.
 */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"

static int org_add(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int org_list(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int org_show(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);
static int org_set(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv);

static const struct cli_opt plain[] = { CLI_ADMIN_OPTS };
static const struct cli_opt of_org[] = { CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT };
static const struct cli_opt add_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_DRAFT_OPT,
};
static const struct cli_opt set_opts[] = {
	CLI_ADMIN_OPTS, CLI_ADMIN_ORG_OPT, CLI_ADMIN_DRAFT_OPT,
};

const struct cli_cmd cli_admin_org_cmds[] = {
	CLI_ADMIN_CMD("org", "add", "[NAME] [KEY=VALUE ...]",
	    "Founds an organisation", add_opts, 1, -1, org_add),
	CLI_ADMIN_CMD("org", "list", "", "Lists organisations",
	    plain, 0, 0, org_list),
	CLI_ADMIN_CMD("org", "show", "[O]", "Shows what is set for one",
	    of_org, 0, 1, org_show),
	CLI_ADMIN_CMD("org", "set", "[O] KEY=VALUE ...",
	    "Sets name, unblock, inspected or second-signer", set_opts, 1, -1,
	    org_set),
};
const size_t cli_admin_org_cmds_n =
    sizeof(cli_admin_org_cmds) / sizeof(cli_admin_org_cmds[0]);

/* ---- what is to be set --------------------------------------------------- */

#define POLICIES_MAX 8

struct wishes {
	const char *name;	/* NULL: as it is */
	struct cli_policy policies[POLICIES_MAX];
	size_t n;
};

static bool
is_name(const char *key, size_t n)
{
	return n == 4 && memcmp(key, "name", n) == 0;
}

/* Neither the word by which --org calls the backend itself, nor an id. */
static int
check_name(const char *name, const char *what)
{
	if (strcmp(name, "platform") == 0)
		return cli_fail(CLI_USAGE, "\"platform\" is what --org calls "
		    "the backend itself; take another name");
	if (strlen(name) == 2 * (size_t)WIRE_ID &&
	    strspn(name, CLI_ADMIN_HEX) == 2 * (size_t)WIRE_ID)
		return cli_fail(CLI_USAGE, "\"%s\" would be taken for an id; "
		    "take another name", name);
	return cli_admin_name(name, what);
}

static int
wish(struct wishes *w, const char *text)
{
	const char *value;
	const size_t n = cli_admin_pair(text, &value);
	struct cli_policy *p = &w->policies[w->n];
	int code;

	if (value == NULL)
		return cli_fail(CLI_USAGE, "\"%.64s\" is not KEY=VALUE",
		    text);
	if (is_name(text, n)) {
		w->name = value;
		return check_name(value, "name");
	}
	if (w->n == POLICIES_MAX)
		return cli_fail(CLI_USAGE, "these are too many at once");
	if ((code = cli_policy_parse(p, text, n, value)) != CLI_OK)
		return code;
	for (size_t i = 0; i < w->n; i++)
		if (w->policies[i].name == p->name)
			return cli_fail(CLI_USAGE, "%s is said twice",
			    p->name);
	w->n++;
	return CLI_OK;
}

/* Does a second administrator take two people? Then one who is alone stays so,
 * and can order nothing of it any more, nor set it back. */
static bool
locks_out(const struct wishes *w)
{
	const uint32_t adding = UINT32_C(1) << WIRE_GRANT_ROLE |
	    UINT32_C(1) << WIRE_GRANT_TOKEN |
	    UINT32_C(1) << WIRE_GRANT_FACTOR;
	struct cb_span value;
	uint32_t types = 0;

	for (size_t i = 0; i < w->n; i++) {
		value = w->policies[i].value;
		if (strcmp(w->policies[i].name, WIRE_POLICY_SECOND) == 0)
			(void)!cb_get_u32(&value, &types);
	}
	return (types & adding) != 0;
}

static int
alone(void)
{
	return cli_fail(CLI_USAGE, "second-signer: with one administrator, what "
	    "takes two people would be ordered by nobody, nor set back. First "
	    "enrol a second one (cardbridge admin person token --role "
	    "administrator), then set it (org set)");
}

struct administrators {
	uint8_t first[WIRE_ID];
	unsigned n;	/* 2: more than one */
	uint64_t now;
};

static enum cb_err
count_administrator(void *ctx, const struct wire_fields *item)
{
	struct administrators *x = ctx;
	const struct cb_span person = item->bytes[WIRE_D_PERSON];
	const uint64_t until = item->number[WIRE_D_UNTIL];

	if (item->number[WIRE_D_ROLE] != WIRE_ROLE_ADMINISTRATOR ||
	    item->number[WIRE_D_STATE] != CLI_IN_USE || person.n != WIRE_ID ||
	    (until != 0 && until <= x->now))
		return CB_OK;
	if (x->n == 0)
		memcpy(x->first, person.p, WIRE_ID);
	if (x->n == 0 || memcmp(x->first, person.p, WIRE_ID) != 0)
		x->n++;
	return CB_OK;
}

static int
check_second(struct cli_admin *s, const struct wishes *w)
{
	struct administrators x = { .now = cli_admin_now() };
	enum cb_err r;

	if (!locks_out(w))
		return CLI_OK;
	if ((r = cli_admin_list(s, WIRE_LIST_PEOPLE, NULL,
		 count_administrator, &x)) != CB_OK)
		return cli_admin_err(s, r, "people");
	return x.n >= 2 ? CLI_OK : alone();
}

/* A policy that an organisation begins with, if no other value is wished. */
static void
wish_default(struct wishes *w, const char *name, const char *value)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->policies[i].name, name) == 0)
			return;
	/* a name and value of ours are right */
	(void)cli_policy_parse(
	    &w->policies[w->n++], name, strlen(name), value);
}

static enum cb_err
put_policies(struct cli_act *act, const struct wishes *w)
{
	enum cb_err r = CB_OK;

	for (size_t i = 0; r == CB_OK && i < w->n; i++)
		r = cli_act_policy(
		    act, w->policies[i].name, w->policies[i].value);
	return r;
}

/* ---- add ----------------------------------------------------------------- */

/* Its first administrator is who founds it. */
static enum cb_err
founding(struct cli_admin *s, struct cli_act *act, struct wishes *w)
{
	uint8_t print[CR_HASH];
	enum cb_err r;

	wish_default(w, WIRE_POLICY_SECOND, "none");
	wish_default(w, WIRE_POLICY_UNBLOCK, s->who.kind == WIRE_TEST
		? WIRE_UNBLOCK_ONLINE : WIRE_UNBLOCK_NONE);
	wish_default(w, WIRE_POLICY_INSPECTED, "no");
	wire_fields_bytes(&act->detail, WIRE_D_NAME, cb_span_str(w->name));
	if ((r = cr_sha256(cb_buf_span(&s->who.certificate), print)) !=
		CB_OK ||
	    (r = cli_act_factor(act, cb_span(print, WIRE_ID),
		 CB_SPAN_OF(s->who.id), CLI_IN_USE, CB_SPAN_OF(print))) !=
		CB_OK ||
	    (r = cli_act_role(act, s->who.id, WIRE_ROLE_ADMINISTRATOR)) !=
		CB_OK)
		return r;
	return put_policies(act, w);
}

static int
parse_add(struct wishes *w, int argc, char **argv)
{
	int code = CLI_OK, i = 0;

	if (strchr(argv[0], '=') == NULL) {
		w->name = argv[i++];
		code = check_name(w->name, "NAME");
	}
	for (; code == CLI_OK && i < argc; i++)
		code = wish(w, argv[i]);
	if (code == CLI_OK && w->name == NULL)
		code = cli_fail(CLI_USAGE, "what is it called? org add NAME");
	/* who founds it is the only one */
	return code == CLI_OK && locks_out(w) ? alone() : code;
}

/* The backend would refuse it, and not say why. */
static int
check_live(const struct cli_admin *s, const struct wishes *w)
{
	for (size_t i = 0; s->who.kind == WIRE_LIVE && i < w->n; i++)
		if (strcmp(w->policies[i].name, WIRE_POLICY_UNBLOCK) == 0 &&
		    !cb_span_equal(w->policies[i].value,
			cb_span_str(WIRE_UNBLOCK_NONE)))
			return cli_fail(CLI_USAGE, "a live organisation "
			    "begins with unblock=none: org set changes that");
	return CLI_OK;
}

static int
org_add(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cb_buf id = CB_BUF_INIT;
	struct wishes w = { .name = NULL };
	uint8_t organisation[WIRE_ID];
	struct wire_fields made;
	struct cli_admin s;
	struct cli_act act;
	enum cb_err r;
	int code;

	(void)cmd;
	if ((code = parse_add(&w, argc, argv)) != CLI_OK)
		return code;
	memset(&act, 0, sizeof(act));
	if ((code = cli_admin_open_own(&s, a)) != CLI_OK)
		goto out;
	if ((code = check_live(&s, &w)) != CLI_OK)
		goto out;
	if ((r = cr_random(organisation, WIRE_ID)) == CB_OK) {
		cli_act_init(
		    &act, WIRE_ACT_ORG_ADD, organisation, organisation);
		r = founding(&s, &act, &w);
	}
	if (r != CB_OK)
		code = cli_admin_err(&s, r, "org add");
	else
		code = cli_admin_order(&s, &act, &made);
	if (code != CLI_OK)
		goto out;
	if (a->draft != NULL)
		code = cli_admin_told(&s, organisation, "organisation", "");
	else if (a->json)
		code = cli_print_texts("id", cli_print_hex(&id,
		    CB_SPAN_OF(organisation)), "name", w.name, NULL);
	else
		printf("organisation %s\n",
		    cli_print_hex(&id, CB_SPAN_OF(organisation)));
out:
	cb_buf_free(&id);
	cli_act_clear(&act);
	cli_admin_end(&s);
	return cli_flush(code);
}

/* ---- list, show ----------------------------------------------------------- */

static int
org_list(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	struct cli_admin s;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = cli_admin_open_own(&s, args)) == CLI_OK)
		code = cli_admin_show(&s, WIRE_LIST_ORGANISATIONS, NULL);
	cli_admin_end(&s);
	return code;
}

static int
org_show(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cli_admin s;
	int code;

	(void)cmd;
	if ((code = cli_admin_open(&s, a, argc > 0 ? argv[0] : a->org)) ==
	    CLI_OK)
		code = cli_admin_show(&s, WIRE_LIST_POLICIES, NULL);
	cli_admin_end(&s);
	return code;
}

/* ---- set ----------------------------------------------------------------- */

static int
org_set(const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	const char *org = a->org;
	struct wishes w = { .name = NULL };
	struct wire_fields made;
	struct cli_admin s;
	struct cli_act act;
	enum cb_err r;
	int code = CLI_OK, i = 0;

	(void)cmd;
	if (org == NULL && strchr(argv[0], '=') == NULL)
		org = argv[i++];
	if (i == argc)
		return cli_fail(CLI_USAGE, "set what? KEY=VALUE, such as "
		    "unblock=online");
	for (; code == CLI_OK && i < argc; i++)
		code = wish(&w, argv[i]);
	if (code != CLI_OK)
		return code;
	memset(&act, 0, sizeof(act));
	if ((code = cli_admin_open(&s, a, org)) != CLI_OK ||
	    (code = check_second(&s, &w)) != CLI_OK)
		goto out;
	cli_act_init(&act, WIRE_ACT_ORG_SET, s.organisation, s.organisation);
	if (w.name != NULL)
		wire_fields_bytes(
		    &act.detail, WIRE_D_NAME, cb_span_str(w.name));
	if ((r = put_policies(&act, &w)) != CB_OK)
		code = cli_admin_err(&s, r, "org set");
	else if ((code = cli_admin_order(&s, &act, &made)) == CLI_OK)
		code = cli_admin_told(&s, s.organisation, "organisation",
		    "is set");
out:
	cli_act_clear(&act);
	cli_admin_end(&s);
	return code;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * cardbridge admin card new, unblock: the two acts that carry passcodes. They
 * travel beside what is signed, sealed for the worker.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/admin.h"
#include "cli/passcode.h"
#include "cli/secret.h"

int
cli_admin_devices(const struct cli_admin_args *a, bool needed,
    struct cli_admin_devices *out)
{
	int code = CLI_OK;

	out->n = a->devices.n;
	if (needed && out->n == 0 && !a->to_org)
		return cli_fail(CLI_USAGE, "to whom? --device ID, or --to-org "
		    "for every device of the organisation");
	/* beside them the card and the organisation have a row */
	if (out->n > CLI_ADMIN_DEVICES_MAX)
		return cli_fail(CLI_USAGE, "--device: at most %d at once",
		    CLI_ADMIN_DEVICES_MAX);
	for (size_t i = 0; code == CLI_OK && i < out->n; i++)
		code = cli_admin_id(
		    a->devices.items[i].value, "--device", out->ids[i]);
	return code;
}

/* ---- new ----------------------------------------------------------------- */

struct making {
	const struct cli_admin_args *a;
	const char *profile;
	bool blank, test;
	struct cli_admin_devices to;
	struct cli_secret pin, so;
	bool has_pin;
	char serial[WIRE_NAME_MAX + 1];	/* in lower case */
	struct cli_act act;
};

static int
get_passcodes(struct making *m)
{
	const struct cli_admin_args *a = m->a;
	struct emu_profile *profile = NULL;
	struct cb_why why = { "" };
	char *path = NULL;
	enum cb_err r;
	int code;

	if ((code = cli_profile_find(m->profile, &path)) != CLI_OK)
		return code;
	if ((r = emu_profile_read(&profile, path, &why)) != CB_OK) {
		code = cli_fail_err(r, &why, path);
		goto out;
	}
	m->has_pin = emu_profile_has_user_pin(profile, m->blank);
	if (!m->has_pin && a->passcode_file != NULL) {
		code = cli_fail(CLI_USAGE, "%s card of this profile has no "
		    "holder's passcode: leave --passcode-file out",
		    m->blank ? "a blank" : "a");
		goto out;
	}
	/* a draft has none: they are asked for when it is ordered */
	if (a->draft != NULL)
		goto out;
	if ((m->has_pin && (r = cli_secret_get(&m->pin, profile, m->test,
		 &why)) != CB_OK) ||
	    (r = cli_secret_get(&m->so, profile, m->test, &why)) != CB_OK)
		code = cli_fail_err(
		    r == CB_E_ABSENT ? CB_E_ARG : r, &why, "passcodes");
out:
	emu_profile_free(&profile);
	free(path);
	return code;
}

/* Who approves it must not learn them. */
static int
no_passcode(void)
{
	return cli_fail(CLI_USAGE, "a draft holds no passcode: give the file to "
	    "cardbridge admin order, when it is approved");
}

static int
check_new(struct making *m)
{
	const struct cli_admin_args *a = m->a;

	if (a->profile == NULL)
		return cli_fail(CLI_USAGE, "what does it look like? "
		    "--profile NAME, such as authentic3");
	if (!wire_is_word(cb_span_str(a->profile)) ||
	    strchr(a->profile, '/') != NULL)
		return cli_fail(CLI_USAGE, "--profile: the backend knows its "
		    "profiles by name, not as files");
	if (a->serial != NULL) {
		if (strlen(a->serial) >= sizeof(m->serial))
			return cli_fail(CLI_USAGE, "--serial: at most %d "
			    "digits", WIRE_NAME_MAX);
		if (a->serial[strspn(a->serial, CLI_ADMIN_HEX)] != '\0')
			return cli_fail(CLI_USAGE, "--serial: expected "
			    "hexadecimal digits, not \"%s\"", a->serial);
		for (size_t i = 0; i < strlen(a->serial); i++)
			m->serial[i] =
			    (char)tolower((unsigned char)a->serial[i]);
	}
	if (a->draft != NULL &&
	    (a->passcode_file != NULL || a->so_passcode_file != NULL))
		return no_passcode();
	if (cli_admin_is_platform(a->org))
		return cli_fail(CLI_USAGE, "the platform has no cards: say "
		    "with --org which organisation it is for");
	return a->name != NULL ? cli_admin_name(a->name, "--name") : CLI_OK;
}

/* Before anybody is asked for a passcode. */
static int
check_kind(const struct cli_admin *s)
{
	const bool of_test = s->who.kind == WIRE_TEST;

	if (s->args->test == of_test)
		return CLI_OK;
	return of_test
	    ? cli_fail(CLI_USAGE, "this is a test backend, whose cards are "
		  "marked as test: add --test. Their passcodes are then "
		  "published, %s and %s for the SO, unless files have others",
		  emu_test_pin, emu_test_so_pin)
	    : cli_fail(CLI_USAGE, "this is a live backend, and its cards are "
		  "not for tests: leave --test out");
}

static void
describe(struct making *m)
{
	const struct cli_admin_args *a = m->a;
	struct wire_fields *d = &m->act.detail;

	wire_fields_bytes(d, WIRE_D_PROFILE, cb_span_str(a->profile));
	if (a->name != NULL)
		wire_fields_bytes(d, WIRE_D_NAME, cb_span_str(a->name));
	if (a->serial != NULL)
		wire_fields_bytes(d, WIRE_D_SERIAL, cb_span_str(m->serial));
	if (a->blank)
		wire_fields_number(d, WIRE_D_BLANK, 1);
	if (a->test)
		wire_fields_number(d, WIRE_D_TEST, 1);
	if (a->take_over)
		wire_fields_number(d, WIRE_D_TAKE_OVER, 1);
}

static void
add_secrets(const struct making *m, struct wire_fields *to)
{
	if (m->has_pin)
		wire_fields_bytes(
		    to, WIRE_D_PASSCODE, cb_buf_span(&m->pin.value));
	wire_fields_bytes(to, WIRE_D_SO_PASSCODE, cb_buf_span(&m->so.value));
}

static enum cb_err
build_new(struct making *m, const struct cli_admin *s)
{
	uint8_t id[WIRE_ID];
	enum cb_err r;

	if ((r = cr_random(id, WIRE_ID)) != CB_OK)
		return r;
	cli_act_init(&m->act, WIRE_ACT_CARD_NEW, s->organisation, id);
	describe(m);
	add_secrets(m, &m->act.secrets);
	r = cli_act_card(&m->act, id, CLI_IN_USE, 1);
	for (size_t i = 0; r == CB_OK && i < m->to.n; i++)
		r = cli_act_assignment(&m->act, CLI_ROW_PUT, id, m->to.ids[i],
		    CLI_TO_DEVICE, 0);
	if (r == CB_OK && m->a->to_org)
		r = cli_act_assignment(&m->act, CLI_ROW_PUT, id,
		    s->organisation, CLI_TO_ORG, 0);
	return r;
}

/* A live card's secrets go to a terminal, and nowhere else. */
static int
json_new(const struct making *m, const struct wire_fields *made,
    const char *id, const char *url)
{
	struct cb_buf hex = CB_BUF_INIT;
	const char *value =
	    cli_print_hex(&hex, made->bytes[WIRE_D_PASSCODE]);
	int code;

	if (value == NULL)
		code = cli_fail(CLI_FAILED, "out of memory");
	else if (m->test && value[0] != '\0')
		code = cli_print_texts("id", id, "url", url, "unblock_value",
		    value, NULL);
	else
		code = cli_print_texts("id", id, "url", url, NULL);
	cb_buf_free(&hex);
	return code;
}

static int
show_new(const struct making *m, const struct cli_admin *s,
    const struct wire_fields *made)
{
	struct cb_buf hex = CB_BUF_INIT;
	const char *id = cli_print_hex(&hex, CB_SPAN_OF(m->act.subject));
	char url[400];
	int code = CLI_OK;

	if (id == NULL) {
		code = cli_fail(CLI_FAILED, "out of memory");
		goto out;
	}
	(void)snprintf(url, sizeof(url), "%s/cards/%s",
	    br_desk_origin(s->desk), id);
	if (m->a->json) {
		code = json_new(m, made, id, url);
	} else {
		printf("card %s\n", id);
		if (m->test)
			printf("It is a test card: anybody may know its "
			    "passcodes.\n");
		printf("Next: cardbridge reader add NAME %s --identity DIR\n",
		    url);
		cli_secret_unblock_show(
		    made->bytes[WIRE_D_PASSCODE], m->test);
	}
	/* nothing else has them: the card must be made again without */
	if (code == CLI_OK && (code = cli_secret_show(&m->pin)) == CLI_OK)
		code = cli_secret_show(&m->so);
out:
	cb_buf_free(&hex);
	return code;
}

static void
making_clear(struct making *m)
{
	cb_buf_free(&m->pin.value);
	cb_buf_free(&m->so.value);
	cli_act_clear(&m->act);
}

static struct making
making_of(const struct cli_admin_args *a)
{
	return (struct making){ .a = a, .profile = a->profile,
		.blank = a->blank, .test = a->test,
		.pin = { "Holder's passcode", emu_test_pin, a->passcode_file,
		    "--passcode-file", CB_BUF_INIT, false },
		.so = { "SO passcode", emu_test_so_pin, a->so_passcode_file,
		    "--so-passcode-file", CB_BUF_INIT, false } };
}

int
cli_admin_card_new_drafted(
    struct cli_admin *s, struct cli_draft *d, struct cb_span approval)
{
	const struct cb_span profile = d->detail.bytes[WIRE_D_PROFILE];
	struct making m = making_of(s->args);
	struct wire_fields secrets = { .has = 0 }, made;
	char name[WIRE_NAME_MAX + 1];
	int code;

	(void)snprintf(name, sizeof(name), "%.*s", (int)profile.n,
	    (const char *)profile.p);
	if (!wire_is_word(cb_span_str(name)) || strchr(name, '/') != NULL)
		return cli_fail(CLI_NO, "%s: its profile is no name", d->path);
	m.profile = name;
	m.blank = wire_fields_has(&d->detail, WIRE_D_BLANK);
	m.test = wire_fields_has(&d->detail, WIRE_D_TEST);
	memcpy(m.act.subject, d->act.subject, WIRE_ID);
	if ((code = get_passcodes(&m)) == CLI_OK) {
		add_secrets(&m, &secrets);
		code = cli_admin_send(s, &d->act, approval, &secrets, &made);
	}
	if (code == CLI_OK)
		code = show_new(&m, s, &made);
	making_clear(&m);
	return cli_flush(code);
}

int
cli_admin_card_new(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct making m = making_of(a);
	struct wire_fields made;
	struct cli_admin s = { .args = a };
	enum cb_err r;
	int code;

	(void)cmd;
	(void)argc;
	(void)argv;
	if ((code = check_new(&m)) != CLI_OK ||
	    (code = cli_admin_devices(a, false, &m.to)) != CLI_OK ||
	    (code = cli_admin_begin(&s, a)) != CLI_OK ||
	    (code = check_kind(&s)) != CLI_OK ||
	    (code = get_passcodes(&m)) != CLI_OK ||
	    (code = cli_admin_enter(&s, a->org)) != CLI_OK)
		goto out;
	if ((r = build_new(&m, &s)) != CB_OK)
		code = cli_admin_err(&s, r, "card new");
	else if ((code = cli_admin_order(&s, &m.act, &made)) == CLI_OK)
		code = a->draft != NULL
		    ? cli_admin_told(&s, m.act.subject, "card", "")
		    : show_new(&m, &s, &made);
out:
	cli_admin_end(&s);
	making_clear(&m);
	return cli_flush(code);
}

/* ---- unblock ------------------------------------------------------------- */

static const char unblocked[] = "has its new passcode, and all its tries";

static int
new_passcode(const struct cli_admin_args *a, const struct wire_fields *card,
    struct cb_buf *out)
{
	struct cb_why why = { "" };
	enum cb_err r;

	if (a->passcode_file == NULL && wire_fields_has(card, WIRE_D_TEST))
		r = cb_buf_set(out, cb_span_str(emu_test_pin));
	else
		r = cli_pass_get(out, a->passcode_file,
		    "Holder's new passcode: ", CLI_PASS_TWICE,
		    "--passcode-file", &why);
	if (r == CB_OK && out->n == 0)
		return cli_fail(CLI_USAGE, "nothing was typed, and nothing "
		    "was done");
	return r == CB_OK ? CLI_OK
	    : cli_fail_err(r == CB_E_ABSENT ? CB_E_ARG : r, &why, "passcode");
}

/* The refusal of a card that has no secret here, which says no more than that;
 * all others have words of their own. */
static void
say_what_helps(const struct cli_admin *s)
{
	if (strcmp(s->why.text, cb_err_text(CB_E_DENIED)) != 0)
		return;
	(void)cli_fail(CLI_NO, "a card can be unblocked where the "
	    "organisation's policy is unblock=online (cardbridge admin org "
	    "show), and was when the card was made; else its SO passcode or "
	    "unblock value helps");
}

/* Of a card that is there: *out its new passcode. */
static int
card_and_passcode(struct cli_admin *s, const uint8_t id[WIRE_ID],
    struct cb_buf *out)
{
	struct cb_buf keep = CB_BUF_INIT;
	struct wire_fields card;
	int code;

	if ((code = cli_admin_find(s, WIRE_LIST_CARDS, "card", id, &keep,
		 &card)) == CLI_OK &&
	    (code = cli_admin_card_lives(&card)) == CLI_OK &&
	    s->args->draft == NULL)
		code = new_passcode(s->args, &card, out);
	cb_buf_free(&keep);
	return code;
}

int
cli_admin_card_unblock_drafted(
    struct cli_admin *s, struct cli_draft *d, struct cb_span approval)
{
	struct cb_buf passcode = CB_BUF_INIT_MAX(CLI_PASS_MAX);
	struct wire_fields secrets = { .has = 0 }, made;
	int code;

	if ((code = card_and_passcode(s, d->act.subject, &passcode)) ==
	    CLI_OK) {
		wire_fields_bytes(
		    &secrets, WIRE_D_PASSCODE, cb_buf_span(&passcode));
		if ((code = cli_admin_send(s, &d->act, approval, &secrets,
			 &made)) == CLI_NO)
			say_what_helps(s);
	}
	if (code == CLI_OK)
		code = cli_admin_told(s, d->act.subject, "card", unblocked);
	cb_buf_free(&passcode);
	return code;
}

int
cli_admin_card_unblock(
    const struct cli_cmd *cmd, const void *args, int argc, char **argv)
{
	const struct cli_admin_args *a = args;
	struct cb_buf passcode = CB_BUF_INIT_MAX(CLI_PASS_MAX);
	struct wire_fields made;
	uint8_t id[WIRE_ID];
	struct cli_admin s;
	struct cli_act act;
	int code;

	(void)cmd;
	(void)argc;
	if ((code = cli_admin_id(argv[0], "ID", id)) != CLI_OK)
		return code;
	if (a->draft != NULL && a->passcode_file != NULL)
		return no_passcode();
	memset(&act, 0, sizeof(act));
	if ((code = cli_admin_open(&s, a, a->org)) == CLI_OK &&
	    (code = card_and_passcode(&s, id, &passcode)) == CLI_OK) {
		cli_act_init(
		    &act, WIRE_ACT_CARD_UNBLOCK, s.organisation, id);
		wire_fields_bytes(&act.secrets, WIRE_D_PASSCODE,
		    cb_buf_span(&passcode));
		if ((code = cli_admin_order(&s, &act, &made)) == CLI_NO)
			say_what_helps(&s);
	}
	if (code == CLI_OK)
		code = cli_admin_told(&s, id, "card", unblocked);
	cb_buf_free(&passcode);
	cli_act_clear(&act);
	cli_admin_end(&s);
	return code;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * An act in plain words, for who is asked whether they approve it: what it is,
 * about what, and each row that it changes. What this program has no words
 * for is nothing that it lets anybody approve.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"
#include "common/text.h"

#define LINE 512
#define LABEL "  %-13s "

static const struct cli_what acts[] = {
	{ WIRE_ACT_ORG_ADD, "founds an organisation", false, "organisation",
	    "is founded" },
	{ WIRE_ACT_ORG_SET, "changes what is set for the organisation", false,
	    "organisation", "is set" },
	{ WIRE_ACT_DEVICE_TOKEN, "lets a device be enrolled, once, by whoever "
	    "has its token", true, "device",
	    "can be enrolled with the token that was shown for it" },
	{ WIRE_ACT_DEVICE_REVOKE, "ends a device's certificate, or takes its "
	    "token back", true, "device", "is revoked" },
	{ WIRE_ACT_PERSON_TOKEN, "lets a person be enrolled, once, by whoever "
	    "has the token", false, "person",
	    "can be enrolled with the token that was shown for them" },
	{ WIRE_ACT_PERSON_REVOKE, "ends a person's certificates, or takes "
	    "their token back", false, "person", "is revoked" },
	{ WIRE_ACT_CARD_NEW, "makes a card", true, "card", "is made" },
	{ WIRE_ACT_CARD_SET, "changes what a card is shown as", true, "card",
	    "is set" },
	{ WIRE_ACT_CARD_ASSIGN, "lets more devices use a card", true, "card",
	    "is assigned" },
	{ WIRE_ACT_CARD_UNASSIGN, "lets fewer devices use a card", true,
	    "card", "is not assigned any more" },
	{ WIRE_ACT_CARD_SUSPEND, "stops a card for a while", true, "card",
	    "is suspended" },
	{ WIRE_ACT_CARD_RESUME, "lets a card be used again", true, "card",
	    "is in use again" },
	{ WIRE_ACT_CARD_UNBLOCK, "gives a card's holder a new passcode", true,
	    "card", "has its new passcode, and all its tries" },
	{ WIRE_ACT_CARD_TERMINATE, "destroys a card and its keys, for ever",
	    true, "card", "is no more, nor are its keys" },
};

const struct cli_what *
cli_what_find(struct cb_span what)
{
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		if (cb_span_equal(what, cb_span_str(acts[i].what)))
			return &acts[i];
	return NULL;
}

/* ---- lines --------------------------------------------------------------- */

struct words {
	struct cli_admin *s;
	struct cb_buf *out;
	enum cb_err err;	/* the first */
};

static void say(struct words *w, const char *fmt, ...) CB_PRINTF(2, 3);

/* One line. Values in it are somebody's: what is cut off, or no terminal is to
 * get, is nothing that was read. */
static void
say(struct words *w, const char *fmt, ...)
{
	char line[LINE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (w->err == CB_OK &&
	    (n < 0 || (size_t)n >= sizeof(line) ||
		!cb_is_plain_text(cb_span_str(line))))
		w->err = CB_E_FORMAT;
	if (w->err == CB_OK &&
	    (w->err = cb_buf_add(w->out, cb_span_str(line))) == CB_OK)
		w->err = cb_put_u8(w->out, '\n');
}

#define HEX_MAX (2 * CR_HASH + 1)

static const char *
hex(char out[HEX_MAX], struct cb_span bytes)
{
	for (size_t i = 0; i < CR_HASH && i < bytes.n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", bytes.p[i]);
	if (bytes.n == 0)
		out[0] = '\0';
	return out;
}

/* The word of a number; what has none is not signed. */
static const char *
word(struct words *w, const char *const *words, uint64_t n)
{
	const char *text = cli_word(words, n);

	if (strcmp(text, CLI_NO_WORD) == 0)
		w->err = CB_E_FORMAT;
	return text;
}

struct found {
	struct cb_span id;
	char *name;	/* with a blank before it */
};
#define NAME_MAX_ (2 * WIRE_NAME_MAX + 4)

/* What ends a name that stands between marks, or looks like that. An apostrophe
 * does not: names have it. */
static bool
is_mark(struct cb_span at)
{
	static const char *const marks[] = { "\"", "\\", "\u02BA", "\u02DD",
		"\u02EE", "\u201C", "\u201D", "\u201E", "\u201F", "\u2033",
		"\u2036", "\u275D", "\u275E", "\u301D", "\u301E", "\uFF02" };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (cb_span_equal(cb_span_head(at, strlen(marks[i])),
			cb_span_str(marks[i])))
			return true;
	return false;
}

/* A name ends where its marks do: those of its own have a backslash before
 * them. */
static void
quote(char out[NAME_MAX_], struct cb_span name)
{
	size_t n = 0;

	out[n++] = ' ';
	out[n++] = '"';
	for (; name.n > 0 && n < NAME_MAX_ - 3; name = cb_span_tail(name, 1)) {
		if (is_mark(name))
			out[n++] = '\\';
		out[n++] = (char)name.p[0];
	}
	out[n++] = '"';
	out[n] = '\0';
}

static enum cb_err
take_name(void *ctx, const struct wire_fields *item)
{
	struct found *f = ctx;
	const struct cb_span name = item->bytes[WIRE_D_NAME];

	if (cb_span_equal(item->bytes[WIRE_D_ID], f->id) && name.n > 0)
		quote(f->name, name);
	return CB_OK;
}

/* What the desk calls it; nothing where it has no name. */
static const char *
name_of(struct words *w, enum wire_desk_list list, struct cb_span id,
    char out[NAME_MAX_])
{
	struct found f = { id, out };
	struct wire_fields filter = { .has = 0 };
	enum cb_err r;

	out[0] = '\0';
	wire_fields_bytes(&filter, WIRE_D_ID, id);
	if ((r = cli_admin_list(w->s, list, &filter, take_name, &f)) !=
		CB_OK &&
	    w->err == CB_OK)
		w->err = r;
	return out;
}

/* "card 00..1f "Ward 3"" */
#define THING_MAX (HEX_MAX + NAME_MAX_ + 16)

static const char *
thing(struct words *w, const char *noun, struct cb_span id,
    char out[THING_MAX])
{
	char digits[HEX_MAX], name[NAME_MAX_] = "";

	if (strcmp(noun, "card") == 0)
		(void)name_of(w, WIRE_LIST_CARDS, id, name);
	else if (strcmp(noun, "device") == 0)
		(void)name_of(w, WIRE_LIST_DEVICES, id, name);
	else if (strcmp(noun, "organisation") == 0)
		(void)name_of(w, WIRE_LIST_ORGANISATIONS, id, name);
	(void)snprintf(out, THING_MAX, "%s %s%s", noun, hex(digits, id), name);
	return out;
}

/* ---- rows ---------------------------------------------------------------- */

static const char *
until(char out[CLI_TIME_MAX + 8], uint64_t ms)
{
	char time[CLI_TIME_MAX];

	cli_print_time(time, ms);
	(void)snprintf(out, CLI_TIME_MAX + 8, "%s%s",
	    ms == 0 ? "" : ", until ", time);
	return out;
}

static void
say_assignment(struct words *w, const struct wire_grant *g, bool remove)
{
	char card[THING_MAX], to[THING_MAX], end[CLI_TIME_MAX + 8];

	say(w, LABEL "%s may %suse %s%s", remove ? "removed" : "change",
	    thing(w, word(w, cli_admin_subjects, g->number[WIRE_G_KIND]),
		g->bytes[WIRE_G_SUBJECT], to), remove ? "no more " : "",
	    thing(w, "card", g->bytes[WIRE_G_CARD], card),
	    until(end, g->number[WIRE_G_UNTIL]));
}

static void
say_token(struct words *w, const struct wire_grant *g, bool remove)
{
	char end[CLI_TIME_MAX + 8], digits[HEX_MAX];
	const bool is_device = cb_span_equal(
	    g->bytes[WIRE_G_NAME], cb_span_str(WIRE_TOKEN_DEVICE));

	if (!is_device && !cb_span_equal(g->bytes[WIRE_G_NAME],
		cb_span_str(WIRE_TOKEN_PERSON)))
		w->err = CB_E_FORMAT;
	say(w, LABEL "a token for %s%s %s%s", remove ? "removed" : "change",
	    is_device ? word(w, cli_admin_classes, g->number[WIRE_G_CLASS])
		      : "a",
	    is_device ? " device" : " person",
	    hex(digits, g->bytes[WIRE_G_SUBJECT]),
	    until(end, g->number[WIRE_G_UNTIL]));
}

static void
say_policy(struct words *w, const struct wire_grant *g)
{
	struct cb_buf text = CB_BUF_INIT;
	const struct cb_span name = g->bytes[WIRE_G_NAME];

	if (!cli_policy_known(name, g->bytes[WIRE_G_VALUE]))
		w->err = CB_E_FORMAT;
	if (w->err == CB_OK)
		w->err = cli_policy_text(&text, name, g->bytes[WIRE_G_VALUE]);
	say(w, LABEL "%.*s is set to %.*s", "change", (int)name.n,
	    (const char *)name.p, (int)text.n, (const char *)text.p);
	cb_buf_free(&text);
}

/* Of a card, its own words: what is stopped of others goes on. */
static const char *const card_states[] = { "", "in use", "suspended",
	"destroyed for ever", NULL };

static void
say_put(struct words *w, const struct wire_grant *g)
{
	char what[THING_MAX], digits[HEX_MAX], end[CLI_TIME_MAX + 8];

	switch (g->type) {
	case WIRE_GRANT_CARD:
		say(w, LABEL "%s will be %s", "change",
		    thing(w, "card", g->bytes[WIRE_G_CARD], what),
		    word(w, card_states, g->number[WIRE_G_STATE]));
		break;
	case WIRE_GRANT_DEVICE:
		say(w, LABEL "%s will be %s", "change",
		    thing(w, "device", g->bytes[WIRE_G_DEVICE], what),
		    word(w, cli_admin_states, g->number[WIRE_G_STATE]));
		break;
	case WIRE_GRANT_ROLE:
		say(w, LABEL "person %s will be %s%s", "change",
		    hex(digits, g->bytes[WIRE_G_PERSON]),
		    word(w, cli_admin_roles, g->number[WIRE_G_ROLE]),
		    until(end, g->number[WIRE_G_UNTIL]));
		break;
	case WIRE_GRANT_FACTOR:
		say(w, LABEL "a certificate of person %s will be %s", "change",
		    hex(digits, g->bytes[WIRE_G_PERSON]),
		    word(w, cli_admin_states, g->number[WIRE_G_STATE]));
		break;
	case WIRE_GRANT_REVOCATION:
		say(w, LABEL "certificate %s is revoked", "change",
		    hex(digits, g->bytes[WIRE_G_FINGERPRINT]));
		break;
	case WIRE_GRANT_POLICY:
		say_policy(w, g);
		break;
	default:
		w->err = CB_E_FORMAT;
		break;
	}
}

/* Of the organisation that is named, or is made. */
static bool
is_whose(const struct wire_act *act, const struct wire_grant *g)
{
	const bool is_new =
	    cb_span_equal(act->what, cb_span_str(WIRE_ACT_ORG_ADD));

	return memcmp(g->organisation,
		   is_new ? act->subject : act->organisation, WIRE_ID) == 0;
}

static void
say_rows(struct words *w, const struct wire_act *act)
{
	struct cb_span cur = act->changes;
	struct wire_change c;
	struct wire_grant g;

	for (unsigned i = 0; w->err == CB_OK && i < act->count; i++) {
		if (wire_change_get(&cur, &c) != CB_OK ||
		    wire_grant_get(c.row, &g) != CB_OK ||
		    !is_whose(act, &g))
			w->err = CB_E_FORMAT;
		else if (g.type == WIRE_GRANT_ASSIGNMENT)
			say_assignment(w, &g, c.remove);
		else if (g.type == WIRE_GRANT_TOKEN)
			say_token(w, &g, c.remove);
		else if (c.remove)
			w->err = CB_E_FORMAT;
		else
			say_put(w, &g);
	}
}

/* ---- the rest ------------------------------------------------------------ */

static void
say_detail(struct words *w, const struct wire_fields *d)
{
	static const enum wire_desk_field texts[] = { WIRE_D_PROFILE,
		WIRE_D_SERIAL };
	static const enum wire_desk_field flags[] = { WIRE_D_BLANK,
		WIRE_D_TEST, WIRE_D_TAKE_OVER };
	char name[NAME_MAX_];
	uint32_t said = 0;

	if (wire_fields_has(d, WIRE_D_NAME)) {
		said |= UINT32_C(1) << WIRE_D_NAME;
		quote(name, d->bytes[WIRE_D_NAME]);
		say(w, LABEL "%s", wire_field_name(WIRE_D_NAME), name + 1);
	}
	for (size_t i = 0; i < 2; i++)
		if (wire_fields_has(d, texts[i])) {
			said |= UINT32_C(1) << texts[i];
			say(w, LABEL "%.*s", wire_field_name(texts[i]),
			    (int)d->bytes[texts[i]].n,
			    (const char *)d->bytes[texts[i]].p);
		}
	for (size_t i = 0; i < 3; i++)
		if (wire_fields_has(d, flags[i])) {
			said |= UINT32_C(1) << flags[i];
			say(w, LABEL "yes", wire_field_name(flags[i]));
		}
	if (d->has != said)
		w->err = CB_E_FORMAT;
}

enum cb_err
cli_explain(struct cli_admin *s, const struct cli_draft *d,
    struct cb_buf *out)
{
	const struct wire_act *act = &d->act;
	const struct cli_what *what = cli_what_find(act->what);
	struct words w = { s, out, CB_OK };
	char text[THING_MAX], digits[HEX_MAX];

	if (what == NULL)
		return CB_E_FORMAT;
	say(&w, "%s: %s", what->what, what->summary);
	if (memcmp(act->organisation, cli_platform, WIRE_ID) == 0)
		say(&w, LABEL "the backend itself", "of");
	else
		say(&w, LABEL "%s", "of", thing(&w, "organisation",
		    CB_SPAN_OF(act->organisation), text));
	say(&w, LABEL "%s", "about", thing(&w, what->noun,
	    CB_SPAN_OF(act->subject), text));
	say_detail(&w, &d->detail);
	say_rows(&w, act);
	say(&w, LABEL "person %s%s", "drafted by",
	    hex(digits, CB_SPAN_OF(act->person)),
	    memcmp(act->person, s->who.id, WIRE_ID) == 0 ? ", yourself" : "");
	return w.err;
}

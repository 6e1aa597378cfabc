/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Ordering an act at the desk, see admin.h.
 */
#include <stdio.h>
#include <string.h>

#include "cli/admin.h"

/* The one item that an answer has. */
static enum cb_err
only_item(const struct wire_told_items *told, struct wire_fields *out)
{
	struct cb_span items = told->items;

	return told->count == 1 ? wire_item_get(&items, out) : CB_E_FORMAT;
}

static enum cb_err
ask_challenge(struct cli_admin *s, struct wire_act *act)
{
	struct wire_desk ask = { .type = WIRE_DESK_CHALLENGE };
	struct wire_told_items told;
	struct wire_fields item;
	enum cb_err r;

	memcpy(ask.act, act->id, WIRE_ID);
	if ((r = br_desk_ask(s->desk, &ask, &told, &s->why)) != CB_OK ||
	    (r = only_item(&told, &item)) != CB_OK)
		return r;
	if (item.bytes[WIRE_D_VALUE].n != WIRE_CHALLENGE)
		return CB_E_FORMAT;
	memcpy(act->challenge, item.bytes[WIRE_D_VALUE].p, WIRE_CHALLENGE);
	return CB_OK;
}

/* What is ordered, whoever signs it and when. */
static enum cb_err
fill(const struct cli_admin *s, const struct cli_act *from,
    struct cb_buf *detail, struct wire_act *act)
{
	enum cb_err r;

	memset(act, 0, sizeof(*act));
	act->kind = s->who.kind;
	memcpy(act->backend, s->who.backend, WIRE_ID);
	memcpy(act->organisation, s->organisation, WIRE_ID);
	act->what = cb_span_str(from->what);
	memcpy(act->subject, from->subject, WIRE_ID);
	act->count = from->count;
	act->changes = cb_buf_span(&from->changes);
	if ((r = cr_random(act->id, WIRE_ID)) == CB_OK)
		r = wire_fields_put(detail, &from->detail);
	act->detail = cb_buf_span(detail);
	return r;
}

static void
be_signer(const struct cli_admin *s, struct wire_act *act)
{
	memcpy(act->person, s->who.id, WIRE_ID);
	act->certificate = cb_buf_span(&s->who.certificate);
}

/* Over a new challenge. */
static enum cb_err
sign_and_ask(struct cli_admin *s, struct wire_act *act, struct cb_buf *bytes,
    struct wire_desk *ask, struct wire_told_items *told)
{
	enum cb_err r;

	cb_buf_clear(bytes);
	if ((r = ask_challenge(s, act)) != CB_OK ||
	    (r = wire_act_put(bytes, act, s->who.key)) != CB_OK)
		return r;
	ask->order = cb_buf_span(bytes);
	return br_desk_ask(s->desk, ask, told, &s->why);
}

static enum cb_err
order(struct cli_admin *s, struct wire_act *act, struct cb_span approval,
    const struct wire_fields *beside, struct wire_fields *made)
{
	struct cb_buf secrets = CB_BUF_INIT, bytes = CB_BUF_INIT;
	struct wire_desk ask = { .type = WIRE_DESK_ORDER,
		.approval = approval };
	struct wire_told_items told;
	enum cb_err r;

	be_signer(s, act);
	if ((r = wire_fields_put(&secrets, beside)) != CB_OK)
		goto out;
	ask.secrets = cb_buf_span(&secrets);
	r = sign_and_ask(s, act, &bytes, &ask, &told);
	/* the vault that made the challenge is not there any more; the act is
	 * done once, as its id is the same */
	if (r == CB_E_PEER && br_desk_is_open(s->desk))
		r = sign_and_ask(s, act, &bytes, &ask, &told);
	if (r == CB_OK)
		r = only_item(&told, made);
out:
	cb_buf_free(&secrets);
	cb_buf_free(&bytes);
	return r;
}

int
cli_admin_send(struct cli_admin *s, struct wire_act *act,
    struct cb_span approval, const struct wire_fields *secrets,
    struct wire_fields *made)
{
	char what[WIRE_NAME_MAX + 1];
	enum cb_err r;

	if ((r = order(s, act, approval, secrets, made)) == CB_OK)
		return CLI_OK;
	(void)snprintf(what, sizeof(what), "%.*s", (int)act->what.n,
	    (const char *)act->what.p);
	return cli_admin_err(s, r, what);
}

int
cli_admin_order(struct cli_admin *s, const struct cli_act *from,
    struct wire_fields *made)
{
	struct cb_buf detail = CB_BUF_INIT;
	struct wire_act act;
	enum cb_err r;
	int code;

	memset(made, 0, sizeof(*made));
	if ((r = fill(s, from, &detail, &act)) != CB_OK) {
		code = cli_admin_err(s, r, from->what);
	} else if (s->args->draft != NULL) {
		be_signer(s, &act);
		code = cli_draft_write(s, &act);
	} else {
		code = cli_admin_send(
		    s, &act, CB_SPAN_EMPTY, &from->secrets, made);
	}
	cb_buf_free(&detail);
	return code;
}

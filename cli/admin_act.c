/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Acts made of rows, see admin.h: the very bytes that the vault will MAC.
 */
#include <string.h>

#include "cli/admin.h"

void
cli_act_init(struct cli_act *act, const char *what,
    const uint8_t organisation[WIRE_ID], const uint8_t subject[WIRE_ID])
{
	memset(act, 0, sizeof(*act));
	act->what = what;
	memcpy(act->organisation, organisation, WIRE_ID);
	memcpy(act->subject, subject, WIRE_ID);
}

void
cli_act_clear(struct cli_act *act)
{
	cb_buf_free(&act->changes);
}

static enum cb_err
add(struct cli_act *act, enum cli_row row, struct wire_grant *grant)
{
	struct cb_buf bytes = CB_BUF_INIT;
	struct wire_change change = { .remove = row == CLI_ROW_REMOVE };
	enum cb_err r;

	if (act->count == WIRE_ACT_CHANGES)
		return CB_E_LIMIT;
	memcpy(grant->organisation, act->organisation, WIRE_ID);
	if ((r = wire_grant_put(&bytes, grant)) == CB_OK) {
		change.row = cb_buf_span(&bytes);
		r = wire_change_put(&act->changes, &change);
	}
	if (r == CB_OK)
		act->count++;
	cb_buf_free(&bytes);
	return r;
}

enum cb_err
cli_act_policy(struct cli_act *act, const char *name, struct cb_span value)
{
	struct wire_grant g = { .type = WIRE_GRANT_POLICY };

	g.bytes[WIRE_G_NAME] = cb_span_str(name);
	g.bytes[WIRE_G_VALUE] = value;
	return add(act, CLI_ROW_PUT, &g);
}

enum cb_err
cli_act_role(struct cli_act *act, const uint8_t person[WIRE_ID],
    enum wire_role role)
{
	struct wire_grant g = { .type = WIRE_GRANT_ROLE };

	g.bytes[WIRE_G_PERSON] = cb_span(person, WIRE_ID);
	g.number[WIRE_G_ROLE] = role;
	return add(act, CLI_ROW_PUT, &g);
}

enum cb_err
cli_act_factor(struct cli_act *act, struct cb_span id, struct cb_span person,
    enum cli_state state, struct cb_span fingerprint)
{
	struct wire_grant g = { .type = WIRE_GRANT_FACTOR };

	g.bytes[WIRE_G_ID] = id;
	g.bytes[WIRE_G_PERSON] = person;
	g.number[WIRE_G_STATE] = state;
	g.bytes[WIRE_G_NAME] = cb_span_str("certificate");
	g.bytes[WIRE_G_VALUE] = fingerprint;
	return add(act, CLI_ROW_PUT, &g);
}

enum cb_err
cli_act_device(struct cli_act *act, const struct wire_fields *device,
    enum cli_state state)
{
	struct wire_grant g = { .type = WIRE_GRANT_DEVICE };

	g.bytes[WIRE_G_DEVICE] = device->bytes[WIRE_D_ID];
	g.number[WIRE_G_CLASS] = device->number[WIRE_D_CLASS];
	g.number[WIRE_G_STATE] = state;
	g.number[WIRE_G_UNTIL] = device->number[WIRE_D_UNTIL];
	g.bytes[WIRE_G_FINGERPRINT] = device->bytes[WIRE_D_FINGERPRINT];
	return add(act, CLI_ROW_PUT, &g);
}

enum cb_err
cli_act_revocation(struct cli_act *act, struct cb_span subject, uint64_t since,
    struct cb_span fingerprint)
{
	struct wire_grant g = { .type = WIRE_GRANT_REVOCATION };

	g.bytes[WIRE_G_SUBJECT] = subject;
	g.number[WIRE_G_SINCE] = since;
	g.bytes[WIRE_G_FINGERPRINT] = fingerprint;
	return add(act, CLI_ROW_PUT, &g);
}

enum cb_err
cli_act_card(struct cli_act *act, const uint8_t card[WIRE_ID],
    enum cli_state state, uint64_t version)
{
	struct wire_grant g = { .type = WIRE_GRANT_CARD };

	g.bytes[WIRE_G_CARD] = cb_span(card, WIRE_ID);
	g.number[WIRE_G_STATE] = state;
	g.number[WIRE_G_VERSION] = version;
	return add(act, CLI_ROW_PUT, &g);
}

enum cb_err
cli_act_assignment(struct cli_act *act, enum cli_row row,
    const uint8_t card[WIRE_ID], const uint8_t subject[WIRE_ID],
    enum cli_subject kind, uint64_t until)
{
	struct wire_grant g = { .type = WIRE_GRANT_ASSIGNMENT };

	g.bytes[WIRE_G_CARD] = cb_span(card, WIRE_ID);
	g.bytes[WIRE_G_SUBJECT] = cb_span(subject, WIRE_ID);
	g.number[WIRE_G_KIND] = kind;
	g.number[WIRE_G_UNTIL] = until;
	return add(act, row, &g);
}

enum cb_err
cli_act_token(struct cli_act *act, enum cli_row row,
    const struct cli_act_token *token)
{
	struct wire_grant g = { .type = WIRE_GRANT_TOKEN };

	g.bytes[WIRE_G_SUBJECT] = CB_SPAN_OF(act->subject);
	g.number[WIRE_G_CLASS] = token->class;
	g.number[WIRE_G_UNTIL] = token->until;
	g.bytes[WIRE_G_FINGERPRINT] = CB_SPAN_OF(token->hash);
	g.bytes[WIRE_G_NAME] = cb_span_str(token->name);
	return add(act, row, &g);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a person's program and a worker say to each other under the seal: acts
 * that are ordered, and what is read. PROTOCOL.md, "Acts of people" and "The
 * desk", is the description.
 */
#ifndef WIRE_DESK_H
#define WIRE_DESK_H

#include "wire/act.h"
#include "wire/fields.h"

/* ---- commands ------------------------------------------------------------ */

enum wire_desk_command {	/* types of commands, on the wire */
	WIRE_DESK_CHALLENGE = 16,
	WIRE_DESK_ORDER,
	WIRE_DESK_LIST,
	WIRE_DESK_BOOKS,
};

enum wire_desk_list {	/* on the wire */
	WIRE_LIST_ORGANISATIONS = 1,
	WIRE_LIST_POLICIES,
	WIRE_LIST_CARDS,
	WIRE_LIST_DEVICES,
	WIRE_LIST_SESSIONS,
	WIRE_LIST_TOKENS,
	WIRE_LIST_ASSIGNMENTS,
	WIRE_LIST_PEOPLE,
	WIRE_LIST_BACKEND,
	WIRE_LIST_END
};
#define WIRE_DESK_ITEMS_MAX 256	/* of one answer */

struct wire_desk {
	enum wire_desk_command type;
	uint8_t act[WIRE_ID];		/* CHALLENGE */
	/* ORDER; secrets: fields */
	struct cb_span order, approval, secrets;
	/* LIST; fields */
	enum wire_desk_list list;
	struct cb_span filter, after;
	uint64_t first;			/* BOOKS */
	uint16_t most;			/* LIST, BOOKS: items, from 1 */
};
CB_MUST_USE enum cb_err wire_desk_put(
    struct cb_buf *b, const struct wire_desk *command);
/* CB_E_FORMAT, CB_E_SHORT, CB_E_LIMIT: not one of these. Its fields are looked
 * at by who reads them. */
CB_MUST_USE enum cb_err wire_desk_get(
    struct cb_span message, struct wire_desk *out);

/* TOLD; a refusal is that of wire/message.h. */
struct wire_told_items {
	uint64_t number;	/* of the command */
	bool more;
	uint16_t count;
	struct cb_span items;	/* to walk; borrowed */
};
/* Appends one to what becomes .items; advances over one. */
CB_MUST_USE enum cb_err wire_item_put(
    struct cb_buf *b, const struct wire_fields *item);
CB_MUST_USE enum cb_err wire_item_get(
    struct cb_span *cur, struct wire_fields *out);
CB_MUST_USE enum cb_err wire_told_items_put(
    struct cb_buf *b, const struct wire_told_items *told);
/* The items have been counted and walked. */
CB_MUST_USE enum cb_err wire_told_items_get(
    struct cb_span message, struct wire_told_items *out);

/* ---- words and values ---------------------------------------------------- */

/* ACT's `what`. */
#define WIRE_ACT_ORG_ADD "org-add"
#define WIRE_ACT_ORG_SET "org-set"
#define WIRE_ACT_DEVICE_TOKEN "device-token"
#define WIRE_ACT_DEVICE_REVOKE "device-revoke"
#define WIRE_ACT_PERSON_TOKEN "person-token"
#define WIRE_ACT_PERSON_REVOKE "person-revoke"
#define WIRE_ACT_CARD_NEW "card-new"
#define WIRE_ACT_CARD_SET "card-set"
#define WIRE_ACT_CARD_ASSIGN "card-assign"
#define WIRE_ACT_CARD_UNASSIGN "card-unassign"
#define WIRE_ACT_CARD_SUSPEND "card-suspend"
#define WIRE_ACT_CARD_RESUME "card-resume"
#define WIRE_ACT_CARD_UNBLOCK "card-unblock"
#define WIRE_ACT_CARD_TERMINATE "card-terminate"
#define WIRE_ACT_SESSION_END "session-end"

/* Names of policies, and their values. */
#define WIRE_POLICY_SECOND "second-signer"	/* a u32 */
#define WIRE_POLICY_UNBLOCK "unblock"
#define WIRE_UNBLOCK_NONE "none"
#define WIRE_UNBLOCK_ONLINE "online"
#define WIRE_POLICY_INSPECTED "inspected"	/* "no", "yes" */

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What each act may change: a table of the acts (PROTOCOL.md, "Acts of
 * people"), who may order them, which rows they have and what these may say.
 * A signature does not stand for rows that its act has no use for: who signs
 * a suspension has not read that a role is in it.
 */
#ifndef BE_VAULT_RULE_H
#define BE_VAULT_RULE_H

#include "backend/vault/holder.h"
#include "wire/desk.h"

#define BE_BIT(n) (UINT32_C(1) << (n))

enum { BE_CARD_IN_USE = 1, BE_CARD_SUSPENDED, BE_CARD_TERMINATED };

enum be_gives {
	BE_GIVES_NOTHING,
	BE_GIVES_ORGANISATION,	/* its keys, and MACs with them */
	BE_GIVES_CARD,		/* the key of a new one */
	BE_GIVES_UNBLOCK,	/* the key of one, and its secret */
};

struct be_rule;
/* NULL: no act of this organisation. */
const struct be_rule *be_rule_find(
    struct cb_span what, const uint8_t organisation[WIRE_ID]);
enum be_gives be_rule_gives(const struct be_rule *rule);
bool be_rule_is_for(const struct be_rule *rule, uint64_t role);
/* Is it about a card that is there? Its row is read then. */
bool be_rule_of_card(const struct be_rule *rule);

struct be_ruling {
	const struct be_rule *rule;
	const struct wire_act *act;
	enum wire_kind kind;
	int64_t now;
	const uint8_t *fingerprint;	/* of who signs */
	struct wire_grant card;		/* as it is, where there must be one */
	/* Out. */
	struct wire_grant rows[WIRE_ACT_CHANGES];
	/* Which types of rows the act is as good as changing, bit n for type
	 * n: also those of cards where it has no row. */
	uint32_t types;
};
/* The card may have this done to it, and the rows are those of the act. */
enum be_refusal be_rule_check(struct be_ruling *r);

#endif

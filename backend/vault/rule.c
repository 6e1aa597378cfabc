/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rule.h.
 */
#include <string.h>

#include "backend/vault/rule.h"

#define KINDS_MAX 3	/* of rows of one act */
#define REVOKED 2	/* state of a device or a factor */

typedef enum be_refusal row_fn(
    const struct be_ruling *r, const struct wire_grant *g);
typedef enum be_refusal rows_fn(const struct be_ruling *r);

struct kind {	/* of rows */
	enum wire_grant_type type;
	unsigned least, most;
	bool remove;
	row_fn *check;
};

struct be_rule {
	const char *what;
	bool of_platform, of_others, for_registrar;
	enum be_gives gives;
	uint32_t from;		/* states of the card; 0: not of a card */
	uint32_t types;		/* beyond those of the rows */
	struct kind kinds[KINDS_MAX];
	rows_fn *check;		/* all of them together; NULL: nothing more */
};

static bool
is_subject(const struct be_ruling *r, const struct wire_grant *g,
    enum wire_grant_field field)
{
	return cb_span_equal(g->bytes[field], CB_SPAN_OF(r->act->subject));
}

static bool
says(const struct wire_grant *g, enum wire_grant_field field, const char *text)
{
	return cb_span_equal(g->bytes[field], cb_span_str(text));
}

static enum be_refusal
value_if(bool right)
{
	return right ? BE_REFUSED_NOT : BE_REFUSED_VALUE;
}

/* ---- rows of a new organisation ------------------------------------------ */

static bool
is_signer(const struct be_ruling *r, const struct wire_grant *g)
{
	return cb_span_equal(
	    g->bytes[WIRE_G_PERSON], CB_SPAN_OF(r->act->person));
}

static enum be_refusal
first_factor(const struct be_ruling *r, const struct wire_grant *g)
{
	if (!is_signer(r, g))
		return BE_REFUSED_SUBJECT;
	return value_if(g->number[WIRE_G_STATE] == BE_STATE_IN_USE &&
	    says(g, WIRE_G_NAME, BE_FACTOR_CERTIFICATE) &&
	    cb_span_equal(
		g->bytes[WIRE_G_VALUE], cb_span(r->fingerprint, CR_HASH)));
}

static enum be_refusal
first_role(const struct be_ruling *r, const struct wire_grant *g)
{
	if (!is_signer(r, g))
		return BE_REFUSED_SUBJECT;
	return value_if(g->number[WIRE_G_ROLE] == WIRE_ROLE_ADMINISTRATOR &&
	    g->number[WIRE_G_UNTIL] == 0);
}

static bool
is_one_of(const struct wire_grant *g, const char *a, const char *b)
{
	return says(g, WIRE_G_VALUE, a) || says(g, WIRE_G_VALUE, b);
}

static enum be_refusal
policy(const struct be_ruling *r, const struct wire_grant *g)
{
	(void)r;
	if (says(g, WIRE_G_NAME, WIRE_POLICY_SECOND))
		return value_if(g->bytes[WIRE_G_VALUE].n == 4);
	if (says(g, WIRE_G_NAME, WIRE_POLICY_UNBLOCK))
		return value_if(
		    is_one_of(g, WIRE_UNBLOCK_NONE, WIRE_UNBLOCK_ONLINE));
	if (says(g, WIRE_G_NAME, WIRE_POLICY_INSPECTED))
		return value_if(is_one_of(g, "no", "yes"));
	return BE_REFUSED_VALUE;
}

/* A live organisation keeps no secrets of its holders before it says so. */
static enum be_refusal
first_policy(const struct be_ruling *r, const struct wire_grant *g)
{
	if (r->kind == WIRE_LIVE &&
	    says(g, WIRE_G_NAME, WIRE_POLICY_UNBLOCK) &&
	    !says(g, WIRE_G_VALUE, WIRE_UNBLOCK_NONE))
		return BE_REFUSED_VALUE;
	return policy(r, g);
}

/* Each policy once: which of two would count is nobody's to guess. */
static enum be_refusal
policies(const struct be_ruling *r)
{
	const struct wire_grant *a = r->rows;

	for (unsigned i = 0; i < r->act->count; i++)
		for (unsigned j = 0; j < i; j++)
			if (a[i].type == WIRE_GRANT_POLICY &&
			    a[j].type == WIRE_GRANT_POLICY &&
			    cb_span_equal(a[i].bytes[WIRE_G_NAME],
				a[j].bytes[WIRE_G_NAME]))
				return BE_REFUSED_VALUE;
	return BE_REFUSED_NOT;
}

static enum be_refusal
organisation(const struct be_ruling *r)
{
	static const uint8_t platform[WIRE_ID];

	if (memcmp(r->act->subject, platform, WIRE_ID) == 0)
		return BE_REFUSED_SUBJECT;
	/* without this one it could order nothing, ever */
	for (unsigned i = 0; i < r->act->count; i++)
		if (says(&r->rows[i], WIRE_G_NAME, WIRE_POLICY_SECOND))
			return policies(r);
	return BE_REFUSED_ROWS;
}

static enum be_refusal
own_organisation(const struct be_ruling *r)
{
	return memcmp(r->act->subject, r->act->organisation, WIRE_ID) == 0
	    ? policies(r) : BE_REFUSED_SUBJECT;
}

/* ---- rows of devices and people ------------------------------------------ */

static enum be_refusal
token(const struct be_ruling *r, const struct wire_grant *g, const char *name)
{
	const uint64_t until = g->number[WIRE_G_UNTIL];

	/* whoever signs is there already */
	if (!is_subject(r, g, WIRE_G_SUBJECT) ||
	    memcmp(r->act->subject, r->act->person, WIRE_ID) == 0)
		return BE_REFUSED_SUBJECT;
	return value_if(says(g, WIRE_G_NAME, name) && until != 0 &&
	    !be_is_over(r->now, until));
}

static enum be_refusal
device_token(const struct be_ruling *r, const struct wire_grant *g)
{
	const uint64_t class = g->number[WIRE_G_CLASS];
	const enum be_refusal refusal = token(r, g, WIRE_TOKEN_DEVICE);

	return refusal != BE_REFUSED_NOT ? refusal
					 : value_if(class == 1 || class == 2);
}

static enum be_refusal
person_token(const struct be_ruling *r, const struct wire_grant *g)
{
	return token(r, g, WIRE_TOKEN_PERSON);
}

static enum be_refusal
device_assignment(const struct be_ruling *r, const struct wire_grant *g)
{
	return g->number[WIRE_G_KIND] == BE_TO_DEVICE &&
		is_subject(r, g, WIRE_G_SUBJECT)
	    ? BE_REFUSED_NOT : BE_REFUSED_SUBJECT;
}

static enum be_refusal
new_role(const struct be_ruling *r, const struct wire_grant *g)
{
	const uint64_t role = g->number[WIRE_G_ROLE];

	if (!is_subject(r, g, WIRE_G_PERSON))
		return BE_REFUSED_SUBJECT;
	return value_if(
	    role >= WIRE_ROLE_ADMINISTRATOR && role <= WIRE_ROLE_AUDITOR);
}

static enum be_refusal
revoked_device(const struct be_ruling *r, const struct wire_grant *g)
{
	return is_subject(r, g, WIRE_G_DEVICE)
	    ? value_if(g->number[WIRE_G_STATE] == REVOKED)
	    : BE_REFUSED_SUBJECT;
}

static enum be_refusal
revoked_factor(const struct be_ruling *r, const struct wire_grant *g)
{
	return is_subject(r, g, WIRE_G_PERSON)
	    ? value_if(g->number[WIRE_G_STATE] == REVOKED)
	    : BE_REFUSED_SUBJECT;
}

static enum be_refusal
revocation(const struct be_ruling *r, const struct wire_grant *g)
{
	return is_subject(r, g, WIRE_G_SUBJECT) ? BE_REFUSED_NOT
						: BE_REFUSED_SUBJECT;
}

static bool
has_revocation(const struct be_ruling *r, struct cb_span fingerprint)
{
	for (unsigned i = 0; i < r->act->count; i++)
		if (r->rows[i].type == WIRE_GRANT_REVOCATION &&
		    cb_span_equal(r->rows[i].bytes[WIRE_G_FINGERPRINT],
			fingerprint))
			return true;
	return false;
}

/* Each certificate with its revocation, and none beside. */
static enum be_refusal
revocations(const struct be_ruling *r)
{
	unsigned revoked = 0;

	for (unsigned i = 0; i < r->act->count; i++) {
		const struct wire_grant *g = &r->rows[i];

		if (g->type == WIRE_GRANT_REVOCATION)
			continue;
		revoked++;
		if (!has_revocation(r,
			g->bytes[g->type == WIRE_GRANT_DEVICE
				? WIRE_G_FINGERPRINT : WIRE_G_VALUE]))
			return BE_REFUSED_VALUE;
	}
	return revoked > 0 && 2 * revoked == r->act->count
	    ? BE_REFUSED_NOT : BE_REFUSED_ROWS;
}

/* One that nobody has used yet. */
static enum be_refusal
token_back(const struct be_ruling *r, const struct wire_grant *g,
    const char *name)
{
	return is_subject(r, g, WIRE_G_SUBJECT) ? value_if(says(
						      g, WIRE_G_NAME, name))
						: BE_REFUSED_SUBJECT;
}

static enum be_refusal
device_token_back(const struct be_ruling *r, const struct wire_grant *g)
{
	return token_back(r, g, WIRE_TOKEN_DEVICE);
}

static enum be_refusal
person_token_back(const struct be_ruling *r, const struct wire_grant *g)
{
	return token_back(r, g, WIRE_TOKEN_PERSON);
}

/* Certificates, or the token that would make one. */
static enum be_refusal
person_or_token(const struct be_ruling *r)
{
	return r->act->count == 1 && r->rows[0].type == WIRE_GRANT_TOKEN
	    ? BE_REFUSED_NOT : revocations(r);
}

/* It has one certificate. */
static enum be_refusal
device_or_token(const struct be_ruling *r)
{
	return r->act->count == 2 || r->rows[0].type == WIRE_GRANT_TOKEN
	    ? person_or_token(r) : BE_REFUSED_ROWS;
}

/* ---- rows of cards ------------------------------------------------------- */

static enum be_refusal
assignment(const struct be_ruling *r, const struct wire_grant *g)
{
	const uint64_t kind = g->number[WIRE_G_KIND];

	if (!is_subject(r, g, WIRE_G_CARD))
		return BE_REFUSED_SUBJECT;
	return value_if(kind == BE_TO_DEVICE || kind == BE_TO_GROUP ||
	    (kind == BE_TO_ORGANISATION &&
		cb_span_equal(g->bytes[WIRE_G_SUBJECT],
		    CB_SPAN_OF(g->organisation))));
}

static enum be_refusal
card(const struct be_ruling *r, const struct wire_grant *g, uint64_t state,
    uint64_t version)
{
	if (!is_subject(r, g, WIRE_G_CARD))
		return BE_REFUSED_SUBJECT;
	return value_if(g->number[WIRE_G_STATE] == state &&
	    g->number[WIRE_G_VERSION] == version);
}

static enum be_refusal
new_card(const struct be_ruling *r, const struct wire_grant *g)
{
	return card(r, g, BE_CARD_IN_USE, 1);
}

static enum be_refusal
suspended(const struct be_ruling *r, const struct wire_grant *g)
{
	return card(
	    r, g, BE_CARD_SUSPENDED, r->card.number[WIRE_G_VERSION]);
}

static enum be_refusal
resumed(const struct be_ruling *r, const struct wire_grant *g)
{
	return card(r, g, BE_CARD_IN_USE, r->card.number[WIRE_G_VERSION]);
}

static enum be_refusal
terminated(const struct be_ruling *r, const struct wire_grant *g)
{
	return card(
	    r, g, BE_CARD_TERMINATED, r->card.number[WIRE_G_VERSION]);
}

/* ---- the table ----------------------------------------------------------- */

#define ALL WIRE_ACT_CHANGES
#define IN_USE BE_BIT(BE_CARD_IN_USE)
#define SUSPENDED BE_BIT(BE_CARD_SUSPENDED)
#define OF_CARDS BE_BIT(WIRE_GRANT_CARD)

static const struct be_rule rules[] = {
	{ .what = WIRE_ACT_ORG_ADD, .of_platform = true,
	    .gives = BE_GIVES_ORGANISATION, .check = organisation,
	    .kinds = { { WIRE_GRANT_FACTOR, 1, 1, false, first_factor },
		{ WIRE_GRANT_ROLE, 1, 1, false, first_role },
		{ WIRE_GRANT_POLICY, 1, ALL, false, first_policy } } },
	{ .what = WIRE_ACT_ORG_SET, .check = own_organisation,
	    .kinds = { { WIRE_GRANT_POLICY, 0, ALL, false, policy } } },
	{ .what = WIRE_ACT_DEVICE_TOKEN, .for_registrar = true,
	    .kinds = { { WIRE_GRANT_TOKEN, 1, 1, false, device_token },
		{ WIRE_GRANT_ASSIGNMENT, 0, ALL, false,
		    device_assignment } } },
	{ .what = WIRE_ACT_DEVICE_REVOKE, .for_registrar = true,
	    .check = device_or_token,
	    .kinds = { { WIRE_GRANT_DEVICE, 0, 1, false, revoked_device },
		{ WIRE_GRANT_REVOCATION, 0, 1, false, revocation },
		{ WIRE_GRANT_TOKEN, 0, 1, true, device_token_back } } },
	{ .what = WIRE_ACT_PERSON_TOKEN,
	    .kinds = { { WIRE_GRANT_TOKEN, 1, 1, false, person_token },
		{ WIRE_GRANT_ROLE, 1, 1, false, new_role } } },
	{ .what = WIRE_ACT_PERSON_REVOKE, .check = person_or_token,
	    .kinds = { { WIRE_GRANT_FACTOR, 0, ALL, false, revoked_factor },
		{ WIRE_GRANT_REVOCATION, 0, ALL, false, revocation },
		{ WIRE_GRANT_TOKEN, 0, 1, true, person_token_back } } },
	{ .what = WIRE_ACT_CARD_NEW, .of_others = true, .for_registrar = true,
	    .gives = BE_GIVES_CARD, .types = OF_CARDS,
	    .kinds = { { WIRE_GRANT_CARD, 1, 1, false, new_card },
		{ WIRE_GRANT_ASSIGNMENT, 0, ALL, false, assignment } } },
	{ .what = WIRE_ACT_CARD_SET, .for_registrar = true,
	    .from = IN_USE | SUSPENDED, .types = OF_CARDS },
	{ .what = WIRE_ACT_CARD_ASSIGN, .for_registrar = true,
	    .from = IN_USE | SUSPENDED, .types = OF_CARDS,
	    .kinds = { { WIRE_GRANT_ASSIGNMENT, 1, ALL, false,
		assignment } } },
	{ .what = WIRE_ACT_CARD_UNASSIGN, .for_registrar = true,
	    .from = IN_USE | SUSPENDED, .types = OF_CARDS,
	    .kinds = { { WIRE_GRANT_ASSIGNMENT, 1, ALL, true,
		assignment } } },
	{ .what = WIRE_ACT_CARD_SUSPEND, .for_registrar = true,
	    .from = IN_USE, .types = OF_CARDS,
	    .kinds = { { WIRE_GRANT_CARD, 1, 1, false, suspended } } },
	{ .what = WIRE_ACT_CARD_RESUME, .for_registrar = true,
	    .from = SUSPENDED, .types = OF_CARDS,
	    .kinds = { { WIRE_GRANT_CARD, 1, 1, false, resumed } } },
	{ .what = WIRE_ACT_CARD_UNBLOCK, .for_registrar = true,
	    .from = IN_USE, .types = OF_CARDS, .gives = BE_GIVES_UNBLOCK },
	{ .what = WIRE_ACT_CARD_TERMINATE, .for_registrar = true,
	    .from = IN_USE | SUSPENDED, .types = OF_CARDS,
	    .kinds = { { WIRE_GRANT_CARD, 1, 1, false, terminated } } },
	/* it changes nothing that lasts: one signer will always do */
	{ .what = WIRE_ACT_SESSION_END, .for_registrar = true },
};

const struct be_rule *
be_rule_find(struct cb_span what, const uint8_t organisation[WIRE_ID])
{
	static const uint8_t platform[WIRE_ID];
	const bool is_platform = memcmp(organisation, platform, WIRE_ID) == 0;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (cb_span_equal(what, cb_span_str(rules[i].what)))
			return (is_platform ? rules[i].of_others
					    : rules[i].of_platform)
			    ? NULL : &rules[i];
	return NULL;
}

enum be_gives
be_rule_gives(const struct be_rule *rule)
{
	return rule->gives;
}

bool
be_rule_is_for(const struct be_rule *rule, uint64_t role)
{
	return role == WIRE_ROLE_ADMINISTRATOR ||
	    (role == WIRE_ROLE_REGISTRAR && rule->for_registrar);
}

bool
be_rule_of_card(const struct be_rule *rule)
{
	return rule->from != 0;
}

/* ---- holding an act against it ------------------------------------------- */

static enum be_refusal
check_row(const struct be_ruling *r, const struct wire_grant *g, bool remove,
    unsigned counts[KINDS_MAX])
{
	const struct kind *k;

	for (size_t i = 0; i < KINDS_MAX; i++) {
		k = &r->rule->kinds[i];
		if (k->check == NULL || k->type != g->type ||
		    k->remove != remove)
			continue;
		counts[i]++;
		return k->check(r, g);
	}
	return BE_REFUSED_ROWS;
}

/* A token stands for the row that it becomes, an assignment for its card, and
 * who demands a second signer for nothing more does so for whatever has one. */
static uint32_t
types_of(const struct be_ruling *r, const struct wire_grant *g)
{
	uint32_t types = BE_BIT(g->type);

	if (g->type == WIRE_GRANT_POLICY &&
	    says(g, WIRE_G_NAME, WIRE_POLICY_SECOND) &&
	    r->rule->gives != BE_GIVES_ORGANISATION)
		return UINT32_MAX;
	if (g->type == WIRE_GRANT_ASSIGNMENT)
		types |= OF_CARDS;
	if (g->type == WIRE_GRANT_TOKEN)
		types |= BE_BIT(says(g, WIRE_G_NAME, WIRE_TOKEN_PERSON)
			? WIRE_GRANT_FACTOR : WIRE_GRANT_DEVICE);
	return types;
}

static enum be_refusal
check_rows(struct be_ruling *r)
{
	const uint8_t *owner = r->rule->gives == BE_GIVES_ORGANISATION
	    ? r->act->subject : r->act->organisation;
	struct cb_span cur = r->act->changes;
	unsigned counts[KINDS_MAX] = { 0 };
	struct wire_change c;
	enum be_refusal refusal;

	for (unsigned i = 0; i < r->act->count; i++) {
		struct wire_grant *g = &r->rows[i];

		if (wire_change_get(&cur, &c) != CB_OK ||
		    wire_grant_get(c.row, g) != CB_OK)
			return BE_REFUSED_ACT;
		if (memcmp(g->organisation, owner, WIRE_ID) != 0)
			return BE_REFUSED_ROW;
		if ((refusal = check_row(r, g, c.remove, counts)) !=
		    BE_REFUSED_NOT)
			return refusal;
		r->types |= types_of(r, g);
	}
	for (size_t i = 0; i < KINDS_MAX; i++)
		if (counts[i] < r->rule->kinds[i].least ||
		    counts[i] > r->rule->kinds[i].most)
			return BE_REFUSED_ROWS;
	return BE_REFUSED_NOT;
}

enum be_refusal
be_rule_check(struct be_ruling *r)
{
	enum be_refusal refusal;

	r->types = r->rule->types;
	if (r->rule->from != 0) {
		if (!is_subject(r, &r->card, WIRE_G_CARD))
			return BE_REFUSED_CARD;
		if (r->card.number[WIRE_G_STATE] > BE_CARD_TERMINATED ||
		    (r->rule->from &
			BE_BIT(r->card.number[WIRE_G_STATE])) == 0)
			return BE_REFUSED_CARD_STATE;
	}
	if ((refusal = check_rows(r)) != BE_REFUSED_NOT ||
	    r->rule->check == NULL)
		return refusal;
	return r->rule->check(r);
}

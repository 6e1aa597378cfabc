/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The checks, in their order: first what needs no row.
 */
#include <string.h>

#include "backend/vault/act.h"
#include "backend/vault/mac.h"

struct work {
	const struct be_ordered *ask;
	struct wire_act act;
	struct wire_approval approval;
	struct cb_span head, signature;
	struct cb_span second_head, second_signature;
	struct be_holder person, second;
	uint32_t types;		/* of the rows; bit n for type n */
	struct be_granted *out;
	struct cb_buf *macs;
};

typedef enum be_refusal step(struct work *w);

#define BIT(type) (UINT32_C(1) << (type))

/* Which rows a role may change. */
static const uint32_t rights[] = {
	[WIRE_ROLE_ADMINISTRATOR] = BIT(WIRE_GRANT_TYPES) - 2,
	[WIRE_ROLE_REGISTRAR] = BIT(WIRE_GRANT_DEVICE) |
	    BIT(WIRE_GRANT_MEMBER) | BIT(WIRE_GRANT_ASSIGNMENT) |
	    BIT(WIRE_GRANT_REVOCATION) | BIT(WIRE_GRANT_CARD) |
	    BIT(WIRE_GRANT_TOKEN),
};

/* ---- messages ------------------------------------------------------------ */

static struct be_holder
holder_of(const struct be_ordered *ask, const uint8_t *id,
    struct cb_span certificate, struct be_signed factor)
{
	return (struct be_holder){ .ring = ask->ring, .org = ask->org,
		.now = ask->now, .is_person = true, .id = id,
		.certificate = certificate, .row = factor,
		.revocations = ask->revocations,
		.revocations_n = ask->revocations_n };
}

static enum be_refusal
read_act(struct work *w)
{
	const struct be_self *self = &w->ask->ring->self;

	if (wire_act_get(w->ask->act, &w->act, &w->head, &w->signature) !=
	    CB_OK)
		return BE_REFUSED_ACT;
	if (w->act.kind != self->kind ||
	    memcmp(w->act.backend, self->id, WIRE_ID) != 0)
		return BE_REFUSED_KIND;
	if (memcmp(w->act.organisation, w->ask->org->id, WIRE_ID) != 0)
		return BE_REFUSED_ORGANISATION;
	w->person = holder_of(w->ask, w->act.person, w->act.certificate,
	    w->ask->factor);
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_challenge(struct work *w)
{
	static const uint8_t none[WIRE_ID];

	return be_challenge_refusal(be_challenge_use(w->ask->challenges,
	    w->ask->tick, w->act.organisation, none, w->act.id,
	    w->act.challenge));
}

static enum be_refusal
check_signature(struct work *w)
{
	enum be_refusal refusal = be_holder_certificate(&w->person);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	return wire_act_verify(w->person.key, w->head, w->signature) == CB_OK
	    ? BE_REFUSED_NOT : BE_REFUSED_SIGNATURE;
}

/* ---- what may be ordered ------------------------------------------------- */

/* Who has this role may change all of the rows. A registrar enrols devices,
 * and not people: that would be a way to somebody else's role. */
static enum be_refusal
check_rows(struct work *w, uint64_t role)
{
	struct cb_span cur = w->act.changes;
	struct wire_change c;
	struct wire_grant g;

	for (unsigned i = 0; i < w->act.count; i++) {
		if (wire_change_get(&cur, &c) != CB_OK ||
		    wire_grant_get(c.row, &g) != CB_OK)
			return BE_REFUSED_ACT;
		if (memcmp(g.organisation, w->ask->org->id, WIRE_ID) != 0)
			return BE_REFUSED_ROW;
		if (role >= sizeof(rights) / sizeof(rights[0]) ||
		    (rights[role] & BIT(g.type)) == 0)
			return BE_REFUSED_ROLE;
		if (role == WIRE_ROLE_REGISTRAR &&
		    g.type == WIRE_GRANT_TOKEN &&
		    !cb_span_equal(g.bytes[WIRE_G_NAME],
			cb_span_str(WIRE_TOKEN_DEVICE)))
			return BE_REFUSED_ROLE;
		w->types |= BIT(g.type);
	}
	return BE_REFUSED_NOT;
}

/* By who signed, which has been verified. */
static enum be_refusal
check_signer(struct work *w, struct be_holder *h, const struct be_signed *role)
{
	struct wire_grant g;
	enum be_refusal refusal;

	(void)((refusal = be_holder_row(h)) != BE_REFUSED_NOT ||
	    (refusal = be_holder_revoked(h, NULL)) != BE_REFUSED_NOT ||
	    (refusal = be_holder_role(h, role, &g)) != BE_REFUSED_NOT ||
	    (refusal = check_rows(w, g.number[WIRE_G_ROLE])) !=
		BE_REFUSED_NOT);
	return refusal;
}

static enum be_refusal
check_person(struct work *w)
{
	return check_signer(w, &w->person, &w->ask->role);
}

/* ---- the second signer --------------------------------------------------- */

static enum be_refusal
read_policy(struct work *w, uint32_t *types)
{
	struct wire_grant g;
	struct cb_span value;
	enum be_refusal refusal = be_row_read(w->ask->org, &w->ask->policy,
	    WIRE_GRANT_POLICY, BE_REFUSED_POLICY_MAC, BE_REFUSED_POLICY, &g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	value = g.bytes[WIRE_G_VALUE];
	return cb_span_equal(g.bytes[WIRE_G_NAME],
		   cb_span_str(BE_POLICY_SECOND)) &&
		cb_get_u32(&value, types) == CB_OK && value.n == 0
	    ? BE_REFUSED_NOT : BE_REFUSED_POLICY;
}

static enum be_refusal
check_approval(struct work *w)
{
	struct wire_approval *a = &w->approval;
	enum be_refusal refusal;

	if (wire_approval_get(w->ask->approval, a, &w->second_head,
		&w->second_signature) != CB_OK)
		return BE_REFUSED_APPROVAL;
	if (a->kind != w->act.kind ||
	    memcmp(a->request, w->out->request, CR_HASH) != 0)
		return BE_REFUSED_APPROVAL_OTHER;
	/* unlike other things, it has always an end */
	if (a->until == 0 || be_is_over(w->ask->now, a->until))
		return BE_REFUSED_APPROVAL_OVER;
	if (memcmp(a->person, w->act.person, WIRE_ID) == 0)
		return BE_REFUSED_SECOND_SAME;
	w->second = holder_of(
	    w->ask, a->person, a->certificate, w->ask->second_factor);
	if ((refusal = be_holder_certificate(&w->second)) != BE_REFUSED_NOT)
		return refusal;
	if (wire_approval_verify(w->second.key, w->second_head,
		w->second_signature) != CB_OK)
		return BE_REFUSED_SIGNATURE;
	return check_signer(w, &w->second, &w->ask->second_role);
}

static enum be_refusal
check_second(struct work *w)
{
	enum be_refusal refusal;
	uint32_t types = 0;

	if (wire_act_request(&w->act, w->out->request) != CB_OK)
		return BE_REFUSED_FAILED;
	if ((refusal = read_policy(w, &types)) != BE_REFUSED_NOT)
		return refusal;
	if (w->ask->approval.n == 0)
		return (w->types & types) == 0 ? BE_REFUSED_NOT
					       : BE_REFUSED_NO_SECOND;
	if ((refusal = check_approval(w)) != BE_REFUSED_NOT)
		return refusal;
	w->out->has_second = true;
	memcpy(w->out->second, w->approval.person, WIRE_ID);
	return BE_REFUSED_NOT;
}

/* ---- MACs ---------------------------------------------------------------- */

static enum be_refusal
sign_rows(struct work *w)
{
	struct cb_span cur = w->act.changes;
	struct wire_change c;

	for (unsigned i = 0; i < w->act.count; i++)
		if (wire_change_get(&cur, &c) != CB_OK ||
		    (!c.remove &&
			be_grant_sign(w->macs, w->ask->org, c.row) != CB_OK))
			return BE_REFUSED_FAILED;
	memcpy(w->out->act, w->act.id, WIRE_ID);
	memcpy(w->out->person, w->act.person, WIRE_ID);
	return BE_REFUSED_NOT;
}

enum cb_err
be_vault_grant(const struct be_ordered *ask, struct be_granted *out,
    struct cb_buf *macs, enum be_refusal *exact)
{
	static step *const steps[] = { read_act, check_challenge,
		check_signature, check_person, check_second, sign_rows };
	const size_t before = macs->n;
	struct work w = { .ask = ask, .out = out, .macs = macs };

	*out = (struct be_granted){ .has_second = false };
	*exact = BE_REFUSED_NOT;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) &&
	     *exact == BE_REFUSED_NOT; i++)
		*exact = steps[i](&w);
	wire_key_free(&w.person.key);
	wire_key_free(&w.second.key);
	if (*exact == BE_REFUSED_NOT)
		return CB_OK;
	*out = (struct be_granted){ .has_second = false };
	return cb_buf_undo(macs, before, CB_E_DENIED);
}

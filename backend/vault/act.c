/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The checks, in their order: first what needs no row.
 */
#include <string.h>

#include "backend/vault/give.h"
#include "common/ct.h"

struct work {
	const struct be_ordered *ask;
	struct wire_act act;
	struct wire_approval approval;
	struct cb_span head, signature;
	struct cb_span second_head, second_signature;
	struct be_holder person, second;
	struct be_ruling ruling;
	struct be_granted *out;
	struct cb_buf *macs;
};

typedef enum be_refusal step(struct work *w);

/* Of an approval, in seconds: it is over before the store forgets that its act
 * was done, a day later, and would do it again. */
#define APPROVED_MAX (INT64_C(23) * 3600)

/* ---- messages ------------------------------------------------------------ */

static struct be_holder
holder_of(const struct be_ordered *ask, const uint8_t *id,
    struct cb_span certificate, struct be_signed factor)
{
	return (struct be_holder){ .ring = ask->ring, .org = ask->org,
		.now = ask->now, .is_person = true, .id = id,
		.certificate = certificate, .row = factor,
		.revocations = { { ask->org, ask->revocations,
				     ask->revocations_n },
		    ask->platform } };
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

/* ---- who orders it ------------------------------------------------------- */

static enum be_refusal
find_rule(struct work *w)
{
	w->ruling = (struct be_ruling){ .act = &w->act, .kind = w->act.kind,
		.now = w->ask->now, .fingerprint = w->person.cert.fingerprint,
		.rule = be_rule_find(w->act.what, w->act.organisation) };
	return w->ruling.rule != NULL ? BE_REFUSED_NOT : BE_REFUSED_WHAT;
}

/* By who signed, which has been verified. */
static enum be_refusal
check_signer(struct work *w, struct be_holder *h, const struct be_signed *role)
{
	const uint8_t *card =
	    be_rule_of_card(w->ruling.rule) ? w->act.subject : NULL;
	struct wire_grant g;
	enum be_refusal refusal;

	if ((refusal = be_holder_row(h)) != BE_REFUSED_NOT ||
	    (refusal = be_holder_revoked(h, card)) != BE_REFUSED_NOT ||
	    (refusal = be_holder_role(h, role, &g)) != BE_REFUSED_NOT)
		return refusal;
	return be_rule_is_for(w->ruling.rule, g.number[WIRE_G_ROLE])
	    ? BE_REFUSED_NOT : BE_REFUSED_ROLE;
}

static enum be_refusal
check_person(struct work *w)
{
	return check_signer(w, &w->person, &w->ask->role);
}

/* ---- what is ordered ----------------------------------------------------- */

static enum be_refusal
check_changes(struct work *w)
{
	enum be_refusal refusal = BE_REFUSED_NOT;

	/* of a new card there is no row: not even one that is terminated */
	if (be_rule_gives(w->ruling.rule) == BE_GIVES_CARD &&
	    w->ask->card.bytes.n > 0)
		return BE_REFUSED_CARD_STATE;
	if (be_rule_of_card(w->ruling.rule))
		refusal = be_row_read(w->ask->org, &w->ask->card,
		    WIRE_GRANT_CARD, BE_REFUSED_CARD_MAC, BE_REFUSED_CARD,
		    &w->ruling.card);
	return refusal != BE_REFUSED_NOT ? refusal
					 : be_rule_check(&w->ruling);
}

/* ---- the second signer --------------------------------------------------- */

static enum be_refusal
read_policy(struct work *w, uint32_t *types)
{
	struct cb_span value;
	const enum be_refusal refusal =
	    be_policy_get(w->ask, WIRE_POLICY_SECOND, &value);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	return cb_get_u32(&value, types) == CB_OK && value.n == 0
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
	if (a->until == 0 || be_is_over(w->ask->now, a->until) ||
	    !be_is_over(w->ask->now + APPROVED_MAX, a->until))
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
		return (w->ruling.types & types) == 0 ? BE_REFUSED_NOT
						      : BE_REFUSED_NO_SECOND;
	if ((refusal = check_approval(w)) != BE_REFUSED_NOT)
		return refusal;
	w->out->has_second = true;
	memcpy(w->out->second, w->approval.person, WIRE_ID);
	return BE_REFUSED_NOT;
}

/* ---- all of it ----------------------------------------------------------- */

static enum be_refusal
give(struct work *w)
{
	enum be_refusal refusal;

	if ((refusal = be_give_macs(w->ask, &w->ruling, w->out, w->macs)) !=
		BE_REFUSED_NOT ||
	    (refusal = be_give_keys(w->ask, &w->ruling, w->out)) !=
		BE_REFUSED_NOT)
		return refusal;
	memcpy(w->out->act, w->act.id, WIRE_ID);
	memcpy(w->out->person, w->act.person, WIRE_ID);
	return BE_REFUSED_NOT;
}

void
be_granted_clear(struct be_granted *granted)
{
	for (size_t i = 0; i < BE_GRANTED_WRAPS; i++)
		cb_buf_free(&granted->wraps[i]);
	cb_wipe(granted, sizeof(*granted));
}

enum cb_err
be_vault_grant(const struct be_ordered *ask, struct be_granted *out,
    struct cb_buf *macs, enum be_refusal *exact)
{
	static step *const steps[] = { read_act, check_challenge,
		check_signature, find_rule, check_person, check_changes,
		check_second, give };
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
	be_granted_clear(out);
	return cb_buf_undo(macs, before, CB_E_DENIED);
}

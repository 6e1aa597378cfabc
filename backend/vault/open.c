/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The checks, in their order: first what needs no row, so that who has no
 * device key makes the vault look at nothing else.
 */
#include <string.h>

#include "backend/vault/open.h"
#include "common/ct.h"

struct work {
	const struct be_open *ask;
	struct wire_offer offer;
	struct wire_accept accept;
	struct cb_span head, signature;
	struct be_holder holder;
	struct wire_grant right, card;
	struct be_opened *out;
};

typedef enum be_refusal step(struct work *w);

static bool
same(const uint8_t a[WIRE_ID], const uint8_t b[WIRE_ID])
{
	return memcmp(a, b, WIRE_ID) == 0;
}

static bool
is_id(struct cb_span field, const uint8_t id[WIRE_ID])
{
	return cb_span_equal(field, cb_span(id, WIRE_ID));
}

/* ---- messages ------------------------------------------------------------ */

static enum be_refusal
read_messages(struct work *w)
{
	if (wire_offer_get(w->ask->offer, &w->offer) != CB_OK)
		return BE_REFUSED_OFFER;
	if (wire_accept_get(w->ask->accept, &w->accept, &w->head,
		&w->signature) != CB_OK)
		return BE_REFUSED_ACCEPT;
	return BE_REFUSED_NOT;
}

static void
set_holder(struct work *w)
{
	static const uint8_t none[WIRE_ID];

	w->holder = (struct be_holder){ .ring = w->ask->ring,
		.org = w->ask->org, .now = w->ask->now,
		.is_person = same(w->offer.card, none),
		.id = w->accept.device,
		.certificate = w->accept.certificate,
		.row = w->ask->holder,
		.revocations = { { w->ask->org, w->ask->revocations,
				     w->ask->revocations_n },
		    w->ask->platform } };
}

static enum be_refusal
check_ids(struct work *w)
{
	const enum wire_kind kind = w->ask->ring->self.kind;

	if (w->offer.kind != kind || w->accept.kind != kind)
		return BE_REFUSED_KIND;
	if (!same(w->offer.organisation, w->ask->org->id))
		return BE_REFUSED_ORGANISATION;
	if (!same(w->accept.organisation, w->offer.organisation) ||
	    !same(w->accept.session, w->offer.session) ||
	    !same(w->accept.card, w->offer.card))
		return BE_REFUSED_MISMATCH;
	set_holder(w);
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_challenge(struct work *w)
{
	return be_challenge_refusal(be_challenge_use(w->ask->challenges,
	    w->ask->tick, w->offer.organisation, w->offer.card,
	    w->offer.session, w->offer.challenge));
}

/* ---- who ----------------------------------------------------------------- */

static enum be_refusal
check_certificate(struct work *w)
{
	return be_holder_certificate(&w->holder);
}

static enum be_refusal
check_holder(struct work *w)
{
	return be_holder_row(&w->holder);
}

static enum be_refusal
check_revocations(struct work *w)
{
	return be_holder_revoked(&w->holder,
	    w->holder.is_person ? NULL : w->offer.card);
}

static enum be_refusal
check_signature(struct work *w)
{
	struct cb_buf b = CB_BUF_INIT;
	enum be_refusal refusal = BE_REFUSED_FAILED;

	if (wire_accept_signed(&b, w->ask->offer, w->head) == CB_OK)
		refusal = wire_verify(w->holder.key, cb_buf_span(&b),
			      w->signature) == CB_OK
		    ? BE_REFUSED_NOT : BE_REFUSED_SIGNATURE;
	cb_buf_free(&b);
	return refusal;
}

/* ---- rows ---------------------------------------------------------------- */

static enum be_refusal
check_group(struct work *w, struct cb_span group)
{
	struct wire_grant g;
	enum be_refusal refusal = be_row_read(w->ask->org, &w->ask->group,
	    WIRE_GRANT_MEMBER, BE_REFUSED_GROUP_MAC, BE_REFUSED_GROUP, &g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	return cb_span_equal(g.bytes[WIRE_G_GROUP], group) &&
		is_id(g.bytes[WIRE_G_DEVICE], w->accept.device)
	    ? BE_REFUSED_NOT : BE_REFUSED_GROUP;
}

static enum be_refusal
check_assignment(struct work *w)
{
	struct wire_grant *g = &w->right;
	enum be_refusal refusal = be_row_read(w->ask->org, &w->ask->right,
	    WIRE_GRANT_ASSIGNMENT, BE_REFUSED_RIGHT_MAC, BE_REFUSED_RIGHT, g);
	struct cb_span to;

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_CARD], w->offer.card))
		return BE_REFUSED_RIGHT;
	if (be_is_over(w->ask->now, g->number[WIRE_G_UNTIL]))
		return BE_REFUSED_RIGHT_OVER;
	to = g->bytes[WIRE_G_SUBJECT];
	switch (g->number[WIRE_G_KIND]) {
	case BE_TO_DEVICE:
		return is_id(to, w->accept.device) ? BE_REFUSED_NOT
						   : BE_REFUSED_RIGHT;
	case BE_TO_ORGANISATION:
		return is_id(to, w->offer.organisation) ? BE_REFUSED_NOT
							: BE_REFUSED_RIGHT;
	case BE_TO_GROUP:
		return check_group(w, to);
	default:
		return BE_REFUSED_RIGHT;
	}
}

static enum be_refusal
check_right(struct work *w)
{
	return w->holder.is_person
	    ? be_holder_role(&w->holder, &w->ask->right, &w->right)
	    : check_assignment(w);
}

static enum be_refusal
check_card(struct work *w)
{
	struct wire_grant *g = &w->card;
	enum be_refusal refusal;

	if (w->holder.is_person)
		return BE_REFUSED_NOT;
	if ((refusal = be_row_read(w->ask->org, &w->ask->card, WIRE_GRANT_CARD,
		 BE_REFUSED_CARD_MAC, BE_REFUSED_CARD, g)) != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_CARD], w->offer.card))
		return BE_REFUSED_CARD;
	return g->number[WIRE_G_STATE] == BE_STATE_IN_USE
	    ? BE_REFUSED_NOT : BE_REFUSED_CARD_STATE;
}

/* ---- keys ---------------------------------------------------------------- */

static enum be_refusal
unwrap(struct work *w)
{
	struct cb_buf label = CB_BUF_INIT;
	enum be_refusal refusal = BE_REFUSED_NOT;

	if (wire_secret_label(&label, w->offer.organisation, w->offer.card,
		w->offer.session) != CB_OK)
		refusal = BE_REFUSED_FAILED;
	else if (wire_unwrap(w->ask->ring->service, cb_buf_span(&label),
		     w->accept.wrapped, w->out->secret) != CB_OK)
		refusal = BE_REFUSED_SECRET;
	else if (!w->holder.is_person &&
	    be_org_card_open(w->ask->org, w->offer.card,
		(uint32_t)w->card.number[WIRE_G_VERSION], w->ask->card_key,
		w->out->key) != CB_OK)
		refusal = BE_REFUSED_CARD_KEY;
	cb_buf_free(&label);
	return refusal;
}

static enum be_refusal
fill(struct work *w)
{
	struct be_opened *out = w->out;

	memcpy(out->session, w->offer.session, WIRE_ID);
	memcpy(out->organisation, w->offer.organisation, WIRE_ID);
	memcpy(out->card, w->offer.card, WIRE_ID);
	memcpy(out->holder, w->accept.device, WIRE_ID);
	out->is_person = w->holder.is_person;
	out->role = (uint32_t)w->right.number[WIRE_G_ROLE];
	out->class = (uint32_t)w->holder.grant.number[WIRE_G_CLASS];
	out->take_over = w->accept.take_over;
	return BE_REFUSED_NOT;
}

/* ---- all of it ----------------------------------------------------------- */

static enum be_refusal
check_all(struct work *w, step *const *steps, size_t n)
{
	enum be_refusal refusal = BE_REFUSED_NOT;

	for (size_t i = 0; i < n && refusal == BE_REFUSED_NOT; i++)
		refusal = steps[i](w);
	wire_key_free(&w->holder.key);
	return refusal;
}

enum cb_err
be_vault_open(const struct be_open *ask, struct be_opened *out,
    enum be_refusal *exact)
{
	static step *const steps[] = { read_messages, check_ids,
		check_challenge, check_certificate, check_signature,
		check_holder, check_revocations, check_right, check_card,
		unwrap, fill };
	struct work w = { .ask = ask, .out = out };

	cb_wipe(out, sizeof(*out));
	*exact = check_all(&w, steps, sizeof(steps) / sizeof(steps[0]));
	if (*exact == BE_REFUSED_NOT)
		return CB_OK;
	cb_wipe(out, sizeof(*out));
	return CB_E_DENIED;
}

enum cb_err
be_vault_recheck(const struct be_open *ask, const uint8_t holder[WIRE_ID],
    const uint8_t card[WIRE_ID], struct cb_span certificate,
    enum be_refusal *exact)
{
	static step *const steps[] = { check_certificate, check_holder,
		check_revocations, check_right, check_card };
	struct work w = { .ask = ask,
		.accept = { .certificate = certificate } };

	memcpy(w.offer.organisation, ask->org->id, WIRE_ID);
	memcpy(w.offer.card, card, WIRE_ID);
	memcpy(w.accept.device, holder, WIRE_ID);
	set_holder(&w);
	*exact = check_all(&w, steps, sizeof(steps) / sizeof(steps[0]));
	return *exact == BE_REFUSED_NOT ? CB_OK : CB_E_DENIED;
}

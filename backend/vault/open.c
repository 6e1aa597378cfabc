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
	bool is_person;
	struct wire_cert cert;
	struct wire_key *key;
	struct wire_grant holder, right, card;
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

static enum be_refusal
check_ids(struct work *w)
{
	static const uint8_t none[WIRE_ID];
	const enum wire_kind kind = w->ask->ring->self.kind;

	if (w->offer.kind != kind || w->accept.kind != kind)
		return BE_REFUSED_KIND;
	if (!same(w->offer.organisation, w->ask->org->id))
		return BE_REFUSED_ORGANISATION;
	if (!same(w->accept.organisation, w->offer.organisation) ||
	    !same(w->accept.session, w->offer.session) ||
	    !same(w->accept.card, w->offer.card))
		return BE_REFUSED_MISMATCH;
	w->is_person = same(w->offer.card, none);
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_challenge(struct work *w)
{
	switch (be_challenge_use(w->ask->challenges, w->ask->tick,
	    w->offer.organisation, w->offer.card, w->offer.session,
	    w->offer.challenge)) {
	case CB_OK:
		return BE_REFUSED_NOT;
	case CB_E_TIMEOUT:
		return BE_REFUSED_CHALLENGE_AGE;
	case CB_E_DENIED:
		return BE_REFUSED_CHALLENGE_OTHER;
	default:
		return BE_REFUSED_CHALLENGE;
	}
}

/* ---- who ----------------------------------------------------------------- */

static enum be_refusal
check_certificate(struct work *w)
{
	enum cb_err r = wire_cert_check(w->accept.certificate,
	    cb_buf_span(&w->ask->ring->authority_cert),
	    w->is_person ? WIRE_PERSON : WIRE_DEVICE,
	    w->ask->ring->self.kind, w->ask->now, &w->cert, &w->key, NULL);

	if (r != CB_OK)
		return r == CB_E_TIMEOUT ? BE_REFUSED_CERTIFICATE_DATES
					 : BE_REFUSED_CERTIFICATE;
	if (!same(w->cert.subject, w->accept.device) ||
	    !same(w->cert.organisation, w->offer.organisation))
		return BE_REFUSED_CERTIFICATE_NAMES;
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_signature(struct work *w)
{
	struct cb_buf b = CB_BUF_INIT;
	enum be_refusal refusal = BE_REFUSED_FAILED;

	if (wire_accept_signed(&b, w->ask->offer, w->head) == CB_OK)
		refusal = wire_verify(w->key, cb_buf_span(&b),
			      w->signature) == CB_OK
		    ? BE_REFUSED_NOT : BE_REFUSED_SIGNATURE;
	cb_buf_free(&b);
	return refusal;
}

/* ---- rows ---------------------------------------------------------------- */

/* A row of this type; `bad` is what is said of its MAC, `other` of what it
 * is. */
static enum be_refusal
get_row(const struct work *w, const struct be_signed *row,
    enum wire_grant_type type, enum be_refusal bad, enum be_refusal other,
    struct wire_grant *out)
{
	if (be_grant_check(row, w->ask->org, out) != CB_OK)
		return bad;
	return out->type == type ? BE_REFUSED_NOT : other;
}

static bool
is_over(const struct work *w, uint64_t until)
{
	return until != 0 &&
	    (w->ask->now < 0 || (uint64_t)w->ask->now * 1000 >= until);
}

static enum be_refusal
check_device(struct work *w)
{
	struct wire_grant *g = &w->holder;
	enum be_refusal refusal = get_row(w, &w->ask->holder,
	    WIRE_GRANT_DEVICE, BE_REFUSED_HOLDER_MAC, BE_REFUSED_HOLDER, g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_DEVICE], w->accept.device))
		return BE_REFUSED_HOLDER;
	if (g->number[WIRE_G_STATE] != BE_STATE_IN_USE ||
	    is_over(w, g->number[WIRE_G_UNTIL]))
		return BE_REFUSED_HOLDER_STATE;
	if (!cb_span_equal(g->bytes[WIRE_G_FINGERPRINT],
		CB_SPAN_OF(w->cert.fingerprint)))
		return BE_REFUSED_HOLDER_CERTIFICATE;
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_person(struct work *w)
{
	struct wire_grant *g = &w->holder;
	enum be_refusal refusal = get_row(w, &w->ask->holder,
	    WIRE_GRANT_FACTOR, BE_REFUSED_HOLDER_MAC, BE_REFUSED_HOLDER, g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_PERSON], w->accept.device) ||
	    !cb_span_equal(g->bytes[WIRE_G_NAME],
		cb_span_str(BE_FACTOR_CERTIFICATE)))
		return BE_REFUSED_HOLDER;
	if (g->number[WIRE_G_STATE] != BE_STATE_IN_USE)
		return BE_REFUSED_HOLDER_STATE;
	if (!cb_span_equal(g->bytes[WIRE_G_VALUE],
		CB_SPAN_OF(w->cert.fingerprint)))
		return BE_REFUSED_HOLDER_CERTIFICATE;
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_holder(struct work *w)
{
	return w->is_person ? check_person(w) : check_device(w);
}

/* One that the vault did not sign is a sign of somebody at the database. */
static enum be_refusal
check_revocations(struct work *w)
{
	struct wire_grant g;
	enum be_refusal refusal;

	for (size_t i = 0; i < w->ask->revocations_n; i++) {
		refusal = get_row(w, &w->ask->revocations[i],
		    WIRE_GRANT_REVOCATION, BE_REFUSED_REVOCATION_MAC,
		    BE_REFUSED_REVOCATION_MAC, &g);
		if (refusal != BE_REFUSED_NOT)
			return refusal;
		if (is_id(g.bytes[WIRE_G_SUBJECT], w->accept.device) ||
		    (!w->is_person &&
			is_id(g.bytes[WIRE_G_SUBJECT], w->offer.card)) ||
		    cb_span_equal(g.bytes[WIRE_G_FINGERPRINT],
			CB_SPAN_OF(w->cert.fingerprint)))
			return BE_REFUSED_REVOKED;
	}
	return BE_REFUSED_NOT;
}

static enum be_refusal
check_group(struct work *w, struct cb_span group)
{
	struct wire_grant g;
	enum be_refusal refusal = get_row(w, &w->ask->group,
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
	enum be_refusal refusal = get_row(w, &w->ask->right,
	    WIRE_GRANT_ASSIGNMENT, BE_REFUSED_RIGHT_MAC, BE_REFUSED_RIGHT, g);
	struct cb_span to;

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_CARD], w->offer.card))
		return BE_REFUSED_RIGHT;
	if (is_over(w, g->number[WIRE_G_UNTIL]))
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
check_role(struct work *w)
{
	struct wire_grant *g = &w->right;
	enum be_refusal refusal = get_row(w, &w->ask->right, WIRE_GRANT_ROLE,
	    BE_REFUSED_RIGHT_MAC, BE_REFUSED_RIGHT, g);

	if (refusal != BE_REFUSED_NOT)
		return refusal;
	if (!is_id(g->bytes[WIRE_G_PERSON], w->accept.device))
		return BE_REFUSED_RIGHT;
	return is_over(w, g->number[WIRE_G_UNTIL]) ? BE_REFUSED_RIGHT_OVER
						 : BE_REFUSED_NOT;
}

static enum be_refusal
check_right(struct work *w)
{
	return w->is_person ? check_role(w) : check_assignment(w);
}

static enum be_refusal
check_card(struct work *w)
{
	struct wire_grant *g = &w->card;
	enum be_refusal refusal;

	if (w->is_person)
		return BE_REFUSED_NOT;
	if ((refusal = get_row(w, &w->ask->card, WIRE_GRANT_CARD,
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
	else if (!w->is_person &&
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
	out->is_person = w->is_person;
	out->role = (uint32_t)w->right.number[WIRE_G_ROLE];
	out->class = (uint32_t)w->holder.number[WIRE_G_CLASS];
	out->take_over = w->accept.take_over;
	return BE_REFUSED_NOT;
}

/* ---- all of it ----------------------------------------------------------- */

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
	*exact = BE_REFUSED_NOT;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) &&
	     *exact == BE_REFUSED_NOT; i++)
		*exact = steps[i](&w);
	wire_key_free(&w.key);
	if (*exact == BE_REFUSED_NOT)
		return CB_OK;
	cb_wipe(out, sizeof(*out));
	return CB_E_DENIED;
}

const char *
be_refusal_text(enum be_refusal refusal)
{
	static const char *const texts[BE_REFUSALS] = {
		[BE_REFUSED_NOT] = "opened",
		[BE_REFUSED_FAILED] = "the vault failed",
		[BE_REFUSED_OFFER] = "that is no OFFER",
		[BE_REFUSED_ACCEPT] = "that is no ACCEPT",
		[BE_REFUSED_KIND] = "live and test were mixed",
		[BE_REFUSED_ORGANISATION] = "of another organisation",
		[BE_REFUSED_MISMATCH] = "OFFER and ACCEPT differ",
		[BE_REFUSED_CHALLENGE] = "the challenge is not open",
		[BE_REFUSED_CHALLENGE_AGE] = "the challenge is too old",
		[BE_REFUSED_CHALLENGE_OTHER] = "another challenge or card",
		[BE_REFUSED_CERTIFICATE] = "not a certificate for this",
		[BE_REFUSED_CERTIFICATE_DATES] = "the certificate is over",
		[BE_REFUSED_CERTIFICATE_NAMES] = "another's certificate",
		[BE_REFUSED_SIGNATURE] = "not signed by its key",
		[BE_REFUSED_HOLDER_MAC] = "the holder's row was changed",
		[BE_REFUSED_HOLDER] = "the holder's row is another's",
		[BE_REFUSED_HOLDER_STATE] = "the holder is not in use",
		[BE_REFUSED_HOLDER_CERTIFICATE] = "an older certificate",
		[BE_REFUSED_REVOCATION_MAC] = "a revocation was changed",
		[BE_REFUSED_REVOKED] = "revoked",
		[BE_REFUSED_RIGHT_MAC] = "the right's row was changed",
		[BE_REFUSED_RIGHT] = "there is no such right",
		[BE_REFUSED_RIGHT_OVER] = "the right is over",
		[BE_REFUSED_GROUP_MAC] = "the group's row was changed",
		[BE_REFUSED_GROUP] = "not in this group",
		[BE_REFUSED_CARD_MAC] = "the card's row was changed",
		[BE_REFUSED_CARD] = "the card's row is another's",
		[BE_REFUSED_CARD_STATE] = "the card is not in use",
		[BE_REFUSED_SECRET] = "the secret does not open",
		[BE_REFUSED_CARD_KEY] = "the card's key does not open",
	};

	return (int)refusal >= 0 && (int)refusal < BE_REFUSALS
	    ? texts[refusal] : "?";
}

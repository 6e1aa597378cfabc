/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * ORDER: an act is held against what vouches for it, and answered with MACs
 * and keys. A card whose key an act gets is open under the act's id, for a
 * while: its passcodes are made or made anew then.
 */
#include <string.h>

#include "backend/vault/act.h"
#include "backend/vault/brought.h"
#include "backend/vault/serve.h"
#include "common/ct.h"

#define OPEN_MS 60000	/* a card, to its act */

#define ALLOWED \
	(BE_BROUGHT(BE_RIGHT_HOLDER) | BE_BROUGHT(BE_RIGHT_RIGHT) | \
	    BE_BROUGHT(BE_RIGHT_CARD) | BE_BROUGHT(BE_RIGHT_REVOCATION) | \
	    BE_BROUGHT(BE_RIGHT_POLICY) | BE_BROUGHT(BE_RIGHT_SECOND_FACTOR) | \
	    BE_BROUGHT(BE_RIGHT_SECOND_ROLE) | BE_BROUGHT(BE_RIGHT_PLATFORM))

static struct be_ordered
ordered_of(struct be_question *q, const struct be_order *o,
    const struct be_brought *g)
{
	struct be_safe *s = be_safe_of(q->a);

	return (struct be_ordered){ .ring = s->ring, .org = q->org,
		.recovery = s->recovery, .challenges = &s->challenges,
		.unblocks = &s->unblocks, .now = be_vault_now(),
		.tick = be_vault_tick(), .act = o->act,
		.approval = o->approval, .factor = g->one[BE_RIGHT_HOLDER],
		.role = g->one[BE_RIGHT_RIGHT],
		.card = g->one[BE_RIGHT_CARD],
		.second_factor = g->one[BE_RIGHT_SECOND_FACTOR],
		.second_role = g->one[BE_RIGHT_SECOND_ROLE],
		.policies = g->policies.rows, .policies_n = g->policies.n,
		.revocations = g->revocations.rows,
		.revocations_n = g->revocations.n,
		.platform = { s->platform, g->platform.rows,
		    g->platform.n },
		.card_key = o->rights.card_key, .unblock = o->unblock };
}

static enum cb_err
put_told(struct cb_buf *out, const struct be_granted *g, struct cb_span macs)
{
	struct be_order_told told = { .has_key = g->has_key,
		.has_unblock = g->has_unblock };
	enum cb_err r;

	memcpy(told.act, g->act, WIRE_ID);
	memcpy(told.person, g->person, WIRE_ID);
	memcpy(told.second, g->second, WIRE_ID);
	memcpy(told.request, g->request, CR_HASH);
	memcpy(told.key, g->key, CR_KEY);
	memcpy(told.unblock, g->unblock, CR_KEY);
	for (; macs.n > 0; macs = cb_span_tail(macs, BE_GRANT_MAC))
		told.macs[told.macs_n++] = cb_span_head(macs, BE_GRANT_MAC);
	for (; told.wraps_n < g->wraps_n; told.wraps_n++) {
		told.wraps[told.wraps_n].what =
		    (uint8_t)g->kinds[told.wraps_n];
		told.wraps[told.wraps_n].wrap =
		    cb_buf_span(&g->wraps[told.wraps_n]);
	}
	r = be_order_told_put(out, &told);
	cb_wipe(&told, sizeof(told));
	return r;
}

/* As a session of the act's id. */
static enum cb_err
open_card(struct be_question *q, const struct be_granted *g)
{
	struct be_held h = { .checked = be_vault_tick(), .ms = OPEN_MS };

	memcpy(h.session, g->act, WIRE_ID);
	memcpy(h.card, g->card, WIRE_ID);
	memcpy(h.holder, g->person, WIRE_ID);
	return be_held_add(&be_safe_of(q->a)->held, q->a->organisation, &h);
}

enum cb_err
be_take_order(struct be_question *q)
{
	struct be_granted *granted = NULL;
	struct cb_buf macs = CB_BUF_INIT;
	enum be_refusal refusal;
	struct be_order order;
	struct be_brought brought;
	struct be_ordered ask;
	enum cb_err r;

	if ((r = be_order_get(q->body, &order)) != CB_OK ||
	    (r = be_brought_sort(&order.rights, ALLOWED, &brought)) != CB_OK)
		return r;
	if ((granted = cr_secret_new(sizeof(*granted))) == NULL)
		return CB_E_NOMEM;
	ask = ordered_of(q, &order, &brought);
	if ((q->code = be_vault_grant(&ask, granted, &macs, &refusal)) !=
	    CB_OK)
		cb_log(CB_LOG_WARNING, "an act is not granted: %s",
		    be_refusal_text(refusal));
	else if ((r = put_told(q->out, granted, cb_buf_span(&macs))) ==
		CB_OK &&
	    granted->has_key)
		q->code = open_card(q, granted);
	/* worth another try, unlike all else: later, with a new challenge, or
	 * with an approval */
	if (refusal == BE_REFUSED_CHALLENGE ||
	    refusal == BE_REFUSED_CHALLENGE_AGE)
		q->code = CB_E_TIMEOUT;
	if (refusal == BE_REFUSED_UNBLOCK_LIMIT)
		q->code = CB_E_BUSY;
	if (refusal == BE_REFUSED_NO_SECOND)
		q->code = CB_E_ABSENT;
	be_granted_clear(granted);
	cr_secret_free(granted, sizeof(*granted));
	cb_buf_free(&macs);
	return r;
}

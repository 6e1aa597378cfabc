/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See give.h.
 */
#include <string.h>

#include "backend/vault/found.h"
#include "backend/vault/give.h"
#include "backend/vault/mac.h"

_Static_assert(BE_ORG_KEYS + 1 <= BE_GRANTED_WRAPS, "room for all");

enum be_refusal
be_policy_get(
    const struct be_ordered *ask, const char *name, struct cb_span *value)
{
	struct wire_grant g;
	enum be_refusal refusal;

	*value = CB_SPAN_EMPTY;
	for (size_t i = 0; i < ask->policies_n; i++) {
		refusal = be_row_read(ask->org, &ask->policies[i],
		    WIRE_GRANT_POLICY, BE_REFUSED_POLICY_MAC,
		    BE_REFUSED_POLICY, &g);
		if (refusal != BE_REFUSED_NOT)
			return refusal;
		if (cb_span_equal(g.bytes[WIRE_G_NAME], cb_span_str(name)))
			*value = g.bytes[WIRE_G_VALUE];
	}
	return BE_REFUSED_NOT;
}

static struct cb_buf *
add_wrap(struct be_granted *out, enum be_what what)
{
	out->kinds[out->wraps_n] = what;
	return &out->wraps[out->wraps_n++];
}

/* ---- MACs ---------------------------------------------------------------- */

/* With the keys of the new organisation: where there is one of this id, its
 * rows are of no use. */
static enum be_refusal
found(const struct be_ordered *ask, const struct be_ruling *ruling,
    struct be_granted *out, struct cb_buf *macs)
{
	const struct wire_act *act = ruling->act;
	struct cb_span rows[WIRE_ACT_CHANGES], cur = act->changes;
	struct wire_change c;

	for (unsigned i = 0; i < act->count; i++) {
		if (wire_change_get(&cur, &c) != CB_OK)
			return BE_REFUSED_FAILED;
		rows[i] = c.row;
	}
	if (be_org_found(ask->ring, act->subject, rows, act->count,
		out->wraps, macs) != CB_OK)
		return BE_REFUSED_FAILED;
	for (int i = 0; i < BE_ORG_KEYS; i++)
		out->kinds[i] = (enum be_what)(BE_ORG + i);
	out->wraps_n = BE_ORG_KEYS;
	if (ask->recovery != NULL &&
	    be_recovery_make(ask->recovery, act->subject,
		add_wrap(out, BE_RECOVERY)) != CB_OK)
		return BE_REFUSED_FAILED;
	return BE_REFUSED_NOT;
}

enum be_refusal
be_give_macs(const struct be_ordered *ask, const struct be_ruling *ruling,
    struct be_granted *out, struct cb_buf *macs)
{
	struct cb_span cur = ruling->act->changes;
	struct wire_change c;

	if (be_rule_gives(ruling->rule) == BE_GIVES_ORGANISATION)
		return found(ask, ruling, out, macs);
	for (unsigned i = 0; i < ruling->act->count; i++)
		if (wire_change_get(&cur, &c) != CB_OK ||
		    (!c.remove &&
			be_grant_sign(macs, ask->org, c.row) != CB_OK))
			return BE_REFUSED_FAILED;
	return BE_REFUSED_NOT;
}

/* ---- keys of cards ------------------------------------------------------- */

static enum be_refusal
is_online(const struct be_ordered *ask, bool *online)
{
	struct cb_span value;
	const enum be_refusal refusal =
	    be_policy_get(ask, WIRE_POLICY_UNBLOCK, &value);

	*online = cb_span_equal(value, cb_span_str(WIRE_UNBLOCK_ONLINE));
	return refusal;
}

static enum be_refusal
new_card(const struct be_ordered *ask, struct be_granted *out)
{
	struct cb_buf *wrap = add_wrap(out, BE_CARD_KEY);
	enum be_refusal refusal;
	bool online;

	if (be_org_card_make(ask->org, out->card, 1, wrap) != CB_OK ||
	    be_org_card_open(ask->org, out->card, 1, cb_buf_span(wrap),
		out->key) != CB_OK)
		return BE_REFUSED_FAILED;
	out->has_key = true;
	if ((refusal = is_online(ask, &online)) != BE_REFUSED_NOT || !online)
		return refusal;
	/* without a recovery root there are cards, but nobody unblocks them */
	if (ask->org->recovery.version == 0)
		return BE_REFUSED_NOT;
	if (be_unblock_make(ask->org, out->card, out->unblock,
		add_wrap(out, BE_UNBLOCK)) != CB_OK)
		return BE_REFUSED_FAILED;
	out->has_unblock = true;
	return BE_REFUSED_NOT;
}

/* The limit comes last: what is refused anyway counts for nothing. */
static enum be_refusal
unblock(const struct be_ordered *ask, const struct be_ruling *ruling,
    struct be_granted *out)
{
	static const uint8_t all[WIRE_ID];
	struct be_limited how;
	enum be_refusal refusal;
	bool online;

	if ((refusal = is_online(ask, &online)) != BE_REFUSED_NOT)
		return refusal;
	if (!online)
		return BE_REFUSED_UNBLOCK;
	if (ask->org->recovery.version == 0)
		return BE_REFUSED_NO_RECOVERY;
	if (be_org_card_open(ask->org, out->card,
		(uint32_t)ruling->card.number[WIRE_G_VERSION], ask->card_key,
		out->key) != CB_OK)
		return BE_REFUSED_CARD_KEY;
	if (be_unblock_open(ask->org, out->card, ask->unblock,
		out->unblock) != CB_OK)
		return BE_REFUSED_UNBLOCK_KEY;
	if (be_limit_take(ask->unblocks, all, ask->org->id, ask->tick,
		&how) != CB_OK)
		return BE_REFUSED_UNBLOCK_LIMIT;
	out->has_key = out->has_unblock = true;
	return BE_REFUSED_NOT;
}

enum be_refusal
be_give_keys(const struct be_ordered *ask, const struct be_ruling *ruling,
    struct be_granted *out)
{
	memcpy(out->card, ruling->act->subject, WIRE_ID);
	switch (be_rule_gives(ruling->rule)) {
	case BE_GIVES_CARD:
		return new_card(ask, out);
	case BE_GIVES_UNBLOCK:
		return unblock(ask, ruling, out);
	case BE_GIVES_NOTHING:
	case BE_GIVES_ORGANISATION:
		break;
	}
	return BE_REFUSED_NOT;
}

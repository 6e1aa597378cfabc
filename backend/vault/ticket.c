/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * u64 tick, HMAC-SHA256 over the run, what is told of the session and that.
 */
#include <string.h>

#include "backend/vault/ticket.h"
#include "common/ct.h"

#define MAC_AT 8	/* behind the tick */

_Static_assert(BE_TICKET == MAC_AT + CR_HASH, "a tick and a MAC");

static enum cb_err
mac(const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    const struct be_held *h, const uint8_t run[WIRE_ID], struct cb_span tick,
    uint8_t out[CR_HASH])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	(void)((r = cb_buf_add(&b, cb_span_str("cardbridge held 1"))) !=
		CB_OK ||
	    (r = cb_buf_add(&b, cb_span(run, WIRE_ID))) != CB_OK ||
	    (r = cb_buf_add(&b, cb_span(organisation, WIRE_ID))) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(h->session))) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(h->holder))) != CB_OK ||
	    (r = cb_buf_add(&b, CB_SPAN_OF(h->card))) != CB_OK ||
	    (r = cb_buf_add(&b, tick)) != CB_OK ||
	    (r = cr_hmac_sha256(ring->secret->passcodes, cb_buf_span(&b),
		 out)) != CB_OK);
	cb_buf_free(&b);
	return r;
}

enum cb_err
be_ticket_make(const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_held *h,
    const struct be_ticket_when *when, uint8_t out[BE_TICKET])
{
	struct cb_buf b = CB_BUF_INIT;
	enum cb_err r;

	memset(out, 0, BE_TICKET);
	if ((r = cb_put_u64(&b, when->tick)) == CB_OK &&
	    (r = mac(ring, organisation, h, when->run, cb_buf_span(&b),
		 out + MAC_AT)) == CB_OK)
		memcpy(out, b.p, MAC_AT);
	cb_buf_free(&b);
	return r;
}

/* By the clock that nobody sets: of one run, and so of one start of the
 * machine. */
static bool
is_in_time(uint64_t tick, const struct be_ticket_when *when)
{
	return tick < when->born && when->tick - when->born < BE_TICKETS_MS &&
		when->tick - tick < BE_HELD_MS;
}

enum cb_err
be_ticket_check(const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_held *h,
    const struct be_ticket_when *when, const uint8_t ticket[BE_TICKET])
{
	struct cb_span cur = cb_span(ticket, MAC_AT);
	uint8_t want[CR_HASH];
	uint64_t tick;
	enum cb_err r;

	if ((r = mac(ring, organisation, h, when->run, cur, want)) != CB_OK ||
	    (r = cb_get_u64(&cur, &tick)) != CB_OK)
		return r;
	if (!cb_ct_equal(CB_SPAN_OF(want), cb_span(ticket + MAC_AT, CR_HASH)) ||
	    !is_in_time(tick, when))
		return CB_E_DENIED;
	return CB_OK;
}

/* ---- sessions that are held ---------------------------------------------- */

enum cb_err
be_ticket_hold(struct be_helds *all, const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], struct be_held *h,
    const struct be_ticket_when *when, uint8_t ticket[BE_TICKET])
{
	enum cb_err r;

	h->checked = when->tick;
	h->ms = BE_HELD_MS;
	if ((r = be_ticket_make(ring, organisation, h, when, ticket)) !=
	    CB_OK)
		return r;
	return be_held_add(all, organisation, h);
}

/* Somebody else's right keeps no session, and none what is open for an act. */
static bool
is_same(const struct be_held *h, const struct be_held *asked)
{
	return h->ms == BE_HELD_MS &&
		memcmp(h->holder, asked->holder, WIRE_ID) == 0 &&
		memcmp(h->card, asked->card, WIRE_ID) == 0;
}

enum cb_err
be_ticket_rechecked(struct be_helds *all, const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_recheck *asked,
    bool may, const struct be_ticket_when *when, struct be_rechecked *told)
{
	const struct be_held *h = be_held_find(all, organisation, when->tick,
	    asked->session);
	struct be_held of;
	bool known;
	enum cb_err r = CB_OK;

	*told = (struct be_rechecked){ .held = false };
	memcpy(of.session, asked->session, WIRE_ID);
	memcpy(of.holder, asked->holder, WIRE_ID);
	memcpy(of.card, asked->card, WIRE_ID);
	known = h != NULL ? is_same(h, &of)
			  : be_ticket_check(ring, organisation, &of, when,
				asked->ticket) == CB_OK;
	if (known && !may)
		be_held_drop(all, organisation, asked->session);
	else if (known &&
	    (r = be_ticket_hold(all, ring, organisation, &of, when,
		 told->ticket)) == CB_OK)
		told->held = true;
	if (!told->held)
		memset(told->ticket, 0, sizeof(told->ticket));
	return r == CB_E_LIMIT ? CB_OK : r;
}

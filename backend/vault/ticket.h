/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a worker is given with each session that the vault holds: with it a
 * vault that was started anew takes the session back, if its rights are what
 * they were. It says which session, whose, of which card, and when. It is good
 * for as long as a session is held without being checked, in the first minutes
 * of the next life, when each worker has all its sessions checked; and for no
 * session of the life in which it was made: that one knows its own, and which
 * of them are over. Nor is it good for another run of the backend, whose end
 * was that of all sessions.
 */
#ifndef BE_VAULT_TICKET_H
#define BE_VAULT_TICKET_H

#include "backend/ask_vault.h"
#include "backend/vault/held.h"
#include "backend/vault/ring.h"

/* A worker looks once a minute, and again where store or vault are away. */
#define BE_TICKETS_MS 600000

/* Of the vault, at one moment. */
struct be_ticket_when {
	uint64_t tick;	/* milliseconds since this machine's start */
	uint64_t born;	/* tick at which the vault began */
	uint8_t run[WIRE_ID];	/* of the backend: its parent's */
};

/* Of h: session, holder and card. */
CB_MUST_USE enum cb_err be_ticket_make(const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_held *h,
    const struct be_ticket_when *when, uint8_t out[BE_TICKET]);
/* CB_E_DENIED: another's or another run's, too old, not from before,
 * or too late. */
CB_MUST_USE enum cb_err be_ticket_check(const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_held *h,
    const struct be_ticket_when *when, const uint8_t ticket[BE_TICKET]);

/* Holds a session, from now on: h->checked and h->ms are set. `ticket`: a new
 * one. CB_E_LIMIT: as be_held_add(). */
CB_MUST_USE enum cb_err be_ticket_hold(struct be_helds *all,
    const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    struct be_held *h, const struct be_ticket_when *when,
    uint8_t ticket[BE_TICKET]);
/* A session was checked. One that may go on is held again, if it is this
 * holder's with this card already, or by the ticket in asked->ticket; *told
 * says so. One that may not is let go. */
CB_MUST_USE enum cb_err be_ticket_rechecked(struct be_helds *all,
    const struct be_ring *ring, const uint8_t organisation[WIRE_ID],
    const struct be_recheck *asked, bool may,
    const struct be_ticket_when *when, struct be_rechecked *told);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a worker is given with each session that the vault holds: with it a
 * vault that was started anew takes the session back, if its rights are what
 * they were. It says which session, whose, of which card, and when; it is good
 * for as long as a session is held without being checked, and for no session
 * of the life in which it was made: that one knows its own, and which of them
 * are over.
 */
#ifndef BE_VAULT_TICKET_H
#define BE_VAULT_TICKET_H

#include "backend/ask_vault.h"
#include "backend/vault/held.h"
#include "backend/vault/ring.h"

struct be_ticket_when {
	uint64_t tick;	/* milliseconds since this machine's start */
	int64_t now;	/* seconds since 1970 */
};

CB_MUST_USE enum cb_err be_ticket_make(const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_held *h,
    const struct be_ticket_when *when, uint8_t out[BE_TICKET]);
/* `born`: this life's first moment. CB_E_DENIED: another's, too old, or not
 * from before. */
CB_MUST_USE enum cb_err be_ticket_check(const struct be_ring *ring,
    const uint8_t organisation[WIRE_ID], const struct be_held *h,
    const uint8_t ticket[BE_TICKET], uint64_t born,
    const struct be_ticket_when *when);

#endif

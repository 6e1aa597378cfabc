/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the sources of the rig share.
 */
#ifndef TESTS_BACKEND_WORKER_RIG_SERVE_H
#define TESTS_BACKEND_WORKER_RIG_SERVE_H

#include "backend/worker/profiles.h"
#include "tests/backend/worker/rig.h"

struct rig_keys {
	struct be_ring *ring;
	struct be_org *org, *other_org;
	struct emu_env env;
	struct emu_nvm *card;	/* as it was made; not sealed */
	struct be_profiles *profiles;
};
extern struct rig_keys rig_keys;

extern const uint8_t rig_unblock[CR_KEY];	/* of every card's service */

be_message_fn rig_on_store, rig_on_vault;
/* What people ask for: false where it is something else. */
bool rig_on_desk(
    struct rig *g, struct be_channel *ch, const struct be_message *m);
bool rig_on_order(
    struct rig *g, struct be_channel *ch, const struct be_message *m);
/* A row with its MAC into rights. */
struct kept {
	struct cb_buf bytes[8], macs[8];
	size_t n;
};
void rig_grant(struct kept *k, struct be_rights *rights, enum be_right which,
    struct wire_grant *row);
void rig_kept_clear(struct kept *k);
uint64_t rig_tick(void);	/* the vault's clock */
void rig_hold(struct rig *g, const uint8_t session[WIRE_ID],
    const uint8_t holder[WIRE_ID], const uint8_t card[WIRE_ID], uint64_t ms,
    uint8_t ticket[BE_TICKET]);
void rig_answer(struct be_channel *ch, const struct be_message *m,
    enum cb_err code, struct cb_buf *body);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the sources of the rig share.
 */
#ifndef TESTS_BACKEND_WORKER_RIG_SERVE_H
#define TESTS_BACKEND_WORKER_RIG_SERVE_H

#include "tests/backend/worker/rig.h"

struct rig_keys {
	struct be_ring *ring;
	struct be_org *org, *other_org;
	struct emu_env env;
	struct emu_nvm *card;	/* as it was made; not sealed */
};
extern struct rig_keys rig_keys;

be_message_fn rig_on_store, rig_on_vault;
void rig_answer(struct be_channel *ch, const struct be_message *m,
    enum cb_err code, struct cb_buf *body);

#endif

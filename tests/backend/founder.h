/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What tests put into a store without a person who orders it: cards whose
 * passcodes are behind a vault's keys, and acts that say they were ordered.
 */
#ifndef TESTS_BACKEND_FOUNDER_H
#define TESTS_BACKEND_FOUNDER_H

#include "backend/store/store.h"
#include "backend/vault/org.h"
#include "backend/worker/hosted.h"
#include "emulator/emu.h"

/* Whose cards. */
struct founder {
	const struct be_ring *ring;
	struct be_org *org;
	uint8_t card[WIRE_ID];
};

/* For cards that are made or used outside a worker: with the vault's function
 * of passcodes, without its limit. `f` is borrowed. */
void founder_env(struct founder *f, struct emu_env *env);
/* A new card in memory, marked as test, with the passcodes of test cards;
 * of the wish only what those leave open is taken. */
CB_MUST_USE enum cb_err founder_card(const struct emu_env *env,
    const char *profile, const struct emu_make *wish, struct emu_nvm **out,
    struct cb_why *why);

/* One act of a person's whom nobody knows. `card` (NULL: none) is a new one's,
 * whose records are those of `from`, sealed with its key. */
struct founding {
	const uint8_t *organisation;
	const struct be_row_change *rows;
	size_t rows_n;
	const struct be_card_key *card;
	struct emu_nvm *from;
};
CB_MUST_USE enum cb_err founder_act(
    struct be_store *st, const struct founding *what, struct cb_why *why);

#endif

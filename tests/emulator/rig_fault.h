/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Storage or randomness that fails at each place where a command needs it: it
 * answers 6581, and the card is the one from before, in memory as in its
 * records. When nothing fails any more it answers 9000.
 */
#ifndef TEST_EMULATOR_RIG_FAULT_H
#define TEST_EMULATOR_RIG_FAULT_H

#include "tests/emulator/rig.h"

struct rig_fault {
	enum rig_kind kind;
	/* Makes a card with which all commands can be done, once; makes it
	 * ready for the next one. */
	const struct step *ready, *login;
	const char *const *changes;
	/* What a change that is NULL does: many commands. The last answer. */
	uint16_t (*other)(struct rig *r);
	/* That what was there before still works, as after a reset. */
	void (*still)(struct rig *r);
};

/* No change is without a write. */
void rig_fail_storage(const struct rig_fault *fault, int i);
void rig_fail_random(const struct rig_fault *fault, int i);

#endif

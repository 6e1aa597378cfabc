/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What fuzz targets of the emulator share: a personalised card made once, in
 * memory, of published keys, and an environment that is the same every time.
 */
#ifndef TESTS_FUZZ_FUZZ_CARD_H
#define TESTS_FUZZ_FUZZ_CARD_H

#include <stdlib.h>

#include "emulator/card.h"
#include "tests/fuzz/fuzz.h"

#define FUZZ_PIN "123456"
#define FUZZ_SO_PIN "87654321"

/* Its clock, in ms; set back by fuzz_env_reset. */
extern uint64_t fuzz_now;
extern const struct emu_env fuzz_env;
void fuzz_env_reset(void);

/* A copy of the records of a family's card ("authentic5"); the caller's. Ends
 * the process where the profile or
 * the keys are not found ($CB_SRC, else the source tree). */
struct emu_nvm *fuzz_records(const char *family);
/* Ends the process unless `good`: a finding. */
static inline void
fuzz_must(bool good)
{
	if (!good)
		abort();
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A bridge for tests, in a process of its own so that it can be stopped and
 * killed: every reader and slot is the same one, with a card that answers by
 * INS (below). It shares protocol.c with the real one and nothing else.
 */
#ifndef TESTS_FAKE_BRIDGE_H
#define TESTS_FAKE_BRIDGE_H

#include <stdint.h>
#include <sys/types.h>

/* INS of the card. Anything else is answered by its own data and 9000. */
#define FAKE_INS_HANG 0xE0	/* no answer ever */
#define FAKE_INS_DIE 0xE1	/* the bridge ends */
#define FAKE_INS_WORK 0xE2	/* P1 signs of life, 100 ms apart, then 9000 */
#define FAKE_INS_LONG 0xE4	/* P1P2 bytes, then 9000 */

#define FAKE_EXCHANGE_MS 300	/* what its greeting says */
#define FAKE_LONG_MS 2000

extern const uint8_t fake_atr[];
extern const size_t fake_atr_n;

struct fake {
	pid_t pid;
	int control;
};

/* Listens at `path` before it returns; a card is in. */
void fake_start(struct fake *f, const char *path);
void fake_kill(struct fake *f);
/* '+' card in, '-' card out, '~' out and in at once, 'x' extended APDUs, 'b'
 * busy with another road (power fails), 'f' free again. Answered when done. */
void fake_tell(struct fake *f, char what);

#endif

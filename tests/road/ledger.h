/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a backend has kept of a card, read from its database while it runs, by
 * a connection of the test's own that writes nothing.
 */
#ifndef TESTS_ROAD_LEDGER_H
#define TESTS_ROAD_LEDGER_H

#include "wire/entry.h"

struct ledger;

/* Ends the program where it cannot be read. */
struct ledger *ledger_open(const char *path);
void ledger_close(struct ledger **l);

/* A place in the books and in the life of a card. */
struct ledger_mark {
	int64_t entry;		/* of the organisation, the last one */
	uint64_t number;	/* of the card */
};
void ledger_mark(struct ledger *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], struct ledger_mark *out);

/* What of the card's sessions was entered. */
struct ledger_sessions {
	unsigned opened, ended, refused;
};

/* Called for each entry since, in order. */
typedef void ledger_fn(void *ctx, const struct wire_entry *entry);
void ledger_walk(struct ledger *l, const uint8_t organisation[WIRE_ID],
    int64_t since, ledger_fn *fn, void *ctx);

/* Appends, in words, what has happened to the card since: its entries but for
 * those of sessions, and its records, without times, ids and whatever else is
 * another each time; numbers count from the mark. */
void ledger_tell(struct ledger *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], const struct ledger_mark *since,
    struct cb_buf *out, struct ledger_sessions *sessions);

/* How many entries of this type the card has; 0: of any type. */
unsigned ledger_count(struct ledger *l, const uint8_t organisation[WIRE_ID],
    const uint8_t card[WIRE_ID], unsigned type);

#endif

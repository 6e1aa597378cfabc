/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A store in a directory of its own, with two organisations, each with cards
 * and devices; and acts to try on it.
 */
#ifndef TESTS_BACKEND_STORE_RIG_H
#define TESTS_BACKEND_STORE_RIG_H

#include <check.h>

#include "backend/store/store.h"

#define STORE_SUITES \
	SUITE(store_open) \
	SUITE(store_act) \
	SUITE(store_found) \
	SUITE(store_gone) \
	SUITE(store_grant) \
	SUITE(store_lease) \
	SUITE(store_books) \
	SUITE(store_fit) \
	SUITE(store_heads) \
	SUITE(store_plan) \
	SUITE(store_token) \
	SUITE(store_fault)
#define SUITE(name) Suite *name##_suite(void);
STORE_SUITES
#undef SUITE

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define NOW UINT64_C(1800000000000)

/* The request of acts that nobody ordered. */
extern const uint8_t nobodys[CR_HASH];
/* 16 bytes of one value, good until the test ends. */
const uint8_t *id(uint8_t value);

struct rig {
	char dir[64], path[80];
	struct be_store *st;
};

/* Empty but for what a new store has. */
void rig_make(struct rig *g);
/* With organisations 1 and 2, cards 0x11, 0x12 of the first and 0x21 of the
 * second, devices 0x91, 0x92 and 0xA1 likewise. Cards 0x11 and 0x21 may be
 * taken over. */
void rig_init(struct rig *g);
void rig_clear(struct rig *g);
/* The same file, another handle. */
struct be_store *rig_open(struct rig *g);

/* An entry of this type with whatever it must have: borrowed until the next
 * eight of them. */
struct cb_span entry_of(uint16_t type, const uint8_t *card);
/* Which tells the number of the card's root record; 0: it does not. */
struct cb_span entry_numbered(
    uint16_t type, const uint8_t *card, uint64_t number);

/* Acts, each with an id of its own, of organisation 1. */
struct be_act act_new(enum be_act_kind kind);
/* A person's, that changes one row; both are borrowed. */
struct be_act act_row(
    const struct be_row_change *row, const struct cb_span *entry);
/* Of card, device, session, with the fence and one entry. */
struct be_act act_command(const uint8_t *card, const uint8_t *device,
    const uint8_t *session, uint64_t fence);
/* Takes the lease; returns the fence. */
uint64_t take(struct rig *g, const uint8_t *card, const uint8_t *device,
    const uint8_t *session);

/* One number that SQL says, by a connection of the test's own. */
int64_t sql_number(struct rig *g, const char *sql);
/* SQL by somebody who can write the file. */
void sql_run(struct rig *g, const char *sql);
/* The same, where the file's own rules may forbid it. */
bool sql_allowed(struct rig *g, const char *sql);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The store as a process, with the test as three of its workers.
 */
#ifndef TESTS_SERVICE_STORE_H
#define TESTS_SERVICE_STORE_H

#include "tests/backend/service/rig.h"

extern struct role store;
/* The platform, and organisations 0x61 and 0x62 with cards 0x71 and 0x72; as
 * their workers. */
extern struct be_channel *platform, *one, *two;
extern const uint8_t zeros[WIRE_ID];

void store_setup(void);
void store_teardown(void);

/* An act of nobody's; with the card's number 1 where there is one. Borrowed
 * until the next. */
struct cb_span entry_about(const uint8_t *card);
struct be_acted do_act(struct be_channel *ch, struct be_act *act);
/* By an act of its own. */
struct be_acted change_row(struct be_channel *ch, enum be_table table,
    bool remove, const struct be_value *values);
struct be_acted put_card(struct be_channel *ch, const uint8_t *card);
enum cb_err put_organisation(const uint8_t *org);

#endif

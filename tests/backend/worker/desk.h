/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A person's program at the desk: a bridge whose commands are of another kind.
 */
#ifndef TESTS_BACKEND_WORKER_DESK_H
#define TESTS_BACKEND_WORKER_DESK_H

#include "tests/backend/worker/rig.h"
#include "wire/desk.h"

struct desk {
	struct bridge b;
	struct cb_buf message;	/* the last answer */
	struct wire_told_items told;
	uint16_t refused;	/* its code; 0: told */
	char text[WIRE_TEXT_MAX + 1];
	/* an act in the making */
	struct wire_act act;
	struct wire_fields detail, secrets;
	struct cb_buf changes, order, command;
	struct cb_buf approval;	/* goes with the order; empty: none */
};

/* Opens a session of the administrator. */
void desk_open(struct desk *d, struct rig *g);
void desk_open_as(struct desk *d, struct rig *g, int person);
void desk_clear(struct desk *d);

/* Sends a command. */
void desk_ask(struct desk *d, const struct wire_desk *command);
/* That was told, and the first item; advances *cur over the next. */
void desk_told(struct desk *d, struct wire_fields *first);
bool desk_next(struct cb_span *cur, struct wire_fields *item);
void desk_list(struct desk *d, enum wire_desk_list list, uint16_t most,
    const struct wire_fields *filter, const struct wire_fields *after);

/* An act: of this id and about this subject; then detail, secrets, rows. */
void desk_act(struct desk *d, const char *what, uint8_t id,
    const uint8_t *subject);
void desk_row(struct desk *d, bool remove, const struct wire_grant *row);
void desk_card_row(struct desk *d, unsigned state, unsigned version);
/* Gets a challenge, signs and orders it. 0, or the code of its refusal. */
uint16_t desk_order(struct desk *d);
/* The two halves of it, where something is to happen meanwhile. */
uint64_t desk_post(struct desk *d);
uint16_t desk_posted(struct desk *d, uint64_t id);
/* A card of this id by card-new, blank. */
uint16_t desk_new_card(struct desk *d, uint8_t act, const uint8_t *card);

/* A card of the store, opened without worker: the caller's. NULL: it has no
 * key or no records. */
struct emu_card *rig_card(struct rig *g, const uint8_t *card);

#endif

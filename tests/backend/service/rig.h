/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A backend in a directory of its own, and roles of the real program, with the
 * test as their parent and their peers.
 */
#ifndef TESTS_SERVICE_RIG_H
#define TESTS_SERVICE_RIG_H

#include <check.h>
#include <sys/types.h>

#include "backend/ask_store.h"
#include "backend/ask_vault.h"
#include "backend/channel.h"
#include "backend/conf.h"
#include "backend/roles.h"

struct rig {
	char dir[64];
	struct be_conf conf;
	uint8_t books[CR_KEY];
};
/* Made once for the program, as it takes seconds. */
bool rig_make(void);
struct rig *rig_get(void);
void rig_remove(void);

struct role {
	pid_t pid;
	struct be_channel *parent;
};
/* Runs until role_stop(); its answer to START is in *ready. */
struct role role_start(enum be_role role, struct cb_buf *ready);
/* Asks it to end, and waits for that; its exit code. */
int role_stop(struct role *r);
/* Whether it runs. */
bool role_runs(const struct role *r);
/* A channel to it, as this peer. */
struct be_channel *role_peer(const struct role *r, enum be_role as,
    const uint8_t *organisation);
/* The number of the channel that was given last. */
uint64_t role_last_number(void);
/* Two roles speak to each other. */
void role_link(const struct role *store, const struct role *vault);

/* Asks, and waits for the answer; its code. */
enum cb_err ask(struct be_channel *ch, enum be_ask type, struct cb_span body,
    struct cb_buf *answer);
/* Waits for whatever comes: false, the channel is over. The body is valid
 * until the next call. */
bool hear(struct be_channel *ch, struct be_message *m);
void say(struct be_channel *ch, enum be_ask type, uint64_t id,
    struct cb_span body);

/* 16 bytes of one value, good until the program ends. */
const uint8_t *id(uint8_t value);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The worker: the role that has the cards of one organisation that are being
 * used, and the keys of their sessions. It reaches door, store and vault over
 * channels, and nothing else. PROTOCOL.md, "The road" and "Inside the
 * backend", is the description.
 *
 * One thread, the loop's, takes requests and answers what is quick; a pool
 * does what waits for another role or computes for long. A card is used by one
 * thread at a time.
 */
#ifndef BE_WORKER_H
#define BE_WORKER_H

#include "backend/loop.h"
#include "backend/roles.h"
#include "wire/wire.h"

struct be_profiles;

/* 0: as it comes, in brackets. */
struct be_worker_settings {
	enum wire_kind kind;
	uint8_t backend[WIRE_ID], organisation[WIRE_ID];
	uint8_t books[CR_KEY];	/* public half of the audit key */
	const struct be_profiles *profiles;	/* borrowed; NULL: none */
	unsigned threads;	/* of the pool [16] */
	unsigned cards;		/* that may be open [256] */
	/* bytes that may wait for the store before no command begins [4 MiB] */
	unsigned unsent;
	/* milliseconds */
	unsigned silent;	/* a session lives without its bridge [25000] */
	unsigned desk;		/* a person's, if it is not used [300000] */
	unsigned opening;	/* so long a bridge waits for OPEN [15000] */
	unsigned patience;	/* with a store or vault that is away [20000] */
	/* of a device are entered each; then all of them in that time */
	unsigned refusals;	/* [10] */
	unsigned refusal;	/* [60000] */
	unsigned recheck;	/* at most between two looks at rights [60000] */
};

struct be_worker;

/* Starts the pool. The loop is borrowed, and its be_loop_due() taken. */
CB_MUST_USE enum cb_err be_worker_new(struct be_worker **out,
    struct be_loop *loop, const struct be_worker_settings *settings);
/* Not within a call of the loop. What is running is waited for; sessions
 * are let go of as if the process had died. */
void be_worker_free(struct be_worker **w);

/* The loop: the channel to a role (BE_DOOR, BE_STORE, BE_VAULT), in place of
 * the one before. Takes the descriptor, in every case. */
CB_MUST_USE enum cb_err be_worker_peer(
    struct be_worker *w, enum be_role role, int fd);
/* Called on the loop when the channel to a role is over, and not replaced. */
typedef void be_lost_fn(void *ctx, enum be_role role);
void be_worker_on_lost(struct be_worker *w, be_lost_fn *lost, void *ctx);
/* The loop: takes no requests any more, gives all cards back, and calls `done`
 * on a thread of the pool. */
typedef void be_stopped_fn(void *ctx);
void be_worker_stop(struct be_worker *w, be_stopped_fn *done, void *ctx);

/* Any thread: an act has changed rows that grant something (or take it away).
 * Sessions without a right end within a second, and who watches a card is told
 * whether it is there. */
void be_rights_changed(struct be_worker *w);

struct be_worker_stats {
	uint64_t store_calls, vault_calls, pool_jobs;
	size_t sessions;
};
void be_worker_stats(struct be_worker *w, struct be_worker_stats *out);

/* The role: `fd` is the channel to the parent. An exit code. */
int be_worker_main(int fd);

#endif

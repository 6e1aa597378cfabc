/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who calls the store or the vault: a worker of each organisation, and the
 * other of the two. The parent hands over a channel to each; a new one takes
 * the place of the one before.
 */
#ifndef BE_PEERS_H
#define BE_PEERS_H

#include "backend/control.h"
#include "backend/loop.h"

struct be_caller {
	struct be_caller *next;
	struct be_peers *all;
	struct be_channel *ch;
	struct be_watched *watched;
	enum be_role role;
	uint8_t organisation[WIRE_ID];	/* of a worker */
	uint64_t number;		/* of the channel */
	/* its requests that wait, where whom it calls lets any wait */
	size_t waiting_n, waiting_bytes;
};

/* What is not CB_OK breaks its channel. */
typedef enum cb_err be_caller_message_fn(
    struct be_caller *c, const struct be_message *m);
/* It is freed after the call. */
typedef void be_caller_gone_fn(struct be_caller *c);

struct be_peers {
	struct be_loop *loop;		/* borrowed, all of them */
	struct be_control *control;
	be_caller_message_fn *message;
	be_caller_gone_fn *gone;
	void *ctx;
	struct be_caller *first;
};

/* PEER: takes the descriptor in every case. */
CB_MUST_USE enum cb_err be_peers_add(
    struct be_peers *peers, const struct be_told *peer);
/* The one of that role; NULL: it is not there. */
struct be_caller *be_peers_find(
    const struct be_peers *peers, enum be_role role);
void be_peers_clear(struct be_peers *peers);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Inside of the core: contexts, the cards connected in them, and what differs
 * by system beneath (platform_*.c).
 *
 * Order of locks: a context's `call`, then the table's. The table's lock is
 * held for moments only, never across a call to the bridge.
 */
#ifndef WS_INTERNAL_H
#define WS_INTERNAL_H

#include "winscard-shim/core.h"
#include "winscard-shim/platform.h"

struct ws_card {
	struct ws_card *next;	/* of its context (table's lock) */
	ws_handle id;
	struct ws_context *ctx;
	struct br_client *conn;
	char reader[128];	/* as programs call it */
	char name[64];		/* as the bridge does */
};

struct ws_context {
	struct ws_context *next; /* table's lock */
	ws_handle id;
	unsigned users;		/* calls that have it; table's lock */
	bool released;		/* table's lock */
	bool gone;		/* its bridge; table's lock */
	bool waiting;		/* in ws_status_change; table's lock */
	struct ws_card *cards;	/* table's lock */
	struct br_client *calling; /* of the call that runs; table's lock */
	struct ws_lock call;	/* one call at a time */
	int held;		/* ws_thread_hold; call's lock */
	struct ws_signal cancel; /* table's lock */
	struct br_client *conn;	/* that waits for changes; call's lock */
	struct br_client *spare; /* the next card's, if it is there; call's */
};

/* A context and its turn; to be given back. */
enum ws_result ws_enter(ws_handle id, struct ws_context **out);
/* The same for a card's context; its call can be cancelled. */
enum ws_result ws_enter_card(ws_handle id, struct ws_card **out);
void ws_leave(struct ws_context *ctx);
/* The connection that the call of this context speaks on, to be cancelled;
 * NULL: no more. */
void ws_calling(struct ws_context *ctx, struct br_client *conn);
/* The call waits for changes, and can be cancelled. Out: it does not. */
enum ws_result ws_waiting(struct ws_context *ctx, bool in);
bool ws_cancelled(struct ws_context *ctx);

/* A connection without a card, for the call that runs in this context, which
 * speaks on it (ws_calling): the one that is left, else a new one. */
enum ws_result ws_take_conn(struct ws_context *ctx, struct br_client **out);
/* Leaves it for whoever needs one next. Takes *conn. */
void ws_leave_conn(struct ws_context *ctx, struct br_client **conn);
/* What came of a request on such a connection; the context remembers that its
 * bridge is gone. */
enum ws_result ws_said(struct ws_context *ctx, enum cb_err r);
/* Trouble on the road to the bridge itself, and to a card. */
enum ws_result ws_trouble(enum cb_err r);
enum ws_result ws_card_trouble(enum cb_err r);
/* What the bridge has decided. */
enum ws_result ws_outcome(enum br_outcome outcome);

/* context.c, for a call that has its context */
enum ws_result ws_list(struct ws_context *ctx, bool tell,
    struct br_listed **list, size_t *count, uint32_t *comings);
/* Puts a card with a new handle into its context. */
void ws_card_add(struct ws_context *ctx, struct ws_card *card);
/* Takes it out, and its connection from the call; both are to be freed. */
void ws_card_remove(struct ws_card *card);

#endif

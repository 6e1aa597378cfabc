/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Who may speak to a card that several programs share: share modes,
 * transactions, dispositions and what each handle has yet to be told (PC/SC
 * part 5, SCARD_SHARE_*, SCardBeginTransaction). Rules only: no lock, no
 * thread, no card. Whoever asks holds the lock of the reader, does to the
 * card what is allowed, and says what came of it.
 *
 * A call that may have to wait is announced (br_arb_ask). It waits while
 * another handle has the lock, and behind whoever asked before: calls are let
 * in in order of arrival, a transaction only when no other call is inside.
 *
 * Many programs do one thing in several transactions and take for granted
 * that the card is in between as they left it: OpenSC selects a directory in
 * one and a file within it in the next, less than a millisecond later. So the
 * card is kept for a moment for whoever ends a transaction: it may come back
 * before those who wait, who are passed over only in the first part of their
 * waiting. It is not kept for a program that stays away longer each time:
 * that would make the others wait for nothing.
 */
#ifndef BR_ARBITER_H
#define BR_ARBITER_H

#include "bridge/client.h"

/* How long it is kept, and how long a call can be passed over. Times are
 * br_now_ns(). */
#define BR_ARB_KEEP_NS UINT64_C(5000000)
#define BR_ARB_PATIENCE_NS UINT64_C(100000000)
#define BR_ARB_STRAYS 2		/* so often in a row, and it is not */

/* What a handle is told before it may go on. */
enum br_pending { BR_PENDING_NONE, BR_PENDING_RESET, BR_PENDING_REMOVED };

enum br_ask {
	BR_ASK_NONE,
	BR_ASK_CALL,		/* one command, then br_arb_left */
	BR_ASK_LOCK,		/* until br_arb_end */
};

struct br_handle {
	struct br_handle *next;		/* of the reader's handles */
	struct br_handle *behind;	/* of those who wait */
	bool connected;			/* one of the handles */
	bool exclusive;
	enum br_pending pending;
	enum br_ask asks;		/* waits for this */
	uint64_t since;			/* since then */
	bool inside;			/* its call was let in */
	int pid;			/* whose it is */
	uint64_t ended;			/* its last transaction; 0: none yet */
	unsigned strayed;		/* how often it stayed away since */
	/* Called when the waiting is over, in br_arb_* of another handle. */
	void (*wake)(struct br_handle *h);
	/* It waits; br_arb_due is to be called at this time. */
	void (*later)(struct br_handle *h, uint64_t at);
};

struct br_arbiter {
	struct br_handle *handles;
	unsigned handles_n;
	struct br_handle *exclusive;
	struct br_handle *owner;	/* of the lock */
	unsigned nesting;		/* of the owner's transactions */
	unsigned inside;		/* calls of others than the owner */
	struct br_handle *first, *last;	/* who wait */
	struct br_handle *kept;		/* nobody else is let in */
	uint64_t kept_until;
	uint8_t protocol;		/* in use: 1 T=0, 2 T=1; 0: none yet */
	bool powered;
};

/* May it go on now? False: it waits until `wake`, or gives up (br_arb_leave).
 * What was let in is inside until br_arb_left or br_arb_end. */
bool br_arb_ask(struct br_arbiter *a, struct br_handle *h, enum br_ask what,
    uint64_t now);
/* Would it not have to wait? */
bool br_arb_free(struct br_arbiter *a, const struct br_handle *h,
    enum br_ask what, uint64_t now);
/* Time has passed. */
void br_arb_due(struct br_arbiter *a, uint64_t now);
/* A call is over. */
void br_arb_left(struct br_arbiter *a, struct br_handle *h);
/* It does not want to wait any longer. */
void br_arb_leave(struct br_arbiter *a, struct br_handle *h);

/* Does another handle have the lock? */
bool br_arb_locked(const struct br_arbiter *a, const struct br_handle *h);
/* What the handle is told instead of an answer; BR_SHARE_OK: nothing. */
enum br_outcome br_arb_pending(const struct br_handle *h);

/* May a handle of this mode be made, or become one? */
enum br_outcome br_arb_admit(const struct br_arbiter *a,
    const struct br_handle *h, enum br_share_mode mode);
/* It is connected from now on, or has another mode. */
void br_arb_connect(
    struct br_arbiter *a, struct br_handle *h, enum br_share_mode mode);
/* Not any more: gives back what it had. */
void br_arb_disconnect(struct br_arbiter *a, struct br_handle *h);
/* Does it have the lock, by a transaction or exclusively? */
bool br_arb_owns(const struct br_arbiter *a, const struct br_handle *h);

/* Has it a transaction to end? */
enum br_outcome br_arb_may_end(
    const struct br_arbiter *a, const struct br_handle *h);
/* One less. */
void br_arb_end(struct br_arbiter *a, struct br_handle *h, uint64_t now);

/* The card was reset or lost its power, by whom does not matter: all handles
 * but `except` (NULL: none) are told; who waits for a transaction is now. */
void br_arb_was_reset(struct br_arbiter *a, const struct br_handle *except);
/* The card is gone, and with it every lock. */
void br_arb_was_removed(struct br_arbiter *a);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Transactions, and what one handle's doing is to the others: between the
 * contexts of a process, and between processes.
 */
#include "tests/winscard/conform.h"

#define NOBODY ((SCARDHANDLE)0x12345)
#define SHARED SCARD_SHARE_SHARED
#define EXCLUSIVE SCARD_SHARE_EXCLUSIVE
#define LEAVE SCARD_LEAVE_CARD
#define RESET SCARD_RESET_CARD

static void
rows_nesting(SCARDHANDLE card)
{
	is("begin: nobody's", SCardBeginTransaction(NOBODY),
	    SCARD_E_INVALID_HANDLE);
	is("end: nobody's", SCardEndTransaction(NOBODY, LEAVE),
	    SCARD_E_INVALID_HANDLE);
	is("end: nobody's comes before the value",
	    SCardEndTransaction(NOBODY, 4), SCARD_E_INVALID_HANDLE);
	is("end: none is open", SCardEndTransaction(card, LEAVE),
	    SCARD_E_NOT_TRANSACTED);
	is("begin: once", SCardBeginTransaction(card), SCARD_S_SUCCESS);
	is("begin: nested", SCardBeginTransaction(card), SCARD_S_SUCCESS);
	is("end: with 4", SCardEndTransaction(card, 4),
	    SCARD_E_INVALID_VALUE);
	is("end: the inner", SCardEndTransaction(card, LEAVE),
	    SCARD_S_SUCCESS);
	is("end: the outer", SCardEndTransaction(card, LEAVE),
	    SCARD_S_SUCCESS);
	is("end: one too many", SCardEndTransaction(card, LEAVE),
	    SCARD_E_NOT_TRANSACTED);
}

/* Who waits for a transaction is told of a reset before it is over. */
static void
rows_told(SCARDHANDLE owner)
{
	struct task t = { .ctx = establish() };

	t.card = connected(t.ctx, SHARED);
	is("told: begin", SCardBeginTransaction(owner), SCARD_S_SUCCESS);
	task_start(&t, task_begin);
	ok("told: another waits", task_waits(&t, 50));
	is("told: a reset by the owner", reconnect(owner, SHARED, RESET),
	    SCARD_S_SUCCESS);
	is("told: to who waits", task_end(&t), SCARD_W_RESET_CARD);
	is("told: the owner has it still", SCardEndTransaction(owner, LEAVE),
	    SCARD_S_SUCCESS);
	SCardReleaseContext(t.ctx);
}

/* What another handle's transaction holds up, and until when. */
static void
held_up(SCARDHANDLE owner, const char *row, struct task *t,
    LONG (*call)(struct task *t))
{
	LONG rv = SCardBeginTransaction(owner);
	bool waits;

	if (rv != SCARD_S_SUCCESS)
		bail(pcsc_stringify_error(rv));
	task_start(t, call);
	waits = task_waits(t, 150);
	is(row, waits, true);
	(void)SCardEndTransaction(owner, LEAVE);
	is(row, task_end(t), SCARD_S_SUCCESS);
}

static void
rows_held_up(SCARDHANDLE owner)
{
	struct task t = { .ctx = establish(), .arg = SHARED };

	held_up(owner, "held up: connect", &t, task_connect);
	SCardDisconnect(t.card, LEAVE);
	t.arg = SCARD_SHARE_DIRECT;
	held_up(owner, "held up: connect, direct", &t, task_connect);
	SCardDisconnect(t.card, LEAVE);
	t.card = connected(t.ctx, SHARED);
	held_up(owner, "held up: transmit", &t, task_transmit);
	held_up(owner, "held up: status", &t, task_status);
	held_up(owner, "held up: reconnect", &t, task_reconnect);
	held_up(owner, "held up: begin", &t, task_begin);
	SCardEndTransaction(t.card, LEAVE);

	is("begin: for what does not wait", SCardBeginTransaction(owner),
	    SCARD_S_SUCCESS);
	is("end: another's", SCardEndTransaction(t.card, LEAVE),
	    SCARD_E_SHARING_VIOLATION);
	is("end: another's, with a reset", SCardEndTransaction(t.card, RESET),
	    SCARD_E_SHARING_VIOLATION);
	is("lock: its own status", status(owner), SCARD_S_SUCCESS);
	is("lock: its own command", transmit(owner), SCARD_S_SUCCESS);
	is("disconnect: leaving does not wait",
	    SCardDisconnect(t.card, LEAVE), SCARD_S_SUCCESS);
	SCardEndTransaction(owner, LEAVE);
	t.card = connected(t.ctx, SHARED);
	t.arg = RESET;
	held_up(owner, "held up: disconnect with a reset", &t,
	    task_disconnect);
	is("reset: by disconnect", transmit(owner), SCARD_W_RESET_CARD);
	is("reset: reconnected", reconnect(owner, SHARED, LEAVE),
	    SCARD_S_SUCCESS);
	SCardReleaseContext(t.ctx);
}

static void
rows_drops(SCARDCONTEXT ctx)
{
	SCARDHANDLE a = connected(ctx, SHARED), b = connected(ctx, SHARED);

	is("drop: begin", SCardBeginTransaction(a), SCARD_S_SUCCESS);
	is("drop: reconnect keeps it", reconnect(a, SHARED, LEAVE),
	    SCARD_S_SUCCESS);
	is("drop: it is open", SCardEndTransaction(b, RESET),
	    SCARD_E_SHARING_VIOLATION);
	is("drop: nested", SCardBeginTransaction(a), SCARD_S_SUCCESS);
	is("drop: disconnect ends all", SCardDisconnect(a, LEAVE),
	    SCARD_S_SUCCESS);
	is("drop: free, and not reset", transmit(b), SCARD_S_SUCCESS);
	a = connected(ctx, SHARED);
	is("end: begin", SCardBeginTransaction(a), SCARD_S_SUCCESS);
	is("end: with a reset", SCardEndTransaction(a, RESET),
	    SCARD_S_SUCCESS);
	is("end: its own handle is told", status(a), SCARD_W_RESET_CARD);
	is("end: others are", status(b), SCARD_W_RESET_CARD);
	is("begin: after a reset", SCardBeginTransaction(b),
	    SCARD_W_RESET_CARD);
	is("end: after a reset", SCardEndTransaction(b, LEAVE),
	    SCARD_W_RESET_CARD);
	is("reset: one reconnects", reconnect(a, SHARED, LEAVE),
	    SCARD_S_SUCCESS);
	is("reset: it is told no more", status(a), SCARD_S_SUCCESS);
	is("reset: the other is", status(b), SCARD_W_RESET_CARD);
	is("reset: a new one is not",
	    status(connected(ctx, SHARED)), SCARD_S_SUCCESS);
	is("reset: with the power off", SCardBeginTransaction(a),
	    SCARD_S_SUCCESS);
	is("reset: by end with unpower",
	    SCardEndTransaction(a, SCARD_UNPOWER_CARD), SCARD_S_SUCCESS);
	is("reset: unpowered is a reset", status(a), SCARD_W_RESET_CARD);
	is("reset: back to life", reconnect(a, SHARED, LEAVE),
	    SCARD_S_SUCCESS);
	is("reset: and well", transmit(a), SCARD_S_SUCCESS);
}

static void
rows_exclusive(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE a = connected(ctx, EXCLUSIVE), b;

	is("exclusive: another",
	    connect_to(ctx, reader, SHARED, SCARD_PROTOCOL_ANY, &b),
	    SCARD_E_SHARING_VIOLATION);
	is("exclusive: end of nothing", SCardEndTransaction(a, LEAVE),
	    SCARD_E_NOT_TRANSACTED);
	is("exclusive: begin", SCardBeginTransaction(a), SCARD_S_SUCCESS);
	is("exclusive: end", SCardEndTransaction(a, LEAVE), SCARD_S_SUCCESS);
	is("exclusive: one too many", SCardEndTransaction(a, LEAVE),
	    SCARD_E_NOT_TRANSACTED);
	is("exclusive: still", connect_to(ctx, reader, SHARED,
		SCARD_PROTOCOL_ANY, &b), SCARD_E_SHARING_VIOLATION);
	is("exclusive: reset by its own", reconnect(a, EXCLUSIVE, RESET),
	    SCARD_S_SUCCESS);
	is("exclusive: who resets is not told", transmit(a),
	    SCARD_S_SUCCESS);
	is("unpower: by disconnect", SCardDisconnect(a, SCARD_UNPOWER_CARD),
	    SCARD_S_SUCCESS);
	ok("unpower: the card is there",
	    (state_of(reader) & SCARD_STATE_PRESENT) != 0);
	a = 0;
	is("unpower: direct", connect_to(ctx, reader, SCARD_SHARE_DIRECT, 0,
		&a), SCARD_S_SUCCESS);
	is("unpower: present, without power", status_state(a),
	    SCARD_PRESENT);
	b = connected(ctx, SHARED);
	is("unpower: powered again", transmit(b), SCARD_S_SUCCESS);
	SCardReleaseContext(ctx);
}

/* Between processes, and one that ends without a word. */
static void
rows_peers(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = connected(ctx, SHARED), c;
	struct task t = { .card = card };
	struct peer p;
	uint64_t from;

	peer_start(&p);
	is("peer: connects", peer_do(&p, "connect", SHARED),
	    SCARD_S_SUCCESS);
	is("peer: has the lock", peer_do(&p, "begin", 0), SCARD_S_SUCCESS);
	task_start(&t, task_transmit);
	ok("peer: holds up another process", task_waits(&t, 150));
	is("peer: ends", peer_do(&p, "end", LEAVE), SCARD_S_SUCCESS);
	is("peer: lets another process on", task_end(&t), SCARD_S_SUCCESS);
	is("peer: waits, too: begin", SCardBeginTransaction(card),
	    SCARD_S_SUCCESS);
	peer_send(&p, "transmit", 0);
	ok("peer: waits, too", peer_waits(&p, 150));
	is("peer: is let on: end", SCardEndTransaction(card, LEAVE),
	    SCARD_S_SUCCESS);
	is("peer: is let on", peer_result(&p), SCARD_S_SUCCESS);
	is("peer: releases", peer_do(&p, "release", 0), SCARD_S_SUCCESS);
	is("peer: without a lock the card is left", transmit(card),
	    SCARD_S_SUCCESS);
	peer_end(&p);

	peer_start(&p);
	(void)peer_do(&p, "connect", SHARED);
	is("release: begin", peer_do(&p, "begin", 0), SCARD_S_SUCCESS);
	is("release: in a transaction", peer_do(&p, "release", 0),
	    SCARD_S_SUCCESS);
	is("release: the card is reset", status(card), SCARD_W_RESET_CARD);
	(void)reconnect(card, SHARED, LEAVE);
	peer_end(&p);

	peer_start(&p);
	(void)peer_do(&p, "connect", SHARED);
	is("death: begin", peer_do(&p, "begin", 0), SCARD_S_SUCCESS);
	task_start(&t, task_status);
	ok("death: somebody waits", task_waits(&t, 50));
	from = now_ms();
	peer_kill(&p);
	is("death: in a transaction resets the card", task_end(&t),
	    SCARD_W_RESET_CARD);
	ok("death: at once", now_ms() - from < 1000);
	(void)reconnect(card, SHARED, LEAVE);

	peer_start(&p);
	is("death: connected only", peer_do(&p, "connect", SHARED),
	    SCARD_S_SUCCESS);
	peer_kill(&p);
	is("death: of who had no lock", transmit(card), SCARD_S_SUCCESS);
	SCardDisconnect(card, LEAVE);
	while ((state_of(reader) & SCARD_STATE_INUSE) != 0)
		;	/* until the daemon sees that it has gone */

	peer_start(&p);
	is("death: exclusive", peer_do(&p, "connect", EXCLUSIVE),
	    SCARD_S_SUCCESS);
	is("death: nobody else", connect_to(ctx, reader, SHARED,
		SCARD_PROTOCOL_ANY, &c), SCARD_E_SHARING_VIOLATION);
	peer_kill(&p);
	while (connect_to(ctx, reader, SHARED, SCARD_PROTOCOL_ANY, &c) ==
	    SCARD_E_SHARING_VIOLATION)
		;	/* until the daemon sees that it has gone */
	is("death: of an exclusive one", transmit(c), SCARD_S_SUCCESS);
	SCardReleaseContext(ctx);
}

void
rows_transactions(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = connected(ctx, SHARED);

	rows_nesting(card);
	rows_held_up(card);
	rows_told(card);
	rows_drops(ctx);
	SCardReleaseContext(ctx);
	rows_exclusive();
	rows_peers();
}

/* A card that goes and comes while handles are open. */
void
rows_events(void)
{
	SCARDCONTEXT ctx = establish(), other = establish();
	SCARDHANDLE a = connected(ctx, SHARED), b = connected(other, SHARED);
	struct task t = { .card = b };
	SCARDHANDLE direct;

	is("removal: begin", SCardBeginTransaction(a), SCARD_S_SUCCESS);
	task_start(&t, task_begin);
	ok("removal: somebody waits", task_waits(&t, 50));
	card_out();
	is("removal: who waited is told", task_end(&t),
	    SCARD_W_REMOVED_CARD);
	is("removal: begin after", SCardBeginTransaction(a),
	    SCARD_W_REMOVED_CARD);
	is("removal: end", SCardEndTransaction(a, LEAVE),
	    SCARD_W_REMOVED_CARD);
	is("removal: transmit", transmit(a), SCARD_W_REMOVED_CARD);
	is("removal: status", status(b), SCARD_W_REMOVED_CARD);
	is("removal: direct", connect_to(ctx, reader, SCARD_SHARE_DIRECT, 0,
		&direct), SCARD_S_SUCCESS);
	is("removal: direct, begin", SCardBeginTransaction(direct),
	    SCARD_S_SUCCESS);
	is("removal: direct, end", SCardEndTransaction(direct, LEAVE),
	    SCARD_S_SUCCESS);
	SCardDisconnect(direct, LEAVE);
	card_in();
	is("insertion: old handles fail", transmit(a), SCARD_W_REMOVED_CARD);
	is("insertion: a new one does not",
	    transmit(connected(ctx, SHARED)), SCARD_S_SUCCESS);
	is("insertion: reconnected", reconnect(a, SHARED, LEAVE),
	    SCARD_S_SUCCESS);
	is("insertion: it lives again", transmit(a), SCARD_S_SUCCESS);
	is("insertion: no lock is left", SCardEndTransaction(a, LEAVE),
	    SCARD_E_NOT_TRANSACTED);
	is("insertion: the other fails still", transmit(b),
	    SCARD_W_REMOVED_CARD);
	/* a reset that fails because the flag is REMOVED, without a card */
	is("insertion: reset by reconnect", reconnect(b, SHARED, RESET),
	    SCARD_S_SUCCESS);
	is("insertion: the others are told", transmit(a),
	    SCARD_W_RESET_CARD);
	is("disconnect: removed", (card_out(), SCardDisconnect(a, RESET)),
	    SCARD_S_SUCCESS);
	card_in();
	SCardReleaseContext(ctx);
	SCardReleaseContext(other);
}

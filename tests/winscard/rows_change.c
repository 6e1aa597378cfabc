/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * SCardGetStatusChange, and what ends a wait.
 */
#include <string.h>

#include "tests/winscard/conform.h"

#define NOBODY ((SCARDCONTEXT)0x12345)
#define SHARED SCARD_SHARE_SHARED
#define PNP "\\\\?PnP?\\Notification"

#define EMPTY SCARD_STATE_EMPTY
#define PRESENT SCARD_STATE_PRESENT
#define INUSE SCARD_STATE_INUSE
#define HELD SCARD_STATE_EXCLUSIVE
#define CHANGED SCARD_STATE_CHANGED
#define NEWS SCARD_S_SUCCESS
#define NONE SCARD_E_TIMEOUT

static SCARDCONTEXT ctx;

static unsigned long
count_of(void)
{
	return state_of(reader) >> 16;
}

/* What a call that does not wait says to who believes this. */
static LONG
look(const char *name, DWORD believed, DWORD *event)
{
	SCARD_READERSTATE st = { .szReader = name,
		.dwCurrentState = believed, .cbAtr = 77 };
	LONG rv = SCardGetStatusChange(ctx, 0, &st, 1);

	*event = st.dwEventState;
	return rv;
}

/* Two rows: the result, and the low word. */
static void
sees(const char *row, DWORD believed, LONG rv, DWORD state)
{
	DWORD event;

	is(row, look(reader, believed, &event), rv);
	is(row, event & 0xFFFF, state | (rv == NEWS ? CHANGED : 0));
}

static void
rows_change_args(void)
{
	SCARD_READERSTATE st[2];

	is("change: none at all", SCardGetStatusChange(NOBODY, 0, NULL, 0),
	    SCARD_S_SUCCESS);
	is("change: no place comes before the context",
	    SCardGetStatusChange(NOBODY, 0, NULL, 1),
	    SCARD_E_INVALID_PARAMETER);
	memset(st, 0, sizeof(st));
	st[0].szReader = reader;
	is("change: no name comes before the context",
	    SCardGetStatusChange(NOBODY, 0, st, 2), SCARD_E_INVALID_VALUE);
	st[1].szReader = reader;
	st[0].dwCurrentState = st[1].dwCurrentState = SCARD_STATE_IGNORE;
	st[0].dwEventState = st[1].dwEventState = 99;
	is("change: all ignored comes before the context",
	    SCardGetStatusChange(NOBODY, 0, st, 2), SCARD_S_SUCCESS);
	ok("change: all ignored, zeroed", st[0].dwEventState == 0 &&
		st[1].dwEventState == 0);
	st[1].dwCurrentState = 0;
	is("change: nobody's", SCardGetStatusChange(NOBODY, 0, st, 2),
	    SCARD_E_INVALID_HANDLE);
	st[0].dwEventState = 99;
	is("change: one ignored", SCardGetStatusChange(ctx, 0, st, 2), NEWS);
	is("change: one ignored, zeroed", st[0].dwEventState, 0);
	st[1].szReader = "none";
	is("change: an unknown reader", SCardGetStatusChange(ctx, 0, st, 2),
	    SCARD_E_UNKNOWN_READER);
}

static void
rows_believed(void)
{
	char upper[128];
	SCARDHANDLE a;
	DWORD event, count = count_of() << 16;
	size_t i;

	sees("believed: nothing", 0, NEWS, PRESENT);
	sees("believed: present", PRESENT, NONE, PRESENT);
	sees("believed: present, as often", PRESENT | count, NONE, PRESENT);
	sees("believed: present, another count",
	    PRESENT | (count + 0x10000), NEWS, PRESENT);
	sees("believed: empty", EMPTY, NEWS, PRESENT);
	sees("believed: unknown", SCARD_STATE_UNKNOWN, NEWS, PRESENT);
	sees("believed: unavailable", SCARD_STATE_UNAVAILABLE, NEWS,
	    PRESENT);
	sees("believed: mute", PRESENT | SCARD_STATE_MUTE, NEWS, PRESENT);
	sees("believed: changed only", CHANGED, NONE, PRESENT);
	(void)look(reader, PRESENT, &event);
	is("believed: the count is told always", event & ~0xFFFFul, count);

	for (i = 0; reader[i] != '\0'; i++)
		upper[i] = reader[i] >= 'a' && reader[i] <= 'z' ?
		    (char)(reader[i] - 'a' + 'A') :
		    reader[i];
	upper[i] = '\0';
	is("believed: names have a case", look(upper, 0, &event),
	    SCARD_E_UNKNOWN_READER);

	a = connected(ctx, SHARED);
	sees("in use: nothing believed", 0, NEWS, PRESENT | INUSE);
	sees("in use: no news", PRESENT, NONE, PRESENT | INUSE);
	sees("in use: believed", PRESENT | INUSE, NONE, PRESENT | INUSE);
	sees("in use: not exclusive", PRESENT | HELD, NEWS,
	    PRESENT | INUSE);
	(void)reconnect(a, SCARD_SHARE_EXCLUSIVE, SCARD_LEAVE_CARD);
	sees("exclusive: nothing believed", 0, NEWS, PRESENT | HELD);
	sees("exclusive: no news", PRESENT, NONE, PRESENT | HELD);
	sees("exclusive: believed", PRESENT | HELD, NONE, PRESENT | HELD);
	sees("exclusive: not shared", PRESENT | INUSE, NEWS,
	    PRESENT | HELD);
	SCardDisconnect(a, SCARD_LEAVE_CARD);
	sees("free: believed in use", PRESENT | INUSE, NEWS, PRESENT);
	sees("free: believed exclusive", PRESENT | HELD, NEWS, PRESENT);
}

static void
rows_count(void)
{
	SCARD_READERSTATE st = { .szReader = reader, .cbAtr = 99 };
	SCARDHANDLE a = connected(ctx, SHARED);
	unsigned long count = count_of();

	(void)reconnect(a, SHARED, SCARD_RESET_CARD);
	SCardDisconnect(a, SCARD_UNPOWER_CARD);
	is("count: neither connect nor reset", count_of(), count);
	is("ATR: it is told", SCardGetStatusChange(ctx, 0, &st, 1), NEWS);
	ok("ATR: its length", st.cbAtr > 2 && st.cbAtr <= 33 &&
		st.rgbAtr[0] == 0x3B);
	card_out();
	is("count: a removal", count_of(), count + 1);
	sees("empty: nothing believed", 0, NEWS, EMPTY);
	sees("empty: believed", EMPTY, NONE, EMPTY);
	sees("empty: believed present", PRESENT, NEWS, EMPTY);
	sees("empty: believed mute", SCARD_STATE_MUTE | EMPTY, NONE, EMPTY);
	st.cbAtr = 99;
	st.dwCurrentState = 0;
	is("ATR: without a card", SCardGetStatusChange(ctx, 0, &st, 1),
	    NEWS);
	is("ATR: none", st.cbAtr, 0);
	card_in();
	is("count: an insertion", count_of(), count + 2);
}

/* ---- waits ------------------------------------------------------------- */

static void
rows_time(void)
{
	struct task t = { .ctx = ctx, .timeout = 300 };
	uint64_t from = now_ms();

	t.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = PRESENT };
	task_start(&t, task_watch);
	is("time: over", task_end(&t), SCARD_E_TIMEOUT);
	ok("time: not before", t.ended_ms - from >= 299);
	is("time: what is so", t.state.dwEventState & 0xFFFF, PRESENT);
}

static void
rows_woken(void)
{
	static const DWORD endless[] = { INFINITE, (DWORD)-1 };
	struct task t = { .ctx = ctx };
	SCARDCONTEXT own = establish();
	SCARDHANDLE a;
	size_t i;

	for (i = 0; i < 2; i++) {
		t.timeout = endless[i];
		t.state = (SCARD_READERSTATE){ .szReader = reader,
			.dwCurrentState = PRESENT };
		task_start(&t, task_watch);
		ok("woken: not before", task_waits(&t, 50));
		card_out();
		is("woken: by a removal", task_end(&t), NEWS);
		is("woken: it is empty", t.state.dwEventState & 0xFFFF,
		    EMPTY | CHANGED);
		t.state.dwCurrentState = t.state.dwEventState;
		task_start(&t, task_watch);
		ok("woken: not before", task_waits(&t, 50));
		card_in();
		is("woken: by an insertion", task_end(&t), NEWS);
		is("woken: it is present", t.state.dwEventState & 0xFFFF,
		    PRESENT | CHANGED);
	}
	t.timeout = INFINITE;
	t.state.dwCurrentState = t.state.dwEventState;
	task_start(&t, task_watch);
	a = connected(own, SHARED);
	ok("woken: not by one who comes", task_waits(&t, 100));
	/* it looks again, and goes on waiting */
	while (SCardCancel(ctx) == SCARD_S_SUCCESS && task_waits(&t, 20))
		;
	is("woken: cancelled", task_end(&t), SCARD_E_CANCELLED);
	if (runs("woken: by one who goes")) {
		t.state.dwCurrentState = PRESENT | INUSE;
		task_start(&t, task_watch);
		ok("woken: in use", task_waits(&t, 50));
		SCardDisconnect(a, SCARD_LEAVE_CARD);
		is("woken: by one who goes", task_end(&t), NEWS);
		is("woken: it is free", t.state.dwEventState & 0xFFFF,
		    PRESENT | CHANGED);
	}
	SCardReleaseContext(own);
}

static void
rows_cancel(void)
{
	struct task t = { .ctx = ctx, .timeout = INFINITE };
	DWORD event;

	t.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = PRESENT };
	is("cancel: before", SCardCancel(ctx), SCARD_S_SUCCESS);
	is("cancel: is not remembered", look(reader, PRESENT, &event), NONE);
	task_start(&t, task_watch);
	ok("cancel: it waits", task_waits(&t, 50));
	is("cancel: it", SCardCancel(ctx), SCARD_S_SUCCESS);
	is("cancel: it ends", task_end(&t), SCARD_E_CANCELLED);
	is("cancel: after", SCardCancel(ctx), SCARD_S_SUCCESS);
	is("cancel: is not remembered, either",
	    look(reader, PRESENT, &event), NONE);
	is("cancel: the context lives", SCardIsValidContext(ctx),
	    SCARD_S_SUCCESS);
}

/* While one call waits, others do not. */
static void
rows_beside(void)
{
	struct task t = { .ctx = establish(), .timeout = INFINITE };
	struct task second = { .ctx = t.ctx, .timeout = 0 };
	SCARDHANDLE a;
	uint64_t from;

	t.state = second.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = PRESENT };
	task_start(&t, task_watch);
	ok("beside: it waits", task_waits(&t, 50));
	a = connected(ctx, SHARED);
	is("beside: another context", transmit(a), SCARD_S_SUCCESS);
	SCardDisconnect(a, SCARD_LEAVE_CARD);
	if (runs("beside: a second call of the same context")) {
		task_start(&second, task_watch);
		ok("beside: a second call of the same context",
		    task_waits(&second, 50));
		from = now_ms();
		is("beside: valid", SCardIsValidContext(t.ctx),
		    SCARD_S_SUCCESS);
		a = connected(ctx, SHARED);
		is("beside: another context, still", transmit(a),
		    SCARD_S_SUCCESS);
		SCardDisconnect(a, SCARD_LEAVE_CARD);
		is("beside: cancel", SCardCancel(t.ctx), SCARD_S_SUCCESS);
		is("beside: the first ends", task_end(&t),
		    SCARD_E_CANCELLED);
		is("beside: the second has its turn", task_end(&second),
		    SCARD_E_TIMEOUT);
		ok("beside: nothing was held up", now_ms() - from < 1000);
		task_start(&t, task_watch);
		ok("beside: it waits again", task_waits(&t, 50));
	}
	if (runs("release: of what waits")) {
		is("release: of what waits", SCardReleaseContext(t.ctx),
		    SCARD_S_SUCCESS);
		is("release: ends the wait", task_end(&t),
		    SCARD_E_CANCELLED);
		is("release: it is gone", SCardIsValidContext(t.ctx),
		    SCARD_E_INVALID_HANDLE);
		return;
	}
	(void)SCardCancel(t.ctx);
	(void)task_end(&t);
	SCardReleaseContext(t.ctx);
}

/* A free lock is seen at once. */
static void
rows_seen(SCARDHANDLE owner, struct task *t)
{
	uint64_t from, took, best = UINT64_MAX, worst = 0;
	int i;

	for (i = 0; i < 5; i++) {
		task_start(t, task_begin);
		(void)task_waits(t, 20);
		from = now_ms();
		(void)SCardEndTransaction(owner, SCARD_LEAVE_CARD);
		(void)task_end(t);
		took = t->ended_ms - from;
		if (took > worst)
			worst = took;
		if (took < best)
			best = took;
		(void)SCardEndTransaction(t->card, SCARD_LEAVE_CARD);
		(void)SCardBeginTransaction(owner);
	}
	ok("lock: seen at once", worst < 80);
	ok("lock: within some milliseconds, mostly", best < 15);
}

/* But not by those who wait before the one who comes back at once. What takes
 * longer than it should shows nothing. */
static void
rows_back(SCARDHANDLE owner, struct task *t)
{
	uint64_t start = now_ms(), from;
	bool before = false;
	int i;

	task_start(t, task_status);
	ok("lock: a third one waits", task_waits(t, 20));
	for (i = 0; i < 10 && !t->ended && now_ms() - start < 60; i++) {
		from = now_ms();
		(void)SCardEndTransaction(owner, SCARD_LEAVE_CARD);
		(void)SCardBeginTransaction(owner);
		before = t->ended && now_ms() - from < 3;
	}
	ok("lock: who comes back at once goes first", !before);
	(void)SCardEndTransaction(owner, SCARD_LEAVE_CARD);
	is("lock: then the third one", task_end(t), SCARD_S_SUCCESS);
	(void)SCardBeginTransaction(owner);
}

/* Nor does it hold up anybody, its own context's other questions included. */
static void
rows_beside_lock(struct task *t)
{
	SCARDCONTEXT other;
	SCARDHANDLE card;
	uint64_t from;
	DWORD n = 0;

	task_start(t, task_begin);
	ok("lock: it waits, beside others", task_waits(t, 50));
	from = now_ms();
	is("lock: its context is valid", SCardIsValidContext(t->ctx),
	    SCARD_S_SUCCESS);
	other = establish();
	is("lock: another context lists", SCardListReaders(other, NULL, NULL,
		&n), SCARD_S_SUCCESS);
	is("lock: and connects elsewhere", connect_to(other, reader_both,
		SHARED, SCARD_PROTOCOL_ANY, &card), SCARD_S_SUCCESS);
	is("lock: and sends", status(card), SCARD_S_SUCCESS);
	is("lock: and goes", SCardReleaseContext(other), SCARD_S_SUCCESS);
	is("lock: cancel, beside others", SCardCancel(t->ctx),
	    SCARD_S_SUCCESS);
	is("lock: cancelled, beside others", task_end(t),
	    SCARD_E_CANCELLED);
	ok("lock: nothing was held up", now_ms() - from < 1000);
}

/* A wait for a lock can be ended. */
static void
rows_lock(void)
{
	struct task t = { .ctx = establish() };
	SCARDHANDLE owner = connected(ctx, SHARED);

	t.card = connected(t.ctx, SHARED);
	(void)SCardBeginTransaction(owner);
	if (runs("lock: cancel")) {
		task_start(&t, task_begin);
		ok("lock: it waits", task_waits(&t, 50));
		is("lock: cancel", SCardCancel(t.ctx), SCARD_S_SUCCESS);
		is("lock: begin is cancelled", task_end(&t),
		    SCARD_E_CANCELLED);
		task_start(&t, task_transmit);
		ok("lock: a command waits", task_waits(&t, 50));
		is("lock: cancel a command", SCardCancel(t.ctx),
		    SCARD_S_SUCCESS);
		is("lock: the command is cancelled", task_end(&t),
		    SCARD_E_CANCELLED);
		is("lock: nothing is left of it",
		    SCardEndTransaction(owner, SCARD_LEAVE_CARD),
		    SCARD_S_SUCCESS);
		is("lock: the handle lives", transmit(t.card),
		    SCARD_S_SUCCESS);
		(void)SCardBeginTransaction(owner);
		rows_beside_lock(&t);
	}
	if (runs("lock: seen at once"))
		rows_seen(owner, &t);
	if (runs("lock: who comes back at once goes first"))
		rows_back(owner, &t);
	if (runs("lock: release")) {
		task_start(&t, task_begin);
		ok("lock: it waits again", task_waits(&t, 50));
		is("lock: release", SCardReleaseContext(t.ctx),
		    SCARD_S_SUCCESS);
		is("lock: begin is ended", task_end(&t), SCARD_E_CANCELLED);
	}
	SCardDisconnect(owner, SCARD_LEAVE_CARD);
	SCardReleaseContext(t.ctx);
}

void
rows_changes(void)
{
	ctx = establish();
	rows_change_args();
	rows_believed();
	rows_count();
	SCardReleaseContext(ctx);
}

void
rows_waiting(void)
{
	ctx = establish();
	rows_time();
	rows_woken();
	rows_cancel();
	rows_beside();
	rows_lock();
	SCardReleaseContext(ctx);
}

/* ---- readers that come and go ------------------------------------------ */

static void
rows_pnp(void)
{
	SCARD_READERSTATE st[2] = { { .szReader = PNP },
		{ .szReader = reader, .dwCurrentState = PRESENT } };
	DWORD event;

	is("PnP: alone, no time", look(PNP, 0, &event), NONE);
	is("PnP: no low word", event & 0xFFFF, 0);
	is("PnP: its name has no case",
	    look("\\\\?pnp?\\notification", 0, &event), NONE);
	is("PnP: and a reader", SCardGetStatusChange(ctx, 0, st, 2), NONE);
	st[1].dwCurrentState = 0;
	is("PnP: and news of a reader", SCardGetStatusChange(ctx, 0, st, 2),
	    NEWS);
	is("PnP: no news of its own", st[0].dwEventState & 0xFFFF, 0);
	if (runs("PnP: it has a count")) {
		ok("PnP: it has a count", (event >> 16) != 0);
		is("PnP: the same count", look(PNP, event, &event), NONE);
		is("PnP: another count",
		    look(PNP, event + 0x10000, &event), NEWS);
		is("PnP: news", event & 0xFFFF, CHANGED);
	}
}

void
rows_coming(void)
{
	struct task t = { .timeout = INFINITE };
	struct task pnp = { .timeout = INFINITE };
	SCARDHANDLE a;
	DWORD n = 0, more = 0;

	ctx = t.ctx = establish();
	pnp.ctx = establish();
	rows_pnp();
	if (!runs("coming: a reader"))
		goto out;
	(void)SCardListReaders(ctx, NULL, NULL, &n);
	pnp.state = (SCARD_READERSTATE){ .szReader = PNP };
	task_start(&pnp, task_watch);
	ok("coming: PnP waits", task_waits(&pnp, 50));
	bridge("remove", "one", NULL);
	is("coming: a reader", task_end(&pnp), NEWS);
	is("coming: PnP is told", pnp.state.dwEventState & 0xFFFF, CHANGED);
	(void)SCardListReaders(ctx, NULL, NULL, &more);
	ok("coming: it is not listed", more < n);
	is("coming: it is not known", connect_to(ctx, reader, SHARED,
		SCARD_PROTOCOL_ANY, &a), SCARD_E_UNKNOWN_READER);
	task_start(&pnp, task_watch);
	ok("coming: PnP waits again", task_waits(&pnp, 50));
	bridge("add", "one", "emu:one.card");
	is("coming: it comes back", task_end(&pnp), NEWS);
	a = connected(ctx, SHARED);
	t.state = (SCARD_READERSTATE){ .szReader = reader,
		.dwCurrentState = PRESENT | INUSE };
	task_start(&t, task_watch);
	ok("going: it waits", task_waits(&t, 50));
	bridge("remove", "one", NULL);
	is("going: it is told", task_end(&t), NEWS);
	is("going: as unknown", t.state.dwEventState & 0xFFFF,
	    SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | CHANGED);
	is("going: status", status(a), SCARD_E_READER_UNAVAILABLE);
	is("going: transmit", transmit(a), SCARD_E_READER_UNAVAILABLE);
	is("going: disconnect", SCardDisconnect(a, SCARD_RESET_CARD),
	    SCARD_S_SUCCESS);
	bridge("add", "one", "emu:one.card");
	is("going: back again", transmit(connected(ctx, SHARED)),
	    SCARD_S_SUCCESS);
out:
	SCardReleaseContext(pnp.ctx);
	SCardReleaseContext(ctx);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Connecting, and what a handle says of its card.
 */
#include <string.h>

#include "tests/winscard/conform.h"

#define NOBODY ((SCARDHANDLE)0x12345)
#define ANY SCARD_PROTOCOL_ANY
#define SHARED SCARD_SHARE_SHARED

static void
rows_connect_args(SCARDCONTEXT ctx)
{
	char name[200];
	SCARDHANDLE card = 7;
	DWORD p = 7;

	is("connect: no place for the handle",
	    SCardConnect(NOBODY, NULL, 9, 0, NULL, &p),
	    SCARD_E_INVALID_PARAMETER);
	is("connect: no place for the protocol",
	    SCardConnect(NOBODY, NULL, 9, 0, &card, NULL),
	    SCARD_E_INVALID_PARAMETER);
	is("connect: no reader comes before the context",
	    SCardConnect(NOBODY, NULL, 9, 0, &card, &p),
	    SCARD_E_UNKNOWN_READER);
	memset(name, 'x', sizeof(name));
	name[129] = '\0';
	is("connect: 129 letters come before the context",
	    SCardConnect(NOBODY, name, 9, 0, &card, &p),
	    SCARD_E_INVALID_VALUE);
	name[128] = '\0';
	is("connect: 128 letters", SCardConnect(ctx, name, SHARED, ANY,
		&card, &p), SCARD_E_UNKNOWN_READER);
	is("connect: nobody's comes before the protocols",
	    SCardConnect(NOBODY, reader, 9, 0, &card, &p),
	    SCARD_E_INVALID_HANDLE);
	is("connect: protocols come before the mode",
	    SCardConnect(ctx, "none", 9, 0, &card, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("connect: the mode comes before the reader",
	    SCardConnect(ctx, "none", 4, ANY, &card, &p),
	    SCARD_E_INVALID_VALUE);
	is("connect: mode 0", SCardConnect(ctx, reader, 0, ANY, &card, &p),
	    SCARD_E_INVALID_VALUE);
	is("connect: an unknown reader",
	    SCardConnect(ctx, "none", SHARED, ANY, &card, &p),
	    SCARD_E_UNKNOWN_READER);
	is("connect: an empty name",
	    SCardConnect(ctx, "", SHARED, ANY, &card, &p),
	    SCARD_E_UNKNOWN_READER);
	card = 7;
	p = 7;
	(void)SCardConnect(ctx, "none", SHARED, ANY, &card, &p);
	is("connect: on error, no handle", (unsigned long)card, 0);
	is("connect: on error, no protocol", p, 0);
}

static void
rows_connect_protocol(SCARDCONTEXT ctx)
{
	SCARDHANDLE a, b;
	DWORD p = 7;

	card_anew();
	is("connect: T=0 with a card of T=1",
	    SCardConnect(ctx, reader, SHARED, SCARD_PROTOCOL_T0, &a, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("connect: direct, without protocols",
	    SCardConnect(ctx, reader, SCARD_SHARE_DIRECT, 0, &a, &p),
	    SCARD_S_SUCCESS);
	is("connect: direct, a fresh card has no protocol", p, 0);
	is("connect: direct, a second one",
	    SCardConnect(ctx, reader, SHARED, ANY, &b, &p), SCARD_S_SUCCESS);
	is("connect: T=1", p, SCARD_PROTOCOL_T1);
	SCardDisconnect(a, SCARD_LEAVE_CARD);
	is("connect: direct, again", SCardConnect(ctx, reader,
		SCARD_SHARE_DIRECT, 0, &a, &p), SCARD_S_SUCCESS);
	is("connect: direct, the protocol in use", p, SCARD_PROTOCOL_T1);
	SCardDisconnect(a, SCARD_LEAVE_CARD);
	SCardDisconnect(b, SCARD_LEAVE_CARD);

	is("connect: a card with a choice",
	    SCardConnect(ctx, reader_both, SHARED, SCARD_PROTOCOL_T0, &a, &p),
	    SCARD_S_SUCCESS);
	is("connect: T=0 of both", p, SCARD_PROTOCOL_T0);
	is("connect: T=0 is in use",
	    SCardConnect(ctx, reader_both, SHARED, SCARD_PROTOCOL_T1, &b, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("connect: T=0 of what may be",
	    SCardConnect(ctx, reader_both, SHARED, ANY, &b, &p),
	    SCARD_S_SUCCESS);
	is("connect: T=0 remains", p, SCARD_PROTOCOL_T0);
	SCardDisconnect(b, SCARD_LEAVE_CARD);
	is("reconnect: a reset, then T=1", SCardReconnect(a, SHARED,
		SCARD_PROTOCOL_T1, SCARD_RESET_CARD, &p), SCARD_S_SUCCESS);
	is("reconnect: T=1 it is", p, SCARD_PROTOCOL_T1);
	is("reconnect: T=0 without a reset", SCardReconnect(a, SHARED,
		SCARD_PROTOCOL_T0, SCARD_LEAVE_CARD, &p),
	    SCARD_E_PROTO_MISMATCH);
	SCardDisconnect(a, SCARD_LEAVE_CARD);
}

static void
rows_connect_mode(SCARDCONTEXT ctx)
{
	SCARDHANDLE a = connected(ctx, SHARED), b;
	DWORD p;

	is("connect: exclusive beside another",
	    connect_to(ctx, reader, SCARD_SHARE_EXCLUSIVE, ANY, &b),
	    SCARD_E_SHARING_VIOLATION);
	is("reconnect: exclusive, alone",
	    reconnect(a, SCARD_SHARE_EXCLUSIVE, SCARD_LEAVE_CARD),
	    SCARD_S_SUCCESS);
	is("connect: beside an exclusive one",
	    connect_to(ctx, reader, SHARED, ANY, &b),
	    SCARD_E_SHARING_VIOLATION);
	is("connect: direct beside an exclusive one", connect_to(ctx, reader,
		SCARD_SHARE_DIRECT, 0, &b), SCARD_E_SHARING_VIOLATION);
	is("reconnect: shared again",
	    reconnect(a, SHARED, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	if (!runs("connect: beside what was exclusive")) {
		SCardDisconnect(a, SCARD_LEAVE_CARD);
		a = connected(ctx, SHARED);
	}
	is("connect: beside what was exclusive",
	    connect_to(ctx, reader, SHARED, ANY, &b), SCARD_S_SUCCESS);
	if (runs("reconnect: exclusive beside another"))
		is("reconnect: exclusive beside another", reconnect(a,
			SCARD_SHARE_EXCLUSIVE, SCARD_LEAVE_CARD),
		    SCARD_E_SHARING_VIOLATION);

	is("reconnect: no place for the protocol",
	    SCardReconnect(NOBODY, 9, 0, 9, NULL), SCARD_E_INVALID_PARAMETER);
	is("reconnect: nobody's",
	    SCardReconnect(NOBODY, SHARED, ANY, SCARD_LEAVE_CARD, &p),
	    SCARD_E_INVALID_HANDLE);
	is("reconnect: nobody's comes before the values",
	    SCardReconnect(NOBODY, 9, 0, 9, &p), SCARD_E_INVALID_HANDLE);
	is("reconnect: eject", reconnect(a, SHARED, SCARD_EJECT_CARD),
	    SCARD_E_INVALID_VALUE);
	is("reconnect: mode 4", reconnect(a, 4, SCARD_LEAVE_CARD),
	    SCARD_E_INVALID_VALUE);
	is("reconnect: no protocols",
	    SCardReconnect(a, SHARED, 0, SCARD_LEAVE_CARD, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("disconnect: nobody's comes before the value",
	    SCardDisconnect(NOBODY, 4), SCARD_E_INVALID_HANDLE);
	is("disconnect: with 4", SCardDisconnect(b, 4),
	    SCARD_E_INVALID_VALUE);
	is("disconnect: once", SCardDisconnect(b, SCARD_LEAVE_CARD),
	    SCARD_S_SUCCESS);
	is("disconnect: twice", SCardDisconnect(b, SCARD_LEAVE_CARD),
	    SCARD_E_INVALID_HANDLE);
	is("disconnect: the other lives", transmit(a), SCARD_S_SUCCESS);
	SCardDisconnect(a, SCARD_LEAVE_CARD);
}

void
rows_connect(void)
{
	SCARDCONTEXT ctx = establish();

	rows_connect_args(ctx);
	rows_connect_protocol(ctx);
	rows_connect_mode(ctx);
	SCardReleaseContext(ctx);
}

static void
rows_status_buffers(SCARDHANDLE card)
{
	char name[200], *made = NULL;
	BYTE atr[40], *made_atr = NULL;
	DWORD n = sizeof(name), a = sizeof(atr), state = 0, p = 0;
	const DWORD whole = (DWORD)strlen(reader) + 1;
	DWORD atr_n;

	is("status: everything", SCardStatus(card, name, &n, &state, &p, atr,
		&a), SCARD_S_SUCCESS);
	is("status: the name's length", n, whole);
	ok("status: the name", strcmp(name, reader) == 0);
	is("status: the state", state & 0xFFFF,
	    SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE);
	is("status: the count", state >> 16, state_of(reader) >> 16);
	is("status: the protocol", p, SCARD_PROTOCOL_T1);
	ok("status: the ATR", a > 2 && a <= 33 && atr[0] == 0x3B);
	atr_n = a;
	n = a = 0;
	is("status: lengths only", SCardStatus(card, NULL, &n, NULL, NULL,
		NULL, &a), SCARD_S_SUCCESS);
	ok("status: both lengths", n == whole && a == atr_n);
	n = 4;
	a = sizeof(atr);
	state = p = 0;
	memset(name, '#', sizeof(name));
	is("status: a short name", SCardStatus(card, name, &n, &state, &p,
		atr, &a), SCARD_E_INSUFFICIENT_BUFFER);
	ok("status: a short name, both lengths", n == whole && a == atr_n);
	ok("status: a short name, the rest", state != 0 &&
		p == SCARD_PROTOCOL_T1);
	ok("status: a short name, no more than there is room",
	    name[4] == '#');
	ok("status: a short name, what there is room for",
	    memcmp(name, reader, 3) == 0);
	n = sizeof(name);
	a = 2;
	is("status: a short ATR", SCardStatus(card, name, &n, NULL, NULL,
		atr, &a), SCARD_E_INSUFFICIENT_BUFFER);
	ok("status: a short ATR, both lengths", n == whole && a == atr_n);
	n = a = SCARD_AUTOALLOCATE;
	is("status: memory", SCardStatus(card, (LPSTR)(void *)&made, &n,
		NULL, NULL, (LPBYTE)(void *)&made_atr, &a), SCARD_S_SUCCESS);
	ok("status: memory with both", n == whole && a == atr_n &&
		strcmp(made, reader) == 0 && memcmp(made_atr, atr, 2) == 0);
	n = SCARD_AUTOALLOCATE;
	is("status: memory without a place", SCardStatus(card, NULL, &n,
		NULL, NULL, NULL, NULL), SCARD_E_INVALID_PARAMETER);
}

void
rows_status(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = connected(ctx, SHARED), direct = 0;
	DWORD n = 99, a = 99, p = 99, state = 0;
	BYTE atr[40];
	char name[200];

	is("status: nothing", status(card), SCARD_S_SUCCESS);
	is("status: nobody's", status(NOBODY), SCARD_E_INVALID_HANDLE);
	rows_status_buffers(card);

	direct = connected(ctx, SHARED);
	is("status: reset by another", reconnect(direct, SHARED,
		SCARD_RESET_CARD), SCARD_S_SUCCESS);
	n = sizeof(name);
	a = sizeof(atr);
	is("status: it was reset", SCardStatus(card, name, &n, &state, &p,
		atr, &a), SCARD_W_RESET_CARD);
	ok("status: it was reset, no lengths", n == 0 && a == 0);
	card_out();
	n = sizeof(name);
	a = sizeof(atr);
	state = 0;
	is("status: it was removed", SCardStatus(card, name, &n, &state, &p,
		atr, &a), SCARD_W_REMOVED_CARD);
	ok("status: it was removed, no lengths", n == 0 && a == 0);
	is("connect: no card", connect_to(ctx, reader, SHARED, ANY, &direct),
	    SCARD_E_NO_SMARTCARD);
	is("connect: direct, no card", connect_to(ctx, reader,
		SCARD_SHARE_DIRECT, 0, &direct), SCARD_S_SUCCESS);
	is("status: direct, no card", status(direct), SCARD_S_SUCCESS);
	is("status: direct, absent", status_state(direct), SCARD_ABSENT);
	a = sizeof(atr);
	p = 99;
	(void)SCardStatus(direct, NULL, NULL, NULL, &p, atr, &a);
	is("status: direct, no ATR", a, 0);
	is("status: direct, no protocol", p, 0);
	is("reconnect: no card",
	    reconnect(card, SHARED, SCARD_LEAVE_CARD), SCARD_E_NO_SMARTCARD);
	is("reconnect: a reset, no card",
	    reconnect(card, SHARED, SCARD_RESET_CARD), SCARD_E_NO_SMARTCARD);
	is("transmit: direct, no card", transmit(direct),
	    SCARD_E_NO_SMARTCARD);
	card_in();
	is("status: another card", status(card), SCARD_W_REMOVED_CARD);
	is("reconnect: another card",
	    reconnect(card, SHARED, SCARD_LEAVE_CARD), SCARD_S_SUCCESS);
	is("status: reconnected", status(card), SCARD_S_SUCCESS);
	SCardReleaseContext(ctx);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Which protocol comes of a choice, and what it is to commands. RAW is no
 * protocol that a card could refuse: who names it gets it, whatever was in
 * use, and the other handles of the card find it in use.
 */
#include "tests/winscard/conform.h"

#define SHARED SCARD_SHARE_SHARED
#define LEAVE SCARD_LEAVE_CARD
#define RESET SCARD_RESET_CARD
#define T0 SCARD_PROTOCOL_T0
#define T1 SCARD_PROTOCOL_T1
#define RAW SCARD_PROTOCOL_RAW
#define ANY SCARD_PROTOCOL_ANY
#define OLD 0x1000u	/* SCARD_PROTOCOL_ANY_OLD */

static const BYTE select_any[] = { 0x00, 0xA4, 0x04, 0x0C };

static LONG
joined(SCARDCONTEXT ctx, const char *name, DWORD protocols,
    SCARDHANDLE *card, DWORD *p)
{
	*p = 99;
	return SCardConnect(ctx, name, SHARED, protocols, card, p);
}

static LONG
again(SCARDHANDLE card, DWORD protocols, DWORD init, DWORD *p)
{
	*p = 99;
	return SCardReconnect(card, SHARED, protocols, init, p);
}

static LONG
sent(SCARDHANDLE card, DWORD protocol, DWORD *back)
{
	const SCARD_IO_REQUEST pci = { protocol, sizeof(pci) };
	SCARD_IO_REQUEST got = { 99, sizeof(got) };
	BYTE rsp[64];
	DWORD n = sizeof(rsp);
	LONG rv = SCardTransmit(card, &pci, select_any, sizeof(select_any),
	    &got, rsp, &n);

	*back = got.dwProtocol;
	return rv;
}

static DWORD
in_use(SCARDHANDLE card)
{
	DWORD p = 99;

	(void)SCardStatus(card, NULL, NULL, NULL, &p, NULL, NULL);
	return p;
}

/* A card that is new, of any kind. */
static void
rows_raw(SCARDCONTEXT ctx, const char *name)
{
	SCARDHANDLE a = 0, b = 0;
	DWORD p, back;

	is("raw: alone", joined(ctx, name, RAW, &a, &p), SCARD_S_SUCCESS);
	is("raw: it is raw", p, RAW);
	is("raw: status", in_use(a), RAW);
	is("raw: a command", sent(a, RAW, &back), SCARD_S_SUCCESS);
	is("raw: comes back", back, RAW);
	is("raw: a command of T=0", sent(a, T0, &back),
	    SCARD_E_PROTO_MISMATCH);
	is("raw: a command of T=1", sent(a, T1, &back),
	    SCARD_E_PROTO_MISMATCH);
	is("raw: one who wants T=0 or T=1", joined(ctx, name, ANY, &b, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("raw: no protocol then", p, 0);
	is("raw: one who takes all", joined(ctx, name, ANY | RAW, &b, &p),
	    SCARD_S_SUCCESS);
	is("raw: raw again", p, RAW);
	SCardDisconnect(b, LEAVE);
	is("raw: reconnect to T=0 or T=1", again(a, ANY, LEAVE, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("raw: reconnect with a reset", again(a, ANY, RESET, &p),
	    SCARD_S_SUCCESS);
	is("raw: then T=1", p, T1);
	is("raw: status, T=1", in_use(a), T1);
	is("raw: a command of T=1 then", sent(a, T1, &back),
	    SCARD_S_SUCCESS);

	is("raw: beside T=1", joined(ctx, name, ANY | RAW, &b, &p),
	    SCARD_S_SUCCESS);
	is("raw: not T=1, which is in use", p, RAW);
	is("raw: to the other, too", in_use(a), RAW);
	is("raw: whose commands of T=1 end", sent(a, T1, &back),
	    SCARD_E_PROTO_MISMATCH);
	is("raw: but not raw ones", sent(a, RAW, &back), SCARD_S_SUCCESS);
	is("raw: reconnect, beside it", again(a, ANY, LEAVE, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("raw: with T=15, too", again(a, RAW | SCARD_PROTOCOL_T15, LEAVE,
		&p), SCARD_S_SUCCESS);
	is("raw: not T=15", p, RAW);
	is("raw: a transaction", SCardBeginTransaction(a), SCARD_S_SUCCESS);
	is("raw: its command", sent(a, RAW, &back), SCARD_S_SUCCESS);
	is("raw: its end", SCardEndTransaction(a, LEAVE), SCARD_S_SUCCESS);
	SCardDisconnect(b, LEAVE);
	is("raw: reconnect to raw with a reset", again(a, RAW, RESET, &p),
	    SCARD_S_SUCCESS);
	is("raw: after a reset", p, RAW);
	SCardDisconnect(a, RESET);
}

static void
rows_mask(SCARDCONTEXT ctx)
{
	SCARDHANDLE a = 0, b = 0;
	DWORD p, back;

	is("mask: T=15", joined(ctx, reader, SCARD_PROTOCOL_T15, &a, &p),
	    SCARD_E_PROTO_MISMATCH);
	is("mask: T=15 and T=1", joined(ctx, reader,
		SCARD_PROTOCOL_T15 | T1, &a, &p), SCARD_S_SUCCESS);
	is("mask: T=1 of them", p, T1);
	SCardDisconnect(a, RESET);
	is("mask: the old number of any", joined(ctx, reader, OLD, &a, &p),
	    SCARD_S_SUCCESS);
	is("mask: T=1 of any", p, T1);
	is("mask: a command of the old number", sent(a, OLD, &back),
	    SCARD_S_SUCCESS);
	is("mask: a command of a number that is none",
	    sent(a, 0x100 | T1, &back), SCARD_E_PROTO_MISMATCH);
	is("mask: the old number beside one in use",
	    joined(ctx, reader, OLD, &b, &p), SCARD_S_SUCCESS);
	SCardDisconnect(b, LEAVE);
	SCardDisconnect(a, RESET);
}

static void
rows_both(SCARDCONTEXT ctx)
{
	SCARDHANDLE a = 0;
	DWORD p, back;

	is("both: T=1 where there is a choice",
	    joined(ctx, reader_both, ANY, &a, &p), SCARD_S_SUCCESS);
	is("both: T=1", p, T1);
	is("both: T=0 after a reset", again(a, T0, RESET, &p),
	    SCARD_S_SUCCESS);
	is("both: T=0", p, T0);
	is("both: status", in_use(a), T0);
	is("both: a command of T=0", sent(a, T0, &back), SCARD_S_SUCCESS);
	is("both: T=0 comes back", back, T0);
	is("both: raw is no other protocol", sent(a, RAW, &back),
	    SCARD_S_SUCCESS);
	is("both: raw comes back", back, RAW);
	is("both: a command of T=1", sent(a, T1, &back),
	    SCARD_E_PROTO_MISMATCH);
	SCardDisconnect(a, RESET);
}

static void
rows_direct(SCARDCONTEXT ctx)
{
	SCARDHANDLE a = 0, b = 0;
	DWORD p;

	is("direct: T=1 changes nothing", SCardConnect(ctx, reader,
		SCARD_SHARE_DIRECT, T1, &a, &p), SCARD_S_SUCCESS);
	is("direct: of a new card", p, 0);
	SCardDisconnect(a, LEAVE);
	is("direct: raw does", SCardConnect(ctx, reader, SCARD_SHARE_DIRECT,
		RAW, &a, &p), SCARD_S_SUCCESS);
	is("direct: raw", p, RAW);
	is("direct: raw to others", joined(ctx, reader, ANY, &b, &p),
	    SCARD_E_PROTO_MISMATCH);
	SCardDisconnect(a, RESET);
	card_out();
	is("direct: raw without a card", SCardConnect(ctx, reader,
		SCARD_SHARE_DIRECT, ANY | RAW, &a, &p), SCARD_S_SUCCESS);
	is("direct: raw, without", p, RAW);
	is("direct: status without", in_use(a), RAW);
	card_in();
	is("direct: the card that comes is new",
	    joined(ctx, reader, ANY, &b, &p), SCARD_S_SUCCESS);
	is("direct: its protocol", p, T1);
	SCardDisconnect(b, LEAVE);
	SCardDisconnect(a, LEAVE);
}

void
rows_protocol(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = 0;
	DWORD p;

	card_anew();
	rows_raw(ctx, reader);
	rows_mask(ctx);
	(void)joined(ctx, reader_both, ANY, &card, &p);
	SCardDisconnect(card, RESET);
	rows_raw(ctx, reader_both);
	rows_both(ctx);
	card_anew();
	rows_direct(ctx);
	card_anew();
	SCardReleaseContext(ctx);
}

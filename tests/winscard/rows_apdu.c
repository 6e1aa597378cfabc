/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Commands to the card, and questions to its reader.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/winscard/conform.h"

#define NOBODY ((SCARDHANDLE)0x12345)
#define SHARED SCARD_SHARE_SHARED
#define SEND_MAX 65548

static const BYTE get[] = { 0x00, 0xCA, 0x9F, 0x7F, 0x2D };
static const BYTE select_any[] = { 0x00, 0xA4, 0x04, 0x0C };

static LONG
send_as(SCARDHANDLE card, DWORD protocol, BYTE *rsp, DWORD *n)
{
	const SCARD_IO_REQUEST pci = { protocol, sizeof(pci) };

	return SCardTransmit(
	    card, &pci, get, sizeof(get), NULL, rsp, n);
}

static void
rows_transmit_args(SCARDHANDLE card, BYTE *large)
{
	BYTE rsp[64];
	DWORD n = 7;

	is("transmit: no protocol", SCardTransmit(NOBODY, NULL, get,
		sizeof(get), NULL, rsp, &n), SCARD_E_INVALID_PARAMETER);
	is("transmit: no command", SCardTransmit(NOBODY, SCARD_PCI_T1, NULL,
		5, NULL, rsp, &n), SCARD_E_INVALID_PARAMETER);
	is("transmit: no place", SCardTransmit(NOBODY, SCARD_PCI_T1,
		get, 5, NULL, NULL, &n), SCARD_E_INVALID_PARAMETER);
	is("transmit: no length", SCardTransmit(NOBODY, SCARD_PCI_T1,
		get, 5, NULL, rsp, NULL), SCARD_E_INVALID_PARAMETER);
	is("transmit: the length is untouched", n, 7);
	n = 1;
	is("transmit: nobody's comes before the room",
	    send_as(NOBODY, SCARD_PROTOCOL_T1, rsp, &n),
	    SCARD_E_INVALID_HANDLE);
	is("transmit: nobody's, no length", n, 0);
	n = sizeof(rsp);
	is("transmit: more than can be", SCardTransmit(card, SCARD_PCI_T1,
		large, SEND_MAX + 1, NULL, rsp, &n),
	    SCARD_E_INSUFFICIENT_BUFFER);
	n = sizeof(rsp);
	is("transmit: room for 1", (n = 1, send_as(card, SCARD_PROTOCOL_T1,
		rsp, &n)), SCARD_E_INSUFFICIENT_BUFFER);
}

void
rows_transmit(void)
{
	const SCARD_IO_REQUEST t0 = { SCARD_PROTOCOL_T0, sizeof(t0) };
	SCARD_IO_REQUEST got = { 99, sizeof(got) };
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = connected(ctx, SHARED), other;
	BYTE *large = calloc(1, SEND_MAX + 1), *rsp = calloc(1, SEND_MAX);
	DWORD n;

	if (large == NULL || rsp == NULL)
		bail("no memory");
	rows_transmit_args(card, large);
	n = 64;
	is("transmit: a command", SCardTransmit(card, SCARD_PCI_T1,
		select_any, sizeof(select_any), &got, rsp, &n),
	    SCARD_S_SUCCESS);
	ok("transmit: its answer", n == 2 && rsp[0] == 0x90 && rsp[1] == 0);
	is("transmit: the protocol comes back", got.dwProtocol,
	    SCARD_PROTOCOL_T1);
	n = 2;
	is("transmit: exactly", SCardTransmit(card, SCARD_PCI_T1, select_any,
		sizeof(select_any), NULL, rsp, &n), SCARD_S_SUCCESS);
	n = 64;
	is("transmit: data", send_as(card, SCARD_PROTOCOL_T1, rsp, &n),
	    SCARD_S_SUCCESS);
	is("transmit: data and status", n, ANSWER_N);
	memset(rsp, '#', 64);
	n = ANSWER_N - 1;
	is("transmit: one byte short", send_as(card, SCARD_PROTOCOL_T1, rsp,
		&n), SCARD_E_INSUFFICIENT_BUFFER);
	is("transmit: short, the length", n, ANSWER_N);
	ok("transmit: short, no more than there is room", rsp[ANSWER_N - 1] == '#');
	n = 64;
	is("transmit: another protocol", SCardTransmit(card, &t0, get,
		5, NULL, rsp, &n), SCARD_E_PROTO_MISMATCH);
	n = 64;
	is("transmit: as it comes", send_as(card, SCARD_PROTOCOL_RAW, rsp,
		&n), SCARD_S_SUCCESS);
	is("transmit: as it comes, the answer", n,
	    ANSWER_N);
	n = SEND_MAX;
	is("transmit: the longest", SCardTransmit(card, SCARD_PCI_T1, large,
		SEND_MAX, NULL, rsp, &n), SCARD_S_SUCCESS);
	is("transmit: the longest, refused by the card", n, 2);

	/* the flag comes before the protocol */
	other = connected(ctx, SHARED);
	is("reset: by reconnect", reconnect(other, SHARED, SCARD_RESET_CARD),
	    SCARD_S_SUCCESS);
	n = 64;
	is("transmit: a reset comes before the protocol", SCardTransmit(card,
		&t0, get, 5, NULL, rsp, &n), SCARD_W_RESET_CARD);
	is("transmit: a reset, no length", n, 0);
	is("transmit: who reset", transmit(other), SCARD_S_SUCCESS);
	free(large);
	free(rsp);
	SCardReleaseContext(ctx);
}

/* ---- attributes and control codes -------------------------------------- */

static void
attribute(SCARDHANDLE card, const char *row, DWORD tag, const void *want,
    size_t want_n)
{
	BYTE got[264];
	DWORD n = sizeof(got);

	is(row, SCardGetAttrib(card, tag, got, &n), SCARD_S_SUCCESS);
	ok(row, n == want_n &&
		(want == NULL || memcmp(got, want, n) == 0));
}

static void
rows_values(SCARDHANDLE card)
{
	static const BYTE both[] = { 3, 0, 0, 0 }, t1[] = { 2, 0, 0, 0 };
	static const BYTE two[] = { 2 }, one[] = { 1 };
	static const BYTE input[] = { 5, 1, 0, 0 };
	BYTE atr[33], wide[256];
	DWORD n = sizeof(atr), tag;
	size_t i, whole = strlen(reader) + 1;

	(void)SCardStatus(card, NULL, NULL, NULL, NULL, atr, &n);
	attribute(card, "attribute: ATR", SCARD_ATTR_ATR_STRING, atr, n);
	attribute(card, "attribute: vendor", SCARD_ATTR_VENDOR_NAME,
	    "cardbridge", 11);
	attribute(card, "attribute: version", SCARD_ATTR_VENDOR_IFD_VERSION,
	    NULL, 4);
	attribute(card, "attribute: serial", SCARD_ATTR_VENDOR_IFD_SERIAL_NO,
	    "one", 4);
	attribute(card, "attribute: presence", SCARD_ATTR_ICC_PRESENCE, two,
	    1);
	attribute(card, "attribute: power", SCARD_ATTR_ICC_INTERFACE_STATUS,
	    one, 1);
	attribute(card, "attribute: protocol in use",
	    SCARD_ATTR_CURRENT_PROTOCOL_TYPE, t1, 4);
	attribute(card, "attribute: protocols",
	    SCARD_ATTR_ASYNC_PROTOCOL_TYPES, both, 4);
	attribute(card, "attribute: channel", SCARD_ATTR_CHANNEL_ID, NULL, 4);
	attribute(card, "attribute: largest command", SCARD_ATTR_MAXINPUT,
	    input, 4);
	attribute(card, "attribute: unit", SCARD_ATTR_DEVICE_UNIT, NULL, 4);
	attribute(card, "attribute: friendly name",
	    SCARD_ATTR_DEVICE_FRIENDLY_NAME_A, reader, whole);
	attribute(card, "attribute: system name",
	    SCARD_ATTR_DEVICE_SYSTEM_NAME_A, reader, whole);
	memset(wide, 0, sizeof(wide));
	for (i = 0; i < whole; i++)
		wide[2 * i] = (BYTE)reader[i];
	for (tag = SCARD_ATTR_DEVICE_FRIENDLY_NAME_W;
	    tag <= SCARD_ATTR_DEVICE_SYSTEM_NAME_W; tag++)
		if (runs("attribute: names in UTF-16"))
			attribute(card, "attribute: names in UTF-16", tag,
			    wide, 2 * whole);
}

static void
rows_attribute(SCARDHANDLE card)
{
	BYTE value[300], *made = NULL;
	DWORD n = 7;

	is("attribute: no length", SCardGetAttrib(NOBODY, 1, value, NULL),
	    SCARD_E_INVALID_PARAMETER);
	n = sizeof(value);
	is("attribute: nobody's", SCardGetAttrib(NOBODY,
		SCARD_ATTR_VENDOR_NAME, value, &n), SCARD_E_INVALID_HANDLE);
	n = 264;
	is("attribute: unknown", SCardGetAttrib(card,
		SCARD_ATTR_DEFAULT_CLK, value, &n),
	    SCARD_E_UNSUPPORTED_FEATURE);
	n = 0;
	is("attribute: length", SCardGetAttrib(card, SCARD_ATTR_VENDOR_NAME,
		NULL, &n), SCARD_S_SUCCESS);
	is("attribute: its length", n, 11);
	n = 4;
	is("attribute: short", SCardGetAttrib(card, SCARD_ATTR_VENDOR_NAME,
		value, &n), SCARD_E_INSUFFICIENT_BUFFER);
	is("attribute: short, the length", n, 11);
	n = 265;
	is("attribute: more room than can be", SCardGetAttrib(card,
		SCARD_ATTR_VENDOR_NAME, value, &n),
	    SCARD_E_INSUFFICIENT_BUFFER);
	n = SCARD_AUTOALLOCATE;
	is("attribute: memory without a place", SCardGetAttrib(card,
		SCARD_ATTR_VENDOR_NAME, NULL, &n), SCARD_E_INVALID_PARAMETER);
	n = SCARD_AUTOALLOCATE;
	is("attribute: memory", SCardGetAttrib(card, SCARD_ATTR_VENDOR_NAME,
		(LPBYTE)(void *)&made, &n), SCARD_S_SUCCESS);
	ok("attribute: memory with the value", n == 11 &&
		strcmp((char *)made, "cardbridge") == 0);

	is("set: nothing", SCardSetAttrib(NOBODY, 1, NULL, 4),
	    SCARD_E_INVALID_PARAMETER);
	is("set: no length", SCardSetAttrib(NOBODY, 1, value, 0),
	    SCARD_E_INVALID_PARAMETER);
	is("set: nobody's", SCardSetAttrib(NOBODY, 1, value, 4),
	    SCARD_E_INVALID_HANDLE);
	is("set: refused", SCardSetAttrib(card, SCARD_ATTR_VENDOR_NAME,
		value, 4), SCARD_E_UNSUPPORTED_FEATURE);
}

static void
rows_control(SCARDHANDLE card, BYTE *large)
{
	const DWORD ask = SCARD_CTL_CODE(3400);
	BYTE out[64];
	DWORD n = 99, code;

	is("control: nobody's", SCardControl(NOBODY, ask, NULL, 0, out,
		sizeof(out), &n), SCARD_E_INVALID_HANDLE);
	is("control: nobody's, no length", n, 0);
	is("control: features", SCardControl(card, ask, NULL, 0, out,
		sizeof(out), &n), SCARD_S_SUCCESS);
	ok("control: one feature, properties", n == 6 && out[0] == 0x12 &&
		out[1] == 4);
	code = (DWORD)out[2] << 24 | (DWORD)out[3] << 16 |
	    (DWORD)out[4] << 8 | out[5];
	is("control: properties", SCardControl(card, code, NULL, 0, out,
		sizeof(out), &n), SCARD_S_SUCCESS);
	ok("control: properties, PPDU first or not", n > 6);
	is("control: without a length", SCardControl(card, ask, NULL, 0, out,
		sizeof(out), NULL), SCARD_S_SUCCESS);
	is("control: another code", SCardControl(card, SCARD_CTL_CODE(1),
		NULL, 0, out, sizeof(out), &n), SCARD_E_UNSUPPORTED_FEATURE);
	is("control: another code, no length", n, 0);
	is("control: no room", SCardControl(card, ask, NULL, 0, out, 2, &n),
	    SCARD_E_INSUFFICIENT_BUFFER);
	is("control: more than can be", SCardControl(card, ask, large,
		SEND_MAX + 1, out, sizeof(out), &n),
	    SCARD_E_INSUFFICIENT_BUFFER);
}

void
rows_reader(void)
{
	SCARDCONTEXT ctx = establish();
	SCARDHANDLE card = connected(ctx, SHARED), other;
	BYTE *large = calloc(1, SEND_MAX + 1), out[64];
	DWORD n = sizeof(out);

	if (large == NULL)
		bail("no memory");
	rows_values(card);
	rows_attribute(card);
	rows_control(card, large);

	other = connected(ctx, SHARED);
	is("lock: begin", SCardBeginTransaction(other), SCARD_S_SUCCESS);
	is("lock: another's attribute", SCardGetAttrib(card,
		SCARD_ATTR_VENDOR_NAME, out, &n), SCARD_E_SHARING_VIOLATION);
	is("lock: another's control", SCardControl(card,
		SCARD_CTL_CODE(3400), NULL, 0, out, sizeof(out), &n),
	    SCARD_E_SHARING_VIOLATION);
	is("lock: end with a reset",
	    SCardEndTransaction(other, SCARD_RESET_CARD), SCARD_S_SUCCESS);
	n = sizeof(out);
	is("attribute: a reset", SCardGetAttrib(card, SCARD_ATTR_VENDOR_NAME,
		out, &n), SCARD_W_RESET_CARD);
	is("control: a reset is no matter", SCardControl(card,
		SCARD_CTL_CODE(3400), NULL, 0, out, sizeof(out), &n),
	    SCARD_S_SUCCESS);
	card_out();
	is("control: nor that the card is gone", SCardControl(card,
		SCARD_CTL_CODE(3400), NULL, 0, out, sizeof(out), &n),
	    SCARD_S_SUCCESS);
	card_in();
	free(large);
	SCardReleaseContext(ctx);
}

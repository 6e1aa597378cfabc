/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Through pcscd, as any program would.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

#include "tests/replay/road.h"

static SCARDCONTEXT context;
static SCARDHANDLE handle;
static DWORD protocol;

static bool
pcsc_good(LONG r, const char *what, struct cb_why *why)
{
	if (r == SCARD_S_SUCCESS)
		return true;
	cb_why_set(why, "%s: %s", what, pcsc_stringify_error(r));
	return false;
}

static bool
pcsc_open(const char *where, struct cb_why *why)
{
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	LONG r = SCARD_E_NO_SERVICE;

	if (!pcsc_good(SCardEstablishContext(
			   SCARD_SCOPE_SYSTEM, NULL, NULL, &context),
		"SCardEstablishContext", why))
		return false;
	/* The card may just have been put in: at most five seconds. */
	for (int i = 0; i < 100; i++) {
		r = SCardConnect(context, where, SCARD_SHARE_EXCLUSIVE,
		    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &handle,
		    &protocol);
		if (r != SCARD_E_NO_SMARTCARD && r != SCARD_E_UNKNOWN_READER)
			break;
		nanosleep(&pause, NULL);
	}
	return pcsc_good(r, "SCardConnect", why);
}

static bool
pcsc_reset(struct cb_why *why)
{
	return pcsc_good(SCardReconnect(handle, SCARD_SHARE_EXCLUSIVE,
			     SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
			     SCARD_RESET_CARD, &protocol),
	    "SCardReconnect", why);
}

static bool
pcsc_send(struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	const SCARD_IO_REQUEST *pci =
	    protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
	uint8_t answer[65538];
	DWORD n = sizeof(answer);

	if (!pcsc_good(
		SCardTransmit(handle, pci, cmd.p, cmd.n, NULL, answer, &n),
		"SCardTransmit", why))
		return false;
	return cb_buf_set(rsp, cb_span(answer, n)) == CB_OK;
}

static void
pcsc_close(void)
{
	SCardDisconnect(handle, SCARD_RESET_CARD);
	SCardReleaseContext(context);
}

const struct road road_pcsc = { "pcscd", pcsc_open, pcsc_reset, pcsc_send,
	pcsc_close };

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What programs were compiled to: sizes, places in structures, contents of
 * the data objects, numbers (as pcsc-lite has them on Linux, by word size).
 *
 *	abi rows READER
 *	abi delegate READER FILE
 *
 * The second does what pcsc-lite's own library does from 2.1 on: linked with
 * one of the same name and symbols, it loads the file by its path and asks
 * for each function there.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/winscard/conform.h"

#define WORD sizeof(long)
#define PRESENT SCARD_STATE_PRESENT

bool upstream;
const char *reader, *reader_both;
const struct difference differences[] = { { NULL, NOT_RUN, 0, NULL } };
const size_t differences_n = 0;

/* SCARD_READERSTATE: its size, and where what is in it. */
enum { SIZE, NAME, CURRENT, EVENT, ATR_N, ATR, PLACES };
static const size_t wide[PLACES] = { 80, 0, 16, 24, 32, 40 };
static const size_t narrow[PLACES] = { 56, 0, 8, 12, 16, 20 };

static void
rows_sizes(const size_t *at)
{
	is("abi: DWORD", sizeof(DWORD), WORD);
	is("abi: LONG", sizeof(LONG), WORD);
	is("abi: SCARDCONTEXT", sizeof(SCARDCONTEXT), WORD);
	is("abi: SCARDHANDLE", sizeof(SCARDHANDLE), WORD);
	is("abi: SCARD_IO_REQUEST", sizeof(SCARD_IO_REQUEST), 2 * WORD);
	is("abi: SCARD_READERSTATE", sizeof(SCARD_READERSTATE), at[SIZE]);
}

static void
pci(const char *row, const SCARD_IO_REQUEST *p, DWORD protocol)
{
	const DWORD want[2] = { protocol, 2 * WORD };

	ok(row, memcmp(p, want, sizeof(want)) == 0);
}

/* The library's idea of the structure, without that of a header. */
static void
rows_states(SCARDCONTEXT ctx, const size_t *at)
{
	unsigned char mem[2 * 80 + 16];
	size_t i, n;
	DWORD v;
	bool kept = true;

	memset(mem, 0xA5, sizeof(mem));
	for (i = 0; i < 2; i++) {
		memcpy(mem + i * at[SIZE] + at[NAME], &reader, WORD);
		memset(mem + i * at[SIZE] + at[CURRENT], 0, WORD);
	}
	is("abi: two states", SCardGetStatusChange(
		ctx, 0, (SCARD_READERSTATE *)(void *)mem, 2), 0);
	memcpy(&v, mem + at[SIZE] + at[EVENT], WORD);
	is("abi: the second's event", v & 0xFFFF,
	    PRESENT | SCARD_STATE_CHANGED);
	memcpy(&n, mem + at[SIZE] + at[ATR_N], WORD);
	ok("abi: the second's ATR", n > 2 && n <= 33 &&
		mem[at[SIZE] + at[ATR]] == 0x3B);
	for (i = 2 * at[SIZE]; i < sizeof(mem); i++)
		kept = kept && mem[i] == 0xA5;
	ok("abi: nothing behind them", kept);
}

/* Codes are the numbers of the header, whatever the width: none has a sign
 * that is not its own. */
static void
rows_codes(SCARDCONTEXT ctx)
{
	const unsigned long bad = 0x80100003ul;
	DWORD n = (DWORD)-1;

	is("abi: a code", SCardReleaseContext(12345), bad);
	ok("abi: has no more bits",
	    (unsigned long)SCardReleaseContext(12345) >> 31 == 1);
	is("abi: AUTOALLOCATE is all ones", SCardListReaders(
		ctx, NULL, NULL, &n), SCARD_E_INVALID_PARAMETER);
}

static int
rows(void)
{
	const size_t *at = WORD == 8 ? wide : narrow;
	SCARDCONTEXT ctx;

	rows_sizes(at);
	pci("abi: T=0", SCARD_PCI_T0, 1);
	pci("abi: T=1", SCARD_PCI_T1, 2);
	pci("abi: raw", SCARD_PCI_RAW, 4);
	ctx = establish();
	rows_states(ctx, at);
	rows_codes(ctx);
	is("abi: a command", transmit(connected(ctx, SCARD_SHARE_SHARED)),
	    SCARD_S_SUCCESS);
	SCardReleaseContext(ctx);
	return finish();
}

/* ---- loaded by its path ------------------------------------------------ */

static void *library;

static void *
one(const char *name, const char *file)
{
	void *p = dlsym(library, name);
	Dl_info info;
	char row[64];

	snprintf(row, sizeof(row), "delegate: %s is the file's", name);
	ok(row, p != NULL && dladdr(p, &info) != 0 &&
		strcmp(info.dli_fname, file) == 0 &&
		p != dlsym(RTLD_DEFAULT, name));
	if (p == NULL)
		bail("a function is missing");
	return p;
}

#define TAKE(name) \
	__typeof__(&name) p_##name; \
	*(void **)&p_##name = one(#name, file)

static int
delegate(const char *file)
{
	static const BYTE cmd[] = { 0x00, 0xCA, 0x9F, 0x7F, 0x2D };
	SCARD_READERSTATE st = { .szReader = reader };
	DWORD n = SCARD_AUTOALLOCATE, active, state, protocol;
	BYTE rsp[64];
	char *names = NULL;
	SCARDCONTEXT ctx;
	SCARDHANDLE card;

	library = dlopen(file, RTLD_NOW);
	if (library == NULL)
		bail(dlerror());
	TAKE(SCardEstablishContext);
	TAKE(SCardReleaseContext);
	TAKE(SCardIsValidContext);
	TAKE(SCardConnect);
	TAKE(SCardReconnect);
	TAKE(SCardDisconnect);
	TAKE(SCardBeginTransaction);
	TAKE(SCardEndTransaction);
	TAKE(SCardStatus);
	TAKE(SCardGetStatusChange);
	TAKE(SCardControl);
	TAKE(SCardTransmit);
	TAKE(SCardListReaderGroups);
	TAKE(SCardListReaders);
	TAKE(SCardFreeMemory);
	TAKE(SCardCancel);
	TAKE(SCardGetAttrib);
	TAKE(SCardSetAttrib);

	/* the one that is linked has no daemon: what came there would fail */
	ok("delegate: the linked one has no service", SCardEstablishContext(
		0, NULL, NULL, &ctx) == SCARD_E_NO_SERVICE);
	is("delegate: establish", p_SCardEstablishContext(0, NULL, NULL, &ctx),
	    SCARD_S_SUCCESS);
	is("delegate: valid", p_SCardIsValidContext(ctx), SCARD_S_SUCCESS);
	is("delegate: list", p_SCardListReaders(
		ctx, NULL, (LPSTR)&names, &n), SCARD_S_SUCCESS);
	is("delegate: free", p_SCardFreeMemory(ctx, names), SCARD_S_SUCCESS);
	n = 0;
	is("delegate: groups", p_SCardListReaderGroups(ctx, NULL, &n),
	    SCARD_S_SUCCESS);
	is("delegate: change", p_SCardGetStatusChange(ctx, 0, &st, 1),
	    SCARD_S_SUCCESS);
	is("delegate: connect", p_SCardConnect(ctx, reader,
		SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &card, &active),
	    SCARD_S_SUCCESS);
	is("delegate: begin", p_SCardBeginTransaction(card), SCARD_S_SUCCESS);
	n = sizeof(rsp);
	/* the data object is the linked one's */
	is("delegate: transmit", p_SCardTransmit(card, SCARD_PCI_T1, cmd,
		sizeof(cmd), NULL, rsp, &n), SCARD_S_SUCCESS);
	is("delegate: its answer", n, ANSWER_N);
	is("delegate: end", p_SCardEndTransaction(card, SCARD_RESET_CARD),
	    SCARD_S_SUCCESS);
	is("delegate: reconnect", p_SCardReconnect(card, SCARD_SHARE_SHARED,
		SCARD_PROTOCOL_ANY, SCARD_LEAVE_CARD, &active),
	    SCARD_S_SUCCESS);
	is("delegate: status", p_SCardStatus(card, NULL, NULL, &state,
		&protocol, NULL, NULL), SCARD_S_SUCCESS);
	is("delegate: control", p_SCardControl(card,
		CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, rsp, sizeof(rsp), &n),
	    SCARD_S_SUCCESS);
	n = sizeof(rsp);
	is("delegate: get", p_SCardGetAttrib(card, SCARD_ATTR_ATR_STRING, rsp,
		&n), SCARD_S_SUCCESS);
	is("delegate: set", p_SCardSetAttrib(card, SCARD_ATTR_ATR_STRING, rsp,
		n), SCARD_E_UNSUPPORTED_FEATURE);
	is("delegate: cancel", p_SCardCancel(ctx), SCARD_S_SUCCESS);
	is("delegate: disconnect", p_SCardDisconnect(card, SCARD_LEAVE_CARD),
	    SCARD_S_SUCCESS);
	is("delegate: release", p_SCardReleaseContext(ctx), SCARD_S_SUCCESS);
	return finish();
}

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(30);
	if (argc < 3)
		return 2;
	reader = argv[2];
	if (argc == 4 && strcmp(argv[1], "delegate") == 0)
		return delegate(argv[3]);
	return rows();
}

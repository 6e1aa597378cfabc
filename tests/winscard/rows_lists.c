/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Contexts, and the lists of readers and groups.
 */
#include <string.h>

#include "tests/winscard/conform.h"

#define NOBODY ((SCARDCONTEXT)0x12345)	/* a handle of nobody's */

void
rows_context(void)
{
	SCARDCONTEXT a = 0, b = 0;
	SCARDHANDLE card;
	DWORD scope;

	is("establish: no place comes before the scope",
	    SCardEstablishContext(4, NULL, NULL, NULL),
	    SCARD_E_INVALID_PARAMETER);
	is("establish: scope 4", SCardEstablishContext(4, NULL, NULL, &a),
	    SCARD_E_INVALID_VALUE);
	for (scope = 0; scope <= 3; scope++) {
		is("establish: scopes 0 to 3",
		    SCardEstablishContext(scope, NULL, NULL, &a),
		    SCARD_S_SUCCESS);
		SCardReleaseContext(a);
	}
	is("establish: no service", ask_self("no-service"),
	    SCARD_E_NO_SERVICE);

	a = establish();
	b = establish();
	ok("establish: a handle of its own", a != b && a != 0 && b != 0);
	is("valid: it is", SCardIsValidContext(a), SCARD_S_SUCCESS);
	is("valid: nobody's", SCardIsValidContext(NOBODY),
	    SCARD_E_INVALID_HANDLE);
	is("valid: 0", SCardIsValidContext(0), SCARD_E_INVALID_HANDLE);
	card = connected(a, SCARD_SHARE_SHARED);
	is("valid: a card's", SCardIsValidContext(card),
	    SCARD_E_INVALID_HANDLE);
	is("release: a card's", SCardReleaseContext(card),
	    SCARD_E_INVALID_HANDLE);
	is("release: once", SCardReleaseContext(a), SCARD_S_SUCCESS);
	is("release: twice", SCardReleaseContext(a), SCARD_E_INVALID_HANDLE);
	is("release: 0", SCardReleaseContext(0), SCARD_E_INVALID_HANDLE);
	is("release: not valid", SCardIsValidContext(a),
	    SCARD_E_INVALID_HANDLE);
	is("release: its card", status(card), SCARD_E_INVALID_HANDLE);
	is("release: its card, disconnected",
	    SCardDisconnect(card, SCARD_LEAVE_CARD), SCARD_E_INVALID_HANDLE);
	is("release: another context lives", SCardIsValidContext(b),
	    SCARD_S_SUCCESS);

	is("cancel: nobody's", SCardCancel(NOBODY), SCARD_E_INVALID_HANDLE);
	is("cancel: nothing waits", SCardCancel(b), SCARD_S_SUCCESS);
	is("free: nobody's", SCardFreeMemory(NOBODY, NULL),
	    SCARD_E_INVALID_HANDLE);
	is("free: nothing", SCardFreeMemory(b, NULL), SCARD_S_SUCCESS);
	SCardReleaseContext(b);
}

/* Is it a multi-string, of this length? */
static bool
is_multi(const char *s, DWORD n)
{
	DWORD at = 0;

	while (at < n && s[at] != '\0')
		at += (DWORD)strlen(s + at) + 1;
	return n >= 2 && at == n - 1;
}

static bool
has(const char *list, const char *name)
{
	while (*list != '\0' && strcmp(list, name) != 0)
		list += strlen(list) + 1;
	return *list != '\0';
}

static void
rows_readers(SCARDCONTEXT ctx)
{
	static const char group[] = "no such group\0";
	char buf[1024], *made = NULL;
	DWORD all = 0, n;

	is("readers: no length comes before the context",
	    SCardListReaders(NOBODY, NULL, buf, NULL),
	    SCARD_E_INVALID_PARAMETER);
	n = SCARD_AUTOALLOCATE;
	is("readers: memory without a place",
	    SCardListReaders(ctx, NULL, NULL, &n), SCARD_E_INVALID_PARAMETER);
	is("readers: nobody's", SCardListReaders(NOBODY, NULL, NULL, &all),
	    SCARD_E_INVALID_HANDLE);
	is("readers: length", SCardListReaders(ctx, NULL, NULL, &all),
	    SCARD_S_SUCCESS);
	n = sizeof(buf);
	is("readers: names", SCardListReaders(ctx, NULL, buf, &n),
	    SCARD_S_SUCCESS);
	is("readers: the length is that of the names", n, all);
	ok("readers: a multi-string", is_multi(buf, n));
	ok("readers: both are in it", has(buf, reader) &&
		has(buf, reader_both));
	n = sizeof(buf);
	is("readers: an unknown group",
	    SCardListReaders(ctx, group, buf, &n), SCARD_S_SUCCESS);
	is("readers: groups are not looked at", n, all);
	n = all - 1;
	is("readers: one byte short", SCardListReaders(ctx, NULL, buf, &n),
	    SCARD_E_INSUFFICIENT_BUFFER);
	is("readers: short, the length", n, all);
	n = all;
	is("readers: exactly", SCardListReaders(ctx, NULL, buf, &n),
	    SCARD_S_SUCCESS);
	n = SCARD_AUTOALLOCATE;
	is("readers: memory",
	    SCardListReaders(ctx, NULL, (LPSTR)(void *)&made, &n),
	    SCARD_S_SUCCESS);
	ok("readers: memory with the names", n == all && made != NULL &&
		memcmp(made, buf, n) == 0);
	is("readers: memory is given back", SCardFreeMemory(ctx, made),
	    SCARD_S_SUCCESS);
}

static void
rows_groups(SCARDCONTEXT ctx)
{
	static const char want[22] = "SCard$DefaultReaders\0";
	char buf[64], *made = NULL;
	DWORD n = 0;

	if (runs("groups: no length"))
		is("groups: no length", SCardListReaderGroups(ctx, buf, NULL),
		    SCARD_E_INVALID_PARAMETER);
	is("groups: nobody's", SCardListReaderGroups(NOBODY, NULL, &n),
	    SCARD_E_INVALID_HANDLE);
	is("groups: length", SCardListReaderGroups(ctx, NULL, &n),
	    SCARD_S_SUCCESS);
	is("groups: of one group", n, sizeof(want));
	n = sizeof(buf);
	is("groups: names", SCardListReaderGroups(ctx, buf, &n),
	    SCARD_S_SUCCESS);
	ok("groups: the one there is", n == sizeof(want) &&
		memcmp(buf, want, n) == 0);
	n = sizeof(want) - 1;
	is("groups: one byte short", SCardListReaderGroups(ctx, buf, &n),
	    SCARD_E_INSUFFICIENT_BUFFER);
	is("groups: short, the length", n, sizeof(want));
	n = SCARD_AUTOALLOCATE;
	is("groups: memory without a place",
	    SCardListReaderGroups(ctx, NULL, &n), SCARD_E_INVALID_PARAMETER);
	n = SCARD_AUTOALLOCATE;
	is("groups: memory",
	    SCardListReaderGroups(ctx, (LPSTR)(void *)&made, &n),
	    SCARD_S_SUCCESS);
	ok("groups: memory with the name", n == sizeof(want) &&
		made != NULL && memcmp(made, want, n) == 0);
	is("groups: memory is given back", SCardFreeMemory(ctx, made),
	    SCARD_S_SUCCESS);
}

void
rows_lists(void)
{
	SCARDCONTEXT ctx = establish();

	rows_readers(ctx);
	rows_groups(ctx);
	SCardReleaseContext(ctx);
}

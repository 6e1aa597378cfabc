/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fuzz_winscard.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/fuzz/fuzz_winscard.h"

/* ---- the socket -------------------------------------------------------- */

static char dir[96], *made;
static pid_t owner;

static void
clean_up(void)
{
	if (getpid() != owner)
		return;
	unlink(made);
	rmdir(dir);
}

int
fuzz_listen(char path[108])
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *tmp = getenv("TMPDIR");
	int fd, n;

	n = snprintf(dir, sizeof(dir), "%s/cardbridge-fuzz-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	if (n < 0 || (size_t)n >= sizeof(dir) || mkdtemp(dir) == NULL)
		abort();
	snprintf(path, 108, "%.95s/socket", dir);
	memcpy(un.sun_path, path, strlen(path) + 1);
	fd = socket(
	    AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    listen(fd, 64) != 0 || (made = strdup(path)) == NULL)
		abort();
	owner = getpid();
	if (atexit(clean_up) != 0)
		abort();
	setenv("CARDBRIDGE_SOCKET", path, 1);
	return fd;
}

/* ---- answers ----------------------------------------------------------- */

#define MOST 16

/* pcsc-lite's, where the bridge is in order. */
static const LONG answers[FUNCTIONS][MOST] = {
	[ESTABLISH] = { SCARD_E_INVALID_PARAMETER, SCARD_E_INVALID_VALUE },
	[RELEASE] = { SCARD_E_INVALID_HANDLE },
	[VALID] = { SCARD_E_INVALID_HANDLE },
	[CANCEL] = { SCARD_E_INVALID_HANDLE },
	[FREE_MEMORY] = { SCARD_E_INVALID_HANDLE },
	[LIST] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INSUFFICIENT_BUFFER, SCARD_E_NO_READERS_AVAILABLE },
	[GROUPS] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INSUFFICIENT_BUFFER },
	[CHANGE] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INVALID_VALUE, SCARD_E_UNKNOWN_READER, SCARD_E_TIMEOUT,
	    SCARD_E_CANCELLED },
	[CONNECT] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INVALID_VALUE, SCARD_E_UNKNOWN_READER,
	    SCARD_E_PROTO_MISMATCH, SCARD_E_SHARING_VIOLATION,
	    SCARD_E_NO_SMARTCARD, SCARD_W_UNPOWERED_CARD,
	    SCARD_E_CANCELLED },
	[RECONNECT] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INVALID_VALUE, SCARD_E_PROTO_MISMATCH,
	    SCARD_E_SHARING_VIOLATION, SCARD_E_NO_SMARTCARD,
	    SCARD_W_UNRESPONSIVE_CARD, SCARD_E_CANCELLED },
	[DISCONNECT] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_VALUE,
	    SCARD_E_CANCELLED },
	[BEGIN] = { SCARD_E_INVALID_HANDLE, SCARD_W_RESET_CARD,
	    SCARD_W_REMOVED_CARD, SCARD_E_CANCELLED },
	[END] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_VALUE,
	    SCARD_E_NOT_TRANSACTED, SCARD_E_SHARING_VIOLATION,
	    SCARD_W_RESET_CARD, SCARD_W_REMOVED_CARD },
	[STATUS] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INSUFFICIENT_BUFFER, SCARD_W_RESET_CARD,
	    SCARD_W_REMOVED_CARD, SCARD_E_CANCELLED },
	[TRANSMIT] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INSUFFICIENT_BUFFER, SCARD_E_PROTO_MISMATCH,
	    SCARD_E_NO_SMARTCARD, SCARD_W_RESET_CARD, SCARD_W_REMOVED_CARD,
	    SCARD_E_NOT_TRANSACTED, SCARD_E_CANCELLED },
	[CONTROL] = { SCARD_E_INVALID_HANDLE, SCARD_E_INSUFFICIENT_BUFFER,
	    SCARD_E_UNSUPPORTED_FEATURE, SCARD_E_SHARING_VIOLATION },
	[GET_ATTRIB] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_INSUFFICIENT_BUFFER, SCARD_E_UNSUPPORTED_FEATURE,
	    SCARD_E_SHARING_VIOLATION, SCARD_W_RESET_CARD,
	    SCARD_W_REMOVED_CARD },
	[SET_ATTRIB] = { SCARD_E_INVALID_HANDLE, SCARD_E_INVALID_PARAMETER,
	    SCARD_E_UNSUPPORTED_FEATURE },
};

/* Of a bridge that is gone, or is none, or says that it cannot: these from
 * the functions that ask it, the card's states from those about a card. */
static const LONG troubles[] = {
	SCARD_E_NO_SERVICE, SCARD_E_READER_UNAVAILABLE,
	SCARD_E_SERVICE_STOPPED, SCARD_E_NO_MEMORY,
	SCARD_W_SECURITY_VIOLATION, SCARD_F_INTERNAL_ERROR,
	SCARD_E_UNKNOWN_READER, SCARD_E_SHARING_VIOLATION,
	SCARD_E_NO_SMARTCARD, SCARD_W_REMOVED_CARD, SCARD_W_RESET_CARD,
	SCARD_E_NOT_TRANSACTED, SCARD_E_PROTO_MISMATCH, SCARD_E_CANCELLED,
	SCARD_W_UNRESPONSIVE_CARD, SCARD_W_UNPOWERED_CARD,
	SCARD_E_INSUFFICIENT_BUFFER,
};

static bool
asks_the_bridge(enum fn f)
{
	return f == ESTABLISH || f == LIST || f == CHANGE ||
	    (f >= CONNECT && f != DISCONNECT && f != SET_ATTRIB);
}

LONG
fuzz_code(enum fn f, LONG rv, bool faulty)
{
	size_t i;

	if (rv == SCARD_S_SUCCESS)
		return rv;
	for (i = 0; i < MOST; i++)
		if (answers[f][i] == rv)
			return rv;
	for (i = 0; i < sizeof(troubles) / sizeof(troubles[0]); i++)
		if (faulty && asks_the_bridge(f) && troubles[i] == rv)
			return rv;
	fprintf(stderr, "function %d answers 0x%lX: %s\n", (int)f,
	    (unsigned long)rv, pcsc_stringify_error(rv));
	abort();
}

void
fuzz_multi_string(const char *p, size_t n)
{
	if (n < 2 || p[n - 1] != '\0' || p[n - 2] != '\0')
		abort();
}

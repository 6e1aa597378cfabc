/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The floor: an IFD handler with a card that answers every command with 9000
 * at once. Built twice: pcscd's own polling as it is, and with a polling
 * thread (NULL_POLLING) whose card goes and comes by a datagram of '-' or '+'
 * to the socket in DEVICENAME ("null:/path").
 *
 * Where there is a file "/path.said", the card answers, as quickly, what is
 * recorded there: lines "ATR HEX", then "> HEX" (a command) and "< HEX" (the
 * answer with its status word). The next such command from where it is counts,
 * and after the last turn comes the first; one that was never sent gets 6F00.
 *
 * One reader, one slot: a second reader takes a copy of the file.
 */
#include <ifdhandler.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TURNS_MAX 256

struct bytes {
	UCHAR p[300];
	size_t n;
};

static struct bytes null_atr = { { 0x3B, 0x80, 0x01, 0x81 }, 4 };
static struct {
	struct bytes cmd, rsp;
} turns[TURNS_MAX];
static size_t turns_n, turns_at;

static int events = -1, stop = -1;
static atomic_bool present = true;

#ifdef NULL_POLLING
static RESPONSECODE
null_poll(DWORD lun, int timeout_ms)
{
	struct pollfd fds[2] = { { events, POLLIN, 0 }, { stop, POLLIN, 0 } };
	eventfd_t count;
	char what;

	(void)lun;
	(void)poll(fds, 2, timeout_ms);
	if (fds[0].revents != 0 && recv(events, &what, 1, MSG_DONTWAIT) == 1)
		atomic_store(&present, what == '+');
	if (fds[1].revents != 0)
		(void)eventfd_read(stop, &count);
	return IFD_SUCCESS;
}

static RESPONSECODE
null_stop(DWORD lun)
{
	(void)lun;
	(void)eventfd_write(stop, 1);
	return IFD_SUCCESS;
}
#endif

static bool
read_bytes(struct bytes *b, const char *hex)
{
	unsigned int byte;

	for (b->n = 0; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
		if (b->n == sizeof(b->p))
			return false;
		b->p[b->n++] = (UCHAR)byte;
	}
	return b->n != 0;
}

static bool
read_line(const char *line)
{
	if (strncmp(line, "ATR ", 4) == 0)
		return read_bytes(&null_atr, line + 4);
	if (strncmp(line, "> ", 2) == 0)
		return turns_n < TURNS_MAX &&
		    read_bytes(&turns[turns_n].cmd, line + 2);
	return turns_n < TURNS_MAX && strncmp(line, "< ", 2) == 0 &&
	    read_bytes(&turns[turns_n++].rsp, line + 2);
}

/* What a card said, if there is such a file. */
static bool
read_said(const char *path)
{
	char name[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 8];
	char line[1024];
	bool good = true;
	FILE *f;

	(void)snprintf(name, sizeof(name), "%s.said", path);
	if ((f = fopen(name, "re")) == NULL)
		return true;
	while (good && fgets(line, sizeof(line), f) != NULL)
		good = read_line(line);
	fclose(f);
	return good && turns_n != 0;
}

/* The answer to a command; NULL: it was never sent. */
static const struct bytes *
next_said(const UCHAR *cmd, size_t n)
{
	size_t i, at;

	for (i = 0; i < turns_n; i++) {
		at = (turns_at + i) % turns_n;
		if (turns[at].cmd.n != n ||
		    memcmp(turns[at].cmd.p, cmd, n) != 0)
			continue;
		turns_at = at + 1;
		return &turns[at].rsp;
	}
	return NULL;
}

RESPONSECODE
IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t n = strcspn(DeviceName, ":");

	(void)Lun;
	stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (DeviceName[n] == '\0' ||
	    strlen(DeviceName + n + 1) >= sizeof(un.sun_path))
		return IFD_COMMUNICATION_ERROR;
	memcpy(un.sun_path, DeviceName + n + 1, strlen(DeviceName + n + 1));
	events = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (events < 0 ||
	    bind(events, (struct sockaddr *)&un, sizeof(un)) != 0 ||
	    !read_said(un.sun_path))
		return IFD_COMMUNICATION_ERROR;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
	(void)Lun;
	(void)Channel;
	return IFD_COMMUNICATION_ERROR;
}

RESPONSECODE
IFDHCloseChannel(DWORD Lun)
{
	(void)Lun;
	close(events);
	close(stop);
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
#ifdef NULL_POLLING
	RESPONSECODE (*poll_fn)(DWORD, int) = null_poll;
	RESPONSECODE (*stop_fn)(DWORD) = null_stop;

	if (Tag == TAG_IFD_POLLING_THREAD_WITH_TIMEOUT) {
		memcpy(Value, &poll_fn, sizeof(poll_fn));
		*Length = sizeof(poll_fn);
		return IFD_SUCCESS;
	}
	if (Tag == TAG_IFD_STOP_POLLING_THREAD) {
		memcpy(Value, &stop_fn, sizeof(stop_fn));
		*Length = sizeof(stop_fn);
		return IFD_SUCCESS;
	}
#endif
	(void)Lun;
	if (Tag != TAG_IFD_ATR || *Length < null_atr.n)
		return IFD_ERROR_TAG;
	memcpy(Value, null_atr.p, null_atr.n);
	*Length = null_atr.n;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
	(void)Lun;
	(void)Tag;
	(void)Length;
	(void)Value;
	return IFD_ERROR_TAG;
}

RESPONSECODE
IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1,
    UCHAR PTS2, UCHAR PTS3)
{
	(void)Lun;
	(void)Protocol;
	(void)Flags;
	(void)PTS1;
	(void)PTS2;
	(void)PTS3;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
	(void)Lun;
	*AtrLength = 0;
	if (Action == IFD_POWER_DOWN)
		return IFD_SUCCESS;
	memcpy(Atr, null_atr.p, null_atr.n);
	*AtrLength = null_atr.n;
	turns_at = 0;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer,
    DWORD TxLength, PUCHAR RxBuffer, PDWORD RxLength,
    PSCARD_IO_HEADER RecvPci)
{
	static const struct bytes success = { { 0x90, 0x00 }, 2 };
	static const struct bytes unknown = { { 0x6F, 0x00 }, 2 };
	const struct bytes *rsp = &success;

	(void)Lun;
	if (turns_n != 0 && (rsp = next_said(TxBuffer, TxLength)) == NULL)
		rsp = &unknown;
	RecvPci->Protocol = SendPci.Protocol;
	if (*RxLength < rsp->n)
		return IFD_COMMUNICATION_ERROR;
	memcpy(RxBuffer, rsp->p, rsp->n);
	*RxLength = rsp->n;
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength,
    PUCHAR RxBuffer, DWORD RxLength, LPDWORD pdwBytesReturned)
{
	(void)Lun;
	(void)dwControlCode;
	(void)TxBuffer;
	(void)TxLength;
	(void)RxBuffer;
	(void)RxLength;
	*pdwBytesReturned = 0;
	return IFD_ERROR_NOT_SUPPORTED;
}

RESPONSECODE
IFDHICCPresence(DWORD Lun)
{
	(void)Lun;
	return atomic_load(&present) ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
}

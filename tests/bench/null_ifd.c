/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The floor: an IFD handler with a card that answers every command with 9000
 * at once. Built twice: pcscd's own polling as it is, and with a polling
 * thread (NULL_POLLING) whose card goes and comes by a datagram of '-' or '+'
 * to the socket in DEVICENAME ("null:/path").
 *
 * One reader, one slot.
 */
#include <ifdhandler.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const UCHAR null_atr[] = { 0x3B, 0x80, 0x01, 0x81 };

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
	    bind(events, (struct sockaddr *)&un, sizeof(un)) != 0)
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
	if (Tag != TAG_IFD_ATR || *Length < sizeof(null_atr))
		return IFD_ERROR_TAG;
	memcpy(Value, null_atr, sizeof(null_atr));
	*Length = sizeof(null_atr);
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
	memcpy(Atr, null_atr, sizeof(null_atr));
	*AtrLength = sizeof(null_atr);
	return IFD_SUCCESS;
}

RESPONSECODE
IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer,
    DWORD TxLength, PUCHAR RxBuffer, PDWORD RxLength,
    PSCARD_IO_HEADER RecvPci)
{
	(void)Lun;
	(void)TxBuffer;
	(void)TxLength;
	RecvPci->Protocol = SendPci.Protocol;
	RxBuffer[0] = 0x90;
	RxBuffer[1] = 0x00;
	*RxLength = 2;
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

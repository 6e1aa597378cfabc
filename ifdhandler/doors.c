/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The exported names, and why there are 32 of each behind one.
 *
 * pcscd makes a reader's PC/SC name from its file's FRIENDLYNAME and two
 * numbers; the first of them counts the readers of one driver, in the order
 * of the directory, as soon as the driver says that it can serve more than
 * one (TAG_IFD_SIMULTANEOUS_ACCESS; readerfactory.c, RFSetReaderName). A name
 * would then change when another reader's file comes or goes. A driver that
 * says "one" keeps the 00 for every reader, but its readers then all have
 * Lun 0, although the driver is loaded only once.
 *
 * What differs is the binding: for each reader pcscd looks the entry points
 * up anew with dlsym (RFBindFunctions: by name first, then IFDHCreateChannel
 * and the others). Exported as indirect functions, each look-up asks us which
 * address to give. So each reader gets entry points of its own, a "door", and
 * (door, Lun) is unique. A look-up of IFDHCreateChannel begins a new binding
 * and takes the first door behind which nothing is open.
 *
 * Who looks up once and opens many Luns has them all behind one door, which
 * works as with any other driver. A C library without indirect functions gets
 * one door: there, one reader file only, or one with slots.
 */
#include "ifdhandler/ifd.h"

#define PUBLIC __attribute__((visibility("default")))

#define DOORS(X) \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) \
	X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) \
	X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) \
	X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)

struct door {
	RESPONSECODE (*create_by_name)(DWORD, LPSTR);
	RESPONSECODE (*create)(DWORD, DWORD);
	RESPONSECODE (*close)(DWORD);
	RESPONSECODE (*get)(DWORD, DWORD, PDWORD, PUCHAR);
	RESPONSECODE (*set)(DWORD, DWORD, DWORD, PUCHAR);
	RESPONSECODE (*protocol)(DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR);
	RESPONSECODE (*power)(DWORD, DWORD, PUCHAR, PDWORD);
	RESPONSECODE (*transmit)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD,
	    PUCHAR, PDWORD, PSCARD_IO_HEADER);
	RESPONSECODE (*control)(
	    DWORD, DWORD, PUCHAR, DWORD, PUCHAR, DWORD, LPDWORD);
	RESPONSECODE (*presence)(DWORD);
	ifd_poll_fn poll;
	ifd_stop_fn stop;
};

/* clang-format off */
#define DOOR_FUNCTIONS(d) \
static RESPONSECODE create_by_name_##d(DWORD lun, LPSTR name) \
{ return ifd_create_channel_by_name(d, lun, name); } \
static RESPONSECODE create_##d(DWORD lun, DWORD channel) \
{ return ifd_create_channel(d, lun, channel); } \
static RESPONSECODE close_##d(DWORD lun) \
{ return ifd_close_channel(d, lun); } \
static RESPONSECODE get_##d(DWORD lun, DWORD tag, PDWORD n, PUCHAR v) \
{ return ifd_get_capabilities(d, lun, tag, n, v); } \
static RESPONSECODE set_##d(DWORD lun, DWORD tag, DWORD n, PUCHAR v) \
{ return ifd_set_capabilities(d, lun, tag, n, v); } \
static RESPONSECODE protocol_##d(DWORD lun, DWORD t, UCHAR flags, \
    UCHAR pts1, UCHAR pts2, UCHAR pts3) \
{ return ifd_set_protocol_parameters(d, lun, t, flags, pts1, pts2, pts3); } \
static RESPONSECODE power_##d(DWORD lun, DWORD what, PUCHAR atr, PDWORD n) \
{ return ifd_power_icc(d, lun, what, atr, n); } \
static RESPONSECODE transmit_##d(DWORD lun, SCARD_IO_HEADER pci, PUCHAR tx, \
    DWORD tx_n, PUCHAR rx, PDWORD rx_n, PSCARD_IO_HEADER rpci) \
{ return ifd_transmit(d, lun, pci, tx, tx_n, rx, rx_n, rpci); } \
static RESPONSECODE control_##d(DWORD lun, DWORD code, PUCHAR tx, \
    DWORD tx_n, PUCHAR rx, DWORD size, LPDWORD n) \
{ return ifd_control(d, lun, code, tx, tx_n, rx, size, n); } \
static RESPONSECODE presence_##d(DWORD lun) \
{ return ifd_icc_presence(d, lun); } \
static RESPONSECODE poll_##d(DWORD lun, int timeout_ms) \
{ return ifd_poll(d, lun, timeout_ms); } \
static RESPONSECODE stop_##d(DWORD lun) \
{ return ifd_poll_stop(d, lun); }

#define DOOR_ROW(d) { \
	create_by_name_##d, create_##d, close_##d, get_##d, set_##d, \
	protocol_##d, power_##d, transmit_##d, control_##d, presence_##d, \
	poll_##d, stop_##d },
/* clang-format on */

DOORS(DOOR_FUNCTIONS)

static const struct door doors[IFD_DOORS] = { DOORS(DOOR_ROW) };

ifd_poll_fn
ifd_door_poll(unsigned door)
{
	return doors[door].poll;
}

ifd_stop_fn
ifd_door_stop(unsigned door)
{
	return doors[door].stop;
}

#ifdef __GLIBC__

/* pcscd binds its readers one after the other, from one thread. */
static atomic_uint binding;

static const struct door *
bound(void)
{
	return &doors[atomic_load(&binding)];
}

/* With all doors taken, readers share the last: their Luns must differ. */
static const struct door *
bind_next(void)
{
	unsigned d = 0;

	while (d < IFD_DOORS - 1 && ifd_door_in_use(d))
		d++;
	atomic_store(&binding, d);
	return &doors[d];
}

#define EXPORT(name, field, look, args) \
	__attribute__((used)) static RESPONSECODE (*resolve_##field( \
	    void))args \
	{ \
		return look()->field; \
	} \
	PUBLIC RESPONSECODE name args __attribute__((ifunc("resolve_" #field)))

EXPORT(IFDHCreateChannelByName, create_by_name, bound, (DWORD, LPSTR));
EXPORT(IFDHCreateChannel, create, bind_next, (DWORD, DWORD));
EXPORT(IFDHCloseChannel, close, bound, (DWORD));
EXPORT(IFDHGetCapabilities, get, bound, (DWORD, DWORD, PDWORD, PUCHAR));
EXPORT(IFDHSetCapabilities, set, bound, (DWORD, DWORD, DWORD, PUCHAR));
EXPORT(IFDHSetProtocolParameters, protocol, bound,
    (DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR));
EXPORT(IFDHPowerICC, power, bound, (DWORD, DWORD, PUCHAR, PDWORD));
EXPORT(IFDHTransmitToICC, transmit, bound,
    (DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD,
	PSCARD_IO_HEADER));
EXPORT(IFDHControl, control, bound,
    (DWORD, DWORD, PUCHAR, DWORD, PUCHAR, DWORD, LPDWORD));
EXPORT(IFDHICCPresence, presence, bound, (DWORD));

#else /* one door */

PUBLIC RESPONSECODE
IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
	return ifd_create_channel_by_name(0, Lun, DeviceName);
}

PUBLIC RESPONSECODE
IFDHCreateChannel(DWORD Lun, DWORD Channel)
{
	return ifd_create_channel(0, Lun, Channel);
}

PUBLIC RESPONSECODE
IFDHCloseChannel(DWORD Lun)
{
	return ifd_close_channel(0, Lun);
}

PUBLIC RESPONSECODE
IFDHGetCapabilities(DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value)
{
	return ifd_get_capabilities(0, Lun, Tag, Length, Value);
}

PUBLIC RESPONSECODE
IFDHSetCapabilities(DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value)
{
	return ifd_set_capabilities(0, Lun, Tag, Length, Value);
}

PUBLIC RESPONSECODE
IFDHSetProtocolParameters(DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1,
    UCHAR PTS2, UCHAR PTS3)
{
	return ifd_set_protocol_parameters(
	    0, Lun, Protocol, Flags, PTS1, PTS2, PTS3);
}

PUBLIC RESPONSECODE
IFDHPowerICC(DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength)
{
	return ifd_power_icc(0, Lun, Action, Atr, AtrLength);
}

PUBLIC RESPONSECODE
IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer,
    DWORD TxLength, PUCHAR RxBuffer, PDWORD RxLength,
    PSCARD_IO_HEADER RecvPci)
{
	return ifd_transmit(0, Lun, SendPci, TxBuffer, TxLength, RxBuffer,
	    RxLength, RecvPci);
}

PUBLIC RESPONSECODE
IFDHControl(DWORD Lun, DWORD dwControlCode, PUCHAR TxBuffer, DWORD TxLength,
    PUCHAR RxBuffer, DWORD RxLength, LPDWORD pdwBytesReturned)
{
	return ifd_control(0, Lun, dwControlCode, TxBuffer, TxLength,
	    RxBuffer, RxLength, pdwBytesReturned);
}

PUBLIC RESPONSECODE
IFDHICCPresence(DWORD Lun)
{
	return ifd_icc_presence(0, Lun);
}

#endif

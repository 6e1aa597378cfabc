/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The entry points of the IFD handler (pcsc-lite's ifdhandler.h, version
 * 3.0), for pcscd 1.9 to 2.5. Every length that goes out is 0 on every error.
 *
 * This code is a guest in pcscd: it never ends the process, raises no signal,
 * starts no thread and writes to no standard stream.
 */
#include <string.h>

#include "ifdhandler/ifd.h"

/* CREATE_CHANNEL: an absent bridge is no error, or pcscd would drop the
 * reader for as long as it runs. */
RESPONSECODE
ifd_create_channel_by_name(unsigned door, DWORD lun, LPSTR device)
{
	enum cb_err r;

	if (device == NULL)
		return IFD_COMMUNICATION_ERROR;
	if (device[0] == '\0')
		return ifd_create_channel(door, lun, lun & 0xffff);
	r = ifd_slot_open(door, lun, device);
	if (r != CB_OK)
		ifd_log("%s: %s", device, cb_err_text(r));
	return r == CB_OK ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE
ifd_create_channel(unsigned door, DWORD lun, DWORD channel)
{
	enum cb_err r = CB_E_ARG;

	if (channel < BR_SLOTS_MAX)
		r = ifd_slot_open_channel(door, lun, (unsigned)channel);
	if (r != CB_OK)
		ifd_log("channel %lu: %s", channel, cb_err_text(r));
	return r == CB_OK ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE
ifd_close_channel(unsigned door, DWORD lun)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	ifd_slot_close(s);
	return IFD_SUCCESS;
}

RESPONSECODE
ifd_get_capabilities(
    unsigned door, DWORD lun, DWORD tag, PDWORD length, PUCHAR value)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	if (length == NULL)
		return IFD_COMMUNICATION_ERROR;
	if (s == NULL) {
		*length = 0;
		return IFD_COMMUNICATION_ERROR;
	}
	/* asked at the end of a reader only (eventhandler.c) */
	if (tag == TAG_IFD_POLLING_THREAD_KILLABLE)
		ifd_watch_end(s);
	return ifd_attribute_get(s, tag, length, value);
}

RESPONSECODE
ifd_set_capabilities(
    unsigned door, DWORD lun, DWORD tag, DWORD length, PUCHAR value)
{
	DWORD n = 0;

	(void)length;
	(void)value;
	if (ifd_get_capabilities(door, lun, tag, &n, NULL) == IFD_SUCCESS)
		return IFD_ERROR_VALUE_READ_ONLY;
	return IFD_ERROR_TAG;
}

/* PTS: which of the protocols in the ATR; its speeds mean nothing here. */
RESPONSECODE
ifd_set_protocol_parameters(unsigned door, DWORD lun, DWORD protocol,
    UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	(void)flags;
	(void)pts1;
	(void)pts2;
	(void)pts3;
	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	if (protocol != SCARD_PROTOCOL_T0 && protocol != SCARD_PROTOCOL_T1)
		return IFD_PROTOCOL_NOT_SUPPORTED;
	return ifd_status(
	    ifd_slot_protocol(s, protocol == SCARD_PROTOCOL_T1 ? 1 : 0),
	    IFD_PROTOCOL_NOT_SUPPORTED);
}

static const struct {
	DWORD action;
	enum br_power what;
} actions[] = {
	{ IFD_POWER_UP,   BR_POWER_ON },
	{ IFD_POWER_DOWN, BR_POWER_OFF },
	{ IFD_RESET,      BR_POWER_RESET },
};

RESPONSECODE
ifd_power_icc(
    unsigned door, DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_n)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);
	size_t i, n = sizeof(actions) / sizeof(actions[0]), got = 0;
	uint8_t raw[CB_ATR_MAX] = { 0 };
	enum cb_err r;

	if (atr == NULL || atr_n == NULL)
		return IFD_COMMUNICATION_ERROR;
	*atr_n = 0;
	memset(atr, 0, MAX_ATR_SIZE);
	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	for (i = 0; i < n && actions[i].action != action; i++)
		;
	if (i == n)
		return IFD_NOT_SUPPORTED;
	r = ifd_slot_power(s, actions[i].what, raw, &got);
	if (r != CB_OK)
		return IFD_ERROR_POWER_ACTION;
	memcpy(atr, raw, got);
	*atr_n = got;
	return IFD_SUCCESS;
}

RESPONSECODE
ifd_transmit(unsigned door, DWORD lun, SCARD_IO_HEADER send_pci, PUCHAR tx,
    DWORD tx_n, PUCHAR rx, PDWORD rx_n, PSCARD_IO_HEADER recv_pci)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);
	enum cb_err r;
	size_t n;

	if (rx_n == NULL)
		return IFD_COMMUNICATION_ERROR;
	n = *rx_n;
	*rx_n = 0;
	if (s == NULL || tx == NULL || rx == NULL)
		return IFD_COMMUNICATION_ERROR;
	r = ifd_slot_transmit(s, cb_span(tx, tx_n), rx, &n);
	if (r != CB_OK)
		return ifd_status(r, IFD_COMMUNICATION_ERROR);
	*rx_n = n;
	if (recv_pci != NULL)
		recv_pci->Protocol = send_pci.Protocol;
	return IFD_SUCCESS;
}

RESPONSECODE
ifd_control(unsigned door, DWORD lun, DWORD code, PUCHAR tx, DWORD tx_n,
    PUCHAR rx, DWORD rx_size, LPDWORD rx_n)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	(void)tx;
	(void)tx_n;
	if (rx_n == NULL)
		return IFD_COMMUNICATION_ERROR;
	*rx_n = 0;
	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	return ifd_feature(s, code, rx, rx_size, rx_n);
}

RESPONSECODE
ifd_icc_presence(unsigned door, DWORD lun)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	return ifd_watch_present(s) ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
}

RESPONSECODE
ifd_poll(unsigned door, DWORD lun, int timeout_ms)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	ifd_watch_poll(s, timeout_ms);
	return IFD_SUCCESS;
}

RESPONSECODE
ifd_poll_stop(unsigned door, DWORD lun)
{
	struct ifd_slot *s = ifd_slot_find(door, lun);

	if (s == NULL)
		return IFD_COMMUNICATION_ERROR;
	ifd_watch_stop(s);
	return IFD_SUCCESS;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The front for programs made for pcsc-lite: libpcsclite.so.1. Sizes, codes,
 * strings, and the order in which arguments are looked at are pcsc-lite's
 * (1.9.9 and 2.3.3 agree); what a call does is core.h's.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/facts.h"
#include "winscard-shim/core.h"
#include "winscard-shim/pcsclite.h"

/* 16 bytes each, copied into programs by their linker. */
API const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0,
	sizeof(SCARD_IO_REQUEST) };
API const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1,
	sizeof(SCARD_IO_REQUEST) };
API const SCARD_IO_REQUEST g_rgSCardRawPci = { SCARD_PROTOCOL_RAW,
	sizeof(SCARD_IO_REQUEST) };

#define READER_NAME_MAX 128
/* More readers than any bridge has. pcsc-lite takes 16. */
#define STATES_MAX 16384

static const char reader_groups[] = "SCard$DefaultReaders\0";

static LONG
code(enum ws_result r)
{
	static const LONG codes[WS_RESULTS] = {
		[WS_OK] = SCARD_S_SUCCESS,
		[WS_INTERNAL] = SCARD_F_INTERNAL_ERROR,
		[WS_CANCELLED] = SCARD_E_CANCELLED,
		[WS_INVALID_HANDLE] = SCARD_E_INVALID_HANDLE,
		[WS_INVALID_PARAMETER] = SCARD_E_INVALID_PARAMETER,
		[WS_NO_MEMORY] = SCARD_E_NO_MEMORY,
		[WS_INSUFFICIENT_BUFFER] = SCARD_E_INSUFFICIENT_BUFFER,
		[WS_UNKNOWN_READER] = SCARD_E_UNKNOWN_READER,
		[WS_TIMEOUT] = SCARD_E_TIMEOUT,
		[WS_SHARING_VIOLATION] = SCARD_E_SHARING_VIOLATION,
		[WS_NO_SMARTCARD] = SCARD_E_NO_SMARTCARD,
		[WS_PROTO_MISMATCH] = SCARD_E_PROTO_MISMATCH,
		[WS_INVALID_VALUE] = SCARD_E_INVALID_VALUE,
		[WS_COMM_ERROR] = SCARD_F_COMM_ERROR,
		[WS_NOT_TRANSACTED] = SCARD_E_NOT_TRANSACTED,
		[WS_READER_UNAVAILABLE] = SCARD_E_READER_UNAVAILABLE,
		[WS_NO_SERVICE] = SCARD_E_NO_SERVICE,
		[WS_SERVICE_STOPPED] = SCARD_E_SERVICE_STOPPED,
		[WS_UNSUPPORTED_FEATURE] = SCARD_E_UNSUPPORTED_FEATURE,
		[WS_NO_READERS] = SCARD_E_NO_READERS_AVAILABLE,
		[WS_UNRESPONSIVE] = SCARD_W_UNRESPONSIVE_CARD,
		[WS_UNPOWERED] = SCARD_W_UNPOWERED_CARD,
		[WS_RESET_CARD] = SCARD_W_RESET_CARD,
		[WS_REMOVED_CARD] = SCARD_W_REMOVED_CARD,
		[WS_SECURITY_VIOLATION] = SCARD_W_SECURITY_VIOLATION,
	};

	return codes[r];
}

/* Handles of ours have 31 bits; others are nobody's. */
static ws_handle
handle(LONG h)
{
	return h > 0 && (unsigned long)h <= 0x7FFFFFFF ? (ws_handle)h : 0;
}

/* ---- buffers of the caller's ------------------------------------------- */

/* Gives `n` bytes back as PC/SC does: a length only, memory made for the
 * caller (SCardFreeMemory), or as much as fits. */
static enum ws_result
give(void *out, LPDWORD len, const void *from, size_t n)
{
	DWORD room = *len;
	void *p;

	*len = n;
	if (out == NULL)
		return room == SCARD_AUTOALLOCATE ? WS_INVALID_PARAMETER :
						    WS_OK;
	if (room == SCARD_AUTOALLOCATE) {
		if ((p = malloc(n > 0 ? n : 1)) == NULL)
			return WS_NO_MEMORY;
		memcpy(p, from, n);
		*(void **)out = p;
		return WS_OK;
	}
	if (room < n)
		return WS_INSUFFICIENT_BUFFER;
	memcpy(out, from, n);
	return WS_OK;
}

/* The same for SCardStatus: as much as there is room for, whatever else. */
static enum ws_result
give_some(void *out, LPDWORD len, const void *from, size_t n)
{
	DWORD room = *len;

	if (out != NULL && room != SCARD_AUTOALLOCATE && room < n) {
		memcpy(out, from, room);
		*len = n;
		return WS_INSUFFICIENT_BUFFER;
	}
	return give(out, len, from, n);
}

/* ---- contexts ---------------------------------------------------------- */

__attribute__((destructor)) static void
unload(void)
{
	ws_unload();
}

LONG
pcl_establish_context(
    DWORD scope, LPCVOID reserved1, LPCVOID reserved2, LPSCARDCONTEXT context)
{
	ws_handle h;
	enum ws_result r;

	(void)reserved1;
	(void)reserved2;
	if (context == NULL)
		return SCARD_E_INVALID_PARAMETER;
	*context = 0;
	if (scope > SCARD_SCOPE_GLOBAL)
		return SCARD_E_INVALID_VALUE;
	r = ws_context_establish(&h);
	*context = (SCARDCONTEXT)h;
	return code(r);
}

LONG
pcl_release_context(SCARDCONTEXT context)
{
	return code(ws_context_release(handle(context)));
}

LONG
pcl_is_valid_context(SCARDCONTEXT context)
{
	return code(ws_context_valid(handle(context)));
}

LONG
pcl_cancel(SCARDCONTEXT context)
{
	return code(ws_cancel(handle(context)));
}

LONG
pcl_free_memory(SCARDCONTEXT context, LPCVOID mem)
{
	enum ws_result r = ws_context_valid(handle(context));

	if (r == WS_OK)
		free((void *)(uintptr_t)mem);
	return code(r);
}

/* ---- readers ----------------------------------------------------------- */

LONG
pcl_list_readers(
    SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
	struct cb_buf names = CB_BUF_INIT;
	struct br_listed *list = NULL;
	size_t n = 0, i;
	enum ws_result r;

	(void)groups;	/* all readers are in the one that there is */
	if (len == NULL ||
	    (readers == NULL && *len == SCARD_AUTOALLOCATE))
		return SCARD_E_INVALID_PARAMETER;
	if ((r = ws_readers(handle(context), &list, &n)) != WS_OK)
		goto out;
	for (i = 0; i < n && r == WS_OK; i++)
		if (cb_buf_add(&names, cb_span(list[i].pcsc_name,
			strlen(list[i].pcsc_name) + 1)) != CB_OK)
			r = WS_NO_MEMORY;
	if (r == WS_OK && cb_put_u8(&names, 0) != CB_OK)
		r = WS_NO_MEMORY;
	if (r == WS_OK)
		r = give(readers, len, names.p, names.n);
out:
	free(list);
	cb_buf_free(&names);
	return code(r);
}

LONG
pcl_list_reader_groups(SCARDCONTEXT context, LPSTR groups, LPDWORD len)
{
	enum ws_result r;

	if (len == NULL ||
	    (groups == NULL && *len == SCARD_AUTOALLOCATE))
		return SCARD_E_INVALID_PARAMETER;
	if ((r = ws_context_valid(handle(context))) == WS_OK)
		r = give(groups, len, reader_groups, sizeof(reader_groups));
	return code(r);
}

LONG
pcl_get_status_change(SCARDCONTEXT context, DWORD timeout,
    SCARD_READERSTATE *states, DWORD count)
{
	struct ws_reader_state *ws;
	uint32_t ms = timeout >= INFINITE ? WS_INFINITE : (uint32_t)timeout;
	size_t i;
	enum ws_result r;

	if (count == 0)
		return SCARD_S_SUCCESS;
	if (states == NULL || count > STATES_MAX)
		return SCARD_E_INVALID_PARAMETER;
	if ((ws = calloc(count, sizeof(*ws))) == NULL)
		return SCARD_E_NO_MEMORY;
	for (i = 0; i < count; i++) {
		ws[i].name = states[i].szReader;
		ws[i].current = (uint32_t)states[i].dwCurrentState;
	}
	pthread_cleanup_push(free, ws);
	r = ws_status_change(handle(context), ms, ws, count);
	pthread_cleanup_pop(0);
	for (i = 0; i < count; i++) {
		if (r != WS_OK && r != WS_TIMEOUT && r != WS_CANCELLED)
			break;
		states[i].dwEventState = ws[i].event;
		if ((ws[i].current & WS_STATE_IGNORE) != 0)
			continue;
		states[i].cbAtr = ws[i].atr_n;
		memcpy(states[i].rgbAtr, ws[i].atr, ws[i].atr_n);
	}
	free(ws);
	return code(r);
}

/* ---- cards ------------------------------------------------------------- */

/* What old programs say for T=0 or T=1, whichever. */
#define PROTOCOL_ANY_OLD 0x1000u

static uint32_t
wished(DWORD protocols)
{
	if ((protocols & PROTOCOL_ANY_OLD) != 0)
		protocols |= SCARD_PROTOCOL_ANY;
	return (uint32_t)protocols & (SCARD_PROTOCOL_ANY | SCARD_PROTOCOL_RAW);
}

static LONG
check_mode(DWORD mode, DWORD protocols)
{
	if (mode != SCARD_SHARE_DIRECT &&
	    wished(protocols) == 0)
		return SCARD_E_PROTO_MISMATCH;
	if (mode < SCARD_SHARE_EXCLUSIVE || mode > SCARD_SHARE_DIRECT)
		return SCARD_E_INVALID_VALUE;
	return SCARD_S_SUCCESS;
}

LONG
pcl_connect(SCARDCONTEXT context, LPCSTR reader, DWORD mode,
    DWORD protocols, LPSCARDHANDLE card, LPDWORD active)
{
	uint32_t protocol;
	ws_handle h;
	LONG rv;

	if (card == NULL || active == NULL)
		return SCARD_E_INVALID_PARAMETER;
	*card = 0;
	*active = 0;
	if (reader == NULL)
		return SCARD_E_UNKNOWN_READER;
	if (strnlen(reader, READER_NAME_MAX + 1) > READER_NAME_MAX)
		return SCARD_E_INVALID_VALUE;
	if (ws_context_valid(handle(context)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if ((rv = check_mode(mode, protocols)) != SCARD_S_SUCCESS)
		return rv;
	rv = code(ws_connect(handle(context), reader,
	    (enum br_share_mode)mode, wished(protocols), &h, &protocol));
	*card = (SCARDHANDLE)h;
	*active = protocol;
	return rv;
}

LONG
pcl_reconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD init,
    LPDWORD active)
{
	uint32_t protocol;
	LONG rv;

	if (active == NULL)
		return SCARD_E_INVALID_PARAMETER;
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if (init > SCARD_UNPOWER_CARD)
		return SCARD_E_INVALID_VALUE;
	if ((rv = check_mode(mode, protocols)) != SCARD_S_SUCCESS)
		return rv;
	rv = code(ws_reconnect(handle(card), (enum br_share_mode)mode,
	    wished(protocols), (enum br_disposition)init, &protocol));
	if (rv == SCARD_S_SUCCESS)
		*active = protocol;
	return rv;
}

LONG
pcl_disconnect(SCARDHANDLE card, DWORD disposition)
{
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if (disposition > SCARD_EJECT_CARD)
		return SCARD_E_INVALID_VALUE;
	return code(
	    ws_disconnect(handle(card), (enum br_disposition)disposition));
}

LONG
pcl_begin_transaction(SCARDHANDLE card)
{
	return code(ws_begin(handle(card)));
}

LONG
pcl_end_transaction(SCARDHANDLE card, DWORD disposition)
{
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if (disposition > SCARD_EJECT_CARD)
		return SCARD_E_INVALID_VALUE;
	return code(ws_end(handle(card), (enum br_disposition)disposition));
}

/* dwState of SCardStatus: what is so, and the count of events. */
static DWORD
state_of(const struct br_shared *s)
{
	DWORD v = SCARD_ABSENT;

	if (s->present)
		v = SCARD_PRESENT;
	if (s->present && s->powered)
		v |= SCARD_POWERED | SCARD_NEGOTIABLE;
	return v | (DWORD)(s->changes & 0xFFFF) << 16;
}

LONG
pcl_status(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len,
    LPDWORD state, LPDWORD protocol, LPBYTE atr, LPDWORD atr_len)
{
	struct ws_card_status s;
	DWORD name_room = 0, atr_room = 0;
	enum ws_result r, names, atrs;

	if (reader_len == NULL)
		reader_len = &name_room;
	if (atr_len == NULL)
		atr_len = &atr_room;
	r = ws_status(handle(card), &s);
	if (r == WS_INVALID_HANDLE)
		return code(r);
	if (state != NULL)
		*state = state_of(&s.now);
	if (protocol != NULL)
		*protocol = s.now.protocol;
	if (r != WS_OK) {
		*reader_len = 0;
		*atr_len = 0;
		return code(r);
	}
	names = give_some(reader, reader_len, s.reader,
	    strlen(s.reader) + 1);
	atrs = give_some(atr, atr_len, s.now.atr, s.now.atr_n);
	return code(names != WS_OK ? names : atrs);
}

LONG
pcl_transmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci,
    LPCBYTE send, DWORD send_len, SCARD_IO_REQUEST *recv_pci, LPBYTE recv,
    LPDWORD recv_len)
{
	struct cb_buf rsp = CB_BUF_INIT;
	DWORD room, protocol;
	enum ws_result r;

	if (send_pci == NULL || send == NULL || recv == NULL ||
	    recv_len == NULL)
		return SCARD_E_INVALID_PARAMETER;
	room = *recv_len;
	*recv_len = 0;
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if (send_len > WS_BUFFER_MAX || room < 2)
		return SCARD_E_INSUFFICIENT_BUFFER;
	/* the old number stands for the one in use, whatever that is; what does
	 * not fit into a byte of the wire is none of them */
	protocol = send_pci->dwProtocol;
	if (protocol == PROTOCOL_ANY_OLD)
		protocol = SCARD_PROTOCOL_RAW;
	r = ws_transmit(handle(card),
	    protocol > 0xFF ? 0xFF : (uint32_t)protocol,
	    cb_span(send, send_len), &rsp);
	if (r == WS_OK) {
		*recv_len = rsp.n;
		if (rsp.n > room)
			r = WS_INSUFFICIENT_BUFFER;
		else
			memcpy(recv, rsp.p, rsp.n);
		if (recv_pci != NULL)
			recv_pci->dwProtocol = send_pci->dwProtocol;
	}
	cb_buf_free(&rsp);
	return code(r);
}

/* ---- the reader -------------------------------------------------------- */

LONG
pcl_control(SCARDHANDLE card, DWORD control, LPCVOID send, DWORD send_len,
    LPVOID recv, DWORD recv_len, LPDWORD returned)
{
	struct cb_buf rsp = CB_BUF_INIT;
	DWORD unwanted;
	enum ws_result r;

	(void)send;
	if (returned == NULL)
		returned = &unwanted;
	*returned = 0;
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if (send_len > WS_BUFFER_MAX)
		return SCARD_E_INSUFFICIENT_BUFFER;
	r = ws_control(handle(card), (uint32_t)(control - SCARD_CTL_CODE(0)),
	    SCARD_CTL_CODE(BR_FACTS_TLV_PROPERTIES), &rsp);
	if (r == WS_OK && rsp.n > recv_len)
		r = WS_INSUFFICIENT_BUFFER;
	if (r == WS_OK) {
		*returned = rsp.n;
		if (rsp.n > 0 && recv != NULL)
			memcpy(recv, rsp.p, rsp.n);
	}
	cb_buf_free(&rsp);
	return code(r);
}

LONG
pcl_get_attrib(SCARDHANDLE card, DWORD attr, LPBYTE out, LPDWORD len)
{
	struct cb_buf value = CB_BUF_INIT;
	enum ws_result r;

	if (len == NULL || (out == NULL && *len == SCARD_AUTOALLOCATE))
		return SCARD_E_INVALID_PARAMETER;
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	if (out != NULL && *len != SCARD_AUTOALLOCATE &&
	    *len > MAX_BUFFER_SIZE)
		return SCARD_E_INSUFFICIENT_BUFFER;
	r = ws_attribute(handle(card), (uint32_t)attr, &value);
	if (r == WS_OK)
		r = give(out, len, value.p, value.n);
	cb_buf_free(&value);
	return code(r);
}

LONG
pcl_set_attrib(SCARDHANDLE card, DWORD attr, LPCBYTE in, DWORD len)
{
	(void)attr;
	if (in == NULL || len == 0)
		return SCARD_E_INVALID_PARAMETER;
	if (ws_card_valid(handle(card)) != WS_OK)
		return SCARD_E_INVALID_HANDLE;
	return SCARD_E_UNSUPPORTED_FEATURE;
}

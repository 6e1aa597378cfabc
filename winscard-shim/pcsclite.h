/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The front for programs made for pcsc-lite, between its sources: what each
 * function of the interface does is in pcsclite.c; pcsclite_api.c exports them
 * and traces their calls; pcsclite_text.c has the codes.
 */
#ifndef WS_PCSCLITE_H
#define WS_PCSCLITE_H

#include <winscard.h>

#include <reader.h>

#define API __attribute__((visibility("default")))

/* SCardX is pcl_x. */
LONG pcl_establish_context(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
    LPSCARDCONTEXT context);
LONG pcl_release_context(SCARDCONTEXT context);
LONG pcl_is_valid_context(SCARDCONTEXT context);
LONG pcl_cancel(SCARDCONTEXT context);
LONG pcl_free_memory(SCARDCONTEXT context, LPCVOID mem);
LONG pcl_list_readers(SCARDCONTEXT context, LPCSTR groups, LPSTR readers,
    LPDWORD len);
LONG pcl_list_reader_groups(SCARDCONTEXT context, LPSTR groups, LPDWORD len);
LONG pcl_get_status_change(SCARDCONTEXT context, DWORD timeout,
    SCARD_READERSTATE *states, DWORD count);
LONG pcl_connect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD
    protocols, LPSCARDHANDLE card, LPDWORD active);
LONG pcl_reconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD init,
    LPDWORD active);
LONG pcl_disconnect(SCARDHANDLE card, DWORD disposition);
LONG pcl_begin_transaction(SCARDHANDLE card);
LONG pcl_end_transaction(SCARDHANDLE card, DWORD disposition);
LONG pcl_status(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD
    state, LPDWORD protocol, LPBYTE atr, LPDWORD atr_len);
LONG pcl_transmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE
    send, DWORD send_len, SCARD_IO_REQUEST *recv_pci, LPBYTE recv, LPDWORD
    recv_len);
LONG pcl_control(SCARDHANDLE card, DWORD control, LPCVOID send, DWORD send_len,
    LPVOID recv, DWORD recv_len, LPDWORD returned);
LONG pcl_get_attrib(SCARDHANDLE card, DWORD attr, LPBYTE out, LPDWORD len);
LONG pcl_set_attrib(SCARDHANDLE card, DWORD attr, LPCBYTE in, DWORD len);

/* "SCARD_E_NO_SERVICE"; NULL: no code of the interface. */
const char *pcl_code_name(LONG code);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The WinSCard interface in types of fixed width, over bridge/client.h: what
 * is the same on every system. A front (pcsclite.c) has the names, sizes,
 * codes and strings that programs of one system see, checks what concerns
 * these, and calls this.
 *
 * Any thread may call anything. One context serves one call at a time; ws_
 * cancel, ws_context_valid and ws_context_release never wait behind another
 * call. After a fork nothing of the parent's is valid in the child. A thread
 * that is cancelled ends in ws_status_change, and in any other call when that
 * is over; the context stays usable.
 */
#ifndef WS_CORE_H
#define WS_CORE_H

#include "bridge/client.h"

/* Results; a front translates them into its codes. */
enum ws_result {
	WS_OK,
	WS_INTERNAL,
	WS_CANCELLED,
	WS_INVALID_HANDLE,
	WS_INVALID_PARAMETER,
	WS_NO_MEMORY,
	WS_INSUFFICIENT_BUFFER,
	WS_UNKNOWN_READER,
	WS_TIMEOUT,
	WS_SHARING_VIOLATION,
	WS_NO_SMARTCARD,
	WS_PROTO_MISMATCH,
	WS_INVALID_VALUE,
	WS_COMM_ERROR,
	WS_NOT_TRANSACTED,
	WS_READER_UNAVAILABLE,
	WS_NO_SERVICE,
	WS_SERVICE_STOPPED,
	WS_UNSUPPORTED_FEATURE,
	WS_NO_READERS,
	WS_UNRESPONSIVE,
	WS_UNPOWERED,
	WS_RESET_CARD,
	WS_REMOVED_CARD,
	WS_SECURITY_VIOLATION,
	WS_RESULTS
};

/* Random, never 0, unique in the process. */
typedef uint32_t ws_handle;

/* A command and its answer, with room for the extended ones. */
#define WS_BUFFER_MAX (4 + 3 + (1 << 16) + 3 + 2)

/* ---- contexts ---------------------------------------------------------- */

enum ws_result ws_context_establish(ws_handle *out);
enum ws_result ws_context_release(ws_handle context);
enum ws_result ws_context_valid(ws_handle context);
enum ws_result ws_cancel(ws_handle context);

/* The library is taken out of the process: gives back what nobody released. */
void ws_unload(void);

/* The readers, as an array to free(); WS_NO_READERS: there are none. */
enum ws_result ws_readers(
    ws_handle context, struct br_listed **list, size_t *count);

/* ---- waiting for changes ----------------------------------------------- */

/* SCARD_STATE_*, alike on every system; counts in the high word. */
enum {
	WS_STATE_UNAWARE = 0,
	WS_STATE_IGNORE = 0x0001,
	WS_STATE_CHANGED = 0x0002,
	WS_STATE_UNKNOWN = 0x0004,
	WS_STATE_UNAVAILABLE = 0x0008,
	WS_STATE_EMPTY = 0x0010,
	WS_STATE_PRESENT = 0x0020,
	WS_STATE_EXCLUSIVE = 0x0080,
	WS_STATE_INUSE = 0x0100,
	WS_STATE_MUTE = 0x0200,
};

/* The pseudo reader that stands for readers that come and go. */
#define WS_PNP "\\\\?PnP?\\Notification"

struct ws_reader_state {
	const char *name;
	uint32_t current;	/* what the program knows */
	uint32_t event;		/* what it is told */
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
};

#define WS_INFINITE 0xFFFFFFFFu

enum ws_result ws_status_change(ws_handle context, uint32_t timeout_ms,
    struct ws_reader_state *states, size_t n);

/* ---- cards ------------------------------------------------------------- */

/* SCARD_PROTOCOL_T0, _T1, _RAW are BR_SHARE_T0 and so on; no other bit is set
 * in `protocols`. `protocol`: the one in use, 0 for none. */
enum ws_result ws_connect(ws_handle context, const char *reader,
    enum br_share_mode mode, uint32_t protocols, ws_handle *card,
    uint32_t *protocol);
enum ws_result ws_reconnect(ws_handle card, enum br_share_mode mode,
    uint32_t protocols, enum br_disposition first, uint32_t *protocol);
enum ws_result ws_disconnect(ws_handle card, enum br_disposition d);
enum ws_result ws_begin(ws_handle card);
enum ws_result ws_end(ws_handle card, enum br_disposition d);

/* A card as SCardStatus tells it; filled where the handle is valid. */
struct ws_card_status {
	char reader[128];	/* as the program calls it */
	char name[64];		/* as the bridge does */
	struct br_shared now;
};
enum ws_result ws_status(ws_handle card, struct ws_card_status *out);
/* The same at once: another handle's transaction is a violation. */
enum ws_result ws_look(ws_handle card, struct ws_card_status *out);

/* Is there such a card? */
enum ws_result ws_card_valid(ws_handle card);

/* ---- readers ----------------------------------------------------------- */

/* WS_UNSUPPORTED_FEATURE: no attribute or function of ours. A function is the
 * number that a system makes a control code of; tlv_code is the code of
 * BR_FACTS_TLV_PROPERTIES (bridge/facts.h). */
enum ws_result ws_attribute(
    ws_handle card, uint32_t tag, struct cb_buf *value);
enum ws_result ws_control(ws_handle card, uint32_t function,
    uint32_t tlv_code, struct cb_buf *rsp);

/* *rsp is replaced. */
enum ws_result ws_transmit(ws_handle card, uint32_t protocol,
    struct cb_span cmd, struct cb_buf *rsp);

#endif

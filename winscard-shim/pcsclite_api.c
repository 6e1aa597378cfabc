/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The functions that libpcsclite.so.1 exports: each does what pcsclite.c says,
 * and where `cardbridge run --trace` wants it, says so in a line.
 *
 * Nothing here calls an exported function: a program may have put another
 * library's in front of ours. And nothing of the caller's is looked at for a
 * trace that the call itself has not looked at: the call of a program that
 * hands in nonsense ends as it does without.
 */
#include <string.h>

#include "winscard-shim/pcsclite.h"
#include "winscard-shim/trace.h"

/* ---- arguments ---------------------------------------------------------- */

#define WORDS(table) (table), sizeof(table) / sizeof((table)[0])

static const struct ws_word protocols_words[] = {
	{ SCARD_PROTOCOL_T0, "T=0" },
	{ SCARD_PROTOCOL_T1, "T=1" },
	{ SCARD_PROTOCOL_RAW, "raw" },
};

/* dwState of SCardStatus */
static const struct ws_word status_words[] = {
	{ SCARD_ABSENT, "ABSENT" },
	{ SCARD_PRESENT, "PRESENT" },
	{ SCARD_SWALLOWED, "SWALLOWED" },
	{ SCARD_POWERED, "POWERED" },
	{ SCARD_NEGOTIABLE, "NEGOTIABLE" },
	{ SCARD_SPECIFIC, "SPECIFIC" },
};

/* dwCurrentState, dwEventState */
static const struct ws_word state_words[] = {
	{ SCARD_STATE_IGNORE, "IGNORE" },
	{ SCARD_STATE_CHANGED, "CHANGED" },
	{ SCARD_STATE_UNKNOWN, "UNKNOWN" },
	{ SCARD_STATE_UNAVAILABLE, "UNAVAILABLE" },
	{ SCARD_STATE_EMPTY, "EMPTY" },
	{ SCARD_STATE_PRESENT, "PRESENT" },
	{ SCARD_STATE_ATRMATCH, "ATRMATCH" },
	{ SCARD_STATE_EXCLUSIVE, "EXCLUSIVE" },
	{ SCARD_STATE_INUSE, "INUSE" },
	{ SCARD_STATE_MUTE, "MUTE" },
	{ SCARD_STATE_UNPOWERED, "UNPOWERED" },
};

/* One of a few words, or the number. */
static void
add_choice(
    struct ws_line *l, DWORD value, const char *const *words, size_t n)
{
	if (value < n && words[value] != NULL)
		ws_trace_add(l, ", %s", words[value]);
	else
		ws_trace_add(l, ", %lX", (unsigned long)value);
}

static void
add_mode(struct ws_line *l, DWORD mode)
{
	static const char *const words[] = {
		[SCARD_SHARE_EXCLUSIVE] = "exclusive",
		[SCARD_SHARE_SHARED] = "shared",
		[SCARD_SHARE_DIRECT] = "direct",
	};

	add_choice(l, mode, WORDS(words));
}

static void
add_disposition(struct ws_line *l, DWORD disposition)
{
	static const char *const words[] = {
		[SCARD_LEAVE_CARD] = "leave",
		[SCARD_RESET_CARD] = "reset",
		[SCARD_UNPOWER_CARD] = "unpower",
		[SCARD_EJECT_CARD] = "eject",
	};

	add_choice(l, disposition, WORDS(words));
}

static void
add_protocols(struct ws_line *l, DWORD protocols)
{
	ws_trace_add(l, ", ");
	ws_trace_bits(l, (uint32_t)protocols, WORDS(protocols_words));
}

/* The count of events stands in the high word. */
static void
add_state(struct ws_line *l, DWORD state, const struct ws_word *words,
    size_t n)
{
	ws_trace_add(l, " ");
	if ((state & 0xFFFF) == 0)
		ws_trace_add(l, "UNAWARE");
	else
		ws_trace_bits(l, (uint32_t)state & 0xFFFF, words, n);
	if (state >> 16 != 0)
		ws_trace_add(l, " #%lu", (unsigned long)(state >> 16));
}

static void
add_multi(struct ws_line *l, const char *p)
{
	for (; *p != '\0'; p += strlen(p) + 1) {
		ws_trace_add(l, ", ");
		ws_trace_text(l, p);
	}
}

/* ---- a line -------------------------------------------------------------- */

#define HANDLE(h) ((unsigned long)(h) & 0xFFFFFFFF)

static void
open_context(struct ws_line *l, const char *function, SCARDCONTEXT context)
{
	ws_trace_add(l, "%s(context %lX", function, HANDLE(context));
}

static void
open_card(struct ws_line *l, const char *function, SCARDHANDLE card)
{
	ws_trace_add(l, "%s(card %lX", function, HANDLE(card));
}

/* The arguments are told: what came of it. */
static void
say(struct ws_line *l, LONG rv)
{
	const char *name = pcl_code_name(rv);

	if (rv == SCARD_S_SUCCESS)
		ws_trace_add(l, ") = ok");
	else if (name != NULL)
		ws_trace_add(l, ") = %s", name);
	else
		ws_trace_add(l, ") = %08lX", (unsigned long)rv & 0xFFFFFFFF);
}

/* ... and that was all. */
static LONG
end(struct ws_line *l, LONG rv)
{
	say(l, rv);
	ws_trace_end(l);
	return rv;
}

static LONG
end_of_context(
    struct ws_line *l, const char *function, SCARDCONTEXT context, LONG rv)
{
	open_context(l, function, context);
	return end(l, rv);
}

/* ---- contexts ------------------------------------------------------------ */

API LONG
SCardEstablishContext(
    DWORD scope, LPCVOID reserved1, LPCVOID reserved2, LPSCARDCONTEXT context)
{
	static const char *const words[] = {
		[SCARD_SCOPE_USER] = "user",
		[SCARD_SCOPE_TERMINAL] = "terminal",
		[SCARD_SCOPE_SYSTEM] = "system",
	};
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_establish_context(scope, reserved1, reserved2, context);

	if (!on)
		return rv;
	if (scope <= SCARD_SCOPE_SYSTEM)
		ws_trace_add(&l, "SCardEstablishContext(%s", words[scope]);
	else
		ws_trace_add(&l, "SCardEstablishContext(%lX",
		    (unsigned long)scope);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS)
		ws_trace_add(&l, ", context %lX", HANDLE(*context));
	ws_trace_end(&l);
	return rv;
}

API LONG
SCardReleaseContext(SCARDCONTEXT context)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_release_context(context);

	return on ? end_of_context(&l, "SCardReleaseContext", context, rv) :
		    rv;
}

API LONG
SCardIsValidContext(SCARDCONTEXT context)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_is_valid_context(context);

	return on ? end_of_context(&l, "SCardIsValidContext", context, rv) :
		    rv;
}

API LONG
SCardCancel(SCARDCONTEXT context)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_cancel(context);

	return on ? end_of_context(&l, "SCardCancel", context, rv) : rv;
}

API LONG
SCardFreeMemory(SCARDCONTEXT context, LPCVOID mem)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_free_memory(context, mem);

	return on ? end_of_context(&l, "SCardFreeMemory", context, rv) : rv;
}

/* ---- readers ------------------------------------------------------------- */

/* A list of names, or how long it is. */
static LONG
end_list(struct ws_line *l, LPSTR list, LPDWORD len, DWORD room, LONG rv)
{
	say(l, rv);
	if (rv == SCARD_S_SUCCESS && list == NULL)
		ws_trace_add(l, ", %lu bytes", (unsigned long)*len);
	else if (rv == SCARD_S_SUCCESS)
		add_multi(l, room == SCARD_AUTOALLOCATE ?
			*(char **)(void *)list : list);
	ws_trace_end(l);
	return rv;
}

API LONG
SCardListReaders(
    SCARDCONTEXT context, LPCSTR groups, LPSTR readers, LPDWORD len)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	DWORD room = on && len != NULL ? *len : 0;
	LONG rv = pcl_list_readers(context, groups, readers, len);

	if (!on)
		return rv;
	open_context(&l, "SCardListReaders", context);
	return end_list(&l, readers, len, room, rv);
}

API LONG
SCardListReaderGroups(SCARDCONTEXT context, LPSTR groups, LPDWORD len)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	DWORD room = on && len != NULL ? *len : 0;
	LONG rv = pcl_list_reader_groups(context, groups, len);

	if (!on)
		return rv;
	open_context(&l, "SCardListReaderGroups", context);
	return end_list(&l, groups, len, room, rv);
}

/* Were the states looked at, so that their names are names? */
static bool
looked_at(LONG rv)
{
	return rv == SCARD_S_SUCCESS || rv == SCARD_E_TIMEOUT ||
	    rv == SCARD_E_CANCELLED;
}

static void
add_states(struct ws_line *l, const SCARD_READERSTATE *states, DWORD count,
    bool events)
{
	DWORD i;

	for (i = 0; i < count; i++) {
		if ((states[i].dwCurrentState & SCARD_STATE_IGNORE) != 0)
			continue;
		ws_trace_add(l, ", ");
		ws_trace_text(l, states[i].szReader);
		add_state(l, events ? states[i].dwEventState :
				      states[i].dwCurrentState,
		    WORDS(state_words));
	}
}

API LONG
SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout,
    SCARD_READERSTATE *states, DWORD count)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_get_status_change(context, timeout, states, count);

	if (!on)
		return rv;
	open_context(&l, "SCardGetStatusChange", context);
	if (timeout >= INFINITE)
		ws_trace_add(&l, ", for ever");
	else
		ws_trace_add(&l, ", %lu ms", (unsigned long)timeout);
	if (looked_at(rv))
		add_states(&l, states, count, false);
	else
		ws_trace_add(&l, ", %lu readers", (unsigned long)count);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS)
		add_states(&l, states, count, true);
	ws_trace_end(&l);
	return rv;
}

/* ---- cards --------------------------------------------------------------- */

API LONG
SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode,
    DWORD protocols, LPSCARDHANDLE card, LPDWORD active)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_connect(context, reader, mode, protocols, card, active);

	if (!on)
		return rv;
	open_context(&l, "SCardConnect", context);
	if (rv != SCARD_E_INVALID_PARAMETER) {
		ws_trace_add(&l, ", ");
		ws_trace_text(&l, reader);
	}
	add_mode(&l, mode);
	add_protocols(&l, protocols);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS) {
		ws_trace_add(&l, ", card %lX", HANDLE(*card));
		add_protocols(&l, *active);
	}
	ws_trace_end(&l);
	return rv;
}

API LONG
SCardReconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD init,
    LPDWORD active)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_reconnect(card, mode, protocols, init, active);

	if (!on)
		return rv;
	open_card(&l, "SCardReconnect", card);
	add_mode(&l, mode);
	add_protocols(&l, protocols);
	add_disposition(&l, init);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS)
		add_protocols(&l, *active);
	ws_trace_end(&l);
	return rv;
}

API LONG
SCardDisconnect(SCARDHANDLE card, DWORD disposition)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_disconnect(card, disposition);

	if (!on)
		return rv;
	open_card(&l, "SCardDisconnect", card);
	add_disposition(&l, disposition);
	return end(&l, rv);
}

API LONG
SCardBeginTransaction(SCARDHANDLE card)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_begin_transaction(card);

	if (!on)
		return rv;
	open_card(&l, "SCardBeginTransaction", card);
	return end(&l, rv);
}

API LONG
SCardEndTransaction(SCARDHANDLE card, DWORD disposition)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_end_transaction(card, disposition);

	if (!on)
		return rv;
	open_card(&l, "SCardEndTransaction", card);
	add_disposition(&l, disposition);
	return end(&l, rv);
}

API LONG
SCardStatus(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len,
    LPDWORD state, LPDWORD protocol, LPBYTE atr, LPDWORD atr_len)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_status(
	    card, reader, reader_len, state, protocol, atr, atr_len);

	if (!on)
		return rv;
	open_card(&l, "SCardStatus", card);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS && state != NULL) {
		ws_trace_add(&l, ",");
		add_state(&l, *state, WORDS(status_words));
	}
	if (rv == SCARD_S_SUCCESS && protocol != NULL)
		add_protocols(&l, *protocol);
	ws_trace_end(&l);
	return rv;
}

API LONG
SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci,
    LPCBYTE send, DWORD send_len, SCARD_IO_REQUEST *recv_pci, LPBYTE recv,
    LPDWORD recv_len)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_transmit(
	    card, send_pci, send, send_len, recv_pci, recv, recv_len);

	if (!on)
		return rv;
	open_card(&l, "SCardTransmit", card);
	ws_trace_add(&l, ", %lu bytes", (unsigned long)send_len);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS || (rv == SCARD_E_INSUFFICIENT_BUFFER &&
		*recv_len > 0))
		ws_trace_add(&l, ", %lu bytes", (unsigned long)*recv_len);
	ws_trace_end(&l);
	return rv;
}

/* ---- the reader ---------------------------------------------------------- */

/* What goes to a reader with a PIN pad may be a passcode. */
API LONG
SCardControl(SCARDHANDLE card, DWORD control, LPCVOID send, DWORD send_len,
    LPVOID recv, DWORD recv_len, LPDWORD returned)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_control(
	    card, control, send, send_len, recv, recv_len, returned);

	if (!on)
		return rv;
	open_card(&l, "SCardControl", card);
	ws_trace_add(&l, ", %08lX, %lu bytes", (unsigned long)control,
	    (unsigned long)send_len);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS && returned != NULL)
		ws_trace_add(&l, ", %lu bytes", (unsigned long)*returned);
	ws_trace_end(&l);
	return rv;
}

API LONG
SCardGetAttrib(SCARDHANDLE card, DWORD attr, LPBYTE out, LPDWORD len)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_get_attrib(card, attr, out, len);

	if (!on)
		return rv;
	open_card(&l, "SCardGetAttrib", card);
	ws_trace_add(&l, ", %08lX", (unsigned long)attr);
	say(&l, rv);
	if (rv == SCARD_S_SUCCESS)
		ws_trace_add(&l, ", %lu bytes", (unsigned long)*len);
	ws_trace_end(&l);
	return rv;
}

API LONG
SCardSetAttrib(SCARDHANDLE card, DWORD attr, LPCBYTE in, DWORD len)
{
	struct ws_line l;
	bool on = ws_trace_begin(&l);
	LONG rv = pcl_set_attrib(card, attr, in, len);

	if (!on)
		return rv;
	open_card(&l, "SCardSetAttrib", card);
	ws_trace_add(&l, ", %08lX, %lu bytes", (unsigned long)attr,
	    (unsigned long)len);
	return end(&l, rv);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any arguments to the functions of the WinSCard library, over a bridge that
 * is in order. Each call is a byte for the function and a few for each of its
 * arguments. Buffers are as large as the call is told, to the byte, so that a
 * sanitizer sees what goes beyond; whoever waits too long is cancelled.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/server.h"
#include "common/log.h"
#include "tests/fuzz/echo_link.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_winscard.h"

#define READER "cardbridge a 00 00"
#define PNP "\\\\?PnP?\\Notification"
#define SLOTS 4
#define CALLS 48
#define WAIT_NS 2000000

static _Atomic SCARDCONTEXT contexts[SLOTS];	/* 0: none */
static SCARDHANDLE cards[SLOTS];
static struct br_client *admin;
static atomic_uint calls;
static atomic_bool inside;

/* ---- the bridge, and who ends waits ------------------------------------ */

static void *
serve(void *arg)
{
	if (br_server_run(arg) != CB_OK)
		abort();
	return NULL;
}

/* A call that this one thread makes may wait for what it would do next. */
static void *
hurry(void *arg)
{
	const struct timespec t = { .tv_nsec = WAIT_NS };
	unsigned seen = 0, now;
	SCARDCONTEXT c;
	size_t i;

	for (;;) {
		nanosleep(&t, NULL);
		now = atomic_load(&calls);
		if (!atomic_load(&inside) || now != seen) {
			seen = now;
			continue;
		}
		for (i = 0; i < SLOTS; i++)
			if ((c = atomic_load(&contexts[i])) != 0)
				(void)SCardCancel(c);
	}
	return arg;
}

static void
set_up(void)
{
	static struct br_listen l = BR_LISTEN_INIT;
	static const struct br_settings set = { .listen = &l };
	struct br_server *srv;
	char path[108];
	pthread_t thread;

	cb_log_set_level(CB_LOG_ERROR);
	br_link_register(&echo_link);
	l.fd = fuzz_listen(path);
	if (br_server_new(&srv, &set, NULL) != CB_OK ||
	    br_server_configure(srv, "a", "echo:a", NULL) != CB_OK ||
	    br_server_configure(srv, "b", "echo:b", NULL) != CB_OK ||
	    pthread_create(&thread, NULL, serve, srv) != 0 ||
	    pthread_create(&thread, NULL, hurry, NULL) != 0 ||
	    br_connect(&admin, path, 10000, NULL) != CB_OK)
		abort();
}

/* ---- arguments --------------------------------------------------------- */

static struct cb_span in;

static uint8_t
byte(void)
{
	uint8_t v;

	return cb_get_u8(&in, &v) == CB_OK ? v : 0;
}

/* Small numbers, and those at which something changes. */
static DWORD
number(void)
{
	static const DWORD edges[] = { 0, 1, 0x7FFFFFFF, 0x80000000u,
		0xFFFFFFFFu, (DWORD)-1, (DWORD)-2, 264, 265, 65548, 65549,
		0x100, SCARD_ATTR_ATR_STRING, SCARD_ATTR_VENDOR_NAME,
		SCARD_ATTR_DEVICE_FRIENDLY_NAME, CM_IOCTL_GET_FEATURE_REQUEST,
		SCARD_CTL_CODE(1), SCARD_CTL_CODE(2) };
	const DWORD n = sizeof(edges) / sizeof(edges[0]);
	DWORD v = byte();

	if (v < 0xC0)
		return v & 15;
	if (v < 0xC0 + n)
		return edges[v - 0xC0];
	v = (DWORD)byte() << 24;
	v |= (DWORD)byte() << 16;
	v |= (DWORD)byte() << 8;
	return v | byte();
}

static SCARDCONTEXT
context(void)
{
	uint8_t v = byte();

	return v < 0xE0 ? atomic_load(&contexts[v % SLOTS]) :
			  (SCARDCONTEXT)number();
}

static SCARDHANDLE
card(void)
{
	uint8_t v = byte();

	return v < 0xE0 ? cards[v % SLOTS] : (SCARDHANDLE)number();
}

/* A string that ends where its memory does. */
static char *
name(void)
{
	uint8_t v = byte();
	size_t n;
	char *p;

	if (v < 0x80)
		return strdup(v % 4 == 0 ? "cardbridge b 00 00" : READER);
	if (v < 0x90)
		return NULL;
	if (v < 0xA0)
		return strdup(PNP);
	n = v < 0xB0 ? 120u + (v & 15) : v & 31;
	if ((p = malloc(n + 1)) == NULL)
		abort();
	memset(p, byte() | 1, n);
	p[n] = '\0';
	return p;
}

/* Where something is to be put: nowhere, in memory that the library makes, or
 * in some bytes. */
struct room {
	void *p;		/* for the call, as the next */
	DWORD *len;
	DWORD n, size;
	bool makes;
};

static void
room_init(struct room *r)
{
	uint8_t v = byte();

	memset(r, 0, sizeof(*r));
	if (v == 0xFF) {
		r->p = malloc(1);
		return;
	}
	r->len = &r->n;
	r->n = v >= 0xE0 ? number() : v >= 0xD0 ? 300 : v >= 0xC0 ? 264 : v;
	if (v >= 0xF0) {
		r->makes = true;
		r->n = SCARD_AUTOALLOCATE;
		r->p = v > 0xF4 ? calloc(1, sizeof(void *)) : NULL;
	} else if (v < 0xE0) {
		r->size = r->n;
		r->p = malloc(r->size == 0 ? 1 : r->size);
	}
}

/* The call is over; done: it says that all is there. */
static void
room_clear(struct room *r, bool done, bool strings)
{
	char *at = r->p;

	if (r->makes && r->p != NULL)
		at = *(char **)r->p;
	if (done && r->len != NULL && r->p != NULL) {
		if (at == NULL || (!r->makes && r->n > r->size))
			abort();
		if (strings)
			fuzz_multi_string(at, r->n);
	}
	/* SCardFreeMemory of any context would do this, if there is one */
	if (r->makes && r->p != NULL &&
	    SCardFreeMemory(atomic_load(&contexts[0]), at) != SCARD_S_SUCCESS)
		free(at);
	free(r->p);
}

/* Bytes to send, as many as are told. */
static uint8_t *
bytes(DWORD *n)
{
	uint8_t v = byte(), *p;

	*n = v < 0xF0 ? v : v == 0xF0 ? 65548 : 65549;
	if (v == 0xFF)
		return NULL;
	if ((p = malloc(*n == 0 ? 1 : *n)) == NULL)
		abort();
	memset(p, byte(), *n);
	return p;
}

/* ---- calls ------------------------------------------------------------- */

static bool
said(enum fn f, LONG rv)
{
	return fuzz_code(f, rv, false) == SCARD_S_SUCCESS;
}

static void
call_establish(void)
{
	uint8_t v = byte();
	SCARDCONTEXT c = 77, old = atomic_load(&contexts[v % SLOTS]);
	bool ok = said(ESTABLISH, SCardEstablishContext(
		number(), NULL, NULL, v < 0xF0 ? &c : NULL));

	if (ok != (c != 0 && c != 77) || (v < 0xF0 && !ok && c != 0))
		abort();
	if (!ok)
		return;
	/* one more is not kept, but given back */
	if (old != 0 && SCardIsValidContext(old) == SCARD_S_SUCCESS)
		(void)said(RELEASE, SCardReleaseContext(c));
	else
		atomic_store(&contexts[v % SLOTS], c);
}

static void
call_free(void)
{
	void *p = byte() < 0x80 ? malloc(8) : NULL;

	if (!said(FREE_MEMORY, SCardFreeMemory(context(), p)))
		free(p);
}

static void
call_list(enum fn f)
{
	struct room r;
	SCARDCONTEXT c = context();
	char *groups = f == LIST ? name() : NULL;
	LONG rv;

	room_init(&r);
	rv = f == LIST ? SCardListReaders(c, groups, r.p, r.len) :
			 SCardListReaderGroups(c, r.p, r.len);
	room_clear(&r, said(f, rv), true);
	free(groups);
}

/* The array ends where its memory does, however many there should be. */
static void
call_change(void)
{
	uint8_t v = byte();
	DWORD n = v & 7, i, many;
	SCARD_READERSTATE *st = calloc(n == 0 ? 1 : n, sizeof(*st));
	SCARDCONTEXT c = context();
	DWORD timeout = v < 0x80 ? 0 : number();

	if (st == NULL)
		abort();
	for (i = 0; i < n; i++) {
		st[i].szReader = name();
		st[i].dwCurrentState = (DWORD)byte() << 16;
		st[i].dwCurrentState |= (DWORD)byte() << 8;
		st[i].dwCurrentState |= byte();
		st[i].cbAtr = number();
	}
	if ((v & 0x78) == 0x78) {
		/* too many to be looked at */
		many = number();
		if (many <= 16384)
			many += 16385;
		if (SCardGetStatusChange(c, timeout, st, many) !=
		    SCARD_E_INVALID_PARAMETER)
			abort();
	} else if (said(CHANGE, SCardGetStatusChange(c, timeout,
			(v & 0x78) == 0x70 ? NULL : st, n)) &&
	    (v & 0x78) != 0x70) {
		for (i = 0; i < n; i++)
			if ((st[i].dwCurrentState & SCARD_STATE_IGNORE) == 0 &&
			    st[i].cbAtr > sizeof(st[i].rgbAtr))
				abort();
	}
	for (i = 0; i < n; i++)
		free((void *)(uintptr_t)st[i].szReader);
	free(st);
}

/* None, T=0, T=1, raw. */
static bool
is_protocol(DWORD p)
{
	return p <= SCARD_PROTOCOL_RAW && (p & (p - 1)) == 0;
}

static void
call_connect(void)
{
	uint8_t v = byte();
	char *reader = name();
	SCARDCONTEXT c = context();
	DWORD mode = number(), protocols = number(), active = 77;
	SCARDHANDLE k = 77;
	bool ok = said(CONNECT, SCardConnect(c, reader, mode, protocols,
		v == 0xFE ? NULL : &k, v == 0xFF ? NULL : &active));

	free(reader);
	if (ok != (k != 0 && k != 77) ||
	    (!ok && v < 0xFE && (k != 0 || active != 0)) ||
	    (ok && !is_protocol(active)))
		abort();
	if (!ok)
		return;
	if (cards[v % SLOTS] != 0)
		(void)said(DISCONNECT, SCardDisconnect(
			cards[v % SLOTS], SCARD_LEAVE_CARD));
	cards[v % SLOTS] = k;
}

static void
call_reconnect(void)
{
	SCARDHANDLE k = card();
	DWORD mode = number(), protocols = number(), active = 77;
	bool out = byte() < 0xF0;

	if (said(RECONNECT, SCardReconnect(k, mode, protocols, number(),
		out ? &active : NULL)) && (!out || !is_protocol(active)))
		abort();
}

static void
call_status(void)
{
	struct room reader, atr;
	SCARDHANDLE k = card();
	uint8_t v = byte();
	DWORD state, protocol;
	bool ok;

	room_init(&reader);
	room_init(&atr);
	ok = said(STATUS, SCardStatus(k, reader.p, reader.len,
		(v & 1) != 0 ? &state : NULL, (v & 2) != 0 ? &protocol : NULL,
		atr.p, atr.len));
	/* without a length there is none of it */
	room_clear(&atr, ok, false);
	room_clear(&reader, ok, false);
}

static void
call_transmit(void)
{
	SCARDHANDLE k = card();
	SCARD_IO_REQUEST send = { number(), number() }, recv = { 0, 0 };
	struct room r;
	uint8_t v = byte(), *cmd;
	DWORD n;

	cmd = bytes(&n);
	room_init(&r);
	/* no length is written beyond what there is room for, ever */
	if (r.makes || (r.p != NULL && r.size == 0)) {
		r.n = r.size;
		r.makes = false;
	}
	room_clear(&r, said(TRANSMIT, SCardTransmit(k,
		v < 0xF0 ? &send : NULL, cmd, n, (v & 1) != 0 ? &recv : NULL,
		r.p, r.len)), false);
	free(cmd);
}

static void
call_control(void)
{
	SCARDHANDLE k = card();
	DWORD code = number(), n, returned = 0;
	uint8_t *cmd = bytes(&n), v = byte(), *rsp = malloc(v == 0 ? 1 : v);

	if (said(CONTROL, SCardControl(k, code, cmd, n, rsp, v,
		(v & 1) != 0 ? &returned : NULL)) && returned > v)
		abort();
	free(cmd);
	free(rsp);
}

static void
call_attribute(enum fn f)
{
	SCARDHANDLE k = card();
	DWORD tag = number(), n;
	struct room r;
	uint8_t *value;

	if (f == GET_ATTRIB) {
		room_init(&r);
		room_clear(&r, said(f, SCardGetAttrib(k, tag, r.p, r.len)),
		    false);
		return;
	}
	value = bytes(&n);
	(void)said(f, SCardSetAttrib(k, tag, value, n));
	free(value);
}

/* Beside the calls: a card goes or comes. */
static void
move_card(void)
{
	enum cb_err r = byte() < 0x80 ? br_reader_eject(admin, "a", NULL) :
					br_reader_insert(admin, "a", NULL);

	if (r == CB_E_PEER || r == CB_E_TIMEOUT)
		abort();
}

static void
call(uint8_t which)
{
	switch (which % (FUNCTIONS + 1)) {
	case ESTABLISH:
		call_establish();
		break;
	case RELEASE:
		(void)said(RELEASE, SCardReleaseContext(context()));
		break;
	case VALID:
		(void)said(VALID, SCardIsValidContext(context()));
		break;
	case CANCEL:
		(void)said(CANCEL, SCardCancel(context()));
		break;
	case FREE_MEMORY:
		call_free();
		break;
	case LIST:
	case GROUPS:
		call_list(which % (FUNCTIONS + 1));
		break;
	case CHANGE:
		call_change();
		break;
	case CONNECT:
		call_connect();
		break;
	case RECONNECT:
		call_reconnect();
		break;
	case DISCONNECT:
		(void)said(DISCONNECT, SCardDisconnect(card(), number()));
		break;
	case BEGIN:
		(void)said(BEGIN, SCardBeginTransaction(card()));
		break;
	case END:
		(void)said(END, SCardEndTransaction(card(), number()));
		break;
	case STATUS:
		call_status();
		break;
	case TRANSMIT:
		call_transmit();
		break;
	case CONTROL:
		call_control();
		break;
	case GET_ATTRIB:
	case SET_ATTRIB:
		call_attribute(which % (FUNCTIONS + 1));
		break;
	default:
		move_card();
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	SCARDCONTEXT first;
	unsigned i;
	uint8_t which;

	if (admin == NULL)
		set_up();
	in = cb_span(p, n);
	atomic_store(&inside, true);
	/* most of what is to be seen needs a card */
	if (SCardEstablishContext(0, NULL, NULL, &first) != SCARD_S_SUCCESS)
		abort();
	atomic_store(&contexts[0], first);
	for (i = 0; i < CALLS && cb_get_u8(&in, &which) == CB_OK; i++) {
		atomic_fetch_add(&calls, 1);
		call(which);
	}
	atomic_store(&inside, false);
	for (i = 0; i < SLOTS; i++) {
		(void)said(RELEASE, SCardReleaseContext(
			atomic_exchange(&contexts[i], 0)));
		cards[i] = 0;
	}
	if (br_reader_insert(admin, "a", NULL) == CB_E_PEER)
		abort();
	return 0;
}

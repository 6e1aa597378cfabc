/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A bridge that is none, to the WinSCard library. The first byte tells how
 * many calls are made (0 to 15), one byte each which; the rest is what the
 * bridge does when it is asked something, one step after another:
 *
 *	low half	what: see play(), else a reply of the right type
 *	high half	how often; or bit 0: with any body, not a right one
 *
 * When there is nothing left it closes everything. No call may go on for
 * longer than the deadlines that it told.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/inbox.h"
#include "bridge/sock.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/fuzz_winscard.h"

#define READER "cardbridge a 00 00"
#define CONNS 16
#define EXCHANGE_MS 4
#define LONG_MS 12
/* How often it is silent where that is waited for. */
#define PATIENCE 2
/* A machine that is busy may be late; one that waits for ever is later. */
#define CALL_MS 3000

/* ---- the bridge -------------------------------------------------------- */

struct conn {
	int fd;			/* -1: none */
	bool silent;		/* hears, and says nothing */
	struct br_inbox in;
};

static struct {
	pthread_mutex_t lock;
	struct cb_span script;
	unsigned patience;
	bool over;
	int listener;
	int wake[2];		/* to be written to at the end */
	unsigned ends;		/* that it has come to */
	pthread_cond_t ended;
	struct conn conns[CONNS];
} br = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.ended = PTHREAD_COND_INITIALIZER };

static uint8_t
byte(void)
{
	uint8_t v;

	return cb_get_u8(&br.script, &v) == CB_OK ? v : 0;
}

static void
hang_up(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	br_inbox_clear(&c->in);
	c->fd = -1;
	c->silent = false;
}

static void
say(struct conn *c, const uint8_t *p, size_t n)
{
	/* who does not read is not waited for */
	if (send(c->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		shutdown(c->fd, SHUT_RDWR);
		c->silent = true;
	}
}

static uint16_t
reply_type(uint16_t request, uint8_t how)
{
	switch (request) {
	case BR_HELLO:
		return BR_WELCOME;
	case BR_LIST:
		return BR_LISTED;
	case BR_SHARE_TRANSMIT:
		return (how & 1) != 0 ? BR_SHARED : BR_ANSWER;
	default:
		return BR_SHARED;
	}
}

static enum cb_err
put_listed(struct cb_buf *b, uint16_t seq)
{
	struct br_listed one = { .name = "a", .atr = { 0x3B, 0x00 },
		.atr_n = 2 };
	uint8_t v = byte(), i;
	size_t mark;
	enum cb_err r;

	r = br_listed_begin(b, &mark, v & 1);
	for (i = 0; r == CB_OK && i < (v >> 6); i++) {
		one.number = (uint32_t)byte() + i;
		one.present = (v & 2) != 0;
		one.exclusive = (v & 4) != 0;
		one.in_use = (v & 8) != 0;
		one.changes = v;
		r = br_listed_add(b, mark, &one);
		one.name[0]++;
	}
	return r == CB_OK ? br_listed_end(b, mark, seq, (v & 16) != 0) : r;
}

static enum cb_err
put_good(struct cb_buf *b, uint16_t type, uint16_t seq)
{
	static const uint8_t answer[] = { 1, 2, 3, 4, 0x90, 0x00 };
	struct br_shared s = { .outcome = BR_SHARE_OK };
	uint8_t v;

	switch (type) {
	case BR_WELCOME:
		return br_put_welcome(b, seq, EXCHANGE_MS, LONG_MS);
	case BR_LISTED:
		return put_listed(b, seq);
	case BR_ANSWER:
		return br_put_plain(b, seq, type, CB_SPAN_OF(answer));
	default:
		v = byte();
		s.outcome = (enum br_outcome)(v % BR_SHARE_OUTCOMES);
		s.present = s.powered = (v & 0x80) != 0;
		s.protocol = (v >> 5) & 1;
		return br_put_shared(b, seq, &s);
	}
}

/* A reply, all of it. Its words are the script's where it is not good. */
static enum cb_err
put_reply(struct cb_buf *b, const struct br_header *h, uint8_t how)
{
	uint16_t type = reply_type(h->type, how);
	struct cb_span body;
	size_t n;

	/* silence before a greeting would cost seconds */
	if ((how & 0x10) == 0 || h->type == BR_HELLO)
		return put_good(b, type, h->seq);
	n = byte();
	body = cb_span_head(br.script, n);
	br.script = cb_span_tail(br.script, n);
	return br_put_plain(b, h->seq, type, body);
}

static void
repeat(struct conn *c, uint16_t type, uint16_t seq, uint8_t how)
{
	uint8_t raw[BR_HEADER_SIZE];
	unsigned i;

	br_header_put(raw, type, seq, 0);
	for (i = 0; i < 1u << (how >> 4 & 7); i++)
		say(c, raw, sizeof(raw));
}

/* What does not come whole is waited for, a greeting for seconds. */
static void
fall_silent(struct conn *c, const struct br_header *h)
{
	if (h->type == BR_HELLO || br.patience == 0) {
		hang_up(c);
		return;
	}
	br.patience--;
	c->silent = true;
}

/* One step; false: the request stays unanswered as yet. */
static bool
play(struct conn *c, const struct br_header *h)
{
	uint8_t how = byte();
	struct cb_buf b = CB_BUF_INIT;
	struct br_header other = *h;
	struct cb_span raw;
	bool done = true;
	enum cb_err r = CB_OK;

	if ((how & 15) == 13)
		other.seq++;
	switch (how & 15) {
	case 7:
		repeat(c, BR_CHANGED, 0, how);
		done = false;
		break;
	case 8:
		repeat(c, BR_WORKING, h->seq, how);
		done = false;
		break;
	case 9:
		hang_up(c);
		return true;
	case 10:
		fall_silent(c, h);
		return true;
	case 11:
		r = br_put_error(&b, h->seq,
		    (enum cb_err)(1 + byte() % CB_E_INTERNAL), "no");
		break;
	case 12:
		/* a reply may be put together of several of these */
		raw = cb_span_head(br.script, how >> 4);
		br.script = cb_span_tail(br.script, how >> 4);
		r = cb_buf_add(&b, raw);
		done = (how >> 4) == 0 || h->type == BR_HELLO;
		break;
	case 14:
		r = put_reply(&b, h, how);
		if (r == CB_OK)
			r = cb_buf_truncate(&b, b.n / 2);
		break;
	default:
		r = put_reply(&b, &other, how);
		break;
	}
	if (r == CB_OK && b.n > 0)
		say(c, b.p, b.n);
	cb_buf_free(&b);
	if ((how & 15) == 14 || ((how & 15) == 12 && h->type == BR_HELLO))
		fall_silent(c, h);
	return done;
}

/* Answers what is there, while there is a script. */
static void
serve(struct conn *c)
{
	struct br_header h;
	enum cb_err r;

	r = br_inbox_receive(&c->in, c->fd, MSG_DONTWAIT);
	if (r == CB_E_PEER || r == CB_E_FORMAT) {
		hang_up(c);
		return;
	}
	while (c->fd >= 0 && !c->silent &&
	    br_inbox_header(&c->in, BR_FROM_CLIENT, &h) == CB_OK &&
	    br_inbox_whole(&c->in, &h) == CB_OK) {
		br_inbox_drop(&c->in, &h);
		if (h.type == BR_SHARE_ABORT)
			continue;
		while (br.script.n > 0 && c->fd >= 0 && !c->silent &&
		    !play(c, &h))
			;
		if (br.script.n == 0)
			br.over = true;
	}
	if (c->silent)
		br_inbox_clear(&c->in);
}

static void
take_in(void)
{
	int fd = accept(br.listener, NULL, NULL);
	size_t i;

	for (i = 0; i < CONNS && br.conns[i].fd >= 0; i++)
		;
	if (fd < 0)
		return;
	if (br.over || i == CONNS)
		close(fd);
	else
		br.conns[i].fd = fd;
}

static void *
run(void *arg)
{
	struct pollfd p[CONNS + 2];
	char one;
	size_t i;

	for (;;) {
		p[0] = (struct pollfd){ .fd = br.listener, .events = POLLIN };
		p[1] = (struct pollfd){ .fd = br.wake[0], .events = POLLIN };
		for (i = 0; i < CONNS; i++)
			p[i + 2] = (struct pollfd){ .fd = br.conns[i].fd,
				.events = POLLIN };
		if (poll(p, CONNS + 2, -1) < 0)
			continue;
		pthread_mutex_lock(&br.lock);
		for (i = 0; i < CONNS; i++)
			if (p[i + 2].revents != 0 && br.conns[i].fd >= 0)
				serve(&br.conns[i]);
		if (p[0].revents != 0)
			take_in();
		if (p[1].revents != 0 && read(br.wake[0], &one, 1) == 1) {
			br.over = true;
			br.ends++;
			pthread_cond_signal(&br.ended);
		}
		for (i = 0; br.over && i < CONNS; i++)
			hang_up(&br.conns[i]);
		pthread_mutex_unlock(&br.lock);
	}
	return arg;
}

static void
set_up(void)
{
	pthread_t thread;
	char path[108];
	size_t i;

	br.listener = fuzz_listen(path);
	for (i = 0; i < CONNS; i++) {
		br.conns[i].fd = -1;
		br_inbox_init(&br.conns[i].in);
	}
	if (pipe(br.wake) != 0 ||
	    pthread_create(&thread, NULL, run, NULL) != 0)
		abort();
}

static void
begin(struct cb_span script)
{
	pthread_mutex_lock(&br.lock);
	br.script = script;
	br.patience = PATIENCE;
	br.over = false;
	pthread_mutex_unlock(&br.lock);
}

/* Everything is closed afterwards, and the script not looked at any more. */
static void
end(void)
{
	unsigned seen;

	pthread_mutex_lock(&br.lock);
	seen = br.ends;
	if (write(br.wake[1], "", 1) != 1)
		abort();
	while (br.ends == seen)
		pthread_cond_wait(&br.ended, &br.lock);
	br.script = CB_SPAN_EMPTY;
	pthread_mutex_unlock(&br.lock);
}

/* ---- the program ------------------------------------------------------- */

static SCARDCONTEXT ctx;
static SCARDHANDLE card;

static bool
said(enum fn f, LONG rv)
{
	return fuzz_code(f, rv, true) == SCARD_S_SUCCESS;
}

static void
call_list(void)
{
	DWORD n = SCARD_AUTOALLOCATE;
	char *names = NULL;

	if (!said(LIST, SCardListReaders(ctx, NULL, (LPSTR)&names, &n)))
		return;
	fuzz_multi_string(names, n);
	(void)SCardFreeMemory(ctx, names);
}

static void
call_change(uint8_t how)
{
	SCARD_READERSTATE st[2] = { { .szReader = READER },
		{ .szReader = "\\\\?PnP?\\Notification" } };

	st[0].dwCurrentState = (how & 0x20) != 0 ? SCARD_STATE_PRESENT :
						   SCARD_STATE_EMPTY;
	if (said(CHANGE, SCardGetStatusChange(ctx, how >> 6, st, 2)) &&
	    st[0].cbAtr > sizeof(st[0].rgbAtr))
		abort();
}

static void
call_status(void)
{
	char name[8];
	BYTE atr[4];
	DWORD name_n = sizeof(name), atr_n = sizeof(atr), state, protocol;

	if (said(STATUS, SCardStatus(card, name, &name_n, &state, &protocol,
		atr, &atr_n)) && (name_n > sizeof(name) || atr_n > sizeof(atr)))
		abort();
}

static void
call_transmit(void)
{
	static const BYTE cmd[] = { 0x00, 0xA4, 0x04, 0x00 };
	BYTE rsp[6];
	DWORD n = sizeof(rsp);

	/* an answer has a status word at least */
	if (said(TRANSMIT, SCardTransmit(card, SCARD_PCI_T1, cmd, sizeof(cmd),
		NULL, rsp, &n)) && (n < 2 || n > sizeof(rsp)))
		abort();
}

static void
call_reader(uint8_t how)
{
	BYTE value[4];
	DWORD n = sizeof(value);

	if ((how & 0x10) != 0)
		(void)said(CONTROL, SCardControl(card,
			CM_IOCTL_GET_FEATURE_REQUEST, NULL, 0, value, n, &n));
	else
		(void)said(GET_ATTRIB, SCardGetAttrib(
			card, SCARD_ATTR_ATR_STRING, value, &n));
	if (n > sizeof(value) && n > 33)
		abort();
}

static void
call(uint8_t how)
{
	DWORD active = 0;

	switch (how & 15) {
	case 0:
		call_list();
		break;
	case 1:
	case 2:
		call_change(how);
		break;
	case 3:
		call_status();
		break;
	case 4:
	case 5:
		call_transmit();
		break;
	case 6:
		(void)said(BEGIN, SCardBeginTransaction(card));
		break;
	case 7:
		(void)said(END, SCardEndTransaction(card, how >> 4 & 3));
		break;
	case 8:
		(void)said(RECONNECT, SCardReconnect(card, SCARD_SHARE_SHARED,
			SCARD_PROTOCOL_ANY, how >> 5, &active));
		break;
	case 9:
		(void)said(DISCONNECT, SCardDisconnect(card, how >> 6));
		break;
	case 10:
		call_reader(how);
		break;
	case 11:
		(void)said(RELEASE, SCardReleaseContext(ctx));
		break;
	case 12:
		(void)said(RELEASE, SCardReleaseContext(ctx));
		(void)said(ESTABLISH, SCardEstablishContext(
			SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx));
		break;
	default:
		(void)said(CONNECT, SCardConnect(ctx, READER,
			SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, &card,
			&active));
		break;
	}
	if (active > SCARD_PROTOCOL_T1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t count = n > 0 ? p[0] & 15 : 0, i;
	uint64_t from;

	if (n < 1 + count || n > 4096)
		return 0;
	if (br.listener == 0)
		set_up();
	begin(cb_span(p + 1 + count, n - 1 - count));
	ctx = card = 0;
	(void)said(ESTABLISH, SCardEstablishContext(
		SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx));
	for (i = 0; i < count; i++) {
		from = br_now_ms();
		call(p[1 + i]);
		if (br_now_ms() - from > CALL_MS)
			abort();
	}
	(void)said(RELEASE, SCardReleaseContext(ctx));
	end();
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thin end of the local wire, see client.h: finding the bridge, greeting
 * it, and the requests that concern one reader's card.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bridge/addr.h"
#include "bridge/client_io.h"
#include "bridge/sock.h"
#include "common/ct.h"

/* Events taken in one go: who sends without end does not keep us. */
#define EVENTS_MAX 64

enum cb_err
br_socket_path(const char *given, char *out, size_t size)
{
	static const char service[] = "/run/cardbridge/socket";
	const char *path = given, *tail = "", *dir;
	int n;

	if (path == NULL || path[0] == '\0')
		path = secure_getenv("CARDBRIDGE_SOCKET");
	if (path == NULL || path[0] == '\0') {
		/* a service that does not serve us hides nothing of our own */
		dir = secure_getenv("XDG_RUNTIME_DIR");
		if (dir != NULL && dir[0] == '\0')
			dir = NULL;
		path = NULL;
		if (access(service, W_OK) == 0 ||
		    (errno == EACCES && dir == NULL))
			path = service;
	}
	if (path == NULL) {
		path = dir;
		tail = "/cardbridge/socket";
		if (path == NULL)
			return CB_E_ABSENT;
	}
	n = snprintf(out, size, "%s%s", path, tail);
	return n < 0 || (size_t)n >= size ? CB_E_LIMIT : CB_OK;
}

static enum cb_err
set_timeout(int fd, int which, unsigned ms)
{
	struct timeval tv = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000) * 1000,
	};

	if (ms == 0)
		tv.tv_usec = 1;	/* 0 would be for ever */
	if (setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv)) != 0)
		return CB_E_INTERNAL;
	return CB_OK;
}

/* connect() to a full backlog waits by the timeout for sending. Each signal
 * ends it: what is left of the time is all that the next try has. */
static enum cb_err
connect_within(int fd, const struct br_addr *addr, unsigned wait_ms)
{
	uint64_t end = br_now_ms() + wait_ms, now = end - wait_ms;
	enum cb_err r;

	do {
		r = set_timeout(fd, SO_SNDTIMEO, (unsigned)(end - now));
		if (r != CB_OK)
			return r;
		if (connect(fd, (const struct sockaddr *)&addr->un,
			addr->n) == 0)
			return CB_OK;
		if (errno == EAGAIN)
			return CB_E_TIMEOUT;
		if (errno == EACCES || errno == EPERM)
			return CB_E_DENIED;
		if (errno != EINTR)
			return CB_E_ABSENT;
	} while ((now = br_now_ms()) < end);
	return CB_E_TIMEOUT;
}

static enum cb_err
dial(struct br_client *c, const char *path, unsigned wait_ms,
    struct cb_why *why)
{
	struct br_addr addr;
	int fd;
	enum cb_err r;

	if ((r = br_addr_init(&addr, path)) != CB_OK)
		goto out;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		r = CB_E_NOMEM;
		goto out;
	}
	if ((r = br_io_adopt(c, fd)) != CB_OK) {
		close(fd);
		goto out;
	}
	r = connect_within(c->fd, &addr, wait_ms);
	if (r == CB_OK && (r = br_peer_check(c->fd, path, why)) != CB_OK) {
		br_addr_clear(&addr);
		return r;
	}
out:
	if (r == CB_E_TIMEOUT)
		cb_why_set(why, "The bridge at %s does not answer.", path);
	else if (r == CB_E_DENIED)
		cb_why_set(why, "No permission to reach the bridge at %s.",
		    path);
	else if (r == CB_E_ABSENT)
		cb_why_set(why, "No bridge is running at %s; start one with "
		    "\"cardbridged\".", path);
	else if (r != CB_OK)
		cb_why_set(why, "The bridge at %s cannot be reached: %s.",
		    path, strerror(errno));
	br_addr_clear(&addr);
	return r;
}

static enum cb_err
greet(struct br_client *c, struct cb_why *why)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct br_welcome w;
	struct cb_span body;
	enum cb_err r;

	if ((r = br_put_hello(&frame, br_io_seq(c))) != CB_OK)
		goto out;
	r = br_io_call_frame(c, &frame, BR_WELCOME, &body, why);
	if (r != CB_OK)
		goto out;
	if (br_get_welcome(&w, body) != CB_OK) {
		cb_why_set(why, "What listens there is no bridge.");
		r = CB_E_PEER;
		goto out;
	}
	if (w.version != BR_VERSION) {
		cb_why_set(why, "The bridge speaks version %u of the local "
		    "protocol, this program version %u; install both from "
		    "one release.", w.version, BR_VERSION);
		r = CB_E_LIMIT;
		goto out;
	}
	c->told_exchange_ms = w.exchange_ms;
	c->told_long_ms = w.long_ms;
	br_set_deadlines(c, 0, 0);
out:
	br_inbox_clear(&c->in);
	cb_buf_free(&frame);
	return r;
}

enum cb_err
br_connect(struct br_client **out, const char *path, unsigned wait_ms,
    struct cb_why *why)
{
	uint64_t start = br_now_ms(), gone;
	struct br_client *c;
	unsigned left;
	enum cb_err r;

	*out = NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return CB_E_NOMEM;
	c->fd = -1;
	br_inbox_init(&c->in);
	if ((r = dial(c, path, wait_ms, why)) != CB_OK)
		goto out;
	gone = br_now_ms() - start;
	left = gone < wait_ms ? wait_ms - (unsigned)gone : 1;
	br_set_deadlines(c, left, left);
	if ((r = greet(c, why)) != CB_OK)
		goto out;
	*out = c;
	c = NULL;
out:
	br_close(&c);
	return r;
}

void
br_close(struct br_client **c)
{
	if (*c == NULL)
		return;
	br_inbox_clear(&(*c)->in);
	br_forget(*c);
	cb_wipe(*c, sizeof(**c));
	free(*c);
	*c = NULL;
}

void
br_forget(const struct br_client *c)
{
	if (c != NULL && cb_fd_is(c->fd, &c->id))
		close(c->fd);
}

bool
br_alive(const struct br_client *c)
{
	uint8_t byte;

	if (c == NULL || c->broken || !cb_fd_is(c->fd, &c->id))
		return false;
	return recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0 ||
	    errno == EAGAIN || errno == EINTR;
}

int
br_fd(const struct br_client *c)
{
	return c != NULL ? c->fd : -1;
}

void
br_set_deadlines(struct br_client *c, unsigned exchange_ms, unsigned long_ms)
{
	unsigned ms;

	c->exchange_ms = exchange_ms != 0 ? exchange_ms : c->told_exchange_ms;
	c->long_ms = long_ms != 0 ? long_ms : c->told_long_ms;
	ms = c->exchange_ms < c->long_ms ? c->exchange_ms : c->long_ms;
	if (ms == c->socket_ms)
		return;
	c->socket_ms = ms;
	/* the kernel may be late by an eighth (timer wheel) */
	if (set_timeout(c->fd, SO_RCVTIMEO, ms - ms / 8) != CB_OK)
		c->broken = true;
}

/* ATTACH and WATCH ask alike and answer alike. */
static enum cb_err
aim(struct br_client *c, uint16_t type, const struct br_target *t,
    enum br_road road, uint16_t want, struct br_state *state)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_span body;
	enum cb_err r;

	memset(state, 0, sizeof(*state));
	if ((r = br_put_aim(&frame, br_io_seq(c), type, t, road)) != CB_OK)
		goto out;
	r = br_io_call_frame(c, &frame, want, &body, NULL);
	if (r != CB_OK)
		goto out;
	if (br_get_state(state, body) != CB_OK) {
		c->broken = true;
		r = CB_E_PEER;
	}
out:
	cb_buf_free(&frame);
	return r;
}

enum cb_err
br_attach(struct br_client *c, const struct br_target *t, enum br_road road,
    struct br_state *state)
{
	enum cb_err r = aim(c, BR_ATTACH, t, road, BR_ATTACHED, state);

	br_inbox_clear(&c->in);
	return r;
}

enum cb_err
br_watch(struct br_client *c, const struct br_target *t, enum br_road road,
    struct br_state *state)
{
	struct br_header h;
	enum cb_err r;

	r = aim(c, BR_WATCH, t, road, BR_WATCHING, state);
	if (r != CB_OK) {
		br_inbox_clear(&c->in);
		return r;
	}
	/* events may already stand behind the reply */
	r = br_inbox_header(&c->in, BR_FROM_BRIDGE, &h);
	if (r != CB_OK)
		return r;
	br_inbox_drop(&c->in, &h);
	c->watching = true;
	c->state = *state;
	return CB_OK;
}

enum cb_err
br_watch_take(struct br_client *c, struct br_state *state, bool *changed)
{
	struct br_header h;
	struct cb_span body;
	unsigned n = 0;
	enum cb_err r;

	*changed = false;
	*state = c->state;
	if (!c->watching)
		return CB_E_ARG;
	while ((r = br_io_take(c, &h, &body)) == CB_OK) {
		if (h.type != BR_STATE || h.seq != 0 ||
		    br_get_state(&c->state, body) != CB_OK) {
			c->broken = true;
			return CB_E_PEER;
		}
		*changed = true;
		br_inbox_drop(&c->in, &h);
		/* a whole one must not stay here: poll would not tell of it */
		if (++n >= EVENTS_MAX && c->in.have < BR_HEADER_SIZE + h.length)
			break;
	}
	*state = c->state;
	return r == CB_E_ABSENT ? CB_OK : r;
}

enum cb_err
br_power(struct br_client *c, enum br_power what, uint8_t atr[CB_ATR_MAX],
    size_t *atr_n, struct cb_why *why)
{
	uint8_t v = (uint8_t)what;
	struct cb_span body;
	enum cb_err r;

	*atr_n = 0;
	r = br_io_call(c, BR_POWER, cb_span(&v, 1), BR_POWERED, &body, why);
	if (r == CB_OK)
		r = br_get_atr(atr, atr_n, body);
	if (r == CB_OK && (what == BR_POWER_OFF) != (*atr_n == 0)) {
		c->broken = true;
		r = CB_E_PEER;
	}
	br_inbox_clear(&c->in);
	return r;
}

enum cb_err
br_protocol(struct br_client *c, unsigned t)
{
	uint8_t v = (uint8_t)t;
	struct cb_span body;
	enum cb_err r;

	if (t > 1)
		return CB_E_ARG;
	r = br_io_call(c, BR_PROTOCOL, cb_span(&v, 1), BR_DONE, &body, NULL);
	br_inbox_clear(&c->in);
	return r;
}

enum cb_err
br_transmit(struct br_client *c, struct cb_span cmd, struct cb_buf *rsp)
{
	struct cb_span body;
	enum cb_err r;

	cb_buf_clear(rsp);
	r = br_io_call(c, BR_TRANSMIT, cmd, BR_ANSWER, &body, NULL);
	if (r == CB_OK)
		r = cb_buf_set(rsp, body);
	br_inbox_clear(&c->in);
	return r;
}

bool
br_reader_name_valid(const char *name)
{
	return br_name_check(name, NULL) == CB_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any bytes as a client's words to the bridge. The first byte tells how far
 * the connection is when they come (bit 0 greeted, bit 1 attached, bit 2
 * powered); then come chunks, a length byte and that many bytes, each sent
 * when what came before has been answered. What the bridge says must be
 * frames of the protocol, and it must come to an end afterwards.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/loop.h"
#include "bridge/sock.h"
#include "common/log.h"
#include "tests/fuzz/echo_link.h"
#include "tests/fuzz/fuzz.h"

/* ---- one conversation --------------------------------------------------- */

struct talk {
	struct br_server *srv;
	struct br_conn *conn;	/* valid while srv->first is it */
	int fd;			/* ours */
	struct cb_buf heard;
};

static bool
alive(const struct talk *t)
{
	return t->srv->first == t->conn;
}

/* Frames only, and no cut-off one. */
static void
listen_to(struct talk *t)
{
	struct br_header h;
	uint8_t block[2048];
	ssize_t n;

	while ((n = recv(t->fd, block, sizeof(block), MSG_DONTWAIT)) > 0)
		if (cb_buf_add(&t->heard, cb_span(block, (size_t)n)) != CB_OK)
			abort();
	while (t->heard.n >= BR_HEADER_SIZE) {
		if (br_header_get(&h, t->heard.p, BR_FROM_BRIDGE) != CB_OK)
			abort();
		if (t->heard.n < BR_HEADER_SIZE + h.length)
			break;
		cb_buf_consume(&t->heard, BR_HEADER_SIZE + h.length);
	}
}

/* Lets the bridge do all that the last chunk made it do. */
static void
settle(struct talk *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	int i;

	for (i = 0; i < 200 && alive(t); i++) {
		if (t->conn->state == BR_CONN_SESSION) {
			/* its thread answers, or waits for the rest */
			(void)poll(&p, 1, 2);
			listen_to(t);
			if (br_server_turn(t->srv, br_now_ms()) != CB_OK)
				abort();
			return;
		}
		if (br_server_turn(t->srv, br_now_ms() +
			    (t->conn->waiting != NULL)) != CB_OK)
			abort();
		listen_to(t);
		if (alive(t) && t->conn->waiting == NULL)
			return;
	}
}

static void
say(struct talk *t, const uint8_t *p, size_t n)
{
	if (n > 0 && send(t->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return;
	settle(t);
}

static void
begin(struct talk *t, unsigned how)
{
	const struct br_target a = { .name = "a" };
	const uint8_t on = BR_POWER_ON;
	struct cb_buf b = CB_BUF_INIT;

	if ((how & 1) != 0 && br_put_hello(&b, 1) == CB_OK)
		say(t, b.p, b.n);
	cb_buf_clear(&b);
	if ((how & 2) != 0 &&
	    br_put_aim(&b, 2, BR_ATTACH, &a, BR_ROAD_DIRECT) == CB_OK)
		say(t, b.p, b.n);
	cb_buf_clear(&b);
	if ((how & 4) != 0 &&
	    br_put_plain(&b, 3, BR_POWER, cb_span(&on, 1)) == CB_OK)
		say(t, b.p, b.n);
	cb_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct br_cred cred = { .pid = 1, .uid = 1, .admin = true };
	struct br_listen l = BR_LISTEN_INIT;
	const struct br_settings set = { .listen = &l, .exchange_ms = 50 };
	struct talk t = { .heard = CB_BUF_INIT };
	struct cb_span in = cb_span(p, n), chunk;
	uint8_t how, length;
	int ends[2];

	cb_log_set_level(CB_LOG_ERROR);
	br_link_register(&echo_link);
	if (cb_get_u8(&in, &how) != CB_OK)
		return 0;
	l.fd = eventfd(0, EFD_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
	    br_server_new(&t.srv, &set, NULL) != CB_OK ||
	    br_server_configure(t.srv, "a", "echo:a", NULL) != CB_OK ||
	    (t.conn = br_conn_new(t.srv, ends[0], &cred)) == NULL)
		abort();
	t.fd = ends[1];
	br_conn_enter(t.conn);
	begin(&t, how);
	while (alive(&t) && cb_get_u8(&in, &length) == CB_OK) {
		chunk = cb_span_head(in, length);
		in = cb_span_tail(in, length);
		say(&t, chunk.p, chunk.n);
	}
	close(t.fd);
	br_server_stop(t.srv);
	if (br_server_run(t.srv) != CB_OK)
		abort();
	br_server_free(&t.srv);
	cb_buf_free(&t.heard);
	close(l.fd);
	return 0;
}

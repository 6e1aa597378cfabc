/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See fake_bridge.h.
 */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bridge/protocol.h"
#include "tests/ifdhandler/fake_bridge.h"

const uint8_t fake_atr[] = { 0x3B, 0x80, 0x01, 0x81 }; /* T=1 */
const size_t fake_atr_n = sizeof(fake_atr);

#define PEERS_MAX 128

struct peer {
	int fd;
	bool watching;
	bool powered;
	struct cb_buf in;
};

static struct {
	struct peer peers[PEERS_MAX];
	struct br_state state;
	bool busy;
} fake;

static void
send_buf(struct peer *p, struct cb_buf *b)
{
	if (send(p->fd, b->p, b->n, MSG_NOSIGNAL) < 0)
		p->powered = false;	/* its end is noticed by poll */
	cb_buf_free(b);
}

static void
must(enum cb_err r)
{
	if (r != CB_OK)
		_exit(3);
}

static void
reply_plain(struct peer *p, uint16_t seq, uint16_t type, struct cb_span body)
{
	struct cb_buf b = CB_BUF_INIT;

	must(br_put_plain(&b, seq, type, body));
	send_buf(p, &b);
}

static void
reply_error(struct peer *p, uint16_t seq, enum cb_err e)
{
	struct cb_buf b = CB_BUF_INIT;

	must(br_put_error(&b, seq, e, "so says the test"));
	send_buf(p, &b);
}

static void
reply_state(struct peer *p, uint16_t seq, uint16_t type)
{
	struct cb_buf b = CB_BUF_INIT;

	must(br_put_state(&b, seq, type, &fake.state));
	send_buf(p, &b);
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* ---- requests ---------------------------------------------------------- */

static void
on_hello(struct peer *p, uint16_t seq, struct cb_span body)
{
	struct cb_buf b = CB_BUF_INIT;

	(void)body;
	must(br_put_welcome(&b, seq, FAKE_EXCHANGE_MS, FAKE_LONG_MS));
	send_buf(p, &b);
}

static void
on_attach(struct peer *p, uint16_t seq, struct cb_span body)
{
	struct br_aim aim;

	must(br_get_aim(&aim, body));
	reply_state(p, seq, BR_ATTACHED);
}

static void
on_watch(struct peer *p, uint16_t seq, struct cb_span body)
{
	struct br_aim aim;

	must(br_get_aim(&aim, body));
	p->watching = true;
	reply_state(p, seq, BR_WATCHING);
}

static void
on_power(struct peer *p, uint16_t seq, struct cb_span body)
{
	uint8_t what;

	must(br_get_choice(&what, BR_POWER_RESET, body));
	p->powered = what != BR_POWER_OFF;
	if (!p->powered) {
		reply_plain(p, seq, BR_POWERED, CB_SPAN_EMPTY);
	} else if (!fake.state.present || fake.busy) {
		p->powered = false;
		reply_error(p, seq, fake.busy ? CB_E_BUSY : CB_E_ABSENT);
	} else {
		reply_plain(p, seq, BR_POWERED, cb_span(fake_atr, fake_atr_n));
	}
}

static void
on_protocol(struct peer *p, uint16_t seq, struct cb_span body)
{
	uint8_t t;

	must(br_get_choice(&t, 1, body));
	if ((fake.state.protocols & 1 << t) == 0)
		reply_error(p, seq, CB_E_ARG);
	else
		reply_plain(p, seq, BR_DONE, CB_SPAN_EMPTY);
}

static void
on_transmit(struct peer *p, uint16_t seq, struct cb_span body)
{
	struct cb_buf b = CB_BUF_INIT;
	uint8_t *room, ins = body.n > 1 ? body.p[1] : 0;
	uint8_t p1 = body.n > 2 ? body.p[2] : 0, i;

	if (!p->powered) {
		reply_error(p, seq, CB_E_ARG);
		return;
	}
	switch (ins) {
	case FAKE_INS_HANG:
		return;
	case FAKE_INS_DIE:
		_exit(0);
	case FAKE_INS_WORK:
		for (i = 0; i < p1; i++) {
			pause_ms(100);
			reply_plain(p, seq, BR_WORKING, CB_SPAN_EMPTY);
		}
		break;
	case FAKE_INS_LONG:
		must(cb_buf_grow(
		    &b, (size_t)(p1 << 8 | body.p[3]), &room));
		break;
	default:
		must(cb_buf_set(&b, body));
		break;
	}
	must(cb_put_u16(&b, 0x9000));
	reply_plain(p, seq, BR_ANSWER, cb_buf_span(&b));
	cb_buf_free(&b);
}

static const struct {
	uint16_t type;
	void (*run)(struct peer *p, uint16_t seq, struct cb_span body);
} requests[] = {
	{ BR_HELLO,    on_hello },
	{ BR_ATTACH,   on_attach },
	{ BR_WATCH,    on_watch },
	{ BR_POWER,    on_power },
	{ BR_PROTOCOL, on_protocol },
	{ BR_TRANSMIT, on_transmit },
};

static void
peer_frames(struct peer *p)
{
	struct br_header h;
	struct cb_span body;
	size_t i;

	while (p->in.n >= BR_HEADER_SIZE) {
		must(br_header_get(&h, p->in.p, BR_FROM_CLIENT));
		if (p->in.n < BR_HEADER_SIZE + h.length)
			return;
		body = cb_span(p->in.p + BR_HEADER_SIZE, h.length);
		for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
			if (requests[i].type == h.type)
				requests[i].run(p, h.seq, body);
		cb_buf_consume(&p->in, BR_HEADER_SIZE + h.length);
	}
}

static void
peer_read(struct peer *p)
{
	uint8_t buf[4096];
	ssize_t n = recv(p->fd, buf, sizeof(buf), 0);

	if (n > 0) {
		must(cb_buf_add(&p->in, cb_span(buf, (size_t)n)));
		peer_frames(p);
		return;
	}
	close(p->fd);
	cb_buf_free(&p->in);
	memset(p, 0, sizeof(*p));
	p->fd = -1;
}

/* ---- the process ------------------------------------------------------- */

static void
push_change(bool present)
{
	size_t i;

	fake.state.present = present;
	fake.state.changes++;
	for (i = 0; i < PEERS_MAX; i++)
		if (fake.peers[i].fd >= 0 && fake.peers[i].watching)
			reply_state(&fake.peers[i], 0, BR_STATE);
}

static void
obey(int control)
{
	char what;

	if (read(control, &what, 1) != 1)
		_exit(0);	/* the test is over */
	if (what == '-' || what == '~')
		push_change(false);
	if (what == '+' || what == '~')
		push_change(true);
	if (what == 'x') {
		fake.state.max_apdu = 65536;
		push_change(true);
	}
	if (what == 'b' || what == 'f')
		fake.busy = what == 'b';
	if (write(control, &what, 1) != 1)
		_exit(0);
}

static void
welcome_peer(int listener)
{
	size_t i;
	int fd = accept(listener, NULL, NULL);

	for (i = 0; i < PEERS_MAX && fake.peers[i].fd >= 0; i++)
		;
	if (fd < 0 || i == PEERS_MAX)
		_exit(4);
	fake.peers[i].fd = fd;
}

static void
serve(int listener, int control)
{
	struct pollfd fds[PEERS_MAX + 2];
	size_t i;

	for (i = 0; i < PEERS_MAX; i++)
		fake.peers[i].fd = -1;
	fake.state = (struct br_state){ .known = true, .present = true,
		.test = true, .changes = 1, .max_apdu = 256, .protocols = 2 };
	for (;;) {
		for (i = 0; i < PEERS_MAX; i++)
			fds[i] = (struct pollfd){ fake.peers[i].fd, POLLIN,
				0 };
		fds[PEERS_MAX] = (struct pollfd){ listener, POLLIN, 0 };
		fds[PEERS_MAX + 1] = (struct pollfd){ control, POLLIN, 0 };
		if (poll(fds, PEERS_MAX + 2, -1) < 0)
			continue;
		for (i = 0; i < PEERS_MAX; i++)
			if (fds[i].revents != 0)
				peer_read(&fake.peers[i]);
		if (fds[PEERS_MAX].revents != 0)
			welcome_peer(listener);
		if (fds[PEERS_MAX + 1].revents != 0)
			obey(control);
	}
}

void
fake_start(struct fake *f, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int listener, pair[2];

	ck_assert_uint_lt(strlen(path), sizeof(un.sun_path));
	memcpy(un.sun_path, path, strlen(path) + 1);
	unlink(path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(listener, 0);
	ck_assert_int_eq(
	    bind(listener, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(listener, 64), 0);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	f->control = pair[0];
	f->pid = fork();
	ck_assert_int_ge(f->pid, 0);
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(pair[0]);
		serve(listener, pair[1]);
	}
	close(listener);
	close(pair[1]);
}

void
fake_kill(struct fake *f)
{
	if (f->pid <= 0)
		return;
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
	close(f->control);
	f->pid = 0;
}

void
fake_tell(struct fake *f, char what)
{
	char got = 0;

	ck_assert_int_eq(write(f->control, &what, 1), 1);
	ck_assert_int_eq(read(f->control, &got, 1), 1);
	ck_assert_int_eq(got, what);
}

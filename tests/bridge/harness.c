/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A bridge for tests, see harness.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge/protocol.h"
#include "bridge/sock.h"
#include "common/log.h"
#include "tests/bridge/harness.h"
#include "tests/tree.h"

const char *const one_reader[] = { "a", "fake:a", NULL };
const char *const two_readers[] = { "a", "fake:a", "b", "fake:b", NULL };

void
place_make(struct place *p)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/cardbridge-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(p->dir));
	snprintf(p->socket, sizeof(p->socket), "%s/socket", p->dir);
}

void
place_clear(struct place *p)
{
	ck_assert(tree_remove(p->dir));
}

void
bridge_init(struct bridge *b)
{
	memset(b, 0, sizeof(*b));
	place_make(&b->at);
	b->listen = (struct br_listen)BR_LISTEN_INIT;
	br_link_register(&fake_link);
	cb_log_set_level(CB_LOG_ERROR);
}

static void
ready(void *ctx)
{
	const int *fd = ctx;

	ck_assert_int_eq(write(*fd, "", 1), 1);
}

static void
make(struct bridge *b, const char *const *readers)
{
	struct cb_why why = { "" };
	enum cb_err r;

	r = br_listen_open(&b->listen, b->at.socket, NULL, &why);
	ck_assert_msg(r == CB_OK, "%s", why.text);
	b->set.listen = &b->listen;
	r = br_server_new(&b->srv, &b->set, &why);
	ck_assert_msg(r == CB_OK, "%s", why.text);
	for (; readers != NULL && readers[0] != NULL; readers += 2) {
		r = br_server_configure(b->srv, readers[0], readers[1], &why);
		ck_assert_msg(r == CB_OK, "%s", why.text);
	}
}

static void *
run(void *arg)
{
	struct bridge *b = arg;
	enum cb_err r = br_server_run(b->srv);

	return r == CB_OK ? NULL : arg;
}

static void
await(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char byte;

	ck_assert_int_eq(poll(&p, 1, 10000), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
}

void
bridge_start(struct bridge *b, const char *const *readers)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	b->set.ready = ready;
	b->set.ctx = &ends[1];
	make(b, readers);
	ck_assert_int_eq(pthread_create(&b->thread, NULL, run, b), 0);
	await(ends[0]);
	close(ends[0]);
	close(ends[1]);
}

static void
end_child(int sig)
{
	(void)sig;
	_exit(0);
}

void
bridge_fork(struct bridge *b, const char *const *readers)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	b->pid = fork();
	ck_assert_int_ge(b->pid, 0);
	if (b->pid == 0) {
		signal(SIGTERM, end_child);
		b->set.ready = ready;
		b->set.ctx = &ends[1];
		make(b, readers);
		_exit(br_server_run(b->srv) == CB_OK ? 0 : 1);
	}
	close(ends[1]);
	await(ends[0]);
	close(ends[0]);
}

void
bridge_stop(struct bridge *b)
{
	void *failed = NULL;
	int status;

	if (b->pid > 0) {
		kill(b->pid, SIGKILL);
		kill(b->pid, SIGCONT);
		waitpid(b->pid, &status, 0);
		b->pid = 0;
		return;
	}
	if (b->srv == NULL)
		return;
	br_server_stop(b->srv);
	ck_assert_int_eq(pthread_join(b->thread, &failed), 0);
	ck_assert_ptr_null(failed);
	br_server_free(&b->srv);
	br_listen_close(&b->listen);
}

void
bridge_clear(struct bridge *b)
{
	bridge_stop(b);
	place_clear(&b->at);
}

int
raw_connect(const struct bridge *b)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct timeval tv = { 5, 0 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_lt(strlen(b->at.socket), sizeof(un.sun_path));
	memcpy(un.sun_path, b->at.socket, strlen(b->at.socket));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	return fd;
}

int
raw_greeted(const struct bridge *b)
{
	struct cb_buf hello = CB_BUF_INIT;
	uint8_t reply[256];
	int fd = raw_connect(b);

	ck_ok(br_put_hello(&hello, 1));
	ck_ok(br_sock_send(fd, cb_buf_span(&hello), CB_SPAN_EMPTY, 1000));
	ck_assert_int_gt(recv(fd, reply, sizeof(reply), 0), BR_HEADER_SIZE);
	ck_assert_uint_eq(reply[5], BR_WELCOME);
	cb_buf_free(&hello);
	return fd;
}

bool
raw_closed(int fd, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	uint8_t block[4096];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	do {
		n = recv(fd, block, sizeof(block), 0);
	} while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

void
played_start(struct played *p, void (*play)(int fd))
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int l = socket(AF_UNIX, SOCK_STREAM, 0);

	place_make(&p->at);
	ck_assert_uint_lt(strlen(p->at.socket), sizeof(un.sun_path));
	memcpy(un.sun_path, p->at.socket, strlen(p->at.socket));
	ck_assert_int_eq(bind(l, (struct sockaddr *)&un, sizeof(un)), 0);
	ck_assert_int_eq(listen(l, 5), 0);
	p->pid = fork();
	ck_assert_int_ge(p->pid, 0);
	if (p->pid == 0) {
		play(accept(l, NULL, NULL));
		_exit(0);
	}
	close(l);
}

void
played_clear(struct played *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	place_clear(&p->at);
}

struct br_client *
dial(const struct bridge *b)
{
	struct br_client *c;
	struct cb_why why = { "" };
	enum cb_err r;

	r = br_connect(&c, b->at.socket, 5000, &why);
	ck_assert_msg(r == CB_OK, "%s", why.text);
	return c;
}

struct br_client *
attached(const struct bridge *b, const char *name, enum br_road road)
{
	struct br_client *c = dial(b);
	struct br_target t = { .name = name };
	struct br_state state;

	ck_ok(br_attach(c, &t, road, &state));
	ck_assert(state.known);
	return c;
}

void
power_on(struct br_client *c)
{
	uint8_t atr[CB_ATR_MAX];
	struct cb_why why = { "" };
	size_t n;
	enum cb_err r;

	r = br_power(c, BR_POWER_ON, atr, &n, &why);
	ck_assert_msg(r == CB_OK, "%s", why.text);
	ck_assert_mem_eq(atr, fake_atr, sizeof(fake_atr));
}

bool
news(struct br_client *c, struct br_state *state, int ms)
{
	uint64_t end = br_now_ms() + (uint64_t)ms, now;
	struct pollfd p = { .fd = br_fd(c), .events = POLLIN };
	bool changed = false;

	while (!changed && (now = br_now_ms()) < end) {
		if (poll(&p, 1, (int)(end - now)) <= 0)
			break;
		ck_ok(br_watch_take(c, state, &changed));
	}
	return changed;
}

uint64_t
now_us(void)
{
	return br_now_ns() / 1000;
}

unsigned
slower(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload != NULL && strstr(preload, "vgpreload") != NULL)
		return 40;
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
	return 5;
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return 5;
#endif
	return 1;
}

unsigned
send_apdu(struct br_client *c, enum cb_err *e, size_t n, ...)
{
	struct cb_buf rsp = CB_BUF_INIT;
	uint8_t cmd[64];
	unsigned sw = 0;
	va_list ap;
	size_t i;

	ck_assert_uint_le(n, sizeof(cmd));
	va_start(ap, n);
	for (i = 0; i < n; i++)
		cmd[i] = (uint8_t)va_arg(ap, int);
	va_end(ap);
	*e = br_transmit(c, cb_span(cmd, n), &rsp);
	if (*e == CB_OK) {
		ck_assert_uint_ge(rsp.n, 2);
		sw = (unsigned)(rsp.p[rsp.n - 2] << 8 | rsp.p[rsp.n - 1]);
	}
	cb_buf_free(&rsp);
	return sw;
}

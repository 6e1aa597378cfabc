/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See relay.h.
 */
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bridge/https/relay.h"

struct passing {
	struct relay *r;
	int fd;
};

static struct sockaddr_in
place(unsigned port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return at;
}

static bool
pass(struct relay *r, int from, int to)
{
	char block[4096];
	ssize_t n = recv(from, block, sizeof(block), 0);

	if (n > 0 && atomic_load(&r->deaf))
		return true;
	if (n <= 0 || send(to, block, (size_t)n, MSG_NOSIGNAL) != n)
		return false;
	atomic_fetch_add(&r->bytes, (unsigned long long)n);
	return true;
}

/* The head of CONNECT, byte by byte: what follows is not the relay's. */
static bool
take_connect(int fd)
{
	static const char done[] = "HTTP/1.1 200 OK\r\n\r\n";
	char head[1024];
	size_t n = 0;

	while (n < sizeof(head) - 1 && recv(fd, head + n, 1, 0) == 1) {
		head[++n] = '\0';
		if (n > 4 && strcmp(head + n - 4, "\r\n\r\n") == 0)
			return strncmp(head, "CONNECT ", 8) == 0 &&
			    send(fd, done, sizeof(done) - 1, MSG_NOSIGNAL) > 0;
	}
	return false;
}

static void *
conn_main(void *arg)
{
	struct passing *p = arg;
	struct sockaddr_in at = place(p->r->to);
	int far_end = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct pollfd ends[2] = { { .fd = p->fd, .events = POLLIN },
		{ .fd = far_end, .events = POLLIN } };
	bool on;

	on = (!p->r->proxy || take_connect(p->fd)) &&
	    connect(far_end, (struct sockaddr *)&at, sizeof(at)) == 0;
	while (on && poll(ends, 2, -1) > 0)
		for (int i = 0; i < 2 && on; i++)
			if (ends[i].revents != 0)
				on = pass(p->r, ends[i].fd, ends[1 - i].fd);
	close(far_end);
	(void)shutdown(p->fd, SHUT_RDWR);
	free(p);
	return NULL;
}

static void *
listen_main(void *arg)
{
	struct relay *r = arg;
	struct passing *p;
	unsigned i;
	int fd;

	while ((fd = accept(r->listen, NULL, NULL)) >= 0) {
		i = atomic_load(&r->conns);
		ck_assert_uint_lt(i, RELAY_CONNS);
		p = calloc(1, sizeof(*p));
		ck_assert_ptr_nonnull(p);
		*p = (struct passing){ r, fd };
		r->fds[i] = fd;
		ck_assert_int_eq(
		    pthread_create(&r->threads[i], NULL, conn_main, p), 0);
		atomic_store(&r->conns, i + 1);
	}
	return NULL;
}

void
relay_start(struct relay *r)
{
	struct sockaddr_in at = place(0);
	socklen_t n = sizeof(at);

	atomic_init(&r->bytes, 0);
	atomic_init(&r->conns, 0);
	atomic_init(&r->deaf, false);
	r->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(r->listen, (struct sockaddr *)&at, n), 0);
	ck_assert_int_eq(listen(r->listen, 16), 0);
	ck_assert_int_eq(
	    getsockname(r->listen, (struct sockaddr *)&at, &n), 0);
	r->port = ntohs(at.sin_port);
	ck_assert_int_eq(
	    pthread_create(&r->thread, NULL, listen_main, r), 0);
}

void
relay_stop(struct relay *r)
{
	(void)shutdown(r->listen, SHUT_RDWR);
	pthread_join(r->thread, NULL);
	close(r->listen);
	for (unsigned i = 0; i < atomic_load(&r->conns); i++) {
		(void)shutdown(r->fds[i], SHUT_RDWR);
		pthread_join(r->threads[i], NULL);
		close(r->fds[i]);
	}
}

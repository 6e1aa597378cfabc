/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What TLS 1.3 costs by itself: a request with a body of BODY bytes and an
 * answer of ANSWER, on one connection, between two processes that do nothing
 * else with it; OpenSSL, blocking.
 *
 *   raw IDENTITY N BODY ANSWER     p50, p99 (microseconds); cpu (of both)
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/measure.h"
#include "tests/bench/tls.h"

#define WARM_UP 50

static double samples[COUNT_MAX];

static int
listens(char port[8])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    listen(fd, 1) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) != 0)
		die("no socket");
	(void)snprintf(port, 8, "%u", ntohs(at.sin_port));
	return fd;
}

static void
serve(int fd, const struct wire_identity *id, size_t answer_n)
{
	SSL *tls = SSL_new(tls_context(TLS_server_method(), id, false));
	const int c = accept(fd, NULL, NULL), on = 1;
	struct cb_buf body = CB_BUF_INIT;

	if (c < 0 || tls == NULL || SSL_set_fd(tls, c) != 1 ||
	    setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    SSL_accept(tls) != 1)
		_exit(1);
	while (http_serve(tls, &body, answer_n))
		;
	_exit(0);
}

/* What this process and the server have had of a processor. */
static double
cpu_us(clockid_t server)
{
	const clockid_t clocks[] = { CLOCK_PROCESS_CPUTIME_ID, server };
	struct timespec t;
	double us = 0;

	for (int i = 0; i < 2; i++) {
		if (clock_gettime(clocks[i], &t) != 0)
			die("no clock of a process");
		us += (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
	}
	return us;
}

int
main(int argc, char **argv)
{
	struct cb_buf body = CB_BUF_INIT, answer = CB_BUF_INIT;
	struct wire_identity id;
	clockid_t clock;
	double cpu, from;
	char port[8];
	uint8_t *p;
	size_t n;
	pid_t server;
	SSL *tls;
	int fd;

	if (argc != 5)
		die("usage: raw IDENTITY N BODY ANSWER");
	identity_read(&id, argv[1]);
	n = count_of(argv[2]);
	must_cb(cb_buf_grow(&body, count_of(argv[3]), &p), "a body");
	fd = listens(port);
	if ((server = fork()) < 0)
		die("no process");
	if (server == 0)
		serve(fd, &id, count_of(argv[4]));
	tls = tls_connect(tls_context(TLS_client_method(), &id, false), port);
	for (size_t i = 0; i < WARM_UP; i++)
		(void)http_post(tls, "/x", cb_buf_span(&body), &answer);
	if (clock_getcpuclockid(server, &clock) != 0)
		die("no clock of the server");
	cpu = cpu_us(clock);
	for (size_t i = 0; i < n; i++) {
		from = now_us();
		(void)http_post(tls, "/x", cb_buf_span(&body), &answer);
		samples[i] = now_us() - from;
	}
	cpu = cpu_us(clock) - cpu;
	(void)SSL_shutdown(tls);
	(void)close(SSL_get_fd(tls));
	(void)waitpid(server, NULL, 0);
	printf("p50 %.2f\n", percentile(samples, n, 0.5));
	printf("p99 %.2f\n", percentile(samples, n, 0.99));
	printf("cpu %.2f\n", cpu / (double)n);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Preloaded into pcscd, this mends vpcd: it sends the length of a command and
 * the command with two calls, so the second waits for the acknowledgement of
 * the first, which the card's system holds back for 40 ms (Nagle's algorithm
 * against delayed acknowledgement). Connections to the port named by
 * VPCD_NODELAY_PORT are not delayed; others stay as they are.
 */
/* With GNU's extensions accept() is declared with a union. */
#undef _GNU_SOURCE
#define _DEFAULT_SOURCE

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

int
accept(int fd, struct sockaddr *restrict addr, socklen_t *restrict addr_n)
{
	const char *port = getenv("VPCD_NODELAY_PORT");
	struct sockaddr_in in = { 0 };
	socklen_t n = sizeof(in);
	int made = (int)syscall(SYS_accept4, fd, addr, addr_n, 0), one = 1;

	if (made >= 0 && port != NULL &&
	    getsockname(made, (struct sockaddr *)&in, &n) == 0 &&
	    in.sin_family == AF_INET && ntohs(in.sin_port) == strtoul(port, NULL, 0))
		setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return made;
}

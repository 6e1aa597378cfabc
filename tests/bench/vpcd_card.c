/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A trivial card for vpcd: it connects to the port given and answers every
 * command with 9000, length and answer in one write. vpcd's protocol: two
 * bytes of length, then the command; a single byte is a control message (0
 * off, 1 on, 2 reset, 4 "your ATR?", the only one that is answered).
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t atr[] = { 0, 4, 0x3B, 0x80, 0x01, 0x81 };
static const uint8_t ok[] = { 0, 2, 0x90, 0x00 };

static int
receive(int fd, uint8_t *p, size_t n)
{
	ssize_t got = recv(fd, p, n, MSG_WAITALL);

	return got == (ssize_t)n ? 0 : -1;
}

static int
dial(unsigned port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int tries, fd, one = 1;

	for (tries = 0; tries < 100; tries++) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(fd, (struct sockaddr *)&in, sizeof(in)) == 0) {
			setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
			    sizeof(one));
			return fd;
		}
		close(fd);
		usleep(50000);
	}
	return -1;
}

int
main(int argc, char **argv)
{
	static uint8_t buf[65536];
	size_t n;
	int fd;

	if (argc != 2 || (fd = dial((unsigned)strtoul(argv[1], NULL, 0))) < 0) {
		fprintf(stderr, "usage: vpcd_card PORT (of a running vpcd)\n");
		return EXIT_FAILURE;
	}
	while (receive(fd, buf, 2) == 0) {
		n = (size_t)(buf[0] << 8 | buf[1]);
		if (receive(fd, buf, n) != 0)
			break;
		if (n == 1 && buf[0] != 4)
			continue;
		if (send(fd, n == 1 ? atr : ok, n == 1 ? sizeof(atr) :
			sizeof(ok), MSG_NOSIGNAL) < 0)
			break;
	}
	return EXIT_SUCCESS;
}

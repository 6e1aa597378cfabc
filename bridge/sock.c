/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Waiting and sending, see sock.h.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#include "bridge/sock.h"

uint64_t
br_time_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
br_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

uint64_t
br_now_ms(void)
{
	return br_now_ns() / 1000000;
}

enum cb_err
br_sock_wait(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t now;
	int n;

	for (;;) {
		now = br_now_ms();
		if (now >= deadline)
			return CB_E_TIMEOUT;
		n = poll(&p, 1, (int)(deadline - now));
		if (n > 0)
			return CB_OK;
		if (n < 0 && errno != EINTR)
			return CB_E_PEER;
	}
}

enum cb_err
br_sock_send(int fd, struct cb_span a, struct cb_span b, unsigned wait_ms)
{
	struct iovec iov[2];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	uint64_t deadline = 0;
	size_t done, k;
	ssize_t n;
	enum cb_err r;

	iov[0].iov_base = (void *)(uintptr_t)a.p;
	iov[0].iov_len = a.n;
	iov[1].iov_base = (void *)(uintptr_t)b.p;
	iov[1].iov_len = b.n;
	for (;;) {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return CB_E_PEER;
		if (n > 0) {
			done = (size_t)n;
			k = done < iov[0].iov_len ? done : iov[0].iov_len;
			iov[0].iov_base = (uint8_t *)iov[0].iov_base + k;
			iov[0].iov_len -= k;
			if (done > k) {
				iov[1].iov_base =
				    (uint8_t *)iov[1].iov_base + (done - k);
				iov[1].iov_len -= done - k;
			}
		}
		if (iov[0].iov_len + iov[1].iov_len == 0)
			return CB_OK;
		if (deadline == 0)
			deadline = br_now_ms() + wait_ms;
		if ((r = br_sock_wait(fd, POLLOUT, deadline)) != CB_OK)
			return r;
	}
}

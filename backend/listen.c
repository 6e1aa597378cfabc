/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See listen.h.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/listen.h"
#include "common/log.h"

#define WAITING 512

/* "[a]:p" or "a:p" in two; false: it is neither. */
static bool
split(const char *where, char *host, size_t size, const char **port)
{
	const char *colon = strrchr(where, ':');
	size_t n;

	if (colon == NULL || colon == where || colon[1] == '\0')
		return false;
	n = (size_t)(colon - where);
	if (where[0] == '[' && where[n - 1] == ']' && n > 2) {
		where++;
		n -= 2;
	}
	if (n >= size)
		return false;
	memcpy(host, where, n);
	host[n] = '\0';
	*port = colon + 1;
	return strspn(*port, "0123456789") == strlen(*port);
}

enum cb_err
be_listen_where(int fd, char *out, size_t size)
{
	struct sockaddr_storage at;
	socklen_t n = sizeof(at);
	char host[64], port[16];
	bool v6;
	int written;

	if (getsockname(fd, (struct sockaddr *)&at, &n) != 0 ||
	    getnameinfo((struct sockaddr *)&at, n, host, sizeof(host), port,
		sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return CB_E_ARG;
	v6 = strchr(host, ':') != NULL;
	written = snprintf(out, size, "%s%s%s:%s", v6 ? "[" : "", host,
	    v6 ? "]" : "", port);
	return written > 0 && (size_t)written < size ? CB_OK : CB_E_LIMIT;
}

static enum cb_err
failed(const char *where, struct cb_why *why)
{
	const int error = errno;

	cb_why_set(why, "%.100s: %s", where, strerror(error));
	return error == EADDRINUSE ? CB_E_BUSY : CB_E_DENIED;
}

static enum cb_err
look_up(const char *where, struct addrinfo **out, struct cb_why *why)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
	const char *port;
	char host[64];

	if (split(where, host, sizeof(host), &port) &&
	    strtoul(port, NULL, 10) <= UINT16_MAX &&
	    getaddrinfo(host, port, &hints, out) == 0)
		return CB_OK;
	cb_why_set(why, "%.100s is no address and port; write "
	    "0.0.0.0:7443, 127.0.0.1:7443 or [::]:7443.", where);
	return CB_E_ARG;
}

enum cb_err
be_listen_check(const char *where, struct cb_why *why)
{
	struct addrinfo *a = NULL;
	enum cb_err r = look_up(where, &a, why);

	if (r == CB_OK)
		freeaddrinfo(a);
	return r;
}

/* An address that this machine does not have, yet: at boot it may come later
 * than the backend, and connections come when it has. */
static int
bind_ahead(int fd, const struct addrinfo *a, const char *where)
{
	const int one = 1;
	const bool v6 = a->ai_family == AF_INET6;

	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0)
		return 0;
	if (errno != EADDRNOTAVAIL ||
	    setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		v6 ? IPV6_FREEBIND : IP_FREEBIND, &one, sizeof(one)) != 0 ||
	    bind(fd, a->ai_addr, a->ai_addrlen) != 0)
		return -1;
	cb_log(CB_LOG_WARNING, "%s: this machine does not have that address "
	    "(yet?); the backend is there when it has", where);
	return 0;
}

enum cb_err
be_listen(int *fd, const char *where, struct cb_why *why)
{
	struct addrinfo *a = NULL;
	const int one = 1;
	enum cb_err r;

	*fd = -1;
	if ((r = look_up(where, &a, why)) != CB_OK)
		return r;
	*fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 ||
	    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) !=
		0 ||
	    bind_ahead(*fd, a, where) != 0 ||
	    listen(*fd, WAITING) != 0) {
		r = failed(where, why);
		if (*fd >= 0)
			(void)close(*fd);
		*fd = -1;
	}
	freeaddrinfo(a);
	return r;
}

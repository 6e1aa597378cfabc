/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See rig.h.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bridge/sock.h"
#include "common/log.h"
#include "tests/bridge/https/rig.h"

struct backend far;
struct bridge near;

void
rig_setup(void)
{
	memset(&far, 0, sizeof(far));
	cb_log_set_level(CB_LOG_ERROR);
}

void
rig_bridge(const char *options)
{
	char uri[800];
	const char *readers[] = { "hosted", uri, NULL };

	snprintf(uri, sizeof(uri), "%s%s", far.uri, options);
	bridge_init(&near);
	near.set.patient = true;
	bridge_start(&near, readers);
}

void
rig_start(void)
{
	backend_start(&far);
	rig_bridge("");
}

void
rig_teardown(void)
{
	if (near.srv != NULL)
		bridge_clear(&near);
	if (far.port != 0)
		backend_stop(&far);
}

enum cb_err
rig_power(struct br_client *c)
{
	struct cb_why why = { "" };
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err r = br_power(c, BR_POWER_ON, atr, &n, &why);

	if (r == CB_OK)
		ck_assert_mem_eq(atr, emu_card_info(far.card)->atr, n);
	return r;
}

void
rig_info(struct br_reader_info *out)
{
	struct br_client *c = dial(&near);
	struct br_reader_info *list;
	size_t n;

	ck_ok(br_reader_list(c, &list, &n, NULL));
	ck_assert_uint_eq(n, 1);
	*out = list[0];
	free(list);
	br_close(&c);
}

unsigned
rig_count(const unsigned *count)
{
	unsigned now;

	pthread_mutex_lock(&far.lock);
	now = *count;
	pthread_mutex_unlock(&far.lock);
	return now;
}

void
rig_wait_count(const unsigned *count, unsigned n)
{
	const struct timespec step = { 0, 5000000 };
	unsigned now = 0;

	for (int i = 0; i < 1000 && now < n; i++) {
		nanosleep(&step, NULL);
		now = rig_count(count);
	}
	ck_assert_uint_ge(now, n);
}

size_t
rig_links(unsigned port, int fds[], size_t n)
{
	struct sockaddr_in at;
	socklen_t size;
	size_t found = 0;

	for (int fd = 3; fd < 256; fd++) {
		size = sizeof(at);
		if (getpeername(fd, (struct sockaddr *)&at, &size) != 0 ||
		    at.sin_family != AF_INET || ntohs(at.sin_port) != port)
			continue;
		if (found < n)
			fds[found] = fd;
		found++;
	}
	return found;
}

bool
rig_wait_links(unsigned port, size_t want, int ms)
{
	const struct timespec step = { 0, 5000000 };
	uint64_t until = br_now_ms() + (uint64_t)ms;

	while (rig_links(port, NULL, 0) != want) {
		if (br_now_ms() >= until)
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}

bool
rig_present(bool want, int ms)
{
	const struct timespec step = { 0, 5000000 };
	uint64_t until = br_now_ms() + (uint64_t)ms;
	struct br_reader_info info;

	for (;;) {
		rig_info(&info);
		if (info.present == want)
			return true;
		if (br_now_ms() >= until)
			return false;
		nanosleep(&step, NULL);
	}
}

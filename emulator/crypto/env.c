/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The environment that cards outside tests live in: the system's clocks,
 * OpenSSL's generator, the log.
 */
#include <time.h>

#include "emulator/crypto/crypto.h"

static enum cb_err
system_random(void *ctx, uint8_t *p, size_t n)
{
	(void)ctx;
	return cr_random(p, n);
}

static uint64_t
system_mono_ms(void *ctx)
{
	struct timespec t = { 0, 0 };

	(void)ctx;
	/* Time asleep counts: a login must not outlive a night in a bag. */
	(void)clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int64_t
system_utc(void *ctx)
{
	(void)ctx;
	return (int64_t)time(NULL);
}

static void
system_note(void *ctx, enum cb_log_level level, const char *line)
{
	(void)ctx;
	cb_log(level, "%s", line);
}

const struct emu_env emu_env_system = {
	.random = system_random,
	.mono_ms = system_mono_ms,
	.utc = system_utc,
	.note = system_note,
	.ctx = NULL,
};

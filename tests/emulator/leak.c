/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See leak.h.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/ct.h"
#include "tests/emulator/leak.h"

#define WINDOW 8
#define SLOTS 16384 /* a power of two, far above the windows */
#define CHUNK 65536

static uint64_t slots[SLOTS];
static uint8_t chunk[CHUNK];

/* Without an inverse at hand: nobody mistakes the result for a secret. */
static uint64_t
scramble(const uint8_t *window)
{
	uint64_t w;

	memcpy(&w, window, sizeof(w));
	w = (w ^ 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
	return (w ^ (w >> 29)) | 1; /* 0: a free slot */
}

static bool
look_up(uint64_t s, bool add)
{
	size_t i = (size_t)(s >> 17) & (SLOTS - 1);

	while (slots[i] != 0) {
		if (slots[i] == s)
			return true;
		i = (i + 1) & (SLOTS - 1);
	}
	if (add)
		slots[i] = s;
	return false;
}

void
leak_wanted(struct cb_span secret)
{
	uint8_t window[WINDOW];
	size_t i, k;

	ck_assert_uint_ge(secret.n, WINDOW);
	for (i = 0; i + WINDOW <= secret.n; i++) {
		look_up(scramble(secret.p + i), true);
		for (k = 0; k < WINDOW; k++)
			window[k] = secret.p[i + WINDOW - 1 - k];
		look_up(scramble(window), true);
	}
	cb_wipe(window, sizeof(window));
}

/* How many windows of [from, to) are wanted ones. */
static size_t
search_range(int mem, uintptr_t from, uintptr_t to)
{
	size_t found = 0, n = CHUNK, i;
	ssize_t got;

	for (; from + WINDOW <= to; from += n - WINDOW + 1) {
		n = to - from < CHUNK ? to - from : CHUNK;
		if ((got = pread(mem, chunk, n, (off_t)from)) < WINDOW)
			break;
		n = (size_t)got;
		for (i = 0; i + WINDOW <= n; i++)
			found += look_up(scramble(chunk + i), false);
		cb_wipe(chunk, CHUNK);
	}
	return found;
}

/* All but the searcher's own buffer. */
static size_t
search_region(int mem, uintptr_t from, uintptr_t to)
{
	const uintptr_t mine = (uintptr_t)chunk;

	if (from > mine || mine >= to)
		return search_range(mem, from, to);
	return search_range(mem, from, mine) +
	       search_range(mem, mine + CHUNK, to);
}

size_t
leak_search(void)
{
	char line[512], mode[5];
	unsigned long from, to;
	size_t found = 0, regions = 0;
	FILE *maps;
	int mem;

	ck_assert_ptr_nonnull(maps = fopen("/proc/self/maps", "r"));
	ck_assert_int_ge(mem = open("/proc/self/mem", O_RDONLY), 0);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
		    mode[0] != 'r' || strstr(line, "[v") != NULL)
			continue;
		found += search_region(mem, from, to);
		regions++;
	}
	(void)close(mem);
	(void)fclose(maps);
	ck_assert_uint_gt(regions, 10);
	return found;
}

bool
leak_valgrind(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload != NULL && strstr(preload, "vgpreload") != NULL;
}

bool
leak_watched(void)
{
#ifdef __has_feature
	const bool asan = __has_feature(address_sanitizer);
#elif defined(__SANITIZE_ADDRESS__)
	const bool asan = true;
#else
	const bool asan = false;
#endif

	return asan || leak_valgrind();
}

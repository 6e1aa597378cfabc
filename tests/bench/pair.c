/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Two cards used at once, by a thread each, beside one of them alone:
 *
 *   pair READER READER MS HEX
 *
 * sends the APDU again and again, in turns of MS, and prints of the median
 * turn "one APDUS_PER_SECOND" and "two APDUS_PER_SECOND", the latter of both
 * together.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <winscard.h>

#include "common/hex.h"
#include "tests/bench/measure.h"

#define TURNS 11
#define CARDS 2

struct user {
	const char *reader;
	SCARDHANDLE card;
	DWORD protocol;
	unsigned long count;
	pthread_t thread;
};

static struct cb_buf cmd = CB_BUF_INIT;
static atomic_bool over;

static void
must(LONG r, const char *what)
{
	if (r != SCARD_S_SUCCESS)
		die("%s: %s", what, pcsc_stringify_error(r));
}

/* A context each: calls of one context take turns. */
static void
open_card(struct user *u)
{
	SCARDCONTEXT ctx;

	must(SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &ctx),
	    "SCardEstablishContext");
	must(SCardConnect(ctx, u->reader, SCARD_SHARE_SHARED,
		 SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &u->card,
		 &u->protocol), "SCardConnect");
}

static void *
use(void *arg)
{
	struct user *u = arg;
	BYTE rsp[258];
	DWORD n;

	for (u->count = 0; !atomic_load(&over); u->count++) {
		n = sizeof(rsp);
		must(SCardTransmit(u->card, u->protocol == SCARD_PROTOCOL_T0 ?
			 SCARD_PCI_T0 : SCARD_PCI_T1, cmd.p, cmd.n, NULL, rsp,
			 &n), "SCardTransmit");
		if (n < 2 || (rsp[n - 2] != 0x90 && rsp[n - 2] != 0x61))
			die("no success");
	}
	return NULL;
}

static double
turn(struct user *users, size_t n, size_t ms)
{
	double start = now_us();
	unsigned long count = 0;
	size_t i;

	atomic_store(&over, false);
	for (i = 0; i < n; i++)
		if (pthread_create(&users[i].thread, NULL, use, &users[i]) != 0)
			die("no thread");
	usleep((useconds_t)(ms * 1000));
	atomic_store(&over, true);
	for (i = 0; i < n; i++) {
		pthread_join(users[i].thread, NULL);
		count += users[i].count;
	}
	return (double)count * 1e6 / (now_us() - start);
}

int
main(int argc, char **argv)
{
	struct user users[CARDS] = { { .reader = NULL } };
	double one[TURNS], two[TURNS];
	size_t i, ms;

	if (argc != 5)
		die("usage: pair READER READER MS HEX");
	ms = count_of(argv[3]);
	if (cb_hex_decode(&cmd, argv[4], strlen(argv[4])) != CB_OK)
		die("%s: not hexadecimal", argv[4]);
	for (i = 0; i < CARDS; i++) {
		users[i].reader = argv[1 + i];
		open_card(&users[i]);
	}
	for (i = 0; i < TURNS; i++) {
		one[i] = turn(users, 1, ms);
		two[i] = turn(users, CARDS, ms);
	}
	printf("one %.1f\n", percentile(one, TURNS, 0.5));
	printf("two %.1f\n", percentile(two, TURNS, 0.5));
	cb_buf_free(&cmd);
	return EXIT_SUCCESS;
}

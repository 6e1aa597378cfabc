/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a program can do to the library beside calling it: load it and take it
 * out again a thousand times, and use it from everywhere at once.
 *
 *	load reload FILE TIMES [READER]		with a reader: a card is used
 *	load leave FILE TIMES READER		and not given back
 *	load crowd FILE PROCESSES THREADS TIMES READER
 *
 * Prints what went wrong; the exit code says whether something did.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <winscard.h>

#include "tests/winscard/own.h"

static struct {
	LONG (*establish)(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT);
	LONG (*release)(SCARDCONTEXT);
	LONG (*connect)(SCARDCONTEXT, LPCSTR, DWORD, DWORD, LPSCARDHANDLE,
	    LPDWORD);
	LONG (*disconnect)(SCARDHANDLE, DWORD);
	LONG (*begin)(SCARDHANDLE);
	LONG (*end)(SCARDHANDLE, DWORD);
	LONG (*transmit)(SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE,
	    DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
} sc;

static const char *reader;
static unsigned times;
static bool leave;

/* Shared by the crowd: who is inside, as each counts without a lock. */
static struct {
	volatile unsigned inside, total, wrong;
} *crowd;

static void *
load(const char *file)
{
	void *lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (lib == NULL) {
		printf("%s\n", dlerror());
		exit(1);
	}
	*(void **)&sc.establish = dlsym(lib, "SCardEstablishContext");
	*(void **)&sc.release = dlsym(lib, "SCardReleaseContext");
	*(void **)&sc.connect = dlsym(lib, "SCardConnect");
	*(void **)&sc.disconnect = dlsym(lib, "SCardDisconnect");
	*(void **)&sc.begin = dlsym(lib, "SCardBeginTransaction");
	*(void **)&sc.end = dlsym(lib, "SCardEndTransaction");
	*(void **)&sc.transmit = dlsym(lib, "SCardTransmit");
	return lib;
}

static bool
send_one(SCARDHANDLE card)
{
	static const SCARD_IO_REQUEST t1 = { SCARD_PROTOCOL_T1, sizeof(t1) };
	static const BYTE cmd[] = { 0x00, 0xCA, 0x9F, 0x7F, 0x2D };
	BYTE rsp[64];
	DWORD n = sizeof(rsp);

	return sc.transmit(card, &t1, cmd, sizeof(cmd), NULL, rsp, &n) ==
	    SCARD_S_SUCCESS && n == 47;
}

static bool
use(SCARDCONTEXT *ctx, SCARDHANDLE *card)
{
	DWORD p;

	return sc.establish(SCARD_SCOPE_SYSTEM, NULL, NULL, ctx) ==
	    SCARD_S_SUCCESS &&
	    sc.connect(*ctx, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY,
		card, &p) == SCARD_S_SUCCESS;
}

/* ---- in and out -------------------------------------------------------- */

/* Pages of memory that are the process's own. */
static unsigned long
pages(void)
{
	unsigned long size = 0, resident = 0, shared = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL ||
	    fscanf(f, "%lu %lu %lu", &size, &resident, &shared) != 3)
		printf("no statm\n");
	if (f != NULL)
		fclose(f);
	return size;
}

static void
in_and_out(const char *file)
{
	void *lib = load(file);
	SCARDCONTEXT ctx;
	SCARDHANDLE card;

	if (reader != NULL) {
		if (!use(&ctx, &card) || !send_one(card)) {
			printf("no card\n");
			exit(1);
		}
		/* what is left locked would be so for the next one */
		if (leave) {
			if (sc.begin(card) != SCARD_S_SUCCESS)
				exit(1);
		} else {
			sc.disconnect(card, SCARD_LEAVE_CARD);
			sc.release(ctx);
		}
	}
	dlclose(lib);
}

static int
reload(const char *file)
{
	unsigned long size, size_after;
	unsigned fds, fds_after, i;

	/* what the loader and the heap make for the first ones stays */
	for (i = 0; i < 20; i++)
		in_and_out(file);
	size = pages();
	fds = own_descriptors();
	for (i = 0; i < times; i++)
		in_and_out(file);
	size_after = pages();
	fds_after = own_descriptors();
	if (fds_after == fds && size_after <= size + 4)
		return 0;
	printf("descriptors: %u, then %u; pages: %lu, then %lu\n", fds,
	    fds_after, size, size_after);
	return 1;
}

/* ---- many at once ------------------------------------------------------ */

static void *
one_of_many(void *arg)
{
	SCARDCONTEXT ctx;
	SCARDHANDLE card;
	unsigned i;

	(void)arg;
	if (!use(&ctx, &card)) {
		crowd->wrong++;
		return NULL;
	}
	for (i = 0; i < times; i++) {
		if (sc.begin(card) != SCARD_S_SUCCESS) {
			crowd->wrong++;
			break;
		}
		/* nothing but the card's lock guards these */
		if (crowd->inside++ != 0 || !send_one(card))
			crowd->wrong++;
		crowd->total++;
		crowd->inside--;
		if (sc.end(card, SCARD_LEAVE_CARD) != SCARD_S_SUCCESS)
			crowd->wrong++;
	}
	sc.release(ctx);
	return NULL;
}

static int
member(unsigned threads)
{
	pthread_t t[64];
	unsigned i;

	for (i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, one_of_many, NULL) != 0)
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	return 0;
}

static int
gather(unsigned processes, unsigned threads)
{
	unsigned i, want = processes * threads * times, bad = 0;
	int rc;

	crowd = mmap(NULL, sizeof(*crowd), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (crowd == MAP_FAILED || threads > 64)
		return 2;
	for (i = 0; i < processes; i++)
		if (fork() == 0)
			_exit(member(threads));
	while (wait(&rc) > 0)
		bad += rc != 0;
	if (bad != 0 || crowd->wrong != 0 || crowd->total != want)
		printf("%u transactions of %u, %u wrong, %u processes\n",
		    crowd->total, want, crowd->wrong, bad);
	return bad == 0 && crowd->wrong == 0 && crowd->total == want ? 0 : 1;
}

static unsigned
number(const char *s)
{
	return (unsigned)strtoul(s, NULL, 10);
}

int
main(int argc, char **argv)
{
	/* one that hangs is ended, and that is an error */
	alarm(100);
	leave = argc == 5 && strcmp(argv[1], "leave") == 0;
	if (leave || (argc >= 4 && strcmp(argv[1], "reload") == 0)) {
		times = number(argv[3]);
		reader = argv[4];
		return reload(argv[2]);
	}
	if (argc == 7 && strcmp(argv[1], "crowd") == 0) {
		times = number(argv[5]);
		reader = argv[6];
		(void)load(argv[2]);
		return gather(number(argv[3]), number(argv[4]));
	}
	return 2;
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a program can do to the library beside calling it: load it and take it
 * out again a thousand times, and use it from everywhere at once.
 *
 *	load reload FILE TIMES [READER]		with a reader: a card is used
 *	load leave FILE TIMES READER		and not given back
 *	load crowd FILE PROCESSES THREADS TIMES READER
 *	load flood FILE PROCESSES THREADS TIMES READER	more than there may be
 *
 * Prints what went wrong; the exit code says whether something did.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
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

/* Who has waited so much longer than one who was let in before was passed
 * over. The bridge has a reason to do that for 100 ms; this machine may be
 * busy with others. */
#define PASSED_OVER_MS 2000

/* Shared by the crowd: who is inside, as each counts without a lock, and when
 * those who were asked, in the order in which they were let in. */
static struct {
	volatile unsigned inside, total, wrong;
	atomic_uint refused;	/* of a flood */
	atomic_uint stood;	/* turns of who was there before */
	atomic_bool over;
	uint64_t asked_ms[];
} *crowd;
static bool flood;

#define MANY 64		/* processes, and threads of one */

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

static LONG
try(SCARDCONTEXT *ctx, SCARDHANDLE *card)
{
	DWORD p;
	LONG rv;

	*ctx = 0;
	rv = sc.establish(SCARD_SCOPE_SYSTEM, NULL, NULL, ctx);
	return rv != SCARD_S_SUCCESS ? rv : sc.connect(*ctx, reader,
	    SCARD_SHARE_SHARED, SCARD_PROTOCOL_ANY, card, &p);
}

static bool
use(SCARDCONTEXT *ctx, SCARDHANDLE *card)
{
	return try(ctx, card) == SCARD_S_SUCCESS;
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

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Is it what who comes too much may be told: that there is no room? */
static bool
is_refusal(LONG rv)
{
	return rv == SCARD_E_NO_SERVICE || rv == SCARD_E_SERVICE_STOPPED ||
	    rv == SCARD_E_READER_UNAVAILABLE;
}

static bool
take_turn(SCARDHANDLE card)
{
	uint64_t asked = now_ms();
	bool good;

	if (sc.begin(card) != SCARD_S_SUCCESS)
		return false;
	/* nothing but the card's lock guards these */
	good = crowd->inside++ == 0;
	crowd->asked_ms[crowd->total++] = asked;
	good = send_one(card) && good;
	crowd->inside--;
	return sc.end(card, SCARD_LEAVE_CARD) == SCARD_S_SUCCESS && good;
}

static void *
one_of_many(void *arg)
{
	SCARDCONTEXT ctx;
	SCARDHANDLE card;
	unsigned i;
	LONG rv = try(&ctx, &card);

	(void)arg;
	if (flood && is_refusal(rv))
		crowd->refused++;
	else if (rv != SCARD_S_SUCCESS)
		crowd->wrong++;
	for (i = 0; i < times && rv == SCARD_S_SUCCESS; i++)
		if (!take_turn(card)) {
			crowd->wrong++;
			break;
		}
	sc.release(ctx);
	return NULL;
}

static int
member(unsigned threads)
{
	pthread_t t[MANY];
	unsigned i;

	for (i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, one_of_many, NULL) != 0)
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	return 0;
}

/* How much longer than one who came before has anybody waited? */
static uint64_t
passed_over(void)
{
	uint64_t latest = 0, worst = 0, *asked = crowd->asked_ms;
	unsigned i;

	for (i = 0; i < crowd->total; i++) {
		if (asked[i] > latest)
			latest = asked[i];
		else if (latest - asked[i] > worst)
			worst = latest - asked[i];
	}
	return worst;
}

static unsigned
send_crowd(unsigned processes, unsigned threads)
{
	unsigned i, bad = 0;
	pid_t pids[MANY];
	int rc;

	if (processes > MANY || threads > MANY)
		return 1;
	for (i = 0; i < processes; i++)
		if ((pids[i] = fork()) == 0)
			_exit(member(threads));
	for (i = 0; i < processes; i++)
		bad += waitpid(pids[i], &rc, 0) != pids[i] || rc != 0;
	return bad;
}

static bool
crowd_new(size_t turns)
{
	crowd = mmap(NULL, sizeof(*crowd) + turns * sizeof(uint64_t),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return crowd != MAP_FAILED;
}

static int
gather(unsigned processes, unsigned threads)
{
	unsigned want = processes * threads * times, bad;
	uint64_t passed;

	if (!crowd_new(want))
		return 2;
	bad = send_crowd(processes, threads);
	passed = passed_over();
	if (bad == 0 && crowd->wrong == 0 && crowd->total == want &&
	    passed <= PASSED_OVER_MS)
		return 0;
	printf("%u transactions of %u, %u wrong, %u processes; passed over "
	    "for %llu ms\n", crowd->total, want, crowd->wrong, bad,
	    (unsigned long long)passed);
	return 1;
}

/* ---- more than there may be --------------------------------------------- */

/* One who was there before loses nothing. */
static int
stand_by(void)
{
	SCARDCONTEXT ctx;
	SCARDHANDLE card;
	unsigned n;

	if (!use(&ctx, &card))
		return 1;
	for (n = 0; !crowd->over && n < 100000; n++) {
		if (!take_turn(card))
			return 1;
		crowd->stood++;
		usleep(1000);
	}
	return sc.release(ctx) == SCARD_S_SUCCESS ? 0 : 1;
}

static int
pour(unsigned processes, unsigned threads)
{
	unsigned want = processes * threads * times, bad, before;
	pid_t bystander;
	int rc = -1;

	if (!crowd_new(want + 100000))
		return 2;
	flood = true;
	if ((bystander = fork()) == 0)
		_exit(stand_by());
	while (crowd->stood == 0 && waitpid(bystander, &rc, WNOHANG) == 0)
		usleep(1000);
	before = crowd->stood;
	bad = send_crowd(processes, threads);
	crowd->over = true;
	waitpid(bystander, &rc, 0);
	printf("%u of %u refused, %u wrong, %u processes; bystander: code "
	    "%d, %u turns\n", crowd->refused, processes * threads,
	    crowd->wrong, bad, rc, crowd->stood);
	return bad == 0 && crowd->wrong == 0 && rc == 0 &&
		crowd->stood > before && crowd->refused > 0 &&
		crowd->refused < processes * threads ? 0 : 1;
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
	alarm(argc == 7 ? 300 : 100);
	leave = argc == 5 && strcmp(argv[1], "leave") == 0;
	if (leave || (argc >= 4 && strcmp(argv[1], "reload") == 0)) {
		times = number(argv[3]);
		reader = argv[4];
		return reload(argv[2]);
	}
	if (argc == 7) {
		times = number(argv[5]);
		reader = argv[6];
		(void)load(argv[2]);
		return (strcmp(argv[1], "crowd") == 0 ? gather : pour)(
		    number(argv[3]), number(argv[4]));
	}
	return 2;
}

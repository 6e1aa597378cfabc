/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The plug-in as pcscd sees it: loaded, and bound once for each reader in
 * pcscd's order of look-ups.
 */
#ifndef TESTS_PLUGIN_H
#define TESTS_PLUGIN_H

#include <check.h>
#include <ifdhandler.h>
#include <pthread.h>
#include <reader.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/ifdhandler/fake_bridge.h"

struct plugin {
	RESPONSECODE (*create_by_name)(DWORD, LPSTR);
	RESPONSECODE (*create)(DWORD, DWORD);
	RESPONSECODE (*close)(DWORD);
	RESPONSECODE (*get)(DWORD, DWORD, PDWORD, PUCHAR);
	RESPONSECODE (*set)(DWORD, DWORD, DWORD, PUCHAR);
	RESPONSECODE (*protocol)(DWORD, DWORD, UCHAR, UCHAR, UCHAR, UCHAR);
	RESPONSECODE (*power)(DWORD, DWORD, PUCHAR, PDWORD);
	RESPONSECODE (*transmit)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD,
	    PUCHAR, PDWORD, PSCARD_IO_HEADER);
	RESPONSECODE (*control)(
	    DWORD, DWORD, PUCHAR, DWORD, PUCHAR, DWORD, LPDWORD);
	RESPONSECODE (*presence)(DWORD);
};

/* A new binding; the plug-in is loaded at the first. */
void plugin_bind(struct plugin *p);

/* A test case with a directory for its sockets, which goes even if a test is
 * killed; the fake bridges end with their test. */
extern struct fake test_fakes[2];
TCase *test_case(const char *name);
/* Path of the socket `name` in that directory; static storage. */
const char *test_socket(const char *name);
/* Binds and opens "cardbridge:WHAT:SOCKET" as Lun 0. */
void plugin_open(struct plugin *p, const char *what, const char *socket);

/* One APDU {00 ins p1 p2}; the answer's length in *n. */
RESPONSECODE plugin_apdu(struct plugin *p, DWORD lun, uint8_t ins, uint8_t p1,
    uint8_t p2, uint8_t *rx, DWORD *n);
void plugin_power_up(struct plugin *p, DWORD lun);

/* pcscd's event thread: asks for presence, polls, asks again. */
struct events {
	struct plugin *p;
	DWORD lun;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool present, ending;
	unsigned inserted, removed, rounds;
};
void events_start(struct events *e, struct plugin *p, DWORD lun);
void events_stop(struct events *e);
/* Waits until so many insertions and removals were seen; fails after ms. */
void events_expect(struct events *e, unsigned inserted, unsigned removed,
    unsigned ms);

int64_t test_ms(void);
/* What a busy machine may take for nothing; more under valgrind, which goes
 * by CK_TIMEOUT_MULTIPLIER as check itself. */
int64_t test_slack(void);
/* The sum of all threads' voluntary switches, this one's left out. */
unsigned long test_wakeups(void);
void test_sleep(unsigned ms);

Suite *doors_suite(void);
Suite *slot_suite(void);
Suite *watch_suite(void);
Suite *attributes_suite(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See plugin.h.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/ifdhandler/plugin.h"

#define DEFAULT_PLUGIN "ifdhandler/.libs/libifdcardbridge.so"

static char test_dir[64];
struct fake test_fakes[2];

static void
look_up(void *handle, const char *name, void *out)
{
	void *f = dlsym(handle, name);

	ck_assert_msg(f != NULL, "%s is missing", name);
	memcpy(out, &f, sizeof(f));
}

void
plugin_bind(struct plugin *p)
{
	static void *handle;
	const char *path = getenv("CARDBRIDGE_PLUGIN");

	if (path == NULL)
		path = DEFAULT_PLUGIN;
	if (handle == NULL)
		handle = dlopen(path, RTLD_LAZY);
	ck_assert_msg(handle != NULL, "%s", handle == NULL ? dlerror() : "");
	/* readerfactory.c, RFBindFunctions */
	look_up(handle, "IFDHCreateChannelByName", &p->create_by_name);
	look_up(handle, "IFDHCreateChannel", &p->create);
	look_up(handle, "IFDHCloseChannel", &p->close);
	look_up(handle, "IFDHGetCapabilities", &p->get);
	look_up(handle, "IFDHSetCapabilities", &p->set);
	look_up(handle, "IFDHPowerICC", &p->power);
	look_up(handle, "IFDHTransmitToICC", &p->transmit);
	look_up(handle, "IFDHICCPresence", &p->presence);
	look_up(handle, "IFDHSetProtocolParameters", &p->protocol);
	look_up(handle, "IFDHCreateChannelByName", &p->create_by_name);
	look_up(handle, "IFDHControl", &p->control);
}

static void
test_setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(test_dir, sizeof(test_dir), "%s/cb-ifd-XXXXXX",
	    tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
	if (mkdtemp(test_dir) == NULL)
		test_dir[0] = '\0';
}

static void
empty_dir(void)
{
	char path[512];
	struct dirent *e;
	DIR *d;

	if ((d = opendir(test_dir)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", test_dir, e->d_name);
		unlink(path);
	}
	closedir(d);
}

static void
test_teardown(void)
{
	empty_dir();
	rmdir(test_dir);
}

static void
test_begin(void)
{
	ck_assert_msg(test_dir[0] != '\0', "no directory for the sockets");
	empty_dir();
	memset(test_fakes, 0, sizeof(test_fakes));
}

static void
test_end(void)
{
	size_t i;

	for (i = 0; i < 2; i++)
		fake_kill(&test_fakes[i]);
}

TCase *
test_case(const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 20);
	tcase_add_unchecked_fixture(tc, test_setup, test_teardown);
	tcase_add_checked_fixture(tc, test_begin, test_end);
	return tc;
}

const char *
test_socket(const char *name)
{
	static char path[2][128];
	static unsigned turn;

	turn ^= 1;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", test_dir, name);
	return path[turn];
}

void
plugin_open(struct plugin *p, const char *what, const char *socket)
{
	char device[256];

	snprintf(device, sizeof(device), "cardbridge:%s:%s", what, socket);
	plugin_bind(p);
	ck_assert_int_eq(p->create_by_name(0, device), IFD_SUCCESS);
}

RESPONSECODE
plugin_apdu(struct plugin *p, DWORD lun, uint8_t ins, uint8_t p1, uint8_t p2,
    uint8_t *rx, DWORD *n)
{
	SCARD_IO_HEADER send = { 1, 0 }, recv = { 0, 0 };
	uint8_t cmd[] = { 0x00, ins, p1, p2 };

	return p->transmit(lun, send, cmd, sizeof(cmd), rx, n, &recv);
}

void
plugin_power_up(struct plugin *p, DWORD lun)
{
	uint8_t atr[MAX_ATR_SIZE];
	DWORD n = sizeof(atr);

	ck_assert_int_eq(p->power(lun, IFD_POWER_UP, atr, &n), IFD_SUCCESS);
	ck_assert_uint_eq(n, fake_atr_n);
	ck_assert_mem_eq(atr, fake_atr, fake_atr_n);
}

/* ---- time -------------------------------------------------------------- */

int64_t
test_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
test_slack(void)
{
	const char *text = getenv("CK_TIMEOUT_MULTIPLIER");
	unsigned long n = text != NULL ? strtoul(text, NULL, 10) : 1;

	return 100 * (int64_t)(n > 1 ? n : 1);
}

void
test_sleep(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static unsigned long
switches_of(const char *task)
{
	static const char field[] = "voluntary_ctxt_switches:";
	unsigned long n = 0;
	char path[300], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%s/status", task);
	if ((f = fopen(path, "re")) == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, field, sizeof(field) - 1) == 0)
			n = strtoul(line + sizeof(field) - 1, NULL, 10);
	fclose(f);
	return n;
}

unsigned long
test_wakeups(void)
{
	unsigned long n = 0;
	char self[32];
	struct dirent *e;
	DIR *d = opendir("/proc/self/task");

	ck_assert_ptr_nonnull(d);
	snprintf(self, sizeof(self), "%d", (int)gettid());
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.' && strcmp(e->d_name, self) != 0)
			n += switches_of(e->d_name);
	closedir(d);
	return n;
}

/* ---- the event thread -------------------------------------------------- */

static void *
events_run(void *arg)
{
	struct events *e = arg;
	RESPONSECODE (*poll_fn)(DWORD, int) = NULL;
	DWORD n = sizeof(poll_fn);
	bool present, ending;

	if (e->p->get(e->lun, TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, &n,
		(UCHAR *)&poll_fn) != IFD_SUCCESS || n != sizeof(poll_fn))
		return NULL;
	do {
		present = e->p->presence(e->lun) == IFD_ICC_PRESENT;
		pthread_mutex_lock(&e->lock);
		if (present != e->present && present)
			e->inserted++;
		if (present != e->present && !present)
			e->removed++;
		e->present = present;
		e->rounds++;
		pthread_cond_broadcast(&e->moved);
		pthread_mutex_unlock(&e->lock);
		poll_fn(e->lun, 600000);
		pthread_mutex_lock(&e->lock);
		ending = e->ending;
		pthread_mutex_unlock(&e->lock);
	} while (!ending);
	return NULL;
}

void
events_start(struct events *e, struct plugin *p, DWORD lun)
{
	memset(e, 0, sizeof(*e));
	e->p = p;
	e->lun = lun;
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->moved, NULL);
	ck_assert_int_eq(pthread_create(&e->thread, NULL, events_run, e), 0);
}

void
events_stop(struct events *e)
{
	RESPONSECODE (*stop_fn)(DWORD) = NULL;
	UCHAR killable = 0;
	DWORD n = 1;

	/* eventhandler.c, EHDestroyEventHandler */
	ck_assert_int_eq(e->p->get(e->lun, TAG_IFD_POLLING_THREAD_KILLABLE,
			     &n, &killable), IFD_SUCCESS);
	ck_assert_uint_eq(killable, 0);
	n = sizeof(stop_fn);
	ck_assert_int_eq(e->p->get(e->lun, TAG_IFD_STOP_POLLING_THREAD, &n,
			     (UCHAR *)&stop_fn), IFD_SUCCESS);
	ck_assert_uint_eq(n, sizeof(stop_fn));
	pthread_mutex_lock(&e->lock);
	e->ending = true;
	pthread_mutex_unlock(&e->lock);
	stop_fn(e->lun);
	pthread_join(e->thread, NULL);
}

void
events_expect(
    struct events *e, unsigned inserted, unsigned removed, unsigned ms)
{
	int64_t until = test_ms() + ms;
	unsigned i = 0, r = 0;

	do {
		pthread_mutex_lock(&e->lock);
		i = e->inserted;
		r = e->removed;
		pthread_mutex_unlock(&e->lock);
		if (i == inserted && r == removed)
			return;
		test_sleep(2);
	} while (test_ms() < until);
	ck_abort_msg("after %u ms: %u insertions and %u removals, not %u and "
		     "%u", ms, i, r, inserted, removed);
}

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A slot's life: the table of slots, what a DEVICENAME means, and the
 * connection that carries power and APDUs.
 *
 * The connection is made at the first power-up and kept. It belongs to an
 * epoch of the slot: once the bridge was lost, whatever the card knew (a
 * passcode given, a file selected) is gone, so an exchange on an older
 * connection fails, and only a new power-up opens the next (rule 4).
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/apdu.h"
#include "common/ct.h"
#include "ifdhandler/ifd.h"

static struct ifd_slot slots[IFD_SLOTS_MAX];
static pthread_once_t slots_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;

/* What a DEVICENAME says. */
struct device {
	char name[64];		/* "": slots */
	unsigned count;
	const char *path;	/* "": the usual place */
};

static void
slots_init(void)
{
	size_t i;

	for (i = 0; i < IFD_SLOTS_MAX; i++) {
		pthread_mutex_init(&slots[i].cmd_lock, NULL);
		pthread_mutex_init(&slots[i].watch_lock, NULL);
		pthread_mutex_init(&slots[i].state_lock, NULL);
	}
}

static uint64_t
key_of(unsigned door, DWORD lun)
{
	return ((uint64_t)door << 32 | (lun & 0xffffffff)) + 1;
}

struct ifd_slot *
ifd_slot_find(unsigned door, DWORD lun)
{
	uint64_t key = key_of(door, lun);
	unsigned i, at;

	for (i = 0; i < IFD_SLOTS_MAX; i++) {
		at = (door + i) % IFD_SLOTS_MAX;
		if (atomic_load(&slots[at].key) == key)
			return &slots[at];
	}
	return NULL;
}

struct ifd_slot *
ifd_slot_at(unsigned i)
{
	return i < IFD_SLOTS_MAX ? &slots[i] : NULL;
}

bool
ifd_door_in_use(unsigned door)
{
	uint64_t key;
	unsigned i;

	for (i = 0; i < IFD_SLOTS_MAX; i++) {
		key = atomic_load(&slots[i].key);
		if (key != 0 && (key - 1) >> 32 == door)
			return true;
	}
	return false;
}

/* ---- names ------------------------------------------------------------- */

static enum cb_err
name_set(struct device *d, const char *p, size_t n)
{
	size_t i;

	if (n == 0 || n >= sizeof(d->name))
		return CB_E_FORMAT;
	for (i = 0; i < n; i++)
		if (p[i] < '!' || p[i] > '~')
			return CB_E_FORMAT;
	memcpy(d->name, p, n);
	d->name[n] = '\0';
	d->count = 1;
	/* A name that no bridge takes would be asked for without end. */
	return br_reader_name_valid(d->name) ? CB_OK : CB_E_FORMAT;
}

static enum cb_err
count_set(struct device *d, const char *p, size_t n)
{
	unsigned v = 0;
	size_t i;

	if (n == 0 || n > 2)
		return CB_E_FORMAT;
	for (i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return CB_E_FORMAT;
		v = v * 10 + (unsigned)(p[i] - '0');
	}
	if (v == 0 || v > BR_SLOTS_MAX)
		return CB_E_FORMAT;
	d->name[0] = '\0';
	d->count = v;
	return CB_OK;
}

static const struct {
	const char *key;
	enum cb_err (*set)(struct device *, const char *, size_t);
} device_keys[] = {
	{ "reader=", name_set },
	{ "slots=",  count_set },
};

/* "cardbridge:reader=NAME:/path" or "cardbridge:slots=N:/path"; cut up in
 * place. pcscd hands the quotes of its file over with the rest. */
static enum cb_err
device_parse(struct device *d, char *text)
{
	static const char prefix[] = "cardbridge:";
	size_t n = strlen(text), i;
	char *p, *end;

	memset(d, 0, sizeof(*d));
	if (n >= 2 && (text[0] == '"' || text[0] == '\'') &&
	    text[n - 1] == text[0]) {
		text[n - 1] = '\0';
		text++;
	}
	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return CB_E_FORMAT;
	p = text + sizeof(prefix) - 1;
	end = p + strcspn(p, ":");
	d->path = *end == ':' ? end + 1 : end;
	for (i = 0; i < sizeof(device_keys) / sizeof(device_keys[0]); i++) {
		n = strlen(device_keys[i].key);
		if (strncmp(p, device_keys[i].key, n) == 0)
			return device_keys[i].set(
			    d, p + n, (size_t)(end - p) - n);
	}
	return CB_E_FORMAT;
}

static struct br_target
target_of(const struct ifd_slot *s)
{
	struct br_target t = { NULL, s->number };

	if (s->name[0] != '\0')
		t.name = s->name;
	return t;
}

/* ---- open and close ---------------------------------------------------- */

static struct ifd_slot *
slot_free(unsigned door)
{
	unsigned i, at;

	for (i = 0; i < IFD_SLOTS_MAX; i++) {
		at = (door + i) % IFD_SLOTS_MAX;
		if (atomic_load(&slots[at].key) == 0)
			return &slots[at];
	}
	return NULL;
}

static void
slot_reset(struct ifd_slot *s)
{
	s->place = NULL;
	s->kick = -1;
	s->tick = -1;
	s->cmd = NULL;
	s->cmd_epoch = 0;
	s->started = false;
	s->rsp = (struct cb_buf)CB_BUF_INIT_MAX(CB_RESP_MAX);
	s->watch = NULL;
	s->watch_since = 0;
	s->tried = ifd_now_ms();
	s->polling = false;
	memset(&s->now, 0, sizeof(s->now));
	s->up = false;
	s->lost = false;
	s->epoch = 0;
	s->told = false;
	s->settled = false;
	s->settled_present = false;
	s->told_changes = 0;
	s->told_epoch = 0;
	s->has_poller = false;
	s->powered = false;
	s->protocol = 0;
	s->atr_n = 0;
	atomic_store(&s->used, false);
	atomic_store(&s->stop, false);
	atomic_store(&s->ticking, false);
	atomic_store(&s->ending, false);
}

/* Gives back what a slot holds besides its connections. */
static void
slot_release(struct ifd_slot *s)
{
	if (s->place != NULL)
		ifd_place_put(s->place);
	s->place = NULL;
	if (s->kick >= 0)
		close(s->kick);
	s->kick = -1;
	if (s->tick >= 0)
		close(s->tick);
	s->tick = -1;
}

static enum cb_err
slot_open(unsigned door, DWORD lun, const struct device *d, unsigned number)
{
	struct ifd_slot *s = NULL;
	char path[4096];
	enum cb_err r;

	pthread_once(&slots_once, slots_init);
	pthread_mutex_lock(&open_lock);
	r = br_socket_path(
	    d->path[0] != '\0' ? d->path : NULL, path, sizeof(path));
	if (r != CB_OK)
		goto out;
	r = CB_E_BUSY;
	if (ifd_slot_find(door, lun) != NULL)
		goto out;
	r = CB_E_LIMIT;
	if ((s = slot_free(door)) == NULL)
		goto out;
	slot_reset(s);
	memcpy(s->name, d->name, sizeof(s->name));
	s->number = number;
	s->count = d->count;
	r = CB_E_NOMEM;
	s->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->tick = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	s->place = ifd_place_get(path);
	if (s->kick < 0 || s->tick < 0 || s->place == NULL) {
		slot_release(s);
		goto out;
	}
	atomic_store(&s->key, key_of(door, lun));
	r = CB_OK;
out:
	pthread_mutex_unlock(&open_lock);
	if (r == CB_OK)
		ifd_watch_step(s, IFD_START_MS);
	return r;
}

enum cb_err
ifd_slot_open(unsigned door, DWORD lun, const char *device)
{
	struct device d;
	unsigned number = (unsigned)(lun & 0xffff);
	enum cb_err r;
	char *text;

	if ((text = strdup(device)) == NULL)
		return CB_E_NOMEM;
	if ((r = device_parse(&d, text)) != CB_OK)
		goto out;
	r = CB_E_ARG;
	if (number >= d.count)
		goto out;
	r = slot_open(door, lun, &d, number);
out:
	free(text);
	return r;
}

enum cb_err
ifd_slot_open_channel(unsigned door, DWORD lun, unsigned channel)
{
	struct device d = { "", 1, "" };

	if (channel >= BR_SLOTS_MAX)
		return CB_E_ARG;
	return slot_open(door, lun, &d, channel);
}

void
ifd_slot_close(struct ifd_slot *s)
{
	pthread_mutex_lock(&open_lock);
	atomic_store(&s->key, 0);
	pthread_mutex_lock(&s->cmd_lock);
	br_close(&s->cmd);
	cb_buf_free(&s->rsp);
	pthread_mutex_unlock(&s->cmd_lock);
	ifd_watch_close(s);
	slot_release(s);
	cb_wipe(s->atr, sizeof(s->atr));
	pthread_mutex_unlock(&open_lock);
}

/* ---- commands ---------------------------------------------------------- */

static void
power_set(struct ifd_slot *s, bool powered, const uint8_t *atr, size_t atr_n)
{
	struct cb_atr parsed;

	pthread_mutex_lock(&s->state_lock);
	s->powered = powered;
	atomic_store(&s->used, false);
	s->protocol = 0;
	if (powered) {
		memcpy(s->atr, atr, atr_n);
		s->atr_n = atr_n;
		if (cb_atr_parse(&parsed, cb_span(atr, atr_n)) == CB_OK)
			s->protocol = parsed.first;
	}
	pthread_mutex_unlock(&s->state_lock);
}

/* After each call on the connection: a broken one is closed, and the card on
 * its other side is a removed card. */
static enum cb_err
settle(struct ifd_slot *s, enum cb_err r)
{
	if (r != CB_E_TIMEOUT && r != CB_E_PEER)
		return r;
	br_close(&s->cmd);
	ifd_watch_lost(s, s->cmd_epoch);
	return r;
}

/* The connection, if it is still of this epoch. */
static bool
cmd_alive(struct ifd_slot *s)
{
	uint32_t epoch;

	if (s->cmd == NULL)
		return false;
	if (ifd_watch_up(s, &epoch) && epoch == s->cmd_epoch)
		return true;
	br_close(&s->cmd);
	return false;
}

static enum cb_err
cmd_open(struct ifd_slot *s)
{
	struct br_target t = target_of(s);
	struct br_state state;
	enum cb_err r;

	if (!ifd_watch_up(s, &s->cmd_epoch))
		return CB_E_ABSENT;
	r = br_connect(&s->cmd, ifd_place_path(s->place),
	    s->started ? IFD_EXCHANGE_MS : IFD_START_MS, NULL);
	if (r == CB_E_ABSENT)
		r = CB_E_PEER;	/* nobody listens any more */
	if (r != CB_OK)
		return settle(s, r);
	if (!s->started)
		br_set_deadlines(s->cmd, IFD_START_MS, IFD_START_MS);
	r = settle(s, br_attach(s->cmd, &t, BR_ROAD_PCSC, &state));
	if (r != CB_OK)
		br_close(&s->cmd);
	return r;
}

/* Powering up may be tried again, unlike an APDU: a reader that was removed
 * and added under the same name needs a new connection. */
static enum cb_err
power_up(struct ifd_slot *s, enum br_power what, uint8_t *atr, size_t *atr_n)
{
	bool old = cmd_alive(s);
	struct cb_why why = { "" };
	enum cb_err r;

	if (!old && (r = cmd_open(s)) != CB_OK)
		return r;
	r = br_power(s->cmd, what, atr, atr_n, &why);
	if (r == CB_E_ABSENT && old) {
		br_close(&s->cmd);
		if ((r = cmd_open(s)) != CB_OK)
			return r;
		r = br_power(s->cmd, what, atr, atr_n, &why);
	}
	if (r == CB_E_STORE || r == CB_E_FORMAT)
		ifd_log("%s", why.text);
	return settle(s, r);
}

enum cb_err
ifd_slot_power(struct ifd_slot *s, enum br_power what,
    uint8_t atr[CB_ATR_MAX], size_t *atr_n)
{
	bool first;
	enum cb_err r = CB_OK;

	*atr_n = 0;
	pthread_mutex_lock(&s->cmd_lock);
	first = !s->started;
	if (what != BR_POWER_OFF)
		r = power_up(s, what, atr, atr_n);
	else if (s->powered && cmd_alive(s))
		r = settle(s, br_power(s->cmd, what, atr, atr_n, NULL));
	if (r != CB_OK)
		*atr_n = 0;
	if (r == CB_OK || s->powered)
		power_set(s, r == CB_OK && what != BR_POWER_OFF, atr, *atr_n);
	if (what != BR_POWER_OFF)
		s->started = true;
	if (first && s->cmd != NULL && s->started)
		br_set_deadlines(s->cmd, 0, 0);
	pthread_mutex_unlock(&s->cmd_lock);
	return r;
}

enum cb_err
ifd_slot_protocol(struct ifd_slot *s, unsigned t)
{
	enum cb_err r = CB_E_ABSENT;

	pthread_mutex_lock(&s->cmd_lock);
	if (s->powered && cmd_alive(s))
		r = settle(s, br_protocol(s->cmd, t));
	if (r == CB_OK) {
		pthread_mutex_lock(&s->state_lock);
		s->protocol = t;
		pthread_mutex_unlock(&s->state_lock);
	}
	pthread_mutex_unlock(&s->cmd_lock);
	return r;
}

enum cb_err
ifd_slot_transmit(
    struct ifd_slot *s, struct cb_span cmd, uint8_t *out, size_t *n)
{
	size_t room = *n;
	enum cb_err r = CB_E_ABSENT;

	*n = 0;
	pthread_mutex_lock(&s->cmd_lock);
	if (!s->powered || !cmd_alive(s))
		goto out;
	atomic_store(&s->used, true);
	r = settle(s, br_transmit(s->cmd, cmd, &s->rsp));
	if (r != CB_OK)
		goto out;
	r = CB_E_LIMIT;
	if (s->rsp.n > room)
		goto out;
	memcpy(out, s->rsp.p, s->rsp.n);
	*n = s->rsp.n;
	r = CB_OK;
out:
	cb_buf_clear(&s->rsp);	/* wipes */
	pthread_mutex_unlock(&s->cmd_lock);
	return r;
}

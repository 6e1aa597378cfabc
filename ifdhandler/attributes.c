/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a slot answers to pcscd's questions, and what it says of itself to
 * programs (bridge/facts.h).
 */
#include <stdio.h>
#include <string.h>

#include <reader.h>

#include "bridge/facts.h"
#include "ifdhandler/ifd.h"

/* A copy of a slot's state, and the value that an attribute makes of it. */
struct view {
	const struct ifd_slot *slot;
	unsigned door;
	char serial[80];
	uint8_t atr[CB_ATR_MAX];
	struct br_facts facts;
};

/* The reader's name; of a numbered slot, "slot-K". */
static void
name_of(const struct ifd_slot *s, char out[80])
{
	if (s->name[0] != '\0')
		snprintf(out, 80, "%s", s->name);
	else
		snprintf(out, 80, "slot-%02u", s->number);
}

static void
view_take(struct view *v, struct ifd_slot *s)
{
	uint64_t key = atomic_load(&s->key);
	struct br_facts *f = &v->facts;

	memset(v, 0, sizeof(*v));
	v->slot = s;
	v->door = key != 0 ? (unsigned)((key - 1) >> 32) : 0;
	name_of(s, v->serial);
	f->serial = v->serial;
	f->unit = s->number;
	f->atr = v->atr;
	pthread_mutex_lock(&s->state_lock);
	f->present = s->up && s->now.present;
	f->powered = f->present && s->powered && s->cmd_epoch == s->epoch;
	f->protocol = s->protocol == 0 ? BR_SHARE_T0 : BR_SHARE_T1;
	f->max_apdu = s->now.max_apdu;
	if (f->powered) {
		memcpy(v->atr, s->atr, s->atr_n);
		f->atr_n = s->atr_n;
	}
	pthread_mutex_unlock(&s->state_lock);
	if (f->max_apdu < 256)
		f->max_apdu = 256;
}

/* ---- pcscd's questions ------------------------------------------------- */

static void
put_byte(struct view *v, uint8_t b)
{
	v->facts.value[0] = b;
	v->facts.n = 1;
}

static void
put_function(struct view *v, const void *f, size_t n)
{
	memcpy(v->facts.value, f, n);
	v->facts.n = n;
}

static void
poll_function(struct view *v)
{
	ifd_poll_fn f = ifd_door_poll(v->door);

	put_function(v, &f, sizeof(f));
}

static void
stop_function(struct view *v)
{
	ifd_stop_fn f = ifd_door_stop(v->door);

	put_function(v, &f, sizeof(f));
}

static void
yes(struct view *v)
{
	put_byte(v, 1);
}

static void
no(struct view *v)
{
	put_byte(v, 0);
}

static void
slot_count(struct view *v)
{
	put_byte(v, (uint8_t)v->slot->count);
}

static void
atr_string(struct view *v)
{
	(void)br_facts_attribute(&v->facts, SCARD_ATTR_ATR_STRING);
}

/* More than one reader at once is answered "no": see doors.c. Nobody may
 * cancel a thread that holds a lock. */
static const struct {
	DWORD tag;
	void (*get)(struct view *v);
} questions[] = {
	{ TAG_IFD_SLOT_THREAD_SAFE,            yes },
	{ TAG_IFD_THREAD_SAFE,                 yes },
	{ TAG_IFD_SIMULTANEOUS_ACCESS,         yes },	/* 1 */
	{ TAG_IFD_SLOTS_NUMBER,                slot_count },
	{ TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, poll_function },
	{ TAG_IFD_STOP_POLLING_THREAD,         stop_function },
	{ TAG_IFD_POLLING_THREAD_KILLABLE,     no },
	{ TAG_IFD_ATR,                         atr_string },
};

/* False: neither a question of pcscd nor an attribute. */
static bool
answer(struct view *v, DWORD tag)
{
	size_t i, n = sizeof(questions) / sizeof(questions[0]);

	for (i = 0; i < n && questions[i].tag != tag; i++)
		;
	if (i == n)
		return tag <= UINT32_MAX &&
		    br_facts_attribute(&v->facts, (uint32_t)tag);
	questions[i].get(v);
	return true;
}

/* A value into a buffer of pcscd's. */
static RESPONSECODE
give(const struct br_facts *f, UCHAR *out, DWORD room, DWORD *n)
{
	if (out != NULL && room < f->n)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	if (out != NULL)
		memcpy(out, f->value, f->n);
	*n = f->n;
	return IFD_SUCCESS;
}

RESPONSECODE
ifd_attribute_get(struct ifd_slot *s, DWORD tag, DWORD *length, UCHAR *value)
{
	DWORD room = *length;
	struct view v;

	/* with the length untouched: pcscd then fills in names itself, and
	 * takes it for the room that there is (winscard.c, SCardGetAttrib) */
	view_take(&v, s);
	if (!answer(&v, tag))
		return IFD_ERROR_TAG;
	*length = 0;
	if (v.facts.n == 0)
		return IFD_COMMUNICATION_ERROR;
	return give(&v.facts, value, room, length);
}

RESPONSECODE
ifd_feature(
    struct ifd_slot *s, DWORD code, UCHAR *rx, DWORD rx_size, DWORD *rx_n)
{
	struct view v;

	*rx_n = 0;
	view_take(&v, s);
	if (!br_facts_function(&v.facts, (uint32_t)(code - SCARD_CTL_CODE(0)),
		SCARD_CTL_CODE(BR_FACTS_TLV_PROPERTIES)))
		return IFD_ERROR_NOT_SUPPORTED;
	if (rx == NULL)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	return give(&v.facts, rx, rx_size, rx_n);
}

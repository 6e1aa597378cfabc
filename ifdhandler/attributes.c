/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a reader says of itself: the capabilities that pcscd asks for, the
 * attributes that programs ask for (PC/SC part 3, 3.1; DWORDs in 32 bits as
 * other drivers give them), and the one feature of part 10 that a reader
 * without pinpad has, its list of properties.
 *
 * The largest APDU is that of the card in the slot: a host that reads more
 * sends extended APDUs, which a card with short ones refuses.
 */
#include <string.h>

#include <reader.h>

#include "common/apdu.h"
#include "ifdhandler/ifd.h"

#define VENDOR "cardbridge"
#define MODEL "cardbridge reader"
#define VERSION_DWORD 0x00010000u	/* 0xMMmmbbbb: 0.1.0 */
#define CHANNEL_VENDOR 0x00F00000u	/* no serial line, no USB port */
/* No USB identifiers are ours: 0 is the vendor that does not exist. */
#define ID_VENDOR 0x0000u
#define ID_PRODUCT 0x0001u

/* Largest short command: header, Lc, 255 bytes, Le. */
#define SHORT_APDU_MAX 261u

#define GET_TLV_PROPERTIES SCARD_CTL_CODE(2048 + FEATURE_GET_TLV_PROPERTIES)

/* A copy of a slot's state, and the value that an attribute makes of it. */
struct view {
	const struct ifd_slot *slot;
	unsigned door;
	bool present;
	bool powered;
	unsigned protocol;
	uint8_t protocols;
	uint32_t max_apdu;
	uint8_t atr[CB_ATR_MAX];
	size_t atr_n;
	uint8_t value[80];
	size_t n;		/* of value; 0: there is none now */
};

static void
view_take(struct view *v, struct ifd_slot *s)
{
	uint64_t key = atomic_load(&s->key);

	memset(v, 0, sizeof(*v));
	v->slot = s;
	v->door = key != 0 ? (unsigned)((key - 1) >> 32) : 0;
	pthread_mutex_lock(&s->state_lock);
	v->present = s->up && s->now.present;
	v->powered = v->present && s->powered && s->cmd_epoch == s->epoch;
	v->protocol = s->protocol;
	v->protocols = s->now.protocols;
	v->max_apdu = s->now.max_apdu;
	if (v->powered) {
		memcpy(v->atr, s->atr, s->atr_n);
		v->atr_n = s->atr_n;
	}
	pthread_mutex_unlock(&s->state_lock);
	if (v->max_apdu < 256)
		v->max_apdu = 256;
}

/* ---- values ------------------------------------------------------------ */

static void
put_byte(struct view *v, uint8_t b)
{
	v->value[0] = b;
	v->n = 1;
}

static void
put_dword(struct view *v, uint32_t d)
{
	memcpy(v->value, &d, sizeof(d));
	v->n = sizeof(d);
}

static void
put_text(struct view *v, const char *text)
{
	v->n = strlen(text) + 1;
	memcpy(v->value, text, v->n);
}

static void
put_function(struct view *v, const void *f, size_t n)
{
	memcpy(v->value, f, n);
	v->n = n;
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
vendor_name(struct view *v)
{
	put_text(v, VENDOR);
}

static void
model(struct view *v)
{
	put_text(v, MODEL);
}

static void
version(struct view *v)
{
	put_dword(v, VERSION_DWORD);
}

/* The reader's name; of a numbered slot, "slot-K". */
static void
serial(struct view *v)
{
	char text[] = "slot-00";

	if (v->slot->name[0] != '\0') {
		put_text(v, v->slot->name);
		return;
	}
	text[5] = (char)('0' + v->slot->number / 10);
	text[6] = (char)('0' + v->slot->number % 10);
	put_text(v, text);
}

static void
channel(struct view *v)
{
	put_dword(v, CHANNEL_VENDOR | v->slot->number);
}

static void
unit(struct view *v)
{
	put_dword(v, v->slot->number);
}

static void
async_protocols(struct view *v)
{
	put_dword(v, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1);
}

static void
current_protocol(struct view *v)
{
	if (v->powered)
		put_dword(v, v->protocol == 0 ? SCARD_PROTOCOL_T0
					      : SCARD_PROTOCOL_T1);
	else
		put_dword(v, SCARD_PROTOCOL_UNDEFINED);
}

static void
presence(struct view *v)
{
	put_byte(v, v->present ? 2 : 0);	/* 2: in place, not locked in */
}

static void
interface_status(struct view *v)
{
	put_byte(v, v->powered ? 1 : 0);
}

static void
atr_string(struct view *v)
{
	memcpy(v->value, v->atr, v->atr_n);
	v->n = v->atr_n;
}

static void
max_input(struct view *v)
{
	put_dword(v, v->max_apdu > 256 ? CB_APDU_MAX : SHORT_APDU_MAX);
}

static const struct {
	DWORD tag;
	void (*get)(struct view *v);
} attributes[] = {
	/* pcscd's questions. More than one reader at once is answered "no":
	 * see doors.c. Nobody may cancel a thread that holds a lock. */
	{ TAG_IFD_SLOT_THREAD_SAFE,            yes },
	{ TAG_IFD_THREAD_SAFE,                 yes },
	{ TAG_IFD_SIMULTANEOUS_ACCESS,         yes },	/* 1 */
	{ TAG_IFD_SLOTS_NUMBER,                slot_count },
	{ TAG_IFD_POLLING_THREAD_WITH_TIMEOUT, poll_function },
	{ TAG_IFD_STOP_POLLING_THREAD,         stop_function },
	{ TAG_IFD_POLLING_THREAD_KILLABLE,     no },
	{ TAG_IFD_ATR,                         atr_string },
	/* programs' questions */
	{ SCARD_ATTR_VENDOR_NAME,              vendor_name },
	{ SCARD_ATTR_VENDOR_IFD_TYPE,          model },
	{ SCARD_ATTR_VENDOR_IFD_VERSION,       version },
	{ SCARD_ATTR_VENDOR_IFD_SERIAL_NO,     serial },
	{ SCARD_ATTR_CHANNEL_ID,               channel },
	{ SCARD_ATTR_ASYNC_PROTOCOL_TYPES,     async_protocols },
	{ SCARD_ATTR_CURRENT_PROTOCOL_TYPE,    current_protocol },
	{ SCARD_ATTR_ICC_PRESENCE,             presence },
	{ SCARD_ATTR_ICC_INTERFACE_STATUS,     interface_status },
	{ SCARD_ATTR_ATR_STRING,               atr_string },
	{ SCARD_ATTR_MAXINPUT,                 max_input },
	{ SCARD_ATTR_DEVICE_UNIT,              unit },
};

RESPONSECODE
ifd_attribute_get(struct ifd_slot *s, DWORD tag, DWORD *length, UCHAR *value)
{
	DWORD room = *length;
	struct view v;
	size_t i, n = sizeof(attributes) / sizeof(attributes[0]);

	/* with the length untouched: pcscd then fills in names itself, and
	 * takes it for the room that there is (winscard.c, SCardGetAttrib) */
	for (i = 0; i < n && attributes[i].tag != tag; i++)
		;
	if (i == n)
		return IFD_ERROR_TAG;
	*length = 0;
	view_take(&v, s);
	attributes[i].get(&v);
	if (v.n == 0)
		return IFD_COMMUNICATION_ERROR;
	if (value != NULL && room < v.n)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	if (value != NULL)
		memcpy(value, v.value, v.n);
	*length = v.n;
	return IFD_SUCCESS;
}

/* ---- PC/SC part 10 ----------------------------------------------------- */

/* 2.2: tag, length 4, the control code in network order. */
static void
feature_list(struct view *v)
{
	const uint32_t code = GET_TLV_PROPERTIES;
	const uint8_t list[] = { FEATURE_GET_TLV_PROPERTIES, 4,
		(uint8_t)(code >> 24), (uint8_t)(code >> 16),
		(uint8_t)(code >> 8), (uint8_t)code };

	memcpy(v->value, list, sizeof(list));
	v->n = sizeof(list);
}

/* 2.6.14: tag, length, value with the low byte first. */
static void
property_list(struct view *v)
{
	const struct {
		uint8_t tag, n;
		uint32_t value;
	} list[] = {
		{ PCSCv2_PART10_PROPERTY_wIdVendor,         2, ID_VENDOR },
		{ PCSCv2_PART10_PROPERTY_wIdProduct,        2, ID_PRODUCT },
		{ PCSCv2_PART10_PROPERTY_bPPDUSupport,      1, 0 },
		{ PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4, v->max_apdu },
	};
	size_t i;
	unsigned k;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		v->value[v->n++] = list[i].tag;
		v->value[v->n++] = list[i].n;
		for (k = 0; k < list[i].n; k++)
			v->value[v->n++] = (uint8_t)(list[i].value >> 8 * k);
	}
}

static const struct {
	DWORD code;
	void (*get)(struct view *v);
} features[] = {
	{ CM_IOCTL_GET_FEATURE_REQUEST, feature_list },
	{ GET_TLV_PROPERTIES,           property_list },
};

RESPONSECODE
ifd_feature(
    struct ifd_slot *s, DWORD code, UCHAR *rx, DWORD rx_size, DWORD *rx_n)
{
	struct view v;
	size_t i, n = sizeof(features) / sizeof(features[0]);

	*rx_n = 0;
	for (i = 0; i < n && features[i].code != code; i++)
		;
	if (i == n)
		return IFD_ERROR_NOT_SUPPORTED;
	view_take(&v, s);
	features[i].get(&v);
	if (rx == NULL || rx_size < v.n)
		return IFD_ERROR_INSUFFICIENT_BUFFER;
	memcpy(rx, v.value, v.n);
	*rx_n = v.n;
	return IFD_SUCCESS;
}

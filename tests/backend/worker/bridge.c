/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Door and bridge, played by the test.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/hex.h"
#include "tests/backend/worker/rig_serve.h"

#define PATIENCE_MS 30000

/* ---- door ---------------------------------------------------------------- */

static struct {
	uint64_t id;
	uint16_t code;
	struct cb_buf body;
} early[256];	/* answers that nobody waited for yet */

uint64_t
rig_send(struct rig *g, enum be_ask type, struct cb_span body)
{
	struct cb_buf whole = CB_BUF_INIT_MAX(BE_BODY_MAX);
	struct be_message m = { .type = (uint16_t)type, .id = g->next_id++ };

	if (type <= BE_ASK_WATCH)
		ck_assert_int_eq(cb_put_u8(&whole, g->inspected), CB_OK);
	ck_assert_int_eq(cb_buf_add(&whole, body), CB_OK);
	m.body = cb_buf_span(&whole);
	ck_assert_int_eq(be_channel_send(g->door, &m), CB_OK);
	cb_buf_free(&whole);
	return m.id;
}

static bool
take_early(uint64_t id, uint16_t *code, struct cb_buf *answer)
{
	for (int i = 0; i < COUNT(early); i++)
		if (early[i].id == id) {
			early[i].id = 0;
			*code = early[i].code;
			cb_buf_move(answer, &early[i].body);
			return true;
		}
	return false;
}

static void
keep_early(const struct be_message *m)
{
	for (int i = 0; i < COUNT(early); i++)
		if (early[i].id == 0) {
			early[i].id = m->id;
			early[i].code = m->code;
			ck_assert_int_eq(
			    cb_buf_set(&early[i].body, m->body), CB_OK);
			return;
		}
	ck_abort_msg("too many answers that nobody waits for");
}

static void
read_door(struct rig *g, int ms)
{
	struct pollfd p = { be_channel_fd(g->door), POLLIN, 0 };
	struct be_message m;

	if (poll(&p, 1, ms) <= 0)
		return;
	ck_assert_int_eq(be_channel_read(g->door), CB_OK);
	while (be_channel_next(g->door, &m) == CB_OK) {
		ck_assert(m.answer);
		keep_early(&m);
	}
}

static int
ms_since(const struct timespec *from)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int)((now.tv_sec - from->tv_sec) * 1000 +
	    (now.tv_nsec - from->tv_nsec) / 1000000);
}

bool
rig_has(struct rig *g, uint64_t id, int ms)
{
	struct timespec from;

	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	for (;;) {
		for (int i = 0; i < COUNT(early); i++)
			if (early[i].id == id)
				return true;
		const int left = ms - ms_since(&from);
		if (left <= 0)
			return false;
		read_door(g, left);
	}
}

uint16_t
rig_wait(struct rig *g, uint64_t id, struct cb_buf *answer)
{
	uint16_t code = 0;

	ck_assert_msg(rig_has(g, id, PATIENCE_MS), "no answer");
	ck_assert(take_early(id, &code, answer));
	return code;
}

uint16_t
rig_ask(struct rig *g, enum be_ask type, struct cb_span body,
    struct cb_buf *answer)
{
	return rig_wait(g, rig_send(g, type, body), answer);
}

/* ---- opening ------------------------------------------------------------- */

static const uint8_t bridge_half[CR_KEY] = { 0x0B, 0x21, 0xD6, 0xE0 };
static const uint8_t bridge_secret[CR_KEY] = { 0x5E, 0xC8, 0xE7 };

void
bridge_init(struct bridge *b, struct rig *g, int device)
{
	*b = (struct bridge){ .g = g, .d = &g->devices[device] };
	memcpy(b->card, g->card, WIRE_ID);
}

void
bridge_init_person(struct bridge *b, struct rig *g, int person)
{
	*b = (struct bridge){ .g = g, .d = &g->people[person] };
}

void
bridge_clear(struct bridge *b)
{
	cb_buf_free(&b->offer);
	cb_buf_free(&b->accept);
	cb_buf_free(&b->body);
	cb_buf_free(&b->message);
}

static void
sign_accept(struct bridge *b)
{
	struct cb_buf text = CB_BUF_INIT, signature = CB_BUF_INIT;

	ck_assert_int_eq(wire_accept_signed(&text, cb_buf_span(&b->offer),
			     cb_buf_span(&b->accept)),
	    CB_OK);
	ck_assert_int_eq(
	    wire_sign(b->d->key, cb_buf_span(&text), &signature), CB_OK);
	ck_assert_int_eq(
	    wire_accept_sign_put(&b->accept, cb_buf_span(&signature)),
	    CB_OK);
	cb_buf_free(&text);
	cb_buf_free(&signature);
}

void
bridge_accept(struct bridge *b, bool take_over)
{
	struct wire_offer offer;
	struct wire_accept a = { .kind = WIRE_TEST, .take_over = take_over };
	struct cb_buf label = CB_BUF_INIT, wrapped = CB_BUF_INIT;
	struct wire_keys keys;
	uint8_t shared[CR_KEY];

	ck_assert_int_eq(
	    wire_offer_get(cb_buf_span(&b->offer), &offer), CB_OK);
	memcpy(a.session, offer.session, WIRE_ID);
	memcpy(a.organisation, offer.organisation, WIRE_ID);
	memcpy(a.card, offer.card, WIRE_ID);
	memcpy(a.device, b->d->id, WIRE_ID);
	ck_assert_int_eq(
	    cr_x25519_public(bridge_half, a.agreement), CB_OK);
	ck_assert_int_eq(wire_secret_label(&label, a.organisation, a.card,
			     a.session),
	    CB_OK);
	ck_assert_int_eq(wire_wrap(rig_keys.ring->service,
			     cb_buf_span(&label), bridge_secret, &wrapped),
	    CB_OK);
	a.wrapped = cb_buf_span(&wrapped);
	a.certificate = cb_buf_span(&b->d->cert);
	cb_buf_clear(&b->accept);
	ck_assert_int_eq(wire_accept_put(&b->accept, &a), CB_OK);
	sign_accept(b);
	ck_assert_int_eq(
	    cr_x25519_shared(bridge_half, offer.agreement, shared), CB_OK);
	ck_assert_int_eq(wire_keys_make(&keys, bridge_secret, shared,
			     cb_buf_span(&b->offer), cb_buf_span(&b->accept)),
	    CB_OK);
	memcpy(b->session, offer.session, WIRE_ID);
	wire_stream_init(&b->to, keys.to_worker, b->session, WIRE_WORKER);
	wire_stream_init(&b->from, keys.to_bridge, b->session, WIRE_BRIDGE);
	cb_buf_free(&label);
	cb_buf_free(&wrapped);
}

uint16_t
bridge_offer(struct bridge *b)
{
	const uint8_t *const ids[] = { b->d->id, b->card };
	struct cb_buf body = CB_BUF_INIT;
	uint16_t code;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 2), CB_OK);
	code = rig_ask(b->g, BE_ASK_OFFER, cb_buf_span(&body), &b->offer);
	cb_buf_free(&body);
	return code;
}

uint64_t
bridge_accept_post(struct bridge *b, bool take_over)
{
	struct cb_buf body = CB_BUF_INIT;
	uint64_t id;

	bridge_accept(b, take_over);
	ck_assert_int_eq(be_bytes_put(&body, b->d->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(cb_buf_add(&body, cb_buf_span(&b->accept)), CB_OK);
	id = rig_send(b->g, BE_ASK_OPEN, cb_buf_span(&body));
	cb_buf_free(&body);
	return id;
}

uint16_t
bridge_open_post(struct bridge *b, bool take_over, uint64_t *id)
{
	const uint16_t code = bridge_offer(b);

	if (code == 0)
		*id = bridge_accept_post(b, take_over);
	return code;
}

uint16_t
bridge_opened(struct bridge *b, uint64_t id)
{
	struct cb_buf record = CB_BUF_INIT;
	struct cb_span cur;
	uint16_t code;

	if ((code = rig_wait(b->g, id, &record)) == 0) {
		cur = cb_buf_span(&record);
		bridge_read(b, &cur);
		ck_assert_uint_eq(cur.n, 0);
	}
	cb_buf_free(&record);
	return code;
}

uint16_t
bridge_open(struct bridge *b, bool take_over)
{
	uint64_t id;
	const uint16_t code = bridge_open_post(b, take_over, &id);

	return code != 0 ? code : bridge_opened(b, id);
}

static void
open_and_power(struct bridge *b, bool take_over)
{
	struct cb_buf records = CB_BUF_INIT;
	struct cb_span cur;

	ck_assert_uint_eq(bridge_open(b, take_over), 0);
	ck_assert_int_eq(b->last.type, WIRE_OPENED);
	cb_buf_clear(&b->body);
	bridge_add(b, WIRE_POWER, 1, CB_SPAN_EMPTY, 0);
	ck_assert(bridge_send(b, &records));
	cur = cb_buf_span(&records);
	bridge_read(b, &cur);
	ck_assert_int_eq(b->last.type, WIRE_DONE);
	cb_buf_free(&records);
}

void
bridge_ready(struct bridge *b)
{
	open_and_power(b, false);
}

void
bridge_take(struct bridge *b)
{
	open_and_power(b, true);
	bridge_is(b, SELECT_A5, "9000");
	(void)bridge_apdu(b, TO_5011);
}

void
bridge_select(struct bridge *b)
{
	bridge_ready(b);
	bridge_is(b, SELECT_A5, "9000");
	(void)bridge_apdu(b, TO_5011);
}

/* ---- commands ------------------------------------------------------------ */

void
bridge_add(struct bridge *b, enum wire_command_type type, uint8_t argument,
    struct cb_span apdu, uint16_t consumed)
{
	const struct wire_command c = { type, consumed, argument, apdu };
	struct cb_buf message = CB_BUF_INIT;

	ck_assert_int_eq(wire_command_put(&message, &c), CB_OK);
	ck_assert_int_eq(
	    wire_seal(&b->to, cb_buf_span(&message), &b->body), CB_OK);
	cb_buf_free(&message);
}

void
bridge_seal(struct bridge *b, const char *hex)
{
	struct cb_buf apdu = CB_BUF_INIT;

	ck_assert_int_eq(cb_hex_decode(&apdu, hex, strlen(hex)), CB_OK);
	bridge_add(b, WIRE_TRANSMIT, 0, cb_buf_span(&apdu), 0);
	cb_buf_free(&apdu);
}

uint64_t
bridge_post(struct bridge *b)
{
	struct cb_buf body = CB_BUF_INIT;
	uint64_t id;

	ck_assert_int_eq(be_bytes_put(&body, b->d->id, WIRE_ID), CB_OK);
	ck_assert_int_eq(be_bytes_put(&body, b->session, WIRE_ID), CB_OK);
	ck_assert_int_eq(cb_buf_add(&body, cb_buf_span(&b->body)), CB_OK);
	id = rig_send(b->g, BE_ASK_COMMANDS, cb_buf_span(&body));
	cb_buf_free(&body);
	return id;
}

bool
bridge_send(struct bridge *b, struct cb_buf *records)
{
	struct cb_buf answer = CB_BUF_INIT;
	struct cb_span cur;

	b->code = rig_wait(b->g, bridge_post(b), &answer);
	cur = cb_buf_span(&answer);
	if (b->code != 0)
		ck_assert_int_eq(cb_get_u8(&cur, &b->outcome), CB_OK);
	else
		ck_assert_int_eq(cb_buf_add(records, cur), CB_OK);
	cb_buf_free(&answer);
	return b->code == 0;
}

void
bridge_read(struct bridge *b, struct cb_span *cur)
{
	struct wire_record record;

	cb_buf_clear(&b->message);
	ck_assert_int_eq(wire_record_get(cur, &record), CB_OK);
	ck_assert_int_eq(wire_open(&b->from, &record, &b->message), CB_OK);
	ck_assert_int_eq(
	    wire_answer_get(cb_buf_span(&b->message), &b->last), CB_OK);
}

const char *
bridge_answer(struct bridge *b, struct cb_buf *records)
{
	static char out[1024];
	struct cb_span cur = cb_buf_span(records);
	struct wire_exchange e;

	bridge_read(b, &cur);
	ck_assert_uint_eq(cur.n, 0);
	if (b->last.type == WIRE_REFUSED) {
		snprintf(out, sizeof(out), "refused %u", b->last.code);
	} else {
		cur = b->last.exchanges;
		ck_assert_int_eq(wire_exchange_get(&cur, &e), CB_OK);
		(void)cb_hex_encode(out, sizeof(out), e.answer);
	}
	cb_buf_clear(records);
	return out;
}

const char *
bridge_apdu(struct bridge *b, const char *hex)
{
	static char failed[64];
	struct cb_buf records = CB_BUF_INIT;
	const char *out;

	cb_buf_clear(&b->body);
	bridge_seal(b, hex);
	if (!bridge_send(b, &records)) {
		snprintf(failed, sizeof(failed), "code %u outcome %u",
		    b->code, b->outcome);
		return failed;
	}
	out = bridge_answer(b, &records);
	cb_buf_free(&records);
	return out;
}

void
bridge_is(struct bridge *b, const char *hex, const char *want)
{
	const char *got = bridge_apdu(b, hex);

	ck_assert_msg(strcmp(got, want) == 0, "%s: %s, not %s", hex, got,
	    want);
}

/* ---- questions that are answered late ------------------------------------ */

void
rig_await_late(struct rig *g)
{
	for (int i = 0; i < 2000; i++) {
		if (__atomic_load_n(&g->late_id, __ATOMIC_RELAXED) != 0)
			return;
		(void)rig_has(g, 0xFFFF, 5);
	}
	ck_abort_msg("nothing was asked");
}

void
rig_end_late(struct rig *g)
{
	struct bridge other;

	__atomic_store_n(&g->late, false, __ATOMIC_RELEASE);
	/* any question */
	bridge_init(&other, g, DEVICES - 1);
	(void)watch_told(g, watch_post(&other, false, 0));
	bridge_clear(&other);
}

/* ---- watching ------------------------------------------------------------ */

uint64_t
watch_post(const struct bridge *b, bool with_session, uint32_t stamp)
{
	static const uint8_t none[WIRE_ID];
	const uint8_t *const ids[] = { b->d->id, b->g->card,
		with_session ? b->session : none };
	struct cb_buf body = CB_BUF_INIT;
	uint64_t id;

	ck_assert_int_eq(be_ask_ids_put(&body, ids, 3), CB_OK);
	ck_assert_int_eq(cb_put_u32(&body, stamp), CB_OK);
	id = rig_send(b->g, BE_ASK_WATCH, cb_buf_span(&body));
	cb_buf_free(&body);
	return id;
}

struct watch_told
watch_told(struct rig *g, uint64_t id)
{
	struct cb_buf body = CB_BUF_INIT;
	struct cb_span cur, atr;
	struct watch_told t;

	ck_assert_uint_eq(rig_wait(g, id, &body), 0);
	cur = cb_buf_span(&body);
	ck_assert_int_eq(cb_get_u32(&cur, &t.stamp), CB_OK);
	ck_assert_int_eq(cb_get_u8(&cur, &t.state), CB_OK);
	ck_assert_int_eq(cb_get_u8(&cur, &t.flags), CB_OK);
	ck_assert_int_eq(cb_get_u16(&cur, &t.code), CB_OK);
	ck_assert_int_eq(cb_get_lv16(&cur, &atr), CB_OK);
	ck_assert_uint_eq(cur.n, 0);
	(void)cb_hex_encode(t.atr, sizeof(t.atr), atr);
	ck_assert_uint_ne(t.stamp, 0);
	cb_buf_free(&body);
	return t;
}

uint64_t
watch_held(struct bridge *b)
{
	const struct watch_told t = watch_told(b->g, watch_post(b, true, 0));

	ck_assert_uint_eq(t.state, WIRE_THERE);
	ck_assert_uint_eq(t.flags, 0);
	return watch_post(b, true, t.stamp);
}

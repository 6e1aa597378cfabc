/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See call.h.
 */
#include <unistd.h>

#include "tests/bridge/call.h"

static enum br_outcome
transmit(struct br_client *c, uint8_t p1, uint8_t p2, uint8_t ins)
{
	const uint8_t cmd[] = { 0x80, ins, p1, p2 };
	struct cb_buf rsp = CB_BUF_INIT;
	struct br_shared s;

	ck_ok(br_share_transmit(
	    c, BR_SHARE_T1, CB_SPAN_OF(cmd), &rsp, &s));
	if (s.outcome == BR_SHARE_OK)
		ck_assert_uint_eq(rsp.p[rsp.n - 2], 0x90);
	cb_buf_free(&rsp);
	return s.outcome;
}

enum br_outcome
works(struct br_client *c, unsigned ms)
{
	return transmit(c, (uint8_t)(ms >> 8), (uint8_t)ms, 1);
}

static void *
call_main(void *arg)
{
	struct call *k = arg;
	struct br_shared s = { .outcome = BR_SHARE_OUTCOMES };
	enum cb_err r = CB_OK;

	switch (k->what) {
	case CALL_BEGIN:
		r = br_share_begin(k->c, &s);
		break;
	case CALL_STATUS:
		r = br_share_status(k->c, true, &s);
		break;
	case CALL_WORK:
		s.outcome = works(k->c, k->ms);
		break;
	case CALL_CONNECT:
		r = br_share_connect(k->c, "a", BR_SHARE_SHARED, ANY, &s);
		break;
	case CALL_RECONNECT:
		r = br_share_reconnect(
		    k->c, BR_SHARE_SHARED, ANY, BR_RESET, &s);
		break;
	case CALL_DISCONNECT:
		r = br_share_disconnect(k->c, BR_RESET, &s);
		break;
	}
	k->outcome = r == CB_OK ? s.outcome : BR_SHARE_OUTCOMES;
	atomic_store(&k->over, true);
	return NULL;
}

void
call_start(struct call *k, struct br_client *c, enum what what)
{
	k->c = c;
	k->what = what;
	atomic_init(&k->over, false);
	ck_assert_int_eq(
	    pthread_create(&k->thread, NULL, call_main, k), 0);
}

void
call_end(struct call *k, enum br_outcome want)
{
	pthread_join(k->thread, NULL);
	ck_assert_int_eq(k->outcome, want);
}

bool
over_within(struct call *k, unsigned ms)
{
	uint64_t end = now_us() + (uint64_t)ms * 1000;

	while (!atomic_load(&k->over) && now_us() < end)
		usleep(500);
	return atomic_load(&k->over);
}

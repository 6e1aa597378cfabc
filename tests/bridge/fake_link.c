/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A card for tests of the road to it, see harness.h.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bridge/sock.h"
#include "tests/bridge/harness.h"

struct fake {
	struct br_link base;
	bool on, live;
	uint8_t powered, reset, ticked, rested;
	uint64_t tick_at;
};

const uint8_t fake_atr[4] = { 0x3b, 0x82, 0x01, 0x02 };

static atomic_int links_open;
static atomic_bool mended;

void
fake_mend(bool on)
{
	atomic_store(&mended, on);
}

int
fake_open_count(void)
{
	return atomic_load(&links_open);
}

static enum cb_err
fake_check(const char *rest, struct cb_why *why)
{
	if (rest[0] != '\0')
		return CB_OK;
	cb_why_set(why, "a fake card needs a name");
	return CB_E_ARG;
}

static void
fill_info(const struct fake *f, struct br_link_info *info)
{
	memset(info, 0, sizeof(*info));
	memcpy(info->atr, fake_atr, sizeof(fake_atr));
	info->atr_n = sizeof(fake_atr);
	info->max_apdu = 256;
	info->protocols = 3;
	info->test = !f->live;
}

static enum cb_err
fake_open(struct br_link **out, const char *rest, struct br_link_info *info,
    struct cb_why *why)
{
	struct fake *f;

	*out = NULL;
	if (strncmp(rest, "broken", 6) == 0 && !atomic_load(&mended)) {
		cb_why_set(why, "this card is broken");
		return CB_E_FORMAT;
	}
	f = calloc(1, sizeof(*f));
	ck_assert_ptr_nonnull(f);
	f->base.ops = &fake_link;
	f->tick_at = UINT64_MAX;
	f->live = strncmp(rest, "live", 4) == 0;
	fill_info(f, info);
	atomic_fetch_add(&links_open, 1);
	*out = &f->base;
	return CB_OK;
}

static enum cb_err
fake_power(struct br_link *l, enum br_power what, struct br_link_info *info,
    struct cb_why *why)
{
	struct fake *f = (struct fake *)l;

	(void)why;
	f->on = what != BR_POWER_OFF;
	if (what == BR_POWER_ON)
		f->powered++;
	else if (what == BR_POWER_RESET)
		f->reset++;
	if (f->on)
		fill_info(f, info);
	f->tick_at = UINT64_MAX;
	return CB_OK;
}

static enum cb_err
fake_protocol(struct br_link *l, unsigned t)
{
	(void)l;
	return t <= 1 ? CB_OK : CB_E_ARG;
}

static void
nap(unsigned ms)
{
	struct timespec ts = {
		(time_t)(ms / 1000), (long)(ms % 1000) * 1000000
	};

	while (nanosleep(&ts, &ts) != 0)
		;
}

static enum cb_err
fake_transmit(struct br_link *l, struct cb_span cmd, struct cb_buf *rsp)
{
	struct fake *f = (struct fake *)l;
	unsigned ins, p12, i;
	uint16_t sw = 0x9000;
	enum cb_err r = CB_OK;

	if (!f->on)
		return CB_E_ARG;
	cb_buf_clear(rsp);
	ins = cmd.n >= 4 ? cmd.p[1] : 0;
	p12 = cmd.n >= 4 ? (unsigned)(cmd.p[2] << 8 | cmd.p[3]) : 0;
	switch (ins) {
	case 0xa4:
		break;
	case 0x01:
		nap(p12);
		break;
	case 0x02:
		r = cb_buf_add(rsp, cb_span_tail(cmd, 4));
		break;
	case 0x03:
		for (i = 0; r == CB_OK && i < p12; i++)
			r = cb_put_u8(rsp, 0xaa);
		break;
	case 0x04:
		r = cb_buf_add(rsp, cb_span(&f->powered, 4));
		break;
	case 0x05:
		f->tick_at = br_now_ms() + p12;
		break;
	case 0x06:
		return CB_E_CRYPTO;
	default:
		sw = 0x6d00;
		break;
	}
	return r != CB_OK ? r : cb_put_u16(rsp, sw);
}

static uint64_t
fake_deadline(const struct br_link *l)
{
	return ((const struct fake *)l)->tick_at;
}

static void
fake_tick(struct br_link *l)
{
	struct fake *f = (struct fake *)l;

	f->ticked++;
	f->tick_at = UINT64_MAX;
}

static void
fake_rest(struct br_link *l)
{
	((struct fake *)l)->rested++;
}

static void
fake_close(struct br_link *l)
{
	atomic_fetch_sub(&links_open, 1);
	free(l);
}

const struct br_link_ops fake_link = {
	.scheme = "fake",
	.check = fake_check,
	.open = fake_open,
	.power = fake_power,
	.protocol = fake_protocol,
	.transmit = fake_transmit,
	.deadline = fake_deadline,
	.tick = fake_tick,
	.rest = fake_rest,
	.close = fake_close,
};

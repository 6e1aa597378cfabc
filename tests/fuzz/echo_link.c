/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See echo_link.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/echo_link.h"

static enum cb_err
echo_check(const char *rest, struct cb_why *why)
{
	(void)rest;
	(void)why;
	return CB_OK;
}

static void
echo_info(struct br_link_info *info)
{
	static const uint8_t atr[] = { 0x3b, 0x00 };

	memset(info, 0, sizeof(*info));
	memcpy(info->atr, atr, sizeof(atr));
	info->atr_n = sizeof(atr);
	info->max_apdu = 256;
	info->protocols = 3;
}

static enum cb_err
echo_open(struct br_link **out, const char *rest, struct br_link_info *info,
    struct cb_why *why)
{
	(void)rest;
	(void)why;
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return CB_E_NOMEM;
	(*out)->ops = &echo_link;
	echo_info(info);
	return CB_OK;
}

static enum cb_err
echo_power(struct br_link *l, enum br_power what, struct br_link_info *info,
    struct cb_why *why)
{
	(void)l;
	(void)why;
	if (what != BR_POWER_OFF)
		echo_info(info);
	return CB_OK;
}

static enum cb_err
echo_protocol(struct br_link *l, unsigned t)
{
	(void)l;
	return t == 1 ? CB_OK : CB_E_ARG;
}

static enum cb_err
echo_transmit(struct br_link *l, struct cb_span cmd, struct cb_buf *rsp)
{
	enum cb_err r;

	(void)l;
	if ((r = cb_buf_set(rsp, cb_span_tail(cmd, 4))) != CB_OK)
		return r;
	return cb_put_u16(rsp, 0x9000);
}

static uint64_t
echo_deadline(const struct br_link *l)
{
	(void)l;
	return UINT64_MAX;
}

static void
echo_idle(struct br_link *l)
{
	(void)l;
}

static void
echo_close(struct br_link *l)
{
	free(l);
}

const struct br_link_ops echo_link = {
	.scheme = "echo",
	.check = echo_check,
	.open = echo_open,
	.power = echo_power,
	.protocol = echo_protocol,
	.transmit = echo_transmit,
	.deadline = echo_deadline,
	.tick = echo_idle,
	.rest = echo_idle,
	.close = echo_close,
};

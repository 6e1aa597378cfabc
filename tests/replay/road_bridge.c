/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Through the bridge, over its local wire.
 */
#include <stdio.h>
#include <string.h>

#include "bridge/client.h"
#include "tests/replay/road.h"

static struct br_client *client;

static bool
bridge_power(enum br_power what, struct cb_why *why)
{
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	enum cb_err r;

	r = br_power(client, what, atr, &n, why);
	if (r != CB_OK && why->text[0] == '\0')
		cb_why_set(why, "power: %s", cb_err_text(r));
	return r == CB_OK;
}

static bool
bridge_open(const char *where, struct cb_why *why)
{
	struct br_state state;
	struct br_target t = { 0 };
	char path[4096];
	enum cb_err r;

	snprintf(path, sizeof(path), "%s", where);
	char *comma = strrchr(path, ',');
	if (comma == NULL) {
		cb_why_set(why, "expected SOCKET,READER");
		return false;
	}
	*comma = '\0';
	t.name = comma + 1;
	if ((r = br_connect(&client, path, 5000, why)) != CB_OK ||
	    (r = br_attach(client, &t, BR_ROAD_DIRECT, &state)) != CB_OK) {
		if (why->text[0] == '\0')
			cb_why_set(why, "attach: %s", cb_err_text(r));
		return false;
	}
	return bridge_power(BR_POWER_ON, why);
}

static bool
bridge_reset(struct cb_why *why)
{
	return bridge_power(BR_POWER_RESET, why);
}

static bool
bridge_send(struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why)
{
	enum cb_err r = br_transmit(client, cmd, rsp);

	cb_why_set(why, "%s", cb_err_text(r));
	return r == CB_OK;
}

static void
bridge_close(void)
{
	br_close(&client);
}

const struct road road_bridge = { "bridge", bridge_open, bridge_reset,
	bridge_send, bridge_close };

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The roads to a card that a recorded conversation is played on: straight
 * into the emulator, through the bridge, through pcscd. One table each.
 */
#ifndef TEST_ROAD_H
#define TEST_ROAD_H

#include "common/buf.h"

struct road {
	const char *name;
	/* `where`: card file; SOCKET,READER; PC/SC reader name. Card powered
	 * afterwards. False: *why says it. */
	bool (*open)(const char *where, struct cb_why *why);
	bool (*reset)(struct cb_why *why);
	bool (*send)(
	    struct cb_span cmd, struct cb_buf *rsp, struct cb_why *why);
	void (*close)(void);
};

extern const struct road road_emu, road_bridge, road_pcsc;

#endif

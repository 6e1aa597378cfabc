/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Any bytes as the bridge's words to the thin end, which sits in pcscd. The
 * first byte tells how many calls are made (0 to 7), one byte each tells
 * which, the rest is what the bridge says.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bridge/client_io.h"
#include "bridge/protocol.h"
#include "tests/fuzz/fuzz.h"

/* No call may leave a reply behind, or say more than it was given. */
static void
call(struct br_client *c, uint8_t which)
{
	const uint8_t select[] = { 0x00, 0xa4, 0x04, 0x00 };
	struct br_target t = { .name = (which & 0x80) != 0 ? "a" : NULL };
	struct br_reader_info *list, info;
	struct cb_buf rsp = CB_BUF_INIT;
	struct cb_why why = { "" };
	struct br_state state;
	uint8_t atr[CB_ATR_MAX];
	size_t n;
	bool changed;
	enum cb_err r;

	switch (which & 7) {
	case 0:
		r = br_attach(c, &t, BR_ROAD_PCSC, &state);
		break;
	case 1:
		r = br_power(c, (which & 8) != 0 ? BR_POWER_ON : BR_POWER_OFF,
		    atr, &n, &why);
		if (r == CB_OK && n > CB_ATR_MAX)
			abort();
		break;
	case 2:
		r = br_transmit(c, CB_SPAN_OF(select), &rsp);
		if (r == CB_OK && rsp.n < 2)
			abort();
		break;
	case 3:
		r = br_watch(c, &t, BR_ROAD_PCSC, &state);
		break;
	case 4:
		r = br_watch_take(c, &state, &changed);
		break;
	case 5:
		r = br_reader_list(c, &list, &n, &why);
		if (r == CB_OK)
			free(list);
		break;
	case 6:
		r = br_reader_add(c, "a", "emu:/a", &info, &why);
		break;
	default:
		r = br_reader_eject(c, "a", &why);
		break;
	}
	if (memchr(why.text, 0, sizeof(why.text)) == NULL)
		abort();
	if (r == CB_OK && c->broken)
		abort();
	cb_buf_free(&rsp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct br_client *c = calloc(1, sizeof(*c));
	size_t calls = n > 0 ? p[0] & 7 : 0, i;
	int ends[2];

	/* what fits into the socket's buffer, so that nobody waits */
	if (c == NULL || n < 1 + calls || n > 65536 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		free(c);
		return 0;
	}
	if (br_io_adopt(c, ends[0]) != CB_OK)
		abort();
	br_inbox_init(&c->in);
	br_set_deadlines(c, 1000, 1000);
	if (send(ends[1], p + 1 + calls, n - 1 - calls, MSG_NOSIGNAL) < 0)
		abort();
	shutdown(ends[1], SHUT_WR);
	for (i = 0; i < calls; i++)
		call(c, p[1 + i]);
	br_close(&c);
	close(ends[1]);
	return 0;
}

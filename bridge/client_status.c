/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The thin end's requests about how a bridge is, see client_status.h.
 */
#include "bridge/client_io.h"
#include "bridge/client_status.h"

enum cb_err
br_bridge_status(
    struct br_client *c, struct br_bridge_status *out, struct cb_why *why)
{
	struct cb_span body;
	enum cb_err r;

	r = br_io_call(c, BR_STATUS, CB_SPAN_EMPTY, BR_RUNNING, &body, why);
	if (r == CB_OK && br_get_running(out, body) != CB_OK) {
		c->broken = true;
		r = CB_E_PEER;
	}
	br_inbox_clear(&c->in);
	return r;
}

enum cb_err
br_link_status(struct br_client *c, const char *name,
    struct br_link_status *out, struct cb_why *why)
{
	struct cb_buf frame = CB_BUF_INIT;
	struct cb_span body;
	enum cb_err r;

	if ((r = br_name_check(name, why)) != CB_OK)
		return r;
	r = br_put_name(&frame, br_io_seq(c), BR_LINK, name);
	if (r == CB_OK)
		r = br_io_call_frame(c, &frame, BR_LINK_INFO, &body, why);
	if (r == CB_OK && br_get_link_info(out, body) != CB_OK) {
		c->broken = true;
		r = CB_E_PEER;
	}
	br_inbox_clear(&c->in);
	cb_buf_free(&frame);
	return r;
}

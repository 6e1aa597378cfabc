/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cards: a handle is a connection to the bridge, which decides who may do
 * what (bridge/arbiter.c).
 */
#include <stdlib.h>
#include <string.h>

#include "winscard-shim/internal.h"

static void
card_free(struct ws_card *card)
{
	if (card == NULL)
		return;
	br_close(&card->conn);
	free(card);
}

static enum ws_result
connect_in(struct ws_context *ctx, struct ws_card *card,
    enum br_share_mode mode, uint32_t protocols, uint32_t *protocol)
{
	struct br_shared s;
	enum ws_result r;
	enum cb_err e;

	/* no list is asked for: the bridge knows whether there is such a
	 * reader. Names are compared as pcsc-lite does, to the letter. */
	if (br_pcsc_name_of(card->name, card->reader) != CB_OK)
		return WS_UNKNOWN_READER;
	if ((r = ws_take_conn(ctx, &card->conn)) != WS_OK)
		return r;
	e = br_share_connect(card->conn, card->name, mode,
	    (uint8_t)protocols, &s);
	/* refused: the connection is as it was */
	if (e == CB_E_ABSENT || (e == CB_OK && s.outcome != BR_SHARE_OK))
		ws_leave_conn(ctx, &card->conn);
	if (e == CB_E_ABSENT)
		return WS_UNKNOWN_READER;
	if (e != CB_OK)
		return ws_said(ctx, e);
	/* a card that does not answer its first reset has no power */
	if (s.outcome == BR_SHARE_UNRESPONSIVE)
		return WS_UNPOWERED;
	*protocol = s.protocol;
	return ws_outcome(s.outcome);
}

enum ws_result
ws_connect(ws_handle context, const char *reader, enum br_share_mode mode,
    uint32_t protocols, ws_handle *out, uint32_t *protocol)
{
	struct ws_context *ctx;
	struct ws_card *card;
	enum ws_result r;

	*out = 0;
	*protocol = 0;
	if ((r = ws_enter(context, &ctx)) != WS_OK)
		return r;
	card = calloc(1, sizeof(*card));
	if (card == NULL) {
		r = WS_NO_MEMORY;
	} else if (strlen(reader) >= sizeof(card->reader)) {
		r = WS_UNKNOWN_READER;
	} else {
		memcpy(card->reader, reader, strlen(reader) + 1);
		r = connect_in(ctx, card, mode, protocols, protocol);
	}
	if (r == WS_OK) {
		ws_card_add(ctx, card);
		*out = card->id;
	} else {
		*protocol = 0;
		ws_calling(ctx, NULL);
		card_free(card);
	}
	ws_leave(ctx);
	return r;
}

enum ws_result
ws_reconnect(ws_handle handle, enum br_share_mode mode, uint32_t protocols,
    enum br_disposition first, uint32_t *protocol)
{
	struct ws_card *card;
	struct br_shared s;
	enum ws_result r;

	*protocol = 0;
	if ((r = ws_enter_card(handle, &card)) != WS_OK)
		return r;
	r = ws_card_trouble(br_share_reconnect(
	    card->conn, mode, (uint8_t)protocols, first, &s));
	if (r == WS_OK) {
		r = ws_outcome(s.outcome);
		*protocol = s.protocol;
	}
	ws_leave(card->ctx);
	return r;
}

enum ws_result
ws_disconnect(ws_handle handle, enum br_disposition d)
{
	struct ws_context *ctx;
	struct ws_card *card;
	struct br_shared s;
	enum ws_result r;
	enum cb_err e;

	if ((r = ws_enter_card(handle, &card)) != WS_OK)
		return r;
	ctx = card->ctx;
	e = br_share_disconnect(card->conn, d, &s);
	if (e == CB_OK && s.outcome == BR_SHARE_CANCELLED) {
		ws_leave(ctx);
		return WS_CANCELLED;
	}
	/* whatever became of reader or bridge: the handle is given back */
	if (e == CB_OK)
		ws_leave_conn(ctx, &card->conn);
	ws_card_remove(card);
	card_free(card);
	ws_leave(ctx);
	return WS_OK;
}

enum ws_result
ws_begin(ws_handle handle)
{
	struct ws_card *card;
	struct br_shared s;
	enum ws_result r;

	if ((r = ws_enter_card(handle, &card)) != WS_OK)
		return r;
	r = ws_card_trouble(br_share_begin(card->conn, &s));
	if (r == WS_OK)
		r = ws_outcome(s.outcome);
	ws_leave(card->ctx);
	return r;
}

enum ws_result
ws_end(ws_handle handle, enum br_disposition d)
{
	struct ws_card *card;
	struct br_shared s;
	enum ws_result r;

	if ((r = ws_enter_card(handle, &card)) != WS_OK)
		return r;
	r = ws_card_trouble(br_share_end(card->conn, d, &s));
	if (r == WS_OK)
		r = ws_outcome(s.outcome);
	ws_leave(card->ctx);
	return r;
}

static enum ws_result
status(ws_handle handle, bool wait, struct ws_card_status *out)
{
	struct ws_card *card;
	enum ws_result r;

	memset(out, 0, sizeof(*out));
	if ((r = ws_enter_card(handle, &card)) != WS_OK)
		return r;
	memcpy(out->reader, card->reader, sizeof(out->reader));
	memcpy(out->name, card->name, sizeof(out->name));
	r = ws_card_trouble(br_share_status(card->conn, wait, &out->now));
	if (r == WS_OK)
		r = ws_outcome(out->now.outcome);
	ws_leave(card->ctx);
	return r;
}

enum ws_result
ws_status(ws_handle card, struct ws_card_status *out)
{
	return status(card, true, out);
}

enum ws_result
ws_look(ws_handle card, struct ws_card_status *out)
{
	return status(card, false, out);
}

enum ws_result
ws_transmit(ws_handle handle, uint32_t protocol, struct cb_span cmd,
    struct cb_buf *rsp)
{
	struct ws_card *card;
	struct br_shared s;
	enum ws_result r;

	if ((r = ws_enter_card(handle, &card)) != WS_OK)
		return r;
	r = ws_card_trouble(br_share_transmit(
	    card->conn, (uint8_t)protocol, cmd, rsp, &s));
	if (r == WS_OK)
		r = ws_outcome(s.outcome);
	ws_leave(card->ctx);
	return r;
}

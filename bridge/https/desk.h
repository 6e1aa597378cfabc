/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A person's session with the desk of an organisation: opened as a session
 * with a card is, and then asked one thing after the other. PROTOCOL.md, "The
 * desk".
 */
#ifndef BR_HTTPS_DESK_H
#define BR_HTTPS_DESK_H

#include "wire/desk.h"
#include "wire/identity.h"

struct br_desk;

/* Opens the desk of this organisation at `url` ("https://HOST:PORT", with
 * "?inspected" or not); the person is borrowed as long as it is open. Where
 * the backend is starting it is waited for. CB_E_ARG: the URL; CB_E_DENIED:
 * the person is not known there; CB_E_PEER, CB_E_TIMEOUT: the road. */
CB_MUST_USE enum cb_err br_desk_open(struct br_desk **out, const char *url,
    const struct wire_identity *person, const uint8_t organisation[WIRE_ID],
    int64_t now, struct cb_why *why);
/* Says that it is over, and forgets it. */
void br_desk_close(struct br_desk **desk);

/* Can more be asked? */
bool br_desk_is_open(const struct br_desk *desk);
/* "https://HOST:PORT" of the URL. */
const char *br_desk_origin(const struct br_desk *desk);

/* Asks; *told is borrowed until the next call. The code of a refusal, with the
 * desk's words in *why, or what is wrong with the road: CB_E_PEER,
 * CB_E_TIMEOUT; CB_E_ABSENT: the session is over. */
CB_MUST_USE enum cb_err br_desk_ask(struct br_desk *desk,
    const struct wire_desk *command, struct wire_told_items *told,
    struct cb_why *why);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * TLS as the door wants it: 1.3, or 1.2 where a setting allows that; no early
 * data, no renegotiation; tickets, so that who was here lately need not sign
 * again. A client's certificate is asked for, and not demanded: who it is is
 * looked at after each handshake, resumed or not, and is then a matter of
 * HTTP, which can say why.
 */
#ifndef BE_DOOR_TLS_H
#define BE_DOOR_TLS_H

#include "backend/door/door.h"
#include "wire/cert.h"

struct be_tls;     /* for all connections */
struct be_tls_end; /* our end of one */

CB_MUST_USE enum cb_err be_tls_new(struct be_tls **out,
    const struct be_door_settings *settings, struct cb_why *why);
void be_tls_free(struct be_tls **tls);

/* The descriptor is borrowed, and does not block. */
CB_MUST_USE enum cb_err be_tls_end_new(
    struct be_tls_end **out, struct be_tls *tls, int fd);
/* Sends nothing any more. */
void be_tls_end_free(struct be_tls_end **end);

enum be_tls_said {
	BE_TLS_DONE,
	BE_TLS_READ,  /* when the socket can be read, again */
	BE_TLS_WRITE, /* when it can be written to, again */
	BE_TLS_END,   /* the client has said that it ends */
	BE_TLS_BROKEN,
};
/* The same bytes again after READ and WRITE. *n: how many were read or
 * written; a buffer of BE_TLS_RECORD takes all that lies in TLS. */
#define BE_TLS_RECORD ((size_t)16384)
enum be_tls_said be_tls_shake(struct be_tls_end *end);
enum be_tls_said be_tls_read(
    struct be_tls_end *end, uint8_t *p, size_t max, size_t *n);
/* Is there something of which no event of the socket will tell? */
bool be_tls_has_more(const struct be_tls_end *end);
enum be_tls_said be_tls_write(
    struct be_tls_end *end, struct cb_span s, size_t *n);
/* Tells the client that nothing follows; not waited for. */
void be_tls_bye(struct be_tls_end *end);

struct be_who {
	bool known; /* else a stranger: the rest is nothing */
	bool person;
	uint8_t id[WIRE_ID], organisation[WIRE_ID];
	int64_t until; /* seconds since 1970 */
};
/* After a handshake. CB_OK: known or a stranger; CB_E_FORMAT, CB_E_DENIED,
 * CB_E_TIMEOUT: a stranger, for what is wrong with its certificate; *why says
 * it. CB_E_PEER: TLS is not as it must be. */
CB_MUST_USE enum cb_err be_tls_who(
    struct be_tls_end *end, struct be_who *out, struct cb_why *why);

#endif

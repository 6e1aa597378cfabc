/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What an end of the local wire has received and not yet used: the start of a
 * frame, a frame, or more. Small frames lie in place, larger ones on the heap.
 * Whatever is dropped is wiped, since any of it may hold a passcode.
 */
#ifndef BR_INBOX_H
#define BR_INBOX_H

#include "bridge/protocol.h"

/* Holds any frame of a short APDU. */
#define BR_INBOX_SMALL 320

struct br_inbox {
	size_t have, cap;	/* bytes */
	uint8_t *p;		/* small, or larger on the heap */
	uint8_t small[BR_INBOX_SMALL];
};

void br_inbox_init(struct br_inbox *b);
/* Wipes everything; the inbox stays usable and holds nothing on the heap. */
void br_inbox_clear(struct br_inbox *b);
/* One recv. CB_E_TIMEOUT: nothing there; CB_E_SHORT: interrupted;
 * CB_E_PEER: the end; CB_E_FORMAT: no room, because nobody took what is
 * there. */
CB_MUST_USE enum cb_err br_inbox_receive(
    struct br_inbox *b, int fd, int flags);
/* The header of the first frame. CB_E_SHORT: it is not there yet; else as
 * br_header_get. */
CB_MUST_USE enum cb_err br_inbox_header(
    const struct br_inbox *b, enum br_from from, struct br_header *h);
/* Is the whole of that frame there? CB_E_SHORT: not yet, but there is room
 * for it now; CB_E_NOMEM. */
CB_MUST_USE enum cb_err br_inbox_whole(
    struct br_inbox *b, const struct br_header *h);
/* The body of the first frame, which is whole; borrowed until it is dropped. */
struct cb_span br_inbox_body(
    const struct br_inbox *b, const struct br_header *h);
/* Takes `n` bytes out that stand at `at`; what is behind them moves up. */
void br_inbox_cut(struct br_inbox *b, size_t at, size_t n, uint8_t *out);
/* Wipes the first frame, which is whole; what is behind it moves up. */
void br_inbox_drop(struct br_inbox *b, const struct br_header *h);

#endif

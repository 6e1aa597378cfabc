/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Inside of the encoding of the local wire: what the sources that put frames
 * together and take bodies apart share.
 */
#ifndef BR_FRAME_H
#define BR_FRAME_H

#include "bridge/protocol.h"
#include "common/text.h"

/* Leaves room for a header; br_frame_end fills it, or takes all back. */
CB_MUST_USE enum cb_err br_frame_begin(struct cb_buf *b, size_t *mark);
CB_MUST_USE enum cb_err br_frame_end(struct cb_buf *b, size_t mark,
    uint16_t seq, uint16_t type, enum cb_err r);
/* What programs call a reader. */
void br_pcsc_name(char out[128], const char *name);

#endif

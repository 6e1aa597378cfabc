/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * BER-TLV as ISO 7816-4, 5.2 uses it: tags of 1 to 3 bytes, definite lengths
 * of 1 to 3 bytes. Tags are the numbers printed in the standard (0x6F,
 * 0x5F2F, 0x7F49).
 */
#ifndef CB_TLV_H
#define CB_TLV_H

#include "common/buf.h"

/* Takes the next object off *cur. CB_E_ABSENT: cur is at its end.
 * CB_E_SHORT/CB_E_FORMAT: cut off, or a length form we refuse. */
CB_MUST_USE enum cb_err cb_tlv_get(
    struct cb_span *cur, uint32_t *tag, struct cb_span *value);
/* Takes the next object, which must have this tag (CB_E_FORMAT if not). */
CB_MUST_USE enum cb_err cb_tlv_expect(
    struct cb_span *cur, uint32_t tag, struct cb_span *value);
/* The same where the value is one number of that size. */
CB_MUST_USE enum cb_err cb_tlv_expect_u8(
    struct cb_span *cur, uint32_t tag, uint8_t *value);
CB_MUST_USE enum cb_err cb_tlv_expect_u16(
    struct cb_span *cur, uint32_t tag, uint16_t *value);
/* The value of the first object with that tag at this level, CB_E_ABSENT. */
CB_MUST_USE enum cb_err cb_tlv_find(
    struct cb_span in, uint32_t tag, struct cb_span *value);
#define cb_tlv_end cb_get_end

/* `value` may not lie in *b. CB_E_ARG: no such tag can be; CB_E_LIMIT: longer
 * than 65535. */
CB_MUST_USE enum cb_err cb_tlv_put(
    struct cb_buf *b, uint32_t tag, struct cb_span value);
CB_MUST_USE enum cb_err cb_tlv_put_u8(
    struct cb_buf *b, uint32_t tag, uint8_t value);
CB_MUST_USE enum cb_err cb_tlv_put_u16(
    struct cb_buf *b, uint32_t tag, uint16_t value);
/* Opens a constructed object; *mark goes to cb_tlv_close, which patches the
 * length (moving the contents when it needs more than one byte). */
CB_MUST_USE enum cb_err cb_tlv_open(
    struct cb_buf *b, uint32_t tag, size_t *mark);
CB_MUST_USE enum cb_err cb_tlv_close(struct cb_buf *b, size_t mark);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * See self.h.
 */
#include <string.h>

#include "backend/vault/self.h"

bool
be_self_equal(const struct be_self *a, const struct be_self *b)
{
	return a->kind == b->kind && memcmp(a->id, b->id, WIRE_ID) == 0;
}

enum cb_err
be_self_put(struct cb_buf *b, const struct be_self *self)
{
	enum cb_err r;

	(void)((r = cb_put_u8(b, (uint8_t)self->kind)) != CB_OK ||
	    (r = cb_buf_add(b, CB_SPAN_OF(self->id))) != CB_OK);
	return r;
}

const char *
be_kind_text(enum wire_kind kind)
{
	return kind == WIRE_LIVE ? "live" : "test";
}

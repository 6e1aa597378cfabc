/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Words: what stands in entries and rows as text. They are for programs, need
 * no quoting anywhere, and are never about a person.
 */
#ifndef WIRE_WORD_H
#define WIRE_WORD_H

#include "wire/wire.h"

#define WIRE_WORD_MAX 64

/* 1 to WIRE_WORD_MAX of a-z, 0-9, -, ., /. */
bool wire_is_word(struct cb_span s);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Looks for secrets in all of this process's memory, stack included, in both
 * orders of bytes: eight of a secret's bytes in a row are a find. The searcher
 * keeps what it looks for scrambled, so as not to find itself.
 */
#ifndef TEST_LEAK_H
#define TEST_LEAK_H

#include "common/span.h"

/* At least eight bytes; to be wiped by the caller before leak_search. */
void leak_wanted(struct cb_span secret);
/* How many windows of wanted secrets there are now. */
size_t leak_search(void);
/* Under AddressSanitizer and valgrind, which keep copies. */
bool leak_watched(void);
bool leak_valgrind(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What the two targets about the WinSCard library share: where its bridge is,
 * and what each function may answer.
 */
#ifndef TESTS_FUZZ_FUZZ_WINSCARD_H
#define TESTS_FUZZ_FUZZ_WINSCARD_H

#include <reader.h>
#include <winscard.h>

#include "common/buf.h"

enum fn {
	ESTABLISH, RELEASE, VALID, CANCEL, FREE_MEMORY, LIST, GROUPS, CHANGE,
	CONNECT, RECONNECT, DISCONNECT, BEGIN, END, STATUS, TRANSMIT, CONTROL,
	GET_ATTRIB, SET_ATTRIB, FUNCTIONS
};

/* A socket in a new directory of its own, listening; the library is told. It
 * goes when the process ends. */
int fuzz_listen(char path[108]);

/* Ends the process where the function is not documented to answer so.
 * faulty: nor by reason of a bridge that is not in order. */
LONG fuzz_code(enum fn f, LONG rv, bool faulty);

/* A list of strings ends within its length, as it should. */
void fuzz_multi_string(const char *p, size_t n);

#endif

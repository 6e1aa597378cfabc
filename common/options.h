/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * getopt_long(3) without its shortened names: a script that says "--conf"
 * breaks, or means another thing, when a second option begins so; and a
 * passcode that somebody gives to "--pin" would be taken for a file's name.
 */
#ifndef CB_OPTIONS_H
#define CB_OPTIONS_H

#include <getopt.h>

/* As getopt_long; '?' with optopt 0, and nothing printed, for a long option
 * that is not written whole. *which: the row in longs of a long option, -1
 * for a short one. */
int cb_getopt(int argc, char *const *argv, const char *shorts,
    const struct option *longs, int *which);

#endif

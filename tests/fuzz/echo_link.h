/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * "echo:": a card that answers with the data of the command and 9000, for
 * targets that are about the bridge.
 */
#ifndef TESTS_FUZZ_ECHO_LINK_H
#define TESTS_FUZZ_ECHO_LINK_H

#include "bridge/link.h"

extern const struct br_link_ops echo_link;

#endif

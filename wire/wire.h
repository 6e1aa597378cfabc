/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What every part of the remote wire shares: sizes, kinds, the two ends.
 * PROTOCOL.md, "The remote wire", is the description.
 */
#ifndef WIRE_H
#define WIRE_H

#include "crypto/crypto.h"

#define WIRE_VERSION 1
#define WIRE_ID 16	/* names an organisation, card, device, session */

/* On the wire; live and test never mix. */
enum wire_kind { WIRE_LIVE = 1, WIRE_TEST = 2 };

/* Also the directions, on the wire: who is spoken to. */
enum wire_end { WIRE_WORKER = 1, WIRE_BRIDGE = 2 };

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What tests/backend/seed has said of an organisation.
 */
#ifndef TESTS_ROAD_SEEDED_H
#define TESTS_ROAD_SEEDED_H

#include "wire/wire.h"

struct seeded {
	uint8_t organisation[WIRE_ID];
	uint8_t (*cards)[WIRE_ID];
	unsigned cards_n, devices_n;
};

/* Ends the program where it cannot be read. */
void seeded_read(struct seeded *s, const char *path);
void seeded_clear(struct seeded *s);

#endif

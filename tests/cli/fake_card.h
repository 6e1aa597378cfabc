/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Cards for tests of the probe: one made of recorded conversations, which
 * answers as the recorded card did also where it is asked in another order,
 * and cards that only mean harm.
 */
#ifndef TESTS_CLI_FAKE_CARD_H
#define TESTS_CLI_FAKE_CARD_H

#include "cli/probe/probe.h"

struct fake_card;

/* From files of tests/vectors, ended by NULL; `t0`: answers to commands with
 * data wait for GET RESPONSE. Ends the test where a file cannot be read. */
struct fake_card *fake_card_new(bool t0, const char *const *files);
void fake_card_free(struct fake_card *c);
enum cb_err fake_card_send(void *card, struct cb_span cmd,
    struct cb_buf *rsp, struct cb_why *why);

/* A command that a probe must never send was sent. */
bool fake_card_harmed(const struct fake_card *c);
/* Content of a file that the card gave out, or that nobody read. */
struct cb_span fake_card_content(const struct fake_card *c, uint16_t fid);
/* Gives a file an access byte, in its FCI. */
void fake_card_access(struct fake_card *c, uint16_t fid, unsigned at,
    uint8_t byte);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * A bridge with one reader, whose card is in a test's backend.
 */
#ifndef TESTS_BRIDGE_HTTPS_RIG_H
#define TESTS_BRIDGE_HTTPS_RIG_H

#include "tests/bridge/https/backend.h"

extern struct backend far;
extern struct bridge near;

void rig_setup(void);		/* fixtures; `far` is zeroed before */
void rig_teardown(void);
/* The backend, as `far` says, and the bridge. */
void rig_start(void);
/* The bridge alone, with more in its reader's URI, as "&takeover". */
void rig_bridge(const char *options);
/* A program with the card powered. CB_OK, or why not. */
enum cb_err rig_power(struct br_client *c);
/* What `reader list` says of it. */
void rig_info(struct br_reader_info *out);
/* What the backend has counted, &far.holds for one. */
unsigned rig_count(const unsigned *count);
/* Until the backend has counted so many. Of &far.holds the first one is answered
 * at once, the third knows of a session. */
void rig_wait_count(const unsigned *count, unsigned n);
/* The bridge's ends of its connections to `port`: this process has them, too. */
size_t rig_links(unsigned port, int fds[], size_t n);
/* Until it has so many. */
bool rig_wait_links(unsigned port, size_t want, int ms);
/* Until it is (not) there, or `ms` have passed. */
bool rig_present(bool want, int ms);

Suite *answer_suite(void);
Suite *enrol_suite(void);
Suite *expiry_suite(void);
Suite *news_suite(void);
Suite *requests_suite(void);
Suite *road_suite(void);
Suite *status_suite(void);
Suite *trust_suite(void);
Suite *uri_suite(void);
Suite *who_suite(void);

#endif

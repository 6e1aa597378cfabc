/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Where pcsc-lite (1.9.9, with our plug-in) does otherwise, and why.
 */
#include "tests/winscard/conform.h"

const struct difference differences[] = {
	{ "groups: no length", NOT_RUN, 0, "it crashes" },
	{ "reconnect: exclusive beside another", NOT_RUN, 0,
	    "its library asks again for ever" },
	{ "connect: beside what was exclusive", NOT_RUN, 0,
	    "it keeps the lock of what is exclusive no more" },
	{ "transmit: direct, no card", SAYS, SCARD_W_RESET_CARD,
	    "a reset that failed makes a flag of a reset" },
	{ "status: another card", SAYS, SCARD_W_RESET_CARD,
	    "a reset that failed makes a flag of a reset" },
	{ "transmit: the protocol comes back", SAYS, 1,
	    "it gives the driver's number of T=1" },
	{ "both: T=0 comes back", SAYS, 0,
	    "it gives the driver's number of T=0" },
	{ "mask: the old number beside one in use", SAYS,
	    (unsigned long)SCARD_E_PROTO_MISMATCH,
	    "it takes that number for T=0 and T=1 with a fresh card only" },
	{ "set: refused", SAYS, SCARD_E_NOT_TRANSACTED,
	    "it says so of whatever a driver refuses" },
	{ "change: all ignored, zeroed", SAYS, false,
	    "it returns before it has written anything" },
	{ "woken: by one who goes", NOT_RUN, 0,
	    "it sees so only at its next look" },
	{ "attribute: names in UTF-16", NOT_RUN, 0,
	    "it knows the names of 8 bits only" },
	{ "beside: a second call of the same context", NOT_RUN, 0,
	    "its library waits with a lock that every context needs" },
	{ "release: of what waits", NOT_RUN, 0,
	    "it waits until the call has ended by itself" },
	{ "lock: cancel", NOT_RUN, 0, "it cannot end that wait" },
	{ "lock: release", NOT_RUN, 0, "it cannot end that wait" },
	{ "lock: seen at once", NOT_RUN, 0, "it looks every 100 ms" },
	{ "lock: who comes back at once goes first", NOT_RUN, 0,
	    "so it is mostly, for who waits looks every 100 ms" },
	{ "PnP: it has a count", NOT_RUN, 0, "it has none before 2.3.0" },
	{ "coming: a reader", NOT_RUN, 0,
	    "its readers stand in files and do not go" },
	{ "grace: without power", SAYS,
	    SCARD_PRESENT | SCARD_POWERED | SCARD_NEGOTIABLE,
	    "its state does not tell of a card that it powered down so" },
	{ "fork: the child's handles", NOT_RUN, 0,
	    "the child has the parent's, and can end them" },
};
const size_t differences_n = sizeof(differences) / sizeof(differences[0]);

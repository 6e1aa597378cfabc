/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What a reader of ours says of itself, on every road alike: attributes
 * (PC/SC part 3, 3.1; DWORDs in 32 bits and in the machine's order, as other
 * drivers give them), and the features of part 10 that a reader without
 * pinpad has.
 *
 * The largest APDU is that of the card in the reader: a host that reads more
 * sends extended APDUs, which a card with short ones refuses.
 */
#ifndef BR_FACTS_H
#define BR_FACTS_H

#include "bridge/client.h"

struct br_facts {
	/* of the reader */
	const char *serial;	/* its name, or what stands for it; borrowed */
	unsigned unit;
	bool present;		/* a card */
	bool powered;
	uint8_t protocol;	/* BR_SHARE_T0, T1 or RAW; 0: none */
	uint32_t max_apdu;	/* largest data of an APDU */
	const uint8_t *atr;	/* while powered; borrowed */
	size_t atr_n;
	/* what br_facts_* found */
	uint8_t value[80];
	size_t n;		/* 0: there is none now */
};

/* False: not an attribute of ours. */
bool br_facts_attribute(struct br_facts *f, uint32_t tag);

/* Functions of SCardControl by their number, of which each system makes a
 * control code: SCARD_CTL_CODE(n). `tlv_code` is that of
 * BR_FACTS_TLV_PROPERTIES. False: none of ours. */
#define BR_FACTS_FEATURES 3400		/* CM_IOCTL_GET_FEATURE_REQUEST */
#define BR_FACTS_TLV_PROPERTIES 2066	/* 2048 + FEATURE_GET_TLV_PROPERTIES */
bool br_facts_function(struct br_facts *f, uint32_t n, uint32_t tlv_code);

#endif

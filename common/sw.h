/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * Status words (ISO 7816-4, table 5 and 6) and their meaning in words. The
 * card's own alphabet: never used for trouble on the road to it.
 */
#ifndef CB_SW_H
#define CB_SW_H

#include <stddef.h>
#include <stdint.h>

#define SW_OK 0x9000
#define SW_MORE 0x6100			/* low byte: how many, 00 = 256 */
#define SW_EOF 0x6282			/* end of file before Le bytes */
#define SW_TRIES 0x63C0			/* low nibble: tries left */
#define SW_MEMORY_FAILURE 0x6581
#define SW_WRONG_LENGTH 0x6700
#define SW_CHANNEL_NOT_SUPPORTED 0x6881
#define SW_SM_NOT_SUPPORTED 0x6882
#define SW_LAST_OF_CHAIN_EXPECTED 0x6883
#define SW_CHAINING_NOT_SUPPORTED 0x6884
#define SW_INCOMPATIBLE_FILE 0x6981
#define SW_SECURITY_STATUS 0x6982
#define SW_BLOCKED 0x6983
#define SW_DATA_NOT_USABLE 0x6984
#define SW_CONDITIONS 0x6985
#define SW_NO_CURRENT_EF 0x6986
#define SW_WRONG_DATA 0x6A80
#define SW_FUNCTION_NOT_SUPPORTED 0x6A81
#define SW_FILE_NOT_FOUND 0x6A82
#define SW_RECORD_NOT_FOUND 0x6A83
#define SW_NO_SPACE 0x6A84
#define SW_WRONG_P1P2 0x6A86
#define SW_REF_NOT_FOUND 0x6A88
#define SW_FILE_EXISTS 0x6A89
#define SW_OFFSET 0x6B00
#define SW_WRONG_LE 0x6C00		/* low byte: the right Le */
#define SW_INS 0x6D00
#define SW_CLA 0x6E00
#define SW_UNKNOWN 0x6F00

/* Writes the meaning ("wrong passcode, 2 tries left") into buf; returns buf. */
const char *cb_sw_text(uint16_t sw, char *buf, size_t size);

#endif

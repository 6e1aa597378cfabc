/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * What of a card's bytes may be told to strangers. Bytes are hidden when they
 * come from a card (report.h); the functions here uncover those of which the
 * meaning is known and tells the kind of card, never which one it is or whose:
 * structure, lengths, sizes, access rules, flags, file identifiers. Names,
 * serial numbers, keys, identifiers of keys and dates stay hidden, and so does
 * whatever is not understood.
 */
#ifndef CLI_PROBE_SHOW_H
#define CLI_PROBE_SHOW_H

#include "cli/report/report.h"

typedef void probe_show(struct rep_bytes *b);

probe_show show_cplc;		/* GlobalPlatform, 9F7F with its tag */
probe_show show_fci;		/* 7816-4, 7.4.3 */
probe_show show_atr_file;	/* EF.ATR: 7816-4, 12.2.2 */
probe_show show_dir;		/* EF.DIR: 7816-4, 12.2.3 */
probe_show show_data;		/* data objects about passcodes and keys */
probe_show show_der;		/* PKCS#15 directory files */
/* AuthentIC v5 */
probe_show show_v5_token;	/* 1000 */
probe_show show_v5_container;	/* a record of 3000 */
probe_show show_v5_list;	/* 4000, 5000 */
probe_show show_v5_certificate;	/* 21nn: facts of a certificate */
probe_show show_v5_public;	/* 11nn */
probe_show show_v5_private;	/* 31nn */
probe_show show_v3_pin;		/* 5F0r of AuthentIC v3 */
probe_show show_gemsafe;	/* 0004 */
probe_show show_version;	/* DF03 of GemSAFE: a length and a text */

/* An AID that names a kind of application; that of an OpenPGP card is a
 * number. */
bool probe_aid_is_kind(struct cb_span aid);

/* A long tail of zeros says nothing but that it is one. */
void probe_show_tail(struct rep_bytes *b);

#endif

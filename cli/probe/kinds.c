/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The cardbridge authors */
/*
 * The tables of kinds.h. Tries are asked for only where unmodified programs
 * ask in the same way each time they look at such a card; AuthentIC v3 is not
 * among them.
 */
#include "cli/probe/kinds.h"
#include "cli/probe/pins.h"

#define ROWS(table) table, sizeof(table) / sizeof((table)[0])

/* ---- AuthentIC v5, AWP file system --------------------------------------- */

static const struct probe_known v5_known[] = {
	{ 0x3F00, 0x5011, 0x5011 },
	{ 0x5011, 0x1000, 0x1000 }, { 0x5011, 0x2000, 0x2000 },
	{ 0x5011, 0x3000, 0x3000 }, { 0x5011, 0x4000, 0x4000 },
	{ 0x5011, 0x5000, 0x5000 }, { 0x5011, 0x9001, 0x9002 },
	{ 0x9001, 0x1000, 0x1007 }, { 0x9001, 0x1100, 0x1107 },
	{ 0x9001, 0x2000, 0x2007 }, { 0x9001, 0x2100, 0x2107 },
	{ 0x9002, 0x3000, 0x3007 }, { 0x9002, 0x3100, 0x3107 },
};

static const char in_info[] = "labels, identifiers of keys, names, serial "
    "numbers and keys in the files that describe objects";
static const char certificates[] = "certificates";
static const char unknown_files[] = "contents that are not understood";

static const struct probe_see v5_sees[] = {
	{ 0x5011, 0x1000, 0xFFFF, show_v5_token, "the token's label", NULL },
	{ 0x5011, 0x2000, 0xFFFF, NULL, NULL, "it holds the unblock value" },
	{ 0x5011, 0x3000, 0xFFFF, show_v5_container, "GUIDs of containers",
	    NULL },
	{ 0x5011, 0x4000, 0xFFFF, show_v5_list, unknown_files, NULL },
	{ 0x5011, 0x5000, 0xFFFF, show_v5_list, unknown_files, NULL },
	{ 0, 0x1100, 0xFF00, show_v5_public, in_info, NULL },
	{ 0, 0x2100, 0xFF00, show_v5_certificate, in_info, NULL },
	{ 0, 0x3100, 0xFF00, show_v5_private, in_info, NULL },
	{ 0, 0x2000, 0xFF00, NULL, certificates, NULL },
	{ 0, 0x0000, 0x0000, NULL, unknown_files, NULL },
};

static const struct probe_query v5_queries[] = {
	{ "3F00", 0x04 },
	{ "3F00/5011", 0x81 },
	{ "3F00/5011", 0x84 },
};

static const struct probe_kind v5 = {
	"authentic5", 0x00, 0x00, false, true, 256, ROWS(v5_known),
	ROWS(v5_sees), ROWS(v5_queries), NULL, 0
};

/* ---- PKCS#15, as AuthentIC v3 and IAS ECC have it ------------------------ */

static const char in_directories[] = "labels, identifiers of keys, names and "
    "serial numbers in the PKCS#15 files";

static const struct probe_see p15_sees[] = {
	{ 0, 0x2F00, 0xFFFF, show_dir, NULL, NULL },
	{ 0, 0x2F01, 0xFFFF, show_atr_file, NULL, NULL },
	{ 0, 0xD003, 0xFFFF, show_data, "the serial number in EF.SN", NULL },
	{ 0, 0x5030, 0xFFFC, show_der, in_directories, NULL },
	{ 0, 0x7000, 0xFFF8, show_der, in_directories, NULL },
	{ 0, 0x3400, 0xFF00, NULL, certificates, NULL },
	{ 0, 0xB000, 0xFF00, NULL, certificates, NULL },
	{ 0, 0x0000, 0x0000, NULL, unknown_files, NULL },
};

/* Directories last: nothing has to be selected again for those before. */
static const struct probe_known v3_known[] = {
	{ 0x3F00, 0x2F00, 0x2F01 }, { 0x3F00, 0x5015, 0x5015 },
	{ 0x5015, 0x5031, 0x5032 }, { 0x5015, 0x7001, 0x7006 },
	{ 0x5015, 0x4946, 0x4946 }, { 0x5015, 0x9999, 0x9999 },
	{ 0x5015, 0x3401, 0x3408 }, { 0x5015, 0xB000, 0xB007 },
};

static const struct probe_object v3_objects[] = {
	{ "5F", "", 0x00, 0xCA, 0x5F, 0x00, { 0 }, 0, 0, 1, 7, show_data,
	    NULL, pin_v3 },
};

static const struct probe_kind v3 = {
	"authentic3", 0x00, 0x00, false, false, 256, ROWS(v3_known),
	ROWS(p15_sees), NULL, 0, ROWS(v3_objects)
};

static const struct probe_known ias_known[] = {
	{ 0x3F00, 0x2F00, 0x2F01 }, { 0x3F00, 0xD003, 0xD003 },
	{ 0x5015, 0x5031, 0x5032 }, { 0x5015, 0x7001, 0x7006 },
	{ 0x5015, 0x3401, 0x3408 }, { 0x5015, 0xB001, 0xB008 },
	{ 0x5015, 0xB101, 0xB104 }, { 0x5015, 0xF001, 0xF004 },
};

static const struct probe_query ias_queries[] = {
	{ NULL, 0x01 },
	{ NULL, 0x02 },
	{ NULL, 0x81 },
	{ NULL, 0x82 },
};

/* GET DATA of an extended header list: object, then the part of it. */
#define SDO_7F(hi, lo, tag) \
	0x00, 0xCB, 0x3F, 0xFF, { 0x4D, 0x09, 0x70, 0x07, hi, lo, 0x00, 0x03, \
	0x7F, tag, 0x80 }, 11, 6
#define SDO(hi, lo, tag) \
	0x00, 0xCB, 0x3F, 0xFF, { 0x4D, 0x08, 0x70, 0x06, hi, lo, 0x00, 0x02, \
	tag, 0x80 }, 10, 6

static const struct probe_object ias_objects[] = {
	{ "BF81", ".7F41", SDO_7F(0xBF, 0x81, 0x41), 1, 3, show_data, NULL,
	    pin_ias_length },
	{ "BF81", ".A0", SDO(0xBF, 0x81, 0xA0), 1, 3, show_data, NULL,
	    pin_ias_rules },
	{ "BFFB", ".7B", SDO(0xBF, 0xFB, 0x7B), 1, 6, show_data, NULL, NULL },
	{ "BF90", ".7F48", SDO_7F(0xBF, 0x90, 0x48), 1, 6, show_data, NULL,
	    NULL },
	{ "BF90", ".A0", SDO(0xBF, 0x90, 0xA0), 1, 6, show_data, NULL, NULL },
	{ "BFA0", ".7F49", SDO_7F(0xBF, 0xA0, 0x49), 1, 6, show_data,
	    "public keys", NULL },
	{ "BFA0", ".A0", SDO(0xBF, 0xA0, 0xA0), 1, 6, show_data, NULL, NULL },
};

static const struct probe_kind ias = {
	"iasecc", 0x09, 0x04, false, false, 256, ROWS(ias_known),
	ROWS(p15_sees), ROWS(ias_queries), ROWS(ias_objects)
};

/* ---- GemSAFE V1, read-only to everybody ---------------------------------- */

static const struct probe_known gem_known[] = {
	{ 0x1600, 0x0004, 0x0004 },
};

static const struct probe_see gem_sees[] = {
	{ 0x1600, 0x0004, 0xFFFF, show_gemsafe, certificates, NULL },
};

static const struct probe_query gem_queries[] = {
	{ NULL, 0x01 },
};

static const struct probe_object gem_objects[] = {
	{ "DF03", "", 0x80, 0xCA, 0xDF, 0x03, { 0 }, 0, 0, 0, 0, show_version,
	    NULL, NULL },
};

static const struct probe_kind gem = {
	"gemsafe", 0x08, 0x00, true, false, 248, ROWS(gem_known),
	ROWS(gem_sees), ROWS(gem_queries), ROWS(gem_objects)
};

/* ---- PIV (SP 800-73-4, part 1, 3) ---------------------------------------- */

#define PIV_OBJECT(last) \
	0x00, 0xCB, 0x3F, 0xFF, { 0x5C, 0x03, 0x5F, 0xC1, last }, 5, 0, 0, 0

static const struct probe_object piv_objects[] = {
	{ "7E", "", 0x00, 0xCB, 0x3F, 0xFF, { 0x5C, 0x01, 0x7E }, 3, 0, 0, 0,
	    show_fci, NULL, NULL },
	{ "5FC102", "", PIV_OBJECT(0x02), NULL, "the CHUID", NULL },
	{ "5FC107", "", PIV_OBJECT(0x07), NULL,
	    "card capability container", NULL },
	{ "5FC105", "", PIV_OBJECT(0x05), NULL, certificates, NULL },
	{ "5FC10A", "", PIV_OBJECT(0x0A), NULL, certificates, NULL },
	{ "5FC10B", "", PIV_OBJECT(0x0B), NULL, certificates, NULL },
	{ "5FC101", "", PIV_OBJECT(0x01), NULL, certificates, NULL },
};

/* 3.2.1.2 of part 2: VERIFY without data gives the tries and spends none. */
static const struct probe_query piv_queries[] = {
	{ NULL, 0x80 },
};

static const struct probe_kind piv = {
	"piv", 0x00, 0x00, false, false, 256, NULL, 0, NULL, 0,
	ROWS(piv_queries), ROWS(piv_objects)
};

/* ---- names --------------------------------------------------------------- */

const struct probe_name probe_names[] = {
	{ "card-manager", "A0000000030000", 0x0C, false, NULL, NULL },
	{ "authentic5", "A000000077010303000000F100000002", 0x0C, false, &v5,
	    "3F00" },
	{ "authentic3", "A0000000770100700A1000F100000100", 0x00, true, &v3,
	    "3F00" },
	{ "iasecc-oberthur", "A000000077010800070000FE00000100", 0x04, true,
	    &ias, "3F00" },
	{ "iasecc-gemalto", "F0496173456363526F6F74", 0x04, true, &ias,
	    "3F00" },
	{ "iasecc-awp", "E828BD080FF2504F5420415750", 0x04, true, &ias,
	    "3F00/5015" },
	{ "iasecc-generic", "E828BD080FD25047656E65726963", 0x04, true, &ias,
	    "3F00/5015" },
	{ "iasecc-ecc-eid", "E828BD080FD2504543432D654944", 0x04, true, &ias,
	    "3F00/5015" },
	{ "pkcs15", "A000000063504B43532D3135", 0x00, true, NULL, NULL },
	{ "gemsafe", "A0000000180A000001634200", 0x00, true, &gem,
	    "3F00/1600" },
	{ "gemsafe-v3", "A0000000180C000001634200", 0x00, true, &gem,
	    "3F00/1600" },
	{ "piv", "A000000308000010000100", 0x00, true, &piv, NULL },
};
const size_t probe_names_n = sizeof(probe_names) / sizeof(probe_names[0]);

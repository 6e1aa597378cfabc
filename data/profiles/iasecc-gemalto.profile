# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A card with IAS ECC v1.0.1 and a PKCS #15 file system, as Gemalto sold it:
# two RSA key pairs with certificates, one to log in and decipher with, one to
# commit to content. What every setting means: cardbridge-profile(5).

name = "iasecc-gemalto";
label = "NHS Series 8";		# unless `card new --label` says another
label_max = 32;
serial_bytes = 4;

# The first ATR is the card's; another one only on a test card (--atr). Hosts
# know the kind of card by it alone.
atrs = (
	"3B7F96 00000031B864 40701410 739401 80829000",	# T=0
	"3B7F96 00000031B964 40F38510 739401 80829000"
);

# Card production life cycle data, 42 bytes behind 9F7F2A.
cplc = (
	"4090 7164 8161 5331 3001",	# fabricator, type, OS, its date, level
	"5011 card.serial 1234",	# date, serial number, batch
	"5330 1600",			# module fabricator, packaging date
	"zeros(20)"			# the other companies: not set
);

card_manager = "A000000003 000000"; # programs select it by its first 7 bytes
size = 65536;			# bytes of file contents
max_apdu = 256;			# short APDUs

# Rules in force whatever a program writes to the card. --tries of
# `card new` may lower them, and raise them on a test card.
policy = {
	live = {
		tries = 3;
		pin_min = 4;
		pin_max = 8;
		pin_characters = "printable";
		rsa_min = 2048;
		idle_seconds = 900;
		total_seconds = 28800;
		scrypt_log2n = 15;
	};
	test = {
		tries = 3;
		pin_min = 4;
		pin_max = 8;
		pin_characters = "printable";
		rsa_min = 512;
		idle_seconds = 900;
		total_seconds = 28800;
		scrypt_log2n = 15;
	};
};

# What this card answers otherwise than others.
answers = {
	read-to-end = 0x6282;
	pin-blocked-query = 0x6983;
};

keys = (
	{ name = "auth"; bits = 2048; published = "i1"; },
	{ name = "commit"; bits = 2048; published = "i2"; }
);

certificates = (
	{ name = "auth"; key = "auth";
	  usage = ("digitalSignature", "keyEncipherment"); },
	{ name = "commit"; key = "commit"; usage = ("nonRepudiation"); }
);

applications = ({
	applet = "iasecc";
	aid = "F0 496173456363526F6F74";	# the root's
	from_reset = true;	# programs begin without selecting it

	# Hosts select the root and the application between VERIFY and what needs
	# it: a passcode stays verified then, until reset, power-off, another
	# application, or the end of the login by the policy.
	keep_verified = true;
	bare_fcp = true;	# 6F instead of 62, access bytes without A1

	# PIN 01 is the holder's; PIN 02, the PUK, unblocks it. Access bytes: a
	# byte whose bits 40 change, 20 verify, 10 reset, 02 write, 01 read are
	# followed by a condition each: 00 always, 1n whom the security
	# environment n names, FF never.
	pins = (
		{ name = "puk"; owner = "3F00"; reference = 0x02; role = "so";
		  tries = 5; min = 8; max = 8; blank = true;
		  access = "73 0000FFFF00"; },
		{ name = "user"; owner = "3F00"; reference = 0x01;
		  role = "user"; tries = 3; min = 4; max = 8; blank = true;
		  access = "73 0000151500"; }
	);

	# In order of creation. The bits of the first access byte:
	#   DF            40 delete, 02 create
	#   EF            40 delete, 02 update, 01 read
	#   RSA private   40 sign, 20 internal authenticate, 10 decipher,
	#                 08 generate, 02 write, 01 read
	#   RSA public    20 verify, 08 generate, 02 write, 01 read
	# Security environments FBnn and keys 90nn and A0nn are objects beside
	# the files: SELECT does not find them.
	files = (
		{ path = "3F00"; type = "df"; size = 0; access = "02 00";
		  blank = true; },
		{ path = "3F00/FB03"; type = "object"; access = "01 00";
		  blank = true; blank_content = true;
		  content = ("tlv(A4, 950108 tlv(83, pin.user.reference))"); },
		{ path = "3F00/FB05"; type = "object"; access = "01 00";
		  blank = true; blank_content = true;
		  content = ("tlv(A4, 950108 tlv(83, pin.puk.reference))"); },

		# EF.DIR: where the application is.
		{ path = "3F00/2F00"; type = "transparent"; size = 128;
		  sfi = 0x1E; access = "01 00";
		  blank = true; blank_content = true;
		  content = ("tlv(61, tlv(4F, E828BD080F D250 47656E65726963) "
			"tlv(50, 'IAS ECC Generic PKI') "
			"tlv(73, tlv(4F, E828BD080F D250 47656E65726963)))"); },

		# EF.ATR: category, service data, pre-issuing data (chip, system,
		# version), capabilities, name of the root, sizes of buffers
		# (sending and receiving, each also under secure messaging),
		# allocation, status.
		{ path = "3F00/2F01"; type = "transparent"; size = 100;
		  sfi = 0x1D; access = "01 00";
		  blank = true; blank_content = true;
		  content = ("8000 4301B8 460440701410 4703940180 "
			"tlv(4F, F0 496173456363526F6F74) "
			"tlv(E0, 020200FF 020200FF 02020100 02020100) "
			"7808 06062B8122F87802 82029000"); },

		# EF.SN. Programs show the last eight bytes.
		{ path = "3F00/D003"; type = "transparent"; sfi = 0x1C;
		  access = "01 00"; blank = true; blank_content = true; size = 12;
		  content = ("tlv(5A, 802600000112 card.serial)"); },

		{ path = "3F00/5015"; type = "df"; size = 0;
		  name = "E828BD080F D250 47656E65726963"; access = "02 13";
		  blank = true; },
		{ path = "3F00/5015/FB03"; type = "object"; access = "01 00";
		  blank = true; blank_content = true;
		  content = ("tlv(A4, 950108 tlv(83, pin.user.reference))"); },
		{ path = "3F00/5015/FB05"; type = "object"; access = "01 00";
		  blank = true; blank_content = true;
		  content = ("tlv(A4, 950108 tlv(83, pin.puk.reference))"); },

		# ODF: the directories of passcodes, private keys, public keys,
		# certificates and data objects.
		{ path = "3F00/5015/5031"; type = "transparent"; size = 96;
		  access = "03 FF00"; blank = true; blank_content = true;
		  content = (
			"tlv(A8, tlv(30, tlv(04, 7001)))",
			"tlv(A0, tlv(30, tlv(04, 7002)))",
			"tlv(A1, tlv(30, tlv(04, 7004)))",
			"tlv(A4, tlv(30, tlv(04, 7005)))",
			"tlv(A7, tlv(30, tlv(04, 7006)))"
		  ); },

		# TokenInfo: version 1, manufacturer, label, login required;
		# algorithms, all of which hosts look for: reference, mechanism of
		# PKCS #11, operations, object identifier, the card's number for
		# it; last update.
		{ path = "3F00/5015/5032"; type = "transparent"; size = 400;
		  access = "03 1300"; blank = true; blank_content = true;
		  content = ("tlv(30, 020101 tlv(0C, 'Gemalto') "
			"tlv(80, card.label) 0302 0640 tlv(A2, "
			"  tlv(30, 020101 0202 0220 0500 0302 0102 "
			"    0605 2B0E03021A 0201 10) "
			"  tlv(30, 020102 0202 0250 0500 0302 0102 "
			"    0609 608648016503040201 0201 40) "
			"  tlv(30, 020103 0201 06 0500 0302 0640 "
			"    0609 2A864886F70D010105 0201 12) "
			"  tlv(30, 020104 0201 40 0500 0302 0640 "
			"    0609 2A864886F70D01010B 0201 42) "
			"  tlv(30, 020105 0201 01 0500 0302 0640 "
			"    0609 2A864886F70D010101 0201 02) "
			"  tlv(30, 020106 0201 01 0500 0302 0204 "
			"    0609 2A864886F70D010101 0201 1A)) "
			"tlv(A5, tlv(18, '20260101000000Z')))"); },

		# Passcodes: label, flags and who unblocks it, identifier, then
		# flags, type, lengths, reference, padding.
		{ path = "3F00/5015/7001"; type = "transparent"; size = 300;
		  access = "03 FF00"; blank = true; blank_content = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'User PIN') 0302 06C0 "
			"                tlv(04, pin.puk.reference)) "
			"  tlv(30, tlv(04, pin.user.reference)) "
			"  tlv(A1, tlv(30, 0303 048810 0A0101 "
			"    tlv(02, pin.user.min) tlv(02, pin.user.max) "
			"    tlv(02, pin.user.max) "
			"    tlv(80, pin.user.reference) 0401 FF)))",
			"tlv(30, tlv(30, tlv(0C, 'PUK') 0302 06C0) "
			"  tlv(30, tlv(04, pin.puk.reference)) "
			"  tlv(A1, tlv(30, 0303 049A10 0A0101 "
			"    tlv(02, pin.puk.min) tlv(02, pin.puk.max) "
			"    tlv(02, pin.puk.max) "
			"    tlv(80, pin.puk.reference) 0401 FF)))"
		  ); },

		# Private keys: label, flags and passcode; identifier, usage,
		# access, key reference (its number and 80), algorithms (of those
		# above); subject; length. The path is empty, but there. Bytes:
		# give 7002 at least 1800, 7004 3000, 7005 1000 and 7006 1500 for
		# keys, certificates and data objects to be added.
		{ path = "3F00/5015/7002"; type = "transparent"; size = 500;
		  access = "03 1300"; blank = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'Authentication') 0302 06C0 "
			"                tlv(04, pin.user.reference)) "
			"  tlv(30, tlv(04, sha1(key.auth.modulus)) "
			"          0302 0264 0302 03B8 0202 0081 "
			"          tlv(A1, 020105 020106)) "
			"  tlv(A0, cert.auth.subject) "
			"  tlv(A1, tlv(30, 3002 0400 tlv(02, u16(bits(auth))))))",
			"tlv(30, tlv(30, tlv(0C, 'Content Commitment') 0302 06C0 "
			"                tlv(04, pin.user.reference)) "
			"  tlv(30, tlv(04, sha1(key.commit.modulus)) "
			"          0303 062040 0302 03B8 0202 0082 "
			"          tlv(A1, 020105)) "
			"  tlv(A0, cert.commit.subject) "
			"  tlv(A1, tlv(30, 3002 0400 "
			"                  tlv(02, u16(bits(commit))))))"
		  ); },

		# Public keys.
		{ path = "3F00/5015/7004"; type = "transparent"; size = 500;
		  access = "03 1300"; blank = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'Authentication') 0302 0640) "
			"  tlv(30, tlv(04, sha1(key.auth.modulus)) "
			"          0302 018A 0101 00 0302 0348 0202 0081) "
			"  tlv(A0, cert.auth.subject) "
			"  tlv(A1, tlv(30, 3002 0400 tlv(02, u16(bits(auth))))))",
			"tlv(30, tlv(30, tlv(0C, 'Content Commitment') 0302 0640) "
			"  tlv(30, tlv(04, sha1(key.commit.modulus)) "
			"          0302 0102 0101 00 0302 0348 0202 0082) "
			"  tlv(A0, cert.commit.subject) "
			"  tlv(A1, tlv(30, 3002 0400 "
			"                  tlv(02, u16(bits(commit))))))"
		  ); },

		# Certificates: label, identifier of the key, path.
		{ path = "3F00/5015/7005"; type = "transparent"; size = 250;
		  access = "03 1300"; blank = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'Authentication') 0302 0640) "
			"  tlv(30, tlv(04, sha1(key.auth.modulus))) "
			"  tlv(A1, tlv(30, tlv(30, tlv(04, B001)))))",
			"tlv(30, tlv(30, tlv(0C, 'Content Commitment') 0302 0640) "
			"  tlv(30, tlv(04, sha1(key.commit.modulus))) "
			"  tlv(A1, tlv(30, tlv(30, tlv(04, B002)))))"
		  ); },

		# Data objects: the containers of CryptoAPI, one for each key with
		# its GUID for a label, and which of them is the default.
		{ path = "3F00/5015/7006"; type = "transparent"; size = 250;
		  access = "03 1300"; blank = true;
		  content = (
			"tlv(30, tlv(30, "
			"    tlv(0C, guid_of(key.auth.modulus)) 0302 0640) "
			"  tlv(30, tlv(0C, 'CSP')) "
			"  tlv(A1, tlv(30, tlv(04, B101))))",
			"tlv(30, tlv(30, "
			"    tlv(0C, guid_of(key.commit.modulus)) 0302 0640) "
			"  tlv(30, tlv(0C, 'CSP')) "
			"  tlv(A1, tlv(30, tlv(04, B102))))",
			"tlv(30, tlv(30, "
			"    tlv(0C, 'Default Key Container') 0302 0640) "
			"  tlv(30, tlv(0C, 'CSP')) "
			"  tlv(A1, tlv(30, tlv(04, B103))))"
		  ); },

		{ path = "3F00/5015/B001"; type = "transparent";
		  access = "43 131300"; content = ("cert.auth.der"); },
		{ path = "3F00/5015/B002"; type = "transparent";
		  access = "43 131300"; content = ("cert.commit.der"); },

		# Containers: identifier of the key, flags.
		{ path = "3F00/5015/B101"; type = "transparent";
		  access = "43 131300";
		  content = ("tlv(01, sha1(key.auth.modulus)) 0201 01"); },
		{ path = "3F00/5015/B102"; type = "transparent";
		  access = "43 131300";
		  content = ("tlv(01, sha1(key.commit.modulus)) 0201 01"); },
		{ path = "3F00/5015/B103"; type = "transparent";
		  access = "43 131300";
		  content = ("guid_of(key.auth.modulus)"); },

		# Authentication: sign, internal authenticate and decipher.
		{ path = "3F00/5015/9001"; type = "rsa-private";
		  access = "71 13131300"; key = "auth"; },
		{ path = "3F00/5015/A001"; type = "rsa-public";
		  access = "2B 13131300"; key = "auth"; },
		# Content Commitment: no deciphering. Without the right to
		# authenticate (41 instead of 61) programs could not sign with it.
		{ path = "3F00/5015/9002"; type = "rsa-private"; commits = true;
		  access = "61 131300"; key = "commit"; },
		{ path = "3F00/5015/A002"; type = "rsa-public";
		  access = "2B 13131300"; key = "commit"; }
	);
});

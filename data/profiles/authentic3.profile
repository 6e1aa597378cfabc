# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A card with the Oberthur AuthentIC v3.2 applet (ID-One Cosmo v7) and a
# PKCS #15 file system: two RSA key pairs with certificates, one to log in and
# decipher with, one to commit to content. What every setting means:
# cardbridge-profile(5).

name = "authentic3";
label = "NHS Series 8";		# unless `card new --label` says another
label_max = 32;
serial_bytes = 4;

# The first ATR is the card's; another one only on a test card (--atr).
atrs = (
	"3BDD18 008131FE45 80F9A0000000770100700A9000 8B",	# T=1
	"3BDB96 0080B1FE451F83 0031C064C7FC1000079000 72",	# T=0 and T=1
	"3B5D18 00 80F9A0000000770100700A9000"			# T=0
);

# Card production life cycle data, 42 bytes behind 9F7F2A. The chip's serial
# number is the one that programs show.
cplc = (
	"4090 7164 8161 5331 3001",	# fabricator, type, OS, its date, level
	"5011 card.serial 1234",	# date, serial number, batch
	"5330 1600",			# module fabricator, packaging date
	"zeros(20)"			# the other companies: not set
);

card_manager = "A000000003 000000"; # programs select it by its first 7 bytes
size = 65536;			# bytes of file contents
max_apdu = 256;			# short APDUs; hosts fail with this card else

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
	write-beyond-end = 0x6B00;
	pin-blocked-query = 0x6983;
	pin-last-try = 0x63C0;
};

keys = (
	{ name = "auth"; bits = 2048; published = "a30"; },
	{ name = "commit"; bits = 2048; published = "a31"; }
);

certificates = (
	{ name = "auth"; key = "auth";
	  usage = ("digitalSignature", "keyEncipherment"); },
	{ name = "commit"; key = "commit"; usage = ("nonRepudiation"); }
);

applications = ({
	applet = "authentic3";
	aid = "A000000077 0100700A1000F100000100";

	# Hosts remember what they have verified and never send it again, also
	# where the card has forgotten it: then they cannot sign any more. Each
	# new process selects the application. So a passcode stays verified when
	# that happens, until reset, power-off, another application, or the end
	# of the login by the policy.
	keep_verified = true;

	# PIN 1 is the holder's; PIN 2, the PUK, unblocks it. Access bytes: two
	# for each of verify, reset, change, modify, delete. 0000 always, 0002
	# the holder of PIN 2, FF00 never.
	pins = (
		{ name = "puk"; owner = "3F00"; reference = 0x02; role = "so";
		  tries = 5; min = 4; max = 8; blank = true;
		  access = "0000 FF00 0000 FF00 FF00"; },
		{ name = "user"; owner = "3F00"; reference = 0x01;
		  role = "user"; tries = 3; min = 4; max = 8; blank = true;
		  access = "0000 0002 0000 FF00 FF00"; }
	);

	# In order of creation. Access bytes, two for each of:
	#   DF            create delete crypto
	#   EF            read delete update resize
	#   RSA private   update delete decipher sign internal-auth generate
	# 0000 always, 0001 PIN 1, 0002 PIN 2, 0003 either, FF00 never. A key
	# is an object beside the files: its number stands where they have an
	# identifier, and SELECT does not find it.
	files = (
		{ path = "3F00"; type = "df"; size = 0;
		  access = "FF00 FF00 FF00"; blank = true; },

		# EF.DIR: where the application is.
		{ path = "3F00/2F00"; type = "transparent"; size = 0x40;
		  access = "0000 FF00 0000 FF00";
		  blank = true; blank_content = true;
		  content = ("tlv(61, "
			"tlv(4F, A000000077 0100700A1000F100000100) "
			"tlv(50, 'AuthentIC') tlv(51, 3F005015))"); },

		{ path = "3F00/5015"; type = "df"; size = 0;
		  access = "0001 FF00 0001"; blank = true; },

		# ODF: the directories of private keys, public keys,
		# certificates, data objects and passcodes.
		{ path = "3F00/5015/5031"; type = "transparent"; size = 0x80;
		  access = "0000 FF00 FF00 FF00";
		  blank = true; blank_content = true;
		  content = (
			"tlv(A0, tlv(30, tlv(04, 3F0050157002)))",
			"tlv(A1, tlv(30, tlv(04, 3F0050157004)))",
			"tlv(A4, tlv(30, tlv(04, 3F0050157005)))",
			"tlv(A7, tlv(30, tlv(04, 3F0050157006)))",
			"tlv(A8, tlv(30, tlv(04, 3F0050157001)))"
		  ); },

		# TokenInfo: version 1, serial number, manufacturer, label,
		# login required and random numbers.
		{ path = "3F00/5015/5032"; type = "transparent"; size = 0x80;
		  access = "0000 FF00 FF00 FF00";
		  blank = true; blank_content = true;
		  content = ("tlv(30, 020100 tlv(04, card.serial) "
			"tlv(0C, 'Oberthur COSMO.v7') tlv(80, card.label) "
			"0302 0560)"); },

		# Passcodes: label and flags, identifier, then flags, type,
		# lengths, reference, padding and path.
		{ path = "3F00/5015/7001"; type = "transparent"; size = 0x100;
		  access = "0000 FF00 FF00 FF00";
		  blank = true; blank_content = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'User PIN') 0302 06C0 "
			"                tlv(04, pin.puk.reference)) "
			"  tlv(30, tlv(04, pin.user.reference)) "
			"  tlv(A1, tlv(30, 0302 02CC 0A0101 "
			"    tlv(02, pin.user.min) tlv(02, pin.user.max) "
			"    tlv(02, pin.user.max) "
			"    tlv(80, pin.user.reference) 0401 FF "
			"    tlv(30, tlv(04, 3F005015)))))",
			"tlv(30, tlv(30, tlv(0C, 'PUK') 0302 06C0) "
			"  tlv(30, tlv(04, pin.puk.reference)) "
			"  tlv(A1, tlv(30, 0302 00CD 0A0101 "
			"    tlv(02, pin.puk.min) tlv(02, pin.puk.max) "
			"    tlv(02, pin.puk.max) "
			"    tlv(80, pin.puk.reference) 0401 FF "
			"    tlv(30, tlv(04, 3F005015)))))"
		  ); },

		# Private keys: label, flags and passcode; identifier, usage,
		# access, key reference (its number and 80); length. The path
		# is empty, as the host writes it: with another it does not
		# see that the reference is taken.
		{ path = "3F00/5015/7002"; type = "transparent"; size = 0x400;
		  access = "0000 FF00 0001 0001"; blank = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'Authentication') 0302 0780 "
			"                tlv(04, pin.user.reference)) "
			"  tlv(30, tlv(04, sha1(key.auth.modulus)) "
			"          0302 0264 0302 04B0 0202 0081) "
			"  tlv(A1, tlv(30, 3002 0400 tlv(02, u16(bits(auth))))))",
			"tlv(30, tlv(30, tlv(0C, 'Content Commitment') 0302 0780 "
			"                tlv(04, pin.user.reference)) "
			"  tlv(30, tlv(04, sha1(key.commit.modulus)) "
			"          0303 060040 0302 04B0 0202 0082) "
			"  tlv(A1, tlv(30, 3002 0400 "
			"                  tlv(02, u16(bits(commit))))))"
		  ); },

		# Public keys: those of certificates need no entry.
		{ path = "3F00/5015/7004"; type = "transparent"; size = 0x600;
		  access = "0000 FF00 0001 0001"; blank = true; },

		# Certificates: label, identifier of the key, path.
		{ path = "3F00/5015/7005"; type = "transparent"; size = 0x300;
		  access = "0000 FF00 0001 0001"; blank = true;
		  content = (
			"tlv(30, tlv(30, tlv(0C, 'Authentication') 0301 00) "
			"  tlv(30, tlv(04, sha1(key.auth.modulus))) "
			"  tlv(A1, tlv(30, tlv(30, tlv(04, 3F0050153401)))))",
			"tlv(30, tlv(30, tlv(0C, 'Content Commitment') 0301 00) "
			"  tlv(30, tlv(04, sha1(key.commit.modulus))) "
			"  tlv(A1, tlv(30, tlv(30, tlv(04, 3F0050153402)))))"
		  ); },

		# Data objects.
		{ path = "3F00/5015/7006"; type = "transparent"; size = 0x100;
		  access = "0000 FF00 0001 0001"; blank = true; },

		{ path = "3F00/5015/3401"; type = "transparent";
		  access = "0000 0001 0001 0001";
		  content = ("cert.auth.der"); },
		{ path = "3F00/5015/3402"; type = "transparent";
		  access = "0000 0001 0001 0001";
		  content = ("cert.commit.der"); },

		# Authentication: sign and decipher.
		{ path = "3F00/5015/0001"; type = "rsa-private";
		  access = "FF00 FF00 0001 0001 0001 FF00"; key = "auth"; },
		# Content Commitment: sign only.
		{ path = "3F00/5015/0002"; type = "rsa-private";
		  access = "FF00 FF00 FF00 0001 FF00 FF00"; key = "commit"; }
	);
});

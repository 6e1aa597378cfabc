# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# A card with the Oberthur AuthentIC v5 applet and the AWP file system: two
# RSA key pairs with certificates, one to log in and decipher with, one to
# commit to content. What every setting means: cardbridge-profile(5).

name = "authentic5";
label = "NHS Series 8";		# unless `card new --label` says another
label_max = 32;
serial_bytes = 4;

# The first ATR is the card's; another one only on a test card (--atr).
atrs = (
	"3BFB11 00008131FE45 0031C06477E910000090006A",	# T=1, ID-One Cosmo
	"3B7D18 000000 3180718E6477E30100829000",	# T=0, 64k v4/2.1.1
	"3B7D18 000000 3180718E6477E30200829000",	# T=0, 64k v4/2.1.1
	"3B7D11 000000 3180718E6477E30100829000",	# T=0, 64k v5
	"3B7D11 000000 3180718E6477E30200829000",	# T=0, 64k v5/2.2.0
	"3B7B18 000000 31C06477E30300829000"		# T=0, CosmopolIC v5.2
);

# Card production life cycle data, 42 bytes behind 9F7F2A. The chip's serial
# number is the one that programs show.
cplc = (
	"4090 6531 4051 5331 2210",	# fabricator, type, OS, its date, level
	"5331 card.serial 1234",	# date, serial number, batch
	"4090 5332",			# module fabricator, packaging date
	"zeros(20)"			# the other companies: not set
);

card_manager = "A000000003 000000"; # programs select it by its first 7 bytes
size = 65536;			# bytes of file contents
max_apdu = 256;			# short APDUs only

# Rules in force whatever a program writes to the card. --tries of
# `card new` may lower them, and raise them on a test card.
policy = {
	live = {
		tries = 3;
		pin_min = 4;
		pin_max = 16;
		pin_characters = "printable";
		rsa_min = 2048;
		idle_seconds = 900;
		total_seconds = 28800;
		scrypt_log2n = 15;
	};
	test = {
		tries = 3;
		pin_min = 4;
		pin_max = 16;
		pin_characters = "printable";
		rsa_min = 512;
		idle_seconds = 900;
		total_seconds = 28800;
		scrypt_log2n = 15;
	};
};

keys = (
	{ name = "auth"; bits = 2048; published = "s80"; },
	{ name = "commit"; bits = 2048; published = "s81"; }
);

certificates = (
	{ name = "auth"; key = "auth";
	  usage = ("digitalSignature", "keyEncipherment"); },
	{ name = "commit"; key = "commit"; usage = ("nonRepudiation"); }
);

applications = ({
	applet = "authentic5";
	aid = "A000000077 010303000000F100000002";

	# Counters start as they are here, or at --tries of `card new`.
	pins = (
		{ name = "so"; owner = "3F00"; reference = 0x04; role = "so";
		  tries = 3; blank = true; },
		{ name = "user"; owner = "3F00/5011"; reference = 0x01;
		  role = "user"; tries = 3;
		  unblock_tries = 3; unblock_bytes = 16; }
	);

	# In order of creation. Access bytes by position:
	#   DF            create crypto list delete pin-define -change -reset FF
	#   EF            write update read erase
	#   RSA private   update decipher - sign - internal-auth - FF
	#   RSA public    update - encipher - verify - external-auth FF
	# 00 always, 21 user PIN, 24 SO PIN, FF never.
	files = (
		{ path = "3F00"; type = "df"; size = 0x10;
		  access = "24 24 00 24 24 00 24 FF"; blank = true; },
		{ path = "3F00/5011"; type = "df"; size = 0x28;
		  access = "24 FF 00 00 24 00 24 FF"; },
		{ path = "3F00/5011/9002"; type = "df"; size = 0x28;
		  access = "21 21 00 00 FF FF FF FF"; },
		{ path = "3F00/5011/9001"; type = "df"; size = 0x50;
		  access = "00 00 00 00 FF FF FF FF"; },

		# Token: label, then flags: RNG, login required, user PIN
		# set, initialised.
		{ path = "3F00/5011/1000"; type = "transparent"; size = 36;
		  access = "24 24 00 FF FF FF FF FF";
		  content = ("pad(card.label, 32, ' ')", "0000 040D"); },

		# The unblock value. Tools that make cards let anybody read
		# it; here only the SO may, or it would protect nothing.
		{ path = "3F00/5011/2000"; type = "transparent"; size = 16;
		  access = "FF 24 24 FF FF FF FF FF";
		  content = ("pin.user.unblock"); },

		# Containers: which key, certificate and public key belong
		# together (exchange pair, then signature pair), and a GUID.
		{ path = "3F00/5011/3000"; type = "linear"; size = 20;
		  access = "00 00 00 00 FF FF FF FF";
		  records = (
			("pad(1001 3001 2001 zeros(6) lv8(guid()), 141, 00)"),
			("pad(1002 3002 2002 zeros(6) lv8(guid()), 141, 00)")
		  ); },

		# Lists of public and private objects: FF, file, size (of
		# keys in bits).
		{ path = "3F00/5011/4000"; type = "transparent"; size = 250;
		  access = "00 00 00 FF FF FF FF FF";
		  content = (
			"FF 2001 u16(size(3F00/5011/9001/2001))",
			"FF 1001 u16(bits(auth))",
			"FF 2002 u16(size(3F00/5011/9001/2002))",
			"FF 1002 u16(bits(commit))"
		  ); },
		{ path = "3F00/5011/5000"; type = "transparent"; size = 125;
		  access = "21 21 00 FF FF FF FF FF";
		  content = (
			"FF 3001 u16(bits(auth))",
			"FF 3002 u16(bits(commit))"
		  ); },

		# Authentication, private: sign and decipher.
		{ path = "3F00/5011/9002/3001"; type = "rsa-private";
		  access = "21 21 FF 21 FF 21 FF FF"; key = "auth"; },
		{ path = "3F00/5011/9002/3101"; type = "transparent";
		  access = "21 21 00 FF FF FF FF FF";
		  content = (
			"04B5 lv16('Authentication')",
			"lv16(sha1(key.auth.modulus)) repeat('0', 16)",
			"lv16(cert.auth.subject)",
			"key.auth.modulus lv8(key.auth.exponent)"
		  ); },

		# Content Commitment, private: sign only.
		{ path = "3F00/5011/9002/3002"; type = "rsa-private";
		  access = "21 FF FF 21 FF FF FF FF"; key = "commit"; },
		{ path = "3F00/5011/9002/3102"; type = "transparent";
		  access = "21 21 00 FF FF FF FF FF";
		  content = (
			"00A5 lv16('Content Commitment')",
			"lv16(sha1(key.commit.modulus)) repeat('0', 16)",
			"lv16(cert.commit.subject)",
			"key.commit.modulus lv8(key.commit.exponent)"
		  ); },

		# Authentication, public: key and certificate.
		{ path = "3F00/5011/9001/1001"; type = "rsa-public";
		  access = "00 FF 00 FF 00 FF 00 FF"; key = "auth"; },
		{ path = "3F00/5011/9001/1101"; type = "transparent";
		  access = "00 00 00 00 FF FF FF FF";
		  content = (
			"034D lv16('Authentication')",
			"lv16(sha1(key.auth.modulus)) repeat('0', 16) 0000"
		  ); },
		{ path = "3F00/5011/9001/2001"; type = "transparent";
		  access = "00 00 00 00 FF FF FF FF";
		  content = ("cert.auth.der"); },
		{ path = "3F00/5011/9001/2101"; type = "transparent";
		  access = "00 00 00 00 FF FF FF FF";
		  content = (
			"0001 lv16('Authentication')",
			"lv16(sha1(key.auth.modulus))",
			"lv16(cert.auth.subject)",
			"lv16(issued(auth, cert.auth.issuer))",
			"lv16(issued(auth, cert.auth.serial))"
		  ); },

		# Content Commitment, public: key and certificate.
		{ path = "3F00/5011/9001/1002"; type = "rsa-public";
		  access = "00 FF 00 FF 00 FF 00 FF"; key = "commit"; },
		{ path = "3F00/5011/9001/1102"; type = "transparent";
		  access = "00 00 00 00 FF FF FF FF";
		  content = (
			"0145 lv16('Content Commitment')",
			"lv16(sha1(key.commit.modulus)) repeat('0', 16) 0000"
		  ); },
		{ path = "3F00/5011/9001/2002"; type = "transparent";
		  access = "00 00 00 00 FF FF FF FF";
		  content = ("cert.commit.der"); },
		{ path = "3F00/5011/9001/2102"; type = "transparent";
		  access = "00 00 00 00 FF FF FF FF";
		  content = (
			"0001 lv16('Content Commitment')",
			"lv16(sha1(key.commit.modulus))",
			"lv16(cert.commit.subject)",
			"lv16(issued(commit, cert.commit.issuer))",
			"lv16(issued(commit, cert.commit.serial))"
		  ); }
	);
});

# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# What the tests of card probe and card describe share: a card of each sort is
# probed through a real pcscd, a profile is made of the report and a card of the
# profile, and that card is reported alike. Meanwhile nothing on it changes and
# only harmless commands are sent. Sourced after lib.sh.

need_cardbridge
need_pcscd
need openssl basenc

reader='cardbridge card 00 00'

# ---- running ----------------------------------------------------------------

wait_card() { pcsc wait "$@" >/dev/null; } # READER STATE SECONDS
insert() { # FILE
	reader_add card "emu:$1" || bail "the bridge does not take $1"
	wait_card "$reader" present 10 || bail "pcscd does not see the card"
}
take_out() {
	reader_remove card
	wait_card "$reader" absent 10 || bail "pcscd still sees the card"
}

run() { # WANTED-CODE ARGUMENT...: the command, its words in $T/said
	local want=$1 code=0
	shift
	timeout 60 "$CARDBRIDGE" "$@" >"$T/said" 2>&1 || code=$?
	[ "$code" = "$want" ] && return
	echo "exit code $code, not $want: $(cat "$T/said")"
	return 1
}
says() { like "$(cat "$T/said")" "$1" "$2"; } # ERE DESCRIPTION

# ---- reports and profiles ---------------------------------------------------

hex() { basenc --base16 --wrap=0; }
unhex() { basenc --base16 --decode; }

# One row of upper-case digits, without the breaks that a report makes.
row() { tr -d ' +\n' <"$1"; } # FILE

# Lines in a row, each without the blanks in front and with a semicolon.
tells() { # NAME ERE DESCRIPTION
	like "$(sed 's/^ *//' "$T/$1.report" | tr '\n' ';')" "$2" "$1: $3"
}

same() { # REPORT REPORT: but for the reader's name
	local out
	out=$(diff <(grep -v '^reader ' "$1") <(grep -v '^reader ' "$2"))
	echo "$out"
	[ -z "$out" ]
}

# What the card's files hold, as the report with --full has it: path, digits.
# A run such as 30*6 (in a certificate until midnight, say) is written out;
# one of zeros also stands apart, for it is no content, and nobody's secret.
contents() { # REPORT
	awk 'function row(from,  i, n, run) {
			for (i = from; i <= NF; i++) {
				if (split($i, run, "*") < 2) {
					text[path] = text[path] $i
					continue
				}
				$i = ""
				for (n = 0; n < run[2]; n++)
					$i = $i run[1]
				if (run[1] == "00")
					$i = " " $i " "
				text[path] = text[path] $i
			}
		}
		$1 != "+" { on = 0 }
		$1 == "file" { path = $2 }
		$1 == "content" { on = 1; row(2) }
		$1 == "record" { on = 1; row(3) }
		$1 == "+" && on { row(2) }
		END { for (p in text) print p, text[p] }' "$1"
}
of() { sed -n "s|^$1 ||p" "$T/contents" | tr -d ' '; } # PATH

# Every eight bytes in a row that stand somewhere in these contents.
windows() { # DIGITS...
	printf '%s\n' "$@" | tr -s ' ' '\n' | awk '
		!/^0*$/ { for (i = 1; i + 15 <= length($0); i += 2)
			print substr($0, i, 16) }' | sort -u
}

# Those of them that are told in $blotted, but for what may be.
may_be_told=
told() { # DIGITS...
	local part
	windows "$@" | while read -r part; do
		[[ $blotted != *"$part"* || $may_be_told = *"$part"* ]] ||
			echo "$part"
	done
}

# $full has what a card holds, $blotted what is told of it.
hidden() { # DIGITS DESCRIPTION
	if [[ $full != *"$1"* ]]; then
		fail "$2" "$1 is not even in the full report"
	elif [[ $blotted = *"$1"* ]]; then
		fail "$2" "$1 is told"
	else
		pass "$2"
	fi
}

# The card in the reader, whole, in $full and $T/contents.
probe_whole() { # NAME
	t "$1: probe --full" run 0 card probe "$reader" --full \
		-o "$T/$1-full.report"
	contents "$T/$1-full.report" >"$T/contents"
	full=$(row "$T/$1-full.report")
	blotted=$(row "$T/$1.report")
}

# A certificate, in DER and digits: whose it is and what of it is hidden.
hidden_certificate() { # DIGITS WHICH
	local facts key
	unhex <<<"$1" >"$T/one.der"
	facts=$(openssl x509 -inform der -in "$T/one.der" -noout -serial \
		-modulus -subject -nameopt sep_multiline)
	key=$(sed -n 's/^Modulus=//p' <<<"$facts")
	hidden "$(sed -n 's/^serial=//p' <<<"$facts")" \
		"certificate $2: its serial number"
	hidden "$(sed -n 's/.*CN=//p' <<<"$facts" | tr -d '\n' | hex)" \
		"certificate $2: whose it is"
	hidden "${key:0:32}" "certificate $2: its key"
	hidden "$(unhex <<<"$key" | openssl sha1 -binary | hex)" \
		"certificate $2: the identifier of the key"
	is "$(told "$1")" '' "certificate $2: no eight bytes of it"
}

too_wide() { expand "$1" | awk 'length($0) > 80'; } # FILE

# What a profile says but for contents, sizes and tries, which the policy of a
# test card lowers: a line each for files, passcodes and settings.
rights() { # PROFILE
	sed 's/#.*//' "$1" | tr -d ' \t\n' |
		sed 's/{\(path\|name\)=/\n{\1=/g' |
		awk 'function say(what, from,  part) {
				part = from
				while (match(part, what)) {
					printf " %s",
						substr(part, RSTART, RLENGTH)
					part = substr(part, RSTART + RLENGTH)
				}
			}
			/^{path=/ || /owner=/ {
				say("path=[^;]*", $0)
				say("owner=[^;]*", $0)
				say("reference=[^;]*", $0)
				say("role=[^;]*", $0)
				say("type=[^;]*", $0)
				say("access=[^;]*", $0)
				say("(;|{)name=[^;]*", $0)
				say("sfi=[^;]*", $0)
				say("key=\"[^;]*", $0)
				say("commits=[^;]*", $0)
				say("blank=[^;]*", $0)
				say("blank_content=[^;]*", $0)
				say("m(in|ax)=[^;]*", $0)
				print ""
			}
			BEGIN { settings = "^(aid|keep_verified|bare_fcp|"
				settings = settings "silent_names|from_reset|"
				settings = settings ".*read-to-end)=" }
			{ n = split($0, part, ";")
			  for (i = 1; i <= n; i++)
				if (part[i] ~ settings)
					print part[i] }' | sort
}

same_rights() { # PROFILE PROFILE
	diff <(rights "$1") <(rights "$2")
}

# ---- the way there and back -------------------------------------------------

probe_start() {
	bridge_start
	reader_file card
	pcscd_start --apdu
}

# Making keys takes long, and published ones have certificates of "User0".
card_keys=published # or fresh
key_options() { # NAME
	if [[ $1 = *blank* ]]; then
		echo --blank
	elif [ $card_keys = published ]; then
		echo --keys-from
		echo "$CB_SRC/tests/vectors/$card_profile/test-keys.txt"
	fi
}

# One card of the profile $card_profile, in $T/NAME.card, and its report.
there() { # NAME KIND-ERE [OPTION]...
	local card=$1 kind=$2 options sum before
	shift 2
	mapfile -t options < <(key_options "$card")
	card_make "$T/$card.card" "${options[@]}" "$@"
	insert "$T/$card.card"
	sum=$(sha256sum <"$T/$card.card")
	before=$(wc -l <"$PCSCD_LOG")
	t "$card: probe" run 0 card probe "$reader" -o "$T/$card.report"
	tail -n "+$((before + 1))" "$PCSCD_LOG" |
		sed -n 's/.* APDU: //p' >"$T/$card.sent"
	is "$(sha256sum <"$T/$card.card")" "$sum" "$card: nothing changed on it"
	take_out
	like "$(cat "$T/$card.report")" $'\n'"guess $kind"$'\n' \
		"$card: it is recognised"
}

# A profile of the report, in $T/NAME.profile, and a card of it.
back() { # NAME
	local card=$1 options
	mapfile -t options < <(key_options "$card")
	t "$card: describe" run 0 card describe "$T/$card.report" \
		-o "$T/$card.profile"
	says 'its key pairs, certificates and passcodes are new' \
		"$card: what was assumed is said"
	like "$(cat "$T/$card.profile")" '# - its key pairs, certificates' \
		"$card: in the profile too"
	[[ $card != *blank* ]] || like "$(tr '\n' ' ' <"$T/$card.profile")" \
		'the card is blank' "$card: described as blank"
	is "$(too_wide "$T/$card.profile")" '' "$card: a profile of 80 columns"
	t "$card: card new takes the profile" run 0 card new --test \
		"${options[@]}" --profile "$T/$card.profile" \
		"$T/$card-copy.card"
	insert "$T/$card-copy.card"
	t "$card: probe of the copy" run 0 card probe "$reader" \
		-o "$T/$card-copy.report"
	take_out
	t "$card: both reports are alike" \
		same "$T/$card.report" "$T/$card-copy.report"
}

there_and_back() { # NAME KIND-ERE [OPTION]...
	there "$@"
	back "$1"
}

# Of the commands that probes have sent up to now.
harmless='00 A4|00 B0|00 B2|00 C0|00 CA|80 CA|00 CB 3F FF|80 34|00 20'
only_harmless() { # REFERENCES-ERE: what may be asked for tries
	is "$(cat "$T"/*.sent | grep -cvE "^($harmless)")" 0 \
		"no command but those of the list is sent"
	is "$(cat "$T"/*.sent | grep '^00 20' |
		grep -cvE "^00 20 00 ($1)( 00)? *$")" 0 \
		"tries are asked without data, of these passcodes only"
}

# ---- raw APDUs --------------------------------------------------------------

# The last answer: data, then the status word.
last_answer() { # CARD-FILE APDU...
	"$CARDBRIDGE" apdu "$@" | awk 'END { print $1 ~ /^....$/ ? $1 : $1 $2 }'
}

# ---- PKCS#15 file systems ---------------------------------------------------

# Nothing that says which card, or whose: the card NAME has serial number and
# label; OTHER differs in these, and in keys and names.
tells_nobody() { # NAME OTHER SERIAL LABEL CERTIFICATE-PATH...
	local card=$1 other=$2 serial=$3 label=$4 n=0 path
	shift 4
	# Object identifiers of an algorithm, O, OU and CN, and lengths: what
	# key directories and certificates have in common.
	may_be_told='06092A864886F70D010101 864886F70D01010B'
	may_be_told+=' 3036310C300A060355040A1303 310F300D060355040B1306'
	may_be_told+=' 311530130603550403130C'
	insert "$T/$card.card"
	probe_whole "$card"
	take_out
	hidden "$serial" "$card: the serial number is blotted"
	hidden "${serial}1234" "$card: and the batch"
	hidden "$(printf %s "$label" | hex)" "$card: and the label"
	for path; do
		n=$((n + 1))
		hidden_certificate "$(of "$path")" "$card, $n"
	done
	t "$card: another card is reported alike, to the byte" \
		same "$T/$card.report" "$T/$other.report"
	t "$card: describe of the whole report" run 0 card describe \
		"$T/$card-full.report" -o "$T/$card-full.profile"
	says "5015/7002: the card's own bytes, of a key" \
		"$card: says whose keys it tells of"
	t "$card: card new takes that, too" run 0 card new --test \
		--serial "$serial" --profile "$T/$card-full.profile" \
		"$T/$card-full.card"
}

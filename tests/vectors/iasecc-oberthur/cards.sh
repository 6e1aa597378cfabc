# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# The cards of the plan, see tests/replay/plan.sh. Those of the other flavour
# are made of these edits too.

plan_t0_atr=
plan_options=(--serial 2334455F)

# The recorded card's PUK has five tries.
plan_vary_tries() {
	plan_edit '/test = {/,/}/s/tries = 3/tries = 5/'
	options+=(--keys-from "$plan_vectors/test-keys.txt")
}

plan_vary_answer() {
	plan_edit 's/pin-blocked-query = 0x6983;/& pin-last-try = 0x63C0;/'
}

plan_vary_algorithms() {
	plan_edit 's/tlv(A1, 020105 020106)/tlv(A1, 020103 020104 020105 020106)/
		s/tlv(A1, 020105))/tlv(A1, 020103 020104 020105))/'
}

# The second key for signatures over what the card has hashed, nothing else.
plan_vary_strict() {
	plan_edit '/path = "3F00\/5015\/9002"/,/access/{
		s/commits = true;/& template = 0xB6;/
		s/"61 \(1.\)1.00"/"41 \100"/
	}'
}

# References with bit 8, in the application's environments.
plan_vary_local() {
	plan_edit 's/owner = "3F00"/owner = "3F00\/5015"/'
	plan_edit '/path = "3F00\/5015\/FB/,/ content =/s/tlv(83, pin.user.reference)/8301 81/'
	plan_edit '/path = "3F00\/5015\/FB/,/ content =/s/tlv(83, pin.puk.reference)/8301 82/'
	plan_edit 's/0303 048810/0303 04C810/; s/0303 049A10/0303 04DA10/'
	plan_edit 's/tlv(80, pin.user.reference)/8002 0081/'
	plan_edit 's/tlv(80, pin.puk.reference)/8002 0082/'
}

# Room for more, and paths of certificates that keep pkcs15-init from
# replacing the first one.
plan_vary_roomy() { # FIRST-CERTIFICATE SECOND
	plan_edit '/path = "3F00\/5015\/7002"/s/size = 500/size = 1800/'
	plan_edit '/path = "3F00\/5015\/7004"/s/size = 500/size = 3000/'
	plan_edit '/path = "3F00\/5015\/7005"/s/size = 250/size = 1000/'
	plan_edit '/path = "3F00\/5015\/7006"/s/size = 250/size = 1500/'
	plan_edit "s/tlv(04, $1)/tlv(04, 3F005015$1)/"
	plan_edit "s/tlv(04, $2)/tlv(04, 3F005015$2)/"
}

# The GUIDs of the recorded card's containers.
plan_vary_guids() {
	plan_edit "s/guid_of(key.auth.modulus)/'{7B9FDAB2-EC99-6BAB-27F6-F2DA64295C5E}'/"
	plan_edit "s/guid_of(key.commit.modulus)/'{BDB55E4A-3557-C6DA-B871-90DB009A6C7E}'/"
}

plan_generic=E828BD080FD25047656E65726963

# The other flavour's application beside this one, with the same keys.
plan_vary_two_apps() {
	local other=$CB_SRC/data/profiles/iasecc-gemalto.profile
	{
		echo '		,'
		sed -n '/path = "3F00\/5015"/,/path = "3F00\/5015\/A002"/p' "$other"
		echo '		  access = "2B 13131300"; key = "commit"; }'
	} | sed 's/3F00\/5015/3F00\/DF02/' >"$T/plan.other"
	plan_edit "/path = \"3F00\/5015\/A002\"/{
		n
		r $T/plan.other
	}"
	plan_edit "/path = \"3F00\/2F00\"/,/}/s/)))\"); }/))) tlv(61, \
		tlv(4F, $plan_generic) tlv(50, 'IAS ECC Generic PKI') \
		tlv(73, tlv(4F, $plan_generic)))\"); }/"
}

plan_vary() { # CARD
	plan_vary_tries
	case $1 in
	other-fid) plan_edit 's/3F00\/5015/3F00\/DF01/' ;;
	last-63c0) plan_vary_answer ;;
	hash-algs) plan_vary_algorithms ;;
	local) plan_vary_local ;;
	no-fcp) plan_edit 's/keep_verified = true;/& silent_names = true;/' ;;
	strict) plan_vary_strict ;;
	hash-strict)
		plan_vary_algorithms
		plan_vary_strict
		;;
	two-apps)
		plan_vary_two_apps
		plan_vary_guids
		;;
	roomy) plan_vary_roomy 3401 3402 ;;
	esac
}

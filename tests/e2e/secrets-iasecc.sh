#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Secrets of a card of IAS ECC: where lib-secrets.sh looks for them.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

secrets_family=iasecc-oberthur
secrets_digits=8
secrets_keys=(i1 i2)
to_login=(00A4040C0DE828BD080FF2504F5420415750)
again=()
to_sign=(002241A406840181800102 00880000017700)
verify_holder() { echo "0020000108$(printf %s "$1" | hex)"; } # PASSCODE

# shellcheck source=tests/e2e/lib-secrets.sh
. "$CB_SRC/tests/e2e/lib-secrets.sh"

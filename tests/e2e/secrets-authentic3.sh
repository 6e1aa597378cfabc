#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# Secrets of an AuthentIC v3 card: where lib-secrets.sh looks for them.
#
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lib-opensc.sh
. "$CB_SRC/tests/e2e/lib-opensc.sh"

secrets_family=authentic3
secrets_digits=8
secrets_keys=(a30 a31)
to_login=(00A4040010A0000000770100700A1000F100000100 00A4000002501500)
again=()
to_sign=(002241B606800111830101 002A9E9A017700)
verify_holder() { echo "0020000108$(printf %s "$1" | hex)"; } # PASSCODE

# shellcheck source=tests/e2e/lib-secrets.sh
. "$CB_SRC/tests/e2e/lib-secrets.sh"

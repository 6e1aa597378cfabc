# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The cardbridge authors
#
# IAS ECC, where it does not matter whose: Oberthur's.
alias = "iasecc-oberthur";

# SPDX-License-Identifier: GPL-2.0-only
# Clients in a VRF: the path leaves their packets alone, and errors that pass postrouting twice
# on their way to them say what they said.
# shellcheck shell=bash

"$TOP/tests/same/same.py" --set slow --only vrf --test "$TEST" || fail "packets of a VRF go the slow way"
"$TOP/tests/same/same.py" --set bare --only vrf --test "$TEST" || fail "errors into a VRF are right"

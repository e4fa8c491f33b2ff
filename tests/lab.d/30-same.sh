# SPDX-License-Identifier: GPL-2.0-only
# With the forwarding path and without it, everything is the same: what both ends receive,
# conntrack's table after every packet, and its events.
# shellcheck shell=bash

"$TOP/tests/same/same.py" --test "$TEST" || fail "every scenario is the same with and without the path"
"$TOP/tests/same/same.py" --set bare --test "$TEST" || fail "and where nobody else has rules"

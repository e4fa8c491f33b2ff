#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Is what dnatctl prints as JSON what dnatctl-json(5) says, and nothing else?

usage: json_fields.py PAGE SECTION [some] <VALUES

VALUES are JSON values, one after the other: all that was printed for the
SECTION of the page.  A line for each field that is in one of the two alone.
With "some" there may be documented fields that were not printed.
"""
import json
import re
import sys


def documented(page, section):
    """The fields of a section."""
    fields, inside = set(), False
    for line in page.splitlines():
        if line.startswith((".Ss ", ".Sh ")):
            inside = line[4:] == section
        elif inside and line.startswith(".It Va "):
            fields.update(line[7:].split(" , "))
    return fields


def printed(value, path=""):
    """The fields of a value, those that have fields of their own by these."""
    if isinstance(value, list):
        return set().union(*(printed(v, path + "[]") for v in value))
    if not isinstance(value, dict):
        return {path}
    return set().union(*(printed(v, f"{path}.{k}" if path else k)
                         for k, v in value.items()))


def plain(path):
    """A list of strings is one field, and a list's objects are its fields."""
    return re.sub(r"\[\]$", "", re.sub(r"^\[\]\.", "", path))


def values(text):
    """All the values in a text."""
    decoder, at = json.JSONDecoder(), 0
    text = text.strip()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        while at < len(text) and text[at].isspace():
            at += 1


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        page = file.read()
    section = sys.argv[2]
    wanted = documented(page, section)
    got = set()
    for value in values(sys.stdin.read()):
        got |= {plain(path) for path in printed(value)} - {""}
    if section.startswith("apply"):
        got = {re.sub(r"^(before|after)\.", "", path) for path in got}
        wanted = (wanted - {"before", "after"}) | documented(page, "export")
    if "services[]" in wanted:
        service = documented(page, "service show") - {"up", "drain", "down",
                                                      "left"}
        wanted = wanted - {"services[]"} | {
            f"services[].{field}" for field in service}
        # A service without backends has none of their fields.
        got.discard("services[].backends")
    got.discard("backends" if section == "service show" else None)
    # What is null or has fields.
    wanted -= {field for field in wanted
               if any(path.startswith(field + ".") for path in got)}
    lines = [f"{section}: {field} is printed and not documented"
             for field in sorted(got - wanted)]
    if sys.argv[3:] != ["some"]:
        lines += [f"{section}: {field} is documented and not printed"
                  for field in sorted(wanted - got)]
    if not wanted or not got:
        lines.append(f"{section}: nothing to compare")
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(bool(lines))


main()

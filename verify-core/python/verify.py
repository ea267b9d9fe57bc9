#!/usr/bin/env python3
"""Checks evidence packages with nothing but Python's standard library (3.8 or newer).

    python3 verify.py PATH [--key VKEY[@FROM-TO]]... [--checkpoint FILE]... [--pin ITEM=SHA256[@FROM-TO]]...
                           [--head SEQ:SHA256] [--from D] [--to D] [--json]

PATH is an evidence root, a folder of packages, or one package. This is a second implementation of
the evidence format 1.0: written from the format's text (rule numbers such as F-34 are those of that
text), sharing no code with the verifier. Where tests found the two to differ, the text was made
clearer, and both follow it. It reads and never writes, opens no connection, extracts nothing.

It checks every code that the text marks "both": files and containers, hashes, canonical JSON, shapes
of all documents, the transcript, links, times, coverage, rules and baseline in force, signatures,
and checkpoints kept outside. It does not replay policies, drift or normalization, apply JSON Schemas
of a tenant, judge exceptions, witnesses or time-stamp tokens: these are listed as not evaluated.

A copy travels in every package as a convenience; the copy to trust is the one you brought yourself.
So are the keys and checkpoints: --key is the log's verifier key as it was given to you outside of the
evidence, with the first and last record it is good for if it has some; --checkpoint is a checkpoint
you kept from before, with FILE.leaves beside it if you kept the leaves too; --pin is the digest of the
policies, schemas, profile or baseline that were approved.

Exit codes: 0 verified, 1 integrity failed, 2 wrong usage, 3 whole but cycles are missing or only
explained, 5 inconclusive, 70 internal error.
"""

import argparse
import base64
import datetime
import functools
import gc
import hashlib
import json
import os
import re
import stat
import struct
import sys
import unicodedata
import zlib

try:
    import tomllib  # Python 3.11; without it what needs the profile is not evaluated
except ImportError:
    tomllib = None

# ------------------------------------------------------------------ limits (F-12) and finding codes

PACKAGE_BYTES, MEMBER_BYTES = 1 << 30, 256 << 20
TOTAL_BYTES, MANIFEST_BYTES = 1 << 30, 16 << 20
JSON_VALUES, SNAPSHOT_VALUES = 1000000, 4000000
MEMBERS, FILES, FOLDER_DEPTH, JSON_DEPTH = 10000, 1000000, 32, 64
EXPANSION, EXPANSION_FLOOR = 200, 1 << 20
FAULTS_SHOWN, CYCLES = 100, 1000000
MOST_OF_RECORD, MOST_OF_SOURCE = 100, 10000
LARGEST_INTEGER = (1 << 53) - 1

# Python holds a document several times while it reads it; this bound is its own. A larger one is hashed
# like every member, but not read, and the result is inconclusive.
DOCUMENT_BYTES, PIECE = 64 << 20, 1 << 20

# Codes this program can report, in the order of the checks; for each the first letters of its severity
# and of what it does to the exit code (integrity 1, cadence 3, note nothing).
WORDS = {word[0]: word for word in ("critical", "high", "medium", "low")}
EFFECTS = {word[0]: word for word in ("integrity", "cadence", "note")}
CODES = {code: (WORDS[weight[0]], EFFECTS[weight[1]]) for code, weight in (part.split(":") for part in """
SRC-TYPE:hi SRC-NAME:mn SRC-STRAY:ln SRC-LIMITS:hi SRC-STABLE:hi PKG-ZIP-STRUCT:ci PKG-ZIP-PREFIX:hi
PKG-ZIP-TRAILER:hi PKG-ZIP-GAP:hi PKG-ZIP-COMMENT:hi PKG-ZIP-HEADERS:ci PKG-ZIP-HIDDEN:ci PKG-ZIP-DUP:ci
PKG-ZIP-COLLIDE:ci PKG-ZIP-OVERLAP:ci PKG-ZIP-NAME:ci PKG-ZIP-TYPE:ci PKG-ZIP-METHOD:hi PKG-ZIP-EXTRA:hi
PKG-ZIP-ZIP64:hi PKG-ZIP-SIZES:ci PKG-ZIP-CRC:ci PKG-ZIP-LIMITS:ci PKG-MISSING:ci PKG-MEMBERS:ci PKG-HASH-PAYLOAD:ci
PKG-HASH-MEMBER:ci PKG-HASH-STATE:ci PKG-HASH-RULES:ci PKG-SUMS:hi JSON-UTF8:hi JSON-SYNTAX:hi JSON-TRAILING:hi
JSON-DUPKEY:hi JSON-NUMBER:hi JSON-LIMITS:hi JSON-CANON:hi SCHEMA-VERSION:ci SCHEMA-REQUIRED:hi SCHEMA-TYPE:hi
SCHEMA-UNKNOWN:hi SCHEMA-DIGEST:ci SCHEMA-ID:mn SCHEMA-TIME:hi SCHEMA-BIND:ci COLLECT-COMPLETE:hi
COLLECT-TRANSCRIPT:hi CHAIN-EMPTY:cn CHAIN-GENESIS:hi CHAIN-LINK:ci CHAIN-SEQ:ci CHAIN-GAP:ci CHAIN-DUP:mn
CHAIN-FORK:ci CHAIN-COPY:ci CHAIN-ORDER:ln CHAIN-TIME:hi CHAIN-ORIGIN:ci CHAIN-ID:ci CHAIN-CADENCE:hc
CHAIN-PERIOD:hc CHAIN-TRUNCATED:hc ANCHOR-HEAD:ci SIG-PRESENT:ci SIG-KEY:ci SIG-VALID:ci SIG-BIND:ci SIG-ROTATE:hi
SIG-LATE:ln ANCHOR-CHECKPOINT:ci RULES-UNAPPROVED:ci RULES-BASELINE:ci POLICY-PIN:ci POLICY-BIND:ci OUT-ESCAPE:mn
""".split())}

NOT_EVALUATED = [
    "policy replay (POLICY-PARSE, POLICY-BUILTIN, POLICY-LIMITS, POLICY-REPLAY): results are hashed, not re-performed",
    "drift replay (DRIFT-REPLAY): recorded drift is hashed, not recomputed",
    "normalization (NORM-REPLAY): kept bodies are hashed, not normalized again",
    "state schemas (SCHEMA-SNAPSHOT): what a tenant's own JSON Schemas demand",
    "exceptions (EXCEPTION-EXPIRED): whether they cover a violation",
    "witnesses (ANCHOR-WITNESS): lines of witnesses say nothing here",
    "locks (LOCK-DECLARED, LOCK-RETENTION, LOCK-VERSIONS, LOCK-KEY, LOCK-RECEIPT): a folder has none to show, and no "
    "store is asked",
    "time stamps (TS-PRESENT, TS-VALID, TS-IMPRINT, TS-SKEW, TS-LATE): tokens are hashed, not verified",
]
if tomllib is None:
    NOT_EVALUATED.append("what needs the profile (a part of COLLECT-COMPLETE and COLLECT-TRANSCRIPT): this Python is "
                         "older than 3.11")
ORDER = {code: index for index, code in enumerate(CODES)}


class Findings:
    """What is wrong, collected; every check runs, none hides a later one."""

    def __init__(self):
        self.rows, self.listed, self.omitted = [], {}, 0

    def add(self, code, message, expected="", found="", sequence=None, file=None, member=None, pointer=None):
        listed = self.listed.get((code, sequence), 0) + 1
        if listed > (MOST_OF_SOURCE if sequence is None else MOST_OF_RECORD):
            self.omitted += 1  # a flood of one code is counted, the first ones are listed
            return
        self.listed[code, sequence] = listed
        self.rows.append({"code": code, "severity": CODES[code][0], "sequence": sequence, "file": file,
                          "member": member, "pointer": pointer, "expected": text_of(expected),
                          "found": text_of(found), "message": message})

    def at(self, **place):
        """A function that adds findings at one place."""
        return lambda code, message, expected="", found="", **more: self.add(
            code, message, expected, found, **dict(place, **more))

    def join(self, other):
        self.rows += other.rows
        self.omitted += other.omitted

    def sorted(self):
        return sorted(self.rows, key=lambda row: (
            ORDER[row["code"]], -1 if row["sequence"] is None else row["sequence"],
            row["file"] or "", row["member"] or "", row["pointer"] or "", row["message"], row["expected"],
            row["found"]))

    def count(self, effect):
        return sum(1 for row in self.rows if CODES[row["code"]][1] == effect)


def text_of(value):
    """A value of the evidence as short text; digests stay whole."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bytes):
        text = value[:1000].decode("ascii", "backslashreplace")
    elif isinstance(value, (dict, list)) and len(value) > 100:
        text = "%d items" % len(value)
    else:
        text = json.dumps(value)
    return text if len(text) <= 300 else text[:300] + "..."


def shown(text):
    """Untrusted text for a terminal: printable ASCII as it is, everything else escaped."""
    return "".join(c if " " <= c <= "~" else "\\u{%x}" % ord(c) for c in str(text))


# One tenant and environment; the first line of a checkpoint and a field of every manifest.
ORIGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# --------------------------------------------------------------------- canonical JSON (F-13, RFC 8785)

class JsonFault(Exception):
    """Why a text is not what it should be: a JSON-... code and what was found."""

    def __init__(self, code, found):
        super().__init__(found)
        self.code, self.found = code, found


def number_text(value):
    """A double as ECMAScript writes it (RFC 8785 section 3.2.2.3).

    Python's repr finds the same shortest digits; only the layout differs."""
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + "e%+d" % (point - 1)
    return "-" + text if value < 0 else text


def utf16_key(key):
    """Keys are ordered by UTF-16 code units, not by code points (RFC 8785 section 3.2.3)."""
    return key.encode("utf-16-be", "surrogatepass")


class JsonReader:
    """One strict reading of one text. Python's parser is lenient about doubled keys, NaN, huge
    numbers and half surrogates; each hook here takes one of these liberties away."""

    def __init__(self):
        self.python_floats = True  # every double so far is written by Python as ECMAScript does

    def integer(self, text):
        if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
            raise JsonFault("JSON-NUMBER", text[:80])
        return int(text)

    def double(self, text):
        value = float(text)
        zero = not re.match(r"-?[0.]*[1-9]", text)
        if value in (float("inf"), float("-inf")) or (value == 0 and not zero):
            raise JsonFault("JSON-NUMBER", text[:80])
        if LARGEST_INTEGER < abs(value) < 1e21:  # would be written as an integer
            raise JsonFault("JSON-NUMBER", text[:80])
        if number_text(value) != repr(value):
            self.python_floats = False
        return value

    @staticmethod
    def constant(text):
        raise JsonFault("JSON-SYNTAX", text)

    @staticmethod
    def members(pairs):
        """An object, its keys in canonical order whatever the order of the text."""
        value = dict(pairs)
        if len(value) != len(pairs):
            seen = set()
            raise JsonFault("JSON-DUPKEY", next(key for key, _ in pairs if key in seen or seen.add(key)))
        keys = list(value)
        ordered = sorted(keys) if "".join(keys).isascii() else sorted(keys, key=utf16_key)
        return value if keys == ordered else {key: value[key] for key in ordered}

    def read(self, data):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise JsonFault("JSON-UTF8", "byte %d is not UTF-8" % error.start)
        decoder = json.JSONDecoder(object_pairs_hook=self.members, parse_float=self.double,
                                   parse_int=self.integer, parse_constant=self.constant)
        try:
            value = decoder.decode(text)
        except json.JSONDecodeError as error:
            # "01" and "1." are broken numbers, not a number with something after it.
            trailing = error.msg.startswith("Extra data") and not re.match(
                "[0-9][0-9.eE]", text[error.pos - 1:error.pos + 1])
            raise JsonFault("JSON-TRAILING" if trailing else "JSON-SYNTAX",
                            "%s at character %d" % (error.msg, error.pos))
        except RecursionError:
            raise JsonFault("JSON-LIMITS", "nesting far beyond %d" % JSON_DEPTH)
        check_depth(value)
        return value

    def write(self, value):
        """The canonical bytes of what was read."""
        text = (json.dumps(value, ensure_ascii=False, separators=(",", ":")) if self.python_floats
                else canonical_text(value))
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:
            raise JsonFault("JSON-UTF8", "an escape of half a surrogate pair")


def check_depth(value):
    level, depth = [value], 0
    while True:
        level = [item for item in level if isinstance(item, (dict, list))]
        if not level:
            return
        depth += 1
        if depth > JSON_DEPTH:
            raise JsonFault("JSON-LIMITS", "nesting beyond %d" % JSON_DEPTH)
        level = [item for outer in level
                 for item in (outer.values() if isinstance(outer, dict) else outer)]


def canonical_text(value):
    """RFC 8785 text of a value whose objects are in canonical order already."""
    if isinstance(value, dict):
        return "{%s}" % ",".join(canonical_text(k) + ":" + canonical_text(v) for k, v in value.items())
    if isinstance(value, list):
        return "[%s]" % ",".join(map(canonical_text, value))
    if isinstance(value, float):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


def count_values(data):
    """Commas and colons outside of strings: a text of so many values becomes a tree of so much memory."""
    if data.count(b",") + data.count(b":") <= JSON_VALUES:
        return 0
    outside = re.sub(rb'"[^"\\]*(?:\\.[^"\\]*)*"', b"", data, flags=re.DOTALL)
    return outside.count(b",") + outside.count(b":")


def check_values(value, most):
    """No entity, and no other top-level member, of a large snapshot has more values than a document may."""
    for member in value.values() if isinstance(value, dict) else []:
        for index, part in enumerate(member if isinstance(member, list) else [member]):
            level, count = [part], 1 if index else 0  # the comma before it is its own
            while level:
                inner = [item for item in level if isinstance(item, (dict, list))]
                count += sum(2 * len(item) - 1 if isinstance(item, dict) else len(item) - 1
                             for item in inner if item)
                if count > most:
                    raise JsonFault("JSON-LIMITS", "more than %d values in one entity" % most)
                level = [item for outer in inner
                         for item in (outer.values() if isinstance(outer, dict) else outer)]


def read_canonical(data, most=JSON_VALUES):
    """Reads a text that must be its own canonical form. Returns the value and, for an object, the
    bytes of each of its top-level members."""
    if len(data) > MEMBER_BYTES:
        raise JsonFault("JSON-LIMITS", "%d bytes" % len(data))
    count = count_values(data)
    if count > most:
        raise JsonFault("JSON-LIMITS", "more than %d values" % most)
    reader = JsonReader()
    value = reader.read(data)
    if count > JSON_VALUES:
        check_values(value, JSON_VALUES)
    if not isinstance(value, dict):
        parts, again = {}, reader.write(value)
    else:
        parts = {key: reader.write(item) for key, item in value.items()}
        again = b"{" + b",".join(reader.write(k) + b":" + part for k, part in parts.items()) + b"}"
    if again != data:
        raise JsonFault("JSON-CANON", "another spelling of the same document")
    return value, parts


def read_lines(data):
    """Canonical JSON lines (F-13): one object per line, each line ended by one newline."""
    rows = []
    if data.count(b"\n") > JSON_VALUES:
        raise JsonFault("JSON-LIMITS", "more than %d lines" % JSON_VALUES)
    for line in data.split(b"\n")[:-1]:
        value, _ = read_canonical(line)
        if not isinstance(value, dict):
            raise JsonFault("JSON-CANON", "a line that is no object")
        rows.append(value)
    if data and not data.endswith(b"\n"):
        raise JsonFault("JSON-CANON", "a last line without newline")
    return rows


# Characters on which a terminal acts, or which hide or reorder what is shown (F-142). In canonical text those
# below U+0020 are escapes; the second pattern also meets an escaped backslash before such letters.
MISLEADING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069"
                        "\ufeff\U000e0000-\U000e007f]")
PERHAPS_MISLEADING = re.compile(MISLEADING.pattern + r"|\\[bf]|\\u00[01]")


def misleading_in(value, at=""):
    """Pointer and character, in the order of the document; a key stands for its object."""
    if isinstance(value, str):
        for character in MISLEADING.findall(value):
            yield at, character
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from misleading_in(item, "%s/%d" % (at, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from misleading_in(key, at)
            yield from misleading_in(item, below(at, key))


def first_misleading(data, value):
    """Pointer of the first such character of a document, itself, and how many there are; None if there is none."""
    if data.isascii() and b"\\" not in data and b"\x7f" not in data:
        return None
    if not PERHAPS_MISLEADING.search(data.decode("utf-8")):
        return None
    found = list(misleading_in(value))
    return (found[0][0], found[0][1], len(found)) if found else None


def digest_of_set(entries):
    """F-14: SHA-256 of the canonical object {name: digest}. Names are plain ASCII."""
    ordered = {name: entries[name] for name in sorted(entries)}
    return sha256(canonical_text(ordered).encode("utf-8"))


# ---------------------------------------------------------------------------- times and schedule (F-11, F-61)

EPOCH = datetime.datetime(1970, 1, 1)
DAY, LATEST = 86400, 253402207200  # the last second of F-11


def seconds(text):
    """Seconds since 1970 of a time of the format, or None."""
    if not isinstance(text, str) or not re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        return None
    try:
        moment = datetime.datetime(*map(int, re.split("[-T:Z]", text)[:6]))
    except ValueError:
        return None
    since = (moment - EPOCH) // datetime.timedelta(seconds=1)
    return since if since <= LATEST else None


@functools.lru_cache(maxsize=16)
def date_text(day):
    return (EPOCH + datetime.timedelta(days=day)).date().isoformat()


def time_text(moment):
    day, rest = divmod(moment, DAY)
    return "%sT%02d:%02d:%02dZ" % (date_text(day), rest // 3600, rest // 60 % 60, rest % 60)


def cron_field(text, low, high):
    """The numbers one cron field stands for; ValueError for anything beyond F-61."""
    numbers = set()
    for part in text.split(","):
        match = re.fullmatch(r"(?:(\*)|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([0-9]{1,2}))?", part)
        if not match:
            raise ValueError(part)
        star, first, last, step = match.groups()
        first = low if star else int(first)
        last = int(last) if last else (high if star or step else first)
        step = int(step) if step else 1
        if not (low <= first <= last <= high and 1 <= step <= high):
            raise ValueError(part)
        numbers.update(range(first, last + 1, step))
    return numbers


class Schedule:
    """The promised cycles (F-60, F-61)."""

    def __init__(self, schedule):
        fields = schedule["cron"].split(" ")
        if len(fields) != 5 or schedule["timezone"] != "UTC":
            raise ValueError("five cron fields in UTC expected")
        ranges = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]
        minutes, hours, self.days, self.months, weekdays = [
            cron_field(text, low, high) for text, (low, high) in zip(fields, ranges)]
        self.weekdays = {number % 7 for number in weekdays}
        self.either = fields[2] != "*" and fields[4] != "*"
        self.times = [hour * 3600 + minute * 60 for hour in sorted(hours) for minute in sorted(minutes)]
        self.tolerance = schedule["tolerance_seconds"]

    def on(self, day):
        date = EPOCH + datetime.timedelta(days=day)
        by_day, by_weekday = date.day in self.days, date.isoweekday() % 7 in self.weekdays
        matches = (by_day or by_weekday) if self.either else (by_day and by_weekday)
        return matches and date.month in self.months

    def between(self, first, last):
        for day in range(first // DAY, last // DAY + 1):
            if self.on(day):
                for time in self.times:
                    if first <= day * DAY + time <= last:
                        yield day * DAY + time

    def count(self, first, last):
        """How many slots there are; whole days are not walked through."""
        days = range(first // DAY, last // DAY + 1)
        partly = {day for day in (first // DAY, last // DAY) if self.on(day)}
        whole = sum(1 for day in days if self.on(day)) - len(partly.intersection(days))
        edges = sum(1 for day in partly.intersection(days) for time in self.times if first <= day * DAY + time <= last)
        return whole * len(self.times) + edges

    def answers(self, slot, started):
        return slot <= started <= slot + self.tolerance  # F-62


# ------------------------------------------------------------------------ shapes of documents (sections 3, 4 and 9)
# A rule is a function (value, pointer, say) that calls say(code, pointer, expected, found).

def matching(pattern, expected, code="SCHEMA-TYPE"):
    compiled = re.compile(pattern)

    def rule(value, at, say):
        if not isinstance(value, str):
            say("SCHEMA-TYPE", at, expected, value)
        elif not compiled.fullmatch(value):
            say(code, at, expected, value)
    return rule


def of_type(kinds, expected):
    def rule(value, at, say):
        if not isinstance(value, kinds):
            say("SCHEMA-TYPE", at, expected, value)
    return rule


def time_rule(value, at, say):
    if not isinstance(value, str):
        say("SCHEMA-TYPE", at, "a time", value)
    elif seconds(value) is None:
        say("SCHEMA-TIME", at, "a time like 2024-05-15T08:00:00Z", value)


def count_up_to(most):
    def rule(value, at, say):
        if type(value) is not int or not 0 <= value <= most:  # a bool is an int in Python
            say("SCHEMA-TYPE", at, "an integer from 0 to %d" % most, value)
    return rule


def nullable(inner):
    return lambda value, at, say: None if value is None else inner(value, at, say)


def anything(value, at, say):
    del value, at, say


def one_of(*values):
    return matching("|".join(map(re.escape, values)), "one of " + ", ".join(values))


def array_of(inner, least=0, most=LARGEST_INTEGER):
    def rule(value, at, say):
        if not isinstance(value, list):
            return say("SCHEMA-TYPE", at, "an array", value)
        if not least <= len(value) <= most:
            say("SCHEMA-TYPE", at, "an array of %d to %d" % (least, most), value)
        for index, item in enumerate(value):
            inner(item, "%s/%d" % (at, index), say)
    return rule


def below(at, name):
    """The pointer of a member (RFC 6901)."""
    return at + "/" + name.replace("~", "~0").replace("/", "~1")


def map_of(key_rule, inner):
    """Any names of one form; a name of another form is a fault of the whole object."""
    def rule(value, at, say):
        if not isinstance(value, dict):
            return say("SCHEMA-TYPE", at, "an object", value)
        for key, item in value.items():
            key_rule(key, at, say)
            inner(item, below(at, key), say)
    return rule


def fields(**rules):
    """An object with exactly these fields (F-2)."""
    def rule(value, at, say):
        if not isinstance(value, dict):
            return say("SCHEMA-TYPE", at, "an object", value)
        for name in rules:
            if name in value:
                rules[name](value[name], at + "/" + name, say)
            else:
                say("SCHEMA-REQUIRED", at + "/" + name, "the field", "none")
        for name in value:
            if name not in rules:
                say("SCHEMA-UNKNOWN", below(at, name), "no such field", "the field")
    return rule


def together(inner, fits):
    """Fields that depend on one another: fits(value) says for each field whether it does."""
    def rule(value, at, say):
        inner(value, at, say)
        for name, holds in fits(value).items() if isinstance(value, dict) else ():
            if name in value and not holds:
                say("SCHEMA-TYPE", at + "/" + name, "what fits the other fields", value[name])
    return rule


def is_null(value, name, null):
    """Whether a field is null, or is text, as it must be."""
    return value.get(name) is None if null else isinstance(value.get(name), str)


KINDS = ("genesis", "snapshot", "approval", "failure", "revalidation", "exception", "explanation", "key_change")
OUTCOMES = ("complete", "partial", "denied", "not_licensed", "quarantined", "failed")
RESERVED = ("extraction_metadata", "observations", "provenance")
RULES = ("policies", "schemas", "profile", "inputs")
SUBJECTS = ("policies", "schemas", "profile", "schedule")
ACTIONS = {"genesis": "CHAIN_STARTED", "snapshot": "EVIDENCE_UPLOADED", "approval": "APPROVAL_RECORDED",
           "failure": "FAILURE_RECORDED", "exception": "EXCEPTION_RECORDED",
           "explanation": "EXPLANATION_RECORDED",
           "key_change": "KEY_CHANGE_RECORDED"}  # F-38; the reserved kind has none yet

text = matching(r"(?s).+", "a text that is not empty")
string = matching(r"(?s).*", "a text")
boolean = of_type(bool, "true or false")
digest = matching("[0-9a-f]{64}", "64 lower-case hexadecimal digits", "SCHEMA-DIGEST")
prefixed = matching("sha256:[0-9a-f]{64}", "sha256: and 64 lower-case hexadecimal digits", "SCHEMA-DIGEST")
count = count_up_to(LARGEST_INTEGER)
identifier = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", "1 to 80 of A-Z a-z 0-9 . _ -")
origin_rule = matching(ORIGIN.pattern, "1 to 200 of A-Z a-z 0-9 . _ - /")
resource_name = matching(r"(?!(?:%s)$)[a-z][a-z0-9_]{0,59}" % "|".join(RESERVED), "a resource name")
member_name = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}",
                       "a member name (F-102)")
key_text = matching(r"[^+\s]+[+][0-9a-f]{8}[+][A-Za-z0-9+/]+={0,2}", "a verifier key (F-123)")
tenant_rule = fields(platform=text, region=text, organization_id=text, subdomain=text)


def cron_rule(value, at, say):
    matching(r"[0-9*,/ -]{9,}", "five cron fields (F-61)")(value, at, say)


schedule_rule = fields(cron=cron_rule, timezone=one_of("UTC"), tolerance_seconds=count_up_to((1 << 32) - 1))


def resource_fits(value):
    complete = value.get("outcome") == "complete"
    return {"reason": is_null(value, "reason", complete), "sha256": is_null(value, "sha256", not complete)}


def manifest_fits(value):
    """What depends on kind and sequence (F-32, F-35, F-37, F-42, F-50)."""
    kind, first = value.get("kind"), type(value.get("sequence")) is int and value["sequence"] == 0
    snapshot, resources = kind == "snapshot", value.get("resources")
    result = {"kind": (kind == "genesis") == first, "chain_id": is_null(value, "chain_id", first),
              "previous_manifest_sha256": is_null(value, "previous_manifest_sha256", first),
              "state_sha256": is_null(value, "state_sha256", not snapshot),
              "resources": not isinstance(resources, dict) or bool(resources) == snapshot,
              "scheduled_utc": is_null(value, "scheduled_utc", kind not in ("snapshot", "failure"))}
    if first:
        result["previous_snapshot_sha256"] = value.get("previous_snapshot_sha256") is None
    if not snapshot:
        result["baseline"] = value.get("baseline") is None
    return result


MANIFEST = together(fields(
    manifest_version=text, kind=one_of(*KINDS), origin=origin_rule, collection_id=identifier,
    collection_cycle=text, sequence=count, chain_id=nullable(digest), tenant=tenant_rule, payload_path=text,
    payload_sha256=digest, previous_snapshot_sha256=nullable(digest), previous_manifest_sha256=nullable(digest),
    state_sha256=nullable(digest), policies_sha256=digest, schemas_sha256=digest, profile_sha256=digest,
    inputs_sha256=digest,
    resources=map_of(resource_name, together(fields(
        outcome=one_of(*OUTCOMES), reason=nullable(string), count=count, reported_total=nullable(count),
        pages=count, sha256=nullable(digest), schema=nullable(member_name)), resource_fits)),
    baseline=nullable(fields(collection_id=identifier, sequence=count, state_sha256=digest,
                             approval_sequence=count)),
    files=array_of(fields(path=member_name, size=count, sha256=digest, stored_size=count, stored_sha256=digest), 1),
    schedule=schedule_rule, scheduled_utc=nullable(time_rule), started_utc=time_rule, finished_utc=time_rule,
    sealed_utc=time_rule, storage_class=nullable(string), object_lock_mode=nullable(string),
    retention_until=nullable(time_rule), encryption_key_id=nullable(string),
    omissions=array_of(fields(proof=one_of("checkpoint", "store", "timestamp"), reason=text), 0, 3),
    audit_log_entry=fields(action=text, actor=text, timestamp_utc=time_rule),
    tool=fields(name=text, version=text, source_revision=text, policy_engine=text)), manifest_fits)


def metadata_of(word):
    return fields(
        timestamp_utc=time_rule, subdomain=word, api_version=word, collection_cycle=word, service_account_id=word,
        collection_id=identifier, platform=word, region=word, organization_id=word, profile=word,
        scheduled_utc=time_rule, started_utc=time_rule, finished_utc=time_rule, propagation_wait_seconds=count,
        redaction_key_id=nullable(string))


def approval_fits(value):
    baseline = value.get("subject") == "baseline"
    return {"baseline": isinstance(value.get("baseline"), dict) if baseline else value.get("baseline") is None,
            "before_sha256": baseline or isinstance(value.get("before_sha256"), str)}


PAYLOADS = {
    "genesis": fields(genesis=fields(
        origin=origin_rule, tenant=tenant_rule, log_key=nullable(key_text), approved_by=text, ticket=text, reason=text,
        approved_utc=time_rule, schedule=schedule_rule,
        rules=fields(**{name + "_sha256": digest for name in SUBJECTS}))),
    "approval": fields(approval=together(fields(
        subject=one_of("baseline", *SUBJECTS), approved_by=text, ticket=text, reason=text,
        approved_utc=time_rule, before_sha256=nullable(digest), after_sha256=digest,
        baseline=nullable(fields(collection_id=identifier, sequence=count, state_sha256=digest))), approval_fits)),
    "failure": fields(extraction_metadata=metadata_of(text), failure=fields(
        stage=one_of("sign_in", "extract"), code=text, message=text, attempts=count)),
    "exception": fields(exception=fields(
        control_id=text, resource=text, entity=text, owner=text, approved_by=text, ticket=text, reason=text,
        valid_from_utc=time_rule, expires_utc=time_rule)),
    "explanation": fields(explanation=fields(
        scheduled_utc=time_rule, explained_by=text, ticket=text, reason=text, written_after=count)),
    "key_change": fields(key_change=fields(
        old_key=nullable(key_text), new_key=key_text, first_sequence=count, emergency=boolean, approved_by=text,
        ticket=text, reason=text, approved_utc=time_rule)),
}


def control_fits(value):
    skipped = value.get("status") == "NOT_EVALUATED"
    return {"reason": is_null(value, "reason", not skipped),
            "status_with_exceptions": (value.get("status_with_exceptions") == "NOT_EVALUATED") == skipped}


def results_fit(value):
    none = "baseline_hash" in value and value["baseline_hash"] is None
    detected = value.get("drift_detected")
    return {"drift_detected": detected is None if none else isinstance(detected, bool)}


status_rule = one_of("PASS", "FAIL", "NOT_EVALUATED")
notices = array_of(fields(instance_path=string, schema_path=string, message=text))
VALIDATION = fields(validation_results=together(fields(
    timestamp_utc=time_rule, baseline_hash=nullable(prefixed), current_hash=prefixed, drift_detected=nullable(boolean),
    policy_violations=array_of(fields(
        control_id=text, policy=text, resource=text, entity=string, message=string, details=anything,
        exception_sequence=nullable(count))),
    controls_validated=array_of(together(fields(
        control_id=text, description=text, status=status_rule, status_with_exceptions=status_rule,
        evidence_reference=text, policy=text, criteria=array_of(text), reason=nullable(string)), control_fits)),
    schema_validation=map_of(resource_name, fields(schema=nullable(member_name), validated=count, notices=notices)),
    quarantine=array_of(fields(resource=resource_name, member=member_name, schemas=array_of(member_name),
                               errors=notices))), results_fit))


def drift_fits(value):
    evaluated = value.get("evaluated") is True
    changes = value.get("changes")
    return {"reason": is_null(value, "reason", evaluated),
            "against": not evaluated or isinstance(value.get("against"), dict),
            "current_sha256": not evaluated or isinstance(value.get("current_sha256"), str),
            "changes": evaluated or not isinstance(changes, list) or not changes}


elements = nullable(of_type(list, "an array"))
comparison = fields(resources=map_of(resource_name, together(fields(
    evaluated=boolean, reason=nullable(string), against=nullable(fields(sequence=count, sha256=digest)),
    current_sha256=nullable(digest), changes=array_of(fields(
        change=one_of("added", "removed", "changed", "reidentified"), entity=string,
        pointer=matching(r"(?:/(?:[^/~]|~[01])*)*", "a JSON pointer"), previous=anything, new=anything,
        set_removed=elements, set_added=elements, provenance=nullable(of_type(dict, "an object"))))), drift_fits)))
DRIFT = fields(against_baseline=nullable(comparison), against_previous=comparison)

EXCHANGE = fields(
    resource=string, parent=nullable(string), page=count, round=count, attempt=count, method=string, target=string,
    status=nullable(count_up_to(65535)), error=nullable(string), started_utc=string, duration_ms=count, bytes=count,
    received_sha256=nullable(digest), kept_sha256=nullable(digest), kept_as=nullable(string),
    entities=nullable(count), reported_total=nullable(count), correlation_id=nullable(string),
    rate_limit=map_of(string, string))


def check_shape(rule, value, what, say):
    """Applies a rule; True if the value keeps it. Every place and code is told once, in order (F-116)."""
    wrong = {}

    def fault(code, at, expected, found):
        wrong.setdefault((at, ORDER[code]), (code, expected, found))
        if len(wrong) > 20 * FAULTS_SHOWN:  # a hostile document can have millions
            for place in sorted(wrong)[FAULTS_SHOWN:]:
                del wrong[place]
    rule(value, "", fault)
    for place in sorted(wrong)[:FAULTS_SHOWN]:
        code, expected, found = wrong[place]
        say(code, "%s%s is not of the format" % (what, place[0]), expected, found, pointer=place[0])
    return not wrong


def check_id_and_action(manifest, say):
    """F-21 and F-38: the id follows from kind and time, the action from the kind."""
    kind, log = manifest["kind"], manifest["audit_log_entry"]
    moment = manifest["scheduled_utc"] or manifest["sealed_utc"]
    wanted = "%s-%s-%s" % ("evidence" if kind == "snapshot" else kind, moment[:10], moment[11:16].replace(":", ""))
    if manifest["collection_id"] != wanted:
        say("SCHEMA-ID", "the collection id does not follow from kind and time", wanted, manifest["collection_id"],
            pointer="/collection_id")
    if kind in ACTIONS and log["action"] != ACTIONS[kind]:
        say("SCHEMA-BIND", "the audit log entry names another action", ACTIONS[kind], log["action"],
            pointer="/audit_log_entry/action")


class Manifests:
    """Reads manifests, each distinct one once: most are seen twice, in chain/ and in their package."""

    def __init__(self):
        self.known = {}

    def read(self, data):
        """The manifest, or None if it is not understood (F-25), and what is wrong with it."""
        key = sha256(data)
        if key not in self.known:
            own = Findings()
            self.known[key] = (self.parse(data, own), own.rows)
        return self.known[key]

    @staticmethod
    def parse(data, findings):
        say = findings.at()
        try:
            manifest, _ = read_canonical(data)
        except JsonFault as fault:
            say(fault.code, "the manifest is not canonical JSON", "RFC 8785 form", fault.found)
            if fault.code != "JSON-CANON":
                return None
            reader = JsonReader()
            # It can still be said what it holds, as it would be spelt: 5.0 is the integer 5 (F-116).
            manifest = JsonReader().read(reader.write(reader.read(data)))
        version = manifest.get("manifest_version") if isinstance(manifest, dict) else None
        if isinstance(version, str) and version != "1.0":  # F-30
            say("SCHEMA-VERSION", "the format version is not known", "1.0", version, pointer="/manifest_version")
            return None
        return manifest if check_shape(MANIFEST, manifest, "manifest", say) else None


# ------------------------------------------------------------------------- container (F-100 to F-102)
# Every byte of a package but names, CRCs, sizes, offsets and contents is a constant. The headers are
# therefore read field by field and compared; no zip library, lenient by design, takes part.

LOCAL = struct.Struct("<4s5H3I2H")           # APPNOTE 4.3.7
CENTRAL = struct.Struct("<4s6H3I5H2I")       # APPNOTE 4.3.12
END = struct.Struct("<4s4H2IH")              # APPNOTE 4.3.16
MADE_BY, NEEDED, TIME, DATE = 0x0314, 20, 0, 0x0021
INTERNAL, EXTERNAL = 0, 0o100644 << 16
ZIP64 = (b"PK\x06\x06", b"PK\x06\x07")
UNLISTED = ("manifest.json", "SHA256SUMS")
NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}")


class Refused(Exception):
    """A container fault that leaves nothing to look at."""

    def __init__(self, code, message, expected="", found=""):
        super().__init__(message)
        self.fault = (code, message, expected, found)


def escaped(name):
    """A member name as findings show it: ASCII, everything else escaped, never long."""
    special = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 39: "\\'", 92: "\\\\"}
    whole = "".join(special.get(b, chr(b) if 32 <= b < 127 else "\\x%02x" % b) for b in name[:129])
    return whole if len(whole) <= 128 else whole[:128] + "..."


class Member:
    """One directory entry, and where its content lies."""

    def __init__(self, values, name, extra, comment):
        (_, self.made_by, self.needed, self.flags, self.method, self.time, self.date, self.crc, self.stored_size,
         self.size, _, _, _, self.disk, self.internal, self.external, self.offset) = values
        self.raw_name, self.extra, self.comment, self.name = name, extra, comment, escaped(name)
        self.plain = NAME.fullmatch(name) is not None
        self.start = self.end = None

    def shared(self):
        """The fields that the local header repeats."""
        return (self.needed, self.flags, self.method, self.time, self.date, self.crc, self.stored_size,
                self.size, len(self.raw_name), len(self.extra))

    def rank(self):
        return (UNLISTED.index(self.name) if self.name in UNLISTED else 2, self.raw_name)


def end_record(data):
    """Offset of directory and end record, and the number of entries."""
    at = len(data) - END.size
    if at < 0 or data[at:at + 4] != b"PK\x05\x06" or data[-2:] != b"\0\0":
        raise no_end_record(data)
    _, disk, start_disk, here, entries, size, offset, _ = END.unpack_from(data, at)
    if entries == 0xffff or 0xffffffff in (size, offset):
        raise Refused("PKG-ZIP-ZIP64", "the package uses zip64", "32-bit sizes", "a mark of zip64")
    if (disk, start_disk, here) != (0, 0, entries):
        raise Refused("PKG-ZIP-STRUCT", "the end record speaks of several disks", "0 0 %d" % entries,
                      "%d %d %d" % (disk, start_disk, here))
    if entries > MEMBERS:
        raise Refused("PKG-ZIP-LIMITS", "too many members", "at most %d" % MEMBERS, entries)
    if offset + size != at:
        code = "PKG-ZIP-STRUCT"
        if offset + size < at:
            if at >= 20 and bytes(data[at - 20:at - 16]) in ZIP64:
                code = "PKG-ZIP-ZIP64"
            elif walked_end(data, offset, entries) == at:
                code = "PKG-ZIP-STRUCT"
            elif data[at - size:at - size + 4] == b"PK\x01\x02":
                code = "PKG-ZIP-PREFIX"
            elif data[offset:offset + 4] == b"PK\x01\x02":
                code = "PKG-ZIP-GAP"
        raise Refused(code, "the directory does not end at the end record", at, offset + size)
    return offset, at, entries


def no_end_record(data):
    """Names the reason why the last 22 bytes are no end record without comment."""
    at = data.rfind(b"PK\x05\x06")
    if at >= 0 and at + END.size <= len(data):
        end = at + END.size + END.unpack_from(data, at)[7]
        if end == len(data):
            return Refused("PKG-ZIP-COMMENT", "the package carries a comment", "none", "%d bytes" % (end - at - 22))
        if end < len(data):
            return Refused("PKG-ZIP-TRAILER", "bytes follow the end record", "none", "%d bytes" % (len(data) - end))
    return Refused("PKG-ZIP-STRUCT", "the package is cut off or no zip", "an end record in the last 22 bytes", "none")


def in_a_comment(data):
    """Whether an earlier end record has a comment that reaches to the end of the file."""
    at = data.find(b"PK\x05\x06", max(len(data) - END.size - 0xffff, 0))
    while at >= 0 and at + END.size <= len(data):
        length = END.unpack_from(data, at)[7]
        if length and at + END.size + length == len(data):
            return True
        at = data.find(b"PK\x05\x06", at + 1)
    return False


def entry_at(data, offset, end):
    """One directory entry and where it ends; None if it does not fit."""
    if offset + CENTRAL.size > end or data[offset:offset + 4] != b"PK\x01\x02":
        return None
    values = CENTRAL.unpack_from(data, offset)
    cuts = [offset + CENTRAL.size]
    for length in values[10:13]:
        cuts.append(cuts[-1] + length)
    return (values, cuts) if cuts[3] <= end else None


def walked_end(data, offset, entries):
    """Where so many entries end; None if they do not stand there."""
    for _ in range(entries):
        found = entry_at(data, offset, len(data))
        if not found:
            return None
        offset = found[1][3]
    return offset


def directory(data, offset, end, entries):
    members = []
    for _ in range(entries):
        found = entry_at(data, offset, end)
        if not found:
            code = "PKG-ZIP-ZIP64" if data[offset:offset + 4] in ZIP64 else "PKG-ZIP-STRUCT"
            raise Refused(code, "the directory is damaged", "%d entries" % entries, "%d" % len(members))
        values, cuts = found
        members.append(Member(values, *(data[a:b] for a, b in zip(cuts, cuts[1:]))))
        offset = cuts[3]
    if offset != end:
        code = "PKG-ZIP-ZIP64" if data[offset:offset + 4] in ZIP64 else "PKG-ZIP-STRUCT"
        raise Refused(code, "bytes follow the last directory entry", "none", "%d bytes" % (end - offset))
    return members


def check_entry(member, say):
    """One entry against the constants of the format and the limits."""
    if not member.plain:
        say("PKG-ZIP-NAME", "the member's name is no plain path", "F-102", member.raw_name)
    if member.external >> 28 not in (0, 8) or member.external & 0x10:
        say("PKG-ZIP-TYPE", "the member is no regular file", "%08x" % EXTERNAL, "%08x" % member.external)
    if member.flags:
        say("PKG-ZIP-HEADERS" if member.flags & 8 and not member.flags & 1 else "PKG-ZIP-METHOD",
            "the member has a flag that is never written", 0, member.flags)
    method = 0 if member.name in UNLISTED else 8
    if member.method != method:
        say("PKG-ZIP-METHOD", "another compression method than the format's", method, member.method)
    if 0xffffffff in (member.size, member.stored_size, member.offset):
        say("PKG-ZIP-ZIP64", "the member uses zip64", "32-bit sizes", "a mark of zip64")
    if member.extra:
        check_extra(member.extra, say)
    if member.comment:
        say("PKG-ZIP-COMMENT", "the member carries a comment", "none", "%d bytes" % len(member.comment))
    constants = (member.made_by, member.needed, member.time, member.date, member.disk, member.internal, member.external)
    if constants != (MADE_BY, NEEDED, TIME, DATE, 0, INTERNAL, EXTERNAL):
        say("PKG-ZIP-STRUCT", "a header field is not the constant of the format",
            [MADE_BY, NEEDED, TIME, DATE, 0, INTERNAL, EXTERNAL], list(constants))
    if member.method == 0 and member.size != member.stored_size:
        say("PKG-ZIP-SIZES", "a stored member has two sizes", member.size, member.stored_size)
    most = MANIFEST_BYTES if member.name == "manifest.json" else MEMBER_BYTES
    if member.size > most or (member.size > EXPANSION_FLOOR and member.size > EXPANSION * member.stored_size):
        say("PKG-ZIP-LIMITS", "the member is too large", "at most %d bytes, %d times the stored size"
            % (most, EXPANSION), "%d bytes from %d" % (member.size, member.stored_size))


def check_extra(extra, say):
    """An extra field; one of zip64 is named as such, wherever it stands among others."""
    at, zip64 = 0, False
    while at + 4 <= len(extra) and not zip64:
        tag, length = struct.unpack_from("<2H", extra, at)
        zip64, at = tag == 1, at + 4 + length
    say("PKG-ZIP-ZIP64" if zip64 else "PKG-ZIP-EXTRA", "the member has an extra field", "none", "%d bytes" % len(extra))


def check_local(data, member, say):
    """The local header must repeat its directory entry; sets where the content lies."""
    name_at = member.offset + LOCAL.size
    fits = name_at <= len(data) and data[member.offset:member.offset + 4] == b"PK\x03\x04"
    values = LOCAL.unpack_from(data, member.offset) if fits else None
    if not fits or name_at + values[9] + values[10] > len(data):
        return say("PKG-ZIP-STRUCT", "the directory points to no member", "a local header", "none")
    name = data[name_at:name_at + values[9]]
    if values[1:] != member.shared() or name != member.raw_name:
        say("PKG-ZIP-HEADERS", "local header and directory entry differ",
            list(member.shared()) + [member.name], list(values[1:]) + [text_of(name)])
    member.start = name_at + values[9] + values[10]
    member.end = member.start + member.stored_size
    if values[10] and not member.extra:
        check_extra(data[name_at + values[9]:member.start], say)


def check_places(data, members, directory_at, say):
    """Members lie back to back from byte 0 to the directory, in its order (F-100)."""
    placed = [member for member in members if member.start is not None]
    if [m.offset for m in placed] != sorted(m.offset for m in placed):
        say("PKG-ZIP-STRUCT", "the directory is in another order than the members", "one order", "another")
    whole, covered = len(placed) == len(members), 0
    for member in sorted(placed, key=lambda m: m.offset):
        if member.offset < covered:
            say("PKG-ZIP-OVERLAP", "the member overlaps the one before", covered, member.offset, member=member.name)
        elif member.offset > covered and whole:
            say(*hole(data, covered, member.offset))
        if member.end > directory_at:
            return say("PKG-ZIP-SIZES", "the member reaches into the directory", directory_at, member.end,
                       member=member.name)
        covered = max(covered, member.end)
    if covered < directory_at and whole:
        say(*hole(data, covered, directory_at))


def hole(data, start, end):
    """Names bytes that belong to no member."""
    hides = data.find(b"PK\x03\x04", start, end) >= 0
    if start == 0 and (not hides or data.find(b"PK\x05\x06", start, end) >= 0):
        code, message = "PKG-ZIP-PREFIX", "bytes stand before the first member"
    elif hides:
        code, message = "PKG-ZIP-HIDDEN", "a member is not in the directory"
    else:
        code, message = "PKG-ZIP-GAP", "bytes stand between members"
    return code, message, "none", "%d bytes at %d" % (end - start, start)


def check_names(members, say):
    seen, folded, folders = set(), set(), set()
    for member in members:
        parts = [part.rstrip(".") for part in member.raw_name.decode("latin-1").split("/")]
        parts = [part.lower() for part in parts]
        plain = "/".join(parts)
        above = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if member.raw_name in seen:
            say("PKG-ZIP-DUP", "two members have one name", "one", "two", member=member.name)
        elif member.plain:
            if plain in folded or plain in folders or above & folded:
                say("PKG-ZIP-COLLIDE", "two names are one on some systems", "one", "two", member=member.name)
            folded.add(plain)
            folders |= above
        seen.add(member.raw_name)
    for name in UNLISTED:
        if name.encode() not in seen:
            say("PKG-MEMBERS", "a required member is missing", "a member", "none", member=name)
    for before, after in zip(members, members[1:]):
        if before.plain and after.plain and before.rank() > after.rank():
            say("PKG-ZIP-STRUCT", "the members are not in the order of the format", "F-100", "another order",
                member=after.name)


def open_container(data, say):
    """The members by name, or None if the container is refused; nothing is inflated here."""
    faults = []

    def fault(code, message, expected="", found="", **more):
        faults.append((code, message, expected, found, more))
    members = []
    try:
        offset, end, entries = end_record(data)
        members = directory(data, offset, end, entries)
        for member in members:
            at = lambda *args, name=member.name: fault(*args, member=name)
            check_entry(member, at)
            check_local(data, member, at)
        if sum(member.size for member in members) > TOTAL_BYTES:
            fault("PKG-ZIP-LIMITS", "the members are too large together", TOTAL_BYTES, "more")
        check_names(members, fault)
        check_places(data, members, offset, fault)
    except Refused as refused:
        fault(*refused.fault)
    if faults and all(row[0] != "PKG-ZIP-COMMENT" for row in faults) and in_a_comment(data):
        faults.insert(0, ("PKG-ZIP-COMMENT", "the package hides in a comment", "none", "a comment", {}))
    for code, message, expected, found, more in faults[:FAULTS_SHOWN]:
        say(code, message, expected, found, **more)
    return None if faults else {member.name: member for member in members}


def pieces(data, member):
    """The content of a member, piece by piece; at most one byte more than declared is ever produced."""
    if member.method == 0:
        for at in range(member.start, member.end, PIECE):
            yield data[at:min(at + PIECE, member.end)]
        return
    decoder, produced, at, rest = zlib.decompressobj(-15), 0, member.start, b""
    while not decoder.eof:
        if not rest:
            rest = data[at:min(at + PIECE, member.end)]
            at += len(rest)
        before = len(rest)
        try:
            piece = decoder.decompress(rest, min(PIECE, member.size + 1 - produced))
        except zlib.error as error:
            raise Refused("PKG-ZIP-STRUCT", "the compressed bytes are damaged", "a Deflate stream", str(error))
        rest, produced = decoder.unconsumed_tail, produced + len(piece)
        if produced > member.size:
            raise Refused("PKG-ZIP-SIZES", "the member inflates to more than declared", member.size, produced)
        if not piece and len(rest) == before and not decoder.eof:
            raise Refused("PKG-ZIP-SIZES", "the compressed stream is cut off", member.size, produced)
        yield piece
    if decoder.unused_data or at < member.end:
        raise Refused("PKG-ZIP-SIZES", "bytes follow the compressed stream", 0, len(decoder.unused_data))


def inflate(data, member, say, wanted=True):
    """The digest of a member's content, and the content if it is wanted; None if it is not whole."""
    crc, size, digest_of, kept = 0, 0, hashlib.sha256(), []
    try:
        for piece in pieces(data, member):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            digest_of.update(piece)
            if wanted:
                kept.append(piece)
    except Refused as refused:
        say(*refused.fault, member=member.name)
        return None
    if size != member.size:
        say("PKG-ZIP-SIZES", "the member has another size than declared", member.size, size, member=member.name)
        return None
    if crc != member.crc:
        say("PKG-ZIP-CRC", "the CRC-32 is wrong", "%08x" % member.crc, "%08x" % crc, member=member.name)
        return None
    return digest_of.hexdigest(), b"".join(kept)


# ----------------------------------------------------------------------- Ed25519 (F-124, RFC 8032 section 5.1)
# Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z. Verifying needs no secret, so nothing here
# has to take the same time for every input.

PRIME = 2 ** 255 - 19
GROUP_ORDER = 2 ** 252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, -1, PRIME) % PRIME
NEUTRAL = (0, 1, 1, 0)


def add_points(one, other):
    (x, y, z, t), (u, v, w, s) = one, other
    a, b = (y - x) * (v - u) % PRIME, (y + x) * (v + u) % PRIME
    c, d = 2 * t * s * CURVE_D % PRIME, 2 * z * w % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def decode_point(data):
    """The point of 32 bytes; None unless they are its canonical encoding."""
    number = int.from_bytes(data, "little")
    y, sign = number & (2 ** 255 - 1), number >> 255
    if y >= PRIME:
        return None
    u, v = (y * y - 1) % PRIME, (CURVE_D * y * y + 1) % PRIME
    x = u * pow(v, 3, PRIME) * pow(u * pow(v, 7, PRIME), (PRIME - 5) // 8, PRIME) % PRIME
    if v * x * x % PRIME != u:
        x = x * pow(2, (PRIME - 1) // 4, PRIME) % PRIME
    if v * x * x % PRIME != u or (x == 0 and sign):
        return None
    x = PRIME - x if x & 1 != sign else x
    return x, y, 1, x * y % PRIME


def encode_point(point):
    inverse = pow(point[2], -1, PRIME)
    x, y = point[0] * inverse % PRIME, point[1] * inverse % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


def small_order(point):
    for _ in range(3):
        point = add_points(point, point)
    return point[0] % PRIME == 0 and (point[1] - point[2]) % PRIME == 0


class Multiples:
    """d * 16^i * point for every digit d, so that a product is 64 additions."""

    def __init__(self, point):
        self.rows = []
        for _ in range(64):
            row = [NEUTRAL]
            for _ in range(16):
                row.append(add_points(row[-1], point))
            point = row.pop()
            self.rows.append(row)

    def times(self, number):
        total = NEUTRAL
        for row in self.rows:
            total = add_points(total, row[number & 15])
            number >>= 4
        return total


class PublicKey:
    base = None

    def __init__(self, data):
        self.data, point = data, decode_point(data)
        usable = point is not None and not small_order(point)
        self.negative = Multiples((PRIME - point[0], point[1], 1, PRIME - point[3])) if usable else None

    def verify(self, message, signature):
        """Strict: S below the group order, R canonical and not of small order, no cofactor."""
        if len(signature) != 64 or self.negative is None:
            return False
        if PublicKey.base is None:
            y = 4 * pow(5, -1, PRIME) % PRIME
            PublicKey.base = Multiples(decode_point(y.to_bytes(32, "little")))
        s = int.from_bytes(signature[32:], "little")
        if s >= GROUP_ORDER:
            return False
        k = int.from_bytes(hashlib.sha512(signature[:32] + self.data + message).digest(), "little") % GROUP_ORDER
        point = add_points(self.base.times(s), self.negative.times(k))
        return encode_point(point) == signature[:32] and not small_order(point)


# --------------------------------------------------------- notes, keys, tree, proofs (F-120 to F-123, F-135)

NOTE_BYTES, PROOF_BYTES, SIGNATURE_LINES, LEAVES_BYTES = 65536, 131072, 100, 65 << 20
PROOF_LINE = b"c2sp.org/tlog-proof@v1\n"


def from_base64(text, length=None):
    """Base64 with padding and without spare bits; ValueError for any other spelling."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode("ascii") != text or length not in (None, len(data)):
        raise ValueError("not the base64 of %s bytes" % (length or "some"))
    return data


def decimal(text, least):
    """A decimal number below 2^64 without leading zeros."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,19}", text) or not least <= int(text) < 1 << 64:
        raise ValueError("no plain number from %d" % least)
    return int(text)


def is_key_name(name):
    return name != "" and "+" not in name and not any(c.isspace() or ord(c) < 32 or 127 <= ord(c) < 160 for c in name)


class VerifierKey:
    """A log's key (F-123); ValueError for anything else."""

    def __init__(self, text):
        self.text = text
        self.name, key_id, rest = text.split("+", 2)
        data = from_base64(rest, 33)
        self.id = hashlib.sha256(self.name.encode("utf-8") + b"\n" + data).digest()[:4]
        if data[0] != 1 or not is_key_name(self.name) or key_id != self.id.hex():
            raise ValueError("no verifier key of a log")
        self.public = data[1:]

    cache = {}

    def verify(self, message, signature):
        if self.public not in self.cache:
            self.cache[self.public] = PublicKey(self.public)
        return self.cache[self.public].verify(message, signature)


def key_or_none(text):
    try:
        return VerifierKey(text)
    except ValueError:
        return None


class Note:
    """A signed note over a checkpoint (F-121, F-122); ValueError for anything else."""

    def __init__(self, data, kept=False):
        text = data.decode("utf-8") if len(data) <= NOTE_BYTES else "\0"
        if re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text):
            raise ValueError("too long, or a control character")
        lines = text.split("\n")
        if len(lines) < (5 if kept else 6) or lines[3] or lines[-1] or len(lines) > 5 + SIGNATURE_LINES:
            raise ValueError("not three lines, an empty line, and signature lines")
        self.data, self.message = data, "\n".join(lines[:3] + [""]).encode("utf-8")
        self.origin, self.size, self.root = lines[0], decimal(lines[1], 1), from_base64(lines[2], 32)
        if not ORIGIN.fullmatch(self.origin):
            raise ValueError("the first line is no origin")
        self.lines = [self.signature(line) for line in lines[4:-1]]

    @staticmethod
    def signature(line):
        dash, name, rest = line.split(" ")
        data = from_base64(rest)
        if dash != "\u2014" or not is_key_name(name) or len(data) < 5:
            raise ValueError("no signature line")
        return name, data[:4], data[4:]

    def signers(self, keys):
        """The texts of the keys that signed, or None if the note is refused (F-124)."""
        signed = set()
        for key in keys:
            own = [signature for name, key_id, signature in self.lines if (name, key_id) == (key.name, key.id)]
            if len(own) > 1 or (own and not key.verify(self.message, own[0])):
                return None
            if own:
                signed.add(key.text)
        return signed


def leaf_hash(manifest):
    return hashlib.sha256(b"\0" + manifest).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def roots_of(leaves, sizes):
    """The roots of these sizes in one pass; only one hash for each level is held (RFC 6962)."""
    roots, peaks = {}, []
    for size, leaf in enumerate(leaves, 1):
        peaks.append((1, leaf))
        while len(peaks) > 1 and peaks[-1][0] == peaks[-2][0]:
            (width, right), (_, left) = peaks.pop(), peaks.pop()
            peaks.append((2 * width, node_hash(left, right)))
        if size in sizes:
            root = peaks[-1][1]
            for _, left in peaks[-2::-1]:
                root = node_hash(left, root)
            roots[size] = root
    return roots


class Proof:
    """An inclusion proof with its note (F-135); ValueError for anything else."""

    def __init__(self, data):
        head, blank, rest = data.partition(b"\n\n")
        if len(data) > PROOF_BYTES or not blank or not data.startswith(PROOF_LINE):
            raise ValueError("no proof")
        lines = head.decode("utf-8").split("\n")[1:]
        if not lines or not lines[0].startswith("index "):
            raise ValueError("no index")
        self.index, self.note = decimal(lines[0][6:], 0), Note(rest)
        self.hashes = [from_base64(line, 32) for line in lines[1:]]
        if len(self.hashes) > 64:
            raise ValueError("too many hashes")

    def holds(self, leaf):
        """Whether the hashes lead from the leaf to the note's root (RFC 9162 section 2.1.3.2)."""
        at, last, root = self.index, self.note.size - 1, leaf
        if at > last:
            return False
        for step in self.hashes:
            if last == 0:
                return False
            if at & 1 or at == last:
                root = node_hash(step, root)
                while at and not at & 1:
                    at, last = at >> 1, last >> 1
            else:
                root = node_hash(root, step)
            at, last = at >> 1, last >> 1
        return last == 0 and root == self.note.root


# ------------------------------------------------------------------------------------------ one package

class Package:
    """One package, judged on its own. Holds facts, not bytes, once it was read."""

    def __init__(self, file):
        self.file, self.manifest, self.digest, self.leaf, self.payload = file, None, None, None, None
        self.accepted, self.note_listed, self.note, self.problems = False, False, None, []
        self.findings = Findings()  # they count only if the package turns out to be a record's


def first_manifest(data):
    """The bytes of the manifest at the start of a package, whatever follows: so the place of a
    damaged package in the chain is still known (F-112). None if there is no plain one."""
    if len(data) < LOCAL.size or data[:4] != b"PK\x03\x04":
        return None
    values = LOCAL.unpack_from(data, 0)
    start = LOCAL.size + len(UNLISTED[0])
    if values[3] != 0 or values[10] != 0 or data[LOCAL.size:start] != UNLISTED[0].encode():
        return None
    end = start + values[7]
    plain = values[9] == len(UNLISTED[0]) and end <= min(MANIFEST_BYTES + 65536, len(data))
    return data[start:end] if plain else None


def read_profile(content):
    """Of each resource of a profile: its key, whether it is nested, whether something is redacted.
    None if this Python cannot read it, or if it is no profile (which only the verifier says)."""
    try:
        resources = tomllib.loads(content.decode("utf-8"))["resources"]
        return {row["id"]: (list(row.get("key", [])), "parent" in row, bool(row.get("redact"))) for row in resources}
    except Exception:  # tomllib raises more than its own errors on hostile text
        return None


def value_at(value, pointer):
    """What a JSON pointer leads to (RFC 6901), or None."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and re.fullmatch(r"0|[1-9][0-9]{0,8}", part) and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def entity_key(entity, pointers, name):
    """The key of an entity (F-41), or None if it has none."""
    parts = []
    for pointer in pointers:
        part = value_at(entity, pointer)
        if isinstance(part, str) and part:
            parts.append(part.replace("~", "~0").replace("/", "~1"))
        elif type(part) is int:
            parts.append(str(part))
        else:
            return None
    return "/".join(parts) if pointers else name


class PackageCheck:
    """Reads one package: container, members, hashes, documents (F-33 to F-36, F-40, F-103)."""

    canonical_before = {}  # digests of members found canonical: rules are the same in most packages

    def __init__(self, data, file, manifests):
        self.data, self.manifests, self.package = data, manifests, Package(file)
        self.findings = self.package.findings
        self.say = self.findings.at(file=file)
        self.digests, self.documents, self.resources, self.profiles = {}, {}, {}, []

    def run(self):
        manifest = first_manifest(self.data)
        if manifest is not None:
            self.read_manifest(manifest, False)
        members = open_container(self.data, self.say)
        if members is not None:
            found = inflate(self.data, members["manifest.json"], self.say)
            if found is not None and self.read_manifest(found[1], True):
                self.package.accepted = True
                if not self.manifests.read(found[1])[1]:
                    self.tell_misleading(first_misleading(found[1], self.manifest), self.at("manifest.json"))
                check_id_and_action(self.manifest, self.say)
                self.check_members(members)
                self.check_rule_digests()
                self.check_documents()
        return self.package

    def read_manifest(self, content, tell):
        self.manifest, faults = self.manifests.read(content)
        if self.manifest is not None:
            self.package.digest, self.package.leaf = sha256(content), leaf_hash(content)
            self.package.manifest = {name: value for name, value in self.manifest.items() if name != "files"}
            self.say = self.findings.at(file=self.package.file, sequence=self.manifest["sequence"])
        for row in faults if tell else ():
            self.say(row["code"], row["message"], row["expected"], row["found"], member="manifest.json",
                     pointer=row["pointer"])
        return self.manifest is not None

    def check_members(self, members):
        """Members against the list, one in memory at a time (F-34)."""
        files = self.manifest["files"]
        listed = {entry["path"]: entry for entry in reversed(files)}
        for before, after in zip(files, files[1:]):
            if before["path"] >= after["path"]:
                self.say("PKG-MEMBERS", "the list is not ascending", "a path after " + before["path"], after["path"],
                         member=after["path"])
        for name in sorted(set(listed) ^ (set(members) - set(UNLISTED))):
            self.say("PKG-MEMBERS", "the member is only in the %s" % ("list" if name in listed else "package"),
                     "in both", "in one", member=name)
        required = required_members(self.manifest["kind"])
        for name in sorted(set(listed) | required):
            if not allowed_member(name, self.manifest["kind"], required) or name not in listed:
                self.say("PKG-MEMBERS", "the member does not belong to the kind, or is missing", "section 10",
                         "listed" if name in listed else "not listed", member=name)
        self.package.note_listed = "checkpoint" in listed
        implied = self.implied_sums()
        sums = inflate(self.data, members["SHA256SUMS"], self.say, False)
        if sums is not None and sums[0] != sha256(implied):  # F-103
            self.say("PKG-SUMS", "SHA256SUMS is not what the manifest implies", sha256(implied), sums[0],
                     member="SHA256SUMS")
        for name in sorted(set(listed) & set(members)):
            self.read_member(members[name], listed[name])

    def read_member(self, member, entry):
        name = member.name
        say = self.at(name)
        document = name.endswith(".json") and not name.startswith("raw/") or name == "transcript.jsonl"  # F-53
        wanted = (document and member.size <= DOCUMENT_BYTES) or (
            member.size <= PIECE and (name.startswith("profile/") or name == "checkpoint"))
        content = inflate(self.data, member, self.say, wanted)
        if content is None:
            return
        stored = memoryview(self.data)[member.start:member.end]
        found = {"size": member.size, "sha256": content[0], "stored_size": member.stored_size,
                 "stored_sha256": sha256(stored)}
        for field in sorted(found):
            if found[field] != entry[field]:
                say("PKG-HASH-MEMBER", "%s is not the sealed one" % field, entry[field], found[field])
        if name == self.manifest["kind"] + ".json" and found["sha256"] != self.manifest["payload_sha256"]:
            say("PKG-HASH-PAYLOAD", "the payload is not the sealed one", self.manifest["payload_sha256"],
                found["sha256"])
        if any(found[field] != entry[field] for field in found):
            return  # what was not sealed is not interpreted
        self.digests[name] = found["sha256"]
        if name.startswith("profile/"):
            self.profiles.append(content[1])
        elif name == "checkpoint":
            self.package.note = content[1] if member.size <= NOTE_BYTES else b""
        if document and not wanted:
            self.package.problems.append("%s: %s of %d bytes is too large to be read here" % (
                self.package.file, name, member.size))
        elif document:
            self.read_document(name, content[1], say)

    def read_document(self, name, content, say):
        """F-13 for every document; keeps what later checks need."""
        needed = name in ("validation.json", "drift.json", "transcript.jsonl", self.manifest["kind"] + ".json")
        if not needed and self.digests[name] in self.canonical_before:
            return self.tell_misleading(self.canonical_before[self.digests[name]], say)
        try:
            if name == "transcript.jsonl":
                self.documents[name] = rows = read_lines(content)
                return self.tell_misleading(first_misleading(content, rows), say, True)
            snapshot = name == "snapshot.json" and needed
            value, parts = read_canonical(content, SNAPSHOT_VALUES if snapshot else JSON_VALUES)
            if snapshot and not isinstance(value, dict):
                raise JsonFault("JSON-CANON", "a snapshot that is no object")
        except JsonFault as fault:
            del self.digests[name]
            return say(fault.code, "the document is not canonical JSON", "RFC 8785 form", fault.found)
        self.canonical_before[self.digests[name]] = first_misleading(content, value)
        self.tell_misleading(self.canonical_before[self.digests[name]], say)
        if snapshot:
            self.resources = {key: (sha256(parts[key]), value[key]) for key in value if key not in RESERVED}
            value = {key: value[key] for key in RESERVED if key in value}
        if needed:
            self.documents[name] = value

    @staticmethod
    def tell_misleading(found, say, lines=False):
        """F-142; a line of the transcript is named by its number."""
        if found:
            pointer = "line %d" % (int(found[0].split("/")[1]) + 1) if lines else found[0]
            say("OUT-ESCAPE", "a text could act on a terminal or mislead who reads it", "no such character",
                "%d, the first U+%04X" % (found[2], ord(found[1])), pointer=pointer)

    def implied_sums(self):
        lines = [(self.package.digest, "manifest.json")]
        lines += [(entry["sha256"], entry["path"]) for entry in self.manifest["files"]]
        return "".join("%s  %s\n" % line for line in lines).encode("utf-8")

    def check_rule_digests(self):
        """F-36, over the list; that the members are the listed ones is checked above."""
        for name in RULES:
            found = digest_of_set({entry["path"]: entry["sha256"] for entry in self.manifest["files"]
                                   if entry["path"].startswith(name + "/")})
            if found != self.manifest[name + "_sha256"]:
                self.say("PKG-HASH-RULES", "%s_sha256 does not follow from the members" % name,
                         self.manifest[name + "_sha256"], found, member="manifest.json", pointer="/%s_sha256" % name)

    def check_documents(self):
        kind = self.manifest["kind"]
        payload = self.documents.get(kind + ".json")
        if kind + ".json" not in self.documents:
            return
        say = self.at(kind + ".json")
        if kind == "snapshot":
            self.check_snapshot(payload, say)
        elif kind in PAYLOADS and check_shape(PAYLOADS[kind], payload, kind, say):
            self.package.payload = payload[kind]
            if kind == "failure":
                self.bind_metadata(payload["extraction_metadata"], say)
                self.check_failure(payload["failure"])
            elif kind == "genesis":
                self.bind_genesis(payload[kind], say)
            elif kind == "exception":
                covers = payload[kind]
                if covers["expires_utc"] <= covers["valid_from_utc"]:
                    say("SCHEMA-BIND", "the exception ends before it begins",
                        "a time after " + covers["valid_from_utc"], covers["expires_utc"],
                        pointer="/exception/expires_utc")
            elif kind == "key_change":
                self.bind_keys(payload[kind], ("old_key", "new_key"), say)
                if payload[kind]["first_sequence"] != self.manifest["sequence"]:
                    say("SCHEMA-BIND", "the key change names another record", self.manifest["sequence"],
                        payload[kind]["first_sequence"], pointer="/key_change/first_sequence")

    def at(self, member):
        """A function that adds findings about one member."""
        return lambda *args, **more: self.say(*args, member=member, **more)

    def bind_metadata(self, metadata, say):
        """A document repeats facts of its manifest; both must agree (F-40)."""
        manifest = self.manifest
        pairs = {name: manifest["tenant"][name] for name in ("subdomain", "platform", "region", "organization_id")}
        for name in ("collection_cycle", "collection_id", "scheduled_utc", "started_utc", "finished_utc"):
            pairs[name] = manifest[name]
        pairs["timestamp_utc"] = manifest["started_utc"]
        pairs["service_account_id"] = manifest["audit_log_entry"]["actor"]
        for name, expected in pairs.items():
            if metadata[name] != expected:
                say("SCHEMA-BIND", "%s contradicts the manifest" % name, expected, metadata[name],
                    pointer="/extraction_metadata/" + name)

    def bind_genesis(self, genesis, say):
        pairs = {name: self.manifest[name] for name in ("origin", "tenant", "schedule")}
        pairs["rules"] = rules_of(self.manifest)
        for name, expected in pairs.items():
            if genesis[name] != expected:
                say("SCHEMA-BIND", "%s contradicts the manifest" % name, expected, genesis[name],
                    pointer="/genesis/" + name)
        self.bind_keys(genesis, ("log_key",), say)

    def bind_keys(self, payload, names, say):
        """Keys are keys of a log, and of this one (F-123, F-125)."""
        for name in names:
            key = payload[name] if payload[name] is None else key_or_none(payload[name])
            pointer = "/%s/%s" % (self.manifest["kind"], name)
            if payload[name] is not None and key is None:
                say("SCHEMA-TYPE", "%s is no verifier key of a log" % name, "F-123", payload[name], pointer=pointer)
            elif key and key.name != self.manifest["origin"]:
                say("SCHEMA-BIND", "%s is the key of another origin" % name, self.manifest["origin"], key.name,
                    pointer=pointer)

    def check_snapshot(self, payload, say):
        metadata = payload.get("extraction_metadata")
        if check_shape(metadata_of(string), metadata, "", Findings().at()):
            self.bind_metadata(metadata, say)
        else:
            say("SCHEMA-TYPE", "the metadata is missing or not of the format", "extraction metadata", "another value",
                pointer="/extraction_metadata")
        profile = read_profile(self.profiles[0]) if len(self.profiles) == 1 else None
        self.check_state(payload, profile, say)
        results, drift = [self.documents.get(name) for name in ("validation.json", "drift.json")]
        if "validation.json" in self.documents:
            sound = check_shape(VALIDATION, results, "validation", self.at("validation.json"))
            results = results["validation_results"] if sound else None
        if "drift.json" in self.documents:
            drift = drift if check_shape(DRIFT, drift, "drift", self.at("drift.json")) else None
        if results:
            self.check_results(results, drift)
        rows = self.exchanges()
        if rows is not None:
            self.check_transcript(rows, profile or {}, profile is not None)

    def check_state(self, payload, profile, say):
        """State and completeness of a snapshot (F-35, F-41, F-50, F-51)."""
        records, digests = self.manifest["resources"], {}
        complete = {name for name, record in records.items() if record["outcome"] == "complete"}
        for name in sorted((complete | set(RESERVED)) ^ (set(payload) | set(self.resources))):
            say("PKG-HASH-STATE", "the snapshot holds exactly the complete resources", "F-41", name, pointer="/" + name)
        for name in sorted(complete & set(self.resources)):
            record, (found, entities) = records[name], self.resources[name]
            at, digests[name] = "/" + name, found
            if found != record["sha256"]:
                say("PKG-HASH-STATE", "%s is not the resource recorded" % name, record["sha256"], found, pointer=at)
            if not isinstance(entities, list):
                say("PKG-HASH-STATE", "%s is no array of entities" % name, "an array", "another value", pointer=at)
                continue
            if len(entities) != record["count"] or record["reported_total"] not in (None, len(entities)):
                say("COLLECT-COMPLETE", "%s is called complete, its figures differ" % name,
                    [record["count"], record["reported_total"]], len(entities), pointer=at)
            if profile and name in profile:
                self.check_keys(name, entities, profile[name][0], say)
        if digest_of_set(digests) != self.manifest["state_sha256"]:
            self.say("PKG-HASH-STATE", "the state digest does not follow from the snapshot",
                     self.manifest["state_sha256"], digest_of_set(digests), member="manifest.json",
                     pointer="/state_sha256")
        for name in sorted(set(profile) ^ set(records)) if profile is not None else ():
            self.say("COLLECT-COMPLETE", "the manifest lists exactly the resources of the profile", "F-50", name,
                     member="manifest.json", pointer="/resources/" + name)

    @staticmethod
    def check_keys(name, entities, pointers, say):
        """Entities ascend by key, so none occurs twice (F-41)."""
        before = None
        for entity in entities:
            key = entity_key(entity, pointers, name)
            if key is None or (before is not None and key <= before):
                return say("COLLECT-COMPLETE", "entities do not ascend by key", "a key after %s" % before,
                           key or "none", pointer="/" + name)
            before = key

    def check_results(self, results, drift):
        """Recorded results must be about this state, baseline, drift and cycle (F-70, F-85)."""
        baseline = self.manifest["baseline"]
        wanted = {"current_hash": "sha256:" + self.manifest["state_sha256"],
                  "baseline_hash": "sha256:" + baseline["state_sha256"] if baseline else None}
        if drift:
            against = drift["against_baseline"]
            wanted["drift_detected"] = against and any(row["changes"] for row in against["resources"].values())
        for name in wanted:
            if results[name] != wanted[name]:
                self.say("POLICY-BIND", "%s contradicts manifest or drift" % name, wanted[name], results[name],
                         member="validation.json", pointer="/validation_results/" + name)
        if not self.manifest["finished_utc"] <= results["timestamp_utc"] <= self.manifest["sealed_utc"]:
            self.say("POLICY-BIND", "the results were not made between collection and sealing",
                     self.manifest["finished_utc"], results["timestamp_utc"], member="validation.json",
                     pointer="/validation_results/timestamp_utc")

    # The transcript (F-55 to F-57)

    def exchanges(self):
        """The lines, or None if they are not of the format."""
        rows = self.documents.get("transcript.jsonl")
        for index, row in enumerate(rows or (), 1):
            if not check_shape(EXCHANGE, row, "", Findings().at()):
                return self.say("SCHEMA-TYPE", "the line is no exchange of the format", "F-55", "another object",
                                member="transcript.jsonl", pointer="line %d" % index)
        return rows

    def check_failure(self, failure):
        """A failure that names a status was answered with it (F-95)."""
        named = re.fullmatch(r"http_\+?([0-9]{1,9})", failure["code"])
        rows = self.exchanges()
        if rows is not None and named and int(named.group(1)) < 65536 and all(
                row["status"] != int(named.group(1)) for row in rows):
            self.say("COLLECT-TRANSCRIPT", "no request was answered with the status of the failure", failure["code"],
                     "none", member="transcript.jsonl")

    def check_transcript(self, rows, profile, known):
        sizes = {entry["path"]: entry["size"] for entry in reversed(self.manifest["files"])}
        before, kept = "", set()
        for index, row in enumerate(rows, 1):
            faults = []
            if row["kept_as"] is not None:
                kept.add(row["kept_as"])
                if self.digests.get(row["kept_as"]) != row["kept_sha256"] or row["kept_as"] not in self.digests:
                    faults.append("the kept body is not the one named")
                if row["resource"] in profile and not profile[row["resource"]][2] and not (
                        row["received_sha256"] == row["kept_sha256"] and row["bytes"] == sizes.get(row["kept_as"], 0)
                        and row["kept_as"].startswith("raw/%s/" % row["resource"])):
                    faults.append("a body that nothing was redacted from is not kept as it was received")
            answered = row["status"] is not None and 200 <= row["status"] < 300 and row["error"] is None
            if row["method"] != ("POST" if row["resource"] == "sign_in" else "GET"):
                faults.append("not a request that the collector makes")
            elif row["entities"] is not None and not answered:
                faults.append("entities are counted although the exchange did not succeed")
            if row["started_utc"] < before:
                faults.append("the exchanges are not in the order in which they were sent")
            if known and row["resource"] not in profile and row["resource"] not in ("sign_in", "organization"):
                faults.append("the exchange serves no resource of the profile")
            before = row["started_utc"]
            for fault in faults:
                self.say("COLLECT-TRANSCRIPT", fault, "F-57", row["target"], member="transcript.jsonl",
                         pointer="line %d" % index)
        for name in self.digests:
            if name.startswith("raw/") and name not in kept:
                self.say("COLLECT-TRANSCRIPT", "a kept body belongs to no request", "a line that names it", "none",
                         member="transcript.jsonl", pointer=name)
        own = {}
        for row in rows:
            own.setdefault(row["resource"], []).append(row)
        for name, record in self.manifest["resources"].items():
            self.check_story(name, record, own.get(name, []), name not in profile or profile[name][1])

    def check_story(self, name, record, rows, may_be_silent):
        """What the exchanges of one resource say about its record (F-56, F-57)."""
        def fault(message, expected, found):
            self.say("COLLECT-TRANSCRIPT", message, expected, found, member="transcript.jsonl", pointer="/" + name)
        rounds = {}
        for row in rows:
            rounds[row["parent"]] = max(rounds.get(row["parent"], 0), row["round"])
        last = [row for row in rows if row["entities"] is not None and row["round"] == rounds[row["parent"]]]
        if record["outcome"] == "denied" and not any(row["status"] in (401, 403) for row in rows):
            fault("called denied, yet no request was refused", "status 401 or 403", "none")
        if record["outcome"] != "complete":
            return
        figures = [sum(row["entities"] for row in last), len(last)]
        if figures != [record["count"], record["pages"]]:
            fault("entities and pages do not add up", [record["count"], record["pages"]], figures)
        if not last and not may_be_silent:
            fault("called complete, yet no request succeeded", "a request", "none")
        totals = {row["reported_total"] for row in last if row["parent"] is None} - {None, record["reported_total"]}
        if totals:
            fault("a page reported another total than recorded", record["reported_total"], sorted(totals))


def rules_of(manifest):
    """The rule digests a manifest states, under the names of the genesis (F-36)."""
    rules = {name + "_sha256": manifest[name + "_sha256"] for name in SUBJECTS[:3]}
    rules["schedule_sha256"] = sha256(canonical_text(manifest["schedule"]).encode("utf-8"))
    return rules


def required_members(kind):
    """Section 10, members of a package."""
    names = {kind + ".json", "verify.py", "policies/controls.json"}
    if kind == "snapshot":
        names |= {"validation.json", "drift.json"}
    return names | ({"transcript.jsonl"} if kind in ("snapshot", "failure") else set())


def allowed_member(name, kind, required):
    folders = ("profile/", "policies/", "schemas/") + (("inputs/", "raw/") if kind == "snapshot" else ())
    proofs = () if kind == "genesis" else ("checkpoint", "checkpoint.tsr")
    return name in required or name in proofs or name.startswith(folders)


# ------------------------------------------------------------------------------------------- the source

class Unreadable(Exception):
    """A file, or the whole source, cannot be read: nothing can be called absent (F-114)."""


class Found:
    """Everything the source holds, told apart by content, never by place (F-23, F-137)."""

    def __init__(self, findings):
        self.findings, self.problems, self.manifests = findings, [], Manifests()
        self.commits, self.packages, self.notes, self.proofs, self.strays = [], [], [], [], []
        self.any_commit = False  # a commit, or what looks like one and is none


def list_files(root, found):
    """Every file below root with its name relative to it, sorted; links are never followed."""
    if not os.path.isdir(root):
        if not os.path.lexists(root):
            raise Unreadable("there is nothing at %s" % root)
        if os.path.islink(root) or not os.path.isfile(root):
            found.findings.add("SRC-TYPE", "not a regular file", "a regular file", "a link or device", file="")
            return []
        return [(root, "")]
    files = []

    def walk(folder, prefix, depth):
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            if not prefix:
                raise Unreadable("cannot list %s: %s" % (folder, error.strerror))
            return found.problems.append("cannot list %s: %s" % (prefix, error.strerror))
        for entry in entries:
            raw = os.fsencode(entry.name)
            name, exact = prefix + raw.decode("utf-8", "replace"), is_utf8(raw)
            if exact and depth < FOLDER_DEPTH and entry.is_dir(follow_symlinks=False):
                walk(entry.path, name + "/", depth + 1)
                continue
            if len(files) >= FILES:
                raise Unreadable("more than %d files" % FILES)
            if not exact or not all(map(is_plain, name)):
                found.findings.add("SRC-NAME", "the file name may mislead", "letters, digits, punctuation and blanks",
                                   name, file=name)
            if not entry.is_file(follow_symlinks=False):
                found.findings.add("SRC-TYPE", "not a regular file", "a regular file", "a link, device or deep folder",
                                   file=name)
            else:
                files.append((entry.path, name))
    walk(root, "", 0)
    return files


def is_utf8(raw):
    try:
        return raw.decode("utf-8") is not None
    except UnicodeDecodeError:
        return False


def is_plain(character):
    """A blank, printable ASCII, or a letter or digit of any script."""
    return " " <= character <= "~" or (character > "\x7f" and unicodedata.category(character)[0] in "LN")


def read_file(path, name, found, most=None):
    """The bytes of a regular file, at most so many; None with a finding if it is none, or changes."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    say = found.findings.at(file=name)
    try:
        with os.fdopen(os.open(path, flags), "rb") as handle:
            status = os.fstat(handle.fileno())
            if not stat.S_ISREG(status.st_mode):
                return say("SRC-TYPE", "not a regular file", "a regular file", "another")
            if status.st_size > PACKAGE_BYTES:
                return say("SRC-LIMITS", "the file is too large", PACKAGE_BYTES, status.st_size)
            data = handle.read(status.st_size + 1 if most is None else most)
    except (OSError, MemoryError) as error:
        return found.problems.append("cannot read %s: %s" % (name, getattr(error, "strerror", "not enough memory")))
    if most is None and len(data) != status.st_size:
        return say("SRC-STABLE", "the file changed while it was read", status.st_size, len(data))
    return data


def read_source(root, findings):
    found = Found(findings)
    for path, name in list_files(root, found):
        start = read_file(path, name, found, NOTE_BYTES + 1)
        if start is None:
            continue
        base = name.rsplit("/", 1)[-1]
        numbered = re.fullmatch(r"[0-9]{10}\.(json|checkpoint|tlog-proof|tsr)", base)
        named = numbered.group(1) if numbered else ""
        own = base or os.path.basename(path)  # a source that is one file has no name below itself
        if start.startswith(b"PK\x03\x04") or (len(name or own) > 4 and own.lower().endswith(".zip")):
            data = read_file(path, name, found)
            if data is not None:
                found.packages.append(PackageCheck(data, name, found.manifests).run())
        elif start.startswith(b"{") or named == "json":
            read_commit(path, name, base, named, found)
        elif start.startswith(PROOF_LINE) or named == "tlog-proof":
            found.proofs.append((name, read_file(path, name, found, PROOF_BYTES + 1)))
        elif (b"\n\n\xe2\x80\x94 " in start and len(start) <= NOTE_BYTES) or named == "checkpoint":
            found.notes.append((name, start))
        elif not (len(start) > 1 and start[0] == 0x30 and 0x81 <= start[1] <= 0x84) and named != "tsr":
            found.strays.append(name)
    for name in found.strays:
        findings.add("SRC-STRAY", "the file belongs to no record and was not verified", file=name)
    return found


class Commit:
    """One committed manifest (F-20)."""

    def __init__(self, file, manifest, data):
        self.file, self.digest, self.leaf = file, sha256(data), leaf_hash(data)
        self.manifest = {key: value for key, value in manifest.items() if key != "files"}


def read_commit(path, name, base, named, found):
    say = found.findings.at(file=name)
    data = read_file(path, name, found, MANIFEST_BYTES + 1)
    if data is None:
        return
    if len(data) > MANIFEST_BYTES:
        return say("SRC-LIMITS", "a manifest is never so large", MANIFEST_BYTES, "more")
    manifest, faults = found.manifests.read(data)
    if manifest is not None and not faults:
        found.any_commit = True
        found.commits.append(Commit(name, manifest, data))
    elif named or claims_to_be_one(data):
        found.any_commit = True
        for row in faults:  # what is not of the format commits nothing
            say(row["code"], row["message"], row["expected"], row["found"], pointer=row["pointer"])
    else:
        found.strays.append(name)


def claims_to_be_one(data):
    """Whether a JSON object holds the field that makes it a manifest, right or wrong."""
    try:
        value = JsonReader().read(data)
    except JsonFault:
        return False
    return isinstance(value, dict) and "manifest_version" in value


# -------------------------------------------------------------------- which records there are (F-26 to F-28)

class Candidate:
    """One manifest, with every file that brings it."""

    def __init__(self, item):
        self.manifest, self.digest, self.leaf = item.manifest, item.digest, item.leaf
        self.sequence, self.commits, self.packages = item.manifest["sequence"], [], []

    def chain(self):
        return self.manifest["chain_id"] if self.sequence else self.digest

    def first(self):
        return (self.commits or self.packages)[0]


class Record:
    """What stands at one sequence: a manifest, and the package that carries it if there is one."""

    def __init__(self, chosen):
        self.manifest, self.digest, self.leaf = chosen.manifest, chosen.digest, chosen.leaf
        self.sequence, self.kind = chosen.sequence, self.manifest["kind"]
        self.package = chosen.packages[0] if chosen.packages else None
        self.file = self.package.file if self.package else None
        self.payload = self.package.payload if self.package else None


class Placing:
    """From files to one chain: which manifest is the record at each sequence, and what is left over."""

    def __init__(self, found):
        self.found, self.findings, self.committed = found, found.findings, found.any_commit
        self.records, self.left_over = [], []
        by_digest = {}
        for items, name in ((found.commits, "commits"), (found.packages, "packages")):
            for item in items:
                if item.manifest is not None:
                    getattr(by_digest.setdefault(item.digest, Candidate(item)), name).append(item)
        self.candidates = [by_digest[digest_text] for digest_text in sorted(by_digest)]

    def run(self):
        own = self.of_this_chain()
        newest = max((one.sequence for one in own if one.commits), default=-1)
        groups = {}
        for candidate in own:
            groups.setdefault(candidate.sequence, []).append(candidate)
        for sequence, rivals in sorted(groups.items()):
            chosen = self.choose(sequence, rivals)
            if self.committed and not chosen.commits and sequence > newest:
                for rival in rivals:
                    self.after_head(rival)
                continue
            self.check_copies(chosen)
            self.left_over += [package for rival in rivals if rival is not chosen for package in rival.packages]
            self.records.append(Record(chosen))
        self.check_left_over()
        for record in self.records:
            if record.package:
                self.findings.join(record.package.findings)
                self.found.problems += record.package.problems
        return self.records

    def of_this_chain(self):
        """F-26: the chain that most files name; what is of another one is foreign."""
        support = {}
        for candidate in self.candidates:
            counts = support.setdefault(candidate.chain(), [0, 0])
            counts[0] += len(candidate.commits)
            counts[1] += len(candidate.packages)
        chain = max(support, key=lambda name: (support[name], name), default=None)
        own = [candidate for candidate in self.candidates if candidate.chain() == chain]
        for candidate in self.candidates:
            if candidate.chain() == chain:
                continue
            origin, tenant = own[0].manifest["origin"], own[0].manifest["tenant"]
            begun = self.committed and candidate.sequence == 0 and not candidate.commits
            same = candidate.manifest["origin"] == origin
            for item in candidate.commits + candidate.packages:
                say = self.findings.at(sequence=candidate.sequence, file=item.file)
                if begun and same and candidate.manifest["tenant"] == tenant:
                    self.stray(item, "the package was sealed but never committed")
                elif same:
                    say("CHAIN-ID", "the record belongs to another chain", chain, candidate.chain())
                else:
                    say("CHAIN-ORIGIN", "the record is of another origin", origin, candidate.manifest["origin"])
        return own

    def stray(self, item, message):
        self.findings.add("SRC-STRAY", message, "a file of a record", "another file", file=item.file)

    def choose(self, sequence, rivals):
        """F-27: which of several manifests with one sequence is the record."""
        before = self.records[-1].digest if self.records else None

        def rank(one):
            continues = one.manifest["previous_manifest_sha256"] == before
            return bool(one.commits), continues, bool(one.packages), one.digest
        ordered = sorted(rivals, key=rank, reverse=True)
        equals = [one for one in ordered if one.commits or not self.committed]
        if len(equals) > 1:
            self.findings.add("CHAIN-FORK", "two records share one sequence number", equals[0].digest,
                              equals[1].digest, sequence=sequence, file=equals[1].first().file)
        return ordered[0]

    def check_copies(self, chosen):
        sequence, partial = chosen.sequence, self.found.problems
        if self.committed and not chosen.commits and not partial:
            self.findings.add("CHAIN-COPY", "the committed manifest is missing", chosen.digest, "none",
                              sequence=sequence, file=chosen.packages[0].file)
        if not chosen.packages and not partial:
            self.findings.add("PKG-MISSING", "the record has no package", chosen.digest, "none", sequence=sequence,
                              file=chosen.commits[0].file)
        for copies in (chosen.commits, chosen.packages):
            for copy in copies[1:]:
                self.findings.add("CHAIN-DUP", "the record was delivered twice", "one copy", len(copies),
                                  sequence=sequence, file=copy.file)
        for item in chosen.commits:
            numbered = re.fullmatch(r"(?:.*/)?([0-9]{10})\.json", item.file, re.DOTALL)
            if numbered and int(numbered.group(1)) != sequence:
                self.findings.add("CHAIN-ORDER", "the file name contradicts the record", "%010d.json" % sequence,
                                  item.file, sequence=sequence, file=item.file)

    def after_head(self, rival):
        """A package behind the newest commit: left over from a crash, or its commit was cut off (F-28)."""
        head = self.records[-1] if self.records else None
        follows = rival.manifest["previous_manifest_sha256"] == (head.digest if head else None) and (
            head is None or rival.sequence == head.sequence + 1)
        for package in rival.packages:
            if follows:
                self.stray(package, "the package was sealed but never committed")
            elif not self.found.problems:
                self.findings.add("CHAIN-COPY", "the committed manifest is missing", rival.digest, "none",
                                  sequence=rival.sequence, file=package.file)

    def check_left_over(self):
        """Packages that lost their sequence number, or hold no manifest that is understood."""
        lacking = not self.found.problems and any(record.package is None for record in self.records)
        for package in self.left_over:
            if lacking:
                self.findings.add("CHAIN-COPY", "manifest in the package and committed manifest differ",
                                  "the committed manifest", package.digest, file=package.file)
            else:
                self.stray(package, "the package belongs to no record and was not verified")
        for package in self.found.packages:
            if package.manifest is None:
                if self.committed and not lacking:
                    self.stray(package, "the package belongs to no record and was not verified")
                else:
                    self.findings.join(package.findings)
                    self.found.problems += package.problems


# ----------------------------------------------------------------------------------- chain (F-32, F-37)

def check_chain(records, partial, bundle, findings):
    first, previous, last_snapshot = records[0], None, None
    snapshot_known = True  # false while a missing record may have been a snapshot
    by_digest = {record.digest: record.sequence for record in records}
    if first.sequence != 0 and not partial and not bundle:
        findings.add("CHAIN-GENESIS", "the chain does not start at its genesis", 0, first.sequence,
                     sequence=first.sequence, file=first.file)
    for record in records:
        say = findings.at(sequence=record.sequence, file=record.file)
        wanted = previous.sequence + 1 if previous else 0
        if record.sequence != wanted:
            snapshot_known = False
            if not partial and not bundle:
                findings.add("CHAIN-GAP", "records are missing", "%d to %d" % (wanted, record.sequence - 1), "none",
                             sequence=wanted)
        check_link(record, previous, by_digest, say)
        for name in ("origin", "tenant"):
            if record.manifest[name] != first.manifest[name]:
                say("CHAIN-ORIGIN", "the %s is not that of the chain" % name, first.manifest[name],
                    record.manifest[name])
        wanted = last_snapshot.manifest["payload_sha256"] if last_snapshot else None
        if snapshot_known and record.manifest["previous_snapshot_sha256"] != wanted:
            say("CHAIN-LINK", "the record does not name the snapshot before it", wanted,
                record.manifest["previous_snapshot_sha256"], pointer="/previous_snapshot_sha256")
        check_times(record.manifest, previous, say)
        if record.kind == "snapshot":
            last_snapshot, snapshot_known = record, True
        previous = record


def promises(schedule, moment):
    """Whether a cycle was due then. A schedule that is not understood is a finding of its own."""
    try:
        return any(True for _ in Schedule(schedule).between(moment, moment))
    except ValueError:
        return True


def check_explanations(records, findings):
    """An explanation names a slot that was due, afterwards (F-98)."""
    for record in records:
        if record.kind != "explanation" or not record.payload:
            continue
        say = findings.at(sequence=record.sequence, file=record.file, member="explanation.json",
                          pointer="/explanation/scheduled_utc")
        slot = record.payload["scheduled_utc"]
        if record.manifest["sealed_utc"] < slot:
            say("SCHEMA-BIND", "the explanation was written before its slot", record.manifest["sealed_utc"], slot)
        in_force = next((other for other in reversed(records) if other.manifest["sealed_utc"] <= slot), records[0])
        schedules, moment = [item.manifest["schedule"] for item in (in_force, record)], seconds(slot)
        if not any(promises(schedule, moment) for schedule in schedules):
            say("SCHEMA-BIND", "the explanation names a slot that the schedule does not have",
                record.manifest["schedule"]["cron"], slot)


def check_link(record, previous, by_digest, say):
    """F-32: the record names the one before it; if it names another of this chain, the numbers are wrong."""
    named, pointer = record.manifest["previous_manifest_sha256"], "/previous_manifest_sha256"
    if named in by_digest and by_digest[named] != record.sequence - 1:
        say("CHAIN-SEQ", "the record follows another one than its own number says", record.sequence - 1,
            by_digest[named], pointer=pointer)
    elif previous and previous.sequence == record.sequence - 1 and named != previous.digest:
        say("CHAIN-LINK", "the record does not name the one before it", previous.digest, named, pointer=pointer)


def check_times(manifest, previous, say):
    """F-37, F-38."""
    steps = [(name + "_utc", manifest[name + "_utc"]) for name in ("scheduled", "started", "finished", "sealed")]
    steps = [step for step in steps if step[1] is not None]
    for (early, before), (late, after) in zip(steps, steps[1:]):
        if after < before:
            say("CHAIN-TIME", "the times of the record run backwards", "%s (%s) or later" % (before, early), after,
                pointer="/" + late)
    if manifest["kind"] not in ("snapshot", "failure") and manifest["started_utc"] != manifest["finished_utc"]:
        say("CHAIN-TIME", "a record without collection has two times", manifest["started_utc"],
            manifest["finished_utc"], pointer="/finished_utc")
    if previous and manifest["sealed_utc"] < previous.manifest["sealed_utc"]:
        say("CHAIN-TIME", "the record was sealed before the one it follows", previous.manifest["sealed_utc"],
            manifest["sealed_utc"], pointer="/sealed_utc")
    logged = manifest["audit_log_entry"]["timestamp_utc"]
    if logged != manifest["sealed_utc"]:
        say("CHAIN-TIME", "the audit log entry has another time", manifest["sealed_utc"], logged,
            pointer="/audit_log_entry/timestamp_utc")


def check_head(records, head, partial, bundle, findings):
    """The record that the auditor kept from outside (--head)."""
    sequence, wanted = head
    found = [record for record in records if record.sequence == sequence]
    if found and found[0].digest != wanted:
        findings.add("ANCHOR-HEAD", "the record kept from outside is not in this chain", wanted, found[0].digest,
                     sequence=sequence, file=found[0].file)
    elif not found and not partial and not bundle and (not records or sequence > records[-1].sequence):
        findings.add("CHAIN-TRUNCATED", "the chain ends before the record that was named", "%d:%s" % head,
                     "newest record %d" % records[-1].sequence if records else "none", sequence=sequence)


# ----------------------------------------------------------------------- rules and baseline in force (F-42, F-91, F-92)

class RulesInForce:
    """Follows the approvals along the chain, as far as every approving record can be read."""

    def __init__(self, findings):
        self.findings, self.rules, self.baseline, self.snapshots = findings, {}, None, {}

    def follow(self, records):
        if records[0].sequence != 0:
            return
        for record in records:
            say = self.findings.at(sequence=record.sequence, file=record.file)
            if record.kind in ("genesis", "approval") and not record.payload:
                return  # nobody can say what is in force behind it
            if record.kind == "genesis":
                self.rules = {name: record.payload["rules"][name + "_sha256"] for name in SUBJECTS}
            if record.kind == "approval":
                self.approve(record, record.payload, say)
            own = rules_of(record.manifest)
            for name in SUBJECTS:
                if own[name + "_sha256"] != self.rules[name]:
                    say("RULES-UNAPPROVED", "the %s changed without an approval" % name, self.rules[name],
                        own[name + "_sha256"], pointer="/schedule" if name == "schedule" else "/%s_sha256" % name)
            if record.kind == "snapshot":
                if record.manifest["baseline"] != self.baseline:
                    say("RULES-BASELINE", "the baseline is not the approved one", self.baseline,
                        record.manifest["baseline"], pointer="/baseline")
                self.snapshots[record.sequence] = record.manifest

    def approve(self, record, approval, say):
        subject = approval["subject"]
        code = "RULES-BASELINE" if subject == "baseline" else "RULES-UNAPPROVED"
        before = self.rules.get(subject)
        if subject == "baseline":
            before = self.baseline and self.baseline["state_sha256"]
        if approval["before_sha256"] != before:
            say(code, "the approval does not start from what was in force", before, approval["before_sha256"],
                pointer="/approval/before_sha256")
        if subject != "baseline":
            self.rules[subject] = approval["after_sha256"]
            return
        named = approval["baseline"]
        snapshot = self.snapshots.get(named["sequence"])
        real = snapshot and [snapshot["collection_id"], snapshot["state_sha256"]]
        if [named["collection_id"], named["state_sha256"]] != real or named["state_sha256"] != approval["after_sha256"]:
            say(code, "the approval names no earlier snapshot of this chain", real,
                [named["collection_id"], named["state_sha256"]], pointer="/approval/baseline")
        else:
            self.baseline = dict(named, approval_sequence=record.sequence)


PINNED = {"policies": "/policies_sha256", "schemas": "/schemas_sha256", "profile": "/profile_sha256",
          "baseline": "/baseline/state_sha256"}


def check_pins(records, pins, findings):
    """F-141: every record was judged by what the reader pinned for it."""
    for record in records:
        for item, pointer in PINNED.items():
            wanted = [sha for name, sha, first, last in pins
                      if name == item and first <= record.sequence and (last is None or record.sequence <= last)]
            found = value_at(record.manifest, pointer)
            if wanted and found is not None and found not in wanted:
                findings.add("POLICY-PIN", "another %s digest than the one that was pinned" % item,
                             " or ".join(wanted), found, sequence=record.sequence, file=record.file, pointer=pointer)


# --------------------------------------------------------------------------------------- coverage (F-62 to F-64)

def stretches(records, first, last):
    """Parts of the period with the schedule in force in each (F-63)."""
    changes, newest = [], None
    for record in records:
        sealed = seconds(record.manifest["sealed_utc"])  # times that run backwards count as standing still
        newest = sealed if newest is None else max(newest, sealed)
        if not changes or changes[-1][1] != record.manifest["schedule"]:
            changes.append((newest, record.manifest["schedule"]))
    for index, (start, schedule) in enumerate(changes):
        start = first if index == 0 else max(first, start)
        end = last if index + 1 == len(changes) else min(last, changes[index + 1][0] - 1)
        yield start, end, Schedule(schedule)


def row_of(slot, schedule, records):
    """One slot with its status and all records that name it, the answering one first (F-64)."""
    if not records:
        return {"scheduled_utc": time_text(slot), "status": "missing", "sequences": [], "incomplete_resources": 0}
    ranked = []
    for record in records:
        answers = schedule.answers(slot, seconds(record.manifest["started_utc"]))
        incomplete = sum(1 for item in record.manifest["resources"].values() if item["outcome"] != "complete")
        rank = {"snapshot": (0, incomplete), "failure": (1, 0)}.get(record.kind, (2, 0))
        if record.kind != "explanation" and not answers:
            rank = (4, 0)
        ranked.append((rank, record.sequence))
    ranked.sort()
    best = ranked[0][0]
    status = {0: "sealed", 1: "failed", 2: "explained"}.get(best[0], "missing")
    return {"scheduled_utc": time_text(slot), "status": status,
            "sequences": [sequence for _, sequence in ranked],
            "incomplete_resources": best[1] if status == "sealed" else 0}


def coverage(records, first, last, found):
    """The population of cycles comes from the schedule, never from what was found (F-60)."""
    requested, slots, newest = first is not None or last is not None, {}, None
    for record in records:
        slot = record.manifest["scheduled_utc"]
        if slot is not None:
            newest = max(newest or slot, slot)
        if record.kind == "explanation" and record.payload:
            slot = record.payload["scheduled_utc"]
        if slot is not None:
            slots.setdefault(seconds(slot), []).append(record)
    genesis = seconds(records[0].manifest["sealed_utc"])
    first = genesis if first is None else first
    last = (genesis if newest is None else seconds(newest)) if last is None else last
    result = {"from_utc": time_text(first), "to_utc": time_text(last), "requested": requested, "expected": 0,
              "sealed": 0, "failed": 0, "explained": 0, "missing": 0, "rows": []}
    try:
        parts = list(stretches(records, first, last))
    except ValueError as fault:
        found.findings.add("SCHEMA-TYPE", "the schedule is none of F-61, so no cycle can be counted", "F-61",
                           str(fault), pointer="/schedule/cron")
        return None
    result["expected"] = sum(schedule.count(start, end) for start, end, schedule in parts)
    if result["expected"] > CYCLES:
        raise Unreadable("the schedule promises more than %d cycles from %s to %s" % (
            CYCLES, result["from_utc"], result["to_utc"]))
    for start, end, schedule in parts:
        for slot in schedule.between(start, end):
            row = row_of(slot, schedule, slots.get(slot, []))
            result["rows"].append(row)
            result[row["status"]] += 1
    if not (found.problems and result["missing"]):
        check_slots(result, newest, found.findings)
    return result


def check_slots(result, newest, findings):
    """A missing slot up to the newest record is a gap; later ones mean that the period is not covered."""
    late = []
    for row in result["rows"]:
        if row["status"] == "missing" and newest is not None and row["scheduled_utc"] <= newest:
            findings.add("CHAIN-CADENCE", "a scheduled cycle has no record", "a record", "none",
                         pointer=row["scheduled_utc"])
        elif row["status"] == "missing":
            late.append(row["scheduled_utc"])
    if late:
        findings.add("CHAIN-PERIOD", "the period is not covered to its end", "%d more cycles" % len(late),
                     newest or "none", pointer="%s to %s" % (late[0], late[-1]))


# ------------------------------------------------------------- signatures and anchors (F-125 to F-128, F-133 to F-139)

class Signatures:
    """Every note of the evidence against the records, and whose word it is."""

    def __init__(self, records, found, given, single, findings):
        self.records, self.found, self.given, self.single, self.findings = records, found, list(given), single, findings
        self.origin = records[0].manifest["origin"]
        self.whole = 0  # records from 0 on without a gap
        while self.whole < len(records) and records[self.whole].sequence == self.whole:
            self.whole += 1
        self.proofs, self.bundle = self.read_proofs(), None
        if found.proofs:
            self.bundle = min(self.proofs, key=lambda item: (item[1].index, item[0]), default=("", None))[1]
        self.count = self.bundle.note.size if self.bundle else records[-1].sequence + 1
        self.told = {}  # by size, the root that notes name where none can be compared
        self.sizes = {}  # of the members that hold, by the sequence of their record
        self.notes = []  # (note, say, most, texts of the keys that signed, sound)
        self.signed_to = self.anchored_to = None

    def run(self, anchors):
        self.read_chain_keys()
        self.read_notes(anchors)
        for note, say, most, signers, _ in self.notes:
            self.check_signer(note, signers, say)
        if not self.single:
            self.check_presence()
        good = [note.size - 1 for note, _, _, signers, sound in self.notes if sound and note.size in self.roots
                and any(key.text in signers for key in self.readers(note.size - 1))]
        self.signed_to = None if self.single else max(good, default=None)

    def read_proofs(self):
        proofs = []
        for file, data in self.found.proofs:
            try:
                proofs.append((file, Proof(data)))
                self.check_digits(file, "tlog-proof", proofs[-1][1].index)
            except ValueError as fault:
                self.findings.add("SIG-VALID", "the proof cannot be read", "an inclusion proof", str(fault), file=file)
        return proofs

    # Keys: what the chain says, and whose word counts

    def read_chain_keys(self):
        """The key in force at each record: its text, None for no key, or "" for one nobody can name."""
        self.known = {key.text: key for key, _, _ in self.given}
        self.in_force, self.surely, self.changes = {}, {}, []
        now, before = "", -1
        sure = False  # whether some key is in force, even if it cannot be named
        for record in self.records:
            if record.sequence != before + 1:
                now = ""
            before = record.sequence
            self.surely[record.sequence] = sure
            if record.kind in ("genesis", "key_change"):
                payload, now = record.payload, ""
                sure = sure or record.kind == "key_change"
                if payload:
                    texts = [payload.get(name) for name in ("log_key", "old_key", "new_key")]
                    keys = [key_or_none(text) for text in texts if text is not None]
                    self.known.update((key.text, key) for key in keys if key)
                    own = payload.get("log_key" if record.kind == "genesis" else "new_key")
                    now = own if own is None or key_or_none(own) else ""
                    sure = sure or own is not None
                if record.kind == "key_change":
                    self.changes.append(record)
            self.in_force[record.sequence] = now

    def readers(self, sequence):
        """The reader's own keys that are good for a record."""
        return [key for key, first, last in self.given if first <= sequence and (last is None or sequence <= last)]

    def check_signer(self, note, signers, say):
        """F-139: a key that may speak about the record must have signed."""
        asked = [key.text for key in self.readers(note.size - 1)]
        if not asked and not self.single and self.in_force.get(note.size - 1):
            asked = [self.in_force[note.size - 1]]
        if asked and not signers & set(asked):
            say("SIG-KEY", "the checkpoint is not signed by the key that was given for it", " ".join(asked),
                " ".join("%s+%s" % (name, key_id.hex()) for name, key_id, _ in note.lines))

    # Notes: form, lines of known keys, place in this history

    def read_notes(self, anchors):
        items = []
        for record in self.records:
            if record.package and record.package.note is not None:
                say = self.findings.at(sequence=record.sequence, file=record.file, member="checkpoint")
                items.append((record.package.note, say, record.sequence))
        for file, data in self.found.notes:
            items.append((data, self.findings.at(file=file), file))
        if self.bundle:
            file = min((proof.index, file) for file, proof in self.proofs)[1]
            items.append((self.bundle.note.data, self.findings.at(file=file, sequence=self.bundle.index), None))
        read = []
        for data, say, owner in items:
            try:
                note = Note(data)
            except ValueError as fault:
                say("SIG-VALID", "the checkpoint cannot be read", "a signed note", str(fault))
                continue
            if isinstance(owner, str):
                say = self.findings.at(file=owner, sequence=note.size - 1)
                self.check_digits(owner, "checkpoint", note.size - 1)
            signers = note.signers(self.known.values())
            if signers is None:
                say("SIG-VALID", "a signature does not hold", "a signature of the key it names", "another")
                continue
            if isinstance(owner, int):
                self.sizes[owner] = note.size
            rank = (0, owner, "") if isinstance(owner, int) else (1, 0, owner) if owner else (2, 0, "")
            read.append((rank, note, say, owner if isinstance(owner, int) else self.count, signers))
        self.prepare_roots({row[1].size for row in read} | {anchor[1].size for anchor in anchors})
        for _, note, say, most, signers in sorted(read, key=lambda row: row[0]):
            self.notes.append((note, say, most, signers, self.single or self.is_bound(note, say, most)))
        if not self.single:
            self.check_changes()
            if self.found.proofs:
                self.check_proofs()

    def check_digits(self, file, kind, sequence):
        """F-23, F-137: ten digits that contradict the content."""
        named = re.fullmatch(r"(?:.*/)?([0-9]{10})\.%s" % kind, file, re.DOTALL)
        if named and int(named.group(1)) != sequence:
            self.findings.add("CHAIN-ORDER", "the file name contradicts its content", "%010d" % sequence,
                              named.group(1), sequence=sequence, file=file)

    def prepare_roots(self, sizes):
        if self.single:
            self.roots = {}
        elif self.found.proofs:
            self.roots = {self.bundle.note.size: self.bundle.note.root} if self.bundle else {}
        else:
            self.roots = roots_of((record.leaf for record in self.records[:self.whole]), sizes)

    def is_bound(self, note, say, most):
        """F-138: of this chain, of a possible size, with its root."""
        root = self.roots.get(note.size, note.root)
        if note.origin != self.origin:
            say("SIG-BIND", "the checkpoint is of another origin", self.origin, note.origin)
        elif note.size > most:
            say("SIG-BIND", "the checkpoint is of more records than there were", "at most %d" % most, note.size)
        elif note.root != root:
            say("SIG-BIND", "the checkpoint is of another history", root.hex(), note.root.hex())
        elif note.size not in self.roots and self.told.setdefault(note.size, note.root) != note.root:
            say("SIG-BIND", "two checkpoints of one size have two roots", self.told[note.size].hex(), note.root.hex())
        else:
            return True
        return False

    def check_changes(self):
        """F-128, and which keys are handed on (F-139)."""
        first_given = list(self.given)
        for record in self.changes:
            if not record.payload:
                continue
            at, change = record.sequence, record.payload
            say = self.findings.at(sequence=at, file=record.file, member="key_change.json")
            old, new = change["old_key"], change["new_key"]
            before = self.in_force.get(at - 1, "")
            later = [(note, signers) for note, _, _, signers, sound in self.notes if sound and note.size > at]
            vouched = [note for note, signers in later if old in signers]
            if before != "" and old != before:
                say("SIG-ROTATE", "the old key is not the one in force", before, old, pointer="/key_change/old_key")
            elif change["emergency"]:
                if not any(key.text == new and first <= at and (last is None or at <= last)
                           for key, first, last in first_given):
                    say("SIG-ROTATE", "the key changed without the old key's word", "a signature of the old key",
                        "an emergency change", pointer="/key_change/emergency")
            elif old is not None and later and not vouched and not self.found.proofs:
                say("SIG-ROTATE", "the key changed without the old key's word", "a signature of " + old, "none",
                    pointer="/key_change/emergency")
            compared = not self.found.proofs and any(note.size in self.roots for note in vouched)
            if compared and not change["emergency"] and key_or_none(new):
                self.given += [(VerifierKey(new), at, last) for key, first, last in self.given
                               if key.text == old and first <= at - 1 and (last is None or at - 1 <= last)]

    def check_presence(self):
        """F-127: a record of a signed chain carries the note over all records before it."""
        for record in self.records:
            say = self.findings.at(sequence=record.sequence, file=record.file, member="checkpoint")
            if any(entry["proof"] == "checkpoint" for entry in record.manifest["omissions"]):
                say("SIG-LATE", "the record was sealed before its predecessor could be signed", "no omission",
                    "an omission")
            elif record.sequence and record.package and record.package.accepted:
                before = record.sequence - 1
                signed = self.in_force.get(before) or self.surely[record.sequence] or self.readers(before)
                size = self.sizes.get(record.sequence) if record.package.note_listed else 0
                if signed and size is not None and size < record.sequence:
                    say("SIG-PRESENT", "the record carries no checkpoint over all records before it",
                        "size %d" % record.sequence, "size %d" % size if size else "none")

    # What stands outside of the chain itself

    def check_proofs(self):
        """F-135: every record of a bundle has a sound proof over the one note."""
        sound = self.bundle and any(note.data == self.bundle.note.data for note, _, _, _, _ in self.notes)
        for record in self.records:
            if not (sound and any(proof.index == record.sequence and proof.note.data == self.bundle.note.data
                                  and proof.holds(record.leaf) for _, proof in self.proofs)):
                self.findings.add("SIG-BIND", "the record has no sound proof", "an inclusion proof", "none",
                                  sequence=record.sequence, file=record.file)

    def check_anchors(self, anchors, notes):
        """F-133: the chain must extend every checkpoint that was kept outside."""
        agree, members, differ = [], [], []
        for name, note, leaves in anchors:
            say = self.findings.at(file=name, pointer="size %d" % note.size)
            if note.signers(self.known.values()) is None:
                say("SIG-VALID", "a signature in the kept checkpoint does not hold", "a signature of the key it names",
                    "another")
                continue
            root, foreign = self.roots.get(note.size), note.origin != self.origin
            whole = not (self.found.proofs or self.single or self.found.problems)
            cut = not foreign and root is None and note.size > self.count and whole
            kept = [] if leaves is None or foreign else [one for one in self.records if one.sequence < note.size]
            other = next((one.sequence for one in kept if leaves[one.sequence] != one.leaf), None)
            if not foreign and root == note.root:
                agree.append(note.size)
            elif foreign or root or cut or other is not None or self.told.get(note.size, note.root) != note.root:
                if cut and other is None and leaves is not None:
                    other = self.count  # the first that is gone
                differ.append((note, say, cut, other))
            elif kept:
                members.append(kept[-1].sequence)
            else:
                notes.append("checkpoint %s: the records below size %d are not all at hand, and no leaf hashes of those "
                             "that are were kept" % (name, note.size))
        low, high = max(agree, default=0), min((row[0].size for row in differ), default=0)
        for note, say, cut, at in differ:
            found = self.roots.get(note.size, self.told.get(note.size))
            message = "the chain does not extend a checkpoint kept outside" + (
                "" if note.origin != self.origin else ": cut at %d records" % self.count if cut
                else ": it differs between size %d and size %d" % (low, high) if note.size in self.roots
                else ": a record is not the one that was kept" if at is not None
                else ": a checkpoint in the evidence has the same size and another root")
            say("ANCHOR-CHECKPOINT", message, "%s %d %s" % (note.origin, note.size, note.root.hex()),
                found.hex() if found else self.origin, sequence=at)
        self.anchored_to = max([low - 1] * bool(agree) + members, default=None)


# ---------------------------------------------------------------------------------------------- the program

def verify(path, first=None, last=None, head=None, keys=(), anchors=(), pins=()):
    """The whole result as one document."""
    findings, notes, records, covered, signatures = Findings(), list(NOT_EVALUATED), [], None, None
    problems, single = [], False
    PackageCheck.canonical_before.clear()
    try:
        found = read_source(path, findings)
        problems, bundle = found.problems, bool(found.proofs)
        records = Placing(found).run()
        single = any(package.file == "" for package in found.packages)  # only PATH itself has no name
        if not records:
            if not problems:
                findings.add("CHAIN-EMPTY", "there is no evidence", "a record", "none")
        else:
            if not single:
                check_chain(records, bool(problems), bundle, findings)
            signatures = Signatures(records, found, keys, single, findings)
            signatures.run(anchors)
            signatures.check_anchors(anchors, notes)
            check_pins(records, pins, findings)
        if head:
            check_head(records, head, bool(problems), bundle, findings)
        if single and records:
            notes.insert(0, "chain, rules in force and coverage: one package alone cannot show them")
        elif bundle and records:
            notes.insert(0, "gaps, rules in force and coverage: a bundle of samples cannot show them")
        elif records:
            check_explanations(records, findings)
            covered = coverage(records, first, last, found)
        if records and not bundle:
            RulesInForce(findings).follow(records)
    except Unreadable as reason:
        problems.append(str(reason))
    if covered and not covered["expected"]:  # F-63
        if covered["requested"]:
            problems.append("no cycle was due in the period")
        elif not any(record.kind == "snapshot" for record in records):
            problems.append("no cycle was due yet and no snapshot was taken")
    notes[:0] = problems[:FAULTS_SHOWN]
    word, code = judge(findings, records, covered, problems, single, signatures)
    newest = records[-1] if records else None
    return {
        "implementation": "verify.py", "format": "1.0", "verdict": word, "exit_code": code,
        "records": len(records), "findings": findings.sorted(), "findings_omitted": findings.omitted,
        "coverage": covered,
        "head": newest and {"sequence": newest.sequence, "manifest_sha256": newest.digest,
                            "sealed_utc": newest.manifest["sealed_utc"]},
        "signed_to": signatures and signatures.signed_to, "anchored_to": signatures and signatures.anchored_to,
        "not_evaluated": notes}


def judge(findings, records, covered, problems, single, signatures):
    """One verdict: 1 before 5 before 3, never green on nothing."""
    if findings.count("integrity"):
        return "integrity failed", 1
    if problems or not records:
        return "inconclusive", 5
    if findings.count("cadence") or (covered and covered["explained"]):
        return "whole, but cycles are missing or only explained afterwards", 3
    reached = ["hashed" if single else "chained"]
    for word, last in (("signed", signatures.signed_to), ("anchored", signatures.anchored_to)):
        reached.append("not " + word if last is None else "%s up to record %d" % (word, last))
    return "verified: %s, not re-performed" % ", ".join(reached), 0


def print_text(result, out):
    for row in result["findings"]:
        place = [("record %d" % row["sequence"]) if row["sequence"] is not None else "", row["file"] or "",
                 row["member"] or "", row["pointer"] or ""]
        out("%-17s %-8s %s" % (row["code"], row["severity"], shown(row["message"])))
        out("    at       " + shown(", ".join(part for part in place if part) or "the whole evidence"))
        if row["expected"] or row["found"]:
            out("    expected " + shown(row["expected"]))
            out("    found    " + shown(row["found"]))
    if result["findings_omitted"]:
        out("and %d more findings like these" % result["findings_omitted"])
    covered = result["coverage"]
    if covered:
        out("cycles from %s to %s: %d expected, %d sealed, %d failed, %d explained, %d missing" % tuple(
            covered[name] for name in ("from_utc", "to_utc", "expected", "sealed", "failed", "explained", "missing")))
    for note in result["not_evaluated"]:
        out("not evaluated: " + shown(note))
    if result["head"]:
        out("records: %d; speaks up to record %d:%s (sealed %s); later records may have been cut" % (
            result["records"], result["head"]["sequence"], result["head"]["manifest_sha256"],
            result["head"]["sealed_utc"]))
    out("verdict: " + result["verdict"])


def moment(end_of_day):
    def parse(argument):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", argument):
            argument += "T23:59:59Z" if end_of_day and argument < "9999" else "T00:00:00Z"
        if argument in ("9999-12-31T00:00:00Z", "9999-12-30T00:00:00Z") and end_of_day:
            return LATEST
        if seconds(argument) is None:
            raise argparse.ArgumentTypeError("expected a date or a time like 2024-05-15T08:00:00Z")
        return seconds(argument)
    return parse


def known_head(argument):
    match = re.fullmatch(r"([0-9]{1,15}):([0-9a-f]{64})", argument)
    if not match:
        raise argparse.ArgumentTypeError("expected SEQUENCE:SHA256 with 64 lower-case hexadecimal digits")
    return int(match.group(1)), match.group(2)


def known_key(argument):
    """VKEY, or VKEY@FROM-TO with either end left open."""
    match = re.fullmatch(r"(.*\+[^@]*?)(?:@([0-9]{0,15})-([0-9]{0,15}))?", argument)
    key = key_or_none(match.group(1)) if match else None
    first, last = (int(match.group(2) or 0), int(match.group(3)) if match.group(3) else None) if match else (0, None)
    if key is None or (last is not None and last < first):
        raise argparse.ArgumentTypeError("expected the verifier key of a log, and perhaps @FROM-TO")
    return key, first, last


def known_pin(argument):
    """ITEM=SHA256, or ITEM=SHA256@FROM-TO with the end left open."""
    match = re.fullmatch(r"(%s)=([0-9a-f]{64})(?:@([0-9]{1,15})-([0-9]{0,15}))?" % "|".join(PINNED), argument)
    first, last = (int(match.group(3) or 0), int(match.group(4)) if match.group(4) else None) if match else (0, None)
    if not match or (last is not None and last < first):
        raise argparse.ArgumentTypeError("expected one of %s, =SHA256, and perhaps @FROM-TO" % ", ".join(PINNED))
    return match.group(1), match.group(2), first, last


def kept_checkpoint(argument):
    """A checkpoint of the reader's own, with its leaves if they stand beside it (F-133)."""
    try:
        with open(argument, "rb") as handle:
            note, leaves = Note(handle.read(NOTE_BYTES + 1), kept=True), None
        if os.path.exists(argument + ".leaves"):
            with open(argument + ".leaves", "rb") as handle:
                text_lines = handle.read(LEAVES_BYTES).decode("ascii").split("\n")
            if text_lines.pop() or not all(re.fullmatch("[0-9a-f]{64}", line) for line in text_lines):
                raise ValueError("the leaves are not one digest on each line")
            leaves = [bytes.fromhex(line) for line in text_lines]
            if roots_of(leaves, {note.size}).get(note.size) != note.root or len(leaves) != note.size:
                raise ValueError("the leaves are not those of the checkpoint")
    except (OSError, ValueError) as fault:
        raise argparse.ArgumentTypeError("%s is no checkpoint: %s" % (argument, fault))
    return argument, note, leaves


def main(arguments):
    parser = argparse.ArgumentParser(prog="verify.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", metavar="PATH", help="evidence root, folder of packages, or one package")
    parser.add_argument("--key", type=known_key, action="append", default=[], metavar="VKEY[@FROM-TO]",
                        help="a verifier key of the log that you were given, and the records it is good for")
    parser.add_argument("--checkpoint", type=kept_checkpoint, action="append", default=[], metavar="FILE",
                        help="a checkpoint you kept from before; FILE.leaves beside it is read too")
    parser.add_argument("--pin", type=known_pin, action="append", default=[], metavar="ITEM=SHA256[@FROM-TO]",
                        help="a digest of policies, schemas, profile or baseline that was approved")
    parser.add_argument("--from", dest="first", type=moment(False), metavar="D", help="first day or time, UTC")
    parser.add_argument("--to", dest="last", type=moment(True), metavar="D", help="last day or time, UTC")
    parser.add_argument("--head", type=known_head, metavar="SEQ:SHA256", help="a record you kept from before")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON document")
    options = parser.parse_args(arguments)
    gc.disable()  # large documents make no cycles, and looking for them takes longer than reading them
    result = verify(options.path, options.first, options.last, options.head, options.key, options.checkpoint,
                    options.pin)
    if options.json:
        print(json.dumps(result, ensure_ascii=True).replace("\x7f", "\\u007f"))
    else:
        print_text(result, print)
    return result["exit_code"]


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 70
    except Exception as error:  # anything unforeseen must not look like a verdict
        print("internal error: %s: %s" % (type(error).__name__, shown(error)), file=sys.stderr)
        code = 70
    sys.exit(code)

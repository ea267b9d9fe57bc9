#!/usr/bin/env python3
"""Checks evidence packages with nothing but Python's standard library (3.8 or newer).

A second implementation of the evidence format 1.0, written from its text and sharing no code with
the verifier. Rule numbers such as F-34 are those of that text. It reads, and never writes; it opens
no connection; it extracts nothing. A copy travels in every package as a convenience; the copy to
trust is the one you brought yourself.

    python3 verify.py PATH [--from D] [--to D] [--head SEQ:SHA256] [--json]

PATH is an evidence root, a folder of packages, or one package. Exit codes: 0 verified, 1 integrity
failed, 2 wrong usage, 3 whole but cycles are missing or only explained, 5 inconclusive, 70 internal.
"""

import argparse
import datetime
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zlib

# ------------------------------------------------------------------ limits (F-12) and finding codes

PACKAGE_BYTES, MEMBER_BYTES = 1 << 30, 256 << 20
TOTAL_BYTES, MANIFEST_BYTES = 1 << 30, 16 << 20
JSON_VALUES, SNAPSHOT_VALUES = 1000000, 4000000
MEMBERS, FILES, FOLDER_DEPTH, JSON_DEPTH = 10000, 1000000, 32, 64
EXPANSION, EXPANSION_FLOOR = 200, 1 << 20
FAULTS_SHOWN, CYCLES = 100, 1000000
MOST_OF_RECORD, MOST_OF_SOURCE = 100, 10000
LARGEST_INTEGER = (1 << 53) - 1

# Codes this program can report, in the order of the checks: severity, and what the code does to the
# exit code (integrity 1, cadence 3, note nothing).
CODES = dict((line.split()[0], tuple(line.split()[1:])) for line in """
SRC-TYPE high integrity
SRC-NAME medium note
SRC-STRAY low note
SRC-LIMITS high integrity
SRC-STABLE high integrity
PKG-ZIP-STRUCT critical integrity
PKG-ZIP-PREFIX high integrity
PKG-ZIP-TRAILER high integrity
PKG-ZIP-GAP high integrity
PKG-ZIP-COMMENT high integrity
PKG-ZIP-HEADERS critical integrity
PKG-ZIP-HIDDEN critical integrity
PKG-ZIP-DUP critical integrity
PKG-ZIP-COLLIDE critical integrity
PKG-ZIP-OVERLAP critical integrity
PKG-ZIP-NAME critical integrity
PKG-ZIP-TYPE critical integrity
PKG-ZIP-METHOD high integrity
PKG-ZIP-EXTRA high integrity
PKG-ZIP-ZIP64 high integrity
PKG-ZIP-SIZES critical integrity
PKG-ZIP-CRC critical integrity
PKG-ZIP-LIMITS critical integrity
PKG-MISSING critical integrity
PKG-MEMBERS critical integrity
PKG-HASH-PAYLOAD critical integrity
PKG-HASH-MEMBER critical integrity
PKG-HASH-STATE critical integrity
PKG-HASH-RULES critical integrity
PKG-SUMS high integrity
JSON-UTF8 high integrity
JSON-SYNTAX high integrity
JSON-TRAILING high integrity
JSON-DUPKEY high integrity
JSON-NUMBER high integrity
JSON-LIMITS high integrity
JSON-CANON high integrity
SCHEMA-VERSION critical integrity
SCHEMA-REQUIRED high integrity
SCHEMA-TYPE high integrity
SCHEMA-UNKNOWN high integrity
SCHEMA-DIGEST critical integrity
SCHEMA-ID medium note
SCHEMA-TIME high integrity
SCHEMA-BIND critical integrity
COLLECT-COMPLETE high integrity
COLLECT-TRANSCRIPT high integrity
CHAIN-EMPTY critical note
CHAIN-GENESIS high integrity
CHAIN-LINK critical integrity
CHAIN-SEQ critical integrity
CHAIN-GAP critical integrity
CHAIN-DUP medium note
CHAIN-FORK critical integrity
CHAIN-COPY critical integrity
CHAIN-ORDER low note
CHAIN-TIME high integrity
CHAIN-ORIGIN critical integrity
CHAIN-ID critical integrity
CHAIN-CADENCE high cadence
CHAIN-PERIOD high cadence
CHAIN-TRUNCATED high cadence
ANCHOR-HEAD critical integrity
RULES-UNAPPROVED critical integrity
RULES-BASELINE critical integrity
POLICY-BIND critical integrity
""".strip().splitlines())

NOT_EVALUATED = [
    "policy replay (F-73): recorded policy results are hashed, not re-performed",
    "drift replay (F-80 to F-85): recorded drift is hashed, not recomputed",
    "normalization (F-45 to F-47) and order of entities (F-41): they need the profile",
    "JSON Schemas: snapshot, validation and drift are checked only where the format binds them",
    "exceptions (F-75, F-97): whether they cover a violation",
    "signatures and timestamps: version 1.0 has none",
]


class Findings:
    """What is wrong, collected; every check runs, none hides a later one."""

    def __init__(self):
        self.rows, self.listed, self.omitted = [], {}, 0

    def add(self, code, message, expected="", found="", sequence=None, file=None, member=None):
        row = {"code": code, "severity": CODES[code][0], "sequence": sequence, "file": file,
               "member": member, "expected": text_of(expected), "found": text_of(found),
               "message": message}
        most = MOST_OF_SOURCE if sequence is None else MOST_OF_RECORD
        if self.listed.get((code, sequence), 0) >= most:
            self.omitted += 1  # a flood of one code is counted, the first ones are listed
        elif row not in self.rows[-FAULTS_SHOWN:]:
            self.listed[code, sequence] = self.listed.get((code, sequence), 0) + 1
            self.rows.append(row)

    def at(self, **place):
        """A function that adds findings at one place."""
        return lambda code, message, expected="", found="", **more: self.add(
            code, message, expected, found, **dict(place, **more))

    def sorted(self):
        order = {code: index for index, code in enumerate(CODES)}
        return sorted(self.rows, key=lambda row: (
            order[row["code"]], -1 if row["sequence"] is None else row["sequence"],
            row["file"] or "", row["member"] or "", row["message"], row["expected"], row["found"]))

    def count(self, effect):
        return sum(1 for row in self.rows if CODES[row["code"]][1] == effect)


def text_of(value):
    """A value of the evidence as short text; digests stay whole."""
    if isinstance(value, str):
        text = value
    elif isinstance(value, bytes):
        text = value.decode("ascii", "backslashreplace")
    else:
        text = json.dumps(value)
    return text if len(text) <= 300 else text[:300] + "..."


def shown(text):
    """Untrusted text for a terminal: printable ASCII as it is, everything else escaped."""
    return "".join(c if " " <= c <= "~" else "\\u{%x}" % ord(c) for c in str(text))


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
            keys = [key for key, _ in pairs]
            raise JsonFault("JSON-DUPKEY", next(key for key in keys if keys.count(key) > 1))
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


def canonical(data):
    """The RFC 8785 form of any strict JSON text."""
    reader = JsonReader()
    return reader.write(reader.read(data))


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


def digest_of_set(entries):
    """F-14: SHA-256 of the canonical object {name: digest}. Names are plain ASCII."""
    ordered = {name: entries[name] for name in sorted(entries)}
    return sha256(canonical_text(ordered).encode("utf-8"))


# ---------------------------------------------------------------------------- times and schedule (F-11, F-61)

EPOCH = datetime.datetime(1970, 1, 1)
DAY = 86400
LATEST = 253402207200  # 9999-12-30T22:00:00Z: a time in every time zone still has four digits


def seconds(text):
    """Seconds since 1970 of a time of the format, or None."""
    if not isinstance(text, str) or not re.fullmatch(
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        return None
    try:
        moment = datetime.datetime(*map(int, re.split("[-T:Z]", text)[:6]))
    except ValueError:
        return None
    moment = (moment - EPOCH) // datetime.timedelta(seconds=1)
    return moment if moment <= LATEST else None


def time_text(moment):
    return (EPOCH + datetime.timedelta(seconds=moment)).strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


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

    def answers(self, slot, started):
        return slot <= started <= slot + self.tolerance  # F-62


# ------------------------------------------------------------------------ shapes of documents (section 3)
# A rule is a function (value, pointer, say) that calls say(code, pointer, expected, found).

def matching(pattern, expected, code="SCHEMA-TYPE"):
    compiled = re.compile(pattern)

    def rule(value, at, say):
        if not isinstance(value, str):
            say("SCHEMA-TYPE", at, expected, value)
        elif not compiled.fullmatch(value):
            say(code, at, expected, value)
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


def boolean(value, at, say):
    if not isinstance(value, bool):
        say("SCHEMA-TYPE", at, "true or false", value)


def anything(value, at, say):
    del value, at, say


def one_of(*values):
    return matching("|".join(map(re.escape, values)), "one of " + ", ".join(values))


def array_of(inner):
    def rule(value, at, say):
        if not isinstance(value, list):
            return say("SCHEMA-TYPE", at, "an array", value)
        for index, item in enumerate(value):
            inner(item, "%s/%d" % (at, index), say)
    return rule


def map_of(key_rule, inner):
    def rule(value, at, say):
        if not isinstance(value, dict):
            return say("SCHEMA-TYPE", at, "an object", value)
        for key, item in value.items():
            key_rule(key, at + "/" + key, say)
            inner(item, at + "/" + key, say)
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
                say("SCHEMA-UNKNOWN", at + "/" + name, "no such field", "the field")
    return rule


def schedule_rule(value, at, say):
    wrong = []
    fields(cron=text, timezone=text, tolerance_seconds=count_up_to((1 << 32) - 1))(
        value, at, lambda *fault: wrong.append(fault))
    for fault in wrong:
        say(*fault)
    if not wrong:
        try:
            Schedule(value)
        except ValueError:
            say("SCHEMA-TYPE", at, "a schedule of F-60 and F-61", value)


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
digest = matching("[0-9a-f]{64}", "64 lower-case hexadecimal digits", "SCHEMA-DIGEST")
count = count_up_to(LARGEST_INTEGER)
identifier = matching(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", "1 to 80 of A-Z a-z 0-9 . _ -")
origin_rule = matching(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}", "1 to 200 of A-Z a-z 0-9 . _ - /")
resource_name = matching(r"(?!(?:%s)$)[a-z][a-z0-9_]{0,59}" % "|".join(RESERVED), "a resource name")
member_name = matching(r"(?=.{1,259}$)[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}",
                       "a member name (F-102)")
tenant_rule = fields(platform=text, region=text, organization_id=text, subdomain=text)

MANIFEST = dict(
    manifest_version=text, kind=one_of(*KINDS), origin=origin_rule, collection_id=identifier,
    collection_cycle=text, sequence=count, chain_id=nullable(digest), tenant=tenant_rule, payload_path=text,
    payload_sha256=digest, previous_snapshot_sha256=nullable(digest), previous_manifest_sha256=nullable(digest),
    state_sha256=nullable(digest), policies_sha256=digest, schemas_sha256=digest, profile_sha256=digest,
    inputs_sha256=digest,
    resources=map_of(resource_name, fields(
        outcome=one_of(*OUTCOMES), reason=nullable(text), count=count, reported_total=nullable(count),
        pages=count, sha256=nullable(digest), schema=nullable(member_name))),
    baseline=nullable(fields(collection_id=identifier, sequence=count, state_sha256=digest,
                             approval_sequence=count)),
    files=array_of(fields(path=member_name, size=count, sha256=digest, stored_size=count, stored_sha256=digest)),
    schedule=schedule_rule, scheduled_utc=nullable(time_rule), started_utc=time_rule, finished_utc=time_rule,
    sealed_utc=time_rule, storage_class=nullable(text), object_lock_mode=nullable(text),
    retention_until=nullable(time_rule), encryption_key_id=nullable(text),
    omissions=array_of(fields(proof=one_of("checkpoint", "timestamp"), reason=text)),
    audit_log_entry=fields(action=text, actor=text, timestamp_utc=time_rule),
    tool=fields(name=text, version=text, source_revision=text, policy_engine=text))

METADATA = fields(
    timestamp_utc=time_rule, subdomain=text, api_version=text, collection_cycle=text, service_account_id=text,
    collection_id=identifier, platform=text, region=text, organization_id=text, profile=text,
    scheduled_utc=time_rule, started_utc=time_rule, finished_utc=time_rule, propagation_wait_seconds=count,
    redaction_key_id=nullable(text))

PAYLOADS = {
    "genesis": fields(genesis=fields(
        origin=origin_rule, tenant=tenant_rule, log_key=nullable(text), approved_by=text, ticket=text, reason=text,
        approved_utc=time_rule, schedule=schedule_rule,
        rules=fields(**{name + "_sha256": digest for name in SUBJECTS}))),
    "approval": fields(approval=fields(
        subject=one_of("baseline", *SUBJECTS), approved_by=text, ticket=text, reason=text,
        approved_utc=time_rule, before_sha256=nullable(digest), after_sha256=digest,
        baseline=nullable(fields(collection_id=identifier, sequence=count, state_sha256=digest)))),
    "failure": fields(extraction_metadata=METADATA, failure=fields(
        stage=one_of("sign_in", "extract"), code=text, message=text, attempts=count)),
    "exception": fields(exception=fields(
        control_id=text, resource=text, entity=text, owner=text, approved_by=text, ticket=text, reason=text,
        valid_from_utc=time_rule, expires_utc=time_rule)),
    "explanation": fields(explanation=fields(
        scheduled_utc=time_rule, explained_by=text, ticket=text, reason=text, written_after=count)),
    "key_change": fields(key_change=fields(
        old_key=nullable(text), new_key=text, first_sequence=count, emergency=boolean, approved_by=text,
        ticket=text, reason=text, approved_utc=time_rule)),
}


def check_shape(rule, value, what, say):
    """Applies a rule; True if the value keeps it."""
    wrong = []

    def fault(code, at, expected, found):
        wrong.append(code)
        if len(wrong) <= FAULTS_SHOWN:
            say(code, "%s%s is not of the format" % (what, at), expected, found)
    rule(value, "", fault)
    return not wrong


def check_kind(manifest, say):
    """What a manifest must hold for its kind and sequence (F-32, F-35, F-37)."""
    kind, first = manifest["kind"], manifest["sequence"] == 0
    if (kind == "genesis") != first:
        say("SCHEMA-TYPE", "a genesis has sequence 0, and nothing else has", first, kind)
    wanted = {"scheduled_utc": kind in ("snapshot", "failure"), "state_sha256": kind == "snapshot",
              "resources": kind == "snapshot", "chain_id": not first, "previous_manifest_sha256": not first}
    for name in wanted:
        if (manifest[name] not in (None, {})) != wanted[name]:
            say("SCHEMA-TYPE", "%s does not fit kind and sequence" % name,
                "a value" if wanted[name] else "none", manifest[name])
    for name, allowed in (("baseline", kind == "snapshot"), ("previous_snapshot_sha256", not first)):
        if manifest[name] is not None and not allowed:
            say("SCHEMA-TYPE", "%s does not fit kind and sequence" % name, None, manifest[name])


def check_id_and_action(manifest, say):
    """F-21 and F-38: the id follows from kind and time, the action from the kind."""
    kind, log = manifest["kind"], manifest["audit_log_entry"]
    moment = manifest["scheduled_utc"] or manifest["sealed_utc"]
    wanted = "%s-%s-%s" % ("evidence" if kind == "snapshot" else kind, moment[:10], moment[11:16].replace(":", ""))
    if manifest["collection_id"] != wanted:
        say("SCHEMA-ID", "the collection id does not follow from kind and time", wanted, manifest["collection_id"])
    if kind in ACTIONS and log["action"] != ACTIONS[kind]:
        say("SCHEMA-TYPE", "the audit log entry names another action", ACTIONS[kind], log["action"])


def check_times(manifest, say):
    """F-37, F-38: the times within one record."""
    times = [manifest[name + "_utc"] for name in ("scheduled", "started", "finished", "sealed")]
    times = [time for time in times if time is not None]
    if times != sorted(times):
        say("CHAIN-TIME", "the times of the record run backwards", "slot, start, end, sealing", " ".join(times))
    if manifest["kind"] not in ("snapshot", "failure") and times[-3] != times[-2]:
        say("CHAIN-TIME", "a record without collection has two times", times[-3], times[-2])
    logged = manifest["audit_log_entry"]["timestamp_utc"]
    if logged != manifest["sealed_utc"]:
        say("CHAIN-TIME", "the audit log entry has another time", manifest["sealed_utc"], logged)


class Manifests:
    """Reads manifests, each distinct one once: most are seen twice, in chain/ and in their package."""

    def __init__(self):
        self.known = {}

    def read(self, data, findings, file, member=None):
        """The manifest, or None if it cannot be used as one."""
        key = sha256(data)
        if key not in self.known:
            own = Findings()
            self.known[key] = (self.parse(data, own), own.rows)
        manifest, rows = self.known[key]
        for row in rows:
            findings.rows.append(dict(row, file=file, member=member))
        return manifest

    @staticmethod
    def parse(data, findings):
        say = findings.at()
        try:
            manifest, _ = read_canonical(data)
        except JsonFault as fault:
            say(fault.code, "the manifest is not canonical JSON", "RFC 8785 form", fault.found)
            if fault.code != "JSON-CANON":
                return None
            manifest = JsonReader().read(data)  # it can still be said what it holds
        if not isinstance(manifest, dict):
            say("SCHEMA-TYPE", "the manifest is no object", "an object", manifest)
            return None
        version, sequence = manifest.get("manifest_version"), manifest.get("sequence")
        say = findings.at(sequence=sequence if type(sequence) is int else None)
        if isinstance(version, str) and not re.fullmatch(r"1\.[0-9]{1,4}", version):  # F-30
            say("SCHEMA-VERSION", "the format version is not known", "1.0", version)
            return None
        if not check_shape(fields(**MANIFEST), manifest, "manifest", say):
            return None
        check_kind(manifest, say)
        return manifest


# ------------------------------------------------------------------------- container (F-100 to F-102)
# Every byte of a package but names, CRCs, sizes, offsets and contents is a constant. The headers are
# therefore read field by field and compared; no zip library, lenient by design, takes part.

LOCAL = struct.Struct("<4s5H3I2H")           # APPNOTE 4.3.7
CENTRAL = struct.Struct("<4s6H3I5H2I")       # APPNOTE 4.3.12
END = struct.Struct("<4s4H2IH")              # APPNOTE 4.3.16
MADE_BY, NEEDED, FLAGS, TIME, DATE = 0x0314, 20, 0, 0, 0x0021
INTERNAL, EXTERNAL = 0, 0o100644 << 16
ZIP64 = (b"PK\x06\x06", b"PK\x06\x07")
UNLISTED = ("manifest.json", "SHA256SUMS")


class Refused(Exception):
    """A container fault that leaves nothing to look at."""

    def __init__(self, code, message, expected="", found=""):
        super().__init__(message)
        self.fault = (code, message, expected, found)


class Member:
    """One directory entry with its local header."""

    def __init__(self, values, name, extra, comment):
        (_, self.made_by, self.needed, self.flags, self.method, self.time, self.date, self.crc, self.stored_size,
         self.size, _, _, _, self.disk, self.internal, self.external, self.offset) = values
        self.raw_name, self.extra, self.comment = name, extra, comment
        self.name = name.decode("ascii", "backslashreplace")
        self.start = self.end = None

    def shared(self):
        """The fields that the local header repeats."""
        return (self.needed, self.flags, self.method, self.time, self.date, self.crc, self.stored_size,
                self.size, len(self.raw_name))

    def rank(self):
        return (UNLISTED.index(self.name) if self.name in UNLISTED else 2, self.raw_name)


def end_record(data):
    """Offset of directory and end record, and the number of entries."""
    at = len(data) - END.size
    if at < 0 or data[at:at + 4] != b"PK\x05\x06" or data[-2:] != b"\0\0":
        raise no_end_record(data)
    _, disk, start_disk, here, entries, size, offset, _ = END.unpack_from(data, at)
    if entries == 0xffff or 0xffffffff in (size, offset) or bytes(data[max(at - 20, 0):at][:4]) in ZIP64:
        raise Refused("PKG-ZIP-ZIP64", "the package uses zip64", "32-bit sizes", "a mark of zip64")
    if (disk, start_disk, here) != (0, 0, entries):
        raise Refused("PKG-ZIP-STRUCT", "the end record speaks of several disks", "0 0 %d" % entries,
                      "%d %d %d" % (disk, start_disk, here))
    if entries > MEMBERS:
        raise Refused("PKG-ZIP-LIMITS", "too many members", "at most %d" % MEMBERS, entries)
    if offset + size != at:
        code = "PKG-ZIP-STRUCT"
        if offset + size < at and data[at - size:at - size + 4] == b"PK\x01\x02":
            code = "PKG-ZIP-PREFIX"
        elif offset + size < at and data[offset:offset + 4] == b"PK\x01\x02":
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


def directory(data, offset, end, entries):
    members = []
    for _ in range(entries):
        if offset + CENTRAL.size > end or data[offset:offset + 4] != b"PK\x01\x02":
            code = "PKG-ZIP-ZIP64" if data[offset:offset + 4] in ZIP64 else "PKG-ZIP-STRUCT"
            raise Refused(code, "the directory is damaged", "%d entries" % entries, "%d" % len(members))
        values = CENTRAL.unpack_from(data, offset)
        cuts = [offset + CENTRAL.size]
        for length in values[10:13]:
            cuts.append(cuts[-1] + length)
        if cuts[3] > end:
            raise Refused("PKG-ZIP-STRUCT", "a directory entry is cut off", "its end before %d" % end, cuts[3])
        members.append(Member(values, *(data[a:b] for a, b in zip(cuts, cuts[1:]))))
        offset = cuts[3]
    if offset != end:
        code = "PKG-ZIP-ZIP64" if data[offset:offset + 4] in ZIP64 else "PKG-ZIP-STRUCT"
        raise Refused(code, "bytes follow the last directory entry", "none", "%d bytes" % (end - offset))
    return members


def check_entry(member, say):
    """One entry against the constants of the format and the limits."""
    if not NAME.fullmatch(member.raw_name):
        say("PKG-ZIP-NAME", "the member's name is no plain path", "F-102", member.raw_name)
    file_type = member.external >> 28
    if file_type not in (0, 8) or member.external & 0x10:
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
        say("PKG-ZIP-ZIP64" if member.extra[:2] == b"\1\0" else "PKG-ZIP-EXTRA",
            "the member has an extra field", "none", "%d bytes" % len(member.extra))
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


def check_local(data, member, say):
    """The local header must repeat its directory entry; sets where the content lies."""
    if member.offset + LOCAL.size > len(data) or data[member.offset:member.offset + 4] != b"PK\x03\x04":
        return say("PKG-ZIP-STRUCT", "the directory points to no member", "a local header", "none")
    values = LOCAL.unpack_from(data, member.offset)
    name_at = member.offset + LOCAL.size
    name = data[name_at:name_at + values[9]]
    if values[1:10] != member.shared() or name != member.raw_name:
        say("PKG-ZIP-HEADERS", "local header and directory entry differ",
            list(member.shared()) + [member.name], list(values[1:10]) + [text_of(name)])
    if values[10] and not member.extra:
        extra = data[name_at + values[9]:name_at + values[9] + 2]
        say("PKG-ZIP-ZIP64" if extra == b"\1\0" else "PKG-ZIP-EXTRA", "the member has an extra field",
            "none", "%d bytes" % values[10])
    member.start = name_at + values[9] + values[10]
    member.end = member.start + member.stored_size


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
    between = data[start:end]
    hides = b"PK\x03\x04" in between
    if start == 0 and (not hides or b"PK\x05\x06" in between):
        code, message = "PKG-ZIP-PREFIX", "bytes stand before the first member"
    elif hides:
        code, message = "PKG-ZIP-HIDDEN", "a member is not in the directory"
    else:
        code, message = "PKG-ZIP-GAP", "bytes stand between members"
    return code, message, "none", "%d bytes at %d" % (end - start, start)


def check_names(members, say):
    seen, folded, folders = set(), set(), set()
    for member in members:
        parts = [part.rstrip(".") for part in member.name.lower().split("/")]
        plain = "/".join(parts)
        above = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if member.raw_name in seen:
            say("PKG-ZIP-DUP", "two members have one name", "one", "two", member=member.name)
        elif plain in folded or plain in folders or above & folded:
            say("PKG-ZIP-COLLIDE", "two names are one on some systems", "one", "two", member=member.name)
        seen.add(member.raw_name)
        folded.add(plain)
        folders |= above
    for name in UNLISTED:
        if name.encode() not in seen:
            say("PKG-MEMBERS", "a required member is missing", "a member", "none", member=name)
    ranks = [member.rank() for member in members if NAME.fullmatch(member.raw_name)]
    if ranks != sorted(ranks):
        say("PKG-ZIP-STRUCT", "the members are not in the order of the format", "F-100", "another order")


NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}")


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
            check_entry(member, lambda *args, at=member.name: fault(*args, member=at))
            check_local(data, member, lambda *args, at=member.name: fault(*args, member=at))
        if sum(member.size for member in members) > TOTAL_BYTES:
            fault("PKG-ZIP-LIMITS", "the members are too large together", TOTAL_BYTES, "more")
        check_names(members, fault)
        check_places(data, members, offset, fault)
    except Refused as refused:
        fault(*refused.fault)
    for code, message, expected, found, more in faults[:FAULTS_SHOWN]:
        say(code, message, expected, found, **more)
    return None if faults else {member.name: member for member in members}


def inflate(data, member, say):
    """The content of a member, or None; at most one byte more than declared is ever produced."""
    stored = data[member.start:member.end]
    if member.method == 0:
        content = stored
    else:
        decoder = zlib.decompressobj(-15)
        try:
            content = decoder.decompress(stored, member.size + 1)
            if len(content) == member.size and not decoder.eof:
                content += decoder.decompress(decoder.unconsumed_tail, 1)
        except zlib.error as error:
            return say("PKG-ZIP-STRUCT", "the compressed bytes are damaged", "a Deflate stream", str(error))
        if len(content) <= member.size and not decoder.eof:
            return say("PKG-ZIP-SIZES", "the compressed stream is cut off", member.size, len(content))
        if decoder.unused_data:
            return say("PKG-ZIP-SIZES", "bytes follow the compressed stream", 0, len(decoder.unused_data))
    if len(content) != member.size:
        return say("PKG-ZIP-SIZES", "the member has another size than declared", member.size, len(content))
    if zlib.crc32(content) != member.crc:
        return say("PKG-ZIP-CRC", "the CRC-32 is wrong", "%08x" % member.crc, "%08x" % zlib.crc32(content))
    return content


# ------------------------------------------------------------------------------------------ one package

class Package:
    """One package, judged on its own. Holds facts, not bytes, once it was read."""

    def __init__(self, file):
        self.file, self.manifest, self.digest, self.payload = file, None, None, None
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
    return data[start:start + values[7]] if values[7] <= MANIFEST_BYTES and values[9] == len(UNLISTED[0]) else None


class PackageCheck:
    """Reads one package: container, members, hashes, documents (F-33 to F-36, F-40, F-103)."""

    canonical_before = {}  # digests of members found canonical: rules are the same in most packages

    def __init__(self, data, file, manifests):
        self.data, self.manifests, self.package = data, manifests, Package(file)
        self.findings = self.package.findings
        self.say = self.findings.at(file=file)
        self.digests, self.documents, self.resources = {}, {}, {}

    def run(self):
        manifest = first_manifest(self.data)
        if manifest is not None:
            self.read_manifest(manifest, Findings())
        members = open_container(self.data, self.say)
        if members is not None:
            content = inflate(self.data, members["manifest.json"], lambda *args: self.say(
                *args, member="manifest.json"))
            if content is not None and self.read_manifest(content, self.findings):
                check_id_and_action(self.manifest, self.say)
                self.read_members(members)
                self.check_rule_digests()
                self.check_documents()
        return self.package

    def read_manifest(self, content, findings):
        self.manifest = self.manifests.read(content, findings, self.package.file, "manifest.json")
        if self.manifest is None:
            return False
        self.package.digest = sha256(content)
        self.package.manifest = {name: value for name, value in self.manifest.items() if name != "files"}
        self.say = self.findings.at(file=self.package.file, sequence=self.manifest["sequence"])
        return True

    def read_members(self, members):
        """Members against the list, one in memory at a time (F-34)."""
        listed = {entry["path"]: entry for entry in self.manifest["files"]}
        paths = [entry["path"] for entry in self.manifest["files"]]
        if any(a >= b for a, b in zip(paths, paths[1:])) or set(paths) & set(UNLISTED):
            self.say("PKG-MEMBERS", "the list is not ascending or lists what it must not", "F-34", "another list")
        for name in sorted(set(listed) ^ (set(members) - set(UNLISTED))):
            if name not in UNLISTED:
                self.say("PKG-MEMBERS", "the member is only in the %s" % ("list" if name in listed else "package"),
                         "in both", "in one", member=name)
        for name in sorted(set(paths) | required_members(self.manifest["kind"])):
            if not allowed_member(name, self.manifest["kind"]) or name not in listed:
                self.say("PKG-MEMBERS", "the member does not belong to the kind, or is missing", "section 10",
                         "listed" if name in listed else "not listed", member=name)
        for member in members.values():
            self.read_member(member, listed.get(member.name))

    def read_member(self, member, entry):
        say = lambda *args: self.say(*args, member=member.name)
        content = inflate(self.data, member, say)
        if content is None:
            return
        if member.name == "SHA256SUMS":
            self.check_sums(content)
        if entry is None:
            return
        found = {"size": member.size, "sha256": sha256(content), "stored_size": member.stored_size,
                 "stored_sha256": sha256(self.data[member.start:member.end])}
        for name in sorted(found):
            if found[name] != entry[name]:
                say("PKG-HASH-MEMBER", "%s is not the sealed one" % name, entry[name], found[name])
        if member.name == self.manifest["kind"] + ".json" and found["sha256"] != self.manifest["payload_sha256"]:
            say("PKG-HASH-PAYLOAD", "the payload is not the sealed one", self.manifest["payload_sha256"],
                found["sha256"])
        if all(found[name] == entry[name] for name in found):  # what was not sealed is not interpreted
            self.digests[member.name] = found["sha256"]
            self.read_document(member.name, content, say)

    def read_document(self, name, content, say):
        """F-13 for every document; keeps what later checks need."""
        wanted = name in ("validation.json", "transcript.jsonl", self.manifest["kind"] + ".json")
        if not name.endswith((".json", ".jsonl")) or name.startswith("raw/"):
            return  # F-53: a kept body is as it was received
        if not wanted and self.digests[name] in self.canonical_before:
            return
        try:
            if name.endswith(".jsonl"):
                self.documents[name] = read_lines(content)
                return
            snapshot = name == "snapshot.json" and wanted
            value, parts = read_canonical(content, SNAPSHOT_VALUES if snapshot else JSON_VALUES)
        except JsonFault as fault:
            return say(fault.code, "the document is not canonical JSON", "RFC 8785 form", fault.found)
        self.canonical_before[self.digests[name]] = True
        if name == "snapshot.json" and wanted and isinstance(value, dict):
            self.read_snapshot(value, parts)
        elif wanted:
            self.documents[name] = value

    def read_snapshot(self, value, parts):
        """Keeps the metadata, and per resource only its digest and number of entities (F-35)."""
        for key in value:
            if key not in RESERVED:
                entities = len(value[key]) if isinstance(value[key], list) else None
                self.resources[key] = (sha256(parts[key]), entities)
        self.documents["snapshot.json"] = {key: value[key] for key in RESERVED if key in value}

    def check_sums(self, content):
        lines = [(self.package.digest, "manifest.json")]
        lines += [(entry["sha256"], entry["path"]) for entry in self.manifest["files"]]
        implied = "".join("%s  %s\n" % line for line in lines).encode("utf-8")
        if content != implied:  # F-103
            self.say("PKG-SUMS", "SHA256SUMS is not what the manifest implies", sha256(implied), sha256(content),
                     member="SHA256SUMS")

    def check_rule_digests(self):
        """F-36, over the list; that the members are the listed ones is checked above."""
        for name in RULES:
            found = digest_of_set({entry["path"]: entry["sha256"] for entry in self.manifest["files"]
                                   if entry["path"].startswith(name + "/")})
            if found != self.manifest[name + "_sha256"]:
                self.say("PKG-HASH-RULES", "%s_sha256 does not follow from the members" % name,
                         self.manifest[name + "_sha256"], found)

    def check_documents(self):
        kind = self.manifest["kind"]
        payload = self.documents.get(kind + ".json")
        if payload is None:
            return
        say = lambda *args: self.say(*args, member=kind + ".json")
        if kind == "snapshot":
            if not check_shape(fields(extraction_metadata=METADATA, provenance=map_of(text, anything),
                                      observations=map_of(text, anything)), payload, "snapshot", say):
                return
            self.check_state()
            self.check_validation()
        elif kind in PAYLOADS and not check_shape(PAYLOADS[kind], payload, kind, say):
            return
        self.check_binding(payload, say)
        self.check_transcript()
        if kind in ("genesis", "approval", "explanation"):
            self.package.payload = payload[kind]

    def check_binding(self, payload, say):
        """A document repeats facts of its manifest; both must agree (F-40)."""
        manifest, pairs = self.manifest, {}
        if "extraction_metadata" in payload:
            pairs = {name: manifest["tenant"][name] for name in ("subdomain", "platform", "region", "organization_id")}
            for name in ("collection_cycle", "collection_id", "scheduled_utc", "started_utc", "finished_utc"):
                pairs[name] = manifest[name]
            pairs["timestamp_utc"] = manifest["started_utc"]
            pairs["service_account_id"] = manifest["audit_log_entry"]["actor"]
            payload = payload["extraction_metadata"]
        elif manifest["kind"] == "genesis":
            pairs = {name: manifest[name] for name in ("origin", "tenant", "schedule")}
            pairs["rules"] = rules_of(manifest)
            payload = payload["genesis"]
        elif manifest["kind"] == "exception":
            covers = payload["exception"]
            if covers["expires_utc"] <= covers["valid_from_utc"]:
                say("SCHEMA-BIND", "the exception ends before it begins", "a time after " + covers["valid_from_utc"],
                    covers["expires_utc"])
        for name, expected in pairs.items():
            if payload[name] != expected:
                say("SCHEMA-BIND", "%s contradicts the manifest" % name, expected, payload[name])

    def check_state(self):
        """State and completeness of a snapshot (F-35, F-41, F-50, F-51)."""
        manifest, complete = self.manifest, {}
        say = lambda *args: self.say(*args, member="snapshot.json")
        for name, record in manifest["resources"].items():
            is_complete = record["outcome"] == "complete"
            if is_complete != (record["sha256"] is not None) or is_complete != (record["reason"] is None):
                say("COLLECT-COMPLETE", "digest and reason of %s do not fit its outcome" % name,
                    record["outcome"], [record["sha256"], record["reason"]])
            if is_complete != (name in self.resources):
                say("PKG-HASH-STATE", "%s stands in the snapshot if and only if it is complete" % name,
                    is_complete, name in self.resources)
            elif is_complete:
                complete[name], entities = self.resources[name]
                if complete[name] != record["sha256"] or entities is None:
                    say("PKG-HASH-STATE", "%s is not the resource recorded" % name, record["sha256"], complete[name])
                if entities is not None and (entities != record["count"]
                                             or record["reported_total"] not in (None, entities)):
                    say("COLLECT-COMPLETE", "%s is called complete, its figures differ" % name,
                        [record["count"], record["reported_total"]], entities)
        for name in sorted(set(self.resources) - set(manifest["resources"])):
            say("PKG-HASH-STATE", "resource %s is not recorded" % name, None, name)
        if digest_of_set(complete) != manifest["state_sha256"]:
            say("PKG-HASH-STATE", "the state digest does not follow from the snapshot",
                manifest["state_sha256"], digest_of_set(complete))

    def check_validation(self):
        """Recorded results must be about this state and baseline (F-70)."""
        document = self.documents.get("validation.json")
        results = document.get("validation_results") if isinstance(document, dict) else None
        say = lambda *args: self.say(*args, member="validation.json")
        if not isinstance(results, dict):
            if "validation.json" in self.documents:
                say("SCHEMA-REQUIRED", "validation_results is missing", "an object", "none")
            return
        baseline = self.manifest["baseline"]
        wanted = {"current_hash": "sha256:" + self.manifest["state_sha256"],
                  "baseline_hash": "sha256:" + baseline["state_sha256"] if baseline else None}
        for name in wanted:
            if results.get(name) != wanted[name]:
                say("POLICY-BIND", "%s names another state" % name, wanted[name], results.get(name))

    def check_transcript(self):
        """A kept body must be the one the transcript names (F-55)."""
        for row in self.documents.get("transcript.jsonl", []):
            kept = row.get("kept_as")
            if kept is not None and self.digests.get(str(kept)) != row.get("kept_sha256"):
                self.say("COLLECT-TRANSCRIPT", "%s is not the body that was kept" % text_of(kept),
                         row.get("kept_sha256"), self.digests.get(str(kept)), member="transcript.jsonl")


def rules_of(manifest):
    """The rule digests a manifest states, under the names of the genesis (F-36)."""
    rules = {name + "_sha256": manifest[name + "_sha256"] for name in SUBJECTS[:3]}
    rules["schedule_sha256"] = sha256(canonical_text(manifest["schedule"]).encode("utf-8"))
    return rules


def required_members(kind):
    """Section 10, members of a package."""
    names = {kind + ".json", "verify.py"}
    if kind == "snapshot":
        names |= {"validation.json", "drift.json"}
    return names | ({"transcript.jsonl"} if kind in ("snapshot", "failure") else set())


def allowed_member(name, kind):
    folders = ("profile/", "policies/", "schemas/") + (("inputs/", "raw/") if kind == "snapshot" else ())
    proofs = () if kind == "genesis" else ("checkpoint", "checkpoint.tsr")
    return name in required_members(kind) or name in proofs or name.startswith(folders)


# ------------------------------------------------------------------------------------------- the source

class Unreadable(Exception):
    """The source, or a file in it, cannot be read: nothing can be concluded."""


def list_files(root, findings):
    """Every file below root with its name relative to it, sorted; links are never followed."""
    if not os.path.isdir(root):
        return [(root, os.path.basename(root))]
    files = []

    def walk(folder, prefix, depth):
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            raise Unreadable("cannot list %s: %s" % (folder, error.strerror))
        for entry in entries:
            name = prefix + os.fsencode(entry.name).decode("utf-8", "replace")
            if "\ufffd" in name or not name.isprintable():
                findings.add("SRC-NAME", "the file name may mislead", "printable UTF-8", name, file=name)
            if entry.is_dir(follow_symlinks=False) and depth < FOLDER_DEPTH:
                walk(entry.path, name + "/", depth + 1)
            elif entry.is_file(follow_symlinks=False):
                files.append((entry.path, name))
            else:
                findings.add("SRC-TYPE", "not a regular file", "a regular file", "a link, device or deep folder",
                             file=name)
            if len(files) > FILES:
                raise Unreadable("more than %d files" % FILES)
    walk(root, "", 0)
    return files


def read_file(path, name, limit, findings):
    """The bytes of a regular file, read once; None with a finding if it is none, or too large."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as handle:
            status = os.fstat(handle.fileno())
            if not stat.S_ISREG(status.st_mode):
                return findings.add("SRC-TYPE", "not a regular file", "a regular file", "another", file=name)
            if limit is not None and status.st_size > limit:
                return findings.add("SRC-LIMITS", "the file is too large", limit, status.st_size, file=name)
            data = handle.read(4 if limit is None else limit + 1)
    except OSError as error:
        raise Unreadable("cannot read %s: %s" % (name, error.strerror))
    if limit is not None and len(data) != status.st_size:
        return findings.add("SRC-STABLE", "the file changed while it was read", status.st_size, len(data), file=name)
    return data


class Commit:
    """One committed manifest (F-20)."""

    def __init__(self, file, manifest, digest_text):
        self.file, self.manifest, self.digest = file, manifest, digest_text


def read_source(root, findings):
    """All commits and packages, told apart by content, never by place (F-23)."""
    manifests, commits, packages, later = Manifests(), [], [], []
    for path, name in list_files(root, findings):
        start = read_file(path, name, None, findings) if name else b""
        base = name.rsplit("/", 1)[-1]
        if start is None:
            continue
        if start.startswith(b"PK") or base.lower().endswith(".zip"):
            later.append((path, name))
        elif re.fullmatch(r"[0-9]{10}\.json", base) or start.startswith(b"{"):
            commit = read_commit(path, name, base, findings, manifests)
            commits += [commit] if commit else []
        elif not re.fullmatch(r"[0-9]{10}\.(checkpoint|tsr|tlog-proof)", base):  # F-137
            findings.add("SRC-STRAY", "the file belongs to no record and was not verified", file=name)
    for path, name in later:
        data = read_file(path, name, PACKAGE_BYTES, findings)
        if data is not None:
            packages.append(PackageCheck(data, name, manifests).run())
    return commits, packages


def read_commit(path, name, base, findings, manifests):
    data = read_file(path, name, MANIFEST_BYTES, findings)
    if data is None:
        return None
    numbered = re.fullmatch(r"([0-9]{10})\.json", base)
    if not numbered and b'"manifest_version"' not in data:
        return findings.add("SRC-STRAY", "the file belongs to no record and was not verified", file=name)
    before = findings.count("integrity")
    manifest = manifests.read(data, findings, name)
    if manifest is None or findings.count("integrity") > before:
        return None  # what is not of the format commits nothing
    if numbered and int(numbered.group(1)) != manifest["sequence"]:
        findings.add("CHAIN-ORDER", "the file name contradicts the record", "%010d.json" % manifest["sequence"],
                     base, sequence=manifest["sequence"], file=name)
    return Commit(name, {key: value for key, value in manifest.items() if key != "files"}, sha256(data))


# -------------------------------------------------------------------------------- which records there are

class Record:
    """What stands at one sequence: a manifest, and the package that carries it if there is one."""

    def __init__(self, item, package):
        self.manifest, self.digest, self.file, self.package = item.manifest, item.digest, item.file, package
        self.sequence, self.kind = self.manifest["sequence"], self.manifest["kind"]
        self.payload = package.payload if package else None


def chain_of(item):
    """The chain a record says it is part of: the digest of the genesis (F-32)."""
    return item.manifest["chain_id"] if item.manifest["sequence"] else item.digest


def most_common(items):
    """The chain that most of the items belong to."""
    counts = {}
    for item in items:
        counts[chain_of(item)] = counts.get(chain_of(item), 0) + 1
    return min(counts, key=lambda chain: (-counts[chain], chain or ""))


def only_of_chain(items, chain, origin, findings):
    """Leaves foreign evidence out, with a finding for each file."""
    for item in items:
        if chain_of(item) != chain:
            say = findings.at(sequence=item.manifest["sequence"], file=item.file)
            if item.manifest["origin"] != origin:
                say("CHAIN-ORIGIN", "the record is of another origin", origin, item.manifest["origin"])
            else:
                say("CHAIN-ID", "the record belongs to another chain", chain, chain_of(item))
    return [item for item in items if chain_of(item) == chain]


def by_sequence(items):
    groups = {}
    for item in items:
        groups.setdefault(item.manifest["sequence"], []).append(item)
    return groups


def choose(items, groups, sequence, findings):
    """The record among several claims to one sequence: the one that the next record names."""
    digests = {}
    for item in items:
        digests.setdefault(item.digest, item)
    if len(digests) > 1:
        findings.add("CHAIN-FORK", "two records share one sequence number", "one manifest",
                     " ".join(sorted(digests)), sequence=sequence, file=items[0].file)
    named = {item.manifest["previous_manifest_sha256"] for item in groups.get(sequence + 1, [])}
    return min(digests.values(), key=lambda item: (item.digest not in named, item.digest))


def same_copies(items, chosen, findings):
    """Further identical copies are reported, and harmless."""
    for item in items:
        if item is not chosen and item.digest == chosen.digest:
            findings.add("CHAIN-DUP", "the record was delivered twice", chosen.file, item.file,
                         sequence=chosen.manifest["sequence"], file=item.file)


def place_records(commits, packages, findings):
    """The records by sequence. Commits decide; without any, the packages do (F-20)."""
    nameless = [package for package in packages if package.manifest is None]
    packages = [package for package in packages if package.manifest is not None]
    if not commits and not packages:
        records = []
    else:
        chain = most_common(commits or packages)
        origin = next(item.manifest["origin"] for item in commits or packages if chain_of(item) == chain)
        groups = [by_sequence(only_of_chain(items, chain, origin, findings)) for items in (commits, packages)]
        for group in groups[1].values():
            group.sort(key=lambda package: (len(package.findings.rows) > 0, package.file))
        records = from_commits(*groups, findings) if commits else from_packages(groups[1], findings)
    whole = commits and all(record.package for record in records)
    for package in nameless:
        if whole:
            findings.add("SRC-STRAY", "the package belongs to no record and was not verified", file=package.file)
        else:
            findings.rows += package.findings.rows
    for record in records:
        findings.rows += record.package.findings.rows if record.package else []
    return records


def from_packages(packages, findings):
    """A bare folder of packages."""
    records = []
    for sequence, group in sorted(packages.items()):
        chosen = choose(group, packages, sequence, findings)
        same_copies(group, chosen, findings)
        records.append(Record(chosen, chosen))
    return records


def from_commits(commits, packages, findings):
    """An evidence root: one record for each commit, and for a package whose commit is gone."""
    head = max(commits)
    records = [committed(sequence, commits, packages.get(sequence, []), findings) for sequence in sorted(commits)]
    for sequence in sorted(set(packages) - set(commits)):
        if sequence < head:
            records.append(uncommitted(sequence, packages, commits, findings))
        else:
            after_head(sequence, packages, head, records, findings)
    return sorted((record for record in records if record), key=lambda record: record.sequence)


def committed(sequence, commits, packages, findings):
    """A committed record and its package."""
    chosen = choose(commits[sequence], commits, sequence, findings)
    same_copies(commits[sequence], chosen, findings)
    own = [package for package in packages if package.digest == chosen.digest]
    if own:
        same_copies(own, own[0], findings)
    else:
        findings.add("PKG-MISSING", "the record has no package", chosen.digest, "none", sequence=sequence,
                     file=chosen.file)
    for package in packages:
        if package.digest != chosen.digest:
            say = findings.at(sequence=sequence, file=package.file)
            if own:
                say("SRC-STRAY", "the package lost its sequence number to another record", chosen.digest, package.digest)
            else:
                say("CHAIN-COPY", "manifest in the package and committed manifest differ", chosen.digest, package.digest)
    return Record(chosen, own[0] if own else None)


def uncommitted(sequence, packages, commits, findings):
    """A package whose commit is gone although later records are committed."""
    chosen = choose(packages[sequence], commits, sequence, findings)
    findings.add("CHAIN-COPY", "the committed manifest is missing", chosen.digest, "none", sequence=sequence,
                 file=chosen.file)
    named = [item.manifest["previous_manifest_sha256"] for item in commits.get(sequence + 1, [])
             + packages.get(sequence + 1, [])]
    return Record(chosen, chosen) if chosen.digest in named else None


def after_head(sequence, packages, head, records, findings):
    """A package behind the newest commit: left over from a crash, or its commit was cut off."""
    head_digest = next(record.digest for record in records if record.sequence == head)
    for package in packages[sequence]:
        say = findings.at(sequence=sequence, file=package.file)
        linked = sequence == head + 1 and package.manifest["previous_manifest_sha256"] == head_digest
        if linked:
            say("SRC-STRAY", "the package was never committed")
        else:
            say("CHAIN-COPY", "the committed manifest is missing", package.digest, "none")


# ----------------------------------------------------------------------------------- chain (F-32, F-37)

def check_chain(records, findings):
    previous = last_snapshot = None
    snapshot_known = records[0].sequence == 0  # false while a missing record may have been a snapshot
    by_digest = {record.digest: record.sequence for record in records}
    if records[0].sequence != 0:
        findings.add("CHAIN-GENESIS", "the chain does not start at its genesis", 0, records[0].sequence,
                     sequence=records[0].sequence)
    for record in records:
        say = findings.at(sequence=record.sequence, file=record.file)
        wanted = previous.sequence + 1 if previous else 0
        if record.sequence != wanted:
            findings.add("CHAIN-GAP", "records are missing", "%d to %d" % (wanted, record.sequence - 1), "none",
                         sequence=wanted)
            snapshot_known = False
        check_link(record, previous, by_digest, say)
        for name in ("origin", "tenant"):
            if record.manifest[name] != records[0].manifest[name]:
                say("CHAIN-ORIGIN", "the %s is not that of the chain" % name, records[0].manifest[name],
                    record.manifest[name])
        wanted = last_snapshot.manifest["payload_sha256"] if last_snapshot else None
        if snapshot_known and record.manifest["previous_snapshot_sha256"] != wanted:
            say("CHAIN-LINK", "the record does not name the snapshot before it", wanted,
                record.manifest["previous_snapshot_sha256"])
        if record.kind == "snapshot":
            last_snapshot, snapshot_known = record, True
        previous = record


def check_explanations(records, findings):
    """An explanation names a slot that was due, afterwards (F-98)."""
    for record in records:
        if record.kind != "explanation" or not record.payload:
            continue
        say = findings.at(sequence=record.sequence, file=record.file, member="explanation.json")
        slot = record.payload["scheduled_utc"]
        if record.manifest["sealed_utc"] < slot:
            say("SCHEMA-BIND", "the explanation was written before its slot", record.manifest["sealed_utc"], slot)
        in_force = next((other for other in reversed(records) if other.manifest["sealed_utc"] <= slot), records[0])
        schedules, moment = [item.manifest["schedule"] for item in (in_force, record)], seconds(slot)
        if not any(list(Schedule(schedule).between(moment, moment)) for schedule in schedules):
            say("SCHEMA-BIND", "the explanation names a slot that the schedule does not have",
                record.manifest["schedule"]["cron"], slot)


def check_link(record, previous, by_digest, say):
    named = record.manifest["previous_manifest_sha256"]
    if (record.kind == "genesis") != (record.sequence == 0):
        say("CHAIN-SEQ", "only the first record is a genesis", record.sequence == 0, record.kind)
    if record.sequence == 0:
        return
    if previous is None:
        return
    if named in by_digest and by_digest[named] != record.sequence - 1:
        say("CHAIN-SEQ", "the record follows another sequence number than its own says", record.sequence - 1,
            by_digest[named])
    elif previous.sequence == record.sequence - 1 and named != previous.digest:
        say("CHAIN-LINK", "the record does not name the one before it", previous.digest, named)
    if record.manifest["sealed_utc"] < previous.manifest["sealed_utc"]:  # F-37
        say("CHAIN-TIME", "the record was sealed before the one it follows", previous.manifest["sealed_utc"],
            record.manifest["sealed_utc"])


def check_head(records, head, findings):
    """The record that the auditor kept from outside (--head)."""
    sequence, wanted = head
    found = [record for record in records if record.sequence == sequence]
    if sequence > records[-1].sequence:
        findings.add("CHAIN-TRUNCATED", "the chain ends before the record that was named", "%d:%s" % head,
                     "newest record %d" % records[-1].sequence, sequence=sequence)
    elif not found or found[0].digest != wanted:
        findings.add("ANCHOR-HEAD", "the record kept from outside is not in this chain", wanted,
                     found[0].digest if found else "none", sequence=sequence)


# ----------------------------------------------------------------------- rules and baseline in force (F-42, F-91, F-92)

class RulesInForce:
    """Follows the approvals along the chain. A subject that is None is not known: the package that
    would say it is missing, which is a finding of its own."""

    def __init__(self, findings):
        self.findings = findings
        self.rules = dict.fromkeys(SUBJECTS)
        self.baseline, self.baseline_known, self.snapshots = None, False, {}

    def follow(self, records):
        for record in records:
            say = self.findings.at(sequence=record.sequence, file=record.file)
            if record.kind == "genesis" and record.payload:
                self.rules = {name: record.payload["rules"][name + "_sha256"] for name in SUBJECTS}
            if record.sequence == 0:
                self.baseline_known = True
            if record.kind == "snapshot":
                self.check_snapshot(record, say)
            if record.kind == "approval":
                self.approve(record, say)
            if record.kind != "approval" or record.payload:
                self.check_rules(record, say)

    def check_rules(self, record, say):
        own = rules_of(record.manifest)
        for name in SUBJECTS:
            found = own[name + "_sha256"]
            if self.rules[name] is None:
                self.rules[name] = found
            elif found != self.rules[name]:
                say("RULES-UNAPPROVED", "the %s changed without an approval" % name, self.rules[name], found)

    def check_snapshot(self, record, say):
        if not self.baseline_known:
            self.baseline, self.baseline_known = record.manifest["baseline"], True
        elif record.manifest["baseline"] != self.baseline:
            say("RULES-BASELINE", "the baseline is not the approved one", self.baseline, record.manifest["baseline"])
        self.snapshots[record.sequence] = record.manifest

    def approve(self, record, say):
        approval = record.payload
        if approval is None:
            self.rules, self.baseline_known = dict.fromkeys(SUBJECTS), False
        elif approval["subject"] == "baseline":
            self.approve_baseline(record, approval, say)
        else:
            subject = approval["subject"]
            before = self.rules[subject]
            if before is not None and approval["before_sha256"] != before:
                say("RULES-UNAPPROVED", "the approval replaces other %s than those in force" % subject, before,
                    approval["before_sha256"])
            self.rules[subject] = approval["after_sha256"]

    def approve_baseline(self, record, approval, say):
        approved = approval["baseline"]
        before = self.baseline["state_sha256"] if self.baseline else None
        if self.baseline_known and approval["before_sha256"] != before:
            say("RULES-BASELINE", "the approval replaces another baseline than the one in force", before,
                approval["before_sha256"])
        snapshot = self.snapshots.get(approved["sequence"]) if approved else None
        named = approved and [approved["collection_id"], approved["state_sha256"], approval["after_sha256"]]
        real = snapshot and [snapshot["collection_id"], snapshot["state_sha256"], snapshot["state_sha256"]]
        if named is None or named != real:
            say("RULES-BASELINE", "the approval names no earlier snapshot of this chain", real, named)
        self.baseline_known = True
        self.baseline = approved and dict(approved, approval_sequence=record.sequence)


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
    ranked = []
    for record in records:
        answers = schedule.answers(slot, seconds(record.manifest["started_utc"]))
        incomplete = sum(1 for item in record.manifest["resources"].values() if item["outcome"] != "complete")
        rank = {"snapshot": (0, incomplete), "failure": (1, 0)}.get(record.kind, (2, 0))
        if record.kind != "explanation" and not answers:
            rank = (4, 0)
        ranked.append((rank, record.sequence))
    ranked.sort()
    best = ranked[0][0] if ranked else (4, 0)
    status = {0: "sealed", 1: "failed", 2: "explained"}.get(best[0], "missing")
    return {"scheduled_utc": time_text(slot), "status": status,
            "sequences": [sequence for _, sequence in ranked],
            "incomplete_resources": best[1] if status == "sealed" else 0}


def coverage(records, first, last, findings):
    """The population of cycles comes from the schedule, never from what was found (F-60)."""
    requested = first is not None or last is not None
    slots, newest = {}, None
    for record in records:
        slot = record.manifest["scheduled_utc"]
        if slot is not None:
            newest = max(newest or slot, slot)
        if record.kind == "explanation" and record.payload:
            slot = record.payload["scheduled_utc"]
        if slot is not None:
            slots.setdefault(seconds(slot), []).append(record)
    genesis = seconds(records[0].manifest["sealed_utc"])
    newest = genesis if newest is None else seconds(newest)
    first = genesis if first is None else first
    last = newest if last is None else last
    result = {"from_utc": time_text(first), "to_utc": time_text(last), "requested": requested, "expected": 0,
              "sealed": 0, "failed": 0, "explained": 0, "missing": 0, "rows": []}
    late, count = [], 0
    for start, end, schedule in stretches(records, first, last):
        for _ in schedule.between(start, end):
            count += 1
            if count > CYCLES:
                raise Unreadable("the schedule promises more than %d cycles from %s to %s" % (
                    CYCLES, result["from_utc"], result["to_utc"]))
    for start, end, schedule in stretches(records, first, last):
        for slot in schedule.between(start, end):
            row = row_of(slot, schedule, slots.get(slot, []))
            result["rows"].append(row)
            result["expected"] += 1
            result[row["status"]] += 1
            if row["status"] == "missing" and slot > newest:
                late.append(row["scheduled_utc"])
            elif row["status"] == "missing":
                findings.add("CHAIN-CADENCE", "a scheduled cycle has no record", row["scheduled_utc"], "none")
    if late:
        findings.add("CHAIN-PERIOD", "the period is not covered to its end", "%s to %s" % (late[0], late[-1]),
                     "%d cycles without record" % len(late))
    return result


# ---------------------------------------------------------------------------------------------- the program

def verify(path, first, last, head):
    """The whole result as one document."""
    findings, notes, records, covered, problem = Findings(), list(NOT_EVALUATED), [], None, None
    single = os.path.isfile(path)
    try:
        if not os.path.exists(path):
            raise Unreadable("there is nothing at %s" % path)
        commits, packages = read_source(path, findings)
        records = place_records(commits, packages, findings)
        if not records:
            findings.add("CHAIN-EMPTY", "there is no evidence", "a record", "none")
        elif single:
            notes.insert(0, "chain, rules in force and coverage: one package alone cannot show them")
        else:
            check_chain(records, findings)
            check_explanations(records, findings)
            RulesInForce(findings).follow(records)
            covered = coverage(records, first, last, findings)
            if covered["expected"] == 0 and (covered["requested"] or not any(
                    record.kind == "snapshot" for record in records)):
                raise Unreadable("no cycle was due in the period" if covered["requested"]
                                 else "no cycle was due yet and no snapshot was taken")
        for record in records:
            check_times(record.manifest, findings.at(sequence=record.sequence, file=record.file))
        if records and head:
            check_head(records, head, findings)
    except Unreadable as reason:
        problem = str(reason)
        notes.insert(0, problem)
    word, code = judge(findings, records, covered, problem, single)
    newest = records[-1] if records else None
    return {
        "implementation": "verify.py", "format": "1.0", "verdict": word, "exit_code": code,
        "records": len(records), "findings": findings.sorted(), "findings_omitted": findings.omitted,
        "coverage": covered,
        "head": newest and {"sequence": newest.sequence, "manifest_sha256": newest.digest,
                            "sealed_utc": newest.manifest["sealed_utc"]},
        "not_evaluated": notes}


def judge(findings, records, covered, problem, single):
    """One verdict: 1 before 5 before 3, never green on nothing."""
    if findings.count("integrity"):
        return "integrity failed", 1
    if problem or not records:
        return "inconclusive", 5
    if findings.count("cadence") or (covered and covered["explained"]):
        return "whole, but cycles are missing or only explained afterwards", 3
    return ("verified: hashed, not chained, not signed" if single
            else "verified: chained, not re-performed, not signed"), 0


def print_text(result, out):
    for row in result["findings"]:
        place = [("record %d" % row["sequence"]) if row["sequence"] is not None else "", row["file"] or "",
                 row["member"] or ""]
        out("%-16s %-8s %s" % (row["code"], row["severity"], row["message"]))
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
            argument += "T23:59:59Z" if end_of_day else "T00:00:00Z"
        if seconds(argument) is None:
            raise argparse.ArgumentTypeError("expected a date or a time like 2024-05-15T08:00:00Z")
        return seconds(argument)
    return parse


def known_head(argument):
    match = re.fullmatch(r"([0-9]{1,15}):([0-9a-f]{64})", argument)
    if not match:
        raise argparse.ArgumentTypeError("expected SEQUENCE:SHA256 with 64 lower-case hexadecimal digits")
    return int(match.group(1)), match.group(2)


def main(arguments):
    parser = argparse.ArgumentParser(prog="verify.py", description=__doc__.split("\n")[0])
    parser.add_argument("path", metavar="PATH", help="evidence root, folder of packages, or one package")
    parser.add_argument("--from", dest="first", type=moment(False), metavar="D", help="first day or time, UTC")
    parser.add_argument("--to", dest="last", type=moment(True), metavar="D", help="last day or time, UTC")
    parser.add_argument("--head", type=known_head, metavar="SEQ:SHA256", help="a record you kept from before")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON document")
    options = parser.parse_args(arguments)
    result = verify(options.path, options.first, options.last, options.head)
    if options.json:
        print(json.dumps(result, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f"))
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

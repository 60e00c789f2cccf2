"""Make a damaged file out of a good one."""

from __future__ import annotations

import re
from random import Random

# What numbers, texts and containers are replaced by.
NUMBERS = [b"-1", b"0", b"1e999", b"NaN", b"99999999999999999999", b"0.5", b"1_0", "٣".encode()]
VALUES = [b"null", b"[]", b"{}", b'""', b"true", b"[" * 2000, b'{"a":' * 500, b'"\\ud800"', b"1"]
BYTES = [0, 1, 0x7F, 0x80, 0xFF, 0x22, 0x2C, 0x0A, 0x0D, 0x25]
NUMBER = re.compile(rb"\d+")
VALUE = re.compile(rb'"[^"\n]{0,40}"|\d+|\[\]|null|true|false')


def mutated(data: bytes, random: Random) -> bytes:
    """Return the data after one to six changes."""
    for _ in range(random.randint(1, 6)):
        data = random.choice(CHANGES)(data, random)
    return data


def _flip(data: bytes, random: Random) -> bytes:
    if not data:
        return data
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def _overwrite(data: bytes, random: Random) -> bytes:
    at, n = random.randint(0, len(data)), random.choice([1, 2, 4, 8])
    return data[:at] + bytes([random.choice(BYTES)]) * n + data[at + n :]


def _insert(data: bytes, random: Random) -> bytes:
    at = random.randint(0, len(data))
    return data[:at] + random.randbytes(random.randint(1, 20)) + data[at:]


def _part(data: bytes, random: Random) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice([1, 4, 30, 500, 5000]))


def _delete(data: bytes, random: Random) -> bytes:
    start, end = _part(data, random)
    return data[:start] + data[end:]


def _repeat(data: bytes, random: Random) -> bytes:
    start, end = _part(data, random)
    return data[:end] + data[start:end] * random.choice([1, 2, 50]) + data[end:]


def _move(data: bytes, random: Random) -> bytes:
    start, end = _part(data, random)
    at = random.randint(0, len(data))
    return data[:at] + data[start:end] + data[at + end - start :]


def _cut(data: bytes, random: Random) -> bytes:
    return data[: random.randint(0, len(data))]


def _replace(pattern: re.Pattern, others: list[bytes]):
    def change(data: bytes, random: Random) -> bytes:
        start = random.randint(0, min(len(data), 200_000))
        match = pattern.search(data, start) or pattern.search(data)
        if not match:
            return data
        return data[: match.start()] + random.choice(others) + data[match.end() :]

    return change


CHANGES = [_flip, _overwrite, _insert, _delete, _repeat, _move, _cut]
CHANGES += [_replace(NUMBER, NUMBERS), _replace(VALUE, VALUES)] * 2

#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Values hidden by RFC 2868 3.5, with hashlib only: the vectors of
tests/unit/check_radius_keys.c. Prints C strings: name, salt and blocks."""
import hashlib

SECRET = b"xyzzy5461"
VECTOR = bytes.fromhex("0f403f9473978057bd83d5cb98f4227a")
SALT = b"\x86\x1c"


def hide(clear, secret=SECRET, vector=VECTOR, salt=SALT):
    """clear: length byte, value, padding; whole blocks."""
    out, before = b"", vector + salt
    for at in range(0, len(clear), 16):
        pad = hashlib.md5(secret + before).digest()
        before = bytes(a ^ b for a, b in zip(clear[at:at + 16], pad))
        out += before
    return salt + out


def salted(value, **kw):
    clear = bytes([len(value)]) + value
    return hide(clear + bytes(-len(clear) % 16), **kw)


KEY = bytes(range(0x10, 0x30))
CASES = {
    "key16": salted(KEY[:16]),
    "key15": salted(KEY[:15]),                  # fills its block
    "key31": salted(KEY[:31]),                  # fills two
    "key20": salted(KEY[:20]),
    "key64": salted(KEY + KEY),
    "key65": salted(KEY + KEY + b"x"),
    "empty": salted(b""),
    "other_secret": salted(KEY[:16], secret=b"other"),
    "length_too_great": hide(bytes([32]) + KEY[:31]),
    "block_too_many": hide(bytes([15]) + KEY[:31]),
}

if __name__ == "__main__":
    for name, value in CASES.items():
        text = value.hex()
        lines = [text[i:i + 64] for i in range(0, len(text), 64)]
        print(f"static const char {name}[] =")
        print("\n".join(f'    "{x}"' for x in lines) + ";")

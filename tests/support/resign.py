"""resign.py CA-KEY CERTIFICATE FROM TO: replaces bytes of a certificate by as many others, and signs it again.

For certificates that the openssl command cannot make, such as one with a NUL in its common name.
"""
import base64
import subprocess
import sys


def element(der):
    """The first element of DER: the whole element, its content, and the bytes behind it."""
    size, head = der[1], 2
    if size & 0x80:
        head += size & 0x7F
        size = int.from_bytes(der[2:head], "big")
    return der[:head + size], der[head:head + size], der[head + size:]


def tagged(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


key, path, old, new = sys.argv[1:]
old, new = (text.encode().decode("unicode_escape").encode("latin-1") for text in (old, new))
text = open(path).read().split("-----")[2]
_, content, _ = element(base64.b64decode(text))
body, _, rest = element(content)
algorithm, _, _ = element(rest)
assert body.count(old) == 1 and len(old) == len(new)
body = body.replace(old, new)
signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=body, stdout=subprocess.PIPE, check=True).stdout
whole = tagged(0x30, body + algorithm + tagged(3, b"\0" + signature))
with open(path, "w") as out:
    out.write("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(whole).decode() + "-----END CERTIFICATE-----\n")

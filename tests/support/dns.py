"""A stand-in for the DNS server of a container network: dns.py ADDRESS [NAME=ADDRESS...]. Other names do not exist."""
import socket
import struct
import sys

hosts = dict(argument.split("=") for argument in sys.argv[2:])
A = 1
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
while True:
    query, client = server.recvfrom(4096)
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode())
        at += query[at] + 1
    question, kind = query[12 : at + 5], struct.unpack(">H", query[at + 1 : at + 3])[0]
    address = hosts.get(".".join(labels).lower())
    answers = address is not None and kind == A
    # RFC 1035 4.1: answer, recursion desired and available; 0 or "name error"; the name is a pointer to the question's
    head = query[:2] + struct.pack(">HHHHH", 0x8180 if address else 0x8183, 1, int(answers), 0, 0)
    record = struct.pack(">HHHIH", 0xC00C, A, 1, 600, 4) + socket.inet_aton(address) if answers else b""
    server.sendto(head + question + record, client)

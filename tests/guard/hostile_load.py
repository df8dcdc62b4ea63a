#!/usr/bin/env python3
"""Bodies that are expensive to judge: while hostile clients send them, HAProxy serves the other clients. The Engine is
a stand-in."""
import itertools
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support"))
from proxy import Proxy  # noqa: E402
from suite import run, test  # noqa: E402

GRANTS = {f"ALLOW_{name}": "1" for name in ("CONTAINERS", "CREATE", "START", "EXEC", "VOLUMES", "NETWORKS", "SERVICES")}
# Only so that a broken build does not hang for ever. What a refusal may cost is asserted elsewhere, by PCRE2's own count.
PATIENCE = 240

SERVICE = '{"zz":1,"TaskTemplate":{"ContainerSpec":{"Mounts":[{"VolumeOptions":{"DriverConfig":{"Name":%s}}}]}}}'
SECOND = '{"zz":1,"TaskTemplate":{"ContainerSpec":{"Mounts":[{"Type":"volume"},{"VolumeOptions":{"DriverConfig":{"Options":{},"Name":%s}}}]}}}'
CONTAINER = '{"zz":1,"HostConfig":{"Mounts":[{"VolumeOptions":{"DriverConfig":{"Name":%s}}}]}}'


def many(item, size):
    """An array of the item, as long as fits."""
    return "[" + ",".join([item] * (size // (len(item) + 1))) + "]"


def nested(left, right, size):
    """Nested as deep as fits."""
    depth = size // len(left + right)
    return left * depth + right * depth


def bombs(size):
    """(path, body) of each kind, of no more than size bytes."""
    room = size - 220
    values = [many("[]", room), many("{}", room), many('{"a":[]}', room), nested("[", "]", room), nested('{"a":', "}", room - 1).replace(":}", ":0}"),
              '"' + "\\u0041" * (room // 6) + '"', '"' + "\\\\" * (room // 2) + '"', many('"a"', room), many("0", room),
              " " * room + "1"]
    found = [(path, frame % value) for value in values
             for path, frame in (("/services/create", SERVICE), ("/services/create", SECOND), ("/containers/create", CONTAINER))]
    found.append(("/containers/create", '{"HostConfig":{"Binds":' + many('"a:/b"', room) + ',"zz":1}}'))
    found.append(("/containers/create", '{"HostConfig":{"Mounts":' + many('{"Type":"volume","Source":"a","Target":"/b"}', room) + ',"zz":1}}'))
    found.append(("/containers/create", '{' + ",".join(f'"HostConfi{i:05}":1' for i in range(room // 19)) + "}"))
    found.append(("/containers/create", '{"HostConfig":{"Tmpfs":{' + ",".join(f'"/{i:05}":"rw,size=1"' for i in range(room // 21)) + '},"zz":1}}'))
    found.append(("/containers/create", '{"HostConfig":{"Privileged":false,' * (room // 34 // 2) + "}}" * (room // 34 // 2)))
    found.append(("/networks/create", '{"zz":1,"Options":{' + ",".join(f'"com.docker.network.bridge.{i}":""' for i in range(room // 38)) + "}}"))
    found.append(("/volumes/create", '{"zz":1,"DriverOpts":{' + ",".join(f'"o{i}":"size=1,uid=1"' for i in range(room // 25)) + "}}"))
    for path, body in found:
        assert len(body) <= size, (path, len(body))
    return found


def haproxy_of(proxy):
    with open(f"/proc/{proxy.process.pid}/task/{proxy.process.pid}/children", encoding="ascii") as file:
        return file.read().split()


def attack(proxy, bodies, send=None):
    """Each body on a connection of its own, all at once, while another client asks. Returns the statuses."""
    before = haproxy_of(proxy)
    assert len(before) == 1, before
    statuses = [None] * len(bodies)
    held = []  # else Python would hang up for those that only wait
    start = threading.Barrier(len(bodies) + 1)

    def hostile(number):
        path, body = bodies[number]
        start.wait()
        try:
            client = proxy.connect()
            held.append(client)
            client.socket.settimeout(PATIENCE)
            if send:
                send(client, path, body.encode())
            statuses[number] = client.ask("POST", path, ["Content-Type: application/json"], body.encode())[0] if not send else 0
        except OSError as error:
            statuses[number] = str(error)

    threads = [threading.Thread(target=hostile, args=(number,), daemon=True) for number in range(len(bodies))]
    for thread in threads:
        thread.start()
    ordinary = proxy.connect()
    ordinary.socket.settimeout(PATIENCE)
    start.wait()
    served = 0
    while served < 20 or any(thread.is_alive() for thread in threads):
        status, _, body = ordinary.ask("GET", "/containers/json")
        assert (status, body) == (200, b"{}\n"), f"the other client got {status} {body!r} after {served} answers"
        served += 1
    for thread in threads:
        thread.join()
    # on a new connection as well, with a body that passes
    answer = proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], b'{"Image":"box","HostConfig":{"Memory":1}}')
    assert answer[0] == 200, answer
    assert haproxy_of(proxy) == before, f"HAProxy was {before} and is {haproxy_of(proxy)}: {proxy.log()[-2000:]}"
    print(f"{len(bodies)} bodies, the other client had {served} answers meanwhile; {sorted(map(str, set(statuses)))}")
    return statuses


def sixty_four(found):
    """Each body with a member that no other has: HAProxy remembers its verdict on a body that it has seen."""
    return [(path, body.replace("{", f'{{"z{number}":1,', 1)) for number, (path, body) in zip(range(64), itertools.cycle(found))]


def worst(size):
    """Few members, and what is refused stands first: each search for the reason goes through all of the last member."""
    return [("/services/create", SECOND % many("0", size - 220)), ("/services/create", SERVICE % many("[]", size - 220))]


def refused(statuses):
    """Nothing of it reached the Engine, and every client was told so."""
    assert set(statuses) <= {403, 413}, statuses


@test("sixty-four hostile bodies at once, as large as they may be")
def default():
    with Proxy(GRANTS) as proxy:
        refused(attack(proxy, sixty_four(bombs(60000))))
        # as large as MAX_CREATE_BODY was by default once
        refused(attack(proxy, sixty_four(bombs(262144))))
        refused(attack(proxy, sixty_four(worst(60000))))
        assert {request[1] for request in proxy.engine.requests} <= {"/containers/json", "/containers/create"}


@test("sixty-four hostile bodies at once, with room for larger ones")
def larger():
    with Proxy({**GRANTS, "MAX_CREATE_BODY": "262144"}) as proxy:
        refused(attack(proxy, sixty_four(bombs(262144))))
        refused(attack(proxy, sixty_four(worst(262144))))


@test("one hostile body, with much room")
def one():
    with Proxy({**GRANTS, "MAX_CREATE_BODY": "700000"}) as proxy:
        for bomb in worst(700000):
            refused(attack(proxy, [bomb]))
        refused(attack(proxy, sixty_four(worst(700000))[:4]))


@test("sixty-four bodies that end late, or never")
def slow():
    """Bodies that are announced and do not come are nobody else's wait."""
    def send(client, path, body):
        client.send(f"POST {path} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        client.send(body[:len(body) // 2])

    with Proxy(GRANTS) as proxy:
        attack(proxy, sixty_four(bombs(60000)), send)


if __name__ == "__main__":
    run()

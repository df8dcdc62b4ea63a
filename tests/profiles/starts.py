"""Starts and removes STARTS containers on the network lan, THREADS at a time. Each sends requests from its first moment
to its last, from an address that one with other permissions has had a moment before, and takes all of its answers down.

    STARTS=1000 python3 starts.py PROXY

Prints how many requests there were; ends with status 1 if one was judged as another container's."""
import http.client
import json
import os
import socket
import sys
import threading
import urllib.parse

THREADS = 4
ROUNDS = 3
PATHS = {"/containers/json": "late", "/volumes": "labelled", "/images/json": "service", "/info": "nobody"}
ASK = " ".join(f'echo {path} "$(wget -S -O /dev/null {sys.argv[1]}{path} 2>&1 | busybox sed -n "s|.*HTTP/1.1 \\([0-9]*\\).*|\\1|p" | busybox head -n 1)";'
               for path in PATHS)


class Engine(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")

    def ask(self, method, target, body=None):
        self.request(method, target, json.dumps(body) if body is not None else None, {"Content-Type": "application/json"})
        answer = self.getresponse()
        text = answer.read()
        assert answer.status < 300, (method, target, answer.status, text)
        return text


def labels(kind, image):
    return {"labelled": {"docker-socket-proxy.profile": "labelled"},
            "service": {"com.docker.compose.project": "shop", "com.docker.compose.service": "web", "com.docker.compose.image": image}}.get(kind, {})


def start(engine, kind, image, address):
    """Runs a container of that kind. Returns what it has printed: paths and statuses."""
    body = {"Image": "box", "Cmd": ["sh", "-c", f"for i in {' '.join('x' * ROUNDS)}; do {ASK} done"], "Labels": labels(kind, image), "Tty": True,
            "HostConfig": {"NetworkMode": "lan"}, "NetworkingConfig": {"EndpointsConfig": {"lan": {"IPAMConfig": {"IPv4Address": address}}}}}
    identity = json.loads(engine.ask("POST", "/containers/create" + ("?name=late" if kind == "late" else ""), body))["Id"]
    engine.ask("POST", f"/containers/{identity}/start")
    engine.ask("POST", f"/containers/{identity}/wait")
    said = engine.ask("GET", f"/containers/{identity}/logs?stdout=1&stderr=1").decode()
    engine.ask("DELETE", f"/containers/{identity}?force=1")
    return [line.split() for line in said.splitlines()]


def work(thread, count, image, found):
    engine = Engine("engine")
    kinds = ["labelled", "service", "nobody"] + (["late"] if thread == 0 else [])
    for n in range(count):
        kind = kinds[n % len(kinds)]
        found.append((kind, start(engine, kind, image, f"10.99.0.{100 + thread}")))


def main():
    found = []
    image = json.loads(Engine("engine").ask("GET", "/images/" + urllib.parse.quote("box") + "/json"))["Id"]
    starts = int(os.environ.get("STARTS", "50"))
    threads = [threading.Thread(target=work, args=(i, (starts + i) // THREADS, image, found)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [(kind, *answer) for kind, said in found for answer in said]
    wrong = [answer for answer in answers if answer[2:] not in (("200" if PATHS.get(answer[1]) == answer[0] else "403",), ("503",))]
    unknown = sum(answer[2:] == ("503",) for answer in answers)
    print(f"{len(found)} containers, {len(answers)} requests; {unknown} of them 503; judged as another's: {len(wrong)} {wrong[:5]}")
    sys.exit(bool(wrong) or len(found) != starts or len(answers) != starts * ROUNDS * len(PATHS) or unknown > len(answers) // 10)


main()

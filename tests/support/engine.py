"""A stand-in for the Docker Engine on a Unix socket, which records exactly what reaches it."""
import contextlib
import json
import os
import socket
import threading
from urllib.parse import unquote


class Engine:
    """Answers every request with 200 and {}; some paths behave like the Engine's streams.

    requests  list of (method, target, headers as a dict of lower-case names, body) in order; those that the proxy's
              program sends by itself are in asked instead
    containers  the body of GET /containers/json: a list of dicts, or bytes that are sent unchanged; kind is "docker",
              "podman" or "", for GET /version and /_ping
    answers   (status, body) by path, for requests that get something else than 200 and {}
    more      further bodies (as containers) for the proxy's program, by target, or a status; other targets get 404, or an
              inspection that says nothing if it is one of the containers
    mode      "normal"; "tunnel": answers everything with 101 and echoes; "close": hangs up without an answer;
              "mute": never answers; "no-swarm": answers 503, as an Engine that is not part of a swarm
    """

    def __init__(self, path, mode="normal", kind="docker", containers=(), more=None):
        """It serves at once, so all its responses have to be given here."""
        self.path = path
        self.mode = mode
        self.requests = []
        self.asked = []
        self.containers = containers if isinstance(containers, bytes) else list(containers)
        self.kind = kind
        self.more = dict(more or {})
        self.answers = {}
        self.connections = set()
        self.followers = []  # the streams of events that the proxy's program reads
        self.ended = []  # why each stream ended: "client left" or "closed"
        self.stop_streams = threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(path):
            os.unlink(path)
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(128)
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        """Stops it like an Engine: open connections end as well."""
        self.listener.shutdown(socket.SHUT_RDWR)  # so that accept() ends
        self.listener.close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        if os.path.exists(self.path):
            os.unlink(self.path)

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.add(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        stream = connection.makefile("rwb")
        try:
            while self.one(connection, stream):
                pass
        except OSError:
            pass
        finally:
            self.connections.discard(connection)
            connection.close()

    def read_body(self, stream, headers):
        if "chunked" in headers.get("transfer-encoding", ""):
            body = b""
            while True:
                size = int(stream.readline().split(b";")[0], 16)
                body += stream.read(size)
                stream.readline()
                if size == 0:
                    return body
        return stream.read(int(headers.get("content-length", 0)))

    def one(self, connection, stream):
        line = stream.readline().decode("latin1").split()
        if len(line) != 3:
            return False
        headers = {}
        while True:
            header = stream.readline().decode("latin1").rstrip("\r\n")
            if not header:
                break
            name, value = header.split(":", 1)
            headers[name.lower()] = value.strip()
        body = self.read_body(stream, headers)
        method, target = line[0], line[1]
        own = headers.get("user-agent", "") in ("docker-socket-proxy/inventory", "docker-socket-proxy/watch")
        (self.asked if own else self.requests).append((method, target, headers, body))
        if self.mode == "close":
            return False
        if self.mode == "mute":
            stream.read(1)
            return False
        path = target.split("?")[0]
        if own:
            return self.tell(stream, target, line[2] == "HTTP/1.1")
        if self.mode == "no-swarm":
            stream.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{}\n")
            stream.flush()
            return True
        if self.mode == "tunnel" or (headers.get("upgrade") and path.endswith(("/attach", "/start", "/ws"))):
            stream.write(b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
                         b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
            stream.flush()
            self.echo(connection)
            return False
        if path.endswith("/events"):
            return self.stream(connection, stream)
        if path in self.answers:
            status, answer = self.answers[path]
            stream.write(b"HTTP/1.1 %d Answer\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                         % (status, len(answer), answer))
            stream.flush()
            return True
        answer = b"" if method == "HEAD" else b"{}\n"
        stream.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\n"
                     b"Content-Length: 3\r\n\r\n" + answer)
        stream.flush()
        return True

    def tell(self, stream, target, keep):
        """Responds to a request of the proxy's program about the Engine and its containers."""
        if target.startswith("/events?"):
            stream.write(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n")
            stream.flush()
            self.followers.append(stream)
            stream.read(1)  # until it is closed
            self.followers.remove(stream)
            return False
        names = {"docker": "Engine", "podman": "Podman Engine"}
        listed = self.containers
        if target.startswith("/containers/json?all=1&filters="):
            wanted = json.loads(unquote(target.partition("filters=")[2]))["id"]
            target, listed = "/containers/json?all=1", [x for x in listed if x["Id"] in wanted]
        body = {"/_ping": "OK", "/version": {"Components": [{"Name": names[self.kind]}] if self.kind else []},
                "/containers/json?all=1": listed, "/networks": [], **self.more}.get(target)
        if body is None and target in (f"/containers/{x['Id']}/json" for x in listed if isinstance(x, dict)):
            body = {"Config": {}, "HostConfig": {}}
        if body is None or isinstance(body, int):
            stream.write(b"HTTP/1.1 %d Not now\r\nContent-Length: 2\r\n\r\n{}" % (body or 404))
            stream.flush()
            return keep
        body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        extra = b"Libpod-API-Version: 5.0.0\r\n" if self.kind == "podman" else b""
        stream.write(b"HTTP/1.1 200 OK\r\n" + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()
        return keep

    def emit(self, kind, action, identity, **attributes):
        """Sends an event (SystemEvents) to the proxy's program; self.containers has to be changed before."""
        event = {"Type": kind, "Action": action, "Actor": {"ID": identity, "Attributes": attributes}}
        for stream in list(self.followers):
            with contextlib.suppress(OSError):  # a follower that a reload has just replaced
                stream.write(json.dumps(event).encode() + b"\n")
                stream.flush()

    def echo(self, connection):
        """Sends back all input, and "bye" when the other side has ended its half."""
        while True:
            data = connection.recv(4096)
            if not data:
                connection.sendall(b"bye")
                self.ended.append("client left")
                return
            connection.sendall(data)

    def stream(self, connection, stream):
        stream.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n3\r\n{}\n\r\n")
        stream.flush()
        connection.settimeout(0.05)
        while not self.stop_streams.is_set():
            try:
                if not connection.recv(1):
                    self.ended.append("client left")
                    return False
            except TimeoutError:
                continue
        stream.write(b"0\r\n\r\n")
        stream.flush()
        self.ended.append("closed")
        return False


if __name__ == "__main__":
    import sys
    import time

    engine = Engine(sys.argv[1])
    while True:
        time.sleep(1)
        while engine.requests:
            print(json.dumps(engine.requests.pop(0)[:2]), flush=True)

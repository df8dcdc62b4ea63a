"""A hostile plugin of the Docker Engine, of all kinds at once. Its volumes are a directory of the host.

plugin.py SOCKET LOG DIRECTORY
"""
import http.server
import json
import os
import socketserver
import sys

path, log, directory = sys.argv[1:]
VOLUMES = set()  # an Engine that knows the plugin asks it for volumes of any name
KINDS = ["VolumeDriver", "LogDriver", "NetworkDriver", "IpamDriver", "secretprovider"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{self.path} {body.decode(errors='replace')}\n")
        try:
            name = json.loads(body or b"{}").get("Name", "")
        except ValueError:
            name = ""
        if self.path == "/VolumeDriver.Create":
            VOLUMES.add(name)
        answer = {
            "/Plugin.Activate": {"Implements": KINDS},
            "/VolumeDriver.Get": {"Volume": {"Name": name, "Mountpoint": directory}} if name in VOLUMES else {"Err": "no such volume"},
            "/VolumeDriver.List": {"Volumes": []},
            "/VolumeDriver.Capabilities": {"Capabilities": {"Scope": "local"}},
        }.get(self.path, {"Mountpoint": directory, "Err": ""})
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.plugins.v1.1+json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def address_string(self):
        return "engine"


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


if os.path.exists(path):
    os.unlink(path)
Server(path, Handler).serve_forever()

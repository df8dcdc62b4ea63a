#!/usr/bin/env python3
"""Variables from files (ENV_FILE, <VARIABLE>_FILE), and reloads that take them up.

RELOADS and STREAMS make the test under load longer (make test-reload-long)."""
import concurrent.futures
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, Engine, HAPROXIES, Proxy, ROOT, program  # noqa: E402
from suite import run, test, until  # noqa: E402

RELOADS = int(os.environ.get("RELOADS", "4"))
STREAMS = int(os.environ.get("STREAMS", "40"))


def write(path, text):
    """Writes in place, as an editor of a mounted file must."""
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def replace(path, text):
    """Puts a new file in its place, as most editors do."""
    write(path + ".new", text)
    os.rename(path + ".new", path)


def statuses(proxy, *paths):
    return [proxy.ask("GET", path)[0] for path in paths]


@contextlib.contextmanager
def directory():
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield path


@test("a changed file is taken up, however it was changed, and a bad one is not")
def changes():
    with directory() as place:
        file, secret = os.path.join(place, "proxy.env"), os.path.join(place, "info")
        # as Kubernetes mounts a ConfigMap: file -> ..data/file, ..data -> a directory that is swapped
        for version, value in (("1", "false"), ("2", "true")):
            os.mkdir(os.path.join(place, version))
            write(os.path.join(place, version, "networks"), value)
        os.symlink("1", os.path.join(place, "..data"))
        os.symlink("..data/networks", os.path.join(place, "networks"))
        write(file, f"ALLOW_CONTAINERS=true\nALLOW_NETWORKS_FILE={place}/networks\n")
        write(secret, "false")
        asked = ("/containers/json", "/info", "/networks", "/volumes")
        with Proxy({"ENV_FILE": file, "ALLOW_INFO_FILE": secret, "ALLOW_VOLUMES": "true"}) as proxy:
            def serves(*expected):
                until(lambda: statuses(proxy, *asked) == list(expected), lambda: f"not {expected}, but {statuses(proxy, *asked)}: {proxy.log()}")
            serves(200, 403, 403, 200)
            write(secret, "true\n")
            serves(200, 200, 403, 200)
            proxy.wait_for_log("reload: changed: ALLOW_INFO\n")
            replace(secret, "false\r\n")
            serves(200, 403, 403, 200)
            os.symlink("2", os.path.join(place, "..data_tmp"))
            os.rename(os.path.join(place, "..data_tmp"), os.path.join(place, "..data"))
            serves(200, 403, 200, 200)
            os.unlink(secret)
            proxy.wait_for_log("the policy before stays in force")
            assert f"ALLOW_INFO_FILE={secret}: No such file or directory" in proxy.log(), proxy.log()
            serves(200, 403, 200, 200)
            assert program("healthcheck", env=proxy.env).returncode == 0, "it serves on, so it is healthy"
            # what is bad in one file does not come into force with another one
            replace(file, f"ALLOW_CONTAINERS=false\nALLOW_NETWORKS_FILE={place}/networks\nALLOW_TYPO=true\n")
            proxy.wait_for_log("ALLOW_TYPO: ")
            serves(200, 403, 200, 200)
            write(secret, "true")
            replace(file, f"ALLOW_CONTAINERS=false\nALLOW_NETWORKS_FILE={place}/networks\n")
            serves(403, 200, 200, 200)
            # back to what is in force: nothing to do, but said
            reloads = proxy.log().count("reloaded:")
            write(secret, "maybe")
            proxy.wait_for_log("ALLOW_INFO=maybe: not a boolean")
            write(secret, "true")
            proxy.wait_for_log("valid again")
            assert proxy.log().count("reloaded:") == reloads
            # what only a start takes up
            write(file, "ALLOW_CONTAINERS=true\nTLS_CERT_PATH=/etc\n")
            proxy.wait_for_log("TLS_CERT_PATH has changed, which takes effect after a restart only")
            serves(403, 200, 200, 200)
            # another port and another socket of the Engine
            write(file, f"PROFILE_X_LISTEN=unix://{place}/x.sock\nPROFILE_X_ALLOW_SWARM=true\n")
            until(lambda: os.path.exists(f"{place}/x.sock"), "no new listener")
            serves(403, 200, 403, 200)
            client = Client(f"{place}/x.sock")
            assert client.ask("GET", "/swarm")[0] == 200
            client.close()
            write(file, f"PROFILE_X_LISTEN=unix://{place}/x.sock?mode=0600\nPROFILE_X_ALLOW_SWARM=true\n")
            until(lambda: os.stat(f"{place}/x.sock").st_mode & 0o777 == 0o600, "the mode is the old one")


@test("a page of HAProxy can show whether the policy of the files is in force")
def shown_state():
    """proc.reload_failed is for the pages that templates/ has. Here a page of its own shows it."""
    for haproxy in HAPROXIES:
        with directory() as place:
            file = os.path.join(place, "proxy.env")
            write(file, "ALLOW_INFO=true\n")
            for part in ("templates", "haproxy"):
                shutil.copytree(os.path.join(ROOT, part), os.path.join(place, part))
            with open(os.path.join(place, "templates", "haproxy.cfg"), encoding="utf-8") as template:
                text = template.read().replace("\n    # -- 1. ", '\n    http-request return status 200 content-type text/plain '
                                               'lf-string "failed=%[var(proc.reload_failed)]" if { path /state }\n    # -- 1. ', 1)
            write(os.path.join(place, "templates", "haproxy.cfg"), text)
            with Proxy({"ENV_FILE": file, "DATA_DIR": place}, haproxy=haproxy) as proxy:
                def shows(number):
                    until(lambda: proxy.ask("GET", "/state")[2] == b"failed=%d" % number, lambda: proxy.log() + repr(proxy.ask("GET", "/state")))
                shows(0)
                for n in range(1, 3):
                    write(file, "ALLOW_TYPO=true\n")
                    shows(1)
                    write(file, "ALLOW_INFO=true\n" if n == 1 else "ALLOW_NETWORKS=true\n")  # what is in force, and a new one
                    shows(0)
                write(file, "ALLOW_TYPO=true\n")
                shows(1)
                proxy.engine.close()
                proxy.engine = Engine(proxy.socket_path, containers=[{"Id": "ab" * 32, "Names": ["/new"], "Mounts": []}])
                assert statuses(proxy, "/networks") == [200]
                assert "has not been told" not in proxy.log(), proxy.log()


@test("SIGHUP reads the variables again, and a certificate does not wait for them")
def by_signal():
    with directory() as place:
        file = os.path.join(place, "proxy.env")
        write(file, "ALLOW_INFO=true\n")
        with Proxy({"ENV_FILE": file}) as proxy:
            proxy.process.send_signal(signal.SIGHUP)  # nothing has changed: the machine is read again all the same
            proxy.wait_for_reload()
            assert "changed:" not in proxy.log()
            write(file, "ALLOW_NETWORKS=true\n")
            proxy.process.send_signal(signal.SIGHUP)
            until(lambda: statuses(proxy, "/info", "/networks") == [403, 200], proxy.log)
            write(file, "")
            proxy.process.send_signal(signal.SIGHUP)
            proxy.wait_for_log(f"ENV_FILE={file}: it is empty")
            assert statuses(proxy, "/info", "/networks") == [403, 200]


BAD = [  # the content or a function that makes the file, and what is said of it
    (os.mkdir, "it is a directory"),
    (os.mkfifo, "it is not a regular file"),
    (lambda path: None, "No such file or directory"),
    (lambda path: os.symlink("/dev/zero", path), "it is not a regular file"),
    (b"", "it is empty"),
    (b"ALLOW_INFO=true\0\n", "it has a NUL byte"),
    (b"#" * (256 * 1024) + b"\n", "it is larger than 256 KiB"),
    (b"# nothing\n", "it sets no variable"),
    (b"ALLOW_BIND_MOUNTS=/", "the last line does not end in a newline, so it may be cut short"),
    (b"ALLOW_INFO\n", "line 1: not NAME=value"),
    (b"\n\nALLOW-INFO=1\n", "line 3: not NAME=value: the name is not made of"),
    (b"ALLOW_INFO=true\nALLOW_INFO=false\n", "line 2: ALLOW_INFO: the variable is set twice"),
    (b"REQUIRE_LABEL=\"a\n", "the quote is not closed"),
    (b"REQUIRE_LABEL='a'b\n", "text follows the closing quote"),
    (b"REQUIRE_LABEL='a'#b\n", "text follows the closing quote"),
    (b"REQUIRE_LABEL=${HOME}\n", "put the value into single quotes"),
    (b"REQUIRE_LABEL=\"a\\nb\"\n", "put the value into single quotes"),
    (b"REQUIRE_LABEL=a\rALLOW_EXEC=true\n", "line 1: it has a control character"),
    *((f"ALLOW_INFO=true\n{name}=/tmp\n".encode(), f"line 2: {name}: it can only be set in the environment")
      for name in ("ENV_FILE", "HAPROXY", "DATA_DIR", "RUNTIME_DIRECTORY")),
    (b"HAPROXY_FILE=/etc/hostname\n", "HAPROXY_FILE=/etc/hostname: the variable can only be set in the environment, not by a file"),
    (b"ALLOW_EXEC=false\n", "ALLOW_EXEC has another value than in the environment"),
    (b"ALLOW_EXEC=\n", "ALLOW_EXEC has another value than in the environment"),
    (b"ALLOW_EXEC_FILE=/etc/hostname\n", "ALLOW_EXEC_FILE=/etc/hostname: the variable is set without _FILE as well"),
    (b"ALLOW_EXECC_FILE=/etc/hostname\n", "ALLOW_EXECC_FILE: unknown variable"),
    (b"REQUIRE_LABLE_FILE=/etc/hostname\n", "REQUIRE_LABLE_FILE: unknown variable; did you mean REQUIRE_LABEL_FILE"),
    (b"REQUIRE_LABEL_FILE=etc/hostname\n", "REQUIRE_LABEL_FILE=etc/hostname: the path is not absolute"),
]
BAD_VALUES = [(b"", "it is empty"), (b" \n", "it is empty"), (b"a\nb\n", "it has more than one line"), (b"a\0", "it has a NUL byte"), (os.mkdir, "it is a directory")]


@test("a file that cannot be trusted stops the start and says why")
def bad_files():
    for made, message in BAD:
        with directory() as place:
            file = os.path.join(place, "proxy.env")
            write(file, made) if isinstance(made, bytes) else made(file)  # pylint: disable=expression-not-assigned
            done = program("render", env={"ENV_FILE": file, "ALLOW_EXEC": "true"})
            assert done.returncode == 2 and message in done.stderr and not done.stdout, (made, done.stderr)
    for made, message in BAD_VALUES:
        with directory() as place:
            file = os.path.join(place, "label")
            write(file, made) if isinstance(made, bytes) else made(file)  # pylint: disable=expression-not-assigned
            done = program("render", env={"REQUIRE_LABEL_FILE": file})
            assert done.returncode == 2 and f"REQUIRE_LABEL_FILE={file}: {message}" in done.stderr, (made, done.stderr)
    for name in ("HAPROXY", "DATA_DIR", "RUNTIME_DIRECTORY"):
        done = program("render", env={f"{name}_FILE": "/etc/hostname"})
        assert done.returncode == 2 and f"{name}_FILE=/etc/hostname: the variable can only be set in the environment" in done.stderr, done.stderr


@test("an env file is read as Compose reads it, and by all commands")
def good_files():
    with directory() as place:
        first, second, own = (os.path.join(place, name) for name in ("first", "second", "own"))
        write(first, b"\xef\xbb\xbf# comment\r\n\r\n  export ALLOW_CONTAINERS = 'true' # comment\r\nALLOW_INFO=true\r\nALLOW_VOLUMES=\"true\"\r\n"
                     b"ALLOW_IMAGES= # empty\r\nALLOW_LOGS=true#no comment, no boolean\r\n")
        write(second, f"ALLOW_INFO=false\nALLOW_LOGS=true\nPROFILE_X_ALLOW_EXEC_FILE={own}\nPROFILE_X_FROM=10.0.0.1\nALLOW_NETWORKS=true\n".encode())
        write(own, b"true")
        env = {"ENV_FILE": f"{first}, {second}", "ALLOW_IMAGES": "true", "ALLOW_CONTAINERS": "true", "ALLOW_NETWORKS": ""}
        done = program("permissions", "--open", env=env)
        assert done.returncode == 2 and "ALLOW_IMAGES has another value" in done.stderr, done.stderr
        del env["ALLOW_IMAGES"]
        for method, path, code in (("GET", "/containers/json", 0), ("GET", "/info", 3), ("GET", "/volumes", 0), ("GET", "/images/json", 3),
                                   ("GET", "/containers/a/logs", 0), ("GET", "/networks", 0), ("POST", "/containers/a/exec", 3)):
            done = program("explain", method, path, env=env)
            assert done.returncode == code, (path, done)
        assert program("explain", "--profile", "X", "POST", "/containers/a/exec", env=env).returncode == 0
        opened = program("permissions", "--open", env=env).stdout
        assert "NetworkList" in opened and "SystemInfo" not in opened
        assert "ContainerList" in program("render", env=env).stdout
        assert program("check", env=env).returncode == 0
        # a real variable whose name ends in _FILE is not the value of another one
        assert "ENV_FILE" not in program("check", env={"ENV_FILE_FILE": own}).stdout


def version_then_info(proxy):
    """What one connection gets for two requests; shorter if the connection ended."""
    with contextlib.closing(proxy.connect()) as client:
        got = [client.ask("GET", "/version")[0]]
        with contextlib.suppress(ConnectionError):
            got.append(client.ask("GET", "/info")[0])
        return [status for status in got if status != 0]


@test("reloads under load cut no stream, refuse no connection and answer by no half policy")
def under_load():
    """Each policy opens one of two operations. A connection is served by one policy; half of one would open both or none."""
    policies = ("ALLOW_VERSION=false\nALLOW_INFO=true\n", "ALLOW_VERSION=true\nALLOW_INFO=false\n")
    whole = ([403, 200], [200, 403], [403], [200])
    for haproxy in HAPROXIES if "RELOADS" in os.environ else HAPROXIES[:1]:
        with directory() as place:
            file = os.path.join(place, "proxy.env")
            write(file, policies[0])
            with Proxy({"ENV_FILE": file}, haproxy=haproxy) as proxy:
                def stream(_, proxy=proxy):
                    client = proxy.connect()
                    assert client.ask("GET", "/events")[0] == 200
                    return client
                with concurrent.futures.ThreadPoolExecutor(40) as pool:
                    streams = list(pool.map(stream, range(STREAMS)))
                wrong, answered, done = [], [0, 0], threading.Event()

                def crowd(wrong=wrong, answered=answered, done=done, proxy=proxy):
                    while not done.is_set():
                        try:
                            got = version_then_info(proxy)
                        except OSError as error:
                            got = repr(error)
                        if got in whole:
                            answered[got[0] == 200] += 1
                        else:
                            wrong.append(got)
                threads = [threading.Thread(target=crowd) for _ in range(4)]
                for thread in threads:
                    thread.start()
                for n in range(1, RELOADS + 1):
                    before = proxy.log().count("reloaded:")
                    if n % 3 == 0:
                        write(file, policies[n % 2])
                        proxy.process.send_signal(signal.SIGHUP)  # while the file is written, or just after
                    elif n % 2:
                        replace(file, policies[n % 2])
                    else:
                        write(file, policies[n % 2])
                    until(lambda: proxy.log().count("reloaded:") > before, proxy.log)  # pylint: disable=cell-var-from-loop
                    expected = [200, 403] if n % 2 else [403, 200]
                    until(lambda: version_then_info(proxy) == expected, proxy.log)  # pylint: disable=cell-var-from-loop
                done.set()
                for thread in threads:
                    thread.join(30)
                assert not wrong, (len(wrong), answered, wrong[:10])
                assert min(answered) > RELOADS, answered
                for client in streams:
                    client.socket.settimeout(0.01)
                    with contextlib.suppress(TimeoutError):
                        while client.socket.recv(1000):
                            pass
                        raise AssertionError("a stream has ended")
                    client.close()
                print(f"# {haproxy}: {RELOADS} reloads, {STREAMS} streams, answered by each policy {answered}")


@test("a connection that is kept over a reload ends, and a new one that is silent has one answer of the old policy at most")
def kept_connections():
    for haproxy in HAPROXIES:
        with directory() as place:
            file = os.path.join(place, "proxy.env")
            write(file, "ALLOW_INFO=true\n")
            with Proxy({"ENV_FILE": file}, haproxy=haproxy) as proxy:
                kept, silent = [proxy.connect() for _ in range(5)], [proxy.connect() for _ in range(5)]
                for client in kept:
                    assert client.ask("GET", "/info")[0] == 200
                write(file, "ALLOW_INFO=false\n")
                proxy.wait_for_reload()
                for client in kept:
                    with contextlib.suppress(ConnectionError):
                        status = client.ask("GET", "/info")[0]
                        assert status in (0, 403), status
                    client.close()
                # One that has asked nothing yet is not refused: the policy it was opened under has one answer for it.
                for client in silent:
                    assert client.ask("GET", "/info")[0] in (200, 403)
                    with contextlib.suppress(ConnectionError):
                        assert client.ask("GET", "/info")[0] in (0, 403)
                    client.close()


@test("a stale mount of the socket is named, and EXIT_WHEN_UNREACHABLE lets the restart policy renew it")
def stale_mount():
    """The socket is mounted as a file, as in most Compose files. An Engine that starts again makes a new one."""
    if os.geteuid() != 0:
        return
    with directory() as place:
        mounted = os.path.join(place, "docker.sock")
        mounts = ["unshare", "--mount", "sh", "-c", f'touch {mounted} && mount --bind {place}/engine.sock {mounted} && exec "$@"', "sh"]
        engine = Engine(os.path.join(place, "engine.sock"))
        with Proxy({"SOCKET_PATH": mounted, "EXIT_WHEN_UNREACHABLE": "5s"}, engine=None, within=mounts) as proxy:
            assert statuses(proxy, "/version") == [200]
            engine.close()
            engine = Engine(engine.path)
            proxy.wait_for_log(f"warning: {mounted}: the mount is stale: the Engine has made a new socket")
            proxy.wait_for_reload()
            status, _, body = proxy.ask("GET", "/version")
            assert status == 503 and f"Engine at {mounted} cannot be reached: the mount is stale".encode() in body, body
            inside = ["nsenter", "--mount", "--target", str(proxy.process.pid)]
            check = program("healthcheck", env=proxy.env, within=inside)
            assert check.returncode == 1 and f"{mounted}: the mount is stale" in check.stderr, check.stderr
            assert proxy.process.wait(30) == 4
            assert "no Engine has been reached for 5 seconds, so this program ends" in proxy.log(), proxy.log()
        engine.close()


@test("an Engine that is down for a moment does not end the program, and one that does not come back does")
def unreachable():
    for value in ("2d", "4", "x", "86401", "-5", "5 s"):
        done = program("render", env={"EXIT_WHEN_UNREACHABLE": value})
        assert done.returncode == 2 and f"EXIT_WHEN_UNREACHABLE={value}: not a time such as 90s" in done.stderr, done.stderr
    for value in ("5", "5s", "2m", "24h"):
        assert program("render", env={"EXIT_WHEN_UNREACHABLE": value}).returncode == 0, value
    with Proxy({"EXIT_WHEN_UNREACHABLE": "10s"}) as proxy:
        proxy.engine.close()
        until(lambda: statuses(proxy, "/version") == [503], "no loss")
        proxy.engine = Engine(proxy.socket_path)
        until(lambda: statuses(proxy, "/version") == [200], "the Engine is not found again")
        until(lambda: proxy.engine.asked, "the program has not found it again")
        assert proxy.process.poll() is None, proxy.log()
        assert "stale" not in proxy.log(), proxy.log()
        proxy.engine.close()
        assert proxy.process.wait(30) == 4, proxy.log()
        proxy.engine = None


if __name__ == "__main__":
    run()

"""The documents against the tree, the program and a running proxy: documents.py CHECK"""
import contextlib
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from containers import Living, container  # noqa: E402
from engine import Engine  # noqa: E402
from proxy import HAPROXY, PROGRAM, ROOT, Proxy, program  # noqa: E402
from suite import until  # noqa: E402

DOCUMENTS = sorted(glob.glob("*.md", root_dir=ROOT) + glob.glob("docs/*.md", root_dir=ROOT) +
                   glob.glob("deploy/**/*.md", root_dir=ROOT, recursive=True))


def text_of(document):
    with open(os.path.join(ROOT, document), encoding="utf-8") as file:
        return file.read()


def blocks(*kinds):
    """(document, info string, text) of each fenced block whose first word is one of kinds."""
    for document in DOCUMENTS:
        for info, text in re.findall(r"^```(\w[^\n]*)\n(.*?)^```$", text_of(document), re.M | re.S):
            if info.split()[0] in kinds:
                yield document, info, text


def prose_of(document):
    return re.sub(r"^```.*?^```$", "", text_of(document), flags=re.M | re.S)


def code_of(document):
    """What stands as code in the prose, and the blocks of code, but for what programs print."""
    return re.findall(r"`([^`\n]+)`", prose_of(document)) + [text for where, _, text in blocks("sh", "console", "yaml") if where == document]


# ---- links ----

def anchors_of(document):
    """The anchors of a document's headings, as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#+ (.*)$", prose_of(document), re.M):
        heading = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
        found.append(anchor if anchor not in found else f"{anchor}-{found.count(anchor)}")
    return found


def links():
    """Each relative link leads to a file of the tree, and to a heading of it."""
    count = 0
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose_of(document)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            path = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
            assert os.path.exists(os.path.join(ROOT, path)), f"{document}: {target}: there is no {path}"
            assert not anchor or anchor in anchors_of(path), f"{document}: {target}: {path} has no such heading"
            count += 1
    assert count > 50, count


def reached():
    """Each document is linked from the README."""
    linked = set(re.findall(r"\]\(([^)#\s]+)", text_of("README.md")))
    assert set(DOCUMENTS) - {"README.md"} <= linked, set(DOCUMENTS) - linked


# ---- names ----

def settings():
    """The names of the variables that are not permissions, with their scope."""
    return dict(line.split("\t")[:2] for line in program("map", "settings").stdout.splitlines())


# In documents, these stand for mistakes.
MISTAKES = {"ALLOW_CONTAINER", "ALLOW_EXECS"}


def permissions_exist():
    """Each ALLOW_ name in a document is one that the program knows: it refuses those that it does not."""
    names = {}
    for document in DOCUMENTS:
        for name in re.findall(r"\b(?:PROFILE_[A-Z0-9]+_)?(ALLOW_[A-Z0-9_]*[A-Z0-9])\b(?![*_<])", text_of(document)):
            names[name] = document
    assert len(names) > 150, len(names)
    done = program("permissions", env={name: "" for name in names if name not in MISTAKES})
    assert done.returncode == 0, done.stderr


def variables_exist():
    """Each other name in capitals that a document sets or shows as code is a setting, or stands in the sources."""
    known = set(settings())
    sources = "".join(text_of(os.path.relpath(path, ROOT)) for pattern in ("entrypoint/**/*.[ch]", "entrypoint/**/*.def", "scripts/*.sh", "scripts/*.py", "Makefile",
                                                                        "compose.yaml", "tests/*.sh")
                      for path in glob.glob(os.path.join(ROOT, pattern), recursive=True))
    for document in DOCUMENTS:
        code = code_of(document)
        for name in set(re.findall(r"(?<![A-Za-z0-9_<.])([A-Z][A-Z0-9]*_[A-Z0-9_]*[A-Z0-9])(?==|$|[\s,:])", "\n".join(code))):
            bare = re.sub(r"^PROFILE_[A-Z0-9]+_", "", name)
            if bare not in known:
                bare = bare.removesuffix("_FILE")
            assert bare.startswith("ALLOW_") or bare in known or name in ELSEWHERE or re.search(rf"\b{name}\b", sources), f"{document}: {name}"


# Names of Docker's, of clients', and of capabilities
ELSEWHERE = {"DOCKER_API_VERSION", "BUILDKIT_SYNTAX", "DOCKER_BUILDKIT", "DOCKER_HOST", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE",
             "DAC_READ_SEARCH", "PODMAN_SYSTEMD_UNIT", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_GDS", "NVIDIA_MOFED", "NVIDIA_GDRCOPY", "NVIDIA_NVSWITCH", "NO_COLOR", "SP_ALLOW_GET", "RATE_LIMITS", "REQUIRE_LABELS",
             "CETUSGUARD_RULES", "CGO_ENABLED", "SOCKGUARD_LISTEN_ADDRESS", "SOCKGUARD_UPSTREAM_SOCKET", "SOCKGUARD_LISTEN_INSECURE_ALLOW_PLAIN_TCP",
             "SOCKGUARD_LISTEN_INSECURE_ALLOW_UNAUTHENTICATED_CLIENTS", "SOCKGUARD_INSECURE_ALLOW_READ_EXFILTRATION"}


def settings_documented():
    """Each setting is in docs/settings.md, each of the create guard's in docs/guard.md as well, and those of the targets in docs/permissions.md; what
    is in their tables exists."""
    known = settings()
    rows = {document: set(re.findall(r"^\| `(?:PROFILE_<NAME>_)?([A-Z_0-9]+)` \|", text_of(f"docs/{document}.md"), re.M)) for document in ("settings", "guard")}
    assert set(known) <= rows["settings"], set(known) - rows["settings"]
    targets = {"ALLOW_CONTAINER_NAMES", "ALLOW_CONTAINER_LABELS"}
    assert all(f"| `{name}` |" in text_of("docs/permissions.md") for name in targets)
    assert rows["guard"] == {name for name in known if name.startswith("ALLOW_")} - targets | {"REQUIRE_LABEL", "MAX_CREATE_BODY"}, rows["guard"]


def targets_exist():
    """Each target of make in a document is one."""
    database = subprocess.run(["make", "-C", ROOT, "-pRrq"], capture_output=True, text=True).stdout
    phony = set(re.search(r"^\.PHONY: (.*)$", database, re.M)[1].split())
    for document in DOCUMENTS:
        for call in re.findall(r"\bmake ([a-z0-9 -]+)", "\n".join(code_of(document))):
            for target in call.split():
                assert target in phony, f"{document}: make {target}"


# ---- examples ----

# Runs `docker-compose config` for each of its arguments, which are files, or several with a comma between them. Version 1 is
# written in Python, and most of the time of a call is its start.
COMPOSE_1 = """
import sys
from compose.cli.main import main
for paths in sys.argv[1:]:
    sys.argv = ["docker-compose", *(word for path in paths.split(",") for word in ("-f", path)), "config", "-q"]
    try:
        main()
    except SystemExit as end:
        if end.code:
            sys.exit(f"{paths}: {end.code}")
"""


def compose(files):
    """What docker compose, of whichever generation, finds wrong in files, each a list of paths that are merged; "" for nothing."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        commands = [["docker", "compose", *(word for path in paths for word in ("-f", path)), "config", "-q"] for paths in files]
    else:
        commands = [["/usr/bin/python3", "-c", COMPOSE_1, *map(",".join, files)]]
    done = [subprocess.run(command, capture_output=True, text=True) for command in commands]
    return "".join(f"{one.args[-3:]}: {one.stderr}" for one in done if one.returncode != 0)


def environment_of(service):
    given = service.get("environment") or {}
    return dict(item.split("=", 1) for item in given) if isinstance(given, list) else {name: str(value) for name, value in given.items()}


# What is no file of its own, with what it adds to
OVERRIDES = {"tests/e2e/compose.override.yaml": "compose.yaml"}


def compose_paths():
    """The Compose files of the tree."""
    return sorted(path for pattern in ("*.yaml", "*.yml", "deploy/**/*.yaml", "tests/**/*.yaml")
                  for path in glob.glob(pattern, root_dir=ROOT, recursive=True)
                  if path not in OVERRIDES and os.path.basename(path) in ("compose.yaml", "stack.yaml"))


def compose_files():
    """Each Compose example, and each such file of the tree, is one for docker compose, and the proxies in it start with their environment."""
    examples = [(f"{document}: {info}", text) for document, info, text in blocks("yaml")]
    examples += [(path, text_of(path)) for path in compose_paths()]
    assert len(examples) > 35, examples
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for where, text in examples:
            paths.append(os.path.join(directory, f"{len(paths)}.yaml"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(text)
        wrong = compose([[path] for path in paths] + [[os.path.join(ROOT, path) for path in (base, override)] for override, base in OVERRIDES.items()])
        assert not wrong, f"{wrong}\nof {dict(zip(paths, (where for where, _ in examples)))}"
        for where, text in examples:
            proxies = [service for service in yaml.safe_load(text)["services"].values() if "docker-socket-proxy" in str(service["image"])]
            assert proxies, where
            for service in proxies:
                env = {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", value) for name, value in environment_of(service).items()}
                if "TLS_CERT_PATH" in env:
                    certificates(directory)
                    env["TLS_CERT_PATH"] = directory
                done = program("permissions", env=env)
                assert done.returncode == 0, f"{where}: {done.stderr}"


def client_examples():
    """Each file below deploy/examples is hardened and gated, gives its client a preset, and is in the list of the README there."""
    listed = text_of("deploy/examples/README.md")
    presets = {row["preset"]: row for row in json.loads(program("presets", "--json").stdout)}
    paths = [path for path in compose_paths() if path.startswith("deploy/examples/")]
    assert len(paths) > 25, paths
    for path in paths:
        file = yaml.safe_load(text_of(path))
        proxy = file["services"].pop("socket-proxy")
        assert f"({path.split('/')[2]}/compose.yaml)" in listed, path
        assert proxy["image"] == "docker-socket-proxy" and proxy["read_only"] and proxy["cap_drop"] == ["ALL"], path
        assert proxy["security_opt"] == ["no-new-privileges:true"] and "ports" not in proxy and proxy["healthcheck"]["interval"], path
        assert proxy["labels"]["com.centurylinklabs.watchtower.enable"] == "false", path
        assert proxy["volumes"][0] == "/var/run/docker.sock:/var/run/docker.sock:ro", path
        if proxy.get("network_mode") != "none":
            assert proxy["networks"] == ["socket-net"] and file["networks"]["socket-net"] == {"internal": True}, path
        clients = [service for service in file["services"].values() if "depends_on" in service]
        assert any(service["depends_on"]["socket-proxy"]["condition"] == "service_healthy" for service in clients), path
        for name, service in file["services"].items():
            assert "/docker.sock" not in str(service.get("volumes")) and not service.get("privileged"), f"{path}: {name}"
            assert re.search(r":[v.]?[0-9][^/]*$", service["image"]) or service["image"].endswith("loggifly:v2"), f"{path}: {service['image']}"
            assert "socket-net" not in service.get("networks", []) or service in clients, f"{path}: {name}"
        env = environment_of(proxy)
        client, *modes = env["PRESET"].split("+")
        for row in [presets[client]] + [presets[f"{client}+{mode}"] for mode in modes]:
            assert all(env.get(item.split("=")[0]) for item in row["guard"].split()), f"{path}: {row['guard']}"
            variables = [item.split("=")[0] for item in row["guard_may"].split()]
            assert not variables or any(name in text_of(path) for name in variables), f"{path}: one of {variables}"


def narrower():
    """What docs/clients.md sets beside presets closes nothing of them."""
    rows = re.findall(r"^\| .*? \| (`.*?) \| (.*) \|$", text_of("docs/clients.md").split("<!-- narrower -->")[1].split("<!-- /narrower -->")[0], re.M)
    assert len(rows) > 10, rows

    def opened(env):
        done = program("permissions", "--open", env=env)
        assert done.returncode == 0, (env, done.stderr)
        return {line.split("\t")[3] for line in done.stdout.splitlines()}
    for presets, beside in rows:
        more = dict(re.findall(r"`([A-Z_]+)=([^`]*)`", beside))
        for preset in re.findall(r"`([^`]*)`", presets):
            needed = opened({"PRESET": preset}) - ({"SystemEvents"} if "ALLOW_CONTAINER_NAMES" in more else set())
            assert more and needed <= opened({"PRESET": preset, **more}), (preset, needed - opened({"PRESET": preset, **more}))


def certificates(directory):
    """What a TLS_CERT_PATH has; nothing here reads more of it."""
    for name in ("ca.pem", "cert.pem", "key.pem"):
        with open(os.path.join(directory, name), "w", encoding="ascii"):
            pass


def commands():
    """Each console example: its commands print what stands below them."""
    examples = list(blocks("console"))
    assert len(examples) > 4
    for document, _, text in examples:
        with tempfile.TemporaryDirectory() as directory:
            os.symlink(PROGRAM, os.path.join(directory, "docker-socket-proxy"))
            path = os.path.join(directory, "docker.sock")
            with contextlib.closing(Engine(path)):
                env = {"PATH": f"{directory}:{os.environ['PATH']}", "DATA_DIR": ROOT, "HAPROXY": HAPROXY, "SOCKET_PATH": path}
                for command, expected in re.findall(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", text, re.M):
                    command = re.sub(r"\n> ", "\n", command)
                    done = subprocess.run(["sh", "-c", command], cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                          stdin=subprocess.DEVNULL, text=True, timeout=60)
                    assert done.stdout == expected, f"{document}: {command}{done.stdout}\ninstead of\n{expected}"


def scripts():
    """Each sh example is one."""
    for document, info, text in blocks("sh"):
        done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True)
        assert done.returncode == 0, f"{document}: {info}: {done.stderr}"


# ---- what is shown of the log and of answers ----

CREATE = (b'{"HostConfig":{"Privileged":true}}', b'{"HostConfig":{"Binds":["/etc:/x"]}}',
          b'{"HostConfig":{"Devices":[{"PathOnHost":"/dev/net/tun"}]}}')


def ask_everything(proxy):
    """What the documents show the answers and the log lines of. Returns the bodies of the answers."""
    answers = [proxy.ask(method, target)[2] for method, target in (
        ("GET", "/v1.41/containers/json"), ("POST", "/containers/test/attach"), ("GET", "//info"), ("GET", "/nothing"), ("GET", "/info"),
        ("GET", "/v1.23/info"))]
    answers += [proxy.ask("POST", "/containers/create", ["Content-Type: application/json"], body)[2] for body in CREATE]
    with contextlib.closing(proxy.connect()) as client:
        client.send(b"hello\r\n\r\n")
        client.stream.read()
    proxy.wait_for_log("no request")
    time.sleep(0.2)
    return [answer.decode() for answer in answers]


def shape(line):
    """A line without what is another in each run."""
    line = re.sub(r"\b(127\.0\.0\.1|172\.20\.0\.5):\d+", "CLIENT", line)
    line = re.sub(r'"client": "[0-9.]*", "client_port": \d+', "CLIENT", line)
    return re.sub(r"\b\d+ms\b|\"time\": \"[^\"]*\"|\"duration_ms\": \d+", "TIME", line)


def printed():
    """The lines of the log, and the messages of answers, that a proxy has printed in each of its forms."""
    base = {"ALLOW_CONTAINERS": "true", "ALLOW_CREATE": "true"}
    lines = []
    for env in (base, dict(base, LOG_FORMAT="json"), {"MODE": "audit"}, {"PROFILE_DOZZLE_FROM": "127.0.0.1", "PROFILE_DOZZLE_ALLOW_LOGS": "true"}):
        with Proxy(env) as proxy:
            answers = ask_everything(proxy)
            lines += proxy.log().splitlines() + answers
    with Proxy(base, engine=None) as proxy:
        lines += [proxy.ask("GET", "/info" if "/info" in base else "/version")[2].decode().replace(proxy.socket_path, "/var/run/docker.sock")]
        proxy.wait_for_log("Unreachable: ")
        lines += proxy.log().splitlines()
    # The stand-in Engine answers {} where the real one has a list.
    with Proxy({"CLIENT_NAMES": "true", "ALLOW_CONTAINERS": "true"}, engine=lambda path: Living(path, [container("dozzle", "127.0.0.1")], {})) as proxy:
        until(lambda: proxy.ask("GET", "/v1.41/containers/json") and "client=dozzle" in proxy.log(), "no name in the log")
        lines += proxy.log().splitlines()
    with Proxy({"ALLOW_CONTAINERS": "true", "REDACT": "environment,labels"}) as proxy:
        lines += [proxy.ask("GET", target)[2].decode() for target in ("/containers/web/json", "/v1.41/containers/json")]
        proxy.wait_for_log("Withheld")
        lines += proxy.log().splitlines()
    return {shape(line.strip()) for line in lines}


def shown():
    """Each line of the log that a document shows has been printed like that, and so has each message."""
    real = printed()
    messages = {json.loads(line)["message"] for line in real if line.startswith('{"message"')}
    count = 0
    for document, info, text in blocks("text", "json"):
        for line in text.splitlines():
            if info.endswith(" log"):
                assert shape(line) in real, f"{document}: {line}\nis not one of\n" + "\n".join(sorted(real))
            elif line.startswith('{"message":'):
                assert shape(line) in real or source_says(json.loads(line)["message"]), f"{document}: {line}"
            elif "docker-socket-proxy: " in line:
                message = line[line.index("docker-socket-proxy: "):]
                assert message in messages or source_says(message), f"{document}: {line}"
            else:
                continue
            count += 1
    for document, section, message in quoted():
        parts = [part.strip(" ,;:") for part in message.split("...") if len(part) > 12]
        everything = "\n".join(real | set(source_texts()))
        assert all(part in everything or source_says(part) for part in parts), f"{document}: {section}: {message}"
        count += 1
    assert count > 30, count


def quoted():
    """(document, section, message) of each message that a table begins with, where the table is one of our messages."""
    for document, sections in (("docs/troubleshooting.md", ("The proxy does not start", "The client gets 403")), ("docs/log.md", ("What the start says",))):
        for section in sections:
            body = text_of(document).split(f"\n## {section}\n")[1].split("\n## ")[0]
            for cell in re.findall(r"^\| (`.*?) \|", body, re.M):
                for message in re.findall(r"`([^`]+)`", cell):
                    yield document, section, message


def source_says(message):
    """Whether the sources print such a message: whether all of it is in one of their texts, but for what they fill in."""
    bare = message.replace("docker-socket-proxy: ", "", 1)
    for text in source_texts():
        text = re.sub(r'^.*\{\\?"message\\?":\\?"(?:docker-socket-proxy: )?', "", text)
        text = re.sub(r'\\?"\}.*$', "", text)
        if len(text) < 20:
            continue
        pattern = ".*".join(map(re.escape, re.split(r"%(?:\.?\d*|\.\*)z?[a-z]|\{\{.*?\}\}", text)))
        if re.fullmatch(pattern, bare):
            return True
    return False


@functools.lru_cache(None)
def source_texts():
    """The texts in the sources: strings of C, and answers in the templates."""
    texts = []
    for path in glob.glob(os.path.join(ROOT, "entrypoint/**/*.[ch]"), recursive=True) + glob.glob(os.path.join(ROOT, "templates/*")):
        with open(path, encoding="utf-8") as file:
            source = re.sub(r'"\s*\n\s*"', "", file.read())
        found = re.findall(r'"((?:[^"\\\n]|\\.)*)"', source) + re.findall(r"'(\{\"message\".*?\})'", source)
        texts += found
        if path.endswith("/dangers.c"):  # the start puts it before each
            texts += ["warning: " + text for text in found]
    return texts


# ---- the manual page ----

def manual():
    """The page has every command and every variable, and mandoc finds nothing to say of it."""
    page = os.path.join(ROOT, "build/docker-socket-proxy.8")
    done = subprocess.run([os.path.join(ROOT, "scripts/manual.sh"), PROGRAM, "/usr/local/share/docker-socket-proxy"], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    with tempfile.TemporaryDirectory() as directory:
        page = os.path.join(directory, "docker-socket-proxy.8")
        with open(page, "w", encoding="utf-8") as file:
            file.write(done.stdout)
        said = subprocess.run(["mandoc", "-T", "lint", page], capture_output=True, text=True)
        # (whether the pages it refers to are there depends on the machine)
        wrong = [line for line in (said.stdout + said.stderr).splitlines() if "referenced manual not found" not in line and "mandoc.db" not in line]
        assert not wrong, wrong
        shown_page = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=200", page], capture_output=True, text=True).stdout
    shown_page = re.sub(r".\x08", "", shown_page)
    for name in settings():
        assert name in shown_page, name
    for line in program("--help").stdout.splitlines():
        if re.match(r"  [a-z]", line):
            assert line.split()[0] in shown_page, line
    for line in program("permissions").stdout.splitlines()[1:]:
        own, groups, operation = line.split("\t")[4], line.split("\t")[5], line.split("\t")[3]
        for name in [own] if groups == "own variable only" else [f"ALLOW_{group}" for group in re.split(r"[ |+]+", groups)]:
            assert name in shown_page or operation.endswith("Libpod"), name


def installed():
    """make install puts the program, its data, the page and the licence where they belong, and uninstall removes them. The image's
    labels have the licence and the version."""
    dockerfile = text_of("Dockerfile")
    version = re.search(r"^VERSION = (.*)$", text_of("Makefile"), re.M)[1]
    assert f'image.version="{version}"' in dockerfile and 'image.licenses="MIT"' in dockerfile
    with tempfile.TemporaryDirectory() as directory:
        env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        make = ["make", "-s", "-C", ROOT, f"DESTDIR={directory}"]
        subprocess.run([*make, "install"], check=True, env=env)
        for path in ("bin/docker-socket-proxy", "share/docker-socket-proxy/templates/haproxy.cfg", "share/man/man8/docker-socket-proxy.8",
                     "share/doc/docker-socket-proxy/LICENSE"):
            assert os.path.exists(os.path.join(directory, "usr/local", path)), path
        subprocess.run([*make, "uninstall"], check=True, env=env)
        left = [name for _, _, names in os.walk(directory) for name in names]
        assert not left, left


if __name__ == "__main__":
    assert shutil.which("mandoc"), "mandoc is missing (scripts/install-packages.sh test)"
    globals()[sys.argv[1]]()

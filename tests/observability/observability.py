#!/usr/bin/env python3
"""deploy/observability with a real Prometheus, and the status page in a real browser (Debian: prometheus, chromium)."""
import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

import yaml

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from proxy import Client, Proxy, ROOT, free_port  # noqa: E402
from suite import run, test, until  # noqa: E402

DIRECTORY = os.path.join(ROOT, "deploy/observability")
RULES = os.path.join(DIRECTORY, "rules.yml")


@contextlib.contextmanager
def measured(env):
    port = free_port()
    with Proxy({"METRICS_LISTEN": f"tcp://:{port}", **env}) as proxy:
        proxy.metrics = port
        yield proxy


@contextlib.contextmanager
def prometheus(target):
    """Prometheus with the files of deploy/observability, which scrapes the target each second, and whose rules wait no
    longer than that. Yields a function that queries its API."""
    port = free_port()
    directory = tempfile.mkdtemp()
    with open(os.path.join(DIRECTORY, "prometheus.yml"), encoding="utf-8") as file:
        config = yaml.safe_load(file)
    with open(RULES, encoding="utf-8") as file:
        rules = yaml.safe_load(file)
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for job in config["scrape_configs"]:
        job["static_configs"] = [{"targets": [target]}]
    for rule in rules["groups"][0]["rules"]:
        if "for" in rule:
            rule["for"] = "1s"
    for name, content in (("prometheus.yml", config), ("rules.yml", rules)):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            yaml.safe_dump(content, file)
    process = subprocess.Popen(["prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data",
                                f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def api(path, **parameters):
        url = f"http://127.0.0.1:{port}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None
        except OSError:
            return None
    try:
        yield api
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory)


@test("promtool accepts the rules, the configuration and the page")
def promtool():
    for arguments in (["check", "rules", RULES], ["check", "config", os.path.join(DIRECTORY, "prometheus.yml")]):
        done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "SUCCESS" in done.stdout, done.stdout + done.stderr
    for env in ({}, {"PROFILE_A_FROM": "127.0.0.2", "PROFILE_A_ALLOW_CREATE": "1"}):
        with measured(env) as proxy:
            assert proxy.ask("GET", "/info")[0] == 403
            with contextlib.closing(Client(proxy.metrics)) as client:
                page = client.ask("GET", "/metrics")[2]
            done = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, timeout=60)
            assert done.returncode == 0 and not done.stderr, done.stderr


@test("Prometheus scrapes a running proxy, its rules fire, and the dashboard's queries are valid")
def scraping():
    with measured({}) as proxy, prometheus(f"127.0.0.1:{proxy.metrics}") as api:
        def query(expression):
            data = api("query", query=expression)
            return data["result"] if data else []

        def firing():
            return {(alert["labels"]["alertname"], alert["labels"].get("profile")) for alert in (api("alerts") or {"alerts": []})["alerts"]
                    if alert["state"] == "firing"}

        until(lambda: query('docker_socket_proxy_engine_up == 1'), "Prometheus does not scrape the proxy")
        until(lambda: len(query("up == 1")) == 2, "a target is not up")
        assert not firing()
        assert proxy.ask("GET", "/info")[0] == 403
        until(lambda: ("DockerSocketProxyRefuses", "-") in firing(), "the first refusal fires no alert")
        wanted = 'docker_socket_proxy_requests_total{operation="SystemInfo",decision="forbidden",variable="ALLOW_INFO"}'
        until(lambda: [sample["value"][1] for sample in query(wanted)] == ["1"], "the refused operation is not counted")
        proxy.engine.close()
        proxy.engine = None
        until(lambda: ("DockerEngineDown", None) in firing(), "an Engine that is down fires no alert")
        with open(glob.glob(f"{DIRECTORY}/grafana/dashboards/*.json")[0], encoding="utf-8") as file:
            dashboard = json.load(file)
        expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]] + \
            [annotation["expr"] for annotation in dashboard["annotations"]["list"]]
        with_data = 0
        for expression in expressions:
            for name, content in (("$__rate_interval", "1m"), ("$__interval", "1m"), ("$instance", ".*"), ("$profile", ".*")):
                expression = expression.replace(name, content)
            with_data += bool(query(expression))
        assert len(expressions) > 10 and with_data > len(expressions) * 2 / 3, (len(expressions), with_data)
        proxy.stop()
        until(lambda: ("DockerSocketProxyDown", None) in firing(), "a proxy that is down fires no alert")


def shoot(url, name, width, dark, directory):
    """A screenshot of the page, and its text as the browser shows it."""
    path = os.path.join(os.environ.get("SCREENSHOTS", directory), f"{name}-{width}{'-dark' if dark else ''}.png")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={directory}/chromium",
               f"--window-size={width},1400", f"--blink-settings=preferredColorScheme={0 if dark else 1}"]
    done = subprocess.run([*command, f"--screenshot={path}", "--enable-logging=stderr", url], capture_output=True, text=True, timeout=120)
    assert os.path.getsize(path) > 10000, done.stderr
    complaints = re.findall(r"CONSOLE.*", done.stderr)
    assert not complaints, complaints  # such as what the Content-Security-Policy blocks
    return path


@test("a browser shows the status page, wide and narrow, light and dark, and complains of nothing")
def browser():
    """SCREENSHOTS=DIRECTORY keeps the pictures, to be looked at."""
    port = free_port()
    env = {"ALLOW_CONTAINERS": "1", "ALLOW_CREATE": "1", "PROFILE_ADMIN_LISTEN": f"tcp://127.0.0.1:{port}", "PROFILE_ADMIN_ALLOW_LOGS": "1"}
    with measured(env) as proxy, tempfile.TemporaryDirectory() as directory:
        for _ in range(12):
            assert proxy.ask("GET", "/containers/json")[0] == 200 and proxy.ask("POST", "/containers/x/restart")[0] == 403
        assert proxy.ask("GET", "/nothing")[0] == 403
        pictures = [shoot(f"http://127.0.0.1:{proxy.metrics}{target}", name, width, dark, directory)
                    for target, name in (("/", "base"), ("/profile/admin", "admin")) for width in (1280, 390) for dark in (False, True)]
        sizes = set()
        for picture in pictures:
            with open(picture, "rb") as file:
                sizes.add(file.read())
        assert len(sizes) == len(pictures), "two of the pictures are the same"
        # No page is wider than its window: the document reports what a browser makes of it
        text = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={directory}/chromium", "--dump-dom",
                               f"http://127.0.0.1:{proxy.metrics}/"], capture_output=True, text=True, timeout=120).stdout
        assert text.count("<tr") > 240 and "ContainerRestart" in text and text.count("<td") > 900


if __name__ == "__main__":
    run()

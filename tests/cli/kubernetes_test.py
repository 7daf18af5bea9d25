# SPDX-License-Identifier: Apache-2.0
"""The manifests of docs/kubernetes: kubectl takes them, and what they run on a node does what they say."""

import http.server
import json
import subprocess
import threading

import yaml

from harness import SNUG, SOURCE_DIR, Case, main, needs, run, snug

FOLDER = SOURCE_DIR / "docs/kubernetes"
# The kinds that our manifests are of: name, whether they are in a namespace; by API group.
KINDS = {
    "v1": (("Namespace", "namespaces", False), ("ConfigMap", "configmaps", True), ("Pod", "pods", True)),
    "apps/v1": (("DaemonSet", "daemonsets", True),),
    "batch/v1": (("Job", "jobs", True),),
    "node.k8s.io/v1": (("RuntimeClass", "runtimeclasses", False),),
}


def documents(name):
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


class Discovery(http.server.BaseHTTPRequestHandler):
    """As much of an API server as kubectl asks before it looks at a manifest: which kinds there are."""

    def do_GET(self):
        path = self.path.partition("?")[0].strip("/")
        if path == "api":
            answer = {"kind": "APIVersions", "versions": ["v1"]}
        elif path == "apis":
            groups = [version.partition("/") for version in KINDS if "/" in version]
            versions = [(group, {"groupVersion": f"{group}/{version}", "version": version}) for group, _, version in groups]
            answer = {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [{"name": name, "versions": [one], "preferredVersion": one} for name, one in versions],
            }
        else:
            version = path.removeprefix("apis/").removeprefix("api/")
            resources = [
                {"name": plural, "kind": kind, "namespaced": namespaced, "verbs": ["create", "get"], "singularName": ""}
                for kind, plural, namespaced in KINDS.get(version, ())
            ]
            answer = {"kind": "APIResourceList", "groupVersion": version, "resources": resources}
        self.send_response(200 if path.startswith("api") else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_):
        pass


@needs("kubectl")
class Manifests(Case):
    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Discovery)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.server = f"http://127.0.0.1:{server.server_port}"

    def kubectl(self, *words):
        where = ("--server", self.server, "--cache-dir", self.dir / "cache")
        return run("kubectl", *where, *words, env={"HOME": str(self.dir), "PATH": "/usr/bin:/bin"})

    def test_kubectl_takes_them_all(self):
        for path in sorted(FOLDER.glob("*.yaml")):
            with self.subTest(path.name):
                outcome = self.kubectl("create", "--dry-run=client", "--validate=false", "-f", path)
                self.assert_status(outcome, 0)
                self.assertEqual(outcome.out.count("created (dry run)"), len(documents(path.name)))

    def test_nothing_in_them_is_unknown_to_kubectl(self):
        """What its types have no field for is missing in what it prints."""
        for name in ("snug.yaml", "merge.yaml", "pod.yaml", "protected.yaml"):
            for document in documents(name):
                if document["kind"] not in ("DaemonSet", "Job", "Pod"):
                    continue
                with self.subTest(name):
                    path = self.dir / "one.yaml"
                    path.write_text(yaml.safe_dump(document))
                    outcome = self.kubectl("set", "env", "--local", "-f", path, "ADDED=x", "-o", "json")
                    self.assert_status(outcome, 0)
                    self.assert_within(document, json.loads(outcome.out), "")

    def assert_within(self, part, whole, where):
        if isinstance(part, dict):
            for key, value in part.items():
                self.assertIn(key, whole, where)
                self.assert_within(value, whole[key], f"{where}.{key}")
        elif isinstance(part, list):
            for one, other in zip(part, whole):
                self.assert_within(one, other, f"{where}[]")
        else:
            self.assertEqual(part, whole, where)


class Node(Case):
    def setUp(self):
        super().setUp()
        self.host = self.dir / "host"
        self.host.mkdir()
        by_kind = {document["kind"]: document for document in documents("snug.yaml")}
        self.data = by_kind["ConfigMap"]["data"]
        self.handler = by_kind["RuntimeClass"]["handler"]

    def install(self):
        config = self.dir / "config"
        config.mkdir(exist_ok=True)
        for name, text in self.data.items():
            (config / name).write_text(text)
        script = self.data["install.sh"].replace("/host/", f"{self.host}/").replace("/config/", f"{config}/")
        return run("/bin/sh", "-c", script.replace("cp /snug ", f"cp {SNUG} "))

    def test_the_installation_puts_everything_where_it_is_looked_for(self):
        for _ in range(2):
            outcome = self.install()
            self.assert_status(outcome, 0)
            self.assertIn("containerd does not read", outcome.err)
        self.assertEqual(run(self.host / "usr/local/bin/snug-runtime", "--help").status, 0)
        self.assertEqual(json.loads((self.host / "etc/snug/runtime.json").read_text())["output_dir"], "/var/lib/snug")

        (self.host / "etc/containerd/config.toml").write_text('imports = ["/etc/containerd/conf.d/*.toml"]\n')
        self.assertNotIn("containerd does not read", self.install().err)

    @needs("containerd")
    def test_containerd_finds_the_runtime_of_the_class(self):
        self.install()
        main_file = self.dir / "main.toml"
        main_file.write_text(f'version = 2\nimports = ["{self.host}/etc/containerd/conf.d/*.toml"]\n')
        dumped = run("containerd", "--config", main_file, "config", "dump")
        self.assert_status(dumped, 0)
        self.assertIn(f'runtimes.{self.handler}.options]\n            BinaryName = "/usr/local/bin/snug-runtime"', dumped.out)

    def test_the_job_merges_the_recordings_of_its_namespace_alone(self):
        recordings = self.dir / "recordings"
        recordings.mkdir()
        made = self.dir / "made.json"
        self.assert_status(snug("trace", "-q", "-o", made, "--", "/bin/true"), 0)
        recording = json.loads(made.read_text())
        for number, namespace in enumerate(("shop", "bank", "shop")):
            one = json.loads(json.dumps(recording).replace(recording["runs"][0]["id"], f"r-{number:016x}"))
            (run_made,) = one["runs"]
            run_made["container"] = {
                **dict.fromkeys(("name", "image", "engine", "runtime", "runtime_version", "pod"), ""),
                **{"id": f"c{number}", "namespace": namespace, "uid": 0, "gid": 0, "no_new_privileges": False},
                **{"capabilities": [], "filtered": False, "exec": False},
            }
            (recordings / f"c{number}.json").write_text(json.dumps(one))
            (recordings / f"c{number}.profile.json").write_text("{}")
        (container,) = documents("merge.yaml")[0]["spec"]["template"]["spec"]["containers"]
        script = container["args"][0].replace("/recordings", str(recordings)).replace("/snug ", f"{SNUG} ")
        environment = {entry["name"]: entry["value"] for entry in container["env"]}
        outcome = run(*container["command"], script, env={**environment, "PATH": "/usr/bin:/bin"})

        self.assert_status(outcome, 0)
        merged = json.loads((recordings / "merged/shop.json").read_text())
        self.assertEqual([each["container"]["namespace"] for each in merged["runs"]], ["shop", "shop"])
        self.assertIn("syscalls", json.loads((recordings / "merged/shop.profile.json").read_text()))

        files = sorted(recordings.glob("c?.json"))
        outcome = snug("merge", "--where", "namespace=shop", "--where", "id=c2", *files)
        self.assertEqual([each["container"]["id"] for each in json.loads(outcome.out)["runs"]], ["c2"])
        outcome = snug("merge", "--where", "namespace=none", *files)
        self.assert_status(outcome, 2)
        self.assertIn("no recording is from namespace=none", outcome.err)


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: Apache-2.0
"""What every engine is held to: it serves each workload under its profile, and not when the profile lacks a call."""

import rootfs
import workloads
from engines import Confinement
from evidence import profile_of, without
from running import NotServed


class Serving:
    """Tests of the engine class `Engine`, to be mixed into a test case."""

    needs = ("root", "busybox", "nginx", "redis-server", "unshare", "nsenter", "setpriv")

    @classmethod
    def setUpClass(cls):
        cls.engine = cls.Engine()
        cls.addClassCleanup(cls.engine.close)

    def serve(self, workload, confinement):
        workload.exercise(self.engine.run(rootfs.build(workload.recipe), workload.command, confinement))

    def assert_served(self, workload, **confinement):
        self.serve(workload, Confinement(profile_of(workload), **confinement))

    def assert_all_served(self, **confinement):
        for workload in workloads.ALL:
            with self.subTest(workload=workload.name):
                self.assert_served(workload, **confinement)

    def assert_not_served_without_a_needed_call(self, workload):
        lacking = without(profile_of(workload), workload.needed, self.dir / "lacking.json")

        with self.assertRaises(NotServed) as caught:
            self.serve(workload, Confinement(lacking))

        # It was the workload that was refused its call: the container had started.
        self.assertRegex(str(caught.exception), workload.complaint)

    def test_a_shell_script_runs_under_its_profile(self):
        self.assert_served(workloads.SHELL_SCRIPT)

    def test_python_serves_under_its_profile(self):
        self.assert_served(workloads.PYTHON)

    def test_nginx_serves_under_its_profile(self):
        self.assert_served(workloads.NGINX)

    def test_redis_serves_under_its_profile(self):
        self.assert_served(workloads.REDIS)

    def test_workloads_serve_with_no_new_privileges(self):
        self.assert_all_served(no_new_privileges=True)

    def test_workloads_serve_as_an_ordinary_user(self):
        self.assert_all_served(user=1000)

    def test_workloads_serve_as_an_ordinary_user_with_no_new_privileges(self):
        self.assert_all_served(user=1000, no_new_privileges=True)

    def test_a_shell_script_fails_without_a_needed_call(self):
        self.assert_not_served_without_a_needed_call(workloads.SHELL_SCRIPT)

    def test_python_does_not_serve_without_a_needed_call(self):
        self.assert_not_served_without_a_needed_call(workloads.PYTHON)

    def test_nginx_does_not_serve_without_a_needed_call(self):
        self.assert_not_served_without_a_needed_call(workloads.NGINX)

    def test_redis_does_not_serve_without_a_needed_call(self):
        self.assert_not_served_without_a_needed_call(workloads.REDIS)

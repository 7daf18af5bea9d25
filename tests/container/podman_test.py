# SPDX-License-Identifier: Apache-2.0
"""Workloads under their profiles in containers of podman."""

import engines
import harness
from serving import Serving


@harness.needs(*engines.Podman.needs, *Serving.needs)
class PodmanServes(Serving, harness.Case):
    Engine = engines.Podman


if __name__ == "__main__":
    harness.main()

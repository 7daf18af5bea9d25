# SPDX-License-Identifier: Apache-2.0
"""Workloads under their profiles in containers of docker."""

import engines
import harness
from serving import Serving


@harness.needs(*engines.Docker.needs, *Serving.needs)
class DockerServes(Serving, harness.Case):
    Engine = engines.Docker


if __name__ == "__main__":
    harness.main()

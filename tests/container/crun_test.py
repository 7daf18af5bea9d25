# SPDX-License-Identifier: Apache-2.0
"""Workloads under their profiles in containers of crun."""

import engines
import harness
from serving import Serving


@harness.needs(*engines.Crun.needs, *Serving.needs)
class CrunServes(Serving, harness.Case):
    Engine = engines.Crun


if __name__ == "__main__":
    harness.main()

# SPDX-License-Identifier: Apache-2.0
"""Workloads under their profiles in containers of runc."""

import engines
import harness
from serving import Serving


@harness.needs(*engines.Runc.needs, *Serving.needs)
class RuncServes(Serving, harness.Case):
    Engine = engines.Runc


if __name__ == "__main__":
    harness.main()

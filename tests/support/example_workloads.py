# SPDX-License-Identifier: Apache-2.0
"""All the servers and tools whose profiles stand in profiles/examples."""

import example_databases
import example_runtimes
import example_web_servers

ALL = tuple(
    sorted(example_databases.ALL + example_runtimes.ALL + example_web_servers.ALL, key=lambda example: example.name)
)
BY_NAME = {example.name: example for example in ALL}

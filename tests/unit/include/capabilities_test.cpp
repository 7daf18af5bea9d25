// SPDX-License-Identifier: Apache-2.0
#include "snug/capabilities.hpp"

#include <linux/capability.h>

#include "tests/support/catch.hpp"

using namespace snug;

TEST_CASE("capabilities have the kernel's numbers") {
  CHECK(capability_number("CAP_CHOWN") == CAP_CHOWN);
  CHECK(capability_number("CAP_SYS_ADMIN") == CAP_SYS_ADMIN);
  CHECK(capability_number("CAP_AUDIT_READ") == CAP_AUDIT_READ);
  CHECK(capability_number("CAP_LAST") == std::nullopt);
  CHECK(capability_number("CAP_CHECKPOINT_RESTORE") == 40);
}

TEST_CASE("every capability is found by its name, with and without its prefix") {
  for (unsigned number = 0; number < kCapabilities; ++number) {
    const auto name = capability_name(number);
    CHECK(capability_number(name) == number);
    CHECK(capability_number(name.substr(4)) == number);
  }
  CHECK(capability_name(kCapabilities).empty());
  CHECK(capability_number("chown") == std::nullopt);
}

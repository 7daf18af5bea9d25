// SPDX-License-Identifier: Apache-2.0
// One include for both Catch2 generations: 2 on Debian 12 and Ubuntu 22.04, 3 on Debian 13 and Ubuntu 24.04.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

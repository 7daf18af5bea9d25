// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "generator/core/meaning.hpp"

namespace snug {

// At most so many arguments are tried for one call.
inline constexpr std::size_t kMostTellingArguments = 16384;

// Arguments at which `rules`, all with conditions, change their mind: every value they compare with and its
// neighbours, with each bit of a mask flipped, alone and with something in the upper half of the register; all
// combinations of these as far as they are few, else each argument's values around what each rule asks for, and
// combinations taken evenly.
std::vector<Arguments> telling_arguments(std::span<const Rule* const> rules);

}  // namespace snug

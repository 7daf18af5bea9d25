// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "generator/core/floor.hpp"

// The order of versions, as container runtimes number theirs.
namespace snug {

// Whether `text` begins with numbers between dots, as "1.8.1" and "1.1.5+ds1" do.
bool is_version(std::string_view text);

// Whether `left` comes before `right`; both are versions. Only the numbers count, and one that is not there is 0.
bool is_older(std::string_view left, std::string_view right);

bool is_within(std::string_view version, const VersionRange& range);

}  // namespace snug

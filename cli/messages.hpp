// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "snug/result.hpp"

// How snug talks: to standard error, each message behind "snug: ".
namespace snug::cli {

// Prints what failed, why, and what to do.
void complain(const Error& error);

// Prints one message; further lines of `text` are indented under the first.
void say(std::string_view text);

// Prints "warning: " and one message.
void warn(std::string_view text);

// `number` with the thousands set apart: 1234567 as "1,234,567".
std::string grouped(unsigned long long number);

// "1 call", "2 calls".
std::string counted(unsigned long long number, std::string_view singular);

// `words` as one could type them into a shell.
std::string shell_line(const std::vector<std::string>& words);

}  // namespace snug::cli

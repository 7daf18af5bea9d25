// SPDX-License-Identifier: Apache-2.0
#include "cli/messages.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace snug::cli {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Colours are for people at a terminal that has some, who have not declined them (no-color.org).
bool coloured() {
  static const bool wanted = isatty(STDERR_FILENO) == 1 && variable("NO_COLOR").empty() &&
                             !variable("TERM").empty() && variable("TERM") != "dumb";
  return wanted;
}

std::string painted(std::string_view text, std::string_view colour) {
  return coloured() ? fmt::format("\033[{}m{}\033[0m", colour, text) : std::string{text};
}

constexpr std::string_view kRed = "1;31";
constexpr std::string_view kYellow = "1;33";

}  // namespace

void complain(const Error& error) {
  std::cerr << "snug: " << painted(error.what, kRed) << '\n';
  if (!error.because.empty()) std::cerr << "  cause: " << error.because << '\n';
  if (!error.remedy.empty()) std::cerr << "  try:   " << error.remedy << '\n';
}

void say(std::string_view text) {
  std::string_view margin = "snug: ";
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::cerr << margin << text.substr(0, end) << '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    margin = "      ";
  }
}

void warn(std::string_view text) {
  say(painted("warning:", kYellow) + " " + std::string{text});
}

std::string grouped(unsigned long long number) {
  std::string digits = std::to_string(number);
  for (std::size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

std::string counted(unsigned long long number, std::string_view singular) {
  return fmt::format("{} {}{}", grouped(number), singular, number == 1 ? "" : singular.ends_with("s") ? "es" : "s");
}

std::string shell_line(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char c : word) line += c == '\'' ? std::string{"'\\''"} : std::string{c};
    line += '\'';
  }
  return line;
}

}  // namespace snug::cli

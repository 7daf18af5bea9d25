// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/host_conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace snug {

namespace {

// "includes" or "excludes" of one rule, held against the host.
class HostConditions {
 public:
  HostConditions(JsonReader& json, JsonPlace place, const ReadOptions& options)
      : json_(json), place_(std::move(place)), options_(options) {}

  bool name_archs() { return !texts("arches").empty(); }

  bool name_native_arch() {
    const auto names = texts("arches");
    return std::any_of(names.begin(), names.end(),
                       [&](const auto& name) { return arch_named(name) == options_.native; });
  }

  bool any_capability_given() {
    const auto names = texts("caps");
    return std::any_of(names.begin(), names.end(), [&](const auto& name) { return is_given(name); });
  }

  bool all_capabilities_given() {
    const auto names = texts("caps");
    return std::all_of(names.begin(), names.end(), [&](const auto& name) { return is_given(name); });
  }

  // Whether the kernel is at least minKernel; nothing where there is none.
  std::optional<bool> kernel_reached() {
    const JsonPlace place = json_.member(place_, "minKernel");
    const std::string text = json_.text(place);
    if (text.empty()) return std::nullopt;

    const auto wanted = kernel_version_of(text);
    if (!wanted)
      json_.reject(place, fmt::format("is \"{}\", which is not of the form 4.8", text),
                   "write two numbers and a dot");
    return wanted && options_.kernel >= *wanted;
  }

 private:
  std::vector<std::string> texts(std::string_view key) { return json_.texts(json_.member(place_, key)); }

  bool is_given(std::string_view capability) const {
    const auto& given = options_.capabilities;
    return std::find(given.begin(), given.end(), capability) != given.end();
  }

  JsonReader& json_;
  JsonPlace place_;
  const ReadOptions& options_;
};

}  // namespace

// Docker refuses anything but two numbers and a dot.
std::optional<KernelVersion> kernel_version_of(std::string_view text) {
  KernelVersion version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
  if (minor.ec != std::errc{} || minor.ptr != end) return std::nullopt;
  return version;
}

bool holds_on_host(JsonReader& json, const JsonPlace& rule, const ReadOptions& options) {
  HostConditions includes(json, json.member(rule, "includes"), options);
  HostConditions excludes(json, json.member(rule, "excludes"), options);

  // Each is asked, so that what is malformed is reported even where another one already decides.
  const bool other_arch = includes.name_archs() && !includes.name_native_arch();
  const bool lacks_capability = !includes.all_capabilities_given();
  const bool kernel_too_old = !includes.kernel_reached().value_or(true);
  const bool excluded_arch = excludes.name_native_arch();
  const bool excluded_capability = excludes.any_capability_given();
  const bool excluded_kernel = excludes.kernel_reached().value_or(false);
  return !(other_arch || lacks_capability || kernel_too_old || excluded_arch || excluded_capability ||
           excluded_kernel);
}

}  // namespace snug

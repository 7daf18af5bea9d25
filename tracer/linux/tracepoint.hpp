// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "snug/result.hpp"

namespace snug::tracer {

// Where a value is in the data of a tracepoint's events.
struct EventField {
  std::size_t offset = 0;
  std::size_t size = 0;
  bool is_signed = false;

  bool operator==(const EventField&) const = default;
};

// A place where the kernel can tell what it does.
struct Tracepoint {
  std::uint64_t id = 0;  // for perf_event_open(2), attr.config
  std::map<std::string, EventField, std::less<>> fields;
};

// The fields in the text of a tracepoint's file "format" in tracefs.
std::map<std::string, EventField, std::less<>> fields_of(const std::string& format);

// The field's value in an event's data; nothing when the data ends before it. Values with a sign have it.
std::optional<std::int64_t> value_of(const EventField& field, std::span<const std::byte> data);

// Looks up a tracepoint, "capability/cap_capable". Where tracefs is mounted nowhere that we know, it is for a
// moment, in no folder. Errors: unsupported, for kernels without the tracepoint or without tracefs; not_permitted.
Result<Tracepoint> find_tracepoint(const std::string& name);

}  // namespace snug::tracer

// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "snug/recording.hpp"
#include "snug/syscalls.hpp"

// Reads the file form that recording_writer.cpp draws.
namespace snug {
namespace {

using Json = nlohmann::json;

// Without the checks the library would bend a negative, fractional or too large number into `Number`.
template <typename Number>
Number read_number(const Json& json) {
  if (!json.is_number() && !json.is_boolean()) return json.get<Number>();  // throws, and says what it is instead
  const bool fits = json.is_number_unsigned() && std::in_range<Number>(json.get<std::uint64_t>());
  if (!fits) {
    throw std::invalid_argument(
        fmt::format("{} is not a whole number from 0 to {}", json.dump(), std::numeric_limits<Number>::max()));
  }
  return json.get<Number>();
}

ExitStatus read_exit(const Json& json) {
  ExitStatus exit;
  if (json.contains("code")) exit.code = read_number<int>(json.at("code"));
  if (json.contains("code") && json.contains("signal")) {
    throw std::invalid_argument("a run cannot both exit and be killed");
  }
  if (json.contains("signal")) exit.signo = read_number<int>(json.at("signal"));
  return exit;
}

Arch read_arch(const Json& json) {
  const auto name = json.get<std::string>();
  if (const auto arch = arch_named(name)) return *arch;
  throw std::invalid_argument(fmt::format("unknown architecture '{}'", name));
}

Accounting read_accounting(const Json& json) {
  const auto number = [&](const char* key) { return read_number<std::uint64_t>(json.at(key)); };
  return {.tasks_born = number("tasks_born"),
          .tasks_attached = number("tasks_attached"),
          .tasks_gone = number("tasks_gone"),
          .tasks_detached = number("tasks_detached"),
          .execs = number("execs"),
          .stops = number("stops"),
          .syscall_stops = number("syscall_stops"),
          .calls = number("calls"),
          .unread = number("unread")};
}

// The one of `values` that has the name.
template <typename Bound>
Bound read_bound(const Json& json, std::initializer_list<Bound> values) {
  const auto name = json.get<std::string>();
  const auto found =
      std::find_if(values.begin(), values.end(), [&](Bound value) { return name_of(value) == name; });
  if (found == values.end()) throw std::invalid_argument(fmt::format("unknown bound of an interval '{}'", name));
  return *found;
}

std::optional<Container> read_container(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return Container{.id = json.at("id").get<std::string>(),
                   .name = json.at("name").get<std::string>(),
                   .image = json.at("image").get<std::string>(),
                   .pod = json.at("pod").get<std::string>(),
                   .name_space = json.at("namespace").get<std::string>(),
                   .engine = json.at("engine").get<std::string>(),
                   .runtime = json.at("runtime").get<std::string>(),
                   .runtime_version = json.at("runtime_version").get<std::string>(),
                   .uid = read_number<std::uint32_t>(json.at("uid")),
                   .gid = read_number<std::uint32_t>(json.at("gid")),
                   .no_new_privileges = json.at("no_new_privileges").get<bool>(),
                   .capabilities = json.at("capabilities").get<std::set<std::string>>(),
                   .filtered = json.at("filtered").get<bool>(),
                   .exec = json.at("exec").get<bool>()};
}

CapabilitySet read_capabilities(const Json& json) {
  if (!json.is_array()) throw std::invalid_argument(fmt::format("{} is no array of capabilities", json.dump()));
  CapabilitySet set = 0;
  for (const Json& each : json) {
    const auto name = each.get<std::string>();
    const auto number = capability_number(name);
    if (!number) throw std::invalid_argument(fmt::format("unknown capability '{}'", name));
    set |= CapabilitySet{1} << *number;
  }
  return set;
}

std::optional<Privilege> read_privilege(const Json& run) {
  if (!run.contains("privilege")) return std::nullopt;
  const Json& json = run.at("privilege");
  return Privilege{.uid = read_number<std::uint32_t>(json.at("uid")),
                   .gid = read_number<std::uint32_t>(json.at("gid")),
                   .bounding = read_capabilities(json.at("bounding")),
                   .permitted = read_capabilities(json.at("permitted")),
                   .effective = read_capabilities(json.at("effective")),
                   .ambient = read_capabilities(json.at("ambient")),
                   .no_new_privileges = json.at("no_new_privileges").get<bool>(),
                   .in_first_namespace = json.at("in_first_namespace").get<bool>(),
                   .gains = json.at("gains").get<std::set<std::string>>(),
                   .unjudged_because = json.at("unjudged_because").get<std::vector<std::string>>(),
                   .no_kernel_evidence = json.at("no_kernel_evidence").get<std::string>()};
}

Run read_run(const Json& json) {
  const Json& interval = json.at("interval");
  const Json& host = json.at("host");
  const Json& tracer = json.at("tracer");
  return {.command = json.at("command").get<std::vector<std::string>>(),
          .started = json.at("started").get<std::string>(),
          .duration_ms = read_number<std::uint64_t>(json.at("duration_ms")),
          .begin = read_bound(interval.at("from"), {Run::Begin::launch, Run::Begin::attach}),
          .end = read_bound(interval.at("to"),
                            {Run::End::checkpoint, Run::End::last_task, Run::End::command, Run::End::detach}),
          .exit = read_exit(json.at("exit")),
          .host = {host.at("kernel").get<std::string>(), read_arch(host.at("arch")),
                   host.at("libc").get<std::string>()},
          .tracer = {tracer.at("version").get<std::string>(), tracer.at("mode").get<std::string>(),
                     tracer.at("privileged").get<bool>(), tracer.at("no_new_privileges").get<bool>()},
          .container = read_container(json.at("container")),
          .accounting = read_accounting(json.at("accounting")),
          .incomplete_because = json.at("incomplete_because").get<std::vector<std::string>>(),
          .privilege = read_privilege(json)};
}

Executable read_file(const Json& json) {
  return {json.at("path").get<std::string>(), json.at("build_id").get<std::string>()};
}

// The mapped files that stacks name, by id. They are told apart by the same facts as executables.
using Objects = std::map<ExecutableId, Executable>;

Frame read_frame(const Json& json, const Objects& objects) {
  const auto id = json.at(0).get<ExecutableId>();
  if (!id.empty() && !objects.contains(id)) throw std::invalid_argument("a frame names the unknown object " + id);
  const Executable file = id.empty() ? Executable{} : objects.at(id);
  return {file.path, file.build_id, read_number<std::uint64_t>(json.at(1)), json.at(2).get<std::string>()};
}

FirstSeen read_first(const Json& json, const Objects& objects) {
  FirstSeen first{.elapsed_ms = read_number<std::uint64_t>(json.at("elapsed_ms")),
                  .tid = read_number<std::int32_t>(json.at("tid")),
                  .stack = {}};
  if (!json.contains("stack")) return first;
  const Json& stack = json.at("stack");
  first.stack.partial = stack.at("partial").get<bool>();
  for (const Json& frame : stack.at("frames")) first.stack.frames.push_back(read_frame(frame, objects));
  return first;
}

using NamedCounts = std::map<std::string, std::uint64_t>;

NamedCounts read_counts(const Json& json) {
  auto counts = json.get<NamedCounts>();
  for (auto& [name, times] : counts) times = read_number<std::uint64_t>(json.at(name));
  return counts;
}

ArgumentValues read_values(const Json& json) {
  if (json == "many") return {.values = {}, .many = true};
  if (!json.is_array() || json.empty()) {
    throw std::invalid_argument(fmt::format("an argument's values are {}", json.dump()));
  }
  ArgumentValues read;
  for (const Json& value : json) {
    if (!read.values.insert(read_number<std::uint64_t>(value)).second) {
      throw std::invalid_argument(fmt::format("an argument has the value {} twice", value.dump()));
    }
  }
  return read;
}

// How many of `count` there were in each phase. `what` has that count, for messages.
NamedCounts read_phases(const Json& json, std::uint64_t count, std::string_view what) {
  NamedCounts phases = read_counts(json);
  std::uint64_t sum = 0;
  for (const auto& [name, times] : phases) sum += times;
  if (sum != count)
    throw std::invalid_argument(fmt::format("{} has the count {}, but its phases add up to {}", what, count, sum));
  return phases;
}

// The parts that a recording may lack: a tracer that did not look at them wrote it.
void read_optional_parts(const Json& json, Observation& observation) {
  if (json.contains("arguments")) {
    const auto arguments = json.at("arguments").get<std::map<std::string, Json>>();
    for (const auto& [name, values] : arguments) observation.arguments.emplace(name, read_values(values));
  }
  if (json.contains("phases"))
    observation.phases = read_phases(json.at("phases"), observation.count, "an observation");
}

Observation read_observation(const Json& json, const Objects& objects) {
  Observation observation{.count = read_number<std::uint64_t>(json.at("count")),
                          .outcomes = read_number<std::uint64_t>(json.at("outcomes")),
                          .errors = read_counts(json.at("errors")),
                          .first = read_first(json.at("first"), objects)};
  if (observation.count == 0) throw std::invalid_argument("an observation has the count 0");
  read_optional_parts(json, observation);
  return observation;
}

// A name that our table gives to another number means that the file was changed by hand or that two tables
// disagree, which must not pass silently. A name for a number that our table lacks comes from a newer one.
SyscallKey read_key(const Json& json) {
  const SyscallKey key{read_arch(json.at("arch")), read_number<std::uint32_t>(json.at("number"))};
  const Json& name = json.at("name");
  const auto expected = syscall_name(key.arch, key.number);
  if (!name.is_null() && expected && name.get<std::string>() != *expected) {
    throw std::invalid_argument(fmt::format("call {} of {} is named '{}', but it is {}", key.number,
                                            name_of(key.arch), name.get<std::string>(), *expected));
  }
  return key;
}

using Where = std::pair<RunId, ExecutableId>;

Where read_where(const Json& json, const Recording& recording) {
  Where where{json.at("run").get<RunId>(), json.at("executable").get<ExecutableId>()};
  if (!recording.runs.contains(where.first))
    throw std::invalid_argument("an observation names the unknown run " + where.first);
  if (!recording.executables.contains(where.second))
    throw std::invalid_argument("an observation names the unknown executable " + where.second);
  return where;
}

void read_syscall(const Json& json, const Objects& objects, Recording& recording) {
  const SyscallKey key = read_key(json);
  Observations& observations = recording.syscalls[key];
  for (const Json& entry : json.at("observations")) {
    const Where where = read_where(entry, recording);
    if (!observations.emplace(where, read_observation(entry, objects)).second)
      throw std::invalid_argument(fmt::format("two observations of {} in {}", where.second, where.first));
  }
  if (observations.empty()) {
    throw std::invalid_argument(fmt::format("call {} of {} has no observations", key.number, name_of(key.arch)));
  }
  const auto count = read_number<std::uint64_t>(json.at("count"));
  if (count != total_count(observations)) {
    throw std::invalid_argument(fmt::format("call {} of {} has the count {}, but its observations add up to {}",
                                            key.number, name_of(key.arch), count, total_count(observations)));
  }
}

CapabilityUse read_use(const Json& json) {
  const auto name = json.get<std::string>();
  for (const CapabilityUse use : {CapabilityUse::used, CapabilityUse::declared, CapabilityUse::checked,
                                  CapabilityUse::attempted, CapabilityUse::probe, CapabilityUse::opportunistic})
    if (name_of(use) == name) return use;
  throw std::invalid_argument(fmt::format("unknown use of capabilities '{}'", name));
}

CapabilityEvidence read_evidence(const Json& json, const Objects& objects) {
  CapabilityEvidence evidence{.count = read_number<std::uint64_t>(json.at("count")),
                              .confirmed = read_number<std::uint64_t>(json.at("confirmed")),
                              .first = read_first(json.at("first"), objects),
                              .phases = {}};
  if (evidence.count == 0) throw std::invalid_argument("a need of capabilities has the count 0");
  if (evidence.confirmed > evidence.count) {
    throw std::invalid_argument(fmt::format("a need of capabilities has the count {}, and was confirmed {} times",
                                            evidence.count, evidence.confirmed));
  }
  if (json.contains("phases"))
    evidence.phases = read_phases(json.at("phases"), evidence.count, "a need of capabilities");
  return evidence;
}

void read_capability(const Json& json, const Objects& objects, Recording& recording) {
  CapabilityKey key{
      .call = read_key(json), .use = read_use(json.at("use")), .need = {}, .on = json.at("on").get<std::string>()};
  if (!json.at("need").is_array()) throw std::invalid_argument("a need is no array");
  for (const Json& any : json.at("need")) key.need.insert(read_capabilities(any));
  if (key.need.empty() || key.need.contains(0)) throw std::invalid_argument("a need of no capability");
  CapabilityEvidences& evidences = recording.capabilities[key];
  for (const Json& entry : json.at("seen")) {
    const Where where = read_where(entry, recording);
    if (!evidences.emplace(where, read_evidence(entry, objects)).second)
      throw std::invalid_argument(fmt::format("a need is seen twice in {} of {}", where.second, where.first));
  }
  if (evidences.empty()) throw std::invalid_argument("a need of capabilities that nobody has");
}

// What an exception says, without the library's own number for it: "[json.exception.type_error.302] type must be
// …".
std::string_view plain_words(const std::exception& error) {
  const std::string_view words = error.what();
  const auto end = words.starts_with("[json.exception.") ? words.find("] ") : std::string_view::npos;
  return end == std::string_view::npos ? words : words.substr(end + 2);
}

// Reads every element of the array `key`, and says of a bad one which it was.
template <typename Reader>
void read_each(const Json& json, const char* key, Reader read) {
  std::size_t index = 0;
  try {
    const Json& elements = json.at(key);
    if (!elements.is_array()) throw std::invalid_argument("the whole is no array");
    for (const Json& element : elements) {
      read(element);
      ++index;
    }
  } catch (const std::exception& error) {
    throw std::invalid_argument(fmt::format("\"{}\", element {}: {}", key, index, plain_words(error)));
  }
}

Recording read_recording(const Json& json) {
  Recording recording;
  read_each(json, "runs", [&](const Json& run) {
    const auto id = run.at("id").get<RunId>();
    if (!recording.runs.emplace(id, read_run(run)).second) throw std::invalid_argument("a second run " + id);
  });
  read_each(json, "executables", [&](const Json& executable) {
    const auto id = executable.at("id").get<ExecutableId>();
    if (!recording.executables.emplace(id, read_file(executable)).second) {
      throw std::invalid_argument("a second executable " + id);
    }
  });
  Objects objects;
  read_each(json, "objects", [&](const Json& object) {
    const auto id = object.at("id").get<ExecutableId>();
    const auto [place, is_new] = objects.emplace(id, read_file(object));
    if (!is_new) throw std::invalid_argument("a second object " + id);
    if (place->second.path.empty()) throw std::invalid_argument("an object has no path");
  });
  read_each(json, "syscalls", [&](const Json& call) { read_syscall(call, objects, recording); });
  if (json.contains("capabilities"))
    read_each(json, "capabilities", [&](const Json& each) { read_capability(each, objects, recording); });
  if (json.at("complete").get<bool>() != incomplete_because(recording).empty()) {
    throw std::invalid_argument("\"complete\" contradicts the runs");
  }
  return recording;
}

Error bad_recording(std::string_view source, std::string because, std::string remedy) {
  return {ErrorCode::bad_input, fmt::format("cannot read the recording {}", source), std::move(because),
          std::move(remedy)};
}

Result<Recording> check_and_read(const Json& json, std::string_view source) {
  const auto schema = json.is_object() ? json.value("schema", std::string{}) : std::string{};
  if (schema.empty()) {
    return bad_recording(source, "it is JSON, but not a recording: it has no \"schema\"",
                         "give a file that 'snug trace' has written");
  }
  if (schema != kRecordingSchema) {
    return bad_recording(source,
                         fmt::format("its schema is \"{}\", and this snug reads \"{}\"", schema, kRecordingSchema),
                         "record again with this version of snug, or read it with the version that wrote it");
  }
  return read_recording(json);
}

}  // namespace

Result<Recording> parse_recording(std::string_view text, std::string_view source) {
  constexpr std::string_view kRecordAgain = "record again; a recording is not meant to be edited";
  if (text.empty()) return bad_recording(source, "it is empty", "record again");
  try {
    return check_and_read(Json::parse(text), source);
  } catch (const Json::parse_error& error) {
    return bad_recording(source, fmt::format("it is not whole JSON (byte {} of {})", error.byte, text.size()),
                         "record again: the file was cut short or is something else");
  } catch (const Json::exception& error) {
    return bad_recording(source, fmt::format("it does not have the form of a recording: {}", plain_words(error)),
                         std::string{kRecordAgain});
  } catch (const std::invalid_argument& error) {
    return bad_recording(source, error.what(), std::string{kRecordAgain});
  }
}

}  // namespace snug

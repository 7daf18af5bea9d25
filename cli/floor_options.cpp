// SPDX-License-Identifier: Apache-2.0
#include "cli/floor_options.hpp"

#include "cli/files.hpp"
#include "cli/messages.hpp"
#include "generator/core/floor_widening.hpp"

namespace snug::cli {
namespace {

Result<Done> read_measured(const std::vector<std::string>& paths, GenerateOptions& options) {
  for (const std::string& path : paths) {
    const auto text = read_file(path);
    if (!text) return text.error();
    auto floor = parse_floor(*text, path);
    if (!floor) return floor.error();
    options.measured_floors.push_back(std::move(*floor));
  }
  return Done{};
}

std::vector<Floor> known_floors(const GenerateOptions& options) {
  std::vector<Floor> floors = shipped_floors();
  for (const Floor& measured : options.measured_floors) floors = widened(std::move(floors), measured);
  return floors;
}

}  // namespace

void add_floor_options(CLI::App& verb, FloorArguments& arguments) {
  constexpr auto kGroup = "How the containers run";
  CLI::Option* const none =
      verb.add_flag("--no-floor", arguments.none, "Not at all: leave out what container runtimes call themselves");
  const auto add = [&](CLI::Option* option) { option->excludes(none)->group(kGroup); };
  none->group(kGroup);
  add(verb.add_option("--runtime", arguments.runtimes,
                      "By which runtimes, e.g. runc,crun@1.8.1; default: all known")
          ->type_name("LIST"));
  add(verb.add_flag("--no-new-privileges", arguments.no_new_privileges,
                    "Always with no_new_privileges, under which runtimes call less"));
  add(verb.add_flag("--exec,!--no-exec", arguments.exec,
                    "With processes brought in later (docker exec, health checks), or never; default: with"));
  add(verb.add_option("--init", arguments.inits, "With an init before the program, e.g. tini,catatonit")
          ->type_name("LIST"));
  add(verb.add_option("--floor", arguments.measured, "As scripts/measure-floor has measured it too")
          ->type_name("FILE"));
}

Result<Done> read_floor_options(const FloorArguments& arguments, GenerateOptions& options) {
  options.floor = arguments.none ? FloorChoice::none : FloorChoice::full;
  options.containers.no_new_privileges = arguments.no_new_privileges;
  options.containers.exec = arguments.exec;
  if (const auto measured = read_measured(arguments.measured, options); !measured) return measured.error();
  const auto floors = known_floors(options);
  if (!arguments.runtimes.empty()) {
    const auto chosen = parse_runtimes(arguments.runtimes, floors);
    if (!chosen) return chosen.error();
    options.containers.runtimes = chosen->runtimes;
    for (const std::string& warning : chosen->warnings) warn(warning);
  }
  if (!arguments.inits.empty()) {
    const auto inits = parse_inits(arguments.inits, floors);
    if (!inits) return inits.error();
    options.containers.inits = *inits;
  }
  return Done{};
}

}  // namespace snug::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/container_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "cli/denial_json.hpp"
#include "cli/files.hpp"
#include "tracer/linux/environment.hpp"

namespace snug::cli {
namespace {

using Json = nlohmann::ordered_json;

Error cannot_write(const std::string& path, int failure) {
  return {ErrorCode::io, fmt::format("cannot write {}", path), strerror(failure),
          "choose another with --output-dir"};
}

// One run as its lines tell it.
struct LoggedRun {
  bool is_over = false;
  bool is_exec = false;
  std::vector<std::string> command;
  std::vector<Json> denials;
  tracer::Followed followed;
};

// The lines of a log, in their order.
class LogReader {
 public:
  void read(const Json& line) {
    const std::string event = line.at("event").get<std::string>();
    if (event == "profile") return runs_.clear();
    LoggedRun& run = runs_[line.at("run").get<std::string>()];
    run.is_exec = line.at("exec").get<bool>();
    if (event == "start") {
      run.command = line.at("command").get<std::vector<std::string>>();
      denied_ = line.at("mode") == "watch" ? tracer::Denied::let_through : tracer::Denied::refused;
    }
    if (event == "denial") run.denials.push_back(line.at("denial"));
    if (event == "end") end(line, run);
  }

  ContainerRuns take() const {
    ContainerRuns all{denied_, {{}, {}, tracer::Followed{}}};
    for (const auto& [id, run] : runs_) {
      for (const Json& denial : run.denials) add_denial(denial, all.enforced.denials);
      all.enforced.followed->doubts.insert(run.followed.doubts.begin(), run.followed.doubts.end());
      if (run.is_exec) continue;
      all.enforced.command = run.command;
      all.enforced.followed->exit = run.followed.exit;
    }
    return all;
  }

  bool has_lost_a_tracer() const {
    return std::ranges::any_of(runs_, [](const auto& entry) { return !entry.second.is_over; });
  }

 private:
  // What was told as it happened is told again, with how often it happened.
  static void end(const Json& line, LoggedRun& run) {
    run.is_over = true;
    run.denials = line.at("denials").get<std::vector<Json>>();
    run.followed.exit = exit_from_json(line.at("exit"));
    for (const Json& doubt : line.at("not_compared")) run.followed.doubts.insert(doubt.get<std::string>());
  }

  std::map<std::string, LoggedRun> runs_;  // by id, which begins with the time of the run's start
  tracer::Denied denied_ = tracer::Denied::refused;
};

int append_line(int file, const Json& line) {
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const ssize_t written = write(file, text.data(), text.size());
  if (written == static_cast<ssize_t>(text.size())) return 0;
  return written < 0 ? errno : ENOSPC;
}

int open_to_append(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

// Waits for the writers.
Result<Done> await_end(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return Error{ErrorCode::bad_input, fmt::format("cannot read {}", path), strerror(errno),
                 "check the name and the permissions"};
  }
  int waited = flock(file, LOCK_EX);
  while (waited != 0 && errno == EINTR) waited = flock(file, LOCK_EX);
  close(file);
  return Done{};
}

}  // namespace

std::string container_log_path(const std::string& folder, const std::string& id) {
  return std::filesystem::path(folder) / (id + ".denials.jsonl");
}

std::string container_profile_path(const std::string& folder, const std::string& id) {
  return std::filesystem::path(folder) / (id + ".profile.json");
}

Result<Done> keep_container_profile(const std::string& folder, const std::string& id, const std::string& profile) {
  const std::string path = container_profile_path(folder, id);
  const std::string log = container_log_path(folder, id);
  const auto before = read_file(path);
  if (before && *before == profile) return Done{};
  if (const auto written = write_file(path, profile); !written) return written.error();
  if (access(log.c_str(), F_OK) != 0) return Done{};
  const int file = open_to_append(log);
  const int failure =
      file < 0 ? errno
               : append_line(file, {{"time", tracer::timestamp()}, {"event", "profile"}, {"container", id}});
  if (file >= 0) close(file);
  if (failure != 0) return cannot_write(log, failure);
  return Done{};
}

ContainerLog::ContainerLog(int file, std::string path, ContainerRun run)
    : file_(file),
      path_(std::move(path)),
      run_(std::move(run)),
      run_id_(fmt::format("{}/{}", tracer::timestamp(), getpid())) {}

ContainerLog::ContainerLog(ContainerLog&& other) noexcept
    : file_(std::exchange(other.file_, -1)),
      path_(std::move(other.path_)),
      run_(std::move(other.run_)),
      run_id_(std::move(other.run_id_)),
      failure_(other.failure_) {}

ContainerLog::~ContainerLog() {
  if (file_ >= 0) close(file_);
}

Result<ContainerLog> ContainerLog::open(const std::string& path, const ContainerRun& run) {
  const int file = open_to_append(path);
  if (file < 0 || flock(file, LOCK_SH) != 0) return cannot_write(path, errno);
  ContainerLog log(file, path, run);
  log.append("start",
             {{"mode", run.denied == tracer::Denied::refused ? "verify" : "watch"}, {"command", run.command}});
  if (const auto written = log.outcome(); !written) return written.error();
  return log;
}

// A line is written in one go, so that those of several tracers do not mix.
void ContainerLog::append(std::string_view event, const Json& more) {
  Json line{{"time", tracer::timestamp()},
            {"event", event},
            {"container", run_.container.id},
            {"exec", run_.container.exec},
            {"run", run_id_}};
  line.update(more);
  const int failure = append_line(file_, line);
  if (failure_ == 0) failure_ = failure;
}

void ContainerLog::add(const tracer::Denial& denial, const tracer::DenialEvidence& evidence) {
  append("denial", {{"denial", denial_to_json(denial, evidence)}});
}

Result<Done> ContainerLog::finish(const Enforced& enforced) {
  Json denials = Json::array();
  for (const auto& [denial, evidence] : enforced.denials) denials.push_back(denial_to_json(denial, evidence));
  Json end{{"denials", denials}, {"exit", nullptr}, {"not_compared", Json::array()}};
  if (enforced.followed) {
    end["exit"] = exit_to_json(enforced.followed->exit);
    for (const std::string& doubt : enforced.followed->doubts) end["not_compared"].push_back(doubt);
  }
  append("end", end);
  return outcome();
}

Result<Done> ContainerLog::outcome() const {
  if (failure_ != 0) return cannot_write(path_, failure_);
  return Done{};
}

Result<ContainerRuns> read_container_log(const std::string& path) {
  if (const auto waited = await_end(path); !waited) return waited.error();
  const auto text = read_file(path);
  if (!text) return text.error();
  LogReader reader;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    try {
      reader.read(Json::parse(line));
    } catch (const std::exception& error) {
      return Error{ErrorCode::bad_input, fmt::format("cannot use {}", path), error.what(),
                   "it has to be what snug writes of a container; run the container again"};
    }
  }
  if (reader.has_lost_a_tracer()) {
    return Error{ErrorCode::refused, fmt::format("cannot tell all from {}", path),
                 "a tracer was killed before what it traced had ended", "run the container again"};
  }
  return reader.take();
}

}  // namespace snug::cli

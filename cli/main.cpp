// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <utility>

#include "cli/messages.hpp"
#include "cli/status.hpp"
#include "cli/verbs.hpp"

namespace snug::cli {

bool runs_workload(const std::string& verb) {
  return verb == "caps" || verb == "check" || verb == "minimize" || verb == "trace" || verb == "verify";
}

namespace {

class UsageFormatter final : public CLI::Formatter {
 public:
  explicit UsageFormatter(std::string usage) : usage_(std::move(usage)) {}
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: " + usage_ + "\n";
  }

 private:
  std::string usage_;
};

constexpr const char* kDescription =
    "Gives every container the tightest seccomp profile it can run with, and proves it.";

constexpr const char* kFooter = R"(Try it:
  snug trace --profile seccomp.json -- ./run-tests.sh    record the tests, write the profile
  snug verify --profile seccomp.json -- ./run-tests.sh   run them again under it
  docker run --security-opt seccomp=seccomp.json IMAGE   use it

'snug VERB --help' explains a verb; 'man snug' explains everything.)";

int usage_error(const std::string& verb, const std::string& message) {
  complain({ErrorCode::usage, message, "", verb.empty() ? "snug --help" : "snug " + verb + " --help"});
  return runs_workload(verb) ? kTracerFailed : kBadInput;
}

// Help and version go to standard output, like every answer that was asked for; a full disk there is a failure.
int answer(const CLI::App& app, const CLI::ParseError& request) {
  app.exit(request, std::cout);
  if (std::cout.flush()) return kSuccess;
  complain({ErrorCode::io, "cannot write to standard output", "", ""});
  return kBadInput;
}

// Sorted.
std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(verb->get_name());
  std::ranges::sort(names);
  return names;
}

int unknown_word(const std::string& word, const std::vector<std::string>& verbs) {
  return usage_error(
      "", fmt::format("unknown {} '{}'; the verbs are {} and {}", word.starts_with('-') ? "option" : "verb", word,
                      fmt::join(verbs.begin(), verbs.end() - 1, ", "), verbs.back()));
}

// Runs what `words` ask for. CLI11 speaks in exceptions, which end here.
int run(CLI::App& app, std::vector<std::string> words, const Invocation& invocation) {
  if (words.empty()) {
    std::cerr << app.help();
    return kBadInput;
  }
  const std::string verb = words.front();
  const auto verbs = verbs_of(app);
  const bool is_verb = std::ranges::binary_search(verbs, verb);
  if (!is_verb && app.get_option_no_throw(verb) == nullptr) return unknown_word(verb, verbs);
  std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp& help) {
    return answer(app, help);
  } catch (const CLI::CallForVersion& version) {
    return answer(app, version);
  } catch (const CLI::ParseError& error) {
    return usage_error(is_verb ? verb : "", error.what());
  }
  return invocation.status;
}

int run(std::vector<std::string> words) {
  Invocation invocation;
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator != words.end() && runs_workload(words.front())) {
    invocation.workload.assign(separator + 1, words.end());
    words.erase(separator, words.end());
  }

  // A limit on file sizes is then an error like any other. A workload must not inherit that; where one runs, the
  // signal is blocked instead.
  if (words.empty() || !runs_workload(words.front())) std::signal(SIGXFSZ, SIG_IGN);

  CLI::App app(kDescription, "snug");
  app.footer(kFooter);
  app.set_version_flag("--version", "snug " SNUG_VERSION);
  app.require_subcommand(1);
  add_caps(app, invocation);
  add_check(app, invocation);
  add_convert(app, invocation);
  add_diff(app, invocation);
  add_explain(app, invocation);
  add_generate(app, invocation);
  add_hook(app, invocation);
  add_lint(app, invocation);
  add_merge(app, invocation);
  add_minimize(app, invocation);
  add_phase(app, invocation);
  add_runtime(app, invocation);
  add_trace(app, invocation);
  add_verify(app, invocation);
  return run(app, std::move(words), invocation);
}

}  // namespace

// Under the name snug-runtime all words are the runtime's; so are those behind the verb, unless help is asked for.
bool is_runtime(std::vector<std::string>& words) {
  const std::string name = words.front().substr(words.front().rfind('/') + 1);
  if (name == "snug-runtime") {
    words.erase(words.begin());
    return true;
  }
  if (words.size() < 3 || words[1] != "runtime" || words[2] == "--help" || words[2] == "-h") return false;
  words.erase(words.begin(), words.begin() + 2);
  return true;
}

void show_usage(CLI::App& verb, const std::string& usage) {
  verb.formatter(std::make_shared<UsageFormatter>(usage));
}

}  // namespace snug::cli

int main(int argc, char** argv) {
  std::vector<std::string> words(argv, argv + argc);
  if (snug::cli::is_runtime(words)) return snug::cli::run_runtime(std::move(words));
  return snug::cli::run({words.begin() + 1, words.end()});
}

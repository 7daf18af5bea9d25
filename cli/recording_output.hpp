// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "snug/recording.hpp"
#include "snug/result.hpp"

namespace snug::cli {

// The file that a recording is written to.
struct RecordingOutput {
  std::string path = "snug.recording.json";
  bool append = false;  // to the recording that is there, so that parallel jobs can share the file

  // Tries what can be known to fail before the workload runs: its work must not be lost. Errors: as write_file(),
  // and bad_input when the file that is to be added to holds no recording.
  Result<Done> check() const;

  // Returns what the file holds now. Errors: the same.
  Result<Recording> save(Recording recording) const;

  // The same while the workload runs, and signals are meant for it: waits for nobody. Where others hold the file,
  // the next checkpoint may find it free.
  Result<Done> save_checkpoint(const Recording& recording) const;

  // Whether it can be written again and again: what a stream was given stays given.
  bool is_replaceable() const;

 private:
  bool adds_to_existing() const;
  Result<Recording> write(Recording recording) const;
};

// What cannot be saved where it belongs is saved where it can be, since the workload may have run for hours: the
// failure, which then tells where.
Error rescue(const Error& failure, const Recording& recording);

}  // namespace snug::cli

// What an image says about itself: the OCI image configuration (image-spec config.md), and docker's additions to it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/digest.hh"
#include "libpod/base/json.hh"

namespace lichen::spec {

struct HealthConfig {
  std::vector<std::string> test;  // {"NONE"}, {"CMD", ...} or {"CMD-SHELL", line}; empty: inherit
  std::int64_t interval_ns = 0;   // 0: docker's default (30 s), likewise below
  std::int64_t timeout_ns = 0;
  std::int64_t start_period_ns = 0;
  std::int64_t start_interval_ns = 0;
  std::int64_t retries = 0;
};

struct HistoryEntry {
  std::string created;  // RFC 3339 or empty
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
};

struct ImageConfig {
  std::string created;  // RFC 3339 or empty
  std::string author;
  std::string architecture;
  std::string os;
  std::string variant;

  std::string user;
  std::vector<std::string> exposed_ports;  // "80/tcp", sorted
  std::vector<std::string> env;            // "NAME=value"
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::vector<std::string> volumes;  // container paths, sorted
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  std::vector<std::string> shell;
  std::vector<std::string> on_build;
  std::optional<HealthConfig> healthcheck;

  std::vector<Digest> diff_ids;  // of the uncompressed layer tars, lowest first
  std::vector<HistoryEntry> history;
};

/// Read an image configuration that may be hostile.
///
/// @param text  the blob's bytes, at most 4 MiB
/// @throws Error{invalid} wrong types, a malformed diff id, NUL bytes, an environment entry without '=' or with an
/// empty name
///         is dropped silently by docker and kept out of the container here too (CVE-2026-57231)
ImageConfig parse_image_config(std::string_view text, std::string_view what);

/// The OCI form of `config`. Not byte-identical to what was parsed: images keep their own bytes in the store.
Json to_json(const ImageConfig& config);

}  // namespace lichen::spec

// What `lichen build` was asked for, as plain data: the command line's words, checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libpod/engine/image_program.hh"
#include "libpod/spec/container_config.hh"
#include "libpod/spec/platform.hh"

namespace lichen::buildah {

/// --secret id=NAME,src=FILE or env=VARIABLE. The value is read when a step wants it.
struct BuildSecret {
  std::string id, file, environment;
};

/// --ssh NAME=SOCKET; without a path the agent of SSH_AUTH_SOCK.
struct BuildSsh {
  std::string id, socket;
};

/// --output: where the result goes besides the store.
struct BuildOutput {
  std::string type;         // local tar docker oci image
  std::string destination;  // directory or file; "-": standard output
};

/// --annotation: a note on a manifest, on the list of several platforms, or in the list beside one image.
struct BuildAnnotation {
  enum class Level { manifest, index, descriptor } level = Level::manifest;
  std::string platform;  // only of this one; empty: of all
  std::string key, value;
};

/// --cache-from and --cache-to: where steps of other builds can be had, or are left for them.
struct CachePlace {
  enum class Kind { local, registry, with_image } kind = Kind::registry;
  std::string place;         // directory or reference
  bool has_all = false;      // mode=max: of all stages, not of the result's alone
  bool is_optional = false;  // ignore-error
  std::string compression;
  std::optional<int> compression_level;
};

struct BuildOptions {
  std::string context = ".";      // directory; "-" is standard input
  std::string file;               // Dockerfile; empty: Containerfile or Dockerfile of the context; "-"
  std::string ignore_file;        // --ignorefile
  std::vector<std::string> tags;  // as typed
  std::string target;             // stage name or number; empty: the last
  std::map<std::string, std::string> build_args;
  std::map<std::string, std::string> contexts;  // --build-context NAME=...
  std::vector<BuildSecret> secrets;
  std::vector<BuildSsh> ssh;
  std::vector<std::string> platforms;  // of several images a manifest list is made
  std::string manifest;                // --manifest: the list that the images are added to
  bool no_cache = false;
  std::vector<std::string> no_cache_filter;  // stage names
  engine::PullOptions pull;
  std::map<std::string, std::string> labels;
  std::vector<BuildAnnotation> annotations;
  std::string format;  // docker, oci; empty: docker's configuration, OCI's manifest
  bool squash = false, squash_all = false;
  std::vector<CachePlace> cache_from, cache_to;
  std::vector<BuildOutput> outputs;
  bool push = false;  // the caller's: all names go to their registries afterwards
  std::string iidfile, metadata_file;
  std::optional<std::int64_t> epoch;  // SOURCE_DATE_EPOCH or --timestamp
  std::size_t jobs = 0;               // 0: as many as there are cores
  bool quiet = false;
  std::string progress;                // auto plain tty rawjson quiet none
  std::set<std::string> entitlements;  // --allow: network.host, security.insecure, device, device=NAME
  bool debug_shell = false;            // a shell in the place of a RUN that failed
  bool explain = false;                // say why a step is not taken from the cache

  /// Of the containers of RUN: network, extra hosts, dns, caps, ulimits, resources, security, -v, devices.
  spec::ContainerConfig container;
};

}  // namespace lichen::buildah

// lichen events: the event files read back, from a moment in the past, as they grow, or both.
//
// One file for each day of UTC (events.hh). Lines are read in the order of writing; a damaged line is left out. While
// following, the directory is watched with inotify, so that a new day's file is seen as it appears.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct EventQuery {
  std::optional<Timestamp> since, until;  // without since: only what happens from now on
  bool follow = true;                     // until `until`, or for ever
  std::vector<std::string> filters;       // container= event= image= network= pod= type= volume=
  /// A day's file that cannot be read, once each; the others are read.
  OnDamaged on_damaged = [](const std::string&, const Error&) {};
};

/// Hand each event to `sink` as docker's object: status id from Type Action Actor{ID Attributes{}} scope time timeNano,
/// with podman's Name, Image, Status and Time beside them. Ends when sink gives false.
/// @throws Error{usage} an unknown filter
void read_events(const Engine& engine, const EventQuery& query, const std::function<bool(const Json&)>& sink);

/// "2026-11-21T09:23:24.38Z container start 6c1... (image=debian, name=web)": docker's line.
/// @param no_trunc  false: twelve digits of the id, as podman does it
std::string event_text(const Json& event, bool no_trunc);

}  // namespace lichen::engine

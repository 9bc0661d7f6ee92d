// events/YYYYMMDD.jsonl: one JSON line for each thing that happened. Lines are appended with one write each, by
// commands and monitors alike, so they never mix.
#pragma once

#include <map>
#include <string>

#include "libpod/engine/engine.hh"

namespace lichen::engine {

struct Event {
  std::string type = "container";  // container, image, volume, network
  std::string action;              // create, start, die, destroy, pull, ...
  std::string id;
  std::string name;
  std::string image;
  std::map<std::string, std::string> attributes;
};

/// Best effort: a full disk costs the event, not the command.
void append_event(const Engine& engine, const Event& event);

}  // namespace lichen::engine

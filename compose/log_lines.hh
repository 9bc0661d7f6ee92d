// What containers of a project say, as lines with their names before them: compose logs, and up in the foreground.
//
// A child reads each log and hands over whole lines, so lines of one container keep their order and lines of two never
// mix.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "buildah/worker.hh"
#include "compose/project_state.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/engine.hh"

namespace lichen::compose {

struct LogChoice {
  bool follow = false, timestamps = false, has_prefix = true, has_colour = false;
  std::int64_t tail = -1;
  std::optional<Timestamp> since, until;
};

class LogLines {
 public:
  /// @param names  as they are shown: their order says the colours, the longest one the width. Others may come later
  /// @param ended  called with a container's id when nothing more will come of it
  LogLines(engine::Engine& engine, sys::EventLoop& loop, LogChoice choice, std::vector<std::string> names,
           std::function<void(const std::string& id)> ended);

  /// @param name  as it is shown: "web-1"
  /// @param since  from then on, whatever was chosen
  void add(const std::string& id, const std::string& name, std::optional<Timestamp> since = std::nullopt);
  bool has(const std::string& id) const { return readers_.contains(id); }
  /// Of the longest name.
  std::size_t width() const { return width_; }

 private:
  void print(std::size_t number, const std::string& name, std::string_view line) const;

  engine::Engine& engine_;
  sys::EventLoop& loop_;
  LogChoice choice_;
  std::vector<std::string> names_;
  std::size_t width_ = 0;
  std::function<void(const std::string& id)> ended_;
  std::map<std::string, std::unique_ptr<buildah::Worker>> readers_;
  std::vector<std::unique_ptr<buildah::Worker>> gone_;
};

/// compose logs: of these containers, and with `follow` also of those that are started while others run.
void show_logs(engine::Engine& engine, const std::string& project, const LogChoice& choice,
               const std::function<bool(const ProjectContainer&)>& is_asked);

/// "web-1" for shop-web-1: docker compose leaves the project's name out.
std::string short_name(const std::string& container, const std::string& project);

}  // namespace lichen::compose

// Things to be done for a project, each in a child of ours, as many at once as their order allows.
//
// A task waits for others and, with a gate, for something in the world (a healthy container): gates are asked again
// whenever a task has ended, whenever wake() is called, by who watches events, and ten times a second: not all that
// opens a gate is told. The first failure is thrown when all that runs has ended; what waits is not begun then. A
// rehearsal (ProjectView) goes through all of it and does nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buildah/worker.hh"
#include "compose/project_view.hh"

namespace lichen::compose {

class Tasks {
 public:
  using Id = std::size_t;
  struct Task {
    std::string object;      // "Container shop-web-1", for the view
    std::string doing, did;  // "Creating", "Created"; both empty: nothing is shown
    std::vector<Id> after;
    /// What else must be so. @return false: not yet; @throws Error: it will never be
    std::function<bool()> gate;
    /// In a child. @throws Error; empty: there is nothing to do
    std::function<Json()> body;
    /// Here, when it has succeeded.
    std::function<void(const Json& result)> done;
    /// Its output, line by line; empty: to the view
    std::function<void(std::string_view line)> output;
    /// An interruption kills it; what else works is waited for.
    bool may_be_cut = false;
  };

  /// @param at_once  0: no limit
  Tasks(sys::EventLoop& loop, ProjectView& view, std::size_t at_once)
      : loop_(loop), view_(view), at_once_(at_once == 0 ? SIZE_MAX : at_once) {}

  Id add(Task task);
  /// `later` does not begin before `earlier` has ended.
  void add_order(Id earlier, Id later) { items_.at(later)->task.after.push_back(earlier); }
  /// Look at the gates again.
  void wake() { is_awake_ = true; }
  /// Begin nothing more; `run` throws this when what works has ended, unless something failed before.
  void fail(const Error& error);
  /// Kill what works: what may be cut, or all of it.
  void cut(bool all);
  /// Until all is done. @throws the first failure @throws Error{conflict} gates did not open within `limit`
  void run(std::optional<std::chrono::steady_clock::time_point> limit = std::nullopt);
  /// What is waited for when the time is over: "Container shop-db-1".
  std::vector<std::string> waiting() const;

 private:
  enum class Phase { waiting, working, done };
  struct Item {
    Task task;
    Phase phase = Phase::waiting;
    bool is_shown = false;
    std::unique_ptr<buildah::Worker> worker;
  };
  void pump();
  bool is_ready(Item& item);
  void begin(Item& item);
  void end(Item& item, const Json& result);

  sys::EventLoop& loop_;
  ProjectView& view_;
  std::size_t at_once_, working_ = 0, left_ = 0;
  std::vector<std::unique_ptr<Item>> items_;
  bool is_awake_ = true;
  std::optional<Error> failure_;
};

}  // namespace lichen::compose

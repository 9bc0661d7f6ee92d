#include "compose/event_watch.hh"

#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/event_reader.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::compose {

// Events carry no labels of theirs that a filter could use cheaply, so each wakes: looking at a few records costs less.
EventWatch::EventWatch(engine::Engine& engine, sys::EventLoop& loop, std::function<void()> happened)
    : happened_(std::move(happened)) {
  const Timestamp begin = now();
  follower_ = std::make_unique<buildah::Worker>(
      loop,
      [&engine, begin]() -> Json {
        engine::EventQuery query;
        query.since = begin;  // nothing between here and its first look is missed
        query.filters = {"type=container"};
        engine::read_events(engine, query, [](const Json&) {
          sys::write_all(STDOUT_FILENO, "event\n", "the project");
          return true;
        });
        return nullptr;
      },
      buildah::Worker::Handlers{[this](std::string_view) { happened_(); }, [](const Json&) {},
                                [](const Error& error) { log_warn("events: {}", error.what()); }});
}

}  // namespace lichen::compose

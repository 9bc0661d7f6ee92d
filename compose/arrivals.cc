#include "compose/arrivals.hh"

namespace lichen::compose {
namespace {

constexpr std::chrono::milliseconds kGather{20};  // a project's events come together

}  // namespace

// The events are followed before the first look, so that nothing falls between the two.
Arrivals::Arrivals(engine::Engine& engine, sys::EventLoop& loop, std::string project, Came came)
    : engine_(engine), loop_(loop), project_(std::move(project)), came_(std::move(came)), events_(engine, loop, [this] {
        if (timer_ != 0) return;
        timer_ = loop_.after(kGather, [this] {
          timer_ = 0;
          look(/*tells=*/true);
        });
      }) {
  look(/*tells=*/false);
}

void Arrivals::look(bool tells) {
  is_put_off_ = false;
  for (const auto& container : project_containers(engine_, project_)) {
    const auto& started = container.summary.state.started_at;
    const std::pair start(container.id(), started);
    if (container.one_off || started.empty() || seen_.contains(start)) continue;
    if (!tells || came_(container))
      seen_.insert(start);
    else
      is_put_off_ = true;
  }
}

}  // namespace lichen::compose

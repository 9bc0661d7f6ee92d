#include "libpod/engine/detach_keys.hh"

namespace lichen::engine {

DetachKeys::Result DetachKeys::feed(std::string_view typed) {
  if (keys_.empty()) return {std::string(typed), false};
  Result result;
  for (const char byte : typed) {
    held_ += byte;
    // The longest end of what was held that still may become the sequence stays: "ppq" with keys "pq" detaches.
    std::size_t dropped = 0;
    while (!std::string_view(keys_).starts_with(std::string_view(held_).substr(dropped))) ++dropped;
    result.pass.append(held_, 0, dropped);
    held_.erase(0, dropped);
    if (held_.size() < keys_.size()) continue;
    held_.clear();
    result.detached = true;
    return result;
  }
  return result;
}

}  // namespace lichen::engine

// Few bytes while nothing happens: hundreds of monitors may wait at the same time.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace lichen::conmon {

/// The whole pages of our program that are never written: text and constants. Waiting does not need them; they stay in
/// the page cache (EventLoop::drop_when_idle).
std::vector<std::pair<void*, std::size_t>> program_pages();

}  // namespace lichen::conmon

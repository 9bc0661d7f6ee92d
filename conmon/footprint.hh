// Few bytes while nothing happens: hundreds of monitors may wait at the same time.
#pragma once

namespace lichen::conmon {

/// Give back what the start has touched and waiting does not need: free heap pages and our program's read-only pages. The latter
/// are still in the page cache; what is executed again is mapped again by a minor fault.
void trim_footprint() noexcept;

}  // namespace lichen::conmon

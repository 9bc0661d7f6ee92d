// Words and forms of docker's tables that several listings share.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "libpod/base/time.hh"

namespace lichen::engine {

/// "12.3MB": three significant digits, as ps and images print sizes.
std::string size_text(std::int64_t bytes);
/// "2026-11-21 04:41:07 +0000 UTC" in the local zone; "" for what is no time.
std::string local_time_text(std::string_view rfc3339);
/// "3 minutes ago"; "N/A" for what is no time.
std::string time_since(std::string_view rfc3339, Timestamp at);
/// At most `limit` code points, the last one an ellipsis when something is left out.
std::string ellipsis(std::string_view text, std::size_t limit);
/// In quotes, with quotes, backslashes and control characters escaped as Go writes them.
std::string go_quoted(std::string_view text);
/// "a=1,b=2"
std::string labels_text(const std::map<std::string, std::string>& labels);

}  // namespace lichen::engine

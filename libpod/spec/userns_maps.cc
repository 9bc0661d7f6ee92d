#include "libpod/spec/userns_maps.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

bool overlap(std::uint64_t a, std::uint64_t a_size, std::uint64_t b, std::uint64_t b_size) {
  return a < b + b_size && b < a + a_size;
}

// The gap that begins at or after `from`.
std::optional<std::uint32_t> first_gap(const IdMap& taken, std::uint64_t from, std::uint64_t length,
                                       std::uint64_t count) {
  for (std::uint64_t start = from; start + length <= count;) {
    const auto hit = std::ranges::find_if(
        taken, [&](const IdMapping& line) { return overlap(start, length, line.host, line.size); });
    if (hit == taken.end()) return static_cast<std::uint32_t>(start);
    start = std::uint64_t{hit->host} + hit->size;
  }
  return std::nullopt;
}

}  // namespace

IdMap keep_id_map(std::uint32_t id, std::uint32_t count, std::optional<std::uint32_t> size) {
  if (count <= 1) return {{id, 0, 1}};
  IdMap map;
  const std::uint32_t end = std::min(count, size.value_or(count));  // ids of the container: 0..end-1, and `id`
  const std::uint32_t below = std::min({id, end, count - 1});
  if (below > 0) map.push_back({0, 1, below});
  map.push_back({id, 0, 1});
  if (id + 1 < end) map.push_back({id + 1, id + 1, end - id - 1});
  return map;
}

IdMap nomap_map(std::uint32_t count) { return {{0, 1, count - 1}}; }

std::uint32_t auto_map_length(std::uint32_t size, const IdMap& fixed) {
  std::uint32_t inside = 0;
  for (const auto& line : fixed)
    if (line.container < size) inside += std::min(line.size, size - line.container);
  return size - inside;
}

IdMap auto_map(std::uint32_t first, std::uint32_t size, const IdMap& fixed) {
  IdMap sorted = fixed;
  std::ranges::sort(sorted, {}, &IdMapping::container);
  IdMap map;
  std::uint32_t next = 0;
  const auto fill = [&](std::uint32_t end) {
    if (end <= next) return;
    map.push_back({next, first, end - next});
    first += end - next;
  };
  for (const auto& line : sorted) {
    fill(std::min(line.container, size));
    map.push_back(line);
    next = line.container + line.size;
  }
  fill(size);
  return map;
}

std::optional<std::uint32_t> free_range(const IdMap& taken, std::uint32_t length, std::uint32_t count,
                                        std::uint32_t preferred) {
  if (const auto found = first_gap(taken, preferred, length, count)) return found;
  return first_gap(taken, 1, length, count);
}

std::optional<std::uint32_t> to_host_id(const IdMap& map, std::uint32_t container_id) {
  if (map.empty()) return container_id;
  for (const auto& line : map)
    if (container_id >= line.container && container_id - line.container < line.size)
      return line.host + (container_id - line.container);
  return std::nullopt;
}

std::uint32_t to_container_id(const IdMap& map, std::uint32_t host_id) {
  if (map.empty()) return host_id;
  for (const auto& line : map)
    if (host_id >= line.host && host_id - line.host < line.size) return line.container + (host_id - line.host);
  return kOverflowId;
}

bool has_overlap(const IdMap& map) {
  for (std::size_t i = 0; i < map.size(); ++i)
    for (std::size_t j = i + 1; j < map.size(); ++j)
      if (overlap(map[i].container, map[i].size, map[j].container, map[j].size) ||
          overlap(map[i].host, map[i].size, map[j].host, map[j].size))
        return true;
  return false;
}

bool shifts_root(const IdMap& map) { return to_host_id(map, 0).value_or(0) != 0; }

std::vector<std::string> id_map_texts(const IdMap& map) {
  std::vector<std::string> texts;
  for (const auto& line : map) texts.push_back(format("{}:{}:{}", line.container, line.host, line.size));
  return texts;
}

IdMap parse_id_map(std::span<const std::string> texts) {
  IdMap map;
  for (const auto& text : texts) {
    std::vector<std::uint32_t> numbers;
    for (const auto& word : split(text, ':'))
      if (const auto number = parse_uint(word); number && *number <= UINT32_MAX)
        numbers.push_back(static_cast<std::uint32_t>(*number));
    if (numbers.size() != 3 || std::ranges::count(text, ':') != 2)
      throw_error(ErrorKind::invalid, "'{}' is no line of an id map", printable(text));
    map.push_back({numbers[0], numbers[1], numbers[2]});
  }
  return map;
}

}  // namespace lichen::spec

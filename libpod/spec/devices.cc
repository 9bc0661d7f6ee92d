#include "libpod/spec/devices.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/cdi.hh"

namespace lichen::spec {
namespace {

[[noreturn]] void fail(std::string_view text, std::string_view cause) {
  throw Error(ErrorKind::usage, fmt::format("--device '{}': {}", text, cause))
      .with_hint("write it as /dev/HOST[:/dev/CONTAINER][:rwm]");
}

bool is_permissions(std::string_view text) {
  return !text.empty() && text.find_first_not_of("rwm") == std::string_view::npos &&
         std::ranges::all_of(text, [&](char c) { return std::ranges::count(text, c) == 1; });
}

}  // namespace

DeviceConfig parse_device_option(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) fail("...", "NUL byte in the value");
  const auto parts = split(text, ':');
  if (parts.size() > 3) fail(text, "more than three parts between ':'");
  if (!parts[0].starts_with('/')) fail(text, fmt::format("'{}' is not an absolute path", parts[0]));
  DeviceConfig device;
  device.host_path = clean_path(parts[0]);
  device.container_path = device.host_path;
  std::size_t next = 1;
  if (parts.size() > 1 && !(parts.size() == 2 && is_permissions(parts[1]))) {
    if (!parts[1].starts_with('/'))
      fail(text, fmt::format("'{}' is neither an absolute path nor permissions", parts[1]));
    device.container_path = clean_path(parts[1]);
    next = 2;
  }
  if (next < parts.size()) {
    if (!is_permissions(parts[next])) fail(text, fmt::format("'{}' are no permissions (letters r, w, m)", parts[next]));
    device.permissions = parts[next];
  }
  if (device.container_path == "/") fail(text, "the container's root cannot be a device");
  return device;
}

std::string parse_device_rule(std::string_view text) {
  const auto words = split(text, ' ');
  const auto is_number = [](const std::string& word) { return word == "*" || parse_uint(word).has_value(); };
  const auto numbers = words.size() == 3 ? split(words[1], ':') : std::vector<std::string>{};
  const bool good = numbers.size() == 2 && (words[0] == "a" || words[0] == "b" || words[0] == "c") &&
                    is_number(numbers[0]) && is_number(numbers[1]) && is_permissions(words[2]);
  if (!good)
    throw Error(ErrorKind::usage, fmt::format("--device-cgroup-rule '{}': not a rule", printable(text)))
        .with_hint("write it like 'c 1:3 mr': a, b or c; two numbers or *; some of r, w and m");
  return std::string(text);
}

void add_device_options(const std::vector<std::string>& texts, std::vector<DeviceConfig>& devices,
                        std::vector<DeviceRequest>& requests) {
  DeviceRequest described{.driver = "cdi"};
  std::vector<DeviceConfig> plain;
  for (const auto& text : texts)
    if (looks_like_cdi_name(text))
      described.ids.push_back(parse_cdi_name(text).str());
    else
      plain.push_back(parse_device_option(text));
  devices.insert(devices.end(), plain.begin(), plain.end());
  if (!described.ids.empty()) requests.push_back(std::move(described));
}

std::string format_device_option(const DeviceConfig& device) {
  return fmt::format("{}:{}:{}", device.host_path, device.container_path, device.permissions);
}

}  // namespace lichen::spec

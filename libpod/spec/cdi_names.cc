// Names of devices, and --gpus.
#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/mounts.hh"

namespace lichen::spec {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }

// Begins and ends with a letter or digit; in between also `others`.
bool is_segment(std::string_view text, std::string_view others, std::size_t longest) {
  return !text.empty() && text.size() <= longest && is_word(text.front()) && is_word(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || others.find(c) != std::string_view::npos; });
}

bool is_vendor(std::string_view text) {
  return is_segment(text, "-_.", 253) && is_letter(text[0]) && text.find("..") == std::string_view::npos;
}

[[noreturn]] void fail_gpus(std::string_view text, std::string_view cause) {
  throw Error(ErrorKind::usage, fmt::format("--gpus '{}': {}", text, cause))
      .with_hint("write it as all, 2, 'device=0' or '\"device=0,1\",capabilities=compute'");
}

std::int64_t parse_gpu_count(std::string_view text, std::string_view value) {
  if (value == "all") return -1;
  const auto count = parse_int(value);
  if (!count || (*count < 1 && *count != -1) || *count > 4096)
    fail_gpus(text, fmt::format("'{}' is no number of GPUs", value));
  return *count;
}

// What the container toolkit of NVIDIA calls the parts of its driver. A description gives them all together.
std::vector<std::string> parse_capabilities(std::string_view text, std::string_view value) {
  static constexpr std::string_view kKnown[] = {"gpu",      "nvidia", "amd",      "compute", "utility",
                                                "compat32", "video",  "graphics", "display", "ngx"};
  std::vector<std::string> names = split(value, ',');
  for (const auto& name : names)
    if (std::ranges::find(kKnown, name) == std::end(kKnown))
      fail_gpus(text, fmt::format("no device has the capability '{}'", name));
  if (std::ranges::find(names, "gpu") == names.end()) names.emplace_back("gpu");
  return names;
}

void set_ids(std::string_view text, std::string_view value, DeviceRequest& request) {
  request.ids = split(value, ',');
  for (const auto& id : request.ids) {
    if (request.driver == "cdi")
      parse_cdi_name(id);
    else if (!is_segment(id, "-_.:", 253))
      fail_gpus(text, fmt::format("'{}' is no name of a GPU", id));
  }
}

}  // namespace

bool looks_like_cdi_name(std::string_view text) {
  const auto slash = text.find('/'), equals = text.find('=');
  return slash != std::string_view::npos && slash != 0 && text[0] != '.' && equals != std::string_view::npos &&
         equals > slash;
}

CdiName parse_cdi_name(std::string_view text) {
  const auto slash = text.find('/'), equals = text.find('=');
  const bool good = looks_like_cdi_name(text) && is_vendor(text.substr(0, slash)) &&
                    is_segment(text.substr(slash + 1, equals - slash - 1), "-_.", 63) &&
                    is_segment(text.substr(equals + 1), "-_.:", 253);
  if (!good)
    throw Error(ErrorKind::usage, fmt::format("'{}' is no name of a device (CDI)", printable(text)))
        .with_hint("write it as vendor.com/class=name, such as nvidia.com/gpu=0");
  return {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
}

DeviceRequest parse_gpus_option(std::string_view text) {
  DeviceRequest request;
  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& field : split_csv(text, "--gpus")) {
    const auto equals = field.find('=');
    // docker: a bare word is a count.
    std::string key = equals == std::string::npos ? "count" : field.substr(0, equals);
    if (std::ranges::find(fields, key, &std::pair<std::string, std::string>::first) != fields.end())
      fail_gpus(text, fmt::format("'{}' is there twice", key));
    fields.emplace_back(std::move(key), equals == std::string::npos ? field : field.substr(equals + 1));
    if (fields.back().first == "driver") request.driver = fields.back().second;
  }
  if (!request.driver.empty() && request.driver != "nvidia" && request.driver != "amd" && request.driver != "cdi")
    fail_gpus(text, fmt::format("the driver '{}' is not known: nvidia, amd and cdi are", printable(request.driver)));
  for (const auto& [key, value] : fields) {
    if (key == "driver") continue;
    if (value.empty()) fail_gpus(text, fmt::format("'{}' has no value", printable(key)));
    if (key == "count")
      request.count = parse_gpu_count(text, value);
    else if (key == "device")
      set_ids(text, value, request);
    else if (key == "capabilities")
      request.capabilities = parse_capabilities(text, value);
    else
      fail_gpus(text, fmt::format("there is no key '{}'", printable(key)));
  }
  if (request.count != 0 && !request.ids.empty()) fail_gpus(text, "count and device exclude each other");
  if (request.driver == "cdi" && request.ids.empty()) fail_gpus(text, "driver=cdi needs device=vendor.com/class=name");
  if (request.count == 0 && request.ids.empty()) request.count = 1;  // docker's default
  if (request.capabilities.empty()) request.capabilities = {"gpu"};
  return request;
}

}  // namespace lichen::spec

#include "libpod/spec/resources.hh"

#include <algorithm>
#include <limits>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

constexpr std::int64_t kMinimumMemory = 6 << 20;  // docker's: below it no process gets as far as its own error message

struct UlimitName {
  std::string_view name;
  std::string_view rlimit;
};

constexpr UlimitName kUlimits[] = {
    {"as", "RLIMIT_AS"},           {"core", "RLIMIT_CORE"},         {"cpu", "RLIMIT_CPU"},
    {"data", "RLIMIT_DATA"},       {"fsize", "RLIMIT_FSIZE"},       {"locks", "RLIMIT_LOCKS"},
    {"memlock", "RLIMIT_MEMLOCK"}, {"msgqueue", "RLIMIT_MSGQUEUE"}, {"nice", "RLIMIT_NICE"},
    {"nofile", "RLIMIT_NOFILE"},   {"nproc", "RLIMIT_NPROC"},       {"rss", "RLIMIT_RSS"},
    {"rtprio", "RLIMIT_RTPRIO"},   {"rttime", "RLIMIT_RTTIME"},     {"sigpending", "RLIMIT_SIGPENDING"},
    {"stack", "RLIMIT_STACK"},
};

[[noreturn]] void fail(std::string message, std::string hint) {
  throw Error(ErrorKind::usage, std::move(message)).with_hint(std::move(hint));
}

std::int64_t ulimit_value(std::string_view text, std::string_view word) {
  if (word == "-1" || word == "unlimited") return -1;
  const auto value = parse_uint(word);
  if (!value || *value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    fail(fmt::format("--ulimit '{}': '{}' is not a limit", text, word), "write it as NAME=SOFT[:HARD], -1 = unlimited");
  return static_cast<std::int64_t>(*value);
}

void check_memory(const ResourceConfig& r) {
  if (r.memory_bytes && *r.memory_bytes > 0 && *r.memory_bytes < kMinimumMemory)
    fail(fmt::format("--memory '{}': less than the minimum of 6 MB", *r.memory_bytes), "give at least 6m");
  const bool has_memory = r.memory_bytes && *r.memory_bytes > 0;
  if (r.memory_swap_bytes && *r.memory_swap_bytes > 0) {
    if (!has_memory) fail("--memory-swap: needs --memory as well", "it is the sum of memory and swap: add --memory");
    if (*r.memory_swap_bytes < *r.memory_bytes)
      fail(fmt::format("--memory-swap '{}': less than --memory {}", *r.memory_swap_bytes, *r.memory_bytes),
           "it is the sum of memory and swap: give at least as much as --memory");
  }
  if (r.memory_reservation_bytes && *r.memory_reservation_bytes > 0) {
    if (*r.memory_reservation_bytes < kMinimumMemory)
      fail(fmt::format("--memory-reservation '{}': less than the minimum of 6 MB", *r.memory_reservation_bytes),
           "give at least 6m");
    if (has_memory && *r.memory_reservation_bytes > *r.memory_bytes)
      fail("--memory-reservation: more than --memory", "a reservation must not exceed the limit");
  }
}

void check_cpu(const ResourceConfig& r) {
  const bool has_period = r.cpu_period_us && *r.cpu_period_us != 0, has_quota = r.cpu_quota_us && *r.cpu_quota_us != 0;
  if (r.nano_cpus && *r.nano_cpus != 0 && (has_period || has_quota))
    fail("--cpus: cannot be used together with --cpu-period or --cpu-quota", "use --cpus alone");
  if (has_period && (*r.cpu_period_us < 1000 || *r.cpu_period_us > 1'000'000))
    fail(fmt::format("--cpu-period '{}': not between 1000 (1 ms) and 1000000 (1 s)", *r.cpu_period_us),
         "100000 is the kernel's default");
  if (has_quota && *r.cpu_quota_us != -1 && *r.cpu_quota_us < 1000)
    fail(fmt::format("--cpu-quota '{}': less than 1000 (1 ms)", *r.cpu_quota_us),
         "give at least 1000, or -1 for no limit");
  if (r.nano_cpus && *r.nano_cpus > 0 && *r.nano_cpus < 10'000'000)
    fail("--cpus: less than 0.01", "give at least 0.01");
  if (r.cpu_shares && *r.cpu_shares < 0)
    fail(fmt::format("--cpu-shares '{}': negative", *r.cpu_shares), "1024 is the default weight");
}

bool is_cpuset(std::string_view text) {
  for (const auto& part : split(text, ',')) {
    const auto range = cut(part, '-');
    const auto first = parse_uint(range ? range->first : part);
    const auto last = range ? parse_uint(range->second) : first;
    if (!first || !last || *last < *first || *last > 8191) return false;
  }
  return true;
}

std::optional<OciMemory> oci_memory(const ResourceConfig& r) {
  OciMemory memory;
  if (r.memory_bytes && *r.memory_bytes != 0) memory.limit = r.memory_bytes;
  if (r.memory_reservation_bytes && *r.memory_reservation_bytes != 0) memory.reservation = r.memory_reservation_bytes;
  memory.swap = effective_memory_swap(r);
  if (!memory.limit && !memory.reservation && !memory.swap) return std::nullopt;
  return memory;
}

std::optional<OciCpu> oci_cpu(const ResourceConfig& r, const std::set<std::string>& controllers) {
  OciCpu cpu;
  if (controllers.contains("cpu")) {
    if (r.cpu_shares && *r.cpu_shares > 0) cpu.shares = static_cast<std::uint64_t>(*r.cpu_shares);
    if (r.cpu_period_us && *r.cpu_period_us > 0) cpu.period = static_cast<std::uint64_t>(*r.cpu_period_us);
    if (r.cpu_quota_us && *r.cpu_quota_us != 0) cpu.quota = r.cpu_quota_us;
    if (r.nano_cpus && *r.nano_cpus > 0) {
      cpu.period = 100'000;
      cpu.quota = *r.nano_cpus / 10'000;  // nano-cpus * 100000 us / 1e9
    }
  }
  if (controllers.contains("cpuset")) {
    cpu.cpus = r.cpuset_cpus;
    cpu.mems = r.cpuset_mems;
  }
  if (!cpu.shares && !cpu.period && !cpu.quota && cpu.cpus.empty() && cpu.mems.empty()) return std::nullopt;
  return cpu;
}

}  // namespace

UlimitConfig parse_ulimit_option(std::string_view text) {
  const auto pair = cut(text, '=');
  if (!pair || pair->second.empty())
    fail(fmt::format("--ulimit '{}': no limit given", text),
         "write it as NAME=SOFT[:HARD], for example nofile=1024:2048");
  UlimitConfig ulimit;
  ulimit.name = to_lower(pair->first);
  if (std::ranges::find(kUlimits, ulimit.name, &UlimitName::name) == std::end(kUlimits)) {
    std::vector<std::string> names;
    for (const auto& row : kUlimits) names.emplace_back(row.name);
    const auto near = nearest(ulimit.name, names);
    fail(fmt::format("--ulimit '{}': no limit is called '{}'", text, pair->first),
         near ? fmt::format("did you mean '{}'?", *near) : "the names are " + join(names, " "));
  }
  const auto values = cut(pair->second, ':');
  ulimit.soft = ulimit_value(text, values ? values->first : pair->second);
  ulimit.hard = values ? ulimit_value(text, values->second) : ulimit.soft;
  if (ulimit.hard != -1 && (ulimit.soft == -1 || ulimit.soft > ulimit.hard))
    fail(fmt::format("--ulimit '{}': the soft limit is above the hard limit", text),
         "write it as NAME=SOFT:HARD with SOFT <= HARD");
  return ulimit;
}

std::string format_ulimit_option(const UlimitConfig& ulimit) {
  return fmt::format("{}={}:{}", ulimit.name, ulimit.soft, ulimit.hard);
}

std::string rlimit_type(std::string_view name) {
  const auto found = std::ranges::find(kUlimits, name, &UlimitName::name);
  if (found == std::end(kUlimits)) throw_error(ErrorKind::invalid, "ulimit '{}': no such limit", name);
  return std::string(found->rlimit);
}

OciRlimit to_oci_rlimit(const UlimitConfig& ulimit) {
  const auto value = [](std::int64_t limit) {
    return limit < 0 ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(limit);
  };
  return {rlimit_type(ulimit.name), value(ulimit.soft), value(ulimit.hard)};
}

std::int64_t parse_size_option(std::string_view text, std::string_view option) {
  const auto size = parse_size(text);
  if (!size)
    fail(fmt::format("{} '{}': not a size", option, text), "write a number with b, k, m or g, for example 512m");
  return *size;
}

std::int64_t parse_size_or_unlimited(std::string_view text, std::string_view option) {
  return text == "-1" || text == "unlimited" ? -1 : parse_size_option(text, option);
}

std::int64_t parse_cpus_option(std::string_view text) {
  const auto nano = parse_nano(text);
  if (!nano) fail(fmt::format("--cpus '{}': not a number of CPUs", text), "write it like 1.5");
  return *nano;
}

std::string parse_cpuset_option(std::string_view text, std::string_view option) {
  if (!text.empty() && !is_cpuset(text))
    fail(fmt::format("{} '{}': not a list of numbers", option, text), "write it like 0-3,5");
  return std::string(text);
}

void check_resources(const ResourceConfig& resources) {
  check_memory(resources);
  check_cpu(resources);
  if (resources.blkio_weight && *resources.blkio_weight != 0 &&
      (*resources.blkio_weight < 10 || *resources.blkio_weight > 1000))
    fail(fmt::format("--blkio-weight '{}': not between 10 and 1000", *resources.blkio_weight), "0 turns it off");
  if (resources.memory_swappiness && (*resources.memory_swappiness < -1 || *resources.memory_swappiness > 100))
    fail(fmt::format("--memory-swappiness '{}': not between 0 and 100", *resources.memory_swappiness),
         "-1 leaves it to the kernel");
  if (resources.pids_limit && *resources.pids_limit < -1)
    fail(fmt::format("--pids-limit '{}': negative", *resources.pids_limit), "-1 means no limit");
}

std::optional<std::int64_t> effective_memory_swap(const ResourceConfig& r) {
  if (r.memory_swap_bytes && *r.memory_swap_bytes != 0) return r.memory_swap_bytes;
  if (r.memory_bytes && *r.memory_bytes > 0 && *r.memory_bytes <= std::numeric_limits<std::int64_t>::max() / 2)
    return *r.memory_bytes * 2;
  return std::nullopt;
}

namespace {

std::pair<std::string, std::string> device_and_value(std::string_view text, std::string_view option) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text[0] != '/')
    fail(fmt::format("{} '{}': not PATH:VALUE", option, text), "the path is that of a device, such as /dev/sda:1mb");
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

void add_throttles(const std::vector<DeviceLimit>& limits, const DeviceNumbers& devices,
                   std::vector<OciThrottleDevice>& out) {
  for (const auto& limit : limits)
    if (const auto found = devices.find(limit.path); found != devices.end())
      out.push_back({found->second.first, found->second.second, static_cast<std::uint64_t>(limit.value)});
}

OciBlockIo oci_block_io(const ResourceConfig& r, const DeviceNumbers& devices) {
  OciBlockIo io;
  if (r.blkio_weight && *r.blkio_weight > 0) io.weight = static_cast<std::uint16_t>(*r.blkio_weight);
  for (const auto& limit : r.weight_devices)
    if (const auto found = devices.find(limit.path); found != devices.end())
      io.weight_device.push_back(
          {found->second.first, found->second.second, static_cast<std::uint16_t>(limit.value), {}});
  add_throttles(r.read_bps, devices, io.throttle_read_bps);
  add_throttles(r.write_bps, devices, io.throttle_write_bps);
  add_throttles(r.read_iops, devices, io.throttle_read_iops);
  add_throttles(r.write_iops, devices, io.throttle_write_iops);
  return io;
}

}  // namespace

DeviceLimit parse_device_rate(std::string_view text, std::string_view option) {
  const auto [path, value] = device_and_value(text, option);
  const auto rate = parse_size(value);
  if (!rate || *rate <= 0)
    fail(fmt::format("{} '{}': '{}' is not a rate", option, text, value), "bytes per second, such as 1mb");
  return {path, *rate};
}

DeviceLimit parse_device_count(std::string_view text, std::string_view option) {
  const auto [path, value] = device_and_value(text, option);
  const auto rate = parse_int(value);
  if (!rate || *rate <= 0)
    fail(fmt::format("{} '{}': '{}' is not a rate", option, text, value), "operations per second, such as 1000");
  return {path, *rate};
}

DeviceLimit parse_device_weight(std::string_view text) {
  const auto [path, value] = device_and_value(text, "--blkio-weight-device");
  const auto weight = parse_int(value);
  if (!weight || *weight < 10 || *weight > 1000)
    fail(fmt::format("--blkio-weight-device '{}': '{}' is not a weight", text, value), "a number from 10 to 1000");
  return {path, *weight};
}

std::set<std::string> limited_devices(const ResourceConfig& r) {
  std::set<std::string> paths;
  for (const auto* list : {&r.weight_devices, &r.read_bps, &r.write_bps, &r.read_iops, &r.write_iops})
    for (const auto& limit : *list) paths.insert(limit.path);
  return paths;
}

std::vector<std::string> obsolete_limits(const ResourceConfig& r) {
  std::vector<std::string> options;
  const auto check = [&](bool asked, const char* option) {
    if (asked) options.emplace_back(option);
  };
  check(r.memory_swappiness && *r.memory_swappiness >= 0, "--memory-swappiness");
  check(r.kernel_memory_bytes && *r.kernel_memory_bytes > 0, "--kernel-memory");
  check(r.rt_period_us && *r.rt_period_us > 0, "--cpu-rt-period");
  check(r.rt_runtime_us && *r.rt_runtime_us > 0, "--cpu-rt-runtime");
  check(r.oom_kill_disable, "--oom-kill-disable");
  return options;
}

OciResources to_oci_resources(const ResourceConfig& resources, const std::set<std::string>& controllers,
                              const DeviceNumbers& devices) {
  OciResources result;
  if (controllers.contains("memory")) result.memory = oci_memory(resources);
  result.cpu = oci_cpu(resources, controllers);
  if (controllers.contains("pids") && resources.pids_limit)
    result.pids_limit = *resources.pids_limit <= 0 ? -1 : *resources.pids_limit;
  const bool has_weight = resources.blkio_weight && *resources.blkio_weight > 0;
  if (controllers.contains("io") && (has_weight || !devices.empty()))
    result.block_io = oci_block_io(resources, devices);
  return result;
}

std::vector<std::string> unenforceable_limits(const ResourceConfig& r, const std::set<std::string>& controllers) {
  std::vector<std::string> options;
  const auto check = [&](bool asked, const char* option, const char* controller) {
    if (asked && !controllers.contains(controller)) options.emplace_back(option);
  };
  const auto set = [](const std::optional<std::int64_t>& value) { return value && *value > 0; };
  check(set(r.memory_bytes), "--memory", "memory");
  check(set(r.memory_reservation_bytes), "--memory-reservation", "memory");
  check(set(r.memory_swap_bytes), "--memory-swap", "memory");
  check(set(r.nano_cpus), "--cpus", "cpu");
  check(set(r.cpu_shares), "--cpu-shares", "cpu");
  check(set(r.cpu_period_us), "--cpu-period", "cpu");
  check(set(r.cpu_quota_us), "--cpu-quota", "cpu");
  check(!r.cpuset_cpus.empty(), "--cpuset-cpus", "cpuset");
  check(!r.cpuset_mems.empty(), "--cpuset-mems", "cpuset");
  check(set(r.pids_limit), "--pids-limit", "pids");
  check(set(r.blkio_weight), "--blkio-weight", "io");
  check(!r.weight_devices.empty(), "--blkio-weight-device", "io");
  check(!r.read_bps.empty(), "--device-read-bps", "io");
  check(!r.write_bps.empty(), "--device-write-bps", "io");
  check(!r.read_iops.empty(), "--device-read-iops", "io");
  check(!r.write_iops.empty(), "--device-write-iops", "io");
  return options;
}

}  // namespace lichen::spec

#include "libpod/engine/systemd_scope.hh"

#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cgroup.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

// A manager that takes longer is stuck; the container starts without its limits, and says so.
constexpr std::chrono::seconds kPatience{3};

bool booted_with_systemd() { return sys::is_directory("/run/systemd/system"); }  // sd_booted(3)

// org.freedesktop.systemd1(5), StartTransientUnit.
bool ask_for_scope(const std::string& unit) {
  const auto result = sys::run_program({"busctl",
                                        "--user",
                                        "--quiet",
                                        "--timeout=3",
                                        "call",
                                        "org.freedesktop.systemd1",
                                        "/org/freedesktop/systemd1",
                                        "org.freedesktop.systemd1.Manager",
                                        "StartTransientUnit",
                                        "ssa(sv)a(sa(sv))",
                                        unit,
                                        "fail",
                                        "3",
                                        "PIDs",
                                        "au",
                                        "1",
                                        std::to_string(::getpid()),
                                        "Delegate",
                                        "b",
                                        "true",
                                        "Description",
                                        "s",
                                        "container of lichen",
                                        "0"});
  if (result.status.code != 0) log_debug("ask systemd for {}: {}", unit, trim(result.err));
  return result.status.code == 0;
}

// The answer comes before the move.
bool wait_for_move(const std::string& unit) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!own_cgroup().ends_with("/" + unit)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void write_control(const std::string& path, const std::string& text) {
  const sys::UniqueFd file = sys::open_path(path, O_WRONLY);
  sys::write_all(file.get(), text, path);
}

// A cgroup with processes cannot limit its children (cgroups(7), "no internal processes"): we go one down.
void make_room(const std::string& directory) {
  sys::make_directories(directory + "/monitor", 0755);
  write_control(directory + "/monitor/cgroup.procs", std::to_string(::getpid()));
  std::string all;
  for (const auto& name : split(trim(sys::read_file(directory + "/cgroup.controllers", 4096)), ' '))
    if (!name.empty()) all += (all.empty() ? "+" : " +") + name;
  if (!all.empty()) write_control(directory + "/cgroup.subtree_control", all);
}

}  // namespace

bool enter_systemd_scope(const std::string& name) {
  try {
    const std::string unit = name + ".scope";
    if (!booted_with_systemd() || !sys::is_program_in_path("busctl") || !ask_for_scope(unit) || !wait_for_move(unit))
      return false;
    make_room("/sys/fs/cgroup" + own_cgroup());
    return true;
  } catch (const Error& error) {
    log_debug("{}", error.what());
    return false;
  }
}

}  // namespace lichen::engine

#include "libpod/hub/names.hh"

#include <algorithm>
#include <chrono>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/network/name_server.hh"
#include "libpod/spec/ip_network.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <climits>
#include <cstdlib>

namespace lichen::hub {
namespace {

// slirp4netns' own server (slirp4netns(1), "10.0.2.3").
constexpr std::chrono::milliseconds kReload{200};
constexpr std::chrono::microseconds kReloadInterval{300};
constexpr std::string_view kResolvConf = "nameserver 10.0.2.3\n";

std::string of_family(const wire::HubEndpoint& endpoint, bool v6) {
  std::vector<std::string> found;
  for (const auto& subnet : endpoint.subnets)
    if (const auto address = spec::IpAddress::parse(subnet.address); address && address->v6 == v6)
      found.push_back(subnet.address);
  return join(found, ",");
}

std::string gateways(const wire::HubEndpoint& endpoint) {
  std::vector<std::string> found;
  for (const auto& subnet : endpoint.subnets) found.push_back(subnet.gateway);
  return join(found, ",");
}

void hide_resolv_conf(const std::string& ours) {
  char target[PATH_MAX];
  if (::realpath("/etc/resolv.conf", target) == nullptr) return;  // none: nothing leads elsewhere
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", "", MS_REC | MS_SLAVE, nullptr) != 0 ||
      ::mount(ours.c_str(), target, "", MS_BIND, nullptr) != 0)
    throw_errno("give the name server its resolv.conf");
}

}  // namespace

std::map<std::string, std::string> names_files(const std::vector<wire::HubMember>& members) {
  std::map<std::string, std::string> files;
  for (const auto& member : members)
    for (const auto& endpoint : member.endpoints) {
      if (!endpoint.dns || endpoint.subnets.empty()) continue;
      std::string& file = files[endpoint.network];
      if (file.empty()) file = gateways(endpoint) + "\n";
      file += format("{} {} {} {}", member.id, of_family(endpoint, false), of_family(endpoint, true),
                     join(endpoint.names, ","));
      const auto& servers = member.dns_servers.empty() ? endpoint.dns_servers : member.dns_servers;
      if (!servers.empty()) file += " " + join(servers, ",");
      file += "\n";
    }
  return files;
}

void NameServer::apply(const std::vector<wire::HubMember>& members) {
  auto files = names_files(members);
  if (files == written_) return;
  const std::string dns = directory_ + "/dns";
  sys::make_directories(dns, 0700);
  for (const auto& [name, content] : written_)
    if (!files.contains(name)) sys::remove_file(dns + "/" + name);
  for (const auto& [name, content] : files)
    if (const auto old = written_.find(name); old == written_.end() || old->second != content)
      sys::write_file_atomic(dns + "/" + name, content, 0600, sys::Durability::none);
  written_ = std::move(files);
  if (pidfd_)
    reload();
  else if (!written_.empty())
    start();
}

// The rows of port 53 in its table of sockets: address and inode.
std::set<std::string> NameServer::sockets() const {
  std::set<std::string> found;
  for (const char* table : {"udp", "udp6"}) {
    const auto text = sys::read_file_if_exists(format("/proc/{}/net/{}", pid_, table), 1 << 20).value_or("");
    for (const auto& line : split(text, '\n')) {
      std::vector<std::string> words = split(line, ' ');
      std::erase(words, "");
      // proc_pid_net(5): sl local_address rem_address st queues tr retrnsmt uid timeout inode
      if (words.size() > 9 && words[1].ends_with(":0035")) found.insert(words[1] + " " + words[9]);
    }
  }
  return found;
}

void NameServer::reload() {
  const auto before = sockets();
  if (!sys::signal_pidfd(pidfd_.get(), SIGHUP)) return;
  std::size_t expected = 0;
  for (const auto& [name, content] : written_)
    expected += 1 + static_cast<std::size_t>(std::ranges::count(content.substr(0, content.find('\n')), ','));
  for (const auto deadline = std::chrono::steady_clock::now() + kReload; std::chrono::steady_clock::now() < deadline;) {
    std::this_thread::sleep_for(kReloadInterval);
    const auto after = sockets();
    if (after.size() >= expected && std::ranges::none_of(after, [&](const auto& row) { return before.contains(row); }))
      return;
  }
  log_debug("aardvark-dns takes its time to read its configuration");
}

void NameServer::restart() {
  pidfd_.reset();
  if (!written_.empty()) start();
}

void NameServer::stop() {
  if (const auto left = find_process()) sys::signal_pidfd(left->get(), SIGKILL);
  sys::remove_file(directory_ + "/dns/aardvark.pid");
  pidfd_.reset();
}

std::optional<sys::UniqueFd> NameServer::find_process() const {
  const auto text = sys::read_file_if_exists(directory_ + "/dns/aardvark.pid", 32);
  const auto pid = text ? parse_uint(trim(*text)) : std::nullopt;
  if (!pid || *pid < 2) return std::nullopt;
  auto pidfd = sys::open_pidfd(static_cast<pid_t>(*pid));
  // The number may be another's by now.
  const auto words = sys::read_file_if_exists(format("/proc/{}/cmdline", *pid), 4096);
  if (!pidfd || !words || words->find(directory_ + "/dns") == std::string::npos) return std::nullopt;
  return pidfd;
}

void NameServer::start() {
  const std::string program = network::name_server_program();
  if (program.empty()) return;
  stop();
  const std::string resolv = directory_ + "/resolv.conf";
  sys::write_file(resolv, kResolvConf, 0644);
  sys::SpawnOptions options{.argv = {"aardvark-dns", "-c", directory_ + "/dns", "-p", "53", "run"}, .program = program};
  options.in_child = [&] {
    sys::join_namespace(netns_, CLONE_NEWNET, "enter the network hub");
    hide_resolv_conf(resolv);
  };
  try {
    sys::spawn(options).wait();
    if (auto process = find_process()) pidfd_ = *std::move(process);
    pid_ = static_cast<pid_t>(
        parse_uint(trim(sys::read_file_if_exists(directory_ + "/dns/aardvark.pid", 32).value_or(""))).value_or(0));
  } catch (const Error& error) {
    log_warn("names of containers are not answered: {}", error.what());
  }
}

}  // namespace lichen::hub

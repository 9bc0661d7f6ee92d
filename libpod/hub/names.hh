// aardvark-dns: who answers names on the networks. Its configuration is one file for each network, made from the
// members; it reads them again at SIGHUP. It runs in the hub's namespace with a resolv.conf of its own, because the
// host's may name a server on loopback: what it does not know it asks slirp4netns' server, which follows the host.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "libpod/sys/process.hh"
#include "libpod/wire/hub_protocol.hh"

namespace lichen::hub {

/// File name -> content. Pure.
std::map<std::string, std::string> names_files(const std::vector<wire::HubMember>& members);

class NameServer {
 public:
  /// @param directory  the hub's; dns/ and resolv.conf are made there
  NameServer(std::string directory, int hub_netns) : directory_(std::move(directory)), netns_(hub_netns) {}

  /// Write what has changed and tell the server, which is started when there is anything to answer.
  void apply(const std::vector<wire::HubMember>& members);
  /// -1: it does not run. Readable when it has ended: then restart().
  int pidfd() const { return pidfd_.get(); }
  void restart();
  /// One that an earlier hub has left, too.
  void stop();

 private:
  void start();
  // At SIGHUP it closes its sockets and opens them again; whoever asks in between hears that nobody is there.
  void reload();
  std::set<std::string> sockets() const;
  // It becomes a daemon, and says its pid in a file.
  std::optional<sys::UniqueFd> find_process() const;

  std::string directory_;
  int netns_;
  std::map<std::string, std::string> written_;
  sys::UniqueFd pidfd_;
  pid_t pid_ = 0;
};

}  // namespace lichen::hub

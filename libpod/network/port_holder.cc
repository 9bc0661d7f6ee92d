#include "libpod/network/port_holder.hh"

#include <algorithm>

#include "libpod/base/format.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::network {
namespace {

// "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 12345 1 ..." (proc(5),
// /proc/net/tcp)
std::vector<std::string> fields_of(std::string_view line) {
  auto fields = split(line, ' ');
  std::erase(fields, std::string());
  return fields;
}

bool is_number(std::string_view name) { return parse_uint(name).has_value(); }

// "process 'nginx' (pid 712)" for the process that has one of these sockets open; "" when none that we may look at has.
std::string find_process(const std::vector<SocketRow>& rows) {
  std::vector<std::string> links;
  for (const auto& row : rows) links.push_back(format("socket:[{}]", row.inode));
  for (const auto& pid : sys::list_directory("/proc")) {
    if (!is_number(pid)) continue;
    const std::string directory = "/proc/" + pid + "/fd";
    if (::access(directory.c_str(), R_OK | X_OK) != 0) continue;
    std::vector<std::string> names;
    try {
      names = sys::list_directory(directory);
    } catch (const Error&) {
      continue;  // access(2) does not ask whether we may trace it
    }
    for (const auto& name : names) {
      char target[64] = {};
      const ssize_t size = ::readlink((directory + "/" + name).c_str(), target, sizeof target);
      if (size <= 0 ||
          std::ranges::find(links, std::string_view(target, static_cast<std::size_t>(size))) == links.end())
        continue;
      auto command = sys::read_file_if_exists("/proc/" + pid + "/comm").value_or("?");
      std::erase_if(command, [](char byte) { return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f; });
      return format("process '{}' (pid {})", command, pid);
    }
  }
  return {};
}

}  // namespace

std::vector<SocketRow> socket_rows(std::string_view table, std::uint16_t port, bool listening_only) {
  std::vector<SocketRow> rows;
  const std::string wanted = format(":{:04X}", port);
  for (const auto& line : split(table, '\n')) {
    const auto fields = fields_of(line);
    if (fields.size() < 10 || !fields[1].ends_with(wanted)) continue;
    if (listening_only && fields[3] != "0A") continue;
    const auto uid = parse_uint(fields[7]), inode = parse_uint(fields[9]);
    if (uid && inode) rows.push_back({*inode, static_cast<std::uint32_t>(*uid)});
  }
  return rows;
}

std::string describe_port_holder(const std::string& host_ip, std::uint16_t host_port, const std::string& protocol,
                                 const PortHolderLookup& lookup) {
  if (lookup)
    if (const auto container = lookup(host_ip, host_port, protocol)) return format("container '{}'", *container);
  std::vector<SocketRow> rows;
  for (const std::string_view suffix : {"", "6"}) {
    const auto table = sys::read_file_if_exists(format("/proc/self/net/{}{}", protocol, suffix));
    if (table) std::ranges::copy(socket_rows(*table, host_port, protocol == "tcp"), std::back_inserter(rows));
  }
  if (rows.empty()) return "another process";
  if (std::string process = find_process(rows); !process.empty()) return process;
  const bool ours = std::ranges::any_of(rows, [](const auto& row) { return row.uid == ::geteuid(); });
  return ours ? "another process of yours" : "another user's process";
}

}  // namespace lichen::network

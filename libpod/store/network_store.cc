#include "libpod/store/network_store.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {
namespace {

// More addresses than any user has containers; a /64 has no end.
constexpr int kMaxTried = 1 << 17;
constexpr std::chrono::seconds kLockTimeout{10};

}  // namespace

bool NetworkStore::has(const std::string& name) const {
  return name == spec::kDefaultNetwork || (is_valid_name(name) && sys::exists(paths_.network(name) + "/network.json"));
}

spec::NetworkRecord NetworkStore::get(const std::string& name) const {
  if (name == spec::kDefaultNetwork) return spec::default_network();
  const std::string path = paths_.network(name) + "/network.json";
  const auto text = is_valid_name(name) ? sys::read_file_if_exists(path) : std::nullopt;
  if (!text) {
    Error error(ErrorKind::not_found, format("no such network: {}", name));
    if (const auto near = nearest(name, list()))
      error.with_hint(format("did you mean '{}'?", *near));
    else
      error.with_hint(format("make it: lichen network create {}", is_valid_name(name) ? name : "NAME"));
    throw error;
  }
  return spec::network_record_from_json(parse_json(*text, path), path);
}

std::string NetworkStore::find(const std::string& name_or_id) const {
  if (has(name_or_id)) return name_or_id;
  std::vector<std::string> found;
  if (is_id_prefix(name_or_id))
    for (const auto& name : list())
      if (get(name).id.starts_with(name_or_id)) found.push_back(name);
  if (found.size() > 1)
    throw Error(ErrorKind::conflict, format("'{}' is the beginning of {} network ids", name_or_id, found.size()))
        .with_hint("give more digits");
  return found.empty() ? get(name_or_id).name : found[0];
}

std::vector<std::string> NetworkStore::list() const {
  auto names = sys::list_directory(paths_.networks());
  std::erase_if(names, [&](const std::string& name) { return name == spec::kDefaultNetwork || !has(name); });
  names.emplace_back(spec::kDefaultNetwork);
  std::sort(names.begin(), names.end());
  return names;
}

bool NetworkStore::create(const spec::NetworkRecord& record) {
  if (has(record.name)) return false;
  sys::make_directories(paths_.networks(), 0700);
  StagingDir staged(paths_);
  sys::make_directory(staged.path() + "/leases", 0700);
  sys::write_file_atomic(staged.path() + "/network.json", dump_json_pretty(spec::to_json(record)));
  if (!staged.publish(paths_.network(record.name))) return false;
  sys::sync_directory(paths_.networks());
  return true;
}

void NetworkStore::update(const spec::NetworkRecord& record) {
  sys::write_file_atomic(paths_.network(record.name) + "/network.json", dump_json_pretty(spec::to_json(record)));
}

sys::FileLock NetworkStore::hold(const std::string& name) const {
  if (name == spec::kDefaultNetwork) sys::make_directories(lease_dir(name), 0700);
  get(name);
  auto lock = sys::wait_lock(lease_dir(name), sys::LockMode::exclusive, kLockTimeout);
  get(name);  // it may have been removed by whoever held the lock
  return lock;
}

void NetworkStore::remove(const std::string& name) {
  LICHEN_ASSERT(is_valid_name(name) && name != spec::kDefaultNetwork);
  remove_through_staging(paths_, paths_.network(name));
}

std::vector<NetworkStore::Lease> NetworkStore::leases(const std::string& network) const {
  std::vector<Lease> found;
  for (const auto& address : sys::list_directory(lease_dir(network)))
    if (const auto container = sys::read_link(lease_dir(network) + "/" + address))
      found.push_back({address, *container});
  return found;
}

bool NetworkStore::take(const std::string& network, const spec::IpAddress& address, const std::string& container,
                        const std::function<bool(const std::string& id)>& is_alive) const {
  const std::string path = lease_dir(network) + "/" + address.text();
  if (const auto holder = sys::read_link(path)) {
    if (*holder == container) return true;
    if (is_alive(*holder)) return false;
    sys::remove_file(path);
  }
  sys::make_symlink(container, path);
  return true;
}

spec::IpAddress NetworkStore::lease(const std::string& network, const spec::SubnetConfig& subnet,
                                    const std::string& container, const std::optional<spec::IpAddress>& wanted,
                                    const std::function<bool(const std::string& id)>& is_alive) const {
  std::set<spec::IpAddress> kept{subnet.gateway};
  for (const auto& [name, address] : subnet.reserved) kept.insert(address);
  if (wanted && (!subnet.subnet.is_usable(*wanted) || kept.contains(*wanted))) {
    std::vector<std::string> texts;
    for (const auto& address : kept) texts.push_back(address.text());
    throw Error(ErrorKind::usage, format("address {} cannot be used in network '{}'", wanted->text(), network))
        .with_hint(format("choose one of {} but {}", subnet.subnet.text(), join(texts, ", ")));
  }
  const auto lock = hold(network);
  std::set<std::string> taken;
  for (const auto& [address, holder] : leases(network)) {
    const auto parsed = spec::IpAddress::parse(address);
    if (holder == container && parsed && subnet.subnet.contains(*parsed) && (!wanted || *wanted == *parsed))
      return *parsed;
    taken.insert(address);
  }
  if (wanted) {
    if (take(network, *wanted, container, is_alive)) return *wanted;
    throw Error(ErrorKind::conflict, format("address {} of network '{}' is in use", wanted->text(), network))
        .with_hint(format("lichen network inspect {} shows by whom", network));
  }
  for (const bool take_over : {false, true}) {
    spec::IpAddress address = subnet.range.base;
    for (int tried = 0; tried < kMaxTried && subnet.range.contains(address); ++tried, address = address.plus(1)) {
      if (!subnet.subnet.is_usable(address) || kept.contains(address)) continue;
      if (!take_over && taken.contains(address.text())) continue;
      if (take(network, address, container, is_alive)) return address;
      if (address == subnet.range.last()) break;
    }
  }
  throw Error(ErrorKind::conflict, format("network '{}': no address of {} is free", network, subnet.range.text()))
      .with_hint("remove containers, or make a network with a larger --subnet");
}

void NetworkStore::release(const std::string& network, const std::string& container) const {
  for (const auto& [address, holder] : leases(network))
    if (holder == container) sys::remove_file(lease_dir(network) + "/" + address);
}

}  // namespace lichen::store

// Requests and descriptions -> what is done to the container.
#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/cdi.hh"

namespace lichen::spec {
namespace {

std::vector<std::string> device_names(std::string_view kind, const std::vector<CdiSpec>& specs) {
  std::vector<std::string> names;
  for (const auto& spec : specs)
    if (spec.kind == kind)
      for (const auto& device : spec.devices)
        if (std::ranges::find(names, device.name) == names.end()) names.push_back(device.name);
  return names;
}

void add_once(CdiName name, std::vector<CdiName>& names) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
}

// Descriptions call GPUs by index, and have the same ones under their unique ids once more.
std::vector<std::string> indexes(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  std::ranges::copy_if(names, std::back_inserter(result),
                       [](const auto& name) { return parse_uint(name).has_value(); });
  std::ranges::sort(result, {}, [](const auto& name) { return *parse_uint(name); });
  return result;
}

void add_counted(const DeviceRequest& request, const std::string& kind, const std::vector<CdiSpec>& specs,
                 std::vector<CdiName>& names) {
  const auto known = device_names(kind, specs);
  const bool all = request.count < 0;
  if (all && (known.empty() || std::ranges::find(known, "all") != known.end()))
    return add_once({kind, "all"}, names);  // when it is not known: collect_edits says so
  auto chosen = indexes(known);
  if (all && chosen.empty()) chosen = known;
  if (!all && known.empty()) return add_once({kind, "0"}, names);
  if (!all && std::cmp_less(chosen.size(), request.count))
    throw Error(
        ErrorKind::not_found,
        fmt::format("--gpus {}: {} described ({})", request.count,
                    chosen.size() == 1 ? "only one GPU is" : fmt::format("only {} GPUs are", chosen.size()), kind))
        .with_hint("ask for fewer, or for all");
  if (!all) chosen.resize(static_cast<std::size_t>(request.count));
  for (auto& name : chosen) add_once({kind, std::move(name)}, names);
}

struct Found {
  const CdiSpec* spec = nullptr;
  const CdiDevice* device = nullptr;
};

Found find_device(const CdiName& name, const std::vector<CdiSpec>& specs) {
  Found found;
  for (const auto& spec : specs) {
    if (spec.kind != name.kind) continue;
    const auto device = std::ranges::find(spec.devices, name.device, &CdiDevice::name);
    if (device == spec.devices.end() || (found.spec != nullptr && found.spec->folder > spec.folder)) continue;
    if (found.spec != nullptr && found.spec->folder == spec.folder)
      throw Error(ErrorKind::conflict,
                  fmt::format("device '{}': both {} and {} describe it", name.str(), found.spec->path, spec.path))
          .with_hint("remove one of the files");
    found = {&spec, &*device};
  }
  if (found.spec == nullptr) {
    const auto known = device_names(name.kind, specs);
    throw Error(ErrorKind::not_found,
                known.empty() ? fmt::format("device '{}': nothing describes it", name.str())
                              : fmt::format("device '{}': {} has {}", name.str(), name.kind, join(known, ", ")));
  }
  return found;
}

template <typename T>
void append(const std::vector<T>& from, std::vector<T>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

// The last one at a path counts.
template <typename T>
void append_by_path(const std::vector<T>& from, std::vector<T>& to) {
  for (const auto& item : from) {
    std::erase_if(to, [&](const T& other) { return other.container_path == item.container_path; });
    to.push_back(item);
  }
}

void append_edits(const CdiEdits& from, CdiEdits& to) {
  append(from.env, to.env);
  append_by_path(from.nodes, to.nodes);
  append_by_path(from.mounts, to.mounts);
  append(from.hooks.prestart, to.hooks.prestart);
  append(from.hooks.create_runtime, to.hooks.create_runtime);
  append(from.hooks.create_container, to.hooks.create_container);
  append(from.hooks.start_container, to.hooks.start_container);
  append(from.hooks.poststart, to.hooks.poststart);
  append(from.hooks.poststop, to.hooks.poststop);
  append(from.additional_gids, to.additional_gids);
  append(from.impossible, to.impossible);
}

}  // namespace

std::vector<CdiName> requested_devices(const std::vector<DeviceRequest>& requests, const std::vector<CdiSpec>& specs) {
  std::vector<CdiName> names;
  for (const auto& request : requests) {
    if (request.driver == "cdi") {
      for (const auto& id : request.ids) add_once(parse_cdi_name(id), names);
      continue;
    }
    const std::string kind = request.driver == "amd" ? "amd.com/gpu" : "nvidia.com/gpu";
    for (const auto& id : request.ids) add_once({kind, id}, names);
    if (request.ids.empty()) add_counted(request, kind, specs, names);
  }
  return names;
}

CdiEdits collect_edits(const std::vector<CdiName>& names, const std::vector<CdiSpec>& specs) {
  CdiEdits edits;
  std::vector<const CdiSpec*> used;
  for (const auto& name : names) {
    const Found found = find_device(name, specs);
    if (std::ranges::find(used, found.spec) == used.end()) {
      used.push_back(found.spec);
      append_edits(found.spec->edits, edits);
    }
    append_edits(found.device->edits, edits);
    if (!edits.impossible.empty())
      throw_error(ErrorKind::unsupported, "device '{}': {} asks for {}, which only root can give", name.str(),
                  found.spec->path, edits.impossible[0]);
  }
  return edits;
}

}  // namespace lichen::spec

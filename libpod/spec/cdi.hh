// The Container Device Interface (specification 0.8.0 of the CNCF, SPEC.md): a vendor describes in a file what a
// container needs to use its devices, so that no tool must know GPUs. Here is all of it that is pure: names, the file's
// content as structs, which devices a request means, and what they change together. engine/cdi_devices finds and reads
// the files.
//
// The files belong to the host's administrator, or to whom the user has configured, but they are read like anything
// from outside: types, forms and sizes are checked, and a member that is not known is an error, as in the reference
// implementation ("spec loading fails on unknown fields"): a device without a part of what it needs works by chance.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/spec/container_config.hh"
#include "libpod/spec/oci_spec.hh"

namespace lichen::spec {

/// "vendor.com/class=name".
struct CdiName {
  std::string kind;    // vendor.com/class
  std::string device;  // name
  std::string str() const { return kind + "=" + device; }
  friend bool operator==(const CdiName&, const CdiName&) = default;
};

/// Whether --device means a description and not a file: no path begins like that.
bool looks_like_cdi_name(std::string_view text);
/// @throws Error{usage} not of the form that SPEC.md ("Kind", "CDI Devices") gives
CdiName parse_cdi_name(std::string_view text);

/// --gpus: "all", a number, or "driver=,count=,device=,capabilities=" (one CSV record; docker's rules and defaults).
/// @throws Error{usage} unknown or repeated keys, both count and device, capabilities that GPUs do not have
DeviceRequest parse_gpus_option(std::string_view text);

struct CdiNode {
  std::string host_path, container_path;
  std::string permissions = "rwm";
  char type = 0;  // c, b, p; 0: not said
  std::optional<std::int64_t> major, minor;
};

struct CdiMount {
  std::string host_path, container_path, type;
  std::vector<std::string> options;
};

/// What is done to a container.
struct CdiEdits {
  std::vector<std::string> env;
  std::vector<CdiNode> nodes;
  std::vector<CdiMount> mounts;
  OciHooks hooks;
  std::vector<std::uint32_t> additional_gids;
  std::vector<std::string> impossible;  // members that need real root: "intelRdt"
};

struct CdiDevice {
  std::string name;
  CdiEdits edits;
};

struct CdiSpec {
  std::string path;  // of the file, for messages
  int folder = 0;    // its place in cdi_spec_dirs: a later one wins
  std::string kind;
  CdiEdits edits;  // once, when any of the devices is used
  std::vector<CdiDevice> devices;
};

/// @param what  names the document in errors
/// @throws Error{invalid} a version that is not known, wrong types and forms, unknown members, too much of anything
CdiSpec cdi_spec_from_json(const Json& json, std::string_view what);

/// The devices that requests mean, in their order, each once.
/// @throws Error{not_found} fewer GPUs than were asked for, or none described
std::vector<CdiName> requested_devices(const std::vector<DeviceRequest>& requests, const std::vector<CdiSpec>& specs);

/// All changes that these devices need: of each file once what it has for all, then the devices'.
/// @throws Error{not_found} a device that no file describes; Error{conflict} two files of one folder do;
///         Error{unsupported} it needs what only root can do
CdiEdits collect_edits(const std::vector<CdiName>& names, const std::vector<CdiSpec>& specs);

}  // namespace lichen::spec

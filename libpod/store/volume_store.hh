// volumes/<name>/: data/ is what containers see, volume.json the record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libpod/base/json.hh"
#include "libpod/store/paths.hh"

namespace lichen::store {

struct VolumeRecord {
  std::string name;
  std::string driver = "local";
  std::string created;  // RFC 3339
  bool anonymous = false;
  std::map<std::string, std::string> labels, options;
};
Json to_json(const VolumeRecord& record);
VolumeRecord volume_record_from_json(const Json& json, std::string_view what);

class VolumeStore {
 public:
  explicit VolumeStore(const Paths& paths) : paths_(paths) {}

  bool has(const std::string& name) const;
  /// @throws Error{not_found|invalid}
  VolumeRecord get(const std::string& name) const;
  std::vector<std::string> list() const;
  std::string data_path(const std::string& name) const { return paths_.volume(name) + "/data"; }
  /// Make it unless it is there; true when it was made. Two makers at once: one wins, both are well.
  bool create(const VolumeRecord& record);
  void remove(const std::string& name);

 private:
  const Paths& paths_;
};

}  // namespace lichen::store

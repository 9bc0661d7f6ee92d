// A store in a temporary directory with an Engine on it, and the objects that tests put into it.
#pragma once

#include <string>
#include <vector>

#include "libpod/base/time.hh"
#include "libpod/engine/container_summary.hh"
#include "libpod/engine/engine.hh"
#include "libpod/sys/fs.hh"
#include "tests/unit/engine/temp_dir.hh"

namespace lichen::test {

/// 64 hex digits that begin with `digits`.
inline std::string id_of(const std::string& digits) { return digits + std::string(64 - digits.size(), '0'); }

class TestStore {
 public:
  TestStore() : engine(settings(dir_.path()), {}) {}

  /// An image with one layer directory for each of `layers`.
  std::string add_image(const std::string& digits, const std::vector<std::string>& layers,
                        const std::vector<store::RefName>& names = {}) {
    store::ImageMeta meta;
    meta.id = id_of(digits);
    meta.created = to_rfc3339(now());
    Json diff_ids = Json::array();
    for (const auto& layer : layers) {
      add_layer(layer, meta.chain_ids.empty() ? "" : meta.chain_ids.back());
      meta.chain_ids.push_back(id_of(layer));
      diff_ids.push_back("sha256:" + id_of(layer));
      meta.size += 1000;
    }
    const Json config{{"created", "2026-01-02T03:04:05Z"},
                      {"architecture", "amd64"},
                      {"os", "linux"},
                      {"config", {{"Cmd", {"sh"}}, {"Labels", {{"kind", digits}}}}},
                      {"rootfs", {{"type", "layers"}, {"diff_ids", diff_ids}}},
                      {"history", {{{"created_by", "COPY file"}, {"created", "2026-01-02T03:04:05Z"}}}}};
    engine.images.publish(meta, dump_json(config), std::nullopt);
    for (const auto& name : names) engine.images.set_ref(name, meta.id);
    return meta.id;
  }

  void add_layer(const std::string& digits, const std::string& parent) {
    const std::string path = engine.paths.layer(id_of(digits));
    if (sys::exists(path)) return;
    sys::make_directories(path + "/diff", 0755);
    sys::write_file(path + "/tar.journal", "");
    store::LayerMeta meta;
    meta.chain_id = id_of(digits);
    meta.parent = parent;
    meta.diff_id = Digest::from_sha256_hex(id_of(digits));
    meta.tar_size = 1000;
    meta.disk_size = 4096;
    meta.created = "2026-01-01T00:00:00Z";
    sys::write_file(path + "/meta.json", dump_json_pretty(store::to_json(meta)));
  }

  /// A container whose config `change` may complete.
  template <typename Change>
  std::string add_container(const std::string& digits, const std::string& name, Change change,
                            wire::ContainerState state = {}) {
    spec::ContainerConfig config;
    config.id = id_of(digits);
    config.name = name;
    config.created = to_rfc3339(now());
    config.command = {"sleep", "1000"};
    config.storage_driver = "overlay";
    change(config);
    auto maker = engine.containers.begin(config, sys::Durability::none);
    maker.publish();
    state.boot_id = engine.paths.boot_id();
    engine.containers.write_state(config.id, state, sys::Durability::none);
    return config.id;
  }
  std::string add_container(const std::string& digits, const std::string& name) {
    return add_container(digits, name, [](spec::ContainerConfig&) {});
  }

  engine::OnDamaged remember_damaged() {
    return [this](const std::string& id, const Error&) { damaged.push_back(id); };
  }

 private:
  static engine::Settings settings(const std::string& path) {
    engine::Settings settings;
    settings.root = path + "/root";
    settings.run_root = path + "/run";
    return settings;
  }
  TempDir dir_;

 public:
  engine::Engine engine;
  std::vector<std::string> damaged;
};

inline store::RefName library(const std::string& name, const std::string& tag = "latest") {
  return {"docker.io", "library/" + name, tag};
}

}  // namespace lichen::test

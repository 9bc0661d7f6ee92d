// One image goes to one repository of a registry: its layers, its configuration, its manifest.
#pragma once

#include <string>
#include <vector>

#include "libpod/image/compress.hh"
#include "libpod/image/progress.hh"
#include "libpod/image/registry.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/wire/image_cli.hh"

namespace lichen::image {

struct PushOptions {
  std::string format;              // oci, v2s2; empty: as the image came
  Packing packing;                 // of layers that are compressed here
  bool force_compression = false;  // a form that the registry has in another compression does not do
};
/// @throws Error{usage} a format or compression that there is not, or that do not go together
PushOptions push_options(const wire::ImageRequest& request);

class ImagePusher {
 public:
  /// @param repository  at the registry, which a mirror's configuration may call otherwise than `destination`
  ImagePusher(const store::Paths& paths, Registry& registry, const PushOptions& options, spec::Reference destination,
              std::string repository, Progress& progress)
      : paths_(paths),
        registry_(registry),
        options_(options),
        destination_(std::move(destination)),
        repository_(std::move(repository)),
        progress_(progress),
        images_(paths),
        layers_(paths) {}

  /// @param tag  empty: the manifest goes by its digest only
  /// @return the manifest's descriptor
  Descriptor push(const std::string& id, const std::string& tag);

  /// A small blob. Nothing moves when it is there.
  void send_text(const std::string& text, const Digest& digest);

 private:
  struct Types {
    std::string_view manifest, config, layer;
  };
  Types chosen_types(const std::optional<std::string>& original) const;
  std::vector<Descriptor> send_layers(const std::vector<std::string>& chain_ids, const Types& types);
  Descriptor send_layer(const std::string& chain, const Types& types);
  Descriptor send_packed(const store::LayerMeta& meta, const std::string& media_type, ProgressLine& line);
  bool is_wanted(const std::string& media_type, const Types& types) const;
  std::optional<Descriptor> find_known(const store::LayerMeta& meta, const Types& types);
  static std::string build_manifest(const std::string& config, const std::string& id,
                                    const std::vector<Descriptor>& blobs, const Types& types,
                                    const std::optional<std::string>& original);
  static bool same_content(const std::string& original, const std::vector<Descriptor>& blobs, const Types& types);
  void remember(const std::string& id, const Digest& digest);

  const store::Paths& paths_;
  Registry& registry_;
  const PushOptions& options_;
  const spec::Reference destination_;
  const std::string repository_;
  Progress& progress_;
  store::ImageStore images_;
  store::LayerStore layers_;
};

}  // namespace lichen::image

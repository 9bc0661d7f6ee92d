#include "libpod/image/image_order.hh"

#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/image/assemble.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/manifest.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"

namespace lichen::image {
namespace {

constexpr auto kLockTimeout = std::chrono::seconds(10);
constexpr int kAttempts = 4;

std::vector<store::RefName> names_of(const wire::ImageOrder& order) {
  std::vector<store::RefName> names;
  for (const auto& text : order.references) {
    const auto reference = spec::parse_full_reference(text);
    if (!reference.digest.empty())
      throw_error(ErrorKind::usage, "'{}' has a digest: only a name and a tag can be given to an image",
                  printable(text));
    names.push_back({reference.host, reference.repository, reference.tag});
  }
  return names;
}

ImageSource source_of(const wire::ImageOrder& order) {
  const auto facts = parse_config_facts(order.config_text, "configuration of the image");
  if (facts.diff_ids.size() != order.chain_ids.size())
    throw_error(ErrorKind::invalid, "the image's configuration names {} layers, the order {}", facts.diff_ids.size(),
                order.chain_ids.size());
  ImageSource source;
  source.config_text = order.config_text;
  source.manifest_text = order.manifest_text;
  std::string chain;
  for (std::size_t i = 0; i < facts.diff_ids.size(); ++i) {
    chain = chain_id(chain, facts.diff_ids[i]);
    if (chain != order.chain_ids[i])
      throw_error(ErrorKind::invalid, "layer {} of the image is '{}' by its configuration, '{}' by the order", i, chain,
                  printable(order.chain_ids[i]));
    source.layers.push_back({"", facts.diff_ids[i], 0, std::nullopt, [](const FeedSink&, ProgressLine&) {
                               throw_error(ErrorKind::conflict, "a layer was removed while the image was being made");
                             }});
  }
  return source;
}

// Not to be removed before the image is there. Who made one may hold it alone for a moment more.
std::vector<sys::FileLock> hold_layers(const store::Paths& paths, const std::vector<std::string>& chains) {
  const store::LayerStore layers(paths);
  std::vector<sys::FileLock> held;
  for (const auto& chain : chains) {
    if (!layers.has(chain)) throw_error(ErrorKind::not_found, "layer '{}' is not there", printable(chain));
    held.push_back(sys::wait_lock(paths.layer(chain), sys::LockMode::shared, kLockTimeout));
  }
  return held;
}

}  // namespace

std::string publish_ordered_image(const store::Paths& paths, const wire::ImageOrder& order) {
  const auto names = names_of(order);
  const auto source = source_of(order);
  const auto held = hold_layers(paths, order.chain_ids);
  const auto progress = make_progress(/*quiet=*/true);
  store::ImageStore images(paths);
  for (int attempt = 1;; ++attempt) {
    const auto image = assemble_image(paths, source, 1, *progress);
    try {
      // Until it has a name somebody may remove it: once more then.
      const auto lock = sys::wait_lock(paths.image(image.id), sys::LockMode::shared, kLockTimeout);
      if (!images.has(image.id)) throw_error(ErrorKind::not_found, "image '{}' was removed at once", image.id);
      for (const auto& name : names) images.set_ref(name, image.id);
      return image.id;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || attempt == kAttempts) throw;
    }
  }
}

}  // namespace lichen::image

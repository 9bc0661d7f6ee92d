#include "libpod/store/image_manifest.hh"

#include "libpod/base/sha256.hh"
#include "libpod/sys/fs.hh"

namespace lichen::store {

void replace_own_manifest(const Paths& paths, ImageStore& images, const std::string& id,
                          const std::optional<std::string>& text) {
  auto meta = images.get(id);
  // A build that asks for nothing leaves alone what a pull has promised; one that asks gets it.
  if (!text && (meta.manifest_digest.empty() || !meta.repo_digests.empty())) return;
  const Digest digest = text ? *Digest::parse("sha256:" + sha256_hex(*text)) : Digest();
  if (digest == meta.manifest_digest) return;
  const std::string path = paths.image(id) + "/manifest.json";
  // In this order a reader meets a manifest without its digest, never a digest without its manifest.
  if (text) sys::write_file_atomic(path, *text);
  meta.manifest_digest = digest;
  images.update(meta);
  if (!text) sys::remove_file(path);
}

}  // namespace lichen::store

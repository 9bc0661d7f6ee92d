#include "libpod/image/packed_layer.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/image/background_hash.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::image {

std::string kept_blob_name(const Digest& digest) { return "blob-" + digest.hex(); }

std::optional<PackedLayer> find_kept_blob(const store::Paths& paths, const store::LayerMeta& meta, bool docker_type) {
  for (const auto& blob : meta.blobs) {
    if (blob.media_type.starts_with("application/vnd.docker.") != docker_type) continue;
    const std::string path = paths.layer(meta.chain_id) + "/" + kept_blob_name(blob.digest);
    PackedLayer kept;
    kept.file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!kept.file) continue;
    kept.blob.media_type = blob.media_type;
    kept.blob.digest = blob.digest;
    kept.blob.size = static_cast<std::uint64_t>(blob.size);
    return kept;
  }
  return std::nullopt;
}

PackedLayer pack_layer(const store::Paths& paths, const store::LayerMeta& meta, const Packing& packing,
                       ProgressLine& line, const OnPacked& on_packed) {
  if (!meta.has_journal)
    throw Error(ErrorKind::invalid, format("layer '{}' has lost its journal", short_id(meta.chain_id)))
        .with_hint("run 'lichen system check --repair', then pull or load the image again");
  PackedLayer packed;
  packed.file.reset(::open(paths.staging().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!packed.file) throw_errno("make a temporary file in '{}'", paths.staging());
  Hasher blob_hash;
  BackgroundHash tar_hash;
  const auto packer = make_packer(packing, [&](Bytes data) {
    blob_hash.update(data);
    packed.blob.size += data.size();
    sys::write_all(packed.file.get(), {reinterpret_cast<const char*>(data.data()), data.size()}, "staging");
    if (on_packed) on_packed(packed.file.get(), packed.blob.size);
  });
  line.begin(static_cast<std::uint64_t>(meta.tar_size));
  rebuild_tar(paths.layer(meta.chain_id), [&](Bytes data) {
    tar_hash.write(data);
    line.add(data.size());
    packer->write(data);
  });
  packer->finish();
  if (const Digest found = tar_hash.finish(); found != meta.diff_id)
    throw Error(ErrorKind::invalid, format("layer '{}' is damaged: its tar has digest {}, not {}",
                                           short_id(meta.chain_id), found.str(), meta.diff_id.str()))
        .with_hint("run 'lichen system check --repair', then pull or load the image again");
  packed.blob.digest = blob_hash.finish();
  return packed;
}

}  // namespace lichen::image

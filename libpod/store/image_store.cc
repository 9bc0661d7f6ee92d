#include "libpod/store/image_store.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/store/list_store.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::store {
namespace {

constexpr std::int64_t kImageVersion = 1;
constexpr std::string_view kTags = ":tags";  // cannot be a repository's component
constexpr std::size_t kMaxDepth = 130;       // a name has at most 255 characters

[[noreturn]] void damaged(Error& error, const std::string& id) {
  error.add_context(format("image '{}' is damaged", short_id(id)));
  if (error.hint().empty()) error.with_hint("run 'lichen system check --repair', then pull or load the image again");
  throw error;
}

std::string read_part(const Paths& paths, const std::string& id, const char* part) {
  if (!is_full_id(id)) throw_error(ErrorKind::invalid, "image '{}': not an id of 64 hex digits", printable(id));
  const std::string path = paths.image(id) + "/" + part;
  if (auto text = sys::read_file_if_exists(path)) return *std::move(text);
  if (!sys::exists(paths.image(id))) throw_error(ErrorKind::not_found, "image '{}': there is no such image", id);
  Error error(ErrorKind::invalid, format("'{}' is missing", path));
  damaged(error, id);
}

// nullopt when there is none.
std::optional<std::string> read_ref(const RefName& name, const std::string& path) {
  constexpr const char* kWayOut = "run 'lichen system check --repair', or give the name again with 'lichen tag'";
  try {
    const auto text = sys::read_file_if_exists(path, 4096);
    if (!text) return std::nullopt;
    const std::string id(trim(*text));
    if (!is_full_id(id)) throw_error(ErrorKind::invalid, "'{}' does not hold an image id", path);
    return id;
  } catch (Error& error) {
    error.add_context(format("name '{}' is damaged", name.str()));
    throw Error(error).with_hint(kWayOut);
  }
}

bool is_plain(std::string_view part) {
  return !part.empty() && part != "." && part != ".." && part.find('\0') == part.npos;
}

}  // namespace

Json to_json(const ImageMeta& meta) {
  return Json{{"version", kImageVersion},
              {"id", meta.id},
              {"created", meta.created},
              {"chain_ids", meta.chain_ids},
              {"manifest_digest", meta.manifest_digest.str()},
              {"repo_digests", meta.repo_digests},
              {"size", meta.size}};
}

ImageMeta image_meta_from_json(const Json& json, std::string_view what) {
  const JsonView view(json, std::string(what) + ":");
  const auto version = view.get_int("version", 0);
  if (version != kImageVersion)
    throw_error(ErrorKind::invalid, "{}: record version {}, this program knows {}", what, version, kImageVersion);
  ImageMeta meta;
  meta.id = view.get_string("id");
  if (!is_full_id(meta.id)) throw_error(ErrorKind::invalid, "{}: id must be 64 hex digits", what);
  meta.created = view.get_string("created");
  meta.chain_ids = view.get_strings("chain_ids");
  if (!std::all_of(meta.chain_ids.begin(), meta.chain_ids.end(), is_full_id))
    throw_error(ErrorKind::invalid, "{}: chain_ids must be 64 hex digits each", what);
  if (const auto text = view.get_string("manifest_digest"); !text.empty()) {
    const auto digest = Digest::parse(text);
    if (!digest) throw_error(ErrorKind::invalid, "{}: manifest_digest must be a digest", what);
    meta.manifest_digest = *digest;
  }
  meta.repo_digests = view.get_strings("repo_digests");
  meta.size = view.get_int("size");
  return meta;
}

bool ImageStore::has(const std::string& id) const {
  return is_full_id(id) && sys::exists(paths_.image(id) + "/meta.json");
}

ImageMeta ImageStore::get(const std::string& id) const {
  const std::string text = read_part(paths_, id, "meta.json");
  try {
    const std::string what = paths_.image(id) + "/meta.json";
    auto meta = image_meta_from_json(parse_json(text, what), what);
    if (meta.id != id) throw_error(ErrorKind::invalid, "{}: it is the record of image {}", what, meta.id);
    return meta;
  } catch (Error& error) {
    damaged(error, id);
  }
}

std::string ImageStore::config_text(const std::string& id) const { return read_part(paths_, id, "config.json"); }

spec::ImageConfig ImageStore::config(const std::string& id) const {
  const std::string text = config_text(id);
  try {
    return spec::parse_image_config(text, paths_.image(id) + "/config.json");
  } catch (Error& error) {
    damaged(error, id);
  }
}

std::optional<std::string> ImageStore::manifest_text(const std::string& id) const {
  if (!is_full_id(id)) return std::nullopt;
  return sys::read_file_if_exists(paths_.image(id) + "/manifest.json");
}

std::vector<std::string> ImageStore::list() const {
  auto names = sys::list_directory(paths_.images());
  std::erase_if(names, [](const std::string& name) { return !is_full_id(name); });
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> ImageStore::find_by_prefix(const std::string& prefix) const {
  if (!is_id_prefix(prefix)) return {};
  auto ids = list();
  std::erase_if(ids, [&](const std::string& id) { return !id.starts_with(prefix); });
  return ids;
}

void ImageStore::publish(const ImageMeta& meta, const std::string& config_text,
                         const std::optional<std::string>& manifest_text) {
  LICHEN_ASSERT(is_full_id(meta.id));
  const auto merge = [&] {
    auto known = get(meta.id);
    bool changed = false;
    for (const auto& digest : meta.repo_digests) {
      if (std::find(known.repo_digests.begin(), known.repo_digests.end(), digest) != known.repo_digests.end()) continue;
      known.repo_digests.push_back(digest);
      changed = true;
    }
    if (changed) update(known);
  };
  if (has(meta.id)) {
    // A damaged record is replaced by the good one that the caller brings.
    try {
      return merge();
    } catch (const Error& error) {
      log_debug("{}", error.what());
      remove(meta.id);
    }
  }
  StagingDir staged(paths_);
  sys::write_file(staged.path() + "/config.json", config_text);
  if (manifest_text) sys::write_file(staged.path() + "/manifest.json", *manifest_text);
  sys::write_file(staged.path() + "/meta.json", dump_json_pretty(to_json(meta)));
  sys::sync_file_system(staged.path());
  if (!staged.publish(paths_.image(meta.id))) return merge();
  sys::sync_directory(paths_.images());
}

void ImageStore::update(const ImageMeta& meta) {
  LICHEN_ASSERT(is_full_id(meta.id));
  sys::write_file_atomic(paths_.image(meta.id) + "/meta.json", dump_json_pretty(to_json(meta)));
}

void ImageStore::remove(const std::string& id) {
  LICHEN_ASSERT(is_full_id(id));
  remove_through_staging(paths_, paths_.image(id));
}

std::string ImageStore::ref_path(const RefName& name) const {
  std::string path = paths_.refs();
  if (!is_plain(name.host) || name.host.find('/') != std::string::npos || !is_plain(name.tag) ||
      name.tag.find('/') != std::string::npos)
    throw_error(ErrorKind::invalid, "image name '{}': not a full name", printable(name.str()));
  path += "/" + name.host;
  for (const auto& part : split(name.repository, '/')) {
    if (!is_plain(part)) throw_error(ErrorKind::invalid, "image name '{}': not a full name", printable(name.str()));
    path += "/" + part;
  }
  return path + "/" + std::string(kTags) + "/" + name.tag;
}

std::optional<std::string> ImageStore::ref_id(const RefName& name) const { return read_ref(name, ref_path(name)); }

std::optional<std::string> ImageStore::resolve(const RefName& name) const {
  auto id = ref_id(name);
  if (!id || has(*id)) return id;
  const ListStore lists(paths_);
  if (!lists.has(*id)) return id;
  const auto record = lists.get(*id);
  const auto* entry = best_local_entry(record, spec::host_platform());
  return entry == nullptr ? std::nullopt : std::optional(entry->image_id);
}

void ImageStore::set_ref(const RefName& name, const std::string& image_id) {
  LICHEN_ASSERT(is_full_id(image_id));
  const std::string path = ref_path(name);
  // Written where what is half made is swept, and moved: a kill leaves nothing beside the tags.
  const StagingDir staged(paths_);
  const std::string written = staged.path() + "/ref";
  {
    const sys::UniqueFd file = sys::open_path(written, O_WRONLY | O_CREAT | O_EXCL, 0600);
    sys::write_all(file.get(), image_id + "\n", path);
    sys::sync_fd(file.get(), path);
  }
  // remove_ref of the last tag takes empty parents away, perhaps between our two steps.
  for (int attempt = 0;; ++attempt) {
    try {
      sys::make_directories(parent_path(path));
      ::rmdir(path.c_str());  // damage: a directory, which rename(2) would not replace
      sys::rename_path(written, path);
      return sys::sync_directory(parent_path(path));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || attempt == 8) throw;
    }
  }
}

std::optional<Timestamp> ImageStore::ref_time(const RefName& name) const {
  struct stat info {};
  if (::stat(ref_path(name).c_str(), &info) != 0) return std::nullopt;
  return Timestamp(std::chrono::seconds(info.st_mtim.tv_sec) + std::chrono::nanoseconds(info.st_mtim.tv_nsec));
}

void ImageStore::renew_ref(const RefName& name) {
  if (::utimensat(AT_FDCWD, ref_path(name).c_str(), nullptr, 0) != 0 && errno != ENOENT)
    throw_errno("renew the name '{}'", name.repository);
}

bool ImageStore::remove_ref(const RefName& name) {
  std::string path = ref_path(name);
  if (!sys::remove_file(path)) return false;
  // Empty parents go too; rmdir(2) refuses one that has got a new entry.
  for (path = parent_path(path); path.size() > paths_.refs().size(); path = parent_path(path))
    if (::rmdir(path.c_str()) != 0) break;
  return true;
}

void ImageStore::for_each_tag_file(const std::function<void(const RefName& name, const std::string& path)>& visit,
                                   const OnDamagedRef& on_damaged) const {
  struct Level {
    std::string path, repository;
    std::size_t depth;
  };
  const auto entries = [&](const std::string& directory) -> std::vector<std::string> {
    try {
      return sys::list_directory(directory);
    } catch (const Error& error) {
      if (on_damaged) on_damaged(directory.substr(std::min(directory.size(), paths_.refs().size() + 1)), error);
      return {};
    }
  };
  for (const auto& host : entries(paths_.refs())) {
    std::vector<Level> pending{{paths_.refs() + "/" + host, "", 0}};
    while (!pending.empty()) {
      const Level here = std::move(pending.back());
      pending.pop_back();
      for (const auto& entry : entries(here.path)) {
        const std::string path = here.path + "/" + entry;
        if (entry == kTags)
          for (const auto& tag : entries(path)) visit({host, here.repository, tag}, path + "/" + tag);
        else if (here.depth < kMaxDepth && !entry.starts_with('.'))
          pending.push_back({path, here.repository.empty() ? entry : here.repository + "/" + entry, here.depth + 1});
      }
    }
  }
}

std::vector<Ref> ImageStore::refs(const OnDamagedRef& on_damaged) const {
  std::vector<Ref> found;
  for_each_tag_file(
      [&](const RefName& name, const std::string& path) {
        if (name.tag.starts_with('.')) return;  // a temporary of write_file_atomic
        try {
          if (const auto id = read_ref(name, path)) found.push_back({name, *id});
        } catch (const Error& error) {
          if (on_damaged) on_damaged(name.str(), error);
        }
      },
      on_damaged);
  std::sort(found.begin(), found.end(), [](const Ref& a, const Ref& b) { return a.name < b.name; });
  return found;
}

void ImageStore::sweep_temporaries() {
  try {
    for_each_tag_file(
        [](const RefName& name, const std::string& path) {
          if (name.tag.starts_with('.')) sys::remove_file(path);
        },
        {});
  } catch (const Error& error) {
    log_debug("{}", error.what());
  }
}

}  // namespace lichen::store

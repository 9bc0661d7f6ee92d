#include "libpod/engine/image_list.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/spec/reference.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kNone = "<none>";
constexpr std::string_view kFilters[] = {"after", "before", "containers", "dangling",  "id",    "intermediate",
                                         "label", "label!", "manifest",   "reference", "since", "until"};

struct Image {
  store::ImageMeta meta;
  spec::ImageConfig config;
  std::vector<store::RefName> names;
  std::string created;  // of the image, or when it came here
  Timestamp time{};
  int containers = 0;
  bool is_list = false;              // a manifest list; its size is that of its images
  std::vector<std::string> in_list;  // ids of its images that are here
  bool listed = false;               // an image that a list has: not dangling
};

// Lists beside the images; those take note that they are in one.
void add_lists(Engine& engine, const std::vector<store::Ref>& refs, std::vector<Image>& images,
               const OnDamaged& on_damaged) {
  const std::size_t count = images.size();
  for (const auto& id : engine.lists.list()) {
    try {
      const auto record = engine.lists.get(id);
      Image list{.meta = {}, .config = {}, .names = names_of_image(refs, id), .created = record.created};
      list.is_list = true;
      list.meta.id = id;
      list.meta.created = record.created;
      list.meta.repo_digests = record.repo_digests;
      list.time = parse_rfc3339(record.created).value_or(Timestamp{});
      for (std::size_t i = 0; i < count; ++i) {
        if (std::none_of(record.entries.begin(), record.entries.end(),
                         [&](const auto& entry) { return entry.image_id == images[i].meta.id; }))
          continue;
        images[i].listed = true;
        list.in_list.push_back(images[i].meta.id);
        list.meta.size += images[i].meta.size;
      }
      images.push_back(std::move(list));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) on_damaged(id, error);
    }
  }
}

std::vector<Image> load_images(Engine& engine, const OnDamaged& on_damaged) {
  const auto refs = engine.images.refs(on_damaged);
  std::vector<Image> images;
  for (const auto& id : engine.images.list()) {
    try {
      Image image{.meta = engine.images.get(id),
                  .config = engine.images.config(id),
                  .names = names_of_image(refs, id),
                  .created = {}};
      image.created = image.config.created.empty() ? image.meta.created : image.config.created;
      image.time = parse_rfc3339(image.created).value_or(Timestamp{});
      images.push_back(std::move(image));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) on_damaged(id, error);
    }
  }
  add_lists(engine, refs, images, on_damaged);
  return images;
}

// Docker's reference filter and argument: a pattern over the familiar name, the name with its tag, or the full name.
bool matches_reference(const Image& image, const std::string& pattern) {
  return std::any_of(image.names.begin(), image.names.end(), [&](const store::RefName& name) {
    return glob_match(pattern, familiar(name)) || glob_match(pattern, familiar_repository(name)) ||
           glob_match(pattern, name.str()) || glob_match(pattern, name.host + "/" + name.repository) ||
           glob_match(pattern, name.repository) || glob_match(pattern, base_name(name.repository)) ||
           glob_match(pattern, base_name(name.repository) + ":" + name.tag);
  });
}

bool keeps_name(const store::RefName& name, const std::string& pattern) {
  Image one;
  one.names = {name};
  return matches_reference(one, pattern);
}

std::optional<Timestamp> time_of_image(const Engine& engine, const std::vector<Image>& images, const Filters& filters,
                                       std::string_view key) {
  if (!filters.has(key)) return std::nullopt;
  const std::string id = require_image(engine, filters.values(key).back()).id;
  for (const auto& image : images)
    if (image.meta.id == id) return image.time;
  return std::nullopt;
}

void apply_filters(Engine& engine, const ImageListRequest& request, std::vector<Image>& images) {
  const auto filters = Filters::parse(request.filters, kFilters);
  const auto until = filters.get_time("until", now());
  const auto before = time_of_image(engine, images, filters, "before");
  auto since = time_of_image(engine, images, filters, "since");
  if (!since) since = time_of_image(engine, images, filters, "after");
  const bool wants_dangling = filters.get_bool("dangling", false);
  const bool wants_containers = filters.get_bool("containers", false);
  const bool wants_intermediate = filters.get_bool("intermediate", false);
  std::erase_if(images, [&](const Image& image) {
    if (wants_intermediate) return true;  // no build leaves any here
    if (filters.has("dangling") && wants_dangling != (image.names.empty() && !image.listed)) return true;
    if (filters.has("manifest") && filters.get_bool("manifest", false) != image.is_list) return true;
    if (filters.has("containers") && wants_containers != (image.containers > 0)) return true;
    if ((until && image.time >= *until) || (before && image.time >= *before) || (since && image.time <= *since))
      return true;
    const auto has_id = [&](const std::string& id) {
      return image.meta.id.starts_with(id.starts_with("sha256:") ? id.substr(7) : id);
    };
    return !filters.match_labels(image.config.labels) || !filters.any("id", has_id) ||
           !filters.any("reference", [&](const std::string& pattern) { return matches_reference(image, pattern); });
  });
  // A reference leaves only the names that it means, not all names of the image.
  for (auto& image : images)
    for (const auto& pattern : filters.values("reference"))
      if (filters.values("reference").size() == 1)
        std::erase_if(image.names, [&](const store::RefName& name) { return !keeps_name(name, pattern); });
}

// The argument of `images`: a name without a tag means all tags of it.
void apply_argument(const std::string& argument, std::vector<Image>& images) {
  if (argument.empty()) return;
  std::string pattern = argument;
  if (pattern.find_first_of("*?[") == std::string::npos) {
    const auto typed = spec::parse_reference(argument);
    const auto full = spec::with_defaults(typed);
    for (auto& image : images)
      std::erase_if(image.names, [&](const store::RefName& name) {
        const bool local = typed.is_short() && name.host == "localhost" && name.repository == typed.repository;
        const bool same = name.host == full.host && name.repository == full.repository;
        return !(same || local) || (!typed.tag.empty() && name.tag != typed.tag);
      });
  } else {
    for (auto& image : images)
      std::erase_if(image.names, [&](const store::RefName& name) { return !keeps_name(name, pattern); });
  }
  std::erase_if(images, [](const Image& image) { return image.names.empty(); });
}

struct Name {
  std::string repository, tag, digest;
};

std::vector<Name> rows_of(const Image& image, bool digests) {
  std::vector<Name> rows;
  for (const auto& name : image.names) {
    Name row{familiar_repository(name), name.tag, std::string(kNone)};
    for (const auto& digest : image.meta.repo_digests)
      if (const auto pair = cut(digest, '@'); pair && pair->first == name.host + "/" + name.repository)
        row.digest = pair->second;
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) return rows;
  // A name that went to a newer image, or a pull by digest: docker shows the repository still.
  for (const auto& digest : image.meta.repo_digests)
    if (const auto pair = cut(familiar_digest(digest), '@')) {
      rows.push_back({pair->first, std::string(kNone), pair->second});
      if (!digests) return rows;
    }
  if (rows.empty()) rows.push_back({std::string(kNone), std::string(kNone), std::string(kNone)});
  return rows;
}

Json row_object(const Image& image, const Name& name, const ImageListRequest& request, Timestamp at) {
  Json row;
  row["Containers"] = std::to_string(image.containers);
  row["CreatedAt"] = local_time_text(image.created);
  row["CreatedSince"] = time_since(image.created, at);
  row["Digest"] = name.digest;
  row["ID"] = request.no_trunc ? "sha256:" + image.meta.id : short_id(image.meta.id);
  row["Repository"] = name.repository;
  row["SharedSize"] = "N/A";
  row["Size"] = size_text(image.meta.size);
  row["Tag"] = name.tag;
  row["UniqueSize"] = "N/A";
  row["VirtualSize"] = size_text(image.meta.size);
  row["Created"] = row["CreatedSince"];
  row["Dangling"] = image.names.empty() && !image.listed;
  row["IsManifestList"] = image.is_list;
  row["Id"] = image.meta.id;
  row["Labels"] = image.config.labels;
  Json names = Json::array();
  for (const auto& full : image.names) names.push_back(full.str());
  row["Names"] = std::move(names);
  row["ReadOnly"] = false;
  return row;
}

// Newest first; equal times by name, so that the order never changes between two runs.
void sort_images(std::vector<Image>& images, const std::string& key) {
  const auto first_name = [](const Image& image) {
    return image.names.empty() ? std::string() : familiar(image.names[0]);
  };
  std::stable_sort(images.begin(), images.end(), [&](const Image& a, const Image& b) {
    if (key == "id") return a.meta.id < b.meta.id;
    if (key == "size" && a.meta.size != b.meta.size) return a.meta.size < b.meta.size;
    if (key == "repository" || key == "size") return first_name(a) < first_name(b);
    if (key == "tag") return (a.names.empty() ? "" : a.names[0].tag) < (b.names.empty() ? "" : b.names[0].tag);
    return a.time != b.time ? a.time > b.time : first_name(a) < first_name(b);
  });
}

}  // namespace

namespace {

std::vector<Image> choose_images(Engine& engine, const ImageListRequest& request, const OnDamaged& on_damaged) {
  auto images = load_images(engine, on_damaged);
  for (const auto& container : containers_in_use_check(engine))
    for (auto& image : images)
      if (image.meta.id == container.config.image_id ||
          std::find(image.in_list.begin(), image.in_list.end(), container.config.image_id) != image.in_list.end())
        ++image.containers;
  apply_filters(engine, request, images);
  apply_argument(request.reference, images);
  sort_images(images, request.sort);
  return images;
}

}  // namespace

namespace {

// One platform's line below a name.
Json platform_row(const Engine& engine, const Image& image, bool no_trunc, const OnDamaged& on_damaged) {
  std::int64_t disk = 0;
  for (const auto& layer : image.meta.chain_ids) {
    try {
      disk += engine.layers.get(layer).disk_size;
    } catch (const Error& error) {
      on_damaged(image.meta.id, error);
    }
  }
  Json row;
  row["ID"] = no_trunc ? "sha256:" + image.meta.id : short_id(image.meta.id);
  row["DiskUsage"] = size_text(disk);
  row["ContentSize"] = size_text(image.meta.size);
  row["InUse"] = image.containers > 0;
  row["Platform"] = image.config.os + "/" + image.config.architecture +
                    (image.config.variant.empty() ? "" : "/" + image.config.variant);
  return row;
}

}  // namespace

std::vector<Json> image_tree(Engine& engine, const ImageListRequest& request, const OnDamaged& on_damaged) {
  const auto images = choose_images(engine, request, on_damaged);
  std::vector<Json> rows;
  for (const auto& image : images) {
    if (image.listed && image.names.empty()) continue;  // it is below its list
    Json row = platform_row(engine, image, request.no_trunc, on_damaged);
    row["Names"] = Json::array();
    for (const auto& name : image.names) row["Names"].push_back(familiar(name));
    row["Platforms"] = Json::array();
    if (!image.is_list) row["Platforms"].push_back(row);
    std::int64_t disk = 0;
    std::set<std::string> counted;
    for (const auto& one : images) {
      if (std::find(image.in_list.begin(), image.in_list.end(), one.meta.id) == image.in_list.end()) continue;
      row["Platforms"].push_back(platform_row(engine, one, request.no_trunc, on_damaged));
      for (const auto& layer : one.meta.chain_ids)
        if (counted.insert(layer).second && engine.layers.has(layer)) disk += engine.layers.get(layer).disk_size;
    }
    if (image.is_list) row["DiskUsage"] = size_text(disk);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Json> list_images(Engine& engine, const ImageListRequest& request, const OnDamaged& on_damaged) {
  const auto images = choose_images(engine, request, on_damaged);
  const Timestamp at = now();
  std::vector<Json> rows;
  for (const auto& image : images)
    for (const auto& name : rows_of(image, request.digests)) rows.push_back(row_object(image, name, request, at));
  return rows;
}

}  // namespace lichen::engine

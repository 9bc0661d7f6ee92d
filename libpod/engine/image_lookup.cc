#include "libpod/engine/image_lookup.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/manifest_lists.hh"
#include "libpod/spec/platform.hh"
#include "libpod/spec/reference.hh"

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{2};

std::optional<std::string> find_by_prefix(const Engine& engine, const std::string& prefix) {
  if (is_full_id(prefix)) return engine.images.has(prefix) ? std::optional(prefix) : std::nullopt;
  const auto ids = engine.images.find_by_prefix(prefix);
  if (ids.size() > 1)
    throw Error(ErrorKind::conflict, format("'{}' is the beginning of {} image ids", prefix, ids.size()))
        .with_hint("give more digits");
  return ids.empty() ? std::nullopt : std::optional(ids[0]);
}

std::string require_image_of_list(const Engine& engine, const std::string& list_id, const std::string& text,
                                  const std::string& platform) {
  if (auto id = image_of_list(engine, list_id, platform)) return *std::move(id);
  throw Error(ErrorKind::not_found, format("manifest list {} has no image for {} here", text,
                                           platform.empty() ? spec::host_platform().str() : platform))
      .with_hint(format("'lichen manifest inspect {}' shows what it has", text));
}

// An image's id, or the image for this machine of the list with that id.
std::optional<FoundImage> find_by_id(const Engine& engine, const std::string& text) {
  if (const auto id = find_by_prefix(engine, text)) return FoundImage{*id, {}};
  const auto list = find_list(engine, text);
  return list ? std::optional(FoundImage{require_image_of_list(engine, list->id, text, ""), {}}) : std::nullopt;
}

std::optional<FoundImage> find_by_tag(const Engine& engine, const spec::Reference& typed) {
  std::vector<spec::Reference> candidates{spec::with_defaults(typed)};
  if (typed.is_short()) {  // podman's place for what was built here
    spec::Reference local = typed;
    local.host = "localhost";
    candidates.push_back(spec::with_defaults(local));
  }
  for (const auto& candidate : candidates) {
    const store::RefName name{candidate.host, candidate.repository, candidate.tag};
    const auto id = engine.images.ref_id(name);
    if (!id) continue;
    if (engine.images.has(*id)) return FoundImage{*id, name};
    if (engine.lists.has(*id)) return FoundImage{require_image_of_list(engine, *id, candidate.str(), ""), name};
  }
  return std::nullopt;
}

std::optional<FoundImage> find_by_digest(const Engine& engine, const spec::Reference& typed) {
  const std::string wanted = spec::with_defaults(typed).name() + "@" + typed.digest.str();
  for (const auto& id : engine.images.list()) {
    try {
      const auto meta = engine.images.get(id);
      if (std::find(meta.repo_digests.begin(), meta.repo_digests.end(), wanted) != meta.repo_digests.end())
        return FoundImage{id, {}};
    } catch (const Error& error) {
      log_debug("{}", error.what());  // a damaged image is no answer
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<FoundImage> look_up_image(const Engine& engine, const std::string& text) {
  if (text.starts_with("sha256:") && is_id_prefix(text.substr(7))) return find_by_id(engine, text.substr(7));
  if (is_full_id(text)) return find_by_id(engine, text);
  const auto reference = spec::parse_reference(text);
  if (!reference.digest.empty()) return find_by_digest(engine, reference);
  if (auto found = find_by_tag(engine, reference)) return found;
  return is_id_prefix(text) ? find_by_id(engine, text) : std::nullopt;
}

std::optional<std::string> find_image(const Engine& engine, const std::string& text) {
  auto found = look_up_image(engine, text);
  return found ? std::optional(std::move(found->id)) : std::nullopt;
}

FoundImage require_image(const Engine& engine, const std::string& text) {
  if (auto found = look_up_image(engine, text)) return *std::move(found);
  Error error(ErrorKind::not_found, format("no such image: {}", text));
  std::vector<std::string> known;
  for (const auto& ref : engine.images.refs()) {
    known.push_back(familiar(ref.name));
    known.push_back(familiar_repository(ref.name));
  }
  if (const auto near = nearest(text, known))
    error.with_hint(format("did you mean '{}'?", *near));
  else
    error.with_hint("`lichen images` lists all images");
  throw error;
}

std::string require_platform(const Engine& engine, const std::string& text, const std::string& platform) {
  if (platform.empty()) return text;
  if (const auto list = find_list(engine, text)) return require_image_of_list(engine, list->id, text, platform);
  const auto wanted = spec::parse_platform(platform);
  const auto config = engine.images.config(require_image(engine, text).id);
  const spec::Platform here{config.os, config.architecture, config.variant};
  if (config.architecture.empty() || spec::platform_match(wanted, here) > 0) return text;
  throw Error(ErrorKind::not_found, format("image {} is for {}, not for {}", text, here.str(), wanted.str()))
      .with_hint(format("get the other one: lichen pull --platform {} {}", wanted.str(), text));
}

sys::FileLock hold_image(const Engine& engine, const std::string& id) {
  const auto deadline = std::chrono::steady_clock::now() + kLockTimeout;
  for (;;) {
    // Between two tries the holder may be done and the image gone: that is an answer, not a reason to wait on.
    if (!engine.images.has(id))
      throw_error(ErrorKind::not_found, "no such image: {} (it was just removed)", short_id(id));
    try {
      return sys::wait_lock(engine.paths.image(id), sys::LockMode::shared, std::chrono::milliseconds(50));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::conflict || std::chrono::steady_clock::now() >= deadline) throw;
    }
  }
}

store::RefName parse_ref_name(const std::string& text) {
  const auto reference = spec::parse_full_reference(text);
  if (!reference.digest.empty())
    throw Error(ErrorKind::usage, format("'{}' has a digest: only a name and a tag can be given to an image", text));
  return {reference.host, reference.repository, reference.tag};
}

std::string familiar(const store::RefName& name) {
  return spec::familiar_name({name.host, name.repository, name.tag, {}});
}

std::string familiar_repository(const store::RefName& name) {
  return spec::familiar_name({name.host, name.repository, "", {}});
}

std::string familiar_digest(const std::string& repo_digest) {
  try {
    return spec::familiar_name(spec::parse_reference(repo_digest));
  } catch (const Error&) {
    return repo_digest;
  }
}

std::vector<store::RefName> names_of_image(const std::vector<store::Ref>& refs, const std::string& id) {
  std::vector<store::RefName> names;
  for (const auto& ref : refs)
    if (ref.image_id == id) names.push_back(ref.name);
  return names;
}

void tag_image(Engine& engine, const std::string& image, const std::vector<std::string>& names) {
  std::vector<store::RefName> wanted;
  for (const auto& name : names) wanted.push_back(parse_ref_name(name));
  const auto list = find_list(engine, image);  // the list itself gets the name, not an image of it
  const auto found = list ? FoundImage{list->id, list->name} : require_image(engine, image);
  const auto lock = list ? engine.lists.hold(list->id) : hold_image(engine, found.id);
  for (const auto& name : wanted) {
    engine.images.set_ref(name, found.id);
    append_event(
        engine,
        {.type = "image", .action = "tag", .id = found.id, .name = familiar(name), .image = {}, .attributes = {}});
  }
}

std::vector<std::string> untag_image(Engine& engine, const std::string& image, const std::vector<std::string>& names) {
  const auto thing = [&](const std::string& text) -> std::optional<FoundImage> {
    if (const auto list = find_list(engine, text)) return FoundImage{list->id, list->name};
    return look_up_image(engine, text);
  };
  const auto found = find_list(engine, image) ? *thing(image) : require_image(engine, image);
  const auto lock = engine.lists.has(found.id) ? engine.lists.hold(found.id) : hold_image(engine, found.id);
  std::vector<store::RefName> victims;
  for (const auto& name : names) {
    const auto named = thing(name);
    if (!named || !named->name || named->id != found.id)
      throw Error(ErrorKind::not_found, format("'{}' is no name of image {}", name, short_id(found.id)))
          .with_hint(format("its names: lichen image inspect -f '{{{{.RepoTags}}}}' {}", short_id(found.id)));
    victims.push_back(*named->name);
  }
  if (names.empty()) victims = names_of_image(engine.images.refs(), found.id);
  std::vector<std::string> taken;
  for (const auto& name : victims) {
    if (!engine.images.remove_ref(name)) continue;
    taken.push_back(familiar(name));
    append_event(
        engine,
        {.type = "image", .action = "untag", .id = found.id, .name = familiar(name), .image = {}, .attributes = {}});
  }
  return taken;
}

}  // namespace lichen::engine

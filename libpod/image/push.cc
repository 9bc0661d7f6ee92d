#include "libpod/image/push.hh"

#include "libpod/base/error.hh"
#include "libpod/image/chosen_images.hh"
#include "libpod/image/policy.hh"
#include "libpod/image/push_image.hh"
#include "libpod/image/push_list.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/spec/reference.hh"

namespace lichen::image {
namespace {

// One connection's worth of facts: which registry, under which name there.
struct Target {
  store::RegistryEndpoint endpoint;
  std::unique_ptr<Registry> registry;
};

Target open_target(const wire::ImageRequest& request, const CredentialSource& credentials,
                   const spec::Reference& destination) {
  Target target{load_registries(request).endpoints(destination).back(), nullptr};  // mirrors are for reading
  auto options = registry_options(request, target.endpoint);
  options.pushes = true;
  target.registry = std::make_unique<Registry>(options, credentials);
  return target;
}

class Pusher {
 public:
  Pusher(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress)
      : paths_(paths), request_(request), progress_(progress), credentials_(request), options_(push_options(request)) {}

  wire::ImageDone push(const std::string& id, bool is_list, const spec::Reference& destination) {
    try {
      const Target target = open_target(request_, credentials_, destination);
      ImagePusher images(paths_, *target.registry, options_, destination, target.endpoint.repository, progress_);
      const Descriptor manifest =
          is_list ? push_list(paths_, request_, credentials_, progress_, images,
                              {*target.registry, target.endpoint.repository, destination, options_}, id)
                  : images.push(id, destination.tag);
      wire::ImageDone done{id, destination.str(), manifest.digest.str(), true};
      done.size = static_cast<std::int64_t>(manifest.size);
      return done;
    } catch (Error& error) {
      error.add_context(format("push '{}'", destination.str()));
      throw;
    }
  }

 private:
  const store::Paths& paths_;
  const wire::ImageRequest& request_;
  Progress& progress_;
  const CredentialSource credentials_;
  const PushOptions options_;
};

// @param tag  a name of what is pushed; empty when it was called by its id
spec::Reference destination_of(const wire::ImageRequest& request, const std::string& tag) {
  if (!request.reference.empty()) return spec::with_defaults(spec::parse_reference(request.reference));
  if (tag.empty())
    throw Error(ErrorKind::usage, format("push '{}': an id does not say where to", request.names[0]))
        .with_hint("give a destination: lichen push ID REGISTRY/NAME:TAG");
  return spec::with_defaults(spec::parse_reference(tag));
}

wire::ImageResult push_all_tags(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  const auto wanted = spec::with_defaults(spec::parse_reference(request.names[0]));
  wire::ImageResult result;
  const store::ListStore lists(paths);
  for (const auto& ref : store::ImageStore(paths).refs()) {
    if (ref.name.host != wanted.host || ref.name.repository != wanted.repository) continue;
    spec::Reference destination = wanted;
    destination.tag = ref.name.tag;
    result.images.push_back(Pusher(paths, request, progress).push(ref.image_id, lists.has(ref.image_id), destination));
  }
  if (result.images.empty())
    throw_error(ErrorKind::not_found, "push --all-tags: there is no image called '{}'", wanted.name());
  return result;
}

}  // namespace

wire::ImageResult push_images(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  if (request.names.size() != 1) throw_error(ErrorKind::usage, "push: one image is needed");
  load_policy(request).require({"containers-storage", ""});
  if (request.all_tags) return push_all_tags(paths, request, progress);
  // For one platform an image of the list goes out, not the list.
  const auto list = request.platform.empty() ? choose_list(paths, request.names[0]) : std::nullopt;
  std::string id, tag;
  if (list) {
    id = list->id;
    tag = list->tag;
  } else {
    const auto chosen = choose_images(paths, request.names, request.platform).front();
    id = chosen.id;
    tag = chosen.tags.empty() ? "" : chosen.tags[0];
  }
  const auto destination = destination_of(request, tag);
  progress.say(format("The push refers to repository [{}]", destination.name()));
  wire::ImageResult result;
  result.images.push_back(Pusher(paths, request, progress).push(id, list.has_value(), destination));
  return result;
}

}  // namespace lichen::image

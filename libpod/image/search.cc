#include "libpod/image/search.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/credentials.hh"
#include "libpod/image/registry.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/spec/reference.hh"

namespace lichen::image {
namespace {

struct Place {
  std::string host, words;
};

// The part before the first slash is a registry when it looks like one (docker's rule for names).
std::vector<Place> places(const store::RegistriesConf& registries, const std::string& term) {
  const auto pair = cut(term, '/');
  if (pair && (pair->first == "localhost" || pair->first.find_first_of(".:") != std::string::npos)) {
    if (!spec::is_valid_registry_host(pair->first))
      throw_error(ErrorKind::usage, "search '{}': '{}' is no registry", printable(term), printable(pair->first));
    return {{pair->first == "index.docker.io" ? "docker.io" : pair->first, pair->second}};
  }
  std::vector<Place> found;
  for (const auto& candidate : registries.candidates(spec::parse_reference("search")))
    found.push_back({candidate.host, term});
  return found;
}

RegistryOptions options_for(const store::RegistriesConf& registries, const wire::ImageRequest& request,
                            const std::string& host) {
  spec::Reference any;
  any.host = host;
  any.repository = "search";
  auto options = registry_options(request, registries.endpoints(any).back());
  if (host == "docker.io") options.host = "index.docker.io";
  return options;
}

// {"results":[{"name","description","star_count","is_official","is_automated"}]}
std::vector<wire::ImageFound> read_results(const std::string& text, const std::string& host) {
  const Json json = parse_json(text, "search result");
  const JsonView view(json, "search result:");
  if (!view.has("results")) throw_error(ErrorKind::invalid, "search result: it has no list");
  std::vector<wire::ImageFound> found;
  for (const auto& item : view.at("results").as_array()) {
    wire::ImageFound one;
    one.registry = host;
    one.name = item.get_string("name");
    if (host != "docker.io") one.name = host + "/" + one.name;
    one.description = item.get_string("description");
    one.stars = item.get_int("star_count");
    one.official = item.get_bool("is_official");
    one.automated = item.get_bool("is_automated");
    found.push_back(std::move(one));
  }
  return found;
}

std::vector<wire::ImageFound> from_catalog(Registry& registry, const Place& place, std::int64_t limit) {
  std::vector<wire::ImageFound> found;
  const std::string wanted = to_lower(place.words);
  registry.catalog([&](const std::string& repository) {
    if (to_lower(repository).find(wanted) == std::string::npos) return true;
    wire::ImageFound one;
    one.registry = place.host;
    one.name = place.host + "/" + repository;
    found.push_back(std::move(one));
    return static_cast<std::int64_t>(found.size()) < limit;
  });
  return found;
}

std::vector<wire::ImageFound> search_one(Registry& registry, const Place& place, std::int64_t limit) {
  std::string problem;
  try {
    return read_results(registry.search(place.words, limit), place.host);
  } catch (const Error& error) {
    // No search here, or a web page in its place.
    if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::invalid &&
        error.kind() != ErrorKind::permission)
      throw;
    problem = error.what();
    log_debug("{}", problem);
  }
  try {
    return from_catalog(registry, place, limit);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found && error.kind() != ErrorKind::invalid &&
        error.kind() != ErrorKind::permission)
      throw;
    throw Error(ErrorKind::unsupported,
                format("registry '{}' offers neither a search nor a list of its repositories ({})", place.host,
                       error.message()))
        .with_hint(format("ask for a repository that you know: lichen search --list-tags {}/NAME", place.host));
  }
}

}  // namespace

wire::ImageResult search_registries(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  const auto registries = load_registries(request);
  const CredentialSource credentials(request);
  wire::ImageResult result;
  for (const auto& place : places(registries, request.names.at(0))) {
    Registry registry(options_for(registries, request, place.host), credentials);
    for (auto& found : search_one(registry, place, request.limit)) result.found.push_back(std::move(found));
  }
  return result;
}

wire::ImageResult list_tags(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  const auto registries = load_registries(request);
  const CredentialSource credentials(request);
  const auto candidates = registries.candidates(spec::parse_reference(request.names.at(0)));
  const auto& reference = candidates.at(0);
  const auto endpoint = registries.endpoints(reference).back();
  Registry registry(registry_options(request, endpoint), credentials);
  wire::ImageResult result;
  auto tags = registry.tags(endpoint.repository);
  std::sort(tags.begin(), tags.end());
  for (const auto& tag : tags) {
    wire::ImageFound one;
    one.registry = reference.host;
    one.name = reference.name();
    one.tag = tag;
    result.found.push_back(std::move(one));
  }
  return result;
}

}  // namespace lichen::image

#include "buildah/loads.hh"

namespace lichen::buildah {

const Json* Loads::find(const std::string& key, const std::string& title,
                        const std::function<Json(const std::string& directory)>& load) {
  const auto [found, is_new] = loads_.try_emplace(key);
  Load& one = found->second;
  if (is_new) {
    one.directory = std::make_unique<store::StagingDir>(paths_);
    const auto step = progress_.start(title);
    one.worker = std::make_unique<Worker>(
        loop_, [&load, path = one.directory->path()] { return load(path); },
        Worker::Handlers{[this, step](std::string_view line) { progress_.output(step, line); },
                         [this, step, &one](const Json& result) {
                           progress_.done(step);
                           one.result = result;
                         },
                         [this, step, &one](const Error& error) {
                           progress_.failed(step);
                           one.error = error;
                         }});
  }
  if (one.error) throw *one.error;
  return one.result ? &*one.result : nullptr;
}

void Loads::stop() {
  for (auto& [key, load] : loads_) load.worker.reset();
}

}  // namespace lichen::buildah

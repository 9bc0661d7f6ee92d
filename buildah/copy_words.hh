// A COPY or ADD after its variables are replaced: what the step takes, and where it goes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "buildah/copy_files.hh"
#include "buildah/remote_files.hh"
#include "buildah/stage_state.hh"
#include "buildah/step_cache.hh"

namespace lichen::buildah {

struct CopySource {
  std::string text;
  language::Position position;
  std::optional<RemoteSource> remote;  // none: a path or a pattern in the tree that it is taken from
};

struct CopyWords {
  bool is_add = false, keeps_parents = false;
  std::optional<bool> unpack;
  std::string destination, owner, mode, from;
  std::vector<CopySource> sources;
  std::vector<std::string> excluded;
  std::vector<InlineFile> files;
  bool is_folder() const { return destination.ends_with('/'); }
};

/// @param uses_memory  RemoteSource::uses_memory @throws Error{invalid} with the place
CopyWords expand_copy(const language::Instruction& instruction, const StageState& state, char escape, bool uses_memory);

/// What of it the outcome depends on, but for the content of its sources.
void add_words(const CopyWords& words, StepKey& key);

}  // namespace lichen::buildah

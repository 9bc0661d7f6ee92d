// COPY and ADD: which flags each has, and sources that are heredocs.
#include "buildah/language/instruction.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"

namespace lichen::language {
namespace {

void read_flags(const LineParts& parts, Copy& copy) {
  Flags flags(parts);
  copy.chown = flags.text("chown");
  copy.chmod = flags.text("chmod");
  copy.link = flags.boolean("link").value_or(false);
  copy.exclude = flags.texts("exclude");
  if (copy.is_add) {
    copy.keep_git_dir = flags.boolean("keep-git-dir");
    copy.checksum = flags.text("checksum");
    copy.unpack = flags.boolean("unpack");
  } else {
    copy.parents = flags.boolean("parents").value_or(false);
    if (auto from = flags.text("from")) {
      if (from->text.empty()) fail_at(parts.source, from->position, "--from is empty");
      if (from->text.find('$') != std::string::npos)
        fail_at(parts.source, from->position, "variables are not expanded in --from",
                "give the image a name with a stage of its own: FROM IMAGE AS NAME");
      copy.from = std::move(from->text);
      copy.from_position = from->position;
    }
  }
  flags.finish();
}

bool is_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

}  // namespace

Body parse_copy(const LineParts& parts) {
  Copy copy;
  copy.is_add = parts.keyword == "ADD";
  read_flags(parts, copy);
  auto words = list_of(parts);
  if (words.size() < 2)
    parts.fail_arguments(format("{} needs a source and a destination", parts.keyword),
                         format("write {} SOURCE... DESTINATION", parts.keyword));
  copy.destination = std::move(words.back());
  words.pop_back();
  if (!parts.heredocs.empty() && heredoc_start(copy.destination.text))
    fail_at(parts.source, copy.destination.position, "a heredoc cannot be the destination");
  std::size_t next = 0;
  for (auto& word : words) {
    if (next < parts.heredocs.size() && heredoc_start(word.text)) {
      copy.heredocs.push_back(finished(parts.heredocs[next++]));
      continue;
    }
    if (!copy.is_add && is_url(word.text)) fail_at(parts.source, word.position, "COPY does not fetch URLs", "use ADD");
    copy.sources.push_back(std::move(word));
  }
  if (copy.checksum && copy.sources.size() + copy.heredocs.size() != 1)
    fail_at(parts.source, copy.checksum->position, "--checksum is for one source");
  return copy;
}

}  // namespace lichen::language

// Two documents in long form become one, by the rules of the schema's table: maps member by member, lists one behind
// the other (what is equal once), lists of mounts, ports, devices and env_files by what identifies an item, scalars
// replace.
// `!reset` removes what was there, `!override` replaces it. A value of nothing in the later file changes nothing.
#pragma once

#include "compose/language/schema.hh"

namespace lichen::compose {

/// Merge `over` into `base`. @throws Error{invalid} a mapping meets a list or the like
void merge_into(Node& base, Node over, const Schema& at, const std::string& path, const Sources& sources);

/// Items of one list that have the same identity: the later one wins; and nodes with a tag: `!reset` ones go.
void settle(Node& node, const Schema& at);

}  // namespace lichen::compose

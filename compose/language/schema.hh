// The one table of all keys of the compose file (schema_rows.cc) as a tree, and the check of a document against
// it. The same table says how short forms become long (canonical.hh) and how two values merge (merge.hh).
#pragma once

#include <functional>
#include <memory>

#include "compose/language/node.hh"

namespace lichen::compose {

/// How the long form is made (canonical.cc).
enum class Form : std::uint8_t {
  none,
  list,        // "a" → [a]
  filled,      // the same, without what is empty: an unset variable
  mapping,     // ["K=V", "K"] → {K: V, K: null}
  hosts,       // ["h=1.2.3.4", "h:1.2.3.4"] and {h: a} → {h: [a]}
  names,       // [a] → {a: null}
  depends_on,  // [a] → {a: {condition: service_started, required: true}}
  command,     // "a b" → [a, b]
  test,        // "a b" → [CMD-SHELL, "a b"]
  ports,
  volumes,
  devices,
  file_references,
  env_files,
  build,
  ulimit,
  extends,
  ssh,
  external,  // of a network, volume, secret or config: {external: {name: x}}
  gpus,
  includes,
};

/// How a value of a later file and that of an earlier one become one, both in long form.
enum class Merge : std::uint8_t {
  replace,
  map,      // member by member
  append,   // without what is there already
  target,   // lists of mappings whose `target` is their identity: the later one takes the earlier one's place
  ports,    // ... ip, target, published, protocol
  path,     // ... path
  subnet,   // ... subnet, merged member by member
  logging,  // member by member when the driver is the same
};

struct SchemaRow {
  std::string_view path;  // "services.*.ports[].target"
  std::string_view
      types;  // of: s string, i integer, n number, b boolean, z null, l list, m mapping; '!' = must be there
  Form form = Form::none;
  Merge merge = Merge::replace;
  std::string_view values = {};  // allowed texts "a|b", or "" = any
};
std::vector<SchemaRow> schema_rows();

struct Schema {
  SchemaRow row;
  std::vector<std::pair<std::string_view, std::unique_ptr<Schema>>> members;  // by name
  std::unique_ptr<Schema> any;                                                // members of any name
  std::unique_ptr<Schema> item;                                               // of a list

  const Schema* member(std::string_view name) const;
  bool takes(char type) const { return row.types.find(type) != std::string_view::npos; }
};

/// The root: the document's own keys.
const Schema& schema();

/// Names of services, networks, volumes, secrets, configs, models: [a-zA-Z0-9._-]+
bool is_valid_key(std::string_view name);

using Warn = std::function<void(const Spot&, std::string)>;

/// Check keys and types of a document, and turn into booleans what stands for them (with a warning for yes, no, on,
/// off).
///
/// @param interpolated  false with --no-interpolate: texts with `$` may stand for anything
/// @throws Error{invalid} unknown key (the hint names the nearest one), wrong type, value that is not allowed
void check_document(Node& document, const Sources& sources, bool interpolated, const Warn& warn);

/// Check that nothing is missing that must be there; for the merged file.
void check_required(const Node& model, const Sources& sources);

}  // namespace lichen::compose

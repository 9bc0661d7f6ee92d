#include "compose/language/canonical.hh"

#include "compose/language/command_words.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

Node integer(std::int64_t value, const Node& at) {
  Node node = make_string(std::to_string(value), at);
  node.kind = Node::Kind::integer;
  return node;
}

/// Everything of `from` that does not belong to its value: key, places, tag.
void keep_outside(Node& to, const Node& from) {
  to.key = from.key;
  to.key_spot = from.key_spot;
  to.spot = from.spot;
  to.tag = from.tag;
}

void replace_with(Node& node, Node value) {
  keep_outside(value, node);
  node = std::move(value);
}

class Canonical {
 public:
  explicit Canonical(const CanonicalContext& context) : context_(context) {}

  void walk(Node& node, const Schema& at, const std::string& path) {
    if (node.tag == Node::Tag::reset) return;
    apply(node, at, path);
    if (node.is_sequence()) {
      if (at.item)
        for (std::size_t i = 0; i < node.items.size(); ++i) walk(node.items[i], *at.item, format("{}[{}]", path, i));
      return;
    }
    if (!node.is_mapping()) return;
    for (auto& item : node.items) {
      const Schema* member = at.member(item.key);
      if (member == nullptr) member = at.any.get();
      if (member != nullptr) walk(item, *member, path.empty() ? item.key : path + "." + item.key);
    }
    if (at.row.form == Form::external) long_external(node, path);
  }

 private:
  void apply(Node& node, const Schema& at, const std::string& path) {
    switch (at.row.form) {
      case Form::none:
        return default_count(node, at);
      case Form::list:
        return to_list(node);
      case Form::filled:
        to_list(node);
        std::erase_if(node.items, [](const Node& item) { return item.is_scalar() && item.text.empty(); });
        return;
      case Form::mapping:
        return to_mapping(node);
      case Form::hosts:
        return to_hosts(node, path);
      case Form::names:
        return to_names(node);
      case Form::depends_on:
        return to_depends_on(node);
      case Form::command:
        return to_command(node, path);
      case Form::test:
        return to_test(node, path);
      case Form::ports:
        return to_ports(node, path);
      case Form::volumes:
        return each_text(node, path, long_volume);
      case Form::devices:
        return each_text(node, path, long_device);
      case Form::file_references:
        return each_member(node, "source");
      case Form::env_files:
        return to_env_files(node);
      case Form::build:
        return to_build(node);
      case Form::ulimit:
        return;
      case Form::extends:
        return wrap(node, "service");
      case Form::ssh:
        return to_mapping(node);
      case Form::external:
        return;
      case Form::gpus:
        return to_gpus(node, path);
      case Form::includes:
        return each_member(node, "path");
    }
  }

  /// Device requests without a number mean all devices.
  void default_count(Node& node, const Schema& at) {
    const bool is_request =
        at.row.path == "services.*.gpus[]" || at.row.path == "services.*.deploy.resources.reservations.devices[]";
    if (is_request && node.is_mapping() && node.find("count") == nullptr && node.find("device_ids") == nullptr)
      node.set("count", integer(-1, node));
  }

  void wrap(Node& node, std::string_view member) {
    if (!node.is_scalar() || node.is_null()) return;
    Node value = node;
    value.tag = Node::Tag::none;
    value.key_spot = {};
    Node mapping = make_mapping(node);
    mapping.set(member, std::move(value));
    replace_with(node, std::move(mapping));
  }

  void each_member(Node& node, std::string_view member) {
    if (!node.is_sequence()) return;
    for (auto& item : node.items) wrap(item, member);
  }

  template <typename LongForm>
  void each_text(Node& node, const std::string& path, LongForm long_form) {
    if (!node.is_sequence()) return;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      Node& item = node.items[i];
      if (item.is_string()) item = long_form(item, format("{}[{}]", path, i), context_);
    }
  }

  void to_list(Node& node) {
    if (!node.is_scalar() || node.is_null()) return;
    Node value = make_string(node.text, node);
    Node list = make_sequence(node);
    list.items.push_back(std::move(value));
    replace_with(node, std::move(list));
  }

  void to_mapping(Node& node) {
    if (!node.is_sequence()) return;
    Node mapping = make_mapping(node);
    mapping.items.reserve(node.items.size());
    for (const auto& item : node.items) {
      const auto pair = cut(item.text, '=');
      Node value = pair ? make_string(pair->second, item) : make_null(item);
      value.is_interpolated = item.is_interpolated;
      value.key_spot = item.spot;
      mapping.set(pair ? pair->first : item.text, std::move(value));
    }
    replace_with(node, std::move(mapping));
  }

  void to_hosts(Node& node, const std::string& path) {
    Node mapping = make_mapping(node);
    const auto add = [&](const std::string& host, const Node& address) {
      Node* list = mapping.find(host);
      if (list == nullptr) {
        list = &mapping.set(host, make_sequence(address));
        list->key_spot = address.key_spot.line != 0 ? address.key_spot : address.spot;
      }
      list->items.push_back(make_string(address.text, address));
    };
    if (node.is_sequence()) {
      for (std::size_t i = 0; i < node.items.size(); ++i) {
        const auto [host, address] = split_host(node.items[i], format("{}[{}]", path, i), context_);
        for (const auto& each : split(address, ',')) add(host, make_string(each, node.items[i]));
      }
    } else if (node.is_mapping()) {
      for (const auto& item : node.items) {
        if (item.is_sequence())
          for (const auto& address : item.items) add(item.key, address);
        else
          add(item.key, item);
      }
    } else {
      return;
    }
    replace_with(node, std::move(mapping));
  }

  void to_names(Node& node) {
    if (!node.is_sequence()) return;
    Node mapping = make_mapping(node);
    for (const auto& item : node.items) {
      Node value = make_null(item);
      value.key_spot = item.spot;
      mapping.set(item.text, std::move(value));
    }
    replace_with(node, std::move(mapping));
  }

  void to_depends_on(Node& node) {
    if (!node.is_sequence()) return;
    Node mapping = make_mapping(node);
    for (const auto& item : node.items) {
      Node value = make_mapping(item);
      value.key_spot = item.spot;
      value.set("condition", "service_started");
      mapping.set(item.text, std::move(value));
    }
    replace_with(node, std::move(mapping));
  }

  bool stays(const Node& node) const { return !context_.interpolated && node.text.find('$') != std::string::npos; }

  void to_command(Node& node, const std::string& path) {
    if (!node.is_string() || stays(node)) return;
    Node list = make_sequence(node);
    try {
      const auto split = command_words(node.text);
      for (const auto& word : split.words) list.items.push_back(make_string(word, node));
      if (!split.left_out.empty()) warn_of_operator(node, path, split.left_out);
    } catch (const Error& error) {
      context_.sources.fail(node.spot, path, error.what());
    }
    replace_with(node, std::move(list));
  }

  void warn_of_operator(const Node& node, const std::string& path, std::string_view left_out) {
    const auto line = trim(left_out.substr(0, left_out.find('\n')));
    context_.warn(node.spot,
                  format("{}: no shell reads this, so what starts with '{}' is left out, as docker compose does; "
                         "for a shell write sh -c '...'",
                         path, line.substr(0, line.find(' '))));
  }

  void to_test(Node& node, const std::string& path) {
    if (node.is_string()) {
      Node list = make_sequence(node);
      list.items.push_back(make_string("CMD-SHELL", node));
      list.items.push_back(make_string(node.text, node));
      replace_with(node, std::move(list));
    }
    if (!node.is_sequence() || node.items.empty() || stays(node.items[0])) return;
    const std::string& kind = node.items[0].text;
    if (kind != "NONE" && kind != "CMD" && kind != "CMD-SHELL")
      context_.sources.fail(node.items[0].spot, path,
                            format("the list must start with NONE, CMD or CMD-SHELL, not '{}'", kind));
  }

  void to_ports(Node& node, const std::string& path) {
    if (!node.is_sequence()) return;
    std::vector<Node> ports;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      Node& item = node.items[i];
      if (!item.is_scalar()) {
        ports.push_back(std::move(item));
        continue;
      }
      for (auto& port : long_ports(item, format("{}[{}]", path, i), context_)) ports.push_back(std::move(port));
    }
    for (auto& port : ports) {
      if (!port.is_mapping()) continue;
      if (port.find("mode") == nullptr) port.set("mode", "ingress");
      if (port.find("protocol") == nullptr) port.set("protocol", "tcp");
    }
    node.items = std::move(ports);
  }

  void to_env_files(Node& node) {
    to_list(node);
    each_member(node, "path");
    for (auto& item : node.items)
      if (item.is_mapping() && item.find("required") == nullptr) item.set("required", make_boolean(true, item));
  }

  void to_build(Node& node) { wrap(node, "context"); }

  void to_gpus(Node& node, const std::string& path) {
    if (!node.is_string() || stays(node)) return;
    if (node.text != "all")
      context_.sources.fail(node.spot, path, format("this must be all or a list, not '{}'", node.text));
    Node request = make_mapping(node);
    request.set("count", integer(-1, node));
    Node list = make_sequence(node);
    list.items.push_back(std::move(request));
    replace_with(node, std::move(list));
  }

  /// `external: {name: x}` of old files is `external: true` and `name: x`.
  void long_external(Node& node, const std::string& path) {
    Node* external = node.find("external");
    if (external == nullptr || !external->is_mapping()) return;
    const Node* inner = external->find("name");
    Node name = inner != nullptr ? *inner : make_null(node);
    const Node* outer = node.find("name");
    if (inner != nullptr && outer != nullptr && outer->text != inner->text)
      context_.sources.fail(inner->spot, path,
                            format("'name' and 'external.name' differ: '{}' and '{}'", outer->text, inner->text));
    if (inner != nullptr)
      context_.warn(inner->spot, format("{}: 'external.name' is deprecated, write 'external: true' and 'name: {}'",
                                        path, inner->text));
    replace_with(*external, make_boolean(true, *external));
    if (inner != nullptr) node.set("name", std::move(name));
  }

  const CanonicalContext& context_;
};

}  // namespace

void make_canonical(Node& document, const CanonicalContext& context) {
  Canonical(context).walk(document, schema(), {});
}

}  // namespace lichen::compose

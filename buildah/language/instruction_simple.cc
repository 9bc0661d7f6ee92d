// Instructions of one list or one value, and FROM, HEALTHCHECK and ONBUILD.
#include <algorithm>

#include "buildah/language/instruction.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

void no_flags(const LineParts& parts) { Flags(parts).finish(); }

void need_arguments(const LineParts& parts, std::string_view what) {
  if (parts.arguments.empty()) parts.fail_arguments(format("{} needs {}", parts.keyword, what));
}

Word whole(const LineParts& parts, std::string_view what) {
  no_flags(parts);
  need_arguments(parts, what);
  return {std::string(parts.arguments), parts.line.position_at(parts.arguments_offset)};
}

// KEY=VALUE..., or KEY VALUE, whose value is the rest of the line.
std::vector<KeyValue> pairs_of(const LineParts& parts, bool& is_legacy) {
  no_flags(parts);
  need_arguments(parts, "NAME=VALUE");
  std::vector<KeyValue> pairs;
  const auto tokens = split_quoted(parts.arguments, parts.arguments_offset, parts.escape);
  if (tokens.empty()) parts.fail_arguments(format("{} needs NAME=VALUE", parts.keyword));
  if (tokens[0].text.find('=') == std::string::npos) {
    const auto end = parts.arguments.find_first_of(kBlanks);
    if (end == std::string_view::npos)
      parts.fail_arguments(format("{} needs a name and a value", parts.keyword),
                           format("write {} {}=VALUE", parts.keyword, printable(tokens[0].text.substr(0, 64))));
    const auto value = parts.arguments.find_first_not_of(kBlanks, end);
    is_legacy = true;
    pairs.push_back(
        {{std::string(parts.arguments.substr(0, end)), parts.line.position_at(parts.arguments_offset)},
         {std::string(parts.arguments.substr(value)), parts.line.position_at(parts.arguments_offset + value)}});
    return pairs;
  }
  for (const auto& token : tokens) {
    const auto equals = token.text.find('=');
    if (equals == std::string::npos)
      parts.fail(token.offset, format("'{}' has no '='", printable(token.text.substr(0, 64))),
                 "write NAME=VALUE; a value with blanks needs quotes");
    if (equals == 0) parts.fail(token.offset, "the name is empty");
    pairs.push_back({{token.text.substr(0, equals), parts.line.position_at(token.offset)},
                     {token.text.substr(equals + 1), parts.line.position_at(token.offset + equals + 1)}});
  }
  return pairs;
}

Arg arg_of(const LineParts& parts) {
  no_flags(parts);
  need_arguments(parts, "a name");
  Arg arg;
  for (const auto& token : split_quoted(parts.arguments, parts.arguments_offset, parts.escape)) {
    const auto equals = token.text.find('=');
    if (equals == 0) parts.fail(token.offset, "the name is empty");
    ArgPair pair{{token.text.substr(0, equals), parts.line.position_at(token.offset)}, std::nullopt};
    if (equals != std::string::npos)
      pair.value = Word{token.text.substr(equals + 1), parts.line.position_at(token.offset + equals + 1)};
    arg.pairs.push_back(std::move(pair));
  }
  return arg;
}

// `CMD` alone is CMD [].
Command command_or_nothing(const LineParts& parts) {
  no_flags(parts);
  if (parts.arguments.empty()) return {};
  return command_of(parts, parts.arguments, parts.arguments_offset);
}

Shell shell_of(const LineParts& parts) {
  no_flags(parts);
  auto array = json_array(parts.arguments);
  if (array.kind != JsonArray::Kind::strings || array.items.empty())
    parts.fail_arguments("SHELL needs a JSON array of strings", "write SHELL [\"/bin/sh\", \"-c\"]");
  return {std::move(array.items)};
}

Expose expose_of(const LineParts& parts) {
  no_flags(parts);
  need_arguments(parts, "a port");
  Expose expose;
  for (const auto& token : split_blanks(parts.arguments, parts.arguments_offset))
    expose.ports.push_back(parts.word(token));
  return expose;
}

Volume volume_of(const LineParts& parts) {
  no_flags(parts);
  auto paths = list_of(parts);
  if (paths.empty()) parts.fail_arguments("VOLUME needs a path");
  for (auto& path : paths) {
    path.text = trim(path.text);
    if (path.text.empty()) fail_at(parts.source, path.position, "the path of a volume is empty");
  }
  return {std::move(paths)};
}

bool is_stage_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool is_letter = c >= 'a' && c <= 'z';
    if (!is_letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))) return false;
  }
  return !name.empty();
}

// Zero and nothing are the engine's default; below a millisecond docker refuses.
std::int64_t duration_of(const LineParts& parts, const std::optional<Word>& value, std::string_view name) {
  if (!value || value->text.empty()) return 0;
  const auto duration = parse_duration(value->text);
  if (!duration)
    fail_at(parts.source, value->position,
            format("--{}: '{}' is not a duration", name, printable(value->text.substr(0, 64))),
            "write a number with a unit, such as 30s or 1m30s");
  if (duration->count() != 0 && *duration < std::chrono::milliseconds(1))
    fail_at(parts.source, value->position, format("--{} is at least 1ms", name));
  return duration->count();
}

}  // namespace

Body parse_from(const LineParts& parts) {
  Flags flags(parts);
  From from;
  from.platform = flags.text("platform");
  for (auto& stage : flags.texts("after")) from.after.push_back(std::move(stage.text));
  flags.finish();
  const auto tokens = split_blanks(parts.arguments, parts.arguments_offset);
  if (tokens.empty()) parts.fail_arguments("FROM needs an image", "write FROM IMAGE [AS NAME]");
  if (tokens.size() == 2 && iequals(tokens[1].text, "as"))
    parts.fail(tokens[1].offset, "AS needs a name", "write FROM IMAGE AS NAME");
  if (tokens.size() > 1 && (tokens.size() != 3 || !iequals(tokens[1].text, "as")))
    parts.fail(tokens[tokens.size() > 3 && iequals(tokens[1].text, "as") ? 3 : 1].offset,
               "FROM takes an image and perhaps AS with a name", "write FROM IMAGE [AS NAME]");
  from.image = parts.word(tokens[0]);
  if (tokens.size() == 1) return from;
  from.as_keyword = tokens[1].text;
  from.name_as_written = tokens[2].text;
  from.name = to_lower(tokens[2].text);
  if (!is_stage_name(from.name))
    parts.fail(tokens[2].offset, format("'{}' cannot name a stage", printable(tokens[2].text.substr(0, 64))),
               "a name begins with a letter and has letters, digits, '-', '_' and '.'");
  return from;
}

Body parse_healthcheck(const LineParts& parts) {
  Flags flags(parts);
  Healthcheck check;
  check.interval = duration_of(parts, flags.text("interval"), "interval");
  check.timeout = duration_of(parts, flags.text("timeout"), "timeout");
  check.start_period = duration_of(parts, flags.text("start-period"), "start-period");
  check.start_interval = duration_of(parts, flags.text("start-interval"), "start-interval");
  if (const auto retries = flags.text("retries"); retries && !retries->text.empty()) {
    const auto number = parse_uint(retries->text);
    if (!number || *number > 0x7fffffff)
      fail_at(parts.source, retries->position,
              format("--retries: '{}' is not a number", printable(retries->text.substr(0, 64))));
    check.retries = static_cast<std::int64_t>(*number);
  }
  flags.finish();
  const auto end = std::min(parts.arguments.find_first_of(kBlanks), parts.arguments.size());
  const auto form = to_upper(parts.arguments.substr(0, end));
  const auto at = std::min(parts.arguments.find_first_not_of(kBlanks, end), parts.arguments.size());
  const auto rest = parts.arguments.substr(at);
  const auto rest_offset = parts.arguments_offset + at;
  if (form == "NONE") {
    if (!rest.empty()) parts.fail(rest_offset, "nothing can follow HEALTHCHECK NONE");
    check.is_none = true;
  } else if (form == "CMD") {
    if (rest.empty()) parts.fail(rest_offset, "HEALTHCHECK CMD needs a command");
    check.command = command_of(parts, rest, rest_offset);
    if (check.command.args.empty()) parts.fail(rest_offset, "HEALTHCHECK CMD needs a command");
  } else {
    parts.fail_arguments("HEALTHCHECK is followed by CMD or NONE", "write HEALTHCHECK [--interval=30s] CMD COMMAND");
  }
  return check;
}

Body parse_onbuild(const LineParts& parts) {
  no_flags(parts);
  if (parts.arguments.empty()) parts.fail_arguments("ONBUILD needs an instruction");
  auto inner = split_line(parts.source, parts.line, parts.escape, parts.arguments_offset);
  if (inner.keyword == "ONBUILD" || inner.keyword == "FROM" || inner.keyword == "MAINTAINER")
    parts.fail(inner.keyword_offset, format("{} cannot follow ONBUILD", inner.keyword));
  inner.heredocs = parts.heredocs;
  parse_body(inner);  // a mistake is told now, not to whoever builds on the image
  Onbuild onbuild{std::string(parts.arguments), inner.keyword};
  for (const auto& heredoc : parts.heredocs) onbuild.text += "\n" + heredoc.raw + heredoc.start.name;
  return onbuild;
}

std::optional<Body> parse_simple(const LineParts& parts) {
  const auto& keyword = parts.keyword;
  if (keyword == "ENV") {
    Env env;
    env.pairs = pairs_of(parts, env.is_legacy);
    return env;
  }
  if (keyword == "LABEL") {
    Label label;
    label.pairs = pairs_of(parts, label.is_legacy);
    return label;
  }
  if (keyword == "ARG") return arg_of(parts);
  if (keyword == "CMD") return Cmd{command_or_nothing(parts)};
  if (keyword == "ENTRYPOINT") return Entrypoint{command_or_nothing(parts)};
  if (keyword == "SHELL") return shell_of(parts);
  if (keyword == "EXPOSE") return expose_of(parts);
  if (keyword == "VOLUME") return volume_of(parts);
  if (keyword == "USER") return User{whole(parts, "a user")};
  if (keyword == "WORKDIR") return Workdir{whole(parts, "a path")};
  if (keyword == "STOPSIGNAL") return Stopsignal{whole(parts, "a signal")};
  if (keyword == "MAINTAINER") return Maintainer{whole(parts, "a name").text};
  return std::nullopt;
}

}  // namespace lichen::language

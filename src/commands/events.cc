// events: what happens, as it happens or from the past.
#include "libpod/engine/events.hh"
#include "libpod/engine/event_reader.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {

int events_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::EventQuery query;
  query.on_damaged = report_damaged("event file");
  query.since = time_option(args, "since");
  query.until = time_option(args, "until");
  query.filters = args.get_list("filter");
  query.follow = args.get_bool("stream") && !args.get_bool("no-stream");
  // Without either there would be nothing to show: podman prints all there is.
  if (!query.follow && !query.since) query.since = Timestamp{};
  const std::string format_text = args.get_string("format");
  const bool no_trunc = args.get_bool("no-trunc");
  engine::read_events(*engine, query, [&](const Json& event) {
    write_out(format_text.empty() ? engine::event_text(event, no_trunc) + "\n" : render_object(event, format_text));
    return true;
  });
  return 0;
}

}  // namespace lichen::cli

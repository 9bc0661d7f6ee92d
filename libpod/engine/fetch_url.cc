#include "libpod/engine/fetch_url.hh"

#include "libpod/engine/image_program.hh"

namespace lichen::engine {

wire::FetchAnswer fetch_url(Engine& engine, const wire::FetchOrder& order, std::optional<bool> tls_verify, bool quiet) {
  auto request = image_request(engine);
  request.config = dump_json(wire::to_json(order));
  request.tls_verify = tls_verify;
  request.quiet = quiet;
  return wire::fetch_answer_from_json(run_image_program(engine, "fetch", request).documents.at(0));
}

}  // namespace lichen::engine

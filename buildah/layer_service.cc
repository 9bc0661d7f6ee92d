#include "buildah/layer_service.hh"

#include "libpod/base/error.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {

LayerService::LayerService(engine::Engine& engine, sys::EventLoop& loop, std::function<void(const LayerPtr&)> done,
                           std::function<void(const Error&)> failed)
    : engine_(engine), loop_(loop), done_(std::move(done)), failed_(std::move(failed)) {}

LayerService::~LayerService() { loop_.forget(watch_); }

void LayerService::start() {
  if (process_) return;
  auto service = engine::start_image_program(engine_, "layers", engine::image_request(engine_));
  process_ = std::move(service.process);
  orders_ = std::move(service.input);
  answers_ = std::move(service.output);
  sys::set_nonblocking(answers_.get(), true);
  watch_ = loop_.watch(answers_.get(), EPOLLIN, [this](std::uint32_t) { read_answers(); });
}

void LayerService::order(const LayerPtr& layer, const LayerPtr& parent, std::optional<std::int64_t> latest_time) {
  start();
  wire::LayerOrder order;
  order.number = layer->order = ++last_number_;
  order.directory = layer->staging->path();
  order.created = layer->created;
  order.latest_time = latest_time;
  if (parent != nullptr && parent->chain_id.empty())
    order.parent_number = parent->order;
  else if (parent != nullptr)
    order.parent = parent->chain_id;
  pending_[order.number] = layer;
  sys::write_all(orders_.get(), dump_json(wire::to_json(order)) + "\n", "lichen-image");
}

void LayerService::read_answers() {
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(answers_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // all that is there
    if (count == 0) return fail(Error(ErrorKind::internal, "lichen-image ended before all layers were published"));
    partial_.append(buffer, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = partial_.find('\n')) != std::string::npos;) {
      const std::string line = partial_.substr(0, end);
      partial_.erase(0, end + 1);
      try {
        take(wire::layer_answer_from_json(parse_json(line, "answer of lichen-image")));
      } catch (const Error& error) {
        return fail(error);
      }
    }
  }
}

void LayerService::take(const wire::LayerAnswer& answer) {
  auto node = pending_.extract(answer.number);
  if (node.empty()) return;
  if (answer.error) wire::throw_service_error(*answer.error);
  const LayerPtr layer = std::move(node.mapped());
  layer->chain_id = answer.chain_id;
  layer->diff_id = Digest::parse(answer.diff_id).value_or(Digest());
  layer->tar_size = answer.tar_size;
  if (!answer.was_there) layer->lock = layer->staging->release();
  done_(layer);
}

void LayerService::fail(const Error& error) {
  loop_.forget(watch_);
  pending_.clear();
  failed_(error);
}

}  // namespace lichen::buildah

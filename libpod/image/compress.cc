#include "libpod/image/compress.hh"

#include "libpod/base/error.hh"

#include <isa-l/igzip_lib.h>

namespace lichen::image {
namespace {

// ISA-L's middle level: half as large again as zlib's default is slow, at a few hundred MB/s.
constexpr std::uint32_t kLevel = 2;
constexpr std::size_t kOut = 256u << 10;

}  // namespace

struct GzipWriter::State {
  isal_zstream stream{};
  std::vector<std::uint8_t> level_buffer = std::vector<std::uint8_t>(ISAL_DEF_LVL2_DEFAULT);
  std::vector<std::uint8_t> out = std::vector<std::uint8_t>(kOut);
};

GzipWriter::GzipWriter(ByteSink out) : state_(std::make_unique<State>()), out_(std::move(out)) {
  isal_deflate_init(&state_->stream);
  state_->stream.level = kLevel;
  state_->stream.level_buf = state_->level_buffer.data();
  state_->stream.level_buf_size = static_cast<std::uint32_t>(state_->level_buffer.size());
  state_->stream.gzip_flag = IGZIP_GZIP;
}

GzipWriter::~GzipWriter() = default;

void GzipWriter::run(Bytes data, bool end) {
  isal_zstream& stream = state_->stream;
  stream.next_in = const_cast<std::uint8_t*>(data.data());
  stream.avail_in = static_cast<std::uint32_t>(data.size());
  stream.end_of_stream = end ? 1 : 0;
  do {
    stream.next_out = state_->out.data();
    stream.avail_out = static_cast<std::uint32_t>(state_->out.size());
    if (isal_deflate(&stream) != COMP_OK) throw_error(ErrorKind::internal, "compress a layer");
    out_(Bytes(state_->out.data(), state_->out.size() - stream.avail_out));
  } while (stream.avail_out == 0 || stream.avail_in > 0);
}

void GzipWriter::write(Bytes data) {
  constexpr std::size_t kPiece = 1u << 30;  // avail_in has 32 bits
  for (; !data.empty(); data = data.subspan(std::min(kPiece, data.size())))
    run(data.first(std::min(kPiece, data.size())), false);
}

void GzipWriter::finish() {
  while (state_->stream.internal_state.state != ZSTATE_END) run({}, true);
}

}  // namespace lichen::image

#include "libpod/image/compress.hh"

#include <algorithm>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"

#include <isa-l/igzip_lib.h>
#include <zlib.h>
#include <zstd.h>

namespace lichen::image {
namespace {

// ISA-L's middle level: half as large again as zlib's default is slow, at a few hundred MB/s.
constexpr std::uint32_t kLevel = 2;
constexpr int kZstdLevel = 3;
constexpr std::size_t kOut = 256u << 10;
constexpr std::size_t kPiece = 1u << 30;  // the counts of zlib and ISA-L have 32 bits

class FastGzip : public Packer {
 public:
  explicit FastGzip(ByteSink out) : out_(std::move(out)) {
    isal_deflate_init(&stream_);
    stream_.level = kLevel;
    stream_.level_buf = level_buffer_.data();
    stream_.level_buf_size = static_cast<std::uint32_t>(level_buffer_.size());
    stream_.gzip_flag = IGZIP_GZIP;
  }
  FastGzip(const FastGzip&) = delete;
  FastGzip& operator=(const FastGzip&) = delete;

  void write(Bytes data) override {
    for (; !data.empty(); data = data.subspan(std::min(kPiece, data.size())))
      run(data.first(std::min(kPiece, data.size())), false);
  }
  void finish() override {
    while (stream_.internal_state.state != ZSTATE_END) run({}, true);
  }

 private:
  void run(Bytes data, bool end) {
    stream_.next_in = const_cast<std::uint8_t*>(data.data());
    stream_.avail_in = static_cast<std::uint32_t>(data.size());
    stream_.end_of_stream = end ? 1 : 0;
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<std::uint32_t>(buffer_.size());
      if (isal_deflate(&stream_) != COMP_OK) throw_error(ErrorKind::internal, "compress a layer");
      out_(Bytes(buffer_.data(), buffer_.size() - stream_.avail_out));
    } while (stream_.avail_out == 0 || stream_.avail_in > 0);
  }

  isal_zstream stream_{};
  std::vector<std::uint8_t> level_buffer_ = std::vector<std::uint8_t>(ISAL_DEF_LVL2_DEFAULT);
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kOut);
  ByteSink out_;
};

// Levels as everybody knows them: zlib's own.
class ZlibGzip : public Packer {
 public:
  ZlibGzip(ByteSink out, int level) : out_(std::move(out)) {
    constexpr int kGzipHeader = 16, kMemory = 8;
    if (::deflateInit2(&stream_, level, Z_DEFLATED, MAX_WBITS + kGzipHeader, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
      throw_error(ErrorKind::system, "start zlib");
  }
  ~ZlibGzip() override { ::deflateEnd(&stream_); }
  ZlibGzip(const ZlibGzip&) = delete;
  ZlibGzip& operator=(const ZlibGzip&) = delete;

  void write(Bytes data) override {
    for (; !data.empty(); data = data.subspan(std::min(kPiece, data.size())))
      run(data.first(std::min(kPiece, data.size())), Z_NO_FLUSH);
  }
  void finish() override { run({}, Z_FINISH); }

 private:
  void run(Bytes data, int flush) {
    stream_.next_in = const_cast<Bytef*>(data.data());
    stream_.avail_in = static_cast<uInt>(data.size());
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      if (::deflate(&stream_, flush) == Z_STREAM_ERROR) throw_error(ErrorKind::internal, "compress a layer");
      out_(Bytes(buffer_.data(), buffer_.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kOut);
  ByteSink out_;
};

class Zstd : public Packer {
 public:
  Zstd(ByteSink out, int level) : context_(::ZSTD_createCCtx()), out_(std::move(out)) {
    if (context_ == nullptr) throw_error(ErrorKind::system, "start zstd");
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    ::ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~Zstd() override { ::ZSTD_freeCCtx(context_); }
  Zstd(const Zstd&) = delete;
  Zstd& operator=(const Zstd&) = delete;

  void write(Bytes data) override { run(data, ZSTD_e_continue); }
  void finish() override { run({}, ZSTD_e_end); }

 private:
  void run(Bytes data, ZSTD_EndDirective what) {
    ZSTD_inBuffer in{data.data(), data.size(), 0};
    for (bool more = true; more;) {
      ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
      const std::size_t left = ::ZSTD_compressStream2(context_, &out, &in, what);
      if (::ZSTD_isError(left) != 0)
        throw_error(ErrorKind::internal, "compress a layer: {}", ::ZSTD_getErrorName(left));
      if (out.pos > 0) out_(Bytes(buffer_.data(), out.pos));
      more = what == ZSTD_e_end ? left > 0 : in.pos < in.size;
    }
  }

  ZSTD_CCtx* context_;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kOut);
  ByteSink out_;
};

}  // namespace

Packing parse_packing(const std::string& name, std::optional<int> level) {
  Packing packing;
  packing.level = level;
  if (name == "zstd")
    packing.kind = PackKind::zstd;
  else if (!name.empty() && name != "gzip")
    throw Error(ErrorKind::usage, format("--compression-format '{}': lichen cannot write it", printable(name)))
        .with_hint("gzip or zstd");
  const int lowest = 1, highest = packing.kind == PackKind::zstd ? 20 : 9;
  if (level && (*level < lowest || *level > highest))
    throw_error(ErrorKind::usage, "--compression-level {}: {} knows {} to {}", *level, packing.suffix(), lowest,
                highest);
  return packing;
}

std::unique_ptr<Packer> make_packer(const Packing& packing, ByteSink out) {
  if (packing.kind == PackKind::zstd) return std::make_unique<Zstd>(std::move(out), packing.level.value_or(kZstdLevel));
  if (packing.level) return std::make_unique<ZlibGzip>(std::move(out), *packing.level);
  return std::make_unique<FastGzip>(std::move(out));
}

}  // namespace lichen::image

#include "libpod/image/inflate.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/image/limits.hh"

#include <archive.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

namespace lichen::image {
namespace {

constexpr std::size_t kOutput = 1u << 20;

class Decoder : public ByteSource {
 public:
  explicit Decoder(ByteSource& source) : source_(source), output_(kOutput) {}
  Bytes peek() override {
    while (begin_ == end_ && !done_) {
      begin_ = end_ = 0;
      end_ = decode(output_);
    }
    return Bytes(output_).subspan(begin_, end_ - begin_);
  }
  void consume(std::size_t count) override { begin_ += count; }

 protected:
  /// Fill the buffer as far as the input goes; sets done_ at the end. @return bytes
  virtual std::size_t decode(std::span<std::uint8_t> output) = 0;

  ByteSource& source_;
  bool done_ = false;

 private:
  std::vector<std::uint8_t> output_;
  std::size_t begin_ = 0, end_ = 0;
};

class GzipDecoder : public Decoder {
 public:
  explicit GzipDecoder(ByteSource& source) : Decoder(source), state_(std::make_unique<inflate_state>()) { start(); }

 private:
  void start() {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }
  std::size_t decode(std::span<std::uint8_t> output) override {
    std::size_t filled = 0;
    while (filled < output.size()) {
      const Bytes next = source_.peek();
      if (next.empty() && state_->block_state == ISAL_BLOCK_NEW_HDR && members_ > 0 && !inside_) {
        done_ = true;
        return filled;
      }
      state_->next_in = const_cast<std::uint8_t*>(next.data());
      state_->avail_in = static_cast<std::uint32_t>(next.size());
      state_->next_out = output.data() + filled;
      state_->avail_out = static_cast<std::uint32_t>(output.size() - filled);
      const int result = isal_inflate(state_.get());
      if (result != ISAL_DECOMP_OK) throw_error(ErrorKind::invalid, "gzip data is damaged (code {})", result);
      const std::size_t used = next.size() - state_->avail_in;
      const std::size_t made = output.size() - filled - state_->avail_out;
      source_.consume(used);
      filled += made;
      inside_ = true;
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        ++members_;
        inside_ = false;
        start();
      } else if (next.empty() && made == 0) {
        throw_error(ErrorKind::invalid, "gzip data ends too early");
      }
    }
    return filled;
  }

  std::unique_ptr<inflate_state> state_;
  std::uint64_t members_ = 0;
  bool inside_ = false;
};

class ZstdDecoder : public Decoder {
 public:
  explicit ZstdDecoder(ByteSource& source) : Decoder(source), context_(ZSTD_createDCtx()) {
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLog);
  }
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

 private:
  std::size_t decode(std::span<std::uint8_t> output) override {
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    while (out.pos < out.size) {
      const Bytes next = source_.peek();
      if (next.empty() && !inside_) {
        done_ = true;
        break;
      }
      ZSTD_inBuffer in{next.data(), next.size(), 0};
      const std::size_t before = out.pos;
      const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
      if (ZSTD_isError(left) != 0) throw_error(ErrorKind::invalid, "zstd data: {}", ZSTD_getErrorName(left));
      source_.consume(in.pos);
      inside_ = left != 0;
      if (next.empty() && out.pos == before) throw_error(ErrorKind::invalid, "zstd data ends too early");
    }
    return out.pos;
  }

  ZSTD_DCtx* context_;
  bool inside_ = true;
};

class ArchiveDecoder : public Decoder {
 public:
  ArchiveDecoder(ByteSource& source, Compression kind) : Decoder(source), archive_(archive_read_new()) {
    archive_read_support_format_raw(archive_);
    if (kind == Compression::xz)
      archive_read_support_filter_xz(archive_);
    else
      archive_read_support_filter_bzip2(archive_);
    archive_entry* entry = nullptr;
    if (archive_read_open2(archive_, this, nullptr, read_callback, nullptr, nullptr) != ARCHIVE_OK ||
        archive_read_next_header(archive_, &entry) != ARCHIVE_OK)
      fail();
  }
  ~ArchiveDecoder() override { archive_read_free(archive_); }

 private:
  [[noreturn]] void fail() {
    if (error_) std::rethrow_exception(error_);
    const char* why = archive_error_string(archive_);
    throw_error(ErrorKind::invalid, "compressed data: {}", why == nullptr ? "it is damaged" : why);
  }
  static la_ssize_t read_callback(archive*, void* self, const void** data) {
    auto& decoder = *static_cast<ArchiveDecoder*>(self);
    try {
      decoder.source_.consume(std::exchange(decoder.given_, 0));
      const Bytes next = decoder.source_.peek();
      *data = next.data();
      decoder.given_ = next.size();
      return static_cast<la_ssize_t>(next.size());
    } catch (...) {
      decoder.error_ = std::current_exception();  // not through C frames
      return -1;
    }
  }
  std::size_t decode(std::span<std::uint8_t> output) override {
    const la_ssize_t count = archive_read_data(archive_, output.data(), output.size());
    if (count < 0) fail();
    done_ = count == 0;
    return static_cast<std::size_t>(count);
  }

  archive* archive_;
  std::size_t given_ = 0;
  std::exception_ptr error_;
};

class PassThrough : public ByteSource {
 public:
  explicit PassThrough(ByteSource& source) : source_(source) {}
  Bytes peek() override { return source_.peek(); }
  void consume(std::size_t count) override { source_.consume(count); }

 private:
  ByteSource& source_;
};

}  // namespace

Compression detect_compression(Bytes start) {
  const auto begins = [&](std::initializer_list<int> magic) {
    return start.size() >= magic.size() &&
           std::equal(magic.begin(), magic.end(), start.begin(), [](int a, std::uint8_t b) { return a == b; });
  };
  if (begins({0x1f, 0x8b, 0x08})) return Compression::gzip;
  if (begins({0x28, 0xb5, 0x2f, 0xfd})) return Compression::zstd;
  // A skippable frame may come first (RFC 8878 section 3.1.2).
  if (start.size() >= 4 && (start[0] & 0xf0) == 0x50 && start[1] == 0x2a && start[2] == 0x4d && start[3] == 0x18)
    return Compression::zstd;
  if (begins({0xfd, '7', 'z', 'X', 'Z', 0x00})) return Compression::xz;
  if (begins({'B', 'Z', 'h'})) return Compression::bzip2;
  return Compression::none;
}

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::none:
      return "none";
    case Compression::gzip:
      return "gzip";
    case Compression::zstd:
      return "zstd";
    case Compression::bzip2:
      return "bzip2";
    case Compression::xz:
      return "xz";
  }
  return "unknown";
}

std::unique_ptr<ByteSource> decompress(ByteSource& source, Allowed allowed) {
  const Compression kind = detect_compression(source.peek());
  switch (kind) {
    case Compression::none:
      return std::make_unique<PassThrough>(source);
    case Compression::gzip:
      return std::make_unique<GzipDecoder>(source);
    case Compression::zstd:
      return std::make_unique<ZstdDecoder>(source);
    case Compression::bzip2:
    case Compression::xz:
      break;
  }
  if (allowed == Allowed::layers) throw_error(ErrorKind::unsupported, "a layer compressed with {}", to_string(kind));
  return std::make_unique<ArchiveDecoder>(source, kind);
}

}  // namespace lichen::image

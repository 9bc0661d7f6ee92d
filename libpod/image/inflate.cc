#include "libpod/image/inflate.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/image/archive_feed.hh"
#include "libpod/image/limits.hh"

#include <archive.h>
#include <isa-l/igzip_lib.h>
#include <lzma.h>
#include <zstd.h>

namespace lichen::image {
namespace {

constexpr std::size_t kOutput = 1u << 20;

// Says how much of the compressed bytes was used.
class CountedSource : public ByteSource {
 public:
  explicit CountedSource(ByteSource& source) : source_(source) {}
  Bytes peek() override { return source_.peek(); }
  void consume(std::size_t count) override {
    source_.consume(count);
    used_ += count;
  }
  std::uint64_t used() const { return used_; }

 private:
  ByteSource& source_;
  std::uint64_t used_ = 0;
};

class Decoder : public ByteSource {
 public:
  Decoder(ByteSource& source, std::uint64_t size) : source_(source), size_(size), output_(kOutput) {}
  Bytes peek() override {
    while (begin_ == end_ && !done_) {
      begin_ = end_ = 0;
      end_ = decode(output_);
      made_ += end_;
      check_ratio();
    }
    return Bytes(output_).subspan(begin_, end_ - begin_);
  }
  void consume(std::size_t count) override { begin_ += count; }

 protected:
  /// Fill the buffer as far as the input goes; sets done_ at the end. @return bytes
  virtual std::size_t decode(std::span<std::uint8_t> output) = 0;

  CountedSource source_;
  bool done_ = false;

 private:
  // Here and not only where files are written: padding, skipped entries and members that nobody wants cost time, too.
  void check_ratio() const {
    if (made_ <= kRatioFloor || made_ / kMaxRatio <= std::max(size_, source_.used())) return;
    throw_error(ErrorKind::invalid, "it unpacks to more than {} times its size", kMaxRatio);
  }

  std::uint64_t size_, made_ = 0;
  std::vector<std::uint8_t> output_;
  std::size_t begin_ = 0, end_ = 0;
};

class GzipDecoder : public Decoder {
 public:
  GzipDecoder(ByteSource& source, std::uint64_t size)
      : Decoder(source, size), state_(std::make_unique<inflate_state>()) {
    start();
  }

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
  ZstdDecoder(ByteSource& source, std::uint64_t size) : Decoder(source, size), context_(ZSTD_createDCtx()) {
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

// liblzma itself: libarchive's filter grants whatever dictionary a stream asks for, up to 4 GiB.
class XzDecoder : public Decoder {
 public:
  XzDecoder(ByteSource& source, std::uint64_t size) : Decoder(source, size) {
    if (lzma_stream_decoder(&state_, kXzMemory, LZMA_CONCATENATED) != LZMA_OK)
      throw_error(ErrorKind::system, "start the xz decoder");
  }
  ~XzDecoder() override { lzma_end(&state_); }

 private:
  std::size_t decode(std::span<std::uint8_t> output) override {
    state_.next_out = output.data();
    state_.avail_out = output.size();
    while (state_.avail_out > 0 && !done_) {
      const Bytes next = source_.peek();
      state_.next_in = next.data();
      state_.avail_in = next.size();
      const lzma_ret result = lzma_code(&state_, next.empty() ? LZMA_FINISH : LZMA_RUN);
      source_.consume(next.size() - state_.avail_in);
      if (result == LZMA_MEMLIMIT_ERROR)
        throw_error(ErrorKind::unsupported, "xz data: it asks for more memory than the {} MiB allowed",
                    kXzMemory >> 20);
      if (result != LZMA_OK && result != LZMA_STREAM_END)
        throw_error(ErrorKind::invalid, "xz data is damaged or ends too early (code {})", static_cast<int>(result));
      done_ = result == LZMA_STREAM_END;
    }
    return output.size() - state_.avail_out;
  }

  lzma_stream state_ = LZMA_STREAM_INIT;
};

class Bzip2Decoder : public Decoder {
 public:
  Bzip2Decoder(ByteSource& source, std::uint64_t size)
      : Decoder(source, size), feed_(source_), archive_(archive_read_new()) {
    archive_read_support_format_raw(archive_.get());
    archive_read_support_filter_bzip2(archive_.get());
    archive_entry* entry = nullptr;
    if (feed_.open(archive_.get()) != ARCHIVE_OK || archive_read_next_header(archive_.get(), &entry) != ARCHIVE_OK)
      fail();
  }

 private:
  struct Free {
    void operator()(archive* handle) const { archive_read_free(handle); }
  };

  [[noreturn]] void fail() {
    feed_.rethrow();
    const char* why = archive_error_string(archive_.get());
    throw_error(ErrorKind::invalid, "compressed data: {}", why == nullptr ? "it is damaged" : why);
  }
  std::size_t decode(std::span<std::uint8_t> output) override {
    const la_ssize_t count = archive_read_data(archive_.get(), output.data(), output.size());
    if (count < 0) fail();
    done_ = count == 0;
    return static_cast<std::size_t>(count);
  }

  ArchiveFeed feed_;
  std::unique_ptr<archive, Free> archive_;  // freed also when the constructor throws
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

std::unique_ptr<ByteSource> decompress(ByteSource& source, Allowed allowed, std::uint64_t size) {
  const Compression kind = detect_compression(source.peek());
  switch (kind) {
    case Compression::none:
      return std::make_unique<PassThrough>(source);
    case Compression::gzip:
      return std::make_unique<GzipDecoder>(source, size);
    case Compression::zstd:
      return std::make_unique<ZstdDecoder>(source, size);
    case Compression::bzip2:
    case Compression::xz:
      break;
  }
  if (allowed == Allowed::layers) throw_error(ErrorKind::unsupported, "a layer compressed with {}", to_string(kind));
  if (kind == Compression::xz) return std::make_unique<XzDecoder>(source, size);
  return std::make_unique<Bzip2Decoder>(source, size);
}

}  // namespace lichen::image

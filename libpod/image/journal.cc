#include "libpod/image/journal.hh"

#include <algorithm>
#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/image/limits.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

namespace lichen::image {
namespace {

constexpr std::string_view kMagic = "lichen-tar-journal 1\n";
constexpr std::size_t kLiteralPiece = 64u << 10;
constexpr int kLevel =
    1;  // headers of neighbours differ in a few bytes; higher levels cost time on the unpack path and gain little

template <typename T>
void append_number(std::vector<std::uint8_t>& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

struct JournalWriter::Stream {
  sys::UniqueFd file;
  ZSTD_CCtx* context = ZSTD_createCCtx();
  std::vector<std::uint8_t> input, output = std::vector<std::uint8_t>(ZSTD_CStreamOutSize());
  ~Stream() { ZSTD_freeCCtx(context); }
};

JournalWriter::JournalWriter(sys::UniqueFd file) : stream_(std::make_unique<Stream>()) {
  stream_->file = std::move(file);
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_checksumFlag, 1);
  put(Bytes(reinterpret_cast<const std::uint8_t*>(kMagic.data()), kMagic.size()));
}

JournalWriter::~JournalWriter() = default;

void JournalWriter::compress(bool end) {
  ZSTD_inBuffer in{stream_->input.data(), stream_->input.size(), 0};
  for (;;) {
    ZSTD_outBuffer out{stream_->output.data(), stream_->output.size(), 0};
    const std::size_t left = ZSTD_compressStream2(stream_->context, &out, &in, end ? ZSTD_e_end : ZSTD_e_continue);
    if (ZSTD_isError(left) != 0) throw_error(ErrorKind::system, "write a layer's journal: {}", ZSTD_getErrorName(left));
    sys::write_all(stream_->file.get(), {reinterpret_cast<const char*>(stream_->output.data()), out.pos},
                   "tar.journal");
    if (end ? left == 0 : in.pos == in.size) break;
  }
  stream_->input.clear();
}

void JournalWriter::put(Bytes data) {
  stream_->input.insert(stream_->input.end(), data.begin(), data.end());
  if (stream_->input.size() >= 4 * kLiteralPiece) compress(false);
}

void JournalWriter::flush_literal() {
  if (pending_literal_.empty()) return;
  std::vector<std::uint8_t> head{'L'};
  append_number(head, static_cast<std::uint32_t>(pending_literal_.size()));
  put(head);
  put(pending_literal_);
  pending_literal_.clear();
}

void JournalWriter::literal(Bytes data) {
  while (!data.empty()) {
    const std::size_t count = std::min(data.size(), kLiteralPiece - pending_literal_.size());
    pending_literal_.insert(pending_literal_.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(count));
    data = data.subspan(count);
    if (pending_literal_.size() == kLiteralPiece) flush_literal();
  }
}

void JournalWriter::file_data(const std::string& path, std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  flush_literal();
  std::vector<std::uint8_t> record{'F'};
  append_number(record, static_cast<std::uint32_t>(path.size()));
  record.insert(record.end(), path.begin(), path.end());
  append_number(record, offset);
  append_number(record, length);
  put(record);
}

void JournalWriter::replaced(const std::string& path, std::uint32_t number) {
  flush_literal();
  std::vector<std::uint8_t> record{'R'};
  append_number(record, static_cast<std::uint32_t>(path.size()));
  record.insert(record.end(), path.begin(), path.end());
  append_number(record, number);
  put(record);
}

void JournalWriter::finish(std::uint64_t tar_size) {
  flush_literal();
  std::vector<std::uint8_t> record{'E'};
  append_number(record, tar_size);
  put(record);
  compress(true);
  stream_->file.reset();
}

namespace {

class ZstdFileSource : public ByteSource {
 public:
  explicit ZstdFileSource(const std::string& path)
      : file_(sys::open_path(path, O_RDONLY | O_NOFOLLOW)),
        source_(file_.get(), path),
        path_(path),
        context_(ZSTD_createDCtx()) {
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 23);
    output_.resize(ZSTD_DStreamOutSize());
  }
  ~ZstdFileSource() override { ZSTD_freeDCtx(context_); }

  Bytes peek() override {
    while (begin_ == end_) {
      const Bytes next = source_.peek();
      if (next.empty()) {
        if (inside_) throw_error(ErrorKind::invalid, "'{}': it ends too early", path_);
        return {};
      }
      ZSTD_inBuffer in{next.data(), next.size(), 0};
      ZSTD_outBuffer out{output_.data(), output_.size(), 0};
      const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
      if (ZSTD_isError(left) != 0) throw_error(ErrorKind::invalid, "'{}': {}", path_, ZSTD_getErrorName(left));
      source_.consume(in.pos);
      inside_ = left != 0;
      begin_ = 0;
      end_ = out.pos;
    }
    return Bytes(output_).subspan(begin_, end_ - begin_);
  }
  void consume(std::size_t count) override { begin_ += count; }

 private:
  sys::UniqueFd file_;
  FdSource source_;
  std::string path_;
  ZSTD_DCtx* context_;
  std::vector<std::uint8_t> output_;
  std::size_t begin_ = 0, end_ = 0;
  bool inside_ = true;
};

struct Record {
  char kind = 0;
  std::vector<std::uint8_t> literal;
  std::string path;
  std::uint64_t offset = 0, length = 0;  // R: the number is in offset. E: the size is in length
};

class JournalReader {
 public:
  explicit JournalReader(const std::string& path) : path_(path), source_(path) {
    if (text(kMagic.size()) != kMagic) damaged("it does not begin as a journal");
  }

  void next(Record& record) {
    record.kind = static_cast<char>(number<std::uint8_t>());
    switch (record.kind) {
      case 'L': {
        const auto length = number<std::uint32_t>();
        if (length > kLiteralPiece) damaged("a piece is too long");
        record.literal.resize(length);
        fill(record.literal.data(), length);
        return;
      }
      case 'F':
        read_path(record);
        record.offset = number<std::uint64_t>();
        record.length = number<std::uint64_t>();
        return;
      case 'R':
        read_path(record);
        record.offset = number<std::uint32_t>();
        return;
      case 'E':
        record.length = number<std::uint64_t>();
        return;
      default:
        damaged("an unknown record");
    }
  }

  [[noreturn]] void damaged(const char* why) const {
    throw_error(ErrorKind::invalid, "'{}' is damaged: {}", path_, why);
  }

 private:
  void fill(std::uint8_t* data, std::size_t size) {
    if (read_source(source_, data, size) != size) damaged("it ends too early");
  }
  std::string text(std::size_t size) {
    std::string result(size, '\0');
    fill(reinterpret_cast<std::uint8_t*>(result.data()), size);
    return result;
  }
  template <typename T>
  T number() {
    std::uint8_t raw[sizeof(T)];
    fill(raw, sizeof raw);
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) value = value << 8 | raw[i];
    return static_cast<T>(value);
  }
  void read_path(Record& record) {
    const auto length = number<std::uint32_t>();
    if (length > kMaxPathLength) damaged("a path is too long");
    record.path = text(length);
  }

  std::string path_;
  ZstdFileSource source_;
};

struct Redirect {
  std::uint64_t position;  // number of the R record among all records
  std::string path;
  std::uint64_t number;
};

std::vector<Redirect> find_redirects(const std::string& journal) {
  std::vector<Redirect> redirects;
  JournalReader reader(journal);
  Record record;
  for (std::uint64_t position = 0;; ++position) {
    reader.next(record);
    if (record.kind == 'E') return redirects;
    if (record.kind == 'R') redirects.push_back({position, record.path, record.offset});
  }
}

// Where the data of an F record is now, beneath the layer's directory: the first redirect after it that covers its path
// wins, as what was moved away is out of reach for later ones.
std::string locate(const std::vector<Redirect>& redirects, std::uint64_t position, const std::string& path) {
  const auto first =
      std::upper_bound(redirects.begin(), redirects.end(), position,
                       [](std::uint64_t at, const Redirect& redirect) { return at < redirect.position; });
  for (auto it = first; it != redirects.end(); ++it) {
    if (path == it->path) return format("replaced/{}", it->number);
    if (path.starts_with(it->path + "/")) return format("replaced/{}{}", it->number, path.substr(it->path.size()));
  }
  return "diff/" + path;
}

void copy_part(int file, const Record& record, const ByteSink& sink) {
  FdSource source(file, record.path, record.offset, record.length);
  for (Bytes next = source.peek(); !next.empty(); next = source.peek()) {
    sink(next);
    source.consume(next.size());
  }
}

}  // namespace

std::uint64_t rebuild_tar(const std::string& layer_dir, const ByteSink& sink) {
  const std::string journal = layer_dir + "/tar.journal";
  const auto redirects = find_redirects(journal);
  const auto root = sys::open_path(layer_dir, O_PATH | O_DIRECTORY);
  JournalReader reader(journal);
  Record record;
  std::uint64_t size = 0;
  std::string open_name;
  sys::UniqueFd open_file;
  for (std::uint64_t position = 0;; ++position) {
    reader.next(record);
    if (record.kind == 'L') {
      sink(record.literal);
      size += record.literal.size();
    } else if (record.kind == 'F') {
      const std::string where = locate(redirects, position, record.path);
      if (where != open_name || !open_file) {
        open_file = sys::open_in_root(root.get(), where, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        open_name = where;
      }
      copy_part(open_file.get(), record, sink);
      size += record.length;
    } else if (record.kind == 'E') {
      if (size != record.length) reader.damaged("it does not give the size it names");
      return size;
    }
  }
}

}  // namespace lichen::image

// What LogWriter writes, read_log gives back: the writer and the reader of one contract, tested against each other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>

#include "conmon/log_writer.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/log_reader.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

namespace lichen::conmon {
namespace {

using engine::LogPiece;
using engine::LogQuery;
using wire::LogFormat;
using wire::LogStream;

struct Log : ::testing::TestWithParam<LogFormat> {
  Log() {
    char name[] = "/tmp/lichen-log-test-XXXXXX";
    directory = ::mkdtemp(name);
    options = {GetParam(), directory + "/ctr.log", 0, 1};
    query.path = options.path;
    query.format = GetParam();
  }
  ~Log() override { sys::remove_tree(directory); }

  std::string read(std::optional<LogStream> stream = {}) const {
    std::string text;
    read_log(query, [&](const LogPiece& piece) {
      if (!stream || piece.stream == *stream) text += piece.text;
      return true;
    });
    return text;
  }

  std::string directory;
  LogWriter::Options options;
  LogQuery query;
};

INSTANTIATE_TEST_SUITE_P(Formats, Log, ::testing::Values(LogFormat::k8s_file, LogFormat::json_file),
                         [](const auto& instance) { return instance.param == LogFormat::k8s_file ? "k8s" : "json"; });

TEST_P(Log, BytesOutAreBytesIn) {
  std::mt19937 random(3);
  std::string sent[2];
  {
    LogWriter writer(options);
    for (int i = 0; i < 400; ++i) {
      std::string chunk(random() % (i % 50 == 0 ? 70'000 : 300), '\0');
      for (char& byte : chunk) byte = random() % 20 == 0 ? '\n' : static_cast<char>(random());
      const bool out = random() % 2 == 0;
      writer.write(out ? LogStream::out : LogStream::err, chunk);
      sent[out ? 0 : 1] += chunk;
    }
    writer.finish();
  }
  EXPECT_EQ(read(LogStream::out), sent[0]);
  EXPECT_EQ(read(LogStream::err), sent[1]);
}

TEST_P(Log, AMegabyteLineIsOneLine) {
  const std::string line = std::string(1'500'000, 'x') + "\n";
  LogWriter writer(options);
  for (std::size_t at = 0; at < line.size(); at += 65536)
    writer.write(LogStream::out, std::string_view(line).substr(at, 65536));
  writer.finish();
  int starts = 0;
  std::string text;
  read_log(query, [&](const LogPiece& piece) {
    starts += piece.line_start ? 1 : 0;
    text += piece.text;
    return true;
  });
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(text, line);
}

TEST_P(Log, RotationKeepsOrderCountAndSize) {
  options.max_size = 2000;
  options.max_files = 4;
  {
    LogWriter writer(options);
    for (int i = 0; i < 1000; ++i) writer.write(LogStream::out, "line " + std::to_string(i) + "\n");
  }
  for (const char* suffix : {"", ".1", ".2", ".3"}) {
    struct stat status {};
    ASSERT_EQ(::stat((options.path + suffix).c_str(), &status), 0) << suffix;
    EXPECT_LE(status.st_size, 2000);
  }
  EXPECT_FALSE(sys::exists(options.path + ".4"));
  const std::string text = read();
  int number = std::stoi(text.substr(5));
  EXPECT_GT(number, 800);
  std::string expected;
  for (; number < 1000; ++number) expected += "line " + std::to_string(number) + "\n";
  EXPECT_EQ(text, expected);
}

TEST_P(Log, OneBatchIsCutAtTheLimitToo) {
  options.max_size = 4000;
  options.max_files = 1;
  std::string chunk;
  for (int i = 0; i < 5000; ++i) chunk += "y\n";
  LogWriter writer(options);
  writer.write(LogStream::out, chunk);
  EXPECT_LE(sys::read_file(options.path).size(), 4000u);
  EXPECT_THAT(sys::list_directory(directory), ::testing::ElementsAre("ctr.log"));
}

TEST_P(Log, TailCountsLinesOverFiles) {
  options.max_size = 3000;
  options.max_files = 20;
  LogWriter writer(options);
  for (int i = 0; i < 300; ++i)
    writer.write(i % 3 == 0 ? LogStream::err : LogStream::out, "line " + std::to_string(i) + "\n");
  for (const int tail : {0, 1, 2, 50, 299, 300, 1000}) {
    query.tail = tail;
    std::string expected;
    for (int i = std::max(0, 300 - tail); i < 300; ++i) expected += "line " + std::to_string(i) + "\n";
    EXPECT_EQ(read(), expected) << tail;
  }
  query.tail = 2;
  query.out = false;
  EXPECT_EQ(read(), "line 294\nline 297\n");
}

TEST_P(Log, SinceAndUntilCutByTime) {
  std::string text;
  for (int second = 10; second < 20; ++second) {
    const std::string time = "2026-01-01T00:00:" + std::to_string(second) + ".000000000Z";
    const std::string line = std::to_string(second) + "\n";
    if (GetParam() == LogFormat::k8s_file) {
      wire::append_k8s_record(text, time, LogStream::out, line);
    } else {
      wire::append_json_record(text, time, LogStream::out, line);
    }
  }
  sys::write_file(options.path, text + "garbage\n\n{}\n2026 stdout");
  query.since = parse_rfc3339("2026-01-01T00:00:12Z");
  query.until = parse_rfc3339("2026-01-01T00:00:15Z");
  EXPECT_EQ(read(), "12\n13\n14\n15\n");
  query.tail = 2;
  EXPECT_EQ(read(), "14\n15\n");
}

TEST_P(Log, AMissingFileIsEmpty) { EXPECT_EQ(read(), ""); }

TEST_P(Log, TheSinkCanStop) {
  LogWriter writer(options);
  writer.write(LogStream::out, "a\nb\nc\n");
  std::string text;
  read_log(query, [&](const LogPiece& piece) { return text += piece.text, text.size() < 4; });
  EXPECT_EQ(text, "a\nb\n");
}

TEST_P(Log, FollowSeesEveryLineAcrossManyRotations) {
  options.max_size = 1000;
  options.max_files = 900;
  constexpr int kLines = 10'000;
  std::atomic<bool> ended = false;
  std::thread writer_thread([&] {
    LogWriter writer(options);
    for (int i = 0; i < kLines; ++i) writer.write(LogStream::out, std::to_string(i) + "\n");
    writer.finish();
    ended = true;
  });
  query.follow = true;
  query.ended = [&] { return ended.load(); };
  std::string text;
  read_log(query, [&](const LogPiece& piece) { return text += piece.text, true; });
  writer_thread.join();
  std::string expected;
  for (int i = 0; i < kLines; ++i) expected += std::to_string(i) + "\n";
  EXPECT_EQ(text.size(), expected.size());
  EXPECT_TRUE(text == expected);
}

TEST_P(Log, FollowWithTailStartsAtTheEnd) {
  LogWriter writer(options);
  writer.write(LogStream::out, "1\n2\n3\n");
  query.follow = true;
  query.tail = 1;
  int asked = 0;
  query.ended = [&] {
    if (++asked == 2) writer.write(LogStream::out, "4\n");
    return asked > 3;
  };
  EXPECT_EQ(read(), "3\n4\n");
}

// RLIMIT_FSIZE is a disk that is full for us alone: the write fails with EFBIG.
TEST_P(Log, AFullDiskCostsLinesButLeavesWholeRecords) {
  ::signal(SIGXFSZ, SIG_IGN);
  LogWriter writer(options);
  writer.write(LogStream::out, "before\n");
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  small.rlim_cur = 150;
  ::setrlimit(RLIMIT_FSIZE, &small);
  writer.write(LogStream::out, std::string(500, 'x') + "\n");
  writer.write(LogStream::out, std::string(500, 'y') + "\n");
  const auto lost = writer.lost_bytes();
  ::setrlimit(RLIMIT_FSIZE, &old);
  writer.write(LogStream::out, "after\n");
  writer.finish();
  EXPECT_EQ(lost, 1002u);
  EXPECT_EQ(writer.lost_bytes(), 0u);
  EXPECT_EQ(read(LogStream::out), "before\nafter\n");
  EXPECT_THAT(read(LogStream::err), ::testing::HasSubstr("1002 bytes"));
}

TEST(LogDriver, NoneWritesNothing) {
  LogWriter writer({std::nullopt, "/nonexistent/ctr.log", 0, 1});
  writer.write(LogStream::out, "x\n");
  writer.finish();
  EXPECT_FALSE(sys::exists("/nonexistent"));
}

TEST(LineSplitter, CutsWhateverThePieces) {
  engine::LineSplitter splitter;
  std::vector<std::string> lines;
  const auto take = [&](std::string_view line) { return lines.emplace_back(line), true; };
  for (const std::string_view piece : {"a", "b\nc\n", "\n", "", "d", "e", "f\ng"}) splitter.feed(piece, take);
  EXPECT_THAT(lines, ::testing::ElementsAre("ab", "c", "", "def"));
  lines.clear();
  splitter.feed(std::string(engine::LineSplitter::kMaxRecord + 1, 'x'), take);
  splitter.feed("still too long\nnext\n", take);
  EXPECT_THAT(lines, ::testing::ElementsAre("next"));
}

}  // namespace
}  // namespace lichen::conmon

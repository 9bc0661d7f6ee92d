#include "libpod/spec/userns_maps.hh"

#include <gtest/gtest.h>

#include "tests/unit/spec/expect_error.hh"

namespace lichen::spec {
namespace {

TEST(KeepIdMap, TheCallerIsItsOwnNumberAndRootIsTheFirstSubordinateId) {
  EXPECT_EQ(keep_id_map(1001, 65537), (IdMap{{0, 1, 1001}, {1001, 0, 1}, {1002, 1002, 64535}}));
  EXPECT_EQ(keep_id_map(0, 65537), (IdMap{{0, 0, 1}, {1, 1, 65536}}));
  EXPECT_EQ(keep_id_map(65536, 65537), (IdMap{{0, 1, 65536}, {65536, 0, 1}}));
}

TEST(KeepIdMap, AnIdBeyondTheRange) { EXPECT_EQ(keep_id_map(200000, 65537), (IdMap{{0, 1, 65536}, {200000, 0, 1}})); }

TEST(KeepIdMap, OneIdAlone) { EXPECT_EQ(keep_id_map(1001, 1), (IdMap{{1001, 0, 1}})); }

TEST(KeepIdMap, SizeLeavesOutTheIdsAbove) {
  EXPECT_EQ(keep_id_map(1001, 65537, 100), (IdMap{{0, 1, 100}, {1001, 0, 1}}));
  EXPECT_EQ(keep_id_map(5, 65537, 10), (IdMap{{0, 1, 5}, {5, 0, 1}, {6, 6, 4}}));
}

TEST(KeepIdMap, NoIdTwice) {
  for (const std::uint32_t id : {0u, 1u, 999u, 1001u, 65535u, 65536u, 65537u, 400000u})
    for (const std::uint32_t count : {1u, 2u, 1001u, 65537u}) {
      const IdMap map = keep_id_map(id, count);
      EXPECT_FALSE(has_overlap(map)) << id << " " << count;
      for (const auto& line : map) EXPECT_LE(line.host + line.size, count) << id << " " << count;
      EXPECT_EQ(to_host_id(map, id), 0u);
    }
}

TEST(NomapMap, TheCallerIsNotThere) {
  const IdMap map = nomap_map(65537);
  EXPECT_EQ(map, (IdMap{{0, 1, 65536}}));
  EXPECT_EQ(to_host_id(map, 65536), std::nullopt);
}

TEST(AutoMap, AroundFixedLines) {
  EXPECT_EQ(auto_map(5000, 1024, {}), (IdMap{{0, 5000, 1024}}));
  const IdMap fixed{{10, 0, 1}, {0, 7, 2}};
  EXPECT_EQ(auto_map_length(100, fixed), 97u);
  EXPECT_EQ(auto_map(5000, 100, fixed), (IdMap{{0, 7, 2}, {2, 5000, 8}, {10, 0, 1}, {11, 5008, 89}}));
  EXPECT_EQ(auto_map_length(5, {{3, 0, 10}}), 3u);
  EXPECT_EQ(auto_map(5000, 5, {{3, 0, 10}}), (IdMap{{0, 5000, 3}, {3, 0, 10}}));
}

TEST(FreeRange, BesideWhatIsTaken) {
  EXPECT_EQ(free_range({}, 1024, 65537, 10000), 10000u);
  const IdMap taken{{0, 11024, 1024}, {0, 10000, 1024}};
  EXPECT_EQ(free_range(taken, 1024, 65537, 10000), 12048u);
  EXPECT_EQ(free_range(taken, 60000, 65537, 10000), std::nullopt);
  EXPECT_EQ(free_range({}, 60000, 65537, 10000), 1u) << "no room above: from the beginning";
  EXPECT_EQ(free_range({}, 65536, 65537, 10000), 1u);
  EXPECT_EQ(free_range({}, 65537, 65537, 10000), std::nullopt);
}

TEST(IdMaps, Questions) {
  EXPECT_FALSE(shifts_root({}));
  EXPECT_FALSE(shifts_root(keep_id_map(1001, 1))) << "no root in it: files stay as they are";
  EXPECT_FALSE(shifts_root(keep_id_map(0, 65537)));
  EXPECT_TRUE(shifts_root(keep_id_map(1001, 65537)));
  EXPECT_TRUE(shifts_root(nomap_map(2)));
  EXPECT_EQ(to_host_id({}, 77), 77u) << "no map: U0 itself";
  EXPECT_TRUE(has_overlap({{0, 0, 2}, {5, 1, 1}}));
  EXPECT_TRUE(has_overlap({{0, 0, 2}, {1, 9, 1}}));
}

TEST(IdMaps, BothWays) {
  const IdMap map = keep_id_map(1001, 65537);
  for (const std::uint32_t id : {0u, 1u, 1000u, 1001u, 1002u, 65536u})
    EXPECT_EQ(to_container_id(map, to_host_id(map, id).value()), id);
  EXPECT_EQ(to_container_id({{0, 1, 10}}, 0), kOverflowId) << "below the range";
  EXPECT_EQ(to_container_id({{0, 1, 10}}, 11), kOverflowId) << "behind it";
  EXPECT_EQ(to_container_id({{0, 1, 10}}, 10), 9u);
  EXPECT_EQ(to_container_id({}, 77), 77u);
  EXPECT_EQ(to_container_id({{0, 1, 0xFFFFFFFF}}, 0xFFFFFFFF), 0xFFFFFFFEu);
}

TEST(IdMaps, Texts) {
  const IdMap map{{0, 1, 1001}, {1001, 0, 1}, {1002, 4294967295, 1}};
  EXPECT_EQ(id_map_texts(map), (std::vector<std::string>{"0:1:1001", "1001:0:1", "1002:4294967295:1"}));
  EXPECT_EQ(parse_id_map(id_map_texts(map)), map);
  EXPECT_TRUE(parse_id_map({}).empty());
  for (const std::string bad : {"", "0:1", "0:1:2:3", "0:1:x", "a:0:1:2", "0:1:4294967296", "-1:0:1"})
    expect_error(ErrorKind::invalid, "'" + bad + "' is no line of an id map",
                 [&] { parse_id_map(std::vector<std::string>{bad}); });
}

}  // namespace
}  // namespace lichen::spec

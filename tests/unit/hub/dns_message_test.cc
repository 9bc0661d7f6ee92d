#include "libpod/hub/dns_message.hh"

#include <gmock/gmock.h>

namespace lichen::hub {
namespace {

using std::string_literals::operator""s;

spec::IpAddress ip(const char* text) { return *spec::IpAddress::parse(text); }

// A query as a resolver sends it: id 0x1234, recursion desired, class IN.
std::string query(const std::string& labels, char type) {
  return "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"s + labels + "\0\0"s + type + "\0\x01"s;
}
const std::string kDb =
    "\x02"
    "db"s;

TEST(DnsQuery, AQuestion) {
  const auto read =
      read_dns_query(query("\x02"
                           "Db\x03"
                           "app"s,
                           '\x1c'));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, 0x1234);
  EXPECT_EQ(read->trouble, DnsCode::fine);
  EXPECT_EQ(read->name, "Db.app");
  EXPECT_EQ(read->type, 28);
  EXPECT_EQ(read->klass, 1);
  EXPECT_FALSE(read->has_edns);
  EXPECT_EQ(read->answer_limit, kPlainAnswer);
}

TEST(DnsQuery, SizesOfTheAsker) {
  auto with_edns = [](std::string size) {
    std::string packet = query(kDb, '\x01');
    packet[11] = 1;
    return packet + "\0\0\x29"s + size + "\0\0\0\0\0\0"s;
  };
  EXPECT_EQ(read_dns_query(with_edns("\x04\xd0"s))->answer_limit, 1232U);
  EXPECT_EQ(read_dns_query(with_edns("\x00\x01"s))->answer_limit, kPlainAnswer);
  EXPECT_EQ(read_dns_query(with_edns("\xff\xff"s))->answer_limit, 4096U);
}

TEST(DnsQuery, AnswersAndScrapsAreLeftAlone) {
  std::string answer = query(kDb, '\x01');
  answer[2] = '\x81';
  EXPECT_FALSE(read_dns_query(answer));
  EXPECT_FALSE(read_dns_query("\x12\x34\x01"s));
  EXPECT_FALSE(read_dns_query(""));
}

TEST(DnsQuery, OddOnesAreToldSo) {
  std::string two = query(kDb, '\x01');
  two[5] = 2;
  EXPECT_EQ(read_dns_query(two)->trouble, DnsCode::bad_format);
  EXPECT_EQ(read_dns_query(query(kDb, '\x01').substr(0, 14))->trouble, DnsCode::bad_format);
  std::string status = query(kDb, '\x01');
  status[2] = '\x10';  // opcode 2
  EXPECT_EQ(read_dns_query(status)->trouble, DnsCode::not_done);
  EXPECT_EQ(write_dns_answer(*read_dns_query(status), {}, kPlainAnswer), "\x12\x34\x81\x84\0\0\0\0\0\0\0\0"s);
}

TEST(DnsAnswer, BytesOfAnAddress) {
  DnsAnswer answer;
  answer.addresses = {ip("172.17.0.2")};
  EXPECT_EQ(write_dns_answer(*read_dns_query(query(kDb, '\x01')), answer, kPlainAnswer),
            "\x12\x34\x85\x80\0\x01\0\x01\0\0\0\0"s + kDb + "\0\0\x01\0\x01"s +
                "\xc0\x0c\0\x01\0\x01\0\0\0\x05\0\x04\xac\x11\0\x02"s);
}

TEST(DnsAnswer, APointerAndAnUnknownName) {
  DnsAnswer answer;
  answer.pointer = "db";
  const auto text = write_dns_answer(*read_dns_query(query(kDb, '\x0c')), answer, kPlainAnswer);
  EXPECT_THAT(text, testing::EndsWith("\0\x0c\0\x01\0\0\0\x05\0\x04\x02"
                                      "db\0"s));
  DnsAnswer unknown;
  unknown.code = DnsCode::no_such_name;
  EXPECT_EQ(write_dns_answer(*read_dns_query(query(kDb, '\x01')), unknown, kPlainAnswer).substr(2, 6),
            "\x85\x83\0\x01\0\0"s);
}

TEST(DnsAnswer, ALongOneIsCutAndSaysSo) {
  DnsAnswer answer;
  answer.addresses.assign(100, ip("10.0.0.1"));
  const auto asked = *read_dns_query(query(kDb, '\x01'));
  const auto cut = write_dns_answer(asked, answer, kPlainAnswer);
  EXPECT_EQ(cut.substr(2, 6), "\x87\x80\0\x01\0\0"s);
  EXPECT_EQ(write_dns_answer(asked, answer, 65535).size(), 12U + 8U + 100U * 16U);
}

TEST(DnsAnswer, BelongsToItsQuestion) {
  const auto asked = query(kDb, '\x01');
  DnsAnswer answer;
  const auto said = write_dns_answer(*read_dns_query(asked), answer, kPlainAnswer);
  EXPECT_TRUE(is_answer_to(said, asked));
  EXPECT_FALSE(is_answer_to(with_dns_id(said, 7), asked));
  EXPECT_FALSE(is_answer_to(said, query("\x02"
                                        "dc"s,
                                        '\x01')));
  EXPECT_FALSE(is_answer_to(said, query(kDb, '\x1c')));
  EXPECT_FALSE(is_answer_to(asked, asked));
}

TEST(ReverseNames, BothFamilies) {
  EXPECT_EQ(address_of_reverse_name("2.0.17.172.in-addr.arpa"), ip("172.17.0.2"));
  EXPECT_EQ(address_of_reverse_name("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"),
            ip("fd00::1"));
  for (const char* wrong : {"0.17.172.in-addr.arpa", "1.2.3.4.5.in-addr.arpa", "300.0.17.172.in-addr.arpa",
                            "1.0.d.f.ip6.arpa", "db", "", ".in-addr.arpa"})
    EXPECT_FALSE(address_of_reverse_name(wrong)) << wrong;
}

}  // namespace
}  // namespace lichen::hub

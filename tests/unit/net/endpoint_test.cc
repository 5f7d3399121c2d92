#include "common/net/endpoint.h"

#include <gtest/gtest.h>

#include "common/base/status.h"

namespace cairn {
namespace {

struct EndpointCase {
  const char* text;
  uint16_t default_port;
  const char* expected;  // its text, or the complaint
};

constexpr EndpointCase kEndpoints[] = {
    {"127.0.0.1@5353", 0, "127.0.0.1@5353"},
    {"::1@53", 0, "::1@53"},
    {"2001:DB8:0:0::1@53", 0, "2001:db8::1@53"},
    {"0.0.0.0@0", 0, "0.0.0.0@0"},
    {"192.0.2.1", 53, "192.0.2.1@53"},
    {"192.0.2.1@54", 53, "192.0.2.1@54"},
    {"192.0.2.1", 0, "\"192.0.2.1\" has no port: write ADDRESS@PORT, such as 127.0.0.1@53"},
    {"192.0.2@53", 0, "\"192.0.2\" is not an IP address such as 192.0.2.1 or 2001:db8::1"},
    {"192.0.2.1@65536", 0, "\"65536\" is not a port: a number from 0 to 65535"},
    {"192.0.2.1@-1", 0, "\"-1\" is not a port: a number from 0 to 65535"},
    {"192.0.2.1@5 ", 0, "\"5 \" is not a port: a number from 0 to 65535"},
    {"192.0.2.1@", 0, "\"\" is not a port: a number from 0 to 65535"},
    {"localhost@53", 0, "\"localhost\" is not an IP address such as 192.0.2.1 or 2001:db8::1"},
    {"", 53, "\"\" is not an IP address such as 192.0.2.1 or 2001:db8::1"},
};

TEST(EndpointTest, ReadsAddressAtPort) {
  for (const EndpointCase& c : kEndpoints) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<Endpoint> endpoint = Endpoint::FromText(c.text, c.default_port);
    EXPECT_EQ(endpoint.ok() ? endpoint->ToText() : std::string(ErrorText(endpoint.status())), c.expected);
  }
}

TEST(EndpointTest, AnAddressEndsAtNul) {
  EXPECT_FALSE(IpAddress::FromText(std::string_view("192.0.2.1\0x", 11)).ok());
}

struct SubnetCase {
  const char* block;
  const char* address;
  bool contains;
};

constexpr SubnetCase kSubnets[] = {
    {"192.0.2.0/24", "192.0.2.255", true},
    {"192.0.2.0/24", "192.0.3.0", false},
    {"192.0.2.128/25", "192.0.2.127", false},
    {"192.0.2.128/25", "192.0.2.128", true},
    {"192.0.2.7", "192.0.2.7", true},
    {"192.0.2.7", "192.0.2.8", false},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "192.0.2.1", false},
    {"2001:db8::/33", "2001:db8:7fff::", true},
    {"2001:db8::/33", "2001:db8:8000::", false},
    {"::1/128", "::1", true},
    {"::1/128", "::", false},
};

TEST(SubnetTest, ContainsWhatSharesItsPrefix) {
  for (const SubnetCase& c : kSubnets) {
    SCOPED_TRACE(c.block);
    const absl::StatusOr<Subnet> subnet = Subnet::FromText(c.block);
    ASSERT_TRUE(subnet.ok()) << subnet.status();
    EXPECT_EQ(subnet->Contains(IpAddress::Literal(c.address)), c.contains) << c.address;
    EXPECT_EQ(*Subnet::FromText(subnet->ToText()), *subnet);
  }
}

TEST(SubnetTest, SaysWhatIsWrong) {
  EXPECT_EQ(ErrorText(Subnet::FromText("192.0.2.0/33").status()),
            "\"33\" is not a prefix length from 0 to 32");
  EXPECT_EQ(ErrorText(Subnet::FromText("::/").status()), "\"\" is not a prefix length from 0 to 128");
  EXPECT_EQ(ErrorText(Subnet::FromText("192.0.2.1/24").status()),
            "\"192.0.2.1/24\" has bits set below its prefix: did you mean 192.0.2.0/24?");
}

}  // namespace
}  // namespace cairn

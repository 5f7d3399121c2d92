// Which block of addresses an interface's address and netmask span.
#include "common/net/attached_networks.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

std::string SpannedBy(const char* address, const char* netmask) {
  const IpAddress a = IpAddress::Literal(address), m = IpAddress::Literal(netmask);
  const std::optional<Subnet> subnet = SubnetOf(a.octets(), m.octets());
  return subnet ? subnet->ToText() : "none";
}

TEST(AttachedNetworks, AddressAndNetmaskSpanABlock) {
  EXPECT_EQ(SpannedBy("192.0.2.77", "255.255.255.0"), "192.0.2.0/24");
  EXPECT_EQ(SpannedBy("192.0.2.77", "255.255.255.192"), "192.0.2.64/26");
  EXPECT_EQ(SpannedBy("192.0.2.77", "255.255.255.255"), "192.0.2.77/32");
  EXPECT_EQ(SpannedBy("2001:db8::1", "ffff:ffff:ffff:ffff::"), "2001:db8::/64");
  EXPECT_EQ(SpannedBy("fe80::1", "ffc0::"), "fe80::/10");
  EXPECT_EQ(SpannedBy("192.0.2.77", "0.0.0.0"), "none");  // everybody is no neighbour
  EXPECT_EQ(SpannedBy("192.0.2.77", "255.0.255.0"), "none");
  EXPECT_EQ(SpannedBy("192.0.2.77", "255.255.160.0"), "none");
  EXPECT_EQ(SpannedBy("192.0.2.77", "ffff::"), "none");
}

TEST(AttachedNetworks, LoopbackIsNoNetwork) {
  for (const Subnet& network : AttachedNetworks()) {
    EXPECT_FALSE(network.Contains(IpAddress::Literal("127.0.0.1"))) << network.ToText();
    EXPECT_FALSE(network.Contains(IpAddress::Literal("::1"))) << network.ToText();
  }
}

}  // namespace
}  // namespace cairn

// The list of hashes against a plain walk over all of them.
#include "common/zone/nsec3_chain.h"

#include <algorithm>
#include <string>

#include "fmt/format.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

Name Numbered(size_t i) { return Name::Literal(fmt::format("n{}.example.", i)); }

// As long as there is none at or before, the last one of all (RFC 5155 section 1.3: the ring).
Nsec3Chain::Found Walk(const std::vector<Nsec3Chain::Link>& links, const Nsec3Hash& hash) {
  Nsec3Chain::Found found{links.back().node, false};
  for (const Nsec3Chain::Link& link : links) {
    if (link.hash <= hash) found = {link.node, link.hash == hash};
  }
  return found;
}

TEST(Nsec3Chain, FindsWhatAWalkFinds) {
  for (const size_t size : {size_t{1}, size_t{2}, size_t{3}, size_t{100}, size_t{1000}}) {
    std::vector<Nsec3Chain::Link> links;
    for (size_t i = 0; i < size; ++i)
      links.push_back({HashOwnerName(Numbered(i), 0, {}), static_cast<uint32_t>(i + 1)});
    std::sort(links.begin(), links.end(), [](const auto& a, const auto& b) { return a.hash < b.hash; });
    const Nsec3Chain chain(Nsec3Params{.algorithm = kNsec3Sha1, .flags = 0, .iterations = 0, .salt = {}},
                           links);
    std::vector<Nsec3Hash> hashes;
    for (size_t i = 0; i < 2 * size; ++i) hashes.push_back(chain.HashOf(Numbered(i)));
    Nsec3Hash least{};
    Nsec3Hash greatest;
    greatest.fill(0xff);
    hashes.insert(hashes.end(), {least, greatest});
    size_t matches = 0;
    for (const Nsec3Hash& hash : hashes) {
      const Nsec3Chain::Found expected = Walk(links, hash);
      const Nsec3Chain::Found found = chain.Find(hash);
      EXPECT_EQ(found.node, expected.node) << size;
      EXPECT_EQ(found.matches, expected.matches) << size;
      matches += found.matches ? 1 : 0;
    }
    EXPECT_EQ(matches, size);
  }
}

// An operator's zone may hold any labels: hashes that all begin alike are found too.
TEST(Nsec3Chain, HashesNeedNotBeSpread) {
  std::vector<Nsec3Chain::Link> links;
  for (uint8_t i = 0; i < 200; ++i) {
    Nsec3Hash hash{};
    hash.back() = i;
    links.push_back({hash, uint32_t{i} + 1});
  }
  const Nsec3Chain chain(Nsec3Params{.algorithm = kNsec3Sha1, .flags = 0, .iterations = 0, .salt = {}},
                         links);
  for (const Nsec3Chain::Link& link : links) {
    EXPECT_EQ(chain.Find(link.hash).node, link.node);
    EXPECT_TRUE(chain.Find(link.hash).matches);
  }
  Nsec3Hash beyond{};
  beyond.front() = 1;
  EXPECT_EQ(chain.Find(beyond).node, 200u);
  EXPECT_FALSE(chain.Find(beyond).matches);
}

TEST(Nsec3Chain, HashesWithItsOwnSaltAndIterations) {
  const std::vector<uint8_t> salt = {0xaa, 0xbb};
  const Nsec3Params params{.algorithm = kNsec3Sha1, .flags = 0, .iterations = 5, .salt = salt};
  const Nsec3Chain chain(params, {{Nsec3Hash{}, 1}});
  EXPECT_EQ(chain.HashOf(Name::Literal("example.")), HashOwnerName(Name::Literal("example."), 5, salt));
  EXPECT_EQ(chain.DigestsPerHash(), 6u);
}

}  // namespace
}  // namespace cairn

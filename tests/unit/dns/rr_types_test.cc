// The table of RR types: look-ups by number and mnemonic, and what must hold of every row.
#include "common/dns/rr_types.h"

#include <algorithm>
#include <set>
#include <string>

#include "common/dns/case_folding.h"
#include "gtest/gtest.h"

namespace cairn {
namespace {

TEST(RrTypes, AreFoundByNumberAndByMnemonic) {
  for (const RrTypeInfo& info : kRrTypes) {
    SCOPED_TRACE(info.mnemonic);
    EXPECT_EQ(&InfoOf(info.type), &info);
    EXPECT_EQ(info.type.ToText(), info.mnemonic);
    EXPECT_EQ(RrType::FromText(info.mnemonic), info.type);
    std::string lower(info.mnemonic);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return static_cast<char>(ToLower(static_cast<uint8_t>(c))); });
    EXPECT_EQ(RrType::FromText(lower), info.type);
    EXPECT_EQ(RrType::FromText("TYPE" + std::to_string(info.type.value)), info.type);
  }
}

TEST(RrTypes, HaveOneRowEachInAscendingOrder) {
  const auto* const out_of_order =
      std::ranges::adjacent_find(kRrTypes, [](const auto& a, const auto& b) { return a.type >= b.type; });
  EXPECT_EQ(out_of_order, std::end(kRrTypes)) << out_of_order->mnemonic;
  std::set<std::string_view> mnemonics;
  for (const RrTypeInfo& info : kRrTypes)
    EXPECT_TRUE(mnemonics.insert(info.mnemonic).second) << info.mnemonic;
}

// RFC 3597 section 5: TYPE and the decimal number, for any type.
TEST(RrTypes, UnknownTypesAreWrittenAsTheirNumber) {
  EXPECT_EQ(RrType{65280}.ToText(), "TYPE65280");
  EXPECT_EQ(RrType{0}.ToText(), "TYPE0");
  EXPECT_EQ(RrType::FromText("type65280"), RrType{65280});
  EXPECT_TRUE(InfoOf(RrType{65280}).IsOpaque());
  for (const char* text :
       {"", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "TYPE 1", "TYPE0000001", "X", "NSEC3PARAMS", "*"}) {
    EXPECT_EQ(RrType::FromText(text), std::nullopt) << text;
  }
}

// RFC 3597 section 4: only the types of RFC 1035 compress.
TEST(RrTypes, OnlyThoseOfRfc1035Compress) {
  const std::set<std::string_view> compressing = {"NS", "MD", "MF",  "CNAME", "SOA", "MB",
                                                  "MG", "MR", "PTR", "MINFO", "MX"};
  for (const RrTypeInfo& info : kRrTypes) {
    const bool compresses = std::ranges::any_of(
        info.fields(), [](const Field& field) { return field.form == NameForm::kCompressed; });
    EXPECT_EQ(compresses, compressing.contains(info.mnemonic)) << info.mnemonic;
  }
}

// RFC 4034 section 6.2 without HINFO, which has no names, and without NSEC (RFC 6840 section 5.1).
TEST(RrTypes, FoldCaseInCanonicalFormAsListedInRfc4034) {
  const std::set<std::string_view> folding = {"NS",  "MD",    "MF", "CNAME", "SOA",   "MB", "MG",   "MR",
                                              "PTR", "MINFO", "MX", "RP",    "AFSDB", "RT", "SIG",  "PX",
                                              "NXT", "NAPTR", "KX", "SRV",   "DNAME", "A6", "RRSIG"};
  for (const RrTypeInfo& info : kRrTypes) {
    const bool folds = std::ranges::any_of(
        info.fields(), [](const Field& field) { return field.form != NameForm::kVerbatim; });
    EXPECT_EQ(folds, folding.contains(info.mnemonic)) << info.mnemonic;
  }
}

TEST(Vocabulary, ReadsWordsInAnyCaseAndFlagsJoinedByBars) {
  EXPECT_EQ(vocabulary::kAlgorithm.Number("EcdsaP256Sha256"), 13);
  EXPECT_EQ(vocabulary::kAlgorithm.Number("ECDSA"), std::nullopt);
  EXPECT_EQ(vocabulary::kKeyFlags.Number("NOKEY|zone|SIG15"), 0xc10f);
  EXPECT_EQ(vocabulary::kKeyFlags.Number("NOKEY||ZONE"), std::nullopt);
  EXPECT_EQ(vocabulary::kKeyFlags.Number("|"), std::nullopt);
  EXPECT_EQ(vocabulary::kCertType.Name(3), "PGP");
  EXPECT_EQ(vocabulary::kCertType.Name(9), "");
}

}  // namespace
}  // namespace cairn

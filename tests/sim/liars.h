// Servers that do not behave: each lie is a row with the word that scenarios use. A liar first lets honest
// authority code answer, then spoils the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/message.h"
#include "common/net/network.h"
#include "tests/sim/scripted_reply.h"
#include "tests/sim/sim_network.h"

namespace cairn::sim {

enum class Lie : uint8_t {
  kSilent,
  kRefused,
  kServFail,
  kFormErr,
  kNotImp,
  kUpwardReferral,
  kSidewaysReferral,
  kEmpty,
  kNotAuthoritative,
  kTruncating,
  kWrongId,
  kWrongQuestion,
  kGarbage,
  kSpoofed,
  kEdnsFormErr,
  kEdnsNotImp,
  kEdnsSilent,
  kEdnsBadVers,
  kNoEdns,
  kFoldsCase,
  kDenyingEnts,
  kInvalidFirst,
  kCookies,
  kCookiesOrBad,
  kCookieFormErr,
  kSpoofedWithoutCookie,
  kSpoofedFormErr,
  kPoison,
  kHugeTtl,
  kOtherAddress,
  kOtherPort,
  kTcpRefused,
  kTcpSilent,
  kTcpResets,
  kTcpMute,
};

struct LieInfo {
  Lie lie;
  std::string_view word;
  std::string_view what;
};
const std::vector<LieInfo>& Lies();
std::optional<Lie> LieFromText(std::string_view word);
std::string_view ToText(Lie lie);

// What a poisoner adds to every reply: these names, which are none of its business, shall be at 203.0.113.66.
inline constexpr std::string_view kPoisonAddress = "203.0.113.66";

class Liar final : public QueryHandler {
 public:
  Liar(SimWorld& world, SimHost& host, QueryHandler& honest) : world_(world), host_(host), honest_(honest) {}

  // From the next query on. Lies about TCP change the host.
  void SetLies(std::vector<Lie> lies, std::vector<Name> poisoned);
  // How many IDs kSpoofed guesses for each query.
  void SetGuesses(uint16_t guesses) { guesses_ = guesses; }
  void AddScript(ScriptedReply script) { scripts_.push_back(std::move(script)); }
  void ForgetScripts() { scripts_.clear(); }
  bool honest() const { return lies_.empty() && scripts_.empty(); }
  bool Tells(Lie lie) const;
  const std::vector<Lie>& lies() const { return lies_; }

  void OnQueries(std::span<Query> batch) override;

 private:
  void AnswerOne(Query& query);
  bool AnswerFromElsewhere(const Query& query, ByteView reply);
  // False: silence.
  bool Spoil(const Message& asked, const Query& query, Message& reply);
  bool ActOut(const Message& asked, const Query& query, Message& reply);
  void ForgeGuesses(const Query& query, const Message& reply);
  void ForgeInvalid(const Query& query, const Message& reply);
  void ForgeWithoutCookie(const Query& query, const Message& reply);
  bool SpeakCookies(const Message& asked, const Query& query, Message& reply);
  void AddPoison(Message& reply) const;

  SimWorld& world_;
  SimHost& host_;
  QueryHandler& honest_;
  std::vector<Lie> lies_;
  std::vector<Name> poisoned_;
  std::vector<ScriptedReply> scripts_;
  uint16_t guesses_ = 3;
  size_t invalid_ = 0;  // which kind of invalid reply comes next
  size_t cookies_ = 0;  // cookies given out so far
};

}  // namespace cairn::sim

#include "common/zonefile/zone_reader.h"

#include <array>
#include <filesystem>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/dns/rdata_text.h"
#include "common/dns/rr_types.h"
#include "common/zonefile/generate.h"
#include "common/zonefile/text_source.h"
#include "fmt/format.h"

namespace cairn {
namespace {

// The owner of the entries that name none.
class CurrentOwner {
 public:
  enum class State : uint8_t { kNone, kWrong, kKnown };

  State state() const { return state_; }
  NameView view() const { return NameView::FromValidWire(wire_.data(), octets_); }
  NameTextResult Set(std::string_view text, NameView origin) {
    const NameTextResult result = NameFromTextInto(text, origin, wire_.data());
    octets_ = result.octets;
    state_ = result.fault == NameTextFault::kNone ? State::kKnown : State::kWrong;
    return result;
  }

 private:
  std::array<uint8_t, kMaxNameOctets> wire_{};
  size_t octets_ = 1;
  State state_ = State::kNone;
};

// One open file, with what $INCLUDE must bring back when it ends.
struct OpenFile {
  TextSource source;
  uint32_t file;          // index of its name
  std::string canonical;  // to notice a file that includes itself
  Name origin;
  CurrentOwner owner;
};

// An $INCLUDE that waits for its own line to be left.
struct Include {
  std::string path;
  Name origin;
  TextTokens::Position where;
};

// What stands between owner and RDATA.
struct Preamble {
  std::optional<Ttl> ttl;
  RrClass rr_class;
  RrType type;
  TextTokens::Position where;  // of the type
};

// A $GENERATE at work.
struct Generator {
  GenerateRange range;
  uint64_t done = 0;
  std::string owner;
  std::string rdata;
  Preamble preamble;
  Name origin;
  uint32_t file;
  TextTokens::Position where;
};

bool IsIn(std::string_view word) {
  return word.size() == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n';
}

// A class and not a type: "IN", "CH", "CLASS32"; there are types of two letters too, and one called CLA.
std::optional<RrClass> ClassFromWord(std::string_view word) {
  if (IsIn(word)) return kClassIn;
  const bool numbered = word.size() > 5 && (word[0] | 0x20) == 'c';
  return word.size() == 2 || numbered ? RrClass::FromText(word) : std::nullopt;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The upper-cased name of a directive.
std::string DirectiveName(std::string_view word) {
  std::string name(word);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return name;
}

// The rest of the entry as one line of text.
std::string RestOfEntry(TextTokens& tokens) {
  std::string text;
  for (; tokens.has_token(); tokens.Advance()) {
    if (!text.empty()) text += ' ';
    const std::string_view quote = tokens.token().quoted ? "\"" : "";
    text += quote;
    text += tokens.token().text();
    text += quote;
  }
  return text;
}

// RDATA of several fields may stand in one pair of quotes, as BIND wants it; strings keep their quotes.
std::string_view WithoutOuterQuotes(std::string_view rdata, RrType type) {
  const FieldKind first = InfoOf(type).fields().front().kind;
  const bool strings = first == FieldKind::kString || first == FieldKind::kStrings;
  const bool one_quoted = rdata.size() >= 2 && rdata.front() == '"' && rdata.find('"', 1) == rdata.size() - 1;
  return one_quoted && !strings ? rdata.substr(1, rdata.size() - 2) : rdata;
}

}  // namespace

struct ZoneReader::State {
  explicit State(ZoneReaderOptions options_in)
      : options(std::move(options_in)), default_ttl_(options.default_ttl) {}

  bool Next(ZoneRecord& record);
  void Push(TextSource source, std::string name, std::string canonical, Name origin);
  void ComplainAboutFile(std::string name, std::string text);

  ZoneReaderOptions options;
  Complaints complaints;
  std::vector<std::string> file_names;
  std::vector<OpenFile> open_files;

 private:
  enum class Outcome : uint8_t { kRecord, kNothing, kStarved };

  void CloseFile();
  void Abandon(OpenFile& open);
  Outcome ReadEntry(ZoneRecord& record);
  bool ReadRecord(OpenFile& open, ZoneRecord& record);
  bool ReadOwner(OpenFile& open);
  bool ReadPreamble(TextTokens& tokens, Preamble& preamble);
  bool ReadTtl(TextTokens& tokens, std::optional<Ttl>& ttl);
  std::optional<Ttl> TtlOf(const Preamble& preamble);
  Outcome ReadDirective(OpenFile& open);
  bool TakeArgument(TextTokens& tokens, std::string_view what, Token& token);
  bool TakeOrigin(OpenFile& open, Name& origin);
  bool EndsHere(TextTokens& tokens);
  void ReadOrigin(OpenFile& open);
  void ReadDefaultTtl(TextTokens& tokens);
  void ReadInclude(OpenFile& open);
  void OpenInclude(const OpenFile& open);
  void ReadGenerate(OpenFile& open);
  bool NextGenerated(ZoneRecord& record);
  std::string MakeGenerated(ZoneRecord& record);
  void Complain(const OpenFile& open);
  void AddComplaint(uint32_t file, TextTokens::Position at, std::string text);

  RdataBuffer rdata_;
  std::optional<Ttl> default_ttl_;   // of $TTL (RFC 2308 section 4)
  std::optional<Ttl> previous_ttl_;  // of the last record (RFC 1035 section 5.1)
  std::optional<Include> include_;
  std::optional<Generator> generator_;
  CurrentOwner generated_owner_;
  std::string expanded_;
  uint64_t generated_ = 0;
  size_t includes_ = 0;
};

// --- Files

void ZoneReader::State::Push(TextSource source, std::string name, std::string canonical, Name origin) {
  file_names.push_back(std::move(name));
  open_files.push_back({.source = std::move(source),
                        .file = static_cast<uint32_t>(file_names.size() - 1),
                        .canonical = std::move(canonical),
                        .origin = std::move(origin),
                        .owner = {}});
}

void ZoneReader::State::ComplainAboutFile(std::string name, std::string text) {
  file_names.push_back(std::move(name));
  AddComplaint(static_cast<uint32_t>(file_names.size() - 1), {.line = 0, .column = 0}, std::move(text));
}

void ZoneReader::State::AddComplaint(uint32_t file, TextTokens::Position at, std::string text) {
  complaints.push_back({.severity = Severity::kError,
                        .where = {.file = file_names[file], .line = at.line, .column = at.column},
                        .text = std::move(text)});
  if (complaints.size() < options.max_complaints) return;
  complaints.push_back(
      {.severity = Severity::kError,
       .where = complaints.back().where,
       .text = fmt::format("reading stops here, after {} mistakes", options.max_complaints)});
  open_files.clear();
  generator_.reset();
}

void ZoneReader::State::Complain(const OpenFile& open) {
  const TextTokens& tokens = open.source.tokens;
  AddComplaint(open.file, tokens.Locate(tokens.failed_at()), tokens.failure());
}

void ZoneReader::State::CloseFile() {
  const uint32_t file = open_files.back().file;
  const std::string error = open_files.back().source.TakeReadError();
  open_files.pop_back();
  if (!error.empty())
    AddComplaint(file, {.line = 0, .column = 0}, fmt::format("cannot be read to its end: {}", error));
}

// --- Entries

bool ZoneReader::State::Next(ZoneRecord& record) {
  for (;;) {
    if (generator_ && NextGenerated(record)) return true;
    if (open_files.empty()) return false;
    OpenFile& open = open_files.back();
    switch (ReadEntry(record)) {
      case Outcome::kRecord:
        return true;
      case Outcome::kNothing:
        break;
      case Outcome::kStarved:
        if (!open.source.Refill()) Abandon(open);
        break;
    }
  }
}

// An entry that is too long to be one.
void ZoneReader::State::Abandon(OpenFile& open) {
  TextTokens& tokens = open.source.tokens;
  const char* const parenthesis = tokens.open_parenthesis();
  tokens.AbandonEntry();
  tokens.Fail(parenthesis != nullptr ? parenthesis : tokens.entry_begin(),
              fmt::format("more than {} octets from here without an end{}", limits::kZoneEntryOctets,
                          parenthesis != nullptr ? ": the parenthesis is never closed" : ""));
  Complain(open);
}

// One entry: a record, a directive, or a blank line. The file stack may change.
ZoneReader::State::Outcome ZoneReader::State::ReadEntry(ZoneRecord& record) {
  OpenFile& open = open_files.back();
  TextTokens& tokens = open.source.tokens;
  tokens.StartEntry();
  if (!tokens.has_token() && !tokens.failed() && !tokens.starved()) {
    if (tokens.AtEnd()) {
      CloseFile();
    } else {
      tokens.FinishEntry();
    }
    return Outcome::kNothing;
  }
  const bool directive = tokens.has_token() && !tokens.indented() && !tokens.token().quoted &&
                         tokens.token().size() > 0 && *tokens.token().begin == '$';
  if (directive) return ReadDirective(open);
  const bool whole = ReadRecord(open, record);
  if (!tokens.starved()) tokens.FinishEntry();
  if (tokens.starved()) return Outcome::kStarved;
  if (tokens.failed()) Complain(open);
  return whole ? Outcome::kRecord : Outcome::kNothing;
}

bool ZoneReader::State::ReadRecord(OpenFile& open, ZoneRecord& record) {
  TextTokens& tokens = open.source.tokens;
  if (!tokens.indented() && !ReadOwner(open)) return false;
  if (open.owner.state() == CurrentOwner::State::kWrong) return false;  // said so where it stood
  if (open.owner.state() == CurrentOwner::State::kNone) {
    return tokens.Fail(tokens.entry_begin(),
                       "this record has no owner, and there is none before it to repeat");
  }
  Preamble preamble;
  if (!ReadPreamble(tokens, preamble)) return false;
  const char* const type_end = tokens.end_of_last();
  if (!ReadRdataText(preamble.type, tokens, open.origin, rdata_)) return false;
  const std::optional<Ttl> ttl = TtlOf(preamble);
  if (!ttl)
    return tokens.Fail(type_end,
                       "no TTL here, no $TTL above, and no record before it whose TTL could be repeated");
  record = {.owner = open.owner.view(),
            .type = preamble.type,
            .rr_class = preamble.rr_class,
            .ttl = *ttl,
            .rdata = rdata_.view(),
            .line = preamble.where.line,
            .column = preamble.where.column,
            .file = open.file};
  return true;
}

bool ZoneReader::State::ReadOwner(OpenFile& open) {
  TextTokens& tokens = open.source.tokens;
  if (!tokens.has_token()) return false;
  const Token token = tokens.token();
  tokens.Advance();
  if (tokens.starved()) return false;
  const NameTextResult result = open.owner.Set(token.text(), open.origin);
  if (result.fault == NameTextFault::kNone) return true;
  return tokens.Fail(token.begin + result.position, "owner: " + Explain(result, token.text()));
}

// [TTL] [class] type, the first two in either order (RFC 1035 section 5.1).
bool ZoneReader::State::ReadPreamble(TextTokens& tokens, Preamble& preamble) {
  std::optional<RrClass> rr_class;
  for (;;) {
    if (!tokens.has_token()) return tokens.Fail(tokens.end_of_last(), "the RR type is missing");
    const Token token = tokens.token();
    const std::string_view word = token.text();
    if (!preamble.ttl && !word.empty() && IsDigit(word[0])) {
      if (!ReadTtl(tokens, preamble.ttl)) return false;
      continue;
    }
    if (!rr_class && (rr_class = ClassFromWord(word))) {
      if (*rr_class != options.rr_class) {
        return tokens.Fail(token.begin, fmt::format("class {} in a zone of class {}", rr_class->ToText(),
                                                    options.rr_class.ToText()));
      }
      tokens.Advance();
      continue;
    }
    const std::optional<RrType> type = RrType::FromText(word);
    if (!type) return tokens.Fail(token.begin, fmt::format("{} is no TTL, class or RR type", Quote(word)));
    if (type->IsMeta()) {
      return tokens.Fail(token.begin,
                         fmt::format("{} cannot be data in a zone (RFC 6895 section 3.1)", type->ToText()));
    }
    preamble.type = *type;
    preamble.rr_class = options.rr_class;
    preamble.where = tokens.Locate(token.begin);
    tokens.Advance();
    return true;
  }
}

bool ZoneReader::State::ReadTtl(TextTokens& tokens, std::optional<Ttl>& ttl) {
  const Token token = tokens.token();
  const std::optional<uint32_t> seconds = PeriodFromText(token.text());
  if (!seconds || *seconds > Ttl::kMax) {
    return tokens.Fail(
        token.begin, fmt::format("TTL {}: expected 0 to {} seconds, or a sum like 1h30m of w, d, h, m and s "
                                 "(RFC 2181 section 8)",
                                 Quote(token.text()), Ttl::kMax));
  }
  ttl = Ttl::Seconds(*seconds);
  tokens.Advance();
  return true;
}

// The record's own TTL; else that of $TTL; else that of the record before; else, for a SOA, its minimum.
std::optional<Ttl> ZoneReader::State::TtlOf(const Preamble& preamble) {
  std::optional<Ttl> ttl = preamble.ttl;
  if (!ttl) ttl = default_ttl_;
  if (!ttl) ttl = previous_ttl_;
  if (!ttl && preamble.type == rr::kSoa) ttl = Ttl::FromWire(LoadU32(rdata_.view().last(4).data()));
  previous_ttl_ = ttl;
  return ttl;
}

// --- Directives

// The directive at the cursor. Nothing is changed before its whole entry is there and sound: a starved entry
// is read twice.
ZoneReader::State::Outcome ZoneReader::State::ReadDirective(OpenFile& open) {
  TextTokens& tokens = open.source.tokens;
  const Token token = tokens.token();
  const std::string name = DirectiveName(token.text());
  tokens.Advance();
  if (name == "$ORIGIN") {
    ReadOrigin(open);
  } else if (name == "$TTL") {
    ReadDefaultTtl(tokens);
  } else if (name == "$INCLUDE") {
    ReadInclude(open);
  } else if (name == "$GENERATE") {
    ReadGenerate(open);
  } else {
    tokens.Fail(
        token.begin,
        fmt::format(
            "{} is no directive: there are $ORIGIN, $TTL, $INCLUDE and $GENERATE. The $ of an owner name "
            "is written \\$",
            Quote(token.text())));
  }
  if (!tokens.starved()) tokens.FinishEntry();
  if (tokens.starved()) return Outcome::kStarved;
  if (tokens.failed()) {
    Complain(open);
  } else if (include_) {
    OpenInclude(open);
  }
  return Outcome::kNothing;
}

// The argument at the cursor.
bool ZoneReader::State::TakeArgument(TextTokens& tokens, std::string_view what, Token& token) {
  if (!tokens.has_token()) return tokens.Fail(tokens.end_of_last(), fmt::format("the {} is missing", what));
  token = tokens.token();
  tokens.Advance();
  return true;
}

// Whether the entry is over, and sound up to here.
bool ZoneReader::State::EndsHere(TextTokens& tokens) {
  if (tokens.has_token()) {
    return tokens.Fail(tokens.token().begin,
                       fmt::format("unexpected {} behind the directive", Quote(tokens.token().text())));
  }
  return !tokens.failed() && !tokens.starved();
}

bool ZoneReader::State::TakeOrigin(OpenFile& open, Name& origin) {
  TextTokens& tokens = open.source.tokens;
  Token token;
  if (!TakeArgument(tokens, "origin", token)) return false;
  std::array<uint8_t, kMaxNameOctets> wire;
  const NameTextResult result = NameFromTextInto(token.text(), open.origin, wire.data());
  if (result.fault != NameTextFault::kNone) {
    return tokens.Fail(token.begin + result.position, "origin: " + Explain(result, token.text()));
  }
  origin = Name(NameView::FromValidWire(wire.data(), result.octets));
  return true;
}

void ZoneReader::State::ReadOrigin(OpenFile& open) {
  Name origin;
  if (TakeOrigin(open, origin) && EndsHere(open.source.tokens)) open.origin = std::move(origin);
}

void ZoneReader::State::ReadDefaultTtl(TextTokens& tokens) {
  std::optional<Ttl> ttl;
  if (!tokens.has_token()) {
    tokens.Fail(tokens.end_of_last(), "the TTL is missing");
  } else if (ReadTtl(tokens, ttl) && EndsHere(tokens)) {
    default_ttl_ = ttl;
  }
}

// $INCLUDE file [origin]. Origin and owner of this file come back after it (RFC 1035 section 5.1): they are
// its own.
void ZoneReader::State::ReadInclude(OpenFile& open) {
  TextTokens& tokens = open.source.tokens;
  Token path;
  Name origin = open.origin;
  if (!TakeArgument(tokens, "file name", path)) return;
  if (tokens.has_token() && !TakeOrigin(open, origin)) return;
  if (!EndsHere(tokens)) return;
  include_ = Include{
      .path = std::string(path.text()), .origin = std::move(origin), .where = tokens.Locate(path.begin)};
}

void ZoneReader::State::OpenInclude(const OpenFile& open) {
  const Include include = *std::exchange(include_, std::nullopt);
  const uint32_t file = open.file;
  const auto complain = [this, &include, file](std::string_view what) {
    AddComplaint(file, include.where, fmt::format("cannot include {}: {}", Quote(include.path), what));
  };
  if (!options.includes) return complain("$INCLUDE is not allowed here");
  if (open_files.size() > limits::kZoneIncludeDepth) {
    return complain(fmt::format("more than {} files inside each other", limits::kZoneIncludeDepth));
  }
  if (++includes_ > limits::kZoneIncludes)
    return complain(fmt::format("more than {} inclusions", limits::kZoneIncludes));
  const std::filesystem::path path = std::filesystem::path(options.include_base) / include.path;
  std::error_code error;
  const std::string canonical = std::filesystem::canonical(path, error).string();
  if (error) return complain(error.message());
  // A pipe or a device could make us wait for ever.
  if (!std::filesystem::is_regular_file(canonical, error)) return complain("it is not a file");
  for (const OpenFile& outer : open_files) {
    if (outer.canonical == canonical)
      return complain("it is being read already, so the inclusion would never end");
  }
  absl::StatusOr<TextSource> source = TextSource::OfFile(path.string());
  if (!source.ok()) return complain(ErrorText(source.status()));
  Push(*std::move(source), path.string(), canonical, include.origin);
}

// --- $GENERATE

void ZoneReader::State::ReadGenerate(OpenFile& open) {
  TextTokens& tokens = open.source.tokens;
  Token range_token;
  Token owner;
  Preamble preamble;
  if (!TakeArgument(tokens, "range", range_token)) return;
  const std::optional<GenerateRange> range = GenerateRangeFromText(range_token.text());
  if (!range) {
    tokens.Fail(range_token.begin,
                fmt::format("range {}: expected start-stop or start-stop/step, ascending and below 2^31",
                            Quote(range_token.text())));
    return;
  }
  if (range->count() > options.max_generated - generated_) {
    tokens.Fail(range_token.begin,
                fmt::format("$GENERATE would make {} records more; a zone may have {} of them",
                            range->count(), options.max_generated));
    return;
  }
  if (!TakeArgument(tokens, "owner", owner)) return;
  const std::string owner_pattern(owner.text());
  if (!ReadPreamble(tokens, preamble)) return;
  const std::string rdata = RestOfEntry(tokens);
  if (!EndsHere(tokens)) return;
  generated_ += range->count();
  generator_ = Generator{.range = *range,
                         .owner = owner_pattern,
                         .rdata = std::string(WithoutOuterQuotes(rdata, preamble.type)),
                         .preamble = preamble,
                         .origin = open.origin,
                         .file = open.file,
                         .where = tokens.Locate(range_token.begin)};
}

bool ZoneReader::State::NextGenerated(ZoneRecord& record) {
  if (generator_->done == generator_->range.count()) {
    generator_.reset();
    return false;
  }
  const std::string fault = MakeGenerated(record);
  if (fault.empty()) return true;
  const Generator failed = *std::exchange(generator_, std::nullopt);
  const uint64_t number = failed.range.start + (failed.done - 1) * failed.range.step;
  AddComplaint(failed.file, failed.where, fmt::format("$GENERATE at {}: {}", number, fault));
  return false;
}

// The next record, or what is wrong with it.
std::string ZoneReader::State::MakeGenerated(ZoneRecord& record) {
  Generator& generator = *generator_;
  const uint32_t number =
      static_cast<uint32_t>(generator.range.start + generator.done++ * generator.range.step);
  if (std::string fault = ExpandGenerate(generator.owner, number, expanded_); !fault.empty()) return fault;
  const NameTextResult owner = generated_owner_.Set(expanded_, generator.origin);
  if (owner.fault != NameTextFault::kNone) return "owner: " + Explain(owner, expanded_);
  if (std::string fault = ExpandGenerate(generator.rdata, number, expanded_); !fault.empty()) return fault;
  TextTokens tokens(expanded_);
  tokens.StartEntry();
  if (!ReadRdataText(generator.preamble.type, tokens, generator.origin, rdata_)) return tokens.failure();
  const std::optional<Ttl> ttl = TtlOf(generator.preamble);
  if (!ttl) return "there is no TTL and no $TTL";
  record = {.owner = generated_owner_.view(),
            .type = generator.preamble.type,
            .rr_class = generator.preamble.rr_class,
            .ttl = *ttl,
            .rdata = rdata_.view(),
            .line = generator.where.line,
            .column = generator.where.column,
            .file = generator.file};
  return {};
}

// --- The public face

ZoneReader::ZoneReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
ZoneReader::ZoneReader(ZoneReader&&) noexcept = default;
ZoneReader::~ZoneReader() = default;

ZoneReader ZoneReader::FromFile(const std::string& path, ZoneReaderOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  if (state->options.include_base.empty()) {
    state->options.include_base = std::filesystem::path(path).parent_path().string();
  }
  std::error_code unknown;
  std::string canonical = std::filesystem::canonical(path, unknown).string();
  absl::StatusOr<TextSource> source = TextSource::OfFile(path);
  if (source.ok()) {
    state->Push(*std::move(source), path, std::move(canonical), state->options.origin);
  } else {
    state->ComplainAboutFile(path, fmt::format("cannot be read: {}", ErrorText(source.status())));
  }
  return ZoneReader(std::move(state));
}

ZoneReader ZoneReader::FromText(std::string_view text, std::string file_name, ZoneReaderOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  state->Push(TextSource::OfText(text), std::move(file_name), "", state->options.origin);
  return ZoneReader(std::move(state));
}

bool ZoneReader::Next(ZoneRecord& record) { return state_->Next(record); }
const Complaints& ZoneReader::complaints() const { return state_->complaints; }
const std::vector<std::string>& ZoneReader::FileNames() const { return state_->file_names; }
const std::string& ZoneReader::FileName(uint32_t file) const { return state_->file_names[file]; }

}  // namespace cairn

#include "common/config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <sstream>

#include <fmt/format.h>

#include "absl/container/flat_hash_map.h"

namespace cairn {
namespace {

// Deeper than any option of ours, and far from the end of the stack.
constexpr size_t kMaxDepth = 32;
// A list of a million zones is some 60 MB; more is a mistake, or somebody's attempt.
constexpr size_t kMaxFileOctets = 256u << 20;

// What the parser means, for people who do not know how it works. Its own words where we have none.
std::string InPlainWords(const std::string& message) {
  struct Saying {
    const char* theirs;
    const char* ours;
  };
  static const Saying kSayings[] = {
      {YAML::ErrorMsg::TAB_IN_INDENTATION, "a tab indents this line; YAML indents with blanks"},
      {YAML::ErrorMsg::END_OF_MAP, "this line is indented otherwise than the options above it"},
      {YAML::ErrorMsg::END_OF_MAP_FLOW, "a '{' was opened and no '}' closes it, or a comma is missing"},
      {YAML::ErrorMsg::END_OF_SEQ, "this line is indented otherwise than the '- ' items above it"},
      {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a '[' was opened and no ']' closes it, or a comma is missing"},
      {YAML::ErrorMsg::FLOW_END, "a ']' or '}' which nothing opened"},
      {YAML::ErrorMsg::MAP_VALUE,
       "a ':' where no value may begin; write one option a line, and quote values that hold ': '"},
      {YAML::ErrorMsg::MAP_KEY, "an option's name may not begin here; is the line indented too far?"},
      {YAML::ErrorMsg::BLOCK_ENTRY, "a '- ' item may not begin here; put it on a line of its own"},
      {YAML::ErrorMsg::EOF_IN_SCALAR, "a quotation mark was opened and none closes it"},
      {YAML::ErrorMsg::DOC_IN_SCALAR, "'---' or '...' inside quotation marks; is a closing one missing?"},
      {YAML::ErrorMsg::UNKNOWN_TOKEN, "a value that begins like this must stand in quotation marks"},
      {YAML::ErrorMsg::CHAR_IN_SCALAR, "a character which no YAML text may hold"},
      {YAML::ErrorMsg::INVALID_HEX, "\\x, \\u and \\U want hexadecimal digits after them"},
  };
  for (const Saying& saying : kSayings) {
    if (message == saying.theirs) return saying.ours;
  }
  if (message.starts_with(YAML::ErrorMsg::INVALID_ESCAPE))
    return "a backslash escape that YAML does not know; single quotation marks take text as it is";
  return message;
}

// Builds our tree from the parser's events. The first thing we refuse stops the building, not the parser:
// events after it are passed over.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const std::string& file, Complaints& complaints) : file_(file), complaints_(complaints) {}

  std::optional<ConfigNode> TakeRoot() {
    if (refused_) return std::nullopt;
    return std::move(root_);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Anchor(mark, anchor);
    Leaf(Node(ConfigNode::Kind::kNull, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Refuse(mark, "aliases (*name) are not accepted; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Anchor(mark, anchor);
    ConfigNode node = Node(ConfigNode::Kind::kScalar, mark);
    node.text = value;
    // A plain empty, ~ or null is YAML's null; a quoted one ("!" is yaml-cpp's tag for quoted) is text.
    if (tag == "!") last_quoted_ = mark;
    if (tag != "!" && (value.empty() || value == "~" || value == "null")) node.kind = ConfigNode::Kind::kNull;
    Leaf(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Anchor(mark, anchor);
    Open(Node(ConfigNode::Kind::kList, mark), mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Anchor(mark, anchor);
    Open(Node(ConfigNode::Kind::kMap, mark), mark);
  }
  void OnMapEnd() override { Close(); }

  // Where the last scalar in quotation marks began; a null mark when there was none.
  const YAML::Mark& last_quoted() const { return last_quoted_; }

  void Refuse(const YAML::Mark& mark, std::string why) {
    if (!refused_) complaints_.push_back({Severity::kError, Position(mark), std::move(why)});
    refused_ = true;
  }

 private:
  struct OpenNode {
    ConfigNode node;
    std::optional<ConfigNode> key = {};                             // of a map, waiting for its value
    absl::flat_hash_map<std::string, uint32_t> lines_of_keys = {};  // to find a key that stands there twice
  };

  TextPosition Position(const YAML::Mark& mark) const {
    if (mark.is_null()) return {file_, 0, 0};
    return {file_, static_cast<uint32_t>(mark.line) + 1, static_cast<uint32_t>(mark.column) + 1};
  }
  ConfigNode Node(ConfigNode::Kind kind, const YAML::Mark& mark) const {
    ConfigNode node;
    node.kind = kind;
    node.where = Position(mark);
    return node;
  }
  void Anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) Refuse(mark, "anchors (&name) are not accepted; write the value out");
  }

  void Open(ConfigNode node, const YAML::Mark& mark) {
    if (refused_) return;
    if (open_.size() == kMaxDepth)
      return Refuse(mark, fmt::format("nested deeper than {} levels", kMaxDepth));
    open_.push_back({.node = std::move(node)});
  }
  void Close() {
    if (refused_) return;
    ConfigNode node = std::move(open_.back().node);
    open_.pop_back();
    Leaf(std::move(node));
  }
  void Leaf(ConfigNode node) {
    if (refused_) return;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == ConfigNode::Kind::kList) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      Key(parent, std::move(node));
    } else {
      parent.node.keys.push_back(std::move(*parent.key));
      parent.node.items.push_back(std::move(node));
      parent.key.reset();
    }
  }
  void Key(OpenNode& map, ConfigNode key) {
    if (key.kind != ConfigNode::Kind::kScalar) {
      complaints_.push_back({Severity::kError, key.where, "a key must be a word"});
      refused_ = true;
      return;
    }
    const auto [first, fresh] = map.lines_of_keys.emplace(key.text, key.where.line);
    if (!fresh) {
      complaints_.push_back(
          {Severity::kError, key.where,
           fmt::format("'{}' stands here a second time; the first is in line {}", key.text, first->second)});
      refused_ = true;
      return;
    }
    map.key = std::move(key);
  }

  const std::string& file_;
  Complaints& complaints_;
  std::vector<OpenNode> open_;
  ConfigNode root_;
  YAML::Mark last_quoted_ = YAML::Mark::null_mark();
  bool refused_ = false;
};

// A tab looks like blanks to people, and to the parser like the beginning of a word, which it then
// misunderstands.
bool IndentedByATab(std::istream& input, int line_number) {
  input.clear();
  input.seekg(0);
  std::string line;
  for (int i = 0; i <= line_number; ++i) std::getline(input, line);
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string::npos;
}

// The parser takes the end of the file for a closing quotation mark, and all options from the open one on for
// its text. Only the last scalar in quotation marks can be such a one.
bool EndsAtItsQuote(std::istream& input, const YAML::Mark& opening) {
  if (opening.is_null()) return true;
  input.clear();
  input.seekg(opening.pos);
  const int quote = input.get();
  if (quote != '"' && quote != '\'') return true;  // not where we look: a file in UTF-16
  for (int c = input.get(); c != std::istream::traits_type::eof(); c = input.get()) {
    const bool doubled = c == quote && quote == '\'' && input.peek() == '\'';  // stands for one, inside
    if (c == quote && !doubled) return true;
    if (doubled) input.get();
    if (c == '\\' && quote == '"') input.get();
  }
  return false;
}

std::optional<ConfigNode> Read(std::istream& input, const std::string& file_name, Complaints& complaints) {
  TreeBuilder builder(file_name, complaints);
  try {
    YAML::Parser parser(input);
    if (!parser.HandleNextDocument(builder)) {
      ConfigNode empty;
      empty.where = {file_name, 1, 1};
      return empty;
    }
    std::optional<ConfigNode> root = builder.TakeRoot();
    TreeBuilder second(file_name, complaints);
    if (root && parser.HandleNextDocument(second)) {
      complaints.push_back(
          {Severity::kError, {file_name, 0, 0}, "more than one YAML document in the file; keep one"});
      return std::nullopt;
    }
    if (root && !EndsAtItsQuote(input, builder.last_quoted())) {
      builder.Refuse(builder.last_quoted(), "not YAML: a quotation mark was opened here and none closes it");
      return std::nullopt;
    }
    return root;
  } catch (const YAML::Exception& broken) {
    const std::string why = IndentedByATab(input, broken.mark.line)
                                ? "a tab indents this line; YAML indents with blanks"
                                : InPlainWords(broken.msg);
    builder.Refuse(broken.mark, "not YAML: " + why);
    return std::nullopt;
  }
}

}  // namespace

const ConfigNode* ConfigNode::Find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].text == key) return &items[i];
  }
  return nullptr;
}

std::optional<ConfigNode> ReadConfigText(std::string_view text, const std::string& file_name,
                                         Complaints& complaints) {
  std::istringstream input{std::string(text)};
  return Read(input, file_name, complaints);
}

std::optional<ConfigNode> ReadConfigFile(const std::string& path, Complaints& complaints) {
  std::ifstream input(path, std::ios::binary | std::ios::ate);
  if (!input) {
    complaints.push_back(
        {Severity::kError, {path, 0, 0}, fmt::format("cannot be opened: {}", std::strerror(errno))});
    return std::nullopt;
  }
  const std::streamoff octets = input.tellg();
  if (octets < 0 || static_cast<size_t>(octets) > kMaxFileOctets) {
    complaints.push_back({Severity::kError, {path, 0, 0}, "not a regular file of at most 256 MiB"});
    return std::nullopt;
  }
  input.seekg(0);
  return Read(input, path, complaints);
}

}  // namespace cairn

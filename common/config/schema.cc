#include "common/config/schema.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <span>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cairn {
namespace {

constexpr std::string_view kIndent = "  ";

void Complain(Complaints& complaints, const TextPosition& where, std::string text) {
  complaints.push_back({Severity::kError, where, std::move(text)});
}

std::string_view KindText(ConfigNode::Kind kind) {
  switch (kind) {
    case ConfigNode::Kind::kNull:
      return "nothing";
    case ConfigNode::Kind::kScalar:
      return "a single value";
    case ConfigNode::Kind::kList:
      return "a list";
    case ConfigNode::Kind::kMap:
      return "a map";
  }
  return "nothing";
}

// Decimal digits only: no sign, no octal, no blank.
std::optional<int64_t> ReadWhole(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return value;
}

struct Unit {
  std::string_view suffix;
  int64_t factor;
};

// "<digits><unit>"; nullopt when it is not, or does not fit.
std::optional<int64_t> ReadWithUnit(std::string_view text, std::span<const Unit> units) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  const std::optional<int64_t> count = ReadWhole(text.substr(0, digits));
  const std::string_view suffix = text.substr(digits);
  const auto unit = std::ranges::find(units, suffix, &Unit::suffix);
  int64_t value = 0;
  if (!count || unit == units.end() || __builtin_mul_overflow(*count, unit->factor, &value))
    return std::nullopt;
  return value;
}

// The largest unit which divides the value, so that what is printed reads back to the same value.
std::string PrintWithUnit(int64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (!unit.suffix.empty() && value % unit.factor == 0 && value != 0 && unit.factor >= best->factor)
      best = &unit;
  }
  return fmt::format("{}{}", value / best->factor, best->suffix);
}

constexpr std::array<Unit, 5> kOctetUnits = {
    {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", int64_t{1} << 40}}};
constexpr int64_t kSecond = 1'000'000'000;
constexpr std::array<Unit, 7> kTimeUnits = {{{"ms", kSecond / 1000},
                                             {"", kSecond},
                                             {"s", kSecond},
                                             {"m", 60 * kSecond},
                                             {"h", 3600 * kSecond},
                                             {"d", 86400 * kSecond},
                                             {"w", 604800 * kSecond}}};

// Edits that turn one word into the other, for "did you mean".
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// " - did you mean 'cache-size'?", or the words that exist.
std::string Suggestion(std::string_view given, const std::vector<std::string>& words) {
  constexpr size_t kLongestWord = 64;  // beyond it nothing of ours is meant, and the distance is quadratic
  if (given.size() <= kLongestWord && !words.empty()) {
    const auto best = std::ranges::min_element(
        words, {}, [&](const std::string& word) { return EditDistance(given, word); });
    if (EditDistance(given, *best) <= std::max<size_t>(1, best->size() / 3))
      return fmt::format("; did you mean '{}'?", *best);
  }
  return words.empty() ? std::string() : fmt::format("; known here: {}", fmt::join(words, ", "));
}

// One value or a list of them, all scalars.
std::optional<std::vector<const ConfigNode*>> ScalarsOf(const ConfigNode& node, Complaints& complaints) {
  std::vector<const ConfigNode*> scalars;
  if (node.kind == ConfigNode::Kind::kScalar) {
    scalars.push_back(&node);
  } else if (node.kind == ConfigNode::Kind::kList) {
    for (const ConfigNode& item : node.items) {
      if (item.kind != ConfigNode::Kind::kScalar) {
        Complain(complaints, item.where,
                 fmt::format("expected a single value, found {}", KindText(item.kind)));
        return std::nullopt;
      }
      scalars.push_back(&item);
    }
  } else {
    Complain(complaints, node.where,
             fmt::format("expected a value or a list of values, found {}", KindText(node.kind)));
    return std::nullopt;
  }
  return scalars;
}

// Reads a list into `value` when every item is right.
template <typename T>
void ReadAll(const ConfigNode& node, Complaints& complaints, std::vector<T>& value,
             const std::function<absl::StatusOr<T>(const std::string&)>& read_one) {
  const auto scalars = ScalarsOf(node, complaints);
  if (!scalars) return;
  std::vector<T> read;
  bool all_right = true;
  for (const ConfigNode* scalar : *scalars) {
    absl::StatusOr<T> one = read_one(scalar->text);
    if (!one.ok()) {
      Complain(complaints, scalar->where, std::string(one.status().message()));
      all_right = false;
    } else {
      read.push_back(*std::move(one));
    }
  }
  if (all_right) value = std::move(read);
}

template <typename T>
std::string PrintAll(const std::vector<T>& values) {
  std::vector<std::string> texts;
  for (const T& value : values) texts.push_back(QuotedForYaml(value.ToText()));
  return fmt::format(" [{}]\n", fmt::join(texts, ", "));
}

}  // namespace

std::string QuotedForYaml(std::string_view text) {
  const bool plain = !text.empty() && text != "~" && text != "null" && text.front() != '-' &&
                     std::ranges::all_of(text, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              c == '/' || c == '.' || c == '_' || c == '-' || c == '+';
                     });
  if (plain) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      out += fmt::format("\\x{:02x}", octet);
    } else {
      out += c;
    }
  }
  return out + '"';
}

ConfigSchema::Option& ConfigSchema::Add(std::string_view name, std::string_view text) {
  options_.push_back(std::make_unique<Option>());
  options_.back()->name = name;
  options_.back()->text = text;
  return *options_.back();
}

ConfigSchema& ConfigSchema::Section(std::string_view name, std::string_view text) {
  Option& option = Add(name, text);
  option.section = std::make_unique<ConfigSchema>();
  return *option.section;
}

void ConfigSchema::Scalar(std::string_view name, std::string_view text,
                          std::function<std::optional<std::string>(const std::string&)> read,
                          std::function<std::string()> print) {
  Option& option = Add(name, text);
  option.read = [read = std::move(read), name = option.name](const ConfigNode& node, Complaints& complaints) {
    if (node.kind != ConfigNode::Kind::kScalar) {
      return Complain(complaints, node.where,
                      fmt::format("'{}' takes a single value, found {}", name, KindText(node.kind)));
    }
    if (const std::optional<std::string> wrong = read(node.text)) {
      Complain(complaints, node.where, fmt::format("{} '{}': {}", name, node.text, *wrong));
    }
  };
  option.print = [print = std::move(print)](size_t) { return fmt::format(" {}\n", print()); };
}

void ConfigSchema::Flag(std::string_view name, bool& value, std::string_view text) {
  Scalar(
      name, text,
      [&value](const std::string& given) -> std::optional<std::string> {
        if (given != "true" && given != "false") return "expected true or false";
        value = given == "true";
        return std::nullopt;
      },
      [&value] { return value ? "true" : "false"; });
}

void ConfigSchema::Text(std::string_view name, std::string& value, std::string_view text,
                        size_t most_octets) {
  Scalar(
      name, text,
      [&value, most_octets](const std::string& given) -> std::optional<std::string> {
        if (given.size() > most_octets)
          return fmt::format("{} octets are more than the {} that may stand here", given.size(), most_octets);
        value = given;
        return std::nullopt;
      },
      [&value] { return QuotedForYaml(value); });
}

void ConfigSchema::Whole(std::string_view name, std::string_view text, int64_t least, int64_t most,
                         std::function<void(int64_t)> set, std::function<int64_t()> get) {
  Scalar(
      name, text,
      [=](const std::string& given) -> std::optional<std::string> {
        const std::optional<int64_t> read = ReadWhole(given);
        if (!read || *read < least || *read > most)
          return fmt::format("expected a whole number from {} to {}", least, most);
        set(*read);
        return std::nullopt;
      },
      [=] { return fmt::format("{}", get()); });
}

void ConfigSchema::Octets(std::string_view name, size_t& value, size_t least, size_t most,
                          std::string_view text) {
  Scalar(
      name, text,
      [&value, least, most](const std::string& given) -> std::optional<std::string> {
        const std::optional<int64_t> read = ReadWithUnit(given, kOctetUnits);
        if (!read || static_cast<size_t>(*read) < least || static_cast<size_t>(*read) > most) {
          return fmt::format("expected octets from {} to {}, as 65536, 64KiB, 256MiB or 3GiB",
                             PrintWithUnit(static_cast<int64_t>(least), kOctetUnits),
                             PrintWithUnit(static_cast<int64_t>(most), kOctetUnits));
        }
        value = static_cast<size_t>(*read);
        return std::nullopt;
      },
      [&value] { return PrintWithUnit(static_cast<int64_t>(value), kOctetUnits); });
}

void ConfigSchema::Time(std::string_view name, Duration& value, Duration least, Duration most,
                        std::string_view text) {
  Scalar(
      name, text,
      [&value, least, most](const std::string& given) -> std::optional<std::string> {
        const std::optional<int64_t> read = ReadWithUnit(given, kTimeUnits);
        if (!read || Duration(*read) < least || Duration(*read) > most) {
          return fmt::format("expected a time from {} to {}, as 500ms, 10s, 5m, 2h, 1d or 1w",
                             PrintWithUnit(least.count(), kTimeUnits),
                             PrintWithUnit(most.count(), kTimeUnits));
        }
        value = Duration(*read);
        return std::nullopt;
      },
      [&value] { return PrintWithUnit(value.count(), kTimeUnits); });
}

void ConfigSchema::Addresses(std::string_view name, std::vector<IpAddress>& value, std::string_view text) {
  Option& option = Add(name, text);
  option.read = [&value](const ConfigNode& node, Complaints& complaints) {
    ReadAll<IpAddress>(node, complaints, value,
                       [](const std::string& given) { return IpAddress::FromText(given); });
  };
  option.print = [&value](size_t) { return PrintAll(value); };
}

void ConfigSchema::Subnets(std::string_view name, std::vector<Subnet>& value, std::string_view text) {
  Option& option = Add(name, text);
  option.read = [&value](const ConfigNode& node, Complaints& complaints) {
    ReadAll<Subnet>(node, complaints, value,
                    [](const std::string& given) { return Subnet::FromText(given); });
  };
  option.print = [&value](size_t) { return PrintAll(value); };
}

void ConfigSchema::Endpoints(std::string_view name, std::vector<Endpoint>& value, uint16_t default_port,
                             std::string_view text) {
  Option& option = Add(name, text);
  option.read = [&value, default_port](const ConfigNode& node, Complaints& complaints) {
    ReadAll<Endpoint>(node, complaints, value, [default_port](const std::string& given) {
      return Endpoint::FromText(given, default_port);
    });
  };
  option.print = [&value](size_t) { return PrintAll(value); };
}

void ConfigSchema::DomainName(std::string_view name, Name& value, std::string_view text) {
  Scalar(
      name, text,
      [&value](const std::string& given) -> std::optional<std::string> {
        absl::StatusOr<Name> read = Name::FromText(given);
        if (!read.ok()) return std::string(read.status().message());
        value = *std::move(read);
        return std::nullopt;
      },
      [&value] { return QuotedForYaml(value.ToText()); });
}

void ConfigSchema::ChoiceOfWords(std::string_view name, std::string_view text, Words words) {
  const auto choice = std::make_shared<Words>(std::move(words));
  Scalar(
      name, text,
      [choice](const std::string& given) -> std::optional<std::string> {
        const auto found = std::ranges::find(choice->words, given);
        if (found == choice->words.end())
          return fmt::format("expected one of {}", fmt::join(choice->words, ", "));
        choice->choose(static_cast<size_t>(found - choice->words.begin()));
        return std::nullopt;
      },
      [choice] { return choice->words[choice->chosen()]; });
}

void ConfigSchema::Custom(std::string_view name,
                          std::function<std::optional<std::string>(const ConfigNode&)> read,
                          std::function<std::string()> print, std::string_view text) {
  Option& option = Add(name, text);
  option.read = [read = std::move(read), name = option.name](const ConfigNode& node, Complaints& complaints) {
    if (const std::optional<std::string> wrong = read(node))
      Complain(complaints, node.where, fmt::format("{}: {}", name, *wrong));
  };
  option.print = [print = std::move(print)](size_t) { return fmt::format(" {}\n", print()); };
}

void ConfigSchema::ListOfSchemas(std::string_view name, std::string_view text, std::function<void()> clear,
                                 std::function<void(const ConfigNode&, Complaints&)> read_item,
                                 std::function<size_t()> count,
                                 std::function<std::string(size_t, size_t)> print_item) {
  Option& option = Add(name, text);
  option.read = [clear = std::move(clear), read_item = std::move(read_item), name = option.name](
                    const ConfigNode& node, Complaints& complaints) {
    if (node.kind != ConfigNode::Kind::kList && node.kind != ConfigNode::Kind::kNull) {
      return Complain(complaints, node.where,
                      fmt::format("'{}' takes a list, found {}", name, KindText(node.kind)));
    }
    clear();
    for (const ConfigNode& item : node.items) read_item(item, complaints);
  };
  option.print = [count = std::move(count), print_item = std::move(print_item)](size_t indent) {
    if (count() == 0) return std::string(" []\n");
    std::string out = "\n";
    for (size_t i = 0; i < count(); ++i) {
      std::string item = print_item(i, indent + 1);
      // The first line of an item carries the dash where its indentation was.
      const size_t dash = indent * kIndent.size();
      item.replace(dash, 2, "- ");
      out += item;
    }
    return out;
  };
}

void ConfigSchema::Require(std::string_view name) {
  for (const auto& option : options_) {
    if (option->name == name) option->required = true;
  }
}

void ConfigSchema::NotHere(std::string_view name, std::string_view instead) {
  Option& option = Add(name, instead);
  option.printed = false;
  option.read = [name = option.name, instead = option.text](const ConfigNode& node, Complaints& complaints) {
    Complain(complaints, node.where, fmt::format("{}: not in this version; {}", name, instead));
  };
}

void ConfigSchema::Place(TextPosition& where) { place_ = &where; }

void ConfigSchema::Read(const ConfigNode& document, Complaints& complaints) {
  where_ = document.where;
  if (place_ != nullptr) *place_ = where_;
  if (document.kind == ConfigNode::Kind::kScalar && document.text == "off" && Has("enabled")) {
    ConfigNode disabled;
    disabled.kind = ConfigNode::Kind::kMap;
    disabled.where = document.where;
    ConfigNode& key = disabled.keys.emplace_back(document);
    key.text = "enabled";
    disabled.items.emplace_back(document).text = "false";
    return Read(disabled, complaints);
  }
  if (document.kind != ConfigNode::Kind::kMap && document.kind != ConfigNode::Kind::kNull) {
    return Complain(complaints, document.where,
                    fmt::format("expected a map of options, found {}", KindText(document.kind)));
  }
  const size_t complaints_before = complaints.size();
  ComplainOfUnknownWords(document, complaints);
  for (const auto& option : options_) {
    const ConfigNode* value = document.Find(option->name);
    option->given = value != nullptr;
    if (value == nullptr) {
      if (option->required) {
        Complain(complaints, document.where, fmt::format("'{}' is missing: {}", option->name, option->text));
      }
      continue;
    }
    option->where = value->where;
    if (option->section) {
      option->section->Read(*value, complaints);
    } else {
      option->read(*value, complaints);
    }
  }
  std::ranges::sort(std::span(complaints).subspan(complaints_before), {}, [](const Complaint& each) {
    return std::tuple(each.where.line, each.where.column, each.text);
  });
}

void ConfigSchema::ComplainOfUnknownWords(const ConfigNode& document, Complaints& complaints) const {
  for (const ConfigNode& key : document.keys) {
    if (std::ranges::find(options_, key.text, [](const auto& known) { return known->name; }) !=
        options_.end())
      continue;
    std::vector<std::string> words;
    for (const auto& known : options_) {
      if (known->printed) words.push_back(known->name);
    }
    Complain(complaints, key.where,
             fmt::format("no option '{}' here{}", key.text, Suggestion(key.text, words)));
  }
}

std::string ConfigSchema::Print(bool with_texts) const {
  std::string out;
  PrintInto(out, 0, with_texts);
  return out;
}

void ConfigSchema::PrintInto(std::string& out, size_t indent, bool with_texts) const {
  std::string margin;
  for (size_t i = 0; i < indent; ++i) margin += kIndent;
  for (const auto& option : options_) {
    if (!option->printed) continue;
    if (with_texts) out += fmt::format("{}# {}\n", margin, option->text);
    out += fmt::format("{}{}:", margin, option->name);
    if (option->section) {
      out += '\n';
      option->section->PrintInto(out, indent + 1, with_texts);
    } else {
      out += option->print(indent);
    }
  }
}

TextPosition ConfigSchema::WhereIs(std::string_view name) const {
  for (const auto& option : options_) {
    if (option->name == name && option->given) return option->where;
  }
  return where_;
}

bool ConfigSchema::Has(std::string_view name) const {
  return std::ranges::any_of(options_, [name](const auto& each) { return each->name == name; });
}

bool ConfigSchema::Given(std::string_view name) const {
  return std::ranges::any_of(options_,
                             [name](const auto& each) { return each->name == name && each->given; });
}

}  // namespace cairn
